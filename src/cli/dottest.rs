//! `pylopsd dottest`

use std::fmt;
use std::path::Path;

use serde_json::json;

use crate::cli::common::{FileArgs, RunArgs, Work};
use crate::cli::inputs::{InputUse, load_for};
use crate::cli::team::Team;
use crate::cli::{CommandFailure, Outcome, say, say_json, session};
use crate::operators::{Op, Operator};
use crate::run::dottest;

/// Check <A x, y> = <x, A^H y> on random vectors
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
    /// An operator's name or an expression [default: every operator of the file]
    #[arg(long, value_name = "EXPR")]
    operator: Option<String>,
    /// Number of pairs of random vectors
    #[arg(long, value_name = "N", default_value = "3")]
    trials: u64,
    /// Largest relative error to accept [default: 1e-10 in double, 1e-4 in single precision]
    #[arg(long, value_name = "T")]
    tol: Option<f64>,
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

/// The relative error of an operator's dot test.
pub(super) fn error_of(
    team: &Team,
    op: &dyn Operator,
    threads: usize,
) -> Result<f64, CommandFailure> {
    team.run(1, threads, |machine| dottest(op, machine, 1))
}

/// What a dot test found.
#[derive(Clone, Copy, Debug)]
pub(super) struct DotTest {
    error: f64,
    tol: f64,
}

impl DotTest {
    /// Whether the error is within the tolerance.
    pub(super) fn holds(&self) -> bool {
        self.error <= self.tol
    }
}

impl fmt::Display for DotTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.holds() { "ok" } else { "FAILED" };
        let DotTest { error, tol } = self;
        write!(f, "{verdict:<6}  relative error {error:.2e}, allowed {tol:.0e}")
    }
}

/// Tests one operator, in every process.
pub(super) fn test(
    team: &Team,
    op: &dyn Operator,
    trials: u64,
    tol: Option<f64>,
    threads: usize,
    ranks: usize,
) -> Result<DotTest, CommandFailure> {
    let tol = tol.unwrap_or(if op.model().dtype.is_double() { 1e-10 } else { 1e-4 });
    let error = team.run(ranks, threads, |machine| dottest(op, machine, trials))?;
    Ok(DotTest { error, tol })
}

pub(super) fn run(args: &Args, team: &Team) -> Outcome {
    let uses = InputUse { work: Work::Operator, ..InputUse::default() };
    let mut problem = load_for(team, &args.file, &args.run, &uses)?;
    let list: Vec<(String, Op)> = match &args.operator {
        Some(text) => vec![(text.clone(), problem.resolve_expression("--operator", text)?)],
        None => problem.operators().map(|(name, op)| (name.to_string(), op.clone())).collect(),
    };
    if list.is_empty() {
        return Err(CommandFailure::Usage("error: the file has no operator to test".into()));
    }
    let threads = session::threads(team, &problem, &args.run)?;
    let width = list.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let (mut lines, mut found, mut all) = (String::new(), Vec::new(), true);
    for (name, op) in &list {
        let tested = test(team, op.as_ref(), args.trials, args.tol, threads, args.run.ranks)?;
        all &= tested.holds();
        lines += &format!("{name:<width$}  {tested}\n");
        let DotTest { error, tol } = tested;
        found
            .push(json!({ "operator": name, "error": error, "tol": tol, "holds": tested.holds() }));
    }
    if args.run.json {
        let file = &problem.document.source.name;
        say_json(&json!({ "command": "dottest", "file": file, "operators": found }))?;
    } else if !args.run.quiet {
        say(&lines)?;
    }
    if all { Ok(()) } else { Err(CommandFailure::Unmet) }
}
