//! Runs a plan: stores, stages over threads, exchanges over a communicator.

mod communicator;
mod compiled;
mod evaluate;
mod exchange;
mod machine;
mod mapped;
#[cfg(feature = "mpi")]
pub mod mpi;
mod operators;
mod pass;
mod plans;
mod shared_output;
mod store;
#[cfg(test)]
mod tests;
mod thread_ranks;
mod vector;

pub use communicator::{Arrival, Communicator, Lost, Message, OneProcess, Parcel, Spares};
pub use compiled::{After, Compiled, Constants, Spill, Then};
pub use machine::Machine;
pub use mapped::mapped;
pub use operators::Operators;
pub use pass::{Slot, Sums, Term, Vectors};
pub use plans::Plans;
pub use shared_output::SharedOutput;
pub use store::{Store, StoreWriter};
pub use thread_ranks::{ThreadRank, run_ranks};
pub use vector::{Block, OwnTile, Space, Vector};

/// Why a run stops early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] crate::io::Error),
    /// A program could not be built.
    #[error(transparent)]
    Graph(#[from] crate::graph::Error),
    /// A box could not be computed.
    #[error(transparent)]
    Box(#[from] crate::graph::Failure),
    /// Another process ended.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// Not enough memory.
    #[error("{0}")]
    Memory(String),
    /// Threads could not be started.
    #[error("cannot start threads: {0}")]
    Threads(String),
    /// The solver cannot solve with this operator or these parameters.
    #[error("{0}")]
    Unsuited(String),
}

/// Result of running.
pub type Result<T> = std::result::Result<T, Error>;
