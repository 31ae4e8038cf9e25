//! Pressure and vertical velocity from upgoing and downgoing waves over an area.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::defaults::one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::obliquity::{Keys, all_percent, ten};
use crate::operators::up_down_composition_2d::composition;
use crate::operators::{Op, Scope};
use crate::scalar::DType;

pub(crate) const ENTRY: Entry = Entry::of::<UpDownComposition3d>("UpDownComposition3D");

/// Pressure and vertical velocity over an area of receivers from downgoing and upgoing waves.
///
/// ```text
/// [    p    ]   [ F^H    0  ] [ I   I ] [ F  0 ] [ p+ ]
/// [ s v_z   ] = [  0  s F^H ] [ W  -W ] [ 0  F ] [ p- ],   s = scaling
/// ```
/// with the Fourier transform F and the factors W of `PressureToVelocity`. Model and data `(2, nry,
/// nrx, nt)`, downgoing and pressure first; complex by default, and a real `dtype` takes real parts.
/// PyLops: `UpDownComposition3D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct UpDownComposition3d {
    /// Number of time samples.
    nt: usize,
    /// Numbers of receivers along y and x.
    nr: [usize; 2],
    /// Time between two samples.
    dt: f64,
    /// Distances between neighbouring receivers along y and x.
    dr: [f64; 2],
    /// Density.
    rho: f64,
    /// Velocity.
    vel: f64,
    /// Lengths of the transforms over y, x and time; by default `nr` and `nt`.
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

impl Parameters for UpDownComposition3d {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let keys = Keys {
            nt: self.nt,
            nr: &self.nr,
            dt: self.dt,
            dr: &self.dr,
            rho: self.rho,
            vel: self.vel,
            nffts: self.nffts.as_deref(),
            critical: self.critical,
            ntaper: self.ntaper,
        };
        composition(&keys, self.scaling, dtype, at)
    }
}
