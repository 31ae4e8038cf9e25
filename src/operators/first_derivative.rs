//! First derivative along an axis.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Banded, Value};
use crate::operators::defaults::{minus_one, one};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stencil::{self, Kind};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<FirstDerivative>("FirstDerivative");

/// First derivative along an axis by finite differences.
///
/// ```text
/// forward      y_i = (x_{i+1} - x_i) / h             y_{n-1} = 0
/// backward     y_i = (x_i - x_{i-1}) / h             y_0 = 0
/// centered 3   y_i = (x_{i+1} - x_{i-1}) / 2h        y_0 = y_{n-1} = 0
/// centered 5   y_i = (x_{i-2} - 8 x_{i-1} + 8 x_{i+1} - x_{i+2}) / 12h
/// ```
/// With `edge`, the centered kinds use one-sided, shorter differences at the edges instead of
/// zeros. PyLops: `FirstDerivative`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct FirstDerivative {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Axis to differentiate along; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
    /// Sampling step h, in the units of the axis.
    #[serde(default = "one")]
    sampling: f64,
    /// `centered`, `forward` or `backward`.
    #[serde(default)]
    kind: Kind,
    /// Computes differences at the edges too; `centered` only.
    #[serde(default)]
    edge: bool,
    /// Points of the centered stencil, 3 or 5.
    #[serde(default = "three")]
    order: usize,
}

fn three() -> usize {
    3
}

impl Parameters for FirstDerivative {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        at.step("sampling", self.sampling)?;
        at.require([3, 5].contains(&self.order), "order", "expected 3 or 5")?;
        let rows = stencil::first(dims[axis], self.sampling, self.kind, self.edge, self.order);
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, axis, rows }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    axis: usize,
    rows: Banded,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.stencil(self.axis, self.rows.clone())
    }
}
