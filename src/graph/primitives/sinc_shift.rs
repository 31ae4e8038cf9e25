//! Traces carried from one to another along slopes, by sinc interpolation.

use ndarray::{ArrayView2, Ix2};

use crate::graph::primitives::prelude::*;
use crate::kernels::sinc_shift::Mover;
use crate::scalar::Scalar;

/// Trace `l` of `(traces, n)` moved `steps` times in turn, `x_j <- sum_i sinc(j - factor s_j - i) x_i`, each time
/// with another row `s` of slopes: `start + l jump`, then the next ones, or those before if `down`. Inputs
/// `[x, slopes]`; the transpose of that if `transpose`.
#[derive(Clone, Debug, PartialEq)]
pub struct SincShift {
    /// Row of slopes that trace 0 starts with.
    pub start: usize,
    /// Rows between traces.
    pub jump: usize,
    /// How often each trace moves.
    pub steps: usize,
    /// Whether rows are taken in descending order.
    pub down: bool,
    /// Samples that a slope of 1 moves by.
    pub factor: f64,
    /// Direction.
    pub transpose: bool,
}

impl Value {
    /// The traces of this `(traces, n)` moved along rows of `slopes` `(rows, n)`, which are `float64`.
    pub fn sinc_shift(&self, slopes: &Value, shift: SincShift) -> Result<Value> {
        let dims = slopes.dims();
        let last = self.dims().first().map_or(0, |&n| n.saturating_sub(1));
        let rows = shift.rows(&(0..last + 1));
        let fits = self.dims().len() == 2
            && dims.len() == 2
            && dims[1] == self.dims()[1]
            && slopes.dtype() == DType::Float64
            && rows.is_some_and(|rows| rows.end <= dims[0]);
        if !fits {
            let (found, dims) = (show_dims(self.dims()), show_dims(dims));
            return wrong(format!("slopes of dims {dims} for traces of dims {found}"));
        }
        Ok(self.node(shift, &[self.clone(), slopes.clone()], self.ty().clone()))
    }
}

impl SincShift {
    /// The rows of slopes that some traces take, if there are such rows.
    fn rows(&self, traces: &std::ops::Range<usize>) -> Option<std::ops::Range<usize>> {
        let first = self.start + self.jump * traces.start;
        let last = self.start + self.jump * (traces.end - 1);
        let more = self.steps - 1;
        if self.down {
            Some(first.checked_sub(more)?..last + 1)
        } else {
            Some(first..last + more + 1)
        }
    }

    fn row(&self, trace: usize, step: usize) -> usize {
        let first = self.start + self.jump * trace;
        if self.down { first - step } else { first + step }
    }
}

impl Definition for SincShift {
    fn label(&self) -> String {
        let back = if self.transpose { " T" } else { "" };
        format!("sinc shift{back} by {} slopes", self.steps)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        (self.start, self.jump, self.steps, self.down, bits(self.factor)).hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Once, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        let traces = match i {
            0 => out.0[0].clone(),
            _ => self.rows(&out.0[0]).unwrap_or_default(),
        };
        f(IndexBox(vec![traces, 0..at.dims()[1]]));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::tied(at, 1);
        // A trace is much work: a few are worth a tile.
        cut.bytes *= (at.dims()[1] * self.steps) as f64;
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        3.0 * (at.dims()[1] * self.steps) as f64 * at.elements() * at.reals()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(SincShift { transpose: !self.transpose, ..*self })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        // Its slopes go with one unknown.
        Batched::Never
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let tiles = job.pull_all_rows()?;
        let slopes = plane(f64::typed(tiles[1].view()));
        let first = job.need(1).0[0].start;
        let columns = job.b.0[1].clone();
        with_view!(ViewMut, out, y => {
            self.shift(y, Viewed::typed(tiles[0].view()), slopes, first, job.b.0[0].start, columns);
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let (n, mut y) = (at.dims()[1], args[0].clone());
        let sinc = |u: f64| {
            let u = std::f64::consts::PI * u;
            if u == 0.0 { 1.0 } else { u.sin() / u }
        };
        for (l, mut trace) in y.outer_iter_mut().enumerate() {
            for step in 0..self.steps {
                let step = if self.transpose { self.steps - 1 - step } else { step };
                let row = self.row(l, step);
                let from = trace.to_owned();
                let weight = |j: usize, i: usize| {
                    sinc(j as f64 - self.factor * args[1][[row, j].as_slice()].re - i as f64)
                };
                for k in 0..n {
                    trace[k] = (0..n)
                        .map(|l| from[l] * if self.transpose { weight(l, k) } else { weight(k, l) })
                        .sum();
                }
            }
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        fn shift(start: usize, jump: usize, steps: usize, factor: f64) -> SincShift {
            SincShift { start, jump, steps, down: factor < 0.0, factor, transpose: false }
        }
        vec![
            ("sinc shift", &[2, 5], |x| x.sinc_shift(&table(x, &[6, 5], 1.0), shift(0, 4, 2, 0.5))),
            ("sinc shift by no samples", &[3, 6], |x| {
                x.sinc_shift(&table(x, &[3, 6], 1.0), shift(0, 1, 1, 0.0))
            }),
            ("sinc shift downwards", &[2, 4], |x| {
                x.sinc_shift(&table(x, &[6, 4], 2.0), shift(2, 3, 3, -1.5))
            }),
        ]
    }
}

impl SincShift {
    /// Columns of traces `start`, `start + 1`, .., from slopes that begin with row `first`.
    fn shift<T: Scalar>(
        &self,
        mut y: ArrayViewMutD<'_, T>,
        x: ArrayViewD<'_, T>,
        slopes: ArrayView2<'_, f64>,
        first: usize,
        start: usize,
        columns: std::ops::Range<usize>,
    ) {
        let n = x.shape()[1];
        let mut mover = Mover::new::<T>(n);
        let mut whole = vec![T::default(); n];
        for (l, (mut y, x)) in y.outer_iter_mut().zip(x.outer_iter()).enumerate() {
            whole.iter_mut().zip(&x).for_each(|(to, from)| *to = *from);
            mover.load(&whole);
            for step in 0..self.steps {
                let step = if self.transpose { self.steps - 1 - step } else { step };
                let row = slopes.row(self.row(start + l, step) - first);
                match row.to_slice() {
                    Some(row) => mover.shift(row, self.factor, self.transpose),
                    None => unreachable!("rows are consecutive"),
                }
            }
            mover.store(&mut whole);
            y.iter_mut().zip(&whole[columns.clone()]).for_each(|(to, from)| *to = *from);
        }
    }
}

fn plane(slopes: ArrayViewD<'_, f64>) -> ArrayView2<'_, f64> {
    match slopes.into_dimensionality::<Ix2>() {
        Ok(plane) => plane,
        Err(_) => unreachable!("the graph has checked the axes of slopes"),
    }
}
