//! The weights by plane geometry: pixels are squares, and lines cut them.

use super::rays::{Beams, Ray, Weight};

type Point = [f64; 2];

/// On which side of a ray a point is, and how far away if the direction has length 1.
fn side((p, d): Ray, q: Point) -> f64 {
    d[0] * (q[1] - p[1]) - d[1] * (q[0] - p[0])
}

/// The part of a polygon on the side of a ray where a point is.
fn cut(polygon: &[Point], ray: Ray, on: Point) -> Vec<Point> {
    let sign = side(ray, on).signum();
    let mut out = Vec::new();
    for (k, &q) in polygon.iter().enumerate() {
        let next = polygon[(k + 1) % polygon.len()];
        let (a, b) = (sign * side(ray, q), sign * side(ray, next));
        if a >= 0.0 {
            out.push(q);
        }
        if (a < 0.0) != (b < 0.0) {
            let t = a / (a - b);
            out.push([q[0] + t * (next[0] - q[0]), q[1] + t * (next[1] - q[1])]);
        }
    }
    out
}

fn area(polygon: &[Point]) -> f64 {
    let turn = |k: usize| {
        let (p, q) = (polygon[k], polygon[(k + 1) % polygon.len()]);
        p[0] * q[1] - p[1] * q[0]
    };
    (0..polygon.len()).map(turn).sum::<f64>().abs() / 2.0
}

impl Beams {
    /// The weight of a pixel for a detector.
    pub(crate) fn naive(&self, a: usize, j: usize, row: usize, column: usize) -> f64 {
        let [top, left] = self.dims.map(|n| n as f64 / 2.0 - 0.5);
        let (x, y) = (column as f64 - left, top - row as f64);
        let square = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]];
        let square = square.map(|[dx, dy]| [x + dx, y + dy]);
        let at = |j: f64| self.ray(self.angles[a], (j - self.detectors as f64 / 2.0) * self.width);
        let (p, d) = at(j as f64 + 0.5);
        let long = d[0].hypot(d[1]);
        match self.weight {
            Weight::Linear => {
                let (away, most) = match d[0].abs() < d[1].abs() {
                    true => (p[0] + (y - p[1]) * d[0] / d[1] - x, d[1].abs()),
                    false => (p[1] + (x - p[0]) * d[1] / d[0] - y, d[0].abs()),
                };
                (1.0 - away.abs()).max(0.0) * long / most
            }
            Weight::Line => {
                // Between where it enters the square along both axes, and where it leaves.
                let (mut from, mut to) = (f64::NEG_INFINITY, f64::INFINITY);
                for (k, centre) in [x, y].into_iter().enumerate() {
                    let ends = [-0.5, 0.5].map(|half| (centre + half - p[k]) / d[k]);
                    from = from.max(ends[0].min(ends[1]));
                    to = to.min(ends[0].max(ends[1]));
                }
                (to - from).max(0.0) * long
            }
            Weight::Strip => {
                let detector = if self.fan.is_some() { [p[0] + d[0], p[1] + d[1]] } else { p };
                let part = cut(&square, at(j as f64), detector);
                let part = area(&cut(&part, at(j as f64 + 1.0), detector));
                match self.fan {
                    None => part / self.width,
                    Some(fan) => {
                        // The detector across the ray, seen from the source at the pixel's distance.
                        let across = self.width * (fan.source + fan.detector) / long;
                        part / (across * (x - p[0]).hypot(y - p[1]) / long)
                    }
                }
            }
        }
    }
}
