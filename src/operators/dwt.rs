//! Wavelet transform along an axis.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::minus_one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Scope, wavelets};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Dwt>("DWT");

/// Multilevel discrete wavelet transform along an axis.
///
/// ```text
/// a_k = sum_j h_j x_{2k + F/2 - j},   d_k = sum_j g_j x_{2k + F/2 - j},   y = [a, d]
/// ```
/// with the wavelet's two decomposition filters of F coefficients; each further level transforms `a` in the
/// same way, so the data are `[a_level, d_level, ..., d_1]`. The axis is first padded with zeros to a power of
/// two, of at least 2^level samples, and its samples wrap around. The adjoint is the inverse for orthogonal
/// wavelets. PyLops: `DWT`, with PyWavelets' mode `periodization`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Dwt {
    /// Length of each axis of the model; the data are padded along `axis` to a power of 2.
    dims: OneOrMany<usize>,
    /// Axis to transform; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
    /// Name of the wavelet in PyWavelets: `haar`, `db1` to `db38`, `sym2` to `sym20`, `coif1` to `coif17`,
    /// `bior1.1` to `bior6.8`, `rbio1.1` to `rbio6.8` or `dmey`.
    #[serde(default = "wavelets::haar")]
    wavelet: String,
    /// Number of levels; 0 only pads.
    #[serde(default = "wavelets::one")]
    level: usize,
}

impl Parameters for Dwt {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axes = vec![at.axis("axis", self.axis, &dims)?];
        wavelets::build(dims, axes, &self.wavelet, self.level, dtype, at)
    }
}
