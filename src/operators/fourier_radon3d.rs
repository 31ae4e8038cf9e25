//! Radon transform of three-dimensional data in the frequency domain.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::fourier_radon2d::Kind;
use crate::operators::tau_p::Transform;
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<FourierRadon3d>("FourierRadon3D");

/// Radon transform of three-dimensional data in the frequency domain.
///
/// ```text
/// D(hy, hx, f) = sum_{py,px} exp(-2 pi i f (py hy + px hx)) M(py, px, f)      linear; hy^2, hx^2 if parabolic
/// ```
/// with the Fourier transforms M and D, of `nfft` samples, of the model `(npy, npx, nt)` and the data `(nhy,
/// nhx, nt)`. The sums are taken along one axis after the other, and the exponentials are computed during
/// the run: they take no memory. A complex model is transformed part by part. PyLops:
/// `FourierRadon3D`, whose model is real.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct FourierRadon3d {
    /// Times; only their number and step count.
    taxis: ArrayParam,
    /// Positions of the traces along y, the slow axis.
    hyaxis: ArrayParam,
    /// Positions of the traces along x, the fast axis.
    hxaxis: ArrayParam,
    /// Slopes or curvatures along y, in the units of `taxis` and `hyaxis`.
    pyaxis: ArrayParam,
    /// Slopes or curvatures along x, in the units of `taxis` and `hxaxis`.
    pxaxis: ArrayParam,
    /// Length of the Fourier transform, at least the number of times: traces are padded with zeros.
    nfft: usize,
    /// Range `[first, end]` of the frequencies that are kept, by number, without the last; by default
    /// all `nfft/2 + 1`.
    flims: Option<[usize; 2]>,
    /// `linear` or `parabolic`, along y and along x.
    #[serde(default)]
    kind: [Kind; 2],
}

impl Parameters for FourierRadon3d {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let time = at.sampled("taxis", &self.taxis, scope)?;
        let nt = time.values.len();
        let flims = at.frequencies(self.nfft, self.flims, nt)?;
        let mut axis = |number: usize, keys: [&str; 2], h: &ArrayParam, p: &ArrayParam| {
            let h = at.sampled(keys[0], h, scope)?;
            let p = at.position_list(keys[1], p, scope)?;
            at.are_finite(keys[1], &p)?;
            let waves = self.kind[number].waves(number, &h, &p, &time, self.nfft);
            Some((p.len(), h.values.len(), waves))
        };
        let (npy, nhy, y) = axis(0, ["hyaxis", "pyaxis"], &self.hyaxis, &self.pyaxis)?;
        let (npx, nhx, x) = axis(1, ["hxaxis", "pxaxis"], &self.hxaxis, &self.pxaxis)?;
        at.fits("nfft", vec![npy.max(nhy), npx.max(nhx), self.nfft])?;
        let model = ArrayType::new([npy, npx, nt], dtype);
        // Terms along one axis, then along the other: the cheaper order.
        let [x_first, y_first] = [npy * nhx * (npx + nhy), npx * nhy * (npy + nhx)];
        let waves = if x_first <= y_first { vec![x, y] } else { vec![y, x] };
        Some(Arc::new(Transform { model, nfft: self.nfft, flims, waves, factors: None }))
    }
}
