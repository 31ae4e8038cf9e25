//! Traveltimes from points to the nodes of a grid: straight rays, or the eikonal equation.

use rayon::prelude::*;

use super::eikonal::Medium;
use super::grid::{NodeGrid, interpolate};

/// Sources whose times are held beside the result: their times are then written side by side.
const BATCH: usize = 16;

/// Times of straight rays at one velocity, `|node - point| / vel`.
///
/// `axes` are the coordinates of the grid along each axis, in C order: (x, z) or (y, x, z);
/// `points[p]` are those of point `p` in the same order. The result has dims (nodes, points) in C
/// order. The unit of time is that of lengths over that of `vel`.
pub fn straight(axes: &[&[f64]], points: &[Vec<f64>], vel: f64) -> Vec<f64> {
    let nodes = axes.iter().map(|axis| axis.len()).product::<usize>();
    let mut times = vec![0.0; nodes * points.len()];
    let row = |(number, row): (usize, &mut [f64])| {
        let (mut rest, mut node) = (number, vec![0.0; axes.len()]);
        for (x, axis) in node.iter_mut().zip(axes).rev() {
            *x = axis[rest % axis.len()];
            rest /= axis.len();
        }
        for (time, point) in row.iter_mut().zip(points) {
            *time = distance(&node, point) / vel;
        }
    };
    times.par_chunks_mut(points.len().max(1)).enumerate().for_each(row);
    times
}

/// Distance of two points; the order of the sum is PyLops'.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    // x and z come first, y last.
    let skip = a.len().saturating_sub(2);
    let (y, plane) = (squares.clone().take(skip), squares.skip(skip));
    (plane.sum::<f64>() + y.sum::<f64>()).sqrt()
}

/// Times of straight rays from points to points at one velocity, with dims (to, from).
pub fn between(from: &[Vec<f64>], to: &[Vec<f64>], vel: f64) -> Vec<f64> {
    to.iter().flat_map(|to| from.iter().map(move |from| distance(to, from) / vel)).collect()
}

/// Times of first arrivals in a medium of velocity `vel` by the eikonal equation.
///
/// `axes`, `points` and the result are those of [`straight`], in two or three dimensions; axes are
/// regular, each with a step of its own. `vel` has one value a node, in C order. Points may lie
/// anywhere within the grid. The error says which axis is not regular, which velocity is not
/// positive, which point is outside and where.
pub fn eikonal(axes: &[&[f64]], points: &[Vec<f64>], vel: &[f64]) -> Result<Vec<f64>, String> {
    let grid = NodeGrid::new(axes)?;
    let nodes = grid.dims.iter().product::<usize>();
    first_arrivals(&grid, points, vel, nodes, |times| times)
}

/// The same at points `to` within the grid, linear between nodes, with dims (to, points).
pub fn eikonal_at(
    axes: &[&[f64]],
    points: &[Vec<f64>],
    vel: &[f64],
    to: &[Vec<f64>],
) -> Result<Vec<f64>, String> {
    let grid = NodeGrid::new(axes)?;
    let mut places = Vec::with_capacity(to.len());
    for (p, point) in to.iter().enumerate() {
        places.push(grid.place(point).map_err(|e| format!("point {p} of `to` {e}"))?);
    }
    first_arrivals(&grid, points, vel, to.len(), |times| {
        places.iter().map(|place| interpolate(&grid.dims, place, |node| times[node])).collect()
    })
}

/// Times of which `pick` takes `rows` for each point, with dims (rows, points).
fn first_arrivals(
    grid: &NodeGrid,
    points: &[Vec<f64>],
    vel: &[f64],
    rows: usize,
    pick: impl Fn(Vec<f64>) -> Vec<f64> + Sync,
) -> Result<Vec<f64>, String> {
    let nodes = grid.dims.iter().product::<usize>();
    if vel.len() != nodes {
        return Err(format!("{} velocities do not fit a grid of {nodes} nodes", vel.len()));
    }
    let right = |v: f64| v > 0.0 && v.is_finite() && (1.0 / v).is_finite();
    if let Some(i) = vel.iter().position(|&v| !right(v)) {
        let (index, found) = (grid.index(i), vel[i]);
        return Err(format!(
            "the velocity at index {index} is {found}; velocities are positive and finite"
        ));
    }
    let mut sources = Vec::with_capacity(points.len());
    for (p, point) in points.iter().enumerate() {
        sources.push(grid.place(point).map_err(|e| format!("point {p} {e}"))?);
    }
    let spacing: Vec<f64> = grid.spacing().collect();
    let column = |source: &Vec<f64>, run: &dyn Fn(&[f64], &mut [f64])| {
        let mut times = vec![0.0; nodes];
        run(source, &mut times);
        pick(times)
    };
    match (grid.dims.as_slice(), spacing.as_slice()) {
        (&[nx, nz], &[dx, dz]) => {
            let medium = Medium::new([nx, nz], [dx, dz], vel);
            Ok(in_batches(&sources, rows, |s| column(s, &|s, times| medium.times(s, times))))
        }
        (&[ny, nx, nz], &[dy, dx, dz]) => {
            let medium = Medium::new([ny, nx, nz], [dy, dx, dz], vel);
            Ok(in_batches(&sources, rows, |s| column(s, &|s, times| medium.times(s, times))))
        }
        _ => Err(format!("a grid of {} axes; the eikonal equation is for 2 or 3", grid.dims.len())),
    }
}

/// A column of `rows` for each source, with dims (rows, sources).
fn in_batches(
    sources: &[Vec<f64>],
    rows: usize,
    column: impl Fn(&Vec<f64>) -> Vec<f64> + Sync,
) -> Vec<f64> {
    let n = sources.len();
    let mut times = vec![0.0; rows * n];
    let batch = BATCH.max(2 * rayon::current_num_threads());
    for (number, sources) in sources.chunks(batch).enumerate() {
        let columns: Vec<Vec<f64>> = sources.par_iter().map(&column).collect();
        times.par_chunks_mut(n).enumerate().for_each(|(node, row)| {
            for (time, column) in row[number * batch..].iter_mut().zip(&columns) {
                *time = column[node];
            }
        });
    }
    times
}
