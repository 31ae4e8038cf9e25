//! Arrays written in the file: nested lists of numbers, complex ones as strings.

use num_complex::Complex;

use super::diagnostic::Diagnostic;
use super::node::{NodeValue, TomlNode};
use super::reader::wrong;
use crate::scalar::C128;

/// An array written in the problem file.
#[derive(Clone, Debug, PartialEq)]
pub struct Inline {
    /// Length of each axis; none for a single number.
    pub dims: Vec<usize>,
    /// Values in C order.
    pub values: Vec<C128>,
    /// Whether any value was written as a complex number.
    pub complex: bool,
    /// Whether the values were written as booleans.
    pub boolean: bool,
}

/// Why the entries of a list do not make an array, with the first entry that differs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Uneven {
    /// Their lengths differ.
    #[error("{0}")]
    Ragged(String),
    /// Some are booleans, some numbers.
    #[error("{0}")]
    Mixed(String),
}

impl Inline {
    /// A single number.
    pub fn scalar(value: C128, complex: bool) -> Self {
        Inline { dims: Vec::new(), values: vec![value], complex, boolean: false }
    }

    /// A single boolean, which may only appear in lists.
    pub(super) fn truth(value: bool) -> Self {
        let value = Complex::new(f64::from(u8::from(value)), 0.0);
        Inline { boolean: true, ..Inline::scalar(value, false) }
    }

    /// Stacks the entries of a list along a new first axis.
    pub(crate) fn stack(parts: Vec<Inline>) -> Result<Inline, Uneven> {
        let Some(first) = parts.first() else {
            let (complex, boolean) = (false, false);
            return Ok(Inline { dims: vec![0], values: Vec::new(), complex, boolean });
        };
        let (inner, boolean) = (first.dims.clone(), first.boolean);
        let (dims, values) = (vec![parts.len()], Vec::new());
        let mut stacked = Inline { dims, values, complex: false, boolean };
        stacked.dims.extend(&inner);
        for (k, part) in parts.into_iter().enumerate() {
            if part.dims != inner {
                let (found, first) = (shape(&part.dims), shape(&inner));
                return Err(Uneven::Ragged(format!(
                    "entry {k} is {found}, but entry 0 is {first}"
                )));
            }
            if part.boolean != boolean {
                let kind = |boolean| if boolean { "booleans" } else { "numbers" };
                let (found, first) = (kind(part.boolean), kind(boolean));
                return Err(Uneven::Mixed(format!("entry {k} holds {found}, but entry 0 {first}")));
            }
            stacked.values.extend(part.values);
            stacked.complex |= part.complex;
        }
        Ok(stacked)
    }

    /// Reads a node, every mistake at its entry.
    pub(super) fn read(node: &TomlNode, key: &str) -> Result<Inline, Diagnostic> {
        match &node.value {
            NodeValue::Integer(n) => Ok(Inline::scalar(Complex::new(*n as f64, 0.0), false)),
            NodeValue::Float(x) => Ok(Inline::scalar(Complex::new(*x, 0.0), false)),
            NodeValue::String(text, _) => match parse_complex(text) {
                Some(z) => Ok(Inline::scalar(z, true)),
                None => match node.complex() {
                    Ok(Some(z)) => Ok(Inline::scalar(z, z.im != 0.0)),
                    Err(mistake) if node.names_params() => Err(mistake),
                    _ => Err(wrong(node, key, "a number, or a complex one such as \"1.5-2j\"")),
                },
            },
            NodeValue::Array(items) => {
                let read = |item: &TomlNode| match item.value {
                    NodeValue::Boolean(value) => Ok(Inline::truth(value)),
                    _ => Inline::read(item, key),
                };
                let parts: Result<Vec<Inline>, Diagnostic> = items.iter().map(read).collect();
                Inline::stack(parts?).map_err(|uneven| {
                    let (how, label) = match uneven {
                        Uneven::Ragged(label) => ("ragged", label),
                        Uneven::Mixed(label) => ("mixed", label),
                    };
                    let message = format!("the list of `{key}` is {how}");
                    Diagnostic::new(node.span.clone(), message, label)
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
