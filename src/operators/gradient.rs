//! First derivatives along all axes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Banded, Value};
use crate::operators::defaults::one_each;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stencil::{self, Kind};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Gradient>("Gradient");

/// First derivatives along all axes, stacked.
///
/// ```text
/// y_k = d x / d axis_k,   k = 0 .. ndim-1
/// ```
/// The model has dims `dims`, the data `(ndim, *dims)`. Each derivative is a `FirstDerivative` of
/// order 3 with the same `kind` and `edge`. PyLops: `Gradient`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Gradient {
    /// Length of each axis of the model. The data have a leading axis more, one derivative for each axis.
    dims: OneOrMany<usize>,
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

impl Parameters for Gradient {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let sampling = at.per_axis("sampling", &self.sampling, dims.len())?;
        let mut rows = Vec::new();
        for (&n, h) in dims.iter().zip(sampling) {
            at.step("sampling", h)?;
            rows.push(stencil::first(n, h, self.kind, self.edge, 3));
        }
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, rows }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    /// One derivative per axis.
    rows: Vec<Banded>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let dims = [&[1], x.dims()].concat();
        let parts: graph::Result<Vec<Value>> = (self.rows.iter().enumerate())
            .map(|(axis, rows)| x.stencil(axis, rows.clone())?.reshape(&dims))
            .collect();
        Value::concatenate(&parts?, 0)
    }
}
