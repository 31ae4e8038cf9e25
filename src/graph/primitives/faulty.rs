//! A step that fails, to test what happens then.

use crate::graph::primitives::prelude::*;

/// `y = x`, but fails for boxes that contain this index along the first axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Faulty(pub usize);

impl Definition for Faulty {
    fn label(&self) -> String {
        format!("faulty at {}", self.0)
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Kept }
    }

    fn needs(&self, _: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        f(out.clone());
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
        Batched::Never
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        if job.b.0[0].contains(&self.0) {
            return Err(Failure::Said(format!("sample {} cannot be computed", self.0)));
        }
        job.fill(0, job.b, out)
    }

    fn define(&self, _: Applied<'_>, args: &[&Whole]) -> Whole {
        args[0].clone()
    }

    fn examples() -> Vec<Example> {
        vec![("not faulty", &[3], |x| Ok(x.same(Faulty(3))))]
    }
}
