//! Matrices of rows with few entries each, along an axis: interpolation between samples.
//!
//! ```text
//! y_i = sum_k w_ik x_{c_ik}
//! ```

use std::fmt;
use std::ops::Range;

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::scalar::{Real, Scalar};

/// A matrix with real entries, row after row.
#[derive(Clone, PartialEq)]
pub struct Sparse {
    columns: usize,
    /// Where the entries of each row start; one more at the end.
    starts: Vec<usize>,
    /// Column and value.
    entries: Vec<(usize, f64)>,
}

impl Sparse {
    /// A matrix of so many columns, given row by row; columns may stand in any order, and more than once.
    pub fn from_rows(columns: usize, rows: impl IntoIterator<Item = Vec<(usize, f64)>>) -> Self {
        let (mut starts, mut entries) = (vec![0], Vec::new());
        for row in rows {
            entries.extend(row);
            starts.push(entries.len());
        }
        Sparse { columns, starts, entries }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The entries of some rows: column and value.
    pub fn entries(&self, rows: &Range<usize>) -> &[(usize, f64)] {
        &self.entries[self.starts[rows.start]..self.starts[rows.end]]
    }

    /// The transpose; entries of a row stand in the order of the rows that they come from.
    pub fn transpose(&self) -> Sparse {
        let mut starts = vec![0; self.columns + 1];
        self.entries.iter().for_each(|&(c, _)| starts[c + 1] += 1);
        for c in 0..self.columns {
            starts[c + 1] += starts[c];
        }
        let (mut next, mut entries) = (starts.clone(), vec![(0, 0.0); self.entries.len()]);
        for row in 0..self.rows() {
            for &(c, w) in self.entries(&(row..row + 1)) {
                entries[next[c]] = (row, w);
                next[c] += 1;
            }
        }
        Sparse { columns: self.rows(), starts, entries }
    }
}

impl fmt::Debug for Sparse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}, {} entries", self.rows(), self.columns, self.entries.len())
    }
}

/// Rows of a product along an axis: `y` holds those from `y_start`, `x` all elements that they need, from
/// `x_start`.
pub fn multiply<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    y_start: usize,
    x: ArrayViewD<'_, T>,
    x_start: usize,
    axis: usize,
    matrix: &Sparse,
) {
    let row = |i: usize| matrix.entries(&(y_start + i..y_start + i + 1));
    let value = |w: f64| <T::Real as Real>::rounded(w);
    if axis + 1 == y.ndim() {
        for (mut y, x) in y.lanes_mut(Axis(axis)).into_iter().zip(x.lanes(Axis(axis))) {
            for (i, y) in y.iter_mut().enumerate() {
                let add = |sum: T, &(c, w): &(usize, f64)| sum + x[c - x_start].scale(value(w));
                *y = row(i).iter().fold(T::default(), add);
            }
        }
    } else {
        for (i, mut y) in y.axis_iter_mut(Axis(axis)).enumerate() {
            y.fill(T::default());
            for &(c, w) in row(i) {
                let (w, x) = (value(w), x.index_axis(Axis(axis), c - x_start));
                y.zip_mut_with(&x, |y, x| *y += x.scale(w));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, arr2};

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
        // The last row alone needs the second sample alone.
        let mut some = ArrayD::from_elem(vec![1, 2], f64::NAN);
        multiply(some.view_mut(), 2, x.slice_axis(Axis(0), (1..2).into()), 1, 0, &m);
        assert_eq!(some.index_axis(Axis(0), 0), expected.index_axis(Axis(0), 2));
        let back = m.transpose();
        assert_eq!((back.rows(), back.columns()), (3, 3));
        assert_eq!(back.entries(&(1..2)), [(2, -1.0), (2, 3.0)]);
        assert_eq!(back.transpose().entries(&(0..1)), [(0, 1.0), (2, 0.5)]);
    }
}
