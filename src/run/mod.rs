//! A run from a problem to its results.

mod system;

pub use system::System;
