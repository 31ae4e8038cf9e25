//! Windows that slide.

use super::*;

/// `count x count` windows.
fn patches(count: usize) -> String {
    format!(
        r#"
[operators]
F = {{ type = "FFT2D", dims = [4, 4], nffts = [5, 6], dtype = "complex128" }}
A = {{ type = "Patch2D", Op = "F", dims = [{0}, {0}], dimsd = [{1}, {2}], nwin = [5, 6], nover = [2, 3], nop = [4, 4] }}
"#,
        4 * count,
        3 * count + 2,
        3 * count + 3,
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
    assert_close(&y, "-3 2 2 -3 0", "an only window");
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
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    error: `dim` of Sliding1D does not fit
     --> problem.toml:6:43
      |
    6 | A = { type = "Sliding1D", Op = "M", dim = 12, dimd = 12, nwin = 4, nover = 2 }
      |                                           ^^ 5 windows of models of dims (3,): expected dims (15,), found (12,)

    error: problem.toml has 1 mistake; nothing was run
    error: `nwin` of Sliding1D does not fit
     --> problem.toml:6:65
      |
    6 | A = { type = "Sliding1D", Op = "M", dim = 15, dimd = 12, nwin = 13, nover = 2 }
      |                                                                 ^^ expected from 1 to the 12 samples of axis 0

    error: problem.toml has 1 mistake; nothing was run
    error: `nover` of Sliding1D does not fit
     --> problem.toml:6:76
      |
    6 | A = { type = "Sliding1D", Op = "M", dim = 15, dimd = 12, nwin = 4, nover = 4 }
      |                                                                            ^ expected fewer than the 4 samples of a window

    error: problem.toml has 1 mistake; nothing was run
    error: `nover` of Sliding1D does not fit
     --> problem.toml:6:76
      |
    6 | A = { type = "Sliding1D", Op = "M", dim = 15, dimd = 12, nwin = 4, nover = 3 }
      |                                                                            ^ two edges of 3 samples do not fit into 4; at most 2 do, unless `tapertype` is "none"

    error: problem.toml has 1 mistake; nothing was run
    error: `dim` of Sliding1D does not fit
     --> problem.toml:6:43
      |
    6 | A = { type = "Sliding1D", Op = "M", dim = 15, dimd = 15, nwin = 5, nover = 2 }
      |                                           ^^ 4 windows of models of dims (3,): expected dims (12,), found (15,)

    error: problem.toml has 1 mistake; nothing was run
    error: `Op` of Sliding1D does not fit
     --> problem.toml:6:32
      |
    6 | A = { type = "Sliding1D", Op = "W", dim = 15, dimd = 12, nwin = 4, nover = 2 }
      |                                ^^^ its data has dims (19,), expected those of all windows: (5, 4)

    error: problem.toml has 1 mistake; nothing was run
    error: `dims` of Sliding2D does not fit
     --> problem.toml:6:44
      |
    6 | A = { type = "Sliding2D", Op = "P", dims = [8, 2], dimsd = [12, 2], nwin = 4, nover = 2 }
      |                                            ^^^^^^ 5 windows of models of dims (3, 2): expected dims (15, 2), found (8, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: `dims` of Sliding2D does not fit
     --> problem.toml:6:44
      |
    6 | A = { type = "Sliding2D", Op = "P", dims = [15, 4], dimsd = [12, 2], nwin = 4, nover = 2 }
      |                                            ^^^^^^^ 5 windows of models of dims (3, 2): expected dims (15, 2), found (15, 4)

    error: problem.toml has 1 mistake; nothing was run
    error: `dims` of Sliding2D does not fit
     --> problem.toml:6:44
      |
    6 | A = { type = "Sliding2D", Op = "P", dims = 15, dimsd = [12, 2], nwin = 4, nover = 2 }
      |                                            ^^ expected 2 axes, found dims (15,)

    error: problem.toml has 1 mistake; nothing was run
    error: `dims` of Patch2D does not fit
     --> problem.toml:6:42
      |
    6 | A = { type = "Patch2D", Op = "P", dims = [8, 2], dimsd = [12, 2], nwin = [4, 2], nover = [2, 0], nop = [3, 2] }
      |                                          ^^^^^^ 5 x 1 windows of models of dims (3, 2): expected dims (15, 2), found (8, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: `Op` of Patch2D does not fit
     --> problem.toml:6:30
      |
    6 | A = { type = "Patch2D", Op = "M", dims = [15, 2], dimsd = [12, 2], nwin = [4, 2], nover = [2, 0], nop = [3, 2] }
      |                              ^^^ its model has dims (3,), expected those of a window, (3, 2), or of all, (15, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: `scalings` of Patch2D does not fit
     --> problem.toml:6:124
      |
    6 | A = { type = "Patch2D", Op = "P", dims = [15, 2], dimsd = [12, 2], nwin = [4, 2], nover = [2, 0], nop = [3, 2], scalings = [1.0, 2.0] }
      |                                                                                                                            ^^^^^^^^^^ expected 5 factors, one for each window; found 2

    error: problem.toml has 1 mistake; nothing was run
    error: `nop` of Patch2D does not fit
     --> problem.toml:6:105
      |
    6 | A = { type = "Patch2D", Op = "P", dims = [15, 2], dimsd = [12, 2], nwin = [4, 2], nover = [2, 0], nop = [3, 2, 1] }
      |                                                                                                         ^^^^^^^^^ expected one value, or 2: one for each axis

    error: problem.toml has 1 mistake; nothing was run
    error: `dims` of Sliding3D does not fit
     --> problem.toml:6:44
      |
    6 | A = { type = "Sliding3D", Op = "P", dims = [15, 2, 1], dimsd = [12, 2, 1], nwin = [4, 2], nover = [2, 0], nop = [2, 2] }
      |                                            ^^^^^^^^^^ 5 x 1 windows of models of dims (2, 2): expected dims (10, 2, 1), found (15, 2, 1)

    error: problem.toml has 1 mistake; nothing was run
    error: invalid value for `tapertype`
     --> problem.toml:6:91
      |
    6 | A = { type = "Sliding1D", Op = "M", dim = 15, dimd = 12, nwin = 4, nover = 2, tapertype = "hann" }
      |                                                                                           ^^^^^^ expected one of "hanning", "cosine", "cosinesquare", "cosinesqrt", "none", found "hann"

    error: problem.toml has 1 mistake; nothing was run

    "#);
}
