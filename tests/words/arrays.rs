//! Lists in place, masks and whole numbers.

use crate::common::{Folder, npy};
use crate::{bytes_of, read};

#[test]
fn spikes_need_no_wavelet_and_lists_stand_in_place() {
    let text = r#"[arrays]
d = { values = [1, 1, 1] }
e = { linear2d = { ox = 0, dx = 1, nx = 2, ot = 0, dt = 1, nt = 4, v = 1, t0 = 1, theta = 0, amp = 2, spikes = true } }
y = { apply = { operator = "A", to = [1, 2, 3], add = ["1j", 0, 0] } }
[operators]
A = { type = "Identity", N = 3 }
E = { type = "MatrixMult", A = "e" }
[outputs]
z = { path = "z.npy", apply = { operator = "2 * A", to = [1, 2, 3], plus = [1.0, 1.0, 1.0] } }
y = { path = "y.npy", apply = { to = "y" } }
e = { path = "e.npy", apply = { operator = "E", to = [1, 1, 1, 1] } }
s = { path = "s.npy", apply = { operator = "A", to = "sol" } }
[solve]
operator = "A"
data = "d"
[solves.sol]
operator = "A"
data = [4, 5, 6]
"#;
    let folder = Folder::of(text);
    let ran = folder.ran("solve problem.toml");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let read = |name: &str, dtype: &str| read(&folder, name, dtype);
    assert_eq!(read("z.npy", "float64"), [4.0, 6.0, 8.0]);
    assert_eq!(read("y.npy", "complex128"), [1.0, 1.0, 2.0, 0.0, 3.0, 0.0]);
    assert_eq!(read("e.npy", "float64"), [2.0, 2.0]);
    let found = read("s.npy", "float64");
    let near = found.iter().zip([4.0, 5.0, 6.0]).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-12);
    assert!(found.len() == 3 && near, "{found:?}");
    let said = Folder::of(&text.replace("data = [4, 5, 6]", "data = [4, 5]"))
        .ran("check problem.toml")
        .stderr;
    assert!(said.starts_with("error: this list does not fit the data of `A`\n"), "{said}");
}

#[test]
fn booleans_are_a_mask_and_whole_numbers_have_no_precision() {
    let text = r#"dtype = "float32"
[arrays]
mask = { file = "mask.npy" }
m    = { file = "int8.npy" }
far  = { file = "int64.npy" }
[operators]
R = { type = "Restriction", dims = 5, iava = "mask" }
M = { type = "MatrixMult", A = "m" }
F = { type = "Restriction", dims = 20000000, iava = "far" }
D = { type = "Diagonal", diag = "mask" }
V = { type = "VStack", ops = ["D", "M"] }
"#;
    let folder = Folder::of(text);
    folder.put("mask.npy", &bytes_of("|b1", "(5,)", &[0, 1, 0, 1, 1]));
    folder.put("int8.npy", &bytes_of("|i1", "(2, 5)", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 255]));
    // Beyond what single precision can count.
    let far: Vec<u8> = [16_777_217_i64, 19_999_999].iter().flat_map(|k| k.to_le_bytes()).collect();
    folder.put("int64.npy", &bytes_of("<i8", "(2,)", &far));
    let check = folder.ran("check problem.toml --json").json();
    let operators = check["operators"].as_array().unwrap().clone();
    for operator in &operators {
        assert_eq!(
            (&operator["dtype"], &operator["dtype_data"]),
            (&"float32".into(), &"float32".into()),
            "{operator}"
        );
    }
    assert_eq!(operators[0]["dimsd"], serde_json::json!([3]));
    folder.put("x.npy", &npy(&[1.0, 2.0, 3.0, 4.0, 5.0]));
    folder.ran("apply problem.toml --operator R --input x.npy --output y.npy");
    assert_eq!(read(&folder, "y.npy", "float32"), [2.0, 4.0, 5.0]);
    folder.ran("apply problem.toml --operator M --input x.npy --output y.npy");
    assert_eq!(read(&folder, "y.npy", "float32"), [55.0, 75.0]);
    folder.put("y.npy", &npy(&[1.0, 2.0]));
    folder.ran("apply problem.toml --operator F --adjoint --input y.npy --output far_x.npy");
    let x = read(&folder, "far_x.npy", "float32");
    let there: Vec<(usize, f64)> = x.into_iter().enumerate().filter(|(_, v)| *v != 0.0).collect();
    assert_eq!(there, [(16_777_217, 1.0), (19_999_999, 2.0)]);
    for (mask, words) in [
        (&[0, 1, 1][..], "expected a mask of 5 booleans, one for each sample of the axis, found 3"),
        (&[0; 5], "the mask is false everywhere"),
    ] {
        folder.put("mask.npy", &bytes_of("|b1", &format!("({},)", mask.len()), mask));
        let ran = folder.ran("check problem.toml");
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

/// A problem with one operator and the arrays before it.
fn with(arrays: &str, operator: &str) -> Folder {
    let folder = Folder::of(&format!("[arrays]\n{arrays}\n[operators]\nA = {operator}\n"));
    folder.put("mask.npy", &bytes_of("|b1", "(4,)", &[1, 0, 1, 1]));
    folder.put("x.npy", &npy(&[1.0, 2.0, 3.0, 4.0]));
    folder.put("floats.npy", &npy(&[1.0, 0.0, 1.0, 1.0]));
    folder
}

#[test]
fn a_mask_stands_in_place() {
    let restriction = r#"{ type = "Restriction", dims = 4, iava = "m" }"#;
    for (arrays, iava) in [
        ("", "[true, false, true, true]"),
        ("m = { values = [true, false, true, true] }", "\"m\""),
        ("m = { values = [[true, false], [true, true]], reshape = [4] }", "\"m\""),
        ("m = { file = \"mask.npy\" }", "\"m\""),
    ] {
        for head in ["", "dtype = \"complex128\"\n"] {
            let folder = with(arrays, &restriction.replace("\"m\"", iava));
            let text = String::from_utf8(folder.bytes("problem.toml")).unwrap();
            folder.put("problem.toml", format!("{head}{text}").as_bytes());
            let ran = folder.ran("apply problem.toml --operator A --input x.npy --output y.npy");
            assert_eq!(ran.code, Some(0), "{arrays}\n{}", ran.stderr);
            let complex = !head.is_empty();
            let y = read(&folder, "y.npy", if complex { "complex128" } else { "float64" });
            let real: Vec<f64> = y.into_iter().step_by(if complex { 2 } else { 1 }).collect();
            assert_eq!(real, [1.0, 3.0, 4.0], "{arrays}");
        }
    }
    let said = |operator: &str| with("", operator).ran("check problem.toml").stderr;
    let iava = |iava: &str| said(&restriction.replace("\"m\"", iava));
    assert!(iava("[true, false]").contains("expected a mask of 4 booleans"));
    let mixed = iava("[true, 0, 1, 1]");
    assert!(mixed.contains("entry 1 holds numbers, but entry 0 booleans"), "{mixed}");
    let one = iava("true");
    assert!(one.contains("found the boolean true"), "{one}");
    let axes = iava("[[1, 2]]");
    assert!(axes.contains("expected a list of indices or a mask with one axis, found"), "{axes}");
    let diag = said("{ type = \"Diagonal\", diag = [1e39], dtype = \"float32\" }");
    assert!(diag.contains("error: `diag` cannot be float32\n"), "{diag}");
}

#[test]
fn floats_and_what_is_computed_are_neither_indices_nor_a_mask() {
    let operator =
        "{ type = \"Restriction\", dims = 4, iava = \"m\" }\nD = { type = \"Identity\", N = 4 }";
    for (arrays, dtype) in [
        (
            "m = { apply = { operator = \"D\", to = \"mm\" } }\nmm = { file = \"mask.npy\" }",
            "float64",
        ),
        ("m = { apply = { to = \"mm\" } }\nmm = { file = \"mask.npy\" }", "float64"),
        (
            "m = { apply = { operator = \"D\", to = \"mm\" } }\nmm = { values = [0, 1, 2, 3] }",
            "float64",
        ),
        ("m = { file = \"floats.npy\" }", "float64"),
        ("m = { ones = { shape = [4] } }", "float64"),
    ] {
        let said = with(arrays, operator).ran("check problem.toml").stderr;
        let label = format!("`m` is {dtype}, but indices are integers and a mask is booleans");
        assert!(said.contains(&label), "{arrays}\n{said}");
        assert!(said.contains("has 1 mistake"), "{said}");
    }
    for arrays in ["m = { arange = { stop = 4, step = 2 } }", "m = { values = [2, -1] }"] {
        for set in ["", " --set dtype=complex128"] {
            let ran = with(arrays, operator).ran(&format!("check problem.toml{set}"));
            assert_eq!(ran.code, Some(0), "{arrays}{set}\n{}", ran.stderr);
        }
    }
}
