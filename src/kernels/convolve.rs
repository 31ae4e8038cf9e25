//! `y_i = sum_m g_m x_{i+first+m}` along an axis, zeros outside: short filters, directly.

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::rows::{combine, parts, reals, reals_mut, vectorized};
use crate::scalar::Scalar;

/// Columns that are computed together when the axis is not the last one, in reals: 61 input rows of
/// this width stay in the first-level cache.
const STRIP: usize = 32;

/// The filter as the kernel wants it: `y_i = sum_m g_m x_{i+first+m}`.
///
/// Convolution `y_i = sum_k h_k x_{i-k+offset}` has `g_m = h_{taps-1-m}`, `first = offset - taps + 1`;
/// correlation (`flip`) `y_i = sum_k h_k x_{i+k-offset}` has `g = h`, `first = -offset`.
pub fn filter<T: Scalar>(h: &[T], offset: usize, flip: bool, conj: bool) -> (isize, Vec<T>) {
    let mut g: Vec<T> = h.iter().map(|&h| if conj { h.conj() } else { h }).collect();
    if flip {
        return (-(offset as isize), g);
    }
    g.reverse();
    (offset as isize - h.len() as isize + 1, g)
}

/// Fills `y`, whose first index along `axis` is `y_start`, from `x`, whose first is `x_start`.
/// `x` holds all samples inside the array that `y` needs.
pub fn convolve<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    y_start: usize,
    x: ArrayViewD<'_, T>,
    x_start: usize,
    axis: usize,
    first: isize,
    g: &[T],
) {
    let last = y.ndim() - 1;
    let all_real = g.iter().all(|g| g.to_c128().im == 0.0);
    if axis == last {
        let pad = |i: usize| i as isize + first - x_start as isize;
        let mut row_of_x = Vec::new();
        for (mut y, x) in y.rows_mut().into_iter().zip(x.rows()) {
            let (Some(y), Some(x)) = (y.as_slice_mut(), x.to_slice()) else {
                unreachable!("rows are consecutive")
            };
            // x from the first sample that y's first needs, with zeros outside.
            let need = y.len() + g.len() - 1;
            row_of_x.clear();
            row_of_x.resize(need, T::default());
            let from = pad(y_start);
            let (source, target) = (from.max(0) as usize, (-from).max(0) as usize);
            if source < x.len() && target < need {
                let len = (x.len() - source).min(need - target);
                row_of_x[target..target + len].copy_from_slice(&x[source..source + len]);
            }
            if all_real {
                let wide = parts::<T>();
                let taps: Vec<T::Real> = g.iter().map(|g| reals(&[*g])[0]).collect();
                vectorized(#[inline(always)] || slide(reals_mut(y), reals(&row_of_x), wide, &taps));
            } else {
                vectorized(#[inline(always)] || slide(y, &row_of_x, 1, g));
            }
        }
        return;
    }
    // Lanes of consecutive rows along the axis: [.., axis, .., last].
    let n = y.shape()[axis];
    let mut y = y.view_mut();
    y.swap_axes(axis, last - 1);
    let mut x = x;
    x.swap_axes(axis, last - 1);
    planes(y, x, &mut |mut y, x| {
        let width = y.shape()[1];
        let mut start = 0;
        let strip = if all_real { STRIP / parts::<T>() } else { STRIP };
        while start < width {
            let len = strip.min(width - start);
            for i in 0..n {
                let from = (y_start + i) as isize + first - x_start as isize;
                let rows = |m: usize| -> Option<usize> {
                    let j = from + m as isize;
                    (j >= 0 && (j as usize) < x.shape()[0]).then_some(j as usize)
                };
                let Some(target) = y.row_mut(i).into_slice() else {
                    unreachable!("rows are consecutive")
                };
                let target = &mut target[start..start + len];
                let taps = g.iter().enumerate().filter_map(|(m, &g)| rows(m).map(|j| (g, j)));
                let row = |j: usize| -> &[T] {
                    let Some(row) = x.row(j).to_slice() else {
                        unreachable!("rows are consecutive")
                    };
                    &row[start..start + len]
                };
                if all_real {
                    let mut sources: Vec<(T::Real, &[T::Real])> = Vec::with_capacity(g.len());
                    sources.extend(taps.map(|(g, j)| (reals(&[g])[0], reals(row(j)))));
                    vectorized(#[inline(always)] || combine(reals_mut(target), &sources));
                } else {
                    target.fill(T::default());
                    for (g, j) in taps {
                        target.iter_mut().zip(row(j)).for_each(|(y, x)| *y = x.mul_add(g, *y));
                    }
                }
            }
            start += len;
        }
    });
}

/// Calls `f` with every pair of two-dimensional planes of the last two axes.
fn planes<T>(
    y: ArrayViewMutD<'_, T>,
    x: ArrayViewD<'_, T>,
    f: &mut impl FnMut(ndarray::ArrayViewMut2<'_, T>, ndarray::ArrayView2<'_, T>),
) {
    if y.ndim() == 2 {
        let (Ok(y), Ok(x)) = (y.into_dimensionality(), x.into_dimensionality()) else {
            unreachable!("two axes are left")
        };
        return f(y, x);
    }
    let mut y = y;
    for (y, x) in y.axis_iter_mut(Axis(0)).zip(x.axis_iter(Axis(0))) {
        planes(y, x, f);
    }
}

/// `y_i = sum_m g_m x_{i + m wide}`
#[inline(always)]
fn slide<T: Scalar>(y: &mut [T], x: &[T], wide: usize, g: &[T]) {
    const BLOCK: usize = 32;
    let mut start = 0;
    while start + BLOCK <= y.len() {
        let mut sum = [T::default(); BLOCK];
        for (m, &g) in g.iter().enumerate() {
            let x = &x[start + m * wide..start + m * wide + BLOCK];
            for l in 0..BLOCK {
                sum[l] = x[l].mul_add(g, sum[l]);
            }
        }
        y[start..start + BLOCK].copy_from_slice(&sum);
        start += BLOCK;
    }
    for (i, y) in y.iter_mut().enumerate().skip(start) {
        *y =
            g.iter().enumerate().fold(T::default(), |sum, (m, &g)| x[i + m * wide].mul_add(g, sum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::C128;
    use ndarray::{Array3, ArrayD};

    fn definition(
        x: &ArrayD<C128>,
        axis: usize,
        h: &[C128],
        offset: usize,
        flip: bool,
        conj: bool,
    ) -> ArrayD<C128> {
        let n = x.shape()[axis] as isize;
        ArrayD::from_shape_fn(x.raw_dim(), |index| {
            let mut sum = C128::default();
            for (k, &h) in h.iter().enumerate() {
                let back = k as isize - offset as isize;
                let j = index[axis] as isize + if flip { back } else { -back };
                if (0..n).contains(&j) {
                    let mut at = index.clone();
                    at[axis] = j as usize;
                    sum += x[at] * if conj { h.conj() } else { h };
                }
            }
            sum
        })
    }

    #[test]
    fn every_axis_offset_and_direction_is_the_definition() {
        let x = Array3::from_shape_fn((5, 4, 37), |(i, j, k)| {
            C128::new((i * 7 + k) as f64 % 5.0 - 2.0, (j * 3 + k * k) as f64 % 7.0 - 3.0)
        })
        .into_dyn();
        for (axis, taps) in [(0, 3), (1, 4), (2, 6), (2, 1), (0, 5)] {
            let complex: Vec<C128> =
                (0..taps).map(|k| C128::new(k as f64 - 1.0, 2.0 - k as f64)).collect();
            let real: Vec<C128> = complex.iter().map(|h| C128::new(h.re, 0.0)).collect();
            for h in [complex, real] {
                for offset in 0..taps {
                    for (flip, conj) in [(false, false), (true, true), (false, true)] {
                        let expected = definition(&x, axis, &h, offset, flip, conj);
                        let (first, g) = filter(&h, offset, flip, conj);
                        let mut y = ArrayD::from_elem(x.raw_dim(), C128::new(9.0, 9.0));
                        convolve(y.view_mut(), 0, x.view(), 0, axis, first, &g);
                        assert_eq!(y, expected, "axis {axis}, {taps} taps, offset {offset}");
                    }
                }
            }
        }
    }
}
