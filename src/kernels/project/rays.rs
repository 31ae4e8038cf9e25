//! Rays of a view, where they cross lines of an image, and their weights there.

use std::ops::Range;

/// Angles and detectors of a tomography, in pixels of an image whose centre is the origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Beams {
    /// Rows and columns of the image.
    pub dims: [usize; 2],
    /// Angles, in radians, counterclockwise; at zero rays run down, from row to row.
    pub angles: Vec<f64>,
    /// Number of detectors.
    pub detectors: usize,
    /// Width of a detector.
    pub width: f64,
    /// Distances of a source; without one, rays are parallel.
    pub fan: Option<Fan>,
    /// What a pixel counts.
    pub weight: Weight,
}

/// Distances of a source and of the detectors from the origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fan {
    /// From the source to the origin.
    pub source: f64,
    /// From the origin to the detectors.
    pub detector: f64,
}

/// What a pixel counts for a detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The area of the strip to the detector, over its width.
    Strip,
    /// The length of the ray to the detector's centre.
    Line,
    /// Interpolation between the two pixels of a row, or of a column, that are next to that ray.
    Linear,
}

pub(super) const STRIP: u8 = 0;
pub(super) const LINE: u8 = 1;
pub(super) const LINEAR: u8 = 2;

/// Rays that are worked on at once.
pub(super) const LANES: usize = 8;

/// Neighbouring detectors of one angle whose rays all cross rows (axis 0), or all columns (1).
pub(super) struct Rays {
    pub(super) axis: usize,
    pub(super) detectors: Range<usize>,
    pub(super) weight: Weight,
    /// Of each ray, where it crosses line 0, and how much further on it crosses the next: the edges of
    /// detectors for strips, else their centres. Some more follow, so that all lanes have one.
    starts: Vec<f64>,
    steps: Vec<f64>,
    /// The factor of each detector.
    pub(super) scale: Vec<f64>,
    /// Pixels of a line that may have a weight.
    pub(super) taps: usize,
    /// How far from its crossing a ray may reach one.
    reach: f64,
    /// The source of strips, as row and column.
    source: Option<[f64; 2]>,
}

/// A point of a ray, and its direction, in x and y.
pub(super) type Ray = ([f64; 2], [f64; 2]);

impl Beams {
    pub(super) fn ray(&self, angle: f64, u: f64) -> Ray {
        let (s, c) = angle.sin_cos();
        match self.fan {
            None => ([c * u, s * u], [s, -c]),
            Some(Fan { source, detector }) => {
                let from = [s * source, -c * source];
                (from, [c * u - s * detector - from[0], s * u + c * detector - from[1]])
            }
        }
    }

    /// Where a ray crosses line 0 of an axis, and how much further on it crosses the next.
    fn crossing(&self, ([x, y], [dx, dy]): Ray, axis: usize) -> (f64, f64) {
        let [top, left] = self.dims.map(|n| n as f64 / 2.0 - 0.5);
        if axis == 0 {
            let m = dx / dy;
            (x + (top - y) * m + left, -m)
        } else {
            let m = dy / dx;
            (top - (y + (-left - x) * m), -m)
        }
    }
}

impl Rays {
    /// The rays of an angle to some detectors.
    pub(super) fn of(beams: &Beams, angle: f64, detectors: Range<usize>) -> Vec<Rays> {
        let at = |j: f64| beams.ray(angle, (j - beams.detectors as f64 / 2.0) * beams.width);
        let centre = |j: usize| at(j as f64 + 0.5);
        let axis = |j: usize| {
            let (_, [dx, dy]) = centre(j);
            usize::from(dx.abs() >= dy.abs())
        };
        let mut all = Vec::new();
        let mut from = detectors.start;
        while from < detectors.end {
            let own = axis(from);
            let to = (from..detectors.end).find(|&j| axis(j) != own).unwrap_or(detectors.end);
            let strip = beams.weight == Weight::Strip;
            let count = (to - from) + usize::from(strip);
            let crossings = (0..count.next_multiple_of(LANES) + LANES).map(|k| {
                let j = from + k.min(count - 1);
                let ray = if strip { at(j as f64) } else { centre(j) };
                beams.crossing(ray, own)
            });
            let (starts, steps): (Vec<f64>, Vec<f64>) = crossings.unzip();
            let scale =
                (from..to).map(|j| beams.scale(centre(j), beams.crossing(centre(j), own).1));
            let mut rays = Rays {
                axis: own,
                detectors: from..to,
                weight: beams.weight,
                scale: scale.collect(),
                taps: 2,
                reach: steps.iter().fold(1.0, |most: f64, s| most.max(0.5 + 0.5 * s.abs())),
                source: None,
                starts,
                steps,
            };
            if strip {
                rays.taps = rays.most_taps(beams.dims[own]).min(beams.dims[1 - own] + 2);
                let [top, left] = beams.dims.map(|n| n as f64 / 2.0 - 0.5);
                rays.source = beams.fan.map(|_| {
                    let ([x, y], _) = centre(from);
                    [top - y, x + left]
                });
            }
            all.push(rays);
            from = to;
        }
        all
    }

    /// Pixels of one of so many lines that a strip may reach.
    fn most_taps(&self, lines: usize) -> usize {
        let edges = self.starts.iter().zip(&self.steps);
        let widest = edges.clone().zip(edges.skip(1)).map(|(a, b)| {
            let apart = |k: f64| (b.0 + k * b.1 - a.0 - k * a.1).abs();
            apart(0.0).max(apart(lines as f64)) + 1.0 + a.1.abs().max(b.1.abs())
        });
        let widest = widest.fold(0.0, f64::max).min(1e9);
        widest.ceil() as usize + 1
    }

    /// Of line `k`, the factors that pixels of strips have by their distance from the source, between
    /// two zeros; false if they have none.
    pub(super) fn nearness(&self, k: usize, pixels: Range<usize>, out: &mut [f64]) -> bool {
        let Some(source) = self.source else { return false };
        let across = k as f64 - source[self.axis];
        let last = pixels.len() + 1;
        (out[0], out[last]) = (0.0, 0.0);
        for (out, i) in out[1..last].iter_mut().zip(pixels) {
            let along = i as f64 - source[1 - self.axis];
            *out = 1.0 / (across * across + along * along).sqrt();
        }
        true
    }

    /// The rays, by number within these, that may have a weight on some pixels of line `k`.
    pub(super) fn reaching(&self, k: usize, pixels: &Range<usize>) -> Range<usize> {
        let n = self.detectors.len();
        let at = |j: usize| self.starts[j] + k as f64 * self.steps[j];
        let count = n + usize::from(self.weight == Weight::Strip);
        let (low, high) = (pixels.start as f64 - self.reach, pixels.end as f64 + self.reach);
        let rising = at(0) <= at(count - 1);
        let first = partition(count, |j| if rising { at(j) < low } else { at(j) > high });
        let last = partition(count, |j| if rising { at(j) <= high } else { at(j) >= low });
        let edge = usize::from(self.weight == Weight::Strip);
        first.saturating_sub(edge)..last.min(n)
    }
}

/// How many numbers from 0 below `n` something holds for, if it holds for none after the first that it
/// does not hold for.
fn partition(n: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

impl Beams {
    /// The factor of a detector, by the ray to its centre that moves so far from line to line.
    fn scale(&self, (_, to): Ray, step: f64) -> f64 {
        match (self.weight, self.fan) {
            (Weight::Line | Weight::Linear, _) => (1.0 + step * step).sqrt(),
            (Weight::Strip, None) => 1.0 / self.width,
            (Weight::Strip, Some(fan)) => {
                // The strip is as wide as its detector, seen from the source, at the pixel's distance.
                let squared = to[0] * to[0] + to[1] * to[1];
                squared / ((fan.source + fan.detector) * self.width)
            }
        }
    }
}

/// Some rays on one line.
pub(super) struct Taps {
    /// Where they cross it: for strips, on either side.
    low: [f64; LANES],
    high: [f64; LANES],
    /// How wide the rays are there.
    slopes: [[f64; LANES]; 2],
    /// The first pixel that may have a weight.
    first: [f64; LANES],
    /// The pixel that is at place 1.
    origin: f64,
}

impl Taps {
    #[inline(always)]
    pub(super) fn of<const W: u8>(rays: &Rays, start: usize, k: usize, origin: f64) -> Taps {
        let k = k as f64;
        let edge = usize::from(W == STRIP);
        let (starts, steps) = (&rays.starts[start..], &rays.steps[start..]);
        let (starts, steps) = (&starts[..LANES + edge], &steps[..LANES + edge]);
        let mut taps = Taps {
            low: [0.0; LANES],
            high: [0.0; LANES],
            slopes: [[0.0; LANES]; 2],
            first: [0.0; LANES],
            origin,
        };
        for l in 0..LANES {
            taps.low[l] = k.mul_add(steps[l], starts[l]);
            taps.high[l] = k.mul_add(steps[l + edge], starts[l + edge]);
            taps.slopes[0][l] = steps[l].abs();
            taps.slopes[1][l] = steps[l + edge].abs();
            let reach = match W {
                LINEAR => 1.0,
                _ => 0.5 + 0.5 * taps.slopes[0][l].max(taps.slopes[1][l]),
            };
            let first = (taps.low[l].min(taps.high[l]) - reach).ceil();
            taps.first[l] = first.max(origin - 1.0);
        }
        taps
    }

    /// The weights of pixel number `t`, and its places in a line whose first and last place are for
    /// what is beside it.
    #[inline(always)]
    pub(super) fn at<const W: u8>(&self, t: usize, last: f64) -> ([f64; LANES], [usize; LANES]) {
        let (mut weights, mut places) = ([0.0; LANES], [0; LANES]);
        for l in 0..LANES {
            let i = self.first[l] + t as f64;
            let [low, high] = [self.low[l] - i, self.high[l] - i];
            weights[l] = match W {
                LINEAR => (1.0 - low.abs()).max(0.0),
                LINE => length(low, self.slopes[0][l]),
                _ => (area(high, self.slopes[1][l]) - area(low, self.slopes[0][l])).abs(),
            };
            places[l] = index((i - self.origin + 1.0).max(0.0).min(last));
        }
        (weights, places)
    }
}

/// A whole number from 0 below 2^52 as an index.
#[inline(always)]
fn index(whole: f64) -> usize {
    const WHOLE: f64 = (1u64 << 52) as f64;
    ((whole + WHOLE).to_bits() ^ WHOLE.to_bits()) as usize
}

/// A ray along the border of two pixels counts half for each.
const NARROWEST: f64 = 1e-9;

/// The part of a ray of slope `s` within the height of a line that is in the pixel, whose centre it passes
/// at distance `d`. `T`
#[inline(always)]
fn length(d: f64, s: f64) -> f64 {
    let s = s.max(NARROWEST);
    ((0.5 * (1.0 + s) - d.abs()) / s).max(0.0).min((1.0 / s).min(1.0))
}

/// The part of a pixel to the left of a ray of slope `s` that passes its centre at distance `d`: `H`, the
/// integral of `T`.
#[inline(always)]
fn area(d: f64, s: f64) -> f64 {
    let s = s.max(NARROWEST);
    let (flat, end, ramp) = (0.5 * (1.0 - s).abs(), 0.5 * (1.0 + s), s.min(1.0));
    let height = (1.0 / s).min(1.0);
    let away = d.abs().max(flat).min(end);
    let part = d.abs().min(flat) + 0.5 * (away - flat) * (1.0 + (end - away) / ramp);
    0.5 + (height * part).copysign(d)
}
