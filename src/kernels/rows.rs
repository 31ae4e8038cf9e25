//! Walks views row by row as slices, whatever their strides.

use std::sync::LazyLock;

use bytemuck::Pod;
use ndarray::{
    ArrayBase, ArrayView, ArrayView2, ArrayViewD, ArrayViewMut, ArrayViewMutD, Axis, Ix1, Ix2,
    IxDyn, RawData,
};

use crate::scalar::{Real, Scalar};

static ARCH: LazyLock<pulp::Arch> = LazyLock::new(pulp::Arch::new);

/// Runs a loop compiled for the widest vector instructions of this processor. The closure must be
/// marked `#[inline(always)]`, or it is compiled for the instructions that every processor has.
#[inline(always)]
pub(super) fn vectorized<R>(body: impl FnOnce() -> R) -> R {
    ARCH.dispatch(body)
}

/// A slice of elements as the reals it is made of.
pub(super) fn reals<T: Scalar>(slice: &[T]) -> &[T::Real] {
    bytemuck::cast_slice(slice)
}

/// A writable slice of elements as the reals it is made of.
pub(super) fn reals_mut<T: Scalar>(slice: &mut [T]) -> &mut [T::Real] {
    bytemuck::cast_slice_mut(slice)
}

/// Reals per element: 1 or 2.
pub(super) fn parts<T: Scalar>() -> usize {
    size_of::<T>() / size_of::<T::Real>()
}

/// A row of a plane whose rows are contiguous in memory.
pub(super) fn row<'a, T>(plane: &ArrayView2<'a, T>, i: usize) -> &'a [T] {
    match plane.index_axis_move(Axis(0), i).to_slice() {
        Some(row) => row,
        None => unreachable!("rows are consecutive"),
    }
}

/// Number of trailing axes that are one run of memory in all views with these strides.
fn run_axes(shape: &[usize], strides: &[&[isize]]) -> usize {
    let mut run = 1;
    let axes = shape.iter().enumerate().rev().take_while(|&(a, &n)| {
        let joins = n == 1 || strides.iter().all(|s| s[a] == run);
        run *= n as isize;
        joins
    });
    axes.count()
}

/// Merges the last `count` axes, which are one run of memory; the view gets at least one axis.
fn joined<S: RawData>(mut v: ArrayBase<S, IxDyn>, count: usize) -> ArrayBase<S, IxDyn> {
    if v.ndim() == 0 {
        v = v.insert_axis(Axis(0));
    }
    for _ in 1..count {
        let into = v.ndim() - 1;
        if !v.merge_axes(Axis(into - 1), Axis(into)) {
            unreachable!("the axes are one run");
        }
        v = v.index_axis_move(Axis(into - 1), 0);
    }
    v
}

/// Two views of one shape, with rows as long as both are contiguous in memory.
pub(super) fn long_rows<S: RawData, T: RawData>(
    x: ArrayBase<S, IxDyn>,
    y: ArrayBase<T, IxDyn>,
) -> (ArrayBase<S, IxDyn>, ArrayBase<T, IxDyn>) {
    let count = run_axes(x.shape(), &[x.strides(), y.strides()]);
    (joined(x, count), joined(y, count))
}

/// Calls `f` with every row of `out`; rows that are not contiguous in memory go through a copy.
pub(super) fn each_row<A: Pod>(out: ArrayViewMutD<'_, A>, mut f: impl FnMut(&mut [A])) {
    let count = run_axes(out.shape(), &[out.strides()]);
    let mut out = joined(out, count);
    let mut copy = Vec::new();
    for mut row in out.rows_mut() {
        match row.as_slice_mut() {
            Some(row) => f(row),
            None => {
                copy.clear();
                copy.extend(row.iter().copied());
                f(&mut copy);
                row.iter_mut().zip(&copy).for_each(|(o, c)| *o = *c);
            }
        }
    }
}

/// Calls `f` with every pair of rows of two views of one shape.
pub(super) fn zip_rows<A: Pod, B: Pod>(
    out: ArrayViewMutD<'_, A>,
    x: ArrayViewD<'_, B>,
    mut f: impl FnMut(&mut [A], &[B]),
) {
    zip_each(out, x, &mut f);
}

/// Compiled once for all `f`, whose loops are long.
fn zip_each<A: Pod, B: Pod>(
    out: ArrayViewMutD<'_, A>,
    x: ArrayViewD<'_, B>,
    f: &mut dyn FnMut(&mut [A], &[B]),
) {
    let (out, x) = long_rows(out, x);
    let (mut copy_out, mut copy) = (Vec::new(), Vec::new());
    each_pair_mut(out, x, &mut |mut row, x| {
        let x = match x.to_slice() {
            Some(x) => x,
            None => {
                copy.clear();
                copy.extend(x.iter().copied());
                &copy
            }
        };
        match row.as_slice_mut() {
            Some(row) => f(row, x),
            None => {
                copy_out.clear();
                copy_out.extend(row.iter().copied());
                f(&mut copy_out, x);
                row.iter_mut().zip(&copy_out).for_each(|(o, c)| *o = *c);
            }
        }
    });
}

/// Calls `f` with every pair of rows of two arrays of one shape, with at least one axis. Planes
/// have an iterator of fixed dimension, which costs little for short rows.
macro_rules! each_pair {
    ($name:ident, $first:ident, $axis_iter:ident, $($mutable:tt)?) => {
        pub(super) fn $name<A, B>(
            $($mutable)? x: $first<'_, A, IxDyn>,
            y: ArrayView<'_, B, IxDyn>,
            f: &mut impl FnMut($first<'_, A, Ix1>, ArrayView<'_, B, Ix1>),
        ) {
            if x.ndim() > 2 {
                for (x, y) in x.$axis_iter(Axis(0)).zip(y.axis_iter(Axis(0))) {
                    $name(x, y, f);
                }
                return;
            }
            let x = if x.ndim() == 1 { x.insert_axis(Axis(0)) } else { x };
            let y = if y.ndim() == 1 { y.insert_axis(Axis(0)) } else { y };
            let (Ok($($mutable)? x), Ok(y)) =
                (x.into_dimensionality::<Ix2>(), y.into_dimensionality::<Ix2>())
            else {
                unreachable!("two axes are left")
            };
            for (x, y) in x.$axis_iter(Axis(0)).zip(y.axis_iter(Axis(0))) {
                f(x, y);
            }
        }
    };
}
each_pair!(each_pair, ArrayView, axis_iter,);
each_pair!(each_pair_mut, ArrayViewMut, axis_iter_mut, mut);

/// `out = sum_k c_k s_k` in one pass, in the order of the sources, which are as long as `out`.
#[inline(always)]
pub(super) fn combine<R: Real>(out: &mut [R], sources: &[(R, &[R])]) {
    const BLOCK: usize = 32;
    let mut start = 0;
    while start + BLOCK <= out.len() {
        let mut sum = [R::default(); BLOCK];
        for &(c, s) in sources {
            let s = &s[start..start + BLOCK];
            for l in 0..BLOCK {
                sum[l] = s[l].mul_add(c, sum[l]);
            }
        }
        out[start..start + BLOCK].copy_from_slice(&sum);
        start += BLOCK;
    }
    for (i, o) in out.iter_mut().enumerate().skip(start) {
        *o = sources.iter().fold(R::default(), |sum, (c, s)| s[i].mul_add(*c, sum));
    }
}
