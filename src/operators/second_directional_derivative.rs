//! Second derivative along a direction.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::algebra::{Adjoint, Product, Scaled};
use crate::operators::defaults::one_each;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::first_directional_derivative::directional;
use crate::operators::stencil::Kind;
use crate::operators::{Op, Scope};
use crate::scalar::{C128, DType};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry =
    Entry::of::<SecondDirectionalDerivative>("SecondDirectionalDerivative");

/// Second derivative along a direction, the same everywhere or one for each sample.
///
/// ```text
/// y = -D^H D x,   D x = sum_k v_k d x / d axis_k
/// ```
/// with the `FirstDirectionalDerivative` D of the same parameters, so it is self-adjoint. Model and data
/// have dims `dims`. PyLops: `SecondDirectionalDerivative`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct SecondDirectionalDerivative {
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

impl Parameters for SecondDirectionalDerivative {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let SecondDirectionalDerivative { dims, v, sampling, edge, kind } = self;
        let first = directional(&dims, &v, &sampling, (kind, edge), dtype, scope, at)?;
        let adjoint = Adjoint::new(first.clone()).map(|adjoint| Arc::new(adjoint) as Op);
        let product = Product(at.built("dims", adjoint)?, first);
        Some(Arc::new(Scaled(C128::new(-1.0, 0.0), Arc::new(product))))
    }
}
