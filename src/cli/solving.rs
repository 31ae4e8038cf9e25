//! A solve from the equations to the written outputs, in every process of a run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::cli::Failure;
use crate::cli::apply::{self, copy_out};
use crate::cli::common::RunArgs;
use crate::cli::session::{self, Memory};
use crate::engine::{
    After, Block, Compiled, Constants, Machine, Operators, Space, Spill, Store, run_ranks,
};
use crate::graph::{Program, simplify, transpose};
use crate::io::{NpyOutput, Output, TextOutput};
use crate::operators;
use crate::problem::{Problem, Solve};
use crate::report::{Progress, Record};
use crate::solvers::system::System;
use crate::solvers::{Method, Stop, Task};
use crate::space::ArrayType;
use crate::spec::OutputName;

/// What a solve found.
#[derive(Debug)]
pub(super) struct Solved {
    pub(super) method: Method,
    pub(super) iterations: usize,
    pub(super) stop: Stop,
    pub(super) cost: Vec<f64>,
    pub(super) data_norm: f64,
    /// What else the solver tells.
    pub(super) figures: Vec<(&'static str, f64)>,
    /// Norm of the data minus what the operator makes of the model, computed at the end.
    pub(super) residual_norm: f64,
    pub(super) memory: Memory,
    /// Where arrays went that should not take memory.
    pub(super) spill: Spill,
    pub(super) peak_bytes: Option<u64>,
    pub(super) timings: Timings,
    pub(super) threads: usize,
    pub(super) processes: usize,
    pub(super) outputs: Vec<Written>,
}

/// Seconds of the parts of a run.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub(super) struct Timings {
    /// Plans, memory, reading of arrays.
    pub(super) setup: f64,
    /// The solver.
    pub(super) solve: f64,
    /// The residual at the end, and writing.
    pub(super) finish: f64,
}

/// An output that is complete, at its place or ready to be.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) name: OutputName,
    pub(super) path: PathBuf,
    /// Where its data are now; `None` for text.
    pub(super) part: Option<PathBuf>,
    pub(super) ty: Option<ArrayType>,
    pub(super) sha256: Option<String>,
}

/// A solved problem whose outputs are not yet at their places.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) solved: Solved,
    outputs: Vec<Output>,
    streams: Vec<NpyOutput>,
    _folder: Option<tempfile::TempDir>,
}

impl Pending {
    /// Moves all outputs to their places, and writes those that go to standard output.
    pub(super) fn commit(self) -> Result<Solved, Failure> {
        for stream in self.streams {
            copy_out(stream.part())?;
        }
        crate::io::output::commit_all(self.outputs)?;
        Ok(self.solved)
    }
}

/// Whether any output goes to standard output.
pub(super) fn streams(problem: &Problem) -> bool {
    problem.outputs.iter().any(|o| o.path == Path::new("-"))
}

/// Solves a problem; its outputs wait to be committed.
pub(super) fn solve(
    problem: &Problem,
    method: &Method,
    args: &RunArgs,
    stop: &Arc<AtomicBool>,
) -> Result<Pending, Failure> {
    let start = Instant::now();
    let Some(solve) = &problem.solve else { unreachable!("a method belongs to a [solve]") };
    let system = System::new(solve, method)?;
    let threads = session::threads(problem, args);
    let plans = system.plans()?;
    let (models, datas) = method.vectors();
    let mut memory = Memory::new(&plans, models, datas, threads);
    let spill = memory.spill(session::limit(problem, args), problem.scratch.clone())?;
    session::tell(args, &memory, &spill);
    drop(plans);

    // Files first: a place that cannot be written is known before the work is done.
    let mut files: Vec<(OutputName, NpyOutput)> = Vec::new();
    let mut history = None;
    let mut folder = None;
    for output in &problem.outputs {
        let Some(own) = solve.output_type(output.name) else {
            history = Some((output.path.clone(), TextOutput::create(&output.path)?));
            continue;
        };
        let ty = ArrayType::new(own.dims.clone(), output.dtype.unwrap_or(own.dtype));
        let (file, place) = apply::output(Some(&output.path), &ty)?;
        folder = folder.or(place);
        files.extend(file.map(|f| (output.name, f)));
    }

    let show = !args.quiet && !args.no_progress && !args.json;
    let progress = Progress::new(method.niter(), show);
    let job = Job { solve, method, system: &system, spill: &spill, files: &files };
    let results = run_ranks(args.ranks, |comm| {
        let first = comm.rank() == 0;
        let machine = Machine::new(Some(threads), comm)?;
        let mut record = Record::new(stop.clone(), first.then_some(&progress));
        let found = job.run(&machine, start, &mut record)?;
        Ok::<_, crate::engine::Error>((found, record.csv()))
    });
    progress.finish();
    // The cause, not the ranks that waited for the one that failed.
    let mut failures: Vec<crate::engine::Error> = Vec::new();
    let mut first = None;
    for result in results {
        match result {
            Ok(found) => first = first.or(Some(found)),
            Err(e) => failures.push(e),
        }
    }
    failures.sort_by_key(|e| matches!(e, crate::engine::Error::Lost(_)));
    if let Some(cause) = failures.into_iter().next() {
        return Err(cause.into());
    }
    let Some((found, csv)) = first else { unreachable!("there is a first process") };

    let mut outputs = Vec::new();
    let mut streams = Vec::new();
    let mut written = Vec::new();
    for (name, file) in files {
        let stream =
            folder.as_ref().is_some_and(|f: &tempfile::TempDir| file.path().starts_with(f.path()));
        written.push(Written {
            name,
            path: if stream { PathBuf::from("-") } else { file.path().to_path_buf() },
            part: Some(file.part().to_path_buf()),
            ty: Some(file.ty().clone()),
            sha256: if args.json || !problem.expect.is_empty() {
                Some(file.sha256()?)
            } else {
                None
            },
        });
        if stream {
            streams.push(file);
        } else {
            outputs.push(Output::from(file));
        }
    }
    if let Some((path, mut text)) = history {
        text.write(&csv)?;
        written.push(Written {
            name: OutputName::History,
            path,
            part: None,
            ty: None,
            sha256: None,
        });
        outputs.push(Output::from(text));
    }
    let mut timings = found.timings;
    timings.finish = start.elapsed().as_secs_f64() - timings.setup - timings.solve;
    let solved = Solved {
        method: method.clone(),
        iterations: found.iterations,
        stop: found.stop,
        cost: found.cost,
        data_norm: found.data_norm,
        figures: found.figures,
        residual_norm: found.residual_norm,
        memory,
        spill,
        peak_bytes: session::peak_bytes(),
        timings,
        threads,
        processes: args.ranks,
        outputs: written,
    };
    Ok(Pending { solved, outputs, streams, _folder: folder })
}

/// What every process of a solve is given.
struct Job<'a> {
    solve: &'a Solve,
    method: &'a Method,
    system: &'a System,
    spill: &'a Spill,
    files: &'a [(OutputName, NpyOutput)],
}

struct Found {
    iterations: usize,
    stop: Stop,
    cost: Vec<f64>,
    data_norm: f64,
    figures: Vec<(&'static str, f64)>,
    residual_norm: f64,
    timings: Timings,
}

/// An array in the tiles that it was computed in.
struct Held {
    store: Store,
    block: Block,
}

impl Job<'_> {
    fn run(
        &self,
        machine: &Machine,
        start: Instant,
        record: &mut Record<'_>,
    ) -> crate::engine::Result<Found> {
        let ops = Operators::compile(self.system.plans()?, machine, self.spill)?;
        let rhs =
            |y: &mut crate::engine::Vector| self.system.write_rhs(machine, &ops, self.spill, y);
        let begin = |x: &mut crate::engine::Vector| self.system.write_start(machine, &ops, x);
        let setup = start.elapsed().as_secs_f64();
        let mut task = Task {
            machine,
            operators: &ops,
            rhs: &rhs,
            start: self.system.start.is_some().then_some(&begin as _),
            monitor: record,
        };
        let mut outcome = task.solve(self.method)?;
        let solved = start.elapsed().as_secs_f64() - setup;
        let model =
            Held { store: outcome.model.stores.swap_remove(0), block: ops.model.blocks[0].clone() };
        let mut found = Found {
            iterations: outcome.iterations,
            stop: outcome.stop,
            cost: outcome.cost,
            data_norm: outcome.data_norm,
            figures: outcome.figures,
            residual_norm: f64::NAN,
            timings: Timings { setup, solve: solved, finish: 0.0 },
        };
        if matches!(found.stop, Stop::NotFinite { .. } | Stop::NotPositive { .. }) {
            return Ok(found);
        }
        let mut constants = ops.into_constants();
        let model = match &self.system.recover {
            Some(program) => self.map(machine, program, &model, &mut constants)?,
            None => model,
        };
        self.write(machine, OutputName::Model, &model)?;
        let forward = simplify(&operators::program(self.solve.operator.as_ref())?)?;
        let predicted = self.map(machine, &forward, &model, &mut constants)?;
        self.write(machine, OutputName::Predicted, &predicted)?;
        // residual = data - A model, from the data as they are stored.
        let block = &predicted.block;
        let space =
            Space { blocks: vec![Block { held: predicted.store.held().clone(), ..block.clone() }] };
        let mut data = machine.vector(&space, self.spill.scratch.as_deref())?;
        machine.read(block, &mut data.stores[0], &self.solve.data)?;
        if self.wants(OutputName::Adjoint) {
            let adjoint = simplify(&transpose(&forward)?)?;
            let data = Held { store: data.stores[0].clone(), block: block.clone() };
            self.write(
                machine,
                OutputName::Adjoint,
                &self.map(machine, &adjoint, &data, &mut constants)?,
            )?;
        }
        found.data_norm = machine.norm2(&space, &data)?.sqrt();
        let predicted = crate::engine::Vector { stores: vec![predicted.store] };
        found.residual_norm = machine.update(&space, &mut data, 1.0, &predicted, -1.0)?.sqrt();
        let residual = Held { store: data.stores.swap_remove(0), block: block.clone() };
        self.write(machine, OutputName::Residual, &residual)?;
        Ok(found)
    }

    /// A program of one input and one output on an array.
    fn map(
        &self,
        machine: &Machine,
        program: &Program,
        x: &Held,
        constants: &mut Constants,
    ) -> crate::engine::Result<Held> {
        let inputs = [x.block.tiles.clone()];
        let compiled = Compiled::of(program, &inputs, &[], constants, machine, self.spill)?;
        let input = compiled.input(machine, 0, &x.store, &x.block)?;
        let (store, block) = compiled.new_output(0, self.spill)?;
        compiled.run(machine, &[&input], &[&store], After::Nothing)?;
        Ok(Held { store, block })
    }

    fn wants(&self, name: OutputName) -> bool {
        self.files.iter().any(|(n, _)| *n == name)
    }

    fn write(
        &self,
        machine: &Machine,
        name: OutputName,
        array: &Held,
    ) -> crate::engine::Result<()> {
        for (_, file) in self.files.iter().filter(|(n, _)| *n == name) {
            machine.write(&array.block, &array.store, file)?;
        }
        Ok(())
    }
}

/// The `--json` object of a solve.
pub(super) fn as_json(problem: &Problem, solved: &Solved, expectations: &[Json]) -> Json {
    let solve = problem.solve.as_ref();
    let data = solve.map(|s| &s.data_type);
    let mut solver = json!({
        "name": solved.method.name(),
        "iterations": solved.iterations,
        "status": solved.stop.name(),
        "residual_norm": finite(solved.residual_norm),
        "relative_residual": finite(solved.residual_norm / solved.data_norm),
        "data_norm": finite(solved.data_norm),
        "cost": solved.cost.iter().map(|c| finite(*c)).collect::<Vec<_>>(),
    });
    for (name, value) in &solved.figures {
        solver[*name] = finite(*value);
    }
    json!({
        "command": "solve",
        "file": problem.document.source.name,
        "operator": {
            "name": solve.map(|s| s.operator_name.clone()),
            "dims": solve.map(|s| s.model_type.dims.clone()),
            "dimsd": data.map(|d| d.dims.clone()),
            "dtype": solve.map(|s| s.model_type.dtype.name()),
            "dtype_data": data.map(|d| d.dtype.name()),
        },
        "solver": solver,
        "timings": solved.timings,
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
    })
}

fn finite(x: f64) -> Json {
    if x.is_finite() { json!(x) } else { Json::Null }
}
