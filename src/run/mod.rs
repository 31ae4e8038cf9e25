//! A run from a problem to its results, in one of its processes. Prints nothing.

mod apply;
mod dottest;
mod expectations;
mod memory;
mod outputs;
mod solve;
mod system;

pub use apply::{Apply, Measured};
pub use dottest::dottest;
pub use expectations::{Check, bound, check, wants_dottest};
pub use memory::{Divided, Memory, OverLimit};
pub use outputs::{Written, doubts};
pub use solve::{Further, Places, PreparedSolve, Run, Solution, Solved, Timings};
pub use system::System;
