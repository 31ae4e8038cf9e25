//! Names: of operators, their types, arrays; circles of them.

use super::*;

#[test]
fn unknown_names_suggest_known_ones() {
    shows(
        r#"[arrays]
kernel = { zeros = { shape = [3, 2, 2] }, dtype = "complex128" }
[params]
eps = 0.1
[operators]
D = { type = "FirstDerivativ", dims = 5 }
R = { type = "MDC", G = "kernle", nt = 5, nv = 1 }
deriv = { type = "FirstDerivative", dims = 5 }
E = "2 * derive"
F = "kernel @ deriv"
"#,
        &[],
        r#"
error: unknown operator type `FirstDerivativ`
 --> DIR/problem.toml:6:14
  |
6 | D = { type = "FirstDerivativ", dims = 5 }
  |              ^^^^^^^^^^^^^^^^ not a known operator
  |
  = help: did you mean `FirstDerivative`?

error: unknown array `kernle`
 --> DIR/problem.toml:7:25
  |
7 | R = { type = "MDC", G = "kernle", nt = 5, nv = 1 }
  |                         ^^^^^^^^ not in `[arrays]`
  |
  = help: did you mean `kernel`?

error: unknown operator `derive`
 --> DIR/problem.toml:9:10
  |
9 | E = "2 * derive"
  |          ^^^^^^ neither in `[operators]` nor in `[params]`
  |
  = help: did you mean `deriv`?

error: `kernel` is an array, not an operator
  --> DIR/problem.toml:10:6
   |
10 | F = "kernel @ deriv"
   |      ^^^^^^ expected an operator
   |
   = help: `{ type = "MatrixMult", A = "kernel" }` makes an operator of it

error: DIR/problem.toml has 4 mistakes; nothing was run"#,
    );
}

#[test]
fn circles_show_their_chain() {
    shows(
        r#"[operators]
A = "B @ B"
B = "2 * C"
C = "A.H + A"
E = "E"
U = "A @ B"
[solve]
operator = "A"
data = "d"
[arrays]
d = { values = [1] }
"#,
        &[],
        r#"
error: operator `A` is defined in terms of itself
 --> DIR/problem.toml:4:6
  |
4 | C = "A.H + A"
  |      ^ A -> B -> C -> A

error: operator `E` is defined in terms of itself
 --> DIR/problem.toml:5:6
  |
5 | E = "E"
  |      ^ E -> E

error: DIR/problem.toml has 2 mistakes; nothing was run"#,
    );
}

#[test]
fn long_chains_of_names_end_with_words() {
    let mut text = String::from("[operators]\nX0 = { type = \"FirstDerivative\", dims = 5 }\n");
    for k in 1..400 {
        text += &format!("X{k} = \"-X{}\"\n", k - 1);
    }
    assert!(mistakes(&text, &[]).starts_with("error: operators are nested too deeply\n"));
    // So deep, and no deeper, is fine: also where programs are built inside each other.
    let mut text = String::from("[operators]\nX0 = { type = \"FirstDerivative\", dims = 5 }\n");
    for k in 1..200 {
        text += &format!("X{k} = \"X{}.H\"\n", k - 1);
    }
    assert_eq!(mistakes(&text, &[]), "nothing is wrong");
    let mut text = String::from("[operators]\n");
    for k in 0..400 {
        text += &format!("X{k} = \"-X{}\"\n", k + 1);
    }
    text += "X400 = { type = \"FirstDerivative\", dims = 5 }\n";
    let mistakes = mistakes(&text, &[]);
    assert!(mistakes.starts_with("error: operators are nested too deeply\n"), "{mistakes}");
}

#[test]
fn operators_that_double_end_with_words() {
    let mut text = String::from("[operators]\nX0 = { type = \"FirstDerivative\", dims = 5 }\n");
    for k in 1..60 {
        text += &format!("X{k} = \"X{0} @ X{0}\"\n", k - 1);
    }
    let mistakes = mistakes(&text, &[]);
    assert!(mistakes.starts_with("error: the operator is too long\n"), "{mistakes}");
    assert!(mistakes.ends_with("problem.toml has 1 mistake; nothing was run"), "{mistakes}");
}

#[test]
fn operators_fit_into_a_machine() {
    let identities = |n: usize| {
        let list = vec!["\"I\""; n].join(", ");
        format!(
            "I = {{ type = \"Identity\", N = 17592186044416 }}\nA = {{ type = \"STACK\", ops = [{list}] }}"
        )
    };
    for (operators, at) in [
        (identities(2).replace("STACK", "HStack"), "`HStack` cannot be applied"),
        (identities(70).replace("STACK", "BlockDiag"), "`ops` of BlockDiag does not fit"),
        (identities(2).replace("STACK", "VStack"), "`VStack` cannot be applied"),
    ] {
        let text = format!(
            "[arrays]\nw = {{ ones = {{ shape = [4294967296, 1] }} }}\n[operators]\n{operators}\n"
        );
        let said = mistakes(&text, &[]);
        assert!(said.contains("more elements than any machine can address"), "{said}");
        assert!(said.contains(at), "{said}");
    }
    let text =
        "[run]\nthreads = 9223372036854775807\n[operators]\nI = { type = \"Identity\", N = 3 }";
    let document = Document::parse(SourceText::new("problem.toml", text), &[]).unwrap_err();
    assert!(document.to_string().contains("expected an integer from 1 to 1024"), "{document}");
}

#[test]
fn chunks_have_one_length_an_axis() {
    shows(
        r#"[operators.D]
type = "FirstDerivative"
dims = [4, 3]
chunks = { model = [2], data = [-1, 2] }
"#,
        &[],
        r#"
error: `chunks` do not fit the model of FirstDerivative
 --> DIR/problem.toml:4:20
  |
4 | chunks = { model = [2], data = [-1, 2] }
  |                    ^^^ expected one length for each axis of (4, 3), found 1

error: DIR/problem.toml has 1 mistake; nothing was run"#,
    );
    let problem = problem(
        "[operators]\nD = { type = \"FirstDerivative\", dims = [4, 3], chunks = { model = [-1, 2] } }\n",
        &[],
    );
    let op = problem.operator("D").unwrap();
    assert!(format!("{op:?}").contains("model: Some([4, 2]), data: None"), "{op:?}");
}
