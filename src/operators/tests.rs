//! Tests of the whole room: registry, PyLops' values, dense adjoints, mistakes.

use super::*;
use crate::graph::reference::{assert_same, dense, run};
use crate::io::Array;
use crate::scalar::{C128, DType};
use crate::space::ArrayType;
use crate::spec::{
    ArraySource, Diagnostics, Document, OperatorSpec, SourceText, Span, parse_complex,
};

mod filters;
mod halo;
mod interpolation;
mod mri2d;
mod radon;
mod tomography;
mod transforms;
mod waves;
mod windows;

#[test]
fn entries_are_sorted_and_documented() {
    assert!(ENTRIES.windows(2).all(|w| w[0].name < w[1].name));
    for entry in ENTRIES {
        assert!(!entry.summary().is_empty(), "{}", entry.name);
        assert!(entry.documentation().contains("```text"), "{} has a formula", entry.name);
        for key in entry.keys() {
            assert!(!key.documentation.is_empty(), "{}.{}", entry.name, key.name);
        }
    }
}

#[test]
fn defaults_are_part_of_the_documentation() {
    let defaults = |name: &str| {
        let keys = entry(name).map(Entry::keys).unwrap_or_default();
        let shown = keys.iter().map(|k| match &k.default {
            Some(default) => format!("{}={default}", k.name),
            None if k.required => k.name.clone(),
            None => format!("{}=", k.name),
        });
        shown.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        defaults("FFT2D"),
        "dims axes=[-2,-1] nffts= sampling=1.0 norm=\"ortho\" real=false ifftshift_before=false \
         fftshift_after=false"
    );
    assert_eq!(
        defaults("FirstDerivative"),
        "dims axis=-1 sampling=1.0 kind=\"centered\" edge=false order=3"
    );
    assert_eq!(defaults("Convolve1D"), "dims h offset=0 axis=-1 method=");
}

/// A document as the problem around its operators.
struct Around {
    document: Document,
}

impl Scope for Around {
    fn dtype(&self) -> DType {
        self.document.dtype.as_ref().map_or(DType::Float64, |d| d.value)
    }

    fn array(&mut self, name: &str, _: &Span, _: &mut Diagnostics) -> Option<Array> {
        let spec = self.document.array(name)?;
        let ArraySource::Values(inline) = &spec.source else { return None };
        let dtype = spec.dtype.as_ref().map_or(self.dtype(), |d| d.value);
        let dtype = if inline.complex { dtype.complex() } else { dtype };
        let array = Array::values(inline.dims.clone(), inline.values.clone(), dtype);
        array.ok().map(|array| array.named(name))
    }

    fn sparse(&mut self, _: &str) -> crate::io::Result<Option<crate::io::SparseFile>> {
        Ok(None)
    }

    fn operator(&mut self, text: &str, _: &Span, diagnostics: &mut Diagnostics) -> Option<Op> {
        let Some(OperatorSpec::Table(table)) = self.document.operator(text).cloned() else {
            return None;
        };
        let entry = entry(&table.type_name.value)?;
        entry.build(&table, self, diagnostics)
    }
}

/// The operator `A` of a problem, or its mistakes.
fn build(text: &str) -> std::result::Result<Op, String> {
    let text =
        if text.contains("[operators") { text.into() } else { format!("[operators]\n{text}") };
    let source = SourceText::new("problem.toml", text.as_str());
    let document = Document::parse(source, &[]).map_err(|e| e.to_string())?;
    let mut diagnostics = document.diagnostics();
    let op = Around { document }.operator("A", &(0..0), &mut diagnostics);
    op.ok_or_else(|| diagnostics.to_string())
}

#[track_caller]
/// The program of an operator's adjoint, from its data to its model.
fn adjoint_program(op: &dyn Operator) -> graph::Result<Program> {
    graph::transpose(&graph::simplify(&program(op)?)?)
}

fn built(text: &str) -> Op {
    build(text).unwrap_or_else(|e| panic!("{text}\n{e}"))
}

fn mistake(text: &str) -> String {
    match build(text) {
        Ok(op) => panic!("{op:?}"),
        Err(mistakes) => mistakes,
    }
}

/// The test vectors of the reference values: `r` for a real type, `c` for a complex one.
fn vector(ty: &ArrayType) -> ndarray::ArrayD<C128> {
    let value = |i: usize| {
        let re = ((3 * i * i + 2 * i + 1) % 11) as f64 - 4.0;
        let im = ((5 * i * i + 3) % 7) as f64 - 2.0;
        C128::new(re, if ty.dtype.is_complex() { im } else { 0.0 })
    };
    let values = (0..ty.len()).map(value).collect();
    ndarray::ArrayD::from_shape_vec(ty.dims.clone(), values).unwrap_or_else(|e| panic!("{e}"))
}

/// Compares with numbers of six digits.
#[track_caller]
fn assert_close(found: &ndarray::ArrayD<C128>, expected: &str, what: &str) {
    let expected: Vec<C128> =
        expected.split_whitespace().map(|v| parse_complex(&v.replace('i', "j")).unwrap()).collect();
    assert_eq!(found.len(), expected.len(), "{what}: {found}");
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).norm() <= 1e-5 * (1.0 + e.norm()), "{what}: found {found}, expected {e}");
    }
}

/// Forward and adjoint of an operator against PyLops' values, and its adjoint against its matrix.
#[track_caller]
fn check(text: &str, forward: &str, adjoint: &str) {
    let op = built(text);
    let (fwd, adj) = (program(op.as_ref()).unwrap(), adjoint_program(op.as_ref()).unwrap());
    assert_eq!(fwd.inputs[0], op.model(), "{text}");
    let y = run(&fwd, &[vector(&op.model())]).swap_remove(0);
    assert_close(&y, forward, &format!("{text} forward"));
    let x = run(&adj, &[vector(&data(op.as_ref()).unwrap())]).swap_remove(0);
    assert_close(&x, adjoint, &format!("{text} adjoint"));
    assert_same(&dense(&fwd), &dense(&adj), true, text);
}

/// Dims and element types of model and data.
#[track_caller]
fn types(text: &str) -> String {
    let op = built(text);
    format!("{} -> {}", op.model(), data(op.as_ref()).unwrap())
}

#[test]
fn values_are_those_of_pylops() {
    for case in CASES.split("\n\n") {
        let lines: Vec<&str> = case.trim().lines().collect();
        let n = lines.len();
        check(&lines[..n - 2].join("\n"), lines[n - 2], lines[n - 1]);
    }
}

/// Reference values of PyLops 2.8.0: the operator, its forward, its adjoint.
const CASES: &str = include_str!("tests_pylops.txt");

#[test]
fn what_pylops_gives_no_value_for() {
    // Flip, Real, Imag, Conj, Zero by their definitions on r = -3 2 2 -3, c = -3+1i 2-1i 2+0i.
    check(r#"A = { type = "Flip", dims = 4 }"#, "-3 2 2 -3", "-3 2 2 -3");
    check(r#"A = { type = "Flip", dims = [2, 2], axis = 0 }"#, "2 -3 -3 2", "2 -3 -3 2");
    check(r#"A = { type = "Real", dims = 3 }"#, "-3 2 2", "-3 2 2");
    check(r#"A = { type = "Imag", dims = 3 }"#, "1 -1 0", "-3i 2i 2i");
    check(r#"A = { type = "Conj", dims = 3 }"#, "-3-1i 2+1i 2", "-3-1i 2+1i 2");
    check(r#"A = { type = "Zero", N = 2, M = 3 }"#, "0 0", "0 0 0");
    // PyLops' default axis does nothing to one axis.
    check(r#"A = { type = "Sum", dims = 3 }"#, "1", "-3 -3 -3");
    check(
        r#"A = { type = "CausalIntegration", dims = 3, kind = "trapezoidal", removefirst = true }"#,
        "-0.5 1.5",
        "-0.5 0.5 1",
    );
}

#[test]
fn stacks_are_those_of_their_parts() {
    let parts = r#"
        B = { type = "MatrixMult", A = [[1, 2], [3, 4]] }
        C = { type = "MatrixMult", A = [[0, 1], [1, 0]] }
        D = { type = "Identity", N = [2, 1], M = [2, 1] }
        Z = { type = "Zero", N = 2 }
        E = { type = "Diagonal", diag = ["1j", 2], dims = [2, 1], axis = 0 }"#;
    let with = |text: &str| format!("[operators]\n{text}{parts}");
    // r = -3 2 2 -3 -2 5
    check(&with(r#"A = { type = "VStack", ops = ["B", "C", "D"] }"#), "1 -1 2 -3 -3 2", "-2 9");
    check(&with(r#"A = { type = "HStack", ops = ["B", "C", "D"] }"#), "-4 6", "3 2 2 -3 -3 2");
    check(&with(r#"A = { type = "BlockDiag", ops = ["B", "C"] }"#), "1 -1 -3 2", "3 2 -3 2");
    check(
        &with(r#"A = { type = "Block", ops = [["B", "Z"], ["C", "B"]] }"#),
        "1 -1 -2 -9",
        "0 4 -7 -8",
    );
    let shapes = |text: &str| types(&with(text));
    assert_eq!(
        shapes(r#"A = { type = "VStack", ops = ["D", "D"] }"#),
        "(2, 1) float64 -> (4,) float64"
    );
    assert_eq!(
        shapes(r#"A = { type = "VStack", ops = ["B", "E"] }"#),
        "(2,) complex128 -> (4,) complex128"
    );
    assert_eq!(
        shapes(r#"A = { type = "HStack", ops = ["D", "D"] }"#),
        "(4,) float64 -> (2, 1) float64"
    );
    assert_eq!(
        shapes(r#"A = { type = "BlockDiag", ops = ["D", "D", "D"] }"#),
        "(3, 2, 1) float64 -> (3, 2, 1) float64"
    );
    assert_eq!(
        shapes(r#"A = { type = "BlockDiag", ops = ["D", "B"] }"#),
        "(4,) float64 -> (4,) float64"
    );
}

#[test]
fn kronecker_applies_any_operator() {
    let text = |first: &str, second: &str| {
        format!(
            r#"
            A = {{ type = "Kronecker", Op1 = "{first}", Op2 = "{second}" }}
            M = {{ type = "MatrixMult", A = [[0, -1, 0], [0.5, 0, -0.5], [0, 1, 2]] }}
            D = {{ type = "FirstDerivative", dims = 3, kind = "backward" }}
            E = {{ type = "MatrixMult", A = [[0, 0, 0], [-1, 1, 0], [0, -1, 1]] }}
            I = {{ type = "Identity", N = 2, M = 3 }}
            J = {{ type = "MatrixMult", A = [[1, 0, 0], [0, 1, 0]] }}"#
        )
    };
    let matrix = |first: &str, second: &str| {
        let op = built(&text(first, second));
        assert_same(
            &dense(&program(op.as_ref()).unwrap()),
            &dense(&adjoint_program(op.as_ref()).unwrap()),
            true,
            first,
        );
        dense(&program(op.as_ref()).unwrap())
    };
    for (a, b) in [("D", "E"), ("I", "J")] {
        assert_same(&matrix(a, "M"), &matrix(b, "M"), false, a);
        assert_same(&matrix("M", a), &matrix("M", b), false, a);
        assert_same(&matrix("I", a), &matrix("J", b), false, a);
    }
}

#[test]
fn adjoints_hold_for_every_dims_and_dtype() {
    let texts = [
        r#"{ type = "FFT", dims = [2, 5], axis = 0, dtype = "float64" }"#,
        r#"{ type = "FFT", dims = [3, 2], axis = 0, nfft = 2, dtype = "complex128" }"#,
        r#"{ type = "FFT", dims = 1, real = true }"#,
        r#"{ type = "FFTND", dims = [3, 2, 4], axes = [2, 0], real = true, nffts = [3, 5], ifftshift_before = [true, false], fftshift_after = [false, true], norm = "none" }"#,
        r#"{ type = "FFT2D", dims = [3, 2], nffts = 4, norm = "1/n" }"#,
        r#"{ type = "Convolve1D", dims = [2, 4], h = [1, "2j", 3], offset = 1 }"#,
        r#"{ type = "Convolve1D", dims = [4, 2], h = [[1, 2], [3, "1j"]], axis = 0 }"#,
        r#"{ type = "Convolve1D", dims = [2, 2], h = [[1, 2], [3, 1], [4, 0]], axis = 0, offset = 1 }"#,
        r#"{ type = "Convolve1D", dims = [2, 4], h = [[1, 2, 3]] }"#,
        r#"{ type = "Convolve1D", dims = [2, 3], h = [1, 2, 3, 4], offset = 2 }"#,
        r#"{ type = "Fredholm1", G = [[["1j"]], [["2"]]], nz = 1 }"#,
        r#"{ type = "SecondDerivative", dims = [2, 3], axis = 0 }"#,
        r#"{ type = "SecondDerivative", dims = 1, edge = true, kind = "backward" }"#,
        r#"{ type = "FirstDerivative", dims = 1, edge = true, order = 5 }"#,
        r#"{ type = "FirstDerivative", dims = [2, 4], axis = 0, edge = true, dtype = "complex128" }"#,
        r#"{ type = "Laplacian", dims = [4, 3, 5], axes = [0, 1, 2], weights = [1, 2, 3], sampling = 2 }"#,
        r#"{ type = "Symmetrize", dims = [1, 3], axis = 0 }"#,
        r#"{ type = "Smoothing1D", nsmooth = 9, dims = [3, 2], axis = 0 }"#,
        r#"{ type = "Smoothing1D", nsmooth = 300, dims = 4 }"#,
        r#"{ type = "Restriction", dims = [4, 2], iava = [-1, 0, -1], axis = 0, dtype = "complex128" }"#,
        r#"{ type = "InterpCubicSpline", dims = [4, 2], iava = [2.5, 3, 0.25, 2.5], axis = 0, dtype = "complex128" }"#,
        r#"{ type = "InterpCubicSpline", dims = [2, 70], iava = [69, 35.5, 0.75] }"#,
        r#"{ type = "Interp", dims = [2, 4], iava = [3, 0.5, -2.25, 3], kind = "sinc" }"#,
        r#"{ type = "Interp", dims = [4, 2], iava = [3, 0.5], axis = 0, kind = "sinc", tol = 0.3, dtype = "complex128" }"#,
        r#"{ type = "Interp", dims = [1, 2], iava = [0, 0], axis = 0, kind = "nearest" }"#,
        r#"{ type = "Interp", dims = [2, 3], iava = [2, 0.5, 0.5] }"#,
        r#"{ type = "Bilinear", iava = [[0, 1, 0.5], [2, 0.25, 0.5]], dims = [2, 3, 2], dtype = "complex128" }"#,
        r#"{ type = "CausalIntegration", dims = 1, kind = "trapezoidal" }"#,
        r#"{ type = "Pad", dims = [2, 3], pad = [[1, 0], [0, 2]] }"#,
        r#"{ type = "Transpose", dims = [2, 3, 2], axes = [-1, 0, 1] }"#,
        r#"{ type = "Reshape", dims = [2, 3, 2], dimsd = [4, 3] }"#,
        r#"{ type = "Identity", N = [2, 3], M = [2, 5] }"#,
        r#"{ type = "PoststackLinearModelling", wav = [[1, 2, 3], [4, "5j", 6], [7, 8, 9], [1, 0, 1]], nt0 = 4, spatdims = [2, 1] }"#,
        r#"{ type = "PoststackLinearModelling", wav = [1, 2, 3, 4, 5], nt0 = 3, spatdims = 2 }"#,
        r#"{ type = "MDC", G = [[["1+2j", "1j", 3]]], nt = 3, nv = 2 }"#,
        r#"{ type = "Spread", dims = [1, 2], dimsd = [2, 3], table = [[[-1, 2], [0.9, 3]]], dtable = [[[0.5, 0.25], [0, 1]]], dtype = "complex128" }"#,
        r#"{ type = "Spread", dims = [2, 1], dimsd = [2, 2], table = [[[0, nan]], [[-2, 1e9]]] }"#,
    ];
    for text in texts {
        let op = built(&format!("A = {text}"));
        let (fwd, adj) = (program(op.as_ref()).unwrap(), adjoint_program(op.as_ref()).unwrap());
        assert_same(&dense(&fwd), &dense(&adj), true, text);
    }
}

#[test]
fn convolution_by_fourier_transforms_is_the_direct_one() {
    for h in [r#"[1, 2, -1, 4]"#, r#"[1, "2j", -1]"#] {
        for dims in ["[3, 5]", "[3, 2]"] {
            let matrix = |method: &str| {
                let op = built(&format!(
                    r#"A = {{ type = "Convolve1D", dims = {dims}, h = {h}, offset = 1, method = "{method}" }}"#
                ));
                dense(&program(op.as_ref()).unwrap())
            };
            assert_same(&matrix("direct"), &matrix("fft"), false, h);
            assert_same(&matrix("direct"), &matrix("overlapadd"), false, h);
        }
    }
}

#[test]
fn a_bank_of_wavelets_is_the_matrix_of_its_columns() {
    let wav = "[[1, 2, 3], [4, 5, 6], [7, 8, 9]]";
    let op = built(&format!(
        r#"A = {{ type = "PoststackLinearModelling", wav = {wav}, nt0 = 3, kind = "forward" }}"#
    ));
    // C = [2 4 0; 3 5 7; 0 6 8], D = [-1 1 0; 0 -1 1; 0 0 0]
    let columns = vec![vec![-2.0, -3.0, 0.0], vec![-2.0, -2.0, -6.0], vec![4.0, 5.0, 6.0]];
    assert_same(&dense(&program(op.as_ref()).unwrap()), &columns, false, "bank");
}

#[test]
fn element_types_follow_arrays_and_the_table() {
    let arrays = "[arrays]\nG = { values = [[[1, 2]]], dtype = \"complex64\" }\n\
                  M = { values = [[1, 2]], dtype = \"float32\" }\n\
                  h = { values = [1, \"2j\"], dtype = \"complex64\" }\n[operators]\nA = ";
    let types = |text: &str| types(&format!("{arrays}{text}"));
    assert_eq!(
        types(r#"{ type = "Fredholm1", G = "G" }"#),
        "(1, 2, 1) complex64 -> (1, 1, 1) complex64"
    );
    assert_eq!(
        types(r#"{ type = "Fredholm1", G = "G", dtype = "complex128" }"#),
        "(1, 2, 1) complex128 -> (1, 1, 1) complex128"
    );
    assert_eq!(
        types(r#"{ type = "MDC", G = "G", nt = 1, nv = 1 }"#),
        "(1, 2, 1) float32 -> (1, 1, 1) float32"
    );
    assert_eq!(types(r#"{ type = "MatrixMult", A = "M" }"#), "(2,) float32 -> (1,) float32");
    assert_eq!(
        types(r#"{ type = "Convolve1D", dims = 3, h = "h" }"#),
        "(3,) complex128 -> (3,) complex128"
    );
    assert_eq!(types(r#"{ type = "Diagonal", diag = "h" }"#), "(2,) complex128 -> (2,) complex128");
    assert_eq!(types(r#"{ type = "FFT", dims = 3 }"#), "(3,) complex128 -> (3,) complex128");
    assert_eq!(
        types(r#"{ type = "FFT", dims = 3, real = true, dtype = "complex64" }"#),
        "(3,) float32 -> (2,) complex64"
    );
    assert_eq!(
        types(r#"{ type = "FFT", dims = 3, dtype = "float32" }"#),
        "(3,) float32 -> (3,) complex64"
    );
    assert_eq!(types(r#"{ type = "Real", dims = 3 }"#), "(3,) complex128 -> (3,) float64");
    assert!(
        mistake(&format!("{arrays}{}", r#"{ type = "Diagonal", diag = "h", dtype = "float32" }"#))
            .contains("`diag` is complex in a real operator")
    );
}

#[test]
fn a_complex_model_of_a_real_transform_is_refused() {
    for text in [
        r#"A = { type = "FFT", dims = 3, real = true }"#,
        r#"A = { type = "MDC", G = [[["1j"]]], nt = 1, nv = 1 }"#,
    ] {
        let op = built(text);
        let wide = ArrayType::new(op.model().dims, DType::Complex128);
        let error = Value::program(&[wide], |x| Ok(vec![op.forward(&x[0])?]));
        assert!(error.unwrap_err().to_string().contains("real Fourier transform"), "{text}");
    }
}

#[test]
fn mistakes_stand_at_their_keys() {
    let texts = [
        r#"A = { type = "Flip", dims = [3, 0] }"#,
        r#"A = { type = "Flip", dims = 3, axis = 1 }"#,
        r#"A = { type = "FFT", dims = 3, norm = "backward" }"#,
        r#"A = { type = "Restriction", dims = 3, iava = [0, 3] }"#,
        r#"A = { type = "Convolve1D", dims = 3, h = [1, 2], offset = 2 }"#,
        r#"A = { type = "Convolve1D", dims = 3, h = [1, 2], method = "auto" }"#,
        r#"A = { type = "Diagonal", diag = [1, 2], dims = [2, 3] }"#,
        r#"A = { type = "MatrixMult", A = [1, 2] }"#,
        r#"A = { type = "Identity", N = [2, 3], M = [3, 2] }"#,
        r#"A = { type = "Pad", dims = 3, pad = [-1, 2] }"#,
        r#"A = { type = "Pad", dims = [3, 2], pad = [1, 2] }"#,
        r#"A = { type = "Laplacian", dims = [3, 3], weights = [1, 2, 3] }"#,
        r#"A = { type = "PoststackLinearModelling", wav = [1, 2], nt0 = 3 }"#,
        "A = { type = \"VStack\", ops = [\"B\", \"C\"] }\nB = { type = \"Flip\", dims = 3 }\n\
         C = { type = \"Flip\", dims = [2, 2] }",
    ];
    let mistakes: Vec<String> = texts.iter().map(|text| mistake(text)).collect();
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    error: `dims` of Flip does not fit
     --> problem.toml:2:29
      |
    2 | A = { type = "Flip", dims = [3, 0] }
      |                             ^^^^^^ an axis of length 0 has no samples

    error: problem.toml has 1 mistake; nothing was run
    error: `axis` of Flip does not fit
     --> problem.toml:2:39
      |
    2 | A = { type = "Flip", dims = 3, axis = 1 }
      |                                       ^ expected an axis of dims (3,), from -1 to 0

    error: problem.toml has 1 mistake; nothing was run
    error: unknown scaling `backward`
     --> problem.toml:2:38
      |
    2 | A = { type = "FFT", dims = 3, norm = "backward" }
      |                                      ^^^^^^^^^^ expected "ortho", "none" or "1/n"
      |
      = help: for no factor on the forward transform, write `norm = "none"`; its adjoint then has none either

    error: problem.toml has 1 mistake; nothing was run
    error: `iava` of Restriction does not fit
     --> problem.toml:2:46
      |
    2 | A = { type = "Restriction", dims = 3, iava = [0, 3] }
      |                                              ^^^^^^ entry 1 is 3, expected an integer from -3 to 2

    error: problem.toml has 1 mistake; nothing was run
    error: `offset` of Convolve1D does not fit
     --> problem.toml:2:59
      |
    2 | A = { type = "Convolve1D", dims = 3, h = [1, 2], offset = 2 }
      |                                                           ^ expected an index below 2, the shorter of filter and axis

    error: problem.toml has 1 mistake; nothing was run
    error: invalid value for `method`
     --> problem.toml:2:59
      |
    2 | A = { type = "Convolve1D", dims = 3, h = [1, 2], method = "auto" }
      |                                                           ^^^^^^ expected one of "direct", "fft", "overlapadd", found "auto"

    error: problem.toml has 1 mistake; nothing was run
    error: `diag` of Diagonal does not fit
     --> problem.toml:2:33
      |
    2 | A = { type = "Diagonal", diag = [1, 2], dims = [2, 3] }
      |                                 ^^^^^^ expected 3 values, one for each sample of axis 1 of (2, 3), found 2

    error: problem.toml has 1 mistake; nothing was run
    error: `A` of MatrixMult does not fit
     --> problem.toml:2:32
      |
    2 | A = { type = "MatrixMult", A = [1, 2] }
      |                                ^^^^^^ expected a matrix (N, M), found (2,)

    error: problem.toml has 1 mistake; nothing was run
    error: `M` of Identity does not fit
     --> problem.toml:2:42
      |
    2 | A = { type = "Identity", N = [2, 3], M = [3, 2] }
      |                                          ^^^^^^ `N` = (2, 3) is longer than (3, 2) on one axis and shorter on another

    error: problem.toml has 1 mistake; nothing was run
    error: invalid value for `pad`
     --> problem.toml:2:38
      |
    2 | A = { type = "Pad", dims = 3, pad = [-1, 2] }
      |                                      ^^ expected a non-negative integer, found the integer -1

    error: problem.toml has 1 mistake; nothing was run
    error: `pad` of Pad does not fit
     --> problem.toml:2:42
      |
    2 | A = { type = "Pad", dims = [3, 2], pad = [1, 2] }
      |                                          ^^^^^^ expected a pair [before, after] for each of 2 axes

    error: problem.toml has 1 mistake; nothing was run
    error: `weights` of Laplacian does not fit
     --> problem.toml:2:52
      |
    2 | A = { type = "Laplacian", dims = [3, 3], weights = [1, 2, 3] }
      |                                                    ^^^^^^^^^ expected one value, or 2: one for each axis

    error: problem.toml has 1 mistake; nothing was run
    error: `wav` of PoststackLinearModelling does not fit
     --> problem.toml:2:48
      |
    2 | A = { type = "PoststackLinearModelling", wav = [1, 2], nt0 = 3 }
      |                                                ^^^^^^ expected an odd number of samples, found 2

    error: problem.toml has 1 mistake; nothing was run
    error: `ops` of VStack does not fit
     --> problem.toml:2:30
      |
    2 | A = { type = "VStack", ops = ["B", "C"] }
      |                              ^^^^^^^^^^ the model of operator 1 has dims (3,), that of operator 2 has (2, 2)

    error: problem.toml has 1 mistake; nothing was run
    "#);
}

/// A model of three by two nodes, with what a test adds.
fn kirchhoff(more: &str) -> String {
    format!(
        r#"A = {{ type = "Kirchhoff", x = [0, 10, 20], z = [5, 9], t = [0, 0.004, 0.008, 0.012, 0.016, 0.02, 0.024, 0.028], srcs = [[0, 15], [0, 1]], recs = [[20, 4, 8, 3, 1], [0, 2, 0, 1, 3]], wav = [0.5, 1, -0.5], wavcenter = 1, {more} }}"#
    )
}

#[test]
fn migration_is_the_adjoint_of_demigration() {
    let three = r#"{ type = "Kirchhoff", y = [0, 5], x = [0, 10], z = [5, 9], t = [0, 0.004, 0.008, 0.012, 0.016], srcs = [[2], [5], [0]], recs = [[0, 4], [8, 3], [1, 3]], vel = 1500, wav = [1, 2], wavcenter = 0, mode = "analytic", dynamic = true }"#;
    let texts = [
        kirchhoff(r#"vel = 1000, mode = "analytic""#),
        kirchhoff(
            r#"vel = 1000, mode = "analytic", dynamic = true, aperture = [0.2, 1.5], dtype = "complex128""#,
        ),
        kirchhoff(r#"vel = 1000, mode = "analytic", dynamic = true, angleaperture = [20, 80]"#),
        kirchhoff(r#"vel = [[900, 950], [1000, 1100], [1200, 1000]], dynamic = true"#)
            .replace("[0, 1]], recs", "[5, 6]], recs")
            .replace("[0, 2, 0, 1, 3]]", "[5, 6, 8, 9, 7]]"),
        format!("A = {three}"),
    ];
    for text in texts {
        let op = built(&text);
        let (fwd, adj) = (program(op.as_ref()).unwrap(), adjoint_program(op.as_ref()).unwrap());
        let matrix = dense(&fwd);
        assert_same(&matrix, &dense(&adj), true, &text);
        assert!(matrix.iter().flatten().any(|v| *v != 0.0), "{text}");
    }
}

#[test]
fn one_table_of_times_is_its_pair() {
    // t_s = 1, 2 ms and t_r = 3 .. 15 ms, the same for all six points but for a shift.
    let (s, r) = (
        |i: usize, s: usize| 0.001 * (s + i) as f64,
        |i: usize, r: usize| 0.003 * (r + 1) as f64 + 0.0007 * i as f64,
    );
    let rows = |n: usize, f: &dyn Fn(usize, usize) -> f64| {
        let row = |i| format!("{:?}", (0..n).map(|k| f(i, k)).collect::<Vec<f64>>());
        format!("[{}]", (0..6).map(row).collect::<Vec<_>>().join(", "))
    };
    let pair = format!("[{}, {}]", rows(2, &s), rows(5, &r));
    let both = rows(10, &|i, k| s(i, k / 5) + r(i, k % 5));
    let matrix = |trav: &str| {
        let op = built(&kirchhoff(&format!(r#"mode = "byot", trav = {trav}"#)));
        dense(&program(op.as_ref()).unwrap())
    };
    assert_same(&matrix(&pair), &matrix(&both), false, "a pair and one table");
}

#[test]
fn times_by_the_eikonal_equation_are_straight_in_a_constant_medium() {
    let inside = |text: String| {
        text.replace("[0, 1]], recs", "[5, 6]], recs")
            .replace("[0, 2, 0, 1, 3]]", "[5, 6, 8, 9, 7]]")
    };
    let matrix = |more: &str| {
        let op = built(&inside(kirchhoff(more)));
        dense(&program(op.as_ref()).unwrap())
    };
    let straight = matrix(r#"vel = 1000, mode = "analytic", dynamic = true"#);
    let eikonal = matrix(r#"vel = [[1000, 1000], [1000, 1000], [1000, 1000]], dynamic = true"#);
    let difference = straight.iter().flatten().zip(eikonal.iter().flatten());
    let worst = difference.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    // Fast marching ends within 1e-8 s or so; weights are of order 1.
    assert!(worst < 1e-5, "off by {worst}");
}

#[test]
fn a_migration_that_does_not_fit_is_refused() {
    let label = |text: String| {
        let all = mistake(&text);
        let line = all.lines().find(|l| l.contains("^ ") || l.contains("`vel` is required"));
        line.map_or(all.clone(), |l| l.rsplit('^').next().unwrap_or(l).trim().to_string())
    };
    let analytic = |more: &str| label(kirchhoff(&format!(r#"mode = "analytic", {more}"#)));
    assert_eq!(
        analytic("vel = [[1, 2], [3, 4], [5, 6]]"),
        "straight rays need one velocity, a number; for an array, write `mode = \"eikonal\"`"
    );
    assert_eq!(analytic("vel = -1"), "expected a velocity above 0, found -1");
    assert_eq!(analytic("vel = 1, aperture = 2"), "weights need `dynamic = true`");
    assert_eq!(
        analytic("vel = 1, dynamic = true, angleaperture = [20, 10]"),
        "expected one number above 0, or an increasing pair"
    );
    assert_eq!(analytic("vel = 1, trav = [[1]]"), "a table needs `mode = \"byot\"`");
    assert_eq!(
        label(kirchhoff("vel = 1000")),
        "the eikonal equation needs an array of velocities; for a number, write `mode = \"analytic\"`"
    );
    assert_eq!(
        label(kirchhoff("vel = [[1, 2], [3, 4], [5, 6]]")),
        "point 0 at [0.0, 0.0] is outside the model"
    );
    assert_eq!(
        label(kirchhoff(r#"mode = "byot", trav = [[1, 2], [3, 4], [5, 6]]"#)),
        "expected (npoints, ns nr) = (6, 10), found (3, 2)"
    );
    assert_eq!(
        label(kirchhoff(r#"vel = 1, mode = "byot", dynamic = true, trav = [[1]]"#)),
        "amplitudes and angles need a pair `[of sources, of receivers]`"
    );
    let t = kirchhoff(r#"vel = 1, mode = "analytic""#);
    assert_eq!(
        label(t.replace("t = [0, 0.004,", "t = [0.004, 0.004,")),
        "expected 0, dt, 2 dt and so on, found 0.004, 0.004, 0.008, 0.012, .."
    );
    assert_eq!(
        label(t.replace("[[0, 15], [0, 1]]", "[[0], [0], [1]]")),
        "expected (2, n), rows x, z, found (3, 1)"
    );
    let spread = r#"A = { type = "Spread", dims = [1, 1], dimsd = [1, 3], table = [[[1]]], "#;
    assert_eq!(
        label(format!("{spread} interp = true }}")),
        "interpolation needs the fractions of `dtable`"
    );
    assert_eq!(
        label(format!("{spread} fh = 1 }}")),
        "is a Python function in PyLops, which a file cannot hold"
    );
    assert_eq!(
        label(spread.replace("[[[1]]]", "[[1]]") + "}"),
        "expected (nx0, nt0, nx) = (1, 1, 1), found (1, 1)"
    );
}

#[test]
fn a_reshape_keeps_samples_in_their_order() {
    let op = built(r#"A = { type = "Reshape", dims = [2, 3], dimsd = [3, 2] }"#);
    let identity: Vec<Vec<f64>> =
        (0..6).map(|i| (0..6).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    assert_same(&dense(&program(op.as_ref()).unwrap()), &identity, true, "identity");
    assert_eq!(data(op.as_ref()).unwrap().dims, [3, 2]);
    let error = build(r#"A = { type = "Reshape", dims = [2, 3], dimsd = 5 }"#).unwrap_err();
    assert!(error.contains("expected 6 samples, as many as (2, 3) has, found 5"), "{error}");
}

#[test]
fn what_works_along_an_axis_makes_it_a_line() {
    let lists = |text: &str| {
        let op = built(&format!("A = {text}"));
        let program = program(op.as_ref()).unwrap();
        (program.input_is_list(), program.output_is_list())
    };
    for (text, expected) in [
        (r#"{ type = "FirstDerivative", dims = 6 }"#, (false, false)),
        (r#"{ type = "SecondDerivative", dims = [1, 6] }"#, (false, false)),
        (r#"{ type = "Smoothing1D", nsmooth = 3, dims = 6 }"#, (false, false)),
        (r#"{ type = "Convolve1D", dims = 6, h = [1, 2] }"#, (false, false)),
        (r#"{ type = "CausalIntegration", dims = 6 }"#, (false, false)),
        (r#"{ type = "FFT", dims = 6, nfft = 8 }"#, (false, false)),
        (r#"{ type = "FFT", dims = 6, nfft = 8, real = true }"#, (false, false)),
        (r#"{ type = "Roll", dims = 6, shift = 2 }"#, (false, false)),
        (r#"{ type = "Flip", dims = 6 }"#, (false, false)),
        (r#"{ type = "Symmetrize", dims = 6 }"#, (false, true)),
        (r#"{ type = "Pad", dims = 6, pad = [1, 2] }"#, (false, false)),
        // A sum is the same in any order.
        (r#"{ type = "Sum", dims = 6 }"#, (true, true)),
        (r#"{ type = "Identity", N = 6 }"#, (true, true)),
        (r#"{ type = "Diagonal", diag = [1, 2, 3, 4, 5, 6] }"#, (true, true)),
        (r#"{ type = "MatrixMult", A = [[1, 2, 3], [4, 5, 6]] }"#, (true, true)),
        (r#"{ type = "Restriction", dims = 6, iava = [1, 3, 5] }"#, (true, true)),
        (r#"{ type = "Reshape", dims = [2, 3], dimsd = 6 }"#, (false, true)),
        (r#"{ type = "Laplacian", dims = [2, 3] }"#, (false, false)),
    ] {
        assert_eq!(lists(text), expected, "{text}");
    }
}

/// A stack is the same as a stack of groups so small that each operator stays its own program.
#[test]
fn many_like_blocks_are_the_blocks_one_by_one() {
    let matrix = |k: usize, dtype: DType| -> Op {
        let c = if dtype.is_complex() { "\"1-2j\"" } else { "3" };
        let dtype = dtype.name();
        let (a, b) = (k as f64 * 0.3 - 1.0, 1.0 / (k as f64 + 1.5));
        built(&format!(
            "A = {{ type = \"MatrixMult\", A = [[{a}, {b}, 2], [{c}, {a}, 1]], dtype = \"{dtype}\" }}"
        ))
    };
    let tall = |k: usize| built(&format!("A = {{ type = \"Diagonal\", diag = [{k}, 1, -{k}] }}"));
    for dtype in DType::ALL {
        // Two runs of like blocks around an unlike one.
        let ops = || -> Vec<Op> {
            let first = (0..17).map(|k| matrix(k, dtype));
            let last = (0..20).map(|k| matrix(k + 3, dtype));
            first.chain([tall(2)]).chain(last).collect()
        };
        type Stack = fn(Vec<Op>) -> graph::Result<Op>;
        for (name, stack) in [("BlockDiag", block_diag as Stack), ("VStack", vstack as Stack)] {
            let what = format!("{name} of {dtype}");
            let whole = program(stack(ops()).unwrap().as_ref()).unwrap();
            assert!(whole.graph.nodes().len() < 40, "{what}: {}", whole.graph.nodes().len());
            let groups: Vec<Op> = ops().chunks(7).map(|few| stack(few.to_vec()).unwrap()).collect();
            assert!(groups.len() < 16);
            let apart = program(stack(groups).unwrap().as_ref()).unwrap();
            assert!(apart.graph.nodes().len() > 100);
            let matrix = dense(&apart);
            assert_same(&matrix, &dense(&whole), false, &what);
            let adjoint = graph::transpose(&graph::simplify(&whole).unwrap()).unwrap();
            assert_same(&matrix, &dense(&adjoint), true, &format!("{what}, adjoint"));
        }
    }
}

#[test]
fn few_blocks_and_those_that_cannot_be_one_program_stay_as_they_are() {
    let count =
        |ops: Vec<Op>| program(block_diag(ops).unwrap().as_ref()).unwrap().graph.nodes().len();
    let matrix = || built("A = { type = \"MatrixMult\", A = [[1, 2], [3, 4]] }");
    assert!(count((0..15).map(|_| matrix()).collect()) > 60);
    assert!(count((0..16).map(|_| matrix()).collect()) < 12);
    assert!(count((0..8000).map(|_| matrix()).collect()) < 12);
    let filter = |k| built(&format!("A = {{ type = \"Convolve1D\", dims = 4, h = [{k}, 1] }}"));
    assert!(count((0..20).map(filter).collect()) > 60);
}

/// A line stays a line where many blocks read it: dims of other lengths do not fit.
#[test]
fn a_stack_of_many_works_along_its_model_as_its_blocks_do() {
    let op = |text: &str| built(text);
    let derivative = op("A = { type = \"FirstDerivative\", dims = 6 }");
    for count in [3, 20] {
        let ops = (0..count).map(|k| -> Op {
            let diagonal =
                op(&format!("A = {{ type = \"Diagonal\", diag = [{k}, 1, 2, 3, 4, 5] }}"));
            Arc::new(Product(derivative.clone(), diagonal))
        });
        let stack = vstack(ops.collect()).unwrap();
        assert!(!program(stack.as_ref()).unwrap().input_is_list(), "{count} blocks");
    }
}

#[test]
fn an_operator_of_many_columns_is_the_operator_of_each() {
    let derivative = built("A = { type = \"FirstDerivative\", dims = 17 }");
    let filter = built(
        "A = { type = \"Convolve1D\", dims = 19, h = [1, \"2-1j\", 3], offset = 1, dtype = \"complex128\" }",
    );
    let kronecker =
        program(kronecker(derivative.clone(), filter.clone()).unwrap().as_ref()).unwrap();
    assert!(kronecker.graph.nodes().len() < 25, "{}", kronecker.graph.nodes().len());
    let x = vector(&kronecker.inputs[0]);
    let y = run(&kronecker, std::slice::from_ref(&x)).swap_remove(0);
    // Y = A X B^T, column by column, then row by row.
    let mut expected = x.to_shape((17, 19)).unwrap().to_owned();
    let wide = ArrayType::new([17], DType::Complex128);
    let first = Value::program(&[wide], |x| Ok(vec![derivative.forward(&x[0])?])).unwrap();
    for mut column in expected.columns_mut() {
        let y = run(&first, &[column.to_owned().into_dyn()]).swap_remove(0);
        column.assign(&y.into_dimensionality::<ndarray::Ix1>().unwrap());
    }
    let second = program(filter.as_ref()).unwrap();
    for mut row in expected.rows_mut() {
        let y = run(&second, &[row.to_owned().into_dyn()]).swap_remove(0);
        row.assign(&y.into_dimensionality::<ndarray::Ix1>().unwrap());
    }
    for (found, expected) in y.iter().zip(&expected) {
        assert!((found - expected).norm() < 1e-12, "{found} and {expected}");
    }
    let adjoint = graph::transpose(&graph::simplify(&kronecker).unwrap()).unwrap();
    assert_same(&dense(&kronecker), &dense(&adjoint), true, "adjoint");
}
