//! A dense solve for a small operator: its matrix, column by column, then LU if it is square and
//! regular, else the least-squares solution of least norm by singular values.

use nalgebra::DMatrix;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::engine::{Block, Error, Machine, Operators, Result, Space, Store, Vector};
use crate::scalar::{C128, Scalar};
use crate::solvers::{Outcome, Stop, Task};
use crate::space::{IndexBox, strides};
use crate::with_view;

/// Most entries of a matrix that is solved directly.
pub(super) const MOST_ENTRIES: usize = 1 << 22;

/// A direct solve.
///
/// A dense solve of a small operator, without iterations.
///
/// The operator's matrix is made column by column; LU if it is square and regular, else the
/// least-squares solution of least norm. PyLops: `A / y` with a matrix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Direct {
    /// The operator does the same to each column along the first axes of model and data: only that
    /// matrix is made, and solved for all columns, as `numpy.linalg.lstsq(A, D)` does.
    #[serde(default)]
    pub columns: bool,
}

/// Weight of a column in the check that an operator does the same to each, 1 for the first.
fn weight(column: usize) -> f64 {
    1.0 + (column * 7919 % 13) as f64 / 13.0
}

pub(super) fn solve(task: &mut Task<'_>, parameters: &Direct) -> Result<Outcome> {
    let (machine, ops) = (task.machine, task.operators);
    let (n, m, count) = match parameters.columns {
        true => columns(ops)?,
        false => (ops.model.len(), ops.data.len(), 1),
    };
    if n.saturating_mul(m) > MOST_ENTRIES {
        return Err(Error::Memory(format!(
            "a direct solve of {m} equations for {n} unknowns: at most {MOST_ENTRIES} matrix entries are \
             solved directly; take solver = \"cgls\""
        )));
    }
    let mut x = ops.new_model(machine)?;
    let mut y = ops.new_data(machine)?;
    // Real unknowns and real equations: an operator may be linear over the real numbers only.
    let (re, im) = (C128::new(1.0, 0.0), C128::new(0.0, 1.0));
    let complex = |space: &Space| space.blocks.iter().any(|b| b.ty.dtype.is_complex());
    let units: &[C128] = if complex(&ops.model) { &[re, im] } else { &[re] };
    let equations = complex(&ops.data);
    let rows = m * if equations { 2 } else { 1 };
    // Row i of column c is element i count + c.
    let parts = |values: Vec<C128>| -> DMatrix<f64> {
        DMatrix::from_fn(rows, count, |i, c| {
            if i < m { values[i * count + c].re } else { values[(i - m) * count + c].im }
        })
    };
    let single = ops.model.blocks.iter().any(|b| !b.ty.dtype.is_double());
    let tolerance = if single { 1e-4 } else { 1e-10 };
    let mut matrix = DMatrix::<f64>::zeros(rows, n * units.len());
    for (u, unit) in units.iter().enumerate() {
        for j in 0..n {
            let value = |k: usize| match k / count == j {
                true => *unit * weight(k % count),
                false => C128::default(),
            };
            set(machine, &ops.model, &mut x, &value);
            ops.forward(machine, &x, &mut y)?;
            let found = parts(gather(machine, &ops.data, &y)?);
            let first = found.column(0).into_owned();
            let bound = tolerance * first.amax();
            for c in 1..count {
                let off = (found.column(c) / weight(c) - &first).amax();
                // NaN is told of below.
                if off > bound {
                    return Err(Error::Io(crate::io::Error::input(format!(
                        "`columns = true`, but the operator does not do the same to column {c} along the \
                         first axis as to column 0; leave `columns` out"
                    ))));
                }
            }
            matrix.set_column(u * n + j, &first);
        }
    }
    (task.rhs)(&mut y)?;
    let rhs = parts(gather(machine, &ops.data, &y)?);
    let data_norm = rhs.norm();
    let finite = rhs.iter().all(|v| v.is_finite());
    let whole = matrix.iter().all(|v| v.is_finite());
    let array = if finite { "the matrix" } else { "the data" };
    let bad = (!finite || !whole).then_some(Stop::NotFinite { iteration: 0, array });
    let solution = match &bad {
        Some(_) => DMatrix::zeros(n * units.len(), count),
        None => dense(matrix, &rhs),
    };
    set(machine, &ops.model, &mut x, &|k| {
        let (i, c) = (k / count, k % count);
        let imaginary = if units.len() == 2 { solution[(n + i, c)] } else { 0.0 };
        C128::new(solution[(i, c)], imaginary)
    });
    let stop = bad.unwrap_or(Stop::Solved);
    Ok(Outcome { model: x, iterations: 0, stop, cost: vec![data_norm], data_norm, figures: vec![] })
}

/// Rows, columns and the number of columns of an operator that does the same to each.
fn columns(ops: &Operators) -> Result<(usize, usize, usize)> {
    let sides = |space: &Space| -> Option<(usize, usize)> {
        let [block] = space.blocks.as_slice() else { return None };
        let (first, rest) = block.ty.dims.split_first()?;
        Some((*first, rest.iter().product()))
    };
    match (sides(&ops.model), sides(&ops.data)) {
        (Some((n, count)), Some((m, same))) if count == same => Ok((n, m, count)),
        _ => Err(Error::Io(crate::io::Error::input(
            "`columns = true` needs a model and data with the same axes after the first; leave `columns` \
             out",
        ))),
    }
}

fn dense(matrix: DMatrix<f64>, rhs: &DMatrix<f64>) -> DMatrix<f64> {
    if matrix.is_square() {
        let lu = matrix.clone().lu();
        let diagonal = lu.u().diagonal().abs();
        let regular = diagonal.min() > f64::EPSILON * diagonal.max() * diagonal.len() as f64;
        if let Some(x) = lu.solve(rhs).filter(|_| regular) {
            return x;
        }
    }
    let svd = matrix.svd(true, true);
    let largest = svd.singular_values.max();
    let eps = largest * f64::EPSILON * rhs.nrows().max(svd.singular_values.len()) as f64;
    svd.solve(rhs, eps).unwrap_or_else(|_| unreachable!("both factors were asked for"))
}

/// All elements of a vector, in every process.
fn gather(machine: &Machine, space: &Space, v: &Vector) -> Result<Vec<C128>> {
    let mut bytes = Vec::new();
    each_owned(machine, space, &mut |block, tile, _| {
        with_view!(View, v.stores[block].view(tile), x => {
            x.iter().for_each(|x| bytes.extend_from_slice(bytemuck::bytes_of(&x.to_c128())));
        });
    });
    let all = machine.gather(&bytes)?;
    let mut values = vec![C128::default(); space.len()];
    for (rank, bytes) in all.iter().enumerate() {
        let mut words = bytes.chunks_exact(size_of::<C128>());
        each_of(rank, machine.size(), space, &mut |_, tile, offset| {
            flat(tile, offset, &mut |k| {
                if let Some(word) = words.next() {
                    values[k] = bytemuck::pod_read_unaligned(word);
                }
            });
        });
    }
    Ok(values)
}

/// Writes the elements that this process owns.
fn set(machine: &Machine, space: &Space, v: &mut Vector, value: &dyn Fn(usize) -> C128) {
    each_owned(machine, space, &mut |block, tile, offset| {
        let mut values = Vec::with_capacity(tile.len());
        flat(tile, offset, &mut |k| values.push(value(k)));
        write(&mut v.stores[block], tile, &values);
    });
}

fn write(store: &mut Store, tile: &IndexBox, values: &[C128]) {
    with_view!(ViewMut, store.tile_mut(tile), x => assign(x, values));
}

fn assign<T: Scalar>(mut x: ndarray::ArrayViewMutD<'_, T>, values: &[C128]) {
    x.iter_mut().zip(values).for_each(|(x, v)| *x = T::from_c128(*v));
}

type Visit<'a> = &'a mut dyn FnMut(usize, &IndexBox, (usize, &Block));

fn each_owned(machine: &Machine, space: &Space, f: Visit<'_>) {
    each_of(machine.rank(), machine.size(), space, f);
}

fn each_of(rank: usize, size: usize, space: &Space, f: Visit<'_>) {
    let mut offset = 0;
    for (k, block) in space.blocks.iter().enumerate() {
        for tile in &block.tiles.boxes()[block.tiles.owned(rank, size)] {
            f(k, tile, (offset, block));
        }
        offset += block.ty.len();
    }
}

/// Flat numbers of the elements of a tile, in C order.
fn flat(tile: &IndexBox, (offset, block): (usize, &Block), f: &mut dyn FnMut(usize)) {
    let mut all = vec![offset];
    for (r, s) in tile.0.iter().zip(strides(&block.ty.dims)) {
        all = all.iter().flat_map(|&k| r.clone().map(move |i| k + i * s)).collect();
    }
    all.into_iter().for_each(f);
}
