//! What a user sees of a run: progress, drawings, test results, and numbers as people read them.

mod junit;
mod partition;
mod progress;
mod stages;
mod table;
mod words;

pub use junit::{Case, Verdict, junit};
pub use partition::partitions;
pub use progress::{Progress, Record, Shown};
pub use stages::{stages, stages_json};
pub use table::{table, wrapped};
pub use words::{bytes, number, rate, seconds};
