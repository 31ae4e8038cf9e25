//! Filters along several axes, filters that vary, shifts.

use super::*;

fn matrix(text: &str) -> Vec<Vec<f64>> {
    dense(&program(built(text).as_ref()).unwrap())
}

#[test]
fn convolution_along_axes_by_fourier_transforms_is_the_direct_one() {
    for h in ["[[1, 2, -1], [4, 0.5, 3]]", r#"[[1, "2j", -1], [4, 0.5, "1-3j"]]"#] {
        for (dims, axes) in [("[3, 5]", "[0, 1]"), ("[1, 2, 4]", "[0, 2]"), ("[3, 2, 2]", "[2, 0]")]
        {
            let of = |method: &str| {
                matrix(&format!(
                    r#"A = {{ type = "ConvolveND", dims = {dims}, h = {h}, offset = [1, 2], axes = {axes}, method = "{method}" }}"#
                ))
            };
            assert_same(&of("direct"), &of("fft"), false, h);
            assert_same(&of("direct"), &of("auto"), false, h);
        }
    }
}

#[test]
fn the_axes_of_a_filter_are_in_any_order() {
    let of = |h: &str, offset: &str, axes: &str| {
        matrix(&format!(
            r#"A = {{ type = "ConvolveND", dims = [3, 2, 4], h = {h}, offset = {offset}, axes = {axes} }}"#
        ))
    };
    let turned = of("[[1, 4], [2, 5], [3, 6]]", "[2, 0]", "[-1, 0]");
    assert_same(&of("[[1, 2, 3], [4, 5, 6]]", "[0, 2]", "[0, -1]"), &turned, false, "order");
}

#[test]
fn long_filters_go_by_fourier_transforms() {
    let by_transforms = |n: usize| {
        let h = vec![vec![1; n]; n];
        let op = built(&format!(r#"A = {{ type = "Convolve2D", dims = [300, 300], h = {h:?} }}"#));
        let program = program(op.as_ref()).unwrap();
        program.graph.nodes().iter().any(|node| node.primitive.label().contains("rfft"))
    };
    assert!(!by_transforms(15) && by_transforms(60));
}

#[test]
fn filters_close_to_each_other_are_those_of_rows() {
    // Along the last axis, few columns are filtered as they are; many are turned to rows.
    let of = |dims: &str, axis: usize| {
        matrix(&format!(
            r#"A = {{ type = "NonStationaryConvolve1D", dims = {dims}, hs = [[1, 2, 3], [-1, 0.5, 4], [2, 2, 1]], ih = [0, 2, 3], axis = {axis} }}"#
        ))
    };
    let (rows, columns) = (of("[2, 5]", 1), of("[5, 2]", 0));
    let turned = |k: usize| k % 5 * 2 + k / 5;
    for (j, column) in rows.iter().enumerate() {
        for (i, v) in column.iter().enumerate() {
            assert_eq!(*v, columns[turned(j)][turned(i)], "row {i}, column {j}");
        }
    }
    // 3 filters of 3 samples between 20 samples.
    assert_eq!(of("[1, 20]", 1), of("[20]", 0));
}

#[test]
fn filters_may_be_known_anywhere() {
    // One filter is a convolution; irregular ones are interpolated between their own samples.
    let one =
        matrix(r#"A = { type = "NonStationaryConvolve1D", dims = 5, hs = [[1, 2, 4]], ih = [3] }"#);
    let plain = matrix(r#"A = { type = "Convolve1D", dims = 5, h = [1, 2, 4], offset = 1 }"#);
    assert_same(&one, &plain, false, "one filter");
    let some = matrix(
        r#"A = { type = "NonStationaryConvolve1D", dims = 6, hs = [[1], [3], [0]], ih = [1, 2, 4] }"#,
    );
    let found: Vec<f64> = (0..6).map(|k| some[k][k]).collect();
    assert_eq!(found, [1.0, 1.0, 3.0, 1.5, 0.0, 0.0]);
}

#[test]
fn a_shift_by_whole_samples_is_a_roll() {
    for (dims, nfft, real) in [("[2, 5]", 5, true), ("[2, 4]", 4, false), ("[2, 5]", 8, true)] {
        let shift = matrix(&format!(
            r#"A = {{ type = "Shift", dims = {dims}, shift = 0.5, sampling = 0.25, nfft = {nfft}, real = {real}, dtype = "float64" }}"#
        ));
        let n = if real { 5 } else { 4 };
        for (j, column) in shift.iter().enumerate() {
            for (i, v) in column.iter().enumerate() {
                let moved = i / n == j / n && i % n == (j % n + 2) % nfft;
                assert!((v - f64::from(moved)).abs() < 1e-14, "{dims}: row {i}, column {j}: {v}");
            }
        }
    }
}

#[test]
fn a_wavelet_for_each_sample_is_the_same_with_and_without_space() {
    let wav = "[[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, -2, 5]]";
    let of = |space: &str, kind: &str| {
        matrix(&format!(
            r#"A = {{ type = "PoststackLinearModelling", wav = {wav}, nt0 = 4{space}, kind = "{kind}" }}"#
        ))
    };
    for kind in ["centered", "forward"] {
        let (one, two) = (of("", kind), of(", spatdims = [1, 2]", kind));
        for (j, column) in two.iter().enumerate() {
            for (i, v) in column.iter().enumerate() {
                let expected = if i % 2 == j % 2 { one[j / 2][i / 2] } else { 0.0 };
                assert!((v - expected).abs() < 1e-13, "{kind}: row {i}, column {j}");
            }
        }
        assert_same(&one, &of(", explicit = true, sparse = true", kind), false, kind);
    }
}

#[test]
fn filters_that_do_not_fit_are_refused() {
    let texts = [
        r#"A = { type = "Convolve2D", dims = [3, 4], h = [1, 2] }"#,
        r#"A = { type = "Convolve2D", dims = [3, 4], h = [[1, 2]], offset = [1, 0] }"#,
        r#"A = { type = "Convolve2D", dims = [3, 4, 2], h = [[1, 2]], axes = [0] }"#,
        r#"A = { type = "ConvolveND", dims = [3, 4, 2], h = [[1, 2]], axes = [0, 1, 2] }"#,
        r#"A = { type = "ConvolveND", dims = [3, 4], h = [[1, 2]], offset = 0 }"#,
        r#"A = { type = "ConvolveND", dims = [3, 4], h = [[1, 2]], method = "overlapadd" }"#,
        r#"A = { type = "SmoothingND", dims = [3, 4, 2], nsmooth = [3, 3], axes = [0] }"#,
        r#"A = { type = "FirstDirectionalDerivative", dims = [3, 4], v = [1, 2, 3] }"#,
        r#"A = { type = "SecondDirectionalDerivative", dims = [3, 4], v = [1, 2], sampling = [1, 0] }"#,
        r#"A = { type = "Shift", dims = [3, 4], shift = [1, 2] }"#,
        r#"A = { type = "Regression", taxis = [[1, 2]], order = 1 }"#,
        r#"A = { type = "Regression", taxis = [1, 2], order = 1000000 }"#,
        r#"A = { type = "NonStationaryConvolve1D", dims = 9, hs = [[1, 2]], ih = [1] }"#,
        r#"A = { type = "NonStationaryConvolve1D", dims = 9, hs = [[1], [2]], ih = [4, 1] }"#,
        r#"A = { type = "NonStationaryConvolve1D", dims = 9, hs = [[1], [2]], ih = [1, 9] }"#,
        r#"A = { type = "NonStationaryConvolve1D", dims = 9, hs = [[1], [2]], ih = [1, 2, 3] }"#,
        r#"A = { type = "NonStationaryConvolve2D", dims = [9, 9], hs = [[1]], ihx = [1], ihz = [1] }"#,
        r#"A = { type = "NonStationaryConvolve3D", dims = [9, 9], hs = [[1]], ihx = [1], ihy = [1], ihz = [1] }"#,
        r#"A = { type = "NonStationaryFilters1D", inp = [1, 2, 3], hsize = 2, ih = [1] }"#,
        r#"A = { type = "NonStationaryFilters2D", inp = [1, 2, 3], hshape = [1, 1], ihx = [1], ihz = [1] }"#,
        r#"A = { type = "NonStationaryFilters2D", inp = [[1, 2, 3]], hshape = [1], ihx = [0], ihz = [1] }"#,
    ];
    let mistakes: Vec<String> = texts.iter().map(|text| mistake(text)).collect();
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    error: `h` of Convolve2D does not fit
     --> problem.toml:2:47
      |
    2 | A = { type = "Convolve2D", dims = [3, 4], h = [1, 2] }
      |                                               ^^^^^^ expected a filter of two axes, found (2,)

    error: problem.toml has 1 mistake; nothing was run
    error: `offset` of Convolve2D does not fit
     --> problem.toml:2:66
      |
    2 | A = { type = "Convolve2D", dims = [3, 4], h = [[1, 2]], offset = [1, 0] }
      |                                                                  ^^^^^^ expected an index of a sample of the filter (1, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: `axes` of Convolve2D does not fit
     --> problem.toml:2:67
      |
    2 | A = { type = "Convolve2D", dims = [3, 4, 2], h = [[1, 2]], axes = [0] }
      |                                                                   ^^^ expected two axes

    error: problem.toml has 1 mistake; nothing was run
    error: `h` of ConvolveND does not fit
     --> problem.toml:2:50
      |
    2 | A = { type = "ConvolveND", dims = [3, 4, 2], h = [[1, 2]], axes = [0, 1, 2] }
      |                                                  ^^^^^^^^ expected a filter of 3 axes, one for each of `axes`, found (1, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: `offset` of ConvolveND does not fit
     --> problem.toml:2:66
      |
    2 | A = { type = "ConvolveND", dims = [3, 4], h = [[1, 2]], offset = 0 }
      |                                                                  ^ expected an index of a sample of the filter (1, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: invalid value for `method`
     --> problem.toml:2:66
      |
    2 | A = { type = "ConvolveND", dims = [3, 4], h = [[1, 2]], method = "overlapadd" }
      |                                                                  ^^^^^^^^^^^^ expected one of "auto", "direct", "fft", found "overlapadd"

    error: problem.toml has 1 mistake; nothing was run
    error: `nsmooth` of SmoothingND does not fit
     --> problem.toml:2:57
      |
    2 | A = { type = "SmoothingND", dims = [3, 4, 2], nsmooth = [3, 3], axes = [0] }
      |                                                         ^^^^^^ expected one value, or 1: one for each axis

    error: problem.toml has 1 mistake; nothing was run
    error: `v` of FirstDirectionalDerivative does not fit
     --> problem.toml:2:63
      |
    2 | A = { type = "FirstDirectionalDerivative", dims = [3, 4], v = [1, 2, 3] }
      |                                                               ^^^^^^^^^ expected (2,) or (2, 3, 4), found (3,)

    error: problem.toml has 1 mistake; nothing was run
    error: `sampling` of SecondDirectionalDerivative does not fit
     --> problem.toml:2:83
      |
    2 | A = { type = "SecondDirectionalDerivative", dims = [3, 4], v = [1, 2], sampling = [1, 0] }
      |                                                                                   ^^^^^^ expected a finite, nonzero step

    error: problem.toml has 1 mistake; nothing was run
    error: `shift` of Shift does not fit
     --> problem.toml:2:46
      |
    2 | A = { type = "Shift", dims = [3, 4], shift = [1, 2] }
      |                                              ^^^^^^ expected a number, or dims (3,) of the other axes, found (2,)

    error: problem.toml has 1 mistake; nothing was run
    error: `taxis` of Regression does not fit
     --> problem.toml:2:36
      |
    2 | A = { type = "Regression", taxis = [[1, 2]], order = 1 }
      |                                    ^^^^^^^^ expected a list of positions, found dims (1, 2)

    error: problem.toml has 1 mistake; nothing was run
    error: `order` of Regression does not fit
     --> problem.toml:2:52
      |
    2 | A = { type = "Regression", taxis = [1, 2], order = 1000000 }
      |                                                    ^^^^^^^ expected an order below 1000

    error: problem.toml has 1 mistake; nothing was run
    error: `hs` of NonStationaryConvolve1D does not fit
     --> problem.toml:2:56
      |
    2 | A = { type = "NonStationaryConvolve1D", dims = 9, hs = [[1, 2]], ih = [1] }
      |                                                        ^^^^^^^^ expected filters of odd lengths, found (2,)

    error: problem.toml has 1 mistake; nothing was run
    error: `ih` of NonStationaryConvolve1D does not fit
     --> problem.toml:2:73
      |
    2 | A = { type = "NonStationaryConvolve1D", dims = 9, hs = [[1], [2]], ih = [4, 1] }
      |                                                                         ^^^^^^ expected ascending samples

    error: problem.toml has 1 mistake; nothing was run
    error: `ih` of NonStationaryConvolve1D does not fit
     --> problem.toml:2:73
      |
    2 | A = { type = "NonStationaryConvolve1D", dims = 9, hs = [[1], [2]], ih = [1, 9] }
      |                                                                         ^^^^^^ entry 1 is 9, expected an integer from -9 to 8

    error: problem.toml has 1 mistake; nothing was run
    error: `ih` of NonStationaryConvolve1D does not fit
     --> problem.toml:2:73
      |
    2 | A = { type = "NonStationaryConvolve1D", dims = 9, hs = [[1], [2]], ih = [1, 2, 3] }
      |                                                                         ^^^^^^^^^ expected 2 samples, one for each filter, found 3

    error: problem.toml has 1 mistake; nothing was run
    error: `hs` of NonStationaryConvolve2D does not fit
     --> problem.toml:2:61
      |
    2 | A = { type = "NonStationaryConvolve2D", dims = [9, 9], hs = [[1]], ihx = [1], ihz = [1] }
      |                                                             ^^^^^ expected 4 axes, those of the filters before those of their samples, found (1, 1)

    error: problem.toml has 1 mistake; nothing was run
    error: `dims` of NonStationaryConvolve3D does not fit
     --> problem.toml:2:48
      |
    2 | A = { type = "NonStationaryConvolve3D", dims = [9, 9], hs = [[1]], ihx = [1], ihy = [1], ihz = [1] }
      |                                                ^^^^^^ expected three axes

    error: problem.toml has 1 mistake; nothing was run
    error: `hsize` of NonStationaryFilters1D does not fit
     --> problem.toml:2:65
      |
    2 | A = { type = "NonStationaryFilters1D", inp = [1, 2, 3], hsize = 2, ih = [1] }
      |                                                                 ^ expected filters of odd lengths, found (2,)

    error: problem.toml has 1 mistake; nothing was run
    error: `inp` of NonStationaryFilters2D does not fit
     --> problem.toml:2:46
      |
    2 | A = { type = "NonStationaryFilters2D", inp = [1, 2, 3], hshape = [1, 1], ihx = [1], ihz = [1] }
      |                                              ^^^^^^^^^ expected a signal of 2 axes, found (3,)

    error: problem.toml has 1 mistake; nothing was run
    error: `hshape` of NonStationaryFilters2D does not fit
     --> problem.toml:2:68
      |
    2 | A = { type = "NonStationaryFilters2D", inp = [[1, 2, 3]], hshape = [1], ihx = [0], ihz = [1] }
      |                                                                    ^^^ expected the lengths of a filter of 2 axes

    error: problem.toml has 1 mistake; nothing was run
    "#);
}
