//! An `[application]` or `[solve]` whose header was forgotten: its keys then belong to the table above
//! them.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::misplaced::{SECTIONS, table_of};
use super::node::{NodeValue, ParamTable, TomlNode};
use super::solve::COMMON;
use super::source::Spanned;

/// Parameters of solvers, which also belong in `[solve]`.
const PARAMETERS: [&str; 12] = [
    "atol",
    "btol",
    "columns",
    "conlim",
    "damp",
    "iter_lim",
    "maxiter",
    "niter",
    "rtol",
    "show",
    "tol",
    "tolerance",
];

/// Tables that may precede a forgotten header.
const ABOVE: [&str; 6] = ["params", "arrays", "operators", "application", "outputs", "run"];

/// Where the keys of `[solve]` are: in which table, and from which entry on.
struct Stray {
    table: Option<&'static str>,
    from: usize,
}

fn is_key(key: &str) -> bool {
    COMMON.contains(&key) || PARAMETERS.contains(&key)
}

fn stray(root: &ParamTable) -> Option<Stray> {
    let solve = root.get("solve").map(|node| node.as_table());
    let partial = root.get("application").is_some();
    let headed = |table: &ParamTable| {
        ["operator", "data", "solver"].iter().any(|key| table.get(key).is_some())
    };
    match solve {
        Some(None) => return None,
        Some(Some(table)) if headed(table) => return None,
        _ => {}
    }
    // Several keys in a row, the first of which names an operator, data or a solver.
    let first = |table: &ParamTable, keys: &[&str], least: usize| {
        let begins = |key: &str, node: &TomlNode| keys.contains(&key) && node.as_table().is_none();
        let from = table.entries.iter().position(|(key, node)| begins(&key.value, node))?;
        let count = table.entries[from..].iter().filter(|(key, _)| is_key(&key.value)).count();
        (count >= least).then_some(from)
    };
    let heads = ["operator", "data", "solver"];
    if let Some(from) = first(root, &[&heads[..], &PARAMETERS].concat(), 1) {
        return Some(Stray { table: None, from });
    }
    ABOVE.into_iter().find_map(|name| {
        let table = root.get(name)?.as_table()?;
        let keys = if name == "application" { &heads[2..] } else { &heads[..] };
        let least = if partial { 1 } else { 2 };
        Some(Stray { table: Some(name), from: first(table, keys, least)? })
    })
}

/// The file with both headers above their keys, if one was forgotten, which is reported.
pub(super) fn mended(root: &ParamTable, out: &mut Diagnostics) -> Option<ParamTable> {
    let with = application(root, out);
    solve(with.as_ref().unwrap_or(root), out).or(with)
}

/// `[application]` begins with its `type`, which is a word: nothing else of these tables is.
fn application(root: &ParamTable, out: &mut Diagnostics) -> Option<ParamTable> {
    if root.get("application").is_some() {
        return None;
    }
    let mut root = root.clone();
    let is_type = |table: &ParamTable| {
        let at = table.entries.iter().position(|(key, _)| key.value == "type")?;
        // An operator may have that name.
        let of = table.entries[at].1.as_str()?;
        table.get(of).is_none().then_some(at)
    };
    let above = [None, Some("params"), Some("arrays"), Some("operators"), Some("run")];
    let moved = above.into_iter().find_map(|section| {
        let table = table_of(&mut root, section)?;
        let from = is_type(table)?;
        let mut moved = table.entries.split_off(from);
        let stays = |(key, node): &mut (_, TomlNode)| {
            let key: &Spanned<String> = key;
            node.as_table().is_some() || (section.is_none() && SECTIONS.contains(&&*key.value))
        };
        table.entries.extend(moved.extract_if(.., stays));
        Some(moved)
    })?;
    let span = moved.first()?.0.span.clone();
    let label = "this looks like an application";
    let mistake = Diagnostic::new(span.clone(), "`[application]` is missing", label);
    out.push(mistake.help("write `[application]` on the line above"));
    let table = root.table_mut("application", &span)?;
    table.entries = moved;
    Some(root)
}

/// The same of `[solve]`.
fn solve(root: &ParamTable, out: &mut Diagnostics) -> Option<ParamTable> {
    let stray = stray(root)?;
    let mut root = root.clone();
    let table = table_of(&mut root, stray.table)?;
    // A number is no array and no operator, so a misspelt key of `[solve]`.
    let plain = matches!(stray.table, Some("arrays" | "operators"));
    let is_plain = |node: &TomlNode| {
        use NodeValue::{Boolean, Float, Integer};
        plain && matches!(node.value, Integer(_) | Float(_) | Boolean(_))
    };
    let kept = table.entries.drain(..).enumerate().partition::<Vec<_>, _>(|(k, (key, node))| {
        let inner = node.as_table().is_some() && stray.table.is_some();
        *k < stray.from || inner || !(is_key(&key.value) || is_plain(node))
    });
    table.entries = kept.0.into_iter().map(|(_, entry)| entry).collect();
    let moved: Vec<_> = kept.1.into_iter().map(|(_, entry)| entry).collect();
    let span = moved.first()?.0.span.clone();
    let names: Vec<String> = moved.iter().map(|(key, _)| format!("`{}`", key.value)).collect();
    let (are, keys) = if names.len() == 1 { ("is", "a key") } else { ("are", "keys") };
    let label = match stray.table {
        Some(above) => {
            format!("{} {are} {keys} of `[solve]`, not of `[{above}]`", names.join(", "))
        }
        None => format!("{} {are} {keys} of `[solve]`", names.join(", ")),
    };
    let mistake = Diagnostic::new(span.clone(), "`[solve]` is missing", label);
    out.push(mistake.help("write `[solve]` on the line above"));
    let solve = root.table_mut("solve", &span)?;
    solve.head = span;
    for entry in moved {
        if solve.get(&entry.0.value).is_none() {
            solve.entries.push(entry);
        }
    }
    Some(root)
}
