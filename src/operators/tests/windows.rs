//! Windows that slide.

use super::*;

/// A plan of `count x count` windows.
fn patches(count: usize) -> String {
    let n = 2 * count + 2;
    format!(
        r#"
[operators]
F = {{ type = "FFT2D", dims = [4, 4], nffts = [5, 6], dtype = "complex128" }}
A = {{ type = "Patch2D", Op = "F", dims = [{}, {}], dimsd = [{n}, {n}], nwin = [5, 6], nover = [3, 4], nop = [4, 4] }}
"#,
        4 * ((n - 5) / 2 + 1),
        4 * ((n - 6) / 2 + 1),
    )
}

#[test]
fn a_plan_does_not_grow_with_the_number_of_windows() {
    let nodes = |count: usize| {
        let op = built(&patches(count));
        let programs = [program(op.as_ref()).unwrap(), adjoint_program(op.as_ref()).unwrap()];
        programs.map(|program| program.graph.nodes().len())
    };
    assert_eq!(nodes(4), nodes(400));
    assert!(nodes(4)[0] < 12, "{:?}", nodes(4));
}

#[test]
fn an_only_window_has_no_taper() {
    let op = built(
        r#"
[operators]
I = { type = "Identity", N = 4 }
A = { type = "Sliding1D", Op = "I", dim = 4, dimd = 5, nwin = 4, nover = 2 }
"#,
    );
    let y = run(&program(op.as_ref()).unwrap(), &[vector(&op.model())]).swap_remove(0);
    assert_close(&y, "-3 2 2 -4 0", "an only window");
}

#[test]
fn windows_fit_their_axis_their_operator_and_the_model() {
    let with = |table: &str| {
        format!(
            r#"
[operators]
M = {{ type = "Zero", N = 4, M = 3 }}
P = {{ type = "Zero", N = [4, 2], M = [3, 2] }}
W = {{ type = "Zero", N = 19, M = 15 }}
A = {{ {table} }}
"#
        )
    };
    let mistakes: Vec<String> = [
        r#"type = "Sliding1D", Op = "M", dim = 12, dimd = 12, nwin = 4, nover = 2"#,
        r#"type = "Sliding1D", Op = "M", dim = 15, dimd = 12, nwin = 13, nover = 2"#,
        r#"type = "Sliding1D", Op = "M", dim = 15, dimd = 12, nwin = 4, nover = 4"#,
        r#"type = "Sliding1D", Op = "M", dim = 15, dimd = 12, nwin = 4, nover = 3"#,
        r#"type = "Sliding1D", Op = "M", dim = 15, dimd = 15, nwin = 5, nover = 2"#,
        r#"type = "Sliding1D", Op = "W", dim = 15, dimd = 12, nwin = 4, nover = 2"#,
        r#"type = "Sliding2D", Op = "P", dims = [8, 2], dimsd = [12, 2], nwin = 4, nover = 2"#,
        r#"type = "Sliding2D", Op = "P", dims = [15, 4], dimsd = [12, 2], nwin = 4, nover = 2"#,
        r#"type = "Sliding2D", Op = "P", dims = 15, dimsd = [12, 2], nwin = 4, nover = 2"#,
        r#"type = "Patch2D", Op = "P", dims = [8, 2], dimsd = [12, 2], nwin = [4, 2], nover = [2, 0], nop = [3, 2]"#,
        r#"type = "Patch2D", Op = "M", dims = [15, 2], dimsd = [12, 2], nwin = [4, 2], nover = [2, 0], nop = [3, 2]"#,
        r#"type = "Patch2D", Op = "P", dims = [15, 2], dimsd = [12, 2], nwin = [4, 2], nover = [2, 0], nop = [3, 2], scalings = [1.0, 2.0]"#,
        r#"type = "Patch2D", Op = "P", dims = [15, 2], dimsd = [12, 2], nwin = [4, 2], nover = [2, 0], nop = [3, 2, 1]"#,
        r#"type = "Sliding3D", Op = "P", dims = [15, 2, 1], dimsd = [12, 2, 1], nwin = [4, 2], nover = [2, 0], nop = [2, 2]"#,
        r#"type = "Sliding1D", Op = "M", dim = 15, dimd = 12, nwin = 4, nover = 2, tapertype = "hann""#,
    ]
    .iter()
    .map(|table| mistake(&with(table)))
    .collect();
    insta::assert_snapshot!(mistakes.join("\n"));
}
