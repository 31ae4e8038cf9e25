//! A run holds what its plan says, and what the program itself takes: measured against planned for every
//! problem file of `specs/` and `examples/`, and for problems whose arrays are larger than all the rest.

mod common;

use std::path::{Path, PathBuf};

use common::{Folder, Ran};

/// What the program takes beside what is planned for it: code that is touched, stacks, what the allocator
/// keeps. Debug builds take 11 to 20 MB for what the problem files ask for, and 11 MB for a few operators.
const PROGRAM: u64 = 30_000_000;
const FEW_OPERATORS: u64 = 22_000_000;
/// Bytes of an array of the larger problems: with one that the plan forgets, more than `FEW_OPERATORS`.
const ARRAY: u64 = 1500 * 1500 * 8;

/// What is wrong with the memory of a run that ended with `--json`; planned bytes if nothing is.
fn held(name: &str, ran: &Ran, program: u64) -> Result<u64, String> {
    if ran.code != Some(0) {
        return Err(format!("{name}: {}", ran.stderr));
    }
    let memory = &ran.json()["memory"];
    let bytes = |key: &str| memory[key].as_u64().ok_or(format!("{name} does not tell {key}"));
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
    let solves = |p: &PathBuf| std::fs::read_to_string(p).unwrap().lines().any(|l| l == "[solve]");
    files.retain(solves);
    assert!(files.len() >= 18, "problem files have moved: {}", files.len());
    files
}

#[test]
fn problem_files_hold_what_is_planned() {
    let mut wrong = Vec::new();
    for file in problems() {
        let name = file.to_str().unwrap();
        let folder = Folder::of("");
        let ran =
            folder.ran_with(&["solve", name, "--json", "--threads", "2", "--out-dir", "."], &[]);
        wrong.extend(held(name, &ran, PROGRAM).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Solves a problem of large arrays, of which it must plan so many at least.
#[track_caller]
fn large(name: &str, arrays: u64, options: &str, problem: &str) {
    let ran = Folder::of(problem).ran(&format!("solve problem.toml --json --threads 2 {options}"));
    match held(name, &ran, FEW_OPERATORS) {
        Err(wrong) => panic!("{wrong}"),
        Ok(planned) => assert!(planned >= arrays * ARRAY, "{name} plans {planned} bytes"),
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
    for options in ["", "--ranks 2"] {
        large("a diagonal", 6, options, &problem);
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
    large("derivatives", 6, "", &format!("{data}{operators}{ITERATIONS}"));
}
