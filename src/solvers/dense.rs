//! Dense least squares in double precision: LU where the rank is beyond doubt, else singular values.
//!
//! ```text
//! A P = Q R  (of A^T where A is wide),  R^T V = U S by rotations of columns
//! x = P U S^-1 V^T Q^T y  over the singular values above the limit
//! ```
//! Rotations of columns (one-sided Jacobi) after a pivoted factorisation find small singular values and
//! their vectors to full precision.

use nalgebra::{DMatrix, DVector};

/// Most sweeps of rotations; six or so are needed.
const SWEEPS: usize = 40;

/// A solution, and the rank of its matrix as far as that was told.
pub(super) struct Solution {
    /// A column for each right-hand side.
    pub(super) x: DMatrix<f64>,
    /// How many singular values count.
    pub(super) rank: usize,
}

/// The solution for each column of `rhs`, of least norm where the rank is less than the number of unknowns:
/// singular values up to `epsilon` times the largest and the longer side count as 0.
pub(super) fn solve(mut matrix: DMatrix<f64>, mut rhs: DMatrix<f64>, epsilon: f64) -> Solution {
    // Powers of two keep squares of what is far from 1 in range.
    let near = |m: &DMatrix<f64>| {
        let exponent = m.amax().log2();
        if exponent.is_finite() { (-exponent.round()).clamp(-1000.0, 1000.0).exp2() } else { 1.0 }
    };
    let (f, g) = (near(&rhs), near(&matrix));
    matrix *= g;
    rhs *= f;
    let small = epsilon * matrix.nrows().max(matrix.ncols()) as f64;
    let plain = matrix.is_square().then(|| regular(&matrix, &rhs, small)).flatten();
    // (g A) (f x / g) = f y
    let Solution { x, rank } = plain.unwrap_or_else(|| least(&matrix, &rhs, small));
    Solution { x: x * g / f, rank }
}

/// The solution by LU if the rank of a square matrix is beyond doubt.
fn regular(matrix: &DMatrix<f64>, rhs: &DMatrix<f64>, small: f64) -> Option<Solution> {
    let n = matrix.ncols();
    let lu = matrix.clone().lu();
    // ||A^-1 z|| / ||z|| is about 1 / (sqrt(n) s) for any z and the least singular value s.
    let probe = DMatrix::from_fn(n, 3, |i, j| ((i * 7 + j * 5 + 3) as f64 * 12.9898).sin());
    let through = lu.solve(&probe)?;
    let size = |j: usize| probe.column(j).norm() / through.column(j).norm() / (n as f64).sqrt();
    let least = (0..3).map(size).fold(f64::INFINITY, f64::min);
    let x = (least > 30.0 * small * matrix.norm()).then(|| lu.solve(rhs))?;
    x.map(|x| Solution { x, rank: n })
}

/// The least-squares solution of least norm.
fn least(matrix: &DMatrix<f64>, rhs: &DMatrix<f64>, small: f64) -> Solution {
    let wide = matrix.nrows() < matrix.ncols();
    let (q, r, p) = if wide { matrix.transpose() } else { matrix.clone() }.col_piv_qr().unpack();
    // A = Q R P^T, or P R^T Q^T if wide.
    let mut y = if wide { rhs.clone() } else { q.tr_mul(rhs) };
    if wide {
        p.permute_rows(&mut y);
    }
    let core = if wide { r.transpose() } else { r };
    let found = regular(&core, &y, small).unwrap_or_else(|| pseudo_inverse(&core, &y, small));
    let Solution { mut x, rank } = found;
    if wide {
        return Solution { x: q * x, rank };
    }
    p.inv_permute_rows(&mut x);
    Solution { x, rank }
}

/// The same for a square matrix, by singular values.
fn pseudo_inverse(matrix: &DMatrix<f64>, rhs: &DMatrix<f64>, small: f64) -> Solution {
    let n = matrix.ncols();
    // A^T V = U S
    let (mut us, mut v) = (matrix.transpose(), DMatrix::<f64>::identity(n, n));
    for _ in 0..SWEEPS {
        let mut off = false;
        for p in 0..n {
            for q in p + 1..n {
                let (x, y) = (us.column(p), us.column(q));
                let (xx, yy, xy) = (x.norm_squared(), y.norm_squared(), x.dot(&y));
                if xy.abs() <= f64::EPSILON * (xx * yy).sqrt() {
                    continue;
                }
                off = true;
                let zeta = (yy - xx) / (2.0 * xy);
                let t = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                rotate(&mut us, p, q, c, c * t);
                rotate(&mut v, p, q, c, c * t);
            }
        }
        if !off {
            break;
        }
    }
    let values = DVector::from_iterator(n, us.column_iter().map(|c| c.norm()));
    let least = small * values.max();
    // x = U S^-1 V^T y
    let mut along = v.tr_mul(rhs);
    for (mut row, s) in along.row_iter_mut().zip(values.iter()) {
        row *= if *s > least { 1.0 / s / s } else { 0.0 };
    }
    Solution { x: us * along, rank: values.iter().filter(|s| **s > least).count() }
}

/// Columns `p` and `q` turned by an angle of this cosine and sine.
fn rotate(m: &mut DMatrix<f64>, p: usize, q: usize, c: f64, s: f64) {
    let n = m.nrows();
    let (left, right) = m.as_mut_slice().split_at_mut(q * n);
    for (x, y) in left[p * n..p * n + n].iter_mut().zip(&mut right[..n]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wavy(rows: usize, columns: usize, seed: usize) -> DMatrix<f64> {
        let at = |i: usize, j: usize| (i * i * 31 + j * j * j * 17 + i * j * 7 + seed) as f64;
        DMatrix::from_fn(rows, columns, |i, j| (at(i, j) * 1.7).sin())
    }

    #[test]
    fn solutions_are_of_least_squares_and_of_least_norm() {
        for (m, n, rank) in
            [(5, 5, 5), (9, 4, 4), (4, 9, 4), (7, 7, 3), (3, 18, 1), (18, 3, 2), (8, 9, 3)]
        {
            for scale in [1.0, 1e-150, 1e200] {
                let (left, right) = (wavy(m, rank, 1), wavy(rank, n, 2));
                let matrix = &left * &right * scale;
                let rhs = wavy(m, 2, 3);
                let found = solve(matrix.clone(), rhs.clone(), f64::EPSILON);
                assert_eq!(found.rank, rank, "{m} x {n}");
                let x = found.x * scale;
                let unit = matrix / scale;
                let gradient = unit.tr_mul(&(&rhs - &unit * &x));
                assert!(gradient.amax() < 1e-10, "{m} x {n}, rank {rank}: gradient {gradient}");
                // Of least norm: among combinations of rows.
                let rows = right.transpose();
                let inside = &rows * (rows.tr_mul(&rows)).try_inverse().unwrap() * rows.tr_mul(&x);
                assert!((&inside - &x).norm() < 1e-9 * x.norm(), "{m} x {n}, rank {rank}");
            }
        }
    }
}
