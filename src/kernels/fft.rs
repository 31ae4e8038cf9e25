//! Fourier transforms along an axis, block by block of lines.
//!
//! Two real lines are packed into one complex transform, for every length: `z = a + i b`, then
//! `A_k = (Z_k + conj Z_{n-k}) / 2` and `B_k = (Z_k - conj Z_{n-k}) / 2i`.

use std::any::Any;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex};

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};
use num_complex::Complex;
use rustfft::{Fft, FftDirection, FftPlanner};

use crate::kernels::Buffer;
use crate::kernels::lines::{BLOCK, each_joined_plane, each_plane, each_sample, each_sample_mut};
use crate::scalar::{DType, Real, Scalar};

type Key = (usize, bool, DType);
type Plans = HashMap<Key, Arc<dyn Any + Send + Sync>>;
static PLANS: LazyLock<Mutex<Plans>> = LazyLock::new(|| Mutex::new(HashMap::new()));

pub(super) fn plan<R: Real>(n: usize, inverse: bool) -> Arc<dyn Fft<R>> {
    let key = (n, inverse, R::DTYPE);
    let mut plans = PLANS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let any = plans.entry(key).or_insert_with(|| {
        let direction = if inverse { FftDirection::Inverse } else { FftDirection::Forward };
        Arc::new(FftPlanner::<R>::new().plan_fft(n, direction))
    });
    match any.downcast_ref::<Arc<dyn Fft<R>>>() {
        Some(fft) => fft.clone(),
        None => unreachable!("the key names the type"),
    }
}

/// `y_k = scale sum_j x_j exp(-+ 2 pi i jk/n)`, for the frequencies `bins` that `y` holds.
/// `x` holds its whole axis.
pub fn fft<R: Real>(
    y: ArrayViewMutD<'_, Complex<R>>,
    bins: Range<usize>,
    x: ArrayViewD<'_, Complex<R>>,
    axis: usize,
    inverse: bool,
    scale: f64,
) where
    Complex<R>: Scalar<Real = R>,
{
    let n = x.shape()[axis];
    if n == 0 || y.is_empty() {
        return;
    }
    let fft = plan::<R>(n, inverse);
    let scale = R::rounded(scale);
    let mut lines = Buffer::<Complex<R>>::dirty(BLOCK * n);
    let mut scratch = Buffer::<Complex<R>>::dirty(fft.get_inplace_scratch_len());
    each_plane(y, x, axis, &mut |mut y, x| {
        for (mut y, x) in
            y.axis_chunks_iter_mut(Axis(0), BLOCK).zip(x.axis_chunks_iter(Axis(0), BLOCK))
        {
            let lines = &mut lines[..x.shape()[0] * n];
            each_sample(
                x,
                #[inline(always)]
                |j, x| {
                    lines[j..].iter_mut().step_by(n).zip(x).for_each(|(z, x)| *z = *x);
                },
            );
            fft.process_with_scratch(lines, &mut scratch);
            each_sample_mut(
                &mut y,
                #[inline(always)]
                |k, y| {
                    let bin = lines[bins.start + k..].iter().step_by(n);
                    y.iter_mut().zip(bin).for_each(|(y, z)| *y = z.scale(scale));
                },
            );
        }
    });
}

/// `y_k = scale w_k sum_j x_j exp(-2 pi i jk/n)`, for the frequencies `bins` that `y` holds, of the
/// `n/2 + 1` of a real axis; `w = weight` where a bin represents two.
pub fn rfft<R: Real>(
    y: ArrayViewMutD<'_, Complex<R>>,
    bins: Range<usize>,
    x: ArrayViewD<'_, R>,
    axis: usize,
    weight: f64,
    scale: f64,
) where
    Complex<R>: Scalar<Real = R>,
{
    let n = x.shape()[axis];
    if n == 0 || y.is_empty() {
        return;
    }
    let fft = plan::<R>(n, false);
    let single = R::rounded(scale);
    let double = R::rounded(scale * weight);
    let half = R::rounded(0.5);
    let mut lines = Buffer::<Complex<R>>::dirty(BLOCK / 2 * n);
    let mut scratch = Buffer::<Complex<R>>::dirty(fft.get_inplace_scratch_len());
    each_joined_plane(y, x, axis, &mut |mut y, x| {
        for (mut y, x) in
            y.axis_chunks_iter_mut(Axis(0), BLOCK).zip(x.axis_chunks_iter(Axis(0), BLOCK))
        {
            let pairs = x.shape()[0].div_ceil(2);
            let lines = &mut lines[..pairs * n];
            // The first half of the block holds real parts, the second imaginary ones.
            each_sample(
                x,
                #[inline(always)]
                |j, x| {
                    let (a, b) = x.split_at(pairs);
                    let b = b.iter().copied().chain(std::iter::once(R::default()));
                    for ((z, a), b) in lines[j..].iter_mut().step_by(n).zip(a).zip(b) {
                        *z = Complex::new(*a, b);
                    }
                },
            );
            fft.process_with_scratch(lines, &mut scratch);
            each_sample_mut(
                &mut y,
                #[inline(always)]
                |at, y| {
                    let k = bins.start + at;
                    let f = if k == 0 || 2 * k == n { single } else { double } * half;
                    let mirror = if k == 0 { 0 } else { n - k };
                    let (a, b) = y.split_at_mut(pairs);
                    let both = lines[k..].iter().step_by(n).zip(lines[mirror..].iter().step_by(n));
                    let mut b = b.iter_mut();
                    for (a, (u, v)) in a.iter_mut().zip(both) {
                        let v = v.conj();
                        *a = (u + v).scale(f);
                        if let Some(b) = b.next() {
                            let d = (u - v).scale(f);
                            *b = Complex::new(d.im, -d.re);
                        }
                    }
                },
            );
        }
    });
}

/// `x_j = scale Re sum_k w_k y_k exp(2 pi i jk/n)`, for the samples `range` that the output holds;
/// the transpose of [`rfft`]. `y` holds its whole axis of `n/2 + 1` frequencies.
pub fn irfft<R: Real>(
    out: ArrayViewMutD<'_, R>,
    range: Range<usize>,
    y: ArrayViewD<'_, Complex<R>>,
    axis: usize,
    n: usize,
    weight: f64,
    scale: f64,
) where
    Complex<R>: Scalar<Real = R>,
{
    if n == 0 || out.is_empty() {
        return;
    }
    let fft = plan::<R>(n, true);
    let single = R::rounded(scale);
    // z_k and z_{n-k} each hold half of what the bin represents.
    let double = R::rounded(scale * weight * 0.5);
    let mut lines = Buffer::<Complex<R>>::dirty(BLOCK / 2 * n);
    let mut scratch = Buffer::<Complex<R>>::dirty(fft.get_inplace_scratch_len());
    each_joined_plane(out, y, axis, &mut |mut out, y| {
        for (mut out, y) in
            out.axis_chunks_iter_mut(Axis(0), BLOCK).zip(y.axis_chunks_iter(Axis(0), BLOCK))
        {
            let pairs = y.shape()[0].div_ceil(2);
            let lines = &mut lines[..pairs * n];
            each_sample(
                y,
                #[inline(always)]
                |k, y| {
                    let (a, b) = y.split_at(pairs);
                    let b = b.iter().copied().chain(std::iter::once(Complex::default()));
                    for (z, (a, b)) in lines.chunks_exact_mut(n).zip(a.iter().zip(b)) {
                        if k == 0 || 2 * k == n {
                            z[k] = Complex::new(a.re * single, b.re * single);
                        } else {
                            let (u, v) = (a.scale(double), b.scale(double));
                            z[k] = Complex::new(u.re - v.im, u.im + v.re);
                            z[n - k] = Complex::new(u.re + v.im, v.re - u.im);
                        }
                    }
                },
            );
            fft.process_with_scratch(lines, &mut scratch);
            each_sample_mut(
                &mut out,
                #[inline(always)]
                |j, out| {
                    let (a, b) = out.split_at_mut(pairs);
                    let mut b = b.iter_mut();
                    for (a, z) in a.iter_mut().zip(lines[range.start + j..].iter().step_by(n)) {
                        *a = z.re;
                        if let Some(b) = b.next() {
                            *b = z.im;
                        }
                    }
                },
            );
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::C128;
    use ndarray::{Array3, ArrayD};

    fn wave(n: usize, jk: usize, sign: f64) -> C128 {
        C128::from_polar(1.0, sign * 2.0 * std::f64::consts::PI * (jk % n) as f64 / n as f64)
    }

    fn input() -> ArrayD<C128> {
        Array3::from_shape_fn((5, 6, 3), |(i, j, k)| {
            C128::new((i * 3 + j * j + k) as f64 % 7.0 - 2.5, (i + j * k) as f64 % 5.0 - 1.0)
        })
        .into_dyn()
    }

    fn assert_close(a: &ArrayD<C128>, b: &ArrayD<C128>) {
        let error = a.iter().zip(b).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max);
        assert!(error < 1e-12, "{error}");
    }

    #[test]
    fn complex_transforms_are_the_definition() {
        let x = input();
        for axis in 0..3 {
            for inverse in [false, true] {
                let n = x.shape()[axis];
                let sign = if inverse { 1.0 } else { -1.0 };
                let expected = ArrayD::from_shape_fn(x.raw_dim(), |index| {
                    (0..n)
                        .map(|j| {
                            let mut at = index.clone();
                            at[axis] = j;
                            x[at] * wave(n, j * index[axis], sign) * 0.5
                        })
                        .sum()
                });
                let mut y = ArrayD::from_elem(x.raw_dim(), C128::new(7.0, 7.0));
                fft::<f64>(y.view_mut(), 0..n, x.view(), axis, inverse, 0.5);
                assert_close(&y, &expected);
            }
        }
    }

    #[test]
    fn real_transforms_are_the_definition_and_its_transpose() {
        let x = input().mapv(|x| x.re);
        for axis in 0..3 {
            let n = x.shape()[axis];
            let bins = n / 2 + 1;
            let w = |k: usize| if k == 0 || 2 * k == n { 1.0 } else { 1.5 };
            let mut dims = x.raw_dim();
            dims[axis] = bins;
            let expected = ArrayD::from_shape_fn(dims.clone(), |index| {
                (0..n)
                    .map(|j| {
                        let mut at = index.clone();
                        at[axis] = j;
                        wave(n, j * index[axis], -1.0) * x[at] * 0.25 * w(index[axis])
                    })
                    .sum()
            });
            let mut y = ArrayD::from_elem(dims.clone(), C128::new(7.0, 7.0));
            rfft::<f64>(y.view_mut(), 0..bins, x.view(), axis, 1.5, 0.25);
            assert_close(&y, &expected);
            let seed =
                ArrayD::from_shape_fn(dims, |i| C128::new(i[0] as f64 - 1.0, (i[1] + i[2]) as f64));
            let expected = ArrayD::from_shape_fn(x.raw_dim(), |index| {
                let sum: C128 = (0..bins)
                    .map(|k| {
                        let mut at = index.clone();
                        at[axis] = k;
                        seed[at] * wave(n, k * index[axis], 1.0) * 0.25 * w(k)
                    })
                    .sum();
                C128::new(sum.re, 0.0)
            });
            let mut back = ArrayD::from_elem(x.raw_dim(), 7.0);
            irfft::<f64>(back.view_mut(), 0..n, seed.view(), axis, n, 1.5, 0.25);
            assert_close(&back.mapv(C128::from), &expected);
        }
    }

    /// Bits depend neither on where arrays lie nor, for a complex line, on the lines beside it.
    #[test]
    fn layouts_and_company_do_not_change_bits() {
        for n in (1..40).chain([60, 64, 97, 100, 128]) {
            let values = |i: usize| (i as f64 * 0.7).sin();
            let x = Array3::from_shape_fn((n, 3, 5), |(i, j, k)| values(i * 31 + j * 7 + k));
            let mut wide = Array3::zeros((n, 6, 9)).into_dyn();
            let inner = ndarray::s![.., 1..4, 2..7];
            wide.slice_mut(inner).assign(&x);
            let bins = n / 2 + 1;
            let of = |x: ArrayViewD<'_, f64>, y: ArrayViewMutD<'_, C128>| {
                rfft::<f64>(y, 0..bins, x, 0, 1.5, 0.25);
            };
            let mut plain = ArrayD::zeros(vec![bins, 3, 5]);
            of(x.view().into_dyn(), plain.view_mut());
            let mut placed = Array3::<C128>::zeros((bins, 6, 9)).into_dyn();
            of(wide.slice(inner).into_dyn(), placed.slice_mut(inner).into_dyn());
            let bits = |a: ArrayViewD<'_, C128>| -> Vec<[u64; 2]> {
                a.iter().map(|v| [v.re.to_bits(), v.im.to_bits()]).collect()
            };
            assert_eq!(bits(plain.view()), bits(placed.slice(inner).into_dyn()), "rfft of {n}");
            let mut back = ArrayD::zeros(vec![n, 3, 5]);
            irfft::<f64>(back.view_mut(), 0..n, plain.view(), 0, n, 1.5, 0.25);
            let mut there = Array3::<f64>::zeros((n, 6, 9)).into_dyn();
            let target = there.slice_mut(inner).into_dyn();
            irfft::<f64>(target, 0..n, placed.slice(inner).into_dyn(), 0, n, 1.5, 0.25);
            assert!(back.iter().zip(there.slice(inner)).all(|(a, b)| a.to_bits() == b.to_bits()));
            alone_and_together::<f32>(n);
            alone_and_together::<f64>(n);
        }
    }

    fn alone_and_together<R: Real>(n: usize)
    where
        Complex<R>: Scalar<Real = R>,
    {
        let value =
            |i: usize| Complex::<R>::from_c128(C128::new((i as f64).sin(), (i as f64).cos()));
        let x = ndarray::Array2::from_shape_fn((5, n), |(l, j)| value(l * n + j)).into_dyn();
        let mut all = x.clone();
        fft::<R>(all.view_mut(), 0..n, x.view(), 1, false, 1.0);
        for l in 0..5 {
            let mut one = x.slice(ndarray::s![l..l + 1, ..]).to_owned().into_dyn();
            let line = one.clone();
            fft::<R>(one.view_mut(), 0..n, line.view(), 1, false, 1.0);
            let together = all.slice(ndarray::s![l..l + 1, ..]);
            assert!(one.iter().zip(together).all(|(a, b)| a == b), "{n}, line {l}");
        }
    }
}
