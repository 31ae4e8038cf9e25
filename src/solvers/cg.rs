//! Conjugate gradients for `A x = y` with `A` square, self-adjoint and positive.
//!
//! ```text
//! r = y - A x0,  c = r,  k = ||r||^2
//! q = A c,  a = k / <c, q>,  x = x + a c,  r = r - a q
//! c = r + (||r||^2 / k) c,  k = ||r||^2
//! ```
//! For such an `A`, `||r - a q||^2 = a^2 ||q||^2 - ||r||^2`, which detects one that is not
//! self-adjoint. This is PyLops' `cg`, except that a negative `<c, q>` ends the run: PyLops takes
//! `|<c, q>|` and goes on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::{Result, Slot, Term};
use crate::solvers::ends::{Begun, Ending, IMAGE, first};
use crate::solvers::floor::{Floor, Way};
use crate::solvers::iterate::{Frame, Limits, Q, S, Solver, Step, Watched, X};
use crate::solvers::method::Refusal;
use crate::solvers::{Equations, Stop};
use crate::space::Side;

/// Conjugate gradients for a square, self-adjoint and positive operator.
///
/// Every iteration applies the operator once. With `normal_equations = true` it solves `(A^H W A +
/// sum eps^2 R^H R) x = A^H W y + sum eps^2 R^H d` for any operator. The run fails if `<c, A c>` is
/// not above 0 or the residual grows, and warns if the operator is not self-adjoint. PyLops: `cg`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct Cg {
    /// Largest number of iterations.
    pub niter: usize,
    /// Stop when `||y - A x||^2` is at most this.
    pub tol: f64,
    /// Stop when `||y - A x||` falls below `rtol ||y||`, with `y` and `A` those of the normal
    /// equations if it solves those.
    pub rtol: f64,
}

impl Default for Cg {
    fn default() -> Self {
        Cg { niter: 10, tol: 1e-4, rtol: 0.0 }
    }
}

/// Largest difference of `||r - a q||^2` and `a^2 ||q||^2 - ||r||^2`, relative to their sum, for a
/// self-adjoint A: rounding causes less than 0.02 while the residual is far from its floor.
const ASYMMETRY: f64 = 0.1;

/// If the operator is not self-adjoint, a residual that has grown by this factor stays lost.
const LOST: f64 = 10.0;

/// The residual.
const R: Slot = S;
/// The search direction.
const C: Slot = Slot(3);

/// What `cg` remembers between two iterations; names as in the formulas above.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Numbers {
    /// `||r||^2`, now and at the start.
    k: f64,
    first2: f64,
    /// `||c||^2`
    c2: f64,
    /// The ratio of the last `||r||^2` to the one before.
    turn: f64,
    /// The factor of `r`, and the ratio of the model to `x`.
    scale: f64,
    unit: f64,
    /// Whether A has proved not to be self-adjoint, or to be singular.
    asymmetric: bool,
    singular: bool,
    floor: Floor,
    way: Way,
}

impl Solver for Cg {
    type Numbers = Numbers;

    const NAME: &'static str = "cg";
    const ADJOINT: bool = false;
    const VECTORS: &'static [(&'static str, Side)] =
        &[("x", Side::Model), ("r", Side::Model), ("q", Side::Model), ("c", Side::Model)];

    fn limits(&self) -> Limits {
        Limits { niter: self.niter, tol: self.tol, rtol: self.rtol }
    }

    fn falls(&self) -> bool {
        false
    }

    fn remedy(&self) -> &'static str {
        "The operator is not self-adjoint: use solver = \"cgls\""
    }

    fn refuses(&self, equations: &Equations<'_>) -> Option<Refusal> {
        let Equations { model, data, plain, normal, .. } = equations;
        let message = if *normal {
            return None;
        } else if data.len() != model.len() {
            "`cg` needs a square operator".to_string()
        } else if data != model {
            format!("`cg` needs model and data of the same type, not {model} and {data}")
        } else if !plain {
            "`cg` with regularization, weight or preconditioner".to_string()
        } else {
            return None;
        };
        let label = "conjugate gradients solve one square, self-adjoint system".into();
        Some(Refusal {
            message,
            label,
            help: "use `solver = \"cgls\"`, or `normal_equations = true`",
        })
    }

    fn begin(&self, at: &mut Frame<'_>, begun: &Begun) -> Result<(Numbers, Option<Stop>)> {
        let Begun { residual2: k, start, scale, .. } = *begun;
        // c = r
        at.combine(C, 0.0, R, 1.0)?;
        let numbers = Numbers {
            k,
            first2: k,
            c2: k,
            turn: 0.0,
            scale,
            unit: 1.0,
            asymmetric: false,
            singular: false,
            floor: Floor::new(at.operators, 0.0),
            way: Way::new(start),
        };
        Ok((numbers, None))
    }

    fn watch(&self, n: &mut Numbers, _: &mut Frame<'_>) -> Result<Watched> {
        let fit = n.floor.is_fit(n.k.sqrt(), n.way.norm());
        let precision = n.k == 0.0 || n.floor.is_left_to(fit);
        Ok(Watched { own: None, squares: n.k, scale: n.scale, precision })
    }

    fn step(&self, n: &mut Numbers, at: &mut Frame<'_>) -> Result<Step> {
        if at.number > 1 {
            // c = r + (||r||^2 / k) c
            n.c2 = at.combine(C, n.turn, R, 1.0)?;
            n.way.turn(n.turn);
        }
        // q = A c
        let [q2, cq] = match at.number {
            1 => {
                let of = (n.k.sqrt(), 0.0, n.scale);
                let q2 = first(
                    at,
                    Q,
                    of,
                    |at| Ok(at.forward((S, Q), [Term::Dot(Q, Q)])?[0]),
                    |at| {
                        let [c2] = at.forward((Q, C), [Term::Dot(C, C)])?;
                        at.combine(C, 0.0, R, 1.0)?;
                        Ok(c2)
                    },
                )?;
                n.unit = at.gain.gain / n.scale;
                n.way = Way::new(n.way.norm() / at.gain.gain);
                let [cq] = at.pass([Term::Dot(C, Q)])?;
                [q2, cq]
            }
            _ => at.forward((C, Q), [Term::Dot(Q, Q), Term::Dot(C, Q)])?,
        };
        let stop = match at.number {
            1 => at.out_of_range(Q, q2, IMAGE)?,
            _ => at.overflown(Q, q2, IMAGE)?,
        };
        if let Some(stop) = stop {
            return Ok(Step::Ended(stop));
        }
        n.floor.see(q2, n.c2);
        let flat = n.floor.is_flat(cq.abs(), n.c2);
        if n.floor.is_risky(cq / n.c2.sqrt(), n.c2.sqrt(), n.k.sqrt()) {
            return Ok(Step::Ended(Stop::Precision));
        } else if flat && n.k < n.first2 {
            n.singular = true;
            return Ok(Step::Ended(Stop::Precision));
        } else if flat || cq < 0.0 {
            return Ok(Step::Ended(Stop::NotPositive { iteration: at.number, negative: !flat }));
        }
        let a = n.k / cq;
        // x = x + a c, r = r - a q
        let moved = Term::Combine { y: X, a: 1.0, x: C, b: a };
        let [_, r2] = at.pass([moved, Term::Combine { y: R, a: 1.0, x: Q, b: -a }])?;
        n.way = n.way.step(a, n.c2);
        // ||r - a q||^2 = ||r||^2 - 2 a <c, q> + a^2 ||q||^2 where <c, q> = <r, q>
        let (sum, image2) = (r2 + n.k, a * a * q2);
        let far = r2.sqrt() > 1e3 * n.floor.level() * n.way.norm();
        n.asymmetric |= far && (sum - image2).abs() > ASYMMETRY * (sum + image2);
        (n.turn, n.k) = (r2 / n.k, r2);
        let lost = r2.is_finite() && n.asymmetric && r2 > LOST * LOST * n.first2;
        let stop = lost.then(|| n.grown(at.number));
        Ok(Step::Done { residual: r2.sqrt() / n.scale, along: a * at.gain.gain, stop })
    }

    fn end(&self, n: &mut Numbers, at: &mut Frame<'_>, stop: Stop) -> Result<Ending> {
        let unfinished = stop == Stop::Iterations;
        let mut warnings = Vec::new();
        if unfinished {
            warnings.extend(doubt(n.asymmetric, n.first2, n.k));
        }
        if n.singular {
            warnings.push(format!(
                "the operator of `cg` is numerically singular: the residual is {:.3e} times the initial one and no longer falls; `solver = \"cgls\"` or \"lsqr\" solves such equations too",
                (n.k / n.first2).sqrt()
            ));
        }
        Ok(Ending {
            stop: if unfinished && n.asymmetric && n.k > n.first2 {
                n.grown(at.number)
            } else {
                stop
            },
            unit: n.unit,
            rounding: n.floor.level() * n.way.norm(),
            watched: (n.first2.sqrt() / n.scale, n.k.sqrt() / n.scale, "the residual"),
            most: 0.0,
            least: 0.0,
            given: self.tol != Cg::default().tol,
            figures: Vec::new(),
            warnings,
        })
    }
}

impl Numbers {
    /// The error that an iteration has raised the residual.
    fn grown(&self, iteration: usize) -> Stop {
        Stop::Grown {
            iteration,
            start: self.first2.sqrt() / self.scale,
            residual: self.k.sqrt() / self.scale,
        }
    }
}

/// Warns about a run that used up its iterations.
fn doubt(asymmetric: bool, first2: f64, last2: f64) -> Option<String> {
    let times = (last2 / first2).sqrt();
    if asymmetric {
        Some(format!(
            "`cg` met an operator that is not self-adjoint, and its residual is {times:.3} times the initial one; `solver = \"cgls\"` solves any operator"
        ))
    } else if times >= 1.0 && first2 > 0.0 {
        Some(format!(
            "the residual of `cg` is {times:.3} times the initial one, as can happen on the way; raise `niter`, or use `solver = \"cgls\"` or \"lsqr\", whose residual only falls"
        ))
    } else {
        None
    }
}
