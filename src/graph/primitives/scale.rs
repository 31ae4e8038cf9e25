//! `y = c x`

use crate::graph::primitives::prelude::*;

/// `y = c x`
#[derive(Clone, Debug, PartialEq)]
pub struct Scale(pub C128);

impl Value {
    /// `c x`. A complex factor makes a real value complex.
    pub fn scale(&self, c: impl Into<C128>) -> Value {
        let c = c.into();
        let x = if c.im == 0.0 { self.clone() } else { self.to_complex() };
        if c == C128::new(1.0, 0.0) { x } else { x.same(Scale(c)) }
    }
}

impl Definition for Scale {
    fn label(&self) -> String {
        match self.0 {
            C128 { re, im: 0.0 } => format!("scale {re}"),
            c => format!("scale {c}"),
        }
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        [self.0.re, self.0.im].map(bits).hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Kept }
    }

    fn needs(&self, _: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        f(out.clone());
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        at.elements() * at.reals()
    }

    fn coefficients(&self) -> Vec<C128> {
        vec![self.0]
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(Scale(self.0.conj()))
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Other(Scale(self.0.conj()).into())
    }

    fn batched(&self) -> Batched {
        Batched::Moved(self.clone().into())
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        job.fill(0, job.b, out.reborrow())?;
        pointwise::scale(out, self.0);
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, _: Applied<'_>, args: &[&Whole]) -> Whole {
        args[0].mapv(|x| self.0 * x)
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("scale", &[3], |x| Ok(x.scale(-2.5))),
            ("scale complex", &[3], |x| Ok(x.scale(C128::new(0.5, -2.0)))),
        ]
    }
}
