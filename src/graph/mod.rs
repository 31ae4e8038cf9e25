//! The lazy graph: a linear program over a closed set of primitives, and the passes over it.

mod batch;
mod conjugate;
mod core;
mod cut;
mod definition;
mod job;
mod lists;
mod parts;
pub(crate) mod primitives;
mod program;
mod ranges;
#[cfg(test)]
pub(crate) mod reference;
mod render;
mod reshape;
mod simplify;
#[cfg(test)]
mod tests;
mod transpose;
mod value;

pub use crate::kernels::dct::Cosine;
pub use crate::kernels::filter_bank::Filters;
pub use crate::kernels::kirchhoff::Aperture;
pub use crate::kernels::project::{Beams, Fan, Weight};
pub use crate::kernels::radon::Curves;
pub use crate::kernels::sparse::Sparse;
pub use crate::kernels::turn::Frequencies;
pub use crate::kernels::windows::Along;
pub use crate::kernels::{Banded, Knots};
pub use batch::{MANY, alike, batched, repeated};
pub use conjugate::conjugate;
pub use core::{Core, core};
pub use cut::Cut;
pub use definition::{
    Applied, AxisStep, Back, Batched, Conjugate, Definition, Done, Facts, Failure, Linear,
    Movement, Order, Pulls, Visit,
};
pub use job::{Job, Pulled, Source, Tile};
pub use parts::Parts;
pub use primitives::*;
pub use program::{Builder, Error, Graph, Node, NodeId, Program, Result};
pub use render::{Format, render};
pub use reshape::{aligned, reshape_box};
pub use simplify::{RULES, simplify};
pub use transpose::transpose;
pub use value::Value;
