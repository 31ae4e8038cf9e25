//! Interpolation by a natural cubic spline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operators::defaults::minus_one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::interpolation::{Between, Interpolation};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<InterpCubicSpline>("InterpCubicSpline");

/// Interpolation along an axis with a natural cubic spline.
///
/// ```text
/// y = (1-t) x_i + t x_{i+1} + ((1-t)^3 - (1-t)) m_i / 6 + (t^3 - t) m_{i+1} / 6        at position i + t
/// m_{j-1} + 4 m_j + m_{j+1} = 6 (x_{j-1} - 2 x_j + x_{j+1}),  m_0 = m_{n-1} = 0
/// ```
/// The `m` are the second derivatives of the spline at the samples. Positions may be in any order
/// and repeat; those beyond the last sample are moved to it. Works in all element types; PyLops' in
/// double precision only. PyLops: `InterpCubicSpline`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct InterpCubicSpline {
    /// Dims of the model, of at least 2 samples along the axis.
    dims: OneOrMany<usize>,
    /// Positions along the axis, in samples from 0.
    iava: ArrayParam,
    /// Boundary condition: `natural`, zero second derivatives at both ends.
    #[serde(default, rename = "bc_type")]
    _bc_type: Ends,
    /// Axis to interpolate along.
    #[serde(default = "minus_one")]
    axis: isize,
}

/// Boundary condition of a spline.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Ends {
    /// Their second derivatives are 0.
    #[default]
    Natural,
}

impl Parameters for InterpCubicSpline {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        at.two_samples(dims[axis])?;
        let positions = at.position_list("iava", &self.iava, scope)?;
        let positions = at.on_axis("iava", positions, dims[axis])?;
        Some(spline(ArrayType { dims, dtype }, axis, &positions))
    }
}

/// The spline of a model at positions along an axis of at least 2 samples.
pub(super) fn spline(model: ArrayType, axis: usize, positions: &[f64]) -> Op {
    let (n, reach) = (model.dims[axis], if model.dtype.is_double() { REACH } else { REACH / 2 });
    let rows = positions.iter().map(|&p| weights(Between::at(p, n), n, reach));
    Interpolation::along(model, axis, rows)
}

/// `2 - sqrt(3)`: the inverse of the matrix of the second derivatives falls by this from one
/// diagonal to the next.
const FALL: f64 = 0.267_949_192_431_122_7;
/// After so many it is below double precision, and after half of them below single.
const REACH: usize = 28;

/// What a spline takes of the samples at one position.
///
/// With `r = 2 - sqrt(3)` and `N = n - 2` second derivatives that are not 0, numbered from 1,
///
/// ```text
/// (B^-1)_ij = 6 (-1)^(i-j) r^(1+j-i) (1 - r^(2i)) (1 - r^(2(N+1-j))) / ((1 - r^2) (1 - r^(2(N+1))))    i <= j
/// ```
/// where `B` has 1/6, 2/3, 1/6 on its diagonals: the inverse of a tridiagonal Toeplitz matrix.
fn weights(at: Between, n: usize, reach: usize) -> Vec<(usize, f64)> {
    let Between { left, part } = at;
    let (first, end) = (left.saturating_sub(reach + 1), (left + reach + 3).min(n));
    let mut row = vec![0.0; end - first];
    row[left - first] = 1.0 - part;
    row[left + 1 - first] = part;
    let cubic = |t: f64| (t * t * t - t) / 6.0;
    for (i, factor) in [(left, cubic(1.0 - part)), (left + 1, cubic(part))] {
        if factor == 0.0 || i == 0 || i == n - 1 {
            continue;
        }
        for j in (first + 1).max(i.saturating_sub(reach))..=(end - 2).min(i + reach) {
            let d = factor * inverse(i, j, n - 2);
            row[j - 1 - first] += d;
            row[j - first] -= 2.0 * d;
            row[j + 1 - first] += d;
        }
    }
    row.into_iter().enumerate().map(|(k, w)| (first + k, w)).filter(|(_, w)| *w != 0.0).collect()
}

/// `(B^-1)_ij`
fn inverse(i: usize, j: usize, count: usize) -> f64 {
    let (i, j) = (i.min(j), i.max(j));
    let power = |k: usize| FALL.powi(k.min(1000) as i32);
    let rest = |k: usize| 1.0 - power(2 * k);
    let sign = if (j - i) % 2 == 0 { 6.0 } else { -6.0 };
    sign * power(1 + j - i) * rest(i) * rest(count + 1 - j) / (rest(1) * rest(count + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by elimination of the tridiagonal system.
    fn by_elimination(p: f64, n: usize, x: &[f64]) -> f64 {
        let mut m = vec![0.0; n];
        let (mut upper, mut right) = (vec![0.0; n], vec![0.0; n]);
        for j in 1..n - 1 {
            let pivot = 4.0 - upper[j - 1];
            upper[j] = 1.0 / pivot;
            right[j] = (6.0 * (x[j - 1] - 2.0 * x[j] + x[j + 1]) - right[j - 1]) / pivot;
        }
        for j in (1..n - 1).rev() {
            m[j] = right[j] - upper[j] * m[j + 1];
        }
        let Between { left: i, part: t } = Between::at(p, n);
        let cubic = |t: f64| (t * t * t - t) / 6.0;
        (1.0 - t) * x[i] + t * x[i + 1] + cubic(1.0 - t) * m[i] + cubic(t) * m[i + 1]
    }

    #[test]
    fn weights_are_those_of_the_tridiagonal_system() {
        for n in [2, 3, 4, 5, 31, 32, 33, 90] {
            let x: Vec<f64> = (0..n).map(|k| ((k * k * 7 + 3 * k) % 11) as f64 - 5.0).collect();
            for k in 0..=8 * (n - 1) {
                let p = k as f64 / 8.0;
                let row = weights(Between::at(p, n), n, REACH);
                let found: f64 = row.iter().map(|&(c, w)| w * x[c]).sum();
                let expected = by_elimination(p, n, &x);
                assert!((found - expected).abs() < 1e-13, "n {n}, at {p}: {found}, {expected}");
                assert!(row.len() <= 2 * REACH + 4);
            }
        }
    }
}
