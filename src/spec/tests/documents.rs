//! Documents that are right, overrides, and text that is anything.

use proptest::prelude::*;

use super::*;
use crate::scalar::{C128, DType};

/// The file of the contract, less what a later version has.
const FILE: &str = r#"
title = "Multi-dimensional deconvolution"
dtype = "float32"
[params]
eps = 0.1
[arrays.G]
file = "G.npy"
chunks = [50, -1, -1]
[arrays]
d = { file = "inputs.npz", key = "d", slice = "1:, ::2, -1, ...", dtype = "float64", part = "imag" }
w = { values = [[1.0, "2j"], [3, "1.5-2j"]], transpose = [1, 0], reshape = [-1] }
a = { arange = { start = 1, stop = 2, step = 0.3 } }
r = { random = { shape = 5, seed = 7, distribution = "uniform" }, chunks = "auto" }
[operators]
R = { type = "MDC", G = "G", nt = 599, dtype = "complex64", chunks = { model = [5], data = "auto" } }
A = "VStack([R, eps * L])"
[solve]
operator = "R"
data = "d"
solver = "cgls"
niter = 50
weight = "W.H @ W"
[[solve.regularization]]
operator = "A"
[[solve.regularization]]
operator = "R"
epsilon = 2
data = "w"
[outputs]
model = "minv.npy"
residual = { path = "res.npy", dtype = "float32" }
[run]
threads = 8
memory = "1.5 GiB"
[[expect]]
quantity = "residual_norm"
max = 1e-3
[[expect]]
quantity = "status"
equals = "tol"
[[expect]]
output = "model"
file = "reference.npy"
rtol = 1e-6
"#;

#[test]
fn every_table_is_read() {
    let d = document(FILE, &[]);
    assert_eq!(d.dtype.as_ref().unwrap().value, DType::Float32);
    assert_eq!(d.param("eps"), Some(0.1));
    let names: Vec<&str> = d.arrays.iter().map(|(n, _)| n.value.as_str()).collect();
    assert_eq!(names, ["G", "d", "w", "a", "r"]);
    let chunks = &d.array("G").unwrap().chunks.as_ref().unwrap().value;
    assert_eq!(*chunks, Chunks::Lengths(vec![Some(50), None, None]));
    let slice = &d.array("d").unwrap().slice.as_ref().unwrap().value;
    assert_eq!(
        slice[..],
        [
            SliceItem::Range { start: Some(1), stop: None, step: 1 },
            SliceItem::Range { start: None, stop: None, step: 2 },
            SliceItem::Index(-1),
            SliceItem::Ellipsis,
        ]
    );
    let ArraySource::Values(w) = &d.array("w").unwrap().source else { panic!("not values") };
    assert_eq!((w.dims.as_slice(), w.complex), ([2, 2].as_slice(), true));
    assert_eq!(w.values[3], C128::new(1.5, -2.0));
    assert_eq!(d.array("a").unwrap().source.dims(), Some(vec![4]));
    let OperatorSpec::Table(r) = d.operator("R").unwrap() else { panic!("not a table") };
    assert_eq!(r.type_name.value, "MDC");
    assert_eq!(r.params.keys().collect::<Vec<_>>(), ["G", "nt"]);
    assert_eq!(d.source.slice(&r.params.span_of("nt")), "599");
    let solve = d.solve.as_ref().unwrap();
    assert_eq!(solve.solver_params.keys().collect::<Vec<_>>(), ["niter"]);
    let epsilons: Vec<f64> = solve.regularization.iter().map(|t| t.epsilon.value).collect();
    assert_eq!(epsilons, [1.0, 2.0]);
    assert_eq!(d.run.memory.as_ref().unwrap().value, 3 << 29);
    assert_eq!((d.outputs.len(), d.expect.len()), (2, 3));
}

#[test]
fn overrides_reach_any_key() {
    let set = [
        "params.eps=0.2",
        "params.eps = 0.3",
        "solve.solver=lsqr",
        "solve.niter=20",
        "operators.R.nt=5",
        "operators.A=R @ R.H",
        "solve.regularization.0.epsilon=7",
        "solve.regularization.2.operator=R",
        "arrays.G.chunks=[1, 2]",
        "run={ threads = 2 }",
    ];
    let d = document(FILE, &set);
    assert_eq!(d.param("eps"), Some(0.3));
    let solve = d.solve.as_ref().unwrap();
    assert_eq!(solve.solver.value, "lsqr");
    assert_eq!(solve.solver_params.get("niter").unwrap().value, NodeValue::Integer(20));
    assert_eq!(d.source.slice(&solve.solver_params.span_of("niter")), "20");
    let epsilons: Vec<f64> = solve.regularization.iter().map(|t| t.epsilon.value).collect();
    assert_eq!(epsilons, [7.0, 2.0, 1.0]);
    let OperatorSpec::Expression(b) = d.operator("A").unwrap() else { panic!("not a string") };
    let places: Vec<&str> = b.value.names().iter().map(|(_, s)| d.source.slice(s)).collect();
    assert_eq!(places, ["R", "R"]);
    assert_eq!((d.run.threads.as_ref().unwrap().value, d.run.memory.is_none()), (2, true));
}

#[test]
fn overrides_of_what_the_file_has_not_are_mistakes() {
    for (set, expected) in [
        ("params.epss=1", "the file has no parameter `epss`"),
        ("arrays.H.file=h.npy", "the file has no array `H`"),
        ("operators.RR.nt=5", "the file has no operator `RR`"),
        ("solves.psf.niter=5", "the file has no solve `psf`"),
    ] {
        let said = mistakes(FILE, &[set]);
        assert!(said.contains(expected), "{set}\n{said}");
        assert!(said.contains("has 1 mistake"), "{set}\n{said}");
    }
    assert!(mistakes(FILE, &["params.epss=1"]).contains("did you mean `eps`?"));
}

#[test]
fn overrides_make_the_tables_on_the_way() {
    let d =
        document("", &["solve.regularization.0.operator=A", "solve.operator=A", "solve.data=d"]);
    assert_eq!(d.solve.unwrap().regularization.len(), 1);
}

#[test]
fn sizes_are_read() {
    for (text, bytes) in [
        ("16GiB", Some(16 << 30)),
        ("500MB", Some(500_000_000)),
        ("1.5 GiB", Some(3 << 29)),
        ("4096", Some(4096)),
        ("2kib", Some(2048)),
        ("0", None),
        ("1e3", None),
        ("16 giga", None),
        ("-1MB", None),
        ("99999999999999TB", None),
        ("", None),
    ] {
        assert_eq!(parse_size(text), bytes, "{text}");
    }
}

#[test]
fn complex_numbers_are_pythons() {
    for (text, value) in [
        ("1.5-2j", Some((1.5, -2.0))),
        ("(1+2j)", Some((1.0, 2.0))),
        ("-1e-3-1e+2j", Some((-1e-3, -100.0))),
        ("1 + 2j", Some((1.0, 2.0))),
        ("j", Some((0.0, 1.0))),
        ("2-j", Some((2.0, -1.0))),
        ("3", Some((3.0, 0.0))),
        ("1+2", None),
        ("1+2i", None),
        ("", None),
    ] {
        assert_eq!(parse_complex(text), value.map(|(re, im)| C128::new(re, im)), "{text}");
    }
}

#[test]
fn an_expression_of_the_command_line_shares_the_documents_source() {
    let mut d = document(FILE, &["params.eps=1"]);
    let e = d.add_expression("--operator", "A @ ü.H").unwrap();
    let (name, span) = e.value.names().pop().unwrap();
    assert_eq!((name, d.source.slice(&span)), ("ü", "ü"));
    let shown = d.add_expression("--operator", "A @").unwrap_err().to_string();
    assert!(shown.contains(" | --operator A @\n"), "{shown}");
}

#[test]
fn deep_nesting_is_a_mistake_not_a_crash() {
    let deep = format!("arrays.a.values = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_ne!(mistakes(&deep, &[]), "nothing is wrong");
    let path = "a.".repeat(50_000) + "a";
    assert_ne!(mistakes(&format!("{path} = 1"), &[]), "nothing is wrong");
    assert_ne!(mistakes("", &[&format!("{path}=1")]), "nothing is wrong");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}", set in ".{0,40}") {
        mistakes(&text, &[&set]);
    }

    #[test]
    fn text_like_a_document_is_read_or_refused(
        cuts in prop::collection::vec((0..FILE.len(), prop::sample::select(vec![
            "", "\"", "[", "]", "{", "}", "=", "\n", "ü", "-1", "1e999", "'''", "\\u0020", ",", ".", "nan",
        ])), 1..6),
        set in "(solve|run|operators|arrays|expect)(\\.[a-zR0-2]{1,3}){0,3}=[\\[\\]{}0-9a-z\"=ü ]{0,8}",
    ) {
        let mut text = FILE.to_string();
        for (at, with) in cuts {
            let at = super::super::source::char_boundary(&text, at);
            text.insert_str(at, with);
        }
        mistakes(&text, &[&set]);
    }
}
