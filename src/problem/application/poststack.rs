//! Post-stack inversion.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Application;
use super::expansion::{Expansion, array_type};
use crate::operators::Checker;
use crate::problem::names::Names;
use crate::space::show_dims;
use crate::spec::NodeValue;

/// Post-stack inversion: a log impedance from seismic data.
///
/// ```text
/// epsR not given:   d - P m0 = P x,   minv = m0 + x          datar = d - P minv
/// epsR:             min |d - P m|^2 + epsR^2 |L m|^2, from m0, minv = m
/// epsI, explicit:   (P^H P + epsI) x = P^H (d - P m0)
/// ```
/// with P the `PoststackLinearModelling`, and L the second derivative in time for one trace, the
/// Laplacian over both axes for `(nt0, nx)`, and over the last two for `(nt0, nx, ny)`. `explicit`
/// without `simultaneous` and without `epsR` solves trace by trace with a dense matrix, and takes
/// no solver. Outputs: `minv` and `datar`, like `data`. PyLops: `PoststackInversion`; it gives
/// `epsI` the wrong data with `simultaneous`, and silently ignores `epsI` unless `explicit`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct Poststack {
    /// Data `(nt0,)`, `(nt0, nx)` or `(nt0, nx, ny)`: name of an array.
    data: String,
    /// Wavelet of an odd number of samples, or `(nt0, nw)`, one for each time sample: name of an array.
    wav: String,
    /// Background model, like `data`: name of an array.
    m0: Option<String>,
    /// Builds the matrix and, unless `simultaneous`, solves trace by trace.
    #[serde(default)]
    explicit: bool,
    /// Solves for all traces at once with the solver of `[solve]`.
    #[serde(default)]
    simultaneous: bool,
    /// Damping, with `explicit` only; added to the normal equations unsquared.
    #[serde(rename = "epsI")]
    eps_i: Option<f64>,
    /// Weight of the regularization.
    #[serde(rename = "epsR")]
    eps_r: Option<f64>,
    /// Weight of a blockiness term; refused, because it is not linear.
    #[serde(rename = "epsRL1")]
    eps_rl1: Option<f64>,
}

impl Application for Poststack {
    const OUTPUTS: &'static [&'static str] = &["minv", "datar"];

    fn expand(self, at: &mut Checker<'_>, names: &mut Names, to: &mut Expansion) -> Option<()> {
        let d = array_type("data", &self.data, at, names);
        let wav = array_type("wav", &self.wav, at, names);
        let m0 = match &self.m0 {
            Some(m0) => Some(array_type("m0", m0, at, names)?),
            None => None,
        };
        let (d, wav) = (d?, wav?);
        let label = format!("expected one to three axes, found {}", show_dims(&d.dims));
        at.require(matches!(d.dims.len(), 1..=3), "data", label)?;
        if let Some(m0) = &m0 {
            let label = format!("expected {}, found {}", show_dims(&d.dims), show_dims(&m0.dims));
            at.require(m0.dims == d.dims, "m0", label)?;
        }
        if self.eps_rl1.is_some() {
            let message = "`epsRL1` is not supported yet";
            at.wrong("epsRL1", message, "this needs split Bregman iterations");
            return None;
        }
        let label = "PyLops takes `epsI` with `explicit = true` only; `damp` in `[solve]` damps";
        at.require(self.eps_i.is_none() || (self.explicit && self.eps_r.is_none()), "epsI", label)?;
        let real = to.dtype.unwrap_or(wav.dtype).real();
        let dtype = || ("dtype", NodeValue::from(real.name()));
        let modelling = |to: &mut Expansion, base: &str| {
            let entries = [
                ("wav", self.wav.as_str().into()),
                ("nt0", d.dims[0].into()),
                ("explicit", self.explicit.into()),
                dtype(),
            ];
            let mut all = vec![("type", NodeValue::from("PoststackLinearModelling"))];
            all.extend(entries);
            if d.dims.len() > 1 {
                all.push(("spatdims", d.dims[1..].into()));
            }
            to.operator_of(base, crate::spec::table(all))
        };
        let modelled = modelling(to, "post_P");
        // What the background does not explain.
        let residual = match &self.m0 {
            Some(m0) => {
                let apply: NodeValue = [
                    ("operator", format!("-1 * {modelled}").into()),
                    ("to", m0.as_str().into()),
                    ("add", self.data.as_str().into()),
                ]
                .into();
                to.array("post_d", [("apply", apply)])
            }
            None => self.data.clone(),
        };
        let datar = |to: &mut Expansion, data: &str| {
            let apply = [
                ("operator", format!("-1 * {modelled}").into()),
                ("to", "model".into()),
                ("add", data.into()),
            ];
            to.output("datar", apply)
        };
        if let Some(eps_r) = self.eps_r {
            let dims = ("dims", NodeValue::from(d.dims.as_slice()));
            let regularization = match d.dims.len() {
                1 => to.operator("post_L", "SecondDerivative", [dims, dtype()]),
                2 => to.operator("post_L", "Laplacian", [dims, dtype()]),
                _ => {
                    let axes = ("axes", vec![1_usize, 2].into());
                    to.operator("post_L", "Laplacian", [dims, axes, dtype()])
                }
            };
            let term: NodeValue =
                [("operator", regularization.into()), ("epsilon", eps_r.into())].into();
            to.solve(at, "operator", modelled.as_str())?;
            to.solve(at, "data", self.data.as_str())?;
            to.solve(at, "regularization", vec![term])?;
            if let Some(m0) = &self.m0 {
                to.solve(at, "x0", m0.as_str())?;
            }
            to.output("minv", [("to", "model".into())])?;
            return datar(to, &self.data);
        }
        match self.eps_i {
            None => {
                to.solve(at, "operator", modelled.as_str())?;
                to.solve(at, "data", residual.as_str())?;
            }
            Some(eps) => {
                let n = d.dims.as_slice().into();
                let identity = to.operator("post_I", "Identity", [("N", n), dtype()]);
                let normal = format!("{modelled}.H @ {modelled} + {eps:?} * {identity}");
                let normal = to.expression("post_N", normal);
                let data = to.applied("post_PHd", &format!("{modelled}.H"), &residual);
                to.solve(at, "operator", normal)?;
                to.solve(at, "data", data)?;
            }
        }
        if self.explicit && !self.simultaneous {
            to.solve(at, "solver", "direct")?;
            to.solve(at, "columns", true)?;
        }
        match &self.m0 {
            Some(m0) => {
                to.output("minv", [("to", "model".into()), ("plus", m0.as_str().into())])?;
            }
            None => to.output("minv", [("to", "model".into())])?,
        }
        datar(to, &residual)
    }
}
