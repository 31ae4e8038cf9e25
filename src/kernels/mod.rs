//! Typed loops on views, one file a primitive. A kernel neither checks, nor starts threads, nor
//! knows of graphs, chunks or files.

pub mod accumulate;
mod banded;
mod buffer;
pub mod convolve;
pub mod dct;
pub mod fft;
pub mod filter_bank;
pub mod index;
pub mod kirchhoff;
mod lines;
pub mod matmul;
pub mod pointwise;
mod rows;
mod scratch;
pub mod sinc_shift;
pub mod sparse;
pub mod spray;
pub mod spread;
pub mod stencil;
pub mod vector;

pub use banded::Banded;
pub use buffer::Buffer;
pub use scratch::{Scratch, has_rows, in_rows};
