//! An array of the problem.

use crate::graph::primitives::prelude::*;
use crate::io::Array;

/// An array of the problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant(pub Array);

/// Compares by identity: arrays are equal if they are the same one.
impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        self.same_as(other)
    }
}

impl Value {
    /// A value that reads an array of the problem.
    pub fn constant(&self, array: &Array) -> Value {
        self.leaf_beside(Constant(array.clone()), array.ty().clone())
            .chunked(array.chunks().map(<[usize]>::to_vec))
    }
}

impl Definition for Constant {
    fn label(&self) -> String {
        format!("array {}", self.0.name())
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        self.0.id().hash(&mut state);
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

    fn compute(&self, _: &Job<'_>, _: ViewMut<'_>) -> Done {
        unreachable!("arrays of the problem are kept")
    }

    #[cfg(test)]
    fn define(&self, _: Applied<'_>, _: &[&Whole]) -> Whole {
        match self.0.read::<C128>() {
            Ok(values) => values,
            Err(error) => panic!("{error}"),
        }
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("constants of constants", &[4], |x| {
            let kernel = complex(x, &[4], 0.4).fft(0)?.scale(2.0).conj();
            x.fft(0)?.multiply(&kernel)?.ifft(0)
        })]
    }
}
