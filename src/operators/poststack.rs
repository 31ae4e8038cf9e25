//! Post-stack seismic modelling.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Banded, Knots, Value};
use crate::io::Array;
use crate::operators::convolution::{Algorithm, convolve};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stencil::{self, Kind};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<PoststackLinearModelling>("PoststackLinearModelling");

/// Post-stack seismic modelling: the time derivative of a log impedance, convolved with a wavelet.
///
/// ```text
/// d = W D m,   (W r)_i = sum_j w_{i-j+c} r_j   or   sum_j w_{j,i-j+c} r_j,   c = (nw-1)/2
/// ```
/// with the `FirstDerivative` D of order 3 and step 1. Model and data `(nt0, *spatdims)`. The
/// factor 1/2 of acoustic impedance must be part of the wavelet. By default `dtype` is that of the
/// wavelet. PyLops: `PoststackLinearModelling`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct PoststackLinearModelling {
    /// Wavelet of an odd number of samples, time zero in the middle; or `(nt0, nw)`, one for each
    /// time sample.
    wav: ArrayParam,
    /// Number of time samples.
    nt0: usize,
    /// Dims of the spatial axes, if there are any.
    spatdims: Option<OneOrMany<usize>>,
    /// Marks the operator as a dense matrix for solvers that distinguish them; results are the same.
    #[serde(default)]
    explicit: bool,
    /// Accepted for PyLops' sake; zeros of the matrix are never stored.
    #[serde(default)]
    sparse: bool,
    /// `centered` or `forward` derivative.
    #[serde(default)]
    kind: Kind,
}

impl Parameters for PoststackLinearModelling {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let nt0 = at.count("nt0", self.nt0)?;
        let other = at.other_dims("spatdims", &self.spatdims)?;
        let dims = at.fits("nt0", [&[nt0], other.as_slice()].concat())?;
        let wav = at.kernel("wav", &self.wav, dtype, scope)?;
        let ArrayType { dims: found, dtype } = wav.ty().clone();
        let label =
            format!("expected (nw,) or (nt0, nw) = ({nt0}, nw), found {}", show_dims(&found));
        let fits = found.len() == 1 || (found.len() == 2 && found[0] == nt0);
        at.require(fits, "wav", label)?;
        let nw = found[found.len() - 1];
        at.require(nw % 2 == 1, "wav", format!("expected an odd number of samples, found {nw}"))?;
        at.require(self.kind != Kind::Backward, "kind", "expected `centered` or `forward`")?;
        at.require(self.explicit || !self.sparse, "sparse", "only with `explicit = true`")?;
        let rows = stencil::first(nt0, 1.0, self.kind, false, 3);
        let model = ArrayType { dims, dtype };
        Some(Arc::new(Built { wav, model, rows, explicit: self.explicit && other.is_empty() }))
    }
}

#[derive(Debug)]
struct Built {
    wav: Array,
    model: ArrayType,
    /// The derivative.
    rows: Banded,
    explicit: bool,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let r = x.stencil(0, self.rows.clone())?;
        if self.wav.ty().dims.len() == 1 {
            let centre = self.wav.ty().len() / 2;
            return convolve(&r, &[0], &self.wav, &[centre], Algorithm::of(&self.wav));
        }
        // A wavelet at every sample of time, which is not the axis of rows.
        let nt = r.dims()[0];
        let y = r.reshape(&[nt, r.ty().len() / nt])?;
        y.non_stationary(&[0], vec![Knots::every(nt)], &x.constant(&self.wav))?.reshape(r.dims())
    }

    fn is_explicit(&self) -> bool {
        self.explicit
    }
}
