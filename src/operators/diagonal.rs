//! Product with a diagonal matrix.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::defaults::minus_one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Diagonal>("Diagonal");

/// Product with a diagonal matrix, element by element.
///
/// ```text
/// y_i = d_i x_i
/// ```
/// Without `dims`, model and data have the dims of `diag`. With `dims`, `diag` has one value for
/// each sample of an axis. A complex `diag` makes the operator complex. PyLops: `Diagonal`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Diagonal {
    /// The diagonal d, an array or a list: of the model's dims, or of one axis of `dims`.
    diag: ArrayParam,
    /// Dims of the model and the data; those of `diag` if not given.
    dims: Option<OneOrMany<usize>>,
    /// Axis of `diag`, if `dims` is given.
    #[serde(default = "minus_one")]
    axis: isize,
}

impl Parameters for Diagonal {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let diag = at.coefficients("diag", &self.diag, dtype, scope)?;
        let found = diag.ty().clone();
        let Some(dims) = &self.dims else {
            at.fits("diag", found.dims.clone())?;
            return Some(Arc::new(Built { diag, model: found }));
        };
        let dims = at.dims("dims", dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        let n = dims[axis];
        let label = format!(
            "expected {n} values, one for each sample of axis {axis} of {}, found {}",
            show_dims(&dims),
            found.len()
        );
        at.require(found.len() == n, "diag", label)?;
        let mut along = vec![1; dims.len()];
        along[axis] = n;
        let diag = at.reshaped("diag", diag, &along)?;
        Some(Arc::new(Built { diag, model: ArrayType { dims, dtype: found.dtype } }))
    }
}

#[derive(Debug)]
struct Built {
    /// The diagonal, with dims that broadcast over the model.
    diag: Array,
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.multiply(&x.constant(&self.diag))
    }
}
