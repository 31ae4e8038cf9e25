//! Problem files: TOML text to typed tables, every mistake at its place.
//!
//! Two phases. `toml` gives keys and values with their byte spans; [`Document`] then reads them one
//! by one and collects every mistake in a [`Diagnostics`]. Operator and solver parameters stay a
//! [`ParamTable`] until their registry turns it into their own type by [`deserialize`]. Serde's
//! tagged enums were rejected: they report wrong fields at the table, not at the key.

mod aliases;
mod apply;
mod array_ref;
mod arrays;
mod build;
mod de;
mod diagnostic;
mod document;
mod elementary;
mod expect;
mod expr;
mod formula;
mod header;
mod hosts;
mod inline;
mod lexer;
mod listed;
mod misplaced;
mod node;
mod number;
mod operators;
mod overrides;
mod param_table;
mod params;
mod python;
mod reader;
mod reference;
mod run;
mod signals;
mod slice;
mod slopes;
mod solve;
mod source;
mod spikes;
mod syntax;
mod synthetics;
#[cfg(test)]
mod tests;

pub use apply::ApplySpec;
pub use array_ref::ArrayRef;
pub use arrays::{
    ArraySource, ArraySpec, Chunks, Distribution, FileSource, Part, Spike, SpikesSpec,
};
pub use build::table;
pub use de::deserialize;
pub use diagnostic::{Diagnostic, Diagnostics, JsonDiagnostic, nearest};
pub use document::{ApplicationSpec, Document};
pub use expect::{ExpectSpec, ExpectedValue, OutputCheck, Quantity};
pub use expr::{Expr, ExprKind, Function, parse_expression};
pub use formula::{Binary, Formula, FormulaKind, Reduction, Scan, Unary, function_names};
pub use hosts::{Host, parse_hosts, processes as host_processes};
pub use inline::{Inline, parse_complex};
pub use listed::Listed;
pub use node::{NodeValue, ParamTable, TomlNode};
pub use number::{Params, Read, constant};
pub use operators::{ChunksSpec, OperatorSpec, OperatorTable};
pub use params::{ArrayParam, ComplexParam, OneOrMany};
pub use reference::{KeyHelp, TABLES, TableHelp};
pub use run::{MOST_THREADS, OutputName, OutputSpec, RunSpec, parse_size};
pub use signals::{ChirpMethod, ChirpSpec, SignalSpec, TimeAxis, WindowShape};
pub use slice::{SliceItem, parse_slice};
pub use slopes::{SlopeResult, SlopesSpec};
pub use solve::{Beside, COMMON as SOLVE_KEYS, RegularizationSpec, SolveSpec};
pub use source::{STANDARD_INPUT, SourceText, Span, Spanned};
pub use synthetics::{
    EventsSpec, Moveout, NumpyWindow, SyntheticSpec, TaperType, TraveltimeSpec, Velocity,
    WaveletShape, WaveletSpec,
};

/// The words for a part of the contract that is recognised but not built.
pub const NOT_YET: &str = "not supported yet";
