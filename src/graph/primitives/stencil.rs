//! Banded matrices along axes.

use crate::graph::primitives::prelude::*;
use crate::kernels::{Banded, stencil};

/// The sum of banded matrices, each along an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Stencil(pub Arc<[(usize, Arc<Banded>)]>);

impl Value {
    /// Applies a banded matrix along an axis.
    pub fn stencil(&self, axis: usize, rows: Banded) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if rows.len() != n {
            return wrong(format!("a stencil of {} rows on an axis of length {n}", rows.len()));
        }
        Ok(self.same(Stencil([(axis, Arc::new(rows))].into())))
    }
}

impl Stencil {
    /// Applies `f` to every matrix.
    pub(in crate::graph) fn map(&self, f: impl Fn(&Banded) -> Banded) -> Stencil {
        Stencil(self.0.iter().map(|(axis, rows)| (*axis, Arc::new(f(rows)))).collect())
    }
}

impl Definition for Stencil {
    fn label(&self) -> String {
        let axes: Vec<String> = self.0.iter().map(|(a, _)| a.to_string()).collect();
        format!("stencil axes {}", axes.join(" + "))
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        let first = self.0.iter().flat_map(|(_, rows)| rows.coefficients().take(16));
        first.for_each(|c| bits(c).hash(&mut state));
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Again, order: Order::Matters }
    }

    fn needs(&self, _: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        // One box for all axes: its unused corners are small.
        f(self.0.iter().fold(IndexBox::empty(out.ndim()), |b, (axis, rows)| {
            b.hull(&out.with(*axis, rows.columns(&out.0[*axis])))
        }));
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        let taps: usize = self.0.iter().map(|(_, b)| b.interior().1.len()).sum();
        2.0 * taps as f64 * at.elements() * at.reals()
    }

    /// The largest of each matrix: coefficients that are tiny beside it may underflow.
    fn coefficients(&self) -> Vec<C128> {
        let largest = |rows: &Banded| rows.coefficients().map(f64::abs).fold(0.0, f64::max);
        self.0.iter().map(|(_, rows)| largest(rows).into()).collect()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(self.map(Banded::transpose))
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        let terms = self.0.iter().map(|(axis, rows)| (axis + 1, rows.clone()));
        Batched::Moved(Stencil(terms.collect()).into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let from = job.need(0);
        if from.is_empty() {
            pointwise::zero(out);
            return Ok(());
        }
        let x = job.pull_rows(0, &from)?;
        let terms: Vec<(usize, &Banded)> =
            self.0.iter().map(|(axis, rows)| (*axis, rows.as_ref())).collect();
        in_rows(out, |out| {
            with_view!(ViewMut, out, y => {
                let x = Viewed::typed(x.view());
                stencil::stencil(y, &job.b.start(), x, &from.start(), &terms);
            });
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let dims = at.dims();
        self.0.iter().fold(Whole::default(IxDyn(dims)), |sum, (axis, rows)| {
            let row = |x: &[C128], i: usize| rows.row(i).iter().map(|&(j, c)| x[j] * c).sum();
            sum + lanes(args[0], *axis, dims, |x| (0..x.len()).map(|i| row(x, i)).collect())
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("stencil", &[2, 6], |x| x.stencil(1, rows(6))),
            ("stencil first axis", &[5, 2], |x| x.stencil(0, rows(5))),
            ("stencils", &[5, 4], |x| x.stencil(0, rows(5))?.add(&x.stencil(1, rows(4))?)),
        ]
    }
}
