//! Iterations that speak of vectors and a compiled operator only; one file each, one list.

mod cg;
mod cgls;
mod dense;
mod direct;
mod ends;
mod floor;
mod lsqr;
mod monitor;
mod registry;
pub mod system;

pub use monitor::{Iteration, Monitor, Outcome, Quiet, Stop};
pub use registry::{ENTRIES, Entry, Method, NOT_YET, check_parameters, entry, method};

use crate::engine::{Machine, Operators, Result, Vector};

/// Writes what it stands for into a vector.
pub type Fill<'a> = &'a dyn Fn(&mut Vector) -> Result<()>;

/// What a solver is given: `A x = y` to be solved for `x`, from `x0` if there is one.
pub struct Task<'a> {
    /// Threads and processes.
    pub machine: &'a Machine,
    /// `A` and, where the solver needs it, `A^H`.
    pub operators: &'a Operators,
    /// Writes `y` into a data vector.
    pub rhs: Fill<'a>,
    /// Writes `x0` into a model vector.
    pub start: Option<Fill<'a>>,
    /// Told of every iteration.
    pub monitor: &'a mut dyn Monitor,
}

impl Task<'_> {
    /// Runs a method.
    pub fn solve(&mut self, method: &Method) -> Result<Outcome> {
        match method {
            Method::Cg(parameters) => cg::solve(self, parameters),
            Method::Cgls(parameters) => cgls::solve(self, parameters),
            Method::Lsqr(parameters) => lsqr::solve(self, parameters),
            Method::Direct(parameters) => direct::solve(self, parameters),
        }
    }
}
