//! What each command prints, on small problems whose numbers are exact.

mod common;

use common::{Folder, npy};

const PROBLEM: &str = r#"title = "Small"

[arrays]
d = { file = "d.npy" }

[operators]
A = { type = "Identity", N = 4 }
B = "2 * A"

[solve]
operator = "B"
data     = "d"
solver   = "cgls"
niter    = 5

[[solve.regularization]]
operator = "A"
epsilon  = 0.0

[outputs]
model   = "m.npy"
history = "h.csv"

[[expect]]
quantity = "residual_norm"
max      = 1e-12
"#;

fn folder() -> Folder {
    let folder = Folder::of(PROBLEM);
    folder.put("d.npy", &npy(&[3.0, 4.0, 0.0, 12.0]));
    folder.put("e.npy", &npy(&[3.0, 4.5, 0.0, 12.0]));
    folder
}

#[test]
fn solve() {
    let folder = folder();
    folder.ran("solve problem.toml").is(
        0,
        "
Small
  operator   B: model (4,) float64, data (4,) float64
  solver     cgls: 1 iteration, the monitored squared norm reached tol
  residual   0.000000e0, 0.000e0 of the data's norm 1.300000e1
  model      m.npy  (4,) float64
  history    h.csv
  expected   residual_norm at most 1e-12; found 0.000000e0
",
        "",
    );
    assert_eq!(folder.bytes("m.npy"), npy(&[1.5, 2.0, 0.0, 6.0]));
    let history = String::from_utf8(folder.bytes("h.csv")).unwrap();
    let lines: Vec<&str> = history.lines().map(|l| l.rsplit_once(',').unwrap().0).collect();
    assert_eq!(lines, ["iteration,residual,step", "0,1.3e1,0e0", "1,0e0,2.5e-1"]);
    folder.ran("solve problem.toml -q").is(0, "", "");
}

#[test]
fn solve_with_an_expectation_that_does_not_hold() {
    let folder = folder();
    folder.ran("solve problem.toml --set solve.niter=0").is(
        3,
        "
Small
  operator   B: model (4,) float64, data (4,) float64
  solver     cgls: 0 iterations, all iterations done (niter)
  residual   1.300000e1, 1.000e0 of the data's norm 1.300000e1
  model      m.npy  (4,) float64
  history    h.csv
  UNMET      residual_norm at most 1e-12; found 1.300000e1
",
        "",
    );
    assert_eq!(folder.bytes("m.npy"), npy(&[0.0; 4]), "outputs are written all the same");
    folder.ran("solve problem.toml --set solve.niter=0 --quiet").is(
        3,
        "",
        "residual_norm at most 1e-12; found 1.300000e1",
    );
}

#[test]
fn apply() {
    let folder = folder();
    folder.ran("apply problem.toml --input d.npy --output y.npy").is(
        0,
        "
B: (4,) float64 to (4,) float64
  norm       2.600000e1
  output     y.npy
",
        "",
    );
    assert_eq!(folder.bytes("y.npy"), npy(&[6.0, 8.0, 0.0, 24.0]));
    folder.ran("apply problem.toml --adjoint --operator B@B").is(
        0,
        "
adjoint of B@B: (4,) float64 to (4,) float64
  norm       5.200000e1
  no output  nothing is written without --output NPY
",
        "",
    );
}

#[test]
fn dottest() {
    folder().ran("dottest problem.toml").is(
        0,
        "
A  ok      relative error 0.00e0, allowed 1e-10
B  ok      relative error 0.00e0, allowed 1e-10
",
        "",
    );
}

#[test]
fn check() {
    let folder = folder();
    let spare = "[arrays]\nz = { values = [[1.0, \"2j\"]] }\n";
    folder.put("problem.toml", PROBLEM.replace("[arrays]\n", spare).as_bytes());
    folder.ran("check problem.toml").is(
        0,
        "
Small (problem.toml)

arrays
  z  (1, 2) complex128  values
  d  (4,) float64       d.npy

operators
  A  (4,) float64 -> (4,) float64  Identity
  B  (4,) float64 -> (4,) float64  2 * A

solve
  what   cgls on B, with 0 A, 5 iterations at most
  model  (4,) float64
  data   (4,) float64, array d

outputs
  model    (4,) float64  m.npy
  history  text          h.csv

expectations
  1
",
        r#"
warning: nothing uses array `z`
 --> problem.toml:4:1
  |
4 | z = { values = [[1.0, "2j"]] }
  | ^ only named in `[arrays]`
"#,
    );
}

#[test]
fn plan() {
    let folder = folder();
    let ran = folder.ran("plan problem.toml --threads 1 --operator B");
    ran.is(
        0,
        "
B

forward: 4.00 FLOP, 64 B moved (0.06 FLOP a byte)
  stage 0: output 0 (4,) float64 in 1 chunk of (4) <- input 0
           scale 2

adjoint: 4.00 FLOP, 64 B moved (0.06 FLOP a byte)
  stage 0: output 0 (4,) float64 in 1 chunk of (4) <- input 0
           scale 2

memory
  arrays   0 B      of the problem
  working  0 B      between stages, and derived from arrays
  vectors  64 B     1 of the model's dims, 1 of the data's
  scratch  64 B     of 1 thread
  program  12.6 MB
  total    12.6 MB
",
        "",
    );
    let text = folder.ran("plan problem.toml").text();
    assert!(text.contains("\nan iteration: "), "{text}");
    let text = folder.ran("plan problem.toml --processes 2").text();
    assert!(text.contains("\nmemory of the fullest of 2 processes\n"), "{text}");
    assert!(text.contains("\nprocess  owns of the model  of the data  "), "{text}");
    let text = folder.ran("plan problem.toml --memory 1GiB").text();
    assert!(text.contains("\n  limit    1.07 GB  all in memory"), "{text}");
}

#[test]
fn graph() {
    let folder = folder();
    folder.ran("graph problem.toml --operator B").is(
        0,
        "
B
  %0    input 0                              (4,) float64
  %2    scale 2 %0                           (4,) float64  -> output
",
        "",
    );
    folder.ran("graph problem.toml --operator B --adjoint --format dot").is(
        0,
        r#"
digraph "adjoint of B" {
  rankdir=LR;
  node [shape=box, fontname="sans-serif"];
  n0 [label="input 0\n(4,) float64"];
  n2 [label="scale 2\n(4,) float64", penwidth=2];
  n0 -> n2;
}
"#,
        "",
    );
    folder.ran("graph problem.toml --operator B --level plan").is(
        0,
        "
B
  stage 0: output 0 (4,) float64 in 1 chunk of (4) <- input 0
           scale 2
",
        "",
    );
    folder.ran("graph problem.toml --operator B --level plan --format dot").is(
        0,
        r#"
digraph "B" {
  rankdir=LR;
  node [shape=box, fontname="sans-serif"];
  edge [fontname="sans-serif"];
  n0 [label="input 0\n(4,) float64", style=rounded];
  n1 [label="output 0\n(4,) float64\nscale 2"];
  n0 -> n1;
}
"#,
        "",
    );
    let graph = folder.ran("graph problem.toml --operator B --format json").json();
    assert_eq!(graph["nodes"][1]["primitive"], "scale 2");
    let graph = folder.ran("graph problem.toml --level plan --format json").json();
    assert_eq!(graph["stages"][0]["reads"][0], "input 0");
}

#[test]
fn looking_reads_no_data() {
    // A file of 800 GB, all of it a hole: a program that reads it does not come back.
    let folder = Folder::of(
        r#"
[arrays]
d = { file = "d.npy" }
[operators]
D = { type = "FirstDerivative", dims = [1000000, 100000] }
[solve]
operator = "D"
data     = "d"
solver   = "cgls"
"#,
    );
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 100000), }";
    folder.put("d.npy", &common::with_header(header, &[]));
    let file = std::fs::OpenOptions::new().append(true).open(folder.path().join("d.npy")).unwrap();
    if file.set_len(128 + 800_000_000_000).is_err() {
        return; // The disk does not take holes.
    }
    for arguments in [
        "check problem.toml",
        "plan problem.toml --processes 3",
        "graph problem.toml",
        "graph problem.toml --level plan --format json",
    ] {
        let ran = folder.ran(arguments);
        assert_eq!(ran.code, Some(0), "{arguments}: {}", ran.stderr);
    }
    let plan = folder.ran("plan problem.toml").text();
    assert!(
        plan.contains("\n  vectors  4.00 TB  3 of the model's dims, 2 of the data's"),
        "{plan}"
    );
}

/// Seconds as `0.00 s`.
fn without_times(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let digits = word.trim_start_matches('(');
        let is_time = digits.len() == 4 && digits.parse::<f64>().is_ok();
        words.push(if is_time { word.replace(digits, "0.00") } else { word.to_string() });
    }
    words.join(" ")
}

#[test]
fn test() {
    let folder = folder();
    let before = folder.all();
    let mut ran = folder.ran("test problem.toml");
    ran.stdout = without_times(&ran.text()).into();
    ran.is(0, "problem.toml ... ok (0.00 s)\n\n1 file, all ok, in 0.00 s", "");
    assert_eq!(folder.all(), before, "nothing is left behind");

    folder.put("nothing.toml", b"[arrays]\nx = { values = [1] }\n");
    folder.put("operators.toml", b"[operators]\nF = { type = \"FFT\", dims = 8 }\n");
    let wrong = PROBLEM.replace("d.npy", "data.npy");
    folder.put("wrong.toml", wrong.as_bytes());
    let quiet = PROBLEM.split("[[expect]]").next().unwrap();
    folder.put("quiet.toml", quiet.as_bytes());
    let before = folder.all();
    let arguments = "test . --set solve.niter=0 --junit results.xml";
    let mut ran = folder.ran(&arguments.replace("--set solve.niter=0 ", ""));
    ran.stdout = without_times(&ran.text()).into();
    ran.is(
        2,
        "
./nothing.toml ... FAILED (0.00 s)
    error: ./nothing.toml has no [solve], no [outputs] and no operator
./operators.toml ... ok (0.00 s)
./problem.toml ... ok (0.00 s)
./quiet.toml ... ok (0.00 s, no expectations)
./wrong.toml ... FAILED (0.00 s)
    error: cannot open ./data.npy: no such file
     --> ./wrong.toml:4:14
      |
    4 | d = { file = \"data.npy\" }
      |              ^^^^^^^^^^ array `d` is read from this file
      |
      = help: did you mean d.npy?

    error: ./wrong.toml has 1 mistake; nothing was run

failures:
    ./nothing.toml
    ./wrong.toml

5 files, 2 FAILED, in 0.00 s
",
        "",
    );
    let xml = String::from_utf8(folder.bytes("results.xml")).unwrap();
    assert!(xml.contains("tests=\"5\" failures=\"0\" errors=\"2\""), "{xml}");
    assert!(xml.contains("name=\"./wrong.toml\""), "{xml}");
    let mut after = folder.all();
    after.remove("results.xml");
    assert_eq!(after, before);

    // An expectation that does not hold weighs more than a wrong file.
    let found = folder.ran("test problem.toml wrong.toml --set solve.niter=0 --json");
    assert_eq!(found.code, Some(3));
    let found = found.json();
    assert_eq!((found["passed"].as_u64(), found["failed"].as_u64()), (Some(0), Some(2)));
    assert_eq!(found["files"][0]["exit_code"], 3);
    assert_eq!(found["files"][0]["expectations"][0]["holds"], false);
    assert_eq!(found["files"][1]["exit_code"], 2);
    let nan = [f64::NAN; 4];
    folder.put("d.npy", &npy(&nan));
    assert_eq!(folder.ran("test problem.toml").code, Some(1));
}

#[test]
fn test_keeps_outputs_where_it_is_told_to() {
    let folder = folder();
    assert_eq!(folder.ran("test problem.toml --out-dir kept").code, Some(0));
    assert_eq!(folder.bytes("kept/problem/m.npy"), npy(&[1.5, 2.0, 0.0, 6.0]));
}

#[test]
fn ops() {
    let folder = folder();
    let list = folder.ran("ops").text();
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(
        lines[0],
        "AVOLinearModelling           Reflection coefficients by angle from contrasts of three elastic parameters."
    );
    assert_eq!(lines.last(), Some(&"`pylopsd ops NAME` documents one."));
    assert!(lines.iter().all(|l| l.chars().count() <= 130), "{list}");
    folder.ran("ops Roll").is(
        0,
        r#"
Roll

  Circular shift along an axis.

      y_{(i+shift) mod n} = x_i

  PyLops: `Roll`.

Keys
  dims  (integer or list of integers; required)
      Length of each axis of the model, which the data have too; one number for a single
      axis.
  axis  (integer; default -1)
      Axis to shift; negative ones count from the end.
  shift  (integer; default 1)
      Number of samples to shift by; negative shifts go backwards.

Example
  A = { type = "Roll", dims = [40, 30] }

Every operator also takes `dtype`, and `chunks = { model = [...], data = [...] }`.
"#,
        "",
    );
    let all = folder.ran("ops --json").json();
    let rows = lines.iter().take_while(|line| !line.is_empty()).count();
    assert_eq!(all["command"], "ops");
    assert_eq!(all["operators"].as_array().unwrap().len(), rows);
    for entry in all["operators"].as_array().unwrap() {
        let name = entry["name"].as_str().unwrap();
        assert_ne!(entry["summary"], "", "{name}");
        let one = folder.ran(&format!("ops {name} --json")).json();
        for key in one["keys"].as_array().unwrap() {
            assert_ne!(key["documentation"], "", "{name} {}", key["name"]);
        }
    }
}

#[test]
fn solvers() {
    let folder = folder();
    let text = folder.ran("solvers cgls").text();
    assert!(text.starts_with("cgls\n\n  Conjugate gradients for least squares: "), "{text}");
    assert!(text.contains("\n  damp  (number; default 0.0)\n      Damping; "), "{text}");
    let list = folder.ran("solvers").text();
    assert!(list.starts_with("auto    "), "{list}");
    assert_eq!(folder.ran("solvers --json").json()["solvers"][0]["name"], "auto");
    for command in ["graph", "expand", "submit"] {
        let ran = folder.ran(&format!("{command} problem.toml --json"));
        assert_eq!(ran.code, Some(2));
        assert!(
            ran.stderr.contains(&format!("`pylopsd {command}` has no --json")),
            "{}",
            ran.stderr
        );
        assert!(!ran.stderr.contains("similar"), "{}", ran.stderr);
    }
}

#[test]
fn info() {
    let folder = folder();
    folder.ran("info d.npy").is(
        0,
        "
d.npy
  shape     (4,)
  dtype     float64
  order     C
  size      32 B
  min       0.0
  max       12.0
  mean      4.75
  norm      13.0
  NaN       0
  infinite  0
",
        "",
    );
    let found = folder.ran("info d.npy e.npy --json").json();
    assert_eq!(found["arrays"][1]["name"], "e.npy");
    assert_eq!(found["arrays"][0]["norm"], 13.0);
}

#[test]
fn compare() {
    let folder = folder();
    folder.ran("compare d.npy d.npy").is(
        0,
        "
identical
  relative error  0.000e0 in the 2-norm
  norms           1.300000e1 and 1.300000e1
",
        "",
    );
    folder.ran("compare e.npy d.npy").is(
        3,
        "
different, not within rtol 1e-6, atol 0
  relative error  3.846e-2 in the 2-norm
  norms           1.316245e1 and 1.300000e1
  worst element   [1], off by 5.000e-1
                  4.5 in e.npy
                  4.0 in d.npy
",
        "",
    );
    let ran = folder.ran("compare e.npy d.npy --rtol 0.04");
    assert!(ran.text().starts_with("equal within rtol 4e-2, atol 0\n"), "{}", ran.text());
    assert_eq!(ran.code, Some(0));
    assert_eq!(folder.ran("compare e.npy d.npy --rtol 0 --atol 0.5").code, Some(0));
    let found = folder.ran("compare e.npy d.npy --json");
    assert_eq!(found.code, Some(3));
    let found = found.json();
    assert_eq!(found["equal"], false);
    assert_eq!(found["at"], serde_json::json!([1]));
    assert_eq!(found["values"], serde_json::json!([4.5, 4.0]));
}

#[test]
fn job_scripts_ask_for_what_the_plan_says() {
    let folder = Folder::of(
        r#"
[arrays]
d = { random = { shape = 3000000, seed = 1 } }
[operators]
A = { type = "Smoothing1D", dims = 3000000, nsmooth = 5 }
[solve]
operator = "A"
data = "d"
solver = "cgls"
niter = 3
[outputs]
model = "m.npy"
"#,
    );
    let words = "submit problem.toml --scheduler pbs --time 1d --threads 4 --queue long --account x1 \
                 --set solve.niter=5 -o job.sh";
    let told = folder.ran(words).text();
    let plan = folder.ran("plan problem.toml --threads 4 --json").json();
    let planned = plan["memory"]["total"].as_f64().unwrap();
    let mebibytes = (planned * 1.1 / 1048576.0).ceil();
    assert!(told.starts_with("job.sh: 1 node with 1 process of 4 threads, "), "{told}");
    assert!(told.ends_with(", 24:00:00\nsubmit it with: qsub job.sh\n"), "{told}");
    let script = String::from_utf8(folder.bytes("job.sh")).unwrap();
    let head = format!(
        "#!/bin/bash\n#PBS -N problem\n#PBS -l select=1:ncpus=4:mpiprocs=1:mem={mebibytes}mb\n\
         #PBS -l place=scatter\n#PBS -l walltime=24:00:00\n#PBS -j oe\n#PBS -V\n#PBS -q long\n#PBS -A x1\n\nset -euo pipefail\ncd "
    );
    assert!(script.starts_with(&head), "{script}");
    let end = " solve problem.toml --threads 4 --no-progress --set solve.niter=5\n";
    assert!(script.ends_with(end), "{script}");
    let slurm =
        folder.ran("submit problem.toml --scheduler slurm --nodes 2 --ranks-per-node 3 --time 2h");
    let script = slurm.text();
    for line in ["--nodes=2", "--ntasks-per-node=3", "--cpus-per-task=1", "--time=02:00:00"] {
        assert!(script.contains(&format!("#SBATCH {line}\n")), "{script}");
    }
    let mistakes = [
        ("--time 30", "expected a time such as 90min, 2h, 1:30:00"),
        ("--time 1h --queue a;b", "expected a name of letters"),
        ("--time 1h --set solve.nitre=5", "did you mean `niter`?"),
    ];
    for (words, told) in mistakes {
        let ran = folder.ran(&format!("submit problem.toml --scheduler slurm {words}"));
        assert_eq!(ran.code, Some(2), "{words}");
        assert!(ran.stderr.contains(told), "{words}: {}", ran.stderr);
    }
}

#[test]
fn the_reference_of_problem_files_is_printed() {
    let folder = Folder::of("");
    let ran = folder.ran("help format");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let text = ran.text();
    for part in
        ["\n[solve], [solves.NAME]\n", "\n[run]\n", "  threads  (integer, ", "Functions: abs"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(text.lines().count() > 300, "{text}");
    let solve = folder.ran("help solve");
    assert_eq!(solve.text(), folder.ran("solve --help").text());
    let ran = folder.ran("help formt");
    let said = "error: there is no command `formt`; did you mean `format`?\n`pylopsd help` lists them all\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(2), said));
}

#[test]
fn every_operator_and_solver_has_an_example_that_is_right_in_its_keys() {
    let folder = Folder::of("");
    let names = |command: &str, list: &str| -> Vec<String> {
        let all = folder.ran(&format!("{command} --json")).json();
        let all = all[list].as_array().unwrap().clone();
        all.iter().map(|item| item["name"].as_str().unwrap().to_string()).collect()
    };
    let mut wrong = Vec::new();
    for name in names("ops", "operators") {
        let item = folder.ran(&format!("ops {name} --json")).json();
        let example = item["example"].as_str().unwrap();
        if example.starts_with("[application]") {
            continue;
        }
        folder.put("problem.toml", format!("[operators]\n{example}\n").as_bytes());
        let said = folder.ran("check problem.toml").stderr;
        let bad = [
            "unknown key",
            "invalid value for `",
            "` has no `",
            " has no `",
            "unknown operator type",
        ];
        if let Some(mark) = bad.iter().find(|mark| said.contains(**mark)) {
            wrong.push(format!("{name} ({mark}): {example}\n{said}"));
        }
        for key in item["keys"].as_array().unwrap() {
            assert!(!key["value"].as_str().unwrap().is_empty(), "{name}: {key}");
        }
    }
    for name in names("solvers", "solvers") {
        let item = folder.ran(&format!("solvers {name} --json")).json();
        let example = item["example"].as_str().unwrap();
        let text = format!(
            "[arrays]\nd = {{ values = [1, 2] }}\n[operators]\nA = {{ type = \"Identity\", N = 2 }}\n{example}\n"
        );
        folder.put("problem.toml", text.as_bytes());
        let ran = folder.ran("check problem.toml");
        if ran.code != Some(0) {
            wrong.push(format!("{name}: {example}\n{}", ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
