//! The programs that `plan` and `graph` show: those of the `[solve]`, of outputs, or of an operator.

use std::sync::Arc;

use crate::cli::{CommandFailure, apply, check};
use crate::graph::{Program, simplify, transpose};
use crate::operators;
use crate::problem::Problem;
use crate::run::{Run, System};
use crate::solvers::Method;

/// What a run is made of.
pub(super) struct Programs {
    /// What it is, in words.
    pub(super) title: String,
    /// From model to data, as the operators write it.
    pub(super) forward: Program,
    /// Back; `None` if the solver does not apply it.
    pub(super) adjoint: Option<Program>,
    /// Model and data vectors that are held at once.
    pub(super) vectors: (usize, usize),
    /// The solver, if it is a solve.
    pub(super) method: Option<Arc<dyn Method>>,
    /// Whether it is what the whole file runs.
    pub(super) whole: bool,
}

impl Programs {
    /// The programs of an operator; if none is asked for, of the `[solve]`, or else of the outputs.
    pub(super) fn new(
        problem: &mut Problem,
        operator: Option<&str>,
    ) -> Result<Programs, CommandFailure> {
        if let (None, Some(solve)) = (operator, &problem.solve) {
            let system = System::new(solve)?;
            return Ok(Programs {
                title: check::solved(solve),
                vectors: solve.method.vectors(),
                forward: system.forward,
                adjoint: system.adjoint,
                method: Some(solve.method.clone()),
                whole: true,
            });
        }
        if operator.is_none()
            && problem.solve.is_none()
            && let Some(forward) = Run::new(problem)?.made()?
        {
            let names: Vec<&str> = problem.outputs.iter().map(|o| o.name.name()).collect();
            return Ok(Programs {
                title: format!("output{} {}", plural(names.len()), names.join(", ")),
                forward,
                adjoint: None,
                vectors: (1, 1),
                method: None,
                whole: true,
            });
        }
        let (title, op) = apply::operator(problem, operator)?;
        let forward = operators::program(op.as_ref())?;
        let adjoint = transpose(&simplify(&forward)?)?;
        let (adjoint, vectors) = (Some(adjoint), (1, 1));
        Ok(Programs { title, forward, adjoint, vectors, method: None, whole: false })
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}
