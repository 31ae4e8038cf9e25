//! Fourier transform along some axes.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::{last_three_axes, no_each, one_each};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::fft::ortho;
use crate::operators::fourier::Settings;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Fftnd>("FFTND");

/// Fourier transform along any number of axes.
///
/// ```text
/// y_k = s sum_j x_j exp(-2 pi i sum_a j_a k_a/n_a),   s = 1/sqrt(prod n_a), 1 or 1/prod n_a
/// ```
/// With `real`, the data holds only the non-negative frequencies of the last listed axis, times
/// sqrt(2) where they represent two, as in `FFT`. By default the model is complex unless `real`; a
/// real `dtype` makes it real. PyLops: `FFTND`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Fftnd {
    /// Length of each axis of the model. The data have `nffts` samples along `axes`; with `real`,
    /// `n // 2 + 1` along the last of them.
    dims: OneOrMany<usize>,
    /// Axes to transform; negative ones count from the end.
    #[serde(default = "last_three_axes")]
    axes: Vec<isize>,
    /// Length of the transform along each axis; by default those of the axes.
    nffts: Option<OneOrMany<usize>>,
    /// Sampling step of each of the axes, used only to label frequencies.
    #[serde(default = "one_each")]
    sampling: OneOrMany<f64>,
    /// Scaling of the forward transform: `ortho`, `none` or `1/n`.
    #[serde(default = "ortho")]
    norm: String,
    /// The model is real, and the data holds only the non-negative frequencies of the last listed axis.
    #[serde(default)]
    real: bool,
    /// Whether the model's origin is in the middle of the axes; one value, or one for each axis.
    #[serde(default = "no_each")]
    ifftshift_before: OneOrMany<bool>,
    /// Whether zero frequency goes to the middle of the axes; one value, or one for each axis.
    #[serde(default = "no_each")]
    fftshift_after: OneOrMany<bool>,
}

impl Parameters for Fftnd {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axes = at.some_axes("axes", &self.axes, &dims)?;
        let settings = Settings {
            dims,
            axes,
            nffts_key: "nffts",
            nffts: &self.nffts,
            sampling: &self.sampling,
            norm: &self.norm,
            real: self.real,
            unweighted: false,
            ifftshift_before: &self.ifftshift_before,
            fftshift_after: &self.fftshift_after,
        };
        settings.build(dtype, at)
    }
}
