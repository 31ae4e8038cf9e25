//! A run holds what its plan says, and what the program itself takes: measured against planned for every
//! problem file of `specs/` and `examples/`, and for problems whose arrays are larger than all the rest.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What the program takes beside what is planned for it: code that is touched, stacks, what the allocator
/// keeps. Debug builds take 11 to 20 MB for what the problem files ask for, and 11 MB for a few operators.
const PROGRAM: u64 = 30_000_000;
const FEW_OPERATORS: u64 = 22_000_000;
/// Bytes of an array of the larger problems: with one that the plan forgets, more than `FEW_OPERATORS`.
const ARRAY: u64 = 1500 * 1500 * 8;

/// What a solve plans, or what is wrong with what it holds.
fn solve(file: &Path, options: &[&str], program: u64) -> Result<u64, String> {
    let (name, out) = (file.display(), TempDir::new().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_pylopsd"));
    command.args(["solve", "--json", "--threads", "2", "--out-dir"]).arg(out.path());
    let ran = command.args(options).arg(file).output().unwrap();
    if !ran.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&ran.stderr)));
    }
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let bytes = |key: &str| report["memory"][key].as_u64().ok_or(format!("{name}: no {key}"));
    let (planned, peak) = (bytes("planned_bytes")?, bytes("peak_bytes")?);
    if peak > planned + program {
        return Err(format!("{name} holds {peak} bytes where {planned} are planned"));
    }
    Ok(planned)
}

fn problems() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = |folder: PathBuf| {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let mut files = list(root.join("specs"));
    files.extend(list(root.join("examples")).into_iter().filter(|p| p.is_dir()).flat_map(list));
    files.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    let runs = |l: &str| l == "[solve]" || l == "[outputs]";
    files.retain(|p| std::fs::read_to_string(p).unwrap().lines().any(runs));
    assert!(files.len() >= 18, "problem files have moved: {}", files.len());
    files
}

#[test]
fn problem_files_hold_what_is_planned() {
    let problems = problems();
    let wrong: Vec<String> =
        problems.iter().filter_map(|file| solve(file, &[], PROGRAM).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Solves a problem of large arrays, of which it must plan so many at least.
#[track_caller]
fn large(arrays: u64, options: &[&str], problem: &str) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("problem.toml");
    std::fs::write(&file, problem).unwrap();
    match solve(&file, options, FEW_OPERATORS) {
        Err(wrong) => panic!("{wrong}\n{problem}"),
        Ok(planned) => assert!(planned >= arrays * ARRAY, "{planned} bytes are planned\n{problem}"),
    }
}

const ITERATIONS: &str =
    "[solve]\noperator = \"A\"\ndata = \"d\"\nsolver = \"cgls\"\nniter = 1\ntol = 0.0\n";

#[test]
fn arrays_and_vectors_are_planned() {
    let arrays = "[arrays]\nw = { random = { shape = [1500, 1500], seed = 1 } }\n\
                  d = { random = { shape = [1500, 1500], seed = 2 } }\n";
    let operator = "[operators]\nA = { type = \"Diagonal\", diag = \"w\" }\n";
    let problem = format!("{arrays}{operator}{ITERATIONS}");
    for options in [&[][..], &["--ranks", "2"]] {
        large(6, options, &problem);
    }
}

#[test]
fn arrays_between_stages_are_planned() {
    let data = "[arrays]\nd = { random = { shape = [1500, 1500], seed = 2 } }\n";
    let derivative = |axis: usize| {
        format!("D{axis} = {{ type = \"FirstDerivative\", dims = [1500, 1500], axis = {axis} }}\n")
    };
    let operators =
        format!("[operators]\n{}{}A = \"D0 @ D1 @ D0 + D1 @ D1\"\n", derivative(0), derivative(1));
    large(6, &[], &format!("{data}{operators}{ITERATIONS}"));
}
