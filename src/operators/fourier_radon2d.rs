//! Radon transform of two-dimensional data in the frequency domain.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::radon::Sampled;
use crate::operators::tau_p::{Transform, Waves};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<FourierRadon2d>("FourierRadon2D");

/// Radon transform of two-dimensional data in the frequency domain.
///
/// ```text
/// D(h, f) = sum_p exp(-2 pi i f p h) M(p, f)      linear; h^2 for h if parabolic
/// ```
/// with the Fourier transforms M and D, of `nfft` samples, of the model `(npx, nt)` and the data `(nh,
/// nt)`. Its exponentials are computed during the run and take no memory. A complex model is transformed
/// part by part. PyLops: `FourierRadon2D`, whose model is real.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct FourierRadon2d {
    /// Times; only their number and step count.
    taxis: ArrayParam,
    /// Positions of the traces.
    haxis: ArrayParam,
    /// Slopes or curvatures, in the units of `taxis` and `haxis`.
    pxaxis: ArrayParam,
    /// Length of the Fourier transform, at least the number of times: traces are padded with zeros.
    nfft: usize,
    /// Range `[first, end]` of the frequencies that are kept, by number, without the last; by default
    /// all `nfft/2 + 1`.
    flims: Option<[usize; 2]>,
    /// `linear` or `parabolic`.
    #[serde(default)]
    kind: Kind,
}

/// Curve that is summed along.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Lines.
    #[default]
    Linear,
    /// Parabolas.
    Parabolic,
}

impl Kind {
    /// The sums over slopes along an axis, of frequencies `k / (nfft dt)`.
    pub(super) fn waves(
        self,
        axis: usize,
        h: &Sampled,
        slopes: &[f64],
        time: &Sampled,
        nfft: usize,
    ) -> Waves {
        let unit = 1.0 / (nfft as f64 * time.step);
        let position = |h: &f64| if self == Kind::Parabolic { h * h } else { *h };
        let rows = h.values.iter().map(|h| -position(h)).collect();
        Waves { axis, rows, terms: slopes.iter().map(|p| p * unit).collect() }
    }
}

impl Checker<'_> {
    /// The length of the Fourier transform of `nt` samples, and the frequencies that are kept.
    pub(super) fn frequencies(
        &mut self,
        nfft: usize,
        flims: Option<[usize; 2]>,
        nt: usize,
    ) -> Option<[usize; 2]> {
        let label = format!("expected at least {nt}, the number of times");
        self.require(nfft >= nt, "nfft", label)?;
        let bins = nfft / 2 + 1;
        let [first, end] = flims.unwrap_or([0, bins]);
        let label = format!("expected [first, end] with 0 <= first < end <= {bins}");
        self.require(first < end && end <= bins, "flims", label)?;
        Some([first, end])
    }
}

impl Parameters for FourierRadon2d {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let time = at.sampled("taxis", &self.taxis, scope)?;
        let h = at.sampled("haxis", &self.haxis, scope)?;
        let px = at.position_list("pxaxis", &self.pxaxis, scope)?;
        at.are_finite("pxaxis", &px)?;
        let nt = time.values.len();
        let flims = at.frequencies(self.nfft, self.flims, nt)?;
        at.fits("nfft", vec![px.len().max(h.values.len()), self.nfft])?;
        let model = ArrayType::new([px.len(), nt], dtype);
        let waves = vec![self.kind.waves(0, &h, &px, &time, self.nfft)];
        Some(Arc::new(Transform { model, nfft: self.nfft, flims, waves, factors: None }))
    }
}
