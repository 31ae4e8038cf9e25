//! First derivative along a direction.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Banded, Value};
use crate::io::Array;
use crate::operators::defaults::one_each;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stencil::{self, Kind};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry =
    Entry::of::<FirstDirectionalDerivative>("FirstDirectionalDerivative");

/// First derivative along a direction, the same everywhere or one for each sample.
///
/// ```text
/// y = D x = sum_k v_k d x / d axis_k
/// ```
/// Model and data have dims `dims`. Each derivative is a `FirstDerivative` of order 3 with the same
/// `kind` and `edge`. A complex `v` makes the operator complex. PyLops: `FirstDirectionalDerivative`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct FirstDirectionalDerivative {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Direction v: `(ndim,)`, or `(ndim, *dims)` for one at each sample.
    v: ArrayParam,
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

impl Parameters for FirstDirectionalDerivative {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let FirstDirectionalDerivative { dims, v, sampling, edge, kind } = self;
        directional(&dims, &v, &sampling, (kind, edge), dtype, scope, at)
    }
}

/// The derivative along a direction.
pub(super) fn directional(
    dims: &OneOrMany<usize>,
    v: &ArrayParam,
    sampling: &OneOrMany<f64>,
    (kind, edge): (Kind, bool),
    dtype: DType,
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<Op> {
    let dims = at.dims("dims", dims)?;
    let v = at.coefficients("v", v, dtype, scope)?;
    let (one, each) = (vec![dims.len()], [&[dims.len()], dims.as_slice()].concat());
    let (found, dtype) = (v.ty().dims.clone(), v.ty().dtype);
    let label = format!(
        "expected {} or {}, found {}",
        show_dims(&one),
        show_dims(&each),
        show_dims(&found)
    );
    at.require(found == one || found == each, "v", label)?;
    let mut rows = Vec::new();
    for (&n, h) in dims.iter().zip(at.per_axis("sampling", sampling, dims.len())?) {
        at.step("sampling", h)?;
        rows.push(stencil::first(n, h, kind, edge, 3));
    }
    Some(Arc::new(Built { model: ArrayType { dims, dtype }, rows, v }))
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    /// One derivative an axis.
    rows: Vec<Banded>,
    v: Array,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let v = x.constant(&self.v);
        let everywhere = vec![1; x.dims().len()];
        let dims = if v.dims().len() == 1 { &everywhere } else { x.dims() };
        let along = |(axis, rows): (usize, &Banded)| {
            let part = v.slice(0, axis, 1, 1)?.reshape(dims)?;
            x.stencil(axis, rows.clone())?.multiply(&part)
        };
        let parts: graph::Result<Vec<Value>> = self.rows.iter().enumerate().map(along).collect();
        Value::sum_of(&parts?)
    }
}
