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
    assert_eq!((solve.method.name(), solve.method.niter()), ("lsqr", Some(5)));
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
   |        ^^^^ not in `[arrays]`
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

/// A solve over planes of (3, 5), with operators whose dims match theirs in number.
fn beside(more: &str) -> String {
    format!(
        r#"[operators]
A = {{ type = "FirstDerivative", dims = [3, 5] }}
T = {{ type = "Laplacian", dims = [5, 3] }}
F = {{ type = "SecondDerivative", dims = 15 }}
L = {{ type = "Laplacian", dims = [3, 5] }}
W = {{ type = "Diagonal", diag = "w" }}
I = {{ type = "Identity", N = 15 }}
R = {{ type = "Reshape", dims = [3, 5], dimsd = [15] }}
M = {{ type = "MatrixMult", A = "m" }}
[arrays]
d = {{ ones = {{ shape = [3, 5] }} }}
w = {{ ones = {{ shape = [15] }} }}
m = {{ ones = {{ shape = [4, 15] }} }}
e = {{ ones = {{ shape = [4] }} }}
[solve]
{more}"#
    )
}

#[test]
fn dims_that_match_in_number_only() {
    let solve = "operator = \"A\"\ndata = \"d\"\n";
    shows(
        &beside(&format!(
            "{solve}weight = \"T\"\npreconditioner = \"F\"\n[[solve.regularization]]\noperator = \"T\"\n\
             [[solve.regularization]]\noperator = \"2 * F\"\n"
        )),
        &[],
        r#"
error: the model of `T` does not fit the data of `A`
  --> DIR/problem.toml:18:10
   |
16 | operator = "A"
   |            --- data (3, 5), 15 elements
17 | data = "d"
18 | weight = "T"
   |          ^^^ model (5, 3), 15 elements
   |
   = help: only the number of samples agrees; if you intend that, write `weight = { operator = "...", reshape = true }`

error: the data of `F` does not fit the model of `A`
  --> DIR/problem.toml:19:18
   |
16 | operator = "A"
   |            --- model (3, 5), 15 elements
...
19 | preconditioner = "F"
   |                  ^^^ data (15,)
   |
   = help: only the number of samples agrees; if you intend that, write `preconditioner = { operator = "...", reshape = true }`

error: the model of `T` does not fit the model of `A`
  --> DIR/problem.toml:21:12
   |
16 | operator = "A"
   |            --- model (3, 5), 15 elements
...
21 | operator = "T"
   |            ^^^ model (5, 3), 15 elements
   |
   = help: only the number of samples agrees; if you intend that, write `reshape = true` beside its `operator`

error: the model of `2 * F` does not fit the model of `A`
  --> DIR/problem.toml:23:12
   |
16 | operator = "A"
   |            --- model (3, 5), 15 elements
...
23 | operator = "2 * F"
   |            ^^^^^^^ model (15,)
   |
   = help: only the number of samples agrees; if you intend that, write `reshape = true` beside its `operator`

error: DIR/problem.toml has 4 mistakes; nothing was run"#,
    );
    // What says that it is meant, what is the same, and flat lists.
    let fine = |more: &str| assert_eq!(mistakes(&beside(more), &[]), "nothing is wrong", "{more}");
    fine(&format!(
        "{solve}weight = {{ operator = \"T\", reshape = true }}\n\
         preconditioner = {{ operator = \"F\", reshape = true }}\n[[solve.regularization]]\noperator = \"T\"\n\
         reshape = true\n[[solve.regularization]]\noperator = \"F @ R\"\n"
    ));
    fine(&format!(
        "{solve}weight = \"W\"\npreconditioner = \"I\"\n[[solve.regularization]]\noperator = \"L\"\n\
         [[solve.regularization]]\noperator = \"M\"\n"
    ));
    fine("operator = \"M\"\ndata = \"e\"\n[[solve.regularization]]\noperator = \"L\"\n");
    fine("operator = \"M\"\ndata = \"e\"\n[[solve.regularization]]\noperator = \"F\"\n");
    // A list takes the dims of the first that has some.
    for (first, second) in [("L", "T"), ("L", "F")] {
        let said = mistakes(
            &beside(&format!(
                "operator = \"M\"\ndata = \"e\"\n[[solve.regularization]]\noperator = \"{first}\"\n\
                 [[solve.regularization]]\noperator = \"{second}\"\n"
            )),
            &[],
        );
        let expected =
            format!("error: the model of `{second}` does not fit the model of `{first}`");
        assert!(said.contains(&expected), "{said}");
    }
}

#[test]
fn further_solves_and_what_is_made_of_models_keep_dims() {
    let text = |operator: &str| {
        beside(&format!(
            "operator = \"A\"\ndata = \"d\"\n[outputs]\nx = {{ path = \"x.npy\", apply = {{ operator = \
             \"{operator}\", to = \"model\" }} }}\n"
        ))
    };
    for operator in ["T", "F", "T.H", "2 * F.H"] {
        let said = mistakes(&text(operator), &[]);
        assert!(
            said.contains(&format!("`model` does not fit the model of `{operator}`")),
            "{said}"
        );
        assert!(said.contains("they agree only in the number of samples"), "{said}");
    }
    for operator in ["L", "W", "F @ R", "I", "M"] {
        assert_eq!(mistakes(&text(operator), &[]), "nothing is wrong", "{operator}");
    }
    let further = beside(
        "operator = \"A\"\ndata = \"d\"\n[solves.s]\noperator = \"L\"\ndata = \"d\"\nweight = \"T\"\n",
    );
    assert!(mistakes(&further, &[]).contains("the model of `T` does not fit the data of `L`"));
}

#[test]
fn a_plane_is_no_line() {
    let solve = |operator: &str, more: &str| {
        beside(&format!("operator = \"{operator}\"\ndata = \"d\"\n{more}"))
    };
    let said = mistakes(&solve("F", "x0 = \"d\"\n"), &[]);
    assert!(said.contains("array `d` does not fit the data of `F`"), "{said}");
    assert!(said.contains("array `d` does not fit the model of `F`"), "{said}");
    assert!(said.contains("`transpose` or `reshape` stand with `d`"), "{said}");
    for operator in ["I", "W", "A", "R.H @ F @ R"] {
        assert_eq!(
            mistakes(&solve(operator, "x0 = \"d\"\n"), &[]),
            "nothing is wrong",
            "{operator}"
        );
    }
    let made = solve("A", "[arrays.made]\napply = { operator = \"F\", to = \"d\" }\n");
    assert!(mistakes(&made, &[]).contains("array `d` does not fit the model of `F`"));
}
