//! Formulas over numbers and arrays: `where(abs(d) > eps, d, 0)`, with Python's precedence and NumPy's
//! names.
//!
//! From loose to tight: `|`; `&`; comparisons, which do not chain; `+ -`; `* / // %`; unary `- + ~`;
//! `**`, the only one that binds to the right. As in Python, `-x ** 2` is `-(x ** 2)`, but `~` and `-`
//! bind alike.

use super::diagnostic::{Diagnostic, nearest};
use super::lexer::{self, OF_FORMULAS, TextPlace, Token};
use super::source::{Span, Spanned};
use crate::scalar::C128;

/// A formula, and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// What it is.
    pub kind: FormulaKind,
    /// Its place in the source.
    pub span: Span,
}

/// A form of formula.
#[derive(Clone, Debug, PartialEq)]
pub enum FormulaKind {
    /// `2`, `1e-3`, `1j`.
    Number(C128),
    /// A number of `[params]`, an array, or `pi`.
    Name(String),
    /// A function of one number at a time: `-x`, `sqrt(x)`.
    Unary(Unary, Box<Formula>),
    /// A function of two numbers at a time: `x + y`, `maximum(x, y)`.
    Binary(Binary, Box<Formula>, Box<Formula>),
    /// `where(condition, x, y)`
    Where(Box<[Formula; 3]>),
    /// `mean(x)`, `sum(x, axis=0)`: one number of many.
    Reduce(Reduction, Box<Formula>, Option<Spanned<i64>>),
    /// `cumsum(x, axis=0)`, `sort(x)`: along an axis.
    Scan(Scan, Box<Formula>, Option<Spanned<i64>>),
}

macro_rules! functions {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$of])* $variant),* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The name in formulas, or the sign.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            fn named(name: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|f| f.name() == name)
            }
        }
    };
}

functions! {
    /// A function of one number.
    Unary {
        /// `-x`
        Neg = "-",
        /// `~x`: 1 where x is 0, else 0.
        Not = "~",
        /// The magnitude.
        Abs = "abs",
        /// The sign; of complex numbers `x / |x|`.
        Sign = "sign",
        /// The square root.
        Sqrt = "sqrt",
        /// `x * x`
        Square = "square",
        /// The exponential function.
        Exp = "exp",
        /// The natural logarithm.
        Log = "log",
        /// The logarithm to the base 10.
        Log10 = "log10",
        /// The logarithm to the base 2.
        Log2 = "log2",
        /// The sine.
        Sin = "sin",
        /// The cosine.
        Cos = "cos",
        /// The tangent.
        Tan = "tan",
        /// The hyperbolic tangent.
        Tanh = "tanh",
        /// The inverse of the tangent.
        Arctan = "arctan",
        /// `sin(pi x) / (pi x)`
        Sinc = "sinc",
        /// The largest integer that is not above x.
        Floor = "floor",
        /// The least integer that is not below x.
        Ceil = "ceil",
        /// The nearest integer, an even one of two.
        Round = "round",
        /// The real part.
        Real = "real",
        /// The imaginary part.
        Imag = "imag",
        /// The complex conjugate.
        Conj = "conj",
        /// The phase in radians.
        Angle = "angle",
    }
}

functions! {
    /// A function of two numbers.
    Binary {
        /// `x + y`
        Add = "+",
        /// `x - y`
        Sub = "-",
        /// `x * y`
        Mul = "*",
        /// `x / y`
        Div = "/",
        /// `x // y`, rounded down.
        FloorDiv = "//",
        /// `x % y`, of the sign of y.
        Remainder = "%",
        /// `x ** y`
        Pow = "**",
        /// `x < y`
        Less = "<",
        /// `x <= y`
        LessEqual = "<=",
        /// `x > y`
        Greater = ">",
        /// `x >= y`
        GreaterEqual = ">=",
        /// `x == y`
        Equal = "==",
        /// `x != y`
        NotEqual = "!=",
        /// `x & y`: 1 where neither is 0.
        And = "&",
        /// `x | y`: 1 where not both are 0.
        Or = "|",
        /// The larger one.
        Maximum = "maximum",
        /// The smaller one.
        Minimum = "minimum",
        /// The phase of `(y, x)`.
        Arctan2 = "arctan2",
        /// `sqrt(x^2 + y^2)`
        Hypot = "hypot",
    }
}

functions! {
    /// A function of all numbers of an array, or of those along an axis.
    Reduction {
        /// The sum.
        Sum = "sum",
        /// The mean.
        Mean = "mean",
        /// The smallest one.
        Min = "min",
        /// The largest one.
        Max = "max",
        /// The 2-norm.
        Norm = "norm",
        /// The standard deviation.
        Std = "std",
    }
}

functions! {
    /// A function of the numbers along an axis that gives as many.
    Scan {
        /// Cumulative sums.
        Cumsum = "cumsum",
        /// In increasing order.
        Sort = "sort",
    }
}

impl Binary {
    /// Whether it gives 0 or 1.
    pub fn is_test(self) -> bool {
        use Binary::{And, Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual, Or};
        matches!(self, And | Equal | Greater | GreaterEqual | Less | LessEqual | NotEqual | Or)
    }
}

impl Formula {
    /// Calls `f` with each name in the formula, from left to right.
    pub fn names<'a>(&'a self, f: &mut impl FnMut(&'a str, &'a Span)) {
        match &self.kind {
            FormulaKind::Number(_) => {}
            FormulaKind::Name(name) => f(name, &self.span),
            FormulaKind::Unary(_, x)
            | FormulaKind::Reduce(_, x, _)
            | FormulaKind::Scan(_, x, _) => x.names(f),
            FormulaKind::Binary(_, x, y) => {
                x.names(f);
                y.names(f);
            }
            FormulaKind::Where(all) => all.iter().for_each(|x| x.names(f)),
        }
    }
}

/// Parses the text of a string; `start` is where its characters stand, if they stand as they are.
pub(super) fn parse(text: &str, start: Option<usize>, whole: &Span) -> Result<Formula, Diagnostic> {
    let place = TextPlace { start, whole: whole.clone() };
    let tokens = lexer::tokens(text, &place, OF_FORMULAS)?;
    let mut parser = Parser { tokens, at: 0, depth: 0, operations: 0 };
    let formula = parser.binary(0)?;
    match parser.peek() {
        Token::End => Ok(formula),
        Token::Symbol(")") => {
            Err(parser.unexpected("`)` was never opened", "an operation or the end"))
        }
        Token::Symbol("<" | "<=" | ">" | ">=" | "==" | "!=") => {
            let mistake = parser.unexpected("a comparison of a comparison", "the end");
            Err(mistake.help("write `(a < b) & (b < c)`"))
        }
        Token::Symbol("=") => {
            let mistake = parser.unexpected("this is not a formula", "an operation or the end");
            Err(mistake.help("`==` compares"))
        }
        _ => Err(parser.unexpected("this is not a formula", "an operation or the end")),
    }
}

/// Deepest nesting of parentheses, functions and signs.
const MAX_DEPTH: usize = 100;
/// Most operations in one formula.
const MAX_OPERATIONS: usize = 500;

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
    operations: usize,
}

/// How tightly a sign binds; the loosest is 1.
fn power(sign: &str) -> Option<u8> {
    Some(match sign {
        "|" => 1,
        "&" => 2,
        "<" | "<=" | ">" | ">=" | "==" | "!=" => 3,
        "+" | "-" => 4,
        "*" | "/" | "//" | "%" => 5,
        _ => return None,
    })
}

const COMPARISON: u8 = 3;

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1.clone()
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

    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, Diagnostic>,
    ) -> Result<T, Diagnostic> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let label = format!("nested more than {MAX_DEPTH} deep");
            return Err(Diagnostic::new(self.span(), "the formula is nested too deeply", label));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn operation(&mut self) -> Result<(), Diagnostic> {
        self.operations += 1;
        if self.operations > MAX_OPERATIONS {
            let label = format!("more than {MAX_OPERATIONS} operations in one formula");
            return Err(Diagnostic::new(self.span(), "the formula is too long", label));
        }
        Ok(())
    }

    /// Operands joined by signs that bind tighter than `loosest`.
    fn binary(&mut self, loosest: u8) -> Result<Formula, Diagnostic> {
        let mut left = self.unary()?;
        loop {
            let &Token::Symbol(sign) = self.peek() else { return Ok(left) };
            let Some((binds, function)) = power(sign).zip(Binary::named(sign)) else {
                return Ok(left);
            };
            if binds <= loosest {
                return Ok(left);
            }
            self.operation()?;
            self.advance();
            let right = self.binary(binds)?;
            let span = left.span.start..right.span.end;
            let kind = FormulaKind::Binary(function, Box::new(left), Box::new(right));
            left = Formula { kind, span };
            if binds == COMPARISON {
                // What follows binds more loosely, or is a mistake.
                match self.peek() {
                    Token::Symbol(sign) if power(sign) == Some(COMPARISON) => return Ok(left),
                    _ => {}
                }
            }
        }
    }

    fn unary(&mut self) -> Result<Formula, Diagnostic> {
        if self.accept("+").is_some() {
            return self.nested(Self::unary);
        }
        let (function, sign) = match self.peek() {
            Token::Symbol("-") => (Unary::Neg, self.advance()),
            Token::Symbol("~") => (Unary::Not, self.advance()),
            _ => return self.raised(),
        };
        let operand = self.nested(Self::unary)?;
        let span = sign.start..operand.span.end;
        Ok(Formula { kind: FormulaKind::Unary(function, Box::new(operand)), span })
    }

    /// `x ** y`, where `y` may have a sign.
    fn raised(&mut self) -> Result<Formula, Diagnostic> {
        let base = self.atom()?;
        if self.accept("**").is_none() {
            return Ok(base);
        }
        self.operation()?;
        let exponent = self.nested(Self::unary)?;
        let span = base.span.start..exponent.span.end;
        let kind = FormulaKind::Binary(Binary::Pow, Box::new(base), Box::new(exponent));
        Ok(Formula { kind, span })
    }

    fn atom(&mut self) -> Result<Formula, Diagnostic> {
        match self.peek().clone() {
            Token::Number(value, _) => {
                Ok(Formula { kind: FormulaKind::Number(value), span: self.advance() })
            }
            Token::Name(name) => {
                let span = self.advance();
                match self.accept("(") {
                    Some(open) => self.call(&name, span, open),
                    None => Ok(Formula { kind: FormulaKind::Name(name), span }),
                }
            }
            Token::Symbol("(") => {
                let open = self.advance();
                let mut inner = self.nested(|p| p.binary(0))?;
                inner.span = open.start..self.close(open)?.end;
                Ok(inner)
            }
            Token::End => {
                let what = if self.at == 0 { "an empty formula" } else { "an operand is missing" };
                Err(self.unexpected(what, "a number, a name or a function"))
            }
            _ => Err(self.unexpected("this is not a formula", "a number, a name or a function")),
        }
    }

    /// The closing parenthesis, or a mistake at the opening one.
    fn close(&mut self, open: Span) -> Result<Span, Diagnostic> {
        if let Some(span) = self.accept(")") {
            return Ok(span);
        }
        let found = format!("expected `)`, found {}", self.peek());
        let here = self.span();
        let mistake = Diagnostic::new(open, "`(` is not closed", "no `)` for this `(`");
        Err(mistake.also(here, found))
    }

    fn call(&mut self, name: &str, span: Span, open: Span) -> Result<Formula, Diagnostic> {
        self.operation()?;
        let known = Unary::named(name).is_some()
            || Binary::named(name).is_some()
            || Reduction::named(name).is_some()
            || Scan::named(name).is_some()
            || ["where", "clip"].contains(&name);
        if !known {
            return Err(unknown_function(name, span));
        }
        let mut arguments = vec![self.nested(|p| p.binary(0))?];
        let mut axis = None;
        while self.accept(",").is_some() && *self.peek() != Token::Symbol(")") {
            if *self.peek() == Token::Name("axis".into()) && self.follows("=") {
                self.advance();
                self.advance();
                axis = Some(self.integer()?);
                break;
            }
            arguments.push(self.nested(|p| p.binary(0))?);
        }
        self.accept(",");
        let end = self.close(open)?.end;
        let whole = span.start..end;
        let kind = made(name, &span, arguments, axis)?;
        Ok(Formula { kind, span: whole })
    }

    fn follows(&self, symbol: &'static str) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|(token, _)| *token == Token::Symbol(symbol))
    }

    fn integer(&mut self) -> Result<Spanned<i64>, Diagnostic> {
        let sign = self.accept("-");
        let &Token::Number(_, Some(n)) = self.peek() else {
            return Err(self.unexpected("invalid value for `axis`", "an integer"));
        };
        let span = self.advance();
        let (n, start) = match sign {
            Some(sign) => (-i64::from(n), sign.start),
            None => (i64::from(n), span.start),
        };
        Ok(Spanned::new(n, start..span.end))
    }
}

fn unknown_function(name: &str, span: Span) -> Diagnostic {
    let mistake =
        Diagnostic::new(span, format!("unknown function `{name}`"), "not a function of formulas");
    let names = function_names();
    let bare = name.rsplit('.').next().unwrap_or(name);
    match nearest(bare, names.iter().copied()) {
        Some(near) => mistake.help(format!("did you mean `{near}`?")),
        None => mistake.help(format!("there are {}", names.join(", "))),
    }
}

/// All functions that have a name.
pub fn function_names() -> Vec<&'static str> {
    let unary = Unary::ALL.iter().map(|f| f.name());
    let binary = Binary::ALL.iter().map(|f| f.name());
    let reductions = Reduction::ALL.iter().map(|f| f.name());
    let scans = Scan::ALL.iter().map(|f| f.name());
    let all = unary.chain(binary).chain(["where", "clip"]).chain(reductions).chain(scans);
    all.filter(|name| lexer::is_name(name)).collect()
}

/// A call of a known function.
fn made(
    name: &str,
    span: &Span,
    mut arguments: Vec<Formula>,
    axis: Option<Spanned<i64>>,
) -> Result<FormulaKind, Diagnostic> {
    let count = match name {
        "where" | "clip" => 3,
        // Python's own, of two numbers.
        "min" | "max" if arguments.len() == 2 => 2,
        _ if Binary::named(name).is_some() => 2,
        _ => 1,
    };
    let found = arguments.len();
    if found != count {
        let s = if count == 1 { "" } else { "s" };
        let label = format!("expected {count} argument{s}, found {found}");
        return Err(Diagnostic::new(span.clone(), format!("`{name}` does not fit"), label));
    }
    let along = Reduction::named(name).is_some() || Scan::named(name).is_some();
    if let Some(axis) = axis.as_ref().filter(|_| !along) {
        let message = format!("`{name}` has no `axis`");
        return Err(Diagnostic::new(axis.span.clone(), message, "remove this"));
    }
    let last = |all: &mut Vec<Formula>| Box::new(all.remove(0));
    let pair = match name {
        "min" if count == 2 => Some(Binary::Minimum),
        "max" if count == 2 => Some(Binary::Maximum),
        _ => Binary::named(name),
    };
    let kind = if let Some(f) = Unary::named(name) {
        FormulaKind::Unary(f, last(&mut arguments))
    } else if let Some(f) = pair {
        FormulaKind::Binary(f, last(&mut arguments), last(&mut arguments))
    } else if let Some(f) = Reduction::named(name) {
        FormulaKind::Reduce(f, last(&mut arguments), axis)
    } else if let Some(f) = Scan::named(name) {
        FormulaKind::Scan(f, last(&mut arguments), axis)
    } else {
        let Ok(all) = <[Formula; 3]>::try_from(arguments) else {
            unreachable!("three arguments were counted")
        };
        if name == "where" {
            FormulaKind::Where(Box::new(all))
        } else {
            // clip(x, low, high) = minimum(maximum(x, low), high)
            let [x, low, high] = all;
            let lower = x.span.start..low.span.end;
            let lower = Formula {
                kind: FormulaKind::Binary(Binary::Maximum, Box::new(x), Box::new(low)),
                span: lower,
            };
            FormulaKind::Binary(Binary::Minimum, Box::new(lower), Box::new(high))
        }
    };
    Ok(kind)
}
