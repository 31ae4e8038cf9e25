//! Options that running commands share, and how a problem file is loaded with them.

use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::dottest::error_of;
use crate::cli::team::Team;
use crate::cli::voice::{self, complain};
use crate::cli::{CommandFailure, Outcome};
use crate::io::narrow::too_small;
use crate::io::{Array, Inputs, os_words};
use crate::problem::{Guard, Problem};
use crate::run::{self, Check, Solved};
use crate::spec::{
    Diagnostics, Document, Host, MOST_THREADS, SourceText, host_processes, parse_hosts, parse_size,
};

/// Options of every command that reads a problem file.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct FileArgs {
    /// The problem file
    pub(super) file: PathBuf,
    /// Override a key of the file, as in --set params.eps=0.2 or --set solve.niter=20
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
}

/// Options of every command that runs.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct RunArgs {
    /// Threads per process [default: run.threads, or all cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(super) threads: Option<usize>,
    /// Memory limit per process, such as 16GiB [default: run.memory, or no limit]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) memory: Option<u64>,
    /// Write outputs with relative paths into this folder [default: the problem file's]
    #[arg(long, value_name = "DIR")]
    pub(super) out_dir: Option<PathBuf>,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    pub(super) json: bool,
    /// Print no summary, progress or warnings
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Show no progress bar
    #[arg(long)]
    pub(super) no_progress: bool,
    /// Print more on standard error
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Run on these hosts, with the number of processes on each, as in node1:2,node2:2 [default: run.hosts]
    #[arg(long, value_name = "LIST", value_parser = hosts)]
    pub(super) hosts: Option<Hosts>,
    /// Copy inputs that only the first process sees to the others, and let it write their outputs
    #[arg(long)]
    pub(super) stage: bool,
    /// Run threads in place of processes
    #[arg(long, value_name = "N", hide = true, default_value = "1", value_parser = positive)]
    pub(super) ranks: usize,
}

/// Options of every command that shows what several processes would do.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct CountArgs {
    /// Show what each of N processes owns and exchanges [default: those of the hosts, or 1]
    #[arg(long, value_name = "N", alias = "ranks", value_parser = crowd)]
    processes: Option<usize>,
    /// Show the processes of these hosts, as in node1:32,node2:32 [default: run.hosts]
    #[arg(long, value_name = "LIST", value_parser = hosts, conflicts_with = "processes")]
    hosts: Option<Hosts>,
}

impl CountArgs {
    /// Number of processes.
    pub(super) fn processes(&self, problem: &Problem) -> usize {
        let named = || problem.run.hosts.iter().map(|h| h.value.processes).sum();
        let asked = self.hosts.as_ref().map(|hosts| host_processes(hosts));
        self.processes.or(asked).unwrap_or_else(named).max(1)
    }
}

/// Most processes of a plan.
pub(super) const MOST_PROCESSES: usize = 65536;

fn crowd(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=MOST_PROCESSES).contains(&n) => Ok(n),
        _ => Err(format!("expected an integer from 1 to {MOST_PROCESSES}")),
    }
}

pub(super) fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=MOST_THREADS).contains(&n) => Ok(n),
        _ => Err(format!("expected an integer from 1 to {MOST_THREADS}")),
    }
}

pub(super) fn size(text: &str) -> Result<u64, String> {
    parse_size(text).ok_or_else(|| "expected a size such as 16GiB or 500MB".into())
}

/// Hosts of `--hosts`.
pub(super) type Hosts = Vec<Host>;

pub(super) fn hosts(text: &str) -> Result<Hosts, String> {
    parse_hosts(text).ok_or_else(|| {
        "expected hosts with the numbers of their processes, such as node1:2,node2:2".into()
    })
}

/// Reads the text of a problem file.
pub(super) fn read_source(file: &FileArgs) -> Result<SourceText, CommandFailure> {
    let stdin = file.file == Path::new("-");
    if stdin && std::io::stdin().is_terminal() {
        return Err(CommandFailure::Usage(
            "error: the problem file is read from standard input, which is a terminal; write \
             `pylopsd ... - < problem.toml`, or name a file"
                .into(),
        ));
    }
    SourceText::read(&file.file).map_err(|e| {
        let words = match e.kind() {
            ErrorKind::NotFound => "no such file".to_string(),
            ErrorKind::IsADirectory => "it is a folder".to_string(),
            _ => os_words(&e),
        };
        let name = if stdin { "on standard input".into() } else { file.file.display().to_string() };
        CommandFailure::Usage(format!("error: cannot read problem file {name}: {words}"))
    })
}

/// A problem file, read as far as its mistakes allow.
pub(super) fn parsed(
    source: SourceText,
    file: &FileArgs,
) -> Result<(Document, Diagnostics), CommandFailure> {
    match Document::parse_partly(source, &file.set) {
        (Some(document), mistakes) => Ok((document, mistakes)),
        (None, mistakes) => Err(mistakes.into()),
    }
}

/// Which part of a problem file a command uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Work {
    /// All of it, so unused parts get a warning.
    #[default]
    Whole,
    /// An operator, which the command line may name.
    Operator,
}

/// Reads a problem file and prints its warnings, or reports all its mistakes at once.
pub(super) fn load(
    file: &FileArgs,
    work: Work,
    out_dir: Option<&Path>,
) -> Result<Problem, CommandFailure> {
    let problem = load_silently(file, work, out_dir)?;
    warn(&problem.warnings);
    Ok(problem)
}

/// The same, with the warnings left to the caller.
pub(super) fn load_silently(
    file: &FileArgs,
    work: Work,
    out_dir: Option<&Path>,
) -> Result<Problem, CommandFailure> {
    let (document, early) = parsed(read_source(file)?, file)?;
    loaded(document, early, work, out_dir, &Arc::default())
}

/// Prints warnings on standard error.
pub(super) fn warn(warnings: &Diagnostics) {
    if !warnings.warnings().is_empty() && !voice::only_json() {
        complain(warnings.render(voice::colours()).trim_end());
    }
}

/// The problem of a parsed file.
pub(super) fn loaded(
    document: Document,
    mut early: Diagnostics,
    work: Work,
    out_dir: Option<&Path>,
    inputs: &Arc<Inputs>,
) -> Result<Problem, CommandFailure> {
    match Problem::load_with(document, out_dir, inputs) {
        Ok(mut problem) => {
            let none = problem.diagnostics();
            early.append(std::mem::replace(&mut problem.warnings, none));
            if work == Work::Whole && early.is_empty() {
                for unused in problem.unused.iter().cloned() {
                    // What the command line sets is meant to change something.
                    match problem.document.source.is_in_file(&unused.span) {
                        true => early.warn(unused),
                        false => early.push(unused),
                    }
                }
            }
            if !early.is_empty() {
                return Err(early.into());
            }
            problem.warnings = early;
            Ok(problem)
        }
        Err(mut mistakes) => {
            mistakes.append(early);
            Err(mistakes.into())
        }
    }
}

/// Prints the warnings of a run.
pub(super) fn warn_of_run(warnings: &[String], args: &RunArgs) {
    if !args.quiet && !voice::only_json() {
        warnings.iter().for_each(|w| complain(&format!("warning: {w}")));
    }
}

/// All warnings for `--json`: those of the problem file, then those of the run.
pub(super) fn listed(problem: &Problem, run: &[String]) -> Vec<String> {
    let early = problem.warnings.warnings().iter();
    let early = early.map(|w| format!("{}: {}", w.message, w.label));
    early.chain(run.iter().cloned()).collect()
}

/// Warnings of arrays that are too small for the single precision that they were read in, in any
/// process.
pub(super) fn vanished<'a>(
    team: &Team,
    arrays: impl Iterator<Item = (&'a str, &'a Array)>,
) -> Result<Vec<String>, CommandFailure> {
    let arrays: Vec<(&str, &Array)> = arrays.collect();
    let own: Vec<u64> = arrays.iter().flat_map(|(_, array)| array.losses()).collect();
    let all = team.all_gather(&own)?;
    let of = |k: usize| too_small(all.iter().map(|words| [words[2 * k], words[2 * k + 1]]));
    let told = arrays.iter().enumerate().filter_map(|(k, (what, _))| {
        let largest = of(k)?;
        Some(format!(
            "{what} is too small for single precision: some of its values become zero, and the largest is {largest:e}; scale it"
        ))
    });
    Ok(told.collect())
}

/// An error if a place must not be written, as the value of an option.
pub(super) fn claim(guard: &mut Guard, path: &Path, option: &str) -> Outcome {
    guard.write(path, option, None).map_err(|clash| {
        CommandFailure::Usage(format!(
            "error: {}: {}; choose another path",
            path.display(),
            clash.message
        ))
    })
}

/// Refuses a problem that neither solves nor computes anything.
pub(super) fn something_to_run(problem: &Problem) -> Outcome {
    if problem.solve.is_some() || !problem.outputs.is_empty() {
        return Ok(());
    }
    Err(CommandFailure::Usage(format!(
        "error: {} has neither a [solve] table nor [outputs], so there is nothing to run",
        problem.document.source.name
    )))
}

/// Every expectation of a file beside what was found, in process 0.
pub(super) fn checked(
    team: &Team,
    problem: &Problem,
    solved: &Solved,
) -> Result<Vec<Check>, CommandFailure> {
    // What all processes do together comes first.
    let error = match &problem.solve {
        Some(solve) if run::wants_dottest(problem) => {
            error_of(team, solve.operator.as_ref(), solved.threads)?
        }
        _ => 0.0,
    };
    let checks = match team.is_first() {
        true => run::check(problem, solved, error),
        false => Ok(Vec::new()),
    };
    team.agree(checks.map_err(CommandFailure::from))
}
