//! LSMR: least squares by Golub and Kahan's bidiagonalisation, `min ||y - A x||^2 + damp^2 ||x - x0||^2`.
//!
//! ```text
//! beta u = y - A x0,  alpha v = A^H u,  h = v,  hbar = 0
//! beta u = A v - alpha u,  alpha v = A^H u - beta v
//! hbar = h - (thetabar rho / (rho' rhobar')) hbar,  x = x + (zeta / (rho rhobar)) hbar,  h = v - (theta / rho) h
//! ```
//! with `rho`, `theta` from plane rotations that make the bidiagonal matrix `B` upper triangular, and those
//! with a bar from rotations that do so again with the transpose of the triangle, since the normal equations
//! are of `B^T B`; primes are of the iteration before.
//! Vectors are kept as `beta u` and `alpha v`, so nothing is read only to be normalised.
//! Fong and Saunders (2011), as SciPy's `lsmr` has it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::{Result, Slot, Term};
use crate::solvers::Stop;
use crate::solvers::ends::{Begun, Ending, GRADIENT, IMAGE, first};
use crate::solvers::floor::Floor;
use crate::solvers::iterate::{Frame, Limits, Q, S, Solver, Step, Watched, X};
use crate::space::Side;

/// LSMR for least squares: minimises `||y - A x||^2 + damp^2 ||x - x0||^2`.
///
/// Like `lsqr`, but it is the norm of the gradient `A^H r` that falls in every iteration, so that it may be
/// stopped earlier where the data are not to be fit. Every iteration applies the operator and its adjoint
/// once. Works for any operator, with weights, regularization and a preconditioner. With damping, the
/// residual that progress and history show is that of the damped equations. `--json` tells `anorm`,
/// `acond`, `arnorm`, `xnorm` and `rnorm`.
///
/// SciPy: `lsmr`, whose `acond` counts a singular value of 1 that no operator below 1 has, and ends its run.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct Lsmr {
    /// Most iterations.
    pub niter: usize,
    /// Damping; the penalty is `damp^2 ||x - x0||^2`.
    pub damp: f64,
    /// Relative precision of `A`. Stop when `||A^H r|| <= atol ||A|| ||r||`.
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

impl Default for Lsmr {
    fn default() -> Self {
        Lsmr { niter: 10, damp: 0.0, atol: 1e-6, btol: 1e-6, conlim: 1e8, tol: 0.0, rtol: 0.0 }
    }
}

/// `beta u`
const U: Slot = S;
/// `alpha v`
const V: Slot = Slot(3);
/// The next one.
const NEXT: Slot = Slot(4);
const H: Slot = Slot(5);
const HBAR: Slot = Slot(6);

/// What `lsmr` knows between two iterations; names are those of the formulas above.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Numbers {
    alpha: f64,
    beta: f64,
    /// It solves `g A x / g = f y`, at a size that the element type holds; these are `f` and `g`.
    scale: f64,
    g: f64,
    /// `||y||`, and `||A^H (y - A x0)||`.
    bnorm: f64,
    first: f64,
    /// `||x||`
    xnorm: f64,
    rotations: Rotations,
    floor: Floor,
}

/// The rotations of the bidiagonal matrix and of its triangle, and the norms that come out of them.
#[derive(Debug, Deserialize, Serialize)]
struct Rotations {
    damp: f64,
    alphabar: f64,
    rho: f64,
    rhobar: f64,
    cbar: f64,
    sbar: f64,
    zeta: f64,
    zetabar: f64,
    /// Of the residual: Fong and Saunders, section 5.
    betadd: f64,
    betad: f64,
    rhod: f64,
    tautilde: f64,
    thetatilde: f64,
    /// Sum of the squares of what damping adds to the residual.
    d: f64,
    rnorm: f64,
    anorm2: f64,
    anorm: f64,
    /// The largest norm of a column of the bidiagonal matrix, which is at most `||A||`.
    most_seen: f64,
    maxrbar: f64,
    minrbar: f64,
    acond: f64,
}

/// The factors of the vectors' updates.
struct Factors {
    /// Of `hbar`, `x` and `h`.
    hbar: f64,
    x: f64,
    h: f64,
}

/// `c`, `s` and `r` with `c a + s b = r`, `s a = c b`.
fn rotation(a: f64, b: f64) -> (f64, f64, f64) {
    let r = a.hypot(b);
    if r == 0.0 { (1.0, 0.0, 0.0) } else { (a / r, b / r, r) }
}

impl Rotations {
    fn new(damp: f64, alpha: f64, beta: f64) -> Rotations {
        Rotations {
            damp,
            alphabar: alpha,
            rho: 1.0,
            rhobar: 1.0,
            cbar: 1.0,
            sbar: 0.0,
            zeta: 0.0,
            zetabar: alpha * beta,
            betadd: beta,
            betad: 0.0,
            rhod: 1.0,
            tautilde: 0.0,
            thetatilde: 0.0,
            d: 0.0,
            rnorm: beta,
            anorm2: alpha * alpha,
            anorm: alpha,
            most_seen: 0.0,
            maxrbar: 0.0,
            // JSON, in which states may be kept, has no infinity.
            minrbar: f64::MAX,
            acond: 1.0,
        }
    }

    /// `||A^H r||`
    fn arnorm(&self) -> f64 {
        self.zetabar.abs()
    }

    /// Takes the next row and column of the bidiagonal matrix in; `number` is that of the iteration.
    fn turn(&mut self, alpha: f64, beta: f64, number: usize) -> Factors {
        // damp is rotated away, then beta below the diagonal.
        let (chat, shat, alphahat) = rotation(self.alphabar, self.damp);
        let rho_before = self.rho;
        let (c, s, rho) = rotation(alphahat, beta);
        let theta = s * alpha;
        (self.rho, self.alphabar) = (rho, c * alpha);
        // So is the triangle's other side.
        let (rhobar_before, zeta_before) = (self.rhobar, self.zeta);
        let (thetabar, diagonal) = (self.sbar * rho, self.cbar * rho);
        let (cbar, sbar, rhobar) = rotation(diagonal, theta);
        (self.cbar, self.sbar, self.rhobar) = (cbar, sbar, rhobar);
        self.zeta = cbar * self.zetabar;
        self.zetabar *= -sbar;
        self.residual((chat, shat), (c, s), thetabar, zeta_before);
        self.anorm2 += beta * beta;
        self.anorm = self.anorm2.sqrt();
        self.anorm2 += alpha * alpha;
        if number > 1 {
            // SciPy takes the 1 before the first for a singular value, if it is the largest.
            self.maxrbar = self.maxrbar.max(rhobar_before);
            self.minrbar = self.minrbar.min(rhobar_before);
        }
        self.acond = self.maxrbar.max(diagonal) / self.minrbar.min(diagonal);
        Factors {
            hbar: -(thetabar * rho) / (rho_before * rhobar_before),
            x: self.zeta / (rho * rhobar),
            h: -theta / rho,
        }
    }

    /// `||r||` of the damped equations.
    fn residual(
        &mut self,
        (chat, shat): (f64, f64),
        (c, s): (f64, f64),
        thetabar: f64,
        zeta_before: f64,
    ) {
        let (acute, check) = (chat * self.betadd, -shat * self.betadd);
        let hat = c * acute;
        self.betadd = -s * acute;
        let thetatilde_before = self.thetatilde;
        let (ctilde, stilde, rhotilde) = rotation(self.rhod, thetabar);
        self.thetatilde = stilde * self.rhobar;
        self.rhod = ctilde * self.rhobar;
        self.betad = -stilde * self.betad + ctilde * hat;
        self.tautilde = (zeta_before - thetatilde_before * self.tautilde) / rhotilde;
        let taud = (self.zeta - self.thetatilde * self.tautilde) / self.rhod;
        self.d += check * check;
        self.rnorm = (self.d + (self.betad - taud).powi(2) + self.betadd.powi(2)).sqrt();
    }
}

/// `1 / x`; 0 for a vector that vanished.
fn inverse(x: f64) -> f64 {
    if x > 0.0 { 1.0 / x } else { 0.0 }
}

impl Lsmr {
    /// The first of SciPy's tests that holds, the strongest first, then what rounding leaves of the model.
    fn rule(&self, n: &mut Numbers) -> Option<Stop> {
        let r = &n.rotations;
        let most = r.anorm * n.xnorm;
        let condition = 1.0 / r.acond;
        let lost = |small: f64| 1.0 + small <= 1.0;
        let reached = n.floor.is_reached(r.arnorm(), r.rnorm, n.xnorm);
        let precision = n.floor.is_left_to(reached);
        let rules = [
            (
                r.rnorm <= self.btol * n.bnorm + self.atol * most,
                Stop::Compatible { machine: false },
            ),
            (r.arnorm() <= self.atol * r.anorm * r.rnorm, Stop::LeastSquares { machine: false }),
            (
                self.conlim > 0.0 && condition <= 1.0 / self.conlim,
                Stop::Condition { machine: false },
            ),
            (precision, Stop::Precision),
            (lost(r.rnorm / (n.bnorm + most)), Stop::Compatible { machine: true }),
            (lost(r.arnorm() / (r.anorm * r.rnorm)), Stop::LeastSquares { machine: true }),
            (lost(condition), Stop::Condition { machine: true }),
        ];
        rules.into_iter().find(|(holds, _)| *holds).map(|(_, stop)| stop)
    }
}

impl Solver for Lsmr {
    type Numbers = Numbers;

    const NAME: &'static str = "lsmr";
    const ADJOINT: bool = true;
    const VECTORS: &'static [(&'static str, Side)] = &[
        ("x", Side::Model),
        ("u", Side::Data),
        ("q", Side::Data),
        ("v", Side::Model),
        ("next", Side::Model),
        ("h", Side::Model),
        ("hbar", Side::Model),
    ];

    fn limits(&self) -> Limits {
        Limits { niter: self.niter, tol: self.tol, rtol: self.rtol }
    }

    fn damp(&self) -> f64 {
        self.damp
    }

    fn begin(&self, at: &mut Frame<'_>, begun: &Begun) -> Result<(Numbers, Option<Stop>)> {
        let Begun { residual2, start, data_norm, scale, .. } = *begun;
        let beta = residual2.sqrt();
        // alpha v = A^H u, h = v
        let scaled = Term::Combine { y: V, a: inverse(beta), x: NEXT, b: 0.0 };
        let of = (f64::from(beta > 0.0), self.damp, scale);
        let alpha2 = first(at, V, of, |at| Ok(at.adjoint((U, V), [scaled])?[0]))?;
        let mut stop = at.out_of_range(V, alpha2, GRADIENT)?;
        let (g, alpha) = (at.gain.gain, alpha2.sqrt());
        at.combine(H, 0.0, V, inverse(alpha))?;
        if stop.is_none() && alpha * beta == 0.0 {
            // x0 is the solution already.
            stop = Some(Stop::LeastSquares { machine: false });
        }
        let numbers = Numbers {
            alpha,
            beta,
            scale,
            g,
            bnorm: data_norm * scale,
            first: alpha * beta / (scale * g),
            xnorm: start * inverse(g),
            rotations: Rotations::new(g * self.damp, alpha, beta),
            floor: Floor::new(at.operators, 0.0),
        };
        Ok((numbers, stop))
    }

    fn watch(&self, n: &mut Numbers, at: &mut Frame<'_>) -> Result<Watched> {
        let own = if at.number == 0 { None } else { self.rule(n) };
        let squares = n.rotations.arnorm().powi(2);
        Ok(Watched { own, squares, scale: n.scale * n.g, precision: false })
    }

    fn step(&self, n: &mut Numbers, at: &mut Frame<'_>) -> Result<Step> {
        // beta u = A v - alpha u, where the vectors are alpha v and beta u
        let [q2] = at.forward((V, Q), [Term::Dot(Q, Q)])?;
        if let Some(stop) = at.overflown(Q, q2, IMAGE)? {
            return Ok(Step::Ended(stop));
        }
        let ratio = -n.alpha * inverse(n.beta);
        let beta = at.combine(U, ratio, Q, inverse(n.alpha))?.sqrt();
        let column = n.alpha.hypot(beta).hypot(n.rotations.damp);
        n.rotations.most_seen = n.rotations.most_seen.max(column);
        n.floor = n.floor.with_norm(n.rotations.most_seen);
        if n.floor.is_flat(n.rotations.alphabar.hypot(n.rotations.damp).hypot(beta), 1.0) {
            // Along h, A is round-off, and so is the step.
            return Ok(Step::Ended(Stop::Precision));
        }
        // alpha v = A^H u - beta v
        let ratio = -beta * inverse(n.alpha);
        let next = Term::Combine { y: NEXT, a: inverse(beta), x: V, b: ratio };
        let [alpha2] = at.adjoint((U, NEXT), [next])?;
        at.vectors.swap(V, NEXT);
        (n.alpha, n.beta) = (alpha2.sqrt(), beta);
        let stop = match beta.is_finite() {
            false => Some(Stop::NotFinite { iteration: at.number, array: "the residual" }),
            true => at.overflown(V, alpha2, GRADIENT)?,
        };
        let factors = n.rotations.turn(n.alpha, beta, at.number);
        // hbar = h - .. hbar, x = x + .. hbar, h = v - (theta / rho) h in one pass
        let [_, x2, _] = at.pass([
            Term::Combine { y: HBAR, a: factors.hbar, x: H, b: 1.0 },
            Term::Combine { y: X, a: 1.0, x: HBAR, b: factors.x },
            Term::Combine { y: H, a: factors.h, x: V, b: inverse(n.alpha) },
        ])?;
        n.xnorm = x2.sqrt();
        let along = n.g * factors.x;
        Ok(Step::Done { residual: n.rotations.rnorm / n.scale, along, stop })
    }

    fn end(&self, n: &mut Numbers, at: &mut Frame<'_>, stop: Stop) -> Result<Ending> {
        if at.number == 0 && stop == Stop::Tolerance {
            // Whether the gradient is more than rounding, the norm of the operator tells.
            let [q2] = at.forward((V, Q), [Term::Dot(Q, Q)])?;
            n.floor.see(q2, n.alpha * n.alpha);
        }
        let (r, unit) = (&n.rotations, n.scale * n.g);
        Ok(Ending {
            stop,
            unit: n.g / n.scale,
            rounding: n.floor.level() * n.xnorm,
            watched: (n.first, r.arnorm() / unit, "the gradient"),
            most: n.floor.norm() * r.rnorm / unit,
            least: n.floor.level() * r.rnorm / unit,
            given: true,
            figures: vec![
                ("anorm", r.anorm / n.g),
                ("acond", r.acond),
                ("arnorm", r.arnorm() / unit),
                ("xnorm", n.xnorm * n.g / n.scale),
                ("rnorm", r.rnorm / n.scale),
            ],
            warnings: Vec::new(),
        })
    }
}
