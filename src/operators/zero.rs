//! Zeros.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::identity::both_dims;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Zero>("Zero");

/// The zero operator.
///
/// ```text
/// y_i = 0
/// ```
/// The data has dims `N`, the model `M`. It costs nothing in stacks and sums. PyLops: `Zero`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Zero {
    /// Length of each axis of the data; one number for a single axis.
    #[serde(rename = "N")]
    n: OneOrMany<usize>,
    /// Length of each axis of the model; `N` by default.
    #[serde(rename = "M")]
    m: Option<OneOrMany<usize>>,
}

impl Parameters for Zero {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let (data, dims) = both_dims(&self.n, &self.m, at)?;
        Some(Arc::new(Built { data, model: ArrayType { dims, dtype } }))
    }
}

#[derive(Debug)]
struct Built {
    data: Vec<usize>,
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        Ok(x.zeros(&self.data, x.dtype()))
    }
}
