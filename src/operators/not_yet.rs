//! PyLops' operators that are not supported yet: listed in messages, `pylopsd ops` and README.md.

use crate::spec::{Diagnostic, NOT_YET, Spanned};

/// Names of PyLops 2.8, sorted.
pub const OPERATORS_NOT_YET: &[&str] = &[
    "AVOLinearModelling",
    "AcousticWave2D",
    "BlendingContinuous",
    "BlendingGroup",
    "BlendingHalf",
    "Convolve2D",
    "ConvolveND",
    "DCT",
    "DTCWT",
    "DWT",
    "DWT2D",
    "DWTND",
    "FirstDirectionalDerivative",
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
    "PhaseShift",
    "PressureToVelocity",
    "PrestackLinearModelling",
    "PrestackWaveletModelling",
    "Regression",
    "SecondDirectionalDerivative",
    "Seislet",
    "Shift",
    "SmoothingND",
    "ToCupy",
    "UDCT",
    "UpDownComposition2D",
    "UpDownComposition3D",
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
