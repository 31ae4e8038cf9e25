//! Operators side by side.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope, stack};
use crate::scalar::DType;
use crate::space::{ArrayType, Side};

pub(crate) const ENTRY: Entry = Entry::of::<HStack>("HStack");

/// Operators side by side: the sum of each applied to its part of the model.
///
/// ```text
/// y = A_0 x_0 + A_1 x_1 + ...,   x = (x_0, x_1, ...)
/// ```
/// All data must have the same number of elements. The model has one axis; the data has the common
/// dims of all, or one axis if they differ. The element type holds those of all operators. PyLops:
/// `HStack`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct HStack {
    /// Operators, by name or as expressions.
    ops: Vec<String>,
}

impl Parameters for HStack {
    fn build(self, _: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let ops = at.operators("ops", &self.ops, &at.list("ops"), scope)?;
        at.built("ops", hstack(ops))
    }
}

/// Operators side by side: the sum of each applied to its part of the model.
pub fn hstack(ops: Vec<Op>) -> graph::Result<Op> {
    let models = stack::models(&ops)?;
    let datas = stack::datas(&ops)?;
    stack::agree(&ops, &datas, Side::Data)?;
    let len = models.iter().map(ArrayType::len).fold(0, usize::saturating_add);
    let model = ArrayType::new([len], stack::dtype(&models));
    Ok(Arc::new(Built { ops, model, dimsd: stack::common_or_flat(&datas) }))
}

#[derive(Debug)]
struct Built {
    ops: Vec<Op>,
    model: ArrayType,
    dimsd: Vec<usize>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let mut start = 0;
        let mut parts = Vec::new();
        for op in &self.ops {
            let len = op.model().len();
            let part = stack::apply(op, &x.slice(0, start, len, 1)?)?;
            parts.push(part.reshape(&self.dimsd)?);
            start += len;
        }
        Value::sum_of(&parts)
    }
}
