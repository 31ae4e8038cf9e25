//! Wavelet transform along some axes.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::last_three_axes;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Scope, wavelets};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Dwtnd>("DWTND");

/// Multilevel discrete wavelet transform along some axes.
///
/// ```text
/// y_{b,k} = sum_j w_{b,j} x_{2k + F/2 - j},   along each of the axes in turn
/// ```
/// with averages, band 0, and details, band 1, along each axis as in `DWT`; each further level transforms the
/// block of averages along all axes. Axes are padded as in `DWT`. PyLops: `DWTND`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Dwtnd {
    /// Length of each axis of the model; the data are padded along `axes` to a power of 2.
    dims: OneOrMany<usize>,
    /// Axes to transform; negative ones count from the end.
    #[serde(default = "last_three_axes")]
    axes: Vec<isize>,
    /// Name of the wavelet in PyWavelets: `haar`, `db1` to `db38`, `sym2` to `sym20`, `coif1` to `coif17`,
    /// `bior1.1` to `bior6.8`, `rbio1.1` to `rbio6.8` or `dmey`.
    #[serde(default = "wavelets::haar")]
    wavelet: String,
    /// Number of levels; 0 only pads.
    #[serde(default = "wavelets::one")]
    level: usize,
}

impl Parameters for Dwtnd {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axes = at.some_axes("axes", &self.axes, &dims)?;
        wavelets::build(dims, axes, &self.wavelet, self.level, dtype, at)
    }
}
