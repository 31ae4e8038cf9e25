//! Sparse matrices with few entries per row, along an axis, as for interpolation.
//!
//! ```text
//! y_i = sum_k w_ik x_{c_ik}
//! ```

use std::fmt;
use std::ops::Range;

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::rows::{parts, reals, reals_mut, vectorized, zip_rows};
use crate::scalar::{Real, Scalar};

/// A sparse matrix with real entries, stored by rows.
#[derive(Clone, PartialEq)]
pub struct Sparse {
    columns: usize,
    rows: usize,
    /// The rows that have entries.
    filled: Vec<usize>,
    /// Where the entries of each of them start; one more at the end.
    starts: Vec<usize>,
    /// Column and value.
    entries: Vec<(usize, f64)>,
}

impl Sparse {
    /// A matrix of `columns` columns, given row by row; columns may be in any order, and repeat.
    pub fn from_rows(columns: usize, rows: impl IntoIterator<Item = Vec<(usize, f64)>>) -> Self {
        let mut matrix =
            Sparse { columns, rows: 0, filled: Vec::new(), starts: vec![0], entries: Vec::new() };
        for row in rows {
            if !row.is_empty() {
                matrix.filled.push(matrix.rows);
                matrix.entries.extend(row);
                matrix.starts.push(matrix.entries.len());
            }
            matrix.rows += 1;
        }
        matrix
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The entries of some rows: column and value.
    pub fn entries(&self, rows: &Range<usize>) -> &[(usize, f64)] {
        let start = |row: usize| self.starts[self.filled.partition_point(|&r| r < row)];
        &self.entries[start(rows.start)..start(rows.end)]
    }

    /// The entries of each of some rows.
    fn each(&self, rows: Range<usize>) -> Vec<&[(usize, f64)]> {
        let mut each = vec![&[][..]; rows.len()];
        let first = self.filled.partition_point(|&r| r < rows.start);
        let filled = self.filled[first..].iter().zip(self.starts[first..].windows(2));
        for (&row, ends) in filled.take_while(|(row, _)| **row < rows.end) {
            each[row - rows.start] = &self.entries[ends[0]..ends[1]];
        }
        each
    }

    /// The transpose; entries of a row keep the order of the rows they come from.
    pub fn transpose(&self) -> Sparse {
        let rows = self.filled.iter().zip(self.starts.windows(2));
        let mut turned: Vec<(usize, (usize, f64))> = rows
            .flat_map(|(&row, ends)| {
                self.entries[ends[0]..ends[1]].iter().map(move |&(c, w)| (c, (row, w)))
            })
            .collect();
        turned.sort_by_key(|(c, _)| *c);
        let (mut filled, mut starts) = (Vec::new(), vec![0]);
        for column in turned.chunk_by(|(a, _), (b, _)| a == b) {
            filled.push(column[0].0);
            starts.push(starts[starts.len() - 1] + column.len());
        }
        let entries = turned.into_iter().map(|(_, entry)| entry).collect();
        Sparse { columns: self.rows, rows: self.columns, filled, starts, entries }
    }
}

impl fmt::Debug for Sparse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}, {} entries", self.rows(), self.columns, self.entries.len())
    }
}

/// Lanes processed at once if rows have many entries.
const LANES: usize = 8;
/// Entries per row from which transposing lanes for that pays off.
const MANY: usize = 5;

/// Rows of a product along an axis: `y` holds those from `y_start`, `x` all elements that they
/// need, from `x_start`.
pub fn multiply<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    y_start: usize,
    x: ArrayViewD<'_, T>,
    x_start: usize,
    axis: usize,
    matrix: &Sparse,
) {
    let value = |w: f64| <T::Real as Real>::rounded(w);
    let rows = matrix.each(y_start..y_start + y.len_of(Axis(axis)));
    if axis + 1 < y.ndim() {
        for (mut y, row) in y.axis_iter_mut(Axis(axis)).zip(rows) {
            y.fill(T::default());
            for &(c, w) in row {
                add(y.view_mut(), x.index_axis(Axis(axis), c - x_start), value(w));
            }
        }
    } else if rows.iter().map(|row| row.len()).sum::<usize>() < MANY * rows.len() {
        for (mut y, x) in y.lanes_mut(Axis(axis)).into_iter().zip(x.lanes(Axis(axis))) {
            for (y, row) in y.iter_mut().zip(&rows) {
                let add = |sum: T, &(c, w): &(usize, f64)| sum + x[c - x_start].scale(value(w));
                *y = row.iter().fold(T::default(), add);
            }
        }
    } else {
        let mut lanes: Vec<_> =
            y.lanes_mut(Axis(axis)).into_iter().zip(x.lanes(Axis(axis))).collect();
        let mut turned = vec![T::default(); LANES * x.len_of(Axis(axis))];
        for lanes in lanes.chunks_mut(LANES) {
            for (k, (_, x)) in lanes.iter().enumerate() {
                turned.iter_mut().skip(k).step_by(LANES).zip(x).for_each(|(to, from)| *to = *from);
            }
            for (i, row) in rows.iter().enumerate() {
                let sums = together(&turned, x_start, row);
                lanes.iter_mut().zip(sums).for_each(|((y, _), sum)| y[i] = sum);
            }
        }
    }
}

/// `y += w x`
fn add<T: Scalar>(y: ArrayViewMutD<'_, T>, x: ArrayViewD<'_, T>, w: T::Real) {
    zip_rows(y, x, |y, x| {
        let (y, x) = (reals_mut(y), reals(x));
        vectorized(
            #[inline(always)]
            || y.iter_mut().zip(x).for_each(|(y, x)| *y += *x * w),
        );
    });
}

/// The sum of one row in each of some lanes, stored side by side from element `start`.
fn together<T: Scalar>(turned: &[T], start: usize, row: &[(usize, f64)]) -> [T; LANES] {
    let mut sums = [T::default(); LANES];
    let (out, turned) = (reals_mut(&mut sums), reals(turned));
    if parts::<T>() == 1 {
        sum_of::<T::Real, LANES>(out, turned, start, row);
    } else {
        sum_of::<T::Real, { 2 * LANES }>(out, turned, start, row);
    }
    sums
}

/// The same for real numbers, `W` side by side, as many sums as the compiler keeps in registers.
fn sum_of<R: Real, const W: usize>(
    out: &mut [R],
    turned: &[R],
    start: usize,
    row: &[(usize, f64)],
) {
    vectorized(
        #[inline(always)]
        || {
            let mut sum = [R::default(); W];
            for &(c, w) in row {
                let (x, w) = (&turned[W * (c - start)..][..W], R::rounded(w));
                for k in 0..W {
                    sum[k] += x[k] * w;
                }
            }
            out.copy_from_slice(&sum);
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, arr2};

    #[test]
    fn many_entries_add_up_the_same_on_either_axis() {
        // More lanes than are processed at once, and a part of the rows and columns.
        let row = |i: usize| (i..i + 9).map(|c| (c, 1.0 / (1 + c + 3 * i) as f64)).collect();
        let m = Sparse::from_rows(20, (0..12).map(row));
        let x = ArrayD::from_shape_fn(vec![17, 11], |k| ((5 * k[0] + 3 * k[1]) % 7) as f64 - 3.0);
        let mut down = ArrayD::from_elem(vec![3, 11], f64::NAN);
        multiply(down.view_mut(), 4, x.view(), 3, 0, &m);
        let mut across = ArrayD::from_elem(vec![11, 3], f64::NAN);
        multiply(across.view_mut(), 4, x.t(), 3, 1, &m);
        assert_eq!(across.t(), down);
        let z = x.mapv(|v| num_complex::Complex::new(v as f32, 1.0 - v as f32));
        let mut complex = ArrayD::from_elem(vec![11, 3], Default::default());
        multiply(complex.view_mut(), 4, z.t(), 3, 1, &m);
        for ((i, k), expected) in down.indexed_iter().map(|(k, v)| ((k[0], k[1]), *v)) {
            let sum: f64 = (0..17)
                .map(|c| {
                    m.entries(&(4 + i..5 + i))
                        .iter()
                        .filter(|e| e.0 == c + 3)
                        .map(|e| e.1 * x[[c, k]])
                        .sum::<f64>()
                })
                .sum();
            assert!((sum - expected).abs() < 1e-14);
            assert!((f64::from(complex[[k, i]].re) - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn rows_of_either_axis_add_their_entries() {
        let m = Sparse::from_rows(3, [vec![(2, 0.5), (0, 1.0)], vec![], vec![(1, -1.0), (1, 3.0)]]);
        let x = arr2(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).into_dyn();
        let expected = arr2(&[[3.5, 5.0], [0.0, 0.0], [6.0, 8.0]]).into_dyn();
        let mut y = ArrayD::from_elem(vec![3, 2], f64::NAN);
        multiply(y.view_mut(), 0, x.view(), 0, 0, &m);
        assert_eq!(y, expected);
        let mut across = ArrayD::from_elem(vec![2, 3], f64::NAN);
        multiply(across.view_mut(), 0, x.t(), 0, 1, &m);
        assert_eq!(across.t(), expected);
        // Only the last row, from only the sample that it needs.
        let mut some = ArrayD::from_elem(vec![1, 2], f64::NAN);
        multiply(some.view_mut(), 2, x.slice_axis(Axis(0), (1..2).into()), 1, 0, &m);
        assert_eq!(some.index_axis(Axis(0), 0), expected.index_axis(Axis(0), 2));
        // Most columns have no entries, and take no memory.
        let wide = Sparse::from_rows(1 << 44, [vec![(1 << 43, 2.0)]]).transpose();
        assert_eq!(wide.entries(&((1 << 43)..(1 << 43) + 1)), [(0, 2.0)]);
        assert_eq!((wide.rows(), wide.entries(&(0..1 << 43)).len()), (1 << 44, 0));
        let back = m.transpose();
        assert_eq!((back.rows(), back.columns()), (3, 3));
        assert_eq!(back.entries(&(1..2)), [(2, -1.0), (2, 3.0)]);
        assert_eq!(back.transpose().entries(&(0..1)), [(0, 1.0), (2, 0.5)]);
    }
}
