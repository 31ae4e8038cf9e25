//! `y_i = x_{n-1-i}`

use crate::graph::primitives::prelude::*;

/// `y_i = x_{n-1-i}` along an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Flip(pub usize);

impl Value {
    /// Reverses an axis.
    pub fn flip(&self, axis: usize) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.same(Flip(axis)))
    }
}

impl Definition for Flip {
    fn label(&self) -> String {
        format!("flip axis {}", self.0)
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Matters }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let (n, r) = (at.dims()[self.0], &out.0[self.0]);
        f(out.with(self.0, n - r.end..n - r.start));
    }

    fn through(&self, at: Applied<'_>, _: &ArrayType, cut: &Cut) -> Cut {
        cut.shifted(at)
    }

    fn movement(&self) -> Option<Movement<'_>> {
        Some(Movement::Flipped(self.0))
    }

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(self.clone())
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Flip(self.0 + 1).into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        job.fill(0, &job.need(0), out.flipped(self.0))
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        lanes(args[0], self.0, at.dims(), |x| x.iter().rev().copied().collect())
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("flip", &[2, 3], |x| x.flip(1))]
    }
}
