//! Radon transform of two-dimensional data on regular slopes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::tau_p::{Transform, Waves, factors};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<ChirpRadon2d>("ChirpRadon2D");

/// Radon transform of two-dimensional data on as many regular slopes as there are traces.
///
/// ```text
/// D(i, f_k) = sum_j exp(2 pi i c k i j) M(j, f_k),   c = 2 pmax / (nh nt),   i, j = -ceil(nh/2) .. nh/2 - 1
/// ```
/// with the Fourier transforms M and D over time. Model and data are `(nh, nt)`; the forward takes
/// traces to slopes, the other way than `Radon2D`. With `inverse`, the operator takes slopes to
/// traces: the adjoint, weighted by c k. A complex model is transformed part by part. PyLops:
/// `ChirpRadon2D`, whose data are real.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct ChirpRadon2d {
    /// Times; only their number counts.
    taxis: ArrayParam,
    /// Positions of the traces; only their number counts.
    haxis: ArrayParam,
    /// Largest slope in samples of time a trace: the slope times the step of `haxis` over that of
    /// `taxis`.
    pmax: f64,
    /// Whether the operator is the inverse: PyLops' method `inverse`.
    #[serde(default)]
    inverse: bool,
}

/// The number of samples of an axis.
pub(super) fn count(
    key: &str,
    param: &ArrayParam,
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<usize> {
    at.sampled(key, param, scope).map(|axis| axis.values.len())
}

/// The sums along an axis of `n` traces whose largest slope is `pmax`, over `nt` times.
pub(super) fn chirp(axis: usize, n: usize, nt: usize, pmax: f64, inverse: bool) -> Waves {
    let numbers = || (0..n).map(|i| i as f64 - n.div_ceil(2) as f64);
    let unit = step(n, nt, pmax) * if inverse { -1.0 } else { 1.0 };
    Waves { axis, rows: numbers().map(|i| i * unit).collect(), terms: numbers().collect() }
}

/// Turns between neighbouring slopes and traces at the first frequency.
pub(super) fn step(n: usize, nt: usize, pmax: f64) -> f64 {
    2.0 * pmax / (n as f64 * nt as f64)
}

impl Parameters for ChirpRadon2d {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let nt = count("taxis", &self.taxis, scope, at)?;
        let nh = count("haxis", &self.haxis, scope, at)?;
        at.require(self.pmax.is_finite(), "pmax", "expected a finite number")?;
        let model = ArrayType::new(at.fits("haxis", vec![nh, nt])?, dtype);
        let bins = nt / 2 + 1;
        let c = step(nh, nt, self.pmax);
        let factors = match self.inverse {
            true => Some(at.made("taxis", factors(2, bins, |k| c * k))?),
            false => None,
        };
        let waves = vec![chirp(0, nh, nt, self.pmax, self.inverse)];
        Some(Arc::new(Transform { model, nfft: nt, flims: [0, bins], waves, factors }))
    }
}
