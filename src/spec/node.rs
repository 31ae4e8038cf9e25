//! TOML values that own their text, with the place of every key and value.
//!
//! `toml`'s own spanned values borrow the text and cannot be built by hand, so they can neither
//! live in a [`Document`](super::Document) nor take `--set`.

use std::sync::Arc;

use serde::de::Error as _;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Diagnostics};
use super::number::{Params, shown};
use super::source::{SourceText, Span, Spanned};
use super::syntax;

/// A TOML value with its place in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct TomlNode {
    /// The value.
    pub value: NodeValue,
    /// Its place in the source.
    pub span: Span,
    /// The numbers that a string may name if it is a formula.
    pub(super) params: Option<Arc<Params>>,
}

/// A TOML value.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// A string, and the offset of its first character if it is written without escapes.
    String(String, Option<usize>),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A date or time, as written.
    Datetime(String),
    /// A list.
    Array(Vec<TomlNode>),
    /// A table.
    Table(ParamTable),
}

/// A table in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamTable {
    /// Keys and values.
    pub entries: Vec<(Spanned<String>, TomlNode)>,
    /// Place of the table: its header, or all of an inline table.
    pub span: Span,
    /// Where a missing key is reported: the table's own key.
    pub head: Span,
    /// Whose keys these are, in messages: ``operator `MDC` ``.
    pub owner: String,
}

impl ParamTable {
    /// An empty table.
    pub fn new(span: Span, owner: impl Into<String>) -> Self {
        ParamTable { entries: Vec::new(), head: span.clone(), span, owner: owner.into() }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&TomlNode> {
        self.entries.iter().find(|(k, _)| k.value == key).map(|(_, node)| node)
    }

    /// Place of the key itself; the table's head if the key is missing.
    pub fn key_span(&self, key: &str) -> Span {
        let entry = self.entries.iter().find(|(k, _)| k.value == key);
        entry.map_or_else(|| self.head.clone(), |(k, _)| k.span.clone())
    }

    /// Place of the value of a key; the table's head if the key is missing.
    pub fn span_of(&self, key: &str) -> Span {
        self.get(key).map_or_else(|| self.head.clone(), |node| node.span.clone())
    }

    /// Keys in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(k, _)| k.value.as_str())
    }

    /// The same table without some of its keys.
    pub fn without(&self, keys: &[&str]) -> ParamTable {
        let kept = self.entries.iter().filter(|(k, _)| !keys.contains(&k.value.as_str()));
        ParamTable {
            entries: kept.cloned().collect(),
            span: self.span.clone(),
            head: self.head.clone(),
            owner: self.owner.clone(),
        }
    }
}

impl TomlNode {
    /// A value at a place.
    pub fn new(value: NodeValue, span: Span) -> TomlNode {
        TomlNode { value, span, params: None }
    }

    /// Gives the numbers that may be named to every string.
    pub(super) fn attach(&mut self, params: &Arc<Params>) {
        match &mut self.value {
            NodeValue::String(..) => self.params = Some(params.clone()),
            NodeValue::Array(items) => items.iter_mut().for_each(|item| item.attach(params)),
            NodeValue::Table(table) => {
                table.entries.iter_mut().for_each(|(_, node)| node.attach(params));
            }
            _ => {}
        }
    }

    /// The kind of value, with its article: `an integer`.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            NodeValue::String(..) => "a string",
            NodeValue::Integer(_) => "an integer",
            NodeValue::Float(_) => "a float",
            NodeValue::Boolean(_) => "a boolean",
            NodeValue::Datetime(_) => "a date",
            NodeValue::Array(_) => "a list",
            NodeValue::Table(_) => "a table",
        }
    }

    /// The kind of value, and the value itself if it is short.
    pub fn describe(&self) -> String {
        match &self.value {
            NodeValue::String(..) if self.computes() && matches!(self.complex(), Ok(Some(_))) => {
                let value = self.complex().ok().flatten().unwrap_or_default();
                format!("{}, which this comes to", shown(value))
            }
            NodeValue::String(s, _) if s.chars().count() <= 40 => format!("the string {s:?}"),
            NodeValue::Integer(n) => format!("the integer {n}"),
            NodeValue::Float(x) => format!("the float {x:?}"),
            NodeValue::Boolean(b) => format!("the boolean {b}"),
            _ => self.kind().to_string(),
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::String(s, _) => Some(s),
            _ => None,
        }
    }

    /// The number, if it is an integer or a float.
    pub fn as_number(&self) -> Option<f64> {
        match self.value {
            NodeValue::Integer(n) => Some(n as f64),
            NodeValue::Float(x) => Some(x),
            _ => None,
        }
    }

    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&ParamTable> {
        match &self.value {
            NodeValue::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Adds `by` to the offset of a string's text and to every span.
    pub(super) fn shift(&mut self, by: usize) {
        let shift = |span: &mut Span| *span = span.start + by..span.end + by;
        shift(&mut self.span);
        match &mut self.value {
            NodeValue::String(_, Some(start)) => *start += by,
            NodeValue::Array(items) => items.iter_mut().for_each(|item| item.shift(by)),
            NodeValue::Table(table) => {
                shift(&mut table.span);
                shift(&mut table.head);
                for (key, node) in &mut table.entries {
                    shift(&mut key.span);
                    node.shift(by);
                }
            }
            _ => {}
        }
    }
}

/// Parses a TOML document; stops at the first error of syntax.
pub(super) fn parse_document(source: &SourceText, out: &mut Diagnostics) -> Option<ParamTable> {
    match DeTable::parse(&source.text) {
        Ok(table) => {
            let mut table = convert_table(table.get_ref(), 0..0, &source.text, out);
            table.owner = "a problem file".to_string();
            Some(table)
        }
        Err(error) => {
            out.push(syntax::error(&error, 0, &source.text));
            None
        }
    }
}

/// Parses one TOML value.
pub(super) fn parse_value(text: &str, out: &mut Diagnostics) -> Result<TomlNode, toml::de::Error> {
    // A value followed by a line break and more would be read as far as the break.
    if text.contains(['\n', '\r']) && !text.starts_with(['[', '{', '"', '\'']) {
        return Err(toml::de::Error::custom("line break"));
    }
    let value = DeValue::parse(text)?;
    Ok(convert(value.get_ref(), value.span(), text, out))
}

fn convert(value: &DeValue<'_>, span: Span, text: &str, out: &mut Diagnostics) -> TomlNode {
    let too_large = |out: &mut Diagnostics, what| {
        out.push(Diagnostic::new(span.clone(), "number out of range", what));
    };
    let value = match value {
        DeValue::String(s) => NodeValue::String(s.to_string(), content_start(text, &span, s)),
        DeValue::Integer(n) => {
            let parsed = i64::from_str_radix(n.as_str(), n.radix());
            if parsed.is_err() {
                too_large(out, "expected an integer of at most 64 bits");
            }
            NodeValue::Integer(parsed.unwrap_or(0))
        }
        DeValue::Float(x) => {
            let parsed: f64 = x.as_str().parse().unwrap_or(f64::NAN);
            if parsed.is_infinite() && !x.as_str().contains("inf") {
                too_large(out, "beyond double precision");
            }
            NodeValue::Float(parsed)
        }
        DeValue::Boolean(b) => NodeValue::Boolean(*b),
        DeValue::Datetime(date) => NodeValue::Datetime(date.to_string()),
        DeValue::Array(items) => NodeValue::Array(
            items.iter().map(|item| convert(item.get_ref(), item.span(), text, out)).collect(),
        ),
        DeValue::Table(table) => NodeValue::Table(convert_table(table, span.clone(), text, out)),
    };
    TomlNode::new(value, span)
}

fn convert_table(table: &DeTable<'_>, span: Span, text: &str, out: &mut Diagnostics) -> ParamTable {
    let mut result = ParamTable::new(span, "this table");
    for (key, value) in table {
        let mut node = convert(value.get_ref(), value.span(), text, out);
        if let NodeValue::Table(inner) = &mut node.value {
            inner.head = key.span();
            inner.owner = format!("`{}`", key.get_ref());
        }
        result.entries.push((Spanned::new(key.get_ref().to_string(), key.span()), node));
    }
    result
}

/// Where the characters of a string start, if its text is written as it is.
fn content_start(text: &str, span: &Span, value: &str) -> Option<usize> {
    let raw = text.get(span.clone())?;
    // The quote; three quotes; three quotes and a line break.
    [1, 3, 4, 5].into_iter().find_map(|quote| {
        let inner = raw.get(quote..quote + value.len())?;
        let closing = raw.len().checked_sub(quote + value.len())?;
        let closes = if quote == 1 { closing == 1 } else { closing == 3 };
        (inner == value && closes).then_some(span.start + quote)
    })
}
