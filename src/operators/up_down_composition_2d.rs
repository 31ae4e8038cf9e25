//! Pressure and vertical velocity from upgoing and downgoing waves along a line.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::defaults::one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::obliquity::{Keys, all_percent, ten};
use crate::operators::spectral::{SpectralFilter, resized};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;

pub(crate) const ENTRY: Entry = Entry::of::<UpDownComposition2d>("UpDownComposition2D");

/// Pressure and vertical velocity along a line of receivers from downgoing and upgoing waves.
///
/// ```text
/// [    p    ]   [ F^H    0  ] [ I   I ] [ F  0 ] [ p+ ]
/// [ s v_z   ] = [  0  s F^H ] [ W  -W ] [ 0  F ] [ p- ],   s = scaling
/// ```
/// with the Fourier transform F and the factors W of `PressureToVelocity`. Model and data `(2, nr,
/// nt)`, downgoing and pressure first; complex by default, and a real `dtype` takes real parts. PyLops:
/// `UpDownComposition2D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct UpDownComposition2d {
    /// Number of time samples.
    nt: usize,
    /// Number of receivers.
    nr: usize,
    /// Time between two samples.
    dt: f64,
    /// Distance between neighbouring receivers.
    dr: f64,
    /// Density.
    rho: f64,
    /// Velocity.
    vel: f64,
    /// Lengths of the transforms over receivers and time; by default `nr` and `nt`.
    nffts: Option<Vec<usize>>,
    /// Percentage of the wavenumbers of propagating waves that are kept.
    #[serde(default = "all_percent")]
    critical: f64,
    /// Length of the running mean that smooths W.
    #[serde(default = "ten")]
    ntaper: usize,
    /// Factor s of the velocity.
    #[serde(default = "one")]
    scaling: f64,
}

impl Parameters for UpDownComposition2d {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let keys = Keys {
            nt: self.nt,
            nr: &[self.nr],
            dt: self.dt,
            dr: &[self.dr],
            rho: self.rho,
            vel: self.vel,
            nffts: self.nffts.as_deref(),
            critical: self.critical,
            ntaper: self.ntaper,
        };
        composition(&keys, self.scaling, dtype, at)
    }
}

/// The operator along one or two axes of receivers. `dtype` is the one given, or the file's default.
pub(super) fn composition(
    keys: &Keys<'_>,
    scaling: f64,
    dtype: DType,
    at: &mut Checker<'_>,
) -> Option<Op> {
    let label = "expected a finite number other than 0";
    at.require(scaling.is_finite() && scaling != 0.0, "scaling", label)?;
    let dtype = at.complex_dtype(dtype);
    let (dims, filter) = keys.read(false, dtype, at)?;
    let dims = at.fits("nr", [&[2], dims.as_slice()].concat())?;
    Some(Arc::new(Built { filter, scaling, model: ArrayType { dims, dtype } }))
}

#[derive(Debug)]
struct Built {
    filter: SpectralFilter,
    scaling: f64,
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let dims = &self.model.dims[1..];
        let wave = |k: usize| x.slice(0, k, 1, 1)?.reshape(dims);
        let (down, up) = (wave(0)?, wave(1)?);
        // F^H F keeps the samples that the transforms take.
        let mut pressure = down.add(&up)?;
        for (axis, (&n, &nfft)) in dims.iter().zip(&self.filter.nffts).enumerate() {
            pressure = resized(&resized(&pressure, axis, nfft.min(n))?, axis, n)?;
        }
        let velocity = self.filter.apply(&down.add(&up.scale(-1.0))?)?.scale(self.scaling);
        let both = [&[1], dims].concat();
        Value::concatenate(&[pressure.reshape(&both)?, velocity.reshape(&both)?], 0)
    }
}
