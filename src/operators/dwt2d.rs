//! Wavelet transform along two axes.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::last_two_axes;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Scope, wavelets};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Dwt2d>("DWT2D");

/// Multilevel discrete wavelet transform along two axes.
///
/// ```text
/// y = [[aa, ad], [da, dd]]
/// ```
/// with averages and details along each of the two axes as in `DWT`; each further level transforms `aa` in the
/// same way. Axes are padded as in `DWT`. PyLops: `DWT2D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Dwt2d {
    /// Length of each axis of the model; the data are padded along `axes` to a power of 2.
    dims: OneOrMany<usize>,
    /// The two axes to transform; negative ones count from the end.
    #[serde(default = "last_two_axes")]
    axes: Vec<isize>,
    /// Name of the wavelet in PyWavelets: `haar`, `db1` to `db38`, `sym2` to `sym20`, `coif1` to `coif17`,
    /// `bior1.1` to `bior6.8`, `rbio1.1` to `rbio6.8` or `dmey`.
    #[serde(default = "wavelets::haar")]
    wavelet: String,
    /// Number of levels; 0 only pads.
    #[serde(default = "wavelets::one")]
    level: usize,
}

impl Parameters for Dwt2d {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        at.require(self.axes.len() == 2, "axes", "expected two axes")?;
        let axes = at.axes("axes", &self.axes, &dims)?;
        wavelets::build(dims, axes, &self.wavelet, self.level, dtype, at)
    }
}
