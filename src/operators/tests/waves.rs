//! Pre-stack modelling, waves by wavenumber, and blending, against their definitions.

use super::*;
use crate::graph::reference::values;

/// The matrix of an operator, after its adjoint was compared with it.
#[track_caller]
fn matrix(text: &str) -> Vec<Vec<f64>> {
    let op = built(&format!("A = {text}"));
    let (fwd, adj) = (program(op.as_ref()).unwrap(), adjoint_program(op.as_ref()).unwrap());
    let matrix = dense(&fwd);
    assert_same(&matrix, &dense(&adj), true, text);
    matrix
}

#[test]
fn adjoints_of_waves_hold_for_thin_axes_and_every_dtype() {
    for text in [
        r#"{ type = "AVOLinearModelling", theta = [10], nt0 = 2, dtype = "complex128" }"#,
        r#"{ type = "AVOLinearModelling", theta = [0, 10], vsvp = [0.4, 0.5], spatdims = [1, 2], linearization = "PS" }"#,
        r#"{ type = "PrestackLinearModelling", wav = [1, "2j", 3], theta = [5, 20], nt0 = 3, spatdims = 2 }"#,
        r#"{ type = "PrestackLinearModelling", wav = [[1, 2], [3, 4]], theta = [5, 20], vsvp = [0.3, 0.4], explicit = true }"#,
        r#"{ type = "PrestackWaveletModelling", m = [[1, 2, 3], [4, 6, 8], [0, 1, "1j"]], theta = [20], nwav = 4, wavc = 3 }"#,
        r#"{ type = "PressureToVelocity", nt = 2, nr = 1, dt = 1, dr = 1, rho = 1, vel = 1, nffts = [5, 4], ntaper = 1 }"#,
        r#"{ type = "PressureToVelocity", nt = 3, nr = [1, 2], dt = 1, dr = [1, 2], rho = 1, vel = 3, nffts = [4, 5, 4], ntaper = 1, critical = 150 }"#,
        r#"{ type = "UpDownComposition2D", nt = 5, nr = 2, dt = 1, dr = 1, rho = 2, vel = 1, nffts = [4, 4], ntaper = 1, dtype = "float64" }"#,
        r#"{ type = "PhaseShift", vel = 2, dz = 0.3, nt = 1, freq = [0], kx = [-0.2, 0, 0.1] }"#,
        r#"{ type = "PhaseShift", vel = 2, dz = -0.3, nt = 4, freq = [0, 0.2, 0.5], kx = [0.1], ky = [0, 0.3] }"#,
        r#"{ type = "BlendingContinuous", nt = 1, nr = 1, ns = 2, dt = 1, times = [0.5, 0.25] }"#,
        r#"{ type = "BlendingContinuous", nt = 3, nr = 2, ns = 2, dt = 1, times = [2, 0.5], nttot = 5, dtype = "complex128" }"#,
        r#"{ type = "BlendingGroup", nt = 1, nr = 2, ns = 2, dt = 1, times = [[0.5, 0.25]], group_size = 1, n_groups = 2 }"#,
        r#"{ type = "BlendingHalf", nt = 4, nr = 1, ns = 2, dt = 1, times = [[0.5], [0.25]], group_size = 2, n_groups = 1, dtype = "complex128" }"#,
    ] {
        matrix(text);
    }
}

#[test]
fn a_profile_of_one_ratio_is_that_ratio() {
    for kind in ["akirich", "fatti", "ps"] {
        let avo = |vsvp: &str| {
            matrix(&format!(
                r#"{{ type = "AVOLinearModelling", theta = [0, 20, 35], linearization = "{kind}", spatdims = 2, {vsvp} }}"#
            ))
        };
        assert_same(&avo("vsvp = [0.4, 0.4]"), &avo("vsvp = 0.4, nt0 = 2"), false, kind);
        let prestack = |more: &str| {
            matrix(&format!(
                r#"{{ type = "PrestackLinearModelling", wav = [1, 2, -1], theta = [0, 20], linearization = "{kind}", {more} }}"#
            ))
        };
        let varying = prestack("vsvp = [0.4, 0.4, 0.4, 0.4]");
        assert_same(&varying, &prestack("nt0 = 4, vsvp = 0.4"), false, kind);
        // Parameters and angles come before time.
        let explicit = prestack("nt0 = 4, vsvp = 0.4, explicit = true");
        for (t, p, i, a) in (0..96).map(|k| (k / 24, k / 8 % 3, k / 2 % 4, k % 2)) {
            let (column, entry) = (&varying[3 * t + p], &explicit[4 * p + t]);
            assert!((column[2 * i + a] - entry[4 * a + i]).abs() < 1e-14, "{kind}");
        }
    }
}

#[test]
fn vertical_waves_are_delayed_and_have_the_impedance_of_the_medium() {
    // Six samples of 0.01 s; 45 m at 1500 m/s are three samples.
    let shift = matrix(
        r#"{ type = "PhaseShift", vel = 1500, dz = 45, nt = 6, freq = [0, 16.666666666666668, 33.333333333333336, 50], kx = [0] }"#,
    );
    let rolled = matrix(r#"{ type = "Roll", dims = 6, shift = 3 }"#);
    assert_same(&shift, &rolled, false, "a delay");
    let op = built(
        r#"A = { type = "PressureToVelocity", nt = 5, nr = 4, dt = 0.01, dr = 10, rho = 2, vel = 1500, ntaper = 1, dtype = "float64" }"#,
    );
    let trace = [3.0, -1.0, 2.0, 0.0, -4.0];
    let wave = ndarray::ArrayD::from_shape_fn(vec![4, 5], |i| C128::from(trace[i[1]]));
    let velocity = run(&program(op.as_ref()).unwrap(), std::slice::from_ref(&wave)).swap_remove(0);
    for (v, p) in velocity.iter().zip(&wave) {
        assert!((v - p / 3000.0).norm() < 1e-15, "{v} of {p}");
    }
}

#[test]
fn velocity_of_pressure_of_velocity_is_what_waves_are_kept() {
    let filter = |more: &str| {
        matrix(&format!(
            r#"{{ type = "PressureToVelocity", nt = 6, nr = 5, dt = 1, dr = 1, rho = 0.5, vel = 1.3, ntaper = 1, critical = 70, dtype = "float64", {more} }}"#
        ))
    };
    let (down, back) = (filter("topressure = false"), filter("topressure = true"));
    let product = |a: &[Vec<f64>], b: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let column = |b: &Vec<f64>| {
            (0..30).map(|i| (0..30).map(|j| a[j][i] * b[j]).sum()).collect::<Vec<f64>>()
        };
        b.iter().map(column).collect()
    };
    let kept = product(&back, &down);
    assert_same(&product(&kept, &kept), &kept, false, "a projection");
    let trace: f64 = (0..30).map(|k| kept[k][k]).sum();
    // Bins with |kx| < 0.7 |f| / 1.3: of 6 frequencies and 5 wavenumbers, 0 and 1/6 only kx = 0, .. of 2/6
    // too, and of 3/6 those of 1/5.
    assert!((trace - 7.0).abs() < 1e-12, "{trace}");
}

#[test]
fn shots_at_whole_samples_are_added_where_they_fire() {
    let blended = matrix(
        r#"{ type = "BlendingContinuous", nt = 3, nr = 2, ns = 2, dt = 0.5, times = [1, 0.5], nttot = 6 }"#,
    );
    for (k, column) in blended.iter().enumerate() {
        let (s, r, t) = (k / 6, k / 3 % 2, k % 3);
        let place = 6 * r + t + [2, 1][s];
        let expected = (0..12).map(|i| f64::from(u8::from(i == place)));
        assert!(column.iter().copied().eq(expected), "{k}: {column:?}");
    }
    // NumPy's 1 // 0.1 is 9: the rest is a whole sample, by a transform.
    let by_transform =
        matrix(r#"{ type = "BlendingContinuous", nt = 3, nr = 1, ns = 1, dt = 0.1, times = [1] }"#);
    for (t, column) in by_transform.iter().enumerate() {
        let off = |(i, v): (usize, &f64)| (v - f64::from(u8::from(i == 10 + t))).abs();
        assert!(column.iter().enumerate().map(off).all(|off| off < 1e-14), "{column:?}");
    }
    let group = |kind: &str, order: [usize; 4]| {
        let blended = matrix(&format!(
            r#"{{ type = "{kind}", nt = 3, nr = 1, ns = 4, dt = 1, times = [[0, 2], [1, 0]], group_size = 2, n_groups = 2 }}"#
        ));
        for (k, column) in blended.iter().enumerate() {
            // The group of each shot, and its time.
            let (s, t) = (order[k / 3], k % 3);
            let (g, delay) = (s % 2, [[0, 2], [1, 0]][s / 2][s % 2]);
            let place = 3 * g + (t + delay) % 3;
            let off = |(i, v): (usize, &f64)| (v - f64::from(u8::from(i == place))).abs();
            assert!(column.iter().enumerate().map(off).all(|off| off < 1e-14), "{kind} {k}");
        }
    };
    group("BlendingHalf", [0, 1, 2, 3]);
    group("BlendingGroup", [0, 2, 1, 3]);
}

#[test]
fn a_real_operator_works_on_the_parts_of_complex_data() {
    for text in [
        r#"{ type = "PhaseShift", vel = 2, dz = 0.3, nt = 4, freq = [0, 0.2, 0.5], kx = [-0.2, 0, 0.1] }"#,
        r#"{ type = "PressureToVelocity", nt = 4, nr = 5, dt = 1, dr = 1, rho = 1, vel = 1, ntaper = 1, dtype = "float64" }"#,
        r#"{ type = "BlendingContinuous", nt = 3, nr = 2, ns = 2, dt = 1, times = [2, 0.5] }"#,
        r#"{ type = "BlendingHalf", nt = 4, nr = 1, ns = 2, dt = 1, times = [[0.5], [0.25]], group_size = 2, n_groups = 1 }"#,
    ] {
        let op = built(&format!("A = {text}"));
        let wide = ArrayType::new(op.model().dims, DType::Complex128);
        let x = values(&wide, 0.2);
        let complex = Value::program(&[wide], |x| Ok(vec![op.forward(&x[0])?])).unwrap();
        let y = run(&complex, std::slice::from_ref(&x)).swap_remove(0);
        let real = program(op.as_ref()).unwrap();
        let part = |f: fn(&C128) -> f64| run(&real, &[x.map(|v| f(v).into())]).swap_remove(0);
        let (re, im) = (part(|v| v.re), part(|v| v.im));
        for (y, (re, im)) in y.iter().zip(re.iter().zip(&im)) {
            assert!((y - C128::new(re.re, im.re)).norm() < 1e-13, "{text}");
        }
    }
}

#[test]
fn waves_that_do_not_fit_are_refused() {
    let label = |text: &str| {
        let all = mistake(&format!("A = {text}"));
        let line = all.lines().find(|l| l.contains("^ ")).unwrap_or(&all).to_string();
        line.rsplit('^').next().unwrap_or(&line).trim().to_string()
    };
    for (text, said) in [
        (
            r#"{ type = "AVOLinearModelling", theta = [5], vsvp = [0.5, 0.4], nt0 = 3 }"#,
            "`vsvp` has 2 samples, `nt0` is 3",
        ),
        (
            r#"{ type = "AVOLinearModelling", theta = [70], vsvp = 1.5, linearization = "ps" }"#,
            "no S wave is reflected at the largest angle, as vsvp sin(theta) is above 1",
        ),
        (
            r#"{ type = "AVOLinearModelling", theta = 5 }"#,
            "expected a list of angles in degrees, found dims ()",
        ),
        (
            r#"{ type = "PrestackLinearModelling", wav = [[1, 2, 3]], theta = [5, 6], nt0 = 3 }"#,
            "expected (nw,), (nw, ntheta) = (nw, 2), or (nw, ntheta, *spatdims), found (1, 3)",
        ),
        (
            r#"{ type = "PrestackWaveletModelling", m = [[1, 2, 3]], theta = [5], nwav = 3, wavc = 3 }"#,
            "expected a sample of 3, from 0 to 2",
        ),
        (
            r#"{ type = "PressureToVelocity", nt = 8, nr = 6, dt = 1, dr = 1, rho = 1, vel = 1, ntaper = 2 }"#,
            "a taper of 2 samples needs transforms of more than 6, found 6",
        ),
        (
            r#"{ type = "UpDownComposition2D", nt = 8, nr = 6, dt = 1, dr = 1, rho = 0, vel = 1 }"#,
            "expected a number above 0, found 0",
        ),
        (
            r#"{ type = "PhaseShift", vel = 1, dz = 1, nt = 6, freq = [0, 1], kx = [0] }"#,
            "expected 4 frequencies, those of 6 real samples, found 2",
        ),
        (
            r#"{ type = "BlendingContinuous", nt = 3, nr = 1, ns = 2, dt = 1, times = [0, -1] }"#,
            "time 1 is -1",
        ),
        (
            r#"{ type = "BlendingContinuous", nt = 3, nr = 1, ns = 1, dt = 1, times = [2.5], nttot = 5 }"#,
            "the last shot ends at sample 6, but the record has 5",
        ),
        (
            r#"{ type = "BlendingHalf", nt = 3, nr = 1, ns = 2, dt = 1, times = [[0, 1]], group_size = 2, n_groups = 1 }"#,
            "expected (group_size, n_groups) = (2, 1), found (1, 2)",
        ),
        (
            r#"{ type = "BlendingGroup", nt = 3, nr = 1, ns = 3, dt = 1, times = [[0, 1]], group_size = 1, n_groups = 2 }"#,
            "expected 1 x 2 sources in 2 groups, found 3",
        ),
    ] {
        assert_eq!(label(text), said, "{text}");
    }
}
