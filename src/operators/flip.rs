//! An axis backwards.

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

pub(crate) const ENTRY: Entry = Entry::of::<Flip>("Flip");

/// Reversal of an axis.
///
/// ```text
/// y_i = x_{n-1-i}
/// ```
/// PyLops: `Flip`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Flip {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Axis to reverse; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
}

impl Parameters for Flip {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, axis }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    axis: usize,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.flip(self.axis)
    }
}
