//! Second derivative along a direction, or along one for each sample.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::one_each;
use crate::operators::directional::Settings;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stencil::Kind;
use crate::operators::{Adjoint, Op, Product, Scaled, Scope};
use crate::scalar::DType;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<SecondDirectionalDerivative>("SecondDirectionalDerivative");

/// Second derivative along a direction, or along one for each sample.
///
/// ```text
/// y = -D^H D x,   D = FirstDirectionalDerivative
/// ```
/// Self-adjoint. Model and data have the same dims. PyLops: `SecondDirectionalDerivative`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct SecondDirectionalDerivative {
    /// Dims of the model and the data.
    dims: OneOrMany<usize>,
    /// One direction, with a component for each axis, or an array `(ndim, *dims)` of directions.
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

impl Parameters for SecondDirectionalDerivative {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let SecondDirectionalDerivative { dims, v, sampling, edge, kind } = &self;
        let settings = Settings { dims, v, sampling, edge: *edge, kind: *kind };
        let first = settings.first(dtype, scope, at)?;
        let adjoint = at.built("dims", Adjoint::new(first.clone()).map(|op| Arc::new(op) as Op))?;
        Some(Arc::new(Scaled((-1.0).into(), Arc::new(Product(adjoint, first)))))
    }
}
