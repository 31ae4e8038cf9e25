//! Cosine transforms along an axis, orthonormal, each by one complex Fourier transform of a line. With
//! `w_k = exp(-i pi k/2n)` and `v` the even samples followed by the odd ones backwards,
//!
//! ```text
//! II    y_k = s (w_k V_k + conj w_k V_{n-k}),           V = F v
//! III   v = F u,   u_k = s w_k (x_k + i x_{n-k}),       the transpose of II
//! IV    y_k = s (E_k + i E_{n-1-k}),   E_k = exp(-i pi (2k+1)/4n) sum_j exp(-i pi j/n) v_j exp(-2 pi i jk/n),
//!       with the odd samples negative in v
//! I     the Fourier transform of the 2n - 2 samples mirrored at both ends
//! ```
//! These are complex-linear, so a complex line needs one transform, and so do two real ones, packed as
//! `a + i b`. II and III: Makhoul, IEEE Trans. ASSP 28 (1980).

use std::any::Any;
use std::collections::HashMap;
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex};

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};
use num_complex::Complex;
use rustfft::Fft;

use crate::kernels::Buffer;
use crate::kernels::fft::plan;
use crate::kernels::lines::{BLOCK, each_joined_plane, each_sample, each_sample_mut};
use crate::kernels::rows::{parts, reals, reals_mut};
use crate::scalar::{C128, DType, Real, Scalar};

/// Which cosine transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cosine {
    /// `sqrt(2/(n-1)) e_j e_k cos(pi jk/(n-1))`, `e = 1/sqrt(2)` at both ends, of two samples or more.
    I,
    /// `sqrt(2/n) e_k cos(pi k (2j+1)/2n)`, `e_0 = 1/sqrt(2)`.
    II,
    /// The transpose of II.
    III,
    /// `sqrt(2/n) cos(pi (2j+1) (2k+1)/4n)`
    IV,
}

impl Cosine {
    /// Its transpose, which is its inverse.
    pub fn transpose(self) -> Cosine {
        match self {
            Cosine::II => Cosine::III,
            Cosine::III => Cosine::II,
            other => other,
        }
    }

    /// The coefficient of sample `j` in `y_k`.
    #[cfg(test)]
    pub(crate) fn coefficient(self, n: usize, j: usize, k: usize) -> f64 {
        let end = |at_end: bool| if at_end { FRAC_1_SQRT_2 } else { 1.0 };
        let cos = |a: usize, b: usize| (PI * a as f64 / b as f64).cos();
        let scale = (2.0 / n as f64).sqrt();
        match self {
            Cosine::I => {
                let last = n - 1;
                let ends = end(j == 0 || j == last) * end(k == 0 || k == last);
                (2.0 / last as f64).sqrt() * ends * cos(j * k, last)
            }
            Cosine::II => scale * end(k == 0) * cos(k * (2 * j + 1), 2 * n),
            Cosine::III => scale * end(j == 0) * cos(j * (2 * k + 1), 2 * n),
            Cosine::IV => scale * cos((2 * j + 1) * (2 * k + 1), 4 * n),
        }
    }
}

/// What the transforms of one length share.
struct Table<R: Real> {
    fft: Arc<dyn Fft<R>>,
    /// Samples of the Fourier transform.
    len: usize,
    /// Factor of every sample on the way in, unless it is 1.
    load: Vec<Complex<R>>,
    /// Of III, `s w_k`.
    twist: Vec<Complex<R>>,
    /// Where sample `k` of the result comes from: two places and their factors.
    store: Vec<[(usize, Complex<R>); 2]>,
}

type Key = (Cosine, usize, DType);
type Tables = HashMap<Key, Arc<dyn Any + Send + Sync>>;
static TABLES: LazyLock<Mutex<Tables>> = LazyLock::new(|| Mutex::new(HashMap::new()));

/// `exp(-i pi a/b)`
fn turn(a: usize, b: usize) -> C128 {
    C128::from_polar(1.0, -PI * a as f64 / b as f64)
}

/// Where sample `j` stands in `v`.
fn folded(j: usize, n: usize) -> usize {
    if j.is_multiple_of(2) { j / 2 } else { n - 1 - j / 2 }
}

impl<R: Real> Table<R>
where
    Complex<R>: Scalar<Real = R>,
{
    fn new(kind: Cosine, n: usize) -> Table<R> {
        let len = if kind == Cosine::I { 2 * (n - 1) } else { n };
        let scale = (0.5 / n as f64).sqrt();
        let rounded = |z: C128| Complex::<R>::from_c128(z);
        let end = |k: usize| if k == 0 || k + 1 == n { FRAC_1_SQRT_2 } else { 1.0 };
        let only = |at: usize, c: f64| [(at, rounded(c.into())), (at, rounded(C128::ZERO))];
        let load = |j: usize| match kind {
            Cosine::I if j == 0 || j + 1 == n => rounded(FRAC_1_SQRT_2.into()),
            Cosine::I => rounded(0.5.into()),
            _ => rounded(turn(folded(j, n), n) * if j.is_multiple_of(2) { 1.0 } else { -1.0 }),
        };
        let store = |k: usize| match kind {
            Cosine::I => only(k, (2.0 / (n - 1) as f64).sqrt() * end(k)),
            Cosine::II if k == 0 => only(0, (1.0 / n as f64).sqrt()),
            Cosine::II => {
                let w = turn(k, 2 * n) * scale;
                [(k, rounded(w)), (n - k, rounded(w.conj()))]
            }
            Cosine::III => only(folded(k, n), 1.0),
            Cosine::IV => {
                let mirror = n - 1 - k;
                let e = |k: usize| turn(2 * k + 1, 4 * n) * scale;
                [(k, rounded(e(k))), (mirror, rounded(e(mirror) * C128::I))]
            }
        };
        let loads = matches!(kind, Cosine::I | Cosine::IV);
        let twists = kind == Cosine::III;
        Table {
            fft: plan::<R>(len, false),
            len,
            load: (0..if loads { n } else { 0 }).map(load).collect(),
            twist: (0..if twists { n } else { 0 })
                .map(|k| match k {
                    0 => rounded((1.0 / n as f64).sqrt().into()),
                    k => rounded(turn(k, 2 * n) * scale),
                })
                .collect(),
            store: (0..n).map(store).collect(),
        }
    }

    fn shared(kind: Cosine, n: usize) -> Arc<Table<R>> {
        let mut tables = TABLES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let any = tables
            .entry((kind, n, R::DTYPE))
            .or_insert_with(|| Arc::new(Table::<R>::new(kind, n)))
            .clone();
        match any.downcast() {
            Ok(table) => table,
            Err(_) => unreachable!("the key names the type"),
        }
    }

    /// `u_k = s w_k (x_k + i x_{n-k})`, in place.
    fn twist(&self, line: &mut [Complex<R>]) {
        let n = line.len();
        line[0] *= self.twist[0];
        let turned = |z: Complex<R>| Complex::new(-z.im, z.re);
        for k in 1..n / 2 + 1 {
            let (a, b) = (line[k], line[n - k]);
            line[k] = (a + turned(b)) * self.twist[k];
            line[n - k] = (b + turned(a)) * self.twist[n - k];
        }
    }
}

/// Samples `range` of the transforms of the lines of `x`, which holds its whole axis.
pub fn dct<T: Scalar>(
    y: ArrayViewMutD<'_, T>,
    range: Range<usize>,
    x: ArrayViewD<'_, T>,
    axis: usize,
    kind: Cosine,
) where
    Complex<T::Real>: Scalar<Real = T::Real>,
{
    let n = x.shape()[axis];
    if n == 0 || y.is_empty() {
        return;
    }
    let table = Table::<T::Real>::shared(kind, n);
    // Lines lie a little apart: a power of two would put them on the same lines of the cache.
    let apart = table.len + 8;
    let packed = BLOCK * parts::<T>() / 2;
    let mut lines = Buffer::<Complex<T::Real>>::dirty(packed * apart);
    let mut scratch = Buffer::dirty(table.fft.get_inplace_scratch_len());
    each_joined_plane(y, x, axis, &mut |mut y, x| {
        for (mut y, x) in
            y.axis_chunks_iter_mut(Axis(0), BLOCK).zip(x.axis_chunks_iter(Axis(0), BLOCK))
        {
            let count = (x.shape()[0] * parts::<T>()).div_ceil(2);
            each_sample(
                x,
                #[inline(always)]
                |j, x| load(&mut lines, apart, count, &table, kind, j, n, x),
            );
            for line in lines.chunks_exact_mut(apart).take(count) {
                let line = &mut line[..table.len];
                if kind == Cosine::III {
                    table.twist(line);
                }
                table.fft.process_with_scratch(line, &mut scratch);
            }
            each_sample_mut(
                &mut y,
                #[inline(always)]
                |k, y| {
                    let [(p, a), (q, b)] = table.store[range.start + k];
                    let from = lines[p..].iter().step_by(apart);
                    let from = from.zip(lines[q..].iter().step_by(apart)).take(count);
                    unpack(y, count, from.map(|(u, v)| *u * a + *v * b));
                },
            );
        }
    });
}

/// Puts one sample of every line into its place of the packed ones.
#[inline(always)]
fn load<T: Scalar>(
    lines: &mut [Complex<T::Real>],
    apart: usize,
    count: usize,
    table: &Table<T::Real>,
    kind: Cosine,
    j: usize,
    n: usize,
    x: &[T],
) {
    let x = reals(x);
    let at = match kind {
        Cosine::I | Cosine::III => j,
        Cosine::II | Cosine::IV => folded(j, n),
    };
    let mirror = if kind == Cosine::I && j > 0 { table.len - j } else { at };
    let factor = table.load.get(j);
    // The first half of the lines are the real parts, the second the imaginary ones.
    let value = |l: usize| match parts::<T>() {
        1 => Complex::new(x[l], x.get(count + l).copied().unwrap_or_default()),
        _ => Complex::new(x[2 * l], x[2 * l + 1]),
    };
    for (l, line) in lines.chunks_exact_mut(apart).take(count).enumerate() {
        let z = factor.map_or(value(l), |factor| value(l) * factor);
        line[at] = z;
        line[mirror] = z;
    }
}

/// One sample of every line out of the packed ones.
#[inline(always)]
fn unpack<T: Scalar>(y: &mut [T], count: usize, z: impl Iterator<Item = Complex<T::Real>>) {
    let y = reals_mut(y);
    if parts::<T>() == 1 {
        let (a, b) = y.split_at_mut(count);
        let mut b = b.iter_mut();
        for (a, z) in a.iter_mut().zip(z) {
            *a = z.re;
            if let Some(b) = b.next() {
                *b = z.im;
            }
        }
    } else {
        y.chunks_exact_mut(2).zip(z).for_each(|(y, z)| (y[0], y[1]) = (z.re, z.im));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::C64;
    use ndarray::{Array3, ArrayD};

    const KINDS: [Cosine; 4] = [Cosine::I, Cosine::II, Cosine::III, Cosine::IV];

    fn assert_defined<T: Scalar>(kind: Cosine, n: usize, tolerance: f64)
    where
        Complex<T::Real>: Scalar<Real = T::Real>,
    {
        // More lines than a block, an odd number, on the first axis and on the last.
        let value = |i: usize| C128::new((1.3 * i as f64).sin(), (2.1 * i as f64).cos());
        let x =
            Array3::from_shape_fn((n, 3, 7), |(j, a, b)| T::from_c128(value(j * 21 + a * 7 + b)));
        let mut y = ArrayD::from_elem(vec![n, 3, 7], T::from_c128(C128::new(7.0, 7.0)));
        dct(y.view_mut(), 0..n, x.view().into_dyn(), 0, kind);
        let mut turned = ArrayD::from_elem(vec![7, 3, n - n / 2], T::default());
        dct(turned.view_mut(), n / 2..n, x.t().into_dyn(), 2, kind);
        for (at, found) in y.indexed_iter() {
            let term = |j: usize| x[[j, at[1], at[2]]].to_c128() * kind.coefficient(n, j, at[0]);
            let expected: C128 = (0..n).map(term).sum();
            let error = (found.to_c128() - expected).norm();
            assert!(error < tolerance, "{kind:?} of {n}: {error}");
            if at[0] >= n / 2 {
                let other = turned[[at[2], at[1], at[0] - n / 2]].to_c128();
                assert!((other - expected).norm() < tolerance, "{kind:?} of {n}, last axis");
            }
        }
    }

    #[test]
    fn transforms_are_their_definitions() {
        for kind in KINDS {
            for n in (1..20).chain([31, 32, 33, 100]).filter(|&n| n > 1 || kind != Cosine::I) {
                assert_defined::<f64>(kind, n, 1e-13);
                assert_defined::<C128>(kind, n, 1e-13);
                assert_defined::<f32>(kind, n, 1e-5);
                assert_defined::<C64>(kind, n, 1e-5);
            }
        }
    }
}
