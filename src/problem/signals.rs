//! Chirps, sums of sines and windows: from what the file says to the functions that give them.

use crate::spec::{ChirpMethod, SignalSpec, TimeAxis, WindowShape};
use crate::synthetics::signals::{Chirp, Shape, Sweep, sines, window};

/// Gives the values of a signal.
pub(super) type Run = Box<dyn Fn() -> Vec<f64> + Send + Sync>;

/// The number of samples of a signal, and what gives them.
pub(super) fn of(spec: &SignalSpec) -> (usize, Run) {
    let times = |axis: TimeAxis| (0..axis.nt).map(move |k| axis.ot + k as f64 * axis.dt);
    match spec.clone() {
        SignalSpec::Chirp(spec) => {
            let sweep = match spec.method {
                ChirpMethod::Linear => Sweep::Linear,
                ChirpMethod::Quadratic => Sweep::Quadratic,
                ChirpMethod::Logarithmic => Sweep::Logarithmic,
                ChirpMethod::Hyperbolic => Sweep::Hyperbolic,
            };
            let chirp = Chirp { f0: spec.f0, t1: spec.t1, f1: spec.f1, sweep, phi: spec.phi };
            let axis = spec.axis;
            (axis.nt, Box::new(move || times(axis).map(|t| chirp.at(t)).collect()))
        }
        SignalSpec::Sines { axis, sines: all } => {
            (axis.nt, Box::new(move || times(axis).map(|t| sines(&all, t)).collect()))
        }
        SignalSpec::Window { shape, num, sym } => {
            let shape = of_shape(shape);
            (num, Box::new(move || window(shape, num, sym)))
        }
    }
}

fn of_shape(shape: WindowShape) -> Shape {
    match shape {
        WindowShape::Boxcar => Shape::Boxcar,
        WindowShape::Triang => Shape::Triang,
        WindowShape::Bartlett => Shape::Bartlett,
        WindowShape::Parzen => Shape::Parzen,
        WindowShape::Bohman => Shape::Bohman,
        WindowShape::Barthann => Shape::Barthann,
        WindowShape::Cosine => Shape::Cosine,
        WindowShape::Lanczos => Shape::Lanczos,
        WindowShape::Cosines(all) => Shape::Cosines(all),
        WindowShape::GeneralHamming(alpha) => Shape::GeneralHamming(alpha),
        WindowShape::Tukey(alpha) => Shape::Tukey(alpha),
        WindowShape::Gaussian(std) => Shape::Gaussian(std),
        WindowShape::GeneralGaussian(p, sig) => Shape::GeneralGaussian(p, sig),
        WindowShape::Exponential(tau) => Shape::Exponential(tau),
        WindowShape::Kaiser(beta) => Shape::Kaiser(beta),
    }
}
