//! `[solve]`: arrays and operators that fit each other.

use super::*;

const D: &str = "[operators]\nD = { type = \"FirstDerivative\", dims = [4, 3] }\nE = { type = \"FirstDerivative\", dims = 5 }\n";

#[test]
fn arrays_take_the_operators_types() {
    let text = format!(
        r#"dtype = "float32"
title = "t"
{D}
[arrays]
d = {{ ones = {{ shape = [12] }}, dtype = "float64" }}
x = {{ ones = {{ shape = [4, 1, 3] }} }}
[solve]
operator = "2 * D"
data = "d"
x0 = "x"
niter = 5
[[solve.regularization]]
operator = "D"
epsilon = 0.5
data = "d"
"#
    );
    let problem = problem(&text, &[]);
    let solve = problem.solve.unwrap();
    assert_eq!(solve.operator_name, "2 * D");
    assert_eq!(solve.data.ty().to_string(), "(4, 3) float32");
    assert_eq!(solve.x0.unwrap().ty().to_string(), "(4, 3) float32");
    let term = &solve.regularization[0];
    assert_eq!((term.name.as_str(), term.epsilon), ("D", 0.5));
    assert_eq!(term.data.as_ref().unwrap().ty().to_string(), "(4, 3) float32");
    assert_eq!(solve.solver.value, "auto");
    assert_eq!(solve.solver_params.keys().collect::<Vec<_>>(), ["niter"]);
    assert_eq!(problem.title.as_deref(), Some("t"));
}

#[test]
fn parts_that_do_not_fit() {
    let text = format!(
        r#"{D}[arrays]
d = {{ file = "d.npy" }}
z = {{ values = ["1j"] }}
[solve]
operator = "D"
data = "d"
x0 = "z"
weight = "E"
preconditioner = "HStack([D, E])"
[[solve.regularization]]
operator = "E"
data = "dd"
"#
    );
    shows(
        &text,
        &[("d.npy", npy(&[3, 4], DType::Float64))],
        r#"
error: array `d` does not fit the data of `D`
 --> DIR/problem.toml:9:8
  |
8 | operator = "D"
  |            --- data (4, 3), 12 elements
9 | data = "d"
  |        ^^^ the array is (3, 4), 12 elements
  |
  = help: `transpose` or `reshape` stand with `d` in `[arrays]`

error: the model of `E` does not fit the data of `D`
  --> DIR/problem.toml:11:10
   |
 8 | operator = "D"
   |            --- data (4, 3), 12 elements
...
11 | weight = "E"
   |          ^^^ model (5,)

error: `D` and `E` do not fit in `HStack`
  --> DIR/problem.toml:12:30
   |
12 | preconditioner = "HStack([D, E])"
   |                           -  ^ data (5,)
   |                           |
   |                           data (4, 3), 12 elements

error: the model of `E` does not fit the model of `D`
  --> DIR/problem.toml:14:12
   |
 8 | operator = "D"
   |            --- model (4, 3), 12 elements
...
14 | operator = "E"
   |            ^^^ model (5,)

error: unknown array `dd`
  --> DIR/problem.toml:15:8
   |
15 | data = "dd"
   |        ^^^^ no array of `[arrays]`
   |
   = help: did you mean `d`?

error: DIR/problem.toml has 5 mistakes; nothing was run"#,
    );
}

#[test]
fn complex_data_of_a_real_operator() {
    let text = format!(
        "{D}[arrays]\nd = {{ file = \"d.npy\" }}\n[solve]\noperator = \"D\"\ndata = \"d\"\n"
    );
    shows(
        &text,
        &[("d.npy", npy(&[4, 3], DType::Complex64))],
        r#"
error: array `d` is complex, the data of `D` is real
 --> DIR/problem.toml:8:8
  |
7 | operator = "D"
  |            --- data float64
8 | data = "d"
  |        ^^^ the array is complex64
  |
  = help: give the operators `dtype = "complex128"`, or the array `part = "real"`

error: DIR/problem.toml has 1 mistake; nothing was run"#,
    );
}
