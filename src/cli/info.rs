//! `pylopsd info`

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::cli::{CommandFailure, Outcome, complain, say, say_json, voice};
use crate::io::{Array, Inputs, Result, Summary, members, summarize};
use crate::report::{bytes, table};
use crate::scalar::C128;
use crate::space::show_dims;

/// Describe the arrays of .npy and .npz files and Zarr folders
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files to describe; - for a .npy stream on standard input
    #[arg(required = true, value_name = "NPY")]
    files: Vec<PathBuf>,
    /// Describe only this array of an .npz file or a Zarr group
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Whether a file or folder holds arrays by name.
pub(super) fn is_archive(path: &Path) -> bool {
    let mut start = [0; 2];
    if path.is_dir() {
        return members(path).is_ok_and(|names| names.is_some());
    }
    // A pipe would lose what is read here.
    path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && &start == b"PK"
}

/// The array of a path and, for an archive, a key; `-` is standard input.
pub(super) fn open(path: &Path, key: Option<&str>) -> Result<Array> {
    match path == Path::new("-") {
        true => Inputs::default().read_stream(),
        false => Array::open(path, key),
    }
}

/// Every array of a file that is asked for.
fn arrays(path: &Path, key: Option<&str>) -> Result<Vec<Result<Array>>> {
    if key.is_some() || path == Path::new("-") || !is_archive(path) {
        return Ok(vec![open(path, key)]);
    }
    Ok(match members(path)? {
        Some(names) => names.iter().map(|key| Array::open(path, Some(key))).collect(),
        None => vec![open(path, None)],
    })
}

pub(super) fn run(args: &Args) -> Outcome {
    let mut texts = Vec::new();
    let mut list = Vec::new();
    let mut failure: Option<CommandFailure> = None;
    let mut errors = Vec::new();
    for path in &args.files {
        let found = arrays(path, args.key.as_deref());
        let found = found.unwrap_or_else(|e| vec![Err(e)]);
        for array in found {
            match array.and_then(|array| Ok((array.name().to_string(), summarize(&array)?))) {
                Ok((name, summary)) => {
                    texts.push(text(&name, &summary));
                    list.push(as_json(&name, &summary));
                }
                // The rest is shown all the same.
                Err(error) => {
                    if let Some(CommandFailure::Usage(message)) = &failure {
                        complain(message);
                    } else if let Some(CommandFailure::Run(message)) = &failure {
                        complain(&format!("error: {message}"));
                    }
                    let error = CommandFailure::from(error);
                    errors.push(voice::error(&error));
                    failure = Some(error);
                }
            }
        }
    }
    if args.json {
        // Nothing but errors is an error.
        if let Some(failure) = failure.take_if(|_| list.is_empty()) {
            return Err(failure);
        }
        say_json(&json!({ "command": "info", "arrays": list, "errors": errors }))?;
    } else {
        say(&texts.join("\n"))?;
    }
    failure.map_or(Ok(()), Err)
}

/// A complex number as Python writes it, without a part that is 0 of a real one.
pub(super) fn show(value: C128, complex: bool) -> String {
    if complex { format!("{:?}{:+?}j", value.re, value.im) } else { format!("{:?}", value.re) }
}

fn is_complex(summary: &Summary) -> bool {
    summary.dtype.starts_with("complex")
}

fn text(name: &str, s: &Summary) -> String {
    let none = || "none".to_string();
    let of = |v: Option<f64>| v.map_or_else(none, |v| format!("{v:?}"));
    let magnitude = if is_complex(s) { " (of the magnitude)" } else { "" };
    let row = |key: &str, value: String| [key.to_string(), value];
    let mut rows = vec![
        row("shape", show_dims(&s.dims)),
        row("dtype", s.dtype.clone()),
        row("order", if s.fortran { "Fortran" } else { "C" }.to_string()),
        row("size", bytes(s.bytes as f64)),
        row("min", of(s.min) + magnitude),
        row("max", of(s.max) + magnitude),
        row("mean", s.mean.map_or_else(none, |m| show(m, is_complex(s)))),
        row("norm", format!("{:?}", s.norm)),
        row("NaN", s.nan.to_string()),
        row("infinite", s.inf.to_string()),
    ];
    if let Some(storage) = &s.storage {
        rows.insert(3, row("stored as", storage.clone()));
    }
    if s.nan + s.inf > 0 {
        rows.push(row("", "min, max, mean and norm cover the finite values only".to_string()));
    }
    format!("{name}\n{}", table(2, &rows))
}

fn as_json(name: &str, s: &Summary) -> Json {
    let mean = s.mean.map(|m| if is_complex(s) { json!([m.re, m.im]) } else { json!(m.re) });
    json!({
        "name": name,
        "shape": s.dims,
        "dtype": s.dtype,
        "order": if s.fortran { "F" } else { "C" },
        "storage": s.storage,
        "bytes": s.bytes,
        "min": s.min,
        "max": s.max,
        "mean": mean,
        "norm": s.norm,
        "nan": s.nan,
        "inf": s.inf,
    })
}
