//! First derivative along a direction, or along one for each sample.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::one_each;
use crate::operators::directional::Settings;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stencil::Kind;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<FirstDirectionalDerivative>("FirstDirectionalDerivative");

/// First derivative along a direction, or along one for each sample.
///
/// ```text
/// y = sum_k v_k d x / d axis_k
/// ```
/// Each derivative is a `FirstDerivative` of order 3 with the same `kind` and `edge`. Model and data have the same
/// dims. PyLops: `FirstDirectionalDerivative`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct FirstDirectionalDerivative {
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

impl Parameters for FirstDirectionalDerivative {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let FirstDirectionalDerivative { dims, v, sampling, edge, kind } = &self;
        let settings = Settings { dims, v, sampling, edge: *edge, kind: *kind };
        settings.first(dtype, scope, at)
    }
}
