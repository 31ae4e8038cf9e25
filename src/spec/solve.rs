//! `[solve]`: the equations to solve, and the solver.

use super::array_ref::{ArrayRef, any_array};
use super::diagnostic::Diagnostics;
use super::expr::Expr;
use super::node::{NodeValue, ParamTable, TomlNode};
use super::reader::{self, Reader, wrong};
use super::source::{Span, Spanned};

/// The `[solve]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct SolveSpec {
    /// The operator `A` of `A m = d`, by name or as an expression.
    pub operator: Spanned<Expr>,
    /// The data `d`.
    pub data: ArrayRef,
    /// Name of the solver; `auto` if the file names none.
    pub solver: Spanned<String>,
    /// The array to start from.
    pub x0: Option<ArrayRef>,
    /// Weight of the data.
    pub weight: Option<Beside>,
    /// Right preconditioner.
    pub preconditioner: Option<Beside>,
    /// Solve the normal equations.
    pub normal_equations: Option<Spanned<bool>>,
    /// Regularisation terms.
    pub regularization: Vec<RegularizationSpec>,
    /// The solver's own parameters; see [`deserialize`](super::deserialize).
    pub solver_params: ParamTable,
    /// Place of the table.
    pub span: Span,
}

/// An operator beside the one that is solved for.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The weight, preconditioner or regularization, by name or as an expression.
    pub operator: Spanned<Expr>,
    /// Whether its dims may match in number only.
    pub reshape: bool,
}

/// One `[[solve.regularization]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct RegularizationSpec {
    /// The operator `R` of `epsilon (R m - data) = 0`.
    pub operator: Beside,
    /// Its factor; 1 if the file gives none.
    pub epsilon: Spanned<f64>,
    /// The data; zeros if the file names none.
    pub data: Option<ArrayRef>,
    /// Place of the table.
    pub span: Span,
}

/// Keys of `[solve]` that are not a solver's parameters.
pub const COMMON: [&str; 8] = [
    "operator",
    "data",
    "solver",
    "x0",
    "weight",
    "preconditioner",
    "normal_equations",
    "regularization",
];

/// The solver that the table names and the parameters that are its own.
pub(super) fn solver(node: &TomlNode) -> Option<(Spanned<String>, ParamTable)> {
    let table = node.as_table()?;
    let name = match table.get("solver") {
        Some(named) => Spanned::new(named.as_str()?.to_string(), named.span.clone()),
        None => Spanned::new("auto".into(), table.head.clone()),
    };
    let mut params = table.without(&COMMON);
    params.owner = format!("solver `{}`", name.value);
    Some((name, params))
}

/// Reads `[solve]`; an application (`partial`) brings its own operator and data.
pub(super) fn read(node: &TomlNode, partial: bool, out: &mut Diagnostics) -> Option<SolveSpec> {
    let Some(table) = node.as_table() else {
        out.push(wrong(node, "solve", "a table"));
        return None;
    };
    let mut r = Reader::new(table, "`[solve]`", out);
    let (operator, data) = if partial {
        (r.read("operator", reader::expression), r.read("data", any_array))
    } else {
        (r.require("operator", reader::expression), r.require("data", any_array))
    };
    let solver = r.read("solver", reader::name);
    let x0 = r.read("x0", any_array);
    let weight = r.node("weight").and_then(|node| beside("weight", node, r.out));
    let preconditioner =
        r.node("preconditioner").and_then(|node| beside("preconditioner", node, r.out));
    let normal_equations = r.read("normal_equations", reader::boolean);
    let regularization = match r.node("regularization") {
        Some(node) => regularizations(node, r.out),
        None => Some(Vec::new()),
    };
    r.finish_open(&COMMON);
    let own = self::solver(node)?;
    if solver.is_none() && table.get("solver").is_some() {
        return None;
    }
    let (solver, solver_params) = own;
    Some(SolveSpec {
        operator: operator?,
        data: data?,
        solver,
        x0,
        weight,
        preconditioner,
        normal_equations,
        regularization: regularization?,
        solver_params,
        span: node.span.clone(),
    })
}

/// An operator, or a table with more about it.
fn beside(key: &str, node: &TomlNode, out: &mut Diagnostics) -> Option<Beside> {
    let Some(table) = node.as_table() else {
        let operator = out.take(reader::expression(node, key))?;
        return Some(Beside { operator, reshape: false });
    };
    let mut r = Reader::new(table, format!("`{key}`"), out);
    let operator = r.require("operator", reader::expression);
    let reshape = r.read("reshape", reader::boolean).is_some_and(|b| b.value);
    r.finish();
    Some(Beside { operator: operator?, reshape })
}

fn regularizations(node: &TomlNode, out: &mut Diagnostics) -> Option<Vec<RegularizationSpec>> {
    let NodeValue::Array(items) = &node.value else {
        out.push(
            wrong(node, "regularization", "a list of tables")
                .help("write `[[solve.regularization]]` with two brackets"),
        );
        return None;
    };
    let terms: Vec<Option<RegularizationSpec>> =
        items.iter().map(|n| regularization(n, out)).collect();
    terms.into_iter().collect()
}

fn regularization(node: &TomlNode, out: &mut Diagnostics) -> Option<RegularizationSpec> {
    let Some(table) = node.as_table() else {
        out.push(wrong(node, "regularization", "a table"));
        return None;
    };
    let mut r = Reader::new(table, "`[[solve.regularization]]`", out);
    let operator = r.require("operator", reader::expression);
    let epsilon = r.read("epsilon", reader::number);
    let data = r.read("data", any_array);
    let reshape = r.read("reshape", reader::boolean).is_some_and(|b| b.value);
    r.finish();
    let epsilon = epsilon.unwrap_or_else(|| Spanned::new(1.0, table.head.clone()));
    let operator = Beside { operator: operator?, reshape };
    Some(RegularizationSpec { operator, epsilon, data, span: node.span.clone() })
}
