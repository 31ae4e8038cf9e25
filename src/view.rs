//! Type-erased array views: kernels recover the element type once, when they are called.

use std::ops::Range;

use ndarray::{ArrayViewD, ArrayViewMutD, Axis, Slice};

use crate::scalar::{C64, C128, DType, Scalar};
use crate::space::IndexBox;

/// A read-only view of any element type.
#[derive(Clone, Debug)]
pub enum View<'a> {
    /// `float32`
    Float32(ArrayViewD<'a, f32>),
    /// `float64`
    Float64(ArrayViewD<'a, f64>),
    /// `complex64`
    Complex64(ArrayViewD<'a, C64>),
    /// `complex128`
    Complex128(ArrayViewD<'a, C128>),
}

/// A writable view of any element type.
#[derive(Debug)]
pub enum ViewMut<'a> {
    /// `float32`
    Float32(ArrayViewMutD<'a, f32>),
    /// `float64`
    Float64(ArrayViewMutD<'a, f64>),
    /// `complex64`
    Complex64(ArrayViewMutD<'a, C64>),
    /// `complex128`
    Complex128(ArrayViewMutD<'a, C128>),
}

/// Runs an expression on the typed view inside a [`View`] or [`ViewMut`].
#[macro_export]
macro_rules! with_view {
    ($enum:ident, $view:expr, $v:ident => $body:expr) => {
        match $view {
            $crate::view::$enum::Float32($v) => $body,
            $crate::view::$enum::Float64($v) => $body,
            $crate::view::$enum::Complex64($v) => $body,
            $crate::view::$enum::Complex128($v) => $body,
        }
    };
}

macro_rules! map_view {
    ($enum:ident, $view:expr, $v:ident => $body:expr) => {
        match $view {
            $enum::Float32($v) => $enum::Float32($body),
            $enum::Float64($v) => $enum::Float64($body),
            $enum::Complex64($v) => $enum::Complex64($body),
            $enum::Complex128($v) => $enum::Complex128($body),
        }
    };
}

/// A [`Scalar`] that converts between its typed views and the type-erased ones.
pub trait Viewed: Scalar {
    /// Erases a view's type.
    fn erase(view: ArrayViewD<'_, Self>) -> View<'_>;
    /// Erases a writable view's type.
    fn erase_mut(view: ArrayViewMutD<'_, Self>) -> ViewMut<'_>;
    /// Returns the typed view. Panics if the view has another element type.
    fn typed(view: View<'_>) -> ArrayViewD<'_, Self>;
    /// Returns the typed writable view. Panics if the view has another element type.
    fn typed_mut(view: ViewMut<'_>) -> ArrayViewMutD<'_, Self>;
}

macro_rules! viewed {
    ($t:ty, $variant:ident) => {
        impl Viewed for $t {
            fn erase(view: ArrayViewD<'_, Self>) -> View<'_> {
                View::$variant(view)
            }
            fn erase_mut(view: ArrayViewMutD<'_, Self>) -> ViewMut<'_> {
                ViewMut::$variant(view)
            }
            #[track_caller]
            fn typed(view: View<'_>) -> ArrayViewD<'_, Self> {
                match view {
                    View::$variant(v) => v,
                    other => {
                        unreachable!("a {} view where {} was promised", other.dtype(), Self::DTYPE)
                    }
                }
            }
            #[track_caller]
            fn typed_mut(view: ViewMut<'_>) -> ArrayViewMutD<'_, Self> {
                match view {
                    ViewMut::$variant(v) => v,
                    other => {
                        unreachable!("a {} view where {} was promised", other.dtype(), Self::DTYPE)
                    }
                }
            }
        }
    };
}

viewed!(f32, Float32);
viewed!(f64, Float64);
viewed!(C64, Complex64);
viewed!(C128, Complex128);

impl<'a> View<'a> {
    /// Element type behind the erased view.
    pub fn dtype(&self) -> DType {
        match self {
            View::Float32(_) => DType::Float32,
            View::Float64(_) => DType::Float64,
            View::Complex64(_) => DType::Complex64,
            View::Complex128(_) => DType::Complex128,
        }
    }

    /// Length of each axis.
    pub fn dims(&self) -> Vec<usize> {
        with_view!(View, self, v => v.shape().to_vec())
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        with_view!(View, self, v => v.len())
    }

    /// Whether the view has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part of the view inside a box.
    pub fn boxed(self, b: &IndexBox) -> View<'a> {
        map_view!(View, self, v => slice_box(v, &b.0))
    }

    /// Permutes axes: axis `k` of the result is axis `axes[k]` of this view.
    pub fn permuted(self, axes: &[usize]) -> View<'a> {
        map_view!(View, self, v => v.permuted_axes(axes))
    }

    /// Reverses an axis.
    pub fn flipped(self, axis: usize) -> View<'a> {
        map_view!(View, self, v => { let mut v = v; v.invert_axis(Axis(axis)); v })
    }

    /// Takes every `step`-th element along an axis, starting at the first.
    pub fn stepped(self, axis: usize, step: usize) -> View<'a> {
        map_view!(View, self, v => { let mut v = v; v.slice_axis_inplace(Axis(axis), Slice::new(0, None, step as isize)); v })
    }

    /// A shorter borrow of the same view.
    pub fn reborrow(&self) -> View<'_> {
        map_view!(View, self, v => v.view())
    }
}

impl<'a> ViewMut<'a> {
    /// Element type behind the erased view.
    pub fn dtype(&self) -> DType {
        match self {
            ViewMut::Float32(_) => DType::Float32,
            ViewMut::Float64(_) => DType::Float64,
            ViewMut::Complex64(_) => DType::Complex64,
            ViewMut::Complex128(_) => DType::Complex128,
        }
    }

    /// Length of each axis.
    pub fn dims(&self) -> Vec<usize> {
        with_view!(ViewMut, self, v => v.shape().to_vec())
    }

    /// The part of the view inside a box.
    pub fn boxed(self, b: &IndexBox) -> ViewMut<'a> {
        map_view!(ViewMut, self, v => slice_box_mut(v, &b.0))
    }

    /// Permutes axes: axis `k` of the result is axis `axes[k]` of this view.
    pub fn permuted(self, axes: &[usize]) -> ViewMut<'a> {
        map_view!(ViewMut, self, v => v.permuted_axes(axes))
    }

    /// Reverses an axis.
    pub fn flipped(self, axis: usize) -> ViewMut<'a> {
        map_view!(ViewMut, self, v => { let mut v = v; v.invert_axis(Axis(axis)); v })
    }

    /// Takes every `step`-th element along an axis, starting at the first.
    pub fn stepped(self, axis: usize, step: usize) -> ViewMut<'a> {
        map_view!(ViewMut, self, v => { let mut v = v; v.slice_axis_inplace(Axis(axis), Slice::new(0, None, step as isize)); v })
    }

    /// A shorter writable borrow of the same view.
    pub fn reborrow(&mut self) -> ViewMut<'_> {
        map_view!(ViewMut, self, v => v.view_mut())
    }

    /// A shorter read-only borrow of the same view.
    pub fn view(&self) -> View<'_> {
        match self {
            ViewMut::Float32(v) => View::Float32(v.view()),
            ViewMut::Float64(v) => View::Float64(v.view()),
            ViewMut::Complex64(v) => View::Complex64(v.view()),
            ViewMut::Complex128(v) => View::Complex128(v.view()),
        }
    }
}

fn slice_box<'a, T>(mut v: ArrayViewD<'a, T>, ranges: &[Range<usize>]) -> ArrayViewD<'a, T> {
    for (axis, r) in ranges.iter().enumerate() {
        v.slice_axis_inplace(Axis(axis), Slice::from(r.clone()));
    }
    v
}

fn slice_box_mut<'a, T>(
    mut v: ArrayViewMutD<'a, T>,
    ranges: &[Range<usize>],
) -> ArrayViewMutD<'a, T> {
    for (axis, r) in ranges.iter().enumerate() {
        v.slice_axis_inplace(Axis(axis), Slice::from(r.clone()));
    }
    v
}
