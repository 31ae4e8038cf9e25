//! `pylopsd solvers`

use crate::cli::Outcome;
use crate::cli::catalogue::{Catalogue, DocumentedItem, show};
use crate::solvers::{ENTRIES, NOT_YET};

/// List the solvers, or document one
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A solver's name, as in `solver = "cgls"`
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let kind = Catalogue { what: "solver", command: "solvers", not_yet: NOT_YET.to_vec() };
    let items: Vec<DocumentedItem> = ENTRIES
        .iter()
        .map(|e| DocumentedItem {
            name: e.name,
            documentation: (e.documentation)(),
            keys: (e.keys)(),
            common: "",
        })
        .collect();
    show(&kind, &items, args.name.as_deref(), args.json)
}
