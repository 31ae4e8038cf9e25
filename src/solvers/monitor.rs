//! What a solver reports while it runs and when it ends.

use std::fmt;

use crate::engine::Vector;
use crate::solvers::Seen;

/// One finished iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Iteration {
    /// Number of the iteration, from 1; 0 is the state before the first.
    pub number: usize,
    /// Norm of the residual, from the recurrence.
    pub residual: f64,
    /// Length of the step along the search direction.
    pub step: f64,
}

/// Watches a solver, and may end it.
pub trait Monitor {
    /// Called after every iteration, in every process, with all that the solver then knows. Returns
    /// `true` to end the run cleanly.
    fn iteration(&mut self, iteration: Iteration, state: &dyn Seen) -> bool;
}

/// A monitor that does nothing.
#[derive(Clone, Copy, Debug)]
pub struct Quiet;

impl Monitor for Quiet {
    fn iteration(&mut self, _: Iteration, _: &dyn Seen) -> bool {
        false
    }
}

/// Why a solver stopped.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// All iterations are done.
    Iterations,
    /// The squared norm that the solver watches fell to `tol`.
    Tolerance,
    /// The residual fell below `rtol` times the norm of the data.
    Relative,
    /// Gradient, residual or step are no more than rounding leaves.
    Precision,
    /// `A x = y` holds within `atol` and `btol`, or to machine precision.
    Compatible {
        /// Whether machine precision set the limit.
        machine: bool,
    },
    /// The gradient is small beside the first one: `x` is the least-squares solution within `atol`,
    /// or to machine precision.
    LeastSquares {
        /// Whether machine precision set the limit.
        machine: bool,
    },
    /// The estimated condition number of `A` reached `conlim`, or the limit of the numbers.
    Condition {
        /// Whether machine precision set the limit.
        machine: bool,
    },
    /// The equations were solved directly.
    Solved,
    /// `<c, A c>` is 0 or negative for a search direction: the operator is not positive.
    NotPositive {
        /// The iteration.
        iteration: usize,
        /// Whether it is negative.
        negative: bool,
    },
    /// The residual rose above that of the start by more than rounding explains.
    Grown {
        /// The iteration by which it rose.
        iteration: usize,
        /// Norm of the residual at the start.
        start: f64,
        /// Norm of the residual in that iteration.
        residual: f64,
    },
    /// The square of a norm left the range of double precision; the elements are finite.
    OutOfRange {
        /// The iteration; 0 before the first.
        iteration: usize,
        /// The vector with that norm.
        array: &'static str,
        /// Whether the square is too small, rather than too large.
        small: bool,
    },
    /// The user ended the run.
    Interrupted,
    /// An array held NaN or infinity.
    NotFinite {
        /// The iteration; 0 before the first.
        iteration: usize,
        /// The array that held it.
        array: &'static str,
    },
}

impl Stop {
    /// Whether the run failed, so that no model is written.
    pub fn failed(&self) -> bool {
        matches!(
            self,
            Stop::NotPositive { .. }
                | Stop::Grown { .. }
                | Stop::OutOfRange { .. }
                | Stop::NotFinite { .. }
        )
    }

    /// What a user may change to go on, if a limit that was set ended the run.
    pub fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            Stop::Tolerance => "set `tol = 0.0`",
            Stop::Relative => "lower `rtol`",
            Stop::Compatible { machine: false } => "lower `atol` and `btol`",
            Stop::LeastSquares { machine: false } => "lower `atol`",
            Stop::Condition { machine: false } => "raise `conlim`",
            _ => return None,
        })
    }

    /// A short name for machines.
    pub fn name(&self) -> &'static str {
        match self {
            Stop::Iterations => "niter",
            Stop::Tolerance => "tol",
            Stop::Relative => "rtol",
            Stop::Precision => "precision",
            Stop::Compatible { machine: false } => "compatible",
            Stop::Compatible { machine: true } => "compatible to machine precision",
            Stop::LeastSquares { machine: false } => "least squares",
            Stop::LeastSquares { machine: true } => "least squares to machine precision",
            Stop::Condition { machine: false } => "conlim",
            Stop::Condition { machine: true } => "condition beyond machine precision",
            Stop::Solved => "solved",
            Stop::Interrupted => "interrupted",
            Stop::NotPositive { .. } => "not positive",
            Stop::Grown { .. } => "grown",
            Stop::OutOfRange { .. } => "out of range",
            Stop::NotFinite { .. } => "not finite",
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Iterations => f.write_str("all iterations done (niter)"),
            Stop::Tolerance => f.write_str("the monitored squared norm reached tol"),
            Stop::Relative => {
                f.write_str("the residual fell below rtol times the norm of the data")
            }
            Stop::Precision => f.write_str("as good as rounding allows"),
            Stop::Compatible { machine: false } => {
                f.write_str("the equations hold within atol and btol")
            }
            Stop::Compatible { machine: true } => {
                f.write_str("the equations hold to machine precision")
            }
            Stop::LeastSquares { machine: false } => {
                f.write_str("the least-squares solution within atol")
            }
            Stop::LeastSquares { machine: true } => {
                f.write_str("the least-squares solution to machine precision")
            }
            Stop::Condition { machine: false } => {
                f.write_str("the estimated condition number reached conlim")
            }
            Stop::Condition { machine: true } => {
                f.write_str("the estimated condition number is beyond machine precision")
            }
            Stop::Solved => f.write_str("solved directly"),
            Stop::Interrupted => f.write_str("interrupted"),
            Stop::NotPositive { iteration, negative } => {
                let sign = if *negative { '<' } else { '=' };
                write!(f, "<c, A c> {sign} 0 for the search direction of iteration {iteration}")
            }
            Stop::Grown { iteration, start, residual } => {
                write!(
                    f,
                    "the residual rose from {start:.3e} to {residual:.3e} by iteration {iteration}"
                )
            }
            Stop::OutOfRange { iteration, array, small } => {
                let way = if *small { "below" } else { "above" };
                write!(
                    f,
                    "the squared norm of {array} in iteration {iteration} is {way} the range of double precision"
                )
            }
            Stop::NotFinite { iteration, array } => {
                write!(f, "NaN or infinity in {array} in iteration {iteration}")
            }
        }
    }
}

/// What a solver returns.
#[derive(Debug)]
pub struct Outcome {
    /// The model found so far.
    pub model: Vector,
    /// Iterations done.
    pub iterations: usize,
    /// Why it stopped.
    pub stop: Stop,
    /// Norm of the residual before the first and after every iteration, from the recurrence.
    pub cost: Vec<f64>,
    /// Norm of the right-hand side.
    pub data_norm: f64,
    /// Upper bound of the residual that rounding of the model causes; 0 if unknown.
    pub rounding: f64,
    /// Other figures of the last iteration, by PyLops' names.
    pub figures: Vec<(&'static str, f64)>,
    /// Warnings about the model, one sentence each.
    pub warnings: Vec<String>,
}
