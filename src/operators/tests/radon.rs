//! Radon transforms.

use super::*;

#[test]
fn model_and_data_are_rows_of_times() {
    let axes = "taxis = [0, 1, 2], haxis = [0, 1], pxaxis = [0, 1, 2, 3]";
    let cube = "taxis = [0, 1, 2], hyaxis = [0, 1], hxaxis = [0], pyaxis = [1], pxaxis = [0, 1, 2]";
    let chirp = "taxis = [0, 1, 2], hyaxis = [0, 1], hxaxis = [0]";
    let texts = [
        format!(r#"A = {{ type = "Radon2D", {axes} }}"#),
        format!(r#"A = {{ type = "Radon3D", {cube}, dtype = "complex64" }}"#),
        format!(r#"A = {{ type = "FourierRadon2D", {axes}, nfft = 4, dtype = "complex64" }}"#),
        format!(r#"A = {{ type = "FourierRadon3D", {cube}, nfft = 3 }}"#),
        r#"A = { type = "ChirpRadon2D", taxis = [0, 1, 2], haxis = [0], pmax = 1 }"#.into(),
        format!(r#"A = {{ type = "ChirpRadon3D", {chirp}, pmax = [1, 2], inverse = true }}"#),
    ];
    let found: Vec<String> = texts.iter().map(|text| types(text)).collect();
    insta::assert_snapshot!(found.join("\n"), @r"
    (4, 3) float64 -> (2, 3) float64
    (3, 3) complex64 -> (2, 3) complex64
    (4, 3) complex64 -> (2, 3) complex64
    (1, 3, 3) float64 -> (2, 1, 3) float64
    (1, 3) float64 -> (1, 3) float64
    (2, 1, 3) float64 -> (2, 1, 3) float64
    ");
}

/// Where curves pass samples exactly, rounding decides which sample that is; it is PyLops' sample.
#[test]
fn the_nearest_sample_is_that_of_the_rounded_sum() {
    for (t, p, x) in [(3.0, 0.1, 3.0), (5.0, -0.3, 1.0), (2.0, 0.7, 3.0), (40.0, 0.29, 100.0)] {
        let text = format!(
            r#"A = {{ type = "Radon2D", taxis = {:?}, haxis = [0, 1, {x}], pxaxis = [{p}], interp = false, centeredh = false }}"#,
            (0..80).collect::<Vec<_>>()
        );
        let columns = dense(&program(built(&text).as_ref()).unwrap());
        let column = &columns[t as usize][160..];
        let at = column.iter().position(|v| *v == 1.0);
        assert_eq!(at, Some((t + p * x) as usize), "{t} + {p} {x}");
    }
}

/// The kernel of both is 1 at frequency zero, where the inverse has no weight.
#[test]
fn an_inverse_drops_the_mean_that_the_transform_keeps() {
    let sums = |inverse: bool| -> Vec<f64> {
        let text = format!(
            r#"A = {{ type = "ChirpRadon2D", taxis = [0, 1, 2, 3, 4], haxis = [0, 1, 2], pmax = 1, inverse = {inverse} }}"#
        );
        dense(&program(built(&text).as_ref()).unwrap()).iter().map(|c| c.iter().sum()).collect()
    };
    assert!(sums(false).iter().all(|sum| (sum - 3.0).abs() < 1e-12));
    assert!(sums(true).iter().all(|sum| sum.abs() < 1e-12));
}

#[test]
fn axes_and_curves_are_checked() {
    let radon = |rest: &str| format!(r#"A = {{ type = "Radon2D", {rest} }}"#);
    let fourier = |rest: &str| {
        format!(
            r#"A = {{ type = "FourierRadon2D", taxis = [0, 1, 2], haxis = [0], pxaxis = [0], {rest} }}"#
        )
    };
    let texts = [
        radon("taxis = [[0, 1]], haxis = [0], pxaxis = [0]"),
        radon("taxis = [0, 0], haxis = [0], pxaxis = [0]"),
        radon("taxis = [0, 1], haxis = [0], pxaxis = [nan]"),
        radon("taxis = [0, 1], haxis = [0], pxaxis = [0], kind = [[1, 2]]"),
        radon(r#"taxis = [0, 1], haxis = [0], pxaxis = [0], kind = [["1j"]]"#),
        fourier("nfft = 2"),
        fourier("nfft = 4, flims = [2, 2]"),
        fourier("nfft = 4, flims = [0, 4]"),
        fourier(r#"nfft = 4, kind = "hyperbolic""#),
        r#"A = { type = "ChirpRadon2D", taxis = [0], haxis = [0], pmax = inf }"#.into(),
        r#"A = { type = "ChirpRadon3D", taxis = [0], hyaxis = [0], hxaxis = [0], pmax = 1 }"#
            .into(),
    ];
    let mistakes: Vec<String> = texts.iter().map(|text| mistake(text)).collect();
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    error: `taxis` of Radon2D does not fit
     --> problem.toml:2:33
      |
    2 | A = { type = "Radon2D", taxis = [[0, 1]], haxis = [0], pxaxis = [0] }
      |                                 ^^^^^^^^ expected a list of positions, found dims (1, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: `taxis` of Radon2D does not fit
     --> problem.toml:2:33
      |
    2 | A = { type = "Radon2D", taxis = [0, 0], haxis = [0], pxaxis = [0] }
      |                                 ^^^^^^ the first two samples are the same; expected an axis with a step

    error: problem.toml has 1 mistake; nothing was run
    error: `pxaxis` of Radon2D does not fit
     --> problem.toml:2:63
      |
    2 | A = { type = "Radon2D", taxis = [0, 1], haxis = [0], pxaxis = [nan] }
      |                                                               ^^^^^ entry 0 is NaN, expected a position

    error: problem.toml has 1 mistake; nothing was run
    error: `kind` of Radon2D does not fit
     --> problem.toml:2:75
      |
    2 | A = { type = "Radon2D", taxis = [0, 1], haxis = [0], pxaxis = [0], kind = [[1, 2]] }
      |                                                                           ^^^^^^^^ expected (npx, nh) = (1, 1) or (npx, nt, nh) = (1, 2, 1), found (1, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: `kind` of Radon2D does not fit
     --> problem.toml:2:75
      |
    2 | A = { type = "Radon2D", taxis = [0, 1], haxis = [0], pxaxis = [0], kind = [["1j"]] }
      |                                                                           ^^^^^^^^ expected real numbers, found complex128

    error: problem.toml has 1 mistake; nothing was run
    error: `nfft` of FourierRadon2D does not fit
     --> problem.toml:2:85
      |
    2 | A = { type = "FourierRadon2D", taxis = [0, 1, 2], haxis = [0], pxaxis = [0], nfft = 2 }
      |                                                                                     ^ expected at least 3, the number of times

    error: problem.toml has 1 mistake; nothing was run
    error: `flims` of FourierRadon2D does not fit
     --> problem.toml:2:96
      |
    2 | A = { type = "FourierRadon2D", taxis = [0, 1, 2], haxis = [0], pxaxis = [0], nfft = 4, flims = [2, 2] }
      |                                                                                                ^^^^^^ expected [first, end] with 0 <= first < end <= 3

    error: problem.toml has 1 mistake; nothing was run
    error: `flims` of FourierRadon2D does not fit
     --> problem.toml:2:96
      |
    2 | A = { type = "FourierRadon2D", taxis = [0, 1, 2], haxis = [0], pxaxis = [0], nfft = 4, flims = [0, 4] }
      |                                                                                                ^^^^^^ expected [first, end] with 0 <= first < end <= 3

    error: problem.toml has 1 mistake; nothing was run
    error: invalid value for `kind`
     --> problem.toml:2:95
      |
    2 | A = { type = "FourierRadon2D", taxis = [0, 1, 2], haxis = [0], pxaxis = [0], nfft = 4, kind = "hyperbolic" }
      |                                                                                               ^^^^^^^^^^^^ expected one of "linear", "parabolic", found "hyperbolic"

    error: problem.toml has 1 mistake; nothing was run
    error: `pmax` of ChirpRadon2D does not fit
     --> problem.toml:2:63
      |
    2 | A = { type = "ChirpRadon2D", taxis = [0], haxis = [0], pmax = inf }
      |                                                               ^^^ expected a finite number

    error: problem.toml has 1 mistake; nothing was run
    error: invalid value for `pmax`
     --> problem.toml:2:78
      |
    2 | A = { type = "ChirpRadon3D", taxis = [0], hyaxis = [0], hxaxis = [0], pmax = 1 }
      |                                                                              ^ expected an array of length 2, found the integer 1

    error: problem.toml has 1 mistake; nothing was run
    "#);
}
