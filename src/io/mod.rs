//! Files and streams: .npy and .npz arrays read lazily by boxes, outputs that appear all at once.

pub mod array;
mod error;
mod foreign;
mod formula;
mod generate;
mod image;
mod inputs;
pub mod inspect;
mod layout;
pub mod narrow;
pub mod npy;
pub mod npz;
pub mod output;
pub mod place;
mod sparse;
mod temporary;
#[cfg(feature = "zarr")]
mod zarr;
#[cfg(not(feature = "zarr"))]
#[path = "zarr/absent.rs"]
mod zarr;

pub use array::{Array, Bytes, Compute, Kind, Mappable, Missing, Part, Rule};
pub(crate) use error::os_words;
pub use error::{Error, ErrorKind, Result};
pub use foreign::format_of;
pub use formula::{Evaluate, Formula, Values};
pub use generate::{Distribution, Generator};
pub use image::open_image;
pub use inputs::Inputs;
pub use inspect::{Comparison, Summary, compare, members, summarize};
pub(crate) use layout::filled_dims;
pub use narrow::Narrowed;
pub use output::{NpyOutput, Output, TextOutput};
pub use place::Place;
pub use sparse::SparseFile;
pub use temporary::{TemporaryFolder, abandon, abandon_all, watch};
