//! Convolution in a volume with a filter that varies from sample to sample.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::non_stationary::filtered;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<NonStationaryConvolve3D>("NonStationaryConvolve3D");

/// Convolution along three axes with a filter that varies along all of them.
///
/// ```text
/// y_i = sum_j h^(j)_{i-j+c} x_j,   c = (k-1)/2          for indices along all three axes
/// ```
/// The filter of a sample is interpolated linearly along each axis between those of `hs` around it;
/// before the first and after the last, theirs hold. Filters are interpolated as they are needed, never
/// for all samples at once. Model and data have the same dims. Complex filters make the operator
/// complex. PyLops: `NonStationaryConvolve3D`, whose samples must be regular.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct NonStationaryConvolve3D {
    /// Dims of the model and the data, three axes.
    dims: Vec<usize>,
    /// Filters `(nhx, nhy, nhz, kx, ky, kz)`, of odd lengths.
    hs: ArrayParam,
    /// Samples of the first axis where filters are known, ascending.
    ihx: ArrayParam,
    /// Samples of the second axis where filters are known, ascending.
    ihy: ArrayParam,
    /// Samples of the third axis where filters are known, ascending.
    ihz: ArrayParam,
}

impl Parameters for NonStationaryConvolve3D {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.fits("dims", self.dims)?;
        at.require(dims.len() == 3, "dims", "expected three axes")?;
        let samples = [("ihx", &self.ihx), ("ihy", &self.ihy), ("ihz", &self.ihz)];
        filtered(dims, (0..3).collect(), &self.hs, &samples, dtype, scope, at)
    }
}
