//! Banded square matrices with their own rows at both edges, as in every derivative stencil.
//!
//! ```text
//! y_i = sum_k interior_k x_{i+first+k}      away from the edges
//! y_i = sum_j row_ij x_j                    for the head and tail rows
//! ```

use std::fmt;

/// A square banded matrix of `n` rows with real coefficients.
#[derive(Clone, PartialEq)]
pub struct Banded {
    n: usize,
    /// Rows `0..head.len()`: pairs of column and coefficient.
    head: Vec<Vec<(usize, f64)>>,
    /// Offset of the first interior coefficient from the diagonal.
    first: isize,
    interior: Vec<f64>,
    /// The last rows: pairs of column, counted backwards from the last, and coefficient.
    tail: Vec<Vec<(usize, f64)>>,
}

impl Banded {
    /// A matrix given row by row; `row(i)` lists its columns in ascending order.
    ///
    /// Rows far from both edges must repeat one pattern; `edge` rows at either side may differ.
    pub fn from_rows(
        n: usize,
        edge: usize,
        row: impl Fn(usize, usize) -> Vec<(usize, f64)>,
    ) -> Self {
        let small = n.min(2 * edge + 1);
        if n <= 2 * edge {
            return Banded {
                n,
                head: (0..n).map(|i| row(i, n)).collect(),
                first: 0,
                interior: Vec::new(),
                tail: Vec::new(),
            };
        }
        let middle = row(edge, n);
        let lo = middle.first().map_or(0, |&(j, _)| j as isize - edge as isize);
        let hi = middle.last().map_or(-1, |&(j, _)| j as isize - edge as isize);
        let mut interior = vec![0.0; (hi - lo + 1) as usize];
        for (j, c) in middle {
            interior[(j as isize - edge as isize - lo) as usize] += c;
        }
        let tail = (0..edge.min(small))
            .map(|k| row(n - edge + k, n).into_iter().map(|(j, c)| (n - 1 - j, c)).collect())
            .collect();
        Banded { n, head: (0..edge).map(|i| row(i, n)).collect(), first: lo, interior, tail }
    }

    /// The coefficients of the edge rows and of the interior pattern.
    pub fn coefficients(&self) -> impl Iterator<Item = f64> {
        let edges = self.head.iter().chain(&self.tail).flatten().map(|&(_, c)| c);
        edges.chain(self.interior.iter().copied())
    }

    /// Number of rows and columns.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Whether the matrix has no rows.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The rows that share the interior pattern.
    pub fn interior_rows(&self) -> std::ops::Range<usize> {
        self.head.len()..self.n - self.tail.len()
    }

    /// The interior pattern: offset of its first coefficient from the diagonal, and coefficients.
    pub fn interior(&self) -> (isize, &[f64]) {
        (self.first, &self.interior)
    }

    /// Columns and coefficients of one row.
    pub fn row(&self, i: usize) -> Vec<(usize, f64)> {
        if i < self.head.len() {
            self.head[i].clone()
        } else if i >= self.n - self.tail.len() {
            let row = &self.tail[i - (self.n - self.tail.len())];
            row.iter().map(|&(back, c)| (self.n - 1 - back, c)).collect()
        } else {
            let start = i as isize + self.first;
            self.interior
                .iter()
                .enumerate()
                .map(|(k, &c)| ((start + k as isize) as usize, c))
                .collect()
        }
    }

    /// The columns that a run of rows reads.
    pub fn columns(&self, rows: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        let (mut lo, mut hi) = (usize::MAX, 0);
        let mut note = |j: usize| {
            lo = lo.min(j);
            hi = hi.max(j + 1);
        };
        let inner = self.interior_rows();
        for i in rows.clone().filter(|i| !inner.contains(i)) {
            self.row(i).iter().for_each(|&(j, _)| note(j));
        }
        let (a, b) = (rows.start.max(inner.start), rows.end.min(inner.end));
        if a < b && !self.interior.is_empty() {
            note((a as isize + self.first) as usize);
            note((b as isize - 1 + self.first) as usize + self.interior.len() - 1);
        }
        if lo < hi { lo..hi } else { rows.start..rows.start }
    }

    /// The transposed matrix.
    pub fn transpose(&self) -> Banded {
        // Beyond this distance from an edge, a column meets only interior rows.
        let reach = self.interior.len() + self.first.unsigned_abs();
        let widest = (self.head.iter().chain(&self.tail).flatten()).map(|&(j, _)| j + 1).max();
        let edge = self.head.len().max(self.tail.len()).max(widest.unwrap_or(0)) + reach;
        Banded::from_rows(self.n, edge, |j, n| {
            let from = j.saturating_sub(edge + reach);
            let until = (j + edge + reach + 1).min(n);
            let mut column = Vec::new();
            for i in from..until {
                for (k, c) in self.row(i) {
                    if k == j {
                        column.push((i, c));
                    }
                }
            }
            column
        })
    }

    /// The matrix with all coefficients multiplied by a factor.
    pub fn scaled(&self, factor: f64) -> Banded {
        let rows = |rows: &[Vec<(usize, f64)>]| {
            rows.iter().map(|r| r.iter().map(|&(j, c)| (j, c * factor)).collect()).collect()
        };
        Banded {
            n: self.n,
            head: rows(&self.head),
            first: self.first,
            interior: self.interior.iter().map(|c| c * factor).collect(),
            tail: rows(&self.tail),
        }
    }
}

impl fmt::Debug for Banded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} at {}, {} edge rows",
            self.interior,
            self.first,
            self.head.len() + self.tail.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(b: &Banded) -> Vec<Vec<f64>> {
        (0..b.len())
            .map(|i| {
                let mut row = vec![0.0; b.len()];
                b.row(i).iter().for_each(|&(j, c)| row[j] += c);
                row
            })
            .collect()
    }

    #[test]
    fn transpose_is_the_dense_transpose_for_every_length() {
        for n in 0..40 {
            let b = Banded::from_rows(n, 2, |i, n| {
                if i < 2 {
                    vec![(0, 5.0), (1.min(n - 1), 1.0 + i as f64)]
                } else if i + 2 >= n {
                    vec![(n - 1, -2.0)]
                } else {
                    vec![(i - 2, 1.0), (i - 1, -8.0), (i + 1, 8.0), (i + 2, -1.0)]
                }
            });
            let (a, t) = (dense(&b), dense(&b.transpose()));
            for i in 0..n {
                for j in 0..n {
                    assert_eq!(a[i][j], t[j][i], "n {n}, row {i}, column {j}");
                }
            }
            for lo in 0..n {
                for hi in lo + 1..=n {
                    let cols = b.columns(&(lo..hi));
                    assert!((lo..hi).flat_map(|i| b.row(i)).all(|(j, _)| cols.contains(&j)));
                }
            }
        }
    }

    #[test]
    fn long_matrices_keep_few_edge_rows() {
        let b = Banded::from_rows(100_000, 1, |i, n| match i {
            0 => vec![],
            i if i + 1 == n => vec![],
            i => vec![(i - 1, -0.5), (i + 1, 0.5)],
        });
        let t = b.transpose();
        assert!(t.interior_rows().len() > 99_900);
        assert_eq!(t.interior(), (-1, &[0.5, 0.0, -0.5][..]));
    }
}
