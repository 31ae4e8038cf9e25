//! Tables of traveltimes and weights, computed when the run first reads them.
//!
//! A table has one row per source or receiver, so that a few rows can be computed at a time.

use std::sync::Arc;

use crate::io::{Array, Bytes, Compute, Error, Result};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::synthetics::{rays, traveltime};

/// Rows computed together.
const BATCH: usize = 32;

/// The grid of the model.
#[derive(Clone, Debug)]
pub(super) struct ModelGrid {
    /// Coordinates along each axis, in C order: (x, z) or (y, x, z).
    pub(super) axes: Vec<Vec<f64>>,
    /// Sampling of each axis.
    pub(super) spacing: Vec<f64>,
}

impl ModelGrid {
    pub(super) fn dims(&self) -> Vec<usize> {
        self.axes.iter().map(Vec::len).collect()
    }

    pub(super) fn nodes(&self) -> usize {
        self.axes.iter().map(Vec::len).product()
    }

    fn axes(&self) -> Vec<&[f64]> {
        self.axes.iter().map(Vec::as_slice).collect()
    }

    /// The largest distance of a node from some points.
    pub(super) fn furthest(&self, points: &[Vec<f64>]) -> f64 {
        rays::furthest(&self.axes(), points)
    }
}

/// Velocity: one number, or an array of the grid's dims.
#[derive(Clone, Debug)]
pub(super) enum Velocity {
    Constant(f64),
    Field(Array),
}

impl Velocity {
    fn read(&self, nodes: usize) -> Result<Vec<f64>> {
        match self {
            Velocity::Constant(v) => Ok(vec![*v; nodes]),
            Velocity::Field(array) => Ok(array.read::<f64>()?.into_iter().collect()),
        }
    }
}

/// Amplitudes of arrivals.
#[derive(Clone, Debug)]
pub(super) enum Amplitude {
    /// From the straight distance to these points, plus this distance.
    Spreading(Vec<Vec<f64>>, f64),
    /// As given, `(points, nodes)`.
    Given(Array),
}

/// Traveltimes `(points, nodes)` by straight rays or the eikonal equation.
pub(super) fn times(grid: &ModelGrid, points: &[Vec<f64>], velocity: &Velocity) -> Result<Array> {
    let dims = [points.len(), grid.nodes()];
    let (grid, velocity) = (grid.clone(), velocity.clone());
    computed(&dims, Times { grid, points: points.to_vec(), velocity })
}

/// Transposes a table `(nodes, points)` to `(points, nodes)`.
pub(super) fn turned(table: &Array) -> Result<Array> {
    let dims = &table.ty().dims;
    computed(&[dims[1], dims[0]], Turned(table.clone()))
}

/// The two factors of each point's weight, `(points, 2, nodes)`; `velocity` adds a factor `2 / v`.
pub(super) fn weights(
    grid: &ModelGrid,
    times: &Array,
    amplitude: Amplitude,
    limits: [f64; 2],
    velocity: Option<&Velocity>,
) -> Result<Array> {
    let dims = [times.ty().dims[0], 2, grid.nodes()];
    let (grid, times, velocity) = (grid.clone(), times.clone(), velocity.cloned());
    computed(&dims, Weights { grid, times, amplitude, limits, velocity })
}

fn computed(dims: &[usize], by: impl Compute + 'static) -> Result<Array> {
    Array::computed(Arc::new(by), ArrayType::new(dims, DType::Float64))
}

#[derive(Debug)]
struct Times {
    grid: ModelGrid,
    points: Vec<Vec<f64>>,
    velocity: Velocity,
}

impl Compute for Times {
    fn compute(&self) -> Result<Bytes> {
        let (axes, nodes) = (self.grid.axes(), self.grid.nodes());
        let field = match &self.velocity {
            Velocity::Constant(_) => Vec::new(),
            field @ Velocity::Field(_) => field.read(nodes)?,
        };
        let mut bytes = Vec::with_capacity(8 * nodes * self.points.len());
        for points in self.points.chunks(BATCH) {
            let times = match &self.velocity {
                Velocity::Constant(v) => traveltime::straight(&axes, points, *v),
                Velocity::Field(_) => traveltime::eikonal(&axes, points, &field)
                    .map_err(|e| Error::input(format!("traveltimes: {e}")))?,
            };
            columns_into(&mut bytes, &times, points.len());
        }
        Ok(Arc::new(bytes))
    }
}

/// Appends the columns of a table `(.., columns)`, one after the other.
fn columns_into(bytes: &mut Vec<u8>, table: &[f64], columns: usize) {
    for p in 0..columns {
        let column: Vec<f64> = table.iter().skip(p).step_by(columns).copied().collect();
        bytes.extend_from_slice(bytemuck::cast_slice(&column));
    }
}

#[derive(Debug)]
struct Turned(Array);

impl Compute for Turned {
    fn compute(&self) -> Result<Bytes> {
        let table = self.0.read::<f64>()?;
        let table = table.as_standard_layout();
        let mut bytes = Vec::with_capacity(8 * table.len());
        columns_into(&mut bytes, table.as_slice().unwrap_or_default(), self.0.ty().dims[1]);
        Ok(Arc::new(bytes))
    }
}

#[derive(Debug)]
struct Weights {
    grid: ModelGrid,
    times: Array,
    amplitude: Amplitude,
    limits: [f64; 2],
    velocity: Option<Velocity>,
}

impl Compute for Weights {
    fn compute(&self) -> Result<Bytes> {
        let (axes, nodes) = (self.grid.axes(), self.grid.nodes());
        let (dims, spacing) = (self.grid.dims(), &self.grid.spacing);
        let scale = match &self.velocity {
            Some(velocity) => {
                let v = velocity.read(nodes)?;
                Some(v.into_iter().map(|v| 2.0 / v).collect::<Vec<f64>>())
            }
            None => None,
        };
        let given = match &self.amplitude {
            Amplitude::Given(array) => array.read::<f64>()?.into_iter().collect(),
            Amplitude::Spreading(..) => Vec::new(),
        };
        let times: Vec<f64> = self.times.read::<f64>()?.into_iter().collect();
        let mut bytes = Vec::with_capacity(2 * size_of_val(times.as_slice()));
        for (batch, times) in times.chunks(BATCH * nodes).enumerate() {
            let rows = batch * BATCH..batch * BATCH + times.len() / nodes;
            let amplitudes: Vec<f64> = match &self.amplitude {
                Amplitude::Given(_) => given[rows.start * nodes..rows.end * nodes].to_vec(),
                Amplitude::Spreading(points, floor) => points[rows]
                    .iter()
                    .flat_map(|point| rays::spreading(&axes, point, *floor))
                    .collect(),
            };
            let scale = scale.as_deref();
            let w = rays::weights(times, &dims, spacing, &amplitudes, self.limits, scale);
            bytes.extend_from_slice(bytemuck::cast_slice(&w));
        }
        Ok(Arc::new(bytes))
    }
}
