//! Fredholm integral of the first kind.

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

pub(crate) const ENTRY: Entry = Entry::of::<Fredholm1>("Fredholm1");

/// Fredholm integral of the first kind: a matrix product for each slice.
///
/// ```text
/// y_k = G_k x_k,   k = 0 .. nsl-1
/// ```
/// Kernel `(nsl, nx, ny)`, model `(nsl, ny, nz)`, data `(nsl, nx, nz)`. By default `dtype` is that
/// of the kernel. PyLops: `Fredholm1`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Fredholm1 {
    /// Kernel, `(nsl, nx, ny)`.
    #[serde(rename = "G")]
    g: ArrayParam,
    /// Length of the last axis of model and data.
    #[serde(default = "one_column")]
    nz: usize,
}

fn one_column() -> usize {
    1
}

impl Parameters for Fredholm1 {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let kernel = at.kernel("G", &self.g, dtype, scope)?;
        let ArrayType { dims, dtype } = kernel.ty().clone();
        let label = format!("expected (nsl, nx, ny), found {}", show_dims(&dims));
        at.require(dims.len() == 3 && !dims.contains(&0), "G", label)?;
        let nz = at.count("nz", self.nz)?;
        at.fits("nz", vec![dims[0], dims[1], nz])?;
        let dims = at.fits("nz", vec![dims[0], dims[2], nz])?;
        Some(Arc::new(Built { kernel, model: ArrayType { dims, dtype } }))
    }
}

#[derive(Debug)]
struct Built {
    kernel: Array,
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.matmul(&x.constant(&self.kernel))
    }
}
