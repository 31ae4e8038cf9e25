//! Projections of an image along rays, tomography:
//!
//! ```text
//! y_{a,j} = sum_{k,i} w_{a,j,k,i} x_{k,i}
//! ```
//! and its transpose. A ray crosses the lines of the image, rows if it is closer to vertical and columns
//! else, each at a position `c` between pixels; weights depend on `c - i` alone:
//!
//! ```text
//! linear   sqrt(1+m^2) max(0, 1 - |c-i|)                      m = how far c moves from line to line
//! line     sqrt(1+m^2) T(c-i)       length of the ray in the pixel; T = a box as wide as m over a unit box
//! strip    f (H(c'-i) - H(c-i))     area between two rays in the pixel; H = the integral of T
//! ```
//! They are computed where they are needed, a few rays at once. All arithmetic is in double precision, and
//! both directions use the same weights.

#[cfg(test)]
mod naive;
mod rays;

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewD, ArrayViewMut2, ArrayViewMutD, Axis};

use crate::kernels::Buffer;
use crate::kernels::rows::{parts, reals, reals_mut, vectorized};
use crate::scalar::{Real, Scalar};
pub use rays::{Beams, Fan, Weight};
use rays::{LANES, LINE, LINEAR, Rays, STRIP, Taps};

/// Calls `f` with each plane of the last two axes.
fn each_plane<A, B>(
    mut y: ArrayViewMutD<'_, A>,
    x: ArrayViewD<'_, B>,
    f: &mut impl FnMut(ArrayViewMut2<'_, A>, ArrayView2<'_, B>),
) {
    if y.ndim() > 2 {
        for (y, x) in y.axis_iter_mut(Axis(0)).zip(x.axis_iter(Axis(0))) {
            each_plane(y, x, f);
        }
        return;
    }
    match (y.into_dimensionality(), x.into_dimensionality()) {
        (Ok(y), Ok(x)) => f(y, x),
        _ => unreachable!("two axes are left"),
    }
}

/// Fills a box `(.., angles, detectors)` from whole images.
pub fn project<T: Scalar>(
    y: ArrayViewMutD<'_, T>,
    first: [usize; 2],
    x: ArrayViewD<'_, T>,
    beams: &Beams,
) {
    each_plane(y, x, &mut |y, x| match parts::<T>() {
        1 => forward::<T, 1>(y, first, x, beams),
        _ => forward::<T, 2>(y, first, x, beams),
    });
}

/// Fills a box of images from whole data `(.., angles, detectors)`.
pub fn backproject<T: Scalar>(
    x: ArrayViewMutD<'_, T>,
    first: [usize; 2],
    y: ArrayViewD<'_, T>,
    beams: &Beams,
) {
    each_plane(x, y, &mut |x, y| match parts::<T>() {
        1 => adjoint::<T, 1>(x, first, y, beams),
        _ => adjoint::<T, 2>(x, first, y, beams),
    });
}

/// `$f` of the arguments, for a kind of weight that the compiler knows.
macro_rules! with_weight {
    ($f:ident::<$p:ident>($rays:expr, $($arguments:expr),*)) => {
        match $rays.weight {
            Weight::Strip => $f::<$p, STRIP>($rays, $($arguments),*),
            Weight::Line => $f::<$p, LINE>($rays, $($arguments),*),
            Weight::Linear => $f::<$p, LINEAR>($rays, $($arguments),*),
        }
    };
}

/// The parts of an element in double precision.
#[inline(always)]
fn widened<T: Scalar, const P: usize>(x: &T) -> [f64; P] {
    let parts = reals(std::slice::from_ref(x));
    std::array::from_fn(|p| parts[p].widened())
}

fn rounded<T: Scalar, const P: usize>(to: &mut T, from: [f64; P]) {
    let parts = reals_mut(std::slice::from_mut(to));
    parts.iter_mut().zip(from).for_each(|(to, from)| *to = T::Real::rounded(from));
}

/// A line of pixels between two zeros, for rays that pass beside it.
fn line_of<T: Scalar, const P: usize>(to: &mut [[f64; P]], x: ndarray::ArrayView1<'_, T>) {
    let last = x.len() + 1;
    (to[0], to[last]) = ([0.0; P], [0.0; P]);
    to[1..last].iter_mut().zip(x).for_each(|(to, x)| *to = widened(x));
}

fn forward<T: Scalar, const P: usize>(
    mut y: ArrayViewMut2<'_, T>,
    first: [usize; 2],
    x: ArrayView2<'_, T>,
    beams: &Beams,
) {
    let (angles, detectors) = y.dim();
    let some = first[1]..first[1] + detectors;
    let rays: Vec<Vec<Rays>> = (first[0]..first[0] + angles)
        .map(|a| Rays::of(beams, beams.angles[a], some.clone()))
        .collect();
    let mut sums = Buffer::<[f64; P]>::zeros(angles * detectors);
    let longest = x.nrows().max(x.ncols()) + 2;
    let mut line = Buffer::<[f64; P]>::dirty(longest);
    let mut near = Buffer::<[f64; P]>::dirty(longest);
    let mut factors = Buffer::<f64>::dirty(longest);
    for axis in [0, 1] {
        let n = x.len_of(Axis(1 - axis));
        for (k, x) in x.axis_iter(Axis(axis)).enumerate() {
            line_of(&mut line[..n + 2], x);
            for (rays, sums) in rays.iter().zip(sums.chunks_exact_mut(detectors)) {
                for rays in rays.iter().filter(|rays| rays.axis == axis) {
                    let mut read = &line[..n + 2];
                    if rays.nearness(k, 0..n, &mut factors[..n + 2]) {
                        let pixels = near.iter_mut().zip(&line[..]).zip(&factors[..n + 2]);
                        pixels.for_each(|((to, x), f)| *to = x.map(|x| x * f));
                        read = &near[..n + 2];
                    }
                    let sums = &mut sums[rays.detectors.start - first[1]..];
                    let sums = &mut sums[..rays.detectors.len()];
                    with_weight!(add_line::<P>(rays, k, read, sums));
                }
            }
        }
    }
    for (mut y, (rays, sums)) in
        y.rows_mut().into_iter().zip(rays.iter().zip(sums.chunks_exact(detectors)))
    {
        for rays in rays {
            for (j, scale) in rays.detectors.clone().zip(&rays.scale) {
                let j = j - first[1];
                rounded(&mut y[j], sums[j].map(|sum| sum * scale));
            }
        }
    }
}

/// Adds to each ray what it takes from line `k`.
fn add_line<const P: usize, const W: u8>(
    rays: &Rays,
    k: usize,
    line: &[[f64; P]],
    sums: &mut [[f64; P]],
) {
    vectorized(
        #[inline(always)]
        || {
            let last = (line.len() - 1) as f64;
            for (b, sums) in sums.chunks_mut(LANES).enumerate() {
                let taps = Taps::of::<W>(rays, b * LANES, k, 0.0);
                let mut block = [[0.0; LANES]; P];
                for t in 0..rays.taps {
                    let (weights, places) = taps.at::<W>(t, last);
                    for l in 0..LANES {
                        for p in 0..P {
                            block[p][l] = weights[l].mul_add(line[places[l]][p], block[p][l]);
                        }
                    }
                }
                for (l, sum) in sums.iter_mut().enumerate() {
                    for p in 0..P {
                        sum[p] += block[p][l];
                    }
                }
            }
        },
    );
}

fn adjoint<T: Scalar, const P: usize>(
    mut x: ArrayViewMut2<'_, T>,
    first: [usize; 2],
    y: ArrayView2<'_, T>,
    beams: &Beams,
) {
    let counts = [x.nrows(), x.ncols()];
    let span = |axis: usize| first[axis]..first[axis] + counts[axis];
    // Lines of the box with a place before and after for rays that pass beside it: rows, and columns.
    let mut sums = [0, 1].map(|axis| Buffer::zeros(counts[axis] * (counts[1 - axis] + 2)));
    let mut values = vec![[0.0; P]; y.ncols()];
    let mut factors = Buffer::<f64>::dirty(counts[0].max(counts[1]) + 2);
    for (a, y) in y.rows().into_iter().enumerate() {
        for rays in Rays::of(beams, beams.angles[a], 0..y.len()) {
            let detectors = rays.detectors.clone();
            for (j, scale) in detectors.clone().zip(&rays.scale) {
                values[j - detectors.start] = widened(&y[j]).map(|y: f64| y * scale);
            }
            let (lines, pixels) = (span(rays.axis), span(1 - rays.axis));
            let width = pixels.len() + 2;
            let sums = sums[rays.axis].chunks_exact_mut(width);
            for (k, sums) in lines.zip(sums) {
                let near = rays.nearness(k, pixels.clone(), &mut factors[..width]);
                let factors = near.then_some(&factors[..width]);
                with_weight!(spread_line::<P>(&rays, k, &pixels, &values, factors, sums));
            }
        }
    }
    for ((k, i), x) in x.indexed_iter_mut() {
        let (row, column): (&[f64; P], &[f64; P]) =
            (&sums[0][k * (counts[1] + 2) + i + 1], &sums[1][i * (counts[0] + 2) + k + 1]);
        rounded(x, std::array::from_fn::<f64, P, _>(|p| row[p] + column[p]));
    }
}

/// Adds to a line, of which some pixels are there, what it takes from all rays.
fn spread_line<const P: usize, const W: u8>(
    rays: &Rays,
    k: usize,
    pixels: &Range<usize>,
    values: &[[f64; P]],
    factors: Option<&[f64]>,
    line: &mut [[f64; P]],
) {
    let some = rays.reaching(k, pixels);
    vectorized(
        #[inline(always)]
        || {
            let last = (line.len() - 1) as f64;
            for start in some.clone().step_by(LANES) {
                let taps = Taps::of::<W>(rays, start, k, pixels.start as f64);
                let values = &values[start..some.end.min(start + LANES)];
                for t in 0..rays.taps {
                    let (weights, places) = taps.at::<W>(t, last);
                    for (l, y) in values.iter().enumerate() {
                        let to = &mut line[places[l]];
                        let w = weights[l] * factors.map_or(1.0, |f| f[places[l]]);
                        for p in 0..P {
                            to[p] = y[p].mul_add(w, to[p]);
                        }
                    }
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;

    fn projected(beams: &Beams, x: &ArrayD<f64>) -> ArrayD<f64> {
        let mut y = ArrayD::from_elem(vec![beams.angles.len(), beams.detectors], f64::NAN);
        project(y.view_mut(), [0, 0], x.view(), beams);
        y
    }

    #[test]
    fn a_ray_along_a_border_counts_half_for_both_pixels() {
        for weight in [Weight::Strip, Weight::Line] {
            for (dims, angle) in [([1, 2], 0.0), ([2, 1], std::f64::consts::FRAC_PI_2)] {
                let angles = vec![angle];
                let beams = Beams { dims, angles, detectors: 1, width: 1.0, fan: None, weight };
                let x = ArrayD::from_shape_vec(dims.to_vec(), vec![1.0, 4.0]).unwrap();
                let y = projected(&beams, &x)[[0, 0].as_slice()];
                assert!((y - 2.5).abs() < 1e-6, "{weight:?} at {angle}: {y}");
            }
        }
    }

    /// All of a pixel falls on detectors that cover it, from any angle and however wide they are.
    #[test]
    fn strips_share_out_every_pixel() {
        let angles = vec![0.0, 0.3, 0.785, 1.2, 2.0, 3.1, 5.9];
        for (width, detectors) in [(0.2, 40), (0.7, 11), (9.0, 1), (4.0, 3)] {
            let angles = angles.clone();
            let (fan, weight) = (None, Weight::Strip);
            let beams = Beams { dims: [4, 3], angles, detectors, width, fan, weight };
            let x = ArrayD::from_shape_fn(vec![4, 3], |k| (3 * k[0] + 5 * k[1]) as f64 - 4.0);
            for row in projected(&beams, &x).rows() {
                assert!((row.sum() * width - x.sum()).abs() < 1e-9, "{row} of width {width}");
            }
        }
    }
}
