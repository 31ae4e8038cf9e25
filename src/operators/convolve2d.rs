//! Convolution in a plane.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::convolve_nd::{Filter, Method};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::space::show_dims;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Convolve2D>("Convolve2D");

/// Convolution with a filter along two axes; samples outside the model are zero.
///
/// ```text
/// y_ij = sum_kl h_kl x_{i-k+o,j-l+p},   (o, p) = offset
/// ```
/// Model and data have the same dims. A complex filter makes the operator complex. PyLops:
/// `Convolve2D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Convolve2D {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Filter h, of two axes.
    h: ArrayParam,
    /// Indices of the filter's sample at zero lag; by default the first.
    offset: Option<OneOrMany<usize>>,
    /// The two axes to filter along, in the order of the filter's; by default the last two. For a
    /// two-dimensional model, the filter's axes always are the model's, as in PyLops.
    axes: Option<Vec<isize>>,
    /// `direct`, `fft` or `auto`, the faster of the two.
    #[serde(default)]
    method: Method,
}

impl Parameters for Convolve2D {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let two = self.axes.as_ref().is_none_or(|axes| axes.len() == 2);
        at.require(two, "axes", "expected two axes")?;
        let found = at.array("h", &self.h, dtype, scope)?.ty().dims.clone();
        let label = format!("expected a filter of two axes, found {}", show_dims(&found));
        at.require(found.len() == 2, "h", label)?;
        let filter = Filter { h: &self.h, offset: self.offset, axes: self.axes };
        filter.build(&self.dims, self.method, dtype, scope, at)
    }
}
