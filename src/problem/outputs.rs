//! Where outputs go: paths that can be written, and that are no input of the problem.

use std::path::{Path, PathBuf};

use super::apply::{self, AppliedOperator};
use super::arrays::of_io;
use super::guard::Guard;
use super::names::Names;
use super::unused::ThingKind;
use super::{path_in, solve::Solve};
use crate::io::output::{check_ending, check_file, check_zarr};
use crate::io::{self, Array, Inputs, filled_dims};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::{ApplySpec, Diagnostic, Diagnostics, Document, OutputName, OutputSpec, Span};

/// Something that is written.
#[derive(Clone, Debug)]
pub struct Output {
    /// Name of the output in `[outputs]`.
    pub name: OutputName,
    /// Where; `-` is standard output.
    pub path: PathBuf,
    /// Element type to write, if not the array's own.
    pub dtype: Option<DType>,
    /// Dims to write, if not the array's own.
    pub dims: Option<Vec<usize>>,
    /// How it is computed, if the file defines it with `apply`.
    pub made: Option<Made>,
    /// Place of the path or table.
    pub span: Span,
}

/// An output that an operator makes of something.
#[derive(Clone, Debug)]
pub struct Made {
    /// The array or model to apply the operator to.
    pub of: OutputSource,
    /// The operator to apply to it.
    pub applied: AppliedOperator,
}

/// What an output is made of.
#[derive(Clone, Debug)]
pub enum OutputSource {
    /// The model of `[solve]`.
    Model,
    /// The model of one of `[solves]`, by number.
    Solve(usize),
    /// An array of the file.
    Array(Array),
}

impl Output {
    /// Dims and element type of the array to write; `None` for text.
    pub fn ty(&self, solve: Option<&Solve>) -> Option<ArrayType> {
        let own = match &self.made {
            Some(made) => &made.applied.to,
            None => solve?.output_type(&self.name)?,
        };
        let dims = self.dims.as_ref().unwrap_or(&own.dims).clone();
        Some(ArrayType::new(dims, self.dtype.unwrap_or(own.dtype)))
    }
}

/// Reads `[outputs]`; relative paths are in `out_dir`, or beside the file.
pub(super) fn read(
    document: &Document,
    solve: Option<&Solve>,
    solves: &[(String, Solve)],
    names: &mut Names,
    out_dir: Option<&Path>,
    out: &mut Diagnostics,
) -> Vec<Output> {
    let folder = out_dir.map_or_else(|| document.folder(), Path::to_path_buf);
    let mut guard = Guard::new(document);
    let mut outputs = Vec::new();
    for spec in &document.outputs {
        let path = if spec.path.value == "-" {
            PathBuf::from("-")
        } else {
            path_in(&folder, &spec.path.value)
        };
        if let Err(mistake) = check_path(spec, &path, &mut guard, names.inputs()) {
            out.push(mistake);
        }
        let made = match &spec.apply {
            Some(apply) => match made(apply, solve, solves, names, out) {
                Some(made) => Some(made),
                None => continue,
            },
            None => None,
        };
        if made.is_none() && !document.has_solve() {
            out.push(without_solve(spec));
        }
        let ty = match &made {
            Some(made) => Some(&made.applied.to),
            None => solve.and_then(|s| s.output_type(&spec.name.value)),
        };
        check_dtype(spec, ty, out);
        let dims = out.take(new_dims(spec, ty)).flatten();
        outputs.push(Output {
            name: spec.name.value.clone(),
            path,
            dtype: spec.dtype.as_ref().map(|d| d.value),
            dims,
            made,
            span: spec.span.clone(),
        });
    }
    outputs
}

/// Whether any output is made of a further solve.
pub(super) fn are_made_of(document: &Document, solve: &str) -> bool {
    let made = document.outputs.iter().filter_map(|output| output.apply.as_ref());
    made.into_iter().any(|apply| apply.to.name() == Some(solve))
}

/// The folder of scratch files.
pub(super) fn scratch(document: &Document, out: &mut Diagnostics) -> Option<PathBuf> {
    let spec = document.run.scratch.as_ref()?;
    let path = path_in(&document.folder(), &spec.value);
    if !path.is_dir() {
        let message = format!("there is no folder {}", path.display());
        let mistake = Diagnostic::new(spec.span.clone(), message, "scratch files would go here");
        out.push(mistake.help("create it first"));
    }
    Some(path)
}

fn check_path(
    spec: &OutputSpec,
    path: &Path,
    guard: &mut Guard,
    inputs: &Inputs,
) -> Result<(), Diagnostic> {
    let (span, name) = (&spec.path.span, spec.name.value.name());
    let wrong = |message: String, label: &str| Err(Diagnostic::new(span.clone(), message, label));
    let zarr = path.extension().is_some_and(|e| e == "zarr");
    let place = guard.write(path, &format!("output `{name}`"), Some(span));
    if path.is_dir() && !zarr {
        return wrong(
            format!("cannot write {}: it is a folder", path.display()),
            "expected a file",
        );
    }
    if let Err(clash) = place {
        let second = clash.also.as_ref().is_some_and(|(_, label)| *label == "the first one");
        let label = if second { "the second one" } else { "choose another path" };
        let mistake = Diagnostic::new(span.clone(), clash.message, label);
        return Err(match clash.also {
            Some((span, label)) => mistake.also(span, label),
            None => mistake,
        });
    }
    if path == Path::new("-") {
        if spec.name.value == OutputName::History {
            let message =
                format!("output `{name}` is text, and standard output carries .npy arrays");
            return wrong(message, "expected a file such as \"history.csv\"");
        }
        return Ok(());
    }
    if let Err(error) = check_file(path) {
        return Err(of_io(span, &error, "expected a file"));
    }
    if zarr && spec.name.value == OutputName::History {
        let message = format!("output `{name}` is text, and cannot be a Zarr folder");
        return wrong(message, "expected a file such as \"history.csv\"");
    }
    if let Err(error) = check_zarr(path) {
        return Err(of_io(span, &error, "choose another path"));
    }
    if path.file_name().is_none() {
        let message = format!("cannot write {}: it does not name a file", path.display());
        return wrong(message, "expected a file");
    }
    if let Err(error) = check_ending(path, spec.name.value == OutputName::History) {
        return Err(of_io(span, &error, "expected another ending"));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A process that inputs are sent to does not see the places of outputs either.
    if !folder.is_dir() && !inputs.are_sent() {
        let message = format!("there is no folder {}", folder.display());
        let label = format!("output `{name}` would go there");
        return wrong(message, &label).map_err(|d| d.help("create it first"));
    }
    Ok(())
}

/// Outputs that cannot be written where they should go.
pub(super) fn check_writable(outputs: &[Output], out: &mut Diagnostics) {
    for output in outputs.iter().filter(|o| o.path != Path::new("-")) {
        if let Err(error) = io::output::check_writable(&output.path) {
            let label = format!("output `{}` would go there", output.name.name());
            out.push(of_io(&output.span, &error, &label));
        }
    }
}

/// What a name in `apply` refers to: a solution first, then an array.
fn made(
    apply: &ApplySpec,
    solve: Option<&Solve>,
    solves: &[(String, Solve)],
    names: &mut Names,
    out: &mut Diagnostics,
) -> Option<Made> {
    let (of, ty) = match apply.to.name() {
        Some(to) if to == OutputName::Model.name() && names.document().has_solve() => {
            (OutputSource::Model, solve?.model_type.clone())
        }
        Some(to) if names.document().solves.iter().any(|(name, _)| name.value == to) => {
            names.note(ThingKind::Solve, to);
            let k = solves.iter().position(|(name, _)| name == to)?;
            (OutputSource::Solve(k), solves[k].1.model_type.clone())
        }
        _ => {
            let array = names.array_ref(&apply.to, None, out)?;
            let ty = array.ty().clone();
            (OutputSource::Array(array), ty)
        }
    };
    Some(Made { of, applied: apply::of(apply, &ty, names, out)? })
}

/// The mistake of an output of a solve in a file that has none.
fn without_solve(spec: &OutputSpec) -> Diagnostic {
    let name = spec.name.value.name();
    let message = format!("output `{name}` needs a solve, and the file has no `[solve]`");
    let label = "an output of `[solve]`";
    let help = "without a solve, an output says what it is: `NAME = { path = \"...\", apply = { operator = \"A\", to = \"x\" } }`";
    Diagnostic::new(spec.name.span.clone(), message, label).help(help)
}

/// The dims that `reshape` asks for.
fn new_dims(spec: &OutputSpec, ty: Option<&ArrayType>) -> Result<Option<Vec<usize>>, Diagnostic> {
    let Some(reshape) = &spec.reshape else { return Ok(None) };
    if spec.name.value == OutputName::History {
        let message = "output `history` is text and has no dims";
        return Err(Diagnostic::new(reshape.span.clone(), message, "remove this"));
    }
    let Some(ty) = ty else { return Ok(None) };
    let dims: Vec<isize> = reshape.value.iter().map(|&n| n as isize).collect();
    filled_dims(&ty.dims, &dims).map(Some).map_err(|why| {
        let message = format!("`reshape` does not fit output `{}`", spec.name.value.name());
        Diagnostic::new(reshape.span.clone(), message, why)
    })
}

fn check_dtype(spec: &OutputSpec, ty: Option<&ArrayType>, out: &mut Diagnostics) {
    let (Some(dtype), name) = (&spec.dtype, &spec.name.value) else { return };
    if *name == OutputName::History {
        let message = "output `history` is text and has no dtype";
        out.push(Diagnostic::new(dtype.span.clone(), message, "remove this"));
        return;
    }
    let Some(ty) = ty else { return };
    if ty.dtype.is_complex() && !dtype.value.is_complex() {
        let message = format!("output `{}` is complex", name.name());
        let label = format!("{} cannot hold {}", dtype.value, ty.dtype);
        let help = format!("write `dtype = \"{}\"`", dtype.value.complex());
        out.push(Diagnostic::new(dtype.span.clone(), message, label).help(help));
    }
}
