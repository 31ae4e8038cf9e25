//! `y = f x`, element by element.

use crate::graph::primitives::prelude::*;

/// `y = f x` or `conj(f) x`, element by element; inputs `[x, f]`, axes of length 1 in `f` are broadcast.
#[derive(Clone, Debug, PartialEq)]
pub struct Multiply {
    /// Whether the factor is conjugated.
    pub conj: bool,
}

impl Value {
    /// `f x`, element by element; axes of length 1 in `f` are broadcast.
    pub fn multiply(&self, factor: &Value) -> Result<Value> {
        let fits = factor.dims().len() == self.dims().len()
            && factor.dims().iter().zip(self.dims()).all(|(&f, &n)| f == n || f == 1);
        if !fits {
            return wrong(format!(
                "a factor of dims {} does not broadcast over {}",
                show_dims(factor.dims()),
                show_dims(self.dims())
            ));
        }
        let dtype = self.dtype().promote(factor.dtype());
        let (x, f) = (
            self.cast(dtype),
            factor.cast(DType::of(factor.dtype().is_complex(), dtype.is_double())),
        );
        Ok(x.node(Multiply { conj: false }, &[x.clone(), f], x.ty().clone()))
    }
}

impl Definition for Multiply {
    fn label(&self) -> String {
        if self.conj { "multiply conj".into() } else { "multiply".into() }
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Once, order: Order::Kept }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        if i == 0 {
            return f(out.clone());
        }
        let axes = out.0.iter().zip(&at.input(i).dims);
        f(IndexBox(axes.map(|(r, &n)| if n == 1 { 0..1 } else { r.clone() }).collect()));
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        at.elements() * at.reals() * (2.0 * at.reals() - 1.0)
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(Multiply { conj: !self.conj })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Other(Multiply { conj: !self.conj }.into())
    }

    fn batched(&self) -> Batched {
        Batched::Factor
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        job.fill(0, job.b, out.reborrow())?;
        let factor = job.pull(1, &job.need(1))?;
        pointwise::multiply(out, factor.view(), self.conj);
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let f = args[1].mapv(|f| if self.conj { f.conj() } else { f });
        match f.broadcast(IxDyn(at.dims())) {
            Some(f) => args[0] * &f,
            None => panic!("{:?} broadcasts over {:?}", f.shape(), at.dims()),
        }
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("multiply", &[2, 3], |x| x.multiply(&alike(x, &[2, 3], 0.1))),
            ("multiply broadcast", &[2, 3], |x| x.multiply(&alike(x, &[1, 3], 0.1))),
            ("multiply complex", &[2, 3], |x| x.multiply(&complex(x, &[2, 1], 0.1))),
        ]
    }
}
