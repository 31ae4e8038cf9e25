//! The filters that vary in a known plane, as the unknown.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::non_stationary::estimated;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<NonStationaryFilters2D>("NonStationaryFilters2D");

/// A known plane convolved with filters that vary along both axes, which are the model.
///
/// ```text
/// y_ij = sum_kl h^(kl)_{i-k+c,j-l+d} x_kl,   x = inp,  c = (kx-1)/2,  d = (kz-1)/2
/// ```
/// The model are the filters `(nhx, nhz, kx, kz)`, interpolated as by `NonStationaryConvolve2D`; the data
/// have the dims of `inp`. A complex `inp` makes the operator complex. PyLops: `NonStationaryFilters2D`,
/// whose samples must be regular.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct NonStationaryFilters2D {
    /// Plane x that is filtered, of two axes.
    inp: ArrayParam,
    /// Lengths `(kx, kz)` of the filters, odd.
    hshape: Vec<usize>,
    /// Samples of the first axis where filters are, ascending.
    ihx: ArrayParam,
    /// Samples of the second axis where filters are, ascending.
    ihz: ArrayParam,
}

impl Parameters for NonStationaryFilters2D {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let samples = [("ihx", &self.ihx), ("ihz", &self.ihz)];
        estimated(&self.inp, ("hshape", &self.hshape), &samples, dtype, scope, at)
    }
}
