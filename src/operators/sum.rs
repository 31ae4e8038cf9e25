//! Sum over an axis.

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

pub(crate) const ENTRY: Entry = Entry::of::<Sum>("Sum");

/// Sum over an axis.
///
/// ```text
/// y = sum_i x_i
/// ```
/// The data lacks the axis, or has dims `(1,)` if there is no other. PyLops: `Sum`, whose default axis
/// does nothing to a model of one axis.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Sum {
    /// Length of each axis of the model. The data lack `axis`.
    dims: OneOrMany<usize>,
    /// Axis to sum over; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
}

impl Parameters for Sum {
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
        let y = x.sum(self.axis)?;
        let mut dims = y.dims().to_vec();
        if dims.len() > 1 {
            dims.remove(self.axis);
        }
        y.reshape(&dims)
    }
}
