//! Applications: shorthand that is turned into plain arrays, operators, a solve and outputs.
//!
//! An application writes tables into the problem file's own, and the result is read like any file:
//! what `expand` prints and what runs are the same tables.

mod deghosting;
mod expansion;
mod lsm;
mod marchenko;
mod mdd;
mod poststack;
mod prestack;
mod seismic_interpolation;
mod slopes;
mod wavefield_decomposition;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::names::Names;
use crate::io::Inputs;
use crate::operators::{self, Checker, Key, ignored};
use crate::solvers::read_solver;
use crate::spec::{
    Diagnostic, Diagnostics, Document, OperatorTable, OutputName, ParamTable, Spanned, deserialize,
};
use expansion::Expansion;

/// The parameters of an application: a plain type with documented fields, read from its table.
trait Application: DeserializeOwned + JsonSchema {
    /// Names of its outputs.
    const OUTPUTS: &'static [&'static str];

    /// Whether other keys are those of its operator, and checked there.
    const OPEN: bool = false;

    /// Writes the tables that it is short for. Reports mistakes at the key that causes them.
    fn expand(self, at: &mut Checker<'_>, names: &mut Names, to: &mut Expansion) -> Option<()>;
}

/// One application of the list.
#[derive(Debug)]
pub struct Entry {
    /// The name in `type`.
    pub name: &'static str,
    /// Names of its outputs.
    pub outputs: &'static [&'static str],
    schema: fn() -> serde_json::Value,
    expand: fn(&OperatorTable, &mut Names, &mut Expansion, &mut Diagnostics) -> Option<()>,
}

impl Entry {
    const fn of<A: Application>(name: &'static str) -> Entry {
        Entry {
            name,
            outputs: A::OUTPUTS,
            schema: || schemars::schema_for!(A).to_value(),
            expand: expand::<A>,
        }
    }

    /// The whole documentation: what it does, formula, source.
    pub fn documentation(&self) -> String {
        (self.schema)()["description"].as_str().unwrap_or_default().to_string()
    }

    /// The keys of the table.
    pub fn keys(&self) -> Vec<Key> {
        Key::list(&(self.schema)())
    }
}

/// Every application, sorted by name.
pub const ENTRIES: &[Entry] = &[
    Entry::of::<deghosting::Deghosting>("Deghosting"),
    Entry::of::<lsm::Lsm>("LSM"),
    Entry::of::<mdd::Mdd>("MDD"),
    Entry::of::<marchenko::Marchenko>("Marchenko"),
    Entry::of::<poststack::Poststack>("Poststack"),
    Entry::of::<prestack::Prestack>("Prestack"),
    Entry::of::<seismic_interpolation::SeismicInterpolation>("SeismicInterpolation"),
    Entry::of::<wavefield_decomposition::WavefieldDecomposition>("WavefieldDecomposition"),
];

/// PyLops' parameters that say how an application runs, not what it is.
const EXECUTION: [&str; 9] = [
    "backend",
    "dottest",
    "dtype",
    "engine",
    "fftengine",
    "kwargs_fft",
    "saveGt",
    "saveRt",
    "usematmul",
];

fn expand<A: Application>(
    table: &OperatorTable,
    names: &mut Names,
    to: &mut Expansion,
    out: &mut Diagnostics,
) -> Option<()> {
    let keys = Key::list(&schemars::schema_for!(A).to_value());
    let mut known: Vec<&str> = keys.iter().map(|k| k.name.as_str()).collect();
    let required: Vec<&str> = keys.iter().filter(|k| k.required).map(|k| k.name.as_str()).collect();
    let mistakes = out.len();
    for key in EXECUTION.iter().filter(|k| table.params.get(k).is_some()) {
        let mut warning = ignored(&table.params, key, "the application");
        match *key {
            "dtype" => warning.help = Some("set the file's `dtype` instead".into()),
            "dottest" => {
                warning.help = Some("`pylopsd dottest FILE` tests every operator".into());
            }
            _ => {}
        }
        out.warn(warning);
    }
    let params = table.params.without(&EXECUTION);
    if A::OPEN {
        known.extend(params.keys());
    }
    let application: A = deserialize(&params, &known, &required, out)?;
    let mut place = Checker { table, diagnostics: out };
    application.expand(&mut place, names, to)?;
    (out.len() == mistakes).then_some(())
}

/// The document with its application expanded, and numbers where formulas give them; the document itself
/// if it has neither.
pub fn expanded(document: Document) -> Result<Document, Diagnostics> {
    let document = expanded_with_names(document, &Arc::default())?.document;
    // A string is known to be a number once it is read as one; mistakes are no matter here.
    let mut out = document.diagnostics();
    let document = Arc::new(document);
    Names::new(document.clone(), Arc::default()).resolve_all(&mut out);
    for spec in document.solve.iter().chain(document.solves.iter().map(|(_, spec)| spec)) {
        read_solver(&spec.solver, &spec.solver_params, &mut out);
    }
    Ok(Document::clone(&document))
}

/// An expanded application.
pub(super) struct Expanded {
    /// The document without the application.
    pub(super) document: Document,
    /// The names of the file that were resolved on the way.
    pub(super) names: Option<Names>,
    /// Warnings about the application's own table.
    pub(super) warnings: Diagnostics,
}

/// The same, with the names of the file that were resolved on the way.
pub(super) fn expanded_with_names(
    document: Document,
    inputs: &Arc<Inputs>,
) -> Result<Expanded, Diagnostics> {
    let mut out = document.diagnostics();
    let Some(application) = document.application.clone() else {
        return Ok(Expanded { document, names: None, warnings: out });
    };
    let document = Arc::new(document);
    let mut names = Names::new(document.clone(), inputs.clone());
    names.resolve_all(&mut out);
    names.use_names_of(&application.params);
    let type_name = &application.type_name;
    let Some(entry) = ENTRIES.iter().find(|e| e.name == type_name.value) else {
        out.push(unknown(type_name));
        return Err(out);
    };
    check_outputs(&document, entry, &mut out);
    let mut expansion = Expansion::new(&document, &type_name.span);
    let whole = (entry.expand)(&application, &mut names, &mut expansion, &mut out);
    // Without a mistake of its own, what is missing is a thing whose mistake has been told.
    if whole.is_none() || !out.is_empty() {
        return Err(out);
    }
    let root = expansion.finish();
    let (document, mistakes) = Document::from_table(root, document.source.clone());
    let document = mistakes.or(document)?;
    Ok(Expanded { document, names: Some(names), warnings: out })
}

/// The mistake of an application that is not in the list.
fn unknown(name: &Spanned<String>) -> Diagnostic {
    let known: Vec<&str> = ENTRIES.iter().map(|e| e.name).collect();
    if operators::is_listed(&name.value, NOT_YET) {
        return operators::not_there_yet("application", "PyLops", name);
    }
    let message = format!("unknown application `{}`", name.value);
    let label = "not a known application";
    let bare = operators::bare(&name.value);
    Diagnostic::new(name.span.clone(), message, label).did_you_mean(bare, &known)
}

/// PyLops' workflows that are not there yet.
pub const NOT_YET: &[&str] = &[];

/// Outputs that neither the application nor a solve has.
fn check_outputs(document: &Document, entry: &Entry, out: &mut Diagnostics) {
    let outputs = document.root.get("outputs").and_then(|node| node.as_table());
    for (key, node) in outputs.map_or(&[][..], |table: &ParamTable| &table.entries) {
        let own = entry.outputs.contains(&key.value.as_str());
        let common = OutputName::ALL.iter().any(|name| name.name() == key.value);
        if let Some(table) = node.as_table().filter(|table| own && table.get("apply").is_some()) {
            let message = format!("{} says what `{}` is", entry.name, key.value);
            let label = "remove this, or choose another name for the output";
            out.push(Diagnostic::new(table.key_span("apply"), message, label));
        }
        let made = node.as_table().is_some_and(|table| table.get("apply").is_some());
        if own || common || made || key.value == "report" {
            continue;
        }
        let mut known = entry.outputs.to_vec();
        let all = OutputName::ALL.each_ref().map(OutputName::name);
        known.extend(all);
        let message = format!("unknown output `{}`", key.value);
        let label = format!("{} has {}", entry.name, entry.outputs.join(", "));
        out.push(
            Diagnostic::new(key.span.clone(), message, label).did_you_mean(&key.value, &known),
        );
    }
}
