//! Kronecker product of two operators.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope, data, stack};
use crate::scalar::DType;
use crate::space::{ArrayType, MOST_ELEMENTS};

pub(crate) const ENTRY: Entry = Entry::of::<Kronecker>("Kronecker");

/// Kronecker product of two operators.
///
/// ```text
/// Y = A_1 X A_2^T,   X = x as (M_1, M_2),   y = Y of (N_1, N_2) along one axis
/// ```
/// Model of `M_1 M_2` elements, data of `N_1 N_2`. Matrices and identities are applied to all rows
/// or columns at once, as are other operators to 16 or more. Operators that read a table (`Spread`,
/// `Kirchhoff`) are applied to each in turn, so keep their number small. The element type holds
/// those of both. PyLops: `Kronecker`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Kronecker {
    /// First operator, by name or as an expression.
    #[serde(rename = "Op1")]
    op1: String,
    /// Second operator, by name or as an expression.
    #[serde(rename = "Op2")]
    op2: String,
}

impl Parameters for Kronecker {
    fn build(self, _: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let first = at.operator("Op1", &self.op1, scope);
        let second = at.operator("Op2", &self.op2, scope);
        at.built("Op1", kronecker(first?, second?))
    }
}

/// Kronecker product of two operators.
pub fn kronecker(op1: Op, op2: Op) -> graph::Result<Op> {
    let ops = [op1, op2];
    let models = stack::models(&ops)?;
    let [op1, op2] = ops;
    let datas = [data(op1.as_ref())?, data(op2.as_ref())?];
    let len = product(&models)?;
    product(&datas)?;
    let model = ArrayType::new([len], stack::dtype(&models));
    Ok(Arc::new(Built { op1, op2, model }))
}

/// Number of elements of the product; an error if there are too many.
fn product(types: &[ArrayType]) -> graph::Result<usize> {
    let len = types[0].len().checked_mul(types[1].len()).filter(|n| *n <= MOST_ELEMENTS);
    len.ok_or_else(|| {
        graph::Error(format!("{} times {} elements are too many", types[0].len(), types[1].len()))
    })
}

#[derive(Debug)]
struct Built {
    op1: Op,
    op2: Op,
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let x = x.reshape(&[self.op1.model().len(), self.op2.model().len()])?;
        let rows = self.op1.forward_columns(&x)?.permute(&[1, 0])?;
        Ok(self.op2.forward_columns(&rows)?.permute(&[1, 0])?.flatten())
    }

    // (A x B) X = A on the first axis, B on the second, with the columns along.
    fn forward_columns(&self, x: &Value) -> graph::Result<Value> {
        let (n1, n2, k) = (self.op1.model().len(), self.op2.model().len(), x.dims()[1]);
        let first = self.op1.forward_columns(&x.reshape(&[n1, n2 * k])?)?;
        let m1 = first.dims()[0];
        let turned = first.reshape(&[m1, n2, k])?.permute(&[1, 0, 2])?.reshape(&[n2, m1 * k])?;
        let second = self.op2.forward_columns(&turned)?;
        let m2 = second.dims()[0];
        second.reshape(&[m2, m1, k])?.permute(&[1, 0, 2])?.reshape(&[m1 * m2, k])
    }
}
