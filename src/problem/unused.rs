//! What of a file nothing uses.

use super::names::{Kind, Names};
use crate::spec::{Diagnostic, Document, ExpectSpec, Quantity, Span};

/// A warning for each param, array and operator that nothing asks for. `written` is the file as it
/// was written, before an application has added to it.
pub(super) fn warnings(document: &Document, written: &Document, names: &Names) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut look = |kind: Kind, name: &str, span: &Span| {
        if names.is_used(kind, name) {
            return;
        }
        let (what, section) = match kind {
            Kind::Param => ("parameter", "params"),
            Kind::Array => ("array", "arrays"),
            Kind::Operator => ("operator", "operators"),
        };
        let message = format!("nothing uses {what} `{name}`");
        let label = format!("only named in `[{section}]`");
        found.push(Diagnostic::new(span.clone(), message, label));
    };
    // Operators of a file that solves and makes nothing are for `apply` and `dottest`, which may ask
    // for its params too.
    let makes =
        document.solve.is_some() || !document.solves.is_empty() || !document.outputs.is_empty();
    if makes {
        written.params.iter().for_each(|(name, _)| look(Kind::Param, &name.value, &name.span));
    }
    if makes || !document.operators.is_empty() {
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
