//! Solves with a symmetric tridiagonal Toeplitz matrix along an axis, by elimination.
//!
//! ```text
//! b y_{i-1} + a y_i + b y_{i+1} = x_i
//! ```

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::rows::{parts, reals, reals_mut, vectorized, zip_rows};
use crate::scalar::{Real, Scalar};

/// Lanes along the last axis that are solved side by side; they are transposed first.
const LANES: usize = 8;

/// Solves `b y_{i-1} + a y_i + b y_{i+1} = x_i` along an axis that both views hold as a whole.
pub fn solve<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    x: ArrayViewD<'_, T>,
    axis: usize,
    [a, b]: [f64; 2],
) {
    let n = x.len_of(Axis(axis));
    // y_i = c_i (z_i - b y_{i+1}),  z_i = x_i - b c_{i-1} z_{i-1}
    let c: Vec<f64> =
        std::iter::successors(Some(1.0 / a), |c| Some(1.0 / (a - b * b * c))).take(n).collect();
    if axis + 1 < y.ndim() {
        y.assign(&x);
        for i in 1..n {
            add(&mut y, axis, (i, i - 1), -b * c[i - 1], 1.0);
        }
        y.index_axis_mut(Axis(axis), n - 1).mapv_inplace(|z| z.scale(T::Real::rounded(c[n - 1])));
        for i in (0..n - 1).rev() {
            add(&mut y, axis, (i, i + 1), -b * c[i], c[i]);
        }
        return;
    }
    let mut lanes: Vec<_> = y.lanes_mut(Axis(axis)).into_iter().zip(x.lanes(Axis(axis))).collect();
    let mut turned = vec![T::default(); LANES * n];
    for lanes in lanes.chunks_mut(LANES) {
        for (k, (_, x)) in lanes.iter().enumerate() {
            turned.iter_mut().skip(k).step_by(LANES).zip(x).for_each(|(to, from)| *to = *from);
        }
        if parts::<T>() == 1 {
            eliminate::<T::Real, LANES>(reals_mut(&mut turned), &c, b);
        } else {
            eliminate::<T::Real, { 2 * LANES }>(reals_mut(&mut turned), &c, b);
        }
        for (k, (y, _)) in lanes.iter_mut().enumerate() {
            y.iter_mut()
                .zip(turned.iter().skip(k).step_by(LANES))
                .for_each(|(to, from)| *to = *from);
        }
    }
}

/// `y_i = f y_j + g y_i` along an axis, where `j` is a neighbour of `i`.
fn add<T: Scalar>(
    y: &mut ArrayViewMutD<'_, T>,
    axis: usize,
    (i, j): (usize, usize),
    f: f64,
    g: f64,
) {
    let at = i.max(j);
    let (low, high) = y.view_mut().split_at(Axis(axis), at);
    let low = low.index_axis_move(Axis(axis), at - 1);
    let high = high.index_axis_move(Axis(axis), 0);
    let (to, from) = if i > j { (high, low) } else { (low, high) };
    let (f, g) = (T::Real::rounded(f), T::Real::rounded(g));
    zip_rows(to, from.view(), |y, x| {
        let (y, x) = (reals_mut(y), reals(x));
        vectorized(
            #[inline(always)]
            || y.iter_mut().zip(x).for_each(|(y, x)| *y = *x * f + *y * g),
        );
    });
}

/// The same for rows of `W` reals, one after the other.
fn eliminate<R: Real, const W: usize>(y: &mut [R], c: &[f64], b: f64) {
    vectorized(
        #[inline(always)]
        || {
            let mut last = [R::default(); W];
            let mut f = R::default();
            for (row, c) in y.chunks_exact_mut(W).zip(c) {
                for k in 0..W {
                    last[k] = last[k] * f + row[k];
                    row[k] = last[k];
                }
                f = R::rounded(-b * c);
            }
            last = [R::default(); W];
            for (row, &c) in y.chunks_exact_mut(W).zip(c).rev() {
                let (f, g) = (R::rounded(-b * c), R::rounded(c));
                for k in 0..W {
                    last[k] = last[k] * f + row[k] * g;
                    row[k] = last[k];
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;

    #[test]
    fn the_matrix_of_the_solution_is_the_input() {
        for (dims, axis) in [(vec![9, 5], 0), (vec![17, 6], 1), (vec![2, 1, 3], 1), (vec![1], 0)] {
            let mut count = 0;
            let x = ArrayD::from_shape_simple_fn(dims.clone(), || {
                count += 7;
                f64::from(count % 5)
            });
            let mut y = ArrayD::from_elem(dims.clone(), f64::NAN);
            solve(y.view_mut(), x.view(), axis, [4.0, 1.0]);
            for (y, x) in y.lanes(Axis(axis)).into_iter().zip(x.lanes(Axis(axis))) {
                for i in 0..x.len() {
                    let before = if i > 0 { y[i - 1] } else { 0.0 };
                    let after = y.get(i + 1).copied().unwrap_or(0.0);
                    assert!((before + 4.0 * y[i] + after - x[i]).abs() < 1e-13);
                }
            }
            let z = x.mapv(|v| num_complex::Complex::new(v as f32, -2.0 * v as f32));
            let mut complex = ArrayD::from_elem(dims, Default::default());
            solve(complex.view_mut(), z.view(), axis, [4.0, 1.0]);
            assert!(complex.iter().zip(&y).all(|(z, y)| (f64::from(z.im) + 2.0 * y).abs() < 1e-5));
        }
    }
}
