//! Running mean over rectangles.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::last_two_axes;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::smoothing_nd::means;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Smoothing2D>("Smoothing2D");

/// Running mean over rectangles.
///
/// ```text
/// y_ij = 1/(n m) sum_{|k| <= (n-1)/2, |l| <= (m-1)/2} x_{i+k,j+l},   (n, m) = nsmooth
/// ```
/// Samples outside the axis are zero, and the mean is not renormalised at the edges. PyLops:
/// `Smoothing2D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Smoothing2D {
    /// Length of the mean along each axis; even lengths are increased by one. For a two-dimensional
    /// model, the first always belongs to axis 0, as in PyLops.
    nsmooth: OneOrMany<usize>,
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// The two axes to smooth along; negative ones count from the end.
    #[serde(default = "last_two_axes")]
    axes: Vec<isize>,
}

impl Parameters for Smoothing2D {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        at.require(self.axes.len() == 2, "axes", "expected two axes")?;
        let mut axes = at.axes("axes", &self.axes, &dims)?;
        if dims.len() == 2 {
            axes.sort_unstable();
        }
        means(dims, axes, &self.nsmooth, dtype, at)
    }
}
