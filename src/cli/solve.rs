//! `pylopsd solve`

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::cli::common::{self, FileArgs, RunArgs};
use crate::cli::inputs::{InputUse, load_for};
use crate::cli::solving;
use crate::cli::team::Team;
use crate::cli::{CommandFailure, Outcome, complain, say, say_json};
use crate::problem::{Problem, Solve};
use crate::report;
use crate::run::{Check, Further, Solved};
use crate::solvers::Stop;
use crate::space::show_dims;

/// Run the problem: solve, write its outputs, check its expectations
///
/// A file without [solve] computes the outputs that it defines by `apply`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    run: RunArgs,
}

impl Args {
    pub(super) fn file(&self) -> &Path {
        &self.file.file
    }

    pub(super) fn json(&self) -> bool {
        self.run.json
    }
}

pub(super) fn run(args: &Args, team: &Team) -> Outcome {
    let uses = InputUse { writes: true, ..InputUse::default() };
    let problem = load_for(team, &args.file, &args.run, &uses)?;
    // Only a solver has something to write when it is interrupted.
    let solves = problem.solve.is_some() || !problem.solves.is_empty();
    let stop = if solves { team.interrupted() } else { Arc::default() };
    let pending = solving::solve(team, &problem, &args.run, args.run.stage, &stop)?;
    refuse_failed(&problem, &pending.solved)?;
    let checks = common::checked(team, &problem, &pending.solved)?;
    let solved = pending.commit(team)?;
    common::warn_of_run(&solved.solution.warnings, &args.run);
    let quiet = args.run.quiet || solving::streams(&problem);
    if args.run.json {
        let list: Vec<_> = checks.iter().map(Check::as_json).collect();
        say_json(&as_json(&problem, &solved, &list))?;
    } else if !quiet {
        say(&summary(&problem, &solved, &checks))?;
    }
    if solved.solution.stop == Stop::Interrupted {
        return Err(CommandFailure::Interrupted);
    }
    if checks.iter().any(|c| !c.holds) {
        if quiet && !args.run.json {
            checks.iter().filter(|c| !c.holds).for_each(|c| complain(&c.to_string()));
        }
        return Err(CommandFailure::Unmet);
    }
    Ok(())
}

/// The failure of a run that has no model to write.
pub(super) fn refuse_failed(problem: &Problem, solved: &Solved) -> Outcome {
    let name = match &problem.solve {
        Some(solve) => format!(" (array `{}`)", solve.data.name()),
        _ => String::new(),
    };
    let normal = problem.solve.as_ref().is_some_and(|s| s.normal_equations);
    let when = |iteration: usize| match iteration {
        0 => "before the first iteration".to_string(),
        n => format!("in iteration {n}"),
    };
    Err(CommandFailure::Run(match &solved.solution.stop {
        Stop::NotPositive { iteration, .. } if normal => format!(
            "cg met a search direction c with <c, A c> = 0 to rounding in iteration {iteration}: the \
             normal equations are singular; nothing was written. Use solver = \"cgls\" without \
             `normal_equations`"
        ),
        Stop::NotPositive { iteration, negative } => format!(
            "cg met a search direction c with <c, A c> {} 0 in iteration {iteration}: the operator is not \
             self-adjoint and positive; nothing was written. Use solver = \"cgls\"",
            if *negative { '<' } else { '=' }
        ),
        Stop::Grown { iteration, start, residual } => format!(
            "the residual rose from {start:.3e} to {residual:.3e} by iteration {iteration}; nothing was \
             written. {}",
            failed_solve(problem, solved).map_or("", |solve| solve.method.remedy())
        ),
        Stop::OutOfRange { iteration, array, small } => format!(
            "the squared norm of {array} is {} the range of double precision, {}, though its elements are \
             finite; nothing was written. Scale the operator",
            if *small { "below" } else { "above" },
            when(*iteration)
        ),
        Stop::NotFinite { iteration, array } => format!(
            "NaN or infinity in {array}{}, {}; nothing was written. {}",
            if *array == "the data" { name.as_str() } else { "" },
            when(*iteration),
            match *array {
                "the model" => "The solution exceeds the range of its type: scale data or operator",
                _ => "`pylopsd info` counts NaN in a file",
            }
        ),
        _ => return Ok(()),
    }))
}

/// The solve that went wrong: a further one if `[solve]` has not begun.
fn failed_solve<'a>(problem: &'a Problem, solved: &Solved) -> Option<&'a Solve> {
    let last = solved.solution.further.last().filter(|further| further.stop.failed());
    let named = last.and_then(|l| problem.solves.iter().find(|(name, _)| *name == l.name));
    named.map(|(_, solve)| solve).or(problem.solve.as_ref())
}

/// Iterations, if there are any, and what ended them.
fn ended(iterations: usize, stop: &Stop, normal: bool) -> String {
    let stop = match stop {
        Stop::Solved => return stop.to_string(),
        Stop::Relative if normal => {
            "the residual fell below rtol times the norm of the normal equations' right-hand side"
                .to_string()
        }
        _ => stop.to_string(),
    };
    format!("{iterations} iteration{}, {stop}", if iterations == 1 { "" } else { "s" })
}

fn summary(problem: &Problem, solved: &Solved, checks: &[Check]) -> String {
    let mut text = String::new();
    let title = problem.title.clone().unwrap_or_else(|| problem.document.source.name.clone());
    let _ = writeln!(text, "{title}");
    if let Some(solve) = &problem.solve {
        let _ = writeln!(
            text,
            "  operator   {}: model {} {}, data {} {}",
            solve.operator_name,
            show_dims(&solve.model_type.dims),
            solve.model_type.dtype,
            show_dims(&solve.data_type.dims),
            solve.data_type.dtype
        );
        let _ = writeln!(
            text,
            "  solver     {}: {}",
            solve.method.name(),
            ended(solved.solution.iterations, &solved.solution.stop, solve.normal_equations)
        );
    }
    for further in &solved.solution.further {
        let Further { name, iterations, stop, seconds } = further;
        let seconds = report::seconds(*seconds);
        let normal = problem.solves.iter().any(|(n, s)| n == name && s.normal_equations);
        let _ = writeln!(text, "  solve {name}  {}; {seconds}", ended(*iterations, stop, normal));
    }
    if let Some(solve) = &problem.solve {
        residuals(solve, solved, &mut text);
    }
    let _ = writeln!(text, "  time       {}", times(problem, solved));
    let peak = solved.peak_bytes.map_or("unknown".into(), |p| report::bytes(p as f64));
    let _ = writeln!(
        text,
        "  memory     {peak} at most, {} planned; {} process{}, {} thread{}",
        report::bytes(solved.memory.total as f64),
        solved.processes,
        if solved.processes == 1 { "" } else { "es" },
        solved.threads,
        if solved.threads == 1 { "" } else { "s" }
    );
    if solved.spill.map_constants {
        let vectors = match &solved.spill.scratch {
            Some(folder) => format!(", vectors in scratch files in {}", folder.display()),
            None => String::new(),
        };
        let _ = writeln!(
            text,
            "  limit      kept: arrays are read from their files{vectors}; the first figure includes pages of files"
        );
    }
    for output in &solved.outputs {
        let what = output.ty.as_ref().map_or(String::new(), |ty| format!("  {ty}"));
        let _ = writeln!(text, "  {:<10} {}{what}", output.name.name(), output.path.display());
    }
    for check in checks {
        let _ =
            writeln!(text, "  {} {check}", if check.holds { "expected  " } else { "UNMET     " });
    }
    text
}

/// What the model leaves of the data, and of the equations that the solver saw.
fn residuals(solve: &Solve, solved: &Solved, text: &mut String) {
    let found = solved.solution.residual_norm;
    let _ = match solved.solution.data_norm {
        0.0 => writeln!(text, "  residual   {found:.6e}, the data are zero"),
        norm => {
            let relative = found / norm;
            writeln!(text, "  residual   {found:.6e}, {relative:.3e} of the data's norm {norm:.6e}")
        }
    };
    if let (Some(equations), Some(seen)) = (solve.equations(), solved.solution.cost.last())
        && (seen - found).abs() > 1e-6 * found
    {
        let _ = writeln!(
            text,
            "  equations  {seen:.6e}, the residual of {equations}, as used by progress, history and rtol"
        );
    }
}

/// Where the time went, part by part.
fn times(problem: &Problem, solved: &Solved) -> String {
    let timings = &solved.solution.timings;
    let mut text = report::seconds(timings.total());
    let _ = write!(text, ": setup {}", report::seconds(timings.setup));
    if !solved.solution.further.is_empty() {
        let _ = write!(text, ", further solves {}", report::seconds(timings.solves));
    }
    if problem.solve.is_none() {
        return text + &format!(", outputs {}", report::seconds(timings.finish));
    }
    let _ = write!(text, ", solve {}", report::seconds(timings.solve));
    if solved.solution.stop != Stop::Solved {
        let mean = timings.solve / solved.solution.iterations.max(1) as f64;
        let _ = write!(text, " ({} an iteration)", report::seconds(mean));
    }
    text + &format!(", finish {}", report::seconds(timings.finish))
}

/// The `--json` object of a run; without a solve there is no operator, and no solver.
fn as_json(problem: &Problem, solved: &Solved, expectations: &[Json]) -> Json {
    let operator = problem.solve.as_ref().map(|solve| {
        json!({
            "name": solve.operator_name,
            "dims": solve.model_type.dims,
            "dimsd": solve.data_type.dims,
            "dtype": solve.model_type.dtype.name(),
            "dtype_data": solve.data_type.dtype.name(),
        })
    });
    let mut solver = match &solved.method {
        Some(method) => json!({
            "name": method.name(),
            "iterations": solved.solution.iterations,
            "status": solved.solution.stop.name(),
            "residual_norm": finite(solved.solution.residual_norm),
            "relative_residual": finite(solved.solution.residual_norm / solved.solution.data_norm),
            "data_norm": finite(solved.solution.data_norm),
            "cost": solved.solution.cost.iter().map(|c| finite(*c)).collect::<Vec<_>>(),
        }),
        None => Json::Null,
    };
    for (name, value) in &solved.solution.figures {
        solver[*name] = finite(*value);
    }
    if !solved.solution.further.is_empty() {
        let further = solved.solution.further.iter().map(|f| {
            json!({
                "name": f.name,
                "iterations": f.iterations,
                "status": f.stop.name(),
                "seconds": f.seconds,
            })
        });
        solver["further"] = further.collect();
    }
    json!({
        "command": "solve",
        "file": problem.document.source.name,
        "operator": operator,
        "solver": solver,
        "timings": solved.solution.timings,
        "memory": { "planned_bytes": solved.memory.total, "peak_bytes": solved.peak_bytes },
        "processes": solved.processes,
        "threads": solved.threads,
        "outputs": solved.outputs.iter().map(|o| json!({
            "name": o.name.name(),
            "path": o.path,
            "shape": o.ty.as_ref().map(|t| t.dims.clone()),
            "dtype": o.ty.as_ref().map(|t| t.dtype.name()),
            "sha256": o.sha256,
        })).collect::<Vec<_>>(),
        "expectations": expectations,
        "warnings": common::listed(problem, &solved.solution.warnings),
    })
}

fn finite(x: f64) -> Json {
    if x.is_finite() { json!(x) } else { Json::Null }
}
