//! `pylopsd check`

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::common::{FileArgs, Work, listed, load_silently, warn};
use crate::cli::{Outcome, say, say_json};
use crate::problem::{Problem, Solve};
use crate::report::table;
use crate::space::ArrayType;
use crate::spec::{ArraySource, OperatorSpec};

/// Describe the file, and report every mistake in it; reads headers only
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
    /// Print no warnings
    #[arg(long, short)]
    quiet: bool,
}

impl Args {
    pub(super) fn file(&self) -> &Path {
        &self.file.file
    }

    pub(super) fn json(&self) -> bool {
        self.json
    }
}

pub(super) fn run(args: &Args) -> Outcome {
    let problem = load_silently(&args.file, Work::Whole, None)?;
    if args.deny_warnings && !problem.warnings.warnings().is_empty() {
        return Err(problem.warnings.denied().into());
    }
    if !args.quiet {
        warn(&problem.warnings);
    }
    problem.check_writable()?;
    match args.json {
        true => say_json(&as_json(&problem)),
        false => say(&text(&problem)),
    }
}

/// Where an array comes from, in a few words.
fn source(problem: &Problem, name: &str) -> String {
    let Some(spec) = problem.document.array(name) else { return String::new() };
    match &spec.source {
        ArraySource::File(file) if file.file.value == "-" => "standard input".into(),
        ArraySource::File(file) => match &file.key {
            Some(key) => format!("{}[{}]", file.file.value, key.value),
            None => file.file.value.clone(),
        },
        ArraySource::Values(_) => "values".into(),
        ArraySource::Full { value, complex: false, .. } => format!("full of {}", value.re),
        ArraySource::Full { value, .. } => format!("full of {value}"),
        ArraySource::Arange { .. } => "arange".into(),
        ArraySource::Linspace { .. } => "linspace".into(),
        ArraySource::Random { seed, .. } => format!("random, seed {seed}"),
        ArraySource::Image(file, None) => file.value.clone(),
        ArraySource::Image(file, Some(channel)) => {
            format!("{}, channel {}", file.value, channel.value)
        }
        ArraySource::Spikes(spikes) => format!("{} spikes", spikes.spikes.len()),
        ArraySource::Expr(formula) => problem.document.source.slice(&formula.span).to_string(),
        ArraySource::Apply(_) | ArraySource::Synthetic(_) => "computed".into(),
    }
}

/// What an operator is: its type, or its expression.
fn definition(problem: &Problem, name: &str) -> String {
    match problem.document.operator(name) {
        Some(OperatorSpec::Table(table)) => table.type_name.value.clone(),
        Some(OperatorSpec::Expression(e)) => {
            let text = problem.document.source.slice(&e.span);
            text.trim_matches(['"', '\'']).to_string()
        }
        None => String::new(),
    }
}

fn data_type(problem: &Problem, name: &str) -> Option<ArrayType> {
    problem.operator_data(name).cloned()
}

/// What is solved, in words.
pub(super) fn solved(solve: &Solve) -> String {
    let mut text = format!("{} on {}", solve.method.name(), solve.operator_name);
    for term in &solve.regularization {
        let factor = if term.epsilon == 1.0 { String::new() } else { format!("{} ", term.epsilon) };
        text += &format!(", with {factor}{}", term.name);
    }
    for (there, what) in [
        (solve.weight.is_some(), "weighted"),
        (solve.preconditioner.is_some(), "preconditioned"),
        (solve.normal_equations, "normal equations"),
        (solve.x0.is_some(), "from x0"),
    ] {
        if there {
            text += &format!(", {what}");
        }
    }
    match solve.method.niter().unwrap_or(0) {
        0 => text,
        1 => text + ", 1 iteration at most",
        n => text + &format!(", {n} iterations at most"),
    }
}

fn text(problem: &Problem) -> String {
    let file = &problem.document.source.name;
    let mut text = match &problem.title {
        Some(title) => format!("{title} ({file})\n"),
        None => format!("{file}\n"),
    };
    let mut section = |name: &str, rows: String| {
        if !rows.is_empty() {
            text += &format!("\n{name}\n{rows}");
        }
    };
    let arrays: Vec<[String; 3]> = problem
        .arrays()
        .map(|(name, array)| [name.to_string(), array.ty().to_string(), source(problem, name)])
        .collect();
    section("arrays", table(2, &arrays));
    let operators: Vec<[String; 3]> = problem
        .operators()
        .map(|(name, op)| {
            let data = data_type(problem, name).map_or(String::new(), |d| d.to_string());
            [name.to_string(), format!("{} -> {data}", op.model()), definition(problem, name)]
        })
        .collect();
    section("operators", table(2, &operators));
    if let Some(solve) = &problem.solve {
        let row = |key: &str, value: String| [key.to_string(), value];
        let rows = [
            row("what", solved(solve)),
            row("model", solve.model_type.to_string()),
            row("data", format!("{}, array {}", solve.data_type, solve.data.name())),
        ];
        section("solve", table(2, &rows));
    }
    let outputs = problem.outputs.iter().map(|o| {
        let ty = o.ty(problem.solve.as_ref()).map_or("text".to_string(), |ty| ty.to_string());
        [o.name.name().to_string(), ty, o.path.display().to_string()]
    });
    section("outputs", table(2, &outputs.collect::<Vec<_>>()));
    if !problem.expect.is_empty() {
        section("expectations", format!("  {}\n", problem.expect.len()));
    }
    text
}

fn as_json(problem: &Problem) -> Json {
    let arrays = problem.arrays().map(|(name, array)| {
        json!({
            "name": name,
            "shape": array.ty().dims,
            "dtype": array.ty().dtype.name(),
            "source": source(problem, name),
        })
    });
    let operators = problem.operators().map(|(name, op)| {
        let (model, data) = (op.model(), data_type(problem, name));
        json!({
            "name": name,
            "definition": definition(problem, name),
            "dims": model.dims,
            "dimsd": data.as_ref().map(|d| d.dims.clone()),
            "dtype": model.dtype.name(),
            "dtype_data": data.as_ref().map(|d| d.dtype.name()),
        })
    });
    let solved = problem.solve.as_ref().map(|solve| {
        json!({
            "operator": solve.operator_name,
            "dims": solve.model_type.dims,
            "dimsd": solve.data_type.dims,
            "dtype": solve.model_type.dtype.name(),
            "dtype_data": solve.data_type.dtype.name(),
            "data": solve.data.name(),
            "solver": solve.method.name(),
            "niter": solve.method.niter().unwrap_or(0),
        })
    });
    let outputs = problem.outputs.iter().map(|o| {
        let ty = o.ty(problem.solve.as_ref());
        json!({
            "name": o.name.name(),
            "path": o.path,
            "shape": ty.as_ref().map(|t| t.dims.clone()),
            "dtype": ty.as_ref().map(|t| t.dtype.name()),
        })
    });
    json!({
        "command": "check",
        "file": problem.document.source.name,
        "title": problem.title,
        "arrays": arrays.collect::<Vec<_>>(),
        "operators": operators.collect::<Vec<_>>(),
        "solve": solved,
        "outputs": outputs.collect::<Vec<_>>(),
        "expectations": problem.expect.len(),
        "warnings": listed(problem, &[]),
    })
}
