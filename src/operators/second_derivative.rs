//! Second derivative along an axis.

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

pub(crate) const ENTRY: Entry = Entry::of::<SecondDerivative>("SecondDerivative");

/// Second derivative along an axis by finite differences.
///
/// ```text
/// d_j = (x_{j-1} - 2 x_j + x_{j+1}) / h^2            j = 1 .. n-2
///
/// centered     y_i = d_i                             y_0 = y_{n-1} = 0
/// forward      y_i = d_{i+1}                         y_{n-2} = y_{n-1} = 0
/// backward     y_i = d_{i-1}                         y_0 = y_1 = 0
/// ```
/// With `edge`, the centered kind repeats `d_1` and `d_{n-2}` at the edges. An axis of fewer than
/// three samples has no second derivative and gives zeros. PyLops: `SecondDerivative`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct SecondDerivative {
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
}

impl Parameters for SecondDerivative {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        at.step("sampling", self.sampling)?;
        let rows = stencil::second(dims[axis], self.sampling, self.kind, self.edge);
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
