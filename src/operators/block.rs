//! Operators in rows and columns.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::params::entries;
use crate::operators::{Op, Scope, hstack, stack, vstack};
use crate::scalar::DType;
use crate::space::Side;

pub(crate) const ENTRY: Entry = Entry::of::<Block>("Block");

/// A block matrix of operators.
///
/// ```text
///       [ A_00 x_0 + A_01 x_1 + ... ]
/// y  =  [ A_10 x_0 + A_11 x_1 + ... ]
///       [            ...            ]
/// ```
/// Model and data have one axis. Equals a `VStack` with one `HStack` for each row. PyLops: `Block`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Block {
    /// Rows of operators, by name or as expressions.
    ops: Vec<Vec<String>>,
}

impl Parameters for Block {
    fn build(self, _: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let rows: Vec<Option<Vec<Op>>> = (self.ops.iter().zip(at.list("ops")))
            .map(|(row, list)| at.operators("ops", row, &entries(&list), scope))
            .collect();
        let rows: Option<Vec<Vec<Op>>> = rows.into_iter().collect();
        at.built("ops", block(rows?))
    }
}

/// Rows of operators.
pub fn block(rows: Vec<Vec<Op>>) -> graph::Result<Op> {
    let columns = rows.iter().map(Vec::len).min().unwrap_or(0);
    for k in (0..columns).filter(|_| rows.iter().all(|row| row.len() == columns)) {
        let column: Vec<Op> = rows.iter().map(|row| row[k].clone()).collect();
        stack::agree(&column, &stack::models(&column)?, Side::Model)
            .map_err(|error| graph::Error(format!("column {}: {error}", k + 1)))?;
    }
    let rows: graph::Result<Vec<Op>> = (rows.into_iter().enumerate())
        .map(|(k, row)| {
            hstack(row).map_err(|error| graph::Error(format!("row {}: {error}", k + 1)))
        })
        .collect();
    vstack(rows?).map_err(|error| graph::Error(format!("rows as operators: {error}")))
}
