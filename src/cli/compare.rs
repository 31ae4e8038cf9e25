//! `pylopsd compare`

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::cli::info::{is_archive, open, show};
use crate::cli::{CommandFailure, Outcome, complain, say, say_json};
use crate::io;
use crate::report::table;
use crate::run::bound;
use crate::scalar::C128;

/// Compare an array with a reference; exit code 3 if they differ beyond the tolerance
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Array, as .npy, .npz or .zarr; - for standard input
    a: PathBuf,
    /// Reference
    b: PathBuf,
    /// Array to read from an .npz file or a Zarr group
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Largest 2-norm of the error, relative to that of the reference
    #[arg(long, value_name = "R", default_value = "1e-6", value_parser = tolerance)]
    rtol: f64,
    /// Absolute tolerance, added to the relative one
    #[arg(long, value_name = "A", default_value = "0", value_parser = tolerance)]
    atol: f64,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if x >= 0.0 && x.is_finite() => Ok(x),
        _ => Err("expected a finite, non-negative number".into()),
    }
}

pub(super) fn run(args: &Args) -> Outcome {
    let array = |path: &PathBuf| open(path, args.key.as_deref().filter(|_| is_archive(path)));
    let (a, b) = (array(&args.a)?, array(&args.b)?);
    let c = io::compare(&a, &b)?;
    let missing =
        [&a, &b].map(|array| Some(format!("{}: {}", array.name(), array.missing_chunks()?)));
    let warnings: Vec<String> = missing.into_iter().flatten().collect();
    warnings.iter().for_each(|warning| complain(&format!("warning: {warning}")));
    let equal = c.is_within(args.rtol, args.atol);
    let complex = a.ty().dtype.is_complex() || b.ty().dtype.is_complex();
    if args.json {
        let value = |v: C128| if complex { json!([v.re, v.im]) } else { json!(v.re) };
        let found: Json = json!({
            "command": "compare",
            "files": [a.name(), b.name()],
            "rtol": args.rtol,
            "atol": args.atol,
            "equal": equal,
            "relative_error": finite(c.relative_error),
            "difference": finite(c.difference),
            "norms": [c.norm_a, c.norm_b],
            "largest_difference": finite(c.max_abs),
            "at": c.at,
            "values": c.values.map(|(x, y)| [value(x), value(y)]),
            "nan_in_one_only": c.nan_differences,
            "warnings": warnings,
        });
        say_json(&found)?;
    } else {
        let within = format!("rtol {}, atol {}", bound(args.rtol), bound(args.atol));
        let word = match (c.at.is_none(), equal) {
            (true, _) => "identical".to_string(),
            (_, true) => format!("equal within {within}"),
            (_, false) => {
                format!("different, not within {within}")
            }
        };
        let row = |key: &str, value: String| [key.to_string(), value];
        let mut rows = vec![
            row("relative error", format!("{:.3e} in the 2-norm", c.relative_error)),
            row("norms", format!("{:.6e} and {:.6e}", c.norm_a, c.norm_b)),
        ];
        if let (Some(at), Some((x, y))) = (&c.at, c.values) {
            let index: Vec<String> = at.iter().map(ToString::to_string).collect();
            let index = index.join(", ");
            rows.push(row("worst element", format!("[{index}], off by {:.3e}", c.max_abs)));
            rows.push(row("", format!("{} in {}", show(x, complex), a.name())));
            rows.push(row("", format!("{} in {}", show(y, complex), b.name())));
        }
        if c.nan_differences > 0 {
            rows.push(row("NaN in one only", c.nan_differences.to_string()));
        }
        say(&format!("{word}\n{}", table(2, &rows)))?;
    }
    if equal { Ok(()) } else { Err(CommandFailure::Unmet) }
}

fn finite(x: f64) -> Json {
    if x.is_finite() { json!(x) } else { Json::Null }
}
