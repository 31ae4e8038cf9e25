//! Strided slices.

use crate::graph::primitives::prelude::*;

/// Every `step`-th element from `start`, on each axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice(pub Arc<[AxisStep]>);

impl Value {
    /// Takes `len` elements of an axis, every `step`-th from `start`.
    pub fn slice(&self, axis: usize, start: usize, len: usize, step: usize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if len > 0 && (step == 0 || start + (len - 1) * step >= n) {
            return wrong(format!("{len} samples from {start} by {step} of an axis of length {n}"));
        }
        if start == 0 && len == n {
            return Ok(self.clone());
        }
        let mut steps = vec![AxisStep { start: 0, step: 1 }; self.dims().len()];
        steps[axis] = AxisStep { start, step };
        Ok(self.resized(Slice(steps.into()), axis, len))
    }

    /// The first `len` elements of an axis.
    pub fn take(&self, axis: usize, len: usize) -> Result<Value> {
        self.slice(axis, 0, len, 1)
    }
}

impl Definition for Slice {
    fn label(&self) -> String {
        "slice".into()
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        self.0.hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Piece }
    }

    fn needs(&self, _: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let axes = out.0.iter().zip(self.0.iter());
        let from = |(r, s): (&std::ops::Range<usize>, &AxisStep)| {
            s.start + r.start * s.step..s.start + (r.end - 1) * s.step + 1
        };
        f(IndexBox(axes.map(from).collect()));
    }

    fn through(&self, at: Applied<'_>, _: &ArrayType, cut: &Cut) -> Cut {
        cut.shifted(at)
    }

    fn movement(&self) -> Option<Movement<'_>> {
        Some(Movement::Stepped(&self.0))
    }

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(crate::graph::Pad(self.0.clone()))
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Slice(behind(&self.0)).into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let from = job.need(0);
        if self.0.iter().all(|s| s.step == 1) {
            return job.fill(0, &from, out);
        }
        let tile = job.pull(0, &from)?;
        let mut view = tile.view();
        for (axis, s) in self.0.iter().enumerate().filter(|(_, s)| s.step > 1) {
            view = view.stepped(axis, s.step);
        }
        pointwise::copy(out, view);
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        Whole::from_shape_fn(IxDyn(at.dims()), |i| {
            let from: Vec<usize> =
                self.0.iter().enumerate().map(|(a, s)| s.start + i[a] * s.step).collect();
            args[0][IxDyn(&from)]
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("slice", &[2, 7], |x| x.slice(1, 1, 3, 2)),
            ("slice of what is computed", &[7, 2], |x| x.scale(2.0).slice(0, 1, 3, 2)),
        ]
    }
}
