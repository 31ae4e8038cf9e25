//! `y = sum of the inputs`

use crate::graph::primitives::prelude::*;

/// `y = sum of the inputs`
#[derive(Clone, Debug, PartialEq)]
pub struct Add;

impl Value {
    /// `x + other`
    pub fn add(&self, other: &Value) -> Result<Value> {
        Value::sum_of(&[self.clone(), other.clone()])
    }

    /// The sum of at least one value of the same dims.
    pub fn sum_of(values: &[Value]) -> Result<Value> {
        let first = &values[0];
        let dtype = values.iter().fold(first.dtype(), |d, v| d.promote(v.dtype()));
        if let Some(other) = values.iter().find(|v| v.dims() != first.dims()) {
            return wrong(format!(
                "a sum of dims {} and {}",
                show_dims(first.dims()),
                show_dims(other.dims())
            ));
        }
        let values: Vec<Value> = values.iter().map(|v| v.cast(dtype)).collect();
        match values.as_slice() {
            [one] => Ok(one.clone()),
            many => Ok(many[0].node(Add, many, many[0].ty().clone())),
        }
    }
}

impl Definition for Add {
    fn label(&self) -> String {
        "add".into()
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

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        Ok(back.y.clone())
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(self.clone().into())
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        job.fill(0, job.b, out.reborrow())?;
        for (i, &id) in job.at.node.inputs.iter().enumerate().skip(1) {
            let term = job.at.graph.applied(id);
            // A term that is scaled on the fly is scaled as it is added.
            match &term.node.primitive {
                Primitive::Scale(scale) if !job.from.keeps(id) => {
                    let x = Job { at: term, ..*job }.pull(0, job.b)?;
                    pointwise::add_scaled(out.reborrow(), scale.0, x.view());
                }
                _ => {
                    let x = job.pull(i, job.b)?;
                    pointwise::add_scaled(out.reborrow(), C128::new(1.0, 0.0), x.view());
                }
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        args.iter().fold(Whole::default(IxDyn(at.dims())), |sum, x| sum + *x)
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("add", &[4], |x| x.add(&x.flip(0)?)),
            ("add itself", &[4], |x| x.add(x)),
            ("add scaled", &[4], |x| x.flip(0)?.add(&x.scale(-0.5))),
        ]
    }
}
