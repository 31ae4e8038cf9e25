//! `y_k = exp(2 pi i f_k s) x_k` along an axis: a shift by `-s` in the frequency domain.
//!
//! Numbers of a geometric sequence: sines and cosines are computed for one frequency of 64, the others
//! follow by products.

use std::f64::consts::TAU;

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::scalar::{C128, Scalar};

/// Frequencies that follow from one.
const RUN: usize = 64;
/// Numbers that are multiplied side by side.
const LANES: usize = 8;

/// The frequencies of the samples of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frequencies {
    /// Distance between neighbours.
    pub step: f64,
    /// Length of the axis if its second half are the negative frequencies.
    pub wraps: Option<usize>,
}

impl Frequencies {
    /// The number of a sample's frequency.
    fn number(self, k: usize) -> isize {
        match self.wraps {
            Some(n) if 2 * k >= n => k as isize - n as isize,
            _ => k as isize,
        }
    }

    /// Where the run of a sample begins.
    fn run(self, k: usize) -> usize {
        let start = k / RUN * RUN;
        match self.wraps {
            Some(n) if n.div_ceil(2) <= k => start.max(n.div_ceil(2)),
            _ => start,
        }
    }

    /// Where the run of a sample ends.
    fn end(self, k: usize) -> usize {
        let end = (k / RUN + 1) * RUN;
        match self.wraps {
            Some(n) if k < n.div_ceil(2) => end.min(n.div_ceil(2)),
            _ => end,
        }
    }

    /// `exp(2 pi i f_k s)`
    fn turn(self, k: usize, s: f64) -> C128 {
        turned(self.step * s, self.number(k))
    }
}

/// `exp(2 pi i number turns)`
fn turned(turns: f64, number: isize) -> C128 {
    let turns = turns * number as f64;
    let (sin, cos) = (TAU * (turns - turns.round())).sin_cos();
    C128::new(cos, sin)
}

/// Turns `y`, whose first index along the axis is `start`, by shifts that broadcast over the other axes.
pub fn turn<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    start: usize,
    shifts: ArrayViewD<'_, f64>,
    axis: usize,
    of: Frequencies,
    sign: f64,
) {
    let mut dims = y.shape().to_vec();
    dims[axis] = 1;
    let Some(shifts) = shifts.broadcast(dims) else { unreachable!("the graph has checked shifts") };
    if axis + 1 == y.ndim() {
        for (lane, s) in y.lanes_mut(Axis(axis)).into_iter().zip(shifts.iter()) {
            along(lane, start, of, sign * s);
        }
        return;
    }
    // Rows of one frequency each, with numbers for all columns, from the start of its run.
    let s: Vec<f64> = shifts.iter().map(|s| sign * s).collect();
    let one: Vec<C128> = s.iter().map(|s| turned(of.step * s, 1)).collect();
    let mut z = vec![C128::default(); s.len()];
    let first = of.run(start);
    for k in first..start + y.len_of(Axis(axis)) {
        if k == of.run(k) {
            z.iter_mut().zip(&s).for_each(|(z, s)| *z = of.turn(k, *s));
        } else {
            z.iter_mut().zip(&one).for_each(|(z, one)| *z *= one);
        }
        if k >= start {
            let row = y.index_axis_mut(Axis(axis), k - start);
            row.into_iter().zip(&z).for_each(|(y, z)| *y *= T::from_c128(*z));
        }
    }
}

/// Turns one lane by one shift.
fn along<T: Scalar>(mut y: ndarray::ArrayViewMut1<'_, T>, start: usize, of: Frequencies, s: f64) {
    let mut powers = [C128::new(1.0, 0.0); LANES];
    let one = turned(of.step * s, 1);
    for l in 1..LANES {
        powers[l] = powers[l - 1] * one;
    }
    let next = powers[LANES - 1] * one;
    let (mut k, stop) = (start, start + y.len());
    while k < stop {
        let (from, to) = (of.run(k), of.end(k).min(stop));
        let seed = of.turn(from, s);
        let mut z = powers.map(|power| seed * power);
        for base in (from..to).step_by(LANES) {
            for l in 0..LANES.min(to - base) {
                if base + l >= k {
                    y[base + l - start] *= T::from_c128(z[l]);
                }
            }
            z.iter_mut().for_each(|z| *z *= next);
        }
        k = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn every_frequency_is_turned_by_its_own_angle() {
        for wraps in [None, Some(333), Some(334)] {
            let of = Frequencies { step: 0.25, wraps };
            let (n, shifts) = (334 - wraps.map_or(0, |n| 334 - n), [0.0, 1.75, -1234.5]);
            let right = |k: usize, s: f64| {
                let k = match wraps {
                    Some(n) if 2 * k >= n => k as f64 - n as f64,
                    _ => k as f64,
                };
                C128::from_polar(1.0, TAU * (0.25 * k * s).rem_euclid(1.0))
            };
            for (from, to) in [(0, n), (1, 100), (63, 64), (70, 75), (150, n)] {
                let ones = Array2::from_elem((3, to - from), C128::new(1.0, 0.0));
                let s = Array2::from_shape_fn((3, 1), |(j, _)| shifts[j]).into_dyn();
                let mut across = ones.clone().into_dyn();
                turn(across.view_mut(), from, s.view(), 1, of, 1.0);
                let mut down = ones.t().to_owned().into_dyn();
                turn(down.view_mut(), from, s.t(), 0, of, -1.0);
                for j in 0..3 {
                    for k in from..to {
                        let (a, b) = (across[[j, k - from]], down[[k - from, j]].conj());
                        let expected = right(k, shifts[j]);
                        assert!((a - expected).norm() < 1e-12, "{wraps:?}: {j}, {k}: {a}");
                        assert!((b - expected).norm() < 1e-12, "{wraps:?}: {j}, {k}: {b}");
                    }
                }
            }
        }
    }
}
