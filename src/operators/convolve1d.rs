//! Convolution along an axis.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::convolution::{self, convolve};
use crate::operators::defaults::minus_one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Convolve1D>("Convolve1D");

/// Convolution with a filter along an axis; samples outside the axis are zero.
///
/// ```text
/// y_i = sum_k h_k x_{i-k+offset}
/// ```
/// If the filter is no longer than the axis, the data has the model's dims. Otherwise the data is
/// as long as the filter along the axis, as when the model is a wavelet and `h` a reflectivity. A
/// complex filter makes the operator complex. PyLops: `Convolve1D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Convolve1D {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Filter h, of one axis; or one filter for each lane, with the model's dims except along `axis`.
    h: ArrayParam,
    /// Index of the filter's sample at zero lag.
    #[serde(default)]
    offset: usize,
    /// Axis to filter along; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
    /// `direct`, `fft` or `overlapadd`; by default the fastest.
    method: Option<Algorithm>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum Algorithm {
    Direct,
    Fft,
    OverlapAdd,
}

impl Parameters for Convolve1D {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        let h = at.coefficients("h", &self.h, dtype, scope)?;
        let hdims = h.ty().dims.clone();
        let one_axis = hdims.len() == 1;
        let fits = one_axis
            || hdims.len() == dims.len()
                && (0..dims.len()).all(|a| a == axis || hdims[a] == dims[a] || hdims[a] == 1);
        let label = format!(
            "expected one axis, or dims {} with any length along axis {axis}, found {}",
            show_dims(&dims),
            show_dims(&hdims)
        );
        at.require(fits && !hdims.contains(&0), "h", label)?;
        let (n, taps) = (dims[axis], if one_axis { hdims[0] } else { hdims[axis] });
        let limit = taps.min(n);
        let label = format!("expected an index below {limit}, the shorter of filter and axis");
        at.require(self.offset < limit, "offset", label)?;
        let method = match self.method {
            None => convolution::Algorithm::of(&h),
            Some(Algorithm::Direct) => convolution::Algorithm::Direct,
            Some(Algorithm::Fft | Algorithm::OverlapAdd) => convolution::Algorithm::Fft,
        };
        let direct = method == convolution::Algorithm::Direct;
        let label = "a filter with more than one axis needs `fft`";
        at.require(one_axis || !direct, "method", label)?;
        let mut dimsd = dims.clone();
        dimsd[axis] = n.max(taps);
        at.fits("h", dimsd)?;
        let model = ArrayType { dims, dtype: h.ty().dtype };
        Some(Arc::new(Built { h, model, axis, len: n.max(taps), offset: self.offset, method }))
    }
}

#[derive(Debug)]
struct Built {
    h: Array,
    model: ArrayType,
    axis: usize,
    /// Length of the data along the axis.
    len: usize,
    offset: usize,
    method: convolution::Algorithm,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let x = x.pad(self.axis, 0, self.len - self.model.dims[self.axis])?;
        convolve(&x, &[self.axis], &self.h, &[self.offset], self.method)
    }
}
