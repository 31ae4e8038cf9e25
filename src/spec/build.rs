//! Tables made by the program rather than read: values from Rust's own, and TOML text from tables.

use std::fmt::Write;

use super::node::{NodeValue, ParamTable, TomlNode};
use super::number::shown;
use super::source::{Span, Spanned};

impl From<&str> for NodeValue {
    fn from(text: &str) -> Self {
        NodeValue::String(text.to_string(), None)
    }
}

impl From<String> for NodeValue {
    fn from(text: String) -> Self {
        NodeValue::String(text, None)
    }
}

impl From<f64> for NodeValue {
    fn from(x: f64) -> Self {
        NodeValue::Float(x)
    }
}

impl From<bool> for NodeValue {
    fn from(b: bool) -> Self {
        NodeValue::Boolean(b)
    }
}

impl From<usize> for NodeValue {
    fn from(n: usize) -> Self {
        NodeValue::Integer(n as i64)
    }
}

impl From<isize> for NodeValue {
    fn from(n: isize) -> Self {
        NodeValue::Integer(n as i64)
    }
}

impl From<&TomlNode> for NodeValue {
    fn from(node: &TomlNode) -> Self {
        node.value.clone()
    }
}

impl<T: Into<NodeValue>> From<Vec<T>> for NodeValue {
    fn from(items: Vec<T>) -> Self {
        let node = |value: T| TomlNode::new(value.into(), 0..0);
        NodeValue::Array(items.into_iter().map(node).collect())
    }
}

impl<T: Clone + Into<NodeValue>> From<&[T]> for NodeValue {
    fn from(items: &[T]) -> Self {
        items.to_vec().into()
    }
}

impl<const N: usize> From<[(&str, NodeValue); N]> for NodeValue {
    fn from(entries: [(&str, NodeValue); N]) -> Self {
        NodeValue::Table(table(entries))
    }
}

/// A table of such values.
pub fn table<'a>(entries: impl IntoIterator<Item = (&'a str, NodeValue)>) -> ParamTable {
    let mut table = ParamTable::new(0..0, "this table");
    for (key, value) in entries {
        table.entries.push((Spanned::new(key.to_string(), 0..0), TomlNode::new(value, 0..0)));
    }
    table
}

impl TomlNode {
    /// A value whose parts all share one place in the source.
    pub fn at(value: NodeValue, span: &Span) -> TomlNode {
        let mut node = TomlNode::new(value, span.clone());
        node.settle(span);
        node
    }

    /// Gives a place to the parts that have none.
    fn settle(&mut self, span: &Span) {
        let place = |s: &mut Span| {
            if *s == (0..0) {
                s.clone_from(span);
            }
        };
        place(&mut self.span);
        match &mut self.value {
            NodeValue::Array(items) => items.iter_mut().for_each(|item| item.settle(span)),
            NodeValue::Table(table) => {
                place(&mut table.span);
                place(&mut table.head);
                for (key, node) in &mut table.entries {
                    place(&mut key.span);
                    node.settle(span);
                }
            }
            _ => {}
        }
    }
}

impl ParamTable {
    /// Sets a key, in its place if it is there.
    pub fn set(&mut self, key: &str, node: TomlNode) {
        match self.entries.iter_mut().find(|(k, _)| k.value == key) {
            Some((_, old)) => *old = node,
            None => {
                let span = node.span.clone();
                self.entries.push((Spanned::new(key.to_string(), span), node));
            }
        }
    }

    /// The table under a key, made if it is not there.
    pub fn table_mut(&mut self, key: &str, span: &Span) -> Option<&mut ParamTable> {
        if self.get(key).is_none() {
            let mut table = ParamTable::new(span.clone(), format!("`{key}`"));
            table.head.clone_from(span);
            self.set(key, TomlNode::new(NodeValue::Table(table), span.clone()));
        }
        let entry = self.entries.iter_mut().find(|(k, _)| k.value == key)?;
        match &mut entry.1.value {
            NodeValue::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The table as the text of a problem file: what is not a table first, then a section for each.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let plain =
            |node: &TomlNode| !matches!(node.value, NodeValue::Table(_)) && !is_tables(node);
        for (key, node) in self.entries.iter().filter(|(_, n)| plain(n)) {
            let _ = writeln!(text, "{} = {}", key_text(&key.value), inline(node));
        }
        for (key, node) in &self.entries {
            section(&key_text(&key.value), node, &mut text);
        }
        text.trim_start().to_string()
    }
}

/// Whether a value is a list of tables, which has sections of its own.
fn is_tables(node: &TomlNode) -> bool {
    match &node.value {
        NodeValue::Array(items) => {
            !items.is_empty() && items.iter().all(|i| i.as_table().is_some())
        }
        _ => false,
    }
}

/// A section of a file. Tables of tables, such as `[solves]`, and lists of tables have one each.
fn section(path: &str, node: &TomlNode, text: &mut String) {
    let mut body = |header: String, table: &ParamTable| {
        let _ = writeln!(text, "\n{header}");
        for (key, node) in table.entries.iter().filter(|(_, n)| !is_tables(n)) {
            let _ = writeln!(text, "{} = {}", key_text(&key.value), inline(node));
        }
        for (key, node) in table.entries.iter().filter(|(_, n)| is_tables(n)) {
            section(&format!("{path}.{}", key_text(&key.value)), node, text);
        }
    };
    match &node.value {
        NodeValue::Table(table) => body(format!("[{path}]"), table),
        NodeValue::Array(items) if is_tables(node) => {
            items
                .iter()
                .filter_map(TomlNode::as_table)
                .for_each(|t| body(format!("[[{path}]]"), t));
        }
        _ => {}
    }
}

fn key_text(key: &str) -> String {
    let bare =
        !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare { key.to_string() } else { string(key) }
}

fn string(text: &str) -> String {
    toml::Value::String(text.to_string()).to_string()
}

/// A value on one line.
fn inline(node: &TomlNode) -> String {
    match &node.value {
        NodeValue::String(text, _) => match node.read_as() {
            Some(x) if x.im != 0.0 => string(&shown(x)),
            Some(x) if x.re.fract() == 0.0 && x.re.abs() < 1e15 => format!("{}", x.re as i64),
            Some(x) => format!("{:?}", x.re),
            None => string(text),
        },
        NodeValue::Integer(n) => n.to_string(),
        NodeValue::Float(x) => format!("{x:?}"),
        NodeValue::Boolean(b) => b.to_string(),
        NodeValue::Datetime(date) => date.clone(),
        NodeValue::Array(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        NodeValue::Table(table) if table.entries.is_empty() => "{}".to_string(),
        NodeValue::Table(table) => {
            let entry = |(key, node): &(Spanned<String>, TomlNode)| {
                format!("{} = {}", key_text(&key.value), inline(node))
            };
            format!("{{ {} }}", table.entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}
