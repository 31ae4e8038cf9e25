//! Params wherever a number goes, with arithmetic.

use crate::common::{Folder, npy};

const FILE: &str = r#"
[params]
n0   = 4
nt   = "2 * n0 - 1"
eps  = "sqrt(0.25)"
half = "eps / 2"

[arrays]
d = { random = { shape = ["nt", "n0 // 2"], seed = "n0 + 1" } }
w = { values = ["eps", "half", "2 ** 3", 1] }
t = { linspace = { start = 0, stop = "half * 3", num = "nt" }, reshape = ["nt", 1] }

[operators]
S = { type = "FirstDerivative", dims = ["nt", 2], axis = "n0 - 4", sampling = "half" }
W = { type = "Diagonal", diag = ["eps", "half"], dims = ["nt", "2 * 1"], axis = 1 }
C = { type = "Smoothing1D", dims = "nt * 2", nsmooth = "n0 - 1" }
I = { type = "Identity", N = "nt*2" }

[solve]
operator = "W"
data     = "d"
solver   = "cgls"
niter    = "10 * n0"
damp     = "half"
tol      = "0.0"

[[solve.regularization]]
operator = "S"
epsilon  = "sqrt(half) * 0.01"

[outputs]
model = { path = "m.npy", reshape = ["nt * 2"] }
t     = { path = "t.npy", apply = { to = "t" } }
w     = { path = "w.npy", apply = { to = "w" } }

[[expect]]
quantity = "iterations"
max      = "n0 * 10"
"#;

#[test]
fn numbers_are_formulas_everywhere() {
    let folder = Folder::of(FILE);
    let ran = folder.ran("solve problem.toml");
    assert_eq!(
        (ran.code, ran.stderr.lines().count()),
        (Some(0), 11),
        "{}{}",
        ran.stderr,
        ran.text()
    );
    // What is warned of are `C` and `I`, which nothing uses, and no param.
    assert!(!ran.stderr.contains("parameter"), "{}", ran.stderr);
    assert_eq!(folder.bytes("w.npy"), npy(&[0.5, 0.25, 8.0, 1.0]));
    let t = folder.read("t.npy", "float64").unwrap();
    assert_eq!((t.dims, t.values[6]), (vec![7, 1], 0.75));
    // The same file with its numbers.
    let plain = folder.ran("expand problem.toml");
    assert_eq!((plain.code, plain.stderr.as_str()), (Some(0), ""));
    let text = plain.text();
    for line in [
        "d = { random = { shape = [7, 2], seed = 5 } }",
        "w = { values = [0.5, 0.25, 8, 1] }",
        "S = { type = \"FirstDerivative\", dims = [7, 2], axis = 0, sampling = 0.25 }",
        "W = { type = \"Diagonal\", diag = [0.5, 0.25], dims = [7, 2], axis = 1 }",
        "C = { type = \"Smoothing1D\", dims = 14, nsmooth = 3 }",
        "niter = 40",
        "damp = 0.25",
        "epsilon = 0.005",
        "max = 40",
        "half = 0.25",
        "model = { path = \"m.npy\", reshape = [14] }",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    let model = folder.bytes("m.npy");
    folder.put("plain.toml", text.as_bytes());
    assert_eq!(folder.ran("solve plain.toml").code, Some(0));
    assert_eq!(folder.bytes("m.npy"), model);
}

#[test]
fn params_are_set_and_others_follow() {
    let folder = Folder::of(FILE);
    for (set, wanted) in [
        ("params.eps=1.0", [1.0, 0.5, 8.0, 1.0]),
        ("params.eps=2*0.5", [1.0, 0.5, 8.0, 1.0]),
        ("arrays.w.values.0=10*eps", [5.0, 0.25, 8.0, 1.0]),
    ] {
        let ran = folder.ran(&format!("solve problem.toml --quiet --set {set}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{set}");
        assert_eq!(folder.bytes("w.npy"), npy(&wanted), "{set}");
    }
    // Setting what only an unused operator names changes nothing.
    let text = FILE.replace("nt   =", "idle = 3\nnt   =").replace("N = \"nt*2\"", "N = \"idle*2\"");
    let ran = Folder::of(&text).ran("check problem.toml --set params.idle=4");
    let said = "error: nothing uses parameter `idle` but operator `I`, which nothing uses\n";
    assert!(ran.code == Some(2) && ran.stderr.contains(said), "{}", ran.stderr);
}

#[track_caller]
fn wrong(from: &str, to: &str, said: &str) {
    assert!(FILE.contains(from));
    let ran = Folder::of(&FILE.replace(from, to)).ran("check problem.toml --quiet");
    assert_eq!(ran.code, Some(2), "{}", ran.text());
    let found: Vec<&str> = ran.stderr.lines().filter(|l| !l.is_empty()).collect();
    let wanted: Vec<&str> = said.lines().filter(|l| !l.is_empty()).collect();
    assert_eq!(found[..found.len() - 1], wanted, "{}", ran.stderr);
}

#[test]
fn mistakes_in_formulas_have_their_places() {
    let said = r#"
error: unknown parameter `epz`
  --> problem.toml:24:13
   |
24 | damp     = "epz / 2"
   |             ^^^ not in `[params]`
   |
   = help: did you mean `eps`?
"#;
    wrong("damp     = \"half\"", "damp     = \"epz / 2\"", said);
    let said = r#"
error: expected a whole number
  --> problem.toml:23:12
   |
23 | niter    = "10 * half"
   |            ^^^^^^^^^^^ this is 2.5
   |
   = help: `//` divides and rounds down; `floor`, `ceil` and `round` give whole numbers
"#;
    wrong("niter    = \"10 * n0\"", "niter    = \"10 * half\"", said);
    let said = r#"
error: invalid value for `num`
  --> problem.toml:11:56
   |
11 | t = { linspace = { start = 0, stop = "half * 3", num = "4 - nt" }, reshape = ["nt", 1] }
   |                                                        ^^^^^^^^ expected a non-negative integer, found -3, which this comes to
"#;
    wrong("num = \"nt\"", "num = \"4 - nt\"", said);
    let said = r#"
error: division by zero
  --> problem.toml:12:52
   |
12 | S = { type = "FirstDerivative", dims = ["nt", 2], axis = "n0 - 4", sampling = "half / (n0 - 4)" }
   |                                                                                       ^^^^^^^^ this is 0
"#;
    let at = said.replace("12:52", "14:87").replace("12 |", "14 |");
    wrong("sampling = \"half\"", "sampling = \"half / (n0 - 4)\"", &at);
    let said = r#"
error: parameter `n0` is defined in terms of itself
 --> problem.toml:4:13
  |
4 | nt   = "2 * n0 - 1"
  |             ^^ n0 -> nt -> n0
"#;
    wrong("n0   = 4", "n0   = \"nt + 1\"", said);
    let said = r#"
error: `w` is an array, and a number is needed
  --> problem.toml:24:15
   |
24 | damp     = "2 * w"
   |                 ^ expected a parameter
   |
   = help: `{ expr = "..." }` in `[arrays]` computes with arrays
"#;
    wrong("damp     = \"half\"", "damp     = \"2 * w\"", &said.replace("24:15", "24:17"));
    let said = r#"
error: `w` names two things
  --> problem.toml:11:1
   |
 3 | w    = 4
   | - a parameter
...
11 | w = { values = [1] }
   | ^ an array
"#;
    let text = FILE.replace("n0   = 4", "w    = 4\nn0   = 4");
    let ran = Folder::of(&text).ran("check problem.toml --quiet");
    assert!(ran.stderr.starts_with("error: `w` names two things\n"), "{}\n{said}", ran.stderr);
    // A word that is no formula is told as before.
    let said = r#"
error: invalid value for `damp`
  --> problem.toml:24:12
   |
24 | damp     = "much"
   |            ^^^^^^ expected a number, found the string "much"
"#;
    wrong("damp     = \"half\"", "damp     = \"much\"", said);
    let ran = Folder::of(&FILE.replace("eps  = \"sqrt(0.25)\"", "eps  = \"sqrt(-1)\""));
    let ran = ran.ran("check problem.toml --quiet");
    assert_eq!(ran.stderr.matches("error:").count(), 2, "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with("error: the square root of a negative number\n"),
        "{}",
        ran.stderr
    );
}
