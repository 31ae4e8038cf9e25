//! Conjugate gradients for `A x = y` with `A` square, self-adjoint and positive.
//!
//! ```text
//! r = y - A x0,  c = r,  k = ||r||^2
//! q = A c,  a = k / <c, q>,  x = x + a c,  r = r - a q
//! c = r + (||r||^2 / k) c,  k = ||r||^2
//! ```
//! PyLops' `cg`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Result;
use crate::solvers::monitor::{OVERFLOW, due, tell};
use crate::solvers::{Iteration, Outcome, Stop, Task};

/// Conjugate gradients for a square, self-adjoint and positive operator.
///
/// Every iteration applies the operator once. With `normal_equations = true` it solves
/// `(A^H W A + sum eps^2 R^H R) x = A^H W y + sum eps^2 R^H d` for any operator. PyLops: `cg`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Cg {
    /// Most iterations.
    pub niter: usize,
    /// Stop when `||y - A x||^2` is at most this.
    pub tol: f64,
    /// Stop when `||y - A x||` falls below `rtol ||y||`.
    pub rtol: f64,
}

impl Default for Cg {
    fn default() -> Self {
        Cg { niter: 10, tol: 1e-4, rtol: 0.0 }
    }
}

pub(super) fn solve(task: &mut Task<'_>, p: &Cg) -> Result<Outcome> {
    let (machine, ops) = (task.machine, task.operators);
    let space = &ops.model;
    let mut x = ops.new_model(machine)?;
    let mut r = ops.new_model(machine)?;
    let mut q = ops.new_model(machine)?;
    (task.rhs)(&mut r)?;
    let mut k = machine.norm2(space, &r)?;
    let data_norm = k.sqrt();
    if let Some(start) = task.start {
        start(&mut x)?;
        ops.forward(machine, &x, &mut q)?;
        // r = y - A x0
        k = machine.update(space, &mut r, 1.0, &q, -1.0)?;
    }
    let mut c = ops.new_model(machine)?;
    machine.copy(space, &mut c, &r);
    let mut cost = vec![k.sqrt()];
    let mut iterations = 0;
    let not_finite = |iteration, array| Stop::NotFinite { iteration, array };
    let mut stop = if !data_norm.is_finite() {
        let finite = task.start.is_none() && machine.is_finite(space, &r)?;
        Some(not_finite(0, if finite { OVERFLOW } else { "the data" }))
    } else if !k.is_finite() {
        Some(not_finite(0, "the residual of x0"))
    } else if tell(machine, task.monitor, Iteration { number: 0, residual: cost[0], step: 0.0 })? {
        Some(Stop::Interrupted)
    } else {
        None
    };
    while stop.is_none() {
        let relative = p.rtol > 0.0 && cost[iterations] < p.rtol * data_norm;
        stop = due(k <= p.tol, relative, iterations == p.niter);
        if stop.is_some() {
            break;
        }
        iterations += 1;
        let q2 = ops.forward(machine, &c, &mut q)?;
        if !q2.is_finite() {
            stop = Some(not_finite(iterations, "the operator on the search direction"));
            break;
        }
        let cq = machine.dot(space, &c, &q)?.abs();
        if cq == 0.0 {
            stop = Some(Stop::NotPositive { iteration: iterations });
            break;
        }
        let a = k / cq;
        // x = x + a c, r = r - a q
        machine.update(space, &mut x, 1.0, &c, a)?;
        let r2 = machine.update(space, &mut r, 1.0, &q, -a)?;
        cost.push(r2.sqrt());
        if !r2.is_finite() {
            stop = Some(not_finite(iterations, "the residual"));
        } else if tell(
            machine,
            task.monitor,
            Iteration { number: iterations, residual: r2.sqrt(), step: a },
        )? {
            stop = Some(Stop::Interrupted);
        } else {
            // c = r + (||r||^2 / k) c
            machine.update(space, &mut c, r2 / k, &r, 1.0)?;
            k = r2;
        }
    }
    let stop = stop.unwrap_or(Stop::Iterations);
    Ok(Outcome { model: x, iterations, stop, cost, data_norm, figures: vec![] })
}
