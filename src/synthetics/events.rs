//! Seismic events, as PyLops' `utils.seismicevents` makes them: at each trace a spike at the event's
//! time, spread over the two samples around it, then a wavelet centred on it.

use rayon::prelude::*;

/// When an event comes to a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moveout {
    /// `t0 + px x + py y + pxx x^2 + pyy y^2`.
    Polynomial {
        /// Time at the origin.
        t0: f64,
        /// Slowness along x.
        px: f64,
        /// Slowness along y.
        py: f64,
        /// Curvature along x.
        pxx: f64,
        /// Curvature along y.
        pyy: f64,
    },
    /// `sqrt(t0^2 + x^2 / vx^2 + y^2 / vy^2)`.
    Hyperbolic {
        /// Time at the origin.
        t0: f64,
        /// Velocity along x.
        vx: f64,
        /// Velocity along y.
        vy: f64,
    },
}

impl Moveout {
    /// A plane wave of velocity `v` that comes at an angle `theta` in the direction `phi`, both in
    /// degrees; `phi` is 0 in two dimensions.
    pub fn linear(t0: f64, v: f64, theta: f64, phi: f64) -> Moveout {
        let (sin, phi) = (libm::sin(theta.to_radians()), phi.to_radians());
        let (px, py) = (sin * libm::cos(phi) / v, sin * libm::sin(phi) / v);
        Moveout::Polynomial { t0, px, py, pxx: 0.0, pyy: 0.0 }
    }

    fn time(&self, x: f64, y: f64) -> f64 {
        match *self {
            Moveout::Polynomial { t0, px, py, pxx, pyy } => {
                t0 + px * x + py * y + pxx * (x * x) + pyy * (y * y)
            }
            Moveout::Hyperbolic { t0, vx, vy } => {
                (t0 * t0 + x * x / (vx * vx) + y * y / (vy * vy)).sqrt()
            }
        }
    }
}

/// A regular axis: `origin`, `origin + step`, and so on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampledAxis {
    /// First coordinate.
    pub origin: f64,
    /// Difference of neighbours.
    pub step: f64,
    /// Number of coordinates.
    pub num: usize,
}

impl SampledAxis {
    /// An axis of the one coordinate 0.
    pub const ORIGIN: SampledAxis = SampledAxis { origin: 0.0, step: 1.0, num: 1 };

    fn at(&self, i: usize) -> f64 {
        self.origin + i as f64 * self.step
    }
}

/// Traces of dims (y, x, t) with events, each a moveout and an amplitude.
///
/// A spike at sample `k + w`, `0 <= w < 1`, is `amp (1 - w)` at `k` and `amp w` at `k + 1`; it is
/// dropped if `k` is before the first sample or `k + 1` more than half a wavelet after the last. The
/// integer is truncated, as in PyLops, so that an event less than a sample before the first is
/// extrapolated to it. Then each trace is convolved with `wav`, whose centre is sample `len / 2`;
/// an empty `wav` leaves the spikes.
///
/// PyLops' spikes (its first result) are those of a trace as long as with its wavelet: `halfway` is
/// the length of half the wavelet there, `wav.len() / 2`.
pub fn events(
    [y, x, t]: [SampledAxis; 3],
    events: &[(Moveout, f64)],
    wav: &[f64],
    halfway: usize,
) -> Vec<f64> {
    let (nt, dt) = (t.num, t.at(1) - t.at(0));
    let longer = nt + halfway;
    let mut traces = vec![0.0; y.num * x.num * nt];
    traces.par_chunks_mut(nt.max(1)).enumerate().for_each(|(number, trace)| {
        let (x_here, y_here) = (x.at(number % x.num), y.at(number / x.num));
        let mut spikes = vec![0.0; longer];
        for &(moveout, amp) in events {
            let sample = (moveout.time(x_here, y_here) - t.at(0)) / dt;
            let whole = sample.trunc();
            if (0.0..(longer.max(1) - 1) as f64).contains(&whole) {
                let (k, w) = (whole as usize, sample - whole);
                spikes[k] += amp * (1.0 - w);
                spikes[k + 1] += amp * w;
            }
        }
        if wav.is_empty() {
            trace.copy_from_slice(&spikes[..nt]);
            return;
        }
        let centre = wav.len() / 2;
        for (k, &spike) in spikes.iter().enumerate().filter(|(_, s)| **s != 0.0) {
            // Sample j of the wavelet falls on k + j - centre.
            let first = centre.saturating_sub(k);
            let start = k + first - centre;
            if start < nt && first < wav.len() {
                for (out, w) in trace[start..].iter_mut().zip(&wav[first..]) {
                    *out += w * spike;
                }
            }
        }
    });
    traces
}
