//! Radon transform of three-dimensional data.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::Curves;
use crate::operators::defaults::yes;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::radon::{Kind, along};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<Radon3d>("Radon3D");

/// Radon transform of three-dimensional data: samples added to traces along surfaces.
///
/// ```text
/// linear      d(y, x, t + px x + py y) += m(py, px, t)
/// parabolic   d(y, x, t + px x^2 + py y^2) += m(py, px, t)
/// hyperbolic  d(y, x, sqrt(t^2 + (x/px)^2 + (y/py)^2)) += m(py, px, t)
/// ```
/// in samples, with units as in `Radon2D`. Model `(npy npx, nt)`, data `(nhy nhx, nt)`, with x the fast
/// axis; the adjoint sums along the surfaces. Samples beyond the traces are dropped. Surfaces are
/// computed during the run and take no memory. PyLops: `Radon3D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Radon3d {
    /// Times; only their number and step count.
    taxis: ArrayParam,
    /// Positions of the traces along y, the slow axis.
    hyaxis: ArrayParam,
    /// Positions of the traces along x, the fast axis.
    hxaxis: ArrayParam,
    /// Slopes or curvatures along y.
    pyaxis: ArrayParam,
    /// Slopes or curvatures along x.
    pxaxis: ArrayParam,
    /// `linear`, `parabolic` or `hyperbolic`.
    #[serde(default)]
    kind: Kind,
    /// Counts positions from the middle of the traces, whatever `hyaxis` and `hxaxis` begin with.
    #[serde(default = "yes")]
    centeredh: bool,
    /// Interpolates between the two samples around a surface; else takes the one before it.
    #[serde(default = "yes")]
    interp: bool,
}

impl Parameters for Radon3d {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let time = at.sampled("taxis", &self.taxis, scope)?;
        let hy = at.sampled("hyaxis", &self.hyaxis, scope)?;
        let hx = at.sampled("hxaxis", &self.hxaxis, scope)?;
        let mut slopes = |key: &str, param: &ArrayParam| {
            let values = at.position_list(key, param, scope)?;
            at.are_finite(key, &values)?;
            Some(values)
        };
        let py = slopes("pyaxis", &self.pyaxis)?;
        let px = slopes("pxaxis", &self.pxaxis)?;
        let curves = Curves {
            hyperbolic: self.kind == Kind::Hyperbolic,
            interp: self.interp,
            slopes: [hy.slopes(&py, &time), hx.slopes(&px, &time)],
            positions: [&hy, &hx].map(|h| h.positions(self.centeredh, self.kind)),
        };
        along(curves, time.values.len(), dtype, at)
    }
}
