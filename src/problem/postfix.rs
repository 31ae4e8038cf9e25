//! A run of `.H`, `.T` and `.conj()`: all are involutions that commute, and `.T` is `.H.conj()`, so
//! any run is one of them or none.

use std::sync::Arc;

use crate::graph;
use crate::operators::{Adjoint, Conjugate, Op, Transposed};
use crate::spec::{Expr, ExprKind};

/// What a run of them comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Postfix {
    /// Rows and columns change places.
    pub(super) transposed: bool,
    /// Entries are conjugated.
    pub(super) conjugated: bool,
}

impl Postfix {
    /// The operand of a run, and the run. The last says whether it was of `.conj()` only.
    pub(super) fn of(expression: &Expr) -> (&Expr, Postfix, bool) {
        let (mut postfix, mut operand, mut only_conj) = (Postfix::default(), expression, true);
        loop {
            let (inner, transposes, conjugates) = match &operand.kind {
                ExprKind::Adjoint(inner) => (inner, true, true),
                ExprKind::Transpose(inner) => (inner, true, false),
                ExprKind::Conj(inner) => (inner, false, true),
                _ => return (operand, postfix, only_conj),
            };
            postfix.transposed ^= transposes;
            postfix.conjugated ^= conjugates;
            only_conj &= !transposes;
            operand = inner;
        }
    }

    /// The operator with this run behind it.
    pub(super) fn apply(self, op: Op) -> graph::Result<Op> {
        Ok(match (self.transposed, self.conjugated) {
            (true, true) => Arc::new(Adjoint::new(op)?),
            (true, false) => Arc::new(Transposed::new(op)?),
            (false, true) => Arc::new(Conjugate(op)),
            (false, false) => op,
        })
    }
}
