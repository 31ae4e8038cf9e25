//! Pre-stack seismic modelling as an operator on the wavelet.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Banded, Value};
use crate::io::Array;
use crate::operators::avo::{Keys, Linearization, PARAMETERS, Reflectivity, half};
use crate::operators::convolution::full;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stencil::{self, Kind};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<PrestackWaveletModelling>("PrestackWaveletModelling");

/// Pre-stack seismic modelling of known logs of elastic parameters, as an operator on the wavelet.
///
/// ```text
/// d(a, i) = sum_j r(a, i + wavc - j) w_j,   r = G D m
/// ```
/// with the centered `FirstDerivative` D of order 3 and step 1, and G the `AVOLinearModelling`. Model
/// `(nwav,)`, data `(ntheta, nt0)`. By default `dtype` is that of `m`. PyLops:
/// `PrestackWaveletModelling`, whose data are flat.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct PrestackWaveletModelling {
    /// Logs of the elastic parameters, `(nt0, 3)`.
    m: ArrayParam,
    /// Angles of incidence in degrees, a list.
    theta: ArrayParam,
    /// Number of samples of the wavelet.
    nwav: usize,
    /// Sample of the wavelet at time zero; by default `nwav // 2`.
    wavc: Option<usize>,
    /// Ratio of S to P velocity: a number, or one for each time sample.
    #[serde(default = "half")]
    vsvp: ArrayParam,
    /// `akirich`, `fatti` or `ps`.
    #[serde(default)]
    linearization: Linearization,
}

impl Parameters for PrestackWaveletModelling {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let logs = at.kernel("m", &self.m, dtype, scope)?;
        let ArrayType { dims, dtype } = logs.ty().clone();
        let label = format!("expected (nt0, {PARAMETERS}), found {}", show_dims(&dims));
        at.require(dims.len() == 2 && dims[0] > 0 && dims[1] == PARAMETERS, "m", label)?;
        let nwav = at.count("nwav", self.nwav)?;
        let centre = self.wavc.unwrap_or(nwav / 2);
        let label = format!("expected a sample of {nwav}, from 0 to {}", nwav - 1);
        at.require(centre < nwav, "wavc", label)?;
        let (theta, vsvp, linearization) = (&self.theta, &self.vsvp, self.linearization);
        let keys = Keys { theta, vsvp, linearization, times: Some((dims[0], "m")) };
        let (reflectivity, nt) = keys.read(dtype, scope, at)?;
        at.fits("nwav", vec![reflectivity.angles, nt, nwav])?;
        let rows = stencil::first(nt, 1.0, Kind::Centered, false, 3);
        let model = ArrayType::new([nwav], dtype);
        Some(Arc::new(Built { logs, reflectivity, rows, model, centre }))
    }
}

#[derive(Debug)]
struct Built {
    logs: Array,
    reflectivity: Reflectivity,
    /// The derivative.
    rows: Banded,
    model: ArrayType,
    centre: usize,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, w: &Value) -> graph::Result<Value> {
        let contrasts = w.constant(&self.logs).stencil(0, self.rows.clone())?;
        let r = self.reflectivity.apply(&contrasts, 0, 1)?.permute(&[1, 0])?;
        let w = w.reshape(&[1, self.model.len()])?.broadcast(0, r.dims()[0])?;
        full(&w, &[1], &r)?.slice(1, self.centre, r.dims()[1], 1)
    }
}
