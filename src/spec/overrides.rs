//! `--set PATH=VALUE`: any key of the file from the command line.

use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Diagnostics};
use super::node::{self, NodeValue, ParamTable, TomlNode};
use super::source::{SourceText, Span, Spanned};
use super::syntax;

/// A path and a value; spans already count from the start of the [`SourceText`].
pub(super) struct Override {
    path: Vec<Spanned<String>>,
    value: TomlNode,
}

/// Reads one `PATH=VALUE` and adds it to the source.
pub(super) fn parse(
    source: &mut SourceText,
    text: &str,
    out: &mut Diagnostics,
) -> Option<Override> {
    let start = source.add_argument("--set", text);
    let whole = start..start + text.len();
    let Some((path_text, value_text)) = text.split_once('=') else {
        out.push(
            Diagnostic::new(whole, "an override without a value", "expected `PATH=VALUE`")
                .help("for example `--set solve.niter=20`"),
        );
        return None;
    };
    let path = match parse_path(path_text) {
        Some(path) => path.into_iter().map(|(k, s)| Spanned::new(k, shifted(s, start))).collect(),
        None => {
            let span = start..start + path_text.len();
            out.push(
                Diagnostic::new(span, "an override with an invalid path", "expected keys and dots")
                    .help("for example `--set solve.niter=20`"),
            );
            return None;
        }
    };
    let blank = value_text.len() - value_text.trim_start().len();
    let value_start = start + path_text.len() + 1 + blank;
    let value_text = value_text.trim();
    let mut inner = Diagnostics::new(out.source().clone());
    let mut value = match node::parse_value(value_text, &mut inner) {
        Ok(value) => value,
        Err(error) if value_text.starts_with(['[', '{', '"', '\'']) => {
            out.push(syntax::error(&error, value_start, value_text));
            return None;
        }
        // Anything else is a string: `--set solve.solver=cgls`.
        Err(_) => {
            TomlNode::new(NodeValue::String(value_text.to_string(), Some(0)), 0..value_text.len())
        }
    };
    value.shift(value_start);
    for mut diagnostic in inner.iter().cloned() {
        diagnostic.span = shifted(diagnostic.span, value_start);
        out.push(diagnostic);
    }
    Some(Override { path, value })
}

fn shifted(span: Span, by: usize) -> Span {
    span.start + by..span.end + by
}

/// The keys of a dotted path, as TOML itself reads `PATH = 0`.
fn parse_path(text: &str) -> Option<Vec<(String, Span)>> {
    if text.contains(|c: char| c.is_control() || c == '#') {
        return None;
    }
    let document = format!("{text} = 0");
    let parsed = DeTable::parse(&document).ok()?;
    let mut table = parsed.get_ref();
    let mut path = Vec::new();
    loop {
        let (key, value) = table.iter().next()?;
        path.push((key.get_ref().to_string(), key.span()));
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            DeValue::Integer(_) => return Some(path),
            _ => return None,
        }
    }
}

/// Puts an override in its place, with the tables on the way.
pub(super) fn apply(root: &mut ParamTable, change: Override) -> Result<(), Diagnostic> {
    let Override { path, mut value } = change;
    let Some((last, way)) = path.split_last() else { return Ok(()) };
    there_is(root, &path)?;
    if let NodeValue::Table(table) = &mut value.value {
        table.head = last.span.clone();
        table.owner = format!("`{}`", last.value);
    }
    let mut place = Container::Table(root);
    for (k, key) in way.iter().enumerate() {
        let next = path.get(k + 1).map_or("", |key| key.value.as_str());
        let node = place.entry(key, next)?;
        let kind = node.kind();
        place = match &mut node.value {
            NodeValue::Table(table) => Container::Table(table),
            NodeValue::Array(items) => Container::Array(items),
            _ => {
                let name: Vec<&str> = way[..=k].iter().map(|key| key.value.as_str()).collect();
                return Err(Diagnostic::new(
                    path.get(k + 1).unwrap_or(last).span.clone(),
                    format!("`{}` has no keys", name.join(".")),
                    format!("`{}` is {kind}", name.join(".")),
                )
                .also(node.span.clone(), "set here"));
            }
        };
    }
    place.set(last, value)
}

/// Tables of things that the file names itself, and the word for one of them.
const NAMED: [(&str, &str); 4] =
    [("params", "parameter"), ("arrays", "array"), ("operators", "operator"), ("solves", "solve")];

/// A name of its own must be the file's: one more would be used by nothing.
fn there_is(root: &ParamTable, path: &[Spanned<String>]) -> Result<(), Diagnostic> {
    let [section, name, ..] = path else { return Ok(()) };
    let Some((key, what)) = NAMED.iter().find(|(key, _)| *key == section.value) else {
        return Ok(());
    };
    let table = root.get(key).and_then(TomlNode::as_table);
    if table.is_some_and(|table| table.get(&name.value).is_some()) {
        return Ok(());
    }
    let known: Vec<&str> = table.map(|table| table.keys().collect()).unwrap_or_default();
    let message = format!("the file has no {what} `{}`", name.value);
    let label = format!("not defined in `[{key}]`");
    Err(Diagnostic::new(name.span.clone(), message, label).did_you_mean(&name.value, &known))
}

enum Container<'a> {
    Table(&'a mut ParamTable),
    Array(&'a mut Vec<TomlNode>),
}

impl<'a> Container<'a> {
    /// The value of a key, made if missing: a list if `next` is its first index, else a table.
    fn entry(self, key: &Spanned<String>, next: &str) -> Result<&'a mut TomlNode, Diagnostic> {
        let empty = || {
            let value = if next == "0" {
                NodeValue::Array(Vec::new())
            } else {
                NodeValue::Table(ParamTable::new(key.span.clone(), format!("`{}`", key.value)))
            };
            TomlNode::new(value, key.span.clone())
        };
        match self {
            Container::Table(table) => {
                let at = table.entries.iter().position(|(k, _)| k.value == key.value);
                let at = at.unwrap_or_else(|| {
                    table.entries.push((key.clone(), empty()));
                    table.entries.len() - 1
                });
                Ok(&mut table.entries[at].1)
            }
            Container::Array(items) => {
                let at = index(key, items.len())?;
                if at == items.len() {
                    items.push(empty());
                }
                Ok(&mut items[at])
            }
        }
    }

    fn set(self, key: &Spanned<String>, value: TomlNode) -> Result<(), Diagnostic> {
        match self {
            Container::Table(table) => {
                match table.entries.iter_mut().find(|(k, _)| k.value == key.value) {
                    Some(entry) => *entry = (key.clone(), value),
                    None => table.entries.push((key.clone(), value)),
                }
            }
            Container::Array(items) => {
                let at = index(key, items.len())?;
                if at == items.len() {
                    items.push(value);
                } else {
                    items[at] = value;
                }
            }
        }
        Ok(())
    }
}

/// An index of a list, or the one behind its end.
fn index(key: &Spanned<String>, length: usize) -> Result<usize, Diagnostic> {
    key.value.parse().ok().filter(|&k: &usize| k <= length).ok_or_else(|| {
        Diagnostic::new(
            key.span.clone(),
            "no such entry of a list",
            match length {
                0 => "the list is empty: only index 0 can be set".to_string(),
                n => format!("expected an index from 0 to {n}, which adds an entry"),
            },
        )
    })
}
