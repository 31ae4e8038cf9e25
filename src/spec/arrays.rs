//! `[arrays]`: the source of an array, and how it is changed when read.

use super::apply::{self, ApplySpec};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::formula::{self, Formula};
use super::inline::Inline;
use super::node::{NodeValue, ParamTable, TomlNode};
use super::reader::{self, Reader, wrong};
use super::slice::{SliceItem, parse_slice};
use super::source::{Span, Spanned};
use super::spikes;
use super::synthetics::{self, SyntheticSpec};
use crate::scalar::{C128, DType};
use crate::space::MOST_ELEMENTS;

/// One array of `[arrays]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ArraySpec {
    /// Where the values come from.
    pub source: ArraySource,
    /// Place of the source's value.
    pub source_span: Span,
    /// Element type to cast to.
    pub dtype: Option<Spanned<DType>>,
    /// Part of complex values to take when casting to real ones.
    pub part: Option<Spanned<Part>>,
    /// Basic slicing; comes first of the three changes of shape.
    pub slice: Option<Spanned<Vec<SliceItem>>>,
    /// Order of axes; comes second.
    pub transpose: Option<Spanned<Vec<usize>>>,
    /// New dims, with -1 for the length that is left from the rest; comes last.
    pub reshape: Option<Spanned<Vec<i64>>>,
    /// Chunk lengths.
    pub chunks: Option<Spanned<Chunks>>,
    /// Place of the table.
    pub span: Span,
}

/// Where the values of an array come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ArraySource {
    /// A file.
    File(FileSource),
    /// Written in the problem file.
    Values(Inline),
    /// One value everywhere: `zeros`, `ones` and `full`.
    Full {
        /// Dims of the array.
        shape: Vec<usize>,
        /// The value.
        value: C128,
        /// Whether the value was written as a complex number.
        complex: bool,
    },
    /// `start + k step`, as many as are before `stop`.
    Arange {
        /// First value.
        start: f64,
        /// Difference of neighbours; not 0.
        step: f64,
        /// Number of values.
        num: usize,
    },
    /// `num` values from `start` to `stop`, both among them.
    Linspace {
        /// First value.
        start: f64,
        /// Last value.
        stop: f64,
        /// Number of values.
        num: usize,
    },
    /// Random numbers, the same on every machine.
    Random {
        /// Dims of the array.
        shape: Vec<usize>,
        /// Seed of the generator.
        seed: u64,
        /// Their distribution.
        distribution: Distribution,
    },
    /// What a formula over other arrays gives.
    Expr(Formula),
    /// Zeros but for some samples.
    Spikes(SpikesSpec),
    /// A picture: its file, and the channel to take.
    Image(Spanned<String>, Option<Spanned<usize>>),
    /// What an operator makes of another array.
    Apply(ApplySpec),
    /// What a formula of the field gives.
    Synthetic(SyntheticSpec),
}

impl ArraySource {
    /// The file that it is read from, relative to the problem file's folder.
    pub fn file(&self) -> Option<&Spanned<String>> {
        match self {
            ArraySource::File(FileSource { file, .. }) | ArraySource::Image(file, _) => Some(file),
            _ => None,
        }
    }

    /// Dims before any change of shape, as far as they are known without opening a file.
    pub fn dims(&self) -> Option<Vec<usize>> {
        match self {
            ArraySource::File(_)
            | ArraySource::Expr(_)
            | ArraySource::Image(..)
            | ArraySource::Apply(_)
            | ArraySource::Synthetic(_) => None,
            ArraySource::Spikes(spikes) => Some(spikes.shape.clone()),
            ArraySource::Values(inline) => Some(inline.dims.clone()),
            ArraySource::Full { shape, .. } | ArraySource::Random { shape, .. } => {
                Some(shape.clone())
            }
            ArraySource::Arange { num, .. } | ArraySource::Linspace { num, .. } => Some(vec![*num]),
        }
    }
}

/// A file, and what in it.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSource {
    /// The file, relative to the problem file's folder; `-` is standard input.
    pub file: Spanned<String>,
    /// Array in an .npz file.
    pub key: Option<Spanned<String>>,
    /// Array in a Zarr group.
    pub path: Option<Spanned<String>>,
}

/// The distribution of random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Mean 0, variance 1.
    Normal,
    /// From 0 to 1.
    Uniform,
    /// Density `exp(-|x|) / 2`.
    Laplace,
    /// Density `x exp(-x^2 / 2)`.
    Rayleigh,
    /// -1 or 1.
    Rademacher,
    /// The numbers from 0 in any order.
    Permutation,
}

/// The value at one index of an array of zeros.
pub type Spike = (Vec<usize>, C128);

/// Zeros but for some samples.
#[derive(Clone, Debug, PartialEq)]
pub struct SpikesSpec {
    /// Dims of the array.
    pub shape: Vec<usize>,
    /// Its other samples.
    pub spikes: Vec<Spike>,
    /// Whether any value was written as a complex number.
    pub complex: bool,
}

/// A part of complex numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The real part.
    Real,
    /// The imaginary part.
    Imag,
}

/// Chunk lengths of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunks {
    /// By the rule of the plan.
    Auto,
    /// One an axis; `None`, written -1, is the whole axis.
    Lengths(Vec<Option<usize>>),
}

/// Keys of the sources, less those of [`synthetics`].
pub(super) const SOURCES: [&str; 12] = [
    "file", "values", "zeros", "ones", "full", "arange", "linspace", "random", "spikes", "image",
    "expr", "apply",
];
/// Keys of an array beside its source.
pub(super) const CHANGES: [&str; 8] =
    ["key", "path", "dtype", "part", "slice", "transpose", "reshape", "chunks"];

/// Whether a key names a source.
pub(super) fn is_source(key: &str) -> bool {
    SOURCES.contains(&key) || synthetics::SOURCES.contains(&key)
}

/// Reads one array.
pub(super) fn read(
    name: &Spanned<String>,
    node: &TomlNode,
    out: &mut Diagnostics,
) -> Option<ArraySpec> {
    let Some(table) = node.as_table() else {
        let mut mistake = wrong(node, &name.value, "a table with the array's source");
        if matches!(node.value, NodeValue::Array(_)) {
            mistake = mistake.help("write `{ values = [...] }`");
        } else if matches!(node.value, NodeValue::String(..)) {
            mistake = mistake.help("write `{ file = \"...\" }`");
        }
        out.push(mistake);
        return None;
    };
    let mut r = Reader::new(table, format!("array `{}`", name.value), out);
    let source = read_source(&mut r, &name.value);
    let dtype = r.read("dtype", reader::dtype);
    let words = [("real", Part::Real), ("imag", Part::Imag)];
    let part = r.read("part", |n, k| reader::word(n, k, &words));
    let slice = r.read("slice", slice);
    let transpose = r.read("transpose", transpose);
    let reshape = r.read("reshape", reshape);
    let chunks = r.read("chunks", read_chunks);
    r.finish();
    let (source, source_span) = source?;
    Some(ArraySpec {
        source,
        source_span,
        dtype,
        part,
        slice,
        transpose,
        reshape,
        chunks,
        span: node.span.clone(),
    })
}

/// The one source of an array.
fn read_source(r: &mut Reader<'_, '_>, name: &str) -> Option<(ArraySource, Span)> {
    let mut found: Vec<&'static str> = Vec::new();
    let sources = || SOURCES.into_iter().chain(synthetics::SOURCES);
    for key in sources() {
        if r.node(key).is_some() {
            found.push(key);
        }
    }
    let (key, path) = (r.read("key", reader::name), r.read("path", reader::name));
    let Some(&first) = found.first() else {
        // A misspelt source is an unknown key, and no lack of one.
        let known: Vec<&str> = sources().chain(CHANGES).collect();
        if sources().any(|source| reader::is_misspelt(r.table, source, &known)) {
            return None;
        }
        let label = "one source is required";
        let message = format!("array `{name}` has no source");
        let names: Vec<String> = sources().map(|s| format!("`{s}`")).collect();
        let help = format!("one of {}", names.join(", "));
        r.out.push(Diagnostic::new(r.table.head.clone(), message, label).help(help));
        return None;
    };
    if let Some(second) = found.get(1) {
        r.out.push(
            Diagnostic::new(
                r.table.key_span(second),
                format!("array `{name}` has more than one source"),
                "a second source",
            )
            .also(r.table.key_span(first), "the first source"),
        );
        return None;
    }
    if first != "file" {
        for key in ["key", "path"] {
            if r.table.get(key).is_some() {
                let message = format!("`{key}` without `file`");
                let label = format!("`{key}` belongs to `file`, not to `{first}`");
                r.out.push(Diagnostic::new(r.table.key_span(key), message, label));
            }
        }
    }
    let node = r.table.get(first)?;
    let source = match first {
        "file" => {
            let file = r.out.take(reader::name(node, first))?;
            ArraySource::File(FileSource { file, key, path })
        }
        "values" => ArraySource::Values(r.out.take(Inline::read(node, first))?),
        "expr" => {
            let NodeValue::String(text, start) = &node.value else {
                let mistake = wrong(node, first, "a formula, as a string");
                r.out.push(mistake.help("for example `expr = \"abs(d) / max(abs(d))\"`"));
                return None;
            };
            ArraySource::Expr(r.out.take(formula::parse(text, *start, &node.span))?)
        }
        "apply" => ArraySource::Apply(apply::read(node, r.out)?),
        _ => {
            let Some(table) = node.as_table() else {
                let mistake = wrong(node, first, "a table");
                r.out.push(mistake.help(format!("for example `{first} = {}`", example(first))));
                return None;
            };
            if synthetics::SOURCES.contains(&first) {
                ArraySource::Synthetic(synthetics::read(first, table, r.out)?)
            } else {
                generated(first, table, r.out)?
            }
        }
    };
    Some((source, node.span.clone()))
}

fn example(source: &str) -> &'static str {
    match source {
        "full" => "{ shape = [10, 20], value = 1.0 }",
        "arange" => "{ stop = 10 }",
        "linspace" => "{ start = 0.0, stop = 1.0, num = 50 }",
        "random" => "{ shape = [10, 20], seed = 0 }",
        "image" => "{ file = \"photo.png\" }",
        "spikes" => "{ shape = [10, 20], at = [[3, 5], [7, 2]], amp = 1.0 }",
        _ if synthetics::SOURCES.contains(&source) => synthetics::example(source),
        _ => "{ shape = [10, 20] }",
    }
}

fn generated(source: &str, table: &ParamTable, out: &mut Diagnostics) -> Option<ArraySource> {
    let mut r = Reader::new(table, format!("`{source}`"), out);
    let mistakes = r.out.len();
    let result = match source {
        "zeros" | "ones" => {
            let value = C128::new(f64::from(u8::from(source == "ones")), 0.0);
            let shape = r.require("shape", reader::dims);
            shape.map(|s| ArraySource::Full { shape: s.value, value, complex: false })
        }
        "full" => {
            let shape = r.require("shape", reader::dims);
            let value = r.require("value", |node, key| match &node.value {
                NodeValue::Array(_) => Err(wrong(node, key, "a number")),
                _ => Inline::read(node, key),
            });
            shape.zip(value).map(|(s, v)| ArraySource::Full {
                shape: s.value,
                value: v.values[0],
                complex: v.complex,
            })
        }
        "arange" => arange(&mut r),
        "image" => {
            let file = r.require("file", reader::name);
            let channel = r.read("channel", reader::count);
            file.map(|file| ArraySource::Image(file, channel))
        }
        "spikes" => spikes::read(&mut r).map(ArraySource::Spikes),
        "linspace" => {
            let start = r.require("start", reader::number);
            let stop = r.require("stop", reader::number);
            let num = r.read("num", reader::dims_of_one).unwrap_or(50);
            start.zip(stop).map(|(a, b)| ArraySource::Linspace {
                start: a.value,
                stop: b.value,
                num,
            })
        }
        _ => {
            let shape = r.require("shape", reader::dims);
            let seed = r.read("seed", reader::count).map_or(0, |s| s.value as u64);
            let words = [
                ("normal", Distribution::Normal),
                ("uniform", Distribution::Uniform),
                ("laplace", Distribution::Laplace),
                ("rayleigh", Distribution::Rayleigh),
                ("rademacher", Distribution::Rademacher),
                ("permutation", Distribution::Permutation),
            ];
            let distribution = r
                .read("distribution", |n, k| reader::word(n, k, &words))
                .map_or(Distribution::Normal, |d| d.value);
            shape.map(|s| ArraySource::Random { shape: s.value, seed, distribution })
        }
    };
    let clean = r.out.len() == mistakes;
    r.finish();
    result.filter(|_| clean)
}

fn arange(r: &mut Reader<'_, '_>) -> Option<ArraySource> {
    let start = r.read("start", reader::number).map_or(0.0, |s| s.value);
    let step = r.read("step", reader::number).map_or(1.0, |s| s.value);
    let stop = r.require("stop", reader::number)?.value;
    // NumPy's length: ceil((stop - start) / step), never negative.
    let num = ((stop - start) / step).ceil();
    if step == 0.0 || num.is_nan() {
        let span = r.table.span_of("step");
        r.out.push(Diagnostic::new(span, "invalid value for `step`", "expected a nonzero step"));
        return None;
    }
    if num > MOST_ELEMENTS as f64 {
        let span = r.table.span_of("stop");
        r.out.push(Diagnostic::new(
            span,
            "`arange` is too long",
            format!("makes {num:e} elements"),
        ));
        return None;
    }
    Some(ArraySource::Arange { start, step, num: num.max(0.0) as usize })
}

fn slice(node: &TomlNode, key: &str) -> Result<Spanned<Vec<SliceItem>>, Diagnostic> {
    let NodeValue::String(text, start) = &node.value else {
        return Err(wrong(node, key, "a slice such as \"1:, ::2\""));
    };
    parse_slice(text).map(|items| Spanned::new(items, node.span.clone())).map_err(|(at, what)| {
        let span = start.map_or(node.span.clone(), |s| s + at.start..s + at.end);
        Diagnostic::new(span, format!("invalid value for `{key}`"), what)
            .help("NumPy's basic slicing, such as \"1:, ::2, -1\"")
    })
}

fn transpose(node: &TomlNode, key: &str) -> Result<Spanned<Vec<usize>>, Diagnostic> {
    let expected = "a list of axes";
    let axes = reader::list(node, key, expected, |n, k| Ok(reader::count(n, k)?.value))?;
    let mut sorted = axes.clone();
    sorted.sort_unstable();
    if sorted.iter().enumerate().any(|(k, &axis)| k != axis) {
        let label = format!("expected each axis from 0 to {} once", axes.len().saturating_sub(1));
        return Err(Diagnostic::new(
            node.span.clone(),
            format!("invalid value for `{key}`"),
            label,
        ));
    }
    Ok(Spanned::new(axes, node.span.clone()))
}

pub(super) fn reshape(node: &TomlNode, key: &str) -> Result<Spanned<Vec<i64>>, Diagnostic> {
    let dims = reader::list(node, key, "a list of dims", |n, k| match n.integer()? {
        Some(d) if d >= -1 => Ok(d),
        _ => Err(wrong(n, k, "a non-negative integer, or -1 for the length that is left")),
    })?;
    if dims.iter().filter(|&&d| d == -1).count() > 1 {
        let label = "expected -1 at most once";
        return Err(Diagnostic::new(
            node.span.clone(),
            format!("invalid value for `{key}`"),
            label,
        ));
    }
    Ok(Spanned::new(dims, node.span.clone()))
}

/// Chunk lengths: a list of integers, or `"auto"`.
pub(super) fn read_chunks(node: &TomlNode, key: &str) -> Result<Spanned<Chunks>, Diagnostic> {
    let chunks = match &node.value {
        NodeValue::String(s, _) if s == "auto" => Chunks::Auto,
        NodeValue::Array(items) => {
            let length = |n: &TomlNode| match n.integer()? {
                Some(-1) => Ok(None),
                Some(c) if c > 0 => Ok(usize::try_from(c).ok()),
                _ => Err(wrong(n, key, "a positive integer, or -1 for the whole axis")),
            };
            Chunks::Lengths(items.iter().map(length).collect::<Result<_, _>>()?)
        }
        _ => return Err(wrong(node, key, "a list of chunk lengths, or \"auto\"")),
    };
    Ok(Spanned::new(chunks, node.span.clone()))
}
