//! What an expression over operators and numbers gives. Numbers fold; chains of products and sums
//! are read as wholes, so that long ones do not nest.

use std::sync::Arc;

use super::fit::{self, Operand};
use super::names::{Built, MAX_DEPTH, MAX_LEVEL, Names, programmed};
use super::postfix::Postfix;
use super::unused::ThingKind;
use crate::graph;
use crate::operators::{self, ImagPart, Op, OperatorSum, Power, Product, RealPart, Scaled};
use crate::scalar::C128;
use crate::spec::{Diagnostic, Diagnostics, Expr, ExprKind, Function, Span, Spanned};

/// Most primitives of an operator.
const MAX_SIZE: usize = 200_000;
/// Largest exponent of `**`.
const MAX_POWER: u32 = 1000;

/// A number or an operator.
#[derive(Debug)]
pub(super) enum Evaluated {
    Number(C128, Span),
    Operator(Operand),
}

/// Reads expressions of a problem.
pub(super) struct ExpressionReader<'a> {
    pub(super) names: &'a mut Names,
    /// Where every mistake is reported, if spans of the expression say nothing.
    pub(super) at: Option<&'a Span>,
    /// The numbers that scale operators, with their places.
    pub(super) scales: Vec<(C128, Span)>,
    pub(super) out: &'a mut Diagnostics,
}

/// Between the operands of a product.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Star,
    At,
    Slash,
}

impl ExpressionReader<'_> {
    /// An expression that must be an operator, and one that gives a program.
    pub(super) fn operator(&mut self, e: &Expr) -> Option<Built> {
        let term = self.term(e)?;
        let operand = self.as_operator(term, "an operator")?;
        let text = self.text(&operand.span);
        let data = match operand.data {
            Some(data) => data,
            None => {
                let scales = &self.scales;
                let place = |c: C128| {
                    let scale = scales.iter().find(|(number, _)| *number == c);
                    (scale.map_or(&operand.span, |(_, span)| span).clone(), None)
                };
                programmed(&operand.op, &operand.span, &text, &place, self.out)?.0
            }
        };
        Some(Built { op: operand.op, data, depth: operand.depth, size: operand.size })
    }

    fn term(&mut self, e: &Expr) -> Option<Evaluated> {
        if self.names.level >= MAX_LEVEL {
            return self.nested_too_deep(&self.span(e));
        }
        self.names.level += 1;
        let term = self.kind(e);
        self.names.level -= 1;
        term
    }

    fn kind(&mut self, e: &Expr) -> Option<Evaluated> {
        match &e.kind {
            ExprKind::Number(x) => Some(Evaluated::Number(*x, self.span(e))),
            ExprKind::Name(name) => self.name(name, self.span(e)),
            ExprKind::Neg(a) => match self.term(a)? {
                Evaluated::Number(x, _) => Some(Evaluated::Number(-x, self.span(e))),
                Evaluated::Operator(a) => {
                    let op = Arc::new(Scaled((-1.0).into(), a.op.clone()));
                    self.made(e, op, &[a])
                }
            },
            ExprKind::Add(..) | ExprKind::Sub(..) => self.sum(e),
            ExprKind::Mul { .. } | ExprKind::Div(..) => self.product(e),
            ExprKind::Pow(base, exponent) => self.power(e, base, exponent),
            ExprKind::Adjoint(_) | ExprKind::Transpose(_) | ExprKind::Conj(_) => self.postfix(e),
            ExprKind::Call { function, rows } => self.call(e, function.value, rows),
        }
    }

    fn name(&mut self, name: &str, span: Span) -> Option<Evaluated> {
        if let Some(x) = self.names.document().param(name) {
            self.names.note(ThingKind::Param, name);
            return Some(Evaluated::Number(x.into(), span));
        }
        let built = self.names.operator_named(name, &span, self.out)?;
        let Built { op, data, depth, size } = built;
        Some(Evaluated::Operator(Operand { op, data: Some(data), depth, size, span }))
    }

    /// `A + B - C`
    fn sum(&mut self, e: &Expr) -> Option<Evaluated> {
        let (mut parts, mut first) = (Vec::new(), e);
        loop {
            first = match &first.kind {
                ExprKind::Add(left, right) => {
                    parts.push((1.0, &**right));
                    left
                }
                ExprKind::Sub(left, right) => {
                    parts.push((-1.0, &**right));
                    left
                }
                _ => break,
            };
        }
        parts.push((1.0, first));
        parts.reverse();
        let terms: Vec<Option<Evaluated>> = parts.iter().map(|(_, part)| self.term(part)).collect();
        let terms: Option<Vec<Evaluated>> = terms.into_iter().collect();
        let (mut number, mut operands) = (C128::new(0.0, 0.0), Vec::new());
        let mut last: Option<(bool, Span)> = None;
        for ((factor, part), term) in parts.iter().zip(terms?) {
            let is_number = matches!(term, Evaluated::Number(..));
            let span = self.span(part);
            if let Some((before, other)) = last
                && before != is_number
            {
                let sign = self.sign(&other, &span, e);
                let (a, b) =
                    if before { ("a number", "an operator") } else { ("an operator", "a number") };
                let label = "expected operators on both sides";
                return self.wrong(&sign, &format!("a sum of {a} and {b}"), label);
            }
            last = Some((is_number, span));
            match term {
                Evaluated::Number(x, _) => number += x * *factor,
                Evaluated::Operator(operand) => operands.push((*factor, operand)),
            }
        }
        if operands.is_empty() {
            return self.number(number, e);
        }
        let spans: Vec<Span> = parts.iter().map(|(_, part)| self.span(part)).collect();
        let signs: Vec<Span> =
            (1..spans.len()).map(|k| self.sign(&spans[k - 1], &spans[k], e)).collect();
        let mut all: Vec<&mut Operand> = operands.iter_mut().map(|(_, o)| o).collect();
        fit::sum(&mut all, &|_, l| signs[l - 1].clone(), self.out)?;
        let ops = operands.iter().map(|(factor, operand)| {
            let op = operand.op.clone();
            if *factor < 0.0 { Arc::new(Scaled((-1.0).into(), op)) as Op } else { op }
        });
        let op = Arc::new(OperatorSum(ops.collect()));
        let operands: Vec<Operand> = operands.into_iter().map(|(_, o)| o).collect();
        self.made(e, op, &operands)
    }

    /// `2 * A @ B / 3`
    fn product(&mut self, e: &Expr) -> Option<Evaluated> {
        let (mut parts, mut first) = (Vec::new(), e);
        loop {
            first = match &first.kind {
                ExprKind::Mul { left, right, at } => {
                    parts.push((if *at { Sign::At } else { Sign::Star }, &**right));
                    left
                }
                ExprKind::Div(left, right) => {
                    parts.push((Sign::Slash, &**right));
                    left
                }
                _ => break,
            };
        }
        parts.push((Sign::Star, first));
        parts.reverse();
        let terms: Vec<Option<Evaluated>> = parts.iter().map(|(_, part)| self.term(part)).collect();
        let terms: Option<Vec<Evaluated>> = terms.into_iter().collect();
        let (mut number, mut scaled) = (C128::new(1.0, 0.0), false);
        let mut operands: Vec<Operand> = Vec::new();
        let mut signs: Vec<Span> = Vec::new();
        let (mut before, mut factor): (Option<Span>, Option<Span>) = (None, None);
        for ((sign, part), term) in parts.iter().zip(terms?) {
            let here = self.span(part);
            if matches!(term, Evaluated::Number(..)) {
                factor = factor.map_or(Some(here.clone()), |_| Some(self.span(e)));
            }
            let at = before.as_ref().map_or(here.clone(), |b| self.sign(b, &here, e));
            if *sign == Sign::At && (operands.is_empty() || matches!(term, Evaluated::Number(..))) {
                let help = "write `2 * A` to scale an operator";
                let mistake = Diagnostic::new(at, "`@` with a number", "expected two operators");
                self.out.push(mistake.help(help));
                return None;
            }
            match (*sign, term) {
                (Sign::Slash, Evaluated::Number(x, span)) => {
                    if x == C128::new(0.0, 0.0) {
                        return self.wrong(&span, "division by zero", "this is 0");
                    }
                    (number, scaled) = (number / x, true);
                }
                (Sign::Slash, Evaluated::Operator(operand)) => {
                    let label = "expected a number, found an operator";
                    let mistake = Diagnostic::new(operand.span, "division by an operator", label)
                        .help("division is a solve, which belongs in `[solve]`");
                    self.out.push(mistake);
                    return None;
                }
                (_, Evaluated::Number(x, _)) => (number, scaled) = (number * x, true),
                (_, Evaluated::Operator(operand)) => {
                    signs.push(at);
                    operands.push(operand);
                }
            }
            before = Some(here);
        }
        if operands.is_empty() {
            return self.number(number, e);
        }
        let ops: Vec<Op> = operands.iter().map(|o| o.op.clone()).collect();
        for k in 1..operands.len() {
            let (left, right) = operands.split_at_mut(k);
            let left = (&mut left[k - 1], &(|| balanced(&ops[..k])) as &dyn Fn() -> Op);
            let right = (&mut right[0], &(|| balanced(&ops[k..])) as &dyn Fn() -> Op);
            fit::product(left, right, &signs[k], self.out)?;
        }
        let mut op = balanced(&ops);
        if scaled {
            // A number beside operators scales what the ones before it give, and so all.
            let Some(Evaluated::Number(c, _)) = self.number(number, e) else { return None };
            self.scales.extend(factor.map(|span| (c, span)));
            op = Arc::new(Scaled(c, op));
        }
        self.made(e, op, &operands)
    }

    fn power(&mut self, e: &Expr, base: &Expr, exponent: &Spanned<u32>) -> Option<Evaluated> {
        let n = exponent.value;
        let mut operand = match self.term(base)? {
            Evaluated::Number(x, _) => return self.number(x.powu(n), e),
            Evaluated::Operator(operand) => operand,
        };
        fit::square(&mut operand, self.out)?;
        if n > MAX_POWER {
            let span = self.at.unwrap_or(&exponent.span).clone();
            let label = format!("expected at most {MAX_POWER}");
            return self.wrong(&span, "invalid exponent for `**`", label);
        }
        operand.size = operand.size.saturating_mul(n.max(1) as usize);
        let op = Arc::new(Power(operand.op.clone(), n));
        self.made(e, op, &[operand])
    }

    fn postfix(&mut self, e: &Expr) -> Option<Evaluated> {
        let (operand, postfix, only_conj) = Postfix::of(e);
        match self.term(operand)? {
            Evaluated::Number(x, _) if only_conj => {
                Some(Evaluated::Number(if postfix.conjugated { x.conj() } else { x }, self.span(e)))
            }
            Evaluated::Number(_, span) => {
                let label = "expected an operator, found a number";
                self.wrong(&span, "a number has no adjoint", label)
            }
            Evaluated::Operator(operand) => {
                let op = postfix.apply(operand.op.clone());
                self.built(e, op, &[operand])
            }
        }
    }

    fn call(&mut self, e: &Expr, function: Function, rows: &[Vec<Expr>]) -> Option<Evaluated> {
        let terms: Vec<Vec<Option<Evaluated>>> =
            rows.iter().map(|row| row.iter().map(|e| self.term(e)).collect()).collect();
        let terms: Option<Vec<Vec<Evaluated>>> =
            terms.into_iter().map(|row| row.into_iter().collect()).collect();
        let mut terms = terms?;
        if function == Function::Sqrt {
            return self.sqrt(e, terms.pop()?.pop()?);
        }
        let what = format!("an operator in `{}`", function.name());
        let mut operands: Vec<Vec<Operand>> = Vec::with_capacity(terms.len());
        for row in terms {
            let row: Vec<Option<Operand>> =
                row.into_iter().map(|term| self.as_operator(term, &what)).collect();
            operands.push(row.into_iter().collect::<Option<_>>()?);
        }
        fit::call(function, &mut operands, self.out)?;
        let mut ops: Vec<Vec<Op>> =
            operands.iter().map(|row| row.iter().map(|o| o.op.clone()).collect()).collect();
        let flat: Vec<Operand> = operands.into_iter().flatten().collect();
        let op = match function {
            Function::Block => operators::block(ops),
            Function::Real => Ok(Arc::new(RealPart(ops.pop()?.pop()?)) as Op),
            Function::Imag => Ok(Arc::new(ImagPart(ops.pop()?.pop()?)) as Op),
            Function::VStack => operators::vstack(ops.pop()?),
            Function::HStack => operators::hstack(ops.pop()?),
            Function::BlockDiag => operators::block_diag(ops.pop()?),
            Function::Kronecker | Function::Sqrt => {
                let mut pair = ops.pop()?;
                let (b, a) = (pair.pop()?, pair.pop()?);
                operators::kronecker(a, b)
            }
        };
        self.built(e, op, &flat)
    }

    fn sqrt(&mut self, e: &Expr, of: Evaluated) -> Option<Evaluated> {
        match of {
            Evaluated::Operator(operand) => {
                let label = "expected a number, found an operator";
                self.wrong(&operand.span, "the square root of an operator", label)
            }
            Evaluated::Number(x, span) if x.im == 0.0 && x.re < 0.0 => {
                let label = format!("this is {}", x.re);
                self.wrong(&span, "the square root of a negative number", label)
            }
            Evaluated::Number(x, _) if x.im == 0.0 => self.number(x.re.sqrt().into(), e),
            Evaluated::Number(x, _) => self.number(x.sqrt(), e),
        }
    }

    fn number(&mut self, x: C128, e: &Expr) -> Option<Evaluated> {
        let span = self.span(e);
        if !x.is_finite() {
            return self.wrong(&span, "a number that is not finite", format!("this is {x}"));
        }
        Some(Evaluated::Number(x, span))
    }

    fn as_operator(&mut self, term: Evaluated, expected: &str) -> Option<Operand> {
        match term {
            Evaluated::Operator(operand) => Some(operand),
            Evaluated::Number(x, span) => {
                let found = if x.im == 0.0 { x.re.to_string() } else { x.to_string() };
                let label = format!("expected {expected}, found the number {found}");
                self.wrong(&span, "a number where an operator is needed", label)
            }
        }
    }

    /// An operator made of others by a graph.
    fn built(&mut self, e: &Expr, op: graph::Result<Op>, of: &[Operand]) -> Option<Evaluated> {
        match op {
            Ok(op) => self.made(e, op, of),
            Err(error) => {
                let span = self.span(e);
                let message = format!("`{}` does not make an operator", self.text(&span));
                self.wrong(&span, &message, error.to_string())
            }
        }
    }

    /// An operator made of others, if it is not beyond all bounds.
    fn made(&mut self, e: &Expr, op: Op, of: &[Operand]) -> Option<Evaluated> {
        let span = self.span(e);
        let depth = of.iter().map(|o| o.depth).max().unwrap_or(0) + 1;
        let size = of.iter().fold(1, |n: usize, o| n.saturating_add(o.size.saturating_add(1)));
        if depth > MAX_DEPTH {
            return self.nested_too_deep(&span);
        }
        if size > MAX_SIZE {
            let label = format!("more than {MAX_SIZE} steps");
            return self.wrong(&span, "the operator is too long", label);
        }
        Some(Evaluated::Operator(Operand { op, data: None, depth, size, span }))
    }

    fn nested_too_deep<T>(&mut self, span: &Span) -> Option<T> {
        let label = format!("more than {MAX_DEPTH} inside each other");
        self.wrong(span, "operators are nested too deeply", label)
    }

    fn wrong<T>(&mut self, span: &Span, message: &str, label: impl AsRef<str>) -> Option<T> {
        self.out.push(Diagnostic::new(span.clone(), message, label.as_ref()));
        None
    }

    fn span(&self, e: &Expr) -> Span {
        self.at.unwrap_or(&e.span).clone()
    }

    fn text(&self, span: &Span) -> String {
        fit::text(self.out, span)
    }

    /// Place of the sign between two operands; of the whole if the source does not hold the text
    /// verbatim.
    fn sign(&self, left: &Span, right: &Span, e: &Expr) -> Span {
        if left.end < right.start
            && let Some(k) =
                self.out.source().slice(&(left.end..right.start)).find(['+', '-', '*', '@', '/'])
        {
            let start = left.end + k;
            return start..start + 1;
        }
        self.span(e)
    }
}

/// Products nested as little as possible.
fn balanced(ops: &[Op]) -> Op {
    match ops {
        [one] => one.clone(),
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            Arc::new(Product(balanced(left), balanced(right)))
        }
    }
}
