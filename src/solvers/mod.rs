//! Solvers, one file each, and their list. They know vectors and a compiled operator only.

mod bidiagonal;
mod cg;
mod cgls;
mod dense;
mod direct;
mod ends;
mod floor;
mod iterate;
mod lsmr;
mod lsqr;
mod method;
mod monitor;
mod registry;
mod singular;

pub use iterate::Seen;
pub use method::Method;
pub use monitor::{Iteration, Monitor, Outcome, Quiet, Stop};
pub use registry::{Chosen, ENTRIES, Entry, Equations, NOT_YET, entry, read_solver};

use crate::engine::{Machine, Operators, Result, Vector};

/// Fills a vector.
pub type Fill<'a> = &'a dyn Fn(&mut Vector) -> Result<()>;

/// The task of a solver: solve `A x = y` for `x`, from `x0` if there is one.
pub struct Task<'a> {
    /// Threads and processes.
    pub machine: &'a Machine,
    /// `A` and, where the solver needs it, `A^H`.
    pub operators: &'a Operators,
    /// Writes `y` into a data vector.
    pub rhs: Fill<'a>,
    /// Writes `x0` into a model vector.
    pub start: Option<Fill<'a>>,
    /// Is told about every iteration.
    pub monitor: &'a mut dyn Monitor,
}
