//! Conjugate gradients for least squares: `min ||y - A x||^2 + damp^2 ||x||^2`.
//!
//! ```text
//! s = y - A x0,  r = A^H s - damp^2 x0,  c = r,  k = ||r||^2
//! q = A c,  a = k / (||q||^2 + damp^2 ||c||^2)
//! x = x + a c,  s = s - a q,  r = A^H s - damp^2 x
//! c = r + (||r||^2 / k) c,  k = ||r||^2
//! ```
//! Ends where rounding does, see [`super::floor`]: a step that would raise what it must lower is not taken.
//! PyLops' `cgls`, with `damp^2` in the first step too (PyLops takes `damp` there).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Result;
use crate::solvers::ends::{
    Begun, Ended, GRADIENT, IMAGE, begin, out_of_range, rescale, scale_for, within,
};
use crate::solvers::floor::{Floor, Way};
use crate::solvers::monitor::{due, tell};
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
    /// Stop when `||y - A x||` falls below `rtol ||y||`, with `y` and `A` of all equations: weighted, and
    /// with those of the regularization.
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
    let Begun { mut x, mut s, mut q, residual2, start, data_norm, scale, mut stop } =
        begin(task, data, p.damp)?;
    let mut c = ops.new_model(machine)?;
    let mut r = ops.new_model(machine)?;
    let mut k = ops.adjoint(machine, &s, &mut c)?;
    let (mut floor, mut way) = (Floor::new(ops, p.damp), Way::new(start));
    floor.see(k, residual2);
    // The model is kept as x / h, the search direction as g c, at sizes that the element type holds.
    let h = scale_for(p.damp, ops);
    rescale(machine, model, &mut x, 1.0 / h);
    if task.start.is_some() && damp2 != 0.0 {
        // r = A^H s - damp^2 x0
        k = machine.update(model, &mut c, 1.0, &x, -damp2 * h)?;
    }
    let g = scale_for(k.sqrt(), ops);
    // ||s||^2 + damp^2 ||x||^2, which may only fall.
    let stacked = |s2: f64, x: f64| s2 + damp2 * x * x;
    let (first, first2) = (k.sqrt(), stacked(residual2, start));
    let mut s2 = residual2;
    if stop.is_none() {
        stop = out_of_range(machine, (model, &c), k, 0, GRADIENT)?;
    }
    rescale(machine, model, &mut c, g);
    let mut c2 = g * g * k;
    let mut cost = vec![s2.sqrt() / scale];
    let mut iterations = 0;
    while stop.is_none() {
        let norm = way.norm();
        let reached = floor.is_reached(k.sqrt(), stacked(s2, norm).sqrt(), norm);
        let relative = p.rtol > 0.0 && cost[iterations] < p.rtol * data_norm;
        let tolerance = within(k, p.tol, scale);
        let precision = k == 0.0 || floor.is_left_to(reached);
        stop = due(tolerance, relative, precision, iterations == p.niter);
        if stop.is_some() {
            break;
        }
        let q2 = ops.forward(machine, &c, &mut q)?;
        if !q2.is_finite() {
            stop = out_of_range(machine, (data, &q), q2, iterations + 1, IMAGE)?;
            break;
        }
        floor.see(q2, c2);
        let image2 = q2 + damp2 * c2;
        let (image, length) = (image2.sqrt(), c2.sqrt());
        if floor.is_flat(image, length) || floor.is_risky(image, length, g * k.sqrt()) {
            stop = Some(Stop::Precision);
            break;
        }
        let a = k * g / image2;
        // s = s - a q; then x = x + a c and r = A^H s - damp^2 x in one pass
        let new2 = machine.update(data, &mut s, 1.0, &q, -a)?;
        // What rounding has made of the step is not taken: x stays.
        let before = if task.start.is_none() { stacked(s2, norm) } else { first2.max(s2) };
        let before = if damp2 == 0.0 { s2 } else { before };
        if floor.rose(new2, before) {
            let near = 1e3 * floor.level() * stacked(s2, norm).sqrt();
            let grown = Stop::Grown {
                iteration: iterations + 1,
                start: first2.sqrt() / scale,
                residual: new2.sqrt() / scale,
            };
            let worse = floor.rose(new2, first2) && k.sqrt() > near;
            stop = Some(if worse { grown } else { Stop::Precision });
            break;
        }
        (s2, way) = (new2, way.step(a, c2));
        iterations += 1;
        let r2 = ops.adjoint_step(machine, &s, &mut r, (&mut x, a / h, &c), damp2 * h)?;
        let residual = s2.sqrt() / scale;
        cost.push(residual);
        if !s2.is_finite() {
            stop = Some(Stop::NotFinite { iteration: iterations, array: "the residual" });
        } else if !r2.is_finite() {
            stop = out_of_range(machine, (model, &r), r2, iterations, GRADIENT)?;
        } else if tell(
            machine,
            task.monitor,
            Iteration { number: iterations, residual, step: a * g },
        )? {
            stop = Some(Stop::Interrupted);
        } else {
            // c = r + (||r||^2 / k) c
            c2 = machine.update(model, &mut c, r2 / k, &r, g)?;
            way.turn(r2 / k);
            k = r2;
        }
    }
    if iterations == 0 && stop == Some(Stop::Tolerance) && k > 0.0 {
        // Whether the gradient is more than rounding, the norm of the operator tells.
        floor.see(ops.forward(machine, &c, &mut q)?, c2);
    }
    Ended {
        x,
        unit: h / scale,
        scale,
        iterations,
        stop: stop.unwrap_or(Stop::Iterations),
        cost,
        data_norm,
        rounding: floor.level() * way.norm(),
        watched: (first / scale, k.sqrt() / scale, "the gradient"),
        least: floor.level() * s2.sqrt() / scale,
        tol: p.tol,
        given: p.tol != Cgls::default().tol,
    }
    .outcome(task)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Machine, Operators, Plans, Spill, Vector};
    use crate::graph::{Program, Value};
    use crate::io::Array;
    use crate::scalar::{C128, DType};
    use crate::solvers::Quiet;
    use crate::space::ArrayType;

    fn times(factor: f64) -> Program {
        let ty = ArrayType::new([3], DType::Float64);
        Value::program(&[ty], |x| Ok(vec![x[0].scale(factor)])).unwrap()
    }

    #[test]
    fn an_adjoint_that_is_none_ends_the_run_with_the_start() {
        let machine = Machine::local(Some(1)).unwrap();
        let plans = Plans::new(&times(2.0), Some(&times(-2.0))).unwrap();
        let operators = Operators::compile(plans, &machine, &Spill::default()).unwrap();
        let data = Array::values([3], vec![C128::from(1.0); 3], DType::Float64).unwrap();
        let rhs = |y: &mut Vector| machine.read(&operators.data.blocks[0], &mut y.stores[0], &data);
        let mut task = Task {
            machine: &machine,
            operators: &operators,
            rhs: &rhs,
            start: None,
            monitor: &mut Quiet,
        };
        let outcome = solve(&mut task, &Cgls::default()).unwrap();
        assert!(matches!(outcome.stop, Stop::Grown { iteration: 1, .. }), "{}", outcome.stop);
        assert_eq!(machine.norm2(&operators.model, &outcome.model).unwrap(), 0.0);
    }
}
