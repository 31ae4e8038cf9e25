//! `y_{indices_i} += x_i`

use std::sync::Arc;

use crate::graph::primitives::prelude::*;
use crate::kernels::index;

/// The transpose of [`crate::graph::Gather`]: `y_{indices_i} += x_i` along an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct ScatterAdd {
    /// Axis that it works along.
    pub axis: usize,
    /// The index that each sample is added at.
    pub indices: Arc<[usize]>,
}

impl Definition for ScatterAdd {
    fn label(&self) -> String {
        format!("scatter-add {} axis {}", self.indices.len(), self.axis)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        some(&self.indices).hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        f(out.with(self.axis, 0..at.input(0).dims[self.axis]));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        Cut::tied(at, self.axis)
    }

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        let ScatterAdd { axis, indices } = self.clone();
        back.alone(crate::graph::Gather { axis, indices })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(ScatterAdd { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        let range = job.b.0[self.axis].clone();
        with_view!(ViewMut, out, y => {
            index::scatter_add(y, range, Viewed::typed(x.view()), self.axis, &self.indices);
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        lanes(args[0], self.axis, at.dims(), |x| {
            let mut y = vec![C128::default(); at.dims()[self.axis]];
            self.indices.iter().zip(x).for_each(|(&i, x)| y[i] += x);
            y
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("scatter-add", &[2, 5], |x| {
            let scatter = ScatterAdd { axis: 1, indices: [3, 0, 3, 2, 1].into() };
            Ok(x.resized(scatter, 1, 4))
        })]
    }
}
