//! Samples sprayed along slopes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<PwSprayer2d>("PWSprayer2D");

/// Every sample sprayed over the columns beside it, along the slopes of its row.
///
/// ```text
/// y_{z_k, x+k} += alpha^k m_{z,x},   z_k = z + s_{z,x} + ... + s_{z,x+k-1},    k = 0 .. radius
/// y_{z_k, x-k} += alpha^k m_{z,x},   z_k = z - s_{z,x-1} - ... - s_{z,x-k},    k = 1 .. radius
/// ```
/// with s = sigma, and linear interpolation between rows; what would leave the rows stays on the first or
/// last. Model and data have dims `(nz, nx)`. The adjoint collects what was sprayed. PyLops: `PWSprayer2D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct PwSprayer2d {
    /// Dims `(nz, nx)` of the model and the data.
    dims: Vec<usize>,
    /// Slopes `(nz, nx)`, in rows per column.
    sigma: ArrayParam,
    /// Number of columns on either side.
    #[serde(default = "eight")]
    radius: usize,
    /// Factor of each step, usually between 0 and 1.
    #[serde(default = "nine_tenths")]
    alpha: f64,
}

pub(super) fn eight() -> usize {
    8
}

pub(super) fn nine_tenths() -> f64 {
    0.9
}

impl Parameters for PwSprayer2d {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        sprayer(self.dims, &self.sigma, self.radius, self.alpha, dtype, scope, at)
    }
}

/// Builds the operator.
pub(super) fn sprayer(
    dims: Vec<usize>,
    sigma: &ArrayParam,
    radius: usize,
    alpha: f64,
    dtype: DType,
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<Op> {
    let dims = at.fits("dims", dims)?;
    let label = format!("expected two axes (nz, nx), found {}", show_dims(&dims));
    at.require(dims.len() == 2, "dims", label)?;
    at.require(alpha.is_finite(), "alpha", "expected a finite factor")?;
    let sigma = at.array_as("sigma", sigma, DType::Float64, scope)?;
    let found = &sigma.ty().dims;
    let label = format!("expected dims {}, found {}", show_dims(&dims), show_dims(found));
    at.require(*found == dims, "sigma", label)?;
    Some(Arc::new(Built { model: ArrayType { dims, dtype }, sigma, radius, alpha }))
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    sigma: Array,
    radius: usize,
    alpha: f64,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.spray(&x.constant(&self.sigma), self.radius, self.alpha)
    }
}
