//! Threads, limits and signals of a run.

use crate::cli::CommandFailure;
use crate::cli::common::RunArgs;
use crate::cli::team::Team;
use crate::engine::Spill;
use crate::problem::Problem;
use crate::report;
use crate::run::Memory;
use crate::spec::MOST_THREADS;

/// Where a run's arrays will be, on standard error, if the user wants to hear more.
pub(super) fn tell(args: &RunArgs, memory: &Memory, spill: &Spill) {
    if !args.verbose {
        return;
    }
    let size = |n: usize| report::bytes(n as f64);
    super::complain(&format!(
        "planned {}: arrays {}, between stages {}, vectors {}, scratch {}",
        size(memory.total),
        size(memory.constants),
        size(memory.working),
        size(memory.vectors),
        size(memory.scratch)
    ));
    if spill.map_constants {
        super::complain("arrays of the problem are read from their files on demand");
    }
    if let Some(folder) = &spill.scratch {
        super::complain(&format!("vectors and intermediate arrays are in {}", folder.display()));
    }
}

/// Threads of a process.
pub(super) fn threads(
    team: &Team,
    problem: &Problem,
    args: &RunArgs,
) -> Result<usize, CommandFailure> {
    let asked = args.threads.or(problem.run.threads.as_ref().map(|t| t.value));
    let own = team.threads()?;
    let threads = asked.unwrap_or(own).min(MOST_THREADS);
    Ok(threads)
}

/// Most bytes of memory of a process.
pub(super) fn limit(problem: &Problem, args: &RunArgs) -> Option<u64> {
    args.memory.or(problem.run.memory.as_ref().map(|m| m.value))
}
