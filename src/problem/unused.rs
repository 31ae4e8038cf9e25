//! What of a file nothing uses: who asks for what, and what nobody asks for who is asked for himself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::Names;
use crate::spec::{Diagnostic, Document, ExpectSpec, NodeValue, Span, Spanned, TomlNode};

/// A kind of thing that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ThingKind {
    Param,
    Array,
    Operator,
    Solve,
}

impl ThingKind {
    /// The word for one, and the table that defines it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            ThingKind::Param => ("parameter", "params"),
            ThingKind::Array => ("array", "arrays"),
            ThingKind::Operator => ("operator", "operators"),
            ThingKind::Solve => ("solve", "solves"),
        }
    }
}

/// A thing of the file.
pub(super) type Thing = (ThingKind, String);

/// What each thing asks for. Under `None` is what the file asks for by itself: `[solve]`, outputs,
/// expectations, an application.
#[derive(Debug, Default)]
pub(super) struct Uses(BTreeMap<Option<Thing>, BTreeSet<Thing>>);

impl Uses {
    /// Notes that something asks for a thing.
    pub(super) fn note(&mut self, user: Option<Thing>, thing: Thing) {
        self.0.entry(user).or_default().insert(thing);
    }

    /// Takes over what has been noted of a smaller document.
    pub(super) fn append(&mut self, other: Uses) {
        for (user, things) in other.0 {
            self.0.entry(user).or_default().extend(things);
        }
    }

    /// Notes the params that formulas of a document name, as far as they were read as numbers.
    pub(super) fn note_params(&mut self, document: &Document) {
        let param = |name: &String| (ThingKind::Param, name.clone());
        for (user, names) in &document.param_uses {
            names.iter().for_each(|name| self.note(Some(param(user)), param(name)));
        }
        for (section, node) in &document.root.entries {
            let kind = match section.value.as_str() {
                "params" => continue,
                "arrays" => Some(ThingKind::Array),
                "operators" => Some(ThingKind::Operator),
                "solves" => Some(ThingKind::Solve),
                _ => None,
            };
            let things = node.as_table().map_or(&[][..], |table| &table.entries);
            match kind {
                None => self.note_read(None, node),
                Some(kind) => things.iter().for_each(|(name, node)| {
                    self.note_read(Some((kind, name.value.clone())), node);
                }),
            }
        }
    }

    fn note_read(&mut self, user: Option<Thing>, node: &TomlNode) {
        match &node.value {
            NodeValue::Array(items) => {
                items.iter().for_each(|item| self.note_read(user.clone(), item));
            }
            NodeValue::Table(table) => {
                table.entries.iter().for_each(|(_, node)| self.note_read(user.clone(), node));
            }
            _ => {
                for name in node.read_formula().into_iter().flat_map(|read| read.params) {
                    self.note(user.clone(), (ThingKind::Param, name));
                }
            }
        }
    }

    /// All that the file asks for, through whatever lies between.
    fn reached(&self) -> BTreeSet<&Thing> {
        let asked = |user: &Option<Thing>| self.0.get(user).into_iter().flatten();
        let mut reached = BTreeSet::new();
        let mut open: Vec<&Thing> = asked(&None).collect();
        while let Some(thing) = open.pop() {
            if reached.insert(thing) {
                open.extend(asked(&Some(thing.clone())));
            }
        }
        reached
    }

    /// Who asks for each thing.
    fn users(&self) -> BTreeMap<&Thing, Vec<&Thing>> {
        let mut users: BTreeMap<&Thing, Vec<&Thing>> = BTreeMap::new();
        for (user, things) in &self.0 {
            let Some(user) = user else { continue };
            things.iter().for_each(|thing| users.entry(thing).or_default().push(user));
        }
        users
    }
}

/// A warning for each param, array, operator and further solve that nothing asks for, and for each that
/// the command line sets and only such ones ask for. `written` is the file as it was written, before an
/// application has added to it.
pub(super) fn warnings(document: &Document, written: &Document, names: &Names) -> Vec<Diagnostic> {
    // Operators of a file that solves nothing are for `apply` and `dottest`, which may ask for its
    // params too.
    if document.solve.is_none() && document.solves.is_empty() && document.outputs.is_empty() {
        return Vec::new();
    }
    // Operators beside a dot test are there to be tested.
    let tested = document.expect.iter().any(ExpectSpec::is_of_dottest);
    let (uses, mut found) = (names.uses(), Vec::new());
    let (reached, users) = (uses.reached(), uses.users());
    // By section and name, what the file says.
    let entries = ["params", "arrays", "operators", "solves"].map(|section| {
        let table = written.root.get(section).and_then(TomlNode::as_table);
        let entries = table.into_iter().flat_map(|table| &table.entries);
        (section, entries.map(|entry| (entry.0.value.as_str(), entry)).collect())
    });
    let entries: HashMap<&str, HashMap<&str, &(Spanned<String>, TomlNode)>> = entries.into();
    let mut look = |kind: ThingKind, name: &str, span: &Span| {
        let thing = (kind, name.to_string());
        if reached.contains(&thing) {
            return;
        }
        let (what, section) = kind.words();
        let set = entries[section].get(name).and_then(|(key, node)| set(&key.span, node, written));
        let users: Vec<String> =
            users.get(&thing).into_iter().flatten().map(|u| shown(u)).collect();
        let only = format!("only named in `[{section}]`");
        let (message, label) = match (kind, &set) {
            (_, Some(_)) => {
                let but = match users.is_empty() {
                    true => String::new(),
                    false => format!(" but {}, which nothing uses", users.join(", ")),
                };
                (format!("nothing uses {what} `{name}`{but}"), "setting it changes nothing".into())
            }
            // It follows from what is said of those.
            (_, None) if !users.is_empty() => return,
            (ThingKind::Operator, None) if tested => return,
            (ThingKind::Operator, None) => {
                (format!("no solve, output or other operator uses `{name}`"), only)
            }
            (ThingKind::Solve, None) => {
                (format!("no output uses solve `{name}`"), "it is not solved".into())
            }
            _ => (format!("nothing uses {what} `{name}`"), only),
        };
        found.push(Diagnostic::new(set.unwrap_or_else(|| span.clone()), message, label));
    };
    written.params.iter().for_each(|(name, _)| look(ThingKind::Param, &name.value, &name.span));
    written.arrays.iter().for_each(|(name, _)| look(ThingKind::Array, &name.value, &name.span));
    written
        .operators
        .iter()
        .for_each(|(name, _)| look(ThingKind::Operator, &name.value, &name.span));
    written.solves.iter().for_each(|(name, _)| look(ThingKind::Solve, &name.value, &name.span));
    found
}

fn shown((kind, name): &Thing) -> String {
    format!("{} `{name}`", kind.words().0)
}

/// Where the command line has set an entry of the file, or a key of it.
fn set(key: &Span, node: &TomlNode, written: &Document) -> Option<Span> {
    if !written.source.is_in_file(key) {
        return Some(key.clone());
    }
    match &node.value {
        NodeValue::Table(table) => {
            table.entries.iter().find_map(|(key, node)| set(&key.span, node, written))
        }
        NodeValue::Array(items) => items.iter().find_map(|item| set(&item.span, item, written)),
        _ => None,
    }
}
