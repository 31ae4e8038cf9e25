//! Checks that operands fit each other; errors give both names and dims.

use crate::operators::{self, Op, OperatorSpace, disagreement, same_axes};
use crate::space::{ArrayType, Side, show_dims};
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

    fn dims_of(&mut self, side: Side, out: &mut Diagnostics) -> Option<Vec<usize>> {
        match side {
            Side::Model => Some(self.dims()),
            Side::Data => self.dimsd(out),
        }
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
    help: Option<String>,
    out: &mut Diagnostics,
) {
    let message = format!("{} do not fit in {what}", pair(left.0, right.0, out));
    let mut mistake = Diagnostic::new(sign.0.clone(), message, sign.1);
    mistake.help = help;
    for (span, label) in [left, right] {
        if span == sign.0 {
            mistake.label = format!("{}; {label}", mistake.label);
        } else {
            mistake = mistake.also(span.clone(), label);
        }
    }
    out.push(mistake);
}

/// `A @ B`: the data of `B` are the model of `A`; each side may itself be a product.
pub(super) fn product(
    left: (&mut Operand, &dyn Fn() -> Op),
    right: (&mut Operand, &dyn Fn() -> Op),
    sign: &Span,
    out: &mut Diagnostics,
) -> Option<()> {
    let (model, data) = (left.0.dims(), right.0.dimsd(out)?);
    if same_axes(&model, &data) {
        return Some(());
    }
    let (a, b) = ((left.1)(), (right.1)());
    let spaces = [
        OperatorSpace { op: &*a, side: Side::Model, dims: &model },
        OperatorSpace { op: &*b, side: Side::Data, dims: &data },
    ];
    if disagreement(&spaces).is_none() {
        return Some(());
    }
    let (a, b) = (format!("model {}", sized(&model)), format!("data {}", sized(&data)));
    let same_number = elements(&model) == elements(&data);
    let label = if same_number {
        format!("expected data {}, found {}", show_dims(&model), show_dims(&data))
    } else {
        format!("expected data of {} elements, found {}", elements(&model), elements(&data))
    };
    let (left, right) = ((&left.0.span, a), (&right.0.span, b));
    misfit("a product", (sign, &label), left, right, reshaping(same_number, &data, &model), out);
    None
}

/// What to do about dims that match in number only.
pub(super) fn reshaping(same_number: bool, from: &[usize], to: &[usize]) -> Option<String> {
    let list = |dims: &[usize]| {
        let dims: Vec<String> = dims.iter().map(ToString::to_string).collect();
        format!("[{}]", dims.join(", "))
    };
    same_number.then(|| {
        format!(
            "they agree only in the number of samples; if you intend that, put \
             `{{ type = \"Reshape\", dims = {}, dimsd = {} }}` between them",
            list(from),
            list(to)
        )
    })
}

/// The first operand whose model or data do not match those before it.
fn differing(
    operands: &mut [&mut Operand],
    side: Side,
    out: &mut Diagnostics,
) -> Option<Option<(usize, usize)>> {
    let dims: Option<Vec<Vec<usize>>> =
        operands.iter_mut().map(|operand| operand.dims_of(side, out)).collect();
    let dims = dims?;
    let spaces: Vec<OperatorSpace<'_>> = operands
        .iter()
        .zip(&dims)
        .map(|(o, dims)| OperatorSpace { op: &*o.op, side, dims })
        .collect();
    Some(disagreement(&spaces))
}

/// `A + B + C`: equal models and equal data. `sign` gives the place between two operands.
pub(super) fn sum(
    operands: &mut [&mut Operand],
    sign: &dyn Fn(usize, usize) -> Span,
    out: &mut Diagnostics,
) -> Option<()> {
    for side in [Side::Model, Side::Data] {
        let Some((k, l)) = differing(operands, side, out)? else { continue };
        let [a, b] = [operands[k].dims_of(side, out)?, operands[l].dims_of(side, out)?];
        let what = side.name();
        let label =
            format!("expected equal {}", if side == Side::Model { "models" } else { "data" });
        let same_number = elements(&a) == elements(&b);
        let help = reshaping(same_number, &b, &a);
        let [a, b] = [a, b].map(|dims| format!("{what} {}", sized(&dims)));
        let (left, right) = ((&operands[k].span, a), (&operands[l].span, b));
        misfit("a sum", (&sign(k, l), &label), left, right, help, out);
        return None;
    }
    Some(())
}

/// `A ** n`: model and data must match.
pub(super) fn square(operand: &mut Operand, out: &mut Diagnostics) -> Option<()> {
    let (model, data) = (operand.dims(), operand.dimsd(out)?);
    let op = &*operand.op;
    let spaces = [
        OperatorSpace { op, side: Side::Model, dims: &model },
        OperatorSpace { op, side: Side::Data, dims: &data },
    ];
    if disagreement(&spaces).is_none() {
        return Some(());
    }
    let message = format!("`{}` has no powers", text(out, &operand.span));
    let label = format!("model {}; data {}", sized(&model), sized(&data));
    let mistake = Diagnostic::new(operand.span.clone(), message, label);
    let help = reshaping(elements(&model) == elements(&data), &data, &model);
    out.push(mistake.help(help.unwrap_or("a power needs model and data of the same dims".into())));
    None
}

/// Operands of a function: equal models in a column, equal data in a row.
pub(super) fn call(
    function: Function,
    rows: &mut [Vec<Operand>],
    out: &mut Diagnostics,
) -> Option<()> {
    let what = format!("`{}`", function.name());
    if matches!(function, Function::HStack | Function::Block) {
        for row in rows.iter_mut() {
            equal(&what, Side::Data, &mut row.iter_mut().collect::<Vec<_>>(), out)?;
        }
    }
    match function {
        Function::VStack => {
            let mut all: Vec<&mut Operand> = rows.iter_mut().flatten().collect();
            equal(&what, Side::Model, &mut all, out)
        }
        Function::Block => {
            let columns = rows.iter().map(Vec::len).min().unwrap_or(0);
            (0..columns).try_for_each(|k| {
                let mut column: Vec<&mut Operand> =
                    rows.iter_mut().map(|row| &mut row[k]).collect();
                equal(&what, Side::Model, &mut column, out)
            })
        }
        _ => Some(()),
    }
}

fn equal(
    function: &str,
    side: Side,
    operands: &mut [&mut Operand],
    out: &mut Diagnostics,
) -> Option<()> {
    let Some((k, l)) = differing(operands, side, out)? else { return Some(()) };
    let [a, b] = [operands[k].dims_of(side, out)?, operands[l].dims_of(side, out)?];
    let help = reshaping(elements(&a) == elements(&b), &b, &a);
    let (what, first, other) = (side.name(), &operands[k].span, &operands[l].span);
    let message = format!("{} do not fit in {function}", pair(first, other, out));
    let (a, b) = (format!("{what} {}", sized(&a)), format!("{what} {}", sized(&b)));
    let mut mistake = if first == other {
        Diagnostic::new(other.clone(), message, format!("{b} beside {a}"))
    } else {
        Diagnostic::new(other.clone(), message, b).also(first.clone(), a)
    };
    mistake.help = help;
    out.push(mistake);
    None
}
