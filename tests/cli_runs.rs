//! Pipelines, overrides, `--json`, and what an interrupt leaves.

mod common;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Folder, LONG, npy};

const PROBLEM: &str = r#"
[params]
two = 2.0

[arrays]
d = { values = [2.0, 4.0, 6.0, 8.0] }

[operators]
S = { type = "CausalIntegration", dims = 4 }
B = "two * S"

[solve]
operator = "B"
data     = "d"
solver   = "cgls"
niter    = 20
tol      = 1e-24

[outputs]
model    = "m.npy"
residual = { path = "r.npy", dtype = "float32" }

[[expect]]
quantity = "relative_residual"
max      = 1e-10
"#;

#[test]
fn commands_make_pipelines() {
    let folder = Folder::of(PROBLEM);
    folder.put("x.npy", &npy(&[1.0, 0.0, 0.0, 1.0]));
    let forward = folder.ran("apply problem.toml --input x.npy --output -");
    assert_eq!((forward.code, forward.stderr.as_str()), (Some(0), ""));
    assert_eq!(forward.stdout, npy(&[2.0, 2.0, 2.0, 4.0]), "nothing but the array");
    let arguments = ["apply", "problem.toml", "--adjoint", "--input", "-", "--output", "-"];
    let back = folder.ran_with(&arguments, &forward.stdout);
    assert_eq!(back.stdout, npy(&[20.0, 16.0, 12.0, 8.0]));
    let info = folder.ran_with(&["info", "-"], &back.stdout);
    assert!(info.text().starts_with("standard input\n  shape     (4,)\n"), "{}", info.text());
    let compared = folder.ran_with(&["compare", "-", "x.npy"], &back.stdout);
    assert_eq!(compared.code, Some(3));
    // A stream that breaks off.
    let cut = folder.ran_with(&arguments, &forward.stdout[..forward.stdout.len() - 3]);
    cut.is(
        2,
        "",
        "error: cannot read standard input: it ended after 29 bytes of data; its header promises \
         32 ((4,) float64); did the program that writes it fail?",
    );
    // As an input and an output of a solve.
    let piped = PROBLEM.replace("values = [2.0, 4.0, 6.0, 8.0]", "file = \"-\"");
    folder.put("problem.toml", piped.replace("\"m.npy\"", "\"-\"").as_bytes());
    let solved = folder.ran_with(&["solve", "problem.toml"], &npy(&[2.0, 4.0, 6.0, 8.0]));
    assert_eq!((solved.code, solved.stderr.as_str()), (Some(0), ""));
    assert_eq!(solved.stdout.len(), npy(&[0.0; 4]).len(), "{}", solved.text());
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let folder = Folder::of(PROBLEM);
    let mut child = Command::new(env!("CARGO_BIN_EXE_pylopsd"))
        .current_dir(folder.path())
        .args(["ops"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn any_key_can_be_set() {
    let folder = Folder::of(PROBLEM);
    let x = |arguments: &str| {
        folder.ran(arguments);
        folder.bytes("m.npy")
    };
    let one = x("solve problem.toml");
    let other = x("solve problem.toml --set params.two=4");
    assert_ne!(one, other);
    let niter = folder.ran("solve problem.toml --set solve.niter=1 --json").json();
    assert_eq!(niter["solver"]["iterations"], 1);
    let title = folder.ran("check problem.toml --set title=\"Other\" --json").json();
    assert_eq!(title["title"], "Other");
}

#[test]
fn json_has_the_fields_of_the_manual() {
    let folder = Folder::of(PROBLEM);
    let ran = folder.ran("solve problem.toml --json --threads 1");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let found = ran.json();
    let keys =
        |v: &serde_json::Value| -> Vec<String> { v.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(
        keys(&found),
        [
            "command",
            "file",
            "operator",
            "solver",
            "timings",
            "memory",
            "processes",
            "threads",
            "outputs",
            "expectations",
            "warnings"
        ]
    );
    assert_eq!(keys(&found["operator"]), ["name", "dims", "dimsd", "dtype", "dtype_data"]);
    for key in ["name", "iterations", "status", "residual_norm", "cost"] {
        assert!(!found["solver"][key].is_null(), "{key}");
    }
    assert_eq!(keys(&found["memory"]), ["planned_bytes", "peak_bytes"]);
    assert_eq!((found["processes"].as_u64(), found["threads"].as_u64()), (Some(1), Some(1)));
    let residual = &found["outputs"][1];
    assert_eq!(residual["path"], "r.npy");
    assert_eq!(residual["dtype"], "float32");
    assert_eq!(residual["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(found["expectations"][0]["holds"], true);
    // Every command's JSON is one object, or a list for the catalogues.
    let list = [
        "apply problem.toml --adjoint --json",
        "dottest problem.toml --json",
        "check problem.toml --json",
        "plan problem.toml --json",
        "test problem.toml --json",
        "info m.npy --json",
        "compare m.npy m.npy --json",
    ];
    for arguments in list {
        let ran = folder.ran(arguments);
        let command = arguments.split(' ').next().unwrap();
        assert_eq!(ran.json()["command"], command, "{arguments}");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments}");
    }
}

/// What an interrupted run cannot meet.
const ALL_ITERATIONS: &str = "[[expect]]\nquantity = \"status\"\nequals = \"niter\"\n";

/// Starts a command in the folder, interrupts it after a moment, and says how it ended.
fn interrupted(folder: &Folder, arguments: &[&str]) -> std::process::Output {
    let child = Command::new(env!("CARGO_BIN_EXE_pylopsd"))
        .current_dir(folder.path())
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success(), "the run had ended before it could be interrupted");
    let start = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "it took {:?} to stop", start.elapsed());
    output
}

#[test]
fn an_interrupt_ends_a_solve_after_the_iteration() {
    for ranks in ["1", "3"] {
        let folder = Folder::of(&(LONG.to_string() + ALL_ITERATIONS));
        let output = interrupted(&folder, &["solve", "problem.toml", "--ranks", ranks]);
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        assert_eq!(output.status.code(), Some(130), "{out}{err}");
        assert_eq!(err, "interrupted\n");
        assert!(out.contains(" iteration") && out.contains(", interrupted\n"), "{out}");
        let names: Vec<String> = folder.all().into_keys().collect();
        assert_eq!(names, ["m.npy", "problem.toml"], "the model is written, nothing else is left");
        let info = folder.ran("info m.npy --json").json();
        assert_eq!(info["arrays"][0]["shape"], serde_json::json!([2000000]));
        assert_ne!(info["arrays"][0]["norm"], 0.0);
    }
}

#[test]
fn an_interrupt_ends_a_test_run() {
    let folder = Folder::of(&(LONG.to_string() + ALL_ITERATIONS));
    let before = folder.all();
    let output = interrupted(&folder, &["test", "problem.toml", "problem.toml"]);
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "interrupted\n");
    assert_eq!(folder.all(), before);
}

#[test]
fn direct_solves_operators_that_are_linear_over_the_reals_only() {
    let folder = Folder::of(
        r#"
[arrays]
d = { values = ["1+2j", "3-1j"] }
[operators]
C = { type = "Conj", dims = 2, dtype = "complex128" }
[solve]
operator = "C"
data = "d"
solver = "direct"
[[expect]]
quantity = "relative_residual"
max = 1e-14
"#,
    );
    let ran = folder.ran("solve problem.toml --quiet");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn a_memory_limit_is_kept_with_files_and_the_same_bits() {
    let text = r#"
[arrays]
d = { random = { shape = [400, 1000], seed = 1 } }
[operators]
A = { type = "Smoothing2D", dims = [400, 1000], nsmooth = [3, 5] }
[solve]
operator = "A"
data = "d"
solver = "cgls"
niter = 3
[outputs]
model = "m.npy"
"#;
    let folder = Folder::of(text);
    assert_eq!(folder.ran("solve problem.toml --quiet").code, Some(0));
    let free = folder.bytes("m.npy");
    let ran = folder.ran("solve problem.toml --memory 20MB");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.text().contains("limit      kept"), "{}", ran.text());
    assert_eq!(folder.bytes("m.npy"), free);
    let ran = folder.ran("solve problem.toml --memory 1MB");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("the run needs at least"), "{}", ran.stderr);
}

const FORWARD: &str = r#"
[arrays]
x = { values = [[1.0, 2.0], [4.0, 8.0], [9.0, 18.0]] }
c = { values = [1.0, 1.0] }

[operators]
S = { type = "CausalIntegration", dims = [3, 2], axis = 0 }
R = { type = "Sum", dims = [3, 2], axis = 0 }

[outputs]
sums  = { path = "s.npy", apply = { operator = "S", to = "x" }, reshape = [-1] }
all   = { path = "a.npy", apply = { operator = "R @ S", to = "x", add = "c" } }
plain = { path = "p.npy", apply = { to = "x" }, reshape = [2, 3], dtype = "float32" }

[[expect]]
output = "all"
file   = "want.npy"
rtol   = 1e-12
"#;

#[test]
fn a_file_without_a_solve_computes_its_outputs() {
    let folder = Folder::of(FORWARD);
    folder.put("want.npy", &npy(&[21.0, 41.0]));
    let text = "\
problem.toml
  sums       s.npy  (6,) float64
  all        a.npy  (2,) float64
  plain      p.npy  (2, 3) float32
  expected   all within rtol 1e-12, atol 0 of want.npy; found a relative error of 0.000e0";
    folder.ran("solve problem.toml").is(0, text, "");
    assert_eq!(folder.bytes("s.npy"), npy(&[1.0, 2.0, 5.0, 10.0, 14.0, 28.0]));
    assert_eq!(folder.bytes("a.npy"), npy(&[21.0, 41.0]));
    let plain = folder.read("p.npy", "float32").unwrap();
    assert_eq!((plain.dims, plain.values[..3].to_vec()), (vec![2, 3], vec![1.0, 2.0, 4.0]));
    let outputs = ["s.npy", "a.npy", "p.npy"];
    for ranks in ["2", "3"] {
        assert_eq!(folder.differs_on(ranks, &["solve", "problem.toml"], &outputs), [""; 0]);
    }
    let found = folder.ran("solve problem.toml --json").json();
    assert!(found["solver"].is_null() && found["operator"].is_null(), "{found}");
    assert_eq!(found["outputs"][0]["shape"], serde_json::json!([6]), "{found}");
    assert_eq!(found["expectations"][0]["holds"], true, "{found}");
    assert!(found["memory"]["planned_bytes"].as_u64() > Some(1 << 20), "{found}");
    // Looking at it, and as a test.
    let check = folder.ran("check problem.toml").text();
    assert!(check.contains("outputs\n  sums   (6,) float64"), "{check}");
    let plan = folder.ran("plan problem.toml").text();
    assert!(
        plan.starts_with("outputs sums, all, plain\n") && plan.contains("\noutputs\n"),
        "{plan}"
    );
    let plan = folder.ran("plan problem.toml --processes 2 --json").json();
    assert!(plan["model"].is_null() && plan["data"].as_array().unwrap().len() == 3, "{plan}");
    assert_eq!(folder.ran("test problem.toml").code, Some(0));
    folder.put("want.npy", &npy(&[21.0, 42.0]));
    assert_eq!(folder.ran("test problem.toml").code, Some(3));
    assert_eq!(folder.ran("solve problem.toml").code, Some(3));
    // Too little memory is told before anything is read.
    let tight = folder.ran("solve problem.toml --memory 1MB");
    assert!(tight.code == Some(1) && tight.stderr.contains("needs at least"), "{}", tight.stderr);
    let wrong = FORWARD.replace("reshape = [2, 3]", "reshape = [4]");
    let ran = Folder::of(&wrong).ran("check problem.toml");
    assert!(ran.stderr.contains("`reshape` does not fit output `plain`"), "{}", ran.stderr);
}

#[test]
fn further_solves_need_no_main_one() {
    let text = FORWARD
        .replace("[[expect]]\noutput = \"all\"\nfile   = \"want.npy\"\nrtol   = 1e-12\n", "")
        + "found = { path = \"f.npy\", apply = { operator = \"S\", to = \"inner\" } }\n\
           [solves.inner]\noperator = \"S\"\ndata = \"x\"\nsolver = \"cgls\"\nniter = 50\ntol = 0.0\n";
    let folder = Folder::of(&text);
    let ran = folder.ran("solve problem.toml");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.text().contains("solve inner"), "{}", ran.text());
    let found = folder.read("f.npy", "float64").unwrap();
    let off = found.values.iter().zip([1.0, 2.0, 4.0, 8.0, 9.0, 18.0]);
    assert!(off.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) < 1e-9, "{found:?}");
    let found = folder.ran("solve problem.toml --json").json();
    assert_eq!(found["solver"]["further"][0]["name"], "inner", "{found}");
    // A solve that fails leaves nothing.
    folder.put("problem.toml", text.replace("9.0, 18.0", "9.0, inf").as_bytes());
    let ran = folder.ran("solve problem.toml");
    assert!(ran.code != Some(0), "{}", ran.text());
}

#[test]
fn apply_takes_an_array_of_the_file_by_its_name() {
    let folder = Folder::of(FORWARD);
    folder.put("want.npy", &npy(&[21.0, 41.0]));
    let apply = "apply problem.toml --operator R --output y.npy --input";
    assert_eq!(folder.ran(&format!("{apply} x")).code, Some(0));
    assert_eq!(folder.bytes("y.npy"), npy(&[14.0, 28.0]));
    folder.put("x", &npy(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0]));
    let ran = folder.ran(&format!("{apply} x"));
    let said = "warning: --input x is array `x` of problem.toml, not the file of that name; write ./x for it\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), said));
    assert_eq!(folder.bytes("y.npy"), npy(&[14.0, 28.0]));
    assert_eq!(folder.ran(&format!("{apply} ./x")).stderr, "");
    assert_eq!(folder.bytes("y.npy"), npy(&[3.0, 3.0]));
    let ran = folder.ran(&format!("{apply} x --key k"));
    let said = "error: --key is for files, and --input x is array `x` of the problem file\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(2), said));
    let ran = folder.ran(&format!("{apply} xx"));
    assert!(ran.stderr.ends_with("did you mean array `x` of the file?\n"), "{}", ran.stderr);
}
