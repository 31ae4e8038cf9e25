//! What the rest of the program asks of a solver.

use std::fmt::Debug;

use crate::engine::Result;
use crate::solvers::iterate::{Solver, iterate};
use crate::solvers::{Equations, Outcome, Task};
use crate::space::Side;

/// A solver with its parameters.
pub trait Method: Debug + Send + Sync {
    /// Name of the solver, as in `solver = "cgls"`.
    fn name(&self) -> &'static str;

    /// Model and data vectors that it holds at its fullest.
    fn vectors(&self) -> (usize, usize);

    /// Whether the adjoint is applied.
    fn needs_adjoint(&self) -> bool;

    /// Most iterations; `None` for a solver that has none.
    fn niter(&self) -> Option<usize>;

    /// The damping.
    fn damp(&self) -> f64;

    /// Whether the residual of plain equations may only fall.
    fn falls(&self) -> bool;

    /// What to do where the residual rose all the same.
    fn remedy(&self) -> &'static str;

    /// Why it does not solve these equations.
    fn refuses(&self, equations: &Equations<'_>) -> Option<Refusal>;

    /// Solves.
    fn solve(&self, task: &mut Task<'_>) -> Result<Outcome>;
}

/// Why a solver does not take some equations.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What is wrong.
    pub message: String,
    /// Beside the place.
    pub label: String,
    /// What to do.
    pub help: &'static str,
}

impl<V: Solver + Send> Method for V {
    fn name(&self) -> &'static str {
        V::NAME
    }

    fn vectors(&self) -> (usize, usize) {
        let models = V::VECTORS.iter().filter(|(_, side)| *side == Side::Model).count();
        (models, V::VECTORS.len() - models)
    }

    fn needs_adjoint(&self) -> bool {
        V::ADJOINT
    }

    fn niter(&self) -> Option<usize> {
        Some(self.limits().niter)
    }

    fn damp(&self) -> f64 {
        Solver::damp(self)
    }

    fn falls(&self) -> bool {
        Solver::falls(self)
    }

    fn remedy(&self) -> &'static str {
        Solver::remedy(self)
    }

    fn refuses(&self, equations: &Equations<'_>) -> Option<Refusal> {
        Solver::refuses(self, equations)
    }

    fn solve(&self, task: &mut Task<'_>) -> Result<Outcome> {
        iterate(self, task)
    }
}
