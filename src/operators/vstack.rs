//! Operators one above the other.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::stack::Blocks;
use crate::operators::{Op, Operator, Scope, stack};
use crate::scalar::DType;
use crate::space::{ArrayType, Side};

pub(crate) const ENTRY: Entry = Entry::of::<VStack>("VStack");

/// Operators one above the other: each applied to the same model, stacked.
///
/// ```text
///       [ A_0 x ]
/// y  =  [ A_1 x ]
///       [  ...  ]
/// ```
/// All models must have the same number of elements. The model has the common dims of all, or one
/// axis if they differ; the data has one axis. The element type holds those of all operators. 16 or
/// more consecutive operators that differ only in small arrays are applied as one, and round as
/// one. PyLops: `VStack`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct VStack {
    /// Operators, by name or as expressions.
    ops: Vec<String>,
}

impl Parameters for VStack {
    fn build(self, _: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let ops = at.operators("ops", &self.ops, &at.list("ops"), scope)?;
        at.built("ops", vstack(ops))
    }
}

/// Operators one above the other: each applied to the same model, stacked.
pub fn vstack(ops: Vec<Op>) -> graph::Result<Op> {
    let models = stack::models(&ops)?;
    stack::agree(&ops, &models, Side::Model)?;
    let model = ArrayType::new(stack::common_or_flat(&models), stack::dtype(&models));
    Ok(Arc::new(Built { blocks: Blocks::new(ops, false), model }))
}

#[derive(Debug)]
struct Built {
    blocks: Blocks,
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let runs = self.blocks.runs(x.dtype())?.iter();
        let parts: graph::Result<Vec<Value>> =
            runs.map(|run| self.blocks.apply(run, x, false)).collect();
        Value::concatenate(&parts?, 0)
    }
}
