//! Arrays written in the file: nested lists of numbers, complex ones as strings.

use num_complex::Complex;

use super::diagnostic::Diagnostic;
use super::node::{Node, NodeValue};
use super::reader::wrong;
use crate::scalar::C128;

/// An array that stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Inline {
    /// Length of each axis; none for a single number.
    pub dims: Vec<usize>,
    /// Values in C order.
    pub values: Vec<C128>,
    /// Whether any value was written as a complex number.
    pub complex: bool,
}

impl Inline {
    /// A single number.
    pub fn scalar(value: C128, complex: bool) -> Self {
        Inline { dims: Vec::new(), values: vec![value], complex }
    }

    /// Nested lists of equal lengths; says what is wrong otherwise.
    pub(crate) fn stack(parts: Vec<Inline>) -> Result<Inline, String> {
        let Some(first) = parts.first() else {
            return Ok(Inline { dims: vec![0], values: Vec::new(), complex: false });
        };
        let inner = first.dims.clone();
        let mut stacked = Inline { dims: vec![parts.len()], values: Vec::new(), complex: false };
        stacked.dims.extend(&inner);
        for (k, part) in parts.into_iter().enumerate() {
            if part.dims != inner {
                return Err(format!(
                    "entry {k} is {}, but entry 0 is {}",
                    shape(&part.dims),
                    shape(&inner)
                ));
            }
            stacked.values.extend(part.values);
            stacked.complex |= part.complex;
        }
        Ok(stacked)
    }

    /// Reads a node, every mistake at its entry.
    pub(super) fn read(node: &Node, key: &str) -> Result<Inline, Diagnostic> {
        match &node.value {
            NodeValue::Integer(n) => Ok(Inline::scalar(Complex::new(*n as f64, 0.0), false)),
            NodeValue::Float(x) => Ok(Inline::scalar(Complex::new(*x, 0.0), false)),
            NodeValue::String(text, _) => match parse_complex(text) {
                Some(z) => Ok(Inline::scalar(z, true)),
                None => Err(wrong(node, key, "a number, or a complex one such as \"1.5-2j\"")),
            },
            NodeValue::Array(items) => {
                let parts: Result<Vec<Inline>, Diagnostic> =
                    items.iter().map(|item| Inline::read(item, key)).collect();
                Inline::stack(parts?).map_err(|what| {
                    Diagnostic::new(
                        node.span.clone(),
                        format!("the list of `{key}` is ragged"),
                        what,
                    )
                })
            }
            _ => Err(wrong(node, key, "a list of numbers")),
        }
    }
}

fn shape(dims: &[usize]) -> String {
    match dims {
        [] => "a number".to_string(),
        [n] => format!("a list of {n}"),
        _ => {
            let dims: Vec<String> = dims.iter().map(ToString::to_string).collect();
            format!("a list of {} numbers", dims.join(" x "))
        }
    }
}

/// A complex number as Python writes it: `1.5-2j`, `2j`, `1e-3`, also in parentheses.
pub fn parse_complex(text: &str) -> Option<C128> {
    let text = text.trim();
    let text = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text).trim();
    let Some(body) = text.strip_suffix(['j', 'J']) else {
        return Some(Complex::new(real(text)?, 0.0));
    };
    // The sign of the imaginary part: the last one that is not an exponent's.
    let bytes = body.as_bytes();
    let sign = (1..bytes.len()).rev().find(|&k| {
        matches!(bytes[k], b'+' | b'-') && !matches!(bytes[k - 1], b'e' | b'E' | b'+' | b'-')
    });
    let (re, im) = match sign {
        Some(k) => (real(body[..k].trim())?, &body[k..]),
        None => (0.0, body),
    };
    let im = match im {
        "" | "+" => 1.0,
        "-" => -1.0,
        _ => real(&im.replace(' ', ""))?,
    };
    Some(Complex::new(re, im))
}

fn real(text: &str) -> Option<f64> {
    text.parse().ok()
}
