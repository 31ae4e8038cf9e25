//! Filters that vary with the sample that they are applied to.
//!
//! ```text
//! y_q = sum_p x_p h^(p)_{q-p+c},     x_p = sum_q y_q h^(p)_{q-p+c},     h^(p) = sum_f w_f(p) h_f
//! ```
//! with weights `w_f(p)` that are products of linear interpolations along each axis. Across rows, filters
//! are interpolated once for every row. Along a row, between two knots, `h^(p) = A + w_p B`, so there are
//! two sums with constant taps: that of `x` with `A` and that of `w x` with `B`.

use std::ops::Range;

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::knots::{Cell, Knots};
use crate::kernels::rows::parts;
use crate::kernels::strips::{AROUND, Into, Packed, Rows, Sums, Taps, Target, each_index};
use crate::scalar::{Real, Scalar};

/// Filters at the knots of some axes.
#[derive(Clone, Debug)]
pub struct Bank<'a, T> {
    /// Where filters are known, for each axis of the array that is filtered.
    pub knots: Vec<Option<&'a Knots>>,
    /// Taps along each axis of the array, an odd number: 1 where it is not filtered.
    pub taps: Vec<usize>,
    /// Filters that are at hand along each axis of the array: 0..1 where it is not filtered.
    pub filters: Vec<Range<usize>>,
    /// Their taps, filter by filter.
    pub values: Vec<T>,
}

/// Where a filter is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A sample is spread by its filter: from `x` to `y` above.
    Spread,
    /// A sample is collected by its filter: from `y` to `x`.
    Collect,
}

/// Between which filters the rows are that a target is computed from, or its own rows.
struct Across {
    /// For each row along each outer axis, the filter at or before it, counted from the first at hand,
    /// the next, and its weight.
    between: Vec<Vec<(usize, usize, f64)>>,
    /// Whether taps along an axis fall on rows with other filters.
    follows: Vec<bool>,
}

/// Fills `y`, whose first element has the indices `y_start`, from `x`, whose first has `x_start`. `x`
/// holds all samples inside the array that `y` needs.
pub fn apply<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    y_start: &[usize],
    x: ArrayViewD<'_, T>,
    x_start: &[usize],
    mut bank: Bank<'_, T>,
    way: Way,
) {
    let (last, wide) = (y.ndim() - 1, parts::<T>());
    if way == Way::Spread {
        // y_q = sum_m h^(q-c+m)_{taps-1-m} x_{q-c+m}
        let all = bank.taps.iter().product();
        bank.values.chunks_exact_mut(all).for_each(<[T]>::reverse);
    }
    let centre: Vec<usize> = bank.taps.iter().map(|taps| taps / 2).collect();
    let complex = wide > 1 && bank.values.iter().any(|h| h.to_c128().im != 0.0);
    let sums = Sums::new::<T>(&bank.taps, complex);
    let dims = y.shape().to_vec();
    let first: Vec<isize> = (0..last).map(|a| y_start[a] as isize - centre[a] as isize).collect();
    let rows = sums.rows(&dims[..last]);
    let across = Across::new(&bank, &first, &rows, &centre, way);
    let vary = bank.knots[..last].iter().any(Option::is_some);
    let own = y_start[last]..y_start[last] + dims[last];
    let there = x_start[last]..x_start[last] + x.len_of(Axis(last));
    let cells = match (bank.knots[last], way) {
        (Some(knots), Way::Spread) => knots.cells(there),
        (Some(knots), Way::Collect) => knots.cells(own.clone()),
        (None, _) => vec![Cell { samples: own.clone(), filter: 0, gap: None }],
    };
    let x = Rows::of(&x, x_start).reals();
    let mut target = Target::of(&mut y);
    if way == Way::Spread {
        target.clear();
    }
    let strip = (sums.strip::<T::Real>(&dims[..last], AROUND) / wide).max(1);
    let reals = |sample: isize| sample * wide as isize;
    for cell in &cells {
        let reach = if way == Way::Spread { centre[last] } else { 0 };
        let (lo, hi) = (cell.samples.start.saturating_sub(reach), cell.samples.end + reach);
        let (lo, hi) = (lo.max(own.start), hi.min(own.end));
        for start in (lo..hi).step_by(strip) {
            let count = strip.min(hi - start);
            let from = start as isize - centre[last] as isize;
            let columns = sums.columns::<T::Real>(reals(from), count * wide);
            let within = match way {
                Way::Spread => reals(cell.samples.start as isize)..reals(cell.samples.end as isize),
                Way::Collect => columns.clone(),
            };
            let packed = Packed::new(&x, &first, &rows, columns.clone(), within);
            let weights = |columns: Range<isize>| -> Vec<T::Real> {
                let of = |column: isize| cell.weight(column.div_euclid(wide as isize));
                columns.map(|column| T::Real::rounded(of(column))).collect()
            };
            let place = (start - own.start) * wide;
            let into =
                Into { first: place, count: count * wide, weights: None, add: way == Way::Spread };
            let fill = &mut |row: &[usize], to: &mut [T]| across.fill(&bank, row, cell, false, to);
            sums.run(&mut target, into, &packed, Taps { fill, vary });
            if cell.gap.is_none() {
                continue;
            }
            let fill = &mut |row: &[usize], to: &mut [T]| across.fill(&bank, row, cell, true, to);
            let taps = Taps { fill, vary };
            match way {
                Way::Spread => {
                    sums.run(&mut target, into, &packed.weighted(&weights(columns)), taps);
                }
                Way::Collect => {
                    let start = reals(start as isize);
                    let weights = weights(start..start + into.count as isize);
                    let into = Into { weights: Some(&weights), add: true, ..into };
                    sums.run(&mut target, into, &packed, taps);
                }
            }
        }
    }
}

impl Across {
    fn new<T>(
        bank: &Bank<'_, T>,
        first: &[isize],
        rows: &[usize],
        centre: &[usize],
        way: Way,
    ) -> Across {
        let between = |a: usize| {
            let Some(knots) = bank.knots[a] else { return vec![(0, 0, 0.0); rows[a]] };
            let first = first[a] + if way == Way::Spread { 0 } else { centre[a] as isize };
            let at_hand = &bank.filters[a];
            let local = |k: usize| k.clamp(at_hand.start, at_hand.end - 1) - at_hand.start;
            let at = |r: usize| {
                let (k, w) = knots.between((first + r as isize).max(0) as usize);
                (local(k), local(k + 1), w)
            };
            (0..rows[a]).map(at).collect()
        };
        let follows = (0..rows.len()).map(|a| way == Way::Spread && bank.knots[a].is_some());
        Across { between: (0..rows.len()).map(between).collect(), follows: follows.collect() }
    }

    /// Between which filters a row is along an axis, for a tap.
    fn at(&self, axis: usize, row: usize, tap: usize) -> (usize, usize, f64) {
        let row = if self.follows[axis] { row + tap } else { row };
        // The last row may go with one that is not there.
        self.between[axis].get(row).copied().unwrap_or_default()
    }

    /// The taps of a row of the target: those of a cell's filter, or their differences to the next one's.
    fn fill<T: Scalar>(
        &self,
        bank: &Bank<'_, T>,
        row: &[usize],
        cell: &Cell,
        difference: bool,
        out: &mut [T],
    ) {
        let outer = row.len();
        let (all, last) = (bank.taps.iter().product::<usize>(), bank.taps[outer]);
        let along = bank.filters[outer].len();
        let filter = cell.filter - bank.filters[outer].start;
        out.fill(T::default());
        let mut add = |row: usize, weight: f64, tap: usize| {
            let h = &bank.values[(row * along + filter) * all + tap * last..];
            let (out, weight) = (&mut out[tap * last..(tap + 1) * last], T::Real::rounded(weight));
            if difference {
                let both = h.iter().zip(&h[all..]);
                out.iter_mut()
                    .zip(both)
                    .for_each(|(out, (h, next))| *out += (*next - *h).scale(weight));
            } else {
                out.iter_mut().zip(h).for_each(|(out, h)| *out += h.scale(weight));
            }
        };
        let Some(inner) = outer.checked_sub(1) else { return add(0, 1.0, 0) };
        // Filters around the row along the axes before the last of them, and their weights.
        let (mut around, mut more) = (Vec::new(), Vec::new());
        let mut tap = 0;
        each_index(&bank.taps[..inner], |m| {
            around.clear();
            around.push((0, 1.0));
            for (a, m) in m.iter().enumerate() {
                let (before, after, w) = self.at(a, row[a], *m);
                more.clear();
                for (filter, weight) in &around {
                    let filter = filter * bank.filters[a].len();
                    more.push((filter + before, weight * (1.0 - w)));
                    if w != 0.0 {
                        more.push((filter + after, weight * w));
                    }
                }
                std::mem::swap(&mut around, &mut more);
            }
            for m in 0..bank.taps[inner] {
                let (before, after, w) = self.at(inner, row[inner], m);
                for (filter, weight) in &around {
                    let filter = filter * bank.filters[inner].len();
                    add(filter + before, weight * (1.0 - w), tap);
                    if w != 0.0 {
                        add(filter + after, weight * w, tap);
                    }
                }
                tap += 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, Slice};

    /// `y_q = sum_p x_p h^(p)_{q-p+c}` in a plane, filters interpolated sample by sample.
    fn spread(x: &ArrayD<f64>, h: &ArrayD<f64>, knots: &[Knots; 2]) -> ArrayD<f64> {
        let (taps, mut y) = ([h.shape()[2], h.shape()[3]], ArrayD::zeros(x.raw_dim()));
        for (p, x) in x.indexed_iter() {
            let [(i, v), (j, w)] = [0, 1].map(|a| knots[a].between(p[a]));
            for (m, n) in (0..taps[0]).flat_map(|m| (0..taps[1]).map(move |n| (m, n))) {
                let part = |i: usize, j: usize, weight: f64| {
                    if weight == 0.0 { 0.0 } else { weight * h[[i, j, m, n].as_slice()] }
                };
                let h = part(i, j, (1.0 - v) * (1.0 - w))
                    + part(i + 1, j, v * (1.0 - w))
                    + part(i, j + 1, (1.0 - v) * w)
                    + part(i + 1, j + 1, v * w);
                let q = [p[0] + m, p[1] + n];
                let to = [q[0].wrapping_sub(taps[0] / 2), q[1].wrapping_sub(taps[1] / 2)];
                if let Some(y) = y.get_mut(to.as_slice()) {
                    *y += x * h;
                }
            }
        }
        y
    }

    #[test]
    fn a_part_of_the_data_is_spread_from_the_samples_around_it() {
        let knots = [vec![1, 4, 5], vec![0, 13, 40, 41, 90]].map(|at| Knots::new(at).unwrap());
        let value = |k: usize| ((k as f64 + 1.0) * 1.7).sin();
        let mut k = 0;
        let mut next = || {
            k += 1;
            value(k)
        };
        let x = ArrayD::from_shape_simple_fn(vec![9, 101], &mut next);
        let h = ArrayD::from_shape_simple_fn(vec![3, 5, 3, 5], &mut next);
        let expected = spread(&x, &h, &knots);
        for (rows, columns) in [(0..9, 0..101), (2..5, 10..60), (3..4, 41..42), (8..9, 95..101)] {
            let out: [Range<usize>; 2] = [rows.clone(), columns.clone()];
            let reach = [1_usize, 2];
            let from: Vec<Range<usize>> = (0..2)
                .map(|a| {
                    out[a].start.saturating_sub(reach[a])..(out[a].end + reach[a]).min(x.shape()[a])
                })
                .collect();
            let filters: Vec<Range<usize>> = (0..2).map(|a| knots[a].filters(&from[a])).collect();
            let part = |of: &ArrayD<f64>, b: &[Range<usize>]| {
                of.slice_each_axis(|a| match b.get(a.axis.index()) {
                    Some(range) => Slice::from(range.clone()),
                    None => Slice::from(..),
                })
                .to_owned()
            };
            let bank = Bank {
                knots: knots.iter().map(Some).collect(),
                taps: vec![3, 5],
                filters: filters.clone(),
                values: part(&h, &filters).into_iter().collect(),
            };
            let expected = part(&expected, &out);
            let mut y = expected.mapv(|_| f64::NAN);
            let start = [out[0].start, out[1].start];
            let x_start = [from[0].start, from[1].start];
            apply(y.view_mut(), &start, part(&x, &from).view(), &x_start, bank, Way::Spread);
            let error = (&y - &expected).iter().fold(0.0_f64, |m, e| m.max(e.abs()));
            assert!(error < 1e-13, "rows {rows:?}, columns {columns:?}: off by {error}");
        }
    }
}
