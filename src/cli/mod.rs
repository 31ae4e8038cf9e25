//! Commands, one file each. The only room that prints.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod apply;
mod catalogue;
mod check;
mod common;
mod compare;
mod cores;
mod dottest;
mod expand;
mod expectations;
mod graph;
mod info;
mod inputs;
mod launch;
mod memory;
mod ops;
mod places;
mod plan;
mod programs;
mod session;
mod solve;
mod solvers;
mod solving;
mod submit;
mod team;
mod test;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use team::Team;

/// Solves large linear inverse problems described by a TOML file.
#[derive(Debug, Parser)]
#[command(name = "pylopsd", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
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
}

/// Why a command did not succeed; each has its exit code.
#[derive(Debug)]
enum Failure {
    /// The run failed: 1.
    Run(String),
    /// Wrong usage or a wrong problem file: 2. The text is whole.
    Usage(String),
    /// An expectation, dot test or comparison did not hold: 3. All is said.
    Unmet,
    /// Interrupted: 130.
    Interrupted,
    /// Some of several files failed with this exit code. All is said.
    Told(u8),
}

type Outcome = Result<(), Failure>;

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    #[cfg(feature = "mpi")]
    if let Some(code) = launch::witness() {
        return ExitCode::from(code);
    }
    let cli = Cli::parse();
    let team = match Team::join() {
        Ok(team) => team,
        Err(failure) => return ExitCode::from(told(&Err(failure))),
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
    };
    team.conclude(outcome)
}

/// Says why a command did not succeed, and gives its exit code.
fn told(outcome: &Outcome) -> u8 {
    match outcome {
        Ok(()) => 0,
        Err(Failure::Run(message)) => {
            complain(&format!("error: {message}"));
            1
        }
        Err(Failure::Usage(message)) => {
            complain(message.trim_end());
            2
        }
        Err(Failure::Unmet) => 3,
        Err(Failure::Told(code)) => *code,
        Err(Failure::Interrupted) => {
            complain("interrupted");
            130
        }
    }
}

/// A message on standard error, for all processes of a run.
fn complain(message: &str) {
    if team::speaks() {
        complain_anyway(message);
    }
}

/// A message of this process; a closed standard error is no reason to fail.
fn complain_anyway(message: &str) {
    // At once, so that no line of another process comes between.
    let _ = std::io::stderr().write_all(format!("{message}\n").as_bytes());
}

/// Text on standard output; a reader that left (as `head` does) ends the program quietly.
fn say(text: &str) -> Outcome {
    if !team::speaks() {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Run(format!("standard output cannot be written: {e}")))
        }
        _ => Ok(()),
    }
}

/// Whether messages may have colours.
fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

impl From<crate::engine::Error> for Failure {
    fn from(e: crate::engine::Error) -> Self {
        Failure::Run(e.to_string())
    }
}

impl From<crate::graph::Error> for Failure {
    fn from(e: crate::graph::Error) -> Self {
        Failure::Run(e.to_string())
    }
}

impl From<crate::io::Error> for Failure {
    fn from(e: crate::io::Error) -> Self {
        match e.kind() {
            crate::io::ErrorKind::Input => Failure::Usage(format!("error: {e}")),
            crate::io::ErrorKind::Run => Failure::Run(e.to_string()),
        }
    }
}

impl From<crate::spec::Diagnostics> for Failure {
    fn from(d: crate::spec::Diagnostics) -> Self {
        Failure::Usage(d.render(colours()))
    }
}
