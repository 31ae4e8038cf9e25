//! Some samples of an axis.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::defaults::minus_one;
use crate::operators::entry::{Entry, Parameters, Place};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Restriction>("Restriction");

/// Some samples of an axis, in any order.
///
/// ```text
/// y_i = x_{iava_i}
/// ```
/// Data of as many samples along the axis as `iava` has. Indices may be repeated; the adjoint then
/// adds the samples. An array of indices is read before the run, since dims depend on it. PyLops:
/// `Restriction`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Restriction {
    /// Dims of the model.
    dims: OneOrMany<usize>,
    /// Indices of the samples; negative ones count from the end.
    iava: ArrayParam,
    /// Axis of which samples are taken.
    #[serde(default = "minus_one")]
    axis: isize,
}

impl Parameters for Restriction {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Place<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        let indices = indices("iava", &self.iava, dims[axis], scope, at)?;
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, axis, indices }))
    }
}

/// Reads indices of an axis of length `n`; negative ones count from the end.
fn indices(
    key: &str,
    param: &ArrayParam,
    n: usize,
    scope: &mut dyn Scope,
    at: &mut Place<'_>,
) -> Option<Arc<[usize]>> {
    let array = at.array(key, param, DType::Float64, scope)?;
    let dims = &array.ty().dims;
    let label = format!("expected a list of indices, found dims {}", show_dims(dims));
    at.require(dims.len() == 1 && dims[0] > 0, key, label)?;
    let values = match array.read::<f64>() {
        Ok(values) => values,
        Err(error) => {
            at.wrong(key, format!("`{key}` holds no indices"), error.to_string());
            return None;
        }
    };
    let mut indices = Vec::with_capacity(values.len());
    for (k, &value) in values.iter().enumerate() {
        let index = if value < 0.0 { value + n as f64 } else { value };
        let label = format!(
            "entry {k} is {value}, expected a whole number from -{n} to {}",
            n as isize - 1
        );
        at.require(index.fract() == 0.0 && (0.0..n as f64).contains(&index), key, label)?;
        indices.push(index as usize);
    }
    Some(indices.into())
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
