//! An input of the program.

use crate::graph::primitives::prelude::*;

/// An input of the program, by number.
#[derive(Clone, Debug, PartialEq)]
pub struct Input(pub usize);

impl Definition for Input {
    fn label(&self) -> String {
        format!("input {}", self.0)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        self.0.hash(&mut state);
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
        unreachable!("inputs are kept")
    }

    #[cfg(test)]
    fn define(&self, _: Applied<'_>, _: &[&Whole]) -> Whole {
        unreachable!("inputs are given")
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("identity", &[3], |x| Ok(x.clone()))]
    }
}
