//! `y = sum over axes of B_axis x`, every `B` a banded matrix with real coefficients.
//!
//! The kernel writes each output row once, as a linear combination of input rows and of shifted
//! copies of one row: one read of the input and one write of the output, at memory speed.

use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn};

use crate::kernels::Banded;
use crate::kernels::rows::{combine, parts, reals, reals_mut, vectorized};
use crate::scalar::{Real, Scalar};

/// Fills `y`, whose first element has index `y_origin`, from `x`, whose first has `x_origin`. Both
/// have contiguous rows, and `x` holds all that `y` needs.
pub fn stencil<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    y_origin: &[usize],
    x: ArrayViewD<'_, T>,
    x_origin: &[usize],
    terms: &[(usize, &Banded)],
) {
    let last = y.ndim() - 1;
    let mut y_origin = y_origin.to_vec();
    let mut x_origin = x_origin.to_vec();
    let mut x = x;
    // Trailing axes that no term touches are merged into one long row.
    let deepest = terms.iter().map(|t| t.0).max().unwrap_or(0);
    if deepest + 1 < last && y.is_standard_layout() && x.is_standard_layout() {
        let merged = |shape: &[usize]| {
            let mut dims = shape[..=deepest].to_vec();
            dims.push(shape[deepest + 1..].iter().product());
            IxDyn(&dims)
        };
        let (ys, xs) = (merged(y.shape()), merged(x.shape()));
        let (Ok(wide_y), Ok(wide_x)) = (y.into_shape_with_order(ys), x.into_shape_with_order(xs))
        else {
            unreachable!("standard layouts merge");
        };
        y = wide_y;
        x = wide_x;
        y_origin.truncate(deepest + 1);
        y_origin.push(0);
        x_origin.truncate(deepest + 1);
        x_origin.push(0);
    }
    typed(y, &y_origin, x, &x_origin, terms);
}

fn typed<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    y_origin: &[usize],
    x: ArrayViewD<'_, T>,
    x_origin: &[usize],
    terms: &[(usize, &Banded)],
) {
    let last = y.ndim() - 1;
    let width = y.shape()[last];
    let unit = parts::<T>();
    let outer: Vec<usize> = y.shape()[..last].to_vec();
    // Columns for which every row of the last axis is interior.
    let (mut inner_lo, mut inner_hi) = (y_origin[last], y_origin[last] + width);
    for (_, rows) in terms.iter().filter(|t| t.0 == last) {
        inner_lo = inner_lo.max(rows.interior_rows().start);
        inner_hi = inner_hi.min(rows.interior_rows().end);
    }
    let inner =
        if inner_lo < inner_hi { inner_lo..inner_hi } else { y_origin[last]..y_origin[last] };
    let has_last = terms.iter().any(|t| t.0 == last);
    // Rows of the last axis that are all zero need no column, so x may lack their row.
    let own_columns = y_origin[last]..y_origin[last] + width;
    let reads_own = terms.iter().any(|(a, b)| *a == last && !b.columns(&own_columns).is_empty());
    let mut index = vec![0; last];
    for mut y_row in y.rows_mut() {
        let Some(y_row) = y_row.as_slice_mut() else { unreachable!("rows are consecutive") };
        // Whole rows of x: one for each term of an outer axis.
        let mut whole: Vec<(f64, &[T])> = Vec::new();
        let row_of = |axis: Option<(usize, usize)>| -> &[T] {
            let mut row = x.view();
            for a in 0..last {
                let j = match axis {
                    Some((moved, j)) if moved == a => j,
                    _ => y_origin[a] + index[a],
                };
                row.collapse_axis(ndarray::Axis(a), j - x_origin[a]);
            }
            let Some(row) =
                row.into_shape_with_order(x.shape()[last]).ok().and_then(|r| r.to_slice())
            else {
                unreachable!("rows are consecutive")
            };
            row
        };
        for (axis, rows) in terms.iter().filter(|t| t.0 != last) {
            for (j, c) in rows.row(y_origin[*axis] + index[*axis]) {
                whole.push((c, row_of(Some((*axis, j)))));
            }
        }
        let cut = |row: &'_ [T], from: usize, len: usize| -> std::ops::Range<usize> {
            debug_assert!(from + len <= row.len());
            from * unit..(from + len) * unit
        };
        let own: &[T] = if reads_own { row_of(None) } else { &[] };
        let columns = if has_last { inner.clone() } else { y_origin[last]..y_origin[last] + width };
        let mut sources: Vec<(T::Real, &[T::Real])> = Vec::new();
        let at = columns.start - y_origin[last];
        for (c, row) in &whole {
            sources.push((
                Real::rounded(*c),
                &reals(row)[cut(row, columns.start - x_origin[last], columns.len())],
            ));
        }
        for (_, rows) in terms.iter().filter(|t| t.0 == last && !columns.is_empty()) {
            let (first, coefficients) = rows.interior();
            for (k, &c) in coefficients.iter().enumerate().filter(|(_, c)| **c != 0.0) {
                let from = (columns.start + k).wrapping_add_signed(first) - x_origin[last];
                sources.push((Real::rounded(c), &reals(own)[cut(own, from, columns.len())]));
            }
        }
        let target = &mut reals_mut(y_row)[at * unit..(at + columns.len()) * unit];
        vectorized(
            #[inline(always)]
            || combine(target, &sources),
        );
        // The edge columns, one by one.
        for i in (y_origin[last]..columns.start).chain(columns.end..y_origin[last] + width) {
            let mut sum = T::default();
            for (c, row) in &whole {
                sum = row[i - x_origin[last]].mul_add(real::<T>(*c), sum);
            }
            for (_, rows) in terms.iter().filter(|t| t.0 == last) {
                for (j, c) in rows.row(i) {
                    sum = own[j - x_origin[last]].mul_add(real::<T>(c), sum);
                }
            }
            y_row[i - y_origin[last]] = sum;
        }
        for a in (0..last).rev() {
            index[a] += 1;
            if index[a] < outer[a] {
                break;
            }
            index[a] = 0;
        }
    }
}

fn real<T: Scalar>(c: f64) -> T {
    T::from_c128(c.into())
}
