//! Things that stand in a wrong table, or under a misspelt header: reported once, and read as what
//! they are, so that nothing follows from them.

use super::arrays;
use super::diagnostic::{Diagnostic, Diagnostics, nearest};
use super::node::{NodeValue, ParamTable, TomlNode};
use super::reader::unknown_key;
use super::run::OutputName;
use super::source::Spanned;

/// Tables and keys of a problem file.
pub(super) const SECTIONS: [&str; 12] = [
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

type Entry = (Spanned<String>, TomlNode);

/// The file with all of it in its place, if anything was not, which is reported.
pub(super) fn mended(root: &ParamTable, out: &mut Diagnostics) -> Option<ParamTable> {
    let before = out.len();
    let mut root = root.clone();
    misspelt_headers(&mut root, out);
    for section in [None, Some("arrays"), Some("operators")] {
        things(&mut root, section, out);
        numbers(&mut root, section, out);
    }
    outputs(&mut root, out);
    (out.len() > before).then_some(root)
}

/// The section that a table belongs to by what it holds.
fn section_of(node: &TomlNode) -> Option<(&'static str, &'static str, String)> {
    let table = node.as_table()?;
    let source = table.keys().find(|key| arrays::is_source(key));
    match (table.get("type"), source) {
        (Some(_), None) => Some(("operators", "an operator", "type".into())),
        (None, Some(source)) => Some(("arrays", "an array", source.into())),
        _ => None,
    }
}

fn misspelt_headers(root: &mut ParamTable, out: &mut Diagnostics) {
    for at in (0..root.entries.len()).rev() {
        let (key, node) = &root.entries[at];
        let known = SECTIONS.contains(&key.value.as_str());
        if known || node.as_table().is_none() || section_of(node).is_some() {
            continue;
        }
        let Some(meant) = nearest(&key.value, SECTIONS) else { continue };
        let there = root.get(meant).map(TomlNode::as_table);
        let apart = |there: &ParamTable| {
            node.as_table().is_some_and(|table| table.keys().all(|key| there.get(key).is_none()))
        };
        match there {
            None => {
                out.push(unknown_key(key, "a problem file", &SECTIONS));
                root.entries[at].0.value = meant.to_string();
            }
            // Part of it stands under the right header, as `[[solve.regularization]]` does.
            Some(Some(there)) if apart(there) => {
                out.push(unknown_key(key, "a problem file", &SECTIONS));
                let (key, node) = root.entries.remove(at);
                if let (NodeValue::Table(part), Some(there)) =
                    (node.value, root.table_mut(meant, &key.span))
                {
                    there.entries.extend(part.entries);
                }
            }
            Some(_) => {}
        }
    }
}

/// Moves numbers that expressions name to `[params]`, whose header was forgotten.
fn numbers(root: &mut ParamTable, section: Option<&'static str>, out: &mut Diagnostics) {
    let headed = root.get("params").is_some();
    let words: Vec<String> = root.entries.iter().flat_map(|(_, node)| words(node)).collect();
    let Some(table) = table_of(root, section) else { return };
    let is_param = |(key, node): &Entry| {
        let number = matches!(node.value, NodeValue::Integer(_) | NodeValue::Float(_));
        number && words.contains(&key.value)
    };
    let (moved, kept) = table.entries.drain(..).partition::<Vec<Entry>, _>(is_param);
    table.entries = kept;
    let Some(span) = moved.first().map(|(key, _)| key.span.clone()) else { return };
    let names: Vec<String> = moved.iter().map(|(key, _)| format!("`{}`", key.value)).collect();
    let are = if names.len() == 1 { "is a number" } else { "are numbers" };
    let not = section.map_or(String::new(), |section| format!(", not of `[{section}]`"));
    let label = format!("{} {are} of `[params]`{not}", names.join(", "));
    out.push(match headed {
        true => Diagnostic::new(span.clone(), "a parameter is in the wrong place", label)
            .help("put it under `[params]`"),
        false => Diagnostic::new(span.clone(), "`[params]` is missing", label)
            .help("write `[params]` on the line above"),
    });
    if let Some(params) = root.table_mut("params", &span) {
        params.entries.extend(moved);
    }
}

/// The words of all strings of a value.
fn words(node: &TomlNode) -> Vec<String> {
    match &node.value {
        NodeValue::String(text, _) => {
            let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            words.filter(|word| !word.is_empty()).map(str::to_string).collect()
        }
        NodeValue::Array(items) => items.iter().flat_map(words).collect(),
        NodeValue::Table(table) => table.entries.iter().flat_map(|(_, node)| words(node)).collect(),
        _ => Vec::new(),
    }
}

/// A table of the file, or the file itself.
pub(super) fn table_of<'a>(
    root: &'a mut ParamTable,
    section: Option<&'static str>,
) -> Option<&'a mut ParamTable> {
    let Some(section) = section else { return Some(root) };
    let entry = root.entries.iter_mut().find(|(key, _)| key.value == section);
    match entry.map(|(_, node)| &mut node.value) {
        Some(NodeValue::Table(table)) => Some(table),
        _ => None,
    }
}

/// Moves arrays and operators of a table, or of none, to their own.
fn things(root: &mut ParamTable, section: Option<&'static str>, out: &mut Diagnostics) {
    let Some(table) = table_of(root, section) else { return };
    let (moved, kept) = table.entries.drain(..).partition::<Vec<Entry>, _>(|(key, node)| {
        let own = section.is_none() && SECTIONS.contains(&key.value.as_str());
        !own && section_of(node).is_some_and(|(its, ..)| Some(its) != section)
    });
    table.entries = kept;
    for (key, node) in moved {
        let Some((its, what, mark)) = section_of(&node) else { continue };
        let place = section.map_or("is in no table".into(), |s| format!("is in `[{s}]`"));
        let message = format!("`{}` is {what}, but {place}", key.value);
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
        let Some((_, TomlNode { value: NodeValue::Array(terms), .. })) = terms else { return };
        let Some(TomlNode { value: NodeValue::Table(term), .. }) = terms.last_mut() else { return };
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
