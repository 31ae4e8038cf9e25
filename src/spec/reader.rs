//! Reading a table key by key; the keys that were never asked for are the unknown ones.

use super::aliases;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::expr::{self, Expr};
use super::node::{NodeValue, ParamTable, TomlNode};
use super::source::Spanned;
use crate::scalar::DType;
use crate::space::{MOST_ELEMENTS, elements};

/// A table being read.
pub(super) struct Reader<'a, 'd> {
    pub(super) table: &'a ParamTable,
    pub(super) out: &'d mut Diagnostics,
    /// What the table is, in messages: `` `[solve]` ``.
    what: String,
    asked: Vec<&'static str>,
    missing: Vec<String>,
}

impl<'a, 'd> Reader<'a, 'd> {
    pub(super) fn new(
        table: &'a ParamTable,
        what: impl Into<String>,
        out: &'d mut Diagnostics,
    ) -> Self {
        Reader { table, out, what: what.into(), asked: Vec::new(), missing: Vec::new() }
    }

    pub(super) fn node(&mut self, key: &'static str) -> Option<&'a TomlNode> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// A key's value by one of the functions below.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&TomlNode, &str) -> Result<T, Diagnostic>,
    ) -> Option<T> {
        let node = self.node(key)?;
        self.out.take(read(node, key))
    }

    /// The same, and a mistake if the key is not there.
    pub(super) fn require<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&TomlNode, &str) -> Result<T, Diagnostic>,
    ) -> Option<T> {
        if self.table.get(key).is_none() {
            self.missing(key);
        }
        self.read(key, read)
    }

    /// A key that must be there; reported in the end, unless it is there under a misspelt name.
    pub(super) fn missing(&mut self, key: &str) {
        self.missing.push(key.to_string());
    }

    /// Reports a key that is recognised but not built.
    pub(super) fn not_yet(&mut self, key: &'static str) {
        if self.node(key).is_some() {
            self.out.push(not_yet(key, self.table.key_span(key)));
        }
    }

    /// Reports every key that was not asked for, and those that are missing.
    pub(super) fn finish(self) {
        for (key, _) in &self.table.entries {
            if !self.asked.contains(&key.value.as_str()) {
                self.out.push(unknown_key(key, &self.what, &self.asked));
            }
        }
        let known = self.asked.clone();
        self.finish_open(&known);
    }

    /// Reports the keys that are missing of a table whose other keys are checked elsewhere, by those
    /// that are known; none are if nobody will check them.
    pub(super) fn finish_open(self, known: &[&str]) {
        for key in self.missing.iter().filter(|key| !is_misspelt(self.table, key, known)) {
            self.out.push(Diagnostic::new(
                self.table.head.clone(),
                format!("{} has no `{key}`", self.what),
                format!("`{key}` is required"),
            ));
        }
    }
}

/// Whether a key of the table that is none of the known ones means this one.
pub(super) fn is_misspelt(table: &ParamTable, key: &str, known: &[&str]) -> bool {
    let meant = |found: &str| {
        let here = aliases::here(found, known);
        here.or_else(|| super::nearest(found, known.iter().copied())) == Some(key)
    };
    table.keys().any(|found| !known.contains(&found) && meant(found))
}

/// The mistake of a key that nothing knows.
pub(super) fn unknown_key(key: &Spanned<String>, what: &str, known: &[&str]) -> Diagnostic {
    let mistake = Diagnostic::new(
        key.span.clone(),
        format!("unknown key `{}`", key.value),
        format!("not a key of {what}"),
    );
    match aliases::of_key(&key.value, known) {
        Some(help) => mistake.help(help),
        None => mistake.did_you_mean(&key.value, known),
    }
}

/// The error for a name that is known, but not supported yet.
pub(super) fn not_yet(name: &str, span: super::Span) -> Diagnostic {
    Diagnostic::new(
        span,
        format!("`{name}` is {}", super::NOT_YET),
        "recognised, but not implemented",
    )
}

/// The mistake of a value of a wrong kind.
pub(super) fn wrong(node: &TomlNode, key: &str, expected: &str) -> Diagnostic {
    Diagnostic::new(
        node.span.clone(),
        format!("invalid value for `{key}`"),
        format!("expected {expected}, found {}", node.describe()),
    )
}

pub(super) fn string(node: &TomlNode, key: &str) -> Result<Spanned<String>, Diagnostic> {
    match node.as_str() {
        Some(s) => Ok(Spanned::new(s.to_string(), node.span.clone())),
        None => Err(wrong(node, key, "a string")),
    }
}

/// A string that is a path or a name: not empty.
pub(super) fn name(node: &TomlNode, key: &str) -> Result<Spanned<String>, Diagnostic> {
    let name = string(node, key)?;
    if name.value.is_empty() || name.value.contains('\0') {
        return Err(Diagnostic::new(
            node.span.clone(),
            format!("invalid value for `{key}`"),
            "expected a non-empty string",
        ));
    }
    Ok(name)
}

pub(super) fn boolean(node: &TomlNode, key: &str) -> Result<Spanned<bool>, Diagnostic> {
    match node.value {
        NodeValue::Boolean(b) => Ok(Spanned::new(b, node.span.clone())),
        _ => Err(wrong(node, key, "`true` or `false`")),
    }
}

/// A number, neither infinite nor NaN.
pub(super) fn number(node: &TomlNode, key: &str) -> Result<Spanned<f64>, Diagnostic> {
    match node.real()? {
        Some(x) if x.is_finite() => Ok(Spanned::new(x, node.span.clone())),
        Some(_) => Err(wrong(node, key, "a finite number")),
        None => Err(wrong(node, key, "a number")),
    }
}

/// An integer that is not negative.
pub(super) fn count(node: &TomlNode, key: &str) -> Result<Spanned<usize>, Diagnostic> {
    match (node.integer()?, &node.value) {
        (Some(n), _) if n >= 0 => usize::try_from(n)
            .map(|n| Spanned::new(n, node.span.clone()))
            .map_err(|_| wrong(node, key, "a smaller integer")),
        (_, &NodeValue::Float(x)) => {
            let mistake = wrong(node, key, "a non-negative integer");
            Err(match whole(x) {
                Some(n) => mistake.help(format!("write `{n}`")),
                None => mistake,
            })
        }
        _ => Err(wrong(node, key, "a non-negative integer")),
    }
}

/// A whole number that was written as a float.
pub(super) fn whole(x: f64) -> Option<i64> {
    (x.fract() == 0.0 && x.abs() < 1e15).then_some(x as i64)
}

pub(super) fn dtype(node: &TomlNode, key: &str) -> Result<Spanned<DType>, Diagnostic> {
    let name = string(node, key)?;
    let names = DType::ALL.map(DType::name);
    DType::from_name(&name.value).map(|d| Spanned::new(d, node.span.clone())).ok_or_else(|| {
        let mistake = Diagnostic::new(
            node.span.clone(),
            format!("unknown dtype `{}`", name.value),
            "expected float32, float64, complex64 or complex128",
        );
        match aliases::of_dtype(&name.value) {
            Some(help) => mistake.help(help),
            None => mistake.did_you_mean(&name.value, &names),
        }
    })
}

/// An operator expression.
pub(super) fn expression(node: &TomlNode, key: &str) -> Result<Spanned<Expr>, Diagnostic> {
    match &node.value {
        NodeValue::String(text, start) => {
            expr::parse(text, *start, &node.span).map(|e| Spanned::new(e, node.span.clone()))
        }
        _ => Err(wrong(node, key, "an operator's name or an expression, as a string")),
    }
}

/// A list, each entry by its own function.
pub(super) fn list<T>(
    node: &TomlNode,
    key: &str,
    expected: &str,
    read: impl Fn(&TomlNode, &str) -> Result<T, Diagnostic>,
) -> Result<Vec<T>, Diagnostic> {
    match &node.value {
        NodeValue::Array(items) => items.iter().map(|item| read(item, key)).collect(),
        _ => Err(wrong(node, key, expected)),
    }
}

/// A number of elements.
pub(super) fn dims_of_one(node: &TomlNode, key: &str) -> Result<usize, Diagnostic> {
    let n = count(node, key)?.value;
    if n > MOST_ELEMENTS { Err(wrong(node, key, "a smaller integer")) } else { Ok(n) }
}

/// Dims: an integer or a list of them, none negative, with a number of elements that can be counted.
pub(super) fn dims(node: &TomlNode, key: &str) -> Result<Spanned<Vec<usize>>, Diagnostic> {
    let dims: Vec<usize> = match &node.value {
        NodeValue::Integer(_) | NodeValue::String(..) => vec![count(node, key)?.value],
        _ => list(node, key, "a list of non-negative integers", |n, k| Ok(count(n, k)?.value))?,
    };
    if elements(dims.iter().map(|d| *d.max(&1))) > MOST_ELEMENTS {
        return Err(Diagnostic::new(
            node.span.clone(),
            format!("invalid value for `{key}`"),
            "more elements than any machine can address",
        ));
    }
    Ok(Spanned::new(dims, node.span.clone()))
}

/// One of several words.
pub(super) fn word<T: Copy>(
    node: &TomlNode,
    key: &str,
    words: &[(&'static str, T)],
) -> Result<Spanned<T>, Diagnostic> {
    let text = string(node, key)?;
    match words.iter().find(|(w, _)| *w == text.value) {
        Some(&(_, value)) => Ok(Spanned::new(value, node.span.clone())),
        None => {
            let names: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
            let quoted: Vec<String> = names.iter().map(|w| format!("\"{w}\"")).collect();
            let message = format!("unknown {key} `{}`", text.value);
            let diagnostic = Diagnostic::new(
                node.span.clone(),
                message,
                format!("expected one of {}", quoted.join(", ")),
            );
            Err(match super::nearest(&text.value, names.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic,
            })
        }
    }
}
