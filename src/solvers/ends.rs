//! How iterations begin and end: the residual of the start, at a size that the element type can hold, and
//! what the model is worth.
//!
//! ```text
//! s = y - A x0;  where ||s|| is far from 1:  A (f x) = f y,  f a power of two
//! ```
//! Powers of two change no bit of what neither over- nor underflows.

use crate::engine::{Machine, Operators, Result, Space, Vector};
use crate::scalar::C128;
use crate::solvers::monitor::{Stop, tell};
use crate::solvers::{Iteration, Outcome, Task};

/// What is not finite where every element is.
const OVERFLOW: &str = "the norm of the data, whose elements are finite: scale them";

/// What an operator was applied to, in words.
pub(super) const IMAGE: &str = "the operator on the search direction";

/// What its adjoint was applied to.
pub(super) const GRADIENT: &str = "the adjoint of the residual";

/// A gradient that has not fallen by this factor has hardly fallen.
const HARDLY: f64 = 0.1;

/// The state before the first iteration.
#[derive(Debug)]
pub(super) struct Begun {
    /// `f x0`
    pub(super) x: Vector,
    /// `f (y - A x0)`
    pub(super) s: Vector,
    /// Another data vector, of no value.
    pub(super) q: Vector,
    /// `||s||^2`
    pub(super) residual2: f64,
    /// `||f x0||`
    pub(super) start: f64,
    /// `||y||`
    pub(super) data_norm: f64,
    /// `f`
    pub(super) scale: f64,
    /// What ends the run before it begins.
    pub(super) stop: Option<Stop>,
}

/// The power of two that brings a norm near 1, if it is so far from there that products of a few norms
/// leave the element type; otherwise 1.
pub(super) fn scale_for(norm: f64, operators: &Operators) -> f64 {
    let (far, most) = if operators.is_single() { (20.0, 120.0) } else { (100.0, 1000.0) };
    let exponent = norm.log2();
    if exponent.is_finite() && exponent.abs() > far {
        (-exponent.round()).clamp(-most, most).exp2()
    } else {
        1.0
    }
}

/// A vector times a power of two, unless that is 1.
pub(super) fn rescale(machine: &Machine, space: &Space, v: &mut Vector, factor: f64) {
    if factor != 1.0 {
        machine.scale_by(space, v, C128::from(factor));
    }
}

/// Whether a squared norm of what is `scale` times its size is at most `tol`.
pub(super) fn within(squares: f64, tol: f64, scale: f64) -> bool {
    if scale == 1.0 { squares <= tol } else { squares.sqrt() <= tol.sqrt() * scale }
}

/// Takes memory, reads data and start, where `damp x0` is a part of the residual.
pub(super) fn begin(task: &mut Task<'_>, data: &Space, damp: f64) -> Result<Begun> {
    let (machine, ops) = (task.machine, task.operators);
    let mut x = ops.new_model(machine)?;
    let mut s = ops.new_vector(machine, data)?;
    let mut q = ops.new_vector(machine, data)?;
    (task.rhs)(&mut s)?;
    let mut residual2 = machine.norm2(data, &s)?;
    let data_norm = machine.root(data, &s, residual2)?;
    let (mut residual, mut start_norm) = (data_norm, 0.0);
    let mut bad = match data_norm.is_finite() {
        true => None,
        false if machine.amax(data, &s)?.is_finite() => Some(OVERFLOW),
        false => Some("the data"),
    };
    if let Some(start) = task.start.filter(|_| bad.is_none()) {
        start(&mut x)?;
        start_norm = machine.norm(&ops.model, &x)?;
        ops.forward(machine, &x, &mut q)?;
        // s = y - A x0
        residual2 = machine.update(data, &mut s, 1.0, &q, -1.0)?;
        residual = machine.root(data, &s, residual2)?;
        bad = (!residual.is_finite()).then_some("the residual of x0");
    }
    let scale = scale_for(residual.hypot(damp * start_norm), ops);
    if scale != 1.0 {
        rescale(machine, data, &mut s, scale);
        rescale(machine, &ops.model, &mut x, scale);
        residual2 = machine.norm2(data, &s)?;
    }
    let stop = match bad {
        Some(array) => Some(Stop::NotFinite { iteration: 0, array }),
        None => {
            let first = Iteration { number: 0, residual, step: 0.0 };
            tell(machine, task.monitor, first)?.then_some(Stop::Interrupted)
        }
    };
    Ok(Begun { x, s, q, residual2, start: start_norm * scale, data_norm, scale, stop })
}

/// What is not finite or nothing after an operator was applied: its elements, or their squares alone.
pub(super) fn out_of_range(
    machine: &Machine,
    (space, v): (&Space, &Vector),
    squares: f64,
    iteration: usize,
    array: &'static str,
) -> Result<Option<Stop>> {
    if squares.is_finite() && squares > 1e-240 {
        return Ok(None);
    }
    let largest = machine.amax(space, v)?;
    Ok(match (largest.is_finite(), squares.is_finite()) {
        (false, _) => Some(Stop::NotFinite { iteration, array }),
        (true, false) => Some(Stop::OutOfRange { iteration, array, small: false }),
        (true, true) if largest != 0.0 => Some(Stop::OutOfRange { iteration, array, small: true }),
        _ => None,
    })
}

/// What a solver hands over when its iterations have ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) x: Vector,
    /// The model is so many times `x`.
    pub(super) unit: f64,
    pub(super) scale: f64,
    pub(super) iterations: usize,
    pub(super) stop: Stop,
    pub(super) cost: Vec<f64>,
    pub(super) data_norm: f64,
    /// What of the residual rounding of the model makes.
    pub(super) rounding: f64,
    /// Norms of what `tol` looks at, the first and the last, and its name.
    pub(super) watched: (f64, f64, &'static str),
    /// What of that norm rounding makes.
    pub(super) least: f64,
    pub(super) tol: f64,
    /// Whether `tol` is not the usual one: it was chosen.
    pub(super) given: bool,
}

impl Ended {
    /// The model at its size, and what is to be said of it.
    pub(super) fn outcome(mut self, task: &Task<'_>) -> Result<Outcome> {
        let (machine, space) = (task.machine, &task.operators.model);
        rescale(machine, space, &mut self.x, self.unit);
        if !self.stop.failed() && !machine.amax(space, &self.x)?.is_finite() {
            self.stop = Stop::NotFinite { iteration: self.iterations, array: "the model" };
        }
        let warnings = self.early(task.start.is_some()).into_iter().collect();
        Ok(Outcome {
            model: self.x,
            iterations: self.iterations,
            stop: self.stop,
            cost: self.cost,
            data_norm: self.data_norm,
            rounding: self.rounding / self.scale,
            figures: Vec::new(),
            warnings,
        })
    }

    /// That an absolute `tol` ended a run which had found next to nothing.
    fn early(&self, started: bool) -> Option<String> {
        let (first, last, name) = self.watched;
        if self.stop != Stop::Tolerance || last <= HARDLY * first || last == 0.0 {
            return None;
        }
        // Zero may be the solution of data that were rounded too, and what was chosen has been worked for.
        if last <= 8.0 * self.least || (self.given && self.iterations > 0) {
            return None;
        }
        let residual = self.cost.last().copied().unwrap_or(0.0);
        // A start that is the solution has nothing to find.
        if started && (residual <= 1e-3 * self.data_norm || last <= 1e-6 * residual) {
            return None;
        }
        let what = match (self.iterations, started) {
            (0, false) => "the model is zero".to_string(),
            (0, true) => "the model is `x0`".to_string(),
            (1, _) => format!("1 iteration brought that norm from {first:.3e} to {last:.3e}"),
            (n, _) => format!("{n} iterations brought that norm from {first:.3e} to {last:.3e}"),
        };
        Some(format!(
            "`tol` = {:e} ended the run early: it is absolute, and the squared norm of {name} is {:.3e}; {what}. \
             Set `tol = 0.0`, or scale the data",
            self.tol,
            last * last
        ))
    }
}
