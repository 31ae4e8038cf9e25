//! Typed loops on views, one file per primitive. A kernel checks nothing, starts no threads, and
//! knows no graphs, chunks or files.

pub mod accumulate;
mod banded;
mod buffer;
pub mod convolve;
pub mod csr;
pub mod dct;
pub mod estimate;
pub mod fft;
pub mod filter_bank;
pub mod index;
pub mod kirchhoff;
mod knots;
mod lines;
pub mod matmul;
pub mod non_stationary;
pub mod plane_waves;
pub mod pointwise;
pub mod project;
pub mod radon;
mod rows;
mod scratch;
pub mod sinc_shift;
pub mod sparse;
pub mod spray;
pub mod spread;
pub mod stencil;
mod strips;
pub mod tridiagonal;
pub mod turn;
pub mod vector;
pub mod windows;

pub use banded::Banded;
pub use buffer::Buffer;
pub use knots::Knots;
pub use scratch::{Scratch, has_rows, in_rows};
