//! What stacks of operators share: which dims they have in common, and how one is applied.

use crate::graph::{self, Error, Value};
use crate::operators::algebra::as_model;
use crate::operators::{Op, Space, data, disagreement};
use crate::scalar::DType;
use crate::space::{ArrayType, Side, show_dims};

/// Models of operators, at least one.
pub(super) fn models(ops: &[Op]) -> graph::Result<Vec<ArrayType>> {
    if ops.is_empty() {
        return Err(Error("expected at least one operator".into()));
    }
    Ok(ops.iter().map(|op| op.model()).collect())
}

/// Data of operators.
pub(super) fn datas(ops: &[Op]) -> graph::Result<Vec<ArrayType>> {
    ops.iter().map(|op| data(op.as_ref())).collect()
}

/// The dims that all have, if they have the same.
pub(super) fn common(types: &[ArrayType]) -> Option<&[usize]> {
    let first = types.first()?;
    types.iter().all(|ty| ty.dims == first.dims).then_some(first.dims.as_slice())
}

/// The dims that all have, or their elements along one axis.
pub(super) fn common_or_flat(types: &[ArrayType]) -> Vec<usize> {
    common(types).map_or_else(|| vec![types[0].len()], <[usize]>::to_vec)
}

/// The element type that holds all of theirs.
pub(super) fn dtype(types: &[ArrayType]) -> DType {
    types.iter().fold(types[0].dtype, |dtype, ty| dtype.promote(ty.dtype))
}

/// Reports operators whose models or data do not stand for each other.
pub(super) fn agree(ops: &[Op], types: &[ArrayType], side: Side) -> graph::Result<()> {
    let spaces: Vec<Space<'_>> =
        ops.iter().zip(types).map(|(op, ty)| Space { op: &**op, side, dims: &ty.dims }).collect();
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

/// An operator applied to a value that has as many elements as its model.
pub(super) fn apply(op: &Op, x: &Value) -> graph::Result<Value> {
    op.forward(&as_model(x, &op.model())?)
}
