//! Sums over the rows around a row: what filters over several axes come down to.
//!
//! ```text
//! y_q = sum_m g_m x_{q + m},   m in 0 .. taps along every axis
//! ```
//! The rows of `x` that rows of `y` need are packed, a strip of columns at a time, with zeros where the
//! array ends. What is left to do has no ends to look at: blocks of columns whose sums stay in registers.

use std::ops::Range;

use bytemuck::Pod;
use ndarray::{ArrayViewD, ArrayViewMutD};

use crate::kernels::Buffer;
use crate::kernels::rows::{parts, reals, reals_mut, vectorized};
use crate::scalar::{Real, Scalar};

/// Bytes of packed rows that stay in the first-level cache, and in the second.
pub(super) const NEAR: usize = 24 * 1024;
pub(super) const AROUND: usize = 128 * 1024;

/// The rows of a box of an array, along its last axis.
pub(super) struct Rows<'a, E> {
    rows: Vec<&'a [E]>,
    /// Rows along each axis but the last, and the index of the first.
    dims: Vec<usize>,
    start: Vec<isize>,
    /// Index of the first column.
    column: isize,
}

impl<'a, E> Rows<'a, E> {
    /// The rows of a view whose first element has these indices; its rows are consecutive.
    pub(super) fn of(x: &'a ArrayViewD<'_, E>, start: &[usize]) -> Rows<'a, E> {
        let last = x.ndim() - 1;
        let start: Vec<isize> = start.iter().map(|&s| s as isize).collect();
        let rows = x.rows().into_iter().map(|row| match row.to_slice() {
            Some(row) => row,
            None => unreachable!("rows are consecutive"),
        });
        let (rows, dims) = (rows.collect(), x.shape()[..last].to_vec());
        Rows { rows, dims, start: start[..last].to_vec(), column: start[last] }
    }

    /// The row of these indices, if there is one.
    pub(super) fn row(&self, index: &[isize]) -> Option<&'a [E]> {
        let mut flat = 0;
        for ((&i, &start), &n) in index.iter().zip(&self.start).zip(&self.dims) {
            let i = usize::try_from(i - start).ok().filter(|&i| i < n)?;
            flat = flat * n + i;
        }
        Some(self.rows[flat])
    }
}

impl<'a, T: Scalar> Rows<'a, T> {
    /// The same rows as the reals that they are made of.
    pub(super) fn reals(&self) -> Rows<'a, T::Real> {
        Rows {
            rows: self.rows.iter().map(|row| reals(row)).collect(),
            dims: self.dims.clone(),
            start: self.start.clone(),
            column: self.column * parts::<T>() as isize,
        }
    }
}

/// Calls `f` with every index of an array of these dims, in C order.
pub(super) fn each_index(dims: &[usize], mut f: impl FnMut(&[usize])) {
    if dims.contains(&0) {
        return;
    }
    let mut index = vec![0; dims.len()];
    loop {
        f(&index);
        let Some(axis) = (0..dims.len()).rev().find(|&a| index[a] + 1 < dims[a]) else { return };
        index[axis] += 1;
        index[axis + 1..].fill(0);
    }
}

/// Rows side by side, of one width.
pub(super) struct Packed<E: Pod> {
    data: Buffer<E>,
    width: usize,
}

impl<E: Pod> Packed<E> {
    /// The rows from `first` on, `dims` of them along each axis, at the given columns; zeros outside `x`
    /// and outside the columns `within`.
    pub(super) fn new(
        x: &Rows<'_, E>,
        first: &[isize],
        dims: &[usize],
        columns: Range<isize>,
        within: Range<isize>,
    ) -> Packed<E> {
        let width = columns.len();
        let mut data = Buffer::dirty(dims.iter().product::<usize>() * width);
        let mut at = vec![0; dims.len()];
        let mut k = 0;
        each_index(dims, |index| {
            for (at, (i, first)) in at.iter_mut().zip(index.iter().zip(first)) {
                *at = first + *i as isize;
            }
            let to = &mut data[k * width..(k + 1) * width];
            let row = x.row(&at).unwrap_or(&[]);
            let end = x.column + row.len() as isize;
            let lo = columns.start.max(x.column).max(within.start);
            let hi = columns.end.min(end).min(within.end);
            if lo < hi {
                let (before, after) =
                    ((lo - columns.start) as usize, (hi - columns.start) as usize);
                to[..before].fill(E::zeroed());
                to[before..after]
                    .copy_from_slice(&row[(lo - x.column) as usize..(hi - x.column) as usize]);
                to[after..].fill(E::zeroed());
            } else {
                to.fill(E::zeroed());
            }
            k += 1;
        });
        Packed { data, width }
    }

    /// All rows, one after another.
    pub(super) fn rows(&self) -> &[E] {
        &self.data
    }

    /// Length of a row.
    pub(super) fn width(&self) -> usize {
        self.width
    }
}

impl<R: Real> Packed<R> {
    /// Every row times weights of the same columns.
    pub(super) fn weighted(&self, weights: &[R]) -> Packed<R> {
        let mut data = Buffer::dirty(self.data.len());
        let rows = self.data.chunks_exact(self.width.max(1));
        for (to, from) in data.chunks_exact_mut(self.width.max(1)).zip(rows) {
            to.iter_mut().zip(from).zip(weights).for_each(|((to, x), w)| *to = *x * *w);
        }
        Packed { data, width: self.width }
    }
}

/// Rows that sums are written to.
pub(super) struct Target<'a, R> {
    rows: Vec<&'a mut [R]>,
    /// Rows along each axis but the last.
    dims: Vec<usize>,
}

impl<'a, R: Real> Target<'a, R> {
    /// The rows of a view, which are consecutive.
    pub(super) fn of<T: Scalar<Real = R>>(y: &'a mut ArrayViewMutD<'_, T>) -> Target<'a, R> {
        let dims = y.shape()[..y.ndim() - 1].to_vec();
        let rows = y.rows_mut().into_iter().map(|row| match row.into_slice() {
            Some(row) => reals_mut(row),
            None => unreachable!("rows are consecutive"),
        });
        Target { rows: rows.collect(), dims }
    }

    /// Zeros everywhere.
    pub(super) fn clear(&mut self) {
        self.rows.iter_mut().for_each(|row| row.fill(R::default()));
    }
}

/// What a block of sums is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Block {
    /// One row.
    Row,
    /// Two rows, so that every element of `x` that is loaded is used twice.
    Rows,
    /// The real and the imaginary parts of the taps, each times one row.
    Parts,
}

/// Sums over the rows and columns around.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    /// Taps along each axis but the last.
    outer: Vec<usize>,
    /// Taps along the last axis, and reals between two of them.
    last: usize,
    step: usize,
    block: Block,
}

/// Where sums go, and how.
#[derive(Clone, Copy)]
pub(super) struct Into<'a, R> {
    /// Columns of the target, in reals.
    pub(super) first: usize,
    pub(super) count: usize,
    /// Factors of the columns.
    pub(super) weights: Option<&'a [R]>,
    /// Whether they are added to what is there.
    pub(super) add: bool,
}

/// The taps of a row of the target, in the order of the rows and columns of `x`.
pub(super) struct Taps<'a, T> {
    pub(super) fill: &'a mut dyn FnMut(&[usize], &mut [T]),
    /// Whether every row has its own.
    pub(super) vary: bool,
}

impl Sums {
    /// Sums of elements of a type over so many taps along each axis.
    pub(super) fn new<T: Scalar>(taps: &[usize], complex: bool) -> Sums {
        let (outer, last) = (&taps[..taps.len() - 1], taps[taps.len() - 1]);
        let block = match outer.last() {
            _ if complex => Block::Parts,
            Some(&taps) if taps > 1 => Block::Rows,
            _ => Block::Row,
        };
        Sums { outer: outer.to_vec(), last, step: parts::<T>(), block }
    }

    /// Reals in a row of a block.
    fn width<R: Real>(&self) -> usize {
        (if self.block == Block::Row { 256 } else { 128 }) / size_of::<R>()
    }

    /// Rows of a target that are computed at once.
    fn at_once(&self) -> usize {
        if self.block == Block::Rows { 2 } else { 1 }
    }

    /// Rows of `x` along each axis for those of a target; the last one may go with one that is not there.
    pub(super) fn rows(&self, target: &[usize]) -> Vec<usize> {
        let mut rows = target.to_vec();
        if let Some(last) = rows.last_mut() {
            *last = last.next_multiple_of(self.at_once());
        }
        rows.iter().zip(&self.outer).map(|(n, taps)| n + taps - 1).collect()
    }

    /// Columns of a strip whose rows of `x` have so many bytes.
    pub(super) fn strip<R: Real>(&self, target: &[usize], bytes: usize) -> usize {
        let (rows, width) = (self.rows(target).iter().product::<usize>(), self.width::<R>());
        (bytes / (rows.max(1) * size_of::<R>())).max(4 * width).next_multiple_of(width)
    }

    /// Columns of `x` for so many of a target, from the one that its first tap falls on.
    pub(super) fn columns<R: Real>(&self, first: isize, count: usize) -> Range<isize> {
        let count = count.next_multiple_of(self.width::<R>()) + (self.last - 1) * self.step;
        first..first + count as isize
    }

    /// Sums over packed rows, of which the first is where the first tap of the first row falls.
    pub(super) fn run<T: Scalar>(
        &self,
        target: &mut Target<'_, T::Real>,
        into: Into<'_, T::Real>,
        x: &Packed<T::Real>,
        taps: Taps<'_, T>,
    ) {
        match (size_of::<T::Real>(), self.block) {
            (4, Block::Row) => self.run_in::<T, 64, 1>(target, into, x, taps),
            (_, Block::Row) => self.run_in::<T, 32, 1>(target, into, x, taps),
            (4, _) => self.run_in::<T, 32, 2>(target, into, x, taps),
            _ => self.run_in::<T, 16, 2>(target, into, x, taps),
        }
    }

    /// The same in blocks of `K` rows of `W` reals.
    fn run_in<T: Scalar, const W: usize, const K: usize>(
        &self,
        target: &mut Target<'_, T::Real>,
        into: Into<'_, T::Real>,
        x: &Packed<T::Real>,
        mut taps: Taps<'_, T>,
    ) {
        let at_once = self.at_once();
        let strides = strides(&self.rows(&target.dims));
        let split = |n: &[usize]| match n.split_last() {
            Some((last, before)) => (before.to_vec(), *last),
            None => (Vec::new(), 1),
        };
        let ((before, count), (taps_before, taps_last)) = (split(&target.dims), split(&self.outer));
        // A run is what consecutive rows of x are multiplied with; where the runs start.
        let run = (taps_last + at_once - 1) * self.last;
        let mut starts = Vec::new();
        each_index(&taps_before, |m| starts.push(m.iter().zip(&strides).map(|(m, s)| m * s).sum()));
        let mut runs: [Vec<T::Real>; K] = std::array::from_fn(|_| Vec::new());
        let mut row = Vec::new();
        let mut flat = 0;
        each_index(&before, |q| {
            let first: usize = q.iter().zip(&strides).map(|(q, s)| q * s).sum();
            let mut index = [q, &[0][..self.outer.len().min(1)]].concat();
            for k in (0..count).step_by(at_once) {
                if taps.vary || row.is_empty() {
                    self.fill(&mut runs, &mut row, &mut index, k, run, &mut taps);
                }
                let rows = &mut target.rows[flat + k..flat + (k + at_once).min(count)];
                let blocks = Blocks { runs: &runs, starts: &starts, run, first: first + k };
                vectorized(
                    #[inline(always)]
                    || self.blocks::<_, W, K>(rows, into, x, blocks),
                );
            }
            flat += count;
        });
    }

    /// The runs for a row, or two: a second row's are the first one's, one row of `x` later.
    fn fill<T: Scalar, const K: usize>(
        &self,
        runs: &mut [Vec<T::Real>; K],
        row: &mut Vec<T>,
        index: &mut [usize],
        k: usize,
        run: usize,
        taps: &mut Taps<'_, T>,
    ) {
        let each = self.outer.last().copied().unwrap_or(1) * self.last;
        let total: usize = self.outer.iter().product::<usize>() * self.last;
        row.resize(total, T::default());
        for (j, runs) in runs.iter_mut().enumerate() {
            let (late, part) = if self.block == Block::Parts { (0, j) } else { (j, 0) };
            if j == 0 || (late > 0 && taps.vary) {
                if let Some(last) = index.last_mut() {
                    *last = k + late;
                }
                (taps.fill)(index, row);
            }
            runs.clear();
            runs.resize(total / each * run, T::Real::default());
            for (run, taps) in runs.chunks_exact_mut(run).zip(row.chunks_exact(each)) {
                let to = run[late * self.last..].iter_mut();
                let step = parts::<T>();
                to.zip(reals(taps)[part..].iter().step_by(step)).for_each(|(to, g)| *to = *g);
            }
        }
    }

    /// The sums of a row, or two, block by block.
    #[inline(always)]
    fn blocks<R: Real, const W: usize, const K: usize>(
        &self,
        rows: &mut [&mut [R]],
        into: Into<'_, R>,
        x: &Packed<R>,
        blocks: Blocks<'_, R, K>,
    ) {
        let width = x.width();
        for start in (0..into.count).step_by(W) {
            let mut sums = [[R::default(); W]; K];
            for (t, from) in blocks.starts.iter().enumerate() {
                let g: [&[R]; K] =
                    std::array::from_fn(|k| &blocks.runs[k][t * blocks.run..(t + 1) * blocks.run]);
                let x = &x.rows()[(blocks.first + from) * width + start..];
                self.sum_rows(x, width, g, &mut sums);
            }
            if self.block == Block::Parts {
                // (a + ib) (u + iv): the sums are [au, av] and [bu, bv].
                let (by_real, by_imag) = (sums[0], sums[K - 1]);
                for l in (0..W).step_by(2) {
                    sums[0][l] = by_real[l] - by_imag[l + 1];
                    sums[0][l + 1] = by_real[l + 1] + by_imag[l];
                }
            }
            let count = W.min(into.count - start);
            for (row, sum) in rows.iter_mut().zip(&mut sums) {
                let to = &mut row[into.first + start..][..count];
                if let Some(weights) = into.weights {
                    sum.iter_mut().zip(&weights[start..]).for_each(|(sum, w)| *sum *= *w);
                }
                if into.add {
                    to.iter_mut().zip(sum).for_each(|(to, sum)| *to += *sum);
                } else {
                    to.copy_from_slice(&sum[..count]);
                }
            }
        }
    }

    /// `sum_{r,m} g_{r,m} x_{r,l+m}` for `W` columns `l` and `K` runs of taps.
    #[inline(always)]
    fn sum_rows<R: Real, const W: usize, const K: usize>(
        &self,
        x: &[R],
        width: usize,
        g: [&[R]; K],
        sums: &mut [[R; W]; K],
    ) {
        let reach = (self.last - 1) * self.step + W;
        let mut all = *sums;
        for r in 0..g[0].len() / self.last {
            let row = &x[r * width..][..reach];
            for m in 0..self.last {
                let x = &row[m * self.step..][..W];
                // A loop for each run: one over all of them is not vectorised.
                for (sum, g) in all.iter_mut().zip(&g) {
                    let g = g[r * self.last + m];
                    for l in 0..W {
                        sum[l] = x[l].mul_add(g, sum[l]);
                    }
                }
            }
        }
        *sums = all;
    }
}

/// The taps of one row, or two, and the rows of `x` that they meet.
struct Blocks<'a, R, const K: usize> {
    runs: &'a [Vec<R>; K],
    /// Where each run starts after the first row.
    starts: &'a [usize],
    /// Taps of a run.
    run: usize,
    first: usize,
}

/// Rows between neighbours along each axis.
fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    strides
}
