//! Sums of plane waves, frequency by frequency:
//!
//! ```text
//! y_{r,k} = sum_q exp(2 pi i k a_r b_q) x_{q,k}
//! ```
//! The adjoint is the same with `a` and `-b` exchanged. No factor is stored: neighbouring frequencies
//! are `LANES` at a time, and those `LANES` further on follow by one multiplication. All arithmetic is in
//! double precision; a sum adds its terms in one order.

mod turns;

use ndarray::{ArrayView2, ArrayViewD, ArrayViewMut2, ArrayViewMutD, Axis};
use num_complex::Complex;

use crate::kernels::Buffer;
use crate::kernels::rows::vectorized;
use crate::scalar::Real;
use turns::turns;

/// Frequencies that are multiplied at once.
const LANES: usize = 16;
/// Frequencies whose sums stay in the first-level cache, a multiple of `LANES`; and terms whose samples
/// stay in the second.
const SPAN: usize = 512;
const TERMS: usize = 32;

/// Fills a box of the sums along an axis, which is not the last, from all terms; frequencies lie along the
/// last axis, from number `first` on.
pub fn plane_waves<R: Real>(
    y: ArrayViewMutD<'_, Complex<R>>,
    rows: &[f64],
    x: ArrayViewD<'_, Complex<R>>,
    terms: &[f64],
    axis: usize,
    first: usize,
) where
    Complex<R>: Copy,
{
    let (mut y, mut x) = (y, x);
    for a in axis..y.ndim() - 2 {
        y.swap_axes(a, a + 1);
        x.swap_axes(a, a + 1);
    }
    each_plane(y, x, &mut |y, x| plane(y, rows, x, terms, first));
}

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

/// Real and imaginary parts of rows of `SPAN` frequencies.
struct Planar([Buffer<f64>; 2]);

impl Planar {
    fn dirty(rows: usize) -> Planar {
        Planar([0, 1].map(|_| Buffer::dirty(rows * SPAN)))
    }

    fn row(&self, i: usize) -> [&[f64]; 2] {
        let [re, im] = &self.0;
        [&re[i * SPAN..][..SPAN], &im[i * SPAN..][..SPAN]]
    }

    fn row_mut(&mut self, i: usize) -> [&mut [f64]; 2] {
        let [re, im] = &mut self.0;
        [&mut re[i * SPAN..][..SPAN], &mut im[i * SPAN..][..SPAN]]
    }
}

fn plane<R: Real>(
    mut y: ArrayViewMut2<'_, Complex<R>>,
    rows: &[f64],
    x: ArrayView2<'_, Complex<R>>,
    terms: &[f64],
    first: usize,
) {
    let (mut sums, mut some) = (Planar::dirty(rows.len()), Planar::dirty(TERMS));
    for start in (0..y.ncols()).step_by(SPAN) {
        let n = SPAN.min(y.ncols() - start);
        let span = n.next_multiple_of(LANES);
        for i in 0..rows.len() {
            sums.row_mut(i).into_iter().for_each(|part| part[..span].fill(0.0));
        }
        for from in (0..terms.len()).step_by(TERMS) {
            let block = &terms[from..terms.len().min(from + TERMS)];
            for q in 0..block.len() {
                let [re, im] = some.row_mut(q);
                let x = x.index_axis(Axis(0), from + q);
                let x = x.slice_axis(Axis(0), (start..start + n).into());
                for ((re, im), x) in re.iter_mut().zip(im.iter_mut()).zip(x) {
                    (*re, *im) = (x.re.widened(), x.im.widened());
                }
                // What is beyond the last frequency is computed with the rest, and dropped.
                re[n..span].fill(0.0);
                im[n..span].fill(0.0);
            }
            for (i, a) in rows.iter().enumerate() {
                let [re, im] = sums.row_mut(i);
                for (q, b) in block.iter().enumerate() {
                    let x = some.row(q).map(|part| &part[..span]);
                    add(&mut re[..span], &mut im[..span], x, a * b, first + start);
                }
            }
        }
        for (i, mut y) in y.axis_iter_mut(Axis(0)).enumerate() {
            let [re, im] = sums.row(i);
            let y = y.slice_axis_mut(Axis(0), (start..start + n).into());
            for ((y, re), im) in y.into_iter().zip(re).zip(im) {
                *y = Complex::new(R::rounded(*re), R::rounded(*im));
            }
        }
    }
}

/// `sum_k += exp(2 pi i c (first + k)) x_k`
fn add(re: &mut [f64], im: &mut [f64], [x_re, x_im]: [&[f64]; 2], c: f64, first: usize) {
    vectorized(
        #[inline(always)]
        || {
            let mut phases = [0.0; LANES + 8];
            for (k, phase) in phases.iter_mut().enumerate() {
                *phase = c * (first + k) as f64;
            }
            // The last place is for the step.
            phases[LANES] = c * LANES as f64;
            let (cos, sin) = turns(&phases);
            let (step_re, step_im) = (cos[LANES], sin[LANES]);
            let mut wave_re = [0.0; LANES];
            let mut wave_im = [0.0; LANES];
            wave_re.copy_from_slice(&cos[..LANES]);
            wave_im.copy_from_slice(&sin[..LANES]);
            let sums = re.as_chunks_mut::<LANES>().0.iter_mut().zip(im.as_chunks_mut::<LANES>().0);
            let samples = x_re.as_chunks::<LANES>().0.iter().zip(x_im.as_chunks::<LANES>().0);
            for ((re, im), (x_re, x_im)) in sums.zip(samples) {
                for l in 0..LANES {
                    let (c, s) = (wave_re[l], wave_im[l]);
                    re[l] = (-s).mul_add(x_im[l], c.mul_add(x_re[l], re[l]));
                    im[l] = s.mul_add(x_re[l], c.mul_add(x_im[l], im[l]));
                    wave_re[l] = c.mul_add(step_re, -(s * step_im));
                    wave_im[l] = c.mul_add(step_im, s * step_re);
                }
            }
        },
    );
}
