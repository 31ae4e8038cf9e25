//! What `ops` and `solvers` share: a list of names with summaries, and one entry in full.

use serde_json::{Value as Json, json};

use crate::cli::{CommandFailure, Outcome, say};
use crate::operators::Key;
use crate::report::{table, wrapped};
use crate::spec::{NOT_YET, nearest};

/// Characters of a line of text.
const WIDTH: usize = 90;

/// One operator or solver.
pub(super) struct DocumentedItem {
    pub(super) name: &'static str,
    pub(super) documentation: String,
    pub(super) keys: Vec<Key>,
    /// What holds for every entry of its kind.
    pub(super) common: &'static str,
    /// How it looks in a problem file.
    pub(super) example: String,
}

/// What a list is of.
pub(super) struct Catalogue {
    /// `operator`.
    pub(super) what: &'static str,
    /// The command that lists it.
    pub(super) command: &'static str,
    /// Names of PyLops that are not there yet.
    pub(super) not_yet: Vec<&'static str>,
    /// Names of PyLops that are others here.
    pub(super) here_as: &'static [(&'static str, &'static str)],
}

/// Shows all items, or the one of a name.
pub(super) fn show(
    kind: &Catalogue,
    items: &[DocumentedItem],
    name: Option<&str>,
    as_json: bool,
) -> Outcome {
    let Some(name) = name else {
        return say(&if as_json {
            let list = items.iter().map(|i| json!({"name": i.name, "summary": i.summary()}));
            let mut object = json!({"command": kind.command, "not_yet": kind.not_yet});
            if !kind.here_as.is_empty() {
                object["here_as"] = kind
                    .here_as
                    .iter()
                    .map(|(name, here)| json!({"name": name, "here": here}))
                    .collect();
            }
            object[format!("{}s", kind.what)] = Json::Array(list.collect());
            format!("{object:#}\n")
        } else {
            let rows: Vec<[String; 2]> =
                items.iter().map(|i| [i.name.to_string(), i.summary()]).collect();
            let command = kind.command;
            let not_yet = format!("Not supported yet: {}.", kind.not_yet.join(", "));
            let not_yet = wrapped(&not_yet, 0, WIDTH);
            let other: Vec<[String; 2]> = kind
                .here_as
                .iter()
                .map(|(name, here)| [name.to_string(), format!("is {here}")])
                .collect();
            let mut rows = table(0, &rows);
            if !other.is_empty() {
                rows += &format!("\nNames of PyLops that are others here:\n{}", table(2, &other));
            }
            rows + &format!("\n{not_yet}\n`pylopsd {command} NAME` documents one.\n")
        });
    };
    let Some(item) = items.iter().find(|i| i.name == name) else {
        let mut message = format!("error: unknown {} `{name}`", kind.what);
        if kind.not_yet.contains(&name) {
            message = format!("error: {} `{name}` is {NOT_YET}", kind.what);
        } else if let Some((_, here)) = kind.here_as.iter().find(|(other, _)| *other == name) {
            message += &format!(": it is {here} here");
        } else if let Some(meant) = nearest(name, items.iter().map(|i| i.name)) {
            message += &format!("; did you mean `{meant}`?");
        }
        message += &format!("\n`pylopsd {}` lists them all", kind.command);
        return Err(CommandFailure::Usage(message));
    };
    say(&if as_json { format!("{:#}\n", item.as_json()) } else { item.text() })
}

impl DocumentedItem {
    fn summary(&self) -> String {
        self.documentation.lines().next().unwrap_or_default().to_string()
    }

    fn as_json(&self) -> Json {
        let keys = self.keys.iter().map(|key| {
            json!({
                "name": key.name,
                "value": key.value,
                "required": key.required,
                "default": key.default,
                "documentation": key.documentation,
            })
        });
        json!({
            "name": self.name,
            "documentation": self.documentation,
            "example": self.example,
            "keys": keys.collect::<Vec<_>>(),
        })
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n\n{}", self.name, wrapped(&self.documentation, 2, WIDTH));
        if !self.keys.is_empty() {
            text += "\nKeys\n";
        }
        for key in &self.keys {
            let need = match (&key.default, key.required) {
                (_, true) => "required".to_string(),
                (Some(value), _) => format!("default {value}"),
                (None, false) => "optional".to_string(),
            };
            text += &format!("  {}  ({}; {need})\n", key.name, key.value);
            text += &wrapped(&key.documentation, 6, WIDTH);
        }
        text += "\nExample\n";
        self.example.lines().for_each(|line| text += &format!("  {line}\n"));
        if !self.common.is_empty() {
            text += &format!("\n{}", wrapped(self.common, 0, WIDTH));
        }
        text
    }
}
