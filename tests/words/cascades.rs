//! One mistake is said once.

use crate::common::Folder;
use crate::{PROBLEM, said, says};

#[test]
fn a_forgotten_solve_header_is_one_mistake() {
    says(
        "[solve]\n",
        "",
        r#"
error: `[solve]` is missing
  --> problem.toml:11:1
   |
11 | operator = "A"
   | ^^^^^^^^ `operator`, `data`, `solver`, `niter` are keys of `[solve]`, not of `[operators]`
   |
   = help: write `[solve]` on the line above

error: problem.toml has 1 mistake; nothing was run"#,
    );
    let solve = "[solve]\noperator = \"A\"\ndata     = \"d\"\nsolver   = \"cgls\"\nniter    = 5\n";
    assert!(PROBLEM.contains(solve));
    let keys = &solve["[solve]\n".len()..];
    let text = PROBLEM.replace(solve, "");
    for (above, place) in [("[params]", "a problem file"), ("[operators]", "[arrays]")] {
        let said = said(PROBLEM, &text.replace(above, &format!("{keys}\n{above}")));
        assert!(said.starts_with("error: `[solve]` is missing\n"), "{place}\n{said}");
        assert!(said.contains("has 1 mistake"), "{place}\n{said}");
    }
    // Its other mistakes are said as its own.
    let said = said(solve, &keys.replace("niter ", "nitre "));
    assert!(said.contains("not a key of solver `cgls`"), "{said}");
    assert!(said.contains("has 2 mistakes"), "{said}");
}

#[test]
fn what_follows_from_a_mistake_is_not_said() {
    let application = r#"[arrays]
G = { fil = "G.npy" }
d = { zeros = { shap = [3] } }
w = { values = [1, [2]] }
t = { taper = 3 }
[application]
type = "MDD"
G    = "G"
d    = "d"
wav  = "w"
[solve]
solver = "lsqr"
[outputs]
minv = "minv.npy"
madj = "madj.npy"
"#;
    let ran = Folder::of(application).ran("check problem.toml");
    let all = ran.stderr;
    let first: Vec<&str> = all.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(
        first,
        [
            "error: unknown key `fil`",
            "error: unknown key `shap`",
            "error: the list of `values` is ragged",
            "error: invalid value for `taper`",
            "error: problem.toml has 4 mistakes; nothing was run",
        ],
        "{all}"
    );
    for (from, to, message) in [
        ("operator = \"A\"", "operatr = \"A\"", "unknown key `operatr`"),
        ("dims = 3", "dim = 3", "unknown key `dim`"),
        ("[1.0, 2.0, 3.0]", "[1.0, \"a\"]", "invalid value for `values`"),
        ("{ type = \"Identity\", N = 3 }", "\"B @ \"", "an operand is missing"),
    ] {
        let said = said(from, to);
        assert!(said.starts_with(&format!("error: {message}\n")), "{said}");
        assert!(said.contains("has 1 mistake"), "{said}");
    }
}

/// The first lines of what `check` says of a file, and its help.
fn lines(text: &str, arguments: &str) -> Vec<String> {
    let said = Folder::of(text).ran(&format!("check problem.toml{arguments}")).stderr;
    let kept =
        said.lines().filter(|l| l.starts_with("error") || l.trim_start().starts_with("= help"));
    kept.map(|line| line.trim_start().trim_start_matches("= ").to_string()).collect()
}

const ONE: &str = "error: problem.toml has 1 mistake; nothing was run";

#[test]
fn a_parameter_that_is_no_number_is_one_mistake() {
    let text = PROBLEM.replace("eps = 0.5", "eps = \"a\"");
    assert_eq!(lines(&text, ""), ["error: invalid value for `eps`", ONE]);
    let said = lines(PROBLEM, " --set params.eps=nan");
    assert_eq!(said[0], "error: invalid value for `eps`");
    assert_eq!(said.len(), 2, "{said:?}");
}

#[test]
fn a_misspelt_header_is_one_mistake() {
    for (header, misspelt) in [
        ("[arrays]", "array"),
        ("[operators]", "operator"),
        ("[params]", "param"),
        ("[outputs]", "output"),
    ] {
        let text = PROBLEM.replace(header, &format!("[{misspelt}]"));
        let help = format!("help: did you mean `{}`?", &header[1..header.len() - 1]);
        let first = format!("error: unknown key `{misspelt}`");
        assert_eq!(lines(&text, ""), [first.as_str(), &help, ONE]);
    }
}

#[test]
fn what_stands_in_a_wrong_table_is_one_mistake() {
    let operators = "[operators]\n";
    assert_eq!(
        lines(&PROBLEM.replace(operators, "").replace("D = {", "[operators]\nD = {"), ""),
        [
            "error: `A` is an operator, but is in `[arrays]`",
            "help: put it under `[operators]`",
            ONE
        ]
    );
    let text = PROBLEM.replace("[arrays]\n", "").replace("[params]\neps = 0.5\n", "");
    let text = text.replace("eps * D", "D");
    assert_eq!(
        lines(&text, ""),
        ["error: `d` is an array, but is in no table", "help: put it under `[arrays]`", ONE]
    );
    says(
        "[operators]\nA",
        "A",
        r#"
error: `A` is an operator, but is in `[arrays]`
 --> problem.toml:7:1
  |
7 | A = { type = "Identity", N = 3 }
  | ^ a table with `type` is an operator
  |
  = help: put it under `[operators]`

error: `D` is an operator, but is in `[arrays]`
 --> problem.toml:8:1
  |
8 | D = { type = "FirstDerivative", dims = 3 }
  | ^ a table with `type` is an operator
  |
  = help: put it under `[operators]`

error: problem.toml has 2 mistakes; nothing was run"#,
    );
}

#[test]
fn a_forgotten_outputs_header_is_one_mistake() {
    says(
        "\n[outputs]\n",
        "",
        r#"
error: `[outputs]` is missing
  --> problem.toml:19:1
   |
19 | model = "m.npy"
   | ^^^^^ `model` is a key of `[outputs]`, not of `[[solve.regularization]]`
   |
   = help: write `[outputs]` on the line above

error: problem.toml has 1 mistake; nothing was run"#,
    );
    let text =
        PROBLEM.replace("[[solve.regularization]]\noperator = \"eps * D\"\n\n[outputs]\n", "");
    let said = Folder::of(&text.replace("niter ", "residual = \"r.npy\"\nniter "))
        .ran("check problem.toml");
    let label = "`residual`, `model` are keys of `[outputs]`, not of `[solve]`";
    assert!(said.stderr.contains(label) && said.stderr.contains(ONE), "{}", said.stderr);
}

#[test]
fn a_key_of_another_program_is_not_missing_too() {
    let text = PROBLEM.replace("dims = 3", "N = 3");
    assert_eq!(lines(&text, ""), ["error: unknown key `N`", "help: `N` is `dims` here", ONE]);
}

#[test]
fn what_stands_twice_shows_both_places() {
    says(
        "[operators]\n",
        "e = { ones = { shape = [3] } }\nd = { values = [1.0] }\n[operators]\n",
        r#"
error: a key appears twice in a table
 --> problem.toml:8:1
  |
5 | d = { values = [1.0, 2.0, 3.0] }
  | - the first
...
8 | d = { values = [1.0] }
  | ^ the second
  |
  = help: remove or rename one

error: problem.toml has 1 mistake; nothing was run"#,
    );
    for (from, to) in [("N = 3", "N = 3, N = 4"), ("[solve]", "[arrays]\n[solve]")] {
        let said = said(from, to);
        assert!(said.contains("the first\n") && said.contains("^ the second\n"), "{said}");
        assert!(said.contains(ONE), "{said}");
    }
}

#[test]
fn a_misspelt_header_beside_a_part_of_its_table_is_one_mistake() {
    let text = PROBLEM.replace("[solve]\n", "[sovle]\n");
    assert!(text.contains("[[solve.regularization]]"));
    assert_eq!(
        lines(&text, ""),
        ["error: unknown key `sovle`", "help: did you mean `solve`?", ONE]
    );
    let text =
        PROBLEM.replace("[operators]\n", "[operator]\n") + "[operators.E]\ntype = \"Real\"\n";
    let said = lines(&text, "");
    assert_eq!(said[..2], ["error: unknown key `operator`", "help: did you mean `operators`?"]);
    // Where both say the same key, nothing is put together.
    let text = PROBLEM.replace("[arrays]", "[array]\nd = { values = [1] }\n[arrays]");
    assert_eq!(
        lines(&text, ""),
        ["error: unknown key `array`", "help: did you mean `arrays`?", ONE]
    );
}

#[test]
fn a_forgotten_params_header_is_one_mistake() {
    says(
        "[params]\n",
        "",
        r#"
error: `[params]` is missing
 --> problem.toml:1:1
  |
1 | eps = 0.5
  | ^^^ `eps` is a number of `[params]`
  |
  = help: write `[params]` on the line above

error: problem.toml has 1 mistake; nothing was run"#,
    );
    let text = PROBLEM.replace("[params]\neps = 0.5\n", "");
    let said = said(PROBLEM, &text.replace("[operators]", "eps = 0.5\n[operators]"));
    assert!(said.contains("^^^ `eps` is a number of `[params]`, not of `[arrays]`\n"), "{said}");
    assert!(said.contains(ONE), "{said}");
    let text = text.replace("[arrays]", "eps = 1\n[params]\nrho = 1\n[arrays]");
    let said = lines(&text.replace("eps * D", "rho * eps * D"), "");
    let words = "error: a parameter is in the wrong place";
    assert_eq!(said, [words, "help: put it under `[params]`", ONE]);
    // What no expression names is no parameter.
    let said = lines(&PROBLEM.replace("[params]", "threads = 2\n[params]"), "");
    assert_eq!((said[0].as_str(), said.len()), ("error: unknown key `threads`", 3), "{said:?}");
}

#[test]
fn a_forgotten_application_header_is_one_mistake() {
    let text = |arrays: &str, keys: &str| {
        format!(
            "[arrays]\n{arrays}\n\ntype = \"MDD\"\n{keys}\ndt = 0.1\n\n[solve]\nsolver = \"lsqr\"\n\n\
             [outputs]\nminv = \"minv.npy\"\n"
        )
    };
    let (g, d) = ("ones = { shape = [2, 3, 5] }", "ones = { shape = [2, 5] }");
    let other = text(&format!("up = {{ {g} }}\ndown = {{ {d} }}"), "G = \"up\"\nd = \"down\"");
    let help = "help: write `[application]` on the line above";
    assert_eq!(lines(&other, ""), ["error: `[application]` is missing", help, ONE]);
    let mended = other.replace("type =", "[application]\ntype =");
    assert_eq!(Folder::of(&mended).ran("check problem.toml").code, Some(0));
    // Before all tables.
    let (head, rest) = other.split_once("type = ").unwrap();
    let (keys, rest) = rest.split_once("\n\n").unwrap();
    let first = format!("type = {keys}\n\n{head}{rest}");
    assert_eq!(lines(&first, ""), ["error: `[application]` is missing", help, ONE]);
    // Its keys may have the names of arrays.
    let same = text(&format!("G = {{ {g} }}\nd = {{ {d} }}"), "G = \"G\"\nd = \"d\"");
    let expected = r#"
error: `[application]` is missing
 --> problem.toml:5:1
  |
5 | type = "MDD"
  | ^^^^ this looks like an application
  |
  = help: write `[application]` on the line above

error: problem.toml has 1 mistake; nothing was run"#;
    Folder::of(&same).ran("check problem.toml").is(2, "", expected);
    // An operator may be called so.
    let text = PROBLEM.replace("A = {", "type = \"A\"\nA = {").replace("eps * D", "type");
    assert_eq!(Folder::of(&text).ran("check problem.toml").code, Some(0));
}
