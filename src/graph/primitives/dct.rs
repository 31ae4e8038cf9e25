//! The cosine transform along an axis.

use crate::graph::primitives::prelude::*;
use crate::kernels::dct::{self, Cosine};

/// An orthonormal cosine transform along an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Dct {
    /// Axis that it works along.
    pub axis: usize,
    /// Which of them.
    pub kind: Cosine,
}

impl Value {
    /// An orthonormal cosine transform along an axis; of type I, of two samples or more.
    pub fn dct(&self, axis: usize, kind: Cosine) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if kind == Cosine::I && n < 2 {
            return wrong(format!("a cosine transform of type I of {n} samples"));
        }
        Ok(self.same(Dct { axis, kind }))
    }
}

impl Dct {
    /// Its transpose, which is its inverse.
    pub(in crate::graph) fn transposed(&self) -> Dct {
        Dct { kind: self.kind.transpose(), ..*self }
    }
}

impl Definition for Dct {
    fn label(&self) -> String {
        format!("dct {:?} axis {}", self.kind, self.axis)
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Matters }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        f(out.with(self.axis, 0..at.input(0).dims[self.axis]));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        Cut::tied(at, self.axis)
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        2.5 * at.reals() * at.elements() * (at.dims()[self.axis] as f64).log2().max(0.0)
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(self.transposed())
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Dct { axis: self.axis + 1, ..*self }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        let range = job.b.0[self.axis].clone();
        with_view!(ViewMut, out, y => {
            dct::dct(y, range, Viewed::typed(x.view()), self.axis, self.kind);
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        lanes(args[0], self.axis, at.dims(), |x| {
            let n = x.len();
            let term = |j: usize, k: usize| x[j] * self.kind.coefficient(n, j, k);
            (0..n).map(|k| (0..n).map(|j| term(j, k)).sum()).collect()
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("dct of type I", &[2, 5], |x| x.dct(1, Cosine::I)),
            ("dct of type II", &[2, 5], |x| x.dct(1, Cosine::II)),
            ("dct of type III", &[6, 2], |x| x.dct(0, Cosine::III)),
            ("dct of type IV", &[5, 3], |x| x.dct(0, Cosine::IV)),
        ]
    }
}
