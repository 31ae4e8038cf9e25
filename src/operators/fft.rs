//! Fourier transform along an axis.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::{minus_one, one};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::fourier::Settings;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Fft>("FFT");

/// Fourier transform along an axis.
///
/// ```text
/// y_k = s sum_j x_j exp(-2 pi i jk/nfft),   s = 1/sqrt(nfft), 1 or 1/nfft
///
/// real:  k = 0 .. nfft/2, and sqrt(2) y_k for 0 < k < nfft/2
/// ```
/// The factor sqrt(2) accounts for the negative frequencies, which are not stored, so `ortho` is an
/// isometry for real models too. An `nfft` longer than the axis pads with zeros, a shorter one
/// drops samples. The data has `nfft` samples along the axis, or `nfft/2 + 1` if `real`. By default
/// the model is complex unless `real`; a real `dtype` makes it real. PyLops: `FFT`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Fft {
    /// Length of each axis of the model. Along `axis` the data have `nfft` samples, or `nfft // 2 + 1` with
    /// `real`.
    dims: OneOrMany<usize>,
    /// Axis to transform; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
    /// Length of the transform; by default that of the axis.
    nfft: Option<usize>,
    /// Sampling step of the axis, used only to label frequencies.
    #[serde(default = "one")]
    sampling: f64,
    /// Scaling of the forward transform: `ortho`, `none` or `1/n`.
    #[serde(default = "ortho")]
    norm: String,
    /// The model is real, and the data holds the non-negative frequencies only.
    #[serde(default)]
    real: bool,
    /// With `real`, leaves out the factor sqrt(2), like NumPy's `rfft`. Not in PyLops.
    #[serde(default)]
    unweighted: bool,
    /// The model's origin is in the middle of the axis: applies `ifftshift` before the transform.
    #[serde(default)]
    ifftshift_before: bool,
    /// Moves zero frequency to the middle of the axis: applies `fftshift` after the transform.
    #[serde(default)]
    fftshift_after: bool,
}

pub(super) fn ortho() -> String {
    "ortho".into()
}

impl Parameters for Fft {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axes = vec![at.axis("axis", self.axis, &dims)?];
        let settings = Settings {
            dims,
            axes,
            nffts_key: "nfft",
            nffts: &self.nfft.map(OneOrMany::One),
            sampling: &OneOrMany::One(self.sampling),
            norm: &self.norm,
            real: self.real,
            unweighted: self.unweighted,
            ifftshift_before: &OneOrMany::One(self.ifftshift_before),
            fftshift_after: &OneOrMany::One(self.fftshift_after),
        };
        settings.build(dtype, at)
    }
}
