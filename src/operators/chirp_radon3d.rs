//! Radon transform of three-dimensional data on regular slopes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::chirp_radon2d::{chirp, count, step};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::tau_p::{Transform, factors};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<ChirpRadon3d>("ChirpRadon3D");

/// Radon transform of three-dimensional data on as many regular slopes as there are traces.
///
/// ```text
/// D(i, j, f_k) = sum_{l,m} exp(2 pi i k (cy i l + cx j m)) M(l, m, f_k),   cy = 2 pymax / (ny nt), cx = 2 pxmax / (nx nt)
/// ```
/// with i, j, l and m counted as in `ChirpRadon2D`, and the Fourier transforms M and D over time. Model and
/// data are `(ny, nx, nt)`; the forward takes traces to slopes. With `inverse`, the operator takes slopes to
/// traces: the adjoint, weighted by cy cx k^2. A complex model is transformed part by part. PyLops:
/// `ChirpRadon3D`, whose data are real, and which takes the two slopes of `pmax` the other way round
/// unless `engine = "fftw"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct ChirpRadon3d {
    /// Times; only their number counts.
    taxis: ArrayParam,
    /// Positions of the traces along y, the slow axis; only their number counts.
    hyaxis: ArrayParam,
    /// Positions of the traces along x, the fast axis; only their number counts.
    hxaxis: ArrayParam,
    /// Largest slopes along y and along x in samples of time a trace, as in `ChirpRadon2D`.
    pmax: [f64; 2],
    /// Whether the operator is the inverse: PyLops' method `inverse`.
    #[serde(default)]
    inverse: bool,
}

impl Parameters for ChirpRadon3d {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let nt = count("taxis", &self.taxis, scope, at)?;
        let ny = count("hyaxis", &self.hyaxis, scope, at)?;
        let nx = count("hxaxis", &self.hxaxis, scope, at)?;
        let [py, px] = self.pmax;
        at.require(py.is_finite() && px.is_finite(), "pmax", "expected finite numbers")?;
        let model = ArrayType::new(at.fits("hyaxis", vec![ny, nx, nt])?, dtype);
        let bins = nt / 2 + 1;
        let c = step(ny, nt, py) * step(nx, nt, px);
        let factors = match self.inverse {
            true => Some(at.made("taxis", factors(3, bins, |k| c * k * k))?),
            false => None,
        };
        let waves = vec![chirp(1, nx, nt, px, self.inverse), chirp(0, ny, nt, py, self.inverse)];
        Some(Arc::new(Transform { model, nfft: nt, flims: [0, bins], waves, factors }))
    }
}
