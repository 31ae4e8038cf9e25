//! `pylopsd ops`

use crate::cli::Outcome;
use crate::cli::catalogue::{Catalogue, DocumentedItem, show};
use crate::operators::{ENTRIES, HERE_AS, Key, OPERATORS_NOT_YET};
use crate::problem::application;

/// List the operators and applications, or document one
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An operator's type, as in `type = "FirstDerivative"`
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

const OPERATORS: &str =
    "Every operator also takes `dtype`, and `chunks = { model = [...], data = [...] }`.";
const APPLICATIONS: &str = "An application sets `operator` and `data` of `[solve]`; the file gives the \
                            rest of that table, and `dtype`.";

fn application_example(name: &str, keys: &[Key]) -> String {
    let keys = keys.iter().filter(|key| key.required);
    let keys = keys.map(|key| format!("\n{} = {}", key.name, key.sample));
    format!("[application]\ntype = \"{name}\"{}", keys.collect::<String>())
}

pub(super) fn run(args: &Args) -> Outcome {
    let not_yet = OPERATORS_NOT_YET.iter().chain(application::NOT_YET).copied().collect();
    let kind = Catalogue { what: "operator", command: "ops", not_yet, here_as: HERE_AS };
    let applications = application::ENTRIES.iter().map(|e| DocumentedItem {
        name: e.name,
        documentation: format!("[application] {}", e.documentation()),
        keys: e.keys(),
        common: APPLICATIONS,
        example: application_example(e.name, &e.keys()),
    });
    let items: Vec<DocumentedItem> = ENTRIES
        .iter()
        .map(|e| DocumentedItem {
            name: e.name,
            documentation: e.documentation(),
            keys: e.keys(),
            common: OPERATORS,
            example: format!("A = {}", Key::table(e.name, &e.keys())),
        })
        .chain(applications)
        .collect();
    show(&kind, &items, args.name.as_deref(), args.json)
}
