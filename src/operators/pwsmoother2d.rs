//! Smoothing along slopes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::pwsprayer2d::{eight, nine_tenths, sprayer};
use crate::operators::{Adjoint, Op, Product, Scope};
use crate::scalar::DType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<PwSmoother2d>("PWSmoother2D");

/// Smoothing along slopes: every sample is sprayed along the slopes, and what was sprayed is collected.
///
/// ```text
/// y = S^H S m,   S = PWSprayer2D
/// ```
/// Self-adjoint. Model and data have dims `(nz, nx)`. PyLops: `PWSmoother2D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct PwSmoother2d {
    /// Dims `(nz, nx)` of the model and the data.
    dims: Vec<usize>,
    /// Slopes `(nz, nx)`, in rows per column.
    sigma: ArrayParam,
    /// Number of columns on either side that a sample is sprayed over.
    #[serde(default = "eight")]
    radius: usize,
    /// Factor of each step, usually between 0 and 1.
    #[serde(default = "nine_tenths")]
    alpha: f64,
}

impl Parameters for PwSmoother2d {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let spray = sprayer(self.dims, &self.sigma, self.radius, self.alpha, dtype, scope, at)?;
        let collect = at.built("dims", Adjoint::new(spray.clone()).map(|op| Arc::new(op) as Op))?;
        Some(Arc::new(Product(collect, spray)))
    }
}
