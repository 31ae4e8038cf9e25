//! A run in all its processes: its outputs, memory and limits, and the commit at the end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::cli::CommandFailure;
use crate::cli::common::{self, RunArgs, vanished};
use crate::cli::places::{self, PlacedOutput, finished};
use crate::cli::session;
use crate::cli::team::Team;
use crate::cli::voice;
use crate::io::{Output, TextOutput};
use crate::problem::Problem;
use crate::report::{Progress, Record, Shown};
use crate::run::{Memory, Places, PreparedSolve, Run, Solved};
use crate::spec::OutputName;

/// A solved problem whose outputs are not yet at their places.
#[derive(Debug)]
pub(super) struct PendingRun {
    pub(super) solved: Solved,
    places: Vec<PlacedOutput>,
    history: Option<TextOutput>,
}

impl PendingRun {
    /// Moves all outputs to their places, and writes those that go to standard output.
    pub(super) fn commit(self, team: &Team) -> Result<Solved, CommandFailure> {
        if team.is_first() {
            let (streams, files): (Vec<PlacedOutput>, Vec<PlacedOutput>) =
                self.places.into_iter().partition(PlacedOutput::is_stream);
            streams.iter().try_for_each(PlacedOutput::copy_out)?;
            let files = files.into_iter().filter_map(PlacedOutput::into_file).map(Output::from);
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

/// What each of `size` processes will hold in a run of a problem.
pub(super) fn memory(
    problem: &Problem,
    threads: usize,
    size: usize,
) -> Result<Vec<Memory>, CommandFailure> {
    Ok(Run::new(problem)?.memory(threads, 0..size, size)?)
}

/// Runs a problem; its outputs wait to be committed. With `relay`, processes that cannot open the
/// files send what they have to process 0.
pub(super) fn solve(
    team: &Team,
    problem: &Problem,
    args: &RunArgs,
    relay: bool,
    stop: &Arc<AtomicBool>,
) -> Result<PendingRun, CommandFailure> {
    let start = Instant::now();
    common::something_to_run(problem)?;
    let threads = session::threads(team, problem, args)?;
    let run = Run::new(problem)?;
    let (rank, size) = (team.rank(), team.size());
    let mut memory = run.memory(threads, rank..rank + 1, size)?.swap_remove(0);
    let limit = session::limit(problem, args);
    let spill = memory.spill(limit, problem.scratch.clone());
    let spill = team.agree(spill.map_err(CommandFailure::from))?;
    session::tell(args, &memory, &spill);

    // Files first: a place that cannot be written is known before the work is done.
    let mut places: Vec<(OutputName, PlacedOutput)> = Vec::new();
    let mut history = None;
    for output in &problem.outputs {
        match output.ty(problem.solve.as_ref()) {
            Some(ty) => {
                let name = format!("output `{}`", output.name.name());
                let place = PlacedOutput::create(team, &output.path, &name, &ty, relay)?;
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
    let outputs: Vec<_> =
        places.iter().map(|(name, place)| (name.clone(), &place.output)).collect();
    let found = team.run(args.ranks, threads, |machine| {
        let watch = |prepared: &PreparedSolve<'_>| {
            let shown = Shown {
                progress: &progress,
                name: prepared.name.to_string(),
                equations: prepared.solve.equations(),
                niter: prepared.solve.method.niter().unwrap_or(0),
            };
            let visible = machine.rank() == 0 && shown.niter > 0;
            Record::new(stop.clone(), visible.then_some(shown))
        };
        let places = Places { spill: &spill, outputs: &outputs };
        let (found, record) = run.solve(machine, start, places, &watch)?;
        Ok((found, record.map(|record| record.csv()).unwrap_or_default()))
    });
    progress.finish();
    let (mut solution, csv) = found?;
    team.agree(places.iter().try_for_each(|(_, place)| place.sync()))?;

    let digest = args.json || !problem.expect.is_empty();
    let (written, history) = team.agree(finished(team, &places, history, &csv, digest))?;
    let planned = team.all_gather(&[memory.total as u64])?.iter().map(|w| w[0]).max();
    memory.total = planned.and_then(|n| usize::try_from(n).ok()).unwrap_or(memory.total);
    solution.timings.finish = start.elapsed().as_secs_f64() - solution.timings.total();
    let named: Vec<String> = problem.arrays().map(|(name, _)| format!("array `{name}`")).collect();
    let arrays = named.iter().map(String::as_str).zip(problem.arrays().map(|(_, array)| array));
    solution.warnings.extend(vanished(team, arrays)?);
    let solved = Solved {
        solution,
        method: problem.solve.as_ref().map(|solve| solve.method.clone()),
        memory,
        spill,
        peak_bytes: team.peak_bytes()?,
        threads,
        processes: team.processes(args.ranks),
        outputs: written,
    };
    let places = places.into_iter().map(|(_, place)| place).collect();
    Ok(PendingRun { solved, places, history })
}
