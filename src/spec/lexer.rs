//! Words of expressions, over operators and over numbers and arrays.

use std::fmt;

use num_complex::Complex;

use super::diagnostic::Diagnostic;
use super::source::Span;
use crate::scalar::C128;

/// A word of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A number, and the integer that it is if written as one.
    Number(C128, Option<u32>),
    Name(String),
    /// One of the language's symbols.
    Symbol(&'static str),
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Number(z, _) if z.im != 0.0 => write!(f, "the number `{}j`", z.im),
            Token::Number(z, _) => write!(f, "the number `{}`", z.re),
            Token::Name(name) => write!(f, "`{name}`"),
            Token::Symbol(symbol) => write!(f, "`{symbol}`"),
            Token::End => f.write_str("the end"),
        }
    }
}

/// Symbols of expressions over operators; of two that begin alike, the longer comes first.
pub(super) const OF_OPERATORS: &[&str] =
    &["**", "+", "-", "*", "@", "/", "(", ")", "[", "]", ",", "."];

/// Symbols of formulas.
pub(super) const OF_FORMULAS: &[&str] = &[
    "**", "//", "<=", ">=", "==", "!=", "<", ">", "=", "+", "-", "*", "/", "%", "&", "|", "~", "(",
    ")", ",",
];

/// Where bytes of an expression are in the source.
#[derive(Clone, Debug)]
pub(super) struct TextPlace {
    /// Offset of the first byte, if the source holds the text verbatim.
    pub(super) start: Option<usize>,
    /// The whole string.
    pub(super) whole: Span,
}

impl TextPlace {
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        match self.start {
            Some(base) => base + start..base + end,
            None => self.whole.clone(),
        }
    }
}

/// All words with their places, in a language of such symbols; the last is [`Token::End`].
pub(super) fn tokens(
    text: &str,
    place: &TextPlace,
    symbols: &[&'static str],
) -> Result<Vec<(Token, Span)>, Diagnostic> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, length) = if is_number(rest) {
            let length = number_length(rest);
            (number(&rest[..length], place.span(at, at + length))?, length)
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
            (Token::Name(rest[..length].to_string()), length)
        } else if let Some(symbol) = symbols.iter().find(|s| rest.starts_with(**s)) {
            (Token::Symbol(symbol), symbol.len())
        } else {
            return Err(Diagnostic::new(
                place.span(at, at + first.len_utf8()),
                "this is not an expression",
                format!("unexpected character {first:?}"),
            ));
        };
        tokens.push((token, place.span(at, at + length)));
        at += length;
    }
    tokens.push((Token::End, place.span(text.len(), text.len())));
    Ok(tokens)
}

/// Whether a name may be used in an expression.
pub(super) fn is_name(name: &str) -> bool {
    name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && name.chars().all(is_name_part)
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('.').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
}

/// Length of digits, a point, an exponent and a `j`, as far as they are there.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut k: usize| {
        while bytes.get(k).is_some_and(u8::is_ascii_digit) {
            k += 1;
        }
        k
    };
    let mut k = digits(0);
    if bytes.get(k) == Some(&b'.') && !text[k + 1..].starts_with(|c: char| c.is_alphabetic()) {
        k = digits(k + 1);
    }
    if matches!(bytes.get(k), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(k + 1), Some(b'+' | b'-')));
        let end = digits(k + 1 + sign);
        if end > k + 1 + sign {
            k = end;
        }
    }
    if matches!(bytes.get(k), Some(b'j' | b'J')) {
        k += 1;
    }
    // Letters that follow belong to the mistake, not to a name.
    k + text[k..].find(|c| !is_name_part(c)).unwrap_or(text.len() - k)
}

fn number(text: &str, span: Span) -> Result<Token, Diagnostic> {
    let digits = text.strip_suffix(['j', 'J']).unwrap_or(text);
    let value = match digits.parse::<f64>() {
        Ok(x) if x.is_finite() => x,
        _ => {
            return Err(Diagnostic::new(
                span,
                "this is not a number",
                "expected a number such as `2`, `1e-3` or `1j`",
            ));
        }
    };
    Ok(if digits.len() < text.len() {
        Token::Number(Complex::new(0.0, value), None)
    } else {
        Token::Number(Complex::new(value, 0.0), text.parse().ok())
    })
}
