//! Tests of the whole room.

mod documents;
mod expressions;
mod mistakes;
mod parameters;
mod reference;
mod synthetics;

use super::*;

/// A document that must be right.
fn document(text: &str, overrides: &[&str]) -> Document {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    Document::parse(SourceText::new("problem.toml", text), &overrides)
        .unwrap_or_else(|e| panic!("{e}"))
}

/// All that is wrong with a document, as it is shown.
fn mistakes(text: &str, overrides: &[&str]) -> String {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    match Document::parse(SourceText::new("problem.toml", text), &overrides) {
        Ok(_) => "nothing is wrong".to_string(),
        Err(mistakes) => mistakes.to_string(),
    }
}
