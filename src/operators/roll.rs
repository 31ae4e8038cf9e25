//! Circular shift along an axis.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::defaults::minus_one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Roll>("Roll");

/// Circular shift along an axis.
///
/// ```text
/// y_{(i+shift) mod n} = x_i
/// ```
/// PyLops: `Roll`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Roll {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Axis to shift; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
    /// Number of samples to shift by; negative shifts go backwards.
    #[serde(default = "one_sample")]
    shift: isize,
}

fn one_sample() -> isize {
    1
}

impl Parameters for Roll {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, axis, shift: self.shift }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    axis: usize,
    shift: isize,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.roll(self.axis, self.shift)
    }
}
