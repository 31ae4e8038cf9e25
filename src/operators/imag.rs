//! Imaginary part.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Imag>("Imag");

/// Imaginary part.
///
/// ```text
/// y = Im x
/// ```
/// The data is real. By default the model is complex. PyLops: `Imag`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Imag {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
}

impl Parameters for Imag {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let model = ArrayType { dims, dtype: at.complex_dtype(dtype) };
        Some(Arc::new(Built { model }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        Ok(x.imag())
    }
}
