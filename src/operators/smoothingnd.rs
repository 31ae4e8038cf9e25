//! Running mean over boxes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::last_two_axes;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::smoothing1d::{Built, mean};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<SmoothingNd>("SmoothingND");

/// Running mean over boxes of any number of axes.
///
/// ```text
/// y_i = 1/prod(n_a) sum_{|k_a| <= (n_a-1)/2} x_{i+k},   n = nsmooth
/// ```
/// Samples outside the axes are zero, and the mean is not renormalised at the edges. PyLops: `SmoothingND`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct SmoothingNd {
    /// Length of the mean along each of `axes`, in ascending order of the axes; even lengths are increased by
    /// one.
    nsmooth: OneOrMany<usize>,
    /// Dims of the model and the data.
    dims: OneOrMany<usize>,
    /// Axes to smooth along.
    #[serde(default = "last_two_axes")]
    axes: Vec<isize>,
}

impl Parameters for SmoothingNd {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axes = at.some_axes("axes", &self.axes, &dims)?;
        let nsmooth = at.per_axis("nsmooth", &self.nsmooth, axes.len())?;
        let means: Option<Vec<_>> =
            axes.into_iter().zip(nsmooth).map(|(a, n)| Some((a, mean(n, dtype, at)?))).collect();
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, means: means? }))
    }
}
