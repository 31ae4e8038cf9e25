//! Masks of Fourier coefficients.

use super::*;

fn imaged(rest: &str) -> Op {
    built(&format!(r#"A = {{ type = "MRI2D", {rest} }}"#))
}

fn matrix(rest: &str) -> Vec<Vec<f64>> {
    dense(&program(imaged(rest).as_ref()).unwrap())
}

#[test]
fn random_columns_are_as_many_as_asked_for_and_differ() {
    let dims = |rest: &str| {
        let op = imaged(&format!(r#"dims = [6, 20], mask = "vertical-uni", {rest}"#));
        data(op.as_ref()).unwrap().dims
    };
    assert_eq!(dims("nlines = 4"), [6, 6]);
    assert_eq!(dims("nlines = 4, perc_center = 0"), [6, 4]);
    // No column twice: all of them are the transform itself.
    let all = |mask: &str| matrix(&format!("dims = [2, 5], {mask}"));
    let regular = all(r#"mask = "vertical-reg", nlines = 5"#);
    let random = all(r#"mask = "vertical-uni", nlines = 3, perc_center = 0.4, seed = 7"#);
    assert_same(&regular, &random, false, "all columns");
    let some = |seed: u64| {
        matrix(&format!(r#"dims = [2, 9], mask = "vertical-uni", nlines = 4, seed = {seed}"#))
    };
    assert_eq!(some(1), some(1));
    assert_ne!(some(1), some(2));
}

#[test]
fn random_angles_are_those_of_the_seed() {
    let points = |seed: u64| {
        matrix(&format!(r#"dims = [6, 6], mask = "radial-uni", nlines = 3, seed = {seed}"#))
    };
    assert_eq!(points(1), points(1));
    assert_ne!(points(1), points(2));
}

#[test]
fn masks_fit_the_image() {
    let mistakes: Vec<String> = [
        r#"dims = [6, 20], mask = [[1, 0]]"#,
        r#"dims = [6, 20], mask = "vertical-reg""#,
        r#"dims = [6, 20], mask = "vertical-reg", nlines = 4, perc_center = 0.1"#,
        r#"dims = [6, 20], mask = "vertical-uni", nlines = 19"#,
        r#"dims = [6, 20], mask = "vertical-uni", nlines = 2, perc_center = -1"#,
        r#"dims = [6, 1], mask = "radial-reg", nlines = 2"#,
        r#"dims = [6, 2], mask = "radial-reg", nlines = 0"#,
        r#"dims = 6, mask = "radial-reg", nlines = 1"#,
    ]
    .iter()
    .map(|rest| mistake(&format!(r#"A = {{ type = "MRI2D", {rest} }}"#)))
    .collect();
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    error: `mask` of MRI2D does not fit
     --> problem.toml:2:46
      |
    2 | A = { type = "MRI2D", dims = [6, 20], mask = [[1, 0]] }
      |                                              ^^^^^^^^ expected dims (6, 20), found (1, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: `nlines` of MRI2D does not fit
     --> problem.toml:2:14
      |
    2 | A = { type = "MRI2D", dims = [6, 20], mask = "vertical-reg" }
      |              ^^^^^^^ expected together with a mask of columns or lines

    error: problem.toml has 1 mistake; nothing was run
    error: `perc_center` of MRI2D does not fit
     --> problem.toml:2:88
      |
    2 | A = { type = "MRI2D", dims = [6, 20], mask = "vertical-reg", nlines = 4, perc_center = 0.1 }
      |                                                                                        ^^^ expected 0: regular columns leave out none in the middle

    error: problem.toml has 1 mistake; nothing was run
    error: `nlines` of MRI2D does not fit
     --> problem.toml:2:71
      |
    2 | A = { type = "MRI2D", dims = [6, 20], mask = "vertical-uni", nlines = 19 }
      |                                                                       ^^ 19 columns and 2 in the middle are more than 20

    error: problem.toml has 1 mistake; nothing was run
    error: `perc_center` of MRI2D does not fit
     --> problem.toml:2:88
      |
    2 | A = { type = "MRI2D", dims = [6, 20], mask = "vertical-uni", nlines = 2, perc_center = -1 }
      |                                                                                        ^^ expected a part, from 0 to 1

    error: problem.toml has 1 mistake; nothing was run
    error: `dims` of MRI2D does not fit
     --> problem.toml:2:30
      |
    2 | A = { type = "MRI2D", dims = [6, 1], mask = "radial-reg", nlines = 2 }
      |                              ^^^^^^ expected axes of at least 2 samples, found (6, 1)

    error: problem.toml has 1 mistake; nothing was run
    error: `nlines` of MRI2D does not fit
     --> problem.toml:2:68
      |
    2 | A = { type = "MRI2D", dims = [6, 2], mask = "radial-reg", nlines = 0 }
      |                                                                    ^ expected at least 1

    error: problem.toml has 1 mistake; nothing was run
    error: `dims` of MRI2D does not fit
     --> problem.toml:2:30
      |
    2 | A = { type = "MRI2D", dims = 6, mask = "radial-reg", nlines = 1 }
      |                              ^ expected 2 axes, found dims (6,)

    error: problem.toml has 1 mistake; nothing was run

    "#);
}
