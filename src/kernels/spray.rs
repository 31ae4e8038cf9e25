//! Samples of a section sprayed over neighbouring columns along slopes, and collected from there:
//!
//! ```text
//! y_{z_k, x+k} += a^k m_{z,x},   z_k = z + s_{z,x} + ... + s_{z,x+k-1}        for k = 0 .. radius
//! y_{z_k, x-k} += a^k m_{z,x},   z_k = z - s_{z,x-1} - ... - s_{z,x-k}        for k = 1 .. radius
//! ```
//! with linear interpolation between rows. Rows above the first are the first, rows below the last the last.
//! Slopes are those of the row that a sample starts from, so the paths of all samples of a row are found
//! together, step by step.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::kernels::Buffer;
use crate::kernels::rows::{row, vectorized};
use crate::scalar::{Real, Scalar};

/// How far and how much is sprayed, over a section of `nz` rows.
#[derive(Clone, Copy, Debug)]
pub struct Spray {
    /// Steps to either side.
    pub radius: usize,
    /// Factor of each step.
    pub alpha: f64,
    /// Rows of the whole section.
    pub nz: usize,
    /// Columns of the whole section.
    pub nx: usize,
}

/// Where the samples of a row are after some steps: two rows, and the weight of the second.
struct Front {
    z: Vec<f64>,
    above: Vec<u32>,
    below: Vec<u32>,
    w: Vec<f64>,
}

impl Front {
    fn new(len: usize) -> Front {
        Front { z: vec![0.0; len], above: vec![0; len], below: vec![0; len], w: vec![0.0; len] }
    }

    /// Moves samples `some` by slopes, `sign` times.
    #[inline(always)]
    fn step(&mut self, some: Range<usize>, slopes: &[f64], sign: f64, nz: usize) {
        /// Added to a whole number below 2^52, its last bits are that number.
        const WHOLE: f64 = (1u64 << 52) as f64;
        let last = nz as f64 - 1.0;
        let bounded = |z: f64| {
            let z = if z >= 0.0 { z } else { 0.0 };
            ((if z <= last { z } else { last }) + WHOLE).to_bits() as u32
        };
        let places = self.above[some.clone()].iter_mut().zip(&mut self.below[some.clone()]);
        let values = self.z[some.clone()].iter_mut().zip(&mut self.w[some]);
        for (((z, w), (above, below)), slope) in values.zip(places).zip(slopes) {
            *z = slope.mul_add(sign, *z);
            let floor = z.floor();
            *w = *z - floor;
            *above = bounded(floor);
            *below = bounded(floor + 1.0);
        }
    }
}

/// Calls `f` for both directions and every step of a row's samples with the samples of `columns` that are still
/// inside, their front, the column that sample 0 has then reached, and the factor. Slopes begin with column
/// `first`, and so do those that the front may reach.
#[inline(always)]
fn each_step(
    spray: &Spray,
    z: usize,
    columns: &Range<usize>,
    slopes: &[f64],
    reached: &Range<usize>,
    front: &mut Front,
    mut f: impl FnMut(Range<usize>, &Front, isize, f64),
) {
    let start = reached.start;
    for right in [true, false] {
        front.z.fill(z as f64);
        let mut factor = 1.0;
        for k in 1..=spray.radius {
            factor *= spray.alpha;
            // Those whose path is within reach.
            let some = if right {
                columns.start..columns.end.min(reached.end.saturating_sub(k))
            } else {
                columns.start.max(start + k)..columns.end
            };
            if some.is_empty() {
                break;
            }
            let (from, sign) =
                if right { (some.start + k - 1, 1.0) } else { (some.start - k, -1.0) };
            let local = some.start - columns.start..some.end - columns.start;
            front.step(local.clone(), &slopes[from - start..][..some.len()], sign, spray.nz);
            let shift = if right { k as isize } else { -(k as isize) };
            f(local, front, columns.start as isize + shift, factor);
        }
    }
}

/// Fills rows of columns of `y`, from `y_start` on, from all rows of the columns of `m` within reach of them,
/// from `start` on; so do the slopes begin.
pub fn spray<T: Scalar>(
    mut y: ArrayViewMut2<'_, T>,
    rows: Range<usize>,
    y_start: usize,
    m: ArrayView2<'_, T>,
    slopes: ArrayView2<'_, f64>,
    start: usize,
    spray: &Spray,
) {
    let width = y.ncols();
    let targets = y_start..y_start + width;
    let sources = start..start + m.ncols();
    let mut sums = Buffer::<T>::zeros(spray.nz * width);
    let mut front = Front::new(m.ncols());
    for z in 0..spray.nz {
        let (m, slopes) = (row(&m, z), row(&slopes, z));
        let own = &m[y_start - start..][..width];
        sums[z * width..][..width].iter_mut().zip(own).for_each(|(y, m)| *y += *m);
        vectorized(
            #[inline(always)]
            || {
                each_step(
                    spray,
                    z,
                    &sources,
                    slopes,
                    &sources,
                    &mut front,
                    |some, front, at, factor| {
                        // Those that have reached the box.
                        let lo = (targets.start as isize - at).max(some.start as isize) as usize;
                        let hi = (targets.end as isize - at).clamp(0, some.end as isize) as usize;
                        for i in lo..hi {
                            let column = (at + i as isize) as usize - targets.start;
                            let value = m[i].scale(Real::rounded(factor));
                            let part = value.scale(Real::rounded(front.w[i]));
                            sums[front.above[i] as usize * width + column] += value - part;
                            sums[front.below[i] as usize * width + column] += part;
                        }
                    },
                );
            },
        );
    }
    y.iter_mut().zip(&sums[rows.start * width..]).for_each(|(y, sum)| *y = *sum);
}

/// Fills a box of `m`, which begins at row `z_start` and column `m_start`, from the columns of `y` within
/// reach of it, all rows, from `start` on; slopes are those of the box's rows and of these columns.
pub fn collect<T: Scalar>(
    mut m: ArrayViewMut2<'_, T>,
    z_start: usize,
    m_start: usize,
    y: ArrayView2<'_, T>,
    slopes: ArrayView2<'_, f64>,
    start: usize,
    spray: &Spray,
) {
    let columns = m_start..m_start + m.ncols();
    let reached = start..start + y.ncols();
    let mut front = Front::new(columns.len());
    let mut sums = Buffer::<T>::dirty(columns.len());
    let rows: Vec<&[T]> = (0..spray.nz).map(|z| row(&y, z)).collect();
    for (z, mut m) in (z_start..).zip(m.rows_mut()) {
        sums.copy_from_slice(&rows[z][m_start - start..][..columns.len()]);
        let slopes = row(&slopes, z - z_start);
        vectorized(
            #[inline(always)]
            || {
                each_step(
                    spray,
                    z,
                    &columns,
                    slopes,
                    &reached,
                    &mut front,
                    |some, front, at, factor| {
                        for i in some {
                            let column = (at + i as isize) as usize - start;
                            let (a, b) = (
                                rows[front.above[i] as usize][column],
                                rows[front.below[i] as usize][column],
                            );
                            let between = a + (b - a).scale(Real::rounded(front.w[i]));
                            sums[i] += between.scale(Real::rounded(factor));
                        }
                    },
                );
            },
        );
        m.iter_mut().zip(&*sums).for_each(|(m, sum)| *m = *sum);
    }
}
