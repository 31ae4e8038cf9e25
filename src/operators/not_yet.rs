//! PyLops' operators that are not there yet: one list for messages, `pylopsd ops` and README.md.

use crate::spec::{Diagnostic, NOT_YET, Spanned};

/// Names of PyLops 2.8, sorted.
pub const OPERATORS_NOT_YET: &[&str] = &[
    "AcousticWave2D",
    "CT2D",
    "ChirpRadon2D",
    "ChirpRadon3D",
    "Convolve2D",
    "ConvolveND",
    "DCT",
    "DTCWT",
    "DWT",
    "DWT2D",
    "DWTND",
    "FirstDirectionalDerivative",
    "FourierRadon2D",
    "FourierRadon3D",
    "FunctionOperator",
    "LinearRegression",
    "MRI2D",
    "MemoizeOperator",
    "NonStationaryConvolve1D",
    "NonStationaryConvolve2D",
    "NonStationaryConvolve3D",
    "NonStationaryFilters1D",
    "NonStationaryFilters2D",
    "PWSmoother2D",
    "PWSprayer2D",
    "Patch2D",
    "Patch3D",
    "Radon2D",
    "Radon3D",
    "Regression",
    "SecondDirectionalDerivative",
    "Seislet",
    "Shift",
    "Sliding1D",
    "Sliding2D",
    "Sliding3D",
    "SmoothingND",
    "ToCupy",
    "UDCT",
];

/// The last part of a name, without the modules before it.
pub fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether a name is in a list, ignoring its module and case.
pub fn is_listed(name: &str, list: &[&str]) -> bool {
    list.iter().any(|listed| listed.eq_ignore_ascii_case(bare(name)))
}

/// The mistake of a name of PyLops, or of another library, that is not supported yet.
pub fn not_there_yet(what: &str, whose: &str, name: &Spanned<String>) -> Diagnostic {
    let message = format!("{what} `{}` is {NOT_YET}", name.value);
    let label = format!("{whose} has it, this program does not");
    let help = "README.md lists what is not supported yet";
    Diagnostic::new(name.span.clone(), message, label).help(help)
}
