//! Convolution along several axes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::convolution::{self, convolve};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<ConvolveND>("ConvolveND");

/// Convolution with a filter along several axes; samples outside the model are zero.
///
/// ```text
/// y_i = sum_k h_k x_{i-k+offset}          for indices along all filtered axes
/// ```
/// Model and data have the same dims. A complex filter makes the operator complex. PyLops:
/// `ConvolveND`, which mixes up the samples of a filter of fewer axes than the model if `axes` is not
/// ascending.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct ConvolveND {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Filter h, with one axis for each of `axes`, or for each axis of the model.
    h: ArrayParam,
    /// Index of the filter's sample at zero lag along each of its axes; by default the first.
    offset: Option<OneOrMany<usize>>,
    /// Axes to filter along, in the order of the filter's; by default the last two. A filter with as
    /// many axes as the model is along all of them.
    axes: Option<Vec<isize>>,
    /// `direct`, `fft` or `auto`, the faster of the two.
    #[serde(default)]
    method: Method,
}

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Method {
    /// The faster one.
    #[default]
    Auto,
    /// Sample by sample.
    Direct,
    /// By Fourier transforms.
    Fft,
}

impl Parameters for ConvolveND {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let filter = Filter { h: &self.h, offset: self.offset, axes: self.axes };
        filter.build(&self.dims, self.method, dtype, scope, at)
    }
}

/// A filter and the axes that it is along.
pub(super) struct Filter<'a> {
    pub(super) h: &'a ArrayParam,
    pub(super) offset: Option<OneOrMany<usize>>,
    pub(super) axes: Option<Vec<isize>>,
}

impl Filter<'_> {
    /// The convolution with it.
    pub(super) fn build(
        self,
        dims: &OneOrMany<usize>,
        method: Method,
        dtype: DType,
        scope: &mut dyn Scope,
        at: &mut Checker<'_>,
    ) -> Option<Op> {
        let dims = at.dims("dims", dims)?;
        let h = at.coefficients("h", self.h, dtype, scope)?;
        let found = h.ty().dims.clone();
        let mut axes: Vec<usize> = (0..dims.len()).collect();
        if let Some(given) = &self.axes {
            axes = at.some_axes("axes", given, &dims)?;
        } else if found.len() != dims.len() {
            axes.drain(..dims.len().saturating_sub(2));
        }
        if found.len() == dims.len() {
            axes = (0..dims.len()).collect();
        }
        let label = format!(
            "expected a filter of {} axes, one for each of `axes`, found {}",
            axes.len(),
            show_dims(&found)
        );
        at.require(found.len() == axes.len() && !found.contains(&0), "h", label)?;
        let offset = self.offset.map_or(vec![0; found.len()], |offset| offset.to_vec());
        let fits = offset.len() == found.len() && offset.iter().zip(&found).all(|(o, n)| o < n);
        let label = format!("expected an index of a sample of the filter {}", show_dims(&found));
        at.require(fits, "offset", label)?;
        let wide = axes.iter().zip(&found).map(|(&axis, &taps)| dims[axis].checked_add(2 * taps));
        let wide: Option<Vec<usize>> = wide.collect();
        at.fits("h", wide.unwrap_or_else(|| vec![usize::MAX; 2]))?;
        // The filter's axes in the order of the model's.
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&k| axes[k]);
        let sorted = |of: &[usize]| -> Vec<usize> { order.iter().map(|&k| of[k]).collect() };
        let (axes, offsets) = (sorted(&axes), sorted(&offset));
        let turned: Vec<isize> = order.iter().map(|&k| k as isize).collect();
        let h = match h.transpose(&turned) {
            Ok(h) => h,
            Err(error) => {
                at.require(false, "h", error.to_string())?;
                return None;
            }
        };
        let model = ArrayType { dims, dtype: h.ty().dtype };
        let method = match method {
            Method::Direct => convolution::Algorithm::Direct,
            Method::Fft => convolution::Algorithm::Fft,
            Method::Auto => convolution::Algorithm::faster(&model, &axes, &h.ty().dims),
        };
        Some(Arc::new(Built { h, model, axes, offsets, method }))
    }
}

#[derive(Debug)]
struct Built {
    h: Array,
    model: ArrayType,
    axes: Vec<usize>,
    offsets: Vec<usize>,
    method: convolution::Algorithm,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        convolve(x, &self.axes, &self.h, &self.offsets, self.method)
    }
}
