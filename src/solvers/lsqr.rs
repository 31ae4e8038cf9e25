//! LSQR: least squares by Golub and Kahan's bidiagonalisation, `min ||y - A x||^2 + damp^2 ||x - x0||^2`.
//!
//! ```text
//! beta u = y - A x0,  alpha v = A^H u,  w = v
//! beta u = A v - alpha u,  alpha v = A^H u - beta v
//! x = x + (phi / rho) w,  w = v - (theta / rho) w
//! ```
//! with `rho`, `phi` and `theta` from plane rotations that make the bidiagonal matrix upper triangular.
//! Vectors are kept as `beta u` and `alpha v`, so nothing is read only to be normalised.
//! Paige and Saunders (1982), as PyLops' `lsqr` has it; PyLops' variances are left out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Result;
use crate::solvers::ends::{
    Begun, Ended, GRADIENT, IMAGE, begin, out_of_range, rescale, scale_for, within,
};
use crate::solvers::floor::Floor;
use crate::solvers::monitor::{due, tell};
use crate::solvers::{Iteration, Outcome, Stop, Task};

/// LSQR for least squares: minimises `||y - A x||^2 + damp^2 ||x - x0||^2`.
///
/// In exact arithmetic the iterations of `cgls`, with estimates of the norm and the condition number of
/// `A`, and stops that follow from them. Every iteration applies the operator and its adjoint once.
/// Works for any operator, with weights, regularization and a preconditioner. `--json` tells `anorm`,
/// `acond`, `arnorm`, `xnorm` (of `x - x0`), `r1norm` and `r2norm`.
///
/// PyLops: `lsqr`. SciPy's differs in the test for the least-squares solution alone: it compares
/// `||A^H r||` with `atol ||A|| ||r||`, PyLops and this with `atol` times the first `||A^H r||`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Lsqr {
    /// Most iterations.
    pub niter: usize,
    /// Damping; the penalty is `damp^2 ||x - x0||^2`.
    pub damp: f64,
    /// Relative precision of `A`. Stop when `||A^H r|| <= atol ||A^H r0||`, with `r0` the first residual;
    /// from an `x0` that is far off, when `||A^H r|| <= atol ||A|| ||y||`.
    pub atol: f64,
    /// Relative precision of `y`. Stop when `||r|| <= btol ||y|| + atol ||A|| ||x||`.
    pub btol: f64,
    /// Stop when the estimated condition number of `A` reaches this; 0 for no such limit.
    pub conlim: f64,
    /// Stop when `||A^H (y - A x) - damp^2 x||^2`, the squared norm of the gradient, is at most this.
    pub tol: f64,
    /// Stop when `||y - A x||` falls below `rtol ||y||`, with `y` and `A` of all equations: weighted, and
    /// with those of the regularization.
    pub rtol: f64,
}

impl Default for Lsqr {
    fn default() -> Self {
        Lsqr { niter: 10, damp: 0.0, atol: 1e-8, btol: 1e-8, conlim: 1e8, tol: 0.0, rtol: 0.0 }
    }
}

impl Lsqr {
    /// What must not be negative, by name.
    pub(super) fn limits(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("damp", self.damp),
            ("atol", self.atol),
            ("btol", self.btol),
            ("conlim", self.conlim),
            ("tol", self.tol),
            ("rtol", self.rtol),
        ]
    }
}

/// The rotations of the bidiagonal matrix, and the norms that come out of them.
#[derive(Debug, Default)]
struct Rotations {
    damp: f64,
    /// `||y||` and `||A^H (y - A x0)||`.
    bnorm: f64,
    arnorm0: f64,
    /// `||x0||`
    start: f64,
    anorm: f64,
    /// The largest norm of a column of the bidiagonal matrix, which is at most `||A||`.
    most_seen: f64,
    rhobar: f64,
    phibar: f64,
    /// Sum of the squares of `w / rho`.
    ddnorm: f64,
    /// Sum of the squares of what damping adds to the residual.
    res2: f64,
    xxnorm: f64,
    z: f64,
    cs2: f64,
    sn2: f64,
    acond: f64,
    rnorm: f64,
    arnorm: f64,
    xnorm: f64,
    r1norm: f64,
}

/// A rotation that takes damping and `beta` out of one row.
struct Row {
    rho: f64,
    phi: f64,
    cs: f64,
    sn: f64,
}

impl Rotations {
    fn new(damp: f64, alpha: f64, beta: f64, bnorm: f64, start: f64) -> Rotations {
        Rotations {
            damp,
            bnorm,
            start,
            arnorm0: alpha * beta,
            rhobar: alpha,
            phibar: beta,
            cs2: -1.0,
            rnorm: beta,
            arnorm: alpha * beta,
            r1norm: beta,
            ..Rotations::default()
        }
    }

    /// The row of `A v = beta u + alpha u'`, which gives the step along `w`.
    fn row(&mut self, alpha: f64, beta: f64) -> Row {
        if beta > 0.0 {
            self.anorm = norm(&[self.anorm, alpha, beta, self.damp]);
        }
        self.most_seen = self.most_seen.max(norm(&[alpha, beta, self.damp]));
        // damp is rotated away: it changes the diagonal.
        let rhobar1 = self.rhobar.hypot(self.damp);
        let psi = self.damp / rhobar1 * self.phibar;
        self.phibar *= self.rhobar / rhobar1;
        self.res2 += psi * psi;
        // So is beta below the diagonal, and the matrix is upper triangular.
        let rho = rhobar1.hypot(beta);
        let (cs, sn) = (rhobar1 / rho, beta / rho);
        let phi = cs * self.phibar;
        self.phibar *= sn;
        Row { rho, phi, cs, sn }
    }

    /// The norms after that step; `alpha` is the new one, `w2` is `||w||^2`. Returns `theta`.
    fn finish(&mut self, row: &Row, alpha: f64, w2: f64) -> f64 {
        let theta = row.sn * alpha;
        self.rhobar = -row.cs * alpha;
        self.ddnorm += w2 / (row.rho * row.rho);
        // A rotation from the right takes theta away, and gives ||x||.
        let gambar = -self.cs2 * row.rho;
        let rhs = row.phi - self.sn2 * row.rho * self.z;
        self.xnorm = (self.xxnorm + (rhs / gambar).powi(2)).sqrt();
        let gamma = gambar.hypot(theta);
        (self.cs2, self.sn2) = (gambar / gamma, theta / gamma);
        self.z = rhs / gamma;
        self.xxnorm += self.z * self.z;
        self.acond = self.anorm * self.ddnorm.sqrt();
        self.rnorm = (self.phibar * self.phibar + self.res2).sqrt();
        self.arnorm = alpha * (row.sn * row.phi).abs();
        // ||y - A x||^2 is what damping leaves of rnorm^2; its sign tells of cancellation.
        let r1sq = self.rnorm * self.rnorm - self.damp * self.damp * self.xxnorm;
        self.r1norm = r1sq.abs().sqrt().copysign(r1sq);
        theta
    }

    /// `||x||`, or more.
    fn most(&self) -> f64 {
        self.xnorm + self.start
    }

    /// Whether the equations hold within `atol` and `btol` for a model of norm `x`.
    fn holds(&self, p: &Lsqr, x: f64) -> bool {
        self.rnorm <= p.btol * self.bnorm + p.atol * self.anorm * x
    }

    /// The first of PyLops' tests that holds, the strongest first, then what rounding leaves of the model.
    /// What has a start is measured by the data and by the norm `x` of the model, as in SciPy: what
    /// is small beside the residual of a bad start may be large.
    fn stop(&self, p: &Lsqr, floor: &mut Floor, x: f64) -> Option<Stop> {
        let most = self.anorm * self.most();
        let least_squares = self.arnorm / self.arnorm0;
        let within = self.arnorm <= p.atol * self.arnorm0.min(self.anorm * self.bnorm);
        let condition = 1.0 / self.acond;
        let lost = |small: f64| 1.0 + small <= 1.0;
        let reached = floor.is_reached(self.arnorm, self.rnorm, self.most());
        let precision = floor.is_left_to(reached);
        let rules = [
            (self.holds(p, x), Stop::Compatible { machine: false }),
            (within, Stop::LeastSquares { machine: false }),
            (p.conlim > 0.0 && condition <= 1.0 / p.conlim, Stop::Condition { machine: false }),
            (precision, Stop::Precision),
            (lost(self.rnorm / (self.bnorm + most)), Stop::Compatible { machine: true }),
            (lost(least_squares), Stop::LeastSquares { machine: true }),
            (lost(condition), Stop::Condition { machine: true }),
        ];
        rules.into_iter().find(|(holds, _)| *holds).map(|(_, stop)| stop)
    }

    /// The figures of `A` and `y`, where these are of `g A` and `f y`.
    fn figures(&self, f: f64, g: f64) -> Vec<(&'static str, f64)> {
        vec![
            ("anorm", self.anorm / g),
            ("acond", self.acond),
            ("arnorm", self.arnorm / (f * g)),
            ("xnorm", self.xnorm * g / f),
            ("r1norm", self.r1norm / f),
            ("r2norm", self.rnorm / f),
        ]
    }
}

fn norm(parts: &[f64]) -> f64 {
    parts.iter().fold(0.0_f64, |sum, part| sum.hypot(*part))
}

/// `1 / x`; 0 for a vector that vanished.
fn inverse(x: f64) -> f64 {
    if x > 0.0 { 1.0 / x } else { 0.0 }
}

pub(super) fn solve(task: &mut Task<'_>, p: &Lsqr) -> Result<Outcome> {
    let (machine, ops) = (task.machine, task.operators);
    let (model, data) = (&ops.model, &ops.data);
    let Begun { mut x, s: mut u, mut q, residual2, start, data_norm, scale, mut stop } =
        begin(task, data, 0.0)?;
    let mut beta = residual2.sqrt();
    let mut v = ops.new_model(machine)?;
    let mut next = ops.new_model(machine)?;
    let mut w = ops.new_model(machine)?;
    // alpha v = A^H u, w = v
    let alpha2 = ops.adjoint_combined(
        machine,
        (inverse(beta), &u),
        &mut v,
        (0.0, &next),
        (&mut x, 0.0, &w),
    )?;
    if stop.is_none() {
        stop = out_of_range(machine, (model, &v), alpha2, 0, GRADIENT)?;
    }
    // It solves g A x / g = f y, at a size that the element type holds.
    let g = scale_for(alpha2.sqrt(), ops);
    rescale(machine, model, &mut v, g);
    let mut alpha = g * alpha2.sqrt();
    let mut w2 = machine.update(model, &mut w, 0.0, &v, inverse(alpha))?;
    let mut rotations =
        Rotations::new(g * p.damp, alpha, beta, data_norm * scale, start * inverse(g));
    let mut floor = Floor::new(ops, 0.0);
    let first = rotations.arnorm0 / (scale * g);
    let mut cost = vec![beta / scale];
    let mut iterations = 0;
    if stop.is_none() && rotations.arnorm0 == 0.0 {
        // x0 is the solution already.
        stop = Some(Stop::LeastSquares { machine: false });
    }
    while stop.is_none() {
        let watched = p.tol > 0.0 && within(rotations.arnorm.powi(2), p.tol, scale * g);
        let relative = p.rtol > 0.0 && cost[iterations] < p.rtol * data_norm;
        stop = due(watched, relative, false, iterations == p.niter);
        if stop.is_some() {
            break;
        }
        // beta u = A v - alpha u, where the vectors are alpha v and beta u
        let q2 = ops.forward(machine, &v, &mut q)?;
        if !q2.is_finite() {
            stop = out_of_range(machine, (data, &q), q2, iterations + 1, IMAGE)?;
            break;
        }
        let ratio = -alpha * inverse(beta);
        beta = machine.update(data, &mut u, ratio, &q, g * inverse(alpha))?.sqrt();
        let row = rotations.row(alpha, beta);
        floor = floor.with_norm(rotations.most_seen);
        if floor.is_flat(row.rho, w2.sqrt()) || floor.is_risky(row.rho, w2.sqrt(), 1.0) {
            // Along w, A is round-off, and so is the step, or it may be.
            stop = Some(Stop::Precision);
            break;
        }
        iterations += 1;
        // alpha v = A^H u - beta v, x = x + (phi / rho) w
        let (step, ratio) = (g * (row.phi / row.rho), -beta * inverse(alpha));
        alpha = ops
            .adjoint_combined(
                machine,
                (g * inverse(beta), &u),
                &mut next,
                (ratio, &v),
                (&mut x, step, &w),
            )?
            .sqrt();
        std::mem::swap(&mut v, &mut next);
        let theta = rotations.finish(&row, alpha, w2);
        let residual = rotations.r1norm.abs() / scale;
        cost.push(residual);
        if !beta.is_finite() {
            stop = Some(Stop::NotFinite { iteration: iterations, array: "the residual" });
        } else if !alpha.is_finite() {
            stop = out_of_range(machine, (model, &v), alpha * alpha, iterations, GRADIENT)?;
        } else if tell(machine, task.monitor, Iteration { number: iterations, residual, step })? {
            stop = Some(Stop::Interrupted);
        } else {
            // The norm of a model with a start takes reading it.
            let known = start == 0.0 || !rotations.holds(p, rotations.most());
            let size = match known {
                true => rotations.most(),
                false => machine.norm(model, &x)? * inverse(g),
            };
            stop = rotations.stop(p, &mut floor, size);
        }
        if stop.is_none() {
            // w = v - (theta / rho) w
            w2 = machine.update(model, &mut w, -theta / row.rho, &v, inverse(alpha))?;
        }
    }
    if iterations == 0 && stop == Some(Stop::Tolerance) {
        // Whether the gradient is more than rounding, the norm of the operator tells.
        floor.see(ops.forward(machine, &v, &mut q)?, alpha * alpha);
    }
    let ended = Ended {
        x,
        unit: 1.0 / scale,
        scale,
        iterations,
        stop: stop.unwrap_or(Stop::Iterations),
        cost,
        data_norm,
        rounding: floor.level() * rotations.most(),
        least: floor.level() * rotations.rnorm / scale,
        watched: (first, rotations.arnorm / (scale * g), "the gradient"),
        tol: p.tol,
        given: true,
    };
    let outcome = ended.outcome(task)?;
    Ok(Outcome { figures: rotations.figures(scale, g), ..outcome })
}
