//! Derivatives along directions, which two operators share.

use std::sync::Arc;

use crate::graph::{self, Banded, Value};
use crate::io::Array;
use crate::operators::entry::Checker;
use crate::operators::stencil::{self, Kind};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

/// The parameters of both.
pub(super) struct Settings<'a> {
    /// Dims of the model.
    pub(super) dims: &'a OneOrMany<usize>,
    /// Directions.
    pub(super) v: &'a ArrayParam,
    /// Sampling steps.
    pub(super) sampling: &'a OneOrMany<f64>,
    /// Differences at the edges too.
    pub(super) edge: bool,
    /// Which differences.
    pub(super) kind: Kind,
}

impl Settings<'_> {
    /// `y = sum_k v_k d x / d axis_k`
    pub(super) fn first(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", self.dims)?;
        let steps = at.per_axis("sampling", self.sampling, dims.len())?;
        for &step in &steps {
            at.step("sampling", step)?;
        }
        let v = at.array_as("v", self.v, dtype, scope)?;
        let found = &v.ty().dims;
        let each = [&[dims.len()], &*dims].concat();
        let label = format!(
            "expected {} numbers, or an array of dims {}, found dims {}",
            dims.len(),
            show_dims(&each),
            show_dims(found)
        );
        at.require([dims.len()] == **found || each == *found, "v", label)?;
        let ones = vec![1; dims.len()];
        let v = match each == *found {
            true => v,
            false => at.reshaped("v", v, &[&[dims.len()], &*ones].concat())?,
        };
        let derivative = |(&n, step): (&usize, f64)| stencil::first(n, step, self.kind, self.edge, 3);
        let rows = dims.iter().zip(steps).map(derivative).collect();
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, rows, v }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    /// One derivative an axis.
    rows: Vec<Banded>,
    /// Directions: broadcast over the model behind their first axis.
    v: Array,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let v = x.constant(&self.v);
        let parts: graph::Result<Vec<Value>> = (self.rows.iter().enumerate())
            .map(|(axis, rows)| {
                let along = v.slice(0, axis, 1, 1)?.reshape(&v.dims()[1..])?;
                x.stencil(axis, rows.clone())?.multiply(&along)
            })
            .collect();
        Value::sum_of(&parts?)
    }
}
