//! Rows of a model added to traces along curves, and traces summed along them, the Radon transform:
//!
//! ```text
//! d_{h,k} += (1-w) m_{p,t},   d_{h,k+1} += w m_{p,t},   k + w = t + c_{p,h}   or   sqrt(t^2 + c_{p,h})
//! ```
//! and its transpose; without interpolation w = 0. A sample is dropped unless `0 <= k + w < nt - 1`, or
//! `< nt` without interpolation. `c` is a sum of two terms, one of each spatial axis, that is computed
//! where it is needed: memory grows with the axes, not with their product.
//!
//! Where `c` is a shift, samples that are neighbours stay neighbours: a row is added to a trace, or a
//! trace to a row, by vector instructions. Sums are in double precision; each trace adds its rows, and
//! each row its traces, in one order however the work is cut.

mod curved;
mod shifts;

use ndarray::{ArrayView2, ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::Buffer;
use crate::kernels::rows::{parts, reals_mut};
use crate::scalar::{Real, Scalar};

/// The curves that rows are added along.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// Hyperbolas `sqrt(t^2 + c)` with `c = (x/p_x)^2 + (y/p_y)^2`; else shifts `t + p_x x + p_y y`.
    pub hyperbolic: bool,
    /// Whether to interpolate between two samples.
    pub interp: bool,
    /// Slopes along y and along x, in samples; the model's rows are their pairs. Empty if a table holds
    /// the shifts.
    pub slopes: [Vec<f64>; 2],
    /// Positions along y and along x; traces are their pairs.
    pub positions: [Vec<f64>; 2],
}

impl Curves {
    /// Shifts that a table holds.
    pub fn given(interp: bool) -> Curves {
        Curves {
            hyperbolic: false,
            interp,
            slopes: Default::default(),
            positions: Default::default(),
        }
    }

    /// Whether a table holds the shifts.
    pub fn are_given(&self) -> bool {
        self.slopes[1].is_empty()
    }

    /// Rows of the model, and traces.
    pub fn counts(&self) -> [usize; 2] {
        [&self.slopes, &self.positions].map(|[y, x]| y.len() * x.len())
    }

    /// The two terms of `c`, that of x first, in PyLops' order of rounding.
    fn terms(&self, [py, px]: [f64; 2], [y, x]: [f64; 2]) -> [f64; 2] {
        match self.hyperbolic {
            true => [(x / px) * (x / px), (y / py) * (y / py)],
            false => [px * x, py * y],
        }
    }

    /// The sample of a trace that a curve passes which begins at sample `t`; NaN if there is none.
    #[inline(always)]
    fn sample(&self, t: f64, [first, second]: [f64; 2]) -> f64 {
        match self.hyperbolic {
            true => (t * t + first + second).sqrt(),
            false => t + first + second,
        }
    }

    /// The sample of trace `h` that the curve of row `p` passes which begins at sample `t`, and whether
    /// it is one of `nt`.
    #[cfg(test)]
    pub(crate) fn passes(&self, [p, h]: [usize; 2], t: usize, nt: usize) -> (f64, bool) {
        let u = self.sample(t as f64, self.terms(pair(&self.slopes, p), pair(&self.positions, h)));
        (u, self.keeps(u, nt))
    }

    #[inline(always)]
    fn keeps(&self, u: f64, nt: usize) -> bool {
        u >= 0.0 && u < nt as f64 - f64::from(u8::from(self.interp))
    }
}

/// Number `i` of the pairs of two axes, the second of which is the fast one.
fn pair([first, second]: &[Vec<f64>; 2], i: usize) -> [f64; 2] {
    [first[i / second.len()], second[i % second.len()]]
}

/// Curves between some rows that are filled and all rows that are read, as a kernel wants them.
struct Pairs<'a> {
    curves: &'a Curves,
    /// `(rows, traces)`
    table: Option<ArrayView2<'a, f64>>,
    /// Whether traces are read.
    transpose: bool,
    /// Rows of the box that are filled, and of what is read.
    counts: [usize; 2],
    /// Slopes of rows, or positions of traces, that are filled and that are read.
    out: Vec<[f64; 2]>,
    read: Vec<[f64; 2]>,
}

impl<'a> Pairs<'a> {
    fn new(
        curves: &'a Curves,
        table: Option<ArrayView2<'a, f64>>,
        transpose: bool,
        out: std::ops::Range<usize>,
        read: usize,
    ) -> Self {
        let of = |axes: &[Vec<f64>; 2], range: std::ops::Range<usize>| match table {
            Some(_) => Vec::new(),
            None => range.map(|i| pair(axes, i)).collect(),
        };
        let (filled, others) = match transpose {
            true => (&curves.slopes, &curves.positions),
            false => (&curves.positions, &curves.slopes),
        };
        let counts = [out.len(), read];
        let (out, read) = (of(filled, out), of(others, 0..read));
        Pairs { curves, table, transpose, counts, out, read }
    }

    /// The two terms of `c` between row `i` of those filled and row `j` of those read.
    #[inline(always)]
    fn terms(&self, i: usize, j: usize) -> [f64; 2] {
        match (self.table, self.transpose) {
            (Some(table), false) => [table[[j, i]], 0.0],
            (Some(table), true) => [table[[i, j]], 0.0],
            (None, false) => self.curves.terms(self.read[j], self.out[i]),
            (None, true) => self.curves.terms(self.out[i], self.read[j]),
        }
    }
}

/// Fills a box `(.., traces, samples)` of the data from `(.., rows, nt)` of the model, or one of the model
/// from the data if `transpose`. `first` is the box's first row and sample; rows of `x` are
/// consecutive. A table has the box's columns, or its rows.
pub fn radon<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    first: [usize; 2],
    x: ArrayViewD<'_, T>,
    curves: &Curves,
    table: Option<ArrayView2<'_, f64>>,
    transpose: bool,
) {
    let axes = y.ndim();
    let [count, samples] = [axes - 2, axes - 1].map(|axis| y.len_of(Axis(axis)));
    let [rows, nt] = [axes - 2, axes - 1].map(|axis| x.len_of(Axis(axis)));
    let pairs = Pairs::new(curves, table, transpose, first[0]..first[0] + count, rows);
    let read: Vec<&[T]> = x
        .rows()
        .into_iter()
        .map(|row| match row.to_slice() {
            Some(row) => row,
            None => unreachable!("rows are consecutive"),
        })
        .collect();
    let mut sums = Buffer::<f64>::zeros(y.len() * parts::<T>());
    let span = first[1]..first[1] + samples;
    match (curves.hyperbolic, parts::<T>()) {
        (false, 1) => shifts::add::<T, 1>(&mut sums, &read, &pairs, span, nt),
        (false, _) => shifts::add::<T, 2>(&mut sums, &read, &pairs, span, nt),
        (true, 1) => curved::add::<T, 1>(&mut sums, &read, &pairs, span, nt),
        (true, _) => curved::add::<T, 2>(&mut sums, &read, &pairs, span, nt),
    }
    let mut row = vec![T::default(); samples];
    let sums = sums.chunks_exact(samples * parts::<T>());
    for (mut y, sums) in y.rows_mut().into_iter().zip(sums) {
        for (to, from) in reals_mut(&mut row).iter_mut().zip(sums) {
            *to = T::Real::rounded(*from);
        }
        y.iter_mut().zip(&row).for_each(|(y, v)| *y = *v);
    }
}
