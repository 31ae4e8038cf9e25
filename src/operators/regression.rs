//! Polynomials at given positions.

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

pub(crate) const ENTRY: Entry = Entry::of::<Regression>("Regression");

/// A polynomial, given by its coefficients, at some positions.
///
/// ```text
/// y_i = sum_k x_k t_i^k,   k = 0 .. order
/// ```
/// Model `(order + 1,)`, data `(nt,)`. Powers are computed as they are needed. PyLops: `Regression`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Regression {
    /// Positions t, real.
    taxis: ArrayParam,
    /// Order of the polynomial.
    order: usize,
}

impl Parameters for Regression {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        polynomial(&self.taxis, self.order, dtype, scope, at)
    }
}

/// Most terms of a polynomial: each is a step of the plan.
const MOST: usize = 1000;

/// A polynomial of an order.
pub(super) fn polynomial(
    taxis: &ArrayParam,
    order: usize,
    dtype: DType,
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<Op> {
    let taxis = at.array_as("taxis", taxis, dtype.real(), scope)?;
    let found = &taxis.ty().dims;
    let label = format!("expected a list of positions, found dims {}", show_dims(found));
    at.require(found.len() == 1 && found[0] > 0, "taxis", label)?;
    at.require(order < MOST, "order", format!("expected an order below {MOST}"))?;
    Some(Arc::new(Built { taxis, model: ArrayType::new([order + 1], dtype) }))
}

#[derive(Debug)]
struct Built {
    taxis: Array,
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    /// `y = x_0 + t (x_1 + t (x_2 + ..))`
    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let t = x.constant(&self.taxis);
        let everywhere = |k: usize| x.slice(0, k, 1, 1)?.broadcast(0, t.dims()[0]);
        let order = x.dims()[0] - 1;
        let highest = everywhere(order)?;
        (0..order).rev().try_fold(highest, |y, k| y.multiply(&t)?.add(&everywhere(k)?))
    }
}
