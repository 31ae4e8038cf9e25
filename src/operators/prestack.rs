//! Pre-stack seismic modelling.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Banded, Value};
use crate::io::Array;
use crate::operators::avo::{Keys, Linearization, PARAMETERS, Reflectivity, half};
use crate::operators::convolution::{Algorithm, convolve};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stencil::{self, Kind};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<PrestackLinearModelling>("PrestackLinearModelling");

/// Pre-stack seismic modelling: the time derivatives of three logs of elastic parameters, reflected
/// by angle and convolved with a wavelet.
///
/// ```text
/// d = W G D m,   (W r)_i = sum_j w_{i-j+c} r_j,   c = nw // 2
/// ```
/// with the `FirstDerivative` D of order 3 and step 1, and G the `AVOLinearModelling`. Model `(nt0,
/// 3, *spatdims)`, data `(nt0, ntheta, *spatdims)`; with `explicit`, model `(3, nt0, *spatdims)`, data
/// `(ntheta, nt0, *spatdims)`. By default `dtype` is that of the wavelet. PyLops:
/// `PrestackLinearModelling`; its explicit operators take wavelets of one axis only, have one axis
/// for parameters and time, and the adjoint of its wavelets by angle is wrong.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct PrestackLinearModelling {
    /// Wavelet, with time zero at sample `nw // 2`; or `(nw, ntheta)`, one for each angle, or `(nw,
    /// ntheta, *spatdims)`, where an axis of length 1 is the same for all.
    wav: ArrayParam,
    /// Angles of incidence in degrees, a list.
    theta: ArrayParam,
    /// Ratio of S to P velocity: a number, or one for each time sample.
    #[serde(default = "half")]
    vsvp: ArrayParam,
    /// Number of time samples; by default that of `vsvp`, or 1.
    nt0: Option<usize>,
    /// Dims of the spatial axes, if there are any.
    spatdims: Option<OneOrMany<usize>>,
    /// `akirich`, `fatti` or `ps`.
    #[serde(default)]
    linearization: Linearization,
    /// Puts parameters and angles before time, and marks the operator as a dense matrix for solvers
    /// that distinguish them. The matrix is not stored.
    #[serde(default)]
    explicit: bool,
    /// `centered` or `forward` derivative.
    #[serde(default)]
    kind: Kind,
}

impl Parameters for PrestackLinearModelling {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let wav = at.kernel("wav", &self.wav, dtype, scope)?;
        let dtype = wav.ty().dtype;
        let (theta, vsvp, linearization) = (&self.theta, &self.vsvp, self.linearization);
        let times = self.nt0.map(|nt| (nt, "nt0"));
        let keys = Keys { theta, vsvp, linearization, times };
        let (reflectivity, nt) = keys.read(dtype, scope, at)?;
        let other = at.other_dims("spatdims", &self.spatdims)?;
        at.require(self.kind != Kind::Backward, "kind", "expected `centered` or `forward`")?;
        let angles = reflectivity.angles;
        at.fits("theta", [&[nt, angles], other.as_slice()].concat())?;
        let wav = wavelets(wav, angles, &other, self.explicit, at)?;
        let pair = if self.explicit { [PARAMETERS, nt] } else { [nt, PARAMETERS] };
        let dims = at.fits("spatdims", [&pair, other.as_slice()].concat())?;
        let rows = stencil::first(nt, 1.0, self.kind, false, 3);
        let (axes, dense) = match self.explicit {
            true => ((1, 0), other.is_empty()),
            false => ((0, 1), false),
        };
        let model = ArrayType { dims, dtype };
        Some(Arc::new(Built { wav, reflectivity, rows, model, axes, dense }))
    }
}

/// A wavelet, or wavelets with the axes of the data.
fn wavelets(
    wav: Array,
    angles: usize,
    other: &[usize],
    explicit: bool,
    at: &mut Checker<'_>,
) -> Option<Array> {
    let mut dims = wav.ty().dims.clone();
    let all = [&[angles], other].concat();
    let label = format!(
        "expected (nw,), (nw, ntheta) = (nw, {angles}), or (nw, ntheta, *spatdims), found {}",
        show_dims(&dims)
    );
    let fits = matches!(dims.len(), 1 | 2) || dims.len() == 1 + all.len();
    let fits = fits && dims.iter().skip(1).zip(&all).all(|(&n, &m)| n == m || n == 1);
    at.require(fits && !dims.contains(&0), "wav", label)?;
    if dims.len() == 1 {
        return Some(wav);
    }
    dims.resize(1 + all.len(), 1);
    let wav = at.reshaped("wav", wav, &dims)?;
    if !explicit {
        return Some(wav);
    }
    let mut axes: Vec<isize> = (0..dims.len() as isize).collect();
    axes.swap(0, 1);
    at.made("wav", wav.transpose(&axes))
}

#[derive(Debug)]
struct Built {
    wav: Array,
    reflectivity: Reflectivity,
    /// The derivative.
    rows: Banded,
    model: ArrayType,
    /// Axes of times, and of parameters or angles.
    axes: (usize, usize),
    /// Whether it is a matrix of a model of one trace.
    dense: bool,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let (times, parameters) = self.axes;
        let contrasts = x.stencil(times, self.rows.clone())?;
        let r = self.reflectivity.apply(&contrasts, times, parameters)?;
        let wav = &self.wav;
        let along = if wav.ty().dims.len() == 1 { 0 } else { times };
        convolve(&r, &[times], wav, &[wav.ty().dims[along] / 2], Algorithm::of(wav))
    }

    fn is_explicit(&self) -> bool {
        self.dense
    }
}
