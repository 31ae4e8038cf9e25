//! A line at given positions.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::regression::polynomial;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<LinearRegression>("LinearRegression");

/// A line, given by intercept and slope, at some positions.
///
/// ```text
/// y_i = x_0 + x_1 t_i
/// ```
/// Model `(2,)`, data `(nt,)`. It is a `Regression` of order 1. PyLops: `LinearRegression`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct LinearRegression {
    /// Positions t, real.
    taxis: ArrayParam,
}

impl Parameters for LinearRegression {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        polynomial(&self.taxis, 1, dtype, scope, at)
    }
}
