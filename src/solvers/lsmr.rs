//! LSMR: least squares by Golub and Kahan's bidiagonalisation, `min ||y - A x||^2 + damp^2 ||x -
//! x0||^2`.
//!
//! ```text
//! beta u = y - A x0,  alpha v = A^H u,  h = v,  hbar = 0
//! beta u = A v - alpha u,  alpha v = A^H u - beta v
//! hbar = h - (thetabar rho / (rho' rhobar')) hbar,  x = x + (zeta / (rho rhobar)) hbar,  h = v - (theta / rho) h
//! ```
//! Here `rho` and `theta` come from plane rotations that make the bidiagonal matrix `B` upper
//! triangular, those with a bar from rotations that do so again with the transpose of the triangle,
//! since the normal equations are those of `B^T B`; primes mark the iteration before. The first two
//! lines are [`super::bidiagonal`]. Fong and Saunders (2011), as in SciPy's `lsmr`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::{Result, Slot, Term};
use crate::solvers::Stop;
use crate::solvers::bidiagonal::{Bidiagonal, inverse};
use crate::solvers::ends::{Begun, Ending};
use crate::solvers::floor::Floor;
use crate::solvers::iterate::{Frame, Limits, Solver, Step, Watched, X};
use crate::space::Side;

/// LSMR for least squares: minimises `||y - A x||^2 + damp^2 ||x - x0||^2`.
///
/// Like `lsqr`, but the norm of the gradient `A^H r` falls in every iteration, so it can stop
/// earlier when the data cannot be fit. Every iteration applies the operator and its adjoint once.
/// Works for any operator, with weights, regularization and a preconditioner. With damping,
/// progress and history show the residual of the damped equations. `--json` reports `anorm`,
/// `acond`, `arnorm`, `xnorm` and `rnorm`.
///
/// SciPy: `lsmr`, whose `acond` includes a spurious singular value of 1, and so stops early for
/// operators smaller than 1.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct Lsmr {
    /// Largest number of iterations.
    pub niter: usize,
    /// Damping; the penalty is `damp^2 ||x - x0||^2`.
    pub damp: f64,
    /// Relative precision of `A`. Stop when `||A^H r|| <= atol ||A|| ||r||`.
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

impl Default for Lsmr {
    fn default() -> Self {
        Lsmr { niter: 10, damp: 0.0, atol: 1e-6, btol: 1e-6, conlim: 1e8, tol: 0.0, rtol: 0.0 }
    }
}

const H: Slot = Slot(5);
const HBAR: Slot = Slot(6);

/// What `lsmr` remembers between two iterations; names as in the formulas above.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Numbers {
    bidiagonal: Bidiagonal,
    /// `||y||`, and `||A^H (y - A x0)||`.
    bnorm: f64,
    first: f64,
    /// `||x||`
    xnorm: f64,
    rotations: DoubleRotations,
    floor: Floor,
}

/// The rotations of the bidiagonal matrix and of its triangle, and the norms that they yield.
#[derive(Debug, Deserialize, Serialize)]
struct DoubleRotations {
    damp: f64,
    alphabar: f64,
    rho: f64,
    rhobar: f64,
    cbar: f64,
    sbar: f64,
    zeta: f64,
    zetabar: f64,
    /// For the residual: Fong and Saunders, section 5.
    betadd: f64,
    betad: f64,
    rhod: f64,
    tautilde: f64,
    thetatilde: f64,
    /// Sum of squares that damping adds to the residual.
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

/// Factors of the vector updates.
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

impl DoubleRotations {
    fn new(damp: f64, alpha: f64, beta: f64) -> DoubleRotations {
        DoubleRotations {
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
            // JSON, in which states may be stored, has no infinity.
            minrbar: f64::MAX,
            acond: 1.0,
        }
    }

    /// `||A^H r||`
    fn arnorm(&self) -> f64 {
        self.zetabar.abs()
    }

    /// Takes in the next row and column of the bidiagonal matrix, those of iteration `number`.
    fn turn(&mut self, alpha: f64, beta: f64, number: usize) -> Factors {
        // Rotate damp away, then beta below the diagonal.
        let (chat, shat, alphahat) = rotation(self.alphabar, self.damp);
        let rho_before = self.rho;
        let (c, s, rho) = rotation(alphahat, beta);
        let theta = s * alpha;
        (self.rho, self.alphabar) = (rho, c * alpha);
        // Likewise the other side of the triangle.
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
            // SciPy counts the initial 1 as a singular value if it is the largest.
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

impl Lsmr {
    /// The first of SciPy's tests that holds, strongest first, then what rounding leaves of the
    /// model.
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
        let (b, stop) = Bidiagonal::begin(at, begun, self.damp)?;
        // h = v
        at.pass([b.direction(H, 0.0)])?;
        let numbers = Numbers {
            bnorm: begun.data_norm * b.scale,
            first: b.alpha * b.beta / (b.scale * b.g),
            xnorm: begun.start * inverse(b.g),
            rotations: DoubleRotations::new(b.g * self.damp, b.alpha, b.beta),
            floor: Floor::new(at.operators, 0.0),
            bidiagonal: b,
        };
        Ok((numbers, stop))
    }

    fn watch(&self, n: &mut Numbers, at: &mut Frame<'_>) -> Result<Watched> {
        let own = if at.number == 0 { None } else { self.rule(n) };
        let squares = n.rotations.arnorm().powi(2);
        Ok(Watched { own, squares, scale: n.bidiagonal.scale * n.bidiagonal.g, precision: false })
    }

    fn step(&self, n: &mut Numbers, at: &mut Frame<'_>) -> Result<Step> {
        let b = &mut n.bidiagonal;
        let alpha = b.alpha;
        if let Some(stop) = b.row(at)? {
            return Ok(Step::Ended(stop));
        }
        let column = alpha.hypot(b.beta).hypot(n.rotations.damp);
        n.rotations.most_seen = n.rotations.most_seen.max(column);
        n.floor = n.floor.with_norm(n.rotations.most_seen);
        if n.floor.is_flat(n.rotations.alphabar.hypot(n.rotations.damp).hypot(b.beta), 1.0) {
            // Along h, A is round-off, and so is the step.
            return Ok(Step::Ended(Stop::Precision));
        }
        let stop = b.column(at, None)?;
        let factors = n.rotations.turn(b.alpha, b.beta, at.number);
        // hbar = h - .. hbar, x = x + .. hbar, h = v - (theta / rho) h in one pass
        let [_, x2, _] = at.pass([
            Term::Combine { y: HBAR, a: factors.hbar, x: H, b: 1.0 },
            Term::Combine { y: X, a: 1.0, x: HBAR, b: factors.x },
            b.direction(H, factors.h),
        ])?;
        n.xnorm = x2.sqrt();
        let along = b.g * factors.x;
        Ok(Step::Done { residual: n.rotations.rnorm / b.scale, along, stop })
    }

    fn end(&self, n: &mut Numbers, at: &mut Frame<'_>, stop: Stop) -> Result<Ending> {
        n.bidiagonal.see(at, &stop, &mut n.floor)?;
        let (scale, g) = (n.bidiagonal.scale, n.bidiagonal.g);
        let (r, unit) = (&n.rotations, scale * g);
        Ok(Ending {
            stop,
            unit: g / scale,
            rounding: n.floor.level() * n.xnorm,
            watched: (n.first, r.arnorm() / unit, "the gradient"),
            most: n.floor.norm() * r.rnorm / unit,
            least: n.floor.level() * r.rnorm / unit,
            given: true,
            figures: vec![
                ("anorm", r.anorm / g),
                ("acond", r.acond),
                ("arnorm", r.arnorm() / unit),
                ("xnorm", n.xnorm * g / scale),
                ("rnorm", r.rnorm / scale),
            ],
            warnings: Vec::new(),
        })
    }
}
