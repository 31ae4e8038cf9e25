//! Vertical velocity from pressure, and back.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::obliquity::{Keys, all_percent, ten};
use crate::operators::spectral::SpectralFilter;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<PressureToVelocity>("PressureToVelocity");

/// Vertical particle velocity from pressure along receivers in a homogeneous medium, or pressure from
/// velocity.
///
/// ```text
/// vz = F^H W F p,   W = kz / (rho |f|),   kz = sqrt((f/vel)^2 - kx^2 [- ky^2])
/// ```
/// with the orthonormal Fourier transform F over receivers and time; `topressure` inverts W. W is 0
/// where `kx` exceeds `critical` percent of `f/vel`, and smoothed there by a running mean over
/// `ntaper` samples, forth and back along each axis. W has one number for each Fourier coefficient.
/// Model and data `(*nr, nt)`, complex by default; a real `dtype` makes them real and takes the real
/// part. PyLops: `PressureToVelocity`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct PressureToVelocity {
    /// Number of time samples.
    nt: usize,
    /// Number of receivers, or one for each of two axes.
    nr: OneOrMany<usize>,
    /// Time between two samples.
    dt: f64,
    /// Sampling of the receivers, or one for each of two axes.
    dr: OneOrMany<f64>,
    /// Density.
    rho: f64,
    /// Velocity.
    vel: f64,
    /// Lengths of the transforms over receivers and time, in this order; by default `nr` and `nt`.
    nffts: Option<Vec<usize>>,
    /// Percentage of the wavenumbers of propagating waves that are kept.
    #[serde(default = "all_percent")]
    critical: f64,
    /// Length of the running mean that smooths W.
    #[serde(default = "ten")]
    ntaper: usize,
    /// Pressure from velocity.
    #[serde(default)]
    topressure: bool,
}

impl Parameters for PressureToVelocity {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let nr = self.nr.as_slice();
        at.require(matches!(nr.len(), 1 | 2), "nr", "expected one or two axes of receivers")?;
        let keys = Keys {
            nt: self.nt,
            nr,
            dt: self.dt,
            dr: self.dr.as_slice(),
            rho: self.rho,
            vel: self.vel,
            nffts: self.nffts.as_deref(),
            critical: self.critical,
            ntaper: self.ntaper,
        };
        let dtype = at.complex_dtype(dtype);
        let (dims, filter) = keys.read(self.topressure, dtype, at)?;
        Some(Arc::new(Built { filter, model: ArrayType { dims, dtype } }))
    }
}

#[derive(Debug)]
struct Built {
    filter: SpectralFilter,
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        self.filter.apply(x)
    }
}
