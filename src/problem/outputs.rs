//! Where outputs go: paths that can be written, and that are no input of the problem.

use std::path::{Path, PathBuf};

use super::arrays::not_yet;
use super::{path_in, solve::Solve};
use crate::scalar::DType;
use crate::spec::{
    ArraySource, Diagnostic, Diagnostics, Document, ExpectSpec, OutputCheck, OutputName,
    OutputSpec, Span,
};

/// Something that is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// What.
    pub name: OutputName,
    /// Where; `-` is standard output.
    pub path: PathBuf,
    /// Element type to write, if not the array's own.
    pub dtype: Option<DType>,
    /// Place of the path or table.
    pub span: Span,
}

/// Reads `[outputs]`; relative paths are in `out_dir`, or beside the file.
pub(super) fn read(
    document: &Document,
    solve: Option<&Solve>,
    out_dir: Option<&Path>,
    out: &mut Diagnostics,
) -> Vec<Output> {
    let folder = out_dir.map_or_else(|| document.folder(), Path::to_path_buf);
    let inputs = inputs(document);
    let mut taken: Vec<(PathBuf, Span)> = Vec::new();
    let mut outputs = Vec::new();
    for spec in &document.outputs {
        let path = if spec.path.value == "-" {
            PathBuf::from("-")
        } else {
            path_in(&folder, &spec.path.value)
        };
        let place = identity(&path);
        if let Err(mistake) = check_path(spec, &path, &place, &inputs, &taken) {
            out.push(mistake);
        }
        check_dtype(spec, solve, out);
        taken.push((place, spec.path.span.clone()));
        outputs.push(Output {
            name: spec.name.value,
            path,
            dtype: spec.dtype.as_ref().map(|d| d.value),
            span: spec.span.clone(),
        });
    }
    outputs
}

/// The folder of scratch files.
pub(super) fn scratch(document: &Document, out: &mut Diagnostics) -> Option<PathBuf> {
    let spec = document.run.scratch.as_ref()?;
    let path = path_in(&document.folder(), &spec.value);
    if !path.is_dir() {
        let message = format!("there is no folder {}", path.display());
        let mistake = Diagnostic::new(spec.span.clone(), message, "scratch files would go here");
        out.push(mistake.help("make it first"));
    }
    Some(path)
}

fn check_path(
    spec: &OutputSpec,
    path: &Path,
    place: &Path,
    inputs: &[(PathBuf, Span, String)],
    taken: &[(PathBuf, Span)],
) -> Result<(), Diagnostic> {
    let (span, name) = (&spec.path.span, spec.name.value.name());
    let wrong = |message: String, label: &str| Err(Diagnostic::new(span.clone(), message, label));
    if let Some((_, other)) = taken.iter().find(|(p, _)| p == place) {
        let message = format!("two outputs go to {}", path.display());
        return wrong(message, "the second one")
            .map_err(|d| d.also(other.clone(), "the first one"));
    }
    if path == Path::new("-") {
        return Ok(());
    }
    if path.extension().is_some_and(|e| e == "zarr") {
        return Err(not_yet("a Zarr folder", span));
    }
    if path.is_dir() {
        return wrong(
            format!("cannot write {}: it is a folder", path.display()),
            "expected a file",
        );
    }
    if path.file_name().is_none() {
        let message = format!("cannot write {}: it does not name a file", path.display());
        return wrong(message, "expected a file");
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let message = format!("there is no folder {}", folder.display());
        let label = format!("output `{name}` would go there");
        return wrong(message, &label).map_err(|d| d.help("make it first"));
    }
    if let Some((_, other, what)) = inputs.iter().find(|(p, ..)| p == place) {
        let message = format!("output `{name}` would overwrite {what}");
        let mistake = Diagnostic::new(span.clone(), message, "expected another path");
        return Err(if other.is_empty() {
            mistake
        } else {
            mistake.also(other.clone(), "this file is read")
        });
    }
    Ok(())
}

fn check_dtype(spec: &OutputSpec, solve: Option<&Solve>, out: &mut Diagnostics) {
    let (Some(dtype), name) = (&spec.dtype, spec.name.value) else { return };
    if name == OutputName::History {
        let message = "output `history` is text and has no dtype";
        out.push(Diagnostic::new(dtype.span.clone(), message, "remove this"));
        return;
    }
    let Some(ty) = solve.and_then(|s| s.output_type(name)) else { return };
    if ty.dtype.is_complex() && !dtype.value.is_complex() {
        let message = format!("output `{}` is complex", name.name());
        let label = format!("{} cannot hold {}", dtype.value, ty.dtype);
        let help = format!("write `dtype = \"{}\"`", dtype.value.complex());
        out.push(Diagnostic::new(dtype.span.clone(), message, label).help(help));
    }
}

/// Files that the problem reads, each with its place; the problem file itself has none.
fn inputs(document: &Document) -> Vec<(PathBuf, Span, String)> {
    let folder = document.folder();
    let mut inputs = Vec::new();
    for (name, spec) in &document.arrays {
        if let ArraySource::File(source) = &spec.source
            && source.file.value != "-"
        {
            let path = identity(&path_in(&folder, &source.file.value));
            inputs.push((path, source.file.span.clone(), format!("array `{}`", name.value)));
        }
    }
    for expect in &document.expect {
        if let ExpectSpec::Output { check, .. } = expect
            && let OutputCheck::Close { file, .. } | OutputCheck::Snr { file, .. } = check
        {
            let path = identity(&path_in(&folder, &file.value));
            inputs.push((path, file.span.clone(), "its own reference".to_string()));
        }
    }
    let file = identity(Path::new(&document.source.name));
    inputs.push((file, 0..0, "the problem file".to_string()));
    inputs
}

/// A path that is the same for all spellings of one place, whether or not there is a file.
fn identity(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) if path != Path::new("-") => folder.join(name),
        _ => path.to_path_buf(),
    }
}
