//! `pylopsd expand`

use crate::cli::common::{FileArgs, parsed, read_source};
use crate::cli::{Outcome, say};
use crate::problem::application;

/// Print the problem file that an application stands for: the same arrays, operators and outputs
///
/// What is printed gives the same bits as FILE when it stands in the same folder. Comments are not
/// kept, and --set has been applied.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
}

pub(super) fn run(args: &Args) -> Outcome {
    let (document, mistakes) = parsed(read_source(&args.file)?, &args.file)?;
    let document = application::expanded(mistakes.or(document)?)?;
    say(&document.to_toml())
}
