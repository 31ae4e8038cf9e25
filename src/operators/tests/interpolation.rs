//! Positions between samples.

use super::*;

#[test]
fn positions_beyond_an_axis_are_moved_to_its_end() {
    let matrix = |text: &str| dense(&program(built(text).as_ref()).unwrap());
    for kind in ["nearest", "linear", "cubic_spline"] {
        let at = |p: &str| {
            matrix(&format!(
                r#"A = {{ type = "Interp", dims = 4, iava = [0.5, {p}], kind = "{kind}" }}"#
            ))
        };
        assert_same(&at("3"), &at("7.5"), false, kind);
    }
}

#[test]
fn positions_are_on_their_axis() {
    let texts = [
        r#"A = { type = "InterpCubicSpline", dims = 3, iava = [0.5, -0.25] }"#,
        r#"A = { type = "InterpCubicSpline", dims = 3, iava = [0.5, nan] }"#,
        r#"A = { type = "InterpCubicSpline", dims = 3, iava = [[0.5], [1]] }"#,
        r#"A = { type = "InterpCubicSpline", dims = 3, iava = [] }"#,
        r#"A = { type = "InterpCubicSpline", dims = 3, iava = ["1j"] }"#,
        r#"A = { type = "InterpCubicSpline", dims = [3, 1], iava = [0] }"#,
        r#"A = { type = "InterpCubicSpline", dims = 3, iava = [0], bc_type = "clamped" }"#,
        r#"A = { type = "Interp", dims = 3, iava = [0], tol = 0.1 }"#,
        r#"A = { type = "Interp", dims = 3, iava = [nan], kind = "sinc", tol = -1 }"#,
        r#"A = { type = "Interp", dims = 3, iava = [inf], kind = "sinc" }"#,
        r#"A = { type = "Bilinear", dims = 3, iava = [[0], [1]] }"#,
        r#"A = { type = "Bilinear", dims = [3, 2], iava = [[0, 1]] }"#,
        r#"A = { type = "Bilinear", dims = [3, 2], iava = [[0, 1], [0.5, -1]] }"#,
    ];
    let mistakes: Vec<String> = texts.iter().map(|text| mistake(text)).collect();
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    error: `iava` of InterpCubicSpline does not fit
     --> problem.toml:2:52
      |
    2 | A = { type = "InterpCubicSpline", dims = 3, iava = [0.5, -0.25] }
      |                                                    ^^^^^^^^^^^^ entry 1 is -0.25, expected a position from 0 to 2

    error: problem.toml has 1 mistake; nothing was run
    error: `iava` of InterpCubicSpline does not fit
     --> problem.toml:2:52
      |
    2 | A = { type = "InterpCubicSpline", dims = 3, iava = [0.5, nan] }
      |                                                    ^^^^^^^^^^ entry 1 is NaN, expected a position from 0 to 2

    error: problem.toml has 1 mistake; nothing was run
    error: `iava` of InterpCubicSpline does not fit
     --> problem.toml:2:52
      |
    2 | A = { type = "InterpCubicSpline", dims = 3, iava = [[0.5], [1]] }
      |                                                    ^^^^^^^^^^^^ expected a list of positions, found dims (2, 1)

    error: problem.toml has 1 mistake; nothing was run
    error: `iava` of InterpCubicSpline does not fit
     --> problem.toml:2:52
      |
    2 | A = { type = "InterpCubicSpline", dims = 3, iava = [] }
      |                                                    ^^ expected a list of positions, found dims (0,)

    error: problem.toml has 1 mistake; nothing was run
    error: `iava` cannot be read as float64
     --> problem.toml:2:52
      |
    2 | A = { type = "InterpCubicSpline", dims = 3, iava = ["1j"] }
      |                                                    ^^^^^^ iava: it is complex128 and cannot be cast to float64 without losing its imaginary part; choose part = "real" or part = "imag"

    error: problem.toml has 1 mistake; nothing was run
    error: `dims` of InterpCubicSpline does not fit
     --> problem.toml:2:42
      |
    2 | A = { type = "InterpCubicSpline", dims = [3, 1], iava = [0] }
      |                                          ^^^^^^ expected an axis of at least 2 samples, to interpolate between

    error: problem.toml has 1 mistake; nothing was run
    error: invalid value for `bc_type`
     --> problem.toml:2:67
      |
    2 | A = { type = "InterpCubicSpline", dims = 3, iava = [0], bc_type = "clamped" }
      |                                                                   ^^^^^^^^^ expected one of "natural", found "clamped"

    error: problem.toml has 1 mistake; nothing was run
    error: `tol` of Interp does not fit
     --> problem.toml:2:52
      |
    2 | A = { type = "Interp", dims = 3, iava = [0], tol = 0.1 }
      |                                                    ^^^ only `kind = "sinc"` has a tolerance

    error: problem.toml has 1 mistake; nothing was run
    error: `tol` of Interp does not fit
     --> problem.toml:2:69
      |
    2 | A = { type = "Interp", dims = 3, iava = [nan], kind = "sinc", tol = -1 }
      |                                                                     ^^ expected a number from 0

    error: problem.toml has 1 mistake; nothing was run
    error: `iava` of Interp does not fit
     --> problem.toml:2:41
      |
    2 | A = { type = "Interp", dims = 3, iava = [inf], kind = "sinc" }
      |                                         ^^^^^ entry 0 is inf, expected a position

    error: problem.toml has 1 mistake; nothing was run
    error: invalid value for `dims`
     --> problem.toml:2:33
      |
    2 | A = { type = "Bilinear", dims = 3, iava = [[0], [1]] }
      |                                 ^ expected a list, found the integer 3

    error: problem.toml has 1 mistake; nothing was run
    error: `iava` of Bilinear does not fit
     --> problem.toml:2:48
      |
    2 | A = { type = "Bilinear", dims = [3, 2], iava = [[0, 1]] }
      |                                                ^^^^^^^^ expected points (2, N), found dims (1, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: `iava` of Bilinear does not fit
     --> problem.toml:2:48
      |
    2 | A = { type = "Bilinear", dims = [3, 2], iava = [[0, 1], [0.5, -1]] }
      |                                                ^^^^^^^^^^^^^^^^^^^ entry 1 is -1, expected a position from 0 to 1

    error: problem.toml has 1 mistake; nothing was run
    "#);
}
