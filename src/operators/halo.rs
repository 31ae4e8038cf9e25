//! Blocks of an array with samples of their neighbours around them.

use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Along, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Halo>("Halo");

/// Blocks of an array, each with samples of its neighbours around it.
///
/// ```text
/// y_b,k = x_{s b + k - h},     s = ceil(n / blocks), h the halo before a block
/// ```
/// along each axis. The data has dims `(blocks, *dims of a block)` if all blocks have the same
/// dims, else one axis, as the model of `BlockDiag`. The adjoint adds each halo to the neighbour
/// that it came from. PyLops-MPI: `MPIHalo`, whose grid is that of its processes and whose adjoint
/// drops the halos.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Halo {
    /// Dims of the model, up to three axes.
    dims: OneOrMany<usize>,
    /// Samples around a block: one number for all sides, of which those outside the array are left out; or a list of
    /// one number for each axis, or of one before and one after along each axis, where those outside are zero. At
    /// most the samples of the smallest block.
    halo: OneOrMany<usize>,
    /// Number of blocks along each axis, whatever the number of processes.
    proc_grid_shape: OneOrMany<usize>,
}

impl Parameters for Halo {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let label = format!("expected up to three axes, found dims {}", show_dims(&dims));
        at.require(dims.len() <= 3, "dims", label)?;
        let sides = self.sides(dims.len(), at)?;
        let grid = self.proc_grid_shape.to_vec();
        let label = format!("expected {} numbers, one for each axis", dims.len());
        at.require(grid.len() == dims.len(), "proc_grid_shape", label)?;
        let mut axes = Vec::new();
        for ((&n, &count), [before, after]) in dims.iter().zip(&grid).zip(sides) {
            let label = format!("expected from 1 to {n} blocks of {n} samples");
            at.require((1..=n).contains(&count), "proc_grid_shape", label)?;
            let each = n.div_ceil(count);
            let before_last = (count - 1) * each;
            let label = format!("{count} blocks of {each} samples leave none of {n} for the last");
            at.require(before_last < n, "proc_grid_shape", label)?;
            let last = n - before_last;
            let label = format!("expected at most {last}, the samples of the smallest block");
            at.require(before.max(after) <= last, "halo", label)?;
            let trimmed = matches!(self.halo, OneOrMany::One(_));
            axes.push(Blocks { count, each, last, before, after, trimmed });
        }
        let windows: Vec<usize> =
            axes.iter().map(|a| a.count).chain(axes.iter().map(Blocks::len)).collect();
        at.fits("halo", windows)?;
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, axes }))
    }
}

impl Halo {
    /// Samples before and after a block along each axis.
    fn sides(&self, axes: usize, at: &mut Checker<'_>) -> Option<Vec<[usize; 2]>> {
        let sides: Option<Vec<[usize; 2]>> = match &self.halo {
            OneOrMany::One(halo) => Some(vec![[*halo; 2]; axes]),
            OneOrMany::Many(halos) if halos.len() == axes => {
                Some(halos.iter().map(|&h| [h; 2]).collect())
            }
            OneOrMany::Many(halos) if halos.len() == 2 * axes => {
                Some(halos.chunks_exact(2).map(|sides| [sides[0], sides[1]]).collect())
            }
            OneOrMany::Many(_) => None,
        };
        let label = format!("expected one number, or a list of {axes} or of {}", 2 * axes);
        at.require(sides.is_some(), "halo", label)?;
        sides
    }
}

/// The blocks along an axis.
#[derive(Clone, Debug)]
struct Blocks {
    count: usize,
    /// Samples of all but the last.
    each: usize,
    /// Samples of the last.
    last: usize,
    /// Halo before and after a block.
    before: usize,
    after: usize,
    /// Whether halos outside the array are left out.
    trimmed: bool,
}

impl Blocks {
    /// Samples of a block with its halo.
    fn len(&self) -> usize {
        self.before + self.each + self.after
    }

    /// Blocks in a row that have the same part of these samples.
    fn alike(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let part = |k: usize| {
            let (first, last) = (k == 0, k + 1 == self.count);
            let start = if first && self.trimmed { self.before } else { 0 };
            let end = self.before + if last { self.last } else { self.each };
            start..end + if last && self.trimmed { 0 } else { self.after }
        };
        let last = self.count.saturating_sub(1).max(1);
        let mut runs: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        for some in [0..1, 1..last, last..self.count].into_iter().filter(|some| !some.is_empty()) {
            let part = part(some.start);
            match runs.last_mut() {
                Some((before, same)) if *same == part => before.end = some.end,
                _ => runs.push((some, part)),
            }
        }
        runs
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    axes: Vec<Blocks>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let mut x = x.clone();
        for (axis, a) in self.axes.iter().enumerate() {
            x = x.pad(axis, a.before, a.after + a.each - a.last)?;
        }
        let along = |a: &Blocks| Along { count: a.count, len: a.len(), step: a.each, tapers: None };
        let y = x.windows(self.axes.iter().map(along).collect())?;
        let y = blocks(&y.reshape(&[&[1], y.dims()].concat())?, &self.axes)?;
        let lens: Option<Vec<usize>> = self.axes.iter().map(same_length).collect();
        match lens {
            Some(lens) => {
                y.reshape(&[&[y.ty().len() / lens.iter().product::<usize>()], &lens[..]].concat())
            }
            None => Ok(y.flatten()),
        }
    }
}

/// The samples of each block with its halo, if all have as many.
fn same_length(axis: &Blocks) -> Option<usize> {
    let lens: Vec<usize> = axis.alike().into_iter().map(|(_, part)| part.len()).collect();
    lens.iter().all(|len| *len == lens[0]).then_some(lens[0])
}

/// The parts of windows that blocks have, one after the other: from `(rows, blocks along the last axes.., samples
/// along all..)` to `(rows, samples)`. Blocks that have the same part stay together.
fn blocks(x: &Value, axes: &[Blocks]) -> graph::Result<Value> {
    let Some((first, others)) = axes.split_first() else {
        return x.reshape(&[x.dims()[0], x.dims()[1..].iter().product()]);
    };
    // Samples along the first of these axes stand behind the blocks of all.
    let (rows, samples) = (x.dims()[0], x.dims().len() - axes.len());
    let parts = first.alike().into_iter().map(|(some, part)| {
        let x = x.slice(1, some.start, some.len(), 1)?.slice(samples, part.start, part.len(), 1)?;
        let y = blocks(&x.reshape(&[&[rows * some.len()], &x.dims()[2..]].concat())?, others)?;
        y.reshape(&[rows, y.ty().len() / rows])
    });
    Value::concatenate(&parts.collect::<graph::Result<Vec<_>>>()?, 1)
}
