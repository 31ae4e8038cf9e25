//! The filters that take one signal to another, each for the samples around its knot.
//!
//! ```text
//! h_{f,t} = sum_p w_f(p) x_p y_{p+t-c}
//! ```

use std::ops::Range;

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::Buffer;
use crate::kernels::knots::Knots;
use crate::kernels::rows::vectorized;
use crate::kernels::strips::{Packed, Rows, each_index};
use crate::scalar::{C128, Real, Scalar};

/// Taps that are computed at once.
const SHIFTS: usize = 4;
/// Most samples of a row that are packed at once.
const STRIP: usize = 4096;

/// Some taps of some filters, and the signal around their knots.
#[derive(Debug)]
pub struct Estimate<'a, T> {
    /// Where filters are known along each axis.
    pub knots: Vec<&'a Knots>,
    /// Half the length of the filters along each axis.
    pub centre: Vec<usize>,
    /// The filters along each axis.
    pub filters: Vec<Range<usize>>,
    /// Their taps.
    pub taps: Vec<Range<usize>>,
    /// The signal `x` that is filtered where the filters count.
    pub signal: ArrayViewD<'a, T>,
    /// Its first indices.
    pub start: Vec<usize>,
}

/// Fills `h`, filters before taps, from the samples of `y` inside the array that they meet, of which the
/// first has the indices `y_start`.
pub fn estimate<T: Scalar>(
    mut h: ArrayViewMutD<'_, T>,
    y: ArrayViewD<'_, T>,
    y_start: &[usize],
    of: &Estimate<'_, T>,
) {
    let last = of.knots.len() - 1;
    let lengths =
        |ranges: &[Range<usize>]| -> Vec<usize> { ranges.iter().map(Range::len).collect() };
    let (filters, taps) = (lengths(&of.filters), lengths(&of.taps));
    let mut sums = vec![C128::default(); h.len()];
    let (x, y) = (Rows::of(&of.signal, &of.start), Rows::of(&y, y_start));
    let outer = of.signal.shape()[..last].to_vec();
    let samples = of.start[last]..of.start[last] + of.signal.len_of(Axis(last));
    let each = taps.iter().product::<usize>();
    for cell in of.knots[last].cells(samples) {
        for start in cell.samples.clone().step_by(STRIP) {
            let count = STRIP.min(cell.samples.end - start);
            let (len, reach) =
                (count.next_multiple_of(lanes::<T>()), taps[last].next_multiple_of(SHIFTS));
            let from = (start + of.taps[last].start) as isize - of.centre[last] as isize;
            let columns = from..from + (len + reach) as isize;
            let (mut plain, mut weighted) = (Buffer::<T>::zeros(len), Buffer::<T>::zeros(len));
            each_index(&outer, |p| {
                let at: Vec<isize> =
                    p.iter().zip(&of.start).map(|(p, start)| (p + start) as isize).collect();
                let Some(row) = x.row(&at) else { return };
                let row = &row[start - of.start[last]..][..count];
                for (k, &x) in row.iter().enumerate() {
                    let weight = T::Real::rounded(cell.weight((start + k) as isize));
                    (plain[k], weighted[k]) = (x, x.scale(weight));
                }
                let first: Vec<isize> = (0..last)
                    .map(|a| at[a] + of.taps[a].start as isize - of.centre[a] as isize)
                    .collect();
                let near = Packed::new(&y, &first, &taps[..last], columns.clone(), columns.clone());
                let across = of.across(&at);
                for (m, y) in near.rows().chunks_exact(near.width()).enumerate() {
                    for n in (0..taps[last]).step_by(SHIFTS) {
                        let found = dots_of(&plain, &weighted, &y[n..]);
                        for (shift, [all, after]) in found.into_iter().enumerate() {
                            if n + shift >= taps[last] {
                                break;
                            }
                            let tap = m * taps[last] + n + shift;
                            for &(row, weight) in &across {
                                for (filter, part) in
                                    [(cell.filter, all - after), (cell.filter + 1, after)]
                                {
                                    if of.filters[last].contains(&filter) {
                                        let k =
                                            row * filters[last] + filter - of.filters[last].start;
                                        sums[k * each + tap] += part * weight;
                                    }
                                }
                            }
                        }
                    }
                }
            });
        }
    }
    h.iter_mut().zip(sums).for_each(|(h, sum)| *h = T::from_c128(sum));
}

impl<T> Estimate<'_, T> {
    /// The filters along the outer axes that count for a row, counted from the first, and their weights.
    fn across(&self, at: &[isize]) -> Vec<(usize, f64)> {
        let mut all = vec![(0, 1.0)];
        for (a, &p) in at.iter().enumerate() {
            let (k, w) = self.knots[a].between(p as usize);
            let range = &self.filters[a];
            let around = [(k, 1.0 - w), (k + 1, w)];
            let some = around.into_iter().filter(|(k, w)| range.contains(k) && *w != 0.0);
            let some: Vec<(usize, f64)> = some.collect();
            let with = |&(row, weight): &(usize, f64)| -> Vec<(usize, f64)> {
                let next =
                    |&(k, w): &(usize, f64)| (row * range.len() + k - range.start, weight * w);
                some.iter().map(next).collect()
            };
            all = all.iter().flat_map(with).collect();
        }
        all
    }
}

/// Elements that are multiplied at once.
fn lanes<T: Scalar>() -> usize {
    64 / size_of::<T::Real>()
}

/// `sum_k x_k y_{k+s}` and `sum_k w_k y_{k+s}` for the first shifts `s`.
fn dots_of<T: Scalar>(x: &[T], w: &[T], y: &[T]) -> [[C128; 2]; SHIFTS] {
    vectorized(
        #[inline(always)]
        || if lanes::<T>() == 16 { dots::<T, 16>(x, w, y) } else { dots::<T, 8>(x, w, y) },
    )
}

#[inline(always)]
fn dots<T: Scalar, const L: usize>(x: &[T], w: &[T], y: &[T]) -> [[C128; 2]; SHIFTS] {
    let (mut all, mut after) = ([[T::default(); L]; SHIFTS], [[T::default(); L]; SHIFTS]);
    for k in (0..x.len()).step_by(L) {
        let (x, w, y) = (&x[k..k + L], &w[k..k + L], &y[k..k + L + SHIFTS - 1]);
        for s in 0..SHIFTS {
            for l in 0..L {
                all[s][l] = x[l].mul_add(y[l + s], all[s][l]);
            }
        }
        for s in 0..SHIFTS {
            for l in 0..L {
                after[s][l] = w[l].mul_add(y[l + s], after[s][l]);
            }
        }
    }
    let sum = |lanes: &[T; L]| lanes.iter().map(|v| v.to_c128()).sum::<C128>();
    std::array::from_fn(|s| [sum(&all[s]), sum(&after[s])])
}
