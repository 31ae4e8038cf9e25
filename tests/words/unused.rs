//! What nothing uses, what `--set` reaches, and files without anything to do.

use crate::PROBLEM;
use crate::common::{Folder, npy};

#[test]
fn set_reaches_what_the_file_has() {
    let folder = Folder::of(PROBLEM);
    folder.ran("check problem.toml --set params.epss=1").is(
        2,
        "",
        r#"
error: the file has no parameter `epss`
 |
 | --set params.epss=1
 |              ^^^^ not defined in `[params]`
 |
 = help: did you mean `eps`?

error: the command line has 1 mistake; nothing was run"#,
    );
    for (set, what) in [
        ("arrays.e.values=[1]", "array `e`"),
        ("operators.DD.dims=4", "operator `DD`"),
        ("solves.psf.niter=3", "solve `psf`"),
    ] {
        let ran = folder.ran(&format!("check problem.toml --set {set}"));
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(&format!("the file has no {what}")), "{}", ran.stderr);
    }
    for set in [
        "params.eps=1",
        "solve.damp=0.1",
        "run.threads=1",
        "outputs.history=h.csv",
        "dtype=float32",
    ] {
        assert_eq!(folder.ran(&format!("check problem.toml --set {set}")).code, Some(0), "{set}");
    }
}

#[test]
fn what_nothing_uses_is_warned_of() {
    let mut text = PROBLEM.replace("eps = 0.5\n", "eps = 0.5\nextra = 2.0\nextra2 = 2.0\n");
    text = text.replace("[operators]\n", "spare = { values = [1.0] }\n\n[operators]\nT = { type = \"MatrixMult\", A = [[1.0]] }\nU = \"extra2 * T\"\n");
    let folder = Folder::of(&text);
    let expected = r#"
warning: nothing uses parameter `extra`
 --> problem.toml:3:1
  |
3 | extra = 2.0
  | ^^^^^ only named in `[params]`

warning: nothing uses array `spare`
 --> problem.toml:9:1
  |
9 | spare = { values = [1.0] }
  | ^^^^^ only named in `[arrays]`

warning: no solve, output or other operator uses `U`
  --> problem.toml:13:1
   |
13 | U = "extra2 * T"
   | ^ only named in `[operators]`
"#;
    for command in ["check", "plan"] {
        let ran = folder.ran(&format!("{command} problem.toml"));
        assert_eq!((ran.code, ran.stderr.trim()), (Some(0), expected.trim()), "{command}");
    }
    assert_eq!(folder.ran("check problem.toml --deny-warnings").code, Some(2));
    assert_eq!(folder.ran("solve problem.toml --quiet").stderr, "");
    // One operator is worked on, whatever else the file has.
    folder.put("x.npy", &npy(&[1.0, 2.0, 3.0]));
    for command in ["dottest problem.toml", "apply problem.toml --operator D --input x.npy"] {
        let ran = folder.ran(command);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{command}");
    }
}

#[test]
fn what_anything_uses_is_not_warned_of() {
    let clean = |text: &str| {
        let ran = Folder::of(text).ran("check problem.toml --deny-warnings");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{text}");
    };
    clean(PROBLEM);
    // Operators for `apply` and `dottest`, with params for `--operator`.
    clean("[params]\neps = 1\n[operators]\nA = { type = \"Identity\", N = 3 }\nB = \"A.H\"\n");
    clean("[arrays]\nd = { values = [1] }\n");
    clean("[arrays]\nd = { values = [1] }\n[operators]\nA = { type = \"Identity\", N = 3 }\n");
    // Through outputs, arrays that are made, further solves, and the dot test of all operators.
    let more = format!(
        "{PROBLEM}x = {{ path = \"x.npy\", apply = {{ operator = \"B\", to = \"psf\", add = \"e\" }} }}\n\
         [solves.psf]\noperator = \"C\"\ndata = \"f\"\n"
    );
    let more = more.replace(
        "[operators]\n",
        "e = { values = [1.0, 1.0, 1.0] }\ng = { values = [1.0, 1.0, 1.0] }\n\
         f = { apply = { operator = \"F\", to = \"g\" } }\n\n[operators]\nB = \"2 * A\"\nC = \"3 * A\"\nF = \"4 * A\"\n",
    );
    clean(&more);
    let unused = PROBLEM.replace("[solve]\n", "Z = \"2 * A\"\n\n[solve]\n");
    clean(&format!("{unused}[[expect]]\nquantity = \"dottest\"\nmax = 1e-9\n"));
}

#[test]
fn a_file_that_describes_nothing_is_no_problem() {
    for text in [
        "",
        "# a comment\n",
        "title = \"a\"\n",
        "[operators]\n",
        "[arrays]\n[outputs]\n[params]\neps = 1\n",
    ] {
        for command in ["check", "solve", "plan", "apply", "dottest", "test"] {
            let ran = Folder::of(text).ran(&format!("{command} problem.toml"));
            assert_eq!(ran.code, Some(2), "{command} {text:?}");
            let all = format!("{}{}", ran.text(), ran.stderr);
            assert!(
                all.contains("the problem file describes nothing"),
                "{command} {text:?}\n{all}"
            );
        }
    }
}

#[test]
fn to_set_what_nothing_uses_is_a_mistake() {
    let text = PROBLEM.replace("eps = 0.5\n", "eps = 0.5\nextra = 2.0\n");
    let text = text.replace(
        "[operators]\n",
        "spare = { values = [1.0, 2.0] }\n\n[operators]\nU = { type = \"Identity\", N = 3 }\n",
    );
    let folder = Folder::of(&text);
    let expected = r#"
error: nothing uses parameter `extra`
 |
 | --set params.extra=5
 |              ^^^^^ setting it changes nothing
"#;
    for command in ["check", "solve", "plan"] {
        let ran = folder.ran(&format!("{command} problem.toml --set params.extra=5"));
        assert!(ran.stderr.contains(expected.trim()), "{command}\n{}", ran.stderr);
        assert_eq!(ran.code, Some(2), "{command}");
    }
    for (set, what) in [
        ("arrays.spare.values=[1]", "array `spare`"),
        ("arrays.spare.values.0=7", "array `spare`"),
        ("operators.U.N=5", "operator `U`"),
    ] {
        let ran = folder.ran(&format!("check problem.toml --set {set}"));
        let said = format!("error: nothing uses {what}\n");
        assert!(ran.code == Some(2) && ran.stderr.contains(&said), "{set}\n{}", ran.stderr);
    }
    for set in ["params.eps=5", "arrays.d.values.0=7", "operators.A.N=3"] {
        let ran = folder.ran(&format!("check problem.toml --set {set}"));
        assert_eq!(ran.code, Some(0), "{set}\n{}", ran.stderr);
    }
    // An expression of the command line may use it.
    folder.put("x.npy", &npy(&[1.0, 2.0, 3.0]));
    let apply = "apply problem.toml --set params.extra=5 --input x.npy --output y.npy --operator";
    let ran =
        folder.ran_with(&[&apply.split(' ').collect::<Vec<_>>()[..], &["extra * A"]].concat(), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn outputs_and_expectations_of_a_solve_need_one() {
    let operators = "[operators]\nA = { type = \"Identity\", N = 3 }\n";
    let outputs = "[outputs]\nmodel = \"m.npy\"\n";
    let made = "y = { path = \"y.npy\", apply = { operator = \"A\", to = [1, 2, 3] } }\n";
    let expect = "[[expect]]\nquantity = \"iterations\"\nmax = 10\n";
    let folder = Folder::of(&format!("{operators}{outputs}{made}{expect}"));
    let said = r#"
error: output `model` needs a solve, and the file has no `[solve]`
 --> problem.toml:4:1
  |
4 | model = "m.npy"
  | ^^^^^ an output of `[solve]`
  |
  = help: without a solve, an output says what it is: `NAME = { path = "...", apply = { operator = "A", to = "x" } }`

error: `iterations` needs a solve, and the file has no `[solve]`
 --> problem.toml:7:12
  |
7 | quantity = "iterations"
  |            ^^^^^^^^^^^^ a quantity of `[solve]`
  |
  = help: an `[[expect]]` with an `output` compares what is written

error: problem.toml has 2 mistakes; nothing was run"#;
    for command in ["check", "plan", "solve"] {
        folder.ran(&format!("{command} problem.toml")).is(2, "", said);
    }
    assert_eq!(folder.ran("test problem.toml").code, Some(2));
    let dottest = expect.replace("iterations", "dottest");
    let ran =
        Folder::of(&format!("{operators}[outputs]\n{made}{dottest}")).ran("check problem.toml");
    let words = "error: `dottest` needs a solve, and the file has no `[solve]`\n";
    assert!(ran.code == Some(2) && ran.stderr.starts_with(words), "{}", ran.stderr);
    let ran = Folder::of(&format!("{operators}{expect}")).ran("check problem.toml");
    let words = "error: expectations need a solve or outputs, and the file has neither\n";
    assert!(ran.code == Some(2) && ran.stderr.starts_with(words), "{}", ran.stderr);
    let of_model = made.replace("[1, 2, 3]", "\"model\"");
    let ran = Folder::of(&format!("{operators}[outputs]\n{of_model}")).ran("check problem.toml");
    let words = "error: unknown array `model`\n";
    assert!(ran.code == Some(2) && ran.stderr.starts_with(words), "{}", ran.stderr);
    // A file of operators is tested as before.
    let folder = Folder::of(operators);
    assert_eq!(folder.ran("check problem.toml").code, Some(0));
    assert_eq!(folder.ran("test problem.toml").code, Some(0));
    let ran = folder.ran("solve problem.toml");
    let words = "error: problem.toml has neither a [solve] table nor [outputs], so there is nothing to run\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(2), words));
}

/// Nothing uses `R`, `M` and `u`; only they use `eps`, `t`, `rho`, `B` and `e`.
const IDLE: &str = r#"[params]
eps = 0.1
rho = 2.0

[arrays]
y = { values = [1.0, 2.0, 3.0] }
e = { values = [1.0, 2.0, 3.0] }
t = { values = [1.0, 2.0, 3.0] }

[operators]
I = { type = "Identity", N = 3 }
D = { type = "SecondDerivative", dims = 3 }
B = "rho * I"
R = "D + eps * D"
M = { type = "Diagonal", diag = "t" }

[solve]
operator = "I"
data     = "y"
solver   = "lsqr"

[solves.u]
operator = "B"
data     = "e"
solver   = "lsqr"

[outputs]
model = "m.npy"
"#;

#[test]
fn what_only_unused_things_use_is_unused_too() {
    let folder = Folder::of(IDLE);
    let idle = r#"
warning: no solve, output or other operator uses `R`
  --> problem.toml:14:1
   |
14 | R = "D + eps * D"
   | ^ only named in `[operators]`

warning: no solve, output or other operator uses `M`
  --> problem.toml:15:1
   |
15 | M = { type = "Diagonal", diag = "t" }
   | ^ only named in `[operators]`

warning: no output uses solve `u`
  --> problem.toml:22:9
   |
22 | [solves.u]
   |         ^ it is not solved
"#;
    assert_eq!(folder.ran("check problem.toml").stderr.trim(), idle.trim());
    assert_eq!(folder.ran("check problem.toml --deny-warnings").code, Some(2));
    let found = folder.ran("solve problem.toml --json").json();
    assert!(found["solver"]["further"].is_null(), "{found}");
    assert_eq!(found["timings"]["solves"].as_f64(), Some(0.0), "{found}");
    folder.ran("check problem.toml --set params.eps=5").is(
        2,
        "",
        &format!(
            "{}\n\n{}\n\n{}",
            idle.trim(),
            r#"
error: nothing uses parameter `eps` but operator `R`, which nothing uses
 |
 | --set params.eps=5
 |              ^^^ setting it changes nothing
"#
            .trim(),
            "error: the command line has 1 mistake; nothing was run"
        ),
    );
    let used = format!(
        "{IDLE}image = {{ path = \"i.npy\", apply = {{ operator = \"R + M\", to = \"u\" }} }}\n"
    );
    let used = Folder::of(&used);
    assert_eq!(used.ran("check problem.toml --deny-warnings").code, Some(0));
    for (set, but) in [
        ("params.eps=5", " but operator `R`, which nothing uses"),
        ("params.rho=5", " but operator `B`, which nothing uses"),
        ("arrays.t.values.0=7", " but operator `M`, which nothing uses"),
        ("arrays.e.values.0=7", " but solve `u`, which nothing uses"),
        ("operators.B=rho*I", " but solve `u`, which nothing uses"),
        ("operators.R=eps*D", "\n"),
        ("solves.u.niter=3", "\n"),
    ] {
        for command in ["check", "solve"] {
            let ran = folder.ran(&format!("{command} problem.toml --set {set}"));
            assert!(ran.stderr.contains("error: nothing uses "), "{set}\n{}", ran.stderr);
            assert!(ran.code == Some(2) && ran.stderr.contains(but), "{set}\n{}", ran.stderr);
        }
        let ran = used.ran(&format!("check problem.toml --set {set}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{set}");
    }
    // A dot test keeps operators from being warned of, not what is set from being without effect.
    let tested = Folder::of(&format!("{IDLE}[[expect]]\nquantity = \"dottest\"\nmax = 1e-9\n"));
    let said = tested.ran("check problem.toml").stderr;
    assert!(said.starts_with("warning: no output uses solve `u`"), "{said}");
    assert_eq!(tested.ran("check problem.toml --set params.eps=5").code, Some(2));
}

#[test]
fn the_mistakes_of_a_solve_that_nothing_uses_are_told() {
    let text = IDLE.replace("data     = \"e\"", "data     = \"nothing\"");
    let ran = Folder::of(&text).ran("check problem.toml");
    assert!(ran.stderr.contains("error: unknown array `nothing`"), "{}", ran.stderr);
}
