//! Product with a dense matrix.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<MatrixMult>("MatrixMult");

/// Product with a dense matrix.
///
/// ```text
/// y_i.. = sum_j A_ij x_j..
/// ```
/// Matrix `(N, M)`, model `(M, *otherdims)`, data `(N, *otherdims)`. By default `dtype` is that of
/// the matrix. PyLops: `MatrixMult`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct MatrixMult {
    /// Matrix, `(N, M)`.
    #[serde(rename = "A")]
    a: ArrayParam,
    /// Dims of the model after the first axis; the matrix is applied to every column.
    otherdims: Option<OneOrMany<usize>>,
}

impl Parameters for MatrixMult {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let a = at.kernel("A", &self.a, dtype, scope)?;
        let ArrayType { dims, dtype } = a.ty().clone();
        let label = format!("expected a matrix (N, M), found {}", show_dims(&dims));
        at.require(dims.len() == 2 && !dims.contains(&0), "A", label)?;
        let other = at.other_dims("otherdims", &self.otherdims)?;
        let kernel = at.reshaped("A", a, &[1, dims[0], dims[1]])?;
        at.fits("otherdims", [&[dims[0]], other.as_slice()].concat())?;
        let model = at.fits("otherdims", [&[dims[1]], other.as_slice()].concat())?;
        let model = ArrayType::new(model, dtype);
        Some(Arc::new(Built { kernel, model, rows: dims[0] }))
    }
}

#[derive(Debug)]
struct Built {
    kernel: Array,
    model: ArrayType,
    rows: usize,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let (columns, other) = (self.model.dims[0], &self.model.dims[1..]);
        let y =
            x.reshape(&[1, columns, other.iter().product()])?.matmul(&x.constant(&self.kernel))?;
        y.reshape(&[&[self.rows], other].concat())
    }

    fn forward_columns(&self, x: &Value) -> graph::Result<Value> {
        let other: usize = self.model.dims[1..].iter().product();
        let (columns, n) = (self.model.dims[0], x.dims()[1]);
        let y = x.reshape(&[1, columns, other * n])?.matmul(&x.constant(&self.kernel))?;
        y.reshape(&[self.rows * other, n])
    }

    fn is_explicit(&self) -> bool {
        self.model.dims.len() == 1
    }
}
