//! Moves samples of a model to and from samples of traces that a table names:
//!
//! ```text
//! y_{j,k} += (1-w) x_i,   y_{j,k+1} += w x_i,   k = trunc(table_{i,j}),   w = fraction_{i,j}
//! ```
//! and its transpose; without fractions `w = 0`. A sample outside its trace is dropped, as is an
//! index that is NaN. If the table holds times, `k + w = t_{i,j} / dt`, both samples are dropped
//! unless both are inside. The kernels stream through the table once, in its own order, in which
//! traces are adjacent, so that neighbouring additions go to different traces. Sums are in double
//! precision; each trace adds its points, and each point its traces, in one order.

use ndarray::{ArrayView2, ArrayViewD, ArrayViewMutD};

use crate::kernels::Buffer;
use crate::kernels::rows::{parts, vectorized};
use crate::scalar::{C128, Real, Scalar};

/// Indices and fractions of a box `(points, traces)`, with contiguous rows.
#[derive(Clone, Debug)]
pub struct Table<'a, R> {
    /// Indices of samples, or times; indices are truncated to whole samples.
    pub indices: ArrayViewD<'a, R>,
    /// Fractions of a sample, if there are any.
    pub fractions: Option<ArrayViewD<'a, R>>,
    /// Sampling interval, if `indices` are times.
    pub dt: Option<f64>,
}

/// Traces whose places are computed at once.
const BLOCK: usize = 64;

/// Fills a box `(traces, times)` of the data, whose first time is sample `start` of `nt`, from the
/// whole model of points.
pub fn spread<T: Scalar, R: Real>(
    y: ArrayViewMutD<'_, T>,
    start: usize,
    nt: usize,
    x: ArrayViewD<'_, T>,
    table: &Table<'_, R>,
) {
    if parts::<T>() == 1 {
        forward::<T, f64, R>(y, start, nt, x, table);
    } else {
        forward::<T, C128, R>(y, start, nt, x, table);
    }
}

/// Fills a box of points from the whole data `(traces, times)`, whose rows are consecutive.
pub fn collect<T: Scalar, R: Real>(
    x: ArrayViewMutD<'_, T>,
    y: ArrayViewD<'_, T>,
    table: &Table<'_, R>,
) {
    if parts::<T>() == 1 {
        adjoint::<T, f64, R>(x, y, table);
    } else {
        adjoint::<T, C128, R>(x, y, table);
    }
}

impl<'a, R: Real> Table<'a, R> {
    fn matrix(of: &ArrayViewD<'a, R>) -> ArrayView2<'a, R> {
        match of.clone().into_dimensionality() {
            Ok(matrix) => matrix,
            Err(_) => unreachable!("tables have two axes"),
        }
    }

    /// Row by row: the point's number, its indices and its fractions.
    fn rows(&self) -> impl Iterator<Item = (usize, &'a [R], Option<&'a [R]>)> {
        let (indices, fractions) =
            (Self::matrix(&self.indices), self.fractions.as_ref().map(Self::matrix));
        (0..indices.nrows()).map(move |i| {
            let (Some(row), Some(fractions)) = (
                indices.index_axis_move(ndarray::Axis(0), i).to_slice(),
                fractions.map_or(Some(None), |f| {
                    f.index_axis_move(ndarray::Axis(0), i).to_slice().map(Some)
                }),
            ) else {
                unreachable!("rows are consecutive")
            };
            (i, row, fractions)
        })
    }
}

/// Where one point falls on some traces, and how the next sample shares it.
struct TracePlaces {
    /// `k + 1` for `k` from -1 to `nt - 1`, where at least one sample may be inside; `nt + 1` for
    /// all other `k`.
    slots: [u64; BLOCK],
    w: [f64; BLOCK],
}

impl TracePlaces {
    #[inline(always)]
    fn of<R: Real>(&mut self, indices: &[R], fractions: Option<&[R]>, dt: Option<f64>, nt: usize) {
        /// Added to a whole number below 2^52, it puts that number into the last bits.
        const WHOLE: f64 = (1u64 << 52) as f64;
        let (end, out) = (nt as f64, nt as f64 + 1.0);
        let places = self.slots.iter_mut().zip(&mut self.w).zip(indices);
        if let Some(dt) = dt {
            let rate = 1.0 / dt;
            for ((slot, w), time) in places {
                let u = time.widened().mul_add(rate, 1.0);
                let u = if u >= 1.0 { u } else { out };
                let u = if u < end { u } else { out };
                let floor = u.floor();
                *w = u - floor;
                *slot = (floor + WHOLE).to_bits() ^ WHOLE.to_bits();
            }
            return;
        }
        for ((slot, _), index) in places {
            let u = index.widened().trunc() + 1.0;
            let u = if u >= 0.0 { u } else { out };
            let u = if u <= end { u } else { out };
            *slot = (u + WHOLE).to_bits() ^ WHOLE.to_bits();
        }
        if let Some(fractions) = fractions {
            self.w.iter_mut().zip(fractions).for_each(|(w, f)| *w = f.widened());
        }
    }
}

#[inline(always)]
fn widened<T: Scalar, W: Scalar>(x: T) -> W {
    W::from_c128(x.to_c128())
}

fn forward<T: Scalar, W: Scalar<Real = f64>, R: Real>(
    mut y: ArrayViewMutD<'_, T>,
    start: usize,
    nt: usize,
    x: ArrayViewD<'_, T>,
    table: &Table<'_, R>,
) {
    let traces = y.shape()[0];
    let width = nt + 2;
    // By trace and slot, what goes to the slot's sample and to the next: one access writes both.
    let mut bins = Buffer::<[W; 2]>::zeros(traces * width);
    vectorized(
        #[inline(always)]
        || {
            for ((_, indices, fractions), x) in table.rows().zip(x.iter()) {
                scatter(&mut bins, width, widened(*x), indices, fractions, table.dt);
            }
        },
    );
    for (bins, mut trace) in bins.chunks_exact(width).zip(y.rows_mut()) {
        for (k, y) in (start..).zip(trace.iter_mut()) {
            *y = widened(bins[k + 1][0] + bins[k][1]);
        }
    }
}

/// Adds one point to its traces.
#[inline(always)]
fn scatter<W: Scalar<Real = f64>, R: Real>(
    bins: &mut [[W; 2]],
    width: usize,
    x: W,
    indices: &[R],
    fractions: Option<&[R]>,
    dt: Option<f64>,
) {
    let mut places = TracePlaces { slots: [0; BLOCK], w: [0.0; BLOCK] };
    let nearest = fractions.is_none() && dt.is_none();
    for (b, indices) in indices.chunks(BLOCK).enumerate() {
        places.of(indices, fractions.map(|f| &f[b * BLOCK..]), dt, width - 2);
        let bins = bins[b * BLOCK * width..].chunks_exact_mut(width);
        let bins = bins.zip(&places.slots[..indices.len()]);
        if nearest {
            for (trace, slot) in bins {
                trace[*slot as usize][0] += x;
            }
        } else {
            for ((trace, slot), w) in bins.zip(&places.w) {
                let bin = &mut trace[*slot as usize];
                let next = x.scale(*w);
                *bin = [bin[0] + (x - next), bin[1] + next];
            }
        }
    }
}

/// Number of partial sums: trace `j` is added to sum `j mod LANES`.
const LANES: usize = 4;

fn adjoint<T: Scalar, W: Scalar<Real = f64>, R: Real>(
    mut x: ArrayViewMutD<'_, T>,
    y: ArrayViewD<'_, T>,
    table: &Table<'_, R>,
) {
    let nt = y.shape()[1];
    let traces: Vec<&[T]> = y.rows().into_iter().filter_map(|row| row.to_slice()).collect();
    vectorized(
        #[inline(always)]
        || {
            for ((_, indices, fractions), x) in table.rows().zip(x.iter_mut()) {
                *x = widened(gather::<T, W, R>(&traces, nt, indices, fractions, table.dt));
            }
        },
    );
}

/// What one point takes from its traces.
#[inline(always)]
fn gather<T: Scalar, W: Scalar<Real = f64>, R: Real>(
    traces: &[&[T]],
    nt: usize,
    indices: &[R],
    fractions: Option<&[R]>,
    dt: Option<f64>,
) -> W {
    let mut sums = [W::default(); LANES];
    let mut places = TracePlaces { slots: [0; BLOCK], w: [0.0; BLOCK] };
    let nearest = fractions.is_none() && dt.is_none();
    let at = |trace: &[T], k: usize| trace.get(k).map_or(W::default(), |y| widened(*y));
    for (b, indices) in indices.chunks(BLOCK).enumerate() {
        places.of(indices, fractions.map(|f| &f[b * BLOCK..]), dt, nt);
        let traces = traces[b * BLOCK..].iter().zip(&places.slots[..indices.len()]).enumerate();
        if nearest {
            for (j, (trace, slot)) in traces {
                sums[j % LANES] += at(trace, (*slot as usize).wrapping_sub(1));
            }
        } else {
            for ((j, (trace, slot)), w) in traces.zip(&places.w) {
                // A dropped index may have any fraction.
                let slot = *slot as usize;
                if slot <= nt {
                    let (own, next) = (at(trace, slot.wrapping_sub(1)), at(trace, slot));
                    sums[j % LANES] += own.scale(1.0 - w) + next.scale(*w);
                }
            }
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::C64;
    use ndarray::{Array1, Array2, ArrayD, s};

    const NT: usize = 7;

    /// Indices before, on, between and beyond the samples, and NaN.
    fn indices(points: usize, traces: usize) -> Array2<f64> {
        Array2::from_shape_fn((points, traces), |(i, j)| match (i * 37 + j * 11) % 19 {
            0 => f64::NAN,
            1 => -1.0,
            2 => -2.0,
            3 => 1e300,
            k => (k + j % 3) as f64 * 0.75 - 3.5,
        })
    }

    fn numbers<T: Scalar>(n: usize) -> Vec<T> {
        let value = |k: f64| T::from_c128(C128::new((k * 1.7).sin(), (k * 0.9).cos()));
        (0..n).map(|k| value(k as f64)).collect()
    }

    fn check<T: Scalar, R: Real>(points: usize, traces: usize, interp: bool, tolerance: f64) {
        let indices = indices(points, traces).mapv(R::rounded);
        let fractions = Array2::from_shape_fn((points, traces), |(i, j)| match indices[[i, j]] {
            t if t.widened().is_nan() => R::rounded(f64::NAN),
            _ => R::rounded(((i * 7 + j * 3) % 8) as f64 / 8.0),
        });
        let table = Table {
            indices: indices.view().into_dyn(),
            fractions: interp.then(|| fractions.view().into_dyn()),
            dt: None,
        };
        let x = Array1::from_vec(numbers::<T>(points));
        let y = Array2::from_shape_vec((traces, NT), numbers::<T>(traces * NT)).unwrap();
        let mut expected_y = ArrayD::from_elem(vec![traces, NT], C128::default());
        let mut expected_x = ArrayD::from_elem(vec![points], C128::default());
        for i in 0..points {
            for j in 0..traces {
                let t = indices[[i, j]].widened();
                if t.is_nan() {
                    continue;
                }
                let w = if interp { fractions[[i, j]].widened() } else { 0.0 };
                for (k, w) in [(t.trunc(), 1.0 - w), (t.trunc() + 1.0, w)] {
                    if (0.0..NT as f64).contains(&k) {
                        expected_y[[j, k as usize]] += x[i].to_c128() * w;
                        expected_x[i] += y[[j, k as usize]].to_c128() * w;
                    }
                }
            }
        }
        let what = format!("{points} points, {traces} traces, {} and {}", T::DTYPE, R::DTYPE);
        let close = |found: &ArrayD<T>, expected: &ArrayD<C128>| {
            for (f, e) in found.iter().zip(expected) {
                let apart = (f.to_c128() - e).norm();
                assert!(apart <= tolerance * (1.0 + e.norm()), "{what}: found {f}, expected {e}");
            }
        };
        let mut forward = ArrayD::from_elem(vec![traces, NT], T::from_c128(9.0.into()));
        spread(forward.view_mut(), 0, NT, x.view().into_dyn(), &table);
        close(&forward, &expected_y);
        let mut adjoint = ArrayD::from_elem(vec![points], T::from_c128(9.0.into()));
        collect(adjoint.view_mut(), y.view().into_dyn(), &table);
        close(&adjoint, &expected_x);
        // Boxes of both have the same bits as the whole.
        let cut = |a: &Array2<R>, from: [usize; 2]| a.slice(s![from[0].., from[1]..]).to_owned();
        let (p0, j0, t0) = (points / 3, traces / 2, 2);
        let part = |from: [usize; 2]| (cut(&indices, from), cut(&fractions, from));
        let (i, f) = part([0, j0]);
        let some = Table {
            indices: i.view().into_dyn(),
            fractions: interp.then(|| f.view().into_dyn()),
            dt: None,
        };
        let mut box_y = ArrayD::from_elem(vec![traces - j0, NT - t0], T::default());
        spread(box_y.view_mut(), t0, NT, x.view().into_dyn(), &some);
        assert_eq!(box_y, forward.slice(s![j0.., t0..]).into_dyn(), "{what}");
        let (i, f) = part([p0, 0]);
        let some = Table {
            indices: i.view().into_dyn(),
            fractions: interp.then(|| f.view().into_dyn()),
            dt: None,
        };
        let mut box_x = ArrayD::from_elem(vec![points - p0], T::default());
        collect(box_x.view_mut(), y.view().into_dyn(), &some);
        assert_eq!(box_x, adjoint.slice(s![p0..]).into_dyn(), "{what}");
    }

    #[test]
    fn times_are_dropped_unless_both_samples_are_inside() {
        let dt = 0.5;
        let nan = f64::NAN;
        let indices = ndarray::arr2(&[[-0.01, 0.0, 1.125], [2.99, 3.0, nan], [3.1, -4.0, 2.0]]);
        let view = indices.view().into_dyn();
        let table = Table { indices: view, fractions: None, dt: Some(dt) };
        let x = Array1::from_vec(vec![1.0, 10.0, 100.0]).into_dyn();
        let mut y = ArrayD::from_elem(vec![3, NT], 9.0);
        spread(y.view_mut(), 0, NT, x.view(), &table);
        let mut expected = ArrayD::from_elem(vec![3, NT], 0.0f64);
        // 2.99 / dt = 5.98 has samples 5 and 6; 3 / dt = 6 is the last, without a next one.
        expected[[0, 5].as_slice()] = 0.2;
        expected[[0, 6].as_slice()] = 9.8;
        expected[[1, 0].as_slice()] = 1.0;
        expected[[2, 2].as_slice()] = 0.75;
        expected[[2, 3].as_slice()] = 0.25;
        expected[[2, 4].as_slice()] = 100.0;
        assert!(y.iter().zip(&expected).all(|(y, e)| (y - e).abs() < 1e-12), "{y}");
        let mut back = ArrayD::from_elem(vec![3], 9.0);
        collect(back.view_mut(), y.view(), &table);
        let sum = |k: usize, w: f64, j: usize| {
            y[[j, k].as_slice()] * (1.0 - w) + y[[j, k + 1].as_slice()] * w
        };
        let expected = [sum(0, 0.0, 1) + sum(2, 0.25, 2), sum(5, 0.98, 0), sum(4, 0.0, 2)];
        assert!(back.iter().zip(expected).all(|(b, e)| (b - e).abs() < 1e-12), "{back}");
    }

    #[test]
    fn both_directions_are_the_definition() {
        for (points, traces) in [(1, 1), (30, 5), (7, 67), (50, 130)] {
            for interp in [false, true] {
                check::<f64, f64>(points, traces, interp, 1e-13);
                check::<C128, f64>(points, traces, interp, 1e-13);
                check::<f32, f32>(points, traces, interp, 1e-6);
                check::<C64, f64>(points, traces, interp, 1e-6);
            }
        }
    }
}
