//! Convolution in a plane with a filter that varies from sample to sample.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::non_stationary::filtered;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<NonStationaryConvolve2D>("NonStationaryConvolve2D");

/// Convolution along two axes with a filter that varies along all of them.
///
/// ```text
/// y_ij = sum_kl h^(kl)_{i-k+c,j-l+d} x_kl,   c = (kx-1)/2,  d = (kz-1)/2
/// ```
/// The filter of a sample is interpolated linearly along each axis between those of `hs` around it;
/// before the first and after the last, theirs hold. Filters are interpolated as they are needed, never
/// for all samples at once. Model and data have the same dims. Complex filters make the operator
/// complex. PyLops: `NonStationaryConvolve2D`, whose samples must be regular.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct NonStationaryConvolve2D {
    /// Dims of the model and the data, two axes.
    dims: Vec<usize>,
    /// Filters `(nhx, nhz, kx, kz)`, of odd lengths.
    hs: ArrayParam,
    /// Samples of the first axis where filters are known, ascending.
    ihx: ArrayParam,
    /// Samples of the second axis where filters are known, ascending.
    ihz: ArrayParam,
}

impl Parameters for NonStationaryConvolve2D {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.fits("dims", self.dims)?;
        at.require(dims.len() == 2, "dims", "expected two axes")?;
        let samples = [("ihx", &self.ihx), ("ihz", &self.ihz)];
        filtered(dims, (0..2).collect(), &self.hs, &samples, dtype, scope, at)
    }
}
