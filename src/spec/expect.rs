//! `[[expect]]`: what a regression run must find.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::node::{NodeValue, ParamTable, TomlNode};
use super::reader::{self, Reader, wrong};
use super::run::OutputName;
use super::source::{Span, Spanned};

/// One `[[expect]]`.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpectSpec {
    /// A number or word of the run within bounds.
    Quantity {
        /// The number or word to check.
        quantity: Spanned<Quantity>,
        /// Upper bound.
        max: Option<Spanned<f64>>,
        /// Lower bound.
        min: Option<Spanned<f64>>,
        /// Exact value.
        equals: Option<Spanned<ExpectedValue>>,
        /// Place of the table.
        span: Span,
    },
    /// An output like a file, or of a given hash.
    Output {
        /// Which; never [`OutputName::History`].
        output: Spanned<OutputName>,
        /// What of it.
        check: OutputCheck,
        /// Place of the table.
        span: Span,
    },
}

impl ExpectSpec {
    /// The file that an output is compared with.
    pub fn file(&self) -> Option<&str> {
        match self {
            ExpectSpec::Output {
                check: OutputCheck::Close { file, .. } | OutputCheck::Snr { file, .. },
                ..
            } => Some(&file.value),
            _ => None,
        }
    }

    /// Whether it is of a dot test.
    pub fn is_of_dottest(&self) -> bool {
        matches!(self, ExpectSpec::Quantity { quantity, .. } if quantity.value == Quantity::Dottest)
    }
}

/// A number or word of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Norm of data minus prediction.
    ResidualNorm,
    /// The same, relative to the norm of the data.
    RelativeResidual,
    /// Number of iterations.
    Iterations,
    /// Why the solver stopped: a word.
    Status,
    /// Peak memory.
    PeakBytes,
    /// Relative error of the dot test.
    Dottest,
}

impl Quantity {
    /// Every quantity with its name.
    pub const ALL: [(&'static str, Quantity); 6] = [
        ("residual_norm", Quantity::ResidualNorm),
        ("relative_residual", Quantity::RelativeResidual),
        ("iterations", Quantity::Iterations),
        ("status", Quantity::Status),
        ("peak_bytes", Quantity::PeakBytes),
        ("dottest", Quantity::Dottest),
    ];

    /// The name in the file.
    pub fn name(self) -> &'static str {
        Quantity::ALL.iter().find(|(_, q)| *q == self).map_or("", |(name, _)| name)
    }
}

/// What a quantity must equal.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpectedValue {
    /// A number.
    Number(f64),
    /// A word, for [`Quantity::Status`].
    Word(String),
}

/// What an output must be.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputCheck {
    /// `|output - file| <= atol + rtol |file|` in the 2-norm.
    Close {
        /// The reference.
        file: Spanned<String>,
        /// Relative tolerance.
        rtol: f64,
        /// Absolute tolerance.
        atol: f64,
    },
    /// Signal-to-noise ratio against a file, in dB, at least so much.
    Snr {
        /// The truth.
        file: Spanned<String>,
        /// The least ratio.
        snr: f64,
    },
    /// SHA-256 of the written file, in lower-case hex.
    Sha256(Spanned<String>),
}

/// Reads all of `[[expect]]`.
pub(super) fn read(node: &TomlNode, out: &mut Diagnostics) -> Vec<ExpectSpec> {
    let NodeValue::Array(items) = &node.value else {
        let help = "write `[[expect]]` with two brackets";
        out.push(wrong(node, "expect", "a list of tables").help(help));
        return Vec::new();
    };
    items.iter().filter_map(|item| read_one(item, out)).collect()
}

fn read_one(node: &TomlNode, out: &mut Diagnostics) -> Option<ExpectSpec> {
    let Some(table) = node.as_table() else {
        out.push(wrong(node, "expect", "a table"));
        return None;
    };
    match (table.get("quantity"), table.get("output")) {
        (Some(_), None) => quantity(table, out),
        (None, Some(_)) => output(table, out),
        (first, _) => {
            let label = "one of `quantity` and `output` is required";
            let both = first.is_some();
            let message = if both {
                "`[[expect]]` has both a `quantity` and an `output`"
            } else {
                "`[[expect]]` has neither a `quantity` nor an `output`"
            };
            let span = if both { table.key_span("output") } else { table.head.clone() };
            out.push(Diagnostic::new(span, message, label));
            None
        }
    }
}

fn quantity(table: &ParamTable, out: &mut Diagnostics) -> Option<ExpectSpec> {
    let mut r = Reader::new(table, "an `[[expect]]` with a `quantity`", out);
    let quantity = r.read("quantity", |n, k| reader::word(n, k, &Quantity::ALL));
    let is_status = quantity.as_ref().is_some_and(|q| q.value == Quantity::Status);
    let bound = |node: &TomlNode, key: &str| {
        if is_status {
            let message = format!("`status` has no `{key}`");
            let label = "a status is a word: expected `equals`";
            return Err(Diagnostic::new(table.key_span(key), message, label));
        }
        reader::number(node, key)
    };
    let max = r.read("max", bound);
    let min = r.read("min", bound);
    let equals = r.read("equals", |node, key| {
        let value = if is_status {
            reader::string(node, key)?.map(ExpectedValue::Word)
        } else {
            reader::number(node, key)?.map(ExpectedValue::Number)
        };
        Ok(value)
    });
    if ["max", "min", "equals"].iter().all(|key| table.get(key).is_none()) {
        let label = "expected `max`, `min` or `equals`";
        let span = table.span_of("quantity");
        r.out.push(Diagnostic::new(span, "an expectation without a bound", label));
    }
    r.finish();
    Some(ExpectSpec::Quantity { quantity: quantity?, max, min, equals, span: table.span.clone() })
}

fn output(table: &ParamTable, out: &mut Diagnostics) -> Option<ExpectSpec> {
    let mut r = Reader::new(table, "an `[[expect]]` with an `output`", out);
    let output = r.read("output", |node, key| {
        let name = reader::name(node, key)?;
        if name.value == OutputName::History.name() {
            let message = "output `history` is text and cannot be compared";
            return Err(Diagnostic::new(node.span.clone(), message, "expected an array"));
        }
        let known = OutputName::ALL.into_iter().find(|o| o.name() == name.value);
        Ok(name.map(|n| known.unwrap_or_else(|| OutputName::Named(n.into()))))
    });
    let not_negative = |node: &TomlNode, key: &str| match reader::number(node, key) {
        Ok(x) if x.value < 0.0 => Err(wrong(node, key, "a non-negative number")),
        other => other,
    };
    let file = r.read("file", reader::name);
    let rtol = r.read("rtol", not_negative);
    let atol = r.read("atol", not_negative);
    let snr = r.read("snr", reader::number);
    let sha256 = r.read("sha256", |node, key| {
        let text = reader::string(node, key)?;
        let is_hash = text.value.len() == 64 && text.value.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hash {
            return Err(wrong(node, key, "64 hexadecimal digits"));
        }
        Ok(text.map(|t| t.to_ascii_lowercase()))
    });
    let has = |key: &str| table.get(key).is_some();
    let close = has("rtol") || has("atol");
    let ways = usize::from(close) + usize::from(has("snr")) + usize::from(has("sha256"));
    let label = "expected `rtol` or `atol`, or `snr`, or `sha256`";
    if ways != 1 {
        let message = if ways == 0 {
            "an expectation without a bound"
        } else {
            "an expectation with more than one kind of bound"
        };
        r.out.push(Diagnostic::new(table.span_of("output"), message, label));
    } else if has("sha256") && has("file") {
        let message = "`sha256` needs no `file`";
        r.out.push(Diagnostic::new(table.key_span("file"), message, "remove this"));
    } else if !has("sha256") && !has("file") {
        r.missing("file");
    }
    r.finish();
    if ways != 1 {
        return None;
    }
    let check = if has("sha256") {
        OutputCheck::Sha256(sha256?)
    } else if has("snr") {
        OutputCheck::Snr { file: file?, snr: snr?.value }
    } else {
        let (rtol, atol) = (rtol.map_or(0.0, |t| t.value), atol.map_or(0.0, |t| t.value));
        OutputCheck::Close { file: file?, rtol, atol }
    };
    Some(ExpectSpec::Output { output: output?, check, span: table.span.clone() })
}
