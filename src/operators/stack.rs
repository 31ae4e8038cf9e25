//! What stacks of operators share: their common dims, and how to apply them.

use std::ops::Range;
use std::sync::OnceLock;

use crate::graph::{self, Error, MANY, Program, Value, alike, batched};
use crate::operators::algebra::{as_model, program_for};
use crate::operators::{Op, OperatorSpace, data, disagreement};
use crate::scalar::DType;
use crate::space::{ArrayType, Side, show_dims};

/// The models of at least one operator.
pub(super) fn models(ops: &[Op]) -> graph::Result<Vec<ArrayType>> {
    if ops.is_empty() {
        return Err(Error("expected at least one operator".into()));
    }
    Ok(ops.iter().map(|op| op.model()).collect())
}

/// The data of operators.
pub(super) fn datas(ops: &[Op]) -> graph::Result<Vec<ArrayType>> {
    ops.iter().map(|op| data(op.as_ref())).collect()
}

/// The dims of all types, if they are the same.
pub(super) fn common(types: &[ArrayType]) -> Option<&[usize]> {
    let first = types.first()?;
    types.iter().all(|ty| ty.dims == first.dims).then_some(first.dims.as_slice())
}

/// The dims of all types if they are the same, else their elements along one axis.
pub(super) fn common_or_flat(types: &[ArrayType]) -> Vec<usize> {
    common(types).map_or_else(|| vec![types[0].len()], <[usize]>::to_vec)
}

/// The element type that holds all of them.
pub(super) fn dtype(types: &[ArrayType]) -> DType {
    types.iter().fold(types[0].dtype, |dtype, ty| dtype.promote(ty.dtype))
}

/// Reports operators whose models or data do not match.
pub(super) fn agree(ops: &[Op], types: &[ArrayType], side: Side) -> graph::Result<()> {
    let spaces: Vec<OperatorSpace<'_>> = ops
        .iter()
        .zip(types)
        .map(|(op, ty)| OperatorSpace { op: &**op, side, dims: &ty.dims })
        .collect();
    let Some((first, other)) = disagreement(&spaces) else { return Ok(()) };
    Err(Error(format!(
        "the {} of operator {} has dims {}, that of operator {} has {}",
        side.name(),
        first + 1,
        show_dims(&types[first].dims),
        other + 1,
        show_dims(&types[other].dims)
    )))
}

/// The operators of a stack, in which many like ones in a row become one program.
#[derive(Debug)]
pub(super) struct Blocks {
    ops: Vec<Op>,
    /// Whether each has its own part of the model.
    each: bool,
    /// By element type of the value that they are applied to, their runs.
    runs: [OnceLock<Vec<LikeBlocks>>; DType::ALL.len()],
}

/// Consecutive operators: a single one, or many as one program, from their models to their data
/// along a leading axis.
#[derive(Clone, Debug)]
pub(super) struct LikeBlocks {
    /// Numbers of the operators.
    pub(super) range: Range<usize>,
    /// The program of many operators.
    together: Option<Program>,
}

impl LikeBlocks {
    fn alone(k: usize) -> LikeBlocks {
        LikeBlocks { range: k..k + 1, together: None }
    }
}

impl Blocks {
    pub(super) fn new(ops: Vec<Op>, each: bool) -> Blocks {
        Blocks { ops, each, runs: Default::default() }
    }

    /// Like `new`, but finds the runs in the operators' programs if all have one element type.
    pub(super) fn of(ops: Vec<Op>, each: bool, programs: &[Program]) -> graph::Result<Blocks> {
        let blocks = Blocks::new(ops, each);
        let dtype = programs[0].inputs[0].dtype;
        if programs.iter().all(|program| program.inputs[0].dtype == dtype) {
            let runs = blocks.runs_of(programs)?;
            blocks.lock(dtype).get_or_init(|| runs);
        }
        Ok(blocks)
    }

    fn lock(&self, dtype: DType) -> &OnceLock<Vec<LikeBlocks>> {
        match DType::ALL.iter().zip(&self.runs).find(|(d, _)| **d == dtype) {
            Some((_, lock)) => lock,
            None => unreachable!("all element types are listed"),
        }
    }

    /// The runs of operators for values of an element type.
    pub(super) fn runs(&self, dtype: DType) -> graph::Result<&[LikeBlocks]> {
        let lock = self.lock(dtype);
        if let Some(runs) = lock.get() {
            return Ok(runs);
        }
        let runs = self.find_runs(dtype)?;
        Ok(lock.get_or_init(|| runs))
    }

    fn find_runs(&self, dtype: DType) -> graph::Result<Vec<LikeBlocks>> {
        if self.ops.len() < MANY {
            return Ok((0..self.ops.len()).map(LikeBlocks::alone).collect());
        }
        let programs: graph::Result<Vec<Program>> =
            self.ops.iter().map(|op| program_for(op, dtype.promote(op.model().dtype))).collect();
        self.runs_of(&programs?)
    }

    fn runs_of(&self, programs: &[Program]) -> graph::Result<Vec<LikeBlocks>> {
        let mut runs = Vec::new();
        let mut start = 0;
        for run in programs.chunk_by(alike) {
            let range = start..start + run.len();
            start = range.end;
            // Order along an axis of one sample is that of the blocks.
            let several = run[0].inputs[0].len() > 1 && run[0].output_types()[0].len() > 1;
            let together = match several && run.len() >= MANY {
                true => batched(&run.iter().collect::<Vec<_>>(), self.each)?,
                false => None,
            };
            match together {
                Some(_) => runs.push(LikeBlocks { range, together }),
                None => runs.extend(range.map(LikeBlocks::alone)),
            }
        }
        Ok(runs)
    }

    /// The data of a run, along a leading axis if `shaped`, else along one axis. `x` holds the
    /// models of the run one after the other, or the model that they share.
    pub(super) fn apply(&self, run: &LikeBlocks, x: &Value, shaped: bool) -> graph::Result<Value> {
        let op = &self.ops[run.range.start];
        let y = match &run.together {
            None => apply(op, x)?,
            Some(together) => {
                let x = x.cast(x.dtype().promote(op.model().dtype));
                x.reshape(&together.inputs[0].dims)?.apply(together)
            }
        };
        match run.together {
            _ if !shaped => Ok(y.flatten()),
            None => y.reshape(&[&[1], y.dims()].concat()),
            Some(_) => Ok(y),
        }
    }

    /// Number of elements in the models of a run.
    pub(super) fn model_len(&self, run: &LikeBlocks) -> usize {
        self.ops[run.range.start].model().len() * run.range.len()
    }
}

/// Applies an operator to a value with as many elements as its model.
pub(super) fn apply(op: &Op, x: &Value) -> graph::Result<Value> {
    op.forward(&as_model(x, &op.model())?)
}
