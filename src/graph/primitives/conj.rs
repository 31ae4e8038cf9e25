//! `y = conj(x)`

use crate::graph::primitives::prelude::*;

/// `y = conj(x)`
#[derive(Clone, Debug, PartialEq)]
pub struct Conj;

impl Value {
    /// `conj(x)`
    pub fn conj(&self) -> Value {
        if self.dtype().is_complex() { self.same(Conj) } else { self.clone() }
    }
}

impl Definition for Conj {
    fn label(&self) -> String {
        "conj".into()
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
        Ok(back.y.conj())
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(self.clone().into())
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        job.fill(0, job.b, out.reborrow())?;
        pointwise::conj(out);
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, _: Applied<'_>, args: &[&Whole]) -> Whole {
        args[0].mapv(|x| x.conj())
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("conj", &[3], |x| Ok(x.to_complex().conj())),
            ("conj between", &[3], |x| {
                Ok(x.scale(C128::new(1.0, 2.0)).conj().scale(C128::new(3.0, 1.0)))
            }),
        ]
    }
}
