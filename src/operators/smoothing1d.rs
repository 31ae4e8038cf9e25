//! Running mean along an axis.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::convolution::{Algorithm, convolve};
use crate::operators::defaults::minus_one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::{C128, DType};
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Smoothing1D>("Smoothing1D");

/// Running mean along an axis.
///
/// ```text
/// y_i = 1/n sum_{|k| <= (n-1)/2} x_{i+k},   n = nsmooth
/// ```
/// Samples outside the axis are zero, and the mean is not renormalised at the edges: five ones
/// smoothed over 5 begin with 0.6. PyLops: `Smoothing1D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Smoothing1D {
    /// Length of the mean; an even length is increased by one.
    nsmooth: usize,
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Axis to smooth along; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
}

impl Parameters for Smoothing1D {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        let mean = mean(self.nsmooth, dtype, at)?;
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, means: vec![(axis, mean)] }))
    }
}

/// The filter of a mean over at least `n` samples.
pub(super) fn mean(n: usize, dtype: DType, at: &mut Checker<'_>) -> Option<Array> {
    let n = at.count("nsmooth", n)?;
    at.require(n <= 1 << 24, "nsmooth", "expected at most 16777216 samples")?;
    let n = n + 1 - n % 2;
    let values = vec![C128::new(1.0 / n as f64, 0.0); n];
    match Array::values([n], values, dtype.real()) {
        Ok(array) => Some(array.named(format!("mean of {n}"))),
        Err(error) => {
            at.require(false, "nsmooth", error.to_string())?;
            None
        }
    }
}

#[derive(Debug)]
pub(super) struct Built {
    /// Model and data.
    pub(super) model: ArrayType,
    /// Axes and the filters along them.
    pub(super) means: Vec<(usize, Array)>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        self.means.iter().try_fold(x.clone(), |y, (axis, mean)| {
            convolve(&y, &[*axis], mean, &[mean.ty().len() / 2], Algorithm::of(mean))
        })
    }
}
