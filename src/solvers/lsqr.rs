//! LSQR: least squares by Golub and Kahan's bidiagonalisation, `min ||y - A x||^2 + damp^2 ||x -
//! x0||^2`.
//!
//! ```text
//! beta u = y - A x0,  alpha v = A^H u,  w = v
//! beta u = A v - alpha u,  alpha v = A^H u - beta v
//! x = x + (phi / rho) w,  w = v - (theta / rho) w
//! ```
//! Here `rho`, `phi` and `theta` come from plane rotations that make the bidiagonal matrix upper
//! triangular. The first two lines are [`super::bidiagonal`]. Paige and Saunders (1982), as in
//! PyLops' `lsqr`, without its variances.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::{Result, Slot, Term};
use crate::solvers::Stop;
use crate::solvers::bidiagonal::{Bidiagonal, inverse};
use crate::solvers::ends::{Begun, Ending};
use crate::solvers::floor::Floor;
use crate::solvers::iterate::{Frame, Limits, Solver, Step, Watched, X};
use crate::space::Side;

/// LSQR for least squares: minimises `||y - A x||^2 + damp^2 ||x - x0||^2`.
///
/// Takes the iterations of `cgls` in exact arithmetic, and estimates norm and condition number of
/// `A` to decide when to stop. Every iteration applies the operator and its adjoint once. Works for
/// any operator, with weights, regularization and a preconditioner. `--json` reports `anorm`,
/// `acond`, `arnorm`, `xnorm` (of `x - x0`), `r1norm` and `r2norm`.
///
/// PyLops: `lsqr`. SciPy's `lsqr` differs only in its test for a least-squares solution: it
/// compares `||A^H r||` with `atol ||A|| ||r||`; PyLops and this program compare it with `atol`
/// times the first `||A^H r||`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct Lsqr {
    /// Largest number of iterations.
    pub niter: usize,
    /// Damping; the penalty is `damp^2 ||x - x0||^2`.
    pub damp: f64,
    /// Relative precision of `A`. Stop when `||A^H r|| <= atol ||A^H r0||`, with `r0` the first
    /// residual; if `x0` is far off, when `||A^H r|| <= atol ||A|| ||y||`.
    pub atol: f64,
    /// Relative precision of `y`. Stop when `||r|| <= btol ||y|| + atol ||A|| ||x||`.
    pub btol: f64,
    /// Stop when the estimated condition number of `A` reaches this; 0 sets no limit.
    pub conlim: f64,
    /// Stop when `||A^H (y - A x) - damp^2 x||^2`, the squared norm of the gradient, is at most this.
    pub tol: f64,
    /// Stop when `||y - A x||` falls below `rtol ||y||`, with `y` and `A` those of all equations,
    /// weights and regularization included.
    pub rtol: f64,
}

impl Default for Lsqr {
    fn default() -> Self {
        Lsqr { niter: 10, damp: 0.0, atol: 1e-8, btol: 1e-8, conlim: 1e8, tol: 0.0, rtol: 0.0 }
    }
}

/// The rotations of the bidiagonal matrix, and the norms that they yield.
#[derive(Debug, Default, Deserialize, Serialize)]
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
    /// Sum of squares that damping adds to the residual.
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

/// A rotation that removes damping and `beta` from one row.
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
        // Rotate damp away, which changes the diagonal.
        let rhobar1 = self.rhobar.hypot(self.damp);
        let psi = self.damp / rhobar1 * self.phibar;
        self.phibar *= self.rhobar / rhobar1;
        self.res2 += psi * psi;
        // Rotate beta below the diagonal away: the matrix is upper triangular.
        let rho = rhobar1.hypot(beta);
        let (cs, sn) = (rhobar1 / rho, beta / rho);
        let phi = cs * self.phibar;
        self.phibar *= sn;
        Row { rho, phi, cs, sn }
    }

    /// Updates the norms after that step, for the new `alpha` and `w2 = ||w||^2`. Returns `theta`.
    fn finish(&mut self, row: &Row, alpha: f64, w2: f64) -> f64 {
        let theta = row.sn * alpha;
        self.rhobar = -row.cs * alpha;
        self.ddnorm += w2 / (row.rho * row.rho);
        // A rotation from the right removes theta and yields ||x||.
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
        // ||y - A x||^2 is rnorm^2 without damping's part; a negative sign shows cancellation.
        let r1sq = self.rnorm * self.rnorm - self.damp * self.damp * self.xxnorm;
        self.r1norm = r1sq.abs().sqrt().copysign(r1sq);
        theta
    }

    /// An upper bound of `||x||`.
    fn most(&self) -> f64 {
        self.xnorm + self.start
    }

    /// Whether the equations hold within `atol` and `btol` for a model of norm `x`.
    fn holds(&self, p: &Lsqr, x: f64) -> bool {
        self.rnorm <= p.btol * self.bnorm + p.atol * self.anorm * x
    }

    /// The first of PyLops' tests that holds, strongest first, then what rounding leaves of the
    /// model. With a start, compares with the data and with the norm `x` of the model, as SciPy
    /// does: what is small beside the residual of a bad start may be large.
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

    /// The figures of `A` and `y`, from those of `g A` and `f y`.
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

const W: Slot = Slot(5);

/// What `lsqr` remembers between two iterations; names as in the formulas above.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Numbers {
    bidiagonal: Bidiagonal,
    /// `theta / rho` of the last iteration.
    turn: f64,
    /// `||w||^2`
    w2: f64,
    /// `||A^H (y - A x0)||`
    first: f64,
    rotations: Rotations,
    floor: Floor,
}

impl Solver for Lsqr {
    type Numbers = Numbers;

    const NAME: &'static str = "lsqr";
    const ADJOINT: bool = true;
    const VECTORS: &'static [(&'static str, Side)] = &[
        ("x", Side::Model),
        ("u", Side::Data),
        ("q", Side::Data),
        ("v", Side::Model),
        ("next", Side::Model),
        ("w", Side::Model),
    ];

    fn limits(&self) -> Limits {
        Limits { niter: self.niter, tol: self.tol, rtol: self.rtol }
    }

    fn damp(&self) -> f64 {
        self.damp
    }

    fn begin(&self, at: &mut Frame<'_>, begun: &Begun) -> Result<(Numbers, Option<Stop>)> {
        let (b, stop) = Bidiagonal::begin(at, begun, self.damp)?;
        // w = v
        let [w2] = at.pass([b.direction(W, 0.0)])?;
        let (bnorm, start) = (begun.data_norm * b.scale, begun.start * inverse(b.g));
        let rotations = Rotations::new(b.g * self.damp, b.alpha, b.beta, bnorm, start);
        let floor = Floor::new(at.operators, 0.0);
        let first = rotations.arnorm0 / (b.scale * b.g);
        Ok((Numbers { bidiagonal: b, turn: 0.0, w2, first, rotations, floor }, stop))
    }

    fn watch(&self, n: &mut Numbers, at: &mut Frame<'_>) -> Result<Watched> {
        let own = match at.number {
            0 => None,
            _ => {
                // The norm of a model with a start takes a pass over it.
                let most = n.rotations.most();
                let known = n.rotations.start == 0.0 || !n.rotations.holds(self, most);
                let size = if known { most } else { at.norm(X)? };
                n.rotations.stop(self, &mut n.floor, size)
            }
        };
        let squares = n.rotations.arnorm.powi(2);
        Ok(Watched { own, squares, scale: n.bidiagonal.scale * n.bidiagonal.g, precision: false })
    }

    fn step(&self, n: &mut Numbers, at: &mut Frame<'_>) -> Result<Step> {
        let b = &mut n.bidiagonal;
        if at.number > 1 {
            // w = v - (theta / rho) w
            [n.w2] = at.pass([b.direction(W, -n.turn)])?;
        }
        let alpha = b.alpha;
        if let Some(stop) = b.row(at)? {
            return Ok(Step::Ended(stop));
        }
        let row = n.rotations.row(alpha, b.beta);
        n.floor = n.floor.with_norm(n.rotations.most_seen);
        if n.floor.is_flat(row.rho, n.w2.sqrt()) || n.floor.is_risky(row.rho, n.w2.sqrt(), 1.0) {
            // Along w, A is round-off, or may be, and so is the step.
            return Ok(Step::Ended(Stop::Precision));
        }
        // x = x + (phi / rho) w
        let along = row.phi / row.rho;
        let stop = b.column(at, Some(Term::Combine { y: X, a: 1.0, x: W, b: along }))?;
        n.turn = n.rotations.finish(&row, b.alpha, n.w2) / row.rho;
        let residual = n.rotations.r1norm.abs() / b.scale;
        Ok(Step::Done { residual, along: b.g * along, stop })
    }

    fn end(&self, n: &mut Numbers, at: &mut Frame<'_>, stop: Stop) -> Result<Ending> {
        n.bidiagonal.see(at, &stop, &mut n.floor)?;
        let (scale, g) = (n.bidiagonal.scale, n.bidiagonal.g);
        let unit = scale * g;
        Ok(Ending {
            stop,
            unit: g / scale,
            rounding: n.floor.level() * n.rotations.most(),
            watched: (n.first, n.rotations.arnorm / unit, "the gradient"),
            most: n.floor.norm() * n.rotations.rnorm / unit,
            least: n.floor.level() * n.rotations.rnorm / unit,
            given: true,
            figures: n.rotations.figures(scale, g),
            warnings: Vec::new(),
        })
    }
}
