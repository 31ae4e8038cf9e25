//! Curves that shift whole rows.

use std::ops::Range;

use super::{Curves, Pairs};
use crate::kernels::rows::{reals, vectorized};
use crate::scalar::{Real, Scalar};

/// Samples of a row whose sums stay in the first-level cache, and rows that stay in the second.
const SPAN: usize = 2048;
const ROWS: usize = 16;

/// Samples `range` of a row of the model, which lie `whole + part` samples later on a trace.
#[derive(Clone, Debug, PartialEq)]
struct Shift {
    whole: isize,
    part: f64,
    range: Range<usize>,
}

/// `out_k += a in_{k + by} + b in_{k + by + 1}` for `k` of a range; without the second if there is no `b`.
#[derive(Clone, Debug)]
struct Run {
    row: usize,
    range: Range<usize>,
    by: isize,
    a: f64,
    b: Option<f64>,
}

/// Adds to sums `(batch, count, samples)` what rows `(batch, rows)` of `nt` samples give.
pub(super) fn add<T: Scalar, const P: usize>(
    sums: &mut [f64],
    rows: &[&[T]],
    pairs: &Pairs<'_>,
    span: Range<usize>,
    nt: usize,
) {
    let [count, each] = pairs.counts;
    let batch = rows.len() / each;
    let mut runs = Vec::new();
    for start in span.clone().step_by(SPAN) {
        let some = start..span.end.min(start + SPAN);
        for first in (0..each).step_by(ROWS) {
            for i in 0..count {
                runs.clear();
                for j in first..each.min(first + ROWS) {
                    shifts(pairs.curves, pairs.terms(i, j), nt, &mut |shift| {
                        push_runs(&mut runs, j, &shift, pairs.transpose, &some);
                    });
                }
                for b in 0..batch {
                    let to = ((b * count + i) * span.len() + some.start - span.start) * P;
                    let out = &mut sums[to..to + some.len() * P];
                    add_runs::<T::Real, P>(out, some.start, &runs, |row| {
                        reals(rows[b * each + row])
                    });
                }
            }
        }
    }
}

/// Calls `f` with the shifts of the samples that a curve of terms `c` keeps. One shift is enough, except
/// where rounding decides which sample the curve passes: there each is computed as PyLops does.
fn shifts(curves: &Curves, c: [f64; 2], nt: usize, f: &mut impl FnMut(Shift)) {
    let (sum, length) = (c[0] + c[1], nt as f64);
    // NaN too.
    if sum.abs().partial_cmp(&length) != Some(std::cmp::Ordering::Less) {
        return;
    }
    let near = sum.round();
    let rounding = 4.0 * f64::EPSILON * (length + c[0].abs() + c[1].abs());
    if (sum - near).abs() > rounding || c.iter().all(|c| c.fract() == 0.0) {
        let whole = sum.floor() as isize;
        let end = nt as isize - isize::from(curves.interp) - whole;
        let range = (-whole).max(0) as usize..end.clamp(0, nt as isize) as usize;
        if !range.is_empty() {
            f(Shift { whole, part: if curves.interp { sum - sum.floor() } else { 0.0 }, range });
        }
        return;
    }
    let mut open: Option<Shift> = None;
    for t in 0..nt {
        let u = curves.sample(t as f64, c);
        let whole = if curves.interp { near } else { u.floor() - t as f64 } as isize;
        let kept = curves.keeps(u, nt);
        match &mut open {
            Some(shift) if kept && shift.whole == whole => shift.range.end = t + 1,
            _ => {
                open.take().into_iter().for_each(&mut *f);
                open = kept.then_some(Shift { whole, part: 0.0, range: t..t + 1 });
            }
        }
    }
    open.into_iter().for_each(f);
}

/// What a shift is to the samples that are filled, of which some are.
fn push_runs(
    runs: &mut Vec<Run>,
    row: usize,
    Shift { whole, part, range }: &Shift,
    transpose: bool,
    some: &Range<usize>,
) {
    let mut push = |from: isize, to: isize, by: isize, a: f64, b: Option<f64>| {
        let from = from.max(some.start as isize) as usize;
        let to = to.clamp(0, some.end as isize) as usize;
        if from < to {
            runs.push(Run { row, range: from..to, by, a, b });
        }
    };
    let (from, to, whole, part) = (range.start as isize, range.end as isize, *whole, *part);
    match (transpose, part == 0.0) {
        (true, true) => push(from, to, whole, 1.0, None),
        (true, false) => push(from, to, whole, 1.0 - part, Some(part)),
        (false, true) => push(from + whole, to + whole, -whole, 1.0, None),
        (false, false) => {
            // The first sample has none before it, the last none after it.
            push(from + whole, from + whole + 1, -whole, 1.0 - part, None);
            push(from + whole + 1, to + whole, -whole - 1, part, Some(1.0 - part));
            push(to + whole, to + whole + 1, -whole - 1, part, None);
        }
    }
}

/// Adds runs to samples of `P` parts, the first of which is sample `start`.
fn add_runs<'a, R: Real, const P: usize>(
    out: &mut [f64],
    start: usize,
    runs: &[Run],
    row: impl Fn(usize) -> &'a [R],
) {
    for run in runs {
        let out = &mut out[(run.range.start - start) * P..(run.range.end - start) * P];
        let from = (run.range.start as isize + run.by) as usize * P;
        let x = &row(run.row)[from..];
        let a = run.a;
        vectorized(
            #[inline(always)]
            || match run.b {
                None => out.iter_mut().zip(x).for_each(|(y, x)| *y = x.widened().mul_add(a, *y)),
                Some(b) => {
                    for ((y, x), next) in out.iter_mut().zip(x).zip(&x[P..]) {
                        *y = next.widened().mul_add(b, x.widened().mul_add(a, *y));
                    }
                }
            },
        );
    }
}
