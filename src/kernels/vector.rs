//! The vector work of solvers: updates and sums of squares, on the boxes of one chunk.
//!
//! Sums are accumulated in double precision in a fixed number of lanes: element `e` of a chunk, in C
//! order, goes to lane `e mod LANES`, however the chunk lies in memory. So a chunk's sum depends on the
//! chunk alone.

use ndarray::{ArrayViewD, ArrayViewMutD};

use crate::kernels::rows::{each_pair, long_rows, reals, reals_mut, vectorized, zip_rows};
use crate::scalar::{Real, Scalar};

const LANES: usize = 16;

#[inline(always)]
fn fold(mut lanes: [f64; LANES]) -> f64 {
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for l in 0..n {
            lanes[l] += lanes[l + n];
        }
    }
    lanes[0]
}

/// Adds products to the lanes; the first element belongs to lane `at`. Returns the lane after the last.
#[inline(always)]
fn accumulate<R: Real>(lanes: &mut [f64; LANES], at: usize, a: &[R], b: &[R]) -> usize {
    let head = if at == 0 { 0 } else { (LANES - at).min(a.len()) };
    let (a_head, a) = a.split_at(head);
    let (b_head, b) = b.split_at(head);
    for (l, (a, b)) in a_head.iter().zip(b_head).enumerate() {
        lanes[at + l] = a.widened().mul_add(b.widened(), lanes[at + l]);
    }
    let blocks = a.len() / LANES * LANES;
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for l in 0..LANES {
            lanes[l] = a[l].widened().mul_add(b[l].widened(), lanes[l]);
        }
    }
    for (l, (a, b)) in a[blocks..].iter().zip(&b[blocks..]).enumerate() {
        lanes[l] = a.widened().mul_add(b.widened(), lanes[l]);
    }
    (at + head + a.len()) % LANES
}

/// `y = f(y, x)`, with the squares of the new elements added to the lanes from `at` on. Returns the
/// lane after the last.
#[inline(always)]
fn combine<R: Real>(
    y: &mut [R],
    x: &[R],
    lanes: &mut [f64; LANES],
    at: usize,
    f: impl Fn(R, R) -> R,
) -> usize {
    let head = if at == 0 { 0 } else { (LANES - at).min(y.len()) };
    let (y_head, y) = y.split_at_mut(head);
    let (x_head, x) = x.split_at(head);
    for (l, (y, x)) in y_head.iter_mut().zip(x_head).enumerate() {
        *y = f(*y, *x);
        lanes[at + l] = y.widened().mul_add(y.widened(), lanes[at + l]);
    }
    let blocks = y.len() / LANES * LANES;
    for (y, x) in y.chunks_exact_mut(LANES).zip(x.chunks_exact(LANES)) {
        for l in 0..LANES {
            y[l] = f(y[l], x[l]);
            lanes[l] = y[l].widened().mul_add(y[l].widened(), lanes[l]);
        }
    }
    for (l, (y, x)) in y[blocks..].iter_mut().zip(&x[blocks..]).enumerate() {
        *y = f(*y, *x);
        lanes[l] = y.widened().mul_add(y.widened(), lanes[l]);
    }
    (at + head + y.len()) % LANES
}

/// `Re <x, y>`
pub fn dot<T: Scalar>(x: ArrayViewD<'_, T>, y: ArrayViewD<'_, T>) -> f64 {
    let (x, y) = long_rows(x, y);
    let (mut lanes, mut at) = ([0.0; LANES], 0);
    let mut add = |x: &[T], y: &[T]| {
        at = vectorized(
            #[inline(always)]
            || accumulate(&mut lanes, at, reals(x), reals(y)),
        );
    };
    each_pair(x, y, &mut |x, y| {
        let (Some(x), Some(y)) = (x.to_slice(), y.to_slice()) else {
            unreachable!("stores have consecutive rows")
        };
        add(x, y);
    });
    fold(lanes)
}

/// `y = a y + b x`, and the new `||y||^2`.
pub fn update<T: Scalar>(y: ArrayViewMutD<'_, T>, a: f64, x: ArrayViewD<'_, T>, b: f64) -> f64 {
    let (mut lanes, mut at) = ([0.0; LANES], 0);
    let (a, b) = (<T::Real as Real>::rounded(a), <T::Real as Real>::rounded(b));
    let keep = a == Real::rounded(1.0);
    zip_rows(y, x, |y, x| {
        at = vectorized(
            #[inline(always)]
            || {
                let (y, x) = (reals_mut(y), reals(x));
                if keep {
                    combine(
                        y,
                        x,
                        &mut lanes,
                        at,
                        #[inline(always)]
                        |y, x| x.mul_add(b, y),
                    )
                } else {
                    combine(
                        y,
                        x,
                        &mut lanes,
                        at,
                        #[inline(always)]
                        |y, x| x.mul_add(b, y * a),
                    )
                }
            },
        );
    });
    fold(lanes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::{C64, Scalar};
    use ndarray::{Array2, s};

    #[test]
    fn updates_return_the_new_norm() {
        let x = Array2::from_shape_fn((3, 50), |(i, j)| C64::new(i as f32 - 1.0, j as f32 % 7.0));
        let mut y = x.mapv(|v| v * 2.0);
        let expected = x.mapv(|v| v * (2.0 * 0.5 - 3.0));
        let norm = update(y.view_mut().into_dyn(), 0.5, x.view().into_dyn(), -3.0);
        assert_eq!(y, expected);
        let exact: f64 = expected.iter().map(|v| v.abs2()).sum();
        assert!((norm - exact).abs() < 1e-9 * exact);
        let (a, b) = (x.slice(s![.., 3..40]), expected.slice(s![.., 3..40]));
        let exact: f64 = a.iter().zip(b).map(|(a, b)| f64::from((a.conj() * b).re)).sum();
        assert!((dot(a.into_dyn(), b.into_dyn()) - exact).abs() < 1e-9 * exact.abs());
    }

    #[test]
    fn sums_do_not_depend_on_how_a_chunk_lies_in_memory() {
        let wide = Array2::from_shape_fn((7, 90), |(i, j)| ((i * 90 + j) as f64 * 0.7).sin());
        for width in [1, 3, 16, 37, 90] {
            let part = wide.slice(s![.., ..width]);
            let packed = part.to_owned();
            let apart = dot(part.into_dyn(), packed.view().into_dyn());
            let one = dot(packed.view().into_dyn(), packed.view().into_dyn());
            assert_eq!(apart.to_bits(), one.to_bits(), "width {width}");
            let (mut a, mut b) = (wide.clone(), packed.clone());
            let x = packed.mapv(|v| v + 1.0);
            for factor in [1.0, 0.3] {
                let apart = update(
                    a.slice_mut(s![.., ..width]).into_dyn(),
                    factor,
                    x.view().into_dyn(),
                    0.7,
                );
                let one = update(b.view_mut().into_dyn(), factor, x.view().into_dyn(), 0.7);
                assert_eq!(apart.to_bits(), one.to_bits(), "width {width}");
            }
            assert_eq!(a.slice(s![.., ..width]), b);
        }
    }
}
