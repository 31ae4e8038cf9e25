//! The same samples under other dims.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Reshape>("Reshape");

/// The same samples with other dims, in C order.
///
/// ```text
/// y = x,   of dims dimsd
/// ```
/// Place it between operators that agree only in the number of samples: a derivative along a
/// flattened plane is `D @ R`. PyLops flattens implicitly.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Reshape {
    /// Length of each axis of the model.
    dims: OneOrMany<usize>,
    /// Length of each axis of the data, which have as many samples as the model.
    dimsd: OneOrMany<usize>,
}

impl Parameters for Reshape {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let dimsd = at.dims("dimsd", &self.dimsd)?;
        let (n, found) = (dims.iter().product::<usize>(), dimsd.iter().product::<usize>());
        let label =
            format!("expected {n} samples, as many as {} has, found {found}", show_dims(&dims));
        at.require(n == found, "dimsd", label)?;
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, dimsd }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    dimsd: Vec<usize>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.reshape(&self.dimsd)
    }
}
