//! Where a key takes an array: its name, or a list in place.

use super::diagnostic::Diagnostic;
use super::inline::Inline;
use super::node::{NodeValue, TomlNode};
use super::reader::{self, wrong};
use super::source::{Span, Spanned};

/// A parameter that is an array: its name, or a list in place.
#[derive(Clone, Debug, PartialEq)]
pub enum ArrayRef {
    /// Name of an array of `[arrays]`.
    Name(Spanned<String>),
    /// A list of numbers.
    Inline(Spanned<Inline>),
}

impl ArrayRef {
    /// Its place in the source.
    pub fn span(&self) -> &Span {
        match self {
            ArrayRef::Name(name) => &name.span,
            ArrayRef::Inline(inline) => &inline.span,
        }
    }

    /// What messages call it.
    pub fn label(&self) -> String {
        match self {
            ArrayRef::Name(name) => format!("array `{}`", name.value),
            ArrayRef::Inline(_) => "this list".into(),
        }
    }

    /// Its name, if it is not written in place.
    pub fn name(&self) -> Option<&str> {
        match self {
            ArrayRef::Name(name) => Some(&name.value),
            ArrayRef::Inline(_) => None,
        }
    }
}

/// An array of real numbers.
pub(super) fn array_ref(node: &TomlNode, key: &str) -> Result<ArrayRef, Diagnostic> {
    match any_array(node, key)? {
        ArrayRef::Inline(inline) if inline.value.complex => {
            Err(wrong(node, key, "a list of real numbers"))
        }
        array => Ok(array),
    }
}

/// An array of real or complex numbers.
pub(super) fn any_array(node: &TomlNode, key: &str) -> Result<ArrayRef, Diagnostic> {
    match &node.value {
        NodeValue::String(..) => Ok(ArrayRef::Name(reader::name(node, key)?)),
        NodeValue::Array(_) => {
            let inline = Inline::read(node, key)?;
            if inline.values.is_empty() {
                return Err(wrong(node, key, "a list of numbers, at least one"));
            }
            Ok(ArrayRef::Inline(Spanned::new(inline, node.span.clone())))
        }
        _ => Err(wrong(node, key, "an array's name or a list of numbers")),
    }
}
