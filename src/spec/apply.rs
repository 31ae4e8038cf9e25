//! `apply = { operator = "A", to = "x" }`: what an operator makes of an array or of a solution.

use super::array_ref::{ArrayRef, any_array};
use super::diagnostic::Diagnostics;
use super::expr::Expr;
use super::node::TomlNode;
use super::reader::{self, Reader, wrong};
use super::source::{Span, Spanned};

/// What an operator makes of something.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplySpec {
    /// The operator to apply; without one, the array is passed on as it is.
    pub operator: Option<Spanned<Expr>>,
    /// The adjoint instead of the operator.
    pub adjoint: bool,
    /// What it is applied to.
    pub to: ArrayRef,
    /// An array that is added before.
    pub plus: Option<ArrayRef>,
    /// An array that is added to the result.
    pub add: Option<ArrayRef>,
    /// Place of the table.
    pub span: Span,
}

/// Reads an `apply` table.
pub(super) fn read(node: &TomlNode, out: &mut Diagnostics) -> Option<ApplySpec> {
    let Some(table) = node.as_table() else {
        let example = "for example `apply = { operator = \"A\", to = \"x\" }`";
        out.push(wrong(node, "apply", "a table").help(example));
        return None;
    };
    let mut r = Reader::new(table, "`apply`", out);
    let mistakes = r.out.len();
    let operator = r.read("operator", reader::expression);
    let to = r.require("to", any_array);
    let plus = r.read("plus", any_array);
    let add = r.read("add", any_array);
    let adjoint = r.read("adjoint", reader::boolean).is_some_and(|a| a.value);
    r.finish();
    if out.len() > mistakes {
        return None;
    }
    Some(ApplySpec { operator, adjoint, to: to?, plus, add, span: node.span.clone() })
}
