//! The rules of the house that can be read off the source: imports run one way, only the command line
//! prints, and operators hold neither an adjoint nor threads.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, from the foundation upwards: each imports only itself and those before it.
const ROOMS: [&str; 16] = [
    "scalar",
    "space",
    "view",
    "io",
    "spec",
    "kernels",
    "graph",
    "plan",
    "engine",
    "synthetics",
    "operators",
    "solvers",
    "problem",
    "run",
    "report",
    "cli",
];

/// Macros, which stand at the root of the crate, and the rooms that they belong to.
const MACROS: [(&str, &str); 3] =
    [("with_dtype", "scalar"), ("with_view", "view"), ("map_view", "view")];

fn sources() -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &mut found);
    found.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path.strip_prefix(&root).unwrap().to_path_buf(), text)
    };
    found.into_iter().map(read).collect()
}

/// The room of a file; none for `main.rs` and `lib.rs`, which stand above all.
fn room(path: &Path) -> Option<usize> {
    let first = path.components().next()?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    ROOMS.iter().position(|r| *r == name)
}

/// A text without comments, line by line. Good enough for this crate: no `//` stands in code that
/// imports anything.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(k, line)| (k + 1, line.split("//").next().unwrap_or("")))
}

/// The names right after every `crate::`, those in braces too.
fn names(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let lines: Vec<(usize, &str)> = code(text).collect();
    let whole: String = lines.iter().flat_map(|(_, line)| [*line, "\n"]).collect();
    for (at, _) in whole.match_indices("crate::") {
        let number = whole[..at].matches('\n').count() + 1;
        let rest = &whole[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut start = true;
            for (k, c) in group.char_indices() {
                match c {
                    '}' if depth == 0 => break,
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && !c.is_whitespace() => {
                        found.push((number, word(&group[k..])));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            found.push((number, word(rest)));
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Imports of a file that run the wrong way.
fn wrong_imports(path: &Path, text: &str) -> Vec<String> {
    let Some(own) = room(path) else { return Vec::new() };
    let mut wrong = Vec::new();
    for (line, name) in names(text) {
        let name = MACROS.iter().find(|(m, _)| *m == name).map_or(name, |(_, r)| r.to_string());
        let place = format!("src/{}:{line}", path.display());
        match ROOMS.iter().position(|r| *r == name) {
            None => wrong.push(format!("{place}: `{name}` is no room")),
            Some(other) if other > own => {
                wrong.push(format!("{place}: {} imports {name}, which is above it", ROOMS[own]));
            }
            Some(_) => {}
        }
    }
    // More `super` than there are modules around would leave the room.
    let modules = path.components().count() - usize::from(path.ends_with("mod.rs"));
    for (line, text) in code(text) {
        if text.contains(&"super::".repeat(modules)) && !text.trim_start().starts_with("pub(") {
            let inner = text.starts_with("    ");
            let chain = "super::".repeat(modules + usize::from(inner));
            if text.contains(&chain) {
                let place = format!("src/{}:{line}", path.display());
                wrong.push(format!("{place}: `super` leaves the room; write `crate::`"));
            }
        }
    }
    wrong
}

#[test]
fn imports_run_one_way() {
    let wrong: Vec<String> =
        sources().iter().flat_map(|(path, text)| wrong_imports(path, text)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_order() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let mut declared: Vec<&str> =
        lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut rooms = ROOMS.to_vec();
    declared.sort_unstable();
    rooms.sort_unstable();
    assert_eq!(declared, rooms);
}

#[test]
fn planted_wrong_imports_are_caught() {
    let caught = |path: &str, text: &str| wrong_imports(Path::new(path), text);
    let one = caught("graph/node.rs", "use crate::space::Grid;\nuse crate::engine::Store;\n");
    assert_eq!(one, ["src/graph/node.rs:2: graph imports engine, which is above it"]);
    let grouped = "use crate::{\n    scalar::{DType, C128},\n    cli::Failure,\n};\n";
    assert_eq!(
        caught("io/mod.rs", grouped),
        ["src/io/mod.rs:1: io imports cli, which is above it"]
    );
    let inline = "fn f() { let x: crate::report::Progress; }";
    assert_eq!(caught("solvers/cg.rs", inline).len(), 1);
    assert_eq!(caught("scalar.rs", "use crate::with_view;").len(), 1);
    assert_eq!(caught("space.rs", "use super::engine::Store;").len(), 1);
    assert_eq!(caught("plan/build.rs", "use super::super::engine::Store;").len(), 1);
    assert!(caught("plan/build.rs", "use super::Tiles; // crate::cli\n").is_empty());
    assert!(caught("main.rs", "use pylopsd::cli; use crate::cli;").is_empty());
    assert_eq!(caught("kernels/fft.rs", "use crate::elsewhere::X;").len(), 1);
}

#[test]
fn only_the_command_line_prints() {
    for (path, text) in sources() {
        if room(&path).is_none_or(|r| ROOMS[r] == "cli") {
            continue;
        }
        for (line, text) in code(&text) {
            for name in ["print!", "println!", "eprint!", "eprintln!", "dbg!"] {
                let called = text.match_indices(name).any(|(at, _)| {
                    !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                });
                assert!(!called, "src/{}:{line} prints", path.display());
            }
        }
    }
}

#[test]
fn operators_hold_no_adjoint_and_no_threads() {
    let mut seen = 0;
    for (path, text) in sources() {
        if room(&path).is_none_or(|r| ROOMS[r] != "operators") || path.ends_with("tests.rs") {
            continue;
        }
        seen += 1;
        for (line, text) in code(&text) {
            for word in ["fn adjoint(", "rayon", "std::thread"] {
                assert!(!text.contains(word), "src/{}:{line} has `{word}`", path.display());
            }
        }
    }
    assert!(seen > 30, "operators have moved: {seen} files");
}
