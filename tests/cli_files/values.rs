//! Values that an element type cannot hold, or makes zero.

use crate::common::{npy, with_header};
use crate::{PROBLEM, folder, refused};

#[test]
fn an_output_that_its_type_cannot_hold_is_refused_with_its_place() {
    let folder = folder("file = \"x.npy\"", "values = [1.0, 2e38, -1e300, 1e301]");
    for options in ["", "--threads 1", "--ranks 3"] {
        refused(
            &folder,
            &format!("solve problem.toml {options}"),
            1,
            &["output `image`", "-1e300 at [2]", "float32", "nothing was written"],
        );
    }
    // The first place in the array, however many threads and processes write it.
    let many = PROBLEM
        .replace("file = \"x.npy\"", "linspace = { start = 0.0, stop = 1e40, num = 300000 }")
        .replace("operator = \"I\", to", "operator = \"J\", to")
        .replace("[solve]", "J = { type = \"Identity\", N = 300000 }\n[solve]");
    folder.put("many.toml", many.as_bytes());
    // 3.4028236e38 / (1e40 / 299999) = 10208.4
    for options in ["--threads 1", "--threads 4", "--ranks 3", "--threads 2 --ranks 2"] {
        refused(&folder, &format!("solve many.toml {options}"), 1, &["at [10209]"]);
    }
    let wide = PROBLEM.replace("dtype = \"float32\"", "dtype = \"float64\"");
    folder.put("wide.toml", wide.as_bytes());
    assert_eq!(folder.ran("solve wide.toml").code, Some(0));
}

#[test]
fn values_that_an_output_makes_zero_are_counted() {
    let folder = folder("file = \"x.npy\"", "values = [1.0, 1e-60, 0.0, -1e-50]");
    let words = "warning: output `image`: 2 of 4 values underflowed to zero as float32";
    for options in ["", "--ranks 3"] {
        let ran = folder.ran(&format!("solve problem.toml {options}"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    let listed = folder.ran("solve problem.toml --json").json()["warnings"].to_string();
    assert!(listed.contains("output `image`: 2 of 4 values"), "{listed}");
    assert_eq!(folder.ran("solve problem.toml --quiet").stderr, "");
}

#[test]
fn an_input_that_its_type_cannot_hold_is_refused_with_its_place() {
    let folder =
        folder("x = { file = \"x.npy\" }", "x = { file = \"x.npy\", dtype = \"float32\" }");
    folder.put("x.npy", &npy(&[1.0, 2.0, 3.0, 1e300]));
    for options in ["", "--threads 1", "--ranks 2"] {
        let words = ["x: ", "1e300 at [3]", "float32"];
        refused(&folder, &format!("solve problem.toml {options}"), 1, &words);
    }
    // What is nothing beside the largest value may go.
    folder.put("x.npy", &npy(&[1.0, 2.0, 1e-300, 0.0]));
    let ran = folder.ran("solve problem.toml");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    folder.put("x.npy", &npy(&[1e-40, -2e-39, 1e-60, 0.0]));
    let ran = folder.ran("solve problem.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let words = "warning: array `x` is too small for single precision: some of its values become zero, and the largest is 2e-39";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    // `apply` reads in the operator's type.
    let single = PROBLEM.replace("N = 4", "N = 4, dtype = \"float32\"");
    folder.put("single.toml", single.as_bytes());
    folder.put("big.npy", &npy(&[1.0, -1e39, 3.0, 1e300]));
    refused(&folder, "apply single.toml --input big.npy --output y.npy", 1, &["-1e39 at [1]"]);
    // What stands in the file itself is known before the run.
    let inline =
        PROBLEM.replace("file = \"x.npy\"", "values = [1.0, 1e300, 3.0, 4.0], dtype = \"float32\"");
    folder.put("inline.toml", inline.as_bytes());
    refused(&folder, "check inline.toml", 2, &["1e300 at [1]", "inline.toml:4"]);
    let full = PROBLEM
        .replace("file = \"x.npy\"", "full = { shape = 4, value = -1e39 }, dtype = \"float32\"");
    folder.put("full.toml", full.as_bytes());
    refused(&folder, "check full.toml", 2, &["-1e39 at [0]"]);
}

#[test]
fn infinity_and_nan_are_kept_and_told() {
    // Infinity in a file is kept: it is what the file says.
    let folder =
        folder("x = { file = \"x.npy\" }", "x = { file = \"x.npy\", dtype = \"float32\" }");
    folder.put("x.npy", &npy(&[1.0, f64::INFINITY, f64::NAN, 4.0]));
    let ran = folder.ran("solve problem.toml --ranks 2");
    let words = "warning: output `image`: 2 of 4 values are NaN or infinite\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), words));
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }";
    let values = [1.0_f32, f32::INFINITY, f32::NAN, 4.0];
    let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(folder.bytes("i.npy"), with_header(header, &data));
    // What single precision makes infinite on its way is told too.
    let large = PROBLEM
        .replace("x = { file = \"x.npy\" }", "x = { file = \"x.npy\", dtype = \"float32\" }")
        .replace("N = 4", "N = 4, dtype = \"float32\"")
        .replace("operator = \"I\", to", "operator = \"1e38 * I\", to");
    folder.put("large.toml", large.as_bytes());
    folder.put("x.npy", &npy(&[4.0, 5.0, 6.0, 7.0]));
    let ran = folder.ran("solve large.toml");
    assert!(
        ran.stderr.contains("output `image`: 4 of 4 values are NaN or infinite"),
        "{}",
        ran.stderr
    );
    let ran = folder.ran("apply large.toml --operator 1e38*I --input x.npy --output y.npy");
    assert!(ran.stderr.contains("the result: 4 of 4 values are NaN or infinite"), "{}", ran.stderr);
}

#[test]
fn warnings_of_a_run_are_told_by_test_too() {
    let text = PROBLEM
        .replace("\"cgls\"\nniter    = 5", "\"direct\"")
        .replace("d = { file = \"d.npy\" }", "d = { values = [1e-300, 2.0, 3.0, 4.0] }")
        .replace("model = \"m.npy\"", "model = { path = \"m.npy\", dtype = \"float32\" }");
    let text = text + "[[expect]]\noutput = \"image\"\nfile = \"r.npy\"\nsnr = 100\n";
    let folder = folder("x.npy", "x.npy");
    folder.put("r.npy", &npy(&[1.0, 2.0, 3.0, 4.0]));
    folder.put("p.toml", text.as_bytes());
    let words = "output `model`: 1 of 4 values underflowed to zero as float32";
    let solved = folder.ran("solve p.toml --json").json();
    assert_eq!(solved["warnings"][0], words, "{solved}");
    // JSON has no infinity.
    assert_eq!(solved["expectations"][0]["found"], "inf dB", "{solved}");
    let ran = folder.ran("test p.toml");
    assert_eq!((ran.code, ran.stderr), (Some(0), format!("warning: p.toml: {words}\n")));
    assert_eq!(folder.ran("test p.toml --quiet").stderr, "");
    let found = folder.ran("test p.toml problem.toml --json").json();
    assert_eq!(found["files"][0]["warnings"], serde_json::json!([words]), "{found}");
    assert_eq!(found["files"][1]["warnings"], serde_json::json!([]), "{found}");
    // Those of the file itself are listed too.
    let unused = text.replace("[solve]", "J = \"2 * I\"\n[solve]");
    folder.put("unused.toml", unused.as_bytes());
    let found = folder.ran("test unused.toml --json").json();
    assert_eq!(found["files"][0]["warnings"].as_array().map(Vec::len), Some(2), "{found}");
}
