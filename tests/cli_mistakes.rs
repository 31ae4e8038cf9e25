//! Wrong problems, wrong files, wrong usage: each with all that a user sees, its exit code, and the
//! folder as it was before.

mod common;

use common::{Folder, npy, with_header};

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

[outputs]
model   = "m.npy"
history = "h.csv"
"#;

const D: [f64; 4] = [2.0, 4.0, 6.0, 8.0];

/// The problem with `from` replaced, beside files of every kind and old outputs.
fn folder(from: &str, to: &str) -> Folder {
    assert!(PROBLEM.contains(from), "{from}");
    let folder = Folder::of(&PROBLEM.replace(from, to));
    folder.put("d.npy", &npy(&D));
    let whole = npy(&D);
    folder.put("cut.npy", &whole[..whole.len() - 5]);
    let object = "{'descr': '|O', 'fortran_order': False, 'shape': (4,), }";
    folder.put("object.npy", &with_header(object, &[0; 32]));
    let huge = "{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000), }";
    folder.put("huge.npy", &with_header(huge, &[]));
    let mut long = b"\x93NUMPY\x02\x00".to_vec();
    long.extend(0xffff_fff0_u32.to_le_bytes());
    folder.put("long.npy", &long);
    folder.put("empty.npy", &[]);
    let none = "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 0), }";
    folder.put("none.npy", &with_header(none, &[]));
    folder.put("nan.npy", &npy(&[2.0, f64::NAN, 6.0, 8.0]));
    let complex = "{'descr': '<c16', 'fortran_order': False, 'shape': (4,), }";
    folder.put("c.npy", &with_header(complex, &[0; 64]));
    folder.put("m.npy", b"an old model");
    folder.put("h.csv", b"an old history");
    folder
}

/// Solving the problem with `from` replaced says this on standard error, and changes nothing.
#[track_caller]
fn wrong(from: &str, to: &str, code: i32, stderr: &str) {
    let folder = folder(from, to);
    let before = folder.all();
    folder.ran("solve problem.toml").is(code, "", stderr);
    assert_eq!(folder.all(), before, "the folder has changed");
}

#[test]
fn a_missing_array() {
    wrong(
        "d.npy",
        "data.npy",
        2,
        r#"
error: cannot open data.npy: no such file
 --> problem.toml:4:14
  |
4 | d = { file = "data.npy" }
  |              ^^^^^^^^^^ array `d` is read from this file
  |
  = help: did you mean d.npy?

error: problem.toml has 1 mistake; nothing was run
"#,
    );
}

#[test]
fn a_truncated_array() {
    wrong(
        "d.npy",
        "cut.npy",
        2,
        r#"
error: cannot read cut.npy: it is truncated: it holds 155 bytes, its header promises 160 ((4,) float64)
 --> problem.toml:4:14
  |
4 | d = { file = "cut.npy" }
  |              ^^^^^^^^^ array `d` is read from this file
  |
  = help: write the file again

error: problem.toml has 1 mistake; nothing was run
"#,
    );
}

#[test]
fn an_array_of_objects() {
    wrong(
        "d.npy",
        "object.npy",
        2,
        r#"
error: cannot read object.npy: its element type object (dtype "|O") is not supported
 --> problem.toml:4:14
  |
4 | d = { file = "object.npy" }
  |              ^^^^^^^^^^^^ array `d` is read from this file
  |
  = help: save it with np.save(path, a.astype("float64"))

error: problem.toml has 1 mistake; nothing was run
"#,
    );
}

#[test]
fn a_huge_header() {
    wrong(
        "d.npy",
        "huge.npy",
        2,
        r#"
error: cannot read huge.npy: the shape in its .npy header is larger than any memory, so the file is damaged
 --> problem.toml:4:14
  |
4 | d = { file = "huge.npy" }
  |              ^^^^^^^^^^ array `d` is read from this file

error: problem.toml has 1 mistake; nothing was run
"#,
    );
    wrong(
        "d.npy",
        "long.npy",
        2,
        r#"
error: cannot read long.npy: its .npy header claims to be 4294967280 bytes long, so the file is damaged
 --> problem.toml:4:14
  |
4 | d = { file = "long.npy" }
  |              ^^^^^^^^^^ array `d` is read from this file

error: problem.toml has 1 mistake; nothing was run
"#,
    );
}

#[test]
fn an_empty_file_and_an_axis_of_length_0() {
    wrong(
        "d.npy",
        "empty.npy",
        2,
        r#"
error: cannot read empty.npy: it is empty
 --> problem.toml:4:14
  |
4 | d = { file = "empty.npy" }
  |              ^^^^^^^^^^^ array `d` is read from this file
  |
  = help: save an array with np.save

error: problem.toml has 1 mistake; nothing was run
"#,
    );
    wrong(
        "d.npy",
        "none.npy",
        2,
        r#"
error: array `d` has no elements: its dims are (4, 0)
 --> problem.toml:4:14
  |
4 | d = { file = "none.npy" }
  |              ^^^^^^^^^^ axis 1 has length 0: nothing to work on

error: problem.toml has 1 mistake; nothing was run
"#,
    );
    let only = "[arrays]\nd = { file = \"d.npy\" }\n";
    wrong(
        PROBLEM,
        only,
        2,
        "error: problem.toml has neither a [solve] table nor [outputs], so there is nothing to run",
    );
}

#[test]
fn a_misspelt_key() {
    wrong(
        "niter",
        "nitre",
        2,
        r#"
error: unknown key `nitre`
  --> problem.toml:14:1
   |
14 | nitre    = 5
   | ^^^^^ not a key of solver `cgls`
   |
   = help: did you mean `niter`?

error: problem.toml has 1 mistake; nothing was run
"#,
    );
}

#[test]
fn an_unknown_operator() {
    wrong(
        "Identity",
        "Identty",
        2,
        r#"
error: unknown operator type `Identty`
 --> problem.toml:7:14
  |
7 | A = { type = "Identty", N = 4 }
  |              ^^^^^^^^^ not a known operator
  |
  = help: did you mean `Identity`?

error: problem.toml has 1 mistake; nothing was run
"#,
    );
}

#[test]
fn a_cycle() {
    wrong(
        "\"2 * A\"",
        "\"2 * C\"\nC = \"B\"",
        2,
        r#"
error: operator `B` is defined in terms of itself
 --> problem.toml:9:6
  |
9 | C = "B"
  |      ^ B -> C -> B

error: problem.toml has 1 mistake; nothing was run
"#,
    );
}

#[test]
fn dims_that_do_not_fit() {
    wrong(
        "N = 4",
        "N = 5",
        2,
        r#"
error: array `d` does not fit the data of `B`
  --> problem.toml:12:12
   |
11 | operator = "B"
   |            --- data (5,)
12 | data     = "d"
   |            ^^^ the array is (4,)

error: problem.toml has 1 mistake; nothing was run
"#,
    );
}

#[test]
fn a_wrong_dtype() {
    wrong(
        "d.npy",
        "c.npy",
        2,
        r#"
error: array `d` is complex, the data of `B` is real
  --> problem.toml:12:12
   |
11 | operator = "B"
   |            --- data float64
12 | data     = "d"
   |            ^^^ the array is complex128
   |
   = help: give the operators `dtype = "complex128"`, or the array `part = "real"`

error: problem.toml has 1 mistake; nothing was run
"#,
    );
}

#[test]
fn outputs_that_cannot_be_written() {
    for folder in ["no", "d.npy"] {
        let caret = "^".repeat(folder.len() + 8);
        wrong(
            "\"m.npy\"",
            &format!("\"{folder}/m.npy\""),
            2,
            &format!(
                r#"
error: there is no folder {folder}
  --> problem.toml:17:11
   |
17 | model   = "{folder}/m.npy"
   |           {caret} output `model` would go there
   |
   = help: create it first

error: problem.toml has 1 mistake; nothing was run
"#
            ),
        );
    }
    wrong(
        "\"m.npy\"",
        "\"d.npy\"",
        2,
        r#"
error: output `model` would overwrite array `d`
  --> problem.toml:17:11
   |
 4 | d = { file = "d.npy" }
   |              ------- this file is read
...
17 | model   = "d.npy"
   |           ^^^^^^^ choose another path

error: problem.toml has 1 mistake; nothing was run
"#,
    );
}

#[test]
fn nan_in_the_data() {
    wrong(
        "d.npy",
        "nan.npy",
        1,
        "error: NaN or infinity in the data (array `d`), before the first iteration; \
         nothing was written. `pylopsd info` counts NaN in a file",
    );
}

#[test]
fn numbers_that_grow_beyond_all_bounds() {
    wrong(
        "2 * A\"\n\n[solve]",
        "1e-308 * A\"\n\n[solve]\ntol = 0.0",
        1,
        "error: NaN or infinity in the model, in iteration 3; nothing was written. The solution exceeds the range of its type: scale data or operator",
    );
}

#[test]
fn all_mistakes_are_said_at_once() {
    let folder = folder("N = 4", "M = 4");
    let text = folder.text.replace("d.npy", "data.npy").replace("niter", "nitre");
    folder.put("problem.toml", text.as_bytes());
    for command in ["solve", "check", "plan", "graph", "dottest", "apply"] {
        folder.ran(&format!("{command} problem.toml")).is(
            2,
            "",
            r#"
error: cannot open data.npy: no such file
 --> problem.toml:4:14
  |
4 | d = { file = "data.npy" }
  |              ^^^^^^^^^^ array `d` is read from this file
  |
  = help: did you mean d.npy?

error: Identity has no `N`
 --> problem.toml:7:1
  |
7 | A = { type = "Identity", M = 4 }
  | ^ `N` is required

error: unknown key `nitre`
  --> problem.toml:14:1
   |
14 | nitre    = 5
   | ^^^^^ not a key of solver `cgls`
   |
   = help: did you mean `niter`?

error: problem.toml has 3 mistakes; nothing was run
"#,
        );
    }
}

#[test]
fn wrong_arguments() {
    let folder = folder("Small", "Small");
    let before = folder.all();
    folder.ran("solve nothing.toml").is(
        2,
        "",
        "error: cannot read problem file nothing.toml: no such file",
    );
    folder.ran("solve d.npy").is(
        2,
        "",
        "error: cannot read problem file d.npy: it is a .npy array, not a problem file",
    );
    folder.ran("apply problem.toml").is(
        2,
        "",
        "error: --input is required: an array of the file by its name, or a .npy, to apply the operator to",
    );
    folder.ran("apply problem.toml --input none.npy").is(
        2,
        "",
        "error: none.npy has dims (4, 0), but the operator's model has (4,)",
    );
    folder.ran("apply problem.toml --operator A@Q --input d.npy").is(
        2,
        "",
        r#"
error: unknown operator `Q`
 |
 | --operator A@Q
 |              ^ neither in `[operators]` nor in `[params]`
 |
 = help: available: `A`, `B`

error: the command line has 1 mistake; nothing was run
"#,
    );
    folder.ran("solve problem.toml --set solve.nitre=3").is(
        2,
        "",
        r#"
error: unknown key `nitre`
 |
 | --set solve.nitre=3
 |             ^^^^^ not a key of solver `cgls`
 |
 = help: did you mean `niter`?

error: the command line has 1 mistake; nothing was run
"#,
    );
    folder.ran("ops Identty").is(
        2,
        "",
        "error: unknown operator `Identty`; did you mean `Identity`?\n\
         `pylopsd ops` lists them all",
    );
    folder.ran("solvers lsqrt").is(
        2,
        "",
        "error: unknown solver `lsqrt`; did you mean `lsqr`?\n\
         `pylopsd solvers` lists them all",
    );
    folder.ran("compare d.npy none.npy").is(
        2,
        "",
        "error: cannot compare d.npy of dims (4,) with none.npy of dims (4, 0): the dims must be equal",
    );
    folder.ran("test problem.toml no.toml --junit no/report.xml").is(
        2,
        "",
        "error: cannot write no/report.xml: there is no folder no; create it first",
    );
    for unknown in ["solve problem.toml --hosts a:0", "solve", "slove problem.toml"] {
        assert_eq!(folder.ran(unknown).code, Some(2), "{unknown}");
    }
    assert_eq!(folder.all(), before);
}

#[test]
fn info_shows_what_it_can_and_says_what_it_cannot() {
    let folder = folder("Small", "Small");
    folder.ran("info cut.npy nan.npy").is(
        2,
        "
nan.npy
  shape     (4,)
  dtype     float64
  order     C
  size      32 B
  min       2.0
  max       8.0
  mean      5.333333333333333
  norm      10.198039027185569
  NaN       1
  infinite  0
            min, max, mean and norm cover the finite values only
",
        "error: cannot read cut.npy: it is truncated: it holds 155 bytes, its header promises 160 ((4,) float64); \
         write the file again",
    );
}

#[test]
fn a_memory_limit_that_cannot_be_kept() {
    let folder = folder("Small", "Small");
    let before = folder.all();
    let ran = folder.ran("solve problem.toml --memory 1MiB");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("error: the run needs at least "), "{}", ran.stderr);
    assert_eq!(folder.all(), before);
}

#[test]
fn data_whose_squared_norm_overflows_are_not_called_nan() {
    let folder = folder("Small", "Small");
    let d = "d = { full = { shape = [4], value = 1e200 } }";
    let text = folder.text.replace(r#"d = { file = "d.npy" }"#, d);
    folder.write_text("problem.toml", &text);
    let ran = folder.ran("solve problem.toml");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(folder.bytes("m.npy"), common::npy(&[5e199; 4]));
}

#[test]
fn cg_on_an_operator_that_is_not_positive() {
    let folder = Folder::of(
        r#"
[arrays]
d = { values = [1.0, 0.0] }
A = { values = [[0.0, 1.0], [-1.0, 0.0]] }
[operators]
A = { type = "MatrixMult", A = "A" }
[solve]
operator = "A"
data = "d"
solver = "cg"
"#,
    );
    folder.ran("solve problem.toml").is(
        1,
        "",
        "error: cg met a search direction c with <c, A c> = 0 in iteration 1: the operator is not \
         self-adjoint and positive; nothing was written. Use solver = \"cgls\"",
    );
}

#[test]
fn mistakes_of_every_kind_are_told_at_once_and_once() {
    let folder = Folder::of(
        r#"
mdel = 1
[arrays]
d = { oness = { shape = [4] } }
[operators]
A = { type = "FirstDerivativ", dims = 4 }
B = { type = "Flip", dims = 4, axs = 0 }
C = "A @ B"
[solve]
operatr = "C"
data = "d"
solver = "cgsl"
"#,
    );
    let ran = folder.ran("check problem.toml");
    for word in ["mdel", "oness", "FirstDerivativ", "axs", "operatr", "cgsl"] {
        assert!(ran.stderr.contains(word), "{word} is not in\n{}", ran.stderr);
    }
    for word in ["unknown array `d`", "unknown operator `C`", "unknown operator `A`"] {
        assert!(!ran.stderr.contains(word), "{word} follows from another mistake\n{}", ran.stderr);
    }
}

#[test]
fn sizes_beyond_reason_are_refused() {
    let text =
        "[operators]\nA = { type = \"Smoothing1D\", dims = 9, nsmooth = 9000000000000000001 }\n";
    let ran = Folder::of(text).ran("check problem.toml");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("expected at most 16777216 samples"), "{}", ran.stderr);
}

#[cfg(not(feature = "mpi"))]
#[test]
fn hosts_need_a_program_with_mpi() {
    let folder = folder("Small", "Small");
    let before = folder.all();
    let how = "help: install MPI and clang's library (Debian, Ubuntu: apt-get install libopenmpi-dev openmpi-bin \
               libclang-dev; Fedora: dnf install openmpi-devel clang-devel), then build pylopsd again: cargo \
               install --path . --features mpi
help: without --hosts and run.hosts, pylopsd runs on this machine's cores and needs no MPI";
    folder.ran("solve problem.toml --hosts node1:2,node2").is(
        2,
        "",
        &format!(
            "error: hosts node1:2, node2:1 are requested, but this pylopsd was built without MPI\n{how}"
        ),
    );
    // As one of two processes that a launcher started, it would do all the work twice.
    for (rank, told) in [("0", true), ("1", false)] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_pylopsd"))
            .current_dir(folder.path())
            .env("OMPI_COMM_WORLD_SIZE", "2")
            .env("OMPI_COMM_WORLD_RANK", rank)
            .args(["solve", "problem.toml"])
            .output()
            .unwrap();
        let expected = format!(
            "error: a launcher started 2 processes, but this pylopsd was built without MPI\n{how}\n"
        );
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(stderr, if told { expected } else { String::new() });
    }
    assert_eq!(folder.all(), before);
}
