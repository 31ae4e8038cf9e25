//! `Y_b = K_b X_b` for every batch: products of matrices by `gemm`, with single columns by kernels
//! that read the matrix once at the memory's speed.

use bytemuck::Pod;
use ndarray::{ArrayView2, ArrayView3, ArrayViewD, ArrayViewMut2, ArrayViewMutD, Axis};

use crate::kernels::Buffer;
use crate::kernels::rows::{parts, reals, reals_mut, vectorized};
use crate::scalar::{Real, Scalar};

/// `Y_b = K_b X_b`; `kernel` comes with its last two axes as `[rows of y, rows of x]`, transposed
/// already if it is to be, and is conjugated on the way if `conj`.
pub fn matmul<T: Scalar>(
    y: ArrayViewMutD<'_, T>,
    x: ArrayViewD<'_, T>,
    kernel: ArrayViewD<'_, T>,
    conj: bool,
) {
    let (Ok(mut y), Ok(x), Ok(k)) = (
        y.into_dimensionality::<ndarray::Ix3>(),
        x.into_dimensionality::<ndarray::Ix3>(),
        kernel.into_dimensionality::<ndarray::Ix3>(),
    ) else {
        unreachable!("the graph checked that products have three axes")
    };
    let mut work = Work::default();
    for ((y, x), k) in y.outer_iter_mut().zip(x.outer_iter()).zip(k.outer_iter()) {
        one(y, x, k, conj, &mut work);
    }
}

/// `Y_b = K_b^H K_b X_b`, batch by batch, so that the second product finds `K_b` in the cache.
pub fn gram<T: Scalar>(y: ArrayViewMutD<'_, T>, x: ArrayViewD<'_, T>, kernel: ArrayViewD<'_, T>) {
    let (Ok(mut y), Ok(x), Ok(k)) = (
        y.into_dimensionality::<ndarray::Ix3>(),
        x.into_dimensionality::<ndarray::Ix3>(),
        kernel.into_dimensionality::<ndarray::Ix3>(),
    ) else {
        unreachable!("the graph checked that products have three axes")
    };
    let k: ArrayView3<'_, T> = k;
    let mut work = Work::default();
    let mut between = ndarray::Array2::<T>::from_elem((k.shape()[1], x.shape()[2]), T::default());
    for ((y, x), k) in y.outer_iter_mut().zip(x.outer_iter()).zip(k.outer_iter()) {
        one(between.view_mut(), x, k, false, &mut work);
        one(y, between.view(), k.reversed_axes(), true, &mut work);
    }
}

/// Buffers that one call reuses from batch to batch.
struct Work<T> {
    column: Vec<T>,
    result: Vec<T>,
    _type: std::marker::PhantomData<T>,
}

impl<T> Default for Work<T> {
    fn default() -> Self {
        Work { column: Vec::new(), result: Vec::new(), _type: std::marker::PhantomData }
    }
}

fn one<T: Scalar>(
    mut y: ArrayViewMut2<'_, T>,
    x: ArrayView2<'_, T>,
    k: ArrayView2<'_, T>,
    conj: bool,
    work: &mut Work<T>,
) {
    if x.shape()[1] == 1 && (k.strides()[1] == 1 || k.strides()[0] == 1) {
        work.column.clear();
        work.column.extend(x.iter().copied());
        work.result.clear();
        work.result.resize(y.shape()[0], T::default());
        if k.strides()[1] == 1 || k.shape()[1] == 1 {
            dot_rows(&mut work.result, k, &work.column, conj);
        } else {
            add_columns(&mut work.result, k, &work.column, conj);
        }
        y.iter_mut().zip(&work.result).for_each(|(y, r)| *y = *r);
        return;
    }
    if k.strides()[1] == 1 && !(conj && T::DTYPE.is_complex()) {
        return product(&mut y, &x, &k);
    }
    // A product with rows that are consecutive is nearly twice as fast, which pays for the copy.
    let (m, n) = (k.shape()[0], k.shape()[1]);
    let mut copy = Buffer::<T>::dirty(m * n);
    for (top, left) in (0..m).step_by(16).flat_map(|i| (0..n).step_by(16).map(move |j| (i, j))) {
        for i in top..(top + 16).min(m) {
            for j in left..(left + 16).min(n) {
                let v = k[[i, j]];
                copy[i * n + j] = if conj { v.conj() } else { v };
            }
        }
    }
    match ArrayView2::from_shape((m, n), &copy[..]) {
        Ok(k) => product(&mut y, &x, &k),
        Err(_) => unreachable!("the copy has the dims of the kernel"),
    }
}

#[allow(unsafe_code)]
fn product<T: Scalar>(y: &mut ArrayViewMut2<'_, T>, x: &ArrayView2<'_, T>, k: &ArrayView2<'_, T>) {
    let (m, n, inner) = (y.shape()[0], y.shape()[1], k.shape()[1]);
    let zero = T::default();
    let one = T::from_c128(1.0.into());
    let (ys, ks, xs) = (
        [y.strides()[0], y.strides()[1]],
        [k.strides()[0], k.strides()[1]],
        [x.strides()[0], x.strides()[1]],
    );
    // SAFETY: pointers, strides and shapes are those of three live views; y is borrowed mutably and
    // overlaps neither k nor x, and the shapes agree: [m, n] = [m, inner] [inner, n].
    unsafe {
        gemm::gemm(
            m,
            n,
            inner,
            y.as_mut_ptr(),
            ys[1],
            ys[0],
            false,
            k.as_ptr(),
            ks[1],
            ks[0],
            x.as_ptr(),
            xs[1],
            xs[0],
            zero,
            one,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Rows of a plane as slices of reals.
fn row<'a, T: Scalar>(k: &ArrayView2<'a, T>, i: usize) -> &'a [T::Real] {
    match k.index_axis_move_slice(i) {
        Some(row) => reals(row),
        None => unreachable!("rows are consecutive"),
    }
}

trait RowSlice<'a, T> {
    fn index_axis_move_slice(&self, i: usize) -> Option<&'a [T]>;
}

impl<'a, T: Pod> RowSlice<'a, T> for ArrayView2<'a, T> {
    fn index_axis_move_slice(&self, i: usize) -> Option<&'a [T]> {
        (*self).index_axis_move(Axis(0), i).to_slice()
    }
}

/// `y_i = sum_j k_ij x_j`, rows of `k` consecutive in memory.
///
/// With `k` as interleaved reals and `x` split into doubled real and imaginary parts, a complex
/// product is two real dot products whose even and odd lanes are combined at the end.
fn dot_rows<T: Scalar>(y: &mut [T], k: ArrayView2<'_, T>, x: &[T], conj: bool) {
    if parts::<T>() == 1 {
        let x = reals(x);
        for (block, y) in reals_mut(y).chunks_mut(4).enumerate() {
            let at = |r: usize| row(&k, 4 * block + r.min(y.len() - 1));
            let (a, b, c, d) = (at(0), at(1), at(2), at(3));
            let sums = vectorized(
                #[inline(always)]
                || {
                    if size_of::<T>() == 4 {
                        dot::<_, 16>(a, b, c, d, x)
                    } else {
                        dot::<_, 8>(a, b, c, d, x)
                    }
                },
            );
            y.copy_from_slice(&sums[..y.len()]);
        }
        return;
    }
    let doubled = |part: usize| -> Vec<T::Real> {
        reals(x).chunks_exact(2).flat_map(|z| [z[part], z[part]]).collect()
    };
    let (re, im) = (doubled(0), doubled(1));
    for (i, y) in y.iter_mut().enumerate() {
        let [a, b, c, d] = vectorized(
            #[inline(always)]
            || dot_split(row(&k, i), &re, &im),
        );
        // a = sum kr xr, b = sum ki xr, c = sum kr xi, d = sum ki xi.
        let y = &mut reals_mut(std::slice::from_mut(y))[..];
        if conj {
            (y[0], y[1]) = (a + d, c - b);
        } else {
            (y[0], y[1]) = (a - d, b + c);
        }
    }
}

/// Four rows at a time: four streams keep the memory busy, and `x` is loaded once for all. Four
/// sums by name and a loop for each: with an array of sums the compiler gives up vectors.
#[inline(always)]
fn dot<R: Real, const W: usize>(a: &[R], b: &[R], c: &[R], d: &[R], x: &[R]) -> [R; 4] {
    let (mut p, mut q) = ([R::default(); W], [R::default(); W]);
    let (mut r, mut s) = ([R::default(); W], [R::default(); W]);
    let blocks = x.chunks_exact(W).zip(a.chunks_exact(W)).zip(b.chunks_exact(W));
    let blocks = blocks.zip(c.chunks_exact(W)).zip(d.chunks_exact(W));
    for ((((x, a), b), c), d) in blocks {
        for l in 0..W {
            p[l] = a[l].mul_add(x[l], p[l]);
        }
        for l in 0..W {
            q[l] = b[l].mul_add(x[l], q[l]);
        }
        for l in 0..W {
            r[l] = c[l].mul_add(x[l], r[l]);
        }
        for l in 0..W {
            s[l] = d[l].mul_add(x[l], s[l]);
        }
    }
    let whole = x.len() / W * W;
    let rest = |k: &[R], sum: &[R; W]| -> R {
        let rest = k[whole..].iter().zip(&x[whole..]);
        let rest = rest.fold(R::default(), |sum, (k, x)| k.mul_add(*x, sum));
        fold(sum, 1)[0] + rest
    };
    [rest(a, &p), rest(b, &q), rest(c, &r), rest(d, &s)]
}

/// A row of interleaved complex numbers with the doubled real and imaginary parts of `x`.
#[inline(always)]
fn dot_split<R: Real>(k: &[R], re: &[R], im: &[R]) -> [R; 4] {
    let (mut u, mut v) = ([R::default(); LANES], [R::default(); LANES]);
    let (blocks, rest) = (k.len() / LANES * LANES, k.len() % LANES);
    for ((k, re), im) in
        k.chunks_exact(LANES).zip(re.chunks_exact(LANES)).zip(im.chunks_exact(LANES))
    {
        for l in 0..LANES {
            u[l] = k[l].mul_add(re[l], u[l]);
            v[l] = k[l].mul_add(im[l], v[l]);
        }
    }
    for l in 0..rest {
        u[l] = k[blocks + l].mul_add(re[blocks + l], u[l]);
        v[l] = k[blocks + l].mul_add(im[blocks + l], v[l]);
    }
    let (u, v) = (fold(&u, 2), fold(&v, 2));
    [u[0], u[1], v[0], v[1]]
}

/// Most lanes of a sum.
const LANES: usize = 16;

/// Lanes added pairwise down to `keep` of them, at most 2; accumulated in double precision.
#[inline(always)]
fn fold<R: Real>(lanes: &[R], keep: usize) -> [R; 2] {
    let mut wide = [0.0f64; LANES];
    let mut n = lanes.len();
    for (w, l) in wide.iter_mut().zip(lanes) {
        *w = l.widened();
    }
    while n > keep {
        n /= 2;
        for l in 0..n {
            wide[l] += wide[l + n];
        }
    }
    [R::rounded(wide[0]), R::rounded(wide[1])]
}

/// `y_i = sum_j k_ij x_j`, columns of `k` consecutive in memory, eight at a time.
fn add_columns<T: Scalar>(y: &mut [T], k: ArrayView2<'_, T>, x: &[T], conj: bool) {
    let rows = k.reversed_axes();
    if parts::<T>() == 1 {
        vectorized(
            #[inline(always)]
            || add_rows(reals_mut(y), &rows, reals(x), 1, 0),
        );
        return;
    }
    // u = sum k xr, v = sum k xi, on interleaved reals.
    let wide = 2 * y.len();
    let (mut u, mut v) = (vec![T::Real::default(); wide], vec![T::Real::default(); wide]);
    vectorized(
        #[inline(always)]
        || add_rows(&mut u, &rows, reals(x), 2, 0),
    );
    vectorized(
        #[inline(always)]
        || add_rows(&mut v, &rows, reals(x), 2, 1),
    );
    let y = reals_mut(y);
    for i in 0..wide / 2 {
        let (a, b, c, d) = (u[2 * i], u[2 * i + 1], v[2 * i], v[2 * i + 1]);
        if conj {
            (y[2 * i], y[2 * i + 1]) = (a + d, c - b);
        } else {
            (y[2 * i], y[2 * i + 1]) = (a - d, b + c);
        }
    }
}

#[inline(always)]
fn add_rows<T: Scalar>(
    y: &mut [T::Real],
    k: &ArrayView2<'_, T>,
    x: &[T::Real],
    step: usize,
    part: usize,
) {
    let n = k.shape()[0];
    let len = y.len();
    let mut j = 0;
    while j + 8 <= n {
        let at = |m: usize| &row(k, j + m)[..len];
        let (a, b, c, d) = (at(0), at(1), at(2), at(3));
        let (e, f, g, h) = (at(4), at(5), at(6), at(7));
        let w: [T::Real; 8] = std::array::from_fn(|m| x[(j + m) * step + part]);
        for i in 0..len {
            let low = a[i].mul_add(w[0], y[i]);
            let low = b[i].mul_add(w[1], low);
            let low = c[i].mul_add(w[2], low);
            let low = d[i].mul_add(w[3], low);
            let high = f[i] * w[5];
            let high = e[i].mul_add(w[4], high);
            let high = g[i].mul_add(w[6], high);
            let high = h[i].mul_add(w[7], high);
            y[i] = low + high;
        }
        j += 8;
    }
    for m in j..n {
        let f = x[m * step + part];
        y.iter_mut().zip(row(k, m)).for_each(|(y, k)| *y = k.mul_add(f, *y));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::{C64, C128};
    use ndarray::{Array3, ArrayD};

    fn number(seed: usize) -> C128 {
        C128::new((seed * 7 % 11) as f64 - 5.0, (seed * 5 % 13) as f64 - 6.0)
    }

    fn check<T: Scalar>(b: usize, m: usize, k: usize, n: usize, transpose: bool, conj: bool) {
        let real = !T::DTYPE.is_complex();
        let value = |s: usize| if real { C128::new(number(s).re, 0.0) } else { number(s) };
        let x = Array3::from_shape_fn((b, k, n), |(q, i, j)| value(q * 31 + i * 3 + j));
        let stored = if transpose { (b, k, m) } else { (b, m, k) };
        let kernel = Array3::from_shape_fn(stored, |(q, i, j)| value(q * 17 + i * 5 + j * 2 + 1));
        let mut seen = kernel.map(|&v| T::from_c128(v));
        let mut view = seen.view_mut().into_dyn();
        if transpose {
            view.swap_axes(1, 2);
        }
        let at = |q: usize, i: usize, j: usize| {
            let v = if transpose { kernel[[q, j, i]] } else { kernel[[q, i, j]] };
            if conj { v.conj() } else { v }
        };
        let expected = Array3::from_shape_fn((b, m, n), |(q, i, j)| {
            (0..k).map(|l| at(q, i, l) * x[[q, l, j]]).sum::<C128>()
        });
        let mut y = ArrayD::from_elem(vec![b, m, n], T::from_c128(C128::new(9.0, 9.0)));
        matmul(y.view_mut(), x.mapv(T::from_c128).view().into_dyn(), view.view(), conj);
        let y = y.mapv(Scalar::to_c128);
        assert_eq!(y, expected.into_dyn(), "{b} {m} {k} {n} {transpose} {conj} {:?}", T::DTYPE);
    }

    #[test]
    fn products_are_the_definition() {
        for (b, m, k, n) in
            [(1, 1, 1, 1), (2, 3, 4, 1), (1, 70, 67, 1), (3, 5, 9, 6), (2, 33, 1, 1), (1, 4, 0, 2)]
        {
            for (transpose, conj) in [(false, false), (true, false), (false, true), (true, true)] {
                check::<f32>(b, m, k, n, transpose, conj);
                check::<f64>(b, m, k, n, transpose, conj);
                check::<C64>(b, m, k, n, transpose, conj);
                check::<C128>(b, m, k, n, transpose, conj);
            }
        }
    }

    #[test]
    fn gram_is_two_products() {
        let k = Array3::from_shape_fn((2, 5, 3), |(q, i, j)| number(q + i * 4 + j));
        for n in [1, 4] {
            let x = Array3::from_shape_fn((2, 3, n), |(q, i, j)| number(q * 3 + i + j * 2));
            let mut t = ArrayD::from_elem(vec![2, 5, n], C128::default());
            matmul(t.view_mut(), x.view().into_dyn(), k.view().into_dyn(), false);
            let mut expected = ArrayD::from_elem(vec![2, 3, n], C128::default());
            let mut kh = k.view().into_dyn();
            kh.swap_axes(1, 2);
            matmul(expected.view_mut(), t.view(), kh, true);
            let mut y = ArrayD::from_elem(vec![2, 3, n], C128::default());
            gram(y.view_mut(), x.view().into_dyn(), k.view().into_dyn());
            assert_eq!(y, expected);
        }
    }
}
