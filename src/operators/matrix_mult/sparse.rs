//! Products with sparse matrices: entries row after row, or column after column.

use std::sync::Arc;

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::entry::Checker;
use crate::operators::{Op, Operator};
use crate::scalar::{C128, DType};
use crate::space::{ArrayType, show_dims};

/// What is told of a sparse matrix, each with the key that tells it.
pub(super) struct Told {
    /// Values of the entries.
    pub(super) values: Array,
    /// Columns of the entries, or rows.
    pub(super) indices: (&'static str, Array),
    /// Where rows, or columns, start.
    pub(super) indptr: (&'static str, Array),
    /// Rows and columns.
    pub(super) shape: (&'static str, Vec<usize>),
    /// Whether the entries stand column after column.
    pub(super) by_column: bool,
    /// Dims of the model after the first axis.
    pub(super) other: Vec<usize>,
}

impl Told {
    pub(super) fn build(self, at: &mut Checker<'_>) -> Option<Op> {
        let (key, shape) = self.shape;
        let label = format!("expected two numbers (N, M), found {}", show_dims(&shape));
        at.require(shape.len() == 2, key, label)?;
        let shape = at.fits(key, shape)?;
        let (major, minor) =
            if self.by_column { (shape[1], shape[0]) } else { (shape[0], shape[1]) };
        let ArrayType { dims, dtype } = self.values.ty().clone();
        let label = format!("expected a list of values, found dims {}", show_dims(&dims));
        at.require(dims.len() == 1, "A", label)?;
        let (key, indices) = self.indices;
        let label = format!("expected {} whole numbers, one for each value", dims[0]);
        let fits = indices.ty().dims == dims && indices.can_index();
        at.require(fits, key, label)?;
        let indices = at.as_type(key, indices.exact(), DType::Float64)?;
        let (key, indptr) = self.indptr;
        let starts = starts(key, indptr, major, dims[0], at)?;
        at.fits("otherdims", [&[shape[0]], self.other.as_slice()].concat())?;
        let model = at.fits("otherdims", [&[shape[1]], self.other.as_slice()].concat())?;
        Some(Arc::new(Built {
            model: ArrayType::new(model, dtype),
            rows: shape[0],
            starts,
            minor,
            by_column: self.by_column,
            values: self.values,
            indices,
        }))
    }
}

/// Where each of so many rows starts among the entries, and the last one ends.
fn starts(
    key: &str,
    indptr: Array,
    rows: usize,
    entries: usize,
    at: &mut Checker<'_>,
) -> Option<Arc<[usize]>> {
    let label =
        format!("expected {} whole numbers: where each of {rows} starts, and the end", rows + 1);
    let fits = indptr.can_index() && indptr.ty().dims == [rows + 1];
    at.require(fits, key, label)?;
    let indptr = indptr.exact();
    let found = match indptr.read::<C128>() {
        Ok(found) => found,
        Err(error) => {
            at.require(false, key, error.to_string())?;
            return None;
        }
    };
    let whole = |value: &C128| value.im == 0.0 && value.re.fract() == 0.0 && value.re >= 0.0;
    let mut starts = Vec::with_capacity(rows + 1);
    for value in &found {
        let last = starts.last().copied().unwrap_or(0);
        let next = value.re as usize;
        let label = format!(
            "expected numbers that rise from 0 to {entries}, found {value}",
            value = value.re
        );
        at.require(whole(value) && next >= last && next <= entries, key, label)?;
        starts.push(next);
    }
    let label = format!("expected numbers that rise from 0 to the number of values, {entries}");
    at.require((starts.first(), starts.last()) == (Some(&0), Some(&entries)), key, label)?;
    Some(starts.into())
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    rows: usize,
    starts: Arc<[usize]>,
    /// Columns, or rows if entries stand column after column.
    minor: usize,
    by_column: bool,
    values: Array,
    indices: Array,
}

impl Built {
    /// The product with a matrix of columns.
    fn product(&self, x: &Value) -> graph::Result<Value> {
        let entries = [&x.constant(&self.values), &x.constant(&self.indices)];
        x.sparse_matmul(self.starts.clone(), self.minor, entries, self.by_column)
    }
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let (columns, other) = (self.model.dims[0], &self.model.dims[1..]);
        let y = self.product(&x.reshape(&[columns, other.iter().product()])?)?;
        y.reshape(&[&[self.rows], other].concat())
    }

    fn forward_columns(&self, x: &Value) -> graph::Result<Value> {
        let other: usize = self.model.dims[1..].iter().product();
        let (columns, n) = (self.model.dims[0], x.dims()[1]);
        let y = self.product(&x.reshape(&[columns, other * n])?)?;
        y.reshape(&[self.rows * other, n])
    }
}
