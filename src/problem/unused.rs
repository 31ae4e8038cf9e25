//! What of a file nothing uses.

use std::collections::HashMap;

use super::names::{Kind, Names};
use crate::spec::{Diagnostic, Document, ExpectSpec, Node, NodeValue, Quantity, Span, Spanned};

/// A warning for each param, array and operator that nothing asks for. `written` is the file as it
/// was written, before an application has added to it.
pub(super) fn warnings(document: &Document, written: &Document, names: &Names) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // By section and name, what the file says.
    let entries = ["params", "arrays", "operators"].map(|section| {
        let table = written.root.get(section).and_then(Node::as_table);
        let entries = table.into_iter().flat_map(|table| &table.entries);
        (section, entries.map(|entry| (entry.0.value.as_str(), entry)).collect())
    });
    let entries: HashMap<&str, HashMap<&str, &(Spanned<String>, Node)>> = entries.into();
    let mut look = |kind: Kind, name: &str, span: &Span| {
        if names.is_used(kind, name) {
            return;
        }
        let (what, section) = match kind {
            Kind::Param => ("parameter", "params"),
            Kind::Array => ("array", "arrays"),
            Kind::Operator => ("operator", "operators"),
        };
        let set = entries[section].get(name).and_then(|(key, node)| set(&key.span, node, written));
        let (message, label) = match (kind, &set) {
            (_, Some(_)) => {
                (format!("nothing uses {what} `{name}`"), "to set it changes nothing".to_string())
            }
            (Kind::Operator, None) => {
                let message = format!("no solve, output or other operator uses `{name}`");
                (message, format!("only named in `[{section}]`"))
            }
            _ => (format!("nothing uses {what} `{name}`"), format!("only named in `[{section}]`")),
        };
        found.push(Diagnostic::new(set.unwrap_or_else(|| span.clone()), message, label));
    };
    // Operators of a file that solves nothing are for `apply` and `dottest`, which may ask for its
    // params too.
    let makes =
        document.solve.is_some() || !document.solves.is_empty() || !document.outputs.is_empty();
    if makes {
        written.params.iter().for_each(|(name, _)| look(Kind::Param, &name.value, &name.span));
        written.arrays.iter().for_each(|(name, _)| look(Kind::Array, &name.value, &name.span));
    }
    // The dot test of an expectation is one of every operator.
    let tested = document.expect.iter().any(|e| {
        matches!(e, ExpectSpec::Quantity { quantity, .. } if quantity.value == Quantity::Dottest)
    });
    if makes && !tested {
        written
            .operators
            .iter()
            .for_each(|(name, _)| look(Kind::Operator, &name.value, &name.span));
    }
    found
}

/// Where the command line has set a thing of a table, or a key of it.
fn set(key: &Span, node: &Node, written: &Document) -> Option<Span> {
    if !written.source.is_in_file(key) {
        return Some(key.clone());
    }
    match &node.value {
        NodeValue::Table(table) => {
            table.entries.iter().find_map(|(key, node)| set(&key.span, node, written))
        }
        NodeValue::Array(items) => items.iter().find_map(|item| set(&item.span, item, written)),
        _ => None,
    }
}
