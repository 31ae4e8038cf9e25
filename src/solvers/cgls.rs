//! Conjugate gradients for least squares: `min ||y - A x||^2 + damp^2 ||x||^2`.
//!
//! ```text
//! s = y - A x0,  r = A^H s - damp^2 x0,  c = r,  k = ||r||^2
//! q = A c,  a = k / (||q||^2 + damp^2 ||c||^2)
//! x = x + a c,  s = s - a q,  r = A^H s - damp^2 x
//! c = r + (||r||^2 / k) c,  k = ||r||^2
//! ```
//! PyLops' `cgls`, with `damp^2` in the first step too (PyLops takes `damp` there).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Result;
use crate::solvers::monitor::{OVERFLOW, due, tell};
use crate::solvers::{Iteration, Outcome, Stop, Task};

/// Conjugate gradients for least squares: minimises `||y - A x||^2 + damp^2 ||x||^2`.
///
/// Every iteration applies the operator and its adjoint once. Works for any operator, with weights,
/// regularization and a preconditioner. PyLops: `cgls`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Cgls {
    /// Most iterations.
    pub niter: usize,
    /// Damping; the penalty is `damp^2 ||x||^2`.
    pub damp: f64,
    /// Stop when `||A^H (y - A x) - damp^2 x||^2`, the squared norm of the gradient, is at most this.
    pub tol: f64,
    /// Stop when `||y - A x||` falls below `rtol ||y||`.
    pub rtol: f64,
}

impl Default for Cgls {
    fn default() -> Self {
        Cgls { niter: 10, damp: 0.0, tol: 1e-4, rtol: 0.0 }
    }
}

pub(super) fn solve(task: &mut Task<'_>, p: &Cgls) -> Result<Outcome> {
    let (machine, ops) = (task.machine, task.operators);
    let (model, data) = (&ops.model, &ops.data);
    let damp2 = p.damp * p.damp;
    let mut x = ops.new_model(machine)?;
    let mut s = ops.new_data(machine)?;
    let mut q = ops.new_data(machine)?;
    (task.rhs)(&mut s)?;
    let data_norm = machine.norm2(data, &s)?.sqrt();
    let mut residual2 = data_norm * data_norm;
    if let Some(start) = task.start {
        start(&mut x)?;
        ops.forward(machine, &x, &mut q)?;
        // s = y - A x0
        residual2 = machine.update(data, &mut s, 1.0, &q, -1.0)?;
    }
    let mut c = ops.new_model(machine)?;
    let mut r = ops.new_model(machine)?;
    let mut k = ops.adjoint(machine, &s, &mut c)?;
    if task.start.is_some() && damp2 != 0.0 {
        // r = A^H s - damp^2 x0
        k = machine.update(model, &mut c, 1.0, &x, -damp2)?;
    }
    let mut c2 = k;
    let mut cost = vec![residual2.sqrt()];
    let mut iterations = 0;
    let not_finite = |iteration, array| Stop::NotFinite { iteration, array };
    let mut stop = if !data_norm.is_finite() {
        let finite = task.start.is_none() && machine.is_finite(data, &s)?;
        Some(not_finite(0, if finite { OVERFLOW } else { "the data" }))
    } else if !residual2.is_finite() {
        Some(not_finite(0, "the residual of x0"))
    } else if !k.is_finite() {
        Some(not_finite(0, "the adjoint of the residual"))
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
        let a = k / (q2 + damp2 * c2);
        // s = s - a q; then x = x + a c and r = A^H s - damp^2 x in one pass
        let s2 = machine.update(data, &mut s, 1.0, &q, -a)?;
        let r2 = ops.adjoint_step(machine, &s, &mut r, (&mut x, a, &c), damp2)?;
        cost.push(s2.sqrt());
        if !s2.is_finite() {
            stop = Some(not_finite(iterations, "the residual"));
        } else if !r2.is_finite() {
            stop = Some(not_finite(iterations, "the adjoint of the residual"));
        } else if tell(
            machine,
            task.monitor,
            Iteration { number: iterations, residual: s2.sqrt(), step: a },
        )? {
            stop = Some(Stop::Interrupted);
        } else {
            // c = r + (||r||^2 / k) c
            c2 = machine.update(model, &mut c, r2 / k, &r, 1.0)?;
            k = r2;
        }
    }
    let stop = stop.unwrap_or(Stop::Iterations);
    Ok(Outcome { model: x, iterations, stop, cost, data_norm, figures: vec![] })
}
