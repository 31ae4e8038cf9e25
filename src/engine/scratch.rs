//! Boxes that a stage computes on its way, in memory that threads use again.

use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn};

use crate::kernels::Buffer;
use crate::scalar::{C64, C128, DType};
use crate::view::{View, ViewMut, Viewed};

/// A box to read: of a store, or computed into scratch.
pub(super) enum Tile<'a> {
    /// Of a store.
    Seen(View<'a>),
    /// Computed.
    Made(Scratch),
}

/// Elements in C order with their dims.
pub(super) enum Scratch {
    Float32(Buffer<f32>, Vec<usize>),
    Float64(Buffer<f64>, Vec<usize>),
    Complex64(Buffer<C64>, Vec<usize>),
    Complex128(Buffer<C128>, Vec<usize>),
}

impl Scratch {
    /// Elements whose values are not known yet.
    pub(super) fn dirty(dtype: DType, dims: Vec<usize>) -> Scratch {
        let n = dims.iter().product();
        match dtype {
            DType::Float32 => Scratch::Float32(Buffer::dirty(n), dims),
            DType::Float64 => Scratch::Float64(Buffer::dirty(n), dims),
            DType::Complex64 => Scratch::Complex64(Buffer::dirty(n), dims),
            DType::Complex128 => Scratch::Complex128(Buffer::dirty(n), dims),
        }
    }

    pub(super) fn view(&self) -> View<'_> {
        fn shaped<'b, T: Viewed>(b: &'b Buffer<T>, dims: &[usize]) -> View<'b> {
            match ArrayViewD::from_shape(IxDyn(dims), &b[..]) {
                Ok(view) => T::erase(view),
                Err(_) => unreachable!("scratch has the length of its dims"),
            }
        }
        match self {
            Scratch::Float32(b, dims) => shaped(b, dims),
            Scratch::Float64(b, dims) => shaped(b, dims),
            Scratch::Complex64(b, dims) => shaped(b, dims),
            Scratch::Complex128(b, dims) => shaped(b, dims),
        }
    }

    pub(super) fn view_mut(&mut self) -> ViewMut<'_> {
        fn shaped<'b, T: Viewed>(b: &'b mut Buffer<T>, dims: &[usize]) -> ViewMut<'b> {
            match ArrayViewMutD::from_shape(IxDyn(dims), &mut b[..]) {
                Ok(view) => T::erase_mut(view),
                Err(_) => unreachable!("scratch has the length of its dims"),
            }
        }
        match self {
            Scratch::Float32(b, dims) => shaped(b, dims),
            Scratch::Float64(b, dims) => shaped(b, dims),
            Scratch::Complex64(b, dims) => shaped(b, dims),
            Scratch::Complex128(b, dims) => shaped(b, dims),
        }
    }
}

impl Tile<'_> {
    pub(super) fn view(&self) -> View<'_> {
        match self {
            Tile::Seen(view) => view.reborrow(),
            Tile::Made(scratch) => scratch.view(),
        }
    }
}
