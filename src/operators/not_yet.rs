//! PyLops' names that are other ones here, or not there yet: one list for messages, `pylopsd ops` and
//! README.md.

use crate::spec::{Diagnostic, NOT_YET, Spanned};

/// Names of PyLops 2.8, sorted.
];

/// The last part of a name, without the modules before it.
pub fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether a name is in a list, ignoring its module and case.
pub fn is_listed(name: &str, list: &[&str]) -> bool {
    list.iter().any(|listed| listed.eq_ignore_ascii_case(bare(name)))
}

/// The mistake of naming what PyLops, or another library, has but this program does not.
pub fn not_there_yet(what: &str, whose: &str, name: &Spanned<String>) -> Diagnostic {
    let message = format!("{what} `{}` is {NOT_YET}", name.value);
    let label = format!("{whose} has it, this program does not");
    let help = "README.md lists what is not supported yet";
    Diagnostic::new(name.span.clone(), message, label).help(help)
}
