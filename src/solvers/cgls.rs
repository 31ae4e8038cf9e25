//! Conjugate gradients for least squares: `min ||y - A x||^2 + damp^2 ||x||^2`.
//!
//! ```text
//! s = y - A x0,  r = A^H s - damp^2 x0,  c = r,  k = ||r||^2
//! q = A c,  a = k / (||q||^2 + damp^2 ||c||^2)
//! x = x + a c,  s = s - a q,  r = A^H s - damp^2 x
//! c = r + (||r||^2 / k) c,  k = ||r||^2
//! ```
//! Stops where rounding does, see [`super::floor`]: skips a step that would raise what it must
//! lower. This is PyLops' `cgls`, with `damp^2` in the first step too (PyLops takes `damp` there).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::{Result, Slot, Term};
use crate::solvers::Stop;
use crate::solvers::ends::{Begun, Ending, GRADIENT, IMAGE, first};
use crate::solvers::floor::{Floor, Way};
use crate::solvers::iterate::{Frame, Limits, Q, S, Solver, Step, Watched, X};
use crate::space::Side;

/// Conjugate gradients for least squares: minimises `||y - A x||^2 + damp^2 ||x||^2`.
///
/// Every iteration applies the operator and its adjoint once. Works for any operator, with weights,
/// regularization and a preconditioner. PyLops: `cgls`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct Cgls {
    /// Largest number of iterations.
    pub niter: usize,
    /// Damping; the penalty is `damp^2 ||x||^2`.
    pub damp: f64,
    /// Stop when `||A^H (y - A x) - damp^2 x||^2`, the squared norm of the gradient, is at most this.
    pub tol: f64,
    /// Stop when `||y - A x||` falls below `rtol ||y||`, with `y` and `A` those of all equations,
    /// weights and regularization included.
    pub rtol: f64,
}

impl Default for Cgls {
    fn default() -> Self {
        Cgls { niter: 10, damp: 0.0, tol: 1e-4, rtol: 0.0 }
    }
}

/// The search direction.
const C: Slot = Slot(3);
/// The gradient.
const R: Slot = Slot(4);

/// What `cgls` remembers between two iterations; names as in the formulas above.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Numbers {
    /// `||r||^2`
    k: f64,
    /// `||s||^2`
    s2: f64,
    /// `||c||^2`
    c2: f64,
    /// The ratio of the last `||r||^2` to the one before.
    turn: f64,
    /// Solves `g A x / g = f y`, at sizes that the element type holds; these are `f` and `g damp`.
    scale: f64,
    damp: f64,
    /// `||r||` and the stacked `||s||^2` at the start, and whether there was an `x0`.
    first: f64,
    first2: f64,
    started: bool,
    floor: Floor,
    way: Way,
}

/// `||s||^2 + damp^2 ||x||^2`, which must not rise.
fn stacked(damp: f64, s2: f64, x: f64) -> f64 {
    s2 + damp * damp * x * x
}

impl Solver for Cgls {
    type Numbers = Numbers;

    const NAME: &'static str = "cgls";
    const ADJOINT: bool = true;
    const DAMPS_START: bool = true;
    const VECTORS: &'static [(&'static str, Side)] = &[
        ("x", Side::Model),
        ("s", Side::Data),
        ("q", Side::Data),
        ("c", Side::Model),
        ("r", Side::Model),
    ];

    fn limits(&self) -> Limits {
        Limits { niter: self.niter, tol: self.tol, rtol: self.rtol }
    }

    fn damp(&self) -> f64 {
        self.damp
    }

    fn begin(&self, at: &mut Frame<'_>, begun: &Begun) -> Result<(Numbers, Option<Stop>)> {
        let Begun { residual2: s2, start, started, scale, .. } = *begun;
        // c = A^H s - damp^2 x0
        let mut k = first(
            at,
            C,
            (s2.sqrt(), self.damp, scale),
            |at| Ok(at.adjoint((S, C), [Term::Dot(C, C)])?[0]),
            |at| Ok(at.forward((C, Q), [Term::Dot(Q, Q)])?[0]),
        )?;
        let gain = at.gain.gain;
        let (damp, start) = (gain * self.damp, start / gain);
        let (mut floor, way) = (Floor::new(at.operators, damp), Way::new(start));
        floor.see(k, s2);
        if started && damp != 0.0 {
            k = at.combine(C, 1.0, X, -damp * damp)?;
        }
        let stop = at.out_of_range(C, k, GRADIENT)?;
        let (first, first2) = (k.sqrt(), stacked(damp, s2, start));
        let (c2, turn) = (k, 0.0);
        Ok((Numbers { k, s2, c2, turn, scale, damp, first, first2, started, floor, way }, stop))
    }

    fn watch(&self, n: &mut Numbers, at: &mut Frame<'_>) -> Result<Watched> {
        let norm = n.way.norm();
        let reached = n.floor.is_reached(n.k.sqrt(), stacked(n.damp, n.s2, norm).sqrt(), norm);
        let precision = n.k == 0.0 || n.floor.is_left_to(reached);
        Ok(Watched { own: None, squares: n.k, scale: n.scale * at.gain.gain, precision })
    }

    fn step(&self, n: &mut Numbers, at: &mut Frame<'_>) -> Result<Step> {
        let damp2 = n.damp * n.damp;
        if at.number > 1 {
            // c = r + (||r||^2 / k) c
            n.c2 = at.combine(C, n.turn, R, 1.0)?;
            n.way.turn(n.turn);
        }
        // q = A c
        let [q2] = at.forward((C, Q), [Term::Dot(Q, Q)])?;
        if let Some(stop) = at.overflown(Q, q2, IMAGE)? {
            return Ok(Step::Ended(stop));
        }
        n.floor.see(q2, n.c2);
        let image2 = q2 + damp2 * n.c2;
        let (image, length) = (image2.sqrt(), n.c2.sqrt());
        if n.floor.is_flat(image, length) || n.floor.is_risky(image, length, n.k.sqrt()) {
            return Ok(Step::Ended(Stop::Precision));
        }
        let a = n.k / image2;
        // s = s - a q
        let s2 = at.combine(S, 1.0, Q, -a)?;
        // Skip a step that is rounding: x stays.
        let now = stacked(n.damp, n.s2, n.way.norm());
        let before = match (damp2 == 0.0, n.started) {
            (true, _) => n.s2,
            (false, false) => now,
            (false, true) => n.first2.max(n.s2),
        };
        if n.floor.rose(s2, before) {
            let near = 1e3 * n.floor.level() * now.sqrt();
            let grown = Stop::Grown {
                iteration: at.number,
                start: n.first2.sqrt() / n.scale,
                residual: s2.sqrt() / n.scale,
            };
            let worse = n.floor.rose(s2, n.first2) && n.k.sqrt() > near;
            return Ok(Step::Ended(if worse { grown } else { Stop::Precision }));
        }
        (n.s2, n.way) = (s2, n.way.step(a, n.c2));
        // x = x + a c and r = A^H s - damp^2 x in one pass
        let moved = Term::Combine { y: X, a: 1.0, x: C, b: a };
        let damped = match damp2 {
            0.0 => Term::Dot(R, R),
            b => Term::Combine { y: R, a: 1.0, x: X, b: -b },
        };
        let [_, r2] = at.adjoint((S, R), [moved, damped])?;
        let residual = s2.sqrt() / n.scale;
        let stop = if s2.is_finite() { at.overflown(R, r2, GRADIENT)? } else { None };
        (n.turn, n.k) = (r2 / n.k, r2);
        let along = a * at.gain.gain * at.gain.gain;
        Ok(Step::Done { residual, along, stop })
    }

    fn end(&self, n: &mut Numbers, at: &mut Frame<'_>, stop: Stop) -> Result<Ending> {
        if at.number == 0 && stop == Stop::Tolerance && n.k > 0.0 {
            // The norm of the operator tells whether the gradient is more than rounding.
            let [q2] = at.forward((C, Q), [Term::Dot(Q, Q)])?;
            n.floor.see(q2, n.c2);
        }
        let unit = n.scale * at.gain.gain;
        Ok(Ending {
            stop,
            unit: at.gain.gain / n.scale,
            rounding: n.floor.level() * n.way.norm(),
            watched: (n.first / unit, n.k.sqrt() / unit, "the gradient"),
            most: n.floor.norm() * n.s2.sqrt() / unit,
            least: n.floor.level() * n.s2.sqrt() / unit,
            given: self.tol != Cgls::default().tol,
            figures: Vec::new(),
            warnings: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Machine, Operators, Plans, Spill, Vector};
    use crate::graph::{Program, Value};
    use crate::io::Array;
    use crate::scalar::{C128, DType};
    use crate::solvers::iterate::iterate;
    use crate::solvers::{Quiet, Task};
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
        let outcome = iterate(&Cgls::default(), &mut task).unwrap();
        assert!(matches!(outcome.stop, Stop::Grown { iteration: 1, .. }), "{}", outcome.stop);
        assert_eq!(machine.norm2(&operators.model, &outcome.model).unwrap(), 0.0);
    }
}
