//! The direct wave of a point source in a homogeneous acoustic medium, as PyLops'
//! `waveeqprocessing.marchenko.directwave` makes it.

use std::f64::consts::PI;

use num_complex::Complex;
use rayon::prelude::*;
use rustfft::FftPlanner;

/// What the wave is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DirectWave<'a> {
    /// A wavelet; only its amplitude spectrum counts, so that the result's is zero-phase.
    pub wav: &'a [f64],
    /// Samples in time.
    pub nt: usize,
    /// Time between samples.
    pub dt: f64,
    /// Length of the Fourier transform; at least `nt`.
    pub nfft: usize,
    /// Whether to differentiate in time: a source of injection rate.
    pub derivative: bool,
}

impl DirectWave<'_> {
    /// The wave at receivers of traveltimes `trav`, `[nt, receivers]`; in two dimensions, or in three
    /// if there are distances `dist`:
    ///
    /// ```text
    /// 2d   -i/4 H0(w trav + 1e-10)            H0 the second Hankel function, J0 - i Y0
    /// 3d   exp(-i w trav) / (4 pi dist)
    /// ```
    ///
    /// times `|W(w)|` of the wavelet and, for the derivative, `i w`. Traveltimes that are negative and
    /// distances that are not positive are errors that name their receiver.
    pub fn at(&self, trav: &[f64], dist: Option<&[f64]>) -> Result<Vec<f64>, String> {
        check("traveltime", trav, |t| t >= 0.0)?;
        check("distance", dist.unwrap_or_default(), |d| d > 0.0)?;
        let nfft = self.nfft.max(self.nt).max(1);
        let bins = nfft / 2 + 1;
        let mut planner = FftPlanner::new();
        let mut spectrum: Vec<Complex<f64>> = self.wav.iter().map(|&w| w.into()).collect();
        spectrum.resize(nfft, Complex::default());
        planner.plan_fft_forward(nfft).process(&mut spectrum);
        let amplitude: Vec<f64> = spectrum[..bins].iter().map(|w| w.norm() * self.dt).collect();
        let inverse = planner.plan_fft_inverse(nfft);
        let column = |(r, &time): (usize, &f64)| {
            let mut wave = vec![Complex::default(); nfft];
            for (k, &a) in amplitude.iter().enumerate() {
                let omega = 2.0 * PI * k as f64 / (self.dt * nfft as f64);
                let mut green = match dist {
                    None => {
                        let z = omega * time + 1e-10;
                        // -i (J0 - i Y0) / 4
                        Complex::new(-libm::y0(z), -libm::j0(z)) * (a / 4.0)
                    }
                    Some(dist) => {
                        let (sin, cos) = libm::sincos(omega * time);
                        Complex::new(cos, -sin) * (a / (4.0 * PI * dist[r]))
                    }
                };
                if self.derivative {
                    green *= Complex::new(0.0, omega);
                }
                wave[k] = green;
                if k > 0 {
                    wave[nfft - k] = if 2 * k == nfft { green.re.into() } else { green.conj() };
                }
            }
            wave[0] = wave[0].re.into();
            inverse.process(&mut wave);
            let scale = 1.0 / (nfft as f64 * self.dt);
            wave[..self.nt].iter().map(|w| w.re * scale).collect::<Vec<f64>>()
        };
        let columns: Vec<Vec<f64>> = trav.par_iter().enumerate().map(column).collect();
        Ok((0..self.nt).flat_map(|i| columns.iter().map(move |c| c[i])).collect())
    }
}

fn check(what: &str, values: &[f64], right: impl Fn(f64) -> bool) -> Result<(), String> {
    match values.iter().position(|&v| !(right(v) && v.is_finite())) {
        Some(r) => Err(format!("{what} {r} is {}", values[r])),
        None => Ok(()),
    }
}
