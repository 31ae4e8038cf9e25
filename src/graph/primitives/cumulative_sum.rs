//! `y_i = sum_{j<=i} x_j`

use crate::graph::primitives::prelude::*;
use crate::kernels::accumulate;

/// `y_i = sum_{j<=i} x_j` along an axis; `sum_{j>=i}` if `reverse`.
#[derive(Clone, Debug, PartialEq)]
pub struct CumulativeSum {
    /// Axis that it works along.
    pub axis: usize,
    /// Whether to sum from the end.
    pub reverse: bool,
}

impl Value {
    /// `y_i = sum_{j<=i} x_j` along an axis.
    pub fn cumulative_sum(&self, axis: usize) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.same(CumulativeSum { axis, reverse: false }))
    }
}

impl Definition for CumulativeSum {
    fn label(&self) -> String {
        let how = if self.reverse { "reverse cumulative sum" } else { "cumulative sum" };
        format!("{how} axis {}", self.axis)
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Matters }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let (n, r) = (at.dims()[self.axis], &out.0[self.axis]);
        f(out.with(self.axis, if self.reverse { r.start..n } else { 0..r.end }));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        Cut::tied(at, self.axis)
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        at.elements() * at.reals()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(CumulativeSum { reverse: !self.reverse, ..*self })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(CumulativeSum { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        with_view!(ViewMut, out, y => {
            accumulate::cumulative_sum(y, Viewed::typed(x.view()), self.axis, self.reverse);
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        lanes(args[0], self.axis, at.dims(), |x| {
            let sum =
                |i: usize| if self.reverse { x[i..].iter().sum() } else { x[..=i].iter().sum() };
            (0..x.len()).map(sum).collect()
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("cumulative sum", &[2, 4], |x| x.cumulative_sum(1))]
    }
}
