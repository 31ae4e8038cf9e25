//! Factors of waves by frequency and horizontal wavenumber: one-way propagation, and the ratio of
//! vertical velocity to pressure.

use std::f64::consts::TAU;

use ndarray::{ArrayD, Axis};
use rayon::prelude::*;

use super::windows;

/// NumPy's `fftfreq`: the frequencies of the bins of a transform of `n` samples, `d` apart.
pub fn frequencies(n: usize, d: f64) -> Vec<f64> {
    let step = 1.0 / (n as f64 * d);
    let half = n.div_ceil(2);
    (0..n).map(|k| if k < half { k as f64 } else { k as f64 - n as f64 } * step).collect()
}

/// NumPy's `rfftfreq`: those of a transform of real samples.
pub fn real_frequencies(n: usize, d: f64) -> Vec<f64> {
    let step = 1.0 / (n as f64 * d);
    (0..n / 2 + 1).map(|k| k as f64 * step).collect()
}

/// Factors `exp(-2 pi i f t)` of times by frequency `[times, frequencies]`, real and imaginary parts in
/// turn.
pub fn shifts(times: &[f64], frequencies: &[f64]) -> Vec<f64> {
    let factor = |t: f64, f: f64| {
        let (sin, cos) = libm::sincos(-TAU * f * t);
        [cos, sin]
    };
    times.iter().flat_map(|&t| frequencies.iter().flat_map(move |&f| factor(t, f))).collect()
}

/// One-way propagation over a distance.
#[derive(Clone, Copy, Debug)]
pub struct Propagation {
    /// Velocity.
    pub vel: f64,
    /// Distance; backwards if negative.
    pub dz: f64,
}

impl Propagation {
    /// Factors `[f, kx, ky]`, real and imaginary parts in turn:
    ///
    /// ```text
    /// exp(-2 pi i dz sqrt(q))      q = (f / vel)^2 - kx^2 - ky^2 >= 0
    /// exp(-2 pi |dz| sqrt(-q))     evanescent waves
    /// ```
    pub fn factors(&self, freq: &[f64], kx: &[f64], ky: &[f64]) -> Vec<f64> {
        let Propagation { vel, dz } = *self;
        let mut factors = vec![0.0; 2 * freq.len() * kx.len() * ky.len()];
        let row = 2 * kx.len() * ky.len();
        factors.par_chunks_mut(row.max(1)).zip(freq).for_each(|(row, f)| {
            let squares = kx.iter().flat_map(|kx| ky.iter().map(move |ky| (kx * kx, ky * ky)));
            for (factor, (kx2, ky2)) in row.chunks_exact_mut(2).zip(squares) {
                let k = f / vel;
                let q = k * k - kx2 - ky2;
                if q < 0.0 {
                    factor[0] = libm::exp(-TAU * dz.abs() * (-q).sqrt());
                } else {
                    let (sin, cos) = libm::sincos(-TAU * dz * q.sqrt());
                    factor.copy_from_slice(&[cos, sin]);
                }
            }
        });
        factors
    }
}

/// The ratio of vertical velocity to pressure of plane waves, and its inverse.
#[derive(Clone, Debug)]
pub struct Obliquity {
    /// Bins and sampling of the axes of receivers and of time, the last one.
    pub axes: Vec<(usize, f64)>,
    /// Density.
    pub rho: f64,
    /// Velocity.
    pub vel: f64,
    /// Wavenumbers from this part of the largest of propagating waves on are cut off.
    pub critical: f64,
    /// Samples of the running mean that smooths the cut, forth and back along each axis.
    pub ntaper: usize,
    /// Pressure from velocity instead of velocity from pressure.
    pub topressure: bool,
    /// Whether evanescent waves have factors, which are imaginary; else zeros.
    pub evanescent: bool,
}

impl Obliquity {
    /// Factors in the order of a Fourier transform of all axes, real and imaginary parts in turn if
    /// `evanescent`:
    ///
    /// ```text
    /// kz / (rho |f|),   or its inverse,   kz = sqrt((f / vel)^2 - kx^2 [- ky^2])
    /// ```
    pub fn factors(&self) -> Result<Vec<f64>, String> {
        let parts = if self.evanescent { 2 } else { 1 };
        let Some((&(nt, dt), receivers)) = self.axes.split_last() else { return Ok(Vec::new()) };
        let freq = frequencies(nt, dt);
        let waves: Vec<Vec<f64>> = receivers.iter().map(|&(n, d)| frequencies(n, d)).collect();
        let mut dims: Vec<usize> = self.axes.iter().map(|axis| axis.0).collect();
        let mut factors = vec![0.0; dims.iter().product::<usize>() * parts];
        factors.par_chunks_mut((nt * parts).max(1)).enumerate().for_each(|(number, row)| {
            let mut squares = Vec::with_capacity(waves.len());
            let mut rest = number;
            for axis in waves.iter().rev() {
                squares.push(axis[rest % axis.len()] * axis[rest % axis.len()]);
                rest /= axis.len();
            }
            squares.reverse();
            for (factor, &f) in row.chunks_exact_mut(parts).zip(&freq) {
                self.factor(f, &squares, factor);
            }
        });
        if self.evanescent {
            dims.push(2);
        }
        let count = self.axes.len();
        let mut factors = ArrayD::from_shape_vec(dims, factors).map_err(|e| e.to_string())?;
        for axis in 0..count {
            let lanes: Vec<_> = factors.lanes_mut(Axis(axis)).into_iter().collect();
            lanes.into_par_iter().try_for_each(|mut lane| {
                let mut signal = lane.to_vec();
                windows::smooth(&mut signal, self.ntaper)?;
                lane.iter_mut().zip(signal).for_each(|(to, from)| *to = from);
                Ok::<(), String>(())
            })?;
        }
        Ok(factors.into_raw_vec_and_offset().0)
    }

    /// The factor of a frequency and the squares of wavenumbers, before smoothing.
    fn factor(&self, f: f64, squares: &[f64], out: &mut [f64]) {
        let horizontal = squares.iter().sum::<f64>().sqrt();
        if horizontal >= self.critical * f.abs() / self.vel {
            return;
        }
        let k = f / self.vel;
        let q = squares.iter().fold(k * k, |q, square| q - square);
        let kz = q.abs().sqrt();
        let scaled = self.rho * f.abs();
        let (part, sign) = if q < 0.0 { (1, -1.0) } else { (0, 1.0) };
        if kz == 0.0 || part == out.len() {
            return;
        }
        // 1 / i = -i
        out[part] = if self.topressure { sign * scaled / kz } else { kz / scaled };
    }

    /// The same for the non-negative frequencies of real data: the mean of a factor and the conjugate of
    /// that of the opposite frequency and wavenumbers.
    pub fn factors_of_real_data(&self) -> Result<Vec<f64>, String> {
        let all = Obliquity { evanescent: false, ..self.clone() }.factors()?;
        let Some((&(nt, _), receivers)) = self.axes.split_last() else { return Ok(all) };
        let rows = all.len() / nt.max(1);
        let opposite = |mut row: usize| {
            let (mut opposite, mut step) = (0, 1);
            for &(n, _) in receivers.iter().rev() {
                opposite += (n - row % n) % n * step;
                (row, step) = (row / n, step * n);
            }
            opposite
        };
        let half = nt / 2 + 1;
        let mean = |row: usize, k: usize| {
            0.5 * (all[row * nt + k] + all[opposite(row) * nt + (nt - k) % nt])
        };
        Ok((0..rows).flat_map(|row| (0..half).map(move |k| mean(row, k))).collect())
    }
}
