//! Whether operands fit each other, said with both names and their dims.

use crate::operators::{self, Op};
use crate::space::{ArrayType, show_dims};
use crate::spec::{Diagnostic, Diagnostics, Function, Span};

/// An operator in an expression.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) op: Op,
    /// Dims and element type of its data, once they are known.
    pub(super) data: Option<ArrayType>,
    /// Operators nested inside each other.
    pub(super) depth: usize,
    /// About the primitives of its program.
    pub(super) size: usize,
    pub(super) span: Span,
}

impl Operand {
    /// Dims of the data; a mistake if the operator gives none.
    pub(super) fn dimsd(&mut self, out: &mut Diagnostics) -> Option<Vec<usize>> {
        if self.data.is_none() {
            match operators::data(self.op.as_ref()) {
                Ok(data) => self.data = Some(data),
                Err(error) => {
                    let message = format!("`{}` cannot be applied", text(out, &self.span));
                    out.push(Diagnostic::new(self.span.clone(), message, error.to_string()));
                }
            }
        }
        self.data.as_ref().map(|data| data.dims.clone())
    }

    fn dims(&self) -> Vec<usize> {
        self.op.model().dims
    }
}

/// The text of an operand, if it is short; else its ends.
pub(super) fn text(out: &Diagnostics, span: &Span) -> String {
    let text = out.source().slice(span).trim_matches(['"', '\'']).trim().replace('\n', " ");
    let length = text.chars().count();
    if length <= 32 {
        return text;
    }
    let first: String = text.chars().take(16).collect();
    let last: String = text.chars().skip(length - 12).collect();
    format!("{first} ... {last}")
}

fn elements(dims: &[usize]) -> usize {
    dims.iter().product()
}

/// Dims, and the number of elements where dims do not show it.
pub(super) fn sized(dims: &[usize]) -> String {
    match dims {
        [_] => show_dims(dims),
        _ => format!("{}, {} elements", show_dims(dims), elements(dims)),
    }
}

/// Both operands by their texts; by their expression's if they have none of their own.
fn pair(left: &Span, right: &Span, out: &Diagnostics) -> String {
    if left == right {
        return format!("two operands of `{}`", text(out, left));
    }
    format!("`{}` and `{}`", text(out, left), text(out, right))
}

/// Two operands and what of each does not fit, at the sign between them.
fn misfit(
    what: &str,
    sign: (&Span, &str),
    left: (&Span, String),
    right: (&Span, String),
    out: &mut Diagnostics,
) {
    let message = format!("{} do not fit in {what}", pair(left.0, right.0, out));
    let mut mistake = Diagnostic::new(sign.0.clone(), message, sign.1);
    for (span, label) in [left, right] {
        if span == sign.0 {
            mistake.label = format!("{}; {label}", mistake.label);
        } else {
            mistake = mistake.also(span.clone(), label);
        }
    }
    out.push(mistake);
}

/// `A @ B`: the data of `B` are the model of `A`, up to their dims.
pub(super) fn product(
    left: &mut Operand,
    right: &mut Operand,
    sign: &Span,
    out: &mut Diagnostics,
) -> Option<()> {
    let (model, data) = (left.dims(), right.dimsd(out)?);
    if elements(&model) == elements(&data) {
        return Some(());
    }
    let (a, b) = (format!("model {}", sized(&model)), format!("data {}", sized(&data)));
    let label =
        format!("expected data of {} elements, found {}", elements(&model), elements(&data));
    misfit("a product", (sign, &label), (&left.span, a), (&right.span, b), out);
    None
}

/// `A + B`: equal models and equal data, up to their dims.
pub(super) fn sum(
    left: &mut Operand,
    right: &mut Operand,
    sign: &Span,
    out: &mut Diagnostics,
) -> Option<()> {
    let (models, data) = ([left.dims(), right.dims()], [left.dimsd(out)?, right.dimsd(out)?]);
    let equal = |dims: &[Vec<usize>; 2]| elements(&dims[0]) == elements(&dims[1]);
    let (what, dims) = match (equal(&models), equal(&data)) {
        (true, true) => return Some(()),
        (false, _) => ("model", models),
        _ => ("data", data),
    };
    let label = format!("expected equal {}", if what == "model" { "models" } else { "data" });
    let [a, b] = dims.map(|dims| format!("{what} {}", sized(&dims)));
    misfit("a sum", (sign, &label), (&left.span, a), (&right.span, b), out);
    None
}

/// `A ** n`: model and data of one size.
pub(super) fn square(operand: &mut Operand, out: &mut Diagnostics) -> Option<()> {
    let (model, data) = (operand.dims(), operand.dimsd(out)?);
    if elements(&model) == elements(&data) {
        return Some(());
    }
    let message = format!("`{}` has no powers", text(out, &operand.span));
    let label = format!("model {}; data {}", sized(&model), sized(&data));
    let mistake = Diagnostic::new(operand.span.clone(), message, label);
    out.push(mistake.help("an operator with powers has model and data of one size"));
    None
}

/// Operands of a function: equal models in a column, equal data in a row.
pub(super) fn call(
    function: Function,
    rows: &mut [Vec<Operand>],
    out: &mut Diagnostics,
) -> Option<()> {
    let what = format!("`{}`", function.name());
    let in_rows = matches!(function, Function::HStack | Function::Block);
    if in_rows {
        for row in rows.iter_mut() {
            let Some((first, others)) = row.split_first_mut() else { continue };
            for other in others {
                equal(&what, "data", first, other, out)?;
            }
        }
    }
    match (function, rows) {
        (Function::VStack, [row]) => {
            let (first, others) = row.split_first_mut()?;
            others.iter_mut().try_for_each(|other| equal(&what, "model", first, other, out))
        }
        (Function::Block, rows) => {
            let (top, below) = rows.split_first_mut()?;
            below.iter_mut().try_for_each(|row| {
                let mut column = top.iter_mut().zip(row);
                column.try_for_each(|(first, other)| equal(&what, "model", first, other, out))
            })
        }
        _ => Some(()),
    }
}

fn equal(
    function: &str,
    what: &str,
    first: &mut Operand,
    other: &mut Operand,
    out: &mut Diagnostics,
) -> Option<()> {
    let [a, b] = match what {
        "model" => [first.dims(), other.dims()],
        _ => [first.dimsd(out)?, other.dimsd(out)?],
    };
    if elements(&a) == elements(&b) {
        return Some(());
    }
    let pair = pair(&first.span, &other.span, out);
    let message = format!("{pair} do not fit in {function}");
    let (a, b) = (format!("{what} {}", sized(&a)), format!("{what} {}", sized(&b)));
    out.push(if first.span == other.span {
        Diagnostic::new(other.span.clone(), message, format!("{b} beside {a}"))
    } else {
        Diagnostic::new(other.span.clone(), message, b).also(first.span.clone(), a)
    });
    None
}
