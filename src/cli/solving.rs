//! A solve from the equations to the written outputs, in every process of a run.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::cli::Failure;
use crate::cli::common::{self, RunArgs, vanished};
use crate::cli::memory::{Divided, Memory};
use crate::cli::places::{self, Place};
use crate::cli::session;
use crate::cli::team::Team;
use crate::cli::voice;
use crate::cli::writing::{Held, Writer, Written, finished, made_of, made_outputs, map};
use crate::engine::{Block, Constants, Machine, Operators, Plans, Space, Spill};
use crate::graph::{simplify, transpose};
use crate::io::{Output, TextOutput};
use crate::operators;
use crate::problem::{self, Problem, Solve};
use crate::report::{Progress, Record, Shown};
use crate::run::System;
use crate::solvers::{Method, Outcome, Stop, Task};
use crate::spec::OutputName;

/// What a solve found.
#[derive(Debug)]
pub(super) struct Solved {
    pub(super) method: Arc<dyn Method>,
    pub(super) iterations: usize,
    pub(super) stop: Stop,
    /// The further solves.
    pub(super) further: Vec<Further>,
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
    /// What the run met that is probably not what was meant, each in one sentence.
    pub(super) warnings: Vec<String>,
}

/// What a further solve did.
#[derive(Clone, Debug)]
pub(super) struct Further {
    pub(super) name: String,
    pub(super) iterations: usize,
    /// What ended it.
    pub(super) stop: Stop,
    /// With its plan and the reading of its arrays.
    pub(super) seconds: f64,
}

/// Seconds of the parts of a run.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub(super) struct Timings {
    /// Plans, memory, reading of arrays.
    pub(super) setup: f64,
    /// The further solves.
    pub(super) solves: f64,
    /// The solver.
    pub(super) solve: f64,
    /// The residual at the end, and writing.
    pub(super) finish: f64,
}

impl Timings {
    pub(super) fn total(&self) -> f64 {
        self.setup + self.solves + self.solve + self.finish
    }
}

/// A solved problem whose outputs are not yet at their places.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) solved: Solved,
    places: Vec<Place>,
    history: Option<TextOutput>,
}

impl Pending {
    /// Moves all outputs to their places, and writes those that go to standard output.
    pub(super) fn commit(self, team: &Team) -> Result<Solved, Failure> {
        if team.is_first() {
            let (streams, files): (Vec<Place>, Vec<Place>) =
                self.places.into_iter().partition(Place::is_stream);
            streams.iter().try_for_each(Place::copy_out)?;
            let files = files.into_iter().filter_map(Place::into_file).map(Output::from);
            let texts = self.history.into_iter().map(Output::from);
            crate::io::output::commit_all(files.chain(texts).collect())?;
        }
        Ok(self.solved)
    }
}

/// Whether any output goes to standard output.
pub(super) fn streams(problem: &Problem) -> bool {
    problem.outputs.iter().any(|o| o.path == Path::new("-"))
}

/// What each of `size` processes will hold in a solve of a problem; nothing without a solve.
pub(super) fn memory(
    problem: &Problem,
    threads: usize,
    size: usize,
) -> Result<Vec<Memory>, Failure> {
    let Some(solve) = &problem.solve else { return Ok(Vec::new()) };
    let jobs = further(problem)?;
    let job = Job::new("", solve)?;
    all_memory(&job, &jobs, &made_outputs(problem), threads, 0..size, size)
}

fn all_memory(
    main: &Job<'_>,
    further: &[Job<'_>],
    made: &[&problem::Output],
    threads: usize,
    ranks: Range<usize>,
    size: usize,
) -> Result<Vec<Memory>, Failure> {
    let mut all = main.memory(threads, ranks.clone(), size)?;
    let mut kept = 0;
    let mut types = vec![main.solve.model_type.clone()];
    for job in further {
        let other = job.memory(threads, ranks.clone(), size)?;
        all.iter_mut().zip(other).for_each(|(a, b)| *a = a.or(&b));
        kept += job.solve.model_type.bytes().div_ceil(size);
        types.push(job.solve.model_type.clone());
    }
    all.iter_mut().for_each(|memory| memory.add_vectors(kept));
    if !made.is_empty() {
        let plans = Plans::new(&simplify(&made_of(made, &types)?)?, None)?;
        let divided = Divided::new(&plans, size);
        let other = ranks.map(|rank| divided.of(rank).memory(1, 1, threads));
        all.iter_mut().zip(other).for_each(|(a, b)| *a = a.or(&b));
    }
    Ok(all)
}

/// The solves of `[solves]`.
fn further(problem: &Problem) -> Result<Vec<Job<'_>>, Failure> {
    problem.solves.iter().map(|(name, solve)| Job::new(name, solve)).collect()
}

/// Solves a problem; its outputs wait to be committed. With `relay`, processes that cannot open the
/// files send what they have to process 0.
pub(super) fn solve(
    team: &Team,
    problem: &Problem,
    args: &RunArgs,
    relay: bool,
    stop: &Arc<AtomicBool>,
) -> Result<Pending, Failure> {
    let start = Instant::now();
    let solve = common::solve(problem)?;
    let threads = session::threads(team, problem, args)?;
    let jobs = further(problem)?;
    let job = Job::new("", solve)?;
    let (rank, size) = (team.rank(), team.size());
    let made = made_outputs(problem);
    let mut memory = all_memory(&job, &jobs, &made, threads, rank..rank + 1, size)?.swap_remove(0);
    let limit = session::limit(problem, args);
    let spill = team.agree(memory.spill(limit, problem.scratch.clone()))?;
    session::tell(args, &memory, &spill);

    // Files first: a place that cannot be written is known before the work is done.
    let mut places: Vec<(OutputName, Place)> = Vec::new();
    let mut history = None;
    for output in &problem.outputs {
        match output.ty(solve) {
            Some(ty) => {
                let name = format!("output `{}`", output.name.name());
                let place = Place::create(team, &output.path, &name, &ty, relay)?;
                places.push((output.name.clone(), place));
            }
            None => {
                let made = places::begin_text(team, &output.path)?;
                history = Some((output.path.clone(), made));
            }
        }
    }

    let show = team.is_first() && !args.quiet && !args.no_progress && !args.json;
    let progress = Progress::new(show && voice::is_able());
    let run = Run { further: &jobs, main: &job, made, spill: &spill, places: &places };
    let found = team.run(args.ranks, threads, |machine| {
        let new = |job: &Job<'_>| {
            let shown = Shown {
                progress: &progress,
                name: job.name.to_string(),
                equations: job.solve.equations(),
                niter: job.solve.method.niter().unwrap_or(0),
            };
            let visible = machine.rank() == 0 && shown.niter > 0;
            Record::new(stop.clone(), visible.then_some(shown))
        };
        let mut record = new(&job);
        let found = run.run(machine, start, &mut record, &new)?;
        Ok((found, record.csv()))
    });
    progress.finish();
    let (found, csv) = found?;
    team.agree(places.iter().try_for_each(|(_, place)| place.sync()))?;

    let digest = args.json || !problem.expect.is_empty();
    let (written, history) = team.agree(finished(team, &places, history, &csv, digest))?;
    let planned = team.all_gather(&[memory.total as u64])?.iter().map(|w| w[0]).max();
    memory.total = planned.and_then(|n| usize::try_from(n).ok()).unwrap_or(memory.total);
    let mut timings = found.timings;
    timings.finish = start.elapsed().as_secs_f64() - timings.total();
    let mut warnings = found.warnings;
    let named: Vec<String> = problem.arrays().map(|(name, _)| format!("array `{name}`")).collect();
    let arrays = named.iter().map(String::as_str).zip(problem.arrays().map(|(_, array)| array));
    warnings.extend(vanished(team, arrays)?);
    let solved = Solved {
        method: solve.method.clone(),
        iterations: found.iterations,
        stop: found.stop,
        further: found.further,
        cost: found.cost,
        data_norm: found.data_norm,
        figures: found.figures,
        residual_norm: found.residual_norm,
        memory,
        spill,
        peak_bytes: team.peak_bytes()?,
        timings,
        threads,
        processes: team.processes(args.ranks),
        outputs: written,
        warnings,
    };
    let places = places.into_iter().map(|(_, place)| place).collect();
    Ok(Pending { solved, places, history })
}

/// One solve of a run.
struct Job<'a> {
    name: &'a str,
    solve: &'a Solve,
    system: System,
}

/// What every process of a run is given.
struct Run<'a> {
    /// The further solves, which come first.
    further: &'a [Job<'a>],
    main: &'a Job<'a>,
    /// Outputs that operators make.
    made: Vec<&'a problem::Output>,
    spill: &'a Spill,
    places: &'a [(OutputName, Place)],
}

struct Found {
    iterations: usize,
    stop: Stop,
    further: Vec<Further>,
    cost: Vec<f64>,
    data_norm: f64,
    rounding: f64,
    figures: Vec<(&'static str, f64)>,
    residual_norm: f64,
    timings: Timings,
    warnings: Vec<String>,
}

impl<'a> Job<'a> {
    fn new(name: &'a str, solve: &'a Solve) -> Result<Job<'a>, Failure> {
        Ok(Job { name, solve, system: System::new(solve)? })
    }

    /// What some of `size` processes hold.
    fn memory(
        &self,
        threads: usize,
        ranks: Range<usize>,
        size: usize,
    ) -> Result<Vec<Memory>, Failure> {
        let (models, datas) = self.solve.method.vectors();
        let plans = self.system.plans()?;
        let divided = Divided::new(&plans, size);
        let memory = |rank| {
            let mut memory = divided.of(rank).memory(models, datas, threads);
            memory.add_arrays(self.solve.arrays());
            memory
        };
        Ok(ranks.map(memory).collect())
    }

    /// Solves; gives the model that the user asked for, and constants for what comes next. `setup` is
    /// told when the first iteration begins.
    fn iterate(
        &self,
        machine: &Machine,
        spill: &Spill,
        record: &mut Record<'_>,
        setup: &mut dyn FnMut(),
    ) -> crate::engine::Result<(Outcome, Held, Constants)> {
        let system = &self.system;
        let ops = Operators::compile(system.plans()?, machine, spill)?;
        let rhs = |y: &mut crate::engine::Vector| system.write_rhs(machine, &ops, spill, y);
        let begin = |x: &mut crate::engine::Vector| system.write_start(machine, &ops, x);
        setup();
        let mut task = Task {
            machine,
            operators: &ops,
            rhs: &rhs,
            start: system.start.is_some().then_some(&begin as _),
            monitor: record,
        };
        let mut outcome = self.solve.method.solve(&mut task)?;
        let model =
            Held { store: outcome.model.stores.swap_remove(0), block: ops.model.blocks[0].clone() };
        let mut constants = ops.into_constants();
        let model = match &system.recover {
            Some(program) if !outcome.stop.failed() => {
                map(machine, program, &model, &mut constants, spill)?
            }
            _ => model,
        };
        Ok((outcome, model, constants))
    }
}

impl Job<'_> {
    /// What the residual that was computed at the end says against a solution.
    fn refuted(&self, found: &Found) -> Option<Stop> {
        let (iteration, residual) = (found.iterations, found.residual_norm);
        if !residual.is_finite() {
            let array = "what the operator makes of the model";
            return Some(Stop::NotFinite { iteration, array });
        }
        // cg may pass through larger residuals; a penalty on a start is paid by the data.
        let falls = self.solve.method.falls() && self.solve.is_plain();
        let penalty = self.solve.method.damp() != 0.0 && self.solve.x0.is_some();
        let start = found.cost.first().copied().unwrap_or(f64::INFINITY);
        let grown = residual > 1.01 * start + 8.0 * found.rounding;
        (falls && !penalty && grown).then_some(Stop::Grown { iteration, start, residual })
    }

    /// That zero fits the data better than the model, where nothing but the data is to be fit.
    fn worse_than_zero(&self, found: &Found) -> Option<String> {
        let (residual, data) = (found.residual_norm, found.data_norm);
        let plain = self.solve.regularization.is_empty() && self.solve.weight.is_none();
        let rounding = if data == 0.0 { 8.0 * found.rounding } else { 0.0 };
        if !plain || self.solve.method.damp() != 0.0 || residual <= 1.001 * data + rounding {
            return None;
        }
        let single = !self.solve.model_type.dtype.is_double();
        let advice = match (self.solve.x0.is_some(), single) {
            (true, true) => "Leave out `x0`, raise `niter`, or compute in float64",
            (true, false) => "Leave out `x0`, or raise `niter`",
            (false, true) => "Raise `niter`, take another solver, or compute in float64",
            (false, false) => "Raise `niter`, or take another solver",
        };
        Some(format!(
            "the model fits the data worse than zero does: the norm of the residual is {residual:.3e}, of the \
             data {data:.3e}. {advice}"
        ))
    }
}

impl Run<'_> {
    fn run<'r>(
        &self,
        machine: &Machine,
        start: Instant,
        record: &mut Record<'r>,
        new: &dyn Fn(&Job<'_>) -> Record<'r>,
    ) -> crate::engine::Result<Found> {
        let (mut setup, mut solves) = (0.0, 0.0);
        let (mut further, mut models, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for job in self.further {
            let begin = Instant::now();
            let (outcome, model, _) =
                job.iterate(machine, self.spill, &mut new(job), &mut || ())?;
            warnings.extend(outcome.warnings.iter().map(|w| format!("solve `{}`: {w}", job.name)));
            let (stop, iterations) = (outcome.stop, outcome.iterations);
            let seconds = begin.elapsed().as_secs_f64();
            solves += seconds;
            let name = job.name.to_string();
            further.push(Further { name, iterations, stop: stop.clone(), seconds });
            if stop.failed() {
                return Ok(Found {
                    iterations: outcome.iterations,
                    stop,
                    further,
                    cost: outcome.cost,
                    data_norm: outcome.data_norm,
                    rounding: outcome.rounding,
                    figures: outcome.figures,
                    residual_norm: f64::NAN,
                    timings: Timings::default(),
                    warnings,
                });
            }
            models.push(model);
        }
        let mut ready = || setup = start.elapsed().as_secs_f64() - solves;
        let (outcome, model, mut constants) =
            self.main.iterate(machine, self.spill, record, &mut ready)?;
        let solve = start.elapsed().as_secs_f64() - setup - solves;
        warnings.extend(outcome.warnings);
        let mut found = Found {
            iterations: outcome.iterations,
            stop: outcome.stop,
            further,
            cost: outcome.cost,
            data_norm: outcome.data_norm,
            rounding: outcome.rounding,
            figures: outcome.figures,
            residual_norm: f64::NAN,
            timings: Timings { setup, solves, solve, finish: 0.0 },
            warnings,
        };
        if found.stop.failed() {
            return Ok(found);
        }
        let mut writer =
            Writer { made: &self.made, places: self.places, spill: self.spill, doubts: Vec::new() };
        writer.write(machine, &OutputName::Model, &model)?;
        writer.write_made(machine, &model, &models, &mut constants)?;
        drop(models);
        let forward = simplify(&operators::program(self.main.solve.operator.as_ref())?)?;
        let predicted = map(machine, &forward, &model, &mut constants, self.spill)?;
        writer.write(machine, &OutputName::Predicted, &predicted)?;
        // residual = data - A model, from the data as they are stored.
        let block = &predicted.block;
        let space =
            Space { blocks: vec![Block { held: predicted.store.held().clone(), ..block.clone() }] };
        let mut data = machine.vector(&space, self.spill.scratch.as_deref())?;
        machine.read(block, &mut data.stores[0], &self.main.solve.data)?;
        if writer.wants(&OutputName::Adjoint) {
            let adjoint = simplify(&transpose(&forward)?)?;
            let data = Held { store: data.stores[0].clone(), block: block.clone() };
            let made = map(machine, &adjoint, &data, &mut constants, self.spill)?;
            writer.write(machine, &OutputName::Adjoint, &made)?;
        }
        found.data_norm = machine.norm(&space, &data)?;
        let predicted = crate::engine::Vector { stores: vec![predicted.store] };
        let squares = machine.update(&space, &mut data, 1.0, &predicted, -1.0)?;
        found.residual_norm = machine.root(&space, &data, squares)?;
        if let Some(stop) = self.main.refuted(&found) {
            found.stop = stop;
            return Ok(found);
        }
        found.warnings.extend(self.main.worse_than_zero(&found));
        let residual = Held { store: data.stores.swap_remove(0), block: block.clone() };
        writer.write(machine, &OutputName::Residual, &residual)?;
        found.warnings.extend(writer.doubts);
        Ok(found)
    }
}
