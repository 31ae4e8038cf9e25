//! Typed loops on views, one file per primitive. A kernel checks nothing, starts no threads, and
//! knows no graphs, chunks or files.

pub mod accumulate;
mod banded;
mod buffer;
pub mod convolve;
pub mod fft;
pub mod index;
pub mod kirchhoff;
pub mod matmul;
pub mod plane_waves;
pub mod pointwise;
pub mod project;
pub mod radon;
mod rows;
mod scratch;
pub mod sparse;
pub mod spread;
pub mod stencil;
pub mod tridiagonal;
pub mod vector;
pub mod windows;

pub use banded::Banded;
pub use buffer::Buffer;
pub use scratch::{Scratch, has_rows, in_rows};
