//! Identity, also between models and data of different lengths.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Identity>("Identity");

/// The identity; truncates or pads with zeros if model and data differ in length.
///
/// ```text
/// y_i = x_i,   0 beyond the model
/// ```
/// The data has dims `N`, the model `M`: shorter data keeps the first samples of each axis, longer
/// data ends in zeros. `N` cannot be longer on one axis and shorter on another. PyLops: `Identity`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Identity {
    /// Length of each axis of the data; one number for a single axis.
    #[serde(rename = "N")]
    n: OneOrMany<usize>,
    /// Length of each axis of the model; `N` by default.
    #[serde(rename = "M")]
    m: Option<OneOrMany<usize>>,
}

/// Dims of data and model.
pub(super) fn both_dims(
    n: &OneOrMany<usize>,
    m: &Option<OneOrMany<usize>>,
    at: &mut Checker<'_>,
) -> Option<(Vec<usize>, Vec<usize>)> {
    let data = at.dims("N", n)?;
    let model = match m {
        Some(m) => at.dims("M", m)?,
        None => data.clone(),
    };
    Some((data, model))
}

impl Parameters for Identity {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let (data, model) = both_dims(&self.n, &self.m, at)?;
        let label = format!(
            "expected as many axes as `N` = {}, found {}",
            show_dims(&data),
            show_dims(&model)
        );
        at.require(data.len() == model.len(), "M", label)?;
        let longer = data.iter().zip(&model).any(|(n, m)| n > m);
        let shorter = data.iter().zip(&model).any(|(n, m)| n < m);
        let label = format!(
            "`N` = {} is longer than {} on one axis and shorter on another",
            show_dims(&data),
            show_dims(&model)
        );
        at.require(!(longer && shorter), "M", label)?;
        Some(Arc::new(Built { data, model: ArrayType { dims: model, dtype } }))
    }
}

#[derive(Debug)]
struct Built {
    data: Vec<usize>,
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let lengths = self.data.iter().zip(&self.model.dims).enumerate();
        lengths.into_iter().try_fold(x.clone(), |y, (axis, (&n, &m))| {
            if n < m { y.take(axis, n) } else { y.pad(axis, 0, n - m) }
        })
    }

    fn forward_columns(&self, x: &Value) -> graph::Result<Value> {
        let dims = [self.model.dims.as_slice(), &x.dims()[1..]].concat();
        let y = self.forward(&x.reshape(&dims)?)?;
        y.reshape(&[self.data.iter().product(), x.dims()[1]])
    }
}
