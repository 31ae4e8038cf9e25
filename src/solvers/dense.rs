//! Dense least squares in double precision: by LU if the matrix is clearly regular, else by
//! singular values.
//!
//! ```text
//! P A = L U   of a square matrix
//! A P = Q R   of A^T where A is wide; R as a square matrix
//! ```
//! The least singular value, found by inverse iteration, tells whether a matrix is clearly regular.

use ndarray::{Array2, ArrayView1, ArrayViewMut1, ArrayViewMut2, Axis, ShapeBuilder, azip, s};

use crate::solvers::singular::by_singular_values;

/// Steps of power iteration, enough to find the extreme singular value within a third.
const STEPS: usize = 8;

/// A solution, and the rank of its matrix as far as it is known.
pub(super) struct DenseSolution {
    /// One column per right-hand side.
    pub(super) x: Array2<f64>,
    /// Number of singular values that count.
    pub(super) rank: usize,
    /// About the largest singular value over the least that counts.
    pub(super) condition: f64,
}

/// Largest singular value that counts as 0, relative to the largest of all.
#[derive(Clone, Copy)]
pub(super) struct RankLimits {
    /// The limit that tells whether a square matrix is regular.
    pub(super) regular: f64,
    /// The limit if the rank is in doubt.
    pub(super) counts: f64,
}

/// A matrix in column-major order, like all matrices here.
pub(super) fn matrix(rows: usize, columns: usize, f: impl Fn(usize, usize) -> f64) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns).f(), |(i, j)| f(i, j))
}

/// The Frobenius norm.
pub(super) fn norm(m: &Array2<f64>) -> f64 {
    m.columns().into_iter().fold(0.0, |sum, c| sum + c.dot(&c)).sqrt()
}

/// The largest magnitude.
pub(super) fn largest<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |most: f64, v| most.max(v.abs()))
}

/// Solves for each column of `rhs`; finds the solution of least norm if the rank is less than the
/// number of unknowns.
pub(super) fn solve(
    mut matrix: Array2<f64>,
    mut rhs: Array2<f64>,
    limits: RankLimits,
) -> DenseSolution {
    // Powers of two keep the squares of large and small numbers in range.
    let near = |m: &Array2<f64>| {
        let exponent = largest(m).log2();
        if exponent.is_finite() { (-exponent.round()).clamp(-1000.0, 1000.0).exp2() } else { 1.0 }
    };
    let (f, g) = (near(&rhs), near(&matrix));
    matrix *= g;
    rhs *= f;
    let plain = matrix.is_square().then(|| regular(&matrix, &rhs, limits.regular)).flatten();
    // (g A) (f x / g) = f y
    let found = plain.unwrap_or_else(|| least(matrix, &rhs, limits.counts));
    DenseSolution { x: found.x * g / f, ..found }
}

/// Solves by LU if a square matrix is clearly regular.
fn regular(a: &Array2<f64>, rhs: &Array2<f64>, limit: f64) -> Option<DenseSolution> {
    let lu = Lu::new(a.clone());
    let condition = lu.condition(a)?;
    let x = (2.0 * limit * condition < 1.0).then(|| lu.solve(rhs))??;
    Some(DenseSolution { x, rank: a.ncols(), condition })
}

/// Finds the least-squares solution of least norm.
fn least(a: Array2<f64>, rhs: &Array2<f64>, limit: f64) -> DenseSolution {
    if a.is_square() {
        return by_singular_values(a, rhs, limit);
    }
    let wide = a.nrows() < a.ncols();
    let (q, r, swaps) = pivoted_qr(if wide { transposed(&a) } else { a });
    // A = Q R P^T, or P R^T Q^T if wide.
    let mut y = if wide { rhs.clone() } else { transposed_times(&q, rhs) };
    if wide {
        swaps.iter().for_each(|&(i, j)| swap_rows(&mut y, i, j));
    }
    let core = if wide { transposed(&r) } else { r };
    let found = regular(&core, &y, limit).unwrap_or_else(|| by_singular_values(core, &y, limit));
    let DenseSolution { mut x, .. } = found;
    if wide {
        return DenseSolution { x: times(&q, &x), ..found };
    }
    swaps.iter().rev().for_each(|&(i, j)| swap_rows(&mut x, i, j));
    DenseSolution { x, ..found }
}

/// `P A = L U`: both in one matrix, L without its ones, and the row swaps in order.
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

    /// Solves `A x = y`; `None` if the matrix is singular.
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

    /// Solves `A^T x = y`; `None` if the matrix is singular.
    fn solve_transposed(&self, rhs: &Array2<f64>) -> Option<Array2<f64>> {
        let Lu(lu, swaps) = self;
        let n = lu.ncols();
        if lu.diag().iter().any(|d| *d == 0.0) {
            return None;
        }
        let mut x = rhs.clone();
        for mut x in x.columns_mut() {
            for i in 0..n {
                x[i] = (x[i] - lu.slice(s![..i, i]).dot(&x.slice(s![..i]))) / lu[(i, i)];
            }
            for i in (0..n).rev() {
                x[i] -= lu.slice(s![i + 1.., i]).dot(&x.slice(s![i + 1..]));
            }
        }
        swaps.iter().rev().for_each(|&(i, j)| swap_rows(&mut x, i, j));
        Some(x)
    }

    /// The condition number of `A`, or somewhat less, by power iteration with `A^T A` and its
    /// inverse; `None` if it cannot be estimated.
    fn condition(&self, a: &Array2<f64>) -> Option<f64> {
        let unit = |v: Array2<f64>| {
            let length = norm(&v);
            (length.is_finite() && length > 0.0).then(|| (length, v / length))
        };
        let wave = matrix(a.ncols(), 1, |i, _| ((i * 7 + 3) as f64 * 12.9898).sin());
        let (mut v, mut w) = (unit(wave.clone())?.1, unit(wave)?.1);
        let (mut largest, mut inverse) = (0.0_f64, 0.0_f64);
        for _ in 0..STEPS {
            let (length, u) = unit(times(a, &v))?;
            largest = largest.max(length);
            v = unit(transposed_times(a, &u))?.1;
            let (length, u) = unit(self.solve_transposed(&w)?)?;
            inverse = inverse.max(length);
            w = unit(self.solve(&u)?)?.1;
        }
        Some(largest * inverse)
    }
}

/// `A P = Q R` of a matrix that is not wide, by reflections that pivot on the largest remaining
/// element: Q, R and the column swaps in order.
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
        let signed = reflector(&mut axis);
        let sign = if signed == 0.0 { 1.0 } else { -signed.signum() };
        r[(i, i)] = signed.abs();
        if signed != 0.0 {
            reflect(&axis.view(), &mut right.slice_mut(s![i.., ..]), sign);
        }
        signs.push(sign);
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

/// Replaces a column `c` by `u = c + s e_0` over its length, where `s = sign(c_0) |c|`, so that
/// `1 - 2 u u^T` takes `c` to `-s e_0`. Returns `s`.
pub(super) fn reflector(c: &mut ArrayViewMut1<'_, f64>) -> f64 {
    let square = c.dot(c);
    let (length, first) = (square.sqrt(), c[0]);
    let signed = if first >= 0.0 { length } else { -length };
    c[0] += signed;
    if signed != 0.0 {
        *c /= ((square + first.abs() * length) * 2.0).sqrt();
        let length = c.dot(c).sqrt();
        *c /= length;
    }
    signed
}

/// Replaces columns `c` by `sign (c - 2 u u^T c)`.
pub(super) fn reflect(u: &ArrayView1<'_, f64>, columns: &mut ArrayViewMut2<'_, f64>, sign: f64) {
    for mut c in columns.columns_mut() {
        let factor = u.dot(&c) * (sign * -2.0);
        azip!((c in &mut c, u in u) *c = factor * u + sign * *c);
    }
}

fn swap_rows(m: &mut Array2<f64>, i: usize, j: usize) {
    (0..m.ncols()).for_each(|k| m.swap((i, k), (j, k)));
}

pub(super) fn transposed(a: &Array2<f64>) -> Array2<f64> {
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
    // Minus zero plus any number is that number.
    let mut product = matrix(a.nrows(), b.ncols(), |_, _| -0.0);
    for (mut column, factors) in product.columns_mut().into_iter().zip(b.columns()) {
        for (a, factor) in a.columns().into_iter().zip(factors) {
            column.scaled_add(*factor, &a);
        }
    }
    product
}

/// Rotates columns `p` and `q` by an angle with this cosine and sine.
pub(super) fn rotate(m: &mut Array2<f64>, p: usize, q: usize, c: f64, s: f64) {
    let (mut left, mut right) = m.view_mut().split_at(Axis(1), q);
    azip!((x in left.column_mut(p), y in right.column_mut(0)) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    });
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::solvers) fn wavy(rows: usize, columns: usize, seed: usize) -> Array2<f64> {
        let at = |i: usize, j: usize| (i * i * 31 + j * j * j * 17 + i * j * 7 + seed) as f64;
        matrix(rows, columns, |i, j| (at(i, j) * 1.7).sin())
    }

    /// `small` times the longer side.
    fn limits(a: &Array2<f64>, small: f64) -> RankLimits {
        let limit = small * a.nrows().max(a.ncols()) as f64;
        RankLimits { regular: limit, counts: limit }
    }

    /// A square matrix with these singular values, and the vectors on both sides.
    pub(in crate::solvers) fn with_values(values: &[f64]) -> [Array2<f64>; 3] {
        let n = values.len();
        let (u, v) = (pivoted_qr(wavy(n, n, 5)).0, pivoted_qr(wavy(n, n, 8)).0);
        let scaled = matrix(n, n, |i, j| u[(i, j)] * values[j]);
        [scaled.dot(&v.t()), u, v]
    }

    #[test]
    fn solutions_are_of_least_squares_and_of_least_norm() {
        for (m, n, rank) in [
            (5, 5, 5),
            (9, 4, 4),
            (4, 9, 4),
            (7, 7, 3),
            (3, 18, 1),
            (18, 3, 2),
            (8, 9, 3),
            (1, 1, 1),
            (60, 60, 60),
            (60, 60, 23),
            (70, 60, 1),
        ] {
            for (scale, count) in [(1.0, 2), (1e-150, 2), (1e200, 2), (1.0, 7)] {
                let (left, right) = (wavy(m, rank, 1), wavy(rank, n, 2));
                let unit = left.dot(&right);
                let rhs = wavy(m, count, 3);
                let matrix = times(&left, &right) * scale;
                let limits = limits(&matrix, f64::EPSILON);
                let found = solve(matrix, rhs.clone(), limits);
                assert_eq!(found.rank, rank, "{m} x {n}");
                let x = found.x * scale;
                let gradient = unit.t().dot(&(&rhs - &unit.dot(&x)));
                let size = norm(&unit) * norm(&rhs);
                assert!(largest(&gradient) < 1e-12 * size, "{m} x {n}, rank {rank}: {gradient}");
                // Of least norm: a combination of rows.
                let within = Lu::new(transposed(&right.dot(&right.t())));
                let inside = right.t().dot(&within.solve(&right.dot(&x)).unwrap());
                assert!(norm(&(&inside - &x)) < 1e-9 * norm(&x), "{m} x {n}, rank {rank}");
            }
        }
    }

    #[test]
    fn what_is_clearly_regular_is_seen_to_be() {
        for (n, least) in [(1, 1.0_f64), (3, 1e-3), (50, 1e-6), (120, 1e-12), (200, 0.3)] {
            let values: Vec<f64> = (0..n).map(|k| least.powf(k as f64 / n.max(2) as f64)).collect();
            let [a, ..] = with_values(&values);
            let (condition, wanted) =
                (Lu::new(a.clone()).condition(&a).unwrap(), 1.0 / values[n - 1]);
            assert!(condition < 1.001 * wanted && condition > 0.7 * wanted, "{n}: {condition:e}");
            assert!(regular(&a, &wavy(n, 1, 0), 0.3 / wanted).is_some(), "{n}");
            assert!(regular(&a, &wavy(n, 1, 0), 1.0 / wanted).is_none(), "{n}");
        }
        // A random matrix in single precision.
        let a = wavy(150, 150, 6);
        assert!(
            regular(&a, &wavy(150, 1, 0), limits(&a, f64::from(f32::EPSILON)).regular).is_some()
        );
        assert!(regular(&matrix(4, 4, |i, _| i as f64), &wavy(4, 1, 0), 1e-15).is_none());
    }
}
