//! `pylopsd graph`

use crate::cli::common::{CountArgs, FileArgs, Work, load};
use crate::cli::programs::Programs;
use crate::cli::{Outcome, say};
use crate::engine::Plans;
use crate::graph::{Format, render, simplify, transpose};
use crate::report::stages;

/// Draw the graph of what the file runs, or of an operator; reads headers only
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
    /// An operator's name or an expression [default: what the file runs, or the only operator]
    #[arg(long, value_name = "EXPR")]
    operator: Option<String>,
    /// Draw the adjoint instead
    #[arg(long)]
    adjoint: bool,
    /// What to draw
    #[arg(long, default_value = "operators")]
    level: Level,
    /// Output format
    #[arg(long, default_value = "text")]
    format: Format,
    /// With --level operators, draw the graph before simplification
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    count: CountArgs,
}

/// What the nodes of a drawing are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Level {
    /// The primitives behind the operators
    Operators,
    /// The stored arrays, and the stages between them
    Plan,
}

pub(super) fn run(args: &Args) -> Outcome {
    let mut problem = load(&args.file, Work::Operator, None)?;
    let programs = Programs::new(&mut problem, args.operator.as_deref())?;
    let what = if args.adjoint { "adjoint of " } else { "" };
    let name = format!("{what}{}", programs.title);
    let back = |programs: &Programs| match &programs.adjoint {
        Some(adjoint) => Ok(adjoint.clone()),
        None => transpose(&simplify(&programs.forward)?),
    };
    let text = match args.level {
        Level::Operators => {
            let program = if args.adjoint { back(&programs)? } else { programs.forward };
            let program = if args.raw { program } else { simplify(&program)? };
            render(&name, &program, args.format)
        }
        Level::Plan => {
            let plans = match (args.adjoint, &programs.adjoint) {
                (true, None) => Plans::new(&back(&programs)?, None)?,
                (_, adjoint) => Plans::new(&programs.forward, adjoint.as_ref())?,
            };
            let plan = match plans.adjoint {
                Some(adjoint) if args.adjoint => adjoint,
                _ => plans.forward,
            };
            stages(&name, &plan, args.count.processes(&problem), args.format)
        }
    };
    say(&text)
}
