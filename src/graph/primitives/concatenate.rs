//! Joins inputs along an axis.

use std::ops::Range;

use crate::graph::primitives::prelude::*;

/// Joins inputs along an axis, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Concatenate {
    /// Axis that it works along.
    pub axis: usize,
    /// Where each input starts along the axis.
    pub starts: Arc<[usize]>,
}

impl Value {
    /// Joins values along an axis, one after the other.
    pub fn concatenate(values: &[Value], axis: usize) -> Result<Value> {
        let first = &values[0];
        first.has_axis(axis)?;
        let fits = |v: &Value| {
            v.dims().len() == first.dims().len()
                && (0..v.dims().len()).all(|a| a == axis || v.dims()[a] == first.dims()[a])
        };
        if let Some(other) = values.iter().find(|v| !fits(v)) {
            return wrong(format!(
                "dims {} and {} side by side along axis {axis}",
                show_dims(first.dims()),
                show_dims(other.dims())
            ));
        }
        let dtype = values.iter().fold(first.dtype(), |d, v| d.promote(v.dtype()));
        let values: Vec<Value> = values.iter().map(|v| v.cast(dtype)).collect();
        if let [one] = values.as_slice() {
            return Ok(one.clone());
        }
        let mut dims = first.dims().to_vec();
        dims[axis] = 0;
        let starts = values.iter().map(|v| {
            let start = dims[axis];
            dims[axis] = dims[axis].saturating_add(v.dims()[axis]);
            start
        });
        let concatenate = Concatenate { axis, starts: starts.collect() };
        Ok(values[0].node(concatenate, &values, ArrayType { dims, dtype }))
    }
}

impl Concatenate {
    /// The part of box `out` that input number `i` fills, and the box of the input it comes from.
    fn piece(&self, at: Applied<'_>, i: usize, out: &IndexBox) -> Option<(IndexBox, IndexBox)> {
        let (start, n, r) = (self.starts[i], at.input(i).dims[self.axis], &out.0[self.axis]);
        let (lo, hi) = (r.start.max(start), r.end.min(start + n));
        (lo < hi)
            .then(|| (out.with(self.axis, lo..hi), out.with(self.axis, lo - start..hi - start)))
    }
}

impl Definition for Concatenate {
    fn label(&self) -> String {
        format!("concatenate axis {}", self.axis)
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        if let Some((_, from)) = self.piece(at, i, out) {
            f(from);
        }
    }

    fn reached(&self, _: Applied<'_>, out: &IndexBox) -> Range<usize> {
        let r = &out.0[self.axis];
        let first = self.starts.partition_point(|&start| start <= r.start).saturating_sub(1);
        first..self.starts.partition_point(|&start| start < r.end).max(first)
    }

    fn through(&self, at: Applied<'_>, _: &ArrayType, cut: &Cut) -> Cut {
        cut.shifted(at)
    }

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        let mut steps = vec![AxisStep { start: 0, step: 1 }; back.input().dims.len()];
        steps[self.axis].start = self.starts[back.i];
        back.alone(crate::graph::Slice(steps.into()))
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Concatenate { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        for i in job.at.reached(job.b) {
            if let Some((part, from)) = self.piece(job.at, i, job.b) {
                job.fill(i, &from, out.reborrow().boxed(&part.relative_to(job.b)))?;
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, _: Applied<'_>, args: &[&Whole]) -> Whole {
        let views: Vec<_> = args.iter().map(|x| x.view()).collect();
        match ndarray::concatenate(Axis(self.axis), &views) {
            Ok(y) => y,
            Err(error) => panic!("{error}"),
        }
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("concatenate", &[2, 3], |x| {
                Value::concatenate(&[x.flip(1)?, x.take(1, 1)?, x.clone()], 1)
            }),
            ("concatenate with nothing", &[3, 2], |x| {
                let none = x.slice(0, 0, 0, 1)?;
                Value::concatenate(&[none.clone(), x.flip(0)?, none, x.scale(2.0)], 0)
            }),
        ]
    }
}
