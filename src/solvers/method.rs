//! What the rest of the program asks a solver.

use std::fmt::Debug;

use crate::engine::Result;
use crate::solvers::iterate::{Solver, iterate};
use crate::solvers::{Equations, Outcome, Task};
use crate::space::Side;

/// A solver with its parameters.
pub trait Method: Debug + Send + Sync {
    /// Name of the solver, as in `solver = "cgls"`.
    fn name(&self) -> &'static str;

    /// Most model vectors and data vectors that it holds at a time.
    fn vectors(&self) -> (usize, usize);

    /// Whether it applies the adjoint.
    fn needs_adjoint(&self) -> bool;

    /// Largest number of iterations; `None` if it does not iterate.
    fn niter(&self) -> Option<usize>;

    /// The damping factor.
    fn damp(&self) -> f64;

    /// Whether the residual of plain equations must not rise.
    fn falls(&self) -> bool;

    /// What to do if the residual rose nevertheless.
    fn remedy(&self) -> &'static str;

    /// Why it cannot solve these equations; `None` if it can.
    fn refuses(&self, equations: &Equations<'_>) -> Option<Refusal>;

    /// Solves the equations.
    fn solve(&self, task: &mut Task<'_>) -> Result<Outcome>;
}

/// Why a solver refuses some equations.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What is wrong.
    pub message: String,
    /// The label beside its place in the file.
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
