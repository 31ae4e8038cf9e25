//! `y_q = sum_m g_m x_{q+first+m}` along some axes, zeros outside: filters of few samples, directly.

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::rows::parts;
use crate::kernels::strips::{Into, NEAR, Packed, Rows, Sums, Taps, Target};
use crate::scalar::Scalar;

/// A filter as the kernel wants it: `y_q = sum_m g_m x_{q+first+m}` along every axis.
///
/// Convolution `y_i = sum_k h_k x_{i-k+offset}` has `g_m = h_{taps-1-m}`, `first = offset - taps + 1`;
/// correlation (`flip`) `y_i = sum_k h_k x_{i+k-offset}` has `g = h`, `first = -offset`.
#[derive(Clone, Debug)]
pub struct Filter<T> {
    /// Taps along each axis of the array, and the lag of the first.
    taps: Vec<usize>,
    first: Vec<isize>,
    g: Vec<T>,
}

impl<T: Scalar> Filter<T> {
    /// A filter of the given taps along some of an array's axes.
    pub fn new(
        ndim: usize,
        axes: &[usize],
        taps: &[usize],
        offsets: &[usize],
        h: &[T],
        flip: bool,
        conj: bool,
    ) -> Filter<T> {
        let mut g: Vec<T> = h.iter().map(|&h| if conj { h.conj() } else { h }).collect();
        let (mut all, mut first) = (vec![1; ndim], vec![0; ndim]);
        for ((&axis, &taps), &offset) in axes.iter().zip(taps).zip(offsets) {
            let offset = offset as isize;
            all[axis] = taps;
            first[axis] = if flip { -offset } else { offset - taps as isize + 1 };
        }
        if !flip {
            g.reverse();
        }
        Filter { taps: all, first, g }
    }
}

/// Fills `y`, whose first element has the indices `y_start`, from `x`, whose first has `x_start`.
/// `x` holds all samples inside the array that `y` needs.
pub fn convolve<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    y_start: &[usize],
    mut x: ArrayViewD<'_, T>,
    x_start: &[usize],
    filter: &Filter<T>,
) {
    // Rows of one column are one row.
    let mut ndim = y.ndim();
    while ndim > 1 && filter.taps[ndim - 1] == 1 && y.len_of(Axis(ndim - 1)) == 1 {
        if y.strides()[ndim - 2] != 1 || x.strides()[ndim - 2] != 1 {
            break;
        }
        ndim -= 1;
        (y, x) = (y.index_axis_move(Axis(ndim), 0), x.index_axis_move(Axis(ndim), 0));
    }
    let (outer, last) = (..ndim - 1, ndim - 1);
    let wide = parts::<T>();
    let complex = filter.g.iter().any(|g| g.to_c128().im != 0.0);
    let sums = Sums::new::<T>(&filter.taps[..ndim], complex);
    let at = |axis: usize| y_start[axis] as isize + filter.first[axis];
    let first: Vec<isize> = (0..last).map(at).collect();
    let dims = y.shape().to_vec();
    let (rows, width) = (sums.rows(&dims[outer]), dims[last] * wide);
    let x = Rows::of(&x, &x_start[..ndim]).reals();
    let mut target = Target::of(&mut y);
    let strip = sums.strip::<T::Real>(&dims[outer], NEAR);
    for start in (0..width).step_by(strip) {
        let count = strip.min(width - start);
        let columns = sums.columns::<T::Real>(at(last) * wide as isize + start as isize, count);
        let x = Packed::new(&x, &first, &rows, columns.clone(), columns);
        let into = Into { first: start, count, weights: None, add: false };
        let fill = &mut |_: &[usize], to: &mut [T]| to.copy_from_slice(&filter.g);
        sums.run(&mut target, into, &x, Taps { fill, vary: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::C128;
    use ndarray::{Array3, ArrayD, Slice};

    /// `sum_k h_k x_{i-k+offset}`, or `x_{i+k-offset}`, with loops.
    fn definition(
        x: &ArrayD<C128>,
        axes: &[usize],
        h: &ArrayD<C128>,
        offsets: &[usize],
        flip: bool,
        conj: bool,
    ) -> ArrayD<C128> {
        ArrayD::from_shape_fn(x.raw_dim(), |index| {
            let mut sum = C128::default();
            for (k, &h) in h.indexed_iter() {
                let mut at = index.clone();
                let inside = axes.iter().enumerate().all(|(a, &axis)| {
                    let lag = k[a] as isize - offsets[a] as isize;
                    let j = index[axis] as isize + if flip { lag } else { -lag };
                    at[axis] = j.max(0) as usize;
                    (0..x.shape()[axis] as isize).contains(&j)
                });
                if inside {
                    sum += x[at] * if conj { h.conj() } else { h };
                }
            }
            sum
        })
    }

    #[test]
    fn every_axis_offset_and_direction_is_the_definition() {
        let x = Array3::from_shape_fn((5, 4, 71), |(i, j, k)| {
            C128::new((i * 7 + k) as f64 % 5.0 - 2.0, (j * 3 + k * k) as f64 % 7.0 - 3.0)
        })
        .into_dyn();
        let cases: [(&[usize], &[usize]); 9] = [
            (&[0], &[3]),
            (&[1], &[4]),
            (&[2], &[6]),
            (&[2], &[1]),
            (&[0], &[7]),
            (&[0, 1], &[2, 3]),
            (&[1, 2], &[3, 4]),
            (&[0, 2], &[2, 3]),
            (&[0, 1, 2], &[3, 2, 5]),
        ];
        for (axes, taps) in cases {
            let value = |k: usize| C128::new(k as f64 - 1.0, 2.0 - (k % 3) as f64);
            let complex: Vec<C128> = (0..taps.iter().product()).map(value).collect();
            let real: Vec<C128> = complex.iter().map(|h| C128::new(h.re, 0.0)).collect();
            for values in [complex, real] {
                let h = ArrayD::from_shape_vec(taps.to_vec(), values.clone()).unwrap();
                for (shift, flip, conj) in [(0, false, false), (1, true, true), (2, false, true)] {
                    let offsets: Vec<usize> = taps.iter().map(|t| shift % t).collect();
                    let expected = definition(&x, axes, &h, &offsets, flip, conj);
                    let filter = Filter::new(3, axes, taps, &offsets, &values, flip, conj);
                    let mut y = ArrayD::from_elem(x.raw_dim(), C128::new(f64::NAN, 0.0));
                    convolve(y.view_mut(), &[0; 3], x.view(), &[0; 3], &filter);
                    assert_eq!(y, expected, "axes {axes:?}, taps {taps:?}, shift {shift}, {flip}");
                    // A part of the array, from the part of it that is needed.
                    let some: Vec<std::ops::Range<usize>> = vec![1..4, 2..4, 5..60];
                    let mut from = some.clone();
                    for (&axis, &taps) in axes.iter().zip(taps) {
                        let n = x.shape()[axis];
                        from[axis] =
                            some[axis].start.saturating_sub(taps)..(some[axis].end + taps).min(n);
                    }
                    let part = |of: &ArrayD<C128>, b: &[std::ops::Range<usize>]| {
                        of.slice_each_axis(|a| Slice::from(b[a.axis.index()].clone())).to_owned()
                    };
                    let start = |b: &[std::ops::Range<usize>]| -> Vec<usize> {
                        b.iter().map(|r| r.start).collect()
                    };
                    let mut y = part(&expected, &some).mapv(|_| C128::new(f64::NAN, 0.0));
                    let x = part(&x, &from);
                    convolve(y.view_mut(), &start(&some), x.view(), &start(&from), &filter);
                    assert_eq!(y, part(&expected, &some), "a part along {axes:?}");
                }
            }
        }
    }

    #[test]
    fn narrow_arrays_and_single_precision_are_the_definition() {
        for (dims, axes) in [([9, 1], [0, 1]), ([1, 9], [0, 1]), ([4, 3], [0, 1])] {
            let x =
                ArrayD::from_shape_fn(dims.to_vec(), |i| C128::new((3 * i[0] + i[1]) as f64, 0.0));
            let h: Vec<C128> = (0..6).map(|k| C128::new(k as f64 - 2.0, 0.0)).collect();
            let of = ArrayD::from_shape_vec(vec![3, 2], h.clone()).unwrap();
            let expected = definition(&x, &axes, &of, &[1, 1], false, false).mapv(|v| v.re as f32);
            let narrow: Vec<f32> = h.iter().map(|h| h.re as f32).collect();
            let filter = Filter::new(2, &axes, &[3, 2], &[1, 1], &narrow, false, false);
            let mut y = ArrayD::from_elem(x.raw_dim(), f32::NAN);
            let x = x.mapv(|v| v.re as f32);
            convolve(y.view_mut(), &[0, 0], x.view(), &[0, 0], &filter);
            assert_eq!(y, expected, "{dims:?}");
        }
    }
}
