//! Conjugate gradients for `A x = y` with `A` square, self-adjoint and positive.
//!
//! ```text
//! r = y - A x0,  c = r,  k = ||r||^2
//! q = A c,  a = k / <c, q>,  x = x + a c,  r = r - a q
//! c = r + (||r||^2 / k) c,  k = ||r||^2
//! ```
//! For such an `A`, `||r - a q||^2 = a^2 ||q||^2 - ||r||^2`, which tells of one that is not self-adjoint.
//! PyLops' `cg`, which takes `|<c, q>|` and goes on where `<c, q>` is negative; here that ends the run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Result;
use crate::solvers::ends::{Begun, Ended, IMAGE, begin, out_of_range, within};
use crate::solvers::floor::{Floor, Way};
use crate::solvers::monitor::{due, tell};
use crate::solvers::{Iteration, Outcome, Stop, Task};

/// Conjugate gradients for a square, self-adjoint and positive operator.
///
/// Every iteration applies the operator once. With `normal_equations = true` it solves
/// `(A^H W A + sum eps^2 R^H R) x = A^H W y + sum eps^2 R^H d` for any operator. A run ends with
/// exit code 1 where `<c, A c>` is not above 0 or the residual grows, and warns where the operator is not
/// self-adjoint. PyLops: `cg`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Cg {
    /// Most iterations.
    pub niter: usize,
    /// Stop when `||y - A x||^2` is at most this.
    pub tol: f64,
    /// Stop when `||y - A x||` falls below `rtol ||y||`, with `y` and `A` of the normal equations if it
    /// solves those.
    pub rtol: f64,
}

impl Default for Cg {
    fn default() -> Self {
        Cg { niter: 10, tol: 1e-4, rtol: 0.0 }
    }
}

/// How far `||r - a q||^2` may be from `a^2 ||q||^2 - ||r||^2`, beside their sum, where A is self-adjoint:
/// rounding makes less than 0.02 of it while the residual is far from its floor.
const ASYMMETRY: f64 = 0.1;

/// A residual that has grown so far, with an operator that is not self-adjoint, does not come back.
const LOST: f64 = 10.0;

pub(super) fn solve(task: &mut Task<'_>, p: &Cg) -> Result<Outcome> {
    let (machine, ops) = (task.machine, task.operators);
    let space = &ops.model;
    let Begun { mut x, s: mut r, mut q, residual2: mut k, start, data_norm, scale, mut stop } =
        begin(task, space, 0.0)?;
    let mut c = ops.new_model(machine)?;
    machine.copy(space, &mut c, &r);
    let (mut floor, mut way) = (Floor::new(ops, 0.0), Way::new(start));
    let (first2, mut c2, mut asymmetric, mut singular) = (k, k, false, false);
    let mut cost = vec![k.sqrt() / scale];
    let mut iterations = 0;
    while stop.is_none() {
        let relative = p.rtol > 0.0 && cost[iterations] < p.rtol * data_norm;
        let precision = k == 0.0 || floor.is_left_to(floor.is_fit(k.sqrt(), way.norm()));
        stop = due(within(k, p.tol, scale), relative, precision, iterations == p.niter);
        if stop.is_some() {
            break;
        }
        let q2 = ops.forward(machine, &c, &mut q)?;
        if iterations == 0 || !q2.is_finite() {
            stop = out_of_range(machine, (space, &q), q2, iterations + 1, IMAGE)?;
            if stop.is_some() {
                break;
            }
        }
        floor.see(q2, c2);
        let cq = machine.dot(space, &c, &q)?;
        let flat = floor.is_flat(cq.abs(), c2);
        if floor.is_risky(cq / c2.sqrt(), c2.sqrt(), k.sqrt()) {
            stop = Some(Stop::Precision);
            break;
        } else if flat && k < first2 {
            (singular, stop) = (true, Some(Stop::Precision));
            break;
        } else if flat || cq < 0.0 {
            stop = Some(Stop::NotPositive { iteration: iterations + 1, negative: !flat });
            break;
        }
        iterations += 1;
        let a = k / cq;
        // x = x + a c, r = r - a q
        machine.update(space, &mut x, 1.0, &c, a)?;
        let r2 = machine.update(space, &mut r, 1.0, &q, -a)?;
        way = way.step(a, c2);
        // ||r - a q||^2 = ||r||^2 - 2 a <c, q> + a^2 ||q||^2 where <c, q> = <r, q>
        let (sum, image2) = (r2 + k, a * a * q2);
        let far = r2.sqrt() > 1e3 * floor.level() * way.norm();
        asymmetric |= far && (sum - image2).abs() > ASYMMETRY * (sum + image2);
        let residual = r2.sqrt() / scale;
        cost.push(residual);
        if !r2.is_finite() {
            stop = Some(Stop::NotFinite { iteration: iterations, array: "the residual" });
        } else if asymmetric && r2 > LOST * LOST * first2 {
            k = r2;
            break;
        } else if tell(machine, task.monitor, Iteration { number: iterations, residual, step: a })?
        {
            stop = Some(Stop::Interrupted);
        } else {
            // c = r + (||r||^2 / k) c
            c2 = machine.update(space, &mut c, r2 / k, &r, 1.0)?;
            way.turn(r2 / k);
            k = r2;
        }
    }
    let stop = stop.unwrap_or(Stop::Iterations);
    let grown = Stop::Grown {
        iteration: iterations,
        start: first2.sqrt() / scale,
        residual: k.sqrt() / scale,
    };
    let unfinished = stop == Stop::Iterations;
    let ended = Ended {
        x,
        unit: 1.0 / scale,
        scale,
        iterations,
        stop: if unfinished && asymmetric && k > first2 { grown } else { stop },
        cost,
        data_norm,
        rounding: floor.level() * way.norm(),
        watched: (first2.sqrt() / scale, k.sqrt() / scale, "the residual"),
        least: 0.0,
        tol: p.tol,
        given: p.tol != Cg::default().tol,
    };
    let mut outcome = ended.outcome(task)?;
    if unfinished {
        outcome.warnings.extend(doubt(asymmetric, first2, k));
    }
    if singular {
        outcome.warnings.push(format!(
            "the operator of `cg` is singular but for rounding: its residual is {:.3e} times that of the start, \
             and falls no further; `solver = \"cgls\"` or \"lsqr\" solves such equations too",
            (k / first2).sqrt()
        ));
    }
    Ok(outcome)
}

/// What is to be said of a run that used up its iterations.
fn doubt(asymmetric: bool, first2: f64, last2: f64) -> Option<String> {
    let times = (last2 / first2).sqrt();
    if asymmetric {
        Some(format!(
            "`cg` met an operator that is not self-adjoint, and its residual is {times:.3} times that of the \
             start; `solver = \"cgls\"` solves any operator"
        ))
    } else if times >= 1.0 && first2 > 0.0 {
        Some(format!(
            "the residual of `cg` is {times:.3} times that of the start, as it may be on its way; give it more \
             iterations (`niter`), or take `solver = \"cgls\"` or \"lsqr\", whose residual only falls"
        ))
    } else {
        None
    }
}
