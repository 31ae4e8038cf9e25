//! Zeros around and between samples.

use crate::graph::primitives::prelude::*;

/// The transpose of [`crate::graph::Slice`]: puts zeros around and between samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Pad(pub Arc<[AxisStep]>);

impl Value {
    /// Puts zeros before and after the samples of an axis.
    pub fn pad(&self, axis: usize, before: usize, after: usize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        self.spread(axis, before, n + before + after, 1)
    }

    /// Puts samples at `start, start + step, ..` of an axis of length `len`, with zeros elsewhere.
    pub fn spread(&self, axis: usize, start: usize, len: usize, step: usize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if n > 0 && (step == 0 || start + (n - 1) * step >= len) {
            return wrong(format!("{n} samples from {start} by {step} on an axis of length {len}"));
        }
        if start == 0 && len == n {
            return Ok(self.clone());
        }
        let mut steps = vec![AxisStep { start: 0, step: 1 }; self.dims().len()];
        steps[axis] = AxisStep { start, step };
        Ok(self.resized(Pad(steps.into()), axis, len))
    }
}

impl Definition for Pad {
    fn label(&self) -> String {
        "pad".into()
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        self.0.hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Matters }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let axes = out.0.iter().zip(self.0.iter()).zip(&at.input(0).dims);
        f(IndexBox(
            axes.map(|((r, s), &n)| {
                let below = |end: usize| end.saturating_sub(s.start).div_ceil(s.step).min(n);
                below(r.start)..below(r.end)
            })
            .collect(),
        ));
    }

    fn through(&self, at: Applied<'_>, _: &ArrayType, cut: &Cut) -> Cut {
        cut.shifted(at)
    }

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(crate::graph::Slice(self.0.clone()))
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Pad(behind(&self.0)).into())
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        let (b, from) = (job.b, job.need(0));
        pointwise::zero(out.reborrow());
        if from.is_empty() {
            return Ok(());
        }
        let placed = |axis: usize, i: usize| self.0[axis].start + i * self.0[axis].step;
        let target = (0..b.ndim()).map(|a| {
            let r = &from.0[a];
            placed(a, r.start) - b.0[a].start..placed(a, r.end - 1) + 1 - b.0[a].start
        });
        let mut target = out.boxed(&IndexBox(target.collect()));
        for (axis, s) in self.0.iter().enumerate().filter(|(_, s)| s.step > 1) {
            target = target.stepped(axis, s.step);
        }
        job.fill(0, &from, target)
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let mut y = Whole::default(IxDyn(at.dims()));
        for (i, x) in args[0].indexed_iter() {
            let to = |(a, s): (usize, &AxisStep)| s.start + i[a] * s.step;
            y[IxDyn(&self.0.iter().enumerate().map(to).collect::<Vec<_>>())] = *x;
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("pad", &[2, 3], |x| x.pad(0, 1, 2)), ("spread", &[2, 3], |x| x.spread(1, 1, 8, 3))]
    }
}
