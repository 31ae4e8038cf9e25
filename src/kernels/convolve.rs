//! Direct convolution, for short filters: `y_i = sum_m g_m x_{i+first+m}` along an axis.

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::Buffer;
use crate::kernels::rows::{parts, reals, reals_mut, vectorized};
use crate::scalar::Scalar;

/// Converts a filter to the form that the kernel takes: `y_i = sum_m g_m x_{i+first+m}`.
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
        let from = y_start as isize + first - x_start as isize;
        let taps: Vec<T::Real> = g.iter().map(|g| reals(&[*g])[0]).collect();
        for (mut y, x) in y.rows_mut().into_iter().zip(x.rows()) {
            let (Some(y), Some(x)) = (y.as_slice_mut(), x.to_slice()) else {
                unreachable!("rows are consecutive")
            };
            if all_real {
                let wide = parts::<T>();
                let from = from * wide as isize;
                vectorized(
                    #[inline(always)]
                    || slide(reals_mut(y), reals(x), from, wide, &taps),
                );
            } else {
                vectorized(
                    #[inline(always)]
                    || slide(y, x, from, 1, g),
                );
            }
        }
        return;
    }
    // Lanes of consecutive rows along the axis: [.., axis, .., last].
    let mut y = y.view_mut();
    y.swap_axes(axis, last - 1);
    let mut x = x;
    x.swap_axes(axis, last - 1);
    planes(y, x, &mut |mut y, x| {
        let rows: Vec<&[T]> = x.rows().into_iter().filter_map(|row| row.to_slice()).collect();
        let from = y_start as isize + first - x_start as isize;
        let mut y: Vec<&mut [T]> =
            y.rows_mut().into_iter().filter_map(|row| row.into_slice()).collect();
        if all_real {
            let taps: Vec<T::Real> = g.iter().map(|g| reals(&[*g])[0]).collect();
            let rows: Vec<&[T::Real]> = rows.into_iter().map(reals).collect();
            let mut y: Vec<&mut [T::Real]> = y.into_iter().map(reals_mut).collect();
            vectorized(
                #[inline(always)]
                || {
                    if size_of::<T::Real>() == 4 {
                        columns::<_, 32>(&mut y, &rows, from, &taps);
                    } else {
                        columns::<_, 16>(&mut y, &rows, from, &taps);
                    }
                },
            );
        } else {
            vectorized(
                #[inline(always)]
                || columns::<_, 8>(&mut y, &rows, from, g),
            );
        }
    });
}

/// `y_i = sum_m g_m x_{i+from+m}` for whole rows, zeros outside; two rows of `y` and `W` columns at
/// a time, so that every loaded element of `x` is used twice.
#[inline(always)]
fn columns<T: Scalar, const W: usize>(y: &mut [&mut [T]], x: &[&[T]], from: isize, g: &[T]) {
    let width = y.first().map_or(0, |row| row.len());
    // g between zeros: the second row's filter is the first one's, one step later.
    let mut padded = vec![T::default(); g.len() + 2];
    padded[1..=g.len()].copy_from_slice(g);
    let whole = width / W * W;
    // The last block ends with the row, and recomputes a few columns.
    let last = (whole > 0 && whole < width).then(|| width - W);
    let starts: Vec<usize> = (0..whole).step_by(W).chain(last).collect();
    // A strip of columns of all rows of x that a row of y needs stays in the first-level cache.
    for strip in starts.chunks(STRIP) {
        for (pair, rows) in y.chunks_mut(2).enumerate() {
            let (x, skip) = window(x, from + 2 * pair as isize, g.len() + 1);
            let taps = x.iter().zip(&padded[skip + 1..]).zip(&padded[skip..]);
            for &start in strip {
                let (mut low, mut high) = ([T::default(); W], [T::default(); W]);
                for ((row, &a), &b) in taps.clone() {
                    let row = &row[start..start + W];
                    // Two loops, since one over both sums is not vectorised.
                    for l in 0..W {
                        low[l] = row[l].mul_add(a, low[l]);
                    }
                    for l in 0..W {
                        high[l] = row[l].mul_add(b, high[l]);
                    }
                }
                for (row, sum) in rows.iter_mut().zip([&low, &high]) {
                    row[start..start + W].copy_from_slice(sum);
                }
            }
        }
    }
    if whole == 0 {
        for (i, row) in y.iter_mut().enumerate() {
            let (x, skip) = window(x, from + i as isize, g.len());
            for (k, y) in row.iter_mut().enumerate() {
                *y = x
                    .iter()
                    .zip(&g[skip..])
                    .fold(T::default(), |sum, (row, &g)| row[k].mul_add(g, sum));
            }
        }
    }
}

/// Blocks of columns in a strip.
const STRIP: usize = 4;

/// Those of the `len` rows from `base` on that exist, and how many are missing before them.
#[inline(always)]
fn window<'a, 'b, T>(x: &'a [&'b [T]], base: isize, len: usize) -> (&'a [&'b [T]], usize) {
    let lo = base.max(0).min(x.len() as isize);
    let hi = (base + len as isize).clamp(lo, x.len() as isize);
    (&x[lo as usize..hi as usize], (lo - base) as usize)
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

/// `y_i = sum_m g_m x_{i + from + m wide}`, zeros outside, a block of `y` at a time.
#[inline(always)]
fn slide<T: Scalar>(y: &mut [T], x: &[T], from: isize, wide: usize, g: &[T]) {
    const BLOCK: usize = 32;
    let reach = (g.len() - 1) * wide;
    let mut padded = Buffer::<T>::dirty(BLOCK + reach);
    let mut start = 0;
    while start < y.len() {
        // The last block ends with the row, and recomputes a few samples.
        let at = start.min(y.len().saturating_sub(BLOCK));
        let len = BLOCK.min(y.len() - at);
        let first = at as isize + from;
        let last = first + (BLOCK + reach) as isize;
        let window = if first >= 0 && last <= x.len() as isize {
            &x[first as usize..last as usize]
        } else {
            padded.fill(T::default());
            let (lo, hi) = (first.clamp(0, x.len() as isize), last.clamp(0, x.len() as isize));
            if lo < hi {
                let to = (lo - first) as usize;
                let some = &x[lo as usize..hi as usize];
                padded[to..to + some.len()].copy_from_slice(some);
            }
            &padded[..]
        };
        let mut sum = [T::default(); BLOCK];
        for (m, &g) in g.iter().enumerate() {
            let x = &window[m * wide..m * wide + BLOCK];
            for l in 0..BLOCK {
                sum[l] = x[l].mul_add(g, sum[l]);
            }
        }
        y[at..at + len].copy_from_slice(&sum[..len]);
        start = at + BLOCK;
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
