//! Operators on the diagonal.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Program, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stack::Blocks;
use crate::operators::{Op, Operator, Scope, program, stack};
use crate::scalar::DType;
use crate::space::ArrayType;

pub(crate) const ENTRY: Entry = Entry::of::<BlockDiag>("BlockDiag");

/// A block-diagonal matrix: each operator acts on its own part of the model.
///
/// ```text
/// y_k = A_k x_k
/// ```
/// The model has dims `(number of operators, *dims)` if all models have the same dims, else one
/// axis; likewise the data. The element type holds those of all operators. 16 or more consecutive
/// operators that differ only in small arrays are applied as one, and round as one. PyLops:
/// `BlockDiag`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct BlockDiag {
    /// Operators, by name or as expressions.
    ops: Vec<String>,
}

impl Parameters for BlockDiag {
    fn build(self, _: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let ops = at.operators("ops", &self.ops, &at.list("ops"), scope)?;
        at.built("ops", block_diag(ops))
    }
}

/// Operators on the diagonal.
pub fn block_diag(ops: Vec<Op>) -> graph::Result<Op> {
    let models = stack::models(&ops)?;
    let programs: graph::Result<Vec<Program>> = ops.iter().map(|op| program(op.as_ref())).collect();
    let programs = programs?;
    let datas: Vec<ArrayType> = programs.iter().flat_map(Program::output_types).collect();
    let dims = match stack::common(&models) {
        Some(dims) => [&[models.len()], dims].concat(),
        None => vec![models.iter().map(ArrayType::len).fold(0, usize::saturating_add)],
    };
    let model = ArrayType::new(dims, stack::dtype(&models));
    let shaped_data = stack::common(&datas).is_some();
    let shaped_model = stack::common(&models).is_some();
    Ok(Arc::new(Built {
        blocks: Blocks::of(ops, true, &programs)?,
        model,
        shaped_model,
        shaped_data,
    }))
}

#[derive(Debug)]
struct Built {
    blocks: Blocks,
    model: ArrayType,
    /// Whether the parts of the model lie along an axis of their own.
    shaped_model: bool,
    /// Whether the parts of the data do, too.
    shaped_data: bool,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let mut start = 0;
        let mut parts = Vec::new();
        for run in self.blocks.runs(x.dtype())? {
            let len = if self.shaped_model { run.range.len() } else { self.blocks.model_len(run) };
            let part = x.slice(0, start, len, 1)?;
            parts.push(self.blocks.apply(run, &part, self.shaped_data)?);
            start += len;
        }
        Value::concatenate(&parts, 0)
    }
}
