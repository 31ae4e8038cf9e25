//! The lazy graph: a linear program over a closed set of primitives, and what is done to it.

mod batch;
mod conjugate;
mod core;
mod lists;
mod locality;
mod parts;
mod primitive;
mod program;
#[cfg(test)]
pub(crate) mod reference;
mod render;
mod reshape;
mod simplify;
#[cfg(test)]
mod tests;
mod transpose;
mod value;

pub use crate::kernels::Banded;
pub use crate::kernels::kirchhoff::Aperture;
pub use batch::{MANY, alike, batched};
pub use conjugate::conjugate;
pub use core::{Core, core};
pub use locality::{Cut, input_box, pulled_once};
pub use parts::Parts;
pub use primitive::{AxisStep, Primitive};
pub use program::{Error, Graph, Node, NodeId, Program, Result};
pub use render::{Format, render};
pub use reshape::{aligned, reshape_box};
pub use simplify::{RULES, simplify};
pub use transpose::transpose;
pub use value::Value;
