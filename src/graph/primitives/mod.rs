//! The closed set of primitives that operators are written in. Each file holds a primitive, the
//! method of [`Value`](crate::graph::Value) that applies it, and what it declares to the passes.

mod add;
mod broadcast;
mod cast;
mod concatenate;
mod conj;
mod constant;
mod convolve;
mod cumulative_sum;
mod dct;
#[cfg(test)]
mod faulty;
mod fft;
mod filter_bank;
mod flip;
mod gather;
mod gram;
mod input;
mod irfft;
mod kirchhoff;
mod matmul;
mod multiply;
mod non_stationary;
mod overlap_add;
mod pad;
mod permute;
mod plane_waves;
mod project;
mod radon;
mod reshape;
mod rfft;
mod roll;
mod scale;
mod scatter_add;
mod sinc_shift;
mod slice;
mod sparse_matmul;
mod sparse_rows;
mod spray;
mod spread;
mod stencil;
mod sum;
mod tridiagonal;
mod turn;
mod windows;
mod zeros;

use std::hash::{Hash, Hasher};

use crate::graph::{Definition, Linear};
pub use non_stationary::Gives;

/// Imports shared by the files of primitives.
mod prelude {
    pub(super) use std::hash::{Hash, Hasher};
    pub(super) use std::sync::Arc;

    pub(super) use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

    pub(super) use crate::graph::definition::*;
    pub(super) use crate::graph::{Cut, Job, Parts, Primitive, Result, Tile, Value, value::wrong};
    pub(super) use crate::kernels::{Scratch, in_rows, pointwise};
    pub(super) use crate::scalar::{C128, DType};
    pub(super) use crate::space::{ArrayType, IndexBox, show_dims};
    pub(super) use crate::view::{View, ViewMut, Viewed};
    pub(super) use crate::with_view;

    #[cfg(test)]
    pub(super) use crate::graph::reference::*;
    #[cfg(test)]
    pub(super) use ndarray::IxDyn;
}

macro_rules! primitives {
    ($($(#[$when:meta])* $file:ident::$Name:ident,)*) => {
        $($(#[$when])* pub use $file::$Name;)*

        /// One linear step. The [`crate::graph::Node`] holds the result's dims and element type.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Primitive {
            $(
                $(#[$when])*
                #[doc = concat!("See [`", stringify!($Name), "`].")]
                $Name($Name),
            )*
        }

        impl Primitive {
            /// The primitive's definition.
            pub fn definition(&self) -> &dyn Definition {
                match self {
                    $($(#[$when])* Primitive::$Name(primitive) => primitive,)*
                }
            }

            /// The name of the primitive's kind.
            #[cfg(test)]
            pub(crate) fn kind(&self) -> &'static str {
                match self {
                    $($(#[$when])* Primitive::$Name(_) => stringify!($Name),)*
                }
            }
        }

        $(
            $(#[$when])*
            impl From<$Name> for Primitive {
                fn from(primitive: $Name) -> Self {
                    Primitive::$Name(primitive)
                }
            }
        )*

        /// The examples of every kind of primitive.
        #[cfg(test)]
        pub(crate) fn examples() -> Vec<(&'static str, Vec<crate::graph::reference::Example>)> {
            vec![$((stringify!($Name), $Name::examples()),)*]
        }
    };
}

// The list of all primitives.
primitives! {
    input::Input,
    constant::Constant,
    zeros::Zeros,
    scale::Scale,
    multiply::Multiply,
    add::Add,
    cast::Cast,
    conj::Conj,
    reshape::Reshape,
    permute::Permute,
    slice::Slice,
    pad::Pad,
    concatenate::Concatenate,
    flip::Flip,
    roll::Roll,
    stencil::Stencil,
    convolve::Convolve,
    non_stationary::NonStationary,
    turn::Turn,
    fft::Fft,
    rfft::Rfft,
    irfft::Irfft,
    dct::Dct,
    filter_bank::FilterBank,
    matmul::Matmul,
    gram::Gram,
    gather::Gather,
    scatter_add::ScatterAdd,
    overlap_add::OverlapAdd,
    sum::Sum,
    broadcast::Broadcast,
    cumulative_sum::CumulativeSum,
    spread::Spread,
    windows::Windows,
    sparse_rows::SparseRows,
    sparse_matmul::SparseMatmul,
    tridiagonal::Tridiagonal,
    kirchhoff::Kirchhoff,
    radon::Radon,
    plane_waves::PlaneWaves,
    sinc_shift::SincShift,
    spray::Spray,
    project::Project,
    #[cfg(test)]
    faulty::Faulty,
}

impl Hash for Primitive {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        self.definition().mark(state);
    }
}

impl Primitive {
    /// A short name, as drawings and plans show it.
    pub fn label(&self) -> String {
        self.definition().label()
    }

    /// How many of a node's inputs carry the unknown; the rest are constants.
    pub fn linear_inputs(&self, inputs: usize) -> usize {
        match self.definition().facts().linear {
            Linear::All => inputs,
            Linear::First => 1.min(inputs),
        }
    }

    /// Whether it is an array from outside: an input or an array of the problem.
    pub fn is_given(&self) -> bool {
        matches!(self, Primitive::Input(_) | Primitive::Constant(_))
    }
}
