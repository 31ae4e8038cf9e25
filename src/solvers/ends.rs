//! How iterations begin and end: the residual at the start, scaled to a size that the element type
//! holds, and the judgement of the final model.
//!
//! ```text
//! s = y - A x0;  where ||s|| is far from 1:  A (f x) = f y,  f a power of two
//!                                  where ||A|| is:  (g A) (f x / g) = f y
//! ```
//! Powers of two change no bit of a number that neither overflows nor underflows.

use serde::{Deserialize, Serialize};

use crate::engine::{Machine, Operators, Result, Slot, Space, Term, Vector};
use crate::solvers::iterate::{Frame, Q, S, X};
use crate::solvers::{Outcome, Stop, Task};

/// Named as not finite if every element is finite.
const OVERFLOW: &str = "the norm of the data, whose elements are finite: scale them";

/// Names the result of an operator in messages.
pub(super) const IMAGE: &str = "the operator on the search direction";

/// Names the result of its adjoint in messages.
pub(super) const GRADIENT: &str = "the adjoint of the residual";

/// A gradient above this part of the first one has hardly fallen.
const HARDLY: f64 = 0.1;

/// A residual from rounding above this part of the data's norm gets a warning.
const LOUD: f64 = 0.02;

/// What is known at the start.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Begun {
    /// `||f (y - A x0)||^2`
    pub(super) residual2: f64,
    /// `||f x0||`
    pub(super) start: f64,
    /// Whether there is an `x0`.
    pub(super) started: bool,
    /// `||y||`
    pub(super) data_norm: f64,
    /// `f`
    pub(super) scale: f64,
}

/// The power of two that brings a norm near 1, if it is so far from 1 that products of a few norms
/// leave the range of the element type; otherwise 1.
fn scale_for(norm: f64, far: f64) -> f64 {
    let exponent = norm.log2();
    if exponent.is_finite() && exponent.abs() > far {
        (-exponent.round()).clamp(-1000.0, 1000.0).exp2()
    } else {
        1.0
    }
}

/// A power of two that moves tiny data away from the end of the type's range, but not the start
/// past the other end; otherwise 1.
fn lift_of(operators: &Operators, data: f64, start: f64) -> f64 {
    let (least, up) = if operators.is_single() { (1e-25, 60.0) } else { (1e-280, 900.0) };
    if data > 0.0 && data < least {
        (up - start.log2().max(0.0)).clamp(0.0, up).floor().exp2()
    } else {
        1.0
    }
}

/// Powers of two to apply an operator with: `g A x` is computed as `g / h (A (h x))`, since `A x`
/// itself may leave the range of the element type.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Gain {
    /// `h`
    pub(super) lift: f64,
    /// `g`
    pub(super) gain: f64,
}

impl Gain {
    /// The operator as it is.
    pub(super) const ONE: Gain = Gain { lift: 1.0, gain: 1.0 };
}

/// Applies the operator for the first time, from [`S`] to `to`, by `apply`, which returns the
/// squared norm of `to`; chooses `g` by the size of operator and damping; scales [`X`] by `f / g`.
/// `residual` is the norm of what `to` is made of. `again` applies the operator to `to` and
/// returns the squared norm of the result: a residual orthogonal to the range says nothing about
/// the size of the operator, but its image does. Returns the squared norm of `to` for `g A`.
pub(super) fn first(
    at: &mut Frame<'_>,
    to: Slot,
    (residual, damp, scale): (f64, f64, f64),
    apply: impl Fn(&mut Frame<'_>) -> Result<f64>,
    again: impl Fn(&mut Frame<'_>) -> Result<f64>,
) -> Result<f64> {
    let (up, safe, far) = match at.operators.is_single() {
        true => (60.0_f64, 1e-30..1e30, 40.0),
        false => (800.0, 1e-120..1e120, 100.0),
    };
    let squares = apply(at)?;
    let size = squares.sqrt() / residual;
    if residual == 0.0 || safe.contains(&size) {
        let wanted = scale_for(size.max(damp), far);
        at.gain = Gain { lift: 1.0, gain: wanted };
        at.rescale(to, wanted);
        at.rescale(X, scale / wanted);
        return Ok(squares * wanted * wanted);
    }
    let mut found = Gain::ONE;
    for lift in [1.0, up.exp2(), (-up).exp2()] {
        at.gain = Gain { lift, gain: lift };
        apply(at)?;
        let largest = at.machine.amax(at.space(to), at.get(to))?;
        if !largest.is_finite() || largest == 0.0 {
            continue;
        }
        at.rescale(to, scale_for(largest, 0.0));
        let size = again(at)?.sqrt() / at.norm(to)?;
        if safe.contains(&size) {
            let gain = scale_for((size / lift).max(damp), far);
            found = Gain { lift: if safe.contains(&gain) { 1.0 } else { lift }, gain };
            break;
        }
    }
    at.gain = found;
    at.rescale(X, scale / found.gain);
    apply(at)
}

/// Whether the squared norm of a vector that is scaled by `scale` is at most `tol`.
pub(super) fn within(squares: f64, tol: f64, scale: f64) -> bool {
    if scale == 1.0 { squares <= tol } else { squares.sqrt() <= tol.sqrt() * scale }
}

/// Reads the data into [`S`], as `f s`, and the start into [`X`], as `x0`; `damp x0` is a part of
/// the residual. Also returns what ends the run before it begins.
pub(super) fn begin(
    task: &Task<'_>,
    at: &mut Frame<'_>,
    damp: f64,
) -> Result<(Begun, Option<Stop>)> {
    let machine = at.machine;
    (task.rhs)(at.vectors.get_mut(S))?;
    let [mut residual2] = at.pass([Term::Dot(S, S)])?;
    let data_norm = machine.root(at.space(S), at.get(S), residual2)?;
    let (mut residual, mut start_norm, mut lift) = (data_norm, 0.0, 1.0);
    let mut bad = match data_norm.is_finite() {
        true => None,
        false if machine.amax(at.space(S), at.get(S))?.is_finite() => Some(OVERFLOW),
        false => Some("the data"),
    };
    if let Some(start) = task.start.filter(|_| bad.is_none()) {
        start(at.vectors.get_mut(X))?;
        start_norm = at.norm(X)?;
        // s = l (y - A x0), with l > 1 if the data are so small that the difference would lose digits.
        lift = lift_of(at.operators, data_norm, start_norm);
        at.rescale(S, lift);
        at.rescale(X, lift);
        at.forward((X, Q), [])?;
        at.rescale(X, 1.0 / lift);
        residual2 = at.combine(S, 1.0, Q, -1.0)?;
        residual = machine.root(at.space(S), at.get(S), residual2)? / lift;
        bad = (!residual.is_finite()).then_some("the residual of x0");
    }
    let far = if at.operators.is_single() { 20.0 } else { 100.0 };
    let scale = scale_for(residual.hypot(damp * start_norm), far);
    if scale != lift {
        at.rescale(S, scale / lift);
        [residual2] = at.pass([Term::Dot(S, S)])?;
    }
    let stop = bad.map(|array| Stop::NotFinite { iteration: 0, array });
    let (start, started) = (start_norm * scale, task.start.is_some());
    Ok((Begun { residual2, start, started, data_norm, scale }, stop))
}

/// What ends the run if elements that an operator gave, or only their squares, are out of range.
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

/// What a solver reports about its model when the iterations have ended.
#[derive(Debug)]
pub(super) struct Ending {
    /// What ended the iterations.
    pub(super) stop: Stop,
    /// The ratio of the model to [`X`].
    pub(super) unit: f64,
    /// The part of the residual that rounding of the model causes.
    pub(super) rounding: f64,
    /// First and last norm of the vector that `tol` checks, and its name.
    pub(super) watched: (f64, f64, &'static str),
    /// Upper bound of that norm, from those of operator and residual, if it is the gradient's.
    pub(super) most: f64,
    /// The part of that norm that rounding causes.
    pub(super) least: f64,
    /// Whether the user chose `tol`: it is not the default.
    pub(super) given: bool,
    /// Other figures, by PyLops' names.
    pub(super) figures: Vec<(&'static str, f64)>,
    /// Warnings about the model, one sentence each.
    pub(super) warnings: Vec<String>,
}

impl Ending {
    /// Undoes the scaling of the model, and collects warnings about it.
    pub(super) fn outcome(
        mut self,
        mut at: Frame<'_>,
        begun: Begun,
        cost: Vec<f64>,
        tol: f64,
    ) -> Result<Outcome> {
        let largest = |at: &Frame<'_>| at.machine.amax(at.space(X), at.get(X));
        let before = largest(&at)?;
        at.rescale(X, self.unit);
        if !self.stop.failed() && !largest(&at)?.is_finite() {
            self.stop = Stop::NotFinite { iteration: at.number, array: "the model" };
        }
        if !self.stop.failed() {
            self.warnings.extend(below(at.operators, before, self.unit));
            self.warnings.extend(self.loud(&at, &begun));
        }
        let early = self.early(at.number, &begun, cost.last().copied().unwrap_or(0.0), tol);
        Ok(Outcome {
            iterations: at.number,
            model: at.vectors.into_vector(X),
            stop: self.stop,
            cost,
            data_norm: begun.data_norm,
            rounding: self.rounding / begun.scale + underflow(at.operators),
            figures: self.figures,
            warnings: early.into_iter().chain(self.warnings).collect(),
        })
    }

    /// The warning that rounding the model alone changes the data noticeably: the operator hardly
    /// sees some of the model.
    fn loud(&self, at: &Frame<'_>, begun: &Begun) -> Option<String> {
        let (data, residual) = (begun.data_norm * begun.scale, self.rounding);
        let dtype = at.operators.model.blocks.first()?.ty.dtype;
        (data > 0.0 && residual > LOUD * data).then(|| {
            format!(
                "rounding the model to {dtype} alone may leave a residual of {:.1e} of the data's norm: parts of \
                 the model that the data barely constrain are large, and may be wrong. Set `damp`, stop after fewer \
                 iterations{}",
                residual / data,
                if dtype.is_double() { "" } else { ", or compute in float64" }
            )
        })
    }

    /// The warning that an absolute `tol` ended a run which had hardly found anything.
    fn early(&self, iterations: usize, begun: &Begun, residual: f64, tol: f64) -> Option<String> {
        let started = begun.started;
        let (first, last, name) = self.watched;
        if self.stop != Stop::Tolerance || last <= HARDLY * first || last == 0.0 {
            return None;
        }
        // Zero may solve data that are rounding; a `tol` of the user that took iterations is deliberate.
        if last <= 8.0 * self.least || (self.given && iterations > 0) {
            return None;
        }
        // A start that is the solution leaves nothing to find.
        if started && (residual <= 1e-3 * begun.data_norm || last <= 1e-6 * self.most) {
            return None;
        }
        let what = match (iterations, started) {
            (0, false) => "the model is zero".to_string(),
            (0, true) => "the model is `x0`".to_string(),
            (1, _) => format!("1 iteration brought that norm from {first:.3e} to {last:.3e}"),
            (n, _) => format!("{n} iterations brought that norm from {first:.3e} to {last:.3e}"),
        };
        Some(format!(
            "`tol` = {:e} ended the run early: it is absolute, and the squared norm of {name} is {:.3e}; {what}. \
             Set `tol = 0.0`, or scale the data",
            tol,
            last * last
        ))
    }
}

/// How much underflow may add to the norm of `A x`: every product in a row may lose as much as the
/// smallest number.
fn underflow(operators: &Operators) -> f64 {
    let least =
        if operators.is_single() { f64::from(f32::from_bits(1)) } else { f64::from_bits(1) };
    let (model, data) = (operators.model.len() as f64, operators.data.len() as f64);
    least * model * data.sqrt()
}

/// The warning that a model, whose largest value is `unit` times `largest`, is too small.
pub(super) fn below(operators: &Operators, largest: f64, unit: f64) -> Option<String> {
    let dtype = operators.model.blocks.first()?.ty.dtype;
    let (least, help) = match dtype.is_double() {
        true => (f64::MIN_POSITIVE, ""),
        false => (f64::from(f32::MIN_POSITIVE), ", or compute in float64"),
    };
    let found = largest * unit;
    (largest > 0.0 && found < least).then(|| {
        format!(
            "the model is too small for {dtype}: its largest value is {found:.3e}, and values below \
             {least:.1e} lose digits or are zero. Scale the problem{help}"
        )
    })
}
