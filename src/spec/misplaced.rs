//! Things that stand in a wrong table, or under a misspelt header: reported once, and read as what
//! they are, so that nothing follows from them.

use super::arrays;
use super::diagnostic::{Diagnostic, Diagnostics, nearest};
use super::node::{Node, NodeValue, ParamTable};
use super::reader::unknown_key;
use super::run::OutputName;
use super::source::Spanned;

/// Tables and keys of a problem file.
const SECTIONS: [&str; 12] = [
    "application",
    "title",
    "dtype",
    "params",
    "arrays",
    "operators",
    "solve",
    "solves",
    "run",
    "outputs",
    "fetch",
    "expect",
];

type Entry = (Spanned<String>, Node);

/// The file with all of it in its place, if anything was not, which is reported.
pub(super) fn mended(root: &ParamTable, out: &mut Diagnostics) -> Option<ParamTable> {
    let before = out.len();
    let mut root = root.clone();
    misspelt_headers(&mut root, out);
    for section in [None, Some("arrays"), Some("operators")] {
        things(&mut root, section, out);
    }
    outputs(&mut root, out);
    (out.len() > before).then_some(root)
}

/// The section that a table belongs to by what it holds.
fn section_of(node: &Node) -> Option<(&'static str, &'static str, String)> {
    let table = node.as_table()?;
    let source = table.keys().find(|key| arrays::is_source(key));
    match (table.get("type"), source) {
        (Some(_), None) => Some(("operators", "an operator", "type".into())),
        (None, Some(source)) => Some(("arrays", "an array", source.into())),
        _ => None,
    }
}

fn misspelt_headers(root: &mut ParamTable, out: &mut Diagnostics) {
    for at in 0..root.entries.len() {
        let (key, node) = &root.entries[at];
        let known = SECTIONS.contains(&key.value.as_str());
        if known || node.as_table().is_none() || section_of(node).is_some() {
            continue;
        }
        let Some(meant) = nearest(&key.value, SECTIONS) else { continue };
        if root.get(meant).is_none() {
            out.push(unknown_key(key, "a problem file", &SECTIONS));
            root.entries[at].0.value = meant.to_string();
        }
    }
}

/// Moves arrays and operators of a table, or of none, to their own.
fn things(root: &mut ParamTable, section: Option<&'static str>, out: &mut Diagnostics) {
    let table = match section {
        None => &mut *root,
        Some(section) => {
            let entry = root.entries.iter_mut().find(|(key, _)| key.value == section);
            match entry.map(|(_, node)| &mut node.value) {
                Some(NodeValue::Table(table)) => table,
                _ => return,
            }
        }
    };
    let (moved, kept) = table.entries.drain(..).partition::<Vec<Entry>, _>(|(key, node)| {
        let own = section.is_none() && SECTIONS.contains(&key.value.as_str());
        !own && section_of(node).is_some_and(|(its, ..)| Some(its) != section)
    });
    table.entries = kept;
    for (key, node) in moved {
        let Some((its, what, mark)) = section_of(&node) else { continue };
        let place = section.map_or("stands in no table".into(), |s| format!("stands in `[{s}]`"));
        let message = format!("`{}` is {what} and {place}", key.value);
        let label = format!("a table with `{mark}` is {what}");
        let mistake = Diagnostic::new(key.span.clone(), message, label);
        out.push(mistake.help(format!("put it under `[{its}]`")));
        let span = key.span.clone();
        if let Some(table) = root.table_mut(its, &span)
            && table.get(&key.value).is_none()
        {
            table.entries.push((key, node));
        }
    }
}

/// `[outputs]` whose header was forgotten below `[solve]` or a regularization.
fn outputs(root: &mut ParamTable, out: &mut Diagnostics) {
    if root.get("outputs").is_some() {
        return;
    }
    let Some((_, solve)) = root.entries.iter_mut().find(|(key, _)| key.value == "solve") else {
        return;
    };
    let NodeValue::Table(solve) = &mut solve.value else { return };
    let mut moved = taken(solve, out);
    let mut above = "[solve]";
    if moved.is_empty() {
        let terms = solve.entries.iter_mut().find(|(key, _)| key.value == "regularization");
        let Some((_, Node { value: NodeValue::Array(terms), .. })) = terms else { return };
        let Some(Node { value: NodeValue::Table(term), .. }) = terms.last_mut() else { return };
        moved = taken(term, out);
        above = "[[solve.regularization]]";
    }
    let Some(span) = moved.first().map(|(key, _)| key.span.clone()) else { return };
    let names: Vec<String> = moved.iter().map(|(key, _)| format!("`{}`", key.value)).collect();
    let (are, keys) = if names.len() == 1 { ("is", "a key") } else { ("are", "keys") };
    let label = format!("{} {are} {keys} of `[outputs]`, not of `{above}`", names.join(", "));
    let mistake = Diagnostic::new(span.clone(), "`[outputs]` is missing", label);
    out.push(mistake.help("write `[outputs]` on the line above"));
    if let Some(outputs) = root.table_mut("outputs", &span) {
        outputs.entries = moved;
    }
}

/// Takes the outputs of a table that the file itself has written there.
fn taken(table: &mut ParamTable, out: &Diagnostics) -> Vec<Entry> {
    let is_output = |(key, _): &Entry| {
        let named = OutputName::ALL.iter().any(|name| name.name() == key.value);
        named && out.source().is_in_file(&key.span)
    };
    let (moved, kept) = table.entries.drain(..).partition(is_output);
    table.entries = kept;
    moved
}
