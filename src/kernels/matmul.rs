//! `Y_b = K_b X_b` for every batch: matrix products by `gemm`, single columns by kernels that read
//! the matrix once, at memory speed.

use ndarray::{ArrayView2, ArrayView3, ArrayViewD, ArrayViewMut2, ArrayViewMutD};

use crate::kernels::Buffer;
use crate::kernels::rows::{parts, reals, reals_mut, row, vectorized};
use crate::scalar::{Real, Scalar};

/// Rows and columns of a block that is transposed at once.
const TURNED: usize = 16;

/// `Y_b = K_b X_b`. The last two axes of `kernel` are `[rows of y, rows of x]`, transposed by the
/// caller if need be; `conj` conjugates it on the way.
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
pub fn gram<T: Scalar>(
    y: ArrayViewMutD<'_, T>,
    rows: std::ops::Range<usize>,
    x: ArrayViewD<'_, T>,
    kernel: ArrayViewD<'_, T>,
) {
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
        let some = k.slice_move(ndarray::s![.., rows.clone()]);
        one(y, between.view(), some.reversed_axes(), true, &mut work);
    }
}

/// Most columns that are faster one by one, and most bytes of a matrix that stays cached then.
const FEW: usize = 4;
const CACHED_BYTES: usize = 512 * 1024;

/// Buffers that one call reuses for all batches.
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
    // Few columns go one by one over a matrix that stays in the cache.
    let columns = x.shape()[1];
    let few = columns == 1 || (columns <= FEW && size_of::<T>() * k.len() <= CACHED_BYTES);
    if few && (k.strides()[1] == 1 || k.strides()[0] == 1) {
        for (x, mut y) in x.columns().into_iter().zip(y.columns_mut()) {
            work.column.clear();
            work.column.extend(x.iter().copied());
            work.result.clear();
            work.result.resize(y.len(), T::default());
            if k.strides()[1] == 1 || k.shape()[1] == 1 {
                dot_rows(&mut work.result, k, &work.column, conj);
            } else {
                add_columns(&mut work.result, k, &work.column, conj);
            }
            y.iter_mut().zip(&work.result).for_each(|(y, r)| *y = *r);
        }
        return;
    }
    let conj = conj && T::DTYPE.is_complex();
    if k.strides()[1] == 1 || x.shape()[1] < 64 {
        return product(&mut y, &x, &k, conj);
    }
    // A product with contiguous rows is faster, and many columns pay for the copy.
    let (m, n) = (k.shape()[0], k.shape()[1]);
    let mut copy = Buffer::<T>::dirty(m * n);
    if conj {
        turn(&mut copy, &k, |v| v.conj());
    } else {
        turn(&mut copy, &k, |v| v);
    }
    match ArrayView2::from_shape((m, n), &copy[..]) {
        Ok(k) => product(&mut y, &x, &k, false),
        Err(_) => unreachable!("the copy has the dims of the kernel"),
    }
}

/// Copies `f` of a matrix into rows, in blocks that fill cache lines on both sides.
#[inline(always)]
fn turn<T: Scalar>(rows: &mut [T], k: &ArrayView2<'_, T>, f: impl Fn(T) -> T) {
    let (m, n) = (k.shape()[0], k.shape()[1]);
    let columns: Option<Vec<&[T]>> = k.columns().into_iter().map(|c| c.to_slice()).collect();
    let Some(columns) = columns else {
        rows.iter_mut().zip(k).for_each(|(y, v)| *y = f(*v));
        return;
    };
    for left in (0..n).step_by(TURNED) {
        let some = &columns[left..(left + TURNED).min(n)];
        for top in (0..m).step_by(TURNED) {
            for i in top..(top + TURNED).min(m) {
                let row = &mut rows[i * n + left..][..some.len()];
                row.iter_mut().zip(some).for_each(|(y, column)| *y = f(column[i]));
            }
        }
    }
}

#[allow(unsafe_code)]
fn product<T: Scalar>(
    y: &mut ArrayViewMut2<'_, T>,
    x: &ArrayView2<'_, T>,
    k: &ArrayView2<'_, T>,
    conj: bool,
) {
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
            conj,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// `y_i = sum_j k_ij x_j`, with rows of `k` contiguous in memory.
///
/// With `k` as interleaved reals and `x` split into doubled real and imaginary parts, a complex
/// product is two real dot products whose even and odd lanes are combined at the end.
fn dot_rows<T: Scalar>(y: &mut [T], k: ArrayView2<'_, T>, x: &[T], conj: bool) {
    if parts::<T>() == 1 {
        let x = reals(x);
        for (block, y) in reals_mut(y).chunks_mut(4).enumerate() {
            let at = |r: usize| reals(row(&k, 4 * block + r.min(y.len() - 1)));
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
    // Doubled parts, padded with zeros to whole blocks.
    let block = if size_of::<T::Real>() == 4 { 16 } else { 8 };
    let doubled = |part: usize| -> Vec<T::Real> {
        let mut all = vec![T::Real::default(); (2 * x.len()).next_multiple_of(block)];
        for (d, z) in all.chunks_exact_mut(2).zip(reals(x).chunks_exact(2)) {
            d.fill(z[part]);
        }
        all
    };
    let (re, im) = (doubled(0), doubled(1));
    for (pair, y) in y.chunks_mut(2).enumerate() {
        let (a, b) = (reals(row(&k, 2 * pair)), reals(row(&k, 2 * pair + y.len() - 1)));
        let sums = if block == 16 {
            halves::<_, 16>(a, b, &re, &im)
        } else {
            halves::<_, 8>(a, b, &re, &im)
        };
        // a = sum kr xr, b = sum ki xr, c = sum kr xi, d = sum ki xi.
        for (y, [a, b, c, d]) in y.iter_mut().zip(sums) {
            let y = &mut reals_mut(std::slice::from_mut(y))[..];
            (y[0], y[1]) = if conj { (a + d, c - b) } else { (a - d, b + c) };
        }
    }
}

/// Four rows at a time: four streams keep the memory busy, and `x` is loaded once for all. The sums
/// have names and loops of their own, since the compiler does not vectorise an array of sums.
#[inline(always)]
fn dot<R: Real, const W: usize>(a: &[R], b: &[R], c: &[R], d: &[R], x: &[R]) -> [R; 4] {
    let (mut p, mut q) = ([R::default(); W], [R::default(); W]);
    let (mut r, mut s) = ([R::default(); W], [R::default(); W]);
    let blocks = x.chunks_exact(W).zip(a.chunks_exact(W)).zip(b.chunks_exact(W));
    let blocks = blocks.zip(c.chunks_exact(W)).zip(d.chunks_exact(W));
    for ((((x, a), b), c), d) in blocks {
        ahead([a, b, c, d]);
        add_products(&mut p, a, x);
        add_products(&mut q, b, x);
        add_products(&mut r, c, x);
        add_products(&mut s, d, x);
    }
    let whole = x.len() / W * W;
    let rest = |k: &[R], sum: &[R; W]| -> R {
        let rest = k[whole..].iter().zip(&x[whole..]);
        let rest = rest.fold(R::default(), |sum, (k, x)| k.mul_add(*x, sum));
        folded(sum) + rest
    };
    [rest(a, &p), rest(b, &q), rest(c, &r), rest(d, &s)]
}

/// For two rows of interleaved complex numbers, the sums of even and of odd elements of their
/// products with `re`, then with `im`.
fn halves<R: Real, const W: usize>(a: &[R], b: &[R], re: &[R], im: &[R]) -> [[R; 4]; 2] {
    // Lanes are added outside the vector loop: with pairs to add, the compiler would keep pairs in
    // its registers.
    let lanes = vectorized(
        #[inline(always)]
        || dot_split::<_, W>(a, b, re, im),
    );
    let [p, q, r, s] = vectorized(
        #[inline(always)]
        || [halved(&lanes[0]), halved(&lanes[1]), halved(&lanes[2]), halved(&lanes[3])],
    );
    [[p[0], p[1], q[0], q[1]], [r[0], r[1], s[0], s[1]]]
}

/// Lanes of two rows of interleaved complex numbers times the doubled real and imaginary parts of
/// `x`, which are padded with zeros to whole blocks.
#[inline(always)]
fn dot_split<R: Real, const W: usize>(a: &[R], b: &[R], re: &[R], im: &[R]) -> [[R; W]; 4] {
    let (mut p, mut q) = ([R::default(); W], [R::default(); W]);
    let (mut r, mut s) = ([R::default(); W], [R::default(); W]);
    let whole = a.len() / W * W;
    let parts = re.chunks_exact(W).zip(im.chunks_exact(W));
    for ((a, b), (re, im)) in a.chunks_exact(W).zip(b.chunks_exact(W)).zip(parts) {
        ahead([a, b]);
        add_products(&mut p, a, re);
        add_products(&mut q, a, im);
        add_products(&mut r, b, re);
        add_products(&mut s, b, im);
    }
    if whole < a.len() {
        let (mut c, mut d) = ([R::default(); W], [R::default(); W]);
        c[..a.len() - whole].copy_from_slice(&a[whole..]);
        d[..a.len() - whole].copy_from_slice(&b[whole..]);
        let (re, im) = (&re[whole..whole + W], &im[whole..whole + W]);
        add_products(&mut p, &c, re);
        add_products(&mut q, &c, im);
        add_products(&mut r, &d, re);
        add_products(&mut s, &d, im);
    }
    [p, q, r, s]
}

/// Bytes between what is read of a matrix and what is prefetched: hardware prefetching ends with
/// each page, and one core alone does not keep the memory busy.
const AHEAD: usize = 1024;

/// Prefetches the cache lines ahead of blocks of rows.
#[inline(always)]
#[allow(unsafe_code)]
fn ahead<R, const ROWS: usize>(blocks: [&[R]; ROWS]) {
    #[cfg(target_arch = "x86_64")]
    for block in blocks {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let line = block.as_ptr().cast::<i8>().wrapping_add(AHEAD);
        // SAFETY: a hint about an address reads nothing and may be wrong.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = blocks;
}

#[inline(always)]
fn add_products<R: Real, const W: usize>(lanes: &mut [R; W], a: &[R], b: &[R]) {
    for l in 0..W {
        lanes[l] = a[l].mul_add(b[l], lanes[l]);
    }
}

/// Adds lanes pairwise down to two: the even ones and the odd ones.
#[inline(always)]
fn halved<R: Real, const W: usize>(lanes: &[R; W]) -> [R; 2] {
    let mut lanes = *lanes;
    let mut n = W;
    while n > 2 {
        n /= 2;
        for l in 0..n {
            let upper = lanes[l + n];
            lanes[l] += upper;
        }
    }
    [lanes[0], lanes[1]]
}

/// Adds lanes pairwise, in double precision.
#[inline(always)]
fn folded<R: Real, const W: usize>(lanes: &[R; W]) -> R {
    let mut wide = [0.0f64; W];
    let mut n = W;
    for (w, l) in wide.iter_mut().zip(lanes) {
        *w = l.widened();
    }
    while n > 1 {
        n /= 2;
        for l in 0..n {
            wide[l] += wide[l + n];
        }
    }
    R::rounded(wide[0])
}

/// `y_i = sum_j k_ij x_j`, with columns of `k` contiguous in memory, eight at a time.
fn add_columns<T: Scalar>(y: &mut [T], k: ArrayView2<'_, T>, x: &[T], conj: bool) {
    let rows = k.reversed_axes();
    if parts::<T>() == 1 {
        vectorized(
            #[inline(always)]
            || add_rows(reals_mut(y), &rows, reals(x)),
        );
        return;
    }
    // u = sum k xr, v = sum k xi, on interleaved reals.
    let wide = 2 * y.len();
    let (mut u, mut v) = (vec![T::Real::default(); wide], vec![T::Real::default(); wide]);
    vectorized(
        #[inline(always)]
        || add_split(&mut u, &mut v, &rows, reals(x)),
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
fn add_rows<T: Scalar>(y: &mut [T::Real], k: &ArrayView2<'_, T>, x: &[T::Real]) {
    let n = k.shape()[0];
    let len = y.len();
    let mut j = 0;
    while j + 8 <= n {
        let at = |m: usize| &reals(row(k, j + m))[..len];
        let (a, b, c, d) = (at(0), at(1), at(2), at(3));
        let (e, f, g, h) = (at(4), at(5), at(6), at(7));
        let w: [T::Real; 8] = std::array::from_fn(|m| x[j + m]);
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
    for (m, &f) in x.iter().enumerate().take(n).skip(j) {
        y.iter_mut().zip(reals(row(k, m))).for_each(|(y, k)| *y = k.mul_add(f, *y));
    }
}

/// `u += sum_j k_j re x_j` and `v += sum_j k_j im x_j`, four rows at a time.
#[inline(always)]
fn add_split<T: Scalar>(
    u: &mut [T::Real],
    v: &mut [T::Real],
    k: &ArrayView2<'_, T>,
    x: &[T::Real],
) {
    let n = k.shape()[0];
    let len = u.len();
    let v = &mut v[..len];
    let mut j = 0;
    while j + 4 <= n {
        let at = |m: usize| &reals(row(k, j + m))[..len];
        let (a, b, c, d) = (at(0), at(1), at(2), at(3));
        let re: [T::Real; 4] = std::array::from_fn(|m| x[2 * (j + m)]);
        let im: [T::Real; 4] = std::array::from_fn(|m| x[2 * (j + m) + 1]);
        for i in 0..len {
            let (ka, kb, kc, kd) = (a[i], b[i], c[i], d[i]);
            u[i] = kd.mul_add(re[3], kc.mul_add(re[2], kb.mul_add(re[1], ka.mul_add(re[0], u[i]))));
            v[i] = kd.mul_add(im[3], kc.mul_add(im[2], kb.mul_add(im[1], ka.mul_add(im[0], v[i]))));
        }
        j += 4;
    }
    for m in j..n {
        let (re, im) = (x[2 * m], x[2 * m + 1]);
        for ((u, v), k) in u.iter_mut().zip(v.iter_mut()).zip(reals(row(k, m))) {
            *u = k.mul_add(re, *u);
            *v = k.mul_add(im, *v);
        }
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
            gram(y.view_mut(), 0..3, x.view().into_dyn(), k.view().into_dyn());
            assert_eq!(y, expected);
            let mut some = ArrayD::from_elem(vec![2, 2, n], C128::default());
            gram(some.view_mut(), 1..3, x.view().into_dyn(), k.view().into_dyn());
            let wanted = expected.slice(ndarray::s![.., 1..3, ..]);
            assert!(some.iter().zip(wanted).all(|(a, b)| (a - b).norm() < 1e-12));
        }
    }
}
