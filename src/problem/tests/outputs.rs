//! `[outputs]` and `[[expect]]`.

use super::*;

const SOLVE: &str = r#"dtype = "complex64"
[operators]
D = { type = "FirstDerivative", dims = [4, 3] }
[arrays]
d = { file = "d.npy" }
[solve]
operator = "D"
data = "d"
"#;

#[test]
fn outputs_that_cannot_be_written() {
    let text = format!(
        r#"{SOLVE}
[outputs]
model = "./d.npy"
residual = {{ path = "out/r.npy", dtype = "float32" }}
predicted = "p.npy"
adjoint = "../DIRNAME/p.npy"
history = "."
[run]
scratch = "nowhere"
"#
    );
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let files = [("d.npy", npy(&[4, 3], DType::Float64))];
    let error = load_in(folder.path(), &text.replace("DIRNAME", name), &files).unwrap_err();
    let dir = folder.path().display().to_string();
    let error = error.to_string().replace(&dir, "DIR").replace(name, "DIRNAME");
    is(
        &error,
        r#"
error: output `model` would overwrite array `d`
  --> DIR/problem.toml:11:9
   |
 5 | d = { file = "d.npy" }
   |              ------- this file is read
...
11 | model = "./d.npy"
   |         ^^^^^^^^^ choose another path

error: there is no folder DIR/out
  --> DIR/problem.toml:12:21
   |
12 | residual = { path = "out/r.npy", dtype = "float32" }
   |                     ^^^^^^^^^^^ output `residual` would go there
   |
   = help: create it first

error: output `residual` is complex
  --> DIR/problem.toml:12:42
   |
12 | residual = { path = "out/r.npy", dtype = "float32" }
   |                                          ^^^^^^^^^ float32 cannot hold complex64
   |
   = help: write `dtype = "complex64"`

error: two outputs go to DIR/../DIRNAME/p.npy
  --> DIR/problem.toml:14:11
   |
13 | predicted = "p.npy"
   |             ------- the first one
14 | adjoint = "../DIRNAME/p.npy"
   |           ^^^^^^^^^^^^^^^^^^^^^ the second one

error: cannot write DIR/.: it is a folder
  --> DIR/problem.toml:15:11
   |
15 | history = "."
   |           ^^^ expected a file

error: there is no folder DIR/nowhere
  --> DIR/problem.toml:17:11
   |
17 | scratch = "nowhere"
   |           ^^^^^^^^^ scratch files would go here
   |
   = help: create it first

error: DIR/problem.toml has 6 mistakes; nothing was run"#,
    );
}

#[test]
fn expectations_need_their_output() {
    let text = format!(
        r#"{SOLVE}
[outputs]
model = "m.npy"
[[expect]]
output = "model"
file = "true.npy"
snr = 20
[[expect]]
output = "residual"
file = "truth.npy"
rtol = 1e-3
[[expect]]
quantity = "iterations"
max = 10
"#
    );
    let files =
        [("d.npy", npy(&[4, 3], DType::Float64)), ("true.npy", npy(&[3, 4], DType::Float64))];
    shows(
        &text,
        &files,
        r#"
error: the reference does not fit output `model`
  --> DIR/problem.toml:14:8
   |
13 | output = "model"
   |          ------- the output is (4, 3), 12 elements
14 | file = "true.npy"
   |        ^^^^^^^^^^ the file is (3, 4), 12 elements

error: output `residual` is not written
  --> DIR/problem.toml:17:10
   |
17 | output = "residual"
   |          ^^^^^^^^^^ not in `[outputs]`
   |
   = help: `[outputs]` has `model`

error: cannot open DIR/truth.npy: no such file
  --> DIR/problem.toml:18:8
   |
18 | file = "truth.npy"
   |        ^^^^^^^^^^^ the reference
   |
   = help: did you mean true.npy?

error: DIR/problem.toml has 3 mistakes; nothing was run"#,
    );
}

#[test]
fn outputs_go_to_their_folder() {
    let text = format!(
        "{SOLVE}[outputs]\nmodel = \"m.npy\"\nresidual = \"-\"\n[[expect]]\noutput = \"model\"\nfile = \"true.npy\"\nrtol = 0.1\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let files = [("d.npy", npy(&[4, 3], DType::Float64)), ("true.npy", npy(&[12], DType::Float64))];
    let problem = load_in(folder.path(), &text, &files).unwrap();
    let paths = |p: &Problem| p.outputs.iter().map(|o| o.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&problem), [folder.path().join("m.npy"), "-".into()]);
    assert_eq!(problem.references[0].as_ref().unwrap().ty().dims, [4, 3]);
    let other = tempfile::tempdir().unwrap();
    let document = Document::clone(&problem.document);
    let problem = Problem::load_with(document, Some(other.path()), &Default::default()).unwrap();
    assert_eq!(paths(&problem), [other.path().join("m.npy"), "-".into()]);
}
