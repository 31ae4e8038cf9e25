//! What a user sees of a run: progress, and numbers as people read them.

mod progress;
mod words;

pub use progress::{Progress, Record};
pub use words::{bytes, number, rate, seconds};
