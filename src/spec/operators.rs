//! `[operators]`: expressions, and tables that their registry reads later.

use super::arrays::{Chunks, read_chunks};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::expr::{self, Expr};
use super::node::{NodeValue, ParamTable, TomlNode};
use super::reader::{self, Reader, wrong};
use super::source::{Span, Spanned};
use crate::scalar::DType;

/// One operator of `[operators]`.
#[derive(Clone, Debug, PartialEq)]
pub enum OperatorSpec {
    /// A string: an expression over other operators.
    Expression(Spanned<Expr>),
    /// A table with a `type`.
    Table(OperatorTable),
}

impl OperatorSpec {
    /// Place of the expression or table.
    pub fn span(&self) -> &Span {
        match self {
            OperatorSpec::Expression(e) => &e.span,
            OperatorSpec::Table(t) => &t.span,
        }
    }
}

/// An operator by its type and parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorTable {
    /// The operator's type, PyLops' name.
    pub type_name: Spanned<String>,
    /// The parameters, without `type`, `dtype` and `chunks`; see [`deserialize`](super::deserialize).
    pub params: ParamTable,
    /// Element type, if the table sets one; else it follows from the parameters.
    pub dtype: Option<Spanned<DType>>,
    /// Chunks of model and data.
    pub chunks: Option<ChunksSpec>,
    /// Place of the table.
    pub span: Span,
}

/// `chunks = { model = [...], data = [...] }`
#[derive(Clone, Debug, PartialEq)]
pub struct ChunksSpec {
    /// Chunks of the model: rechunk before the forward.
    pub model: Option<Spanned<Chunks>>,
    /// Chunks of the data: rechunk before the adjoint.
    pub data: Option<Spanned<Chunks>>,
    /// Place of the table.
    pub span: Span,
}

/// Reads one operator.
pub(super) fn read(
    name: &Spanned<String>,
    node: &TomlNode,
    out: &mut Diagnostics,
) -> Option<OperatorSpec> {
    match &node.value {
        NodeValue::String(text, start) => {
            let expr = out.take(expr::parse(text, *start, &node.span))?;
            Some(OperatorSpec::Expression(Spanned::new(expr, node.span.clone())))
        }
        NodeValue::Table(table) => {
            let mut r = Reader::new(table, format!("operator `{}`", name.value), out);
            let type_name = r.require("type", reader::name);
            let dtype = r.read("dtype", reader::dtype);
            let chunks = r.node("chunks").and_then(|node| chunks(node, r.out));
            r.finish_open(&[]);
            let type_name = type_name?;
            let mut params = table.without(&["type", "dtype", "chunks"]);
            params.owner.clone_from(&type_name.value);
            Some(OperatorSpec::Table(OperatorTable {
                type_name,
                params,
                dtype,
                chunks,
                span: node.span.clone(),
            }))
        }
        _ => {
            let expected = "an expression, or a table with a `type`";
            out.push(wrong(node, &name.value, expected));
            None
        }
    }
}

fn chunks(node: &TomlNode, out: &mut Diagnostics) -> Option<ChunksSpec> {
    let Some(table) = node.as_table() else {
        let expected = "a table `{ model = [...], data = [...] }`";
        out.push(wrong(node, "chunks", expected));
        return None;
    };
    let mut r = Reader::new(table, "`chunks`", out);
    let model = r.read("model", read_chunks);
    let data = r.read("data", read_chunks);
    r.finish();
    Some(ChunksSpec { model, data, span: node.span.clone() })
}

/// A name that expressions could not use.
pub(super) fn check_name(name: &Spanned<String>, what: &str) -> Result<(), Diagnostic> {
    if super::lexer::is_name(&name.value) {
        return Ok(());
    }
    Err(Diagnostic::new(
        name.span.clone(),
        format!("invalid name for {what}: `{}`", name.value),
        "expected letters, digits and `_`, not starting with a digit",
    )
    .help("expressions cannot use this name"))
}
