//! Some samples of an axis.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::defaults::minus_one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Restriction>("Restriction");

/// Selection of samples along an axis, in any order.
///
/// ```text
/// y_i = x_{iava_i}
/// ```
/// The data has one sample along the axis for each entry of `iava`. The adjoint adds the samples of
/// repeated indices. An array of indices is read before the run, because dims depend on it. PyLops:
/// `Restriction`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Restriction {
    /// Length of each axis of the model. Along `axis` the data have one sample for each index.
    dims: OneOrMany<usize>,
    /// Indices of the samples; negative ones count from the end. Booleans are a mask of the axis.
    iava: ArrayParam,
    /// Axis to select samples from; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
}

impl Parameters for Restriction {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        let indices = at.indices("iava", &self.iava, dims[axis], scope)?.into();
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, axis, indices }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    axis: usize,
    indices: Arc<[usize]>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.gather(self.axis, self.indices.clone())
    }
}
