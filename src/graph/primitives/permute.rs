//! Permutes axes.

use crate::graph::primitives::prelude::*;

/// Axis `k` of the result is axis `axes[k]` of the input.
#[derive(Clone, Debug, PartialEq)]
pub struct Permute(pub Arc<[usize]>);

impl Value {
    /// Permutes axes: axis `k` of the result is axis `axes[k]` of this value.
    pub fn permute(&self, axes: &[usize]) -> Result<Value> {
        let mut seen = axes.to_vec();
        seen.sort_unstable();
        if seen != (0..self.dims().len()).collect::<Vec<_>>() {
            return wrong(format!("{axes:?} is no permutation of {} axes", self.dims().len()));
        }
        let dims = axes.iter().map(|&a| self.dims()[a]).collect();
        Ok(self.unary(Permute(axes.into()), dims, self.dtype()))
    }
}

impl Permute {
    fn inverse(&self) -> Vec<usize> {
        let mut inverse = vec![0; self.0.len()];
        self.0.iter().enumerate().for_each(|(k, &a)| inverse[a] = k);
        inverse
    }
}

impl Definition for Permute {
    fn label(&self) -> String {
        format!("permute {:?}", self.0)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        self.0.hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Kept }
    }

    fn needs(&self, _: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let mut ranges = vec![0..0; self.0.len()];
        self.0.iter().zip(&out.0).for_each(|(&a, r)| ranges[a] = r.clone());
        f(IndexBox(ranges));
    }

    fn through(&self, at: Applied<'_>, _: &ArrayType, inner: &Cut) -> Cut {
        let mut cut = inner.cost(at);
        cut.align = self.0.iter().map(|&a| inner.align[a]).collect();
        cut.own = inner.own.and_then(|(a, n)| Some((self.0.iter().position(|&b| b == a)?, n)));
        cut
    }

    fn movement(&self) -> Option<Movement<'_>> {
        Some(Movement::Permuted(&self.0))
    }

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.y.permute(&self.inverse())
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        let axes = self.0.iter().map(|axis| axis + 1);
        Batched::Moved(Permute(std::iter::once(0).chain(axes).collect()).into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        job.fill(0, &job.need(0), out.permuted(&self.inverse()))
    }

    #[cfg(test)]
    fn define(&self, _: Applied<'_>, args: &[&Whole]) -> Whole {
        args[0].clone().permuted_axes(IxDyn(&self.0))
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("permute", &[2, 3, 2], |x| x.permute(&[1, 2, 0]))]
    }
}
