//! Options that running commands share, and how a problem file is loaded with them.

use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::dottest::error_of;
use crate::cli::team::Team;
use crate::cli::voice::{self, complain};
use crate::cli::{Failure, Outcome};
use crate::io::narrow::too_small;
use crate::io::{Array, Inputs, os_words};
use crate::problem::{Guard, Problem, Solve};
use crate::run::{self, Check, Solved};
use crate::spec::{Diagnostics, Document, Host, Source, host_processes, parse_hosts, parse_size};

/// Options of every command that reads a problem file.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct FileArgs {
    /// The problem file
    pub(super) file: PathBuf,
    /// Override any key of the file, as in --set params.eps=0.2 or --set solve.niter=20
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
}

/// Options of every command that runs.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct RunArgs {
    /// Threads of each process [default: run.threads, or all cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(super) threads: Option<usize>,
    /// Memory of each process, as in 16GiB [default: run.memory, or no limit]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) memory: Option<u64>,
    /// Folder of relative output paths [default: the problem file's]
    #[arg(long, value_name = "DIR")]
    pub(super) out_dir: Option<PathBuf>,
    /// One JSON object on standard output instead of the summary
    #[arg(long)]
    pub(super) json: bool,
    /// No summary and no progress
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// No progress bar
    #[arg(long)]
    pub(super) no_progress: bool,
    /// Say more on standard error
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Run on these hosts, with so many processes each, as in node1:2,node2:2 [default: run.hosts]
    #[arg(long, value_name = "LIST", value_parser = hosts)]
    pub(super) hosts: Option<Hosts>,
    /// Send inputs that only the first process sees to the others, and take what they cannot write
    #[arg(long)]
    pub(super) stage: bool,
    /// Threads that stand for processes
    #[arg(long, value_name = "N", hide = true, default_value = "1", value_parser = positive)]
    pub(super) ranks: usize,
}

/// Options of every command that shows what several processes would do.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct CountArgs {
    /// Show what each of N processes owns and exchanges [default: those of the hosts, or 1]
    #[arg(long, value_name = "N", alias = "ranks", value_parser = crowd)]
    processes: Option<usize>,
    /// For the processes of these hosts, as in node1:32,node2:32 [default: run.hosts]
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
        _ => Err(format!("expected a whole number from 1 to {MOST_PROCESSES}")),
    }
}

/// Most threads of a process; more only wait for each other.
pub(super) const MOST_THREADS: usize = 1024;

pub(super) fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=MOST_THREADS).contains(&n) => Ok(n),
        _ => Err(format!("expected a whole number from 1 to {MOST_THREADS}")),
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
pub(super) fn read_source(file: &FileArgs) -> Result<Source, Failure> {
    let stdin = file.file == Path::new("-");
    if stdin && std::io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "error: the problem file is read from standard input, which is a terminal; write \
             `pylopsd ... - < problem.toml`, or name a file"
                .into(),
        ));
    }
    Source::read(&file.file).map_err(|e| {
        let words = match e.kind() {
            ErrorKind::NotFound => "there is no such file".to_string(),
            ErrorKind::IsADirectory => "it is a folder".to_string(),
            _ => os_words(&e),
        };
        let name = if stdin { "on standard input".into() } else { file.file.display().to_string() };
        Failure::Usage(format!("error: cannot read problem file {name}: {words}"))
    })
}

/// A problem file with whatever of it can be read beside its mistakes.
pub(super) fn parsed(source: Source, file: &FileArgs) -> Result<(Document, Diagnostics), Failure> {
    match Document::parse_partly(source, &file.set) {
        (Some(document), mistakes) => Ok((document, mistakes)),
        (None, mistakes) => Err(mistakes.into()),
    }
}

/// What of a problem file a command works on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Work {
    /// All of it: what nothing uses is warned of.
    #[default]
    Whole,
    /// An operator, which the command line may name.
    Operator,
}

/// Reads a problem file, and says its warnings; all its mistakes at once.
pub(super) fn load(
    file: &FileArgs,
    work: Work,
    out_dir: Option<&Path>,
) -> Result<Problem, Failure> {
    let problem = load_silently(file, work, out_dir)?;
    warn(&problem.warnings);
    Ok(problem)
}

/// The same, with the warnings left to the caller.
pub(super) fn load_silently(
    file: &FileArgs,
    work: Work,
    out_dir: Option<&Path>,
) -> Result<Problem, Failure> {
    let (document, early) = parsed(read_source(file)?, file)?;
    loaded(document, early, work, out_dir, &Arc::default())
}

/// Says warnings on standard error.
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
) -> Result<Problem, Failure> {
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

/// Says what a run met that is probably not what was meant.
pub(super) fn warn_of_run(warnings: &[String], args: &RunArgs) {
    if !args.quiet && !voice::only_json() {
        warnings.iter().for_each(|w| complain(&format!("warning: {w}")));
    }
}

/// All warnings for machines: those of the problem file, and those of the run.
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
) -> Result<Vec<String>, Failure> {
    let arrays: Vec<(&str, &Array)> = arrays.collect();
    let own: Vec<u64> = arrays.iter().flat_map(|(_, array)| array.losses()).collect();
    let all = team.all_gather(&own)?;
    let of = |k: usize| too_small(all.iter().map(|words| [words[2 * k], words[2 * k + 1]]));
    let told = arrays.iter().enumerate().filter_map(|(k, (what, _))| {
        let largest = of(k)?;
        Some(format!(
            "{what} is too small for single precision, which makes some of its values zero: the largest \
             is {largest:e}; scale it"
        ))
    });
    Ok(told.collect())
}

/// An error if a place must not be written, as the value of an option.
pub(super) fn claim(guard: &mut Guard, path: &Path, option: &str) -> Outcome {
    guard.write(path, option, None).map_err(|clash| {
        Failure::Usage(format!("error: {}: {}; name another place", path.display(), clash.message))
    })
}

/// What a problem solves.
pub(super) fn solve(problem: &Problem) -> Result<&Solve, Failure> {
    problem.solve.as_ref().ok_or_else(|| {
        Failure::Usage(format!(
            "error: {} has no [solve] table, so there is nothing to solve",
            problem.document.source.name
        ))
    })
}

/// Every expectation of a file beside what was found, in process 0.
pub(super) fn checked(
    team: &Team,
    problem: &Problem,
    solved: &Solved,
) -> Result<Vec<Check>, Failure> {
    // What all processes do together comes first.
    let error = match run::wants_dottest(problem) {
        true => error_of(team, solve(problem)?.operator.as_ref(), solved.threads)?,
        false => 0.0,
    };
    let checks = match team.is_first() {
        true => run::check(problem, solved, error),
        false => Ok(Vec::new()),
    };
    team.agree(checks.map_err(Failure::from))
}
