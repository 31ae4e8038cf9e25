//! `pylopsd solvers`

use crate::cli::Outcome;
use crate::cli::catalogue::{Catalogue, DocumentedItem, show};
use crate::operators::Key;
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

/// The solver with its first keys.
fn example(name: &str, keys: &[Key]) -> String {
    let mut text = format!("[solve]\noperator = \"A\"\ndata     = \"d\"\nsolver   = \"{name}\"");
    for (key, value) in keys.iter().filter_map(|key| Some((key, key.default.as_ref()?))).take(3) {
        text += &format!("\n{:<8} = {value}", key.name);
    }
    text
}

pub(super) fn run(args: &Args) -> Outcome {
    let not_yet = NOT_YET.to_vec();
    let kind = Catalogue { what: "solver", command: "solvers", not_yet, here_as: &[] };
    let items: Vec<DocumentedItem> = ENTRIES
        .iter()
        .map(|e| DocumentedItem {
            name: e.name,
            documentation: (e.documentation)(),
            keys: (e.keys)(),
            common: "",
            example: example(e.name, &(e.keys)()),
        })
        .collect();
    show(&kind, &items, args.name.as_deref(), args.json)
}
