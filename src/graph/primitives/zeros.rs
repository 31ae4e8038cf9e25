//! Zeros.

use crate::graph::primitives::prelude::*;

/// Zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct Zeros;

impl Value {
    /// Zeros.
    pub fn zeros(&self, dims: &[usize], dtype: DType) -> Value {
        self.leaf_beside(Zeros, ArrayType::new(dims, dtype))
    }
}

impl Definition for Zeros {
    fn label(&self) -> String {
        "zeros".into()
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Lost }
    }

    fn needs(&self, _: Applied<'_>, _: usize, _: &IndexBox, _: Visit<'_>) {}

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        Ok(back.y.clone())
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Leaf
    }

    fn compute(&self, _: &Job<'_>, out: ViewMut<'_>) -> Done {
        pointwise::zero(out);
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, _: &[&Whole]) -> Whole {
        Whole::default(IxDyn(at.dims()))
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("zeros", &[3], |x| Ok(x.zeros(&[2], x.dtype())))]
    }
}
