//! Conversion to another element type.

use crate::graph::primitives::prelude::*;

/// Converts to another element type; complex to real takes the real part.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast;

impl Value {
    /// Converts to another element type; complex to real takes the real part.
    pub fn cast(&self, dtype: DType) -> Value {
        if dtype == self.dtype() {
            return self.clone();
        }
        self.unary(Cast, self.dims().to_vec(), dtype)
    }

    /// Converts to the complex type of the same width.
    pub fn to_complex(&self) -> Value {
        self.cast(self.dtype().complex())
    }

    /// `Re x`
    pub fn real(&self) -> Value {
        self.cast(self.dtype().real())
    }

    /// `Im x = Re(-i x)`
    pub fn imag(&self) -> Value {
        if self.dtype().is_complex() {
            self.scale(C128::new(0.0, -1.0)).real()
        } else {
            self.zeros(self.dims(), self.dtype())
        }
    }
}

impl Definition for Cast {
    fn label(&self) -> String {
        "cast".into()
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
        Ok(back.y.cast(back.input().dtype))
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(self.clone().into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        pointwise::copy(out, job.pull(0, job.b)?.view());
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        if at.ty().dtype.is_complex() {
            args[0].clone()
        } else {
            args[0].mapv(|x| C128::new(x.re, 0.0))
        }
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("cast", &[3], |x| Ok(x.cast(DType::of(x.dtype().is_complex(), false)))),
            ("complex", &[3], |x| Ok(x.to_complex())),
            ("real", &[3], |x| Ok(x.real())),
            ("imag", &[3], |x| Ok(x.imag())),
        ]
    }
}
