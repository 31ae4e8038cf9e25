//! A dense solve of a small operator: builds its matrix column by column, then uses LU if it is
//! square and regular, else finds the least-squares solution of least norm by singular values.
//!
//! Entries that are elements of arrays are exact, so a square matrix of them is solved as it is.
//! Computed entries are known to the epsilon of their type, which decides what counts as 0.

use ndarray::{Array1, Array2};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::{Block, Error, Machine, Operators, Result, Space, Store, Vector};
use crate::scalar::{C128, Scalar};
use crate::solvers::dense::{self, DenseSolution, RankLimits, largest};
use crate::solvers::ends::below;
use crate::solvers::method::{Method, Refusal};
use crate::solvers::{Equations, Outcome, Stop, Task};
use crate::space::{IndexBox, show_dims, strides};
use crate::with_view;

/// Most entries of a matrix that is solved directly.
pub(super) const MOST_ENTRIES: usize = 1 << 22;

/// A direct solve.
///
/// A dense, direct solve of a small operator.
///
/// Builds the matrix of the operator column by column. Solves by LU if it is square and regular,
/// else finds the least-squares solution of least norm, with singular values up to `rcond` times
/// the largest counted as 0. PyLops: `A / y` with a matrix.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Serialize)]
pub(super) struct Direct {
    /// The operator treats all columns alike, each along the first axis of model and data: builds
    /// that one matrix and solves for all columns, like `numpy.linalg.lstsq(A, D)`.
    #[serde(default)]
    pub columns: bool,
    /// Singular values up to this times the largest count as 0. By default `max(m, n)` times the
    /// epsilon of single precision if any part of the operator has it or any of its arrays is
    /// stored in it, else that of double precision. A square matrix whose entries are elements of
    /// arrays is solved as it is if double precision allows.
    #[serde(default)]
    pub rcond: Option<f64>,
}

impl Method for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn vectors(&self) -> (usize, usize) {
        (1, 1)
    }

    fn needs_adjoint(&self) -> bool {
        false
    }

    fn niter(&self) -> Option<usize> {
        None
    }

    fn damp(&self) -> f64 {
        0.0
    }

    fn falls(&self) -> bool {
        true
    }

    fn remedy(&self) -> &'static str {
        "Report this, please: a direct solve never does that"
    }

    fn refuses(&self, equations: &Equations<'_>) -> Option<Refusal> {
        let entries = equations.entries();
        (!self.columns && entries > MOST_ENTRIES).then(|| Refusal {
            message: format!("the matrix has {entries} entries"),
            label: format!("at most {MOST_ENTRIES} entries can be solved directly"),
            help: "use `solver = \"cgls\"`",
        })
    }

    fn solve(&self, task: &mut Task<'_>) -> Result<Outcome> {
        solve(task, self)
    }
}

fn solve(task: &mut Task<'_>, parameters: &Direct) -> Result<Outcome> {
    let (machine, ops) = (task.machine, task.operators);
    let shape = match parameters.columns {
        true => columns(ops)?,
        false => (ops.model.len(), ops.data.len(), 1),
    };
    let (n, m, count) = shape;
    if n.saturating_mul(m) > MOST_ENTRIES {
        return Err(Error::Unsuited(format!(
            "a direct solve of {m} equations for {n} unknowns: at most {MOST_ENTRIES} matrix entries can be solved directly; use solver = \"cgls\""
        )));
    }
    let mut x = ops.new_model(machine)?;
    let mut y = ops.new_data(machine)?;
    let sides = Sides::new(ops, shape);
    let matrix = sides.matrix(task, &mut x, &mut y)?;
    (task.rhs)(&mut y)?;
    let data_norm = machine.norm(&ops.data, &y)?;
    let rhs = sides.equations(gather(machine, &ops.data, &y)?);
    let finite = rhs.iter().all(|v| v.is_finite());
    let whole = matrix.iter().all(|v| v.is_finite());
    let array = if finite { "the matrix" } else { "the data" };
    let mut stop = match finite && whole {
        true => Stop::Solved,
        false => Stop::NotFinite { iteration: 0, array },
    };
    let size = dense::norm(&matrix);
    let epsilon = if ops.has_single() { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let (rows, unknowns) = matrix.dim();
    let (full, longest) = (rows.min(unknowns), rows.max(unknowns) as f64);
    let counts = parameters.rcond.unwrap_or(epsilon * longest);
    let exact = parameters.rcond.is_none() && ops.is_stored();
    let regular = if exact { f64::EPSILON * longest } else { counts };
    let DenseSolution { x: solution, rank, condition } = match stop {
        Stop::Solved => dense::solve(matrix, rhs, RankLimits { regular, counts }),
        _ => DenseSolution { x: Array2::zeros((unknowns, count)), rank: full, condition: 1.0 },
    };
    let by = match parameters.rcond {
        Some(_) => " by `rcond`",
        None if epsilon > f64::EPSILON => " in single precision",
        None => "",
    };
    let mut warnings = Vec::new();
    if rank < full {
        warnings.push(sides.deficient(rank, full, counts, by));
    } else if condition * counts > 1.0 {
        warnings.push(doubtful(condition, counts));
    }
    warnings.extend(below(ops, largest(&solution), 1.0));
    set(machine, &ops.model, &mut x, &|k| {
        let (i, c) = (k / count, k % count);
        let imaginary = if sides.units.len() == 2 { solution[(n + i, c)] } else { 0.0 };
        C128::new(solution[(i, c)], imaginary)
    });
    let model = machine.norm(&ops.model, &x)?;
    if stop == Stop::Solved && !model.is_finite() {
        stop = Stop::NotFinite { iteration: 0, array: "the model" };
    }
    Ok(Outcome {
        model: x,
        iterations: 0,
        stop,
        cost: vec![data_norm],
        data_norm,
        rounding: 4.0 * epsilon * size * model,
        figures: Vec::new(),
        warnings,
    })
}

/// Real unknowns and real equations: an operator may be linear over the real numbers only.
struct Sides {
    /// Number of unknowns, of equations, and of columns that share them.
    shape: (usize, usize, usize),
    /// Unit values of an unknown: 1, and `1j` for a complex model.
    units: Vec<C128>,
    /// Whether equations have an imaginary part.
    complex: bool,
    /// Largest difference between columns that are alike, relative to their largest element.
    tolerance: f64,
}

impl Sides {
    fn new(ops: &Operators, shape: (usize, usize, usize)) -> Sides {
        let complex = |space: &Space| space.blocks.iter().any(|b| b.ty.dtype.is_complex());
        let mut units = vec![C128::new(1.0, 0.0)];
        if complex(&ops.model) {
            units.push(C128::new(0.0, 1.0));
        }
        let tolerance = if ops.is_single() { 1e-4 } else { 1e-10 };
        Sides { shape, units, complex: complex(&ops.data), tolerance }
    }

    /// The warning that the matrix does not have full rank, and how that was solved.
    fn deficient(&self, rank: usize, full: usize, limit: f64, by: &str) -> String {
        // A complex matrix yields each singular value twice.
        let twice = self.complex && self.units.len() == 2 && rank.is_multiple_of(2);
        let each = if twice { 2 } else { 1 };
        format!(
            "`direct`: the matrix has rank {}{by}, not {}: singular values up to {limit:.1e} times the largest count \
             as 0, which `rcond` of `solver = \"direct\"` sets. Of all models that fit the data best, this is the one of least norm; the residual is what none of them can fit",
            rank / each,
            full / each
        )
    }

    /// A data vector as real equations, by column; element `i count + c` is row `i` of column `c`.
    fn equations(&self, values: Vec<C128>) -> Array2<f64> {
        let (_, m, count) = self.shape;
        let rows = if self.complex { 2 * m } else { m };
        dense::matrix(rows, count, |i, c| {
            if i < m { values[i * count + c].re } else { values[(i - m) * count + c].im }
        })
    }

    /// The matrix. Each column of the model yields another column of it, so that few products give
    /// all. One more product, of columns that differ by factors, checks that the operator treats
    /// them alike.
    fn matrix(&self, task: &Task<'_>, x: &mut Vector, y: &mut Vector) -> Result<Array2<f64>> {
        let (machine, ops) = (task.machine, task.operators);
        let (n, m, count) = self.shape;
        let rows = if self.complex { 2 * m } else { m };
        let mut apply = |value: &dyn Fn(usize, usize) -> C128| -> Result<Array2<f64>> {
            set(machine, &ops.model, x, &|k| value(k / count, k % count));
            ops.forward(machine, x, y)?;
            Ok(self.equations(gather(machine, &ops.data, y)?))
        };
        let mut matrix = dense::matrix(rows, n * self.units.len(), |_, _| 0.0);
        for (u, unit) in self.units.iter().enumerate() {
            for first in (0..n).step_by(count) {
                let one = |i: usize, c: usize| if i == first + c { *unit } else { 0.0.into() };
                let found = apply(&one)?;
                for c in 0..count.min(n - first) {
                    matrix.column_mut(u * n + first + c).assign(&found.column(c));
                }
            }
        }
        if count == 1 {
            return Ok(matrix);
        }
        let probe = Array1::from_shape_fn(n * self.units.len(), |j| weight(3 * j + 1) - 1.4);
        let found = apply(&|i, c| {
            let value = (0..self.units.len()).map(|u| self.units[u] * probe[u * n + i]);
            value.sum::<C128>() * weight(c)
        })?;
        let first = &found.column(0) / weight(0);
        let size = largest(&probe) * largest(&matrix) * (n as f64).sqrt();
        let bound = self.tolerance * largest(&first).max(size);
        let off = |c: usize| largest(&(&found.column(c) / weight(c) - &first));
        // NaN is reported elsewhere.
        if let Some(c) = (1..count).find(|c| off(*c) > bound) {
            return Err(unlike(&format!(
                "the operator treats column {c} along the first axis differently from column 0"
            )));
        }
        if largest(&(matrix.dot(&probe) - first)) > bound {
            return Err(unlike("the operator mixes columns along the first axis"));
        }
        Ok(matrix)
    }
}

/// Warns that a matrix was solved as it is, although its stored precision does not determine the model.
fn doubtful(condition: f64, limit: f64) -> String {
    format!(
        "`direct`: the condition number of the matrix is about {condition:.1e}, but its arrays are stored in single precision, which resolves at most {:.1e}: if their elements were rounded, the model may be noise. \
         `rcond = {limit:.0e}` of `solver = \"direct\"` treats smaller singular values as 0",
        1.0 / limit
    )
}

/// Weight of a column in the check that an operator treats all alike; 1 for the first.
fn weight(column: usize) -> f64 {
    1.0 + (column * 7919 % 13) as f64 / 13.0
}

fn unlike(said: &str) -> Error {
    Error::Unsuited(format!("`columns = true`, but {said}; leave `columns` out"))
}

/// Number of unknowns, equations and columns of an operator that treats all columns alike.
fn columns(ops: &Operators) -> Result<(usize, usize, usize)> {
    let sides = |space: &Space| -> Option<(usize, usize)> {
        let [block] = space.blocks.as_slice() else { return None };
        let (first, rest) = block.ty.dims.split_first()?;
        Some((*first, rest.iter().product()))
    };
    let show = |space: &Space| {
        let dims = space.blocks.iter().map(|block| show_dims(&block.ty.dims));
        dims.collect::<Vec<_>>().join(" and ")
    };
    match (sides(&ops.model), sides(&ops.data)) {
        (Some((n, count)), Some((m, same))) if count == same => Ok((n, m, count)),
        _ => Err(Error::Unsuited(format!(
            "`columns = true` takes the first axis as rows and the others as columns, so model and data must agree in all axes but the first; the model is {}, the data \
             are {}. Put the axis along which the operator works first, or leave `columns` out",
            show(&ops.model),
            show(&ops.data)
        ))),
    }
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

/// Sets the elements that this process owns to `value` of their flat numbers.
fn set(machine: &Machine, space: &Space, v: &mut Vector, value: &dyn Fn(usize) -> C128) {
    each_owned(machine, space, &mut |block, tile, offset| {
        let mut values = Vec::with_capacity(tile.len());
        flat(tile, offset, &mut |k| values.push(value(k)));
        write(&mut v.stores[block], tile, &values);
    });
}

fn write(store: &mut Store, tile: &IndexBox, values: &[C128]) {
    with_view!(ViewMut, store.view_mut(tile), x => assign(x, values));
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

/// Calls `f` with the flat numbers of a tile's elements, in C order.
fn flat(tile: &IndexBox, (offset, block): (usize, &Block), f: &mut dyn FnMut(usize)) {
    let mut all = vec![offset];
    for (r, s) in tile.0.iter().zip(strides(&block.ty.dims)) {
        all = all.iter().flat_map(|&k| r.clone().map(move |i| k + i * s)).collect();
    }
    all.into_iter().for_each(f);
}
