//! Lines along an axis, which transforms take in blocks.

use ndarray::{ArrayView2, ArrayViewD, ArrayViewMut2, ArrayViewMutD, Axis};

use crate::kernels::Buffer;
use crate::scalar::Scalar;

/// Lines that are gathered together when they are not consecutive in memory.
pub(super) const BLOCK: usize = 16;

/// Splits views into planes `[line, sample]`, the axis last, and calls `f` with each pair.
pub(super) fn each_plane<A, B>(
    y: ArrayViewMutD<'_, A>,
    x: ArrayViewD<'_, B>,
    axis: usize,
    f: &mut impl FnMut(ArrayViewMut2<'_, A>, ArrayView2<'_, B>),
) {
    let (mut y, mut x) = (y, x);
    // Neighbouring axes that both views run through alike are one axis of lines.
    for a in (1..y.ndim()).rev().filter(|&a| a != axis && a - 1 != axis) {
        let (mut wide, mut seen) = (y.view(), x.view());
        if wide.merge_axes(Axis(a - 1), Axis(a)) && seen.merge_axes(Axis(a - 1), Axis(a)) {
            y.merge_axes(Axis(a - 1), Axis(a));
            x.merge_axes(Axis(a - 1), Axis(a));
        }
    }
    if y.ndim() == 1 {
        y = y.insert_axis(Axis(0));
        x = x.insert_axis(Axis(0));
        return each_plane(y, x, 1, f);
    }
    // The lines of a plane run along the other axis that moves least in memory and has several.
    let others = (0..y.ndim()).rev().filter(|&a| a != axis);
    let several = others.clone().find(|&a| y.shape()[a] > 1);
    let other = several.or(others.clone().next()).unwrap_or(axis);
    let mut order: Vec<usize> = (0..y.ndim()).filter(|&a| a != axis && a != other).collect();
    order.extend([other, axis]);
    fn descend<A, B>(
        y: ArrayViewMutD<'_, A>,
        x: ArrayViewD<'_, B>,
        f: &mut impl FnMut(ArrayViewMut2<'_, A>, ArrayView2<'_, B>),
    ) {
        if y.ndim() == 2 {
            let (Ok(y), Ok(x)) = (y.into_dimensionality(), x.into_dimensionality()) else {
                unreachable!("two axes are left")
            };
            return f(y, x);
        }
        let mut y = y;
        for (y, x) in y.axis_iter_mut(Axis(0)).zip(x.axis_iter(Axis(0))) {
            descend(y, x, f);
        }
    }
    descend(y.permuted_axes(order.as_slice()), x.permuted_axes(order.as_slice()), f);
}

/// Whether neighbouring axes of lines can be run through as one.
fn is_joined<T>(view: &ArrayViewD<'_, T>, axis: usize) -> bool {
    let mut view = view.view();
    let mut lines = (1..view.ndim()).rev().filter(|&a| a != axis && a - 1 != axis);
    lines.all(|a| view.merge_axes(Axis(a - 1), Axis(a)))
}

/// A copy of a view, row by row.
fn copied<T: Scalar>(view: &ArrayViewD<'_, T>) -> Buffer<T> {
    let mut copy = Buffer::dirty(view.len());
    copy.iter_mut().zip(view).for_each(|(c, v)| *c = *v);
    copy
}

/// [`each_plane`] of views that are copied unless their neighbouring axes are one: which lines share a
/// transform, and so how they are rounded, must follow from the dims alone, never from where the
/// arrays lie.
pub(super) fn each_joined_plane<A: Scalar, B: Scalar>(
    mut y: ArrayViewMutD<'_, A>,
    x: ArrayViewD<'_, B>,
    axis: usize,
    f: &mut impl FnMut(ArrayViewMut2<'_, A>, ArrayView2<'_, B>),
) {
    if !is_joined(&x, axis) {
        let copy = copied(&x);
        match ArrayViewD::from_shape(x.raw_dim(), &copy) {
            Ok(x) => return each_joined_plane(y, x, axis, f),
            Err(_) => unreachable!("a copy has the dims of its view"),
        }
    }
    if is_joined(&y.view(), axis) {
        return each_plane(y, x, axis, f);
    }
    let mut copy = Buffer::dirty(y.len());
    match ArrayViewMutD::from_shape(y.raw_dim(), &mut copy) {
        Ok(copy) => each_plane(copy, x, axis, f),
        Err(_) => unreachable!("a copy has the dims of its view"),
    }
    y.iter_mut().zip(&*copy).for_each(|(y, c)| *y = *c);
}

/// Calls `f` with every sample of at most [`BLOCK`] lines `[line, sample]`: its number, and its value
/// in each line.
#[inline(always)]
pub(super) fn each_sample<T: Scalar>(x: ArrayView2<'_, T>, mut f: impl FnMut(usize, &[T])) {
    let count = x.shape()[0];
    let mut block = [[T::default(); BLOCK]; BLOCK];
    for (first, x) in (0..).step_by(BLOCK).zip(x.axis_chunks_iter(Axis(1), BLOCK)) {
        if x.strides()[0] == 1 {
            for (j, column) in x.columns().into_iter().enumerate() {
                match column.to_slice() {
                    Some(column) => f(first + j, column),
                    None => unreachable!("lines are neighbours"),
                }
            }
            continue;
        }
        for (l, line) in x.rows().into_iter().enumerate() {
            block.iter_mut().zip(line).for_each(|(b, x)| b[l] = *x);
        }
        for (j, b) in block[..x.shape()[1]].iter().enumerate() {
            f(first + j, &b[..count]);
        }
    }
}

/// The same for lines that `f` writes.
#[inline(always)]
pub(super) fn each_sample_mut<T: Scalar>(
    y: &mut ArrayViewMut2<'_, T>,
    mut f: impl FnMut(usize, &mut [T]),
) {
    let count = y.shape()[0];
    let mut block = [[T::default(); BLOCK]; BLOCK];
    for (first, mut y) in (0..).step_by(BLOCK).zip(y.axis_chunks_iter_mut(Axis(1), BLOCK)) {
        if y.strides()[0] == 1 {
            for (j, mut column) in y.columns_mut().into_iter().enumerate() {
                match column.as_slice_mut() {
                    Some(column) => f(first + j, column),
                    None => unreachable!("lines are neighbours"),
                }
            }
            continue;
        }
        for (j, b) in block[..y.shape()[1]].iter_mut().enumerate() {
            f(first + j, &mut b[..count]);
        }
        for (l, mut line) in y.rows_mut().into_iter().enumerate() {
            line.iter_mut().zip(&block).for_each(|(y, b)| *y = b[l]);
        }
    }
}
