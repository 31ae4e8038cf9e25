//! From a program to a plan: which arrays are kept, in which chunks, who owns them, what moves,
//! how much memory it takes. A plan is a value: it can be printed and asserted on without any data.

mod boxes;
mod build;
mod keep;
mod memory;
mod partition;
mod parts;
mod proof;
mod render;
#[cfg(test)]
mod tests;
mod tiles;

pub use build::{Outline, Plan, PlannedStore, Request, Stage, StoreId, StoreKind, plan};
pub use partition::{Exchange, Landing, Needs, Share, Shares, Transfer};
pub use tiles::{Tiles, auto_chunk};
