//! `y_i = x_{indices_i}`

use std::sync::Arc;

use crate::graph::primitives::prelude::*;
use crate::graph::ranges::ranges;
use crate::kernels::index;

/// `y_i = x_{indices_i}` along an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Gather {
    /// Axis that it works along.
    pub axis: usize,
    /// Indices of the samples to take, in order.
    pub indices: Arc<[usize]>,
}

impl Value {
    /// `y_i = x_{indices_i}` along an axis.
    pub fn gather(&self, axis: usize, indices: Arc<[usize]>) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if let Some(i) = indices.iter().find(|&&i| i >= n) {
            return wrong(format!("sample {i} of an axis of length {n}"));
        }
        let len = indices.len();
        Ok(self.resized(Gather { axis, indices }, axis, len))
    }
}

impl Definition for Gather {
    fn label(&self) -> String {
        format!("gather {} axis {}", self.indices.len(), self.axis)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        some(&self.indices).hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let some = &self.indices[out.0[self.axis].clone()];
        let few = ranges(some.iter().copied(), at.input(0).dims[self.axis]);
        few.into_iter().for_each(|range| f(out.with(self.axis, range)));
    }

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        let Gather { axis, indices } = self.clone();
        back.alone(crate::graph::ScatterAdd { axis, indices })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Gather { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let some = &self.indices[job.b.0[self.axis].clone()];
        let around = some.iter().fold((usize::MAX, 0), |(lo, hi), &i| (lo.min(i), hi.max(i + 1)));
        let from = job.b.with(self.axis, around.0..around.1);
        let x = job.pull_needs(0, &from)?;
        with_view!(ViewMut, out, y => {
            let first = from.0[self.axis].start;
            index::gather(y, Viewed::typed(x.view()), self.axis, first, some);
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        lanes(args[0], self.axis, at.dims(), |x| self.indices.iter().map(|&i| x[i]).collect())
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("gather", &[2, 4], |x| x.gather(1, [3, 0, 3].into())),
            ("gather of both ends", &[9, 2], |x| x.gather(0, [8, 0, 1, 7, 8].into())),
            ("gather of what is computed", &[7], |x| x.scale(2.0).gather(0, [6, 6, 0].into())),
        ]
    }
}
