//! Band-limited traces moved by amounts that vary along them: sinc interpolation at
//! `p_j = j - factor s_j`,
//!
//! ```text
//! y_j = sum_i sinc(p_j - i) x_i = sin(pi p_j)/pi sum_i (-1)^i x_i / (p_j - i)
//! ```
//! so the sum costs one division a term, and no sines. With `p_j = r + t`, `|t| <= 1/2`,
//! `sin(pi p_j) = (-1)^r sin(pi t)` is exact near the samples. Sums are in double precision, in one order.

use std::f64::consts::PI;

use crate::kernels::rows::{parts, vectorized};
use crate::scalar::{C128, Scalar};

/// Results whose sums are in registers.
const BLOCK: usize = 16;

/// A trace in double precision, to be moved again and again.
#[derive(Debug)]
pub struct Mover {
    /// Real and imaginary parts, and what they are made of.
    parts: Vec<[Vec<f64>; 2]>,
    /// `p_j`, or a place between samples if it is one.
    places: Vec<f64>,
    /// `sin(pi p_j)/pi`
    sines: Vec<f64>,
    /// Results that are samples: which, and of what.
    samples: Vec<(usize, usize)>,
    /// `0, 1, 2, ..`
    grid: Vec<f64>,
}

impl Mover {
    /// Room for traces of `n` samples.
    pub fn new<T: Scalar>(n: usize) -> Mover {
        Mover {
            parts: (0..parts::<T>()).map(|_| [vec![0.0; n], vec![0.0; n]]).collect(),
            places: vec![0.0; n],
            sines: vec![0.0; n],
            samples: Vec::new(),
            grid: (0..n).map(|i| i as f64).collect(),
        }
    }

    /// Takes a trace.
    pub fn load<T: Scalar>(&mut self, trace: &[T]) {
        for (k, [part, _]) in self.parts.iter_mut().enumerate() {
            let of = |z: C128| if k == 0 { z.re } else { z.im };
            part.iter_mut().zip(trace).for_each(|(part, x)| *part = of(x.to_c128()));
        }
    }

    /// Gives the trace.
    pub fn store<T: Scalar>(&self, trace: &mut [T]) {
        for (i, x) in trace.iter_mut().enumerate() {
            let part = |k: usize| self.parts.get(k).map_or(0.0, |[part, _]| part[i]);
            *x = T::from_c128(C128::new(part(0), part(1)));
        }
    }

    /// Moves the trace by `factor s_j`, or applies the transpose of that.
    pub fn shift(&mut self, slopes: &[f64], factor: f64, transpose: bool) {
        self.place(slopes, factor);
        let Mover { parts, places, sines, samples, grid } = self;
        for [part, copy] in parts {
            std::mem::swap(part, copy);
            let kept: Vec<f64> = match transpose {
                true => samples.iter().map(|&(j, _)| copy[j]).collect(),
                false => samples.iter().map(|&(_, i)| copy[i]).collect(),
            };
            if transpose {
                copy.iter_mut().zip(&*sines).for_each(|(y, s)| *y *= -s);
                vectorized(
                    #[inline(always)]
                    || quotients(part, grid, copy, places),
                );
                alternate(part);
                samples.iter().zip(kept).for_each(|(&(_, i), y)| part[i] += y);
            } else {
                alternate(copy);
                vectorized(
                    #[inline(always)]
                    || quotients(part, places, copy, grid),
                );
                part.iter_mut().zip(&*sines).for_each(|(y, s)| *y *= s);
                samples.iter().zip(kept).for_each(|(&(j, _), x)| part[j] = x);
            }
        }
    }

    fn place(&mut self, slopes: &[f64], factor: f64) {
        self.samples.clear();
        let n = self.grid.len();
        let each = self.places.iter_mut().zip(&mut self.sines).zip(slopes);
        for (j, ((place, sine), slope)) in each.enumerate() {
            let p = factor.mul_add(-slope, j as f64);
            let nearest = p.round();
            let sign = if nearest.rem_euclid(2.0) == 0.0 { 1.0 } else { -1.0 };
            *place = p;
            *sine = sign * (PI * (p - nearest)).sin() / PI;
            if p == nearest {
                (*place, *sine) = (0.5, 0.0);
                if (0.0..n as f64).contains(&p) {
                    self.samples.push((j, p as usize));
                }
            }
        }
    }
}

/// Every other sample, from the second, changes its sign.
fn alternate(x: &mut [f64]) {
    x.iter_mut().skip(1).step_by(2).for_each(|x| *x = -*x);
}

/// `y_k = sum_l a_l / (p_k - q_l)`
#[inline(always)]
fn quotients(y: &mut [f64], p: &[f64], a: &[f64], q: &[f64]) {
    for (y, p) in y.chunks_mut(BLOCK).zip(p.chunks(BLOCK)) {
        let (mut at, mut sum) = ([0.5; BLOCK], [0.0; BLOCK]);
        at[..p.len()].copy_from_slice(p);
        for (a, q) in a.iter().zip(q) {
            for k in 0..BLOCK {
                sum[k] += a / (at[k] - q);
            }
        }
        y.copy_from_slice(&sum[..y.len()]);
    }
}
