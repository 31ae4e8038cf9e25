//! Expressions: what they give, and what does not fit.

use super::*;
use crate::graph::Program;
use crate::operators::{Operator, program};

/// What is said about an expression, without its last line.
#[track_caller]
fn says(expression: &str, expected: &str) {
    let said = mistakes(&with_expression(expression), &[]);
    let said = said.split("\n\nerror: DIR/problem.toml has").next().unwrap();
    assert_eq!(said, expected.trim_start(), "{expression}");
}

/// Model and data of an expression.
#[track_caller]
fn types(expression: &str) -> String {
    let problem = problem(&with_expression(expression), &[]);
    let (model, data) = (problem.operator("X").unwrap().model(), problem.operator_data("X"));
    format!("{model} -> {}", data.unwrap())
}

#[test]
fn operands_have_the_same_dims() {
    assert_eq!(types("A @ A"), "(4, 3) float64 -> (4, 3) float64");
    assert_eq!(types("eps * B.H @ B / 4 * 1j"), "(12,) complex128 -> (12,) complex128");
    assert_eq!(types("-A ** 0"), "(4, 3) float64 -> (4, 3) float64");
    assert_eq!(types("VStack([C, C.T])"), "(5,) float64 -> (10,) float64");
    assert_eq!(types("Real(1j * C) * sqrt(2)"), "(5,) float64 -> (5,) float64");
    // Lists, along which nothing works, and other dims for the same samples.
    assert_eq!(types("A @ I"), "(12,) float64 -> (4, 3) float64");
    assert_eq!(types("I + A - A"), "(4, 3) float64 -> (4, 3) float64");
    assert_eq!(types("B @ R @ A"), "(4, 3) float64 -> (12,) float64");
    assert_eq!(types("VStack([I, A])"), "(12,) float64 -> (24,) float64");
    assert_eq!(types("HStack([A, S])"), "(24,) float64 -> (12,) float64");
    assert_eq!(types("A @ S"), "(12,) float64 -> (4, 3) float64");
}

#[test]
fn dims_of_one_number_do_not_fit() {
    says(
        "A @ B",
        r#"
error: `A` and `B` do not fit in a product
 --> DIR/problem.toml:4:8
  |
4 | X = "A @ B"
  |      - ^ - data (12,)
  |      | |
  |      | expected data (4, 3), found (12,)
  |      model (4, 3), 12 elements
  |
  = help: they agree only in the number of samples; if you intend that, put `{ type = "Reshape", dims = [12], dimsd = [4, 3] }` between them"#,
    );
    // A list between them does not hide it.
    for expression in [
        "B @ A",
        "B @ I @ A",
        "A @ (I @ B)",
        "A.H + B",
        "A + I + B",
        "I + A - B",
        "VStack([I, A, B])",
        "HStack([B, I, A])",
        "Block([[I, A], [B, I], [A, A]])",
        "V @ A",
        "A - V",
    ] {
        let said = mistakes(&with_expression(expression), &[]);
        assert!(said.contains(" do not fit in "), "{expression}\n{said}");
        assert!(said.contains("agree only in the number of samples"), "{expression}\n{said}");
        assert!(said.contains("has 1 mistake"), "{expression}\n{said}");
    }
    for (key, ops) in [
        ("VStack", r#"["A", "B"]"#),
        ("HStack", r#"["A", "B"]"#),
        ("Block", r#"[["A", "I"], ["B", "I"]]"#),
    ] {
        let text = with_expression("A") + &format!("Q = {{ type = \"{key}\", ops = {ops} }}\n");
        let said = mistakes(&text, &[]);
        assert!(
            said.contains("of operator 1 has dims (4, 3), that of operator 2 has (12,)"),
            "{said}"
        );
    }
}

#[test]
fn operands_that_do_not_fit() {
    says(
        "B @ B @ C",
        r#"
error: `B` and `C` do not fit in a product
 --> DIR/problem.toml:4:12
  |
4 | X = "B @ B @ C"
  |          - ^ - data (5,)
  |          | |
  |          | expected data of 12 elements, found 5
  |          model (12,)"#,
    );
    says(
        "(A @ A) @ (2 * C)",
        r#"
error: `A` and `(2 * C)` do not fit in a product
 --> DIR/problem.toml:4:14
  |
4 | X = "(A @ A) @ (2 * C)"
  |           -  ^ ------- data (5,)
  |           |  |
  |           |  expected data of 12 elements, found 5
  |           model (4, 3), 12 elements"#,
    );
    says(
        "A + 2 * C",
        r#"
error: `A` and `2 * C` do not fit in a sum
 --> DIR/problem.toml:4:8
  |
4 | X = "A + 2 * C"
  |      - ^ ----- model (5,)
  |      | |
  |      | expected equal models
  |      model (4, 3), 12 elements"#,
    );
    says(
        "VStack([A, C])",
        r#"
error: `A` and `C` do not fit in `VStack`
 --> DIR/problem.toml:4:17
  |
4 | X = "VStack([A, C])"
  |              -  ^ model (5,)
  |              |
  |              model (4, 3), 12 elements"#,
    );
    says(
        "Block([[B, B], [B, C]])",
        r#"
error: `B` and `C` do not fit in `Block`
 --> DIR/problem.toml:4:25
  |
4 | X = "Block([[B, B], [B, C]])"
  |                      -  ^ data (5,)
  |                      |
  |                      data (12,)"#,
    );
    says(
        "VStack([C, C]) ** 2",
        r#"
error: `VStack([C, C])` has no powers
 --> DIR/problem.toml:4:6
  |
4 | X = "VStack([C, C]) ** 2"
  |      ^^^^^^^^^^^^^^ model (5,); data (10,)
  |
  = help: a power needs model and data of the same dims"#,
    );
}

#[test]
fn numbers_in_wrong_places() {
    says(
        "A @ 2",
        r#"
error: `@` with a number
 --> DIR/problem.toml:4:8
  |
4 | X = "A @ 2"
  |        ^ expected two operators
  |
  = help: write `2 * A` to scale an operator"#,
    );
    says(
        "A + eps",
        r#"
error: a sum of an operator and a number
 --> DIR/problem.toml:4:8
  |
4 | X = "A + eps"
  |        ^ expected operators on both sides"#,
    );
    says(
        "A / (eps - 0.5)",
        r#"
error: division by zero
 --> DIR/problem.toml:4:10
  |
4 | X = "A / (eps - 0.5)"
  |          ^^^^^^^^^^^ this is 0"#,
    );
    says(
        "A / B",
        r#"
error: division by an operator
 --> DIR/problem.toml:4:10
  |
4 | X = "A / B"
  |          ^ expected a number, found an operator
  |
  = help: division is a solve, which belongs in `[solve]`"#,
    );
    says(
        "eps",
        r#"
error: a number where an operator is needed
 --> DIR/problem.toml:4:6
  |
4 | X = "eps"
  |      ^^^ expected an operator, found the number 0.5"#,
    );
    says(
        "HStack([A, 3])",
        r#"
error: a number where an operator is needed
 --> DIR/problem.toml:4:17
  |
4 | X = "HStack([A, 3])"
  |                 ^ expected an operator in `HStack`, found the number 3"#,
    );
    says(
        "sqrt(-2) * A",
        r#"
error: the square root of a negative number
 --> DIR/problem.toml:4:11
  |
4 | X = "sqrt(-2) * A"
  |           ^^ this is -2"#,
    );
    says(
        "sqrt(A)",
        r#"
error: the square root of an operator
 --> DIR/problem.toml:4:11
  |
4 | X = "sqrt(A)"
  |           ^ expected a number, found an operator"#,
    );
    says(
        "A * 1e300 * 1e300",
        r#"
error: a number that is not finite
 --> DIR/problem.toml:4:6
  |
4 | X = "A * 1e300 * 1e300"
  |      ^^^^^^^^^^^^^^^^^ this is inf+0i"#,
    );
    says(
        "A ** 1001",
        r#"
error: invalid exponent for `**`
 --> DIR/problem.toml:4:11
  |
4 | X = "A ** 1001"
  |           ^^^^ expected at most 1000"#,
    );
    says(
        "eps.H * A",
        r#"
error: a number has no adjoint
 --> DIR/problem.toml:4:6
  |
4 | X = "eps.H * A"
  |      ^^^ expected an operator, found a number"#,
    );
    says(
        "\\u0041 + C",
        r#"
error: two operands of `\u0041 + C` do not fit in a sum
 --> DIR/problem.toml:4:5
  |
4 | X = "\u0041 + C"
  |     ^^^^^^^^^^^^ expected equal models; model (4, 3), 12 elements; model (5,)"#,
    );
}

fn run(op: &dyn Operator) -> Program {
    crate::graph::simplify(&program(op).unwrap()).unwrap()
}

#[test]
fn chains_are_what_their_parts_say() {
    // One program for every way of writing it.
    let nodes = |e: &str| {
        let problem = problem(&with_expression(e), &[]);
        format!("{:?}", run(problem.operator("X").unwrap().as_ref()).graph.nodes())
    };
    assert_eq!(nodes("(B @ (B @ B)) @ B"), nodes("B ** 4"));
    assert_eq!(nodes("B.H.T.conj()"), nodes("B"));
    assert_eq!(nodes("B.H.H.H"), nodes("B.H"));
    assert_eq!(nodes("2 * B / 4 @ B * 2"), nodes("B @ B"));
    assert_eq!(nodes("(2 + 1) * B"), nodes("B * 3"));
    assert_ne!(nodes("B - I"), nodes("I - B"));
    let long = vec!["B"; 900].join(" @ ");
    assert_eq!(nodes(&long), nodes("B ** 900"));
    let long = vec!["B"; 900].join(" - ");
    assert!(types(&long).starts_with("(12,)"));
}

#[test]
fn expressions_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut problem = load_in(folder.path(), &with_expression("A"), &[]).unwrap();
    let op = problem.resolve_expression("--operator", "X.H @ A").unwrap();
    assert_eq!(op.model().dims, [4, 3]);
    let error = problem.resolve_expression("--operator", "X @ Y").unwrap_err();
    is(
        &error.to_string().replace(&folder.path().display().to_string(), "DIR"),
        r#"
error: unknown operator `Y`
 |
 | --operator X @ Y
 |                ^ neither in `[operators]` nor in `[params]`
 |
 = help: available: `X`, `A`, `B`, `C`, `I`, `R`, `S`, `V`, `eps`

error: the command line has 1 mistake; nothing was run"#,
    );
    let error = problem.resolve_expression("--operator", "X @ C").unwrap_err();
    is(
        &error.to_string().replace(&folder.path().display().to_string(), "DIR"),
        r#"
error: `X` and `C` do not fit in a product
 |
 | --operator X @ C
 |            - ^ - data (5,)
 |            | |
 |            | expected data of 12 elements, found 5
 |            model (4, 3), 12 elements

error: the command line has 1 mistake; nothing was run"#,
    );
}
