//! A regular grid: where its nodes are, and where a point is among them.

use crate::space::show_dims;

/// How far a coordinate may be from its place on a regular axis, in steps.
const CROOKED: f64 = 1e-3;
/// How far a point may be outside the grid, in steps, and still be taken as on its edge.
const ROUNDING: f64 = 1e-6;

/// A grid whose axes are regular.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NodeGrid {
    /// Nodes along each axis.
    pub(super) dims: Vec<usize>,
    /// First coordinate of each axis.
    origin: Vec<f64>,
    /// From one node to the next; negative if coordinates fall.
    steps: Vec<f64>,
}

impl NodeGrid {
    /// The grid of these axes; the error names the axis that is not regular, and where.
    pub(super) fn new(axes: &[&[f64]]) -> Result<NodeGrid, String> {
        let mut grid = NodeGrid { dims: Vec::new(), origin: Vec::new(), steps: Vec::new() };
        for (k, axis) in axes.iter().enumerate() {
            let &[first, .., last] = *axis else {
                return Err(format!(
                    "axis {k} of the grid has {} coordinates, not 2 or more",
                    axis.len()
                ));
            };
            let n = axis.len();
            let step = (last - first) / (n - 1) as f64;
            if !step.is_finite() || step == 0.0 {
                return Err(format!("axis {k} of the grid goes from {first} to {last}"));
            }
            let crooked = |&(i, x): &(usize, &f64)| {
                let off = (x - first) / step - i as f64;
                off.is_nan() || off.abs() > CROOKED
            };
            if let Some((i, x)) = axis.iter().enumerate().find(crooked) {
                let regular = first + i as f64 * step;
                return Err(format!(
                    "axis {k} of the grid is not regular: its coordinate {i} is {x}, not {regular}"
                ));
            }
            grid.dims.push(n);
            grid.origin.push(first);
            grid.steps.push(step);
        }
        Ok(grid)
    }

    /// Distance of neighbouring nodes along each axis.
    pub(super) fn spacing(&self) -> impl Iterator<Item = f64> {
        self.steps.iter().map(|step| step.abs())
    }

    /// Steps from the grid's first node to a point; the error names the axis along which it is outside.
    pub(super) fn place(&self, point: &[f64]) -> Result<Vec<f64>, String> {
        if point.len() != self.dims.len() {
            return Err(format!(
                "has {} coordinates, but the grid has {} axes",
                point.len(),
                self.dims.len()
            ));
        }
        let mut place = Vec::with_capacity(point.len());
        for (k, &x) in point.iter().enumerate() {
            let (steps, end) = ((x - self.origin[k]) / self.steps[k], (self.dims[k] - 1) as f64);
            if !(-ROUNDING..=end + ROUNDING).contains(&steps) {
                let first = self.origin[k];
                let last = first + end * self.steps[k];
                return Err(format!(
                    "is outside the grid: its coordinate {k} is {x}, axis {k} goes from {first} to {last}"
                ));
            }
            place.push(steps.clamp(0.0, end));
        }
        Ok(place)
    }

    /// Where an element of an array on this grid is, in words.
    pub(super) fn index(&self, mut element: usize) -> String {
        let mut index = vec![0; self.dims.len()];
        for (k, &n) in self.dims.iter().enumerate().rev() {
            index[k] = element % n;
            element /= n;
        }
        show_dims(&index)
    }
}

/// A value on a grid at a place in steps from its first node, linear between nodes.
pub(super) fn interpolate(dims: &[usize], place: &[f64], at: impl Fn(usize) -> f64) -> f64 {
    let mut value = 0.0;
    for corner in 0..1_usize << dims.len() {
        let (mut weight, mut element) = (1.0, 0);
        for (k, &n) in dims.iter().enumerate() {
            let node = (place[k] as usize).min(n - 2);
            let part = place[k] - node as f64;
            let upper = corner >> k & 1;
            weight *= if upper == 1 { part } else { 1.0 - part };
            element = element * n + node + upper;
        }
        if weight != 0.0 {
            value += weight * at(element);
        }
    }
    value
}
