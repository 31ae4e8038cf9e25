//! What the registry knows about an operator: its name, documentation and keys, and how to build
//! it. All of this comes from the type of its parameters and its doc comments.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::operators::{Op, Scope, values};
use crate::scalar::DType;
use crate::spec::{Diagnostic, Diagnostics, OperatorTable, ParamTable, deserialize};

/// One operator of the registry.
#[derive(Debug)]
pub struct Entry {
    /// PyLops' name.
    pub name: &'static str,
    schema: fn() -> serde_json::Value,
    build: fn(&OperatorTable, &[Key], &mut dyn Scope, &mut Diagnostics) -> Option<Op>,
}

/// One key of an operator's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Name of the key, as in PyLops.
    pub name: String,
    /// What it may be, in words.
    pub value: String,
    /// An example of its value, as TOML.
    pub sample: String,
    /// What the key means.
    pub documentation: String,
    /// Whether it must be given.
    pub required: bool,
    /// Default value, if any.
    pub default: Option<serde_json::Value>,
}

/// The parameters of an operator: a plain type with documented fields, read from a table.
pub(crate) trait Parameters: DeserializeOwned + JsonSchema {
    /// Builds the operator. `dtype` is the one given, or the file's default. Reports mistakes at
    /// the keys that cause them.
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op>;
}

/// Checks the parameters of a table, and reports mistakes at their keys.
pub(crate) struct Checker<'a> {
    /// The table.
    pub(crate) table: &'a OperatorTable,
    /// Mistakes so far.
    pub(crate) diagnostics: &'a mut Diagnostics,
}

impl Entry {
    /// An entry that is documented by the type of its parameters.
    pub(crate) const fn of<P: Parameters>(name: &'static str) -> Entry {
        Entry { name, schema: schema::<P>, build: build::<P> }
    }

    /// Builds the operator; `None` if mistakes were reported.
    pub fn build(
        &self,
        table: &OperatorTable,
        scope: &mut dyn Scope,
        diagnostics: &mut Diagnostics,
    ) -> Option<Op> {
        (self.build)(table, &self.known(), scope, diagnostics)
    }

    /// The keys, listed once: a file may have many operators of one type.
    fn known(&self) -> Arc<[Key]> {
        static KNOWN: Mutex<BTreeMap<&str, Arc<[Key]>>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(self.name).or_insert_with(|| self.keys().into()).clone()
    }

    /// JSON Schema of the parameters.
    pub fn schema(&self) -> serde_json::Value {
        (self.schema)()
    }

    /// The whole documentation: what the operator does, formula, source.
    pub fn documentation(&self) -> String {
        text(&self.schema(), "description")
    }

    /// The first line of the documentation.
    pub fn summary(&self) -> String {
        self.documentation().lines().next().unwrap_or_default().to_string()
    }

    /// The keys of the table, in the order of the parameters.
    pub fn keys(&self) -> Vec<Key> {
        Key::list(&self.schema())
    }
}

impl Key {
    /// A table of the keys that must be given, after its `type`: `{ type = "Restriction", ... }`.
    pub fn table(type_name: &str, keys: &[Key]) -> String {
        let entries = keys.iter().filter(|key| key.required);
        let entries = entries.map(|key| format!(", {} = {}", key.name, key.sample));
        format!("{{ type = \"{type_name}\"{} }}", entries.collect::<String>())
    }

    /// The keys that a JSON Schema describes.
    pub fn list(schema: &serde_json::Value) -> Vec<Key> {
        let required: Vec<&str> = schema["required"]
            .as_array()
            .map(|list| list.iter().filter_map(|v| v.as_str()).collect())
            .unwrap_or_default();
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        properties
            .into_iter()
            .map(|(name, property)| Key {
                value: values::words(schema, &property),
                sample: values::sample(schema, &property, &name),
                documentation: text(&property, "description"),
                required: required.contains(&name.as_str()),
                default: property.get("default").filter(|d| !d.is_null()).cloned(),
                name,
            })
            .collect()
    }
}

fn text(schema: &serde_json::Value, key: &str) -> String {
    schema[key].as_str().unwrap_or_default().to_string()
}

fn schema<P: Parameters>() -> serde_json::Value {
    schemars::schema_for!(P).to_value()
}

/// Parameters of PyLops and PyLops-distributed that control how an operator runs, not what it is.
const EXECUTION: &[&str] = &[
    "backend",
    "compute",
    "engine",
    "fft_engine",
    "fftengine",
    "forceflat",
    "inoutengine",
    "inplace",
    "kwargs_fft",
    "name",
    "nproc",
    "num_threads_per_blocks",
    "onthefly",
    "parallel_kind",
    "preallocate",
    "saveGt",
    "savetaper",
    "shiftall",
    "show",
    "todask",
    "usedelayed",
    "usematmul",
    "workers",
];

/// The warning about a key that only controls how PyLops runs `what`.
pub(crate) fn ignored(table: &ParamTable, key: &str, what: &str) -> Diagnostic {
    let message = format!("`{key}` is ignored");
    let label = format!("controls how PyLops runs {what}");
    let help = "leave it out: the plan decides on engines, threads and copies";
    Diagnostic::new(table.key_span(key), message, label).help(help)
}

/// Parameters of PyLops that are functions.
const FUNCTIONS: [&str; 1] = ["fh"];

fn build<P: Parameters>(
    table: &OperatorTable,
    keys: &[Key],
    scope: &mut dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Option<Op> {
    let before = diagnostics.len();
    let params = own_keys(table, keys, diagnostics);
    let names = |required: bool| -> Vec<&str> {
        let asked = keys.iter().filter(|k| k.required || !required);
        asked.map(|k| k.name.as_str()).collect()
    };
    let parameters: P = deserialize(&params, &names(false), &names(true), diagnostics)?;
    if diagnostics.len() > before {
        return None;
    }
    let dtype = table.dtype.as_ref().map_or(scope.dtype(), |d| d.value);
    let mut place = Checker { table, diagnostics };
    parameters.build(dtype, scope, &mut place)
}

/// The table without keys of PyLops that mean nothing here; reports those that are mistakes.
fn own_keys(table: &OperatorTable, keys: &[Key], diagnostics: &mut Diagnostics) -> ParamTable {
    let is_alien = |key: &&&str| {
        table.params.get(key).is_some() && !keys.iter().any(|known| known.name == **key)
    };
    for key in EXECUTION.iter().filter(is_alien) {
        diagnostics.warn(ignored(&table.params, key, "the operator"));
    }
    for key in FUNCTIONS.iter().filter(is_alien) {
        let message = format!("`{key}` is not a key here");
        let label = "is a Python function in PyLops, which a file cannot hold";
        let diagnostic = Diagnostic::new(table.params.key_span(key), message, label);
        diagnostics.push(diagnostic.help("save what the function returns as an array: `table`"));
    }
    table.params.without(&[EXECUTION, &FUNCTIONS].concat())
}
