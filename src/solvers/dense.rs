//! Dense least squares in double precision: LU where the rank is beyond doubt, else singular values.
//!
//! ```text
//! A P = Q R  (of A^T where A is wide),  R^T V = U S by rotations of columns
//! x = P U S^-1 V^T Q^T y  over the singular values above the limit
//! ```
//! Rotations of columns (one-sided Jacobi) after a pivoted factorisation find small singular values and
//! their vectors to full precision.

use ndarray::{Array2, ArrayView1, ArrayViewMut2, Axis, ShapeBuilder, azip, s};

/// Most sweeps of rotations; six or so are needed.
const SWEEPS: usize = 40;

/// A solution, and the rank of its matrix as far as that was told.
pub(super) struct Solution {
    /// A column for each right-hand side.
    pub(super) x: Array2<f64>,
    /// How many singular values count.
    pub(super) rank: usize,
}

/// A matrix, column by column in memory as all are here.
pub(super) fn matrix(rows: usize, columns: usize, f: impl Fn(usize, usize) -> f64) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns).f(), |(i, j)| f(i, j))
}

/// The root of the sum of squares of all elements.
pub(super) fn norm(m: &Array2<f64>) -> f64 {
    m.columns().into_iter().fold(0.0, |sum, c| sum + c.dot(&c)).sqrt()
}

/// The largest magnitude.
pub(super) fn largest<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |most: f64, v| most.max(v.abs()))
}

/// The solution for each column of `rhs`, of least norm where the rank is less than the number of unknowns:
/// singular values up to `epsilon` times the largest and the longer side count as 0.
pub(super) fn solve(mut matrix: Array2<f64>, mut rhs: Array2<f64>, epsilon: f64) -> Solution {
    // Powers of two keep squares of what is far from 1 in range.
    let near = |m: &Array2<f64>| {
        let exponent = largest(m).log2();
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
fn regular(a: &Array2<f64>, rhs: &Array2<f64>, small: f64) -> Option<Solution> {
    let n = a.ncols();
    let lu = Lu::new(a.clone());
    // ||A^-1 z|| / ||z|| is about 1 / (sqrt(n) s) for any z and the least singular value s.
    let probe = matrix(n, 3, |i, j| ((i * 7 + j * 5 + 3) as f64 * 12.9898).sin());
    let through = lu.solve(&probe)?;
    let length = |v: ArrayView1<'_, f64>| v.dot(&v).sqrt();
    let size = |j: usize| length(probe.column(j)) / length(through.column(j)) / (n as f64).sqrt();
    let least = (0..3).map(size).fold(f64::INFINITY, f64::min);
    let x = (least > 30.0 * small * norm(a)).then(|| lu.solve(rhs))?;
    x.map(|x| Solution { x, rank: n })
}

/// The least-squares solution of least norm.
fn least(a: &Array2<f64>, rhs: &Array2<f64>, small: f64) -> Solution {
    let wide = a.nrows() < a.ncols();
    let (q, r, swaps) = pivoted_qr(if wide { transposed(a) } else { a.clone() });
    // A = Q R P^T, or P R^T Q^T if wide.
    let mut y = if wide { rhs.clone() } else { transposed_times(&q, rhs) };
    if wide {
        swaps.iter().for_each(|&(i, j)| swap_rows(&mut y, i, j));
    }
    let core = if wide { transposed(&r) } else { r };
    let found = regular(&core, &y, small).unwrap_or_else(|| pseudo_inverse(&core, &y, small));
    let Solution { mut x, rank } = found;
    if wide {
        return Solution { x: times(&q, &x), rank };
    }
    swaps.iter().rev().for_each(|&(i, j)| swap_rows(&mut x, i, j));
    Solution { x, rank }
}

/// The same for a square matrix, by singular values.
fn pseudo_inverse(a: &Array2<f64>, rhs: &Array2<f64>, small: f64) -> Solution {
    let n = a.ncols();
    // A^T V = U S
    let (mut us, mut v) = (transposed(a), matrix(n, n, |i, j| f64::from(i == j)));
    for _ in 0..SWEEPS {
        let mut off = false;
        for p in 0..n {
            for q in p + 1..n {
                let (x, y) = (us.column(p), us.column(q));
                let (xx, yy, xy) = (x.dot(&x), y.dot(&y), x.dot(&y));
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
    let values: Vec<f64> = us.columns().into_iter().map(|c| c.dot(&c).sqrt()).collect();
    let least = small * largest(&values);
    // x = U S^-1 V^T y
    let mut along = transposed_times(&v, rhs);
    for (mut row, s) in along.rows_mut().into_iter().zip(&values) {
        row *= if *s > least { 1.0 / s / s } else { 0.0 };
    }
    Solution { x: times(&us, &along), rank: values.iter().filter(|s| **s > least).count() }
}

/// `P A = L U`: both in one matrix, L without its ones, and the swaps of rows in turn.
struct Lu(Array2<f64>, Vec<(usize, usize)>);

impl Lu {
    fn new(mut a: Array2<f64>) -> Lu {
        let n = a.ncols();
        let mut swaps = Vec::new();
        for i in 0..n {
            let pivot =
                (i + 1..n).fold(i, |p, k| if a[(k, i)].abs() > a[(p, i)].abs() { k } else { p });
            if a[(pivot, i)] == 0.0 {
                continue;
            }
            if pivot != i {
                swaps.push((i, pivot));
                swap_rows(&mut a, i, pivot);
            }
            let inverse = 1.0 / a[(i, i)];
            let (mut left, mut right) = a.view_mut().split_at(Axis(1), i + 1);
            let mut below = left.slice_mut(s![i + 1.., i]);
            below *= inverse;
            for mut column in right.columns_mut() {
                let factor = -column[i];
                column.slice_mut(s![i + 1..]).scaled_add(factor, &below);
            }
        }
        Lu(a, swaps)
    }

    /// `None` if the matrix is singular.
    fn solve(&self, rhs: &Array2<f64>) -> Option<Array2<f64>> {
        let Lu(lu, swaps) = self;
        let n = lu.ncols();
        if lu.diag().iter().any(|d| *d == 0.0) {
            return None;
        }
        let mut x = rhs.clone();
        swaps.iter().for_each(|&(i, j)| swap_rows(&mut x, i, j));
        for mut x in x.columns_mut() {
            for i in 0..n {
                let factor = -x[i];
                x.slice_mut(s![i + 1..]).scaled_add(factor, &lu.slice(s![i + 1.., i]));
            }
            for i in (0..n).rev() {
                x[i] /= lu[(i, i)];
                let factor = -x[i];
                x.slice_mut(s![..i]).scaled_add(factor, &lu.slice(s![..i, i]));
            }
        }
        Some(x)
    }
}

/// `A P = Q R` of a matrix that is not wide, by reflections, the largest element of what is left first:
/// Q, R and the swaps of columns in turn.
fn pivoted_qr(mut a: Array2<f64>) -> (Array2<f64>, Array2<f64>, Vec<(usize, usize)>) {
    let (m, n) = a.dim();
    let (mut swaps, mut signs) = (Vec::new(), Vec::new());
    let mut r = matrix(n, n, |_, _| 0.0);
    for i in 0..n {
        let mut pivot = (0.0, i);
        for ((j, _), v) in a.slice(s![i.., i..]).t().indexed_iter() {
            if v.abs() > pivot.0 {
                pivot = (v.abs(), i + j);
            }
        }
        if pivot.1 != i {
            swaps.push((i, pivot.1));
            for k in 0..m {
                a.swap((k, i), (k, pivot.1));
            }
        }
        let (mut left, mut right) = a.view_mut().split_at(Axis(1), i + 1);
        let mut axis = left.slice_mut(s![i.., i]);
        // H = 1 - 2 u u^T takes the column c to -sign(c_0) |c| e_0; u is c + sign(c_0) |c| e_0, of length 1.
        let square = axis.dot(&axis);
        let (length, first) = (square.sqrt(), axis[0]);
        let signed = if first >= 0.0 { length } else { -length };
        let factor = (square + first.abs() * length) * 2.0;
        axis[0] += signed;
        r[(i, i)] = length;
        if factor != 0.0 {
            axis /= factor.sqrt();
            let length = axis.dot(&axis).sqrt();
            axis /= length;
            reflect(&axis.view(), &mut right.slice_mut(s![i.., ..]), -signed.signum());
        }
        signs.push(if factor == 0.0 { signed.signum() } else { -signed.signum() });
    }
    for j in 0..n {
        r.slice_mut(s![..j, j]).assign(&a.slice(s![..j, j]));
    }
    let mut q = matrix(m, n, |i, j| f64::from(i == j));
    for i in (0..n).rev() {
        reflect(&a.slice(s![i.., i]), &mut q.slice_mut(s![i.., i..]), signs[i]);
    }
    (q, r, swaps)
}

/// Columns `c` become `sign (c - 2 u u^T c)`.
fn reflect(u: &ArrayView1<'_, f64>, columns: &mut ArrayViewMut2<'_, f64>, sign: f64) {
    for mut c in columns.columns_mut() {
        let factor = u.dot(&c) * (sign * -2.0);
        azip!((c in &mut c, u in u) *c = factor * u + sign * *c);
    }
}

fn swap_rows(m: &mut Array2<f64>, i: usize, j: usize) {
    (0..m.ncols()).for_each(|k| m.swap((i, k), (j, k)));
}

fn transposed(a: &Array2<f64>) -> Array2<f64> {
    matrix(a.ncols(), a.nrows(), |i, j| a[(j, i)])
}

/// `A^T B`
fn transposed_times(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    matrix(a.ncols(), b.ncols(), |i, j| a.column(i).dot(&b.column(j)))
}

/// `A B`
fn times(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    if a.nrows().min(a.ncols()).min(b.ncols()) > 5 {
        return a.dot(b);
    }
    // Minus zero, plus anything, is that.
    let mut product = matrix(a.nrows(), b.ncols(), |_, _| -0.0);
    for (mut column, factors) in product.columns_mut().into_iter().zip(b.columns()) {
        for (a, factor) in a.columns().into_iter().zip(factors) {
            column.scaled_add(*factor, &a);
        }
    }
    product
}

/// Columns `p` and `q` turned by an angle of this cosine and sine.
fn rotate(m: &mut Array2<f64>, p: usize, q: usize, c: f64, s: f64) {
    let (mut left, mut right) = m.view_mut().split_at(Axis(1), q);
    azip!((x in left.column_mut(p), y in right.column_mut(0)) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wavy(rows: usize, columns: usize, seed: usize) -> Array2<f64> {
        let at = |i: usize, j: usize| (i * i * 31 + j * j * j * 17 + i * j * 7 + seed) as f64;
        matrix(rows, columns, |i, j| (at(i, j) * 1.7).sin())
    }

    #[test]
    fn solutions_are_of_least_squares_and_of_least_norm() {
        for (m, n, rank) in
            [(5, 5, 5), (9, 4, 4), (4, 9, 4), (7, 7, 3), (3, 18, 1), (18, 3, 2), (8, 9, 3)]
        {
            for (scale, count) in [(1.0, 2), (1e-150, 2), (1e200, 2), (1.0, 7)] {
                let (left, right) = (wavy(m, rank, 1), wavy(rank, n, 2));
                let unit = left.dot(&right);
                let rhs = wavy(m, count, 3);
                let found = solve(times(&left, &right) * scale, rhs.clone(), f64::EPSILON);
                assert_eq!(found.rank, rank, "{m} x {n}");
                let x = found.x * scale;
                let gradient = unit.t().dot(&(&rhs - &unit.dot(&x)));
                assert!(largest(&gradient) < 1e-10, "{m} x {n}, rank {rank}: gradient {gradient}");
                // Of least norm: among combinations of rows.
                let within = Lu::new(transposed(&right.dot(&right.t())));
                let inside = right.t().dot(&within.solve(&right.dot(&x)).unwrap());
                assert!(norm(&(&inside - &x)) < 1e-9 * norm(&x), "{m} x {n}, rank {rank}");
            }
        }
    }
}
