//! First-arrival times of one source by fast marching, `|grad t| = slowness`, in two or three
//! dimensions.
//!
//! ```text
//! sum_k max(0, w_k (t - c_k))^2 = s^2         over the upwind neighbours of each axis
//!     first order    w = 1 / h      c = t1              + e
//!     second order   w = 3 / (2 h)  c = (4 t1 - t2) / 3 + e
//! ```
//!
//! where `e` is what the difference gets wrong on the straight-ray time `s r`, `r` being the
//! distance to the source. So a constant medium comes out exactly, and the wave front's curvature
//! near the source, which plain differences cannot follow, does no harm in any other: this is the
//! additive factorisation of the eikonal equation (Luo and Qian, 2011), with the slowness of the
//! node in place of the source's. J. A. Sethian, "A fast marching level set method for
//! monotonically advancing fronts", 1996, is the source of the rest.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::grid::interpolate;

/// Nodes around the grid that are never reached, so that neighbours need no check.
const PAD: usize = 2;

/// A medium on a grid of `D` axes.
#[derive(Debug)]
pub(super) struct Medium<const D: usize> {
    dims: [usize; D],
    spacing: [f64; D],
    /// Between neighbours of an axis in the padded grid.
    strides: [usize; D],
    /// On the padded grid; infinite around the grid proper.
    slowness: Vec<f64>,
}

/// A front on its way.
struct Front<'a, const D: usize> {
    medium: &'a Medium<D>,
    /// Coordinates of the source in steps, from the padded grid's first node.
    source: [f64; D],
    /// Distance to the source.
    distance: Vec<f64>,
    /// Times that are final; infinite elsewhere.
    time: Vec<f64>,
    /// Times that may still change.
    trial: Vec<f64>,
    /// Trial times as bits, which are ordered as the times are, and their nodes. Those that have
    /// changed since are left in it.
    heap: BinaryHeap<Reverse<(u64, usize)>>,
}

impl<const D: usize> Medium<D> {
    /// The medium of positive velocities `vel` in C order on nodes that are `spacing` apart.
    pub(super) fn new(dims: [usize; D], spacing: [f64; D], vel: &[f64]) -> Medium<D> {
        let mut strides = [1; D];
        for k in (1..D).rev() {
            strides[k - 1] = strides[k] * (dims[k] + 2 * PAD);
        }
        let padded = strides[0] * (dims[0] + 2 * PAD);
        let mut medium = Medium { dims, spacing, strides, slowness: vec![f64::INFINITY; padded] };
        for (row, values) in vel.chunks_exact(dims[D - 1]).enumerate() {
            let start = medium.row(row);
            for (s, v) in medium.slowness[start..].iter_mut().zip(values) {
                *s = 1.0 / v;
            }
        }
        medium
    }

    /// Number in the padded grid of the first node of a row.
    fn row(&self, mut row: usize) -> usize {
        let mut start = PAD;
        for k in (0..D - 1).rev() {
            start += (row % self.dims[k] + PAD) * self.strides[k];
            row /= self.dims[k];
        }
        start
    }

    /// Times from a source, given in steps from the first node and within the grid, to all nodes in
    /// C order.
    pub(super) fn times(&self, source: &[f64], out: &mut [f64]) {
        let mut front = Front::new(self, source);
        front.start();
        front.march();
        for (row, times) in out.chunks_exact_mut(self.dims[D - 1]).enumerate() {
            let start = self.row(row);
            times.copy_from_slice(&front.time[start..start + times.len()]);
        }
    }
}

impl<'a, const D: usize> Front<'a, D> {
    fn new(medium: &'a Medium<D>, source: &[f64]) -> Front<'a, D> {
        let nodes = medium.slowness.len();
        let mut front = Front {
            medium,
            source: [PAD as f64; D],
            distance: vec![0.0; nodes],
            time: vec![f64::INFINITY; nodes],
            trial: vec![f64::INFINITY; nodes],
            heap: BinaryHeap::with_capacity(nodes / 4),
        };
        for (s, place) in front.source.iter_mut().zip(source) {
            *s += place;
        }
        for node in 0..nodes {
            let offset = front.offset(front.index(node));
            front.distance[node] = offset.iter().map(|d| d * d).sum::<f64>().sqrt();
        }
        front
    }

    fn index(&self, node: usize) -> [usize; D] {
        let (mut index, mut rest) = ([0; D], node);
        for (i, stride) in index.iter_mut().zip(self.medium.strides) {
            *i = rest / stride;
            rest %= stride;
        }
        index
    }

    /// From the source to a node.
    fn offset(&self, index: [usize; D]) -> [f64; D] {
        let mut offset = self.medium.spacing;
        for (k, o) in offset.iter_mut().enumerate() {
            *o *= index[k] as f64 - self.source[k];
        }
        offset
    }

    /// Straight rays to the nodes that are at most one step from the source along every axis.
    fn start(&mut self) {
        let medium = self.medium;
        let mut corners = [0; D];
        let mut padded = [0; D];
        for k in 0..D {
            corners[k] = (self.source[k] - 1.0).ceil() as usize;
            padded[k] = medium.dims[k] + 2 * PAD;
        }
        let at_source = interpolate(&padded, &self.source, |node| medium.slowness[node]);
        let mut near = Vec::new();
        for number in 0..3_usize.pow(D as u32) {
            let (mut rest, mut node, mut reached) = (number, 0, true);
            for (k, corner) in corners.iter().enumerate() {
                let i = corner + rest % 3;
                rest /= 3;
                node += i * medium.strides[k];
                reached &= i as f64 <= self.source[k] + 1.0;
            }
            if reached && medium.slowness[node].is_finite() {
                near.push(node);
                self.time[node] = self.distance[node] * 0.5 * (at_source + medium.slowness[node]);
            }
        }
        for node in near {
            self.pass_on(node);
        }
    }

    fn march(&mut self) {
        while let Some(Reverse((bits, node))) = self.heap.pop() {
            let current = self.trial[node];
            if self.time[node].is_infinite() && current.to_bits() == bits {
                self.time[node] = current;
                self.pass_on(node);
            }
        }
    }

    /// New trial times of a node's neighbours.
    fn pass_on(&mut self, node: usize) {
        let index = self.index(node);
        for k in 0..D {
            for up in [false, true] {
                let (mut index, stride) = (index, self.medium.strides[k]);
                let next = if up { node + stride } else { node - stride };
                if self.time[next].is_finite() || self.medium.slowness[next].is_infinite() {
                    continue;
                }
                index[k] = if up { index[k] + 1 } else { index[k] - 1 };
                let time = self.upwind(next, index);
                if time.to_bits() != self.trial[next].to_bits() {
                    self.trial[next] = time;
                    self.heap.push(Reverse((time.to_bits(), next)));
                }
            }
        }
    }

    /// The time that the known neighbours of a node give it.
    fn upwind(&self, node: usize, index: [usize; D]) -> f64 {
        let s = self.medium.slowness[node];
        let (r, offset) = (self.distance[node], self.offset(index));
        let mut square = s * s;
        let mut terms = [(f64::INFINITY, 0.0); D];
        for k in 0..D {
            let (h, stride) = (self.medium.spacing[k], self.medium.strides[k]);
            let (below, above) = (self.time[node - stride], self.time[node + stride]);
            let t1 = below.min(above);
            // The part of the straight ray's direction that points away from the neighbour.
            let cosine = if below <= above { offset[k] / r } else { -offset[k] / r };
            if t1.is_infinite() {
                // Beside the source the ray slants, but both neighbours come later than the node.
                if offset[k].abs() < h {
                    square -= (s * cosine).powi(2);
                }
                continue;
            }
            let away = |steps: usize| {
                if below <= above { node - steps * stride } else { node + steps * stride }
            };
            let (t2, r1) = (self.time[away(2)], self.distance[away(1)]);
            terms[k] = if t2 <= t1 {
                let r2 = self.distance[away(2)];
                let e = s * (r - (4.0 * r1 - r2 + 2.0 * h * cosine) / 3.0);
                ((4.0 * t1 - t2) / 3.0 + e, 1.5 / h)
            } else {
                (t1 + s * (r - r1 - h * cosine), 1.0 / h)
            };
        }
        solve(terms, square.max(0.0))
    }
}

/// The largest `t` with `sum_k max(0, w_k (t - c_k))^2 = square`, for terms `(c_k, w_k)`.
///
/// Axes come in from the smallest `c` on, as long as the time so far is later than theirs; then
/// there always is a root, and it is later than every `c` that takes part.
fn solve<const D: usize>(mut terms: [(f64, f64); D], square: f64) -> f64 {
    terms.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (first, w) = terms[0];
    // In t - first, so that nothing cancels.
    let (mut a, mut b, mut c) = (w * w, 0.0, -square);
    let mut t = square.sqrt() / w;
    for &(other, w) in &terms[1..] {
        let shift = other - first;
        if shift >= t {
            break;
        }
        let w2 = w * w;
        a += w2;
        b += w2 * shift;
        c += w2 * shift * shift;
        t = (b + (b * b - a * c).max(0.0).sqrt()) / a;
    }
    first + t
}
