//! Operator expressions: `VStack([R, eps * L]).H @ W`.
//!
//! A Pratt parser with Python's precedence, from loose to tight: `+ -`; `@ * /`; unary `-`; `**`;
//! `.H .T .conj()`. All binary operators are left-associative.

use std::sync::Arc;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::lexer::{self, TextPlace, Token};
use super::source::{SourceText, Span, Spanned};
use crate::scalar::C128;

/// An expression over operators, and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place in the [`SourceText`].
    pub span: Span,
}

/// A form of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `2`, `1e-3`, `1j`.
    Number(C128),
    /// An operator or a number of `[params]`.
    Name(String),
    /// `-A`
    Neg(Box<Expr>),
    /// `A + B`
    Add(Box<Expr>, Box<Expr>),
    /// `A - B`
    Sub(Box<Expr>, Box<Expr>),
    /// Composition of operators, or scaling by a number.
    Mul {
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
        /// Written `@`, not `*`.
        at: bool,
    },
    /// `A / 2`
    Div(Box<Expr>, Box<Expr>),
    /// `A ** 2`
    Pow(Box<Expr>, Spanned<u32>),
    /// `A.H`
    Adjoint(Box<Expr>),
    /// `A.T`
    Transpose(Box<Expr>),
    /// `A.conj()`
    Conj(Box<Expr>),
    /// `VStack([A, B])`
    Call {
        /// The function.
        function: Spanned<Function>,
        /// The operands. [`Function::Block`] has its rows; every other function has one row.
        rows: Vec<Vec<Expr>>,
    },
}

/// A function over operators or numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `VStack([A, B])`
    VStack,
    /// `HStack([A, B])`
    HStack,
    /// `Block([[A, B], [C, D]])`
    Block,
    /// `BlockDiag([A, B])`
    BlockDiag,
    /// `Kronecker(A, B)`
    Kronecker,
    /// `Real(A)`
    Real,
    /// `Imag(A)`
    Imag,
    /// `sqrt(x)`
    Sqrt,
}

impl Function {
    /// Every function.
    pub const ALL: [Function; 8] = [
        Function::VStack,
        Function::HStack,
        Function::Block,
        Function::BlockDiag,
        Function::Kronecker,
        Function::Real,
        Function::Imag,
        Function::Sqrt,
    ];

    /// The name in expressions.
    pub fn name(self) -> &'static str {
        match self {
            Function::VStack => "VStack",
            Function::HStack => "HStack",
            Function::Block => "Block",
            Function::BlockDiag => "BlockDiag",
            Function::Kronecker => "Kronecker",
            Function::Real => "Real",
            Function::Imag => "Imag",
            Function::Sqrt => "sqrt",
        }
    }

    /// How it is written.
    pub fn usage(self) -> &'static str {
        match self {
            Function::VStack => "VStack([A, B])",
            Function::HStack => "HStack([A, B])",
            Function::Block => "Block([[A, B], [C, D]])",
            Function::BlockDiag => "BlockDiag([A, B])",
            Function::Kronecker => "Kronecker(A, B)",
            Function::Real => "Real(A)",
            Function::Imag => "Imag(A)",
            Function::Sqrt => "sqrt(x)",
        }
    }
}

impl Expr {
    /// Every name in the expression with its place, from left to right.
    pub fn names(&self) -> Vec<(&str, Span)> {
        let mut names = Vec::new();
        self.visit(&mut |e| {
            if let ExprKind::Name(name) = &e.kind {
                names.push((name.as_str(), e.span.clone()));
            }
        });
        names
    }

    /// Calls `f` on this expression and then on all inside it, from left to right.
    pub fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Expr)) {
        f(self);
        match &self.kind {
            ExprKind::Number(_) | ExprKind::Name(_) => {}
            ExprKind::Neg(a)
            | ExprKind::Pow(a, _)
            | ExprKind::Adjoint(a)
            | ExprKind::Transpose(a)
            | ExprKind::Conj(a) => a.visit(f),
            ExprKind::Add(a, b)
            | ExprKind::Sub(a, b)
            | ExprKind::Div(a, b)
            | ExprKind::Mul { left: a, right: b, .. } => {
                a.visit(f);
                b.visit(f);
            }
            ExprKind::Call { rows, .. } => rows.iter().flatten().for_each(|e| e.visit(f)),
        }
    }
}

/// Parses an expression that is alone, as after `--operator`. For one whose names belong to a
/// problem file see [`Document::add_expression`](super::Document::add_expression).
pub fn parse_expression(text: &str) -> Result<Expr, Diagnostics> {
    let mut source = SourceText::new("--operator", "");
    let start = source.add_argument("--operator", text);
    parse(text, Some(start), &(start..start + text.len())).map_err(|mistake| {
        let mut out = Diagnostics::new(Arc::new(source));
        out.push(mistake);
        out
    })
}

/// Parses the text of a string; `start` is where its characters stand, if they stand as they are.
pub(super) fn parse(text: &str, start: Option<usize>, whole: &Span) -> Result<Expr, Diagnostic> {
    let place = TextPlace { start, whole: whole.clone() };
    let tokens = lexer::tokens(text, &place, lexer::OF_OPERATORS)?;
    let mut parser = Parser { tokens, at: 0, depth: 0, operations: 0 };
    let expr = parser.binary(0)?;
    match parser.peek() {
        Token::End => Ok(expr),
        Token::Symbol(")" | "]") => {
            let what = format!("`{}` was never opened", parser.source_of_peek());
            Err(parser.unexpected(&what, "an operator or the end"))
        }
        Token::Symbol("**") => {
            let mistake = parser.unexpected("a power of a power", "an operator or the end");
            Err(mistake.help("write `(A**2)**3` with parentheses"))
        }
        _ => Err(parser.unexpected("this is not an expression", "an operator or the end")),
    }
}

/// Deepest nesting of parentheses, lists and signs.
const MAX_DEPTH: usize = 200;
/// Most operations in one expression: what reads the tree may recurse.
const MAX_OPERATIONS: usize = 1000;

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
    operations: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1.clone()
    }

    fn source_of_peek(&self) -> String {
        match self.peek() {
            Token::Symbol(s) => (*s).to_string(),
            other => other.to_string(),
        }
    }

    fn advance(&mut self) -> Span {
        let span = self.span();
        // The last token is the end, and stays.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        span
    }

    fn accept(&mut self, symbol: &'static str) -> Option<Span> {
        (*self.peek() == Token::Symbol(symbol)).then(|| self.advance())
    }

    fn unexpected(&self, message: &str, expected: &str) -> Diagnostic {
        let label = format!("expected {expected}, found {}", self.peek());
        Diagnostic::new(self.span(), message, label)
    }

    fn operation(&mut self) -> Result<(), Diagnostic> {
        self.operations += 1;
        if self.operations > MAX_OPERATIONS {
            let label = format!("more than {MAX_OPERATIONS} operations in one expression");
            return Err(Diagnostic::new(self.span(), "the expression is too long", label)
                .help("name a part of it in `[operators]`"));
        }
        Ok(())
    }

    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, Diagnostic>,
    ) -> Result<T, Diagnostic> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let label = format!("nested more than {MAX_DEPTH} deep");
            return Err(Diagnostic::new(self.span(), "the expression is nested too deeply", label));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Operands joined by operators that bind tighter than `loosest`.
    fn binary(&mut self, loosest: u8) -> Result<Expr, Diagnostic> {
        let mut left = self.unary()?;
        loop {
            let (symbol, power) = match self.peek() {
                Token::Symbol(s @ ("+" | "-")) => (*s, 1),
                Token::Symbol(s @ ("@" | "*" | "/")) => (*s, 2),
                _ => return Ok(left),
            };
            if power <= loosest {
                return Ok(left);
            }
            self.operation()?;
            self.advance();
            let right = self.binary(power)?;
            let span = left.span.start..right.span.end;
            let (a, b) = (Box::new(left), Box::new(right));
            let kind = match symbol {
                "+" => ExprKind::Add(a, b),
                "-" => ExprKind::Sub(a, b),
                "/" => ExprKind::Div(a, b),
                _ => ExprKind::Mul { left: a, right: b, at: symbol == "@" },
            };
            left = Expr { kind, span };
        }
    }

    fn unary(&mut self) -> Result<Expr, Diagnostic> {
        let Some(sign) = self.accept("-") else { return self.power() };
        let operand = self.nested(Self::unary)?;
        let span = sign.start..operand.span.end;
        Ok(Expr { kind: ExprKind::Neg(Box::new(operand)), span })
    }

    fn power(&mut self) -> Result<Expr, Diagnostic> {
        let base = self.postfix()?;
        if self.accept("**").is_none() {
            return Ok(base);
        }
        self.operation()?;
        let &Token::Number(_, Some(exponent)) = self.peek() else {
            return Err(self.unexpected("invalid exponent for `**`", "a non-negative integer"));
        };
        let span = self.advance();
        let whole = base.span.start..span.end;
        Ok(Expr { kind: ExprKind::Pow(Box::new(base), Spanned::new(exponent, span)), span: whole })
    }

    fn postfix(&mut self) -> Result<Expr, Diagnostic> {
        let mut operand = self.atom()?;
        while self.accept(".").is_some() {
            self.operation()?;
            let wrap: fn(Box<Expr>) -> ExprKind = match self.peek() {
                Token::Name(n) if n == "H" => ExprKind::Adjoint,
                Token::Name(n) if n == "T" => ExprKind::Transpose,
                Token::Name(n) if n == "conj" => ExprKind::Conj,
                _ => {
                    let expected = "`H`, `T` or `conj()`";
                    return Err(self.unexpected("unknown attribute after `.`", expected));
                }
            };
            let is_conj = *self.peek() == Token::Name("conj".into());
            let mut end = self.advance().end;
            if is_conj {
                let Some(open) = self.accept("(") else {
                    return Err(self.unexpected("`.conj` without `()`", "`()`"));
                };
                end = self.close(open, "(", ")")?.end;
            }
            let span = operand.span.start..end;
            operand = Expr { kind: wrap(Box::new(operand)), span };
        }
        Ok(operand)
    }

    fn atom(&mut self) -> Result<Expr, Diagnostic> {
        match self.peek().clone() {
            Token::Number(value, _) => {
                Ok(Expr { kind: ExprKind::Number(value), span: self.advance() })
            }
            Token::Name(name) => {
                let span = self.advance();
                match self.accept("(") {
                    Some(open) => self.call(&name, span, open),
                    None => Ok(Expr { kind: ExprKind::Name(name), span }),
                }
            }
            Token::Symbol("(") => {
                let open = self.advance();
                let mut inner = self.nested(|p| p.binary(0))?;
                inner.span = open.start..self.close(open, "(", ")")?.end;
                Ok(inner)
            }
            Token::Symbol("[") => {
                let mistake = self.unexpected("a list outside a function", "an operand");
                Err(mistake.help("lists belong in functions, as in `VStack([A, B])`"))
            }
            Token::End => {
                let what =
                    if self.at == 0 { "an empty expression" } else { "an operand is missing" };
                Err(self.unexpected(what, "an operand"))
            }
            _ => Err(self.unexpected("this is not an expression", "an operand")),
        }
    }

    /// The closing bracket, or a mistake at the opening one.
    fn close(
        &mut self,
        open: Span,
        opening: &str,
        closing: &'static str,
    ) -> Result<Span, Diagnostic> {
        if let Some(span) = self.accept(closing) {
            return Ok(span);
        }
        let label = format!("no `{closing}` for this `{opening}`");
        let found = format!("expected `{closing}`, found {}", self.peek());
        let here = self.span();
        let mistake = Diagnostic::new(open.clone(), format!("`{opening}` is not closed"), label);
        Err(if here == open { mistake } else { mistake.also(here, found) })
    }

    fn call(&mut self, name: &str, span: Span, open: Span) -> Result<Expr, Diagnostic> {
        let Some(function) = Function::ALL.into_iter().find(|f| f.name() == name) else {
            let known = Function::ALL.map(Function::name);
            let label = "not a function of expressions";
            return Err(Diagnostic::new(span, format!("unknown function `{name}`"), label)
                .did_you_mean(name, &known));
        };
        let rows = self.nested(|p| match function {
            Function::VStack | Function::HStack | Function::BlockDiag => {
                Ok(vec![p.list(function, |p| p.binary(0))?])
            }
            Function::Block => p.list(function, |p| p.list(function, |p| p.binary(0))),
            Function::Kronecker => {
                let first = p.binary(0)?;
                if p.accept(",").is_none() {
                    return Err(p.usage(function, "`,` and a second operand"));
                }
                Ok(vec![vec![first, p.binary(0)?]])
            }
            Function::Real | Function::Imag | Function::Sqrt => Ok(vec![vec![p.binary(0)?]]),
        })?;
        if let Some(row) = rows.iter().find(|row| row.len() != rows[0].len()) {
            let place = row[0].span.start..row[row.len() - 1].span.end;
            let label = format!("expected {} operators as in the first row", rows[0].len());
            return Err(Diagnostic::new(place, "the rows of a `Block` differ in length", label));
        }
        self.accept(",");
        let end = self.close(open, "(", ")")?.end;
        let whole = span.start..end;
        Ok(Expr {
            kind: ExprKind::Call { function: Spanned::new(function, span), rows },
            span: whole,
        })
    }

    /// `[a, b]`, not empty.
    fn list<T>(
        &mut self,
        function: Function,
        item: impl Fn(&mut Self) -> Result<T, Diagnostic>,
    ) -> Result<Vec<T>, Diagnostic> {
        let Some(open) = self.accept("[") else { return Err(self.usage(function, "`[`")) };
        let mut items = vec![self.nested(&item)?];
        while self.accept(",").is_some() && *self.peek() != Token::Symbol("]") {
            items.push(self.nested(&item)?);
        }
        self.close(open, "[", "]")?;
        Ok(items)
    }

    fn usage(&self, function: Function, expected: &str) -> Diagnostic {
        let message = format!("wrong arguments for `{}`", function.name());
        self.unexpected(&message, expected).help(format!("write `{}`", function.usage()))
    }
}
