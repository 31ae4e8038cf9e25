//! Product with a matrix.

mod sparse;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::matrix_mult::sparse::Told;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::{C128, DType};
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, Diagnostic, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<MatrixMult>("MatrixMult");

/// Product with a matrix.
///
/// ```text
/// y_i.. = sum_j A_ij x_j..
/// ```
/// Matrix `(N, M)`, model `(M, *otherdims)`, data `(N, *otherdims)`. By default `dtype` is that of
/// the matrix. A sparse matrix is a .npz file of SciPy's `save_npz`, named like any array, or three arrays: values in
/// `A`, `indices` and `indptr`, with its `shape`; no dense one is made of it. PyLops: `MatrixMult`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct MatrixMult {
    /// Matrix, `(N, M)`; or a sparse one, or the values of its entries.
    #[serde(rename = "A")]
    a: ArrayParam,
    /// Dims of the model after the first axis; the matrix is applied to every column.
    otherdims: Option<OneOrMany<usize>>,
    /// Of a sparse matrix, columns of the entries, or rows with `format = "csc"`, from 0.
    indices: Option<ArrayParam>,
    /// Of a sparse matrix, the number of entries before each row, or column, and of all.
    indptr: Option<ArrayParam>,
    /// Of a sparse matrix, rows and columns, `[N, M]`.
    shape: Option<Vec<usize>>,
    /// Of a sparse matrix, the order of the entries: row after row, `csr`, or column after column, `csc`.
    #[serde(default)]
    format: Format,
}

/// The order of entries.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// Row after row.
    #[default]
    Csr,
    /// Column after column.
    Csc,
}

impl Parameters for MatrixMult {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        if let Some(told) = self.sparse(dtype, scope, at)? {
            return told.build(at);
        }
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

impl MatrixMult {
    /// What the table or a file tells of a sparse matrix; the inner `None` is a dense one.
    #[allow(clippy::option_option, reason = "no answer where mistakes were reported")]
    fn sparse(
        &self,
        dtype: DType,
        scope: &mut dyn Scope,
        at: &mut Checker<'_>,
    ) -> Option<Option<Told>> {
        let keys = [
            ("indices", self.indices.is_some()),
            ("indptr", self.indptr.is_some()),
            ("shape", self.shape.is_some()),
        ];
        if keys.iter().any(|(_, given)| *given) {
            for (key, given) in keys {
                at.require(given, key, format!("a sparse matrix needs `{key}`, too"))?;
            }
            let (Some(indices), Some(indptr), Some(shape)) =
                (&self.indices, &self.indptr, &self.shape)
            else {
                return None;
            };
            return Some(Some(Told {
                values: at.kernel("A", &self.a, dtype, scope)?,
                indices: ("indices", at.array("indices", indices, DType::Float64, scope)?),
                indptr: ("indptr", at.array("indptr", indptr, DType::Float64, scope)?),
                shape: ("shape", shape.clone()),
                by_column: self.format == Format::Csc,
                other: at.other_dims("otherdims", &self.otherdims)?,
            }));
        }
        let Some(name) = self.a.name() else { return Some(None) };
        let file = match scope.sparse(name) {
            Ok(Some(file)) => file,
            Ok(None) => return Some(None),
            Err(error) => {
                at.require(false, "A", error.to_string())?;
                return None;
            }
        };
        let values = at.kernel("A", &self.a, dtype, scope)?;
        let shape = match file.shape.read::<C128>() {
            Ok(shape) => shape.iter().map(|n| n.re as usize).collect(),
            Err(error) => {
                at.require(false, "A", error.to_string())?;
                return None;
            }
        };
        let by_column = file.format == "csc";
        let Some([indices, indptr]) = file.entries.filter(|_| by_column || file.format == "csr")
        else {
            let label = format!(
                "the file holds a sparse matrix of format {}, expected csr or csc",
                file.format
            );
            let message = "`A` of MatrixMult does not fit";
            let help = "save it in Python with `scipy.sparse.save_npz(file, matrix.tocsr())`";
            at.diagnostics.push(Diagnostic::new(at.span("A"), message, label).help(help));
            return None;
        };
        let other = at.other_dims("otherdims", &self.otherdims)?;
        let (indices, indptr, shape) = (("A", indices), ("A", indptr), ("A", shape));
        Some(Some(Told { values, indices, indptr, shape, by_column, other }))
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
