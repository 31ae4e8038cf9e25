//! `pylopsd apply`

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use crate::cli::common::{self, FileArgs, RunArgs, Work, claim, vanished};
use crate::cli::inputs::{InputUse, load_for};
use crate::cli::places::PlacedOutput;
use crate::cli::session;
use crate::cli::team::Team;
use crate::cli::{CommandFailure, Outcome, say, say_json, voice};
use crate::engine::Plans;
use crate::graph::{simplify, transpose};
use crate::io::Array;
use crate::operators::{self, Op, OperatorSpace};
use crate::problem::Problem;
use crate::report;
use crate::run::{Apply, Divided, Measured, doubts};
use crate::space::{ArrayType, Side, show_dims};
use crate::spec::nearest;

/// Apply an operator, or its adjoint, to an array
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
    /// An operator's name or an expression [default: the operator of [solve], or the only one]
    #[arg(long, value_name = "EXPR")]
    operator: Option<String>,
    /// Apply the adjoint instead
    #[arg(long)]
    adjoint: bool,
    /// Array to read: one of the file's by its name, or a .npy, .npz or .zarr; - for standard input
    /// [default with --adjoint: the data of [solve]]
    #[arg(long, value_name = "NAME|NPY")]
    input: Option<PathBuf>,
    /// Array to read from an .npz file or a Zarr group
    #[arg(long, value_name = "KEY", requires = "input")]
    key: Option<String>,
    /// File to write the result to, as .npy or .zarr; - for standard output
    #[arg(long, value_name = "NPY")]
    output: Option<PathBuf>,
    /// Apply the operator N times and report the mean and least time
    #[arg(long, value_name = "N", default_value = "1")]
    repeat: usize,
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

/// The operator to apply, and its name.
pub(super) fn operator(
    problem: &mut Problem,
    asked: Option<&str>,
) -> Result<(String, Op), CommandFailure> {
    if let Some(text) = asked {
        return Ok((text.to_string(), problem.resolve_expression("--operator", text)?));
    }
    if let Some(solve) = &problem.solve {
        return Ok((solve.operator_name.clone(), solve.operator.clone()));
    }
    let all: Vec<(String, Op)> =
        problem.operators().map(|(name, op)| (name.to_string(), op.clone())).collect();
    match all.len() {
        1 => Ok(all[0].clone()),
        0 => Err(CommandFailure::Usage("error: the file has no operator".into())),
        _ => {
            let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
            Err(CommandFailure::Usage(format!(
                "error: the file has several operators; choose one with --operator: {}",
                names.join(", ")
            )))
        }
    }
}

/// The array of the file that `--input` names. It comes before a file of that name, which is `./NAME`.
fn named<'a>(problem: &'a Problem, args: &Args) -> Option<(&'a str, &'a Array)> {
    let input = args.input.as_deref()?.to_str()?;
    problem.arrays().find(|(name, _)| *name == input)
}

/// Says what `--input` means where it could mean two things.
fn warn_of_file(problem: &Problem, args: &Args) {
    if let Some((name, _)) = named(problem, args)
        && args.key.is_none()
        && Path::new(name).exists()
    {
        let file = &problem.document.source.name;
        let text = format!(
            "--input {name} is array `{name}` of {file}, not the file of that name; write ./{name} for it"
        );
        common::warn_of_run(&[text], &args.run);
    }
}

fn input(problem: &Problem, args: &Args) -> Result<Array, CommandFailure> {
    if let Some((name, array)) = named(problem, args) {
        if args.key.is_some() {
            return Err(CommandFailure::Usage(format!(
                "error: --key is for files, and --input {name} is array `{name}` of the problem file"
            )));
        }
        return Ok(array.clone());
    }
    match (&args.input, &problem.solve) {
        (Some(path), _) if path == Path::new("-") => Ok(problem.inputs().read_stream()?),
        (Some(path), _) => {
            let opened = Array::open(&problem.inputs().find(path), args.key.as_deref());
            opened.map_err(|e| not_there(problem, path, e.into()))
        }
        (None, Some(solve)) if args.adjoint => Ok(solve.data.clone()),
        _ => Err(CommandFailure::Usage(
            "error: --input is required: an array of the file by its name, or a .npy, to apply the operator to"
                .into(),
        )),
    }
}

/// The failure of an input that is no file, with the array that it may mean.
fn not_there(problem: &Problem, path: &Path, failure: CommandFailure) -> CommandFailure {
    let CommandFailure::Usage(text) = failure else { return failure };
    let known = problem.arrays().map(|(name, _)| name);
    match path.to_str().filter(|_| !path.exists()).and_then(|path| nearest(path, known)) {
        Some(meant) => {
            CommandFailure::Usage(format!("{text}; did you mean array `{meant}` of the file?"))
        }
        None => CommandFailure::Usage(text),
    }
}

/// The array as an input of that type: the dims, or flattened; never complex where real is asked for.
fn fit(array: Array, op: &Op, side: Side, ty: &ArrayType) -> Result<Array, CommandFailure> {
    let (found, what) = (array.ty().clone(), side.name());
    if !(OperatorSpace { op: &**op, side, dims: &ty.dims }).takes(&found.dims) {
        return Err(CommandFailure::Usage(format!(
            "error: {} has dims {}, but the operator's {what} has {}",
            array.name(),
            show_dims(&found.dims),
            show_dims(&ty.dims)
        )));
    }
    if found.dtype.is_complex() && !ty.dtype.is_complex() {
        return Err(CommandFailure::Usage(format!(
            "error: {} is {}, but the operator's {what} is {}; give the operator `dtype = \"{}\"`",
            array.name(),
            found.dtype,
            ty.dtype,
            ty.dtype.complex()
        )));
    }
    let dims: Vec<isize> = ty.dims.iter().map(|&n| n as isize).collect();
    let array = if found.dims == ty.dims { array } else { array.reshape(&dims)? };
    Ok(array.cast(ty.dtype)?)
}

pub(super) fn run(args: &Args, team: &Team) -> Outcome {
    let stream = args.output.as_deref() == Some(Path::new("-"));
    if stream {
        team.agree(voice::keep_for_data())?;
    }
    let given: Vec<&Path> = args.input.as_deref().into_iter().collect();
    let here = RunArgs { out_dir: None, ..args.run.clone() };
    let uses = InputUse { work: Work::Operator, inputs: &given, writes: false };
    let mut problem = load_for(team, &args.file, &here, &uses)?;
    let placed = match (&args.output, &args.run.out_dir) {
        (Some(path), Some(folder)) if !stream => Some(folder.join(path)),
        (path, _) => path.clone(),
    };
    if let Some(path) = placed.as_ref().filter(|_| !stream) {
        let mut guard = problem.guard();
        if named(&problem, args).is_none() {
            given.iter().for_each(|input| guard.read(input, "--input"));
        }
        team.agree(claim(&mut guard, path, "--output"))?;
    }
    warn_of_file(&problem, args);
    let (name, op) = operator(&mut problem, args.operator.as_deref())?;
    let forward = simplify(&operators::program(op.as_ref())?)?;
    let (model, data) = (op.model(), forward.output_types().swap_remove(0));
    let (program, from, to) = if args.adjoint {
        (simplify(&transpose(&forward)?)?, &data, &model)
    } else {
        (forward.clone(), &model, &data)
    };
    let side = if args.adjoint { Side::Data } else { Side::Model };
    let x = team.agree(input(&problem, args).and_then(|x| fit(x, &op, side, from)))?;
    let threads = session::threads(team, &problem, &args.run)?;
    let plans = Plans::new(&program, None)?;
    let part = Divided::new(&plans, team.size()).of(team.rank());
    let mut memory = part.memory(1, 1, threads);
    drop(part);
    let limit = session::limit(&problem, &args.run);
    let spill = memory.spill(limit, problem.scratch.clone());
    let spill = team.agree(spill.map_err(CommandFailure::from))?;
    session::tell(&args.run, &memory, &spill);
    drop(plans);

    let place = placed.as_deref();
    let create = |p: &Path| PlacedOutput::create(team, p, "the result", to, args.run.stage);
    let place = place.map(create).transpose()?;
    let job = Apply {
        program: &program,
        x: &x,
        spill: &spill,
        repeat: args.repeat.max(1),
        output: place.as_ref().map(|p| &p.output),
    };
    let start = Instant::now();
    let found = team.run(args.run.ranks, threads, |machine| job.run(machine, start))?;
    let Measured { setup, times, norm, written: became } = found;
    let missing = x.missing_chunks().filter(|_| args.input.is_some());
    let mut warnings: Vec<String> =
        missing.map(|missing| format!("{}: {missing}", x.name())).into_iter().collect();
    warnings.extend(doubts("the result", &became, to));
    warnings.extend(vanished(team, std::iter::once((x.name(), &x)).chain(problem.arrays()))?);
    team.agree(place.as_ref().map_or(Ok(()), PlacedOutput::sync))?;
    let peak = team.peak_bytes()?;
    if !team.is_first() {
        return Ok(());
    }
    let mut written = Vec::new();
    if let Some(place) = place {
        if let Some(file) = place.own().filter(|_| args.run.json) {
            written.push(json!({
                "name": if args.adjoint { "adjoint" } else { "forward" },
                "path": place.path,
                "shape": to.dims,
                "dtype": to.dtype.name(),
                "sha256": file.sha256()?,
            }));
        }
        if stream {
            place.copy_out()?;
        } else if let Some(file) = place.into_file() {
            file.commit()?;
        }
    }
    common::warn_of_run(&warnings, &args.run);
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    if args.run.json {
        let object = json!({
            "command": "apply",
            "file": problem.document.source.name,
            "operator": {
                "name": name,
                "dims": model.dims,
                "dimsd": data.dims,
                "dtype": model.dtype.name(),
                "dtype_data": data.dtype.name(),
            },
            "adjoint": args.adjoint,
            "norm": norm.is_finite().then_some(norm),
            "timings": { "setup": setup, "apply": times },
            "memory": { "planned_bytes": memory.total, "peak_bytes": peak },
            "processes": team.processes(args.run.ranks),
            "threads": threads,
            "outputs": written,
            "warnings": common::listed(&problem, &warnings),
        });
        return say_json(&object);
    }
    if args.run.quiet || stream {
        return Ok(());
    }
    let what = if args.adjoint { "adjoint of " } else { "" };
    let mut text = format!("{what}{name}: {from} to {to}\n  norm       {norm:.6e}\n");
    text += &format!("  time       {} (setup {}", report::seconds(least), report::seconds(setup));
    text += &if times.len() > 1 { format!(", least of {})\n", times.len()) } else { ")\n".into() };
    match &placed {
        Some(path) => text += &format!("  output     {}\n", path.display()),
        None => text += "  no output  nothing is written without --output NPY\n",
    }
    say(&text)
}
