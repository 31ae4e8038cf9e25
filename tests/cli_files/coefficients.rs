//! Numbers beside arrays, which the element type of their operator cannot hold, and long lists.

use crate::common::npy;
use crate::{PROBLEM, folder, refused};

/// The problem in single precision, with more lines in front of `[solve]`.
fn single(solve: &str) -> String {
    let with = PROBLEM.replace("[solve]", solve);
    format!("dtype = \"float32\"\n{with}")
}

#[test]
fn a_coefficient_that_its_operator_cannot_hold_is_refused_at_its_place() {
    let folder = folder("[solve]", "[solve]");
    let beyond = "help: give `dtype = \"float64\"`";
    for (name, expression, words) in [
        ("scale", "B = \"1e39 * I\"", "1e39 is beyond float32"),
        ("param", "B = \"big * I\"\n[params]\nbig = 1e39", "1e39 is beyond float32"),
        ("minus", "B = \"I - 1e39 * I\"", "1e39 is beyond float32"),
        ("tiny", "B = \"1e-50 * I\"", "1e-50 is zero as float32"),
        ("quotient", "B = \"I / 1e50\"", "e-51 is zero as float32"),
        ("complex", "B = \"1e39j * I\"", "1e39j is beyond complex64"),
    ] {
        let file = format!("{name}.toml");
        folder.put(&file, single(&format!("{expression}\n[solve]")).as_bytes());
        for command in ["check", "solve"] {
            refused(&folder, &format!("{command} {file}"), 2, &[words, beyond, &file]);
        }
    }
    // A parameter, from which the coefficient follows.
    let text = "D = { type = \"FirstDerivative\", dims = 4, sampling = 1e-40 }\n[solve]";
    folder.put("d.toml", single(text).as_bytes());
    refused(&folder, "check d.toml", 2, &["FirstDerivative", "beyond float32", "1e-40", beyond]);
    let text = "L = { type = \"Laplacian\", dims = [4, 4], weights = [1.0, 1e-60] }\n[solve]";
    folder.put("l.toml", single(text).as_bytes());
    refused(&folder, "check l.toml", 2, &["Laplacian", "zero as float32", beyond]);
    // Parameters of the solver.
    for solver in ["lsqr", "cgls"] {
        for (damp, words) in [("1e45", "1e45 is beyond"), ("1e-50", "1e-50 is zero as")] {
            let text =
                single("[solve]").replace("\"cgls\"", &format!("\"{solver}\"\ndamp = {damp}"));
            folder.put("damp.toml", text.as_bytes());
            refused(&folder, "check damp.toml", 2, &[words, "damp", "float64"]);
        }
    }
    let text = single("[solve]").replace(
        "[outputs]",
        "[[solve.regularization]]\noperator = \"I\"\nepsilon = 1e39\n[outputs]",
    );
    folder.put("epsilon.toml", text.as_bytes());
    refused(&folder, "check epsilon.toml", 2, &["1e39 is beyond float32", beyond]);
    // The command line.
    folder.put("plain.toml", single("[solve]").as_bytes());
    let arguments =
        ["apply", "plain.toml", "--operator", "1e39*I", "--input", "x.npy", "--output", "z.npy"];
    let ran = folder.ran_with(&arguments, b"");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("1e39 is beyond float32"), "{}", ran.stderr);
    // What a wider type holds is not refused.
    let wide = PROBLEM.replace("[solve]", "B = \"1e39 * I\"\nC = \"1e-50 * I\"\n[solve]");
    folder.put("wide.toml", wide.as_bytes());
    let ran = folder.ran("check wide.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn an_array_of_which_all_but_zeros_vanish_is_told() {
    let folder =
        folder("x = { file = \"x.npy\" }", "x = { file = \"x.npy\", dtype = \"float32\" }");
    folder.put("x.npy", &npy(&[0.0, 1e-300, 0.0, -1e-46]));
    let ran = folder.ran("solve problem.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("array `x` is too small for single precision"), "{}", ran.stderr);
}

#[test]
fn a_range_of_indices_that_leaves_the_axis_is_not_computed() {
    let folder = folder("[solve]", "[solve]");
    let text = PROBLEM
        .replace("[solve]", "R = { type = \"Restriction\", dims = 200, iava = \"far\" }\n[solve]");
    let range = "[arrays]\nfar = { arange = { stop = 4e12, step = 4.0 } }";
    folder.put("far.toml", text.replace("[arrays]", range).as_bytes());
    refused(&folder, "check far.toml", 2, &["iava", "far.toml", "200"]);
    let range =
        "[arrays]\nfar = { linspace = { start = 0.0, stop = -1000.0, num = 100000000007 } }";
    folder.put("back.toml", text.replace("[arrays]", range).as_bytes());
    refused(&folder, "check back.toml", 2, &["`far` is float64"]);
    let axes = "[arrays]\nz = { linspace = { stop = 150.0, start = 0.0, num = 100000000007 } }\n\
                a = { linspace = { start = 0.0, stop = 1.0, num = 5 } }\ns = { values = [[0.1], [0.1]] }";
    let text = PROBLEM.replace("[arrays]", axes).replace(
        "[solve]",
        "K = { type = \"Kirchhoff\", z = \"z\", x = \"a\", t = \"a\", srcs = \"s\", recs = \"s\", \
         vel = 1.0, wav = \"a\", wavcenter = 0, mode = \"analytic\" }\n[solve]",
    );
    folder.put("axis.toml", text.as_bytes());
    refused(&folder, "check axis.toml", 2, &["`z` of Kirchhoff", "100000000007"]);
}
