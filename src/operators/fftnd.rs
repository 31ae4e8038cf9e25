//! Fourier transform along some axes.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::{no_each, one_each};
use crate::operators::entry::{Entry, Parameters, Place};
use crate::operators::fft::ortho;
use crate::operators::fourier::Settings;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Fftnd>("FFTND");

/// Fourier transform along some axes.
///
/// ```text
/// y_k = s sum_j x_j exp(-2 pi i sum_a j_a k_a/n_a),   s = 1/sqrt(prod n_a), 1 or 1/prod n_a
/// ```
/// With `real`, the last listed axis keeps its non-negative frequencies only, with a factor sqrt(2)
/// on those that stand for two, as in `FFT`. Without a `dtype`, the model is complex unless `real`;
/// a real `dtype` makes it real. PyLops: `FFTND`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Fftnd {
    /// Dims of the model.
    dims: OneOrMany<usize>,
    /// Axes along which transforms are taken.
    #[serde(default = "last_three_axes")]
    axes: Vec<isize>,
    /// Samples of the transform along each of the axes; those of the axes if not given.
    nffts: Option<OneOrMany<usize>>,
    /// Sampling step of each of the axes, which labels the frequencies only.
    #[serde(default = "one_each")]
    sampling: OneOrMany<f64>,
    /// Scaling of the forward transform: `ortho`, `none` or `1/n`.
    #[serde(default = "ortho")]
    norm: String,
    /// The model is real, and only non-negative frequencies of the last listed axis are kept.
    #[serde(default)]
    real: bool,
    /// The model's origin is in the middle of the axes, or of some of them.
    #[serde(default = "no_each")]
    ifftshift_before: OneOrMany<bool>,
    /// Zero frequency goes to the middle of the axes, or of some of them.
    #[serde(default = "no_each")]
    fftshift_after: OneOrMany<bool>,
}

fn last_three_axes() -> Vec<isize> {
    vec![-3, -2, -1]
}

impl Parameters for Fftnd {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Place<'_>) -> Option<Op> {
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
