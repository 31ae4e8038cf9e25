//! Least squares by Golub and Kahan's singular values, for square matrices whose rank is in doubt.
//!
//! ```text
//! A = Q B P^T by reflections, B of two diagonals,  B = U S V^T by rotations
//! x = P V S^-1 U^T Q^T y  over the singular values above the limit
//! ```
//! Takes `8/3 n^3` operations: Q and U are applied to the data as they are found, P and V to the
//! model at the end, and none of them is ever formed.

use ndarray::{Array1, Array2, Axis, s};

use crate::solvers::dense::{DenseSolution, largest, reflect, reflector, rotate, transposed};

/// Most passes over the two diagonals per unknown; two or three are needed.
const PASSES: usize = 60;

/// The least-squares solution of least norm over the singular values above `limit` times the largest.
pub(super) fn by_singular_values(
    mut a: Array2<f64>,
    rhs: &Array2<f64>,
    limit: f64,
) -> DenseSolution {
    let n = a.ncols();
    let (mut b, mut y) = (Diagonals { main: vec![0.0; n], upper: vec![0.0; n] }, rhs.clone());
    // A = Q B P^T: P remains a product of reflections, and y becomes Q^T y.
    let mut axes: Vec<Array1<f64>> = Vec::new();
    for k in 0..n {
        let (mut left, mut right) = a.view_mut().split_at(Axis(1), k + 1);
        let mut u = left.slice_mut(s![k.., k]);
        b.main[k] = -reflector(&mut u);
        let u = u.view();
        reflect(&u, &mut right.slice_mut(s![k.., ..]), 1.0);
        reflect(&u, &mut y.slice_mut(s![k.., ..]), 1.0);
        let mut u = right.row(k).to_owned();
        if u.is_empty() {
            break;
        }
        b.upper[k] = -reflector(&mut u.view_mut());
        let mut rest = right.slice_mut(s![k + 1.., ..]);
        let mut along = Array1::zeros(rest.nrows());
        for (column, u) in rest.columns().into_iter().zip(&u) {
            along.scaled_add(*u, &column);
        }
        for (mut column, u) in rest.columns_mut().into_iter().zip(&u) {
            column.scaled_add(-2.0 * u, &along);
        }
        axes.push(u);
    }
    // B = U S V^T; z becomes (U^T Q^T y)^T, then that over S.
    let mut z = transposed(&y);
    let turns = b.diagonalise(|i, c, s| rotate(&mut z, i, i + 1, c, -s));
    let most = largest(&b.main);
    let counts = |s: &f64| s.abs() > limit * most;
    for (mut column, s) in z.columns_mut().into_iter().zip(&b.main) {
        column *= if counts(s) { 1.0 / s } else { 0.0 };
    }
    // x = P V z
    turns.iter().rev().for_each(|&(i, c, s)| rotate(&mut z, i, i + 1, c, s));
    let mut x = transposed(&z);
    for (k, u) in axes.iter().enumerate().rev() {
        reflect(&u.view(), &mut x.slice_mut(s![k + 1.., ..]), 1.0);
    }
    let counted = || b.main.iter().filter(|s| counts(s));
    let least = counted().fold(most, |least, s| least.min(s.abs()));
    DenseSolution { x, rank: counted().count(), condition: most / least }
}

/// A bidiagonal matrix; the last element of the upper diagonal is unused.
struct Diagonals {
    main: Vec<f64>,
    upper: Vec<f64>,
}

impl Diagonals {
    /// Rotates it until the upper diagonal is 0 up to rounding. Calls `left` with every rotation of
    /// rows, and returns those of columns: index of the first column, cosine and sine.
    fn diagonalise(&mut self, mut left: impl FnMut(usize, f64, f64)) -> Vec<(usize, f64, f64)> {
        let Diagonals { main: d, upper: e } = self;
        let (mut turns, mut end) = (Vec::new(), d.len().saturating_sub(1));
        let tiny = f64::EPSILON * largest(d.iter()).max(largest(e.iter()));
        for _ in 0..PASSES * d.len() {
            while end > 0 && e[end - 1].abs() <= tiny {
                end -= 1;
            }
            if end == 0 {
                break;
            }
            // Rows begin..=end are coupled.
            let begin = (1..end).rev().find(|&k| e[k - 1].abs() <= tiny).unwrap_or(0);
            let (f, g, h) = (d[end - 1].abs(), e[end - 1].abs(), d[end].abs());
            // The lesser singular value of the last two rows: s1 s2 = f h, s1 +- s2 = |(f +- h, g)|.
            let shift = 2.0 * f * (h / ((f + h).hypot(g) + (f - h).hypot(g)));
            let first = d[begin].abs();
            let vanishes = d[begin..=end].iter().any(|d| d.abs() <= tiny);
            if vanishes || (shift / first).powi(2) < f64::EPSILON {
                // Without a shift, no small element is lost.
                let (mut c, mut old) = (1.0, (1.0, 0.0));
                for i in begin..end {
                    let (cos, sin, r) = rotation(d[i] * c, e[i]);
                    if i > begin {
                        e[i - 1] = old.1 * r;
                    }
                    let (oc, os, r) = rotation(old.0 * r, d[i + 1] * sin);
                    d[i] = r;
                    turns.push((i, cos, sin));
                    left(i, oc, os);
                    (c, old) = (cos, (oc, os));
                }
                let h = d[end] * c;
                (d[end], e[end - 1]) = (h * old.0, h * old.1);
                continue;
            }
            let (mut f, mut g) =
                ((first - shift) * (d[begin].signum() + shift / d[begin]), e[begin]);
            for i in begin..end {
                let (cos, sin, r) = rotation(f, g);
                if i > begin {
                    e[i - 1] = r;
                }
                turns.push((i, cos, sin));
                (f, e[i]) = (cos * d[i] + sin * e[i], cos * e[i] - sin * d[i]);
                (g, d[i + 1]) = (sin * d[i + 1], cos * d[i + 1]);
                let (cos, sin, r) = rotation(f, g);
                d[i] = r;
                left(i, cos, sin);
                (f, d[i + 1]) = (cos * e[i] + sin * d[i + 1], cos * d[i + 1] - sin * e[i]);
                if i + 1 < end {
                    (g, e[i + 1]) = (sin * e[i + 1], cos * e[i + 1]);
                }
            }
            e[end - 1] = f;
        }
        turns
    }
}

/// Cosine and sine that take `(f, g)` to `(r, 0)`, and `r`.
fn rotation(f: f64, g: f64) -> (f64, f64, f64) {
    let r = f.hypot(g);
    if r == 0.0 { (1.0, 0.0, 0.0) } else { (f / r, g / r, r) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solvers::dense::tests::{wavy, with_values};
    use crate::solvers::dense::{matrix, norm};

    #[test]
    fn singular_values_decide_where_the_rank_is_in_doubt() {
        let fall = |n: usize, by: f64| (0..n).map(|k| by.powi(k as i32)).collect::<Vec<_>>();
        let steps = |n: usize| (0..n).map(|k| [1.0, 1e-3, 1e-9, 0.0][k % 4]).collect::<Vec<_>>();
        for values in [
            fall(40, 0.5),
            fall(7, 1e-3),
            fall(90, 0.9),
            steps(41),
            steps(100),
            vec![1.0; 30],
            vec![0.0; 5],
            vec![3.0],
            vec![0.0],
        ] {
            let n = values.len();
            let [a, u, v] = with_values(&values);
            let rhs = wavy(n, 2, 4);
            for limit in [3e-4, 3e-7, 3e-12] {
                let found = by_singular_values(a.clone(), &rhs, limit);
                let most = largest(&values);
                let counted: Vec<_> = values.iter().filter(|s| **s > limit * most).collect();
                assert_eq!(found.rank, counted.len(), "{values:?} above {limit:e}");
                let over = |s: f64| if s > limit * most { 1.0 / s } else { 0.0 };
                let along = u.t().dot(&rhs);
                let wanted = v.dot(&matrix(n, 2, |i, j| over(values[i]) * along[(i, j)]));
                let off = norm(&(&wanted - &found.x));
                assert!(
                    off <= 1e-13 / limit * norm(&wanted),
                    "{values:?} above {limit:e}: {off:e}"
                );
                let condition = counted.iter().fold(1.0_f64, |c, s| c.max(most / **s));
                assert!((found.condition / condition - 1.0).abs() < 1e-3 || most == 0.0);
            }
        }
        // Zeros on the diagonals.
        let shift = matrix(6, 6, |i, j| f64::from(i + 1 == j));
        let found = by_singular_values(shift, &wavy(6, 1, 1), 1e-12);
        assert!(found.rank == 5 && found.x[(0, 0)].abs() < 1e-15, "{}", found.x);
        let lower = matrix(6, 6, |i, j| f64::from(i + 1 == j || (i == j && i != 3)));
        let found = by_singular_values(lower.clone(), &lower.dot(&wavy(6, 1, 1)), 1e-12);
        let off = lower.dot(&found.x) - lower.dot(&wavy(6, 1, 1));
        assert!(found.rank == 5 && norm(&off) < 1e-14, "{off}");
    }
}
