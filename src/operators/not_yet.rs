//! PyLops' names that are other ones here, or not there yet: one list for messages, `pylopsd ops` and
//! README.md.

use crate::spec::{Diagnostic, NOT_YET, Spanned};

/// Names of PyLops 2.8, sorted.
pub const OPERATORS_NOT_YET: &[&str] =
    &["AcousticWave2D", "DTCWT", "FunctionOperator", "MemoizeOperator", "ToCupy", "UDCT"];

/// Names of PyLops and PyLops-distributed that differ from those used here, sorted, each with what it is
/// here.
pub const HERE_AS: &[(&str, &str)] = &[
    ("Deghosting", "an application: `type = \"Deghosting\"` in `[application]`"),
    ("Demigration", "the operator `Kirchhoff`"),
    ("LSM", "an application: `type = \"LSM\"` in `[application]`"),
    ("MDD", "an application: `type = \"MDD\"` in `[application]`"),
    ("Marchenko", "an application: `type = \"Marchenko\"` in `[application]`"),
    ("PoststackInversion", "the application `Poststack`"),
    ("PrestackInversion", "the application `Prestack`"),
    (
        "SeismicInterpolation",
        "an application: `type = \"SeismicInterpolation\"` in `[application]`",
    ),
    (
        "WavefieldDecomposition",
        "an application: `type = \"WavefieldDecomposition\"` in `[application]`",
    ),
    ("aslinearoperator", "the operator `MatrixMult`"),
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
