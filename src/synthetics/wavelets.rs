//! Wavelets, as PyLops' `utils.wavelets` makes them.
//!
//! All stand on the symmetric axis of a half axis `t = 0, dt, ..., (nt - 1) dt`. As in PyLops, an
//! even `nt` loses its last sample; the result has [`samples`] samples, and its centre is in the
//! middle. Sine, cosine and exponential are those of the `libm` crate: the system's differ between
//! machines in the last bit.

use std::f64::consts::PI;

/// Samples of the half axis that take part: `nt`, less one if it is even.
fn half(nt: usize) -> usize {
    if nt.is_multiple_of(2) { nt.saturating_sub(1) } else { nt }
}

/// Samples of a wavelet of half axis `nt`; none if `nt` is 0.
pub fn samples(nt: usize) -> usize {
    (2 * half(nt)).saturating_sub(1)
}

/// Times of a wavelet's samples.
fn axis(nt: usize, dt: f64) -> impl Iterator<Item = f64> {
    let n = half(nt);
    (0..samples(nt))
        .map(move |i| if i + 1 < n { -((n - 1 - i) as f64 * dt) } else { (i + 1 - n) as f64 * dt })
}

/// Ricker's wavelet of central frequency `f0`, `(1 - 2 a^2) exp(-a^2)` with `a = pi f0 t`.
pub fn ricker(nt: usize, dt: f64, f0: f64) -> Vec<f64> {
    axis(nt, dt)
        .map(|t| {
            let a = PI * f0 * t;
            (1.0 - 2.0 * (a * a)) * libm::exp(-(a * a))
        })
        .collect()
}

/// A Gaussian, `exp(-k^2 / (2 std^2))`, with `k` and `std` in samples as in PyLops.
pub fn gaussian(nt: usize, std: f64) -> Vec<f64> {
    axis(nt, 1.0).map(|k| libm::exp(-(k * k) / (2.0 * std * std))).collect()
}

/// Klauder's wavelet: the autocorrelation of a linear sweep over the symmetric axis, divided by its
/// largest value. The sweep goes from `(f1 + f2) / 2` at `t = 0` to `f2` at its end.
pub fn klauder(nt: usize, dt: f64, [f1, f2]: [f64; 2]) -> Vec<f64> {
    let first = f1 + (f2 - f1) / 2.0;
    let last = (half(nt).max(1) - 1) as f64 * dt;
    let rate = (f2 - first) / last;
    let sweep: Vec<f64> =
        axis(nt, dt).map(|t| libm::cos(2.0 * PI * (first * t + 0.5 * rate * t * t))).collect();
    let centre = sweep.len() / 2;
    let lag = |i: usize| {
        let k = i.abs_diff(centre);
        sweep[k..].iter().zip(&sweep).map(|(a, b)| a * b).sum::<f64>()
    };
    over_largest((0..sweep.len()).map(lag).collect())
}

/// Ormsby's wavelet, whose amplitude spectrum is a trapezium with corners at the four frequencies,
/// divided by its largest value:
///
/// `(N(f4) - N(f3)) / (pi f4 - pi f3) - (N(f2) - N(f1)) / (pi f2 - pi f1)` with
/// `N(f) = sinc(f t)^2 (pi f)^2`.
pub fn ormsby(nt: usize, dt: f64, [f1, f2, f3, f4]: [f64; 4]) -> Vec<f64> {
    let (upper, lower) = (PI * f4 - PI * f3, PI * f2 - PI * f1);
    let sample = |t: f64| {
        let n = |f: f64| {
            let x = PI * f * t;
            let sinc = if x == 0.0 { 1.0 } else { libm::sin(x) / x };
            (sinc * sinc) * ((PI * f) * (PI * f))
        };
        n(f4) / upper - n(f3) / upper - n(f2) / lower + n(f1) / lower
    };
    over_largest(axis(nt, dt).map(sample).collect())
}

fn over_largest(mut wavelet: Vec<f64>) -> Vec<f64> {
    let largest = wavelet.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for w in &mut wavelet {
        *w /= largest;
    }
    wavelet
}

/// A window of NumPy, which may be laid over a wavelet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// `numpy.hanning`.
    Hanning,
    /// `numpy.hamming`.
    Hamming,
    /// `numpy.blackman`.
    Blackman,
    /// `numpy.bartlett`, a triangle.
    Bartlett,
}

/// Multiplies a wavelet with a window of its length.
pub fn taper(wavelet: &mut [f64], window: Window) {
    let n = wavelet.len();
    if n < 2 {
        return;
    }
    for (i, w) in wavelet.iter_mut().enumerate() {
        let x = (2 * i) as f64 / (n - 1) as f64 - 1.0;
        let cos = |times: f64| libm::cos(PI * times * x);
        *w *= match window {
            Window::Hanning => 0.5 + 0.5 * cos(1.0),
            Window::Hamming => 0.54 + 0.46 * cos(1.0),
            Window::Blackman => 0.42 + 0.5 * cos(1.0) + 0.08 * cos(2.0),
            Window::Bartlett => 1.0 - x.abs(),
        };
    }
}
