//! Products with sparse matrices, row after row: entries with their columns.
//!
//! ```text
//! y_i = sum_e a_e x_{c_e} over the entries e of row i,     and back     y_{c_e} += a_e x_i
//! ```

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::kernels::rows::row;
use crate::scalar::Scalar;

/// Some rows of a matrix.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, F> {
    /// Where the entries of each of the rows start, in all of the matrix; one more at the end.
    pub starts: &'a [usize],
    /// Values of their entries.
    pub values: &'a [F],
    /// Columns of them, which are whole numbers.
    pub columns: &'a [f64],
}

/// An entry, by its number in the matrix, whose column the matrix does not have.
pub type Stray = usize;

impl<F: Copy> Rows<'_, F> {
    /// The rows in turn: number, values, columns, and the number of the first entry.
    fn each(&self) -> impl Iterator<Item = (usize, &[F], &[f64], usize)> {
        let first = self.starts[0];
        self.starts.windows(2).enumerate().map(move |(i, ends)| {
            let own: Range<usize> = ends[0] - first..ends[1] - first;
            (i, &self.values[own.clone()], &self.columns[own], ends[0])
        })
    }

    /// Some of the rows.
    pub fn part(&self, rows: Range<usize>) -> Rows<'_, F> {
        let starts = &self.starts[rows.start..=rows.end];
        let own = starts[0] - self.starts[0]..starts[rows.len()] - self.starts[0];
        Rows { starts, values: &self.values[own.clone()], columns: &self.columns[own] }
    }
}

/// A column by its number, of `n`.
#[inline(always)]
fn column(number: f64, n: usize) -> Option<usize> {
    let c = number as usize;
    (c < n && c as f64 == number).then_some(c)
}

/// `Y = A X`, or with the conjugate of `A`; `times` is the product of an entry and an element.
pub fn multiply<T: Scalar, F: Copy>(
    mut y: ArrayViewMut2<'_, T>,
    x: ArrayView2<'_, T>,
    a: Rows<'_, F>,
    times: impl Fn(F, T) -> T,
) -> Result<(), Stray> {
    let n = x.nrows();
    if let (1, Some(x), Some(y)) = (x.ncols(), x.as_slice(), y.as_slice_mut()) {
        for ((_, values, columns, first), y) in a.each().zip(y) {
            let mut sum = T::default();
            for (e, (&value, &number)) in values.iter().zip(columns).enumerate() {
                let c = column(number, n).ok_or(first + e)?;
                sum += times(value, x[c]);
            }
            *y = sum;
        }
        return Ok(());
    }
    for ((_, values, columns, first), mut y) in a.each().zip(y.rows_mut()) {
        y.fill(T::default());
        for (e, (&value, &number)) in values.iter().zip(columns).enumerate() {
            let c = column(number, n).ok_or(first + e)?;
            y.zip_mut_with(&x.row(c), |y, x| *y += times(value, *x));
        }
    }
    Ok(())
}

/// `Y = A^T X`, or with the conjugate of `A`: the rows of `x` added to those of `y`.
pub fn spread<T: Scalar, F: Copy>(
    mut y: ArrayViewMut2<'_, T>,
    x: ArrayView2<'_, T>,
    a: Rows<'_, F>,
    times: impl Fn(F, T) -> T,
) -> Result<(), Stray> {
    y.fill(T::default());
    let n = y.nrows();
    let one = y.ncols() == 1;
    let mut lane = if one { y.as_slice_mut() } else { None };
    if let Some(y) = &mut lane {
        for (i, values, columns, first) in a.each() {
            let x = x[[i, 0]];
            for (e, (&value, &number)) in values.iter().zip(columns).enumerate() {
                let c = column(number, n).ok_or(first + e)?;
                y[c] += times(value, x);
            }
        }
        return Ok(());
    }
    for (i, values, columns, first) in a.each() {
        let x = row(&x, i);
        for (e, (&value, &number)) in values.iter().zip(columns).enumerate() {
            let c = column(number, n).ok_or(first + e)?;
            y.row_mut(c).iter_mut().zip(x).for_each(|(y, x)| *y += times(value, *x));
        }
    }
    Ok(())
}
