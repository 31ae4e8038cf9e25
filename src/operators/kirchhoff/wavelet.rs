//! Applies the factor of the wave equation to a wavelet's spectrum.

use crate::scalar::C128;

/// Multiplies a wavelet's spectrum by `sqrt(i 2 pi f)` in two dimensions, by `-i 2 pi f` in three.
/// PyLops: `Kirchhoff._wavelet_reshaping`. The transform is a plain sum, as wavelets are short.
pub(super) fn filtered(wav: &[f64], dt: f64, ndim: usize) -> Vec<f64> {
    let n = wav.len();
    let turn = |k: usize, sign: f64| {
        C128::from_polar(1.0, sign * std::f64::consts::TAU * (k % n) as f64 / n as f64)
    };
    let spectrum: Vec<C128> = (0..n / 2 + 1)
        .map(|k| {
            let sum: C128 = wav.iter().enumerate().map(|(j, w)| turn(j * k, -1.0) * w).sum();
            let omega = C128::new(0.0, std::f64::consts::TAU * k as f64 / (n as f64 * dt));
            if ndim == 2 { sum * omega.sqrt() } else { -sum * omega }
        })
        .collect();
    // Bins between zero and Nyquist represent two frequencies.
    let weight = |k: usize| if k == 0 || 2 * k == n { 1.0 } else { 2.0 };
    let sample = |j: usize| {
        let terms = spectrum.iter().enumerate().map(|(k, y)| (turn(j * k, 1.0) * y).re * weight(k));
        terms.sum::<f64>() / n as f64
    };
    (0..n).map(sample).collect()
}
