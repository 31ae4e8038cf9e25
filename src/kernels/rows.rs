//! Walks views row by row as slices, whatever their strides.

use std::sync::LazyLock;

use bytemuck::Pod;
use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::scalar::{Real, Scalar};

static ARCH: LazyLock<pulp::Arch> = LazyLock::new(pulp::Arch::new);

/// Runs a loop compiled for the widest vector instructions of this processor. The closure must be
/// marked `#[inline(always)]`, or it keeps the instructions that every processor has.
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

/// How many trailing axes of length 1 may go so that the rows of all views, given by their strides,
/// are consecutive in memory still.
pub(super) fn spare_axes(shape: &[usize], strides: &[&[isize]]) -> usize {
    let units =
        shape.iter().rev().take_while(|&&n| n == 1).count().min(shape.len().saturating_sub(1));
    let last = shape.len().wrapping_sub(units + 1);
    let rows =
        shape.get(last).is_some_and(|&n| n == 1) || strides.iter().all(|s| s.get(last) == Some(&1));
    if rows { units } else { 0 }
}

/// A view of at least one axis, without its last `spare` axes, which have length 1.
pub(super) fn trimmed<T>(v: ArrayViewD<'_, T>, spare: usize) -> ArrayViewD<'_, T> {
    let mut v = if v.ndim() == 0 { v.insert_axis(Axis(0)) } else { v };
    for _ in 0..spare {
        let last = Axis(v.ndim() - 1);
        v = v.index_axis_move(last, 0);
    }
    v
}

/// The same for a writable view.
pub(super) fn trimmed_mut<T>(v: ArrayViewMutD<'_, T>, spare: usize) -> ArrayViewMutD<'_, T> {
    let mut v = if v.ndim() == 0 { v.insert_axis(Axis(0)) } else { v };
    for _ in 0..spare {
        let last = Axis(v.ndim() - 1);
        v = v.index_axis_move(last, 0);
    }
    v
}

/// Calls `f` with every row of `out`; rows that are not consecutive in memory go through a copy.
pub(super) fn each_row<A: Pod>(out: ArrayViewMutD<'_, A>, mut f: impl FnMut(&mut [A])) {
    let spare = spare_axes(out.shape(), &[out.strides()]);
    let mut out = trimmed_mut(out, spare);
    if let Some(all) = out.as_slice_mut() {
        return f(all);
    }
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
    let spare = spare_axes(out.shape(), &[out.strides(), x.strides()]);
    let (mut out, x) = (trimmed_mut(out, spare), trimmed(x, spare));
    if let (Some(out), Some(x)) = (out.as_slice_mut(), x.as_slice()) {
        return f(out, x);
    }
    let (mut copy_out, mut copy) = (Vec::new(), Vec::new());
    for (mut row, x) in out.rows_mut().into_iter().zip(x.rows()) {
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
    }
}

/// `out = sum_k c_k s_k`, every source as long as `out`; one pass, sums in the order of the sources.
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
