//! Bilinear interpolation over the first two axes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Sparse, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::interpolation::Between;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<Bilinear>("Bilinear");

/// Bilinear interpolation at points of the plane of the first two axes.
///
/// ```text
/// y = (1-s)(1-t) x_{i,j} + (1-s) t x_{i,j+1} + s (1-t) x_{i+1,j} + s t x_{i+1,j+1}      at (i + s, j + t)
/// ```
/// Model `(n0, n1, ...)`, data `(points, ...)`. Points may be repeated; those beyond the last samples are moved
/// to them. PyLops: `Bilinear`, whose points may not lie on the last samples.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Bilinear {
    /// Points `(2, points)`: positions along the first axis, and along the second, in samples from 0.
    iava: ArrayParam,
    /// Dims of the model, two or more of at least 2 samples.
    dims: Vec<usize>,
}

impl Parameters for Bilinear {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.fits("dims", self.dims)?;
        let label = format!("expected two axes or more, found dims {}", show_dims(&dims));
        at.require(dims.len() > 1, "dims", label)?;
        let (n0, n1) = (dims[0], dims[1]);
        at.two_samples(n0.min(n1))?;
        let (found, mut first) = at.reals("iava", &self.iava, scope)?;
        let label = format!("expected points (2, N), found dims {}", show_dims(&found));
        at.require(found.len() == 2 && found[0] == 2 && found[1] > 0, "iava", label)?;
        let second = first.split_off(found[1]);
        let first = at.on_axis("iava", first, n0)?;
        let second = at.on_axis("iava", second, n1)?;
        let rows = first.iter().zip(&second).map(|(&p, &q)| {
            let (p, q) = (Between::at(p, n0).linear(), Between::at(q, n1).linear());
            let of =
                |&(i, u): &(usize, f64)| q.iter().map(move |&(j, v)| (i * n1 + j, u * v)).collect();
            p.iter().flat_map(|part| -> Vec<_> { of(part) }).collect()
        });
        let matrix = Arc::new(Sparse::from_rows(n0 * n1, rows));
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, matrix }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    matrix: Arc<Sparse>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let rest = &self.model.dims[2..];
        x.reshape(&[&[self.matrix.columns()], rest].concat())?.sparse_rows(0, self.matrix.clone())
    }
}
