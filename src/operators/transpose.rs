//! Axes in another order.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Transpose>("Transpose");

/// Permutation of axes.
///
/// ```text
/// y[i_{axes[0]}, i_{axes[1]}, ...] = x[i_0, i_1, ...]
/// ```
/// Axis `k` of the data is axis `axes[k]` of the model. PyLops: `Transpose`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Transpose {
    /// Length of each axis of the model; the data have the same in the order of `axes`.
    dims: OneOrMany<usize>,
    /// Axes of the model in the order of the data, each once.
    axes: Vec<isize>,
}

impl Parameters for Transpose {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axes = at.axes("axes", &self.axes, &dims)?;
        let label = format!("expected each of {} axes once", dims.len());
        at.require(axes.len() == dims.len(), "axes", label)?;
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, axes }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    axes: Vec<usize>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.permute(&self.axes)
    }
}
