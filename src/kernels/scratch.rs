//! Boxes of any element type, in memory that threads reuse.

use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn};

use crate::kernels::{Buffer, pointwise};
use crate::scalar::{C64, C128, DType};
use crate::view::{View, ViewMut, Viewed};
use crate::with_view;

/// Elements in C order with their dims.
#[derive(Debug)]
pub enum Scratch {
    /// `float32`
    Float32(Buffer<f32>, Vec<usize>),
    /// `float64`
    Float64(Buffer<f64>, Vec<usize>),
    /// `complex64`
    Complex64(Buffer<C64>, Vec<usize>),
    /// `complex128`
    Complex128(Buffer<C128>, Vec<usize>),
}

impl Scratch {
    /// Elements with arbitrary contents.
    pub fn dirty(dtype: DType, dims: Vec<usize>) -> Scratch {
        let n = dims.iter().product();
        match dtype {
            DType::Float32 => Scratch::Float32(Buffer::dirty(n), dims),
            DType::Float64 => Scratch::Float64(Buffer::dirty(n), dims),
            DType::Complex64 => Scratch::Complex64(Buffer::dirty(n), dims),
            DType::Complex128 => Scratch::Complex128(Buffer::dirty(n), dims),
        }
    }

    /// A view of the elements.
    pub fn view(&self) -> View<'_> {
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

    /// A writable view of the elements.
    pub fn view_mut(&mut self) -> ViewMut<'_> {
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

/// Whether every row is contiguous in memory.
pub fn has_rows(view: &View<'_>) -> bool {
    with_view!(View, view, v => {
        let last = v.ndim().saturating_sub(1);
        v.ndim() == 0 || v.len_of(ndarray::Axis(last)) <= 1 || v.strides()[last] == 1
    })
}

/// Runs `f` on a view with contiguous rows: `out`, or scratch that is then copied to it.
pub fn in_rows(mut out: ViewMut<'_>, f: impl FnOnce(ViewMut<'_>)) {
    if has_rows(&out.view()) {
        f(out);
    } else {
        let mut scratch = Scratch::dirty(out.dtype(), out.dims());
        f(scratch.view_mut());
        pointwise::copy(out.reborrow(), scratch.view());
    }
}
