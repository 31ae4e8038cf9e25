//! Plans as people read them: a change of one is seen in review. `INSTA_UPDATE=always cargo test --test plans`
//! writes them anew.

mod common;

use std::path::Path;

use common::Folder;

/// What `graph --level plan` says of a problem file, forward and adjoint.
fn stages(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let folder = Folder::of("");
    let path = path.to_str().unwrap();
    let graph = |more: &[&str]| {
        let arguments = [&["graph", path, "--level", "plan"], more].concat();
        folder.run(&arguments).unwrap()
    };
    format!("{}\n{}\n", graph(&[]), graph(&["--adjoint"]))
}

#[test]
fn stages_of_problem_files() {
    for name in ["quickstart", "stacks", "mdc", "poststack", "kirchhoff", "preconditioned"] {
        insta::assert_snapshot!(name, stages(&format!("specs/{name}.toml")));
    }
}

/// What `plan` says of a problem on three processes.
fn shared(operators: &str, data: &str) -> String {
    let problem = format!(
        "[arrays]\nd = {{ random = {{ shape = {data}, seed = 1 }} }}\n{operators}\n\
         [solve]\noperator = \"A\"\ndata = \"d\"\n"
    );
    let arguments = ["plan", "problem.toml", "--processes", "3", "--threads", "2"];
    Folder::of(&problem).run(&arguments).unwrap()
}

#[test]
fn a_halo_is_exchanged() {
    let operators =
        "[operators]\nA = { type = \"Laplacian\", dims = [600, 500, 40], axes = [0, 1, 2] }";
    insta::assert_snapshot!(shared(operators, "[600, 500, 40]"));
}

#[test]
fn slots_are_used_again() {
    let operators = "[operators]\nD = { type = \"FirstDerivative\", dims = [2000, 900], axis = 0 }\n\
                     E = { type = \"FirstDerivative\", dims = [2000, 900], axis = 1 }\nA = \"D @ E @ D @ E @ D\"";
    insta::assert_snapshot!(shared(operators, "[2000, 900]"));
}

#[test]
fn a_transform_along_the_shared_axis_moves_all() {
    let operators = "[operators]\nA = { type = \"FFT2D\", dims = [1024, 2048], real = true }";
    insta::assert_snapshot!(shared(operators, "[1024, 1025]"));
}

#[test]
fn products_with_a_transposed_matrix_are_added_in_parts() {
    let operators = "G = { random = { shape = [6000, 5000], seed = 2 } }\n\
                     [operators]\nA = { type = \"MatrixMult\", A = \"G\" }";
    insta::assert_snapshot!(shared(operators, "[6000]"));
}

#[test]
fn products_by_frequency_are_shared_by_frequency() {
    let operators = "G = { random = { shape = [200, 90, 80], seed = 2 }, dtype = \"complex64\" }\n\
                     [operators]\nA = { type = \"MDC\", G = \"G\", nt = 801, nv = 30, twosided = true }";
    insta::assert_snapshot!(shared(operators, "[801, 90, 30]"));
}
