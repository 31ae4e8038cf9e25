//! One-way propagation in a homogeneous medium.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::io::{Array, Formula};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::spectral::SpectralFilter;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;
use crate::synthetics::wavenumbers::Propagation;

pub(crate) const ENTRY: Entry = Entry::of::<PhaseShift>("PhaseShift");

/// One-way propagation over a depth in a homogeneous medium; the adjoint propagates back.
///
/// ```text
/// d = F^H P F m,   P = exp(-2 pi i dz sqrt((f/vel)^2 - kx^2 [- ky^2]))
/// ```
/// with the Fourier transform F over time and space; evanescent waves are damped, by exp(-2 pi |dz|
/// |kz|). P has one number for each Fourier coefficient. Model and data `(nt, nx)` or `(nt, nx, ny)`,
/// real. PyLops: `PhaseShift`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct PhaseShift {
    /// Velocity.
    vel: f64,
    /// Depth to propagate over.
    dz: f64,
    /// Number of time samples.
    nt: usize,
    /// Frequencies from zero on, in cycles, `nt // 2 + 1` of them, as NumPy's `rfftfreq` gives them.
    freq: ArrayParam,
    /// Wavenumbers along x in cycles, zero in the middle, one for each of the nx samples: NumPy's
    /// `fftshift` of `fftfreq`.
    kx: ArrayParam,
    /// Wavenumbers along y.
    ky: Option<ArrayParam>,
}

impl Parameters for PhaseShift {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let label = format!("expected a velocity above 0, found {}", self.vel);
        at.require(self.vel > 0.0 && self.vel.is_finite(), "vel", label)?;
        at.require(self.dz.is_finite(), "dz", "expected a finite depth")?;
        let nt = at.count("nt", self.nt)?;
        let mut axis = |key: &str, param: &ArrayParam, at: &mut Checker<'_>| {
            let array = at.array(key, param, DType::Float64, scope)?;
            let found = array.ty().dims.clone();
            let label = format!("expected a list of numbers, found dims {}", show_dims(&found));
            at.require(found.len() == 1 && found[0] > 0, key, label)?;
            at.as_type(key, array, DType::Float64)
        };
        let freq = axis("freq", &self.freq, at)?;
        let label = format!(
            "expected {} frequencies, those of {nt} real samples, found {}",
            nt / 2 + 1,
            freq.ty().len()
        );
        at.require(freq.ty().len() == nt / 2 + 1, "freq", label)?;
        let mut inputs = vec![freq, axis("kx", &self.kx, at)?];
        if let Some(ky) = &self.ky {
            inputs.push(axis("ky", ky, at)?);
        }
        let lengths: Vec<usize> = inputs.iter().map(|a| a.ty().len()).collect();
        let nffts = at.fits("kx", [&[nt], &lengths[1..]].concat())?;
        let filter = propagator(&self, lengths, inputs, dtype, at)?;
        let model = ArrayType::new(nffts.clone(), dtype.real());
        Some(Arc::new(Built { filter: SpectralFilter { nffts, halved: Some(0), filter }, model }))
    }
}

/// The factors P, of the dims that they are computed from.
fn propagator(
    shift: &PhaseShift,
    dims: Vec<usize>,
    inputs: Vec<Array>,
    dtype: DType,
    at: &mut Checker<'_>,
) -> Option<Array> {
    let wave = Propagation { vel: shift.vel, dz: shift.dz };
    // Of a wavenumber axis with zero in the middle, in the order of a transform's bins. PyLops' transforms
    // over space have the opposite sign.
    let bins = |k: &[f64]| -> Vec<f64> {
        let n = k.len();
        (0..n).map(|bin| k[((n - bin) % n + n / 2) % n]).collect()
    };
    let run = move |inputs: &[Vec<f64>]| {
        let ky = inputs.get(2).map_or_else(|| vec![0.0], |ky| bins(ky));
        Ok(wave.factors(&inputs[0], &bins(&inputs[1]), &ky))
    };
    let ty = ArrayType::new(dims, dtype.complex());
    let formula = Formula { inputs, ty, scratch: 0, run: Box::new(run) };
    Some(at.made("kx", formula.array())?.named("propagator"))
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
