//! Commands, one file each. The only room that prints.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod apply;
mod catalogue;
mod check;
mod common;
mod compare;
mod dottest;
mod expand;
mod graph;
mod help;
mod info;
mod inputs;
mod launch;
mod ops;
mod places;
mod plan;
mod plan_around;
mod programs;
mod session;
mod solve;
mod solvers;
mod solving;
mod submit;
mod system;
mod team;
mod test;
mod voice;

use std::path::Path;
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::report::bytes;
use crate::run::OverLimit;
use crate::spec::JsonDiagnostic;
use team::Team;
use voice::{Asked, complain, say, say_json};

/// Solves large linear inverse problems described by a TOML file.
#[derive(Debug, Parser)]
#[command(
    name = "pylopsd",
    version,
    propagate_version = true,
    max_term_width = 100,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to colour messages; auto heeds NO_COLOR, TERM=dumb and the terminal
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    Solve(solve::Args),
    Apply(apply::Args),
    Dottest(dottest::Args),
    Check(check::Args),
    Plan(plan::Args),
    Graph(graph::Args),
    Expand(expand::Args),
    Test(test::Args),
    Submit(submit::Args),
    Ops(ops::Args),
    Solvers(solvers::Args),
    Info(info::Args),
    Compare(compare::Args),
    Help(help::Args),
}

/// Why a command did not succeed; each has its exit code.
#[derive(Debug)]
enum CommandFailure {
    /// The run failed: 1.
    Run(String),
    /// Wrong usage, or a problem file that cannot be used: 2. The text is printed as it is.
    Usage(String),
    /// Mistakes of a problem file, each with its place: 2.
    Mistakes {
        /// All of them with their lines.
        text: String,
        /// How many there are.
        summary: String,
        /// Each of them, for `--json`.
        list: Vec<JsonDiagnostic>,
    },
    /// An expectation, dot test or comparison failed: 3. The details are already printed.
    Unmet,
    /// Interrupted: 130.
    Interrupted,
    /// Some of several files failed with this exit code. The details are already printed.
    Told(u8),
}

impl CommandFailure {
    /// The program's exit code.
    fn code(&self) -> u8 {
        match self {
            CommandFailure::Run(_) => 1,
            CommandFailure::Usage(_) | CommandFailure::Mistakes { .. } => 2,
            CommandFailure::Unmet => 3,
            CommandFailure::Told(code) => *code,
            CommandFailure::Interrupted => 130,
        }
    }

    /// The kind of failure, for `--json`.
    fn kind(&self) -> &'static str {
        match self {
            CommandFailure::Run(_) => "run",
            CommandFailure::Usage(_) => "usage",
            CommandFailure::Mistakes { .. } => "problem",
            CommandFailure::Unmet | CommandFailure::Told(_) => "told",
            CommandFailure::Interrupted => "interrupted",
        }
    }

    /// The message that is still to be printed.
    fn text(&self) -> Option<String> {
        match self {
            CommandFailure::Run(message) => Some(format!("error: {message}")),
            CommandFailure::Usage(text) | CommandFailure::Mistakes { text, .. } => {
                Some(text.clone())
            }
            CommandFailure::Interrupted => Some("interrupted".into()),
            CommandFailure::Unmet | CommandFailure::Told(_) => None,
        }
    }

    /// Mistakes with their places.
    fn diagnostics(&self) -> &[JsonDiagnostic] {
        match self {
            CommandFailure::Mistakes { list, .. } => list,
            _ => &[],
        }
    }
}

type Outcome = Result<(), CommandFailure>;

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    #[cfg(feature = "mpi")]
    if let Some(code) = launch::witness() {
        return ExitCode::from(code);
    }
    let matches = Cli::command().color(voice::color()).try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(voice::refuse(&error)),
    };
    voice::listen(cli.asked());
    let team = match Team::join() {
        Ok(team) => team,
        Err(failure) => return ExitCode::from(voice::told(&Err(failure))),
    };
    let outcome = match cli.command {
        Command::Solve(args) => solve::run(&args, &team),
        Command::Apply(args) => apply::run(&args, &team),
        Command::Dottest(args) => dottest::run(&args, &team),
        Command::Check(args) => check::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Expand(args) => expand::run(&args),
        Command::Test(args) => test::run(&args, &team),
        Command::Submit(args) => submit::run(&args),
        Command::Ops(args) => ops::run(&args),
        Command::Solvers(args) => solvers::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Help(args) => help::run(&args),
    };
    team.conclude(outcome)
}

impl Cli {
    fn asked(&self) -> Asked {
        let file = |path: &Path| Some(voice::shown(path));
        let (command, file, json) = match &self.command {
            Command::Solve(args) => ("solve", file(args.file()), args.json()),
            Command::Apply(args) => ("apply", file(args.file()), args.json()),
            Command::Dottest(args) => ("dottest", file(args.file()), args.json()),
            Command::Check(args) => ("check", file(args.file()), args.json()),
            Command::Plan(args) => ("plan", file(args.file()), args.json()),
            Command::Graph(_) => ("graph", None, false),
            Command::Expand(_) => ("expand", None, false),
            Command::Test(args) => ("test", None, args.json()),
            Command::Submit(_) => ("submit", None, false),
            Command::Ops(args) => ("ops", None, args.json),
            Command::Solvers(args) => ("solvers", None, args.json),
            Command::Info(args) => ("info", None, args.json),
            Command::Compare(args) => ("compare", None, args.json),
            Command::Help(_) => ("help", None, false),
        };
        Asked { command: command.into(), file, json, color: self.color }
    }
}

impl From<crate::engine::Error> for CommandFailure {
    fn from(e: crate::engine::Error) -> Self {
        CommandFailure::Run(e.to_string())
    }
}

impl From<OverLimit> for CommandFailure {
    fn from(e: OverLimit) -> Self {
        let (least, limit) = (bytes(e.least as f64), bytes(e.limit as f64));
        CommandFailure::Run(format!(
            "the run needs at least {least} of memory, even with scratch files; the limit is {limit}. Raise \
             --memory, or use fewer threads"
        ))
    }
}

impl From<crate::graph::Error> for CommandFailure {
    fn from(e: crate::graph::Error) -> Self {
        CommandFailure::Run(e.to_string())
    }
}

impl From<crate::io::Error> for CommandFailure {
    fn from(e: crate::io::Error) -> Self {
        match e.kind() {
            crate::io::ErrorKind::Input => CommandFailure::Usage(format!("error: {e}")),
            crate::io::ErrorKind::Run => CommandFailure::Run(e.to_string()),
        }
    }
}

impl From<crate::spec::Diagnostics> for CommandFailure {
    fn from(d: crate::spec::Diagnostics) -> Self {
        CommandFailure::Mistakes {
            text: d.render(voice::colours()),
            summary: d.count(),
            list: d.told(),
        }
    }
}
