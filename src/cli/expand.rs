//! `pylopsd expand`

use crate::cli::common::{FileArgs, parsed, read_source};
use crate::cli::{Outcome, say};
use crate::problem::application;

/// Print an application as a plain problem file, with its arrays, operators and outputs
///
/// In the folder of FILE, the printed file gives the same bits. It includes the changes of --set, and
/// leaves out comments.
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
