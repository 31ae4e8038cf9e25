//! An axis with its mirror image.

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

pub(crate) const ENTRY: Entry = Entry::of::<Symmetrize>("Symmetrize");

/// Symmetric extension of an axis, with its mirror image in front.
///
/// ```text
/// y_{n-1+i} = x_i,   y_{n-1-i} = x_i,   i = 0 .. n-1
/// ```
/// The data has `2n - 1` samples along the axis. PyLops: `Symmetrize`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Symmetrize {
    /// Length of each axis of the model. Along `axis` the data have `2 n - 1` samples.
    dims: OneOrMany<usize>,
    /// Axis to extend; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
}

impl Parameters for Symmetrize {
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
        let mirrored = x.flip(self.axis)?.take(self.axis, x.dims()[self.axis] - 1)?;
        Value::concatenate(&[mirrored, x.clone()], self.axis)
    }
}
