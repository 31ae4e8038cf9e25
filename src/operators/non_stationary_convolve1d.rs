//! Convolution along an axis with a filter that varies along it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::minus_one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::non_stationary::filtered;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<NonStationaryConvolve1D>("NonStationaryConvolve1D");

/// Convolution along an axis with a filter that varies along it.
///
/// ```text
/// y_i = sum_j h^(j)_{i-j+c} x_j,   c = (nh-1)/2
/// ```
/// The filter `h^(j)` of sample j is interpolated linearly between the two of `hs` around it; before the
/// first and after the last, theirs hold. Model and data have the same dims. Complex filters make the
/// operator complex. PyLops: `NonStationaryConvolve1D`, whose `ih` must be regular.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct NonStationaryConvolve1D {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Filters `(nfilters, nh)`, of an odd length nh.
    hs: ArrayParam,
    /// Samples of the axis where the filters are known, ascending.
    ih: ArrayParam,
    /// Axis to filter along; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
}

impl Parameters for NonStationaryConvolve1D {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        filtered(dims, vec![axis], &self.hs, &[("ih", &self.ih)], dtype, scope, at)
    }
}
