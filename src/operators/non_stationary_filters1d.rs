//! The filters that vary along a known signal, as the unknown.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::non_stationary::estimated;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<NonStationaryFilters1D>("NonStationaryFilters1D");

/// A known signal convolved with filters that vary along it, which are the model.
///
/// ```text
/// y_i = sum_j h^(j)_{i-j+c} x_j,   x = inp,  c = (hsize-1)/2
/// ```
/// The model are the filters `(nfilters, hsize)`, interpolated as by `NonStationaryConvolve1D`; the data
/// have the dims of `inp`. A complex signal makes the operator complex. PyLops: `NonStationaryFilters1D`,
/// whose `ih` must be regular.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct NonStationaryFilters1D {
    /// Signal x that is filtered, of one axis.
    inp: ArrayParam,
    /// Length of the filters, odd.
    hsize: usize,
    /// Samples of the signal where the filters are, ascending.
    ih: ArrayParam,
}

impl Parameters for NonStationaryFilters1D {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let taps = [self.hsize];
        estimated(&self.inp, ("hsize", &taps), &[("ih", &self.ih)], dtype, scope, at)
    }
}
