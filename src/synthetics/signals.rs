//! Chirps and sums of sines, and the windows of NumPy and SciPy. Sines, exponentials and powers are those
//! of the `libm` crate: the system's differ between machines in the last bit.

use std::f64::consts::{PI, TAU};

/// `cos(phase)` of a linear, quadratic, logarithmic or hyperbolic chirp, as `scipy.signal.chirp` has it.
#[derive(Clone, Copy, Debug)]
pub struct Chirp {
    /// Frequency at time 0.
    pub f0: f64,
    /// Time of the second frequency.
    pub t1: f64,
    /// Frequency at that time.
    pub f1: f64,
    /// How the frequency goes.
    pub sweep: Sweep,
    /// Phase in degrees.
    pub phi: f64,
}

/// How the frequency of a chirp goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// Linearly with time.
    Linear,
    /// With the square of time.
    Quadratic,
    /// Exponentially.
    Logarithmic,
    /// As the reciprocal of time.
    Hyperbolic,
}

impl Chirp {
    /// Its value at a time.
    pub fn at(&self, t: f64) -> f64 {
        let Chirp { f0, t1, f1, sweep, phi } = *self;
        let phase = match sweep {
            // 2 pi integral of f
            _ if f0 == f1 => TAU * f0 * t,
            Sweep::Linear => TAU * (f0 * t + 0.5 * (f1 - f0) / t1 * t * t),
            Sweep::Quadratic => TAU * (f0 * t + (f1 - f0) / (t1 * t1) * (t * t * t) / 3.0),
            Sweep::Logarithmic => {
                let beta = t1 / libm::log(f1 / f0);
                TAU * beta * f0 * (libm::pow(f1 / f0, t / t1) - 1.0)
            }
            Sweep::Hyperbolic => {
                let singular = -f1 * t1 / (f0 - f1);
                TAU * (-singular * f0) * libm::log((1.0 - t / singular).abs())
            }
        };
        libm::cos(phase + phi * PI / 180.0)
    }
}

/// The sum of `amp sin(2 pi f t + phase)` over `[f, amp, phase]`.
pub fn sines(all: &[[f64; 3]], t: f64) -> f64 {
    all.iter().map(|[f, amp, phase]| amp * libm::sin(TAU * f * t + phase)).sum()
}

/// A window of NumPy or SciPy.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Ones.
    Boxcar,
    /// A triangle whose ends are not 0.
    Triang,
    /// A triangle whose ends are 0.
    Bartlett,
    /// Parzen's, of cubic splines.
    Parzen,
    /// Bohman's: a cosine lobe convolved with itself.
    Bohman,
    /// Of Bartlett and Hann.
    Barthann,
    /// Half a period of a sine.
    Cosine,
    /// The main lobe of a sinc.
    Lanczos,
    /// `sum_k a_k cos(k x)`, `x` from -pi to pi.
    Cosines(&'static [f64]),
    /// `alpha + (1 - alpha) cos(x)`.
    GeneralHamming(f64),
    /// Flat but for its edges, the part `alpha`.
    Tukey(f64),
    /// `exp(-n^2 / (2 std^2))`.
    Gaussian(f64),
    /// `exp(-|n / sig|^(2 p) / 2)`: `p`, `sig`.
    GeneralGaussian(f64, f64),
    /// `exp(-|n| / tau)`.
    Exponential(f64),
    /// `I0(beta sqrt(1 - x^2)) / I0(beta)`, `x` from -1 to 1.
    Kaiser(f64),
}

/// A window of `num` samples; periodic windows are symmetric ones without their last sample.
pub fn window(shape: Shape, num: usize, sym: bool) -> Vec<f64> {
    if num <= 1 {
        return vec![1.0; num];
    }
    let m = if sym { num } else { num + 1 };
    (0..num).map(|n| sample(shape, n, m)).collect()
}

/// Sample `n` of `m` of a symmetric window.
fn sample(shape: Shape, n: usize, m: usize) -> f64 {
    let (last, k) = ((m - 1) as f64, n as f64);
    // From -1 to 1, and the distance from the centre in samples.
    let (x, off) = (2.0 * k / last - 1.0, k - last / 2.0);
    match shape {
        Shape::Boxcar => 1.0,
        Shape::Triang => {
            let edge = n.min(m - 1 - n) as f64;
            if m.is_multiple_of(2) {
                (2.0 * edge + 1.0) / m as f64
            } else {
                2.0 * (edge + 1.0) / (m as f64 + 1.0)
            }
        }
        Shape::Bartlett => 1.0 - x.abs(),
        Shape::Parzen => {
            let u = off.abs() / (m as f64 / 2.0);
            match off.abs() <= last / 4.0 {
                true => 1.0 - 6.0 * u * u + 6.0 * u * u * u,
                false => 2.0 * (1.0 - u) * (1.0 - u) * (1.0 - u),
            }
        }
        Shape::Bohman if n == 0 || n == m - 1 => 0.0,
        Shape::Bohman => {
            let u = x.abs();
            (1.0 - u) * libm::cos(PI * u) + libm::sin(PI * u) / PI
        }
        Shape::Barthann => {
            let u = (k / last - 0.5).abs();
            0.62 - 0.48 * u + 0.38 * libm::cos(TAU * u)
        }
        Shape::Cosine => libm::sin(PI / m as f64 * (k + 0.5)),
        Shape::Lanczos if x == 0.0 => 1.0,
        Shape::Lanczos => libm::sin(PI * x) / (PI * x),
        Shape::Cosines(all) => {
            all.iter().enumerate().map(|(j, a)| a * libm::cos(j as f64 * PI * x)).sum()
        }
        Shape::GeneralHamming(alpha) => alpha + (1.0 - alpha) * libm::cos(PI * x),
        Shape::Tukey(alpha) if alpha <= 0.0 => 1.0,
        Shape::Tukey(alpha) if alpha >= 1.0 => sample(Shape::Cosines(&[0.5, 0.5]), n, m),
        Shape::Tukey(alpha) => {
            let width = (alpha * last / 2.0).floor() as usize;
            let edge = 2.0 * k / alpha / last;
            if n <= width {
                0.5 * (1.0 + libm::cos(PI * (edge - 1.0)))
            } else if n < m - width - 1 {
                1.0
            } else {
                0.5 * (1.0 + libm::cos(PI * (edge - 2.0 / alpha + 1.0)))
            }
        }
        Shape::Gaussian(std) => libm::exp(-off * off / (2.0 * std * std)),
        Shape::GeneralGaussian(p, sig) => libm::exp(-0.5 * libm::pow((off / sig).abs(), 2.0 * p)),
        Shape::Exponential(tau) => libm::exp(-off.abs() / tau),
        Shape::Kaiser(beta) => bessel(beta * (1.0 - x * x).max(0.0).sqrt()) / bessel(beta),
    }
}

/// `I0`, the modified Bessel function of order 0: `sum_k ((x / 2)^k / k!)^2`, whose terms are positive.
fn bessel(x: f64) -> f64 {
    let half = x / 2.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    loop {
        term *= half / k * (half / k);
        sum += term;
        if term <= sum * 1e-17 || !sum.is_finite() {
            return sum;
        }
        k += 1.0;
    }
}
