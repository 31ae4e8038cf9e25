//! Repeats an axis.

use crate::graph::primitives::prelude::*;

/// Repeats an axis of length 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Broadcast(pub usize);

impl Value {
    /// Repeats an axis of length 1 `n` times.
    pub fn broadcast(&self, axis: usize, n: usize) -> Result<Value> {
        match self.has_axis(axis)? {
            1 => Ok(self.resized(Broadcast(axis), axis, n)),
            found => wrong(format!("an axis of length {found} repeated")),
        }
    }
}

impl Definition for Broadcast {
    fn label(&self) -> String {
        format!("broadcast axis {}", self.0)
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Again, order: Order::Repeated }
    }

    fn needs(&self, _: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        f(out.with(self.0, 0..1));
    }

    fn through(&self, at: Applied<'_>, _: &ArrayType, inner: &Cut) -> Cut {
        let mut cut = inner.cost(at);
        cut.align.clone_from(&inner.align);
        cut.align[self.0] = Some(1);
        cut
    }

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(crate::graph::Sum(self.0))
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Broadcast(self.0 + 1).into())
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        for k in 0..job.b.0[self.0].len() {
            let mut at = IndexBox::whole(&job.b.dims());
            at.0[self.0] = k..k + 1;
            pointwise::copy(out.reborrow().boxed(&at), x.view());
        }
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        lanes(args[0], self.0, at.dims(), |x| vec![x[0]; at.dims()[self.0]])
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("broadcast", &[2, 1], |x| x.broadcast(1, 3))]
    }
}
