//! Curves that take every sample elsewhere: hyperbolas.

use std::ops::Range;

use super::{Curves, Pairs};
use crate::kernels::Buffer;
use crate::kernels::rows::{reals, vectorized};
use crate::scalar::{Real, Scalar};

/// Samples whose places are computed at once.
const BLOCK: usize = 64;
/// Traces that are added to in turn, so that no addition waits for the one before.
const GROUP: usize = 4;

/// Adds to sums `(batch, count, samples)` what rows `(batch, rows)` of `nt` samples give.
pub(super) fn add<T: Scalar, const P: usize>(
    sums: &mut [f64],
    rows: &[&[T]],
    pairs: &Pairs<'_>,
    span: Range<usize>,
    nt: usize,
) {
    let [count, each] = pairs.counts;
    let batches = sums.chunks_exact_mut(count * span.len() * P).zip(rows.chunks_exact(each));
    for (sums, rows) in batches {
        let rows: Vec<&[[T::Real; P]]> =
            rows.iter().map(|row| reals(row).as_chunks::<P>().0).collect();
        vectorized(
            #[inline(always)]
            || match pairs.transpose {
                true => gather(sums, &rows, pairs, &span, nt),
                false => scatter(sums, &rows, pairs, &span, nt),
            },
        );
    }
}

/// Where curves pass a trace that neighbouring samples begin.
struct Places {
    /// Samples, and how far beyond them.
    samples: [f64; BLOCK],
    parts: [f64; BLOCK],
    kept: [bool; BLOCK],
}

impl Places {
    fn new() -> Self {
        Places { samples: [0.0; BLOCK], parts: [0.0; BLOCK], kept: [false; BLOCK] }
    }

    #[inline(always)]
    fn of(&mut self, curves: &Curves, c: [f64; 2], first: usize, nt: usize) {
        for l in 0..BLOCK {
            let u = curves.sample((first + l) as f64, c);
            let floor = u.floor();
            self.samples[l] = floor;
            self.parts[l] = if curves.interp { u - floor } else { 0.0 };
            self.kept[l] = curves.keeps(u, nt);
        }
    }
}

/// A whole number from 0 below 2^52 as an index.
#[inline(always)]
fn index(whole: f64) -> usize {
    const WHOLE: f64 = (1u64 << 52) as f64;
    ((whole + WHOLE).to_bits() ^ WHOLE.to_bits()) as usize
}

/// The samples from which curves of terms `c` pass samples of a range, and maybe some beside them.
fn reaching(c: [f64; 2], range: [f64; 2], nt: usize) -> Range<usize> {
    let sum = c[0] + c[1];
    let at = |u: f64| (u * u - sum).max(0.0).sqrt();
    let [from, to] = range;
    // NaN too.
    if sum.partial_cmp(&(to * to)) != Some(std::cmp::Ordering::Less) {
        return 0..0;
    }
    let first = (at(from.max(0.0)) - 1.0).max(0.0) as usize;
    first..nt.min(at(to) as usize + 2)
}

#[inline(always)]
fn scatter<R: Real, const P: usize>(
    sums: &mut [f64],
    rows: &[&[[R; P]]],
    pairs: &Pairs<'_>,
    span: &Range<usize>,
    nt: usize,
) {
    let n = span.len();
    // For each trace and sample from the one before the span on, what goes to it and to the next; the
    // last is for what is dropped.
    let width = n + 2;
    let before = span.start as f64 - 1.0;
    let (outside, end) = ((n + 1) as f64, (n + 1) as f64);
    let mut bins = Buffer::<[[f64; P]; 2]>::dirty(GROUP * width);
    let mut places = Places::new();
    let mut slots = [[0usize; BLOCK]; GROUP];
    let mut parts = [[0.0; BLOCK]; GROUP];
    for (g, sums) in sums.chunks_mut(GROUP * n * P).enumerate() {
        let group = sums.len() / (n * P);
        bins[..group * width].fill([[0.0; P]; 2]);
        for (j, row) in rows.iter().enumerate() {
            let mut terms = [[0.0; 2]; GROUP];
            let (mut first, mut last) = (nt, 0);
            for t in 0..group {
                terms[t] = pairs.terms(g * GROUP + t, j);
                let some = reaching(terms[t], [before, span.end as f64], nt);
                (first, last) = (first.min(some.start), last.max(some.end));
            }
            for start in (first..last).step_by(BLOCK) {
                let row = &row[start..last.min(start + BLOCK)];
                for t in 0..group {
                    places.of(pairs.curves, terms[t], start, nt);
                    for l in 0..BLOCK {
                        let slot = places.samples[l] - before;
                        let inside = places.kept[l] & (slot >= 0.0) & (slot < end);
                        slots[t][l] = index(if inside { slot } else { outside });
                    }
                    parts[t] = places.parts;
                }
                for (l, x) in row.iter().enumerate() {
                    for t in 0..group {
                        let bin = &mut bins[t * width + slots[t][l]];
                        for p in 0..P {
                            let x = x[p].widened();
                            let next = x * parts[t][l];
                            bin[0][p] += x - next;
                            bin[1][p] += next;
                        }
                    }
                }
            }
        }
        for (sums, bins) in sums.chunks_exact_mut(n * P).zip(bins.chunks_exact(width)) {
            for (k, sum) in sums.chunks_exact_mut(P).enumerate() {
                for p in 0..P {
                    sum[p] = bins[k + 1][0][p] + bins[k][1][p];
                }
            }
        }
    }
}

#[inline(always)]
fn gather<R: Real, const P: usize>(
    sums: &mut [f64],
    rows: &[&[[R; P]]],
    pairs: &Pairs<'_>,
    span: &Range<usize>,
    nt: usize,
) {
    let mut places = Places::new();
    // With interpolation, the sample after the last kept one is there.
    let next = usize::from(pairs.curves.interp);
    let Some(last) = nt.checked_sub(1 + next) else { return };
    for start in span.clone().step_by(BLOCK) {
        let some = BLOCK.min(span.end - start);
        for (i, sums) in sums.chunks_exact_mut(span.len() * P).enumerate() {
            // Sums of a block are local: the compiler gathers samples by vectors only if it sees that no
            // sum is a sample.
            let mut all = [[0.0; BLOCK]; P];
            for (j, row) in rows.iter().enumerate() {
                let c = pairs.terms(i, j);
                if !pairs.curves.keeps(pairs.curves.sample(start as f64, c), nt) {
                    continue;
                }
                places.of(pairs.curves, c, start, nt);
                for l in 0..BLOCK {
                    // Whatever is no sample of the trace is dropped below.
                    let kept = places.kept[l];
                    let k = index(if kept { places.samples[l] } else { 0.0 }).min(last);
                    let w = places.parts[l];
                    for p in 0..P {
                        let (y, after) = (row[k][p].widened(), row[k + next][p].widened());
                        let v = (after - y).mul_add(w, y);
                        all[p][l] += if kept { v } else { 0.0 };
                    }
                }
            }
            let sums = &mut sums[(start - span.start) * P..][..some * P];
            for (l, sum) in sums.chunks_exact_mut(P).enumerate() {
                for p in 0..P {
                    sum[p] = all[p][l];
                }
            }
        }
    }
}
