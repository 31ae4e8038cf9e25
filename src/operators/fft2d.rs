//! Fourier transform along two axes.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::{last_two_axes, no_each, one_each};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::fft::ortho;
use crate::operators::fourier::Settings;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Fft2d>("FFT2D");

/// Fourier transform along two axes.
///
/// ```text
/// y_kl = s sum_pq x_pq exp(-2 pi i (pk/n1 + ql/n2)),   s = 1/sqrt(n1 n2), 1 or 1/(n1 n2)
/// ```
/// With `real`, the data holds only the non-negative frequencies of the last listed axis, times
/// sqrt(2) where they represent two, as in `FFT`. By default the model is complex unless `real`; a
/// real `dtype` makes it real. PyLops: `FFT2D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Fft2d {
    /// Length of each axis of the model, at least two. The data have `nffts` samples along `axes`; with
    /// `real`, `n // 2 + 1` along the last of them.
    dims: OneOrMany<usize>,
    /// The two axes to transform; negative ones count from the end.
    #[serde(default = "last_two_axes")]
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

impl Parameters for Fft2d {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        at.require(self.axes.len() == 2, "axes", "expected two axes")?;
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
