//! One array of the file: opened by its header, then sliced, transposed, reshaped and cast.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::path_in;
use super::spikes;
use crate::io::{self, Array, Generator, Inputs, Kind};
use crate::scalar::DType;
use crate::space::show_dims;
use crate::spec::{
    ArraySource, ArraySpec, Chunks, Diagnostic, Diagnostics, Distribution, Document, FileSource,
    Part, SliceItem, Span, Spanned,
};

/// What arrays need of the file around them.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// The folder that files are relative to.
    pub(super) folder: PathBuf,
    /// Where inputs are read.
    pub(super) inputs: Arc<Inputs>,
    /// Element type of arrays that have none of their own.
    pub(super) dtype: DType,
    /// The array that has read standard input.
    pub(super) stdin: Option<Span>,
    /// Whether the problem file comes from it.
    pub(super) stdin_is_file: bool,
    /// Where to fetch files that may be missing.
    pub(super) fetch: Vec<(Spanned<String>, String)>,
}

/// Opens an array.
pub(super) fn open(
    name: &Spanned<String>,
    spec: &ArraySpec,
    around: &mut Surroundings,
    out: &mut Diagnostics,
) -> Option<Array> {
    let result = source(&name.value, spec, around);
    let array = out.take(result)?;
    let stored = array.name().to_string();
    let array = finish(name, spec, array, out)?;
    if let ArraySource::File(file) = &spec.source {
        let what = format!("array `{}`", name.value);
        warn_missing(&array, &stored, &what, &file.file.span, out);
    }
    // Integers and booleans carry no precision: they are what numbers written in the file are.
    let whole = spec.dtype.is_none() && array.is_whole() && !array.ty().dtype.is_complex();
    if !whole {
        return Some(array);
    }
    let cast = array.cast(around.dtype.real());
    out.take(cast.map_err(|e| unmade(&name.value, &spec.source_span, &e)))
}

/// Warns about files of `[fetch]` that nothing reads.
pub(super) fn check_fetch(document: &Document, out: &mut Diagnostics) {
    let arrays = document.arrays.iter().filter_map(|(_, array)| array.source.file());
    let arrays = arrays.map(|file| file.value.as_str());
    let references = document.expect.iter().filter_map(|e| e.file());
    let read: Vec<&str> = arrays.chain(references).collect();
    for (name, _) in &document.fetch {
        if !read.contains(&name.value.as_str()) {
            let message = format!("`{}` is in `[fetch]`, but nothing reads it", name.value);
            let warning = Diagnostic::new(name.span.clone(), message, "no `file` names it");
            out.warn(warning.did_you_mean(&name.value, &read));
        }
    }
}

/// Says how many chunks of a Zarr folder are missing.
pub(super) fn warn_missing(
    array: &Array,
    stored: &str,
    what: &str,
    span: &Span,
    out: &mut Diagnostics,
) {
    let Some(missing) = array.missing_chunks() else { return };
    let label = format!("of {stored}");
    out.warn(Diagnostic::new(span.clone(), format!("{what}: {missing}"), label).help(
        "writers omit chunks that hold only this value; if these held others, write the array again",
    ));
}

/// An array as its source gives it, with the changes that its table asks for.
pub(super) fn finish(
    name: &Spanned<String>,
    spec: &ArraySpec,
    array: Array,
    out: &mut Diagnostics,
) -> Option<Array> {
    let result = changed(&name.value, spec, array);
    let array = out.take(result)?;
    // Without a word on chunks, those of a Zarr folder stay.
    let Some(chunks) = &spec.chunks else { return Some(array) };
    let lengths = check_chunks(chunks, &array.ty().dims, &format!("array `{}`", name.value), out);
    Some(array.chunked(lengths))
}

fn changed(name: &str, spec: &ArraySpec, array: Array) -> Result<Array, Diagnostic> {
    let mut array = array.named(name);
    not_empty(name, &array, &spec.source_span)?;
    if let Some(slice) = &spec.slice {
        let sliced = array.slice(&slice_text(&slice.value));
        array = sliced.map_err(|e| wrong("slice", name, &slice.span, &e))?;
        not_empty(name, &array, &slice.span)?;
    }
    if let Some(axes) = &spec.transpose {
        let order: Vec<isize> = axes.value.iter().map(|&a| a as isize).collect();
        let transposed = array.transpose(&order);
        array = transposed.map_err(|e| wrong("transpose", name, &axes.span, &e))?;
    }
    if let Some(dims) = &spec.reshape {
        let lengths: Vec<isize> = dims.value.iter().map(|&n| n as isize).collect();
        let reshaped = array.reshape(&lengths);
        array = reshaped.map_err(|e| wrong("reshape", name, &dims.span, &e))?;
    }
    if let Some(part) = &spec.part {
        array = array.part(match part.value {
            Part::Real => io::Part::Real,
            Part::Imag => io::Part::Imag,
        });
    }
    if let Some(dtype) = &spec.dtype {
        array = cast(name, array, dtype)?;
    }
    Ok(array)
}

fn cast(name: &str, array: Array, dtype: &Spanned<DType>) -> Result<Array, Diagnostic> {
    let found = array.ty().dtype;
    array.cast(dtype.value).map_err(|_| {
        let message = format!("array `{name}` is complex and cannot be cast to {}", dtype.value);
        let label = format!("the array is {found}");
        Diagnostic::new(dtype.span.clone(), message, label)
            .help("choose a part: `part = \"real\"` or `part = \"imag\"`")
    })
}

/// The array as its source gives it.
fn source(name: &str, spec: &ArraySpec, around: &mut Surroundings) -> Result<Array, Diagnostic> {
    let dtype = spec.dtype.as_ref().map_or(around.dtype, |d| d.value);
    let (generator, shape) = match &spec.source {
        ArraySource::Apply(_) | ArraySource::Expr(_) | ArraySource::Synthetic(_) => {
            unreachable!("what is made of other arrays is made by `Names`")
        }
        ArraySource::File(file) => return open_file(name, file, around),
        ArraySource::Values(inline) => {
            let dtype = if inline.complex { dtype.complex() } else { dtype };
            let make = if inline.boolean { Array::mask } else { Array::values };
            return make(inline.dims.clone(), inline.values.clone(), dtype)
                .map_err(|e| unmade(name, &spec.source_span, &e));
        }
        ArraySource::Spikes(spikes) => {
            return spikes::array(spikes, dtype).map_err(|e| unmade(name, &spec.source_span, &e));
        }
        ArraySource::Image(file, channel) => {
            let path = around.inputs.find(&path_in(&around.folder, &file.value));
            let channel = channel.as_ref();
            return io::open_image(&path, channel.map(|c| c.value)).map_err(|e| {
                let span = channel.filter(|_| path.exists()).map_or(&file.span, |c| &c.span);
                of_io(span, &e, &format!("array `{name}` is read from this file"))
            });
        }
        ArraySource::Full { shape, value, .. } => (Generator::Full(*value), shape.clone()),
        ArraySource::Arange { start, step, num } => {
            (Generator::Arange { start: *start, step: *step }, vec![*num])
        }
        ArraySource::Linspace { start, stop, num } => {
            (Generator::Linspace { start: *start, stop: *stop, num: *num }, vec![*num])
        }
        ArraySource::Random { shape, seed, distribution } => {
            let distribution = match distribution {
                Distribution::Normal => io::Distribution::Normal,
                Distribution::Uniform => io::Distribution::Uniform,
                Distribution::Laplace => io::Distribution::Laplace,
                Distribution::Rayleigh => io::Distribution::Rayleigh,
                Distribution::Rademacher => io::Distribution::Rademacher,
                Distribution::Permutation => {
                    return permutation(*seed, shape, dtype)
                        .map_err(|e| unmade(name, &spec.source_span, &e));
                }
            };
            (Generator::Random { seed: *seed, distribution }, shape.clone())
        }
    };
    let complex = matches!(spec.source, ArraySource::Full { complex: true, .. });
    let dtype = if complex { dtype.complex() } else { dtype };
    Array::generated(generator, shape, dtype).map_err(|e| unmade(name, &spec.source_span, &e))
}

/// The numbers from 0 in any order; they keep all their digits, whatever the element type.
fn permutation(seed: u64, shape: &[usize], dtype: DType) -> io::Result<Array> {
    let num = shape.iter().product();
    let generator = Generator::Permutation { seed, num };
    Array::generated(generator, shape, DType::Float64)?.of_kind(Kind::Whole).cast(dtype)
}

fn open_file(
    name: &str,
    source: &FileSource,
    around: &mut Surroundings,
) -> Result<Array, Diagnostic> {
    if source.file.value == "-" {
        return standard_input(name, source, around);
    }
    let file = around.inputs.find(&path_in(&around.folder, &source.file.value));
    let member = match (&source.key, &source.path, file.is_dir()) {
        (Some(key), _, true) => {
            let message = format!("{} is a folder and has no `key`", file.display());
            let mistake = Diagnostic::new(key.span.clone(), message, "`key` is for .npz files");
            return Err(mistake.help("use `path` for an array in a Zarr group"));
        }
        (_, Some(path), false) if file.is_file() => {
            let message = format!("{} is a file and has no `path`", file.display());
            let mistake = Diagnostic::new(path.span.clone(), message, "`path` is for Zarr groups");
            return Err(mistake.help("use `key` for an array in an .npz file"));
        }
        (key, path, _) => key.as_ref().or(path.as_ref()),
    };
    let opened = open_header(&file, member, &source.file.span, || {
        format!("array `{name}` is read from this file")
    });
    let from = around.fetch.iter().find(|(named, _)| named.value == source.file.value);
    match from.filter(|_| !file.exists()) {
        Some((_, from)) => opened.map_err(|mistake| mistake.help(format!("fetch it from {from}"))),
        None => opened,
    }
}

/// Opens a file that the problem names: an array, or a reference.
pub(super) fn open_header(
    path: &Path,
    key: Option<&Spanned<String>>,
    span: &Span,
    label: impl Fn() -> String,
) -> Result<Array, Diagnostic> {
    Array::open(path, key.map(|k| k.value.as_str())).map_err(|error| {
        let of_member = key.filter(|_| error.is_of_member());
        let span = of_member.map_or(span, |k| &k.span);
        of_io(span, &error, &label())
    })
}

fn standard_input(
    name: &str,
    source: &FileSource,
    around: &mut Surroundings,
) -> Result<Array, Diagnostic> {
    let span = source.file.span.clone();
    if let Some(other) = source.key.as_ref().or(source.path.as_ref()) {
        let label = "standard input is one .npy array";
        return Err(Diagnostic::new(other.span.clone(), "no array can be chosen here", label));
    }
    if around.stdin_is_file {
        let message = format!("array `{name}` cannot be read from standard input");
        let label = "the problem file comes from it";
        return Err(Diagnostic::new(span, message, label).help("name a file"));
    }
    if let Some(first) = &around.stdin {
        let message = "standard input is read by two arrays";
        return Err(Diagnostic::new(span, message, "the second one")
            .also(first.clone(), "the first one reads it"));
    }
    around.stdin = Some(span.clone());
    if around.inputs.is_terminal() {
        let message = format!("array `{name}` is read from standard input, which is a terminal");
        return Err(Diagnostic::new(span, message, "expected a .npy stream")
            .help("write `pylopsd ... < input.npy`, or pipe from a program that writes .npy"));
    }
    around.inputs.read_stream().map_err(|e| of_io(&span, &e, &format!("array `{name}`")))
}

/// An error of the `io` room at a place of the problem file; `label` describes the place.
pub(super) fn of_io(span: &Span, error: &io::Error, label: &str) -> Diagnostic {
    advised(Diagnostic::new(span.clone(), error.message(), label), error)
}

/// A mistake that an error of the `io` room explains.
pub(super) fn because(span: &Span, message: impl Into<String>, error: &io::Error) -> Diagnostic {
    advised(Diagnostic::new(span.clone(), message, error.reason()), error)
}

fn advised(mistake: Diagnostic, error: &io::Error) -> Diagnostic {
    match error.advice() {
        Some(help) => mistake.help(help),
        None => mistake,
    }
}

/// An array whose values the problem file gives, but which cannot be made.
fn unmade(name: &str, span: &Span, error: &io::Error) -> Diagnostic {
    because(span, format!("array `{name}` cannot be made"), error)
}

fn wrong(key: &str, name: &str, span: &Span, error: &io::Error) -> Diagnostic {
    because(span, format!("`{key}` does not fit array `{name}`"), error)
}

fn not_empty(name: &str, array: &Array, span: &Span) -> Result<(), Diagnostic> {
    let Some(axis) = array.ty().dims.iter().position(|&n| n == 0) else { return Ok(()) };
    let dims = show_dims(&array.ty().dims);
    let message = format!("array `{name}` has no elements: its dims are {dims}");
    let label = format!("axis {axis} has length 0: nothing to work on");
    Err(Diagnostic::new(span.clone(), message, label))
}

/// Chunk lengths with whole axes filled in; `None` for `"auto"`, or if they do not fit.
pub(super) fn check_chunks(
    chunks: &Spanned<Chunks>,
    dims: &[usize],
    what: &str,
    out: &mut Diagnostics,
) -> Option<Vec<usize>> {
    let Chunks::Lengths(lengths) = &chunks.value else { return None };
    if lengths.len() != dims.len() {
        let message = format!("`chunks` do not fit {what}");
        let label = format!(
            "expected one length for each axis of {}, found {}",
            show_dims(dims),
            lengths.len()
        );
        out.push(Diagnostic::new(chunks.span.clone(), message, label));
        return None;
    }
    Some(lengths.iter().zip(dims).map(|(length, &n)| length.unwrap_or(n)).collect())
}

/// A slice as NumPy writes it.
fn slice_text(items: &[SliceItem]) -> String {
    let bound = |b: Option<i64>| b.map(|b| b.to_string()).unwrap_or_default();
    let items: Vec<String> = items
        .iter()
        .map(|item| match item {
            SliceItem::Index(i) => i.to_string(),
            SliceItem::Range { start, stop, step: 1 } => {
                format!("{}:{}", bound(*start), bound(*stop))
            }
            SliceItem::Range { start, stop, step } => {
                format!("{}:{}:{step}", bound(*start), bound(*stop))
            }
            SliceItem::Ellipsis => "...".to_string(),
            SliceItem::NewAxis => "None".to_string(),
        })
        .collect();
    items.join(", ")
}
