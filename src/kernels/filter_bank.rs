//! A periodic signal split into two bands of half its samples, and its transpose:
//!
//! ```text
//! y_{b,k} = sum_m f_{b,m} x_{(2k + first + m) mod n}
//! ```
//! Both directions make two results from the same sources, `(u_i, v_i) = sum_s (c_s, d_s) z_{s,i}`: forward the two
//! bands of the samples, backward the even and the odd samples of the two bands. So every source is read
//! once, row by row; along the last axis, even and odd samples are first taken apart.

use std::ops::Range;

use ndarray::{ArrayView, ArrayViewD, ArrayViewMut, ArrayViewMutD, Axis, Dimension};

use crate::kernels::Buffer;
use crate::kernels::rows::{reals, reals_mut, vectorized};
use crate::scalar::{Real, Scalar};

/// Two filters, with as many coefficients each, an even number.
#[derive(Clone, Debug, PartialEq)]
pub struct Filters {
    first: isize,
    taps: Vec<[f64; 2]>,
}

impl Filters {
    /// `y_{b,k} = sum_m taps_{m,b} x_{2k + first + m}`; a zero is added to an odd number of coefficients.
    pub fn new(first: isize, mut taps: Vec<[f64; 2]>) -> Filters {
        if taps.len() % 2 == 1 {
            taps.push([0.0; 2]);
        }
        Filters { first, taps }
    }

    /// The coefficients of both filters, side by side.
    pub fn taps(&self) -> &[[f64; 2]] {
        &self.taps
    }

    /// The samples that results `k` of the bands are made of, before they are wrapped around.
    pub fn samples(&self, k: &Range<usize>) -> Range<isize> {
        let at = |k: usize| 2 * k as isize + self.first;
        at(k.start)..at(k.end) - 2 + self.taps.len() as isize
    }

    /// The results of the bands that samples are part of, before they are wrapped around.
    pub fn results(&self, samples: &Range<usize>) -> Range<isize> {
        let half = |q: isize| (q - self.first).div_euclid(2);
        let reach = self.taps.len() as isize / 2 - 1;
        half(samples.start as isize) - reach..half(samples.end as isize - 1) + 1
    }
}

/// Splits a range of a periodic axis of length `n` into pieces inside it, and calls `f` with the offset of
/// each from the start of the range, and its place.
pub fn each_piece(range: &Range<isize>, n: usize, mut f: impl FnMut(usize, Range<usize>)) {
    let mut at = range.start;
    while at < range.end {
        let start = at.rem_euclid(n as isize) as usize;
        let len = (n - start).min((range.end - at) as usize);
        f((at - range.start) as usize, start..start + len);
        at += len as isize;
    }
}

/// Fills bands `(.., bands, k, ..)`, the first of them number `band`, from samples `(.., j, ..)` that begin
/// with the first one needed, [`Filters::samples`]. Rows are consecutive.
pub fn split<T: Scalar>(
    y: ArrayViewMutD<'_, T>,
    band: usize,
    x: ArrayViewD<'_, T>,
    axis: usize,
    filters: &Filters,
) {
    let taps: Vec<_> = filters.taps.iter().map(|&c| c.map(Real::rounded)).collect();
    each_plane(y, 2, x, 1, axis, &mut |mut y, x, lines| {
        let count = y.len_of(Axis(1));
        // A band that is not asked for is written nowhere.
        let mut bands: [Option<ArrayViewMutD<'_, T>>; 2] = [None, None];
        y.outer_iter_mut().enumerate().for_each(|(k, view)| bands[band + k] = Some(view));
        let [low, high] = &mut bands;
        let width = if lines { count } else { x.len_of(Axis(1)) };
        let mut spare = Buffer::<T>::dirty(width);
        if lines {
            let half = x.len() / 2;
            let mut apart = Buffer::<T>::dirty(2 * half);
            let (even, odd) = apart.split_at_mut(half);
            for ((e, o), x) in even.iter_mut().zip(odd.iter_mut()).zip(slice(x).chunks_exact(2)) {
                (*e, *o) = (x[0], x[1]);
            }
            let halves = [&*even, &*odd];
            let sources =
                taps.iter().enumerate().map(|(m, &c)| (c, &halves[m % 2][m / 2..][..count]));
            match (low, high) {
                (Some(u), Some(v)) => {
                    both(slice_mut(u.view_mut()), slice_mut(v.view_mut()), sources)
                }
                (Some(u), None) => both(slice_mut(u.view_mut()), &mut spare, sources),
                (None, Some(v)) => both(&mut spare, slice_mut(v.view_mut()), sources),
                (None, None) => {}
            }
            return;
        }
        let rows: Vec<&[T]> = x.outer_iter().map(slice).collect();
        let mut low: Vec<&mut [T]> = rows_of(low);
        let mut high: Vec<&mut [T]> = rows_of(high);
        for k in 0..count {
            let sources = taps.iter().zip(&rows[2 * k..]).map(|(&c, x)| (c, *x));
            match (low.get_mut(k), high.get_mut(k)) {
                (Some(u), Some(v)) => both(u, v, sources),
                (Some(u), None) => both(u, &mut spare, sources),
                (None, Some(v)) => both(&mut spare, v, sources),
                (None, None) => {}
            }
        }
    });
}

/// Fills samples `(.., j, ..)`, the first of them number `start`, from bands `(.., 2, k, ..)` that begin with
/// the first result needed, [`Filters::results`]. Rows are consecutive.
pub fn join<T: Scalar>(
    x: ArrayViewMutD<'_, T>,
    start: usize,
    y: ArrayViewD<'_, T>,
    axis: usize,
    filters: &Filters,
) {
    // The same results are part of a pair of samples, of which the first may lie before the box.
    let skip = (start as isize - filters.first).rem_euclid(2) as usize;
    let reach = filters.taps.len() / 2 - 1;
    // For pair i, result i + reach - p of band b has coefficients 2p and 2p + 1.
    let terms: Vec<(usize, usize, [T::Real; 2])> = (0..filters.taps.len())
        .map(|t| {
            let (p, b) = (t / 2, t % 2);
            let c = [filters.taps[2 * p][b], filters.taps[2 * p + 1][b]];
            (b, reach - p, c.map(Real::rounded))
        })
        .collect();
    each_plane(x, 1, y, 2, axis, &mut |mut x, y, lines| {
        if lines {
            let x = slice_mut(x.view_mut());
            let pairs = (skip + x.len()).div_ceil(2);
            let mut apart = Buffer::<T>::dirty(2 * pairs);
            let (even, odd) = apart.split_at_mut(pairs);
            let bands: Vec<&[T]> = y.outer_iter().map(slice).collect();
            both(even, odd, terms.iter().map(|&(b, k, c)| (c, &bands[b][k..][..pairs])));
            x[..skip].copy_from_slice(&odd[..skip]);
            let (even, odd) = (&even[skip..], &odd[skip..]);
            let mut two = x[skip..].chunks_exact_mut(2);
            for ((x, e), o) in (&mut two).zip(even).zip(odd) {
                (x[0], x[1]) = (*e, *o);
            }
            // The last pair may reach beyond the box.
            if let ([x], Some(e)) = (two.into_remainder(), even.last()) {
                *x = *e;
            }
            return;
        }
        let mut spare = Buffer::<T>::dirty(y.len_of(Axis(2)));
        let row = |b: usize, k: usize| {
            slice(y.clone().index_axis_move(Axis(0), b).index_axis_move(Axis(0), k))
        };
        let sources = |i: usize| terms.iter().map(move |&(b, k, c)| (c, row(b, i + k)));
        let mut rows: Vec<&mut [T]> = x.outer_iter_mut().map(slice_mut).collect();
        let (first, rest) = rows.split_at_mut(skip);
        for v in first {
            both(&mut spare, v, sources(0));
        }
        for (i, pair) in (skip..).zip(rest.chunks_mut(2)) {
            match pair {
                [u, v] => both(u, v, sources(i)),
                [u] => both(u, &mut spare, sources(i)),
                _ => {}
            }
        }
    });
}

/// `(u_i, v_i) = sum_s (c_s, d_s) z_{s,i}`
fn both<'a, T: Scalar>(
    u: &mut [T],
    v: &mut [T],
    sources: impl Iterator<Item = ([T::Real; 2], &'a [T])>,
) {
    let sources: Vec<_> = sources.map(|(c, z)| (c, reals(z))).collect();
    let (u, v) = (reals_mut(u), reals_mut(v));
    // As many sums as there are registers for.
    vectorized(
        #[inline(always)]
        || match size_of::<T::Real>() {
            4 => pair::<T::Real, 32>(u, v, &sources),
            _ => pair::<T::Real, 16>(u, v, &sources),
        },
    );
}

#[inline(always)]
fn pair<R: Real, const BLOCK: usize>(u: &mut [R], v: &mut [R], sources: &[([R; 2], &[R])]) {
    let whole = u.len() / BLOCK * BLOCK;
    for start in (0..whole).step_by(BLOCK) {
        let (mut a, mut b) = ([R::default(); BLOCK], [R::default(); BLOCK]);
        for &([c, d], z) in sources {
            let z = &z[start..start + BLOCK];
            for l in 0..BLOCK {
                a[l] = z[l].mul_add(c, a[l]);
                b[l] = z[l].mul_add(d, b[l]);
            }
        }
        u[start..start + BLOCK].copy_from_slice(&a);
        v[start..start + BLOCK].copy_from_slice(&b);
    }
    for i in whole..u.len() {
        let sum = |k: usize| sources.iter().fold(R::default(), |s, (c, z)| z[i].mul_add(c[k], s));
        (u[i], v[i]) = (sum(0), sum(1));
    }
}

/// Calls `f` with planes of two arrays whose axes around those at hand, `ny` and `nx` from `axis` on, are the
/// same: with those axes and at most one after them. It is told if there is none.
fn each_plane<A, B>(
    y: ArrayViewMutD<'_, A>,
    ny: usize,
    x: ArrayViewD<'_, B>,
    nx: usize,
    axis: usize,
    f: &mut dyn FnMut(ArrayViewMutD<'_, A>, ArrayViewD<'_, B>, bool),
) {
    let (mut y, mut x) = (y, x);
    if axis > 0 {
        for (y, x) in y.outer_iter_mut().zip(x.outer_iter()) {
            each_plane(y, ny, x, nx, axis - 1, f);
        }
    } else if x.ndim() <= nx + 1 {
        let lines = x.ndim() == nx;
        f(y, x, lines);
    } else if joins(y.view(), ny) && joins(x.view(), nx) {
        y.merge_axes(Axis(ny), Axis(ny + 1));
        x.merge_axes(Axis(nx), Axis(nx + 1));
        each_plane(y.index_axis_move(Axis(ny), 0), ny, x.index_axis_move(Axis(nx), 0), nx, 0, f);
    } else {
        for (y, x) in y.axis_iter_mut(Axis(ny)).zip(x.axis_iter(Axis(nx))) {
            each_plane(y, ny, x, nx, 0, f);
        }
    }
}

/// Whether two axes are one whose elements are consecutive if those of the last axis are.
fn joins<T>(mut view: ArrayViewD<'_, T>, axis: usize) -> bool {
    let last = axis + 2 == view.ndim();
    view.merge_axes(Axis(axis), Axis(axis + 1)) && (!last || view.stride_of(Axis(axis + 1)) == 1)
}

fn rows_of<'a, T>(band: &'a mut Option<ArrayViewMutD<'_, T>>) -> Vec<&'a mut [T]> {
    band.iter_mut().flat_map(|view| view.outer_iter_mut()).map(slice_mut).collect()
}

fn slice<T, D: Dimension>(row: ArrayView<'_, T, D>) -> &[T] {
    match row.to_slice() {
        Some(row) => row,
        None => unreachable!("rows are consecutive"),
    }
}

fn slice_mut<T, D: Dimension>(row: ArrayViewMut<'_, T, D>) -> &mut [T] {
    match row.into_slice() {
        Some(row) => row,
        None => unreachable!("rows are consecutive"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::{C64, C128};
    use ndarray::{Array, ArrayD, IxDyn};

    fn filters(taps: usize, first: isize) -> Filters {
        let tap = |m: usize| [(1.7 * m as f64 + 0.3).sin(), (2.3 * m as f64 + 0.1).cos()];
        Filters::new(first, (0..taps).map(tap).collect())
    }

    /// Any part of the bands and of the samples, on any axis, with filters longer than the axis.
    fn assert_defined<T: Scalar>(dims: &[usize], axis: usize, filters: &Filters, tolerance: f64) {
        let n = dims[axis];
        let mut split_dims = dims.to_vec();
        split_dims.splice(axis..=axis, [2, n / 2]);
        let fill = |dims: &[usize], shift: f64| {
            let mut k = shift;
            Array::from_shape_simple_fn(IxDyn(dims), || {
                k += 1.0;
                T::from_c128(C128::new((1.3 * k).sin(), (0.7 * k).cos()))
            })
        };
        let (x, y) = (fill(dims, 0.0), fill(&split_dims, 0.5));
        let mut expected_y = ArrayD::from_elem(split_dims.as_slice(), C128::ZERO);
        let mut expected_x = ArrayD::from_elem(dims, C128::ZERO);
        for (at, sum) in expected_y.indexed_iter_mut() {
            for (m, c) in filters.taps().iter().enumerate() {
                let j =
                    (2 * at[axis + 1] as isize + filters.first + m as isize).rem_euclid(n as isize);
                let mut from: Vec<usize> = (0..split_dims.len()).map(|a| at[a]).collect();
                from.splice(axis..axis + 2, [j as usize]);
                *sum += x[from.as_slice()].to_c128() * c[at[axis]];
                expected_x[from.as_slice()] += y[&at].to_c128() * c[at[axis]];
            }
        }
        // A range of an axis, as the kernel wants it.
        let periodic = |from: &ArrayD<T>, axis: usize, range: Range<isize>| {
            let mut dims = from.shape().to_vec();
            dims[axis] = range.len();
            let mut to = ArrayD::from_elem(dims, T::default());
            each_piece(&range, from.shape()[axis], |at, piece| {
                let part = at..at + piece.len();
                to.slice_axis_mut(Axis(axis), part.into())
                    .assign(&from.slice_axis(Axis(axis), piece.into()));
            });
            to
        };
        let close = |found: &ArrayD<T>, expected: ArrayViewD<'_, C128>| {
            assert_eq!(found.shape(), expected.shape());
            for (found, expected) in found.iter().zip(expected) {
                let expected = T::from_c128(*expected).to_c128();
                assert!((found.to_c128() - expected).norm() < tolerance, "{found} for {expected}");
            }
        };
        for k in [0..n / 2, 0..1, n / 2 - 1..n / 2, n / 4..n / 2] {
            for bands in [0..2, 0..1, 1..2] {
                let mut dims = split_dims.clone();
                (dims[axis], dims[axis + 1]) = (bands.len(), k.len());
                let mut found = ArrayD::from_elem(dims, T::from_c128(C128::new(7.0, 7.0)));
                let from = periodic(&x, axis, filters.samples(&k));
                split(found.view_mut(), bands.start, from.view(), axis, filters);
                let part = expected_y.slice_axis(Axis(axis), bands.into());
                close(&found, part.slice_axis(Axis(axis + 1), k.clone().into()).into_dyn());
            }
        }
        for j in [0..n, 0..1, 1..2, n - 1..n, 1..n, n / 3..n - n / 4] {
            let mut dims = dims.to_vec();
            dims[axis] = j.len();
            let mut found = ArrayD::from_elem(dims, T::from_c128(C128::new(7.0, 7.0)));
            let from = periodic(&y, axis + 1, filters.results(&j));
            join(found.view_mut(), j.start, from.view(), axis, filters);
            close(&found, expected_x.slice_axis(Axis(axis), j.into()));
        }
    }

    #[test]
    fn both_directions_are_their_definitions() {
        for (taps, first) in [(2, 0), (4, -1), (3, 1), (6, -8), (10, -4)] {
            let filters = filters(taps, first);
            for (dims, axis) in [
                (&[70][..], 0),
                (&[2], 0),
                (&[6, 37], 0),
                (&[3, 8, 1], 1),
                (&[5, 44], 1),
                (&[2, 4, 3, 9], 1),
            ] {
                assert_defined::<f64>(dims, axis, &filters, 1e-13);
                assert_defined::<f32>(dims, axis, &filters, 1e-5);
                assert_defined::<C128>(dims, axis, &filters, 1e-13);
                assert_defined::<C64>(dims, axis, &filters, 1e-5);
            }
        }
    }
}
