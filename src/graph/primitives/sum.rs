//! Sums over an axis.

use crate::graph::primitives::prelude::*;
use crate::kernels::accumulate;

/// Sums over an axis, which keeps length 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum(pub usize);

impl Value {
    /// Sums over an axis, which keeps length 1.
    pub fn sum(&self, axis: usize) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.resized(Sum(axis), axis, 1))
    }
}

impl Definition for Sum {
    fn label(&self) -> String {
        format!("sum axis {}", self.0)
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        f(out.with(self.0, 0..at.input(0).dims[self.0]));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        cut.bytes *= at.input(0).dims[self.0].max(1) as f64;
        cut
    }

    fn through(&self, at: Applied<'_>, _: &ArrayType, inner: &Cut) -> Cut {
        let mut cut = inner.cost(at);
        cut.align.clone_from(&inner.align);
        cut.align[self.0] = Some(1);
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        at.elements() * at.reals()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(crate::graph::Broadcast(self.0))
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Sum(self.0 + 1).into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        with_view!(ViewMut, out, y => accumulate::sum(y, Viewed::typed(x.view()), self.0));
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        lanes(args[0], self.0, at.dims(), |x| vec![x.iter().sum()])
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("sum", &[2, 3], |x| x.sum(1))]
    }
}
