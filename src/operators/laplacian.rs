//! Weighted sum of second derivatives.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Banded, Value};
use crate::operators::defaults::{last_two_axes, one_each};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stencil::{self, Kind};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Laplacian>("Laplacian");

/// Weighted sum of second derivatives along any number of axes.
///
/// ```text
/// y = sum_k w_k d^2 x / d axis_k^2
/// ```
/// Each derivative is a `SecondDerivative` with the same `kind` and `edge`. PyLops:
/// `Laplacian`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Laplacian {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Axes to differentiate along; negative ones count from the end.
    #[serde(default = "last_two_axes")]
    axes: Vec<isize>,
    /// Weight w of each derivative; one number for all axes.
    #[serde(default = "one_each")]
    weights: OneOrMany<f64>,
    /// Sampling step of each axis, in its units; one number for all axes.
    #[serde(default = "one_each")]
    sampling: OneOrMany<f64>,
    /// Computes differences at the edges too; `centered` only.
    #[serde(default)]
    edge: bool,
    /// `centered`, `forward` or `backward`.
    #[serde(default)]
    kind: Kind,
}

impl Parameters for Laplacian {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axes = at.some_axes("axes", &self.axes, &dims)?;
        let weights = at.per_axis("weights", &self.weights, axes.len())?;
        let sampling = at.per_axis("sampling", &self.sampling, axes.len())?;
        let mut terms = Vec::new();
        for ((axis, weight), h) in axes.into_iter().zip(weights).zip(sampling) {
            at.step("sampling", h)?;
            terms.push((axis, stencil::second(dims[axis], h, self.kind, self.edge).scaled(weight)));
        }
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, terms }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    terms: Vec<(usize, Banded)>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let terms: graph::Result<Vec<Value>> =
            self.terms.iter().map(|(axis, rows)| x.stencil(*axis, rows.clone())).collect();
        Value::sum_of(&terms?)
    }
}
