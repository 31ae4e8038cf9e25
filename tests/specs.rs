//! Every problem file of `specs/` and `examples/` runs through the program: its expectations hold, its
//! outputs are the same to the last bit for any number of threads and processes, and every command that
//! only looks at it works.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

#[cfg(feature = "mpi")]
mod common;

/// Options of runs that must give the same bits as the first.
const RUNS: &[&[&str]] = &[
    &["--threads", "1"],
    &["--threads", "2"],
    &["--threads", "5"],
    &["--threads", "1", "--ranks", "2"],
    &["--threads", "2", "--ranks", "3"],
    &["--threads", "1", "--ranks", "7"],
    #[cfg(feature = "mpi")]
    &["--threads", "1", "--hosts", "localhost:2"],
    #[cfg(feature = "mpi")]
    &["--threads", "2", "--hosts", "localhost:3"],
    #[cfg(feature = "mpi")]
    &["--threads", "1", "--hosts", "localhost:4"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    files
}

/// All problem files, relative to the project.
fn problems() -> Vec<PathBuf> {
    let mut files = toml_files(&root().join("specs"));
    let mut examples: Vec<PathBuf> =
        fs::read_dir(root().join("examples")).unwrap().map(|e| e.unwrap().path()).collect();
    examples.sort();
    files.extend(examples.iter().flat_map(|folder| toml_files(folder)));
    assert!(files.len() >= 18, "problem files have moved: {}", files.len());
    files.iter().map(|f| f.strip_prefix(root()).unwrap().to_path_buf()).collect()
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pylopsd"));
    command.current_dir(root()).args(arguments).output().unwrap()
}

#[track_caller]
fn succeeds(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(
        output.status.success(),
        "pylopsd {}: {}\n{}{}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "pylopsd {}", arguments.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

fn has(file: &Path, header: &str) -> bool {
    fs::read_to_string(root().join(file)).unwrap().lines().any(|line| line == header)
}

fn solves(file: &Path) -> bool {
    has(file, "[solve]")
}

/// Whether a file solves something, or computes outputs.
fn runs(file: &Path) -> bool {
    solves(file) || has(file, "[outputs]")
}

/// Every array in a folder, with its name.
fn outputs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .filter(|(name, _)| !name.ends_with(".csv"))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect();
    found.sort();
    found
}

#[test]
fn outputs_have_the_same_bits_on_any_number_of_threads_and_processes() {
    let mut wrong = Vec::new();
    for file in problems().iter().filter(|f| runs(f)) {
        let name = file.to_str().unwrap();
        let mut first: Option<Vec<(String, Vec<u8>)>> = None;
        for options in RUNS {
            let folder = TempDir::new().unwrap();
            let out = folder.path().to_str().unwrap();
            succeeds(&[&["solve", name, "--out-dir", out][..], options].concat());
            let found = outputs(folder.path());
            assert!(!found.is_empty(), "{name} writes nothing");
            match &first {
                None => first = Some(found),
                Some(first) => {
                    for ((a, x), (b, y)) in first.iter().zip(&found) {
                        if a != b || x != y {
                            wrong.push(format!("{name} {}: {a} differs", options.join(" ")));
                        }
                    }
                    assert_eq!(first.len(), found.len(), "{name} {options:?}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One process that a launcher started, which joins no others.
#[cfg(feature = "mpi")]
#[test]
fn outputs_have_the_same_bits_in_one_process_of_a_launcher() {
    for file in problems().iter().filter(|f| runs(f)) {
        let (folder, launched) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let words = |folder: &TempDir| {
            let out = folder.path().to_str().unwrap();
            ["solve", file.to_str().unwrap(), "--threads", "2", "--out-dir", out].map(String::from)
        };
        succeeds(&words(&folder).each_ref().map(String::as_str));
        let mut launcher = common::launcher().0;
        launcher.current_dir(root()).args(["-np", "1", env!("CARGO_BIN_EXE_pylopsd")]);
        let output = launcher.args(words(&launched)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(outputs(folder.path()) == outputs(launched.path()), "{}", file.display());
    }
}

#[test]
fn every_problem_is_drawn_checked_and_planned() {
    for file in problems() {
        let name = file.to_str().unwrap();
        let check = succeeds(&["check", "--deny-warnings", name]);
        assert!(check.contains("operators"), "{check}");
        let check: serde_json::Value =
            serde_json::from_str(&succeeds(&["check", name, "--json"])).unwrap();
        assert_eq!(check["command"], "check");
        // Where nothing runs, an operator must be chosen.
        let operator = check["operators"][0]["name"].as_str().unwrap().to_string();
        let chosen: Vec<&str> =
            if runs(&file) { vec![] } else { vec!["--operator", operator.as_str()] };
        for processes in ["1", "2", "3"] {
            let arguments = [&["plan", name, "--processes", processes][..], &chosen].concat();
            assert!(succeeds(&arguments).contains("total"), "{name}");
            let json = succeeds(&[&arguments[..], &["--json"]].concat());
            let plan: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(plan["processes"].as_array().unwrap().len().to_string(), processes);
            let sum = |key: &str, program: &str| -> u64 {
                let list = plan["processes"].as_array().unwrap().iter();
                list.map(|p| p[program][key].as_u64().unwrap()).sum()
            };
            for program in ["forward", "adjoint"] {
                assert_eq!(sum("sent", program), sum("received", program), "{name}");
            }
        }
        for level in ["operators", "plan"] {
            for format in ["text", "dot", "json"] {
                let forward_alone = runs(&file) && !solves(&file);
                let ways: &[&[&str]] = if forward_alone { &[&[]] } else { &[&[], &["--adjoint"]] };
                for adjoint in ways {
                    let arguments = ["graph", name, "--level", level, "--format", format];
                    let text = succeeds(&[&arguments[..], &chosen, *adjoint].concat());
                    match format {
                        "dot" => assert!(text.starts_with("digraph ") && text.ends_with("}\n")),
                        "json" => {
                            serde_json::from_str::<serde_json::Value>(&text).unwrap();
                        }
                        _ => assert!(text.contains("input 0") || !solves(&file), "{text}"),
                    }
                }
            }
        }
    }
}

#[test]
fn all_expectations_hold_and_no_output_stays() {
    let before: Vec<PathBuf> = listing();
    let mut arguments = vec!["test", "specs"];
    let files = problems();
    arguments.extend(files.iter().filter(|f| f.starts_with("examples")).filter_map(|f| f.to_str()));
    let text = succeeds(&arguments);
    let last = text.lines().last().unwrap();
    let wanted = format!("{} files, all ok, in ", files.len());
    assert!(last.starts_with(&wanted), "{text}");
    assert!(!text.contains("nothing is expected"), "every spec has an expectation:\n{text}");
    assert_eq!(listing(), before);
}

fn listing() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(root().join("specs")).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn every_operator_passes_its_dot_test() {
    for file in problems() {
        let text = succeeds(&["dottest", file.to_str().unwrap(), "--trials", "1"]);
        assert!(text.contains("  ok "), "{text}");
    }
}

#[test]
fn what_the_problem_files_write_is_no_file_of_the_repository() {
    let git = |arguments: &[&str]| {
        let done = Command::new("git").current_dir(root()).args(arguments).output();
        done.ok().filter(|output| output.status.success() || output.status.code() == Some(1))
    };
    if git(&["rev-parse", "--git-dir"]).is_none_or(|output| !output.status.success()) {
        return; // These are sources without their history.
    }
    let mut files = problems();
    let real = root().join("examples/marchenko/real");
    files.extend(toml_files(&real).iter().map(|f| f.strip_prefix(root()).unwrap().to_path_buf()));
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(root().join(&file)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let outputs = table.get("outputs").and_then(toml::Value::as_table).into_iter().flatten();
        for (name, output) in outputs {
            let path = output.as_str().or(output.get("path").and_then(toml::Value::as_str));
            let path = file.parent().unwrap().join(path.unwrap());
            let path = path.to_str().unwrap();
            // Exit code 1 says that nothing ignores it.
            let ignored = git(&["check-ignore", "-q", "--no-index", path]).unwrap();
            if !ignored.status.success() {
                wrong.push(format!("{}: output `{name}` leaves {path}", file.display()));
            }
        }
        for fetched in table.get("fetch").and_then(toml::Value::as_table).into_iter().flatten() {
            let path = file.parent().unwrap().join(fetched.0);
            let ignored =
                git(&["check-ignore", "-q", "--no-index", path.to_str().unwrap()]).unwrap();
            assert!(ignored.status.success(), "{} is fetched and not ignored", path.display());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
