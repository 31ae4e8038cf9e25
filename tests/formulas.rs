//! Formulas give NumPy's values and element types, chirps and windows SciPy's: every case of
//! `tests/golden/formulas.json` through a problem file. How it was made: `tests/golden/README.md`.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use common::{Folder, Stored, npy};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Case {
    /// As it stands in the problem file.
    source: String,
    want: Stored,
}

#[derive(Debug, Deserialize)]
struct Golden {
    arrays: BTreeMap<String, Stored>,
    cases: Vec<Case>,
}

#[test]
fn values_and_element_types_are_numpys() {
    let Golden { arrays, cases } =
        serde_json::from_str(include_str!("golden/formulas.json")).unwrap();
    let mut text = String::from("[params]\neps = 0.25\n\n[arrays]\n");
    for name in arrays.keys() {
        writeln!(text, "{name} = {{ file = \"{name}.npy\" }}").unwrap();
    }
    for (k, case) in cases.iter().enumerate() {
        writeln!(text, "a{k} = {}", case.source).unwrap();
    }
    text.push_str("\n[outputs]\n");
    for k in 0..cases.len() {
        writeln!(text, "o{k} = {{ path = \"o{k}.npy\", apply = {{ to = \"a{k}\" }} }}").unwrap();
    }
    let folder = Folder::of(&text);
    arrays.iter().for_each(|(name, array)| folder.write(&format!("{name}.npy"), array));
    folder.run(&["solve", "problem.toml", "--quiet"]).unwrap();
    let mut wrong = Vec::new();
    for (k, case) in cases.iter().enumerate() {
        let want = &case.want;
        match folder.read(&format!("o{k}.npy"), &want.dtype) {
            Err(said) => wrong.push(format!("{}: {said}", case.source)),
            Ok(got) if got.dims != want.dims => {
                wrong
                    .push(format!("{}: dims are {:?}, not {:?}", case.source, got.dims, want.dims));
            }
            Ok(got) => {
                let single = want.dtype == "float32" || want.dtype == "complex64";
                let most = if single { 1e-6 } else { 1e-12 };
                let off = got.distance(want);
                if off.is_nan() || off > most {
                    wrong.push(format!("{}: off by {off:e}", case.source));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    // The same bits on several processes, and on other numbers of threads.
    let files: Vec<String> = (0..cases.len()).map(|k| format!("o{k}.npy")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert_eq!(folder.differs_on("3", &["solve", "problem.toml"], &files), [""; 0]);
}

const FILE: &str = r#"
[params]
eps = 0.5

[arrays]
x = { values = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] }
v = { values = [1.0, 2.0] }
z = { values = ["1+2j", "3j"] }
y = { expr = "FORMULA" }

[outputs]
y = { path = "y.npy", apply = { to = "y" } }
"#;

#[track_caller]
fn wrong(formula: &str, said: &str) {
    let ran = Folder::of(&FILE.replace("FORMULA", formula)).ran("check problem.toml --quiet");
    let found: Vec<&str> = ran.stderr.lines().filter(|l| !l.is_empty()).collect();
    let wanted: Vec<&str> = said.lines().filter(|l| !l.is_empty()).collect();
    assert_eq!(ran.code, Some(2), "{}", ran.text());
    assert_eq!(found[..found.len() - 1], wanted, "{}", ran.stderr);
}

#[test]
fn mistakes_in_formulas_have_their_places() {
    let said = r#"
error: `x` and `v` do not broadcast
 --> problem.toml:9:18
  |
9 | y = { expr = "x + v" }
  |               -   ^ this is (2,)
  |               |
  |               this is (2, 3), 6 elements
  |
  = help: axes are matched from the last one on; lengths are equal, or one is 1
"#;
    wrong("x + v", &said.replace("9:18", "9:19"));
    let said = r#"
error: unknown name `w`
 --> problem.toml:9:19
  |
9 | y = { expr = "2 * w" }
  |                   ^ neither in `[arrays]` nor in `[params]`
  |
  = help: did you mean `x`?
"#;
    let ran = Folder::of(&FILE.replace("FORMULA", "2 * w")).ran("check problem.toml --quiet");
    assert!(
        ran.stderr.starts_with("error: unknown name `w`\n --> problem.toml:9:19\n"),
        "{}{said}",
        ran.stderr
    );
    let said = r#"
error: unknown function `sqr`
 --> problem.toml:9:15
  |
9 | y = { expr = "sqr(x)" }
  |               ^^^ not a function of formulas
  |
  = help: did you mean `sqrt`?
"#;
    wrong("sqr(x)", said);
    let said = r#"
error: `>` of complex numbers
 --> problem.toml:9:15
  |
9 | y = { expr = "z > 1" }
  |               ^ these are complex
  |
  = help: `real`, `imag` or `abs` make them real
"#;
    wrong("z > 1", said);
    let said = r#"
error: there is no such axis
 --> problem.toml:9:27
  |
9 | y = { expr = "sum(x, axis=2)" }
  |                           ^ expected an axis of (2, 3), 6 elements, from -2 to 1
"#;
    wrong("sum(x, axis=2)", said);
    let said = r#"
error: array `y` is defined in terms of itself
 --> problem.toml:9:19
  |
9 | y = { expr = "x * y" }
  |                   ^ y -> y
"#;
    wrong("x * y", said);
    let said = r#"
error: a formula without an array
 --> problem.toml:9:15
  |
9 | y = { expr = "2 * eps" }
  |               ^^^^^^^ this is the number 1
  |
  = help: `{ full = { shape = [...], value = 1 } }` fills an array
"#;
    wrong("2 * eps", said);
    let said = r#"
error: an operand is missing
 --> problem.toml:9:18
  |
9 | y = { expr = "x *" }
  |                  ^ expected a number, a name or a function, found the end
"#;
    wrong("x *", said);
    let ran = Folder::of(&FILE.replace("FORMULA", "(x > 1) < 2 < 3")).ran("check problem.toml");
    assert!(ran.stderr.starts_with("error: a comparison of a comparison\n"), "{}", ran.stderr);
}

#[test]
fn masks_and_orders_choose_samples() {
    let text = r#"
[params]
n = 6

[arrays]
x    = { values = [3.0, -1.0, 2.0, -4.0, 5.0, 0.5] }
mask = { expr = "abs(x) > 1" }
perm = { random = { shape = "n", seed = 4, distribution = "permutation" } }
some = { expr = "sort(perm)", slice = "::2" }
half = { random = { shape = "n", seed = 4, distribution = "permutation" }, slice = ":3" }
kept = { expr = "sort(half)" }

[operators]
M = { type = "Restriction", dims = "n", iava = "mask" }
S = { type = "Restriction", dims = "n", iava = "some" }
K = { type = "Restriction", dims = "n", iava = "kept" }

[outputs]
m = { path = "m.npy", apply = { operator = "M", to = "x" } }
s = { path = "s.npy", apply = { operator = "S", to = "x" } }
k = { path = "k.npy", apply = { operator = "K", to = "kept", adjoint = true } }
"#;
    let folder = Folder::of(text);
    let ran = folder.ran("solve problem.toml --quiet");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(folder.bytes("m.npy"), npy(&[3.0, 2.0, -4.0, 5.0]));
    assert_eq!(folder.bytes("s.npy"), npy(&[3.0, 2.0, 5.0]));
    let kept = folder.read("k.npy", "float64").unwrap().values;
    // Every index lies at its own place.
    assert!(kept.iter().enumerate().all(|(k, &v)| v == 0.0 || v == k as f64), "{kept:?}");
    assert!(kept.iter().filter(|v| **v != 0.0).count() >= 2, "{kept:?}");
}

#[test]
fn spikes_stand_at_their_indices() {
    let text = r#"
[arrays]
one   = { spikes = { shape = 5, at = 2 } }
line  = { spikes = { shape = 5, at = [0, -1, 0], amp = [1.0, 2.0, 0.5] } }
plane = { spikes = { shape = [2, 3], at = [[0, 1], [-1, -1]], amp = [3, "4j"] } }
point = { spikes = { shape = [2, 3], at = [1, 2], amp = 7 } }

[outputs]
one   = { path = "one.npy", apply = { to = "one" } }
line  = { path = "line.npy", apply = { to = "line" } }
plane = { path = "plane.npy", apply = { to = "plane" } }
point = { path = "point.npy", apply = { to = "point" }, reshape = [6] }
"#;
    let folder = Folder::of(text);
    let ran = folder.ran("solve problem.toml --quiet");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(folder.bytes("one.npy"), npy(&[0.0, 0.0, 1.0, 0.0, 0.0]));
    assert_eq!(folder.bytes("line.npy"), npy(&[1.5, 0.0, 0.0, 0.0, 2.0]));
    assert_eq!(folder.bytes("point.npy"), npy(&[0.0, 0.0, 0.0, 0.0, 0.0, 7.0]));
    let plane = folder.read("plane.npy", "complex128").unwrap();
    assert_eq!(plane.values, [0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0]);
    for (from, to, said) in [
        ("at = 2", "at = 5", "expected an index from -5 to 4, found the integer 5"),
        ("[0, -1, 0]", "[0, -6, 0]", "expected an index from -5 to 4, found the integer -6"),
        ("[-1, -1]]", "[-1]]", "expected 2 integers, for dims (2, 3)"),
        ("amp = [3, \"4j\"]", "amp = [3]", "expected one value, or 2: one for each index of `at`"),
    ] {
        let ran = Folder::of(&text.replace(from, to)).ran("check problem.toml");
        assert!(ran.code == Some(2) && ran.stderr.contains(said), "{}", ran.stderr);
    }
}
