//! Running mean along several axes.

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

pub(crate) const ENTRY: Entry = Entry::of::<SmoothingND>("SmoothingND");

/// Running mean over boxes.
///
/// ```text
/// y_i = 1/(n_1 n_2 ..) sum_k x_{i+k},   |k_a| <= (n_a-1)/2 along each axis,   n = nsmooth
/// ```
/// Samples outside the axes are zero, and the mean is not renormalised at the edges. PyLops:
/// `SmoothingND`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct SmoothingND {
    /// Length of the mean along each axis; even lengths are increased by one. If there are as many as
    /// the model has axes, they belong to these in order, as in PyLops.
    nsmooth: OneOrMany<usize>,
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Axes to smooth along; negative ones count from the end.
    #[serde(default = "last_two_axes")]
    axes: Vec<isize>,
}

impl Parameters for SmoothingND {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axes = match &self.nsmooth {
            OneOrMany::Many(lengths) if lengths.len() == dims.len() => (0..dims.len()).collect(),
            _ => at.some_axes("axes", &self.axes, &dims)?,
        };
        means(dims, axes, &self.nsmooth, dtype, at)
    }
}

/// The means of some lengths along axes.
pub(super) fn means(
    dims: Vec<usize>,
    axes: Vec<usize>,
    nsmooth: &OneOrMany<usize>,
    dtype: DType,
    at: &mut Checker<'_>,
) -> Option<Op> {
    let lengths = at.per_axis("nsmooth", nsmooth, axes.len())?;
    let means: Option<Vec<_>> =
        axes.into_iter().zip(lengths).map(|(a, n)| Some((a, mean(n, dtype, at)?))).collect();
    Some(Arc::new(Built { model: ArrayType { dims, dtype }, means: means? }))
}
