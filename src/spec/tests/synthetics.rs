//! Sources that a formula gives: what is read, and what can be wrong with it.

use super::*;

/// The one array of a text.
fn array(text: &str) -> SyntheticSpec {
    let d = document(&format!("arrays.a = {{ {text} }}"), &[]);
    match d.arrays.iter().next() {
        Some((_, ArraySpec { source: ArraySource::Synthetic(spec), .. })) => spec.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn parameters_have_pylops_defaults() {
    let wavelet = |text: &str| match array(text) {
        SyntheticSpec::Wavelet(w) => (w.shape, w.nt, w.dt, w.taper),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(
        wavelet("ricker = { nt = 5, dt = 0.004 }"),
        (WaveletShape::Ricker(10.0), 5, 0.004, None)
    );
    assert_eq!(wavelet("gaussian = { nt = 5 }"), (WaveletShape::Gaussian(1.0), 5, 1.0, None));
    let klauder = wavelet("klauder = { nt = 5, dt = 1, taper = \"hamming\" }");
    assert_eq!(klauder, (WaveletShape::Klauder([5.0, 20.0]), 5, 1.0, Some(NumpyWindow::Hamming)));
    let ormsby = wavelet("ormsby = { nt = 5, dt = 1 }");
    assert_eq!(ormsby.0, WaveletShape::Ormsby([5.0, 10.0, 45.0, 50.0]));
    assert_eq!(array("causal = { nt = 5 }"), SyntheticSpec::Causal { nt: 5, nsmooth: 0 });
    assert!(matches!(
        array("window = { trav = [1.0], nt = 50, dt = 0.1 }"),
        SyntheticSpec::Window { toff: 0.0, nsmooth: 10, .. }
    ));
    assert!(matches!(
        array("directwave = { wav = [1.0], trav = \"t\", nt = 50, dt = 0.1, nfft = 3 }"),
        SyntheticSpec::DirectWave { dist: None, nfft: 50, derivative: true, .. }
    ));
}

#[test]
fn a_number_holds_for_all_events() {
    let text = "linear2d = { ox = 0, dx = 1, nx = 3, ot = 0, dt = 1, nt = 4, v = 2, t0 = [1, 2], \
                theta = 30, amp = [3, 4], wav = \"w\" }";
    let SyntheticSpec::Events(events) = array(text) else { panic!("not events") };
    let linear = |t0| Moveout::Linear([t0, 2.0, 30.0, 0.0]);
    assert_eq!(events.events, [(linear(1.0), 3.0), (linear(2.0), 4.0)]);
    assert_eq!((events.x, events.y, events.t), ((0.0, 1.0, 3), None, (0.0, 1.0, 4)));
}

#[test]
fn tapers_have_pylops_shapes() {
    for (text, axes) in [
        ("nmask = 9, ntap = 3", vec![(9, 3)]),
        ("nmask = 9, ntap = 3, nt = 5", vec![(9, 3), (5, 0)]),
        ("nmask = 9, ntap = [3, 2], nt = 5", vec![(9, 3), (5, 2)]),
        ("nmask = [9, 8], ntap = [3, 2], nt = 5", vec![(9, 3), (8, 2), (5, 0)]),
        ("nmask = [9, 8], ntap = [3, 2]", vec![(9, 3), (8, 2)]),
        ("nmask = [9, 8], ntap = 2", vec![(9, 2), (8, 2)]),
    ] {
        let spec = array(&format!("taper = {{ {text} }}"));
        assert_eq!(spec, SyntheticSpec::Taper(axes, TaperType::Hanning), "{text}");
    }
}

#[test]
fn mistakes_of_sources_stand_at_their_keys() {
    let axes = "ox = 0, dx = 1, nx = 3, ot = 0, dt = 1, nt = 4, wav = \"w\"";
    let cube = format!("{axes}, oy = 0, dy = 1, ny = 2");
    for (text, expected) in [
        ("ricker = 20".to_string(), "for example `ricker = { f0 = 20.0, dt = 0.004, nt = 41 }`"),
        ("ricker = { dt = 1, nt = 3 }, values = [1]".to_string(), "more than one source"),
        ("ricker = { nt = 3, f0 = 2 }".to_string(), "`ricker` has no `dt`"),
        ("ricker = { nt = 3, dt = 1, f = 2 }".to_string(), "unknown key `f`"),
        ("ricker = { nt = 0, dt = 1 }".to_string(), "expected a positive integer"),
        ("ricker = { nt = 3, dt = 0.0 }".to_string(), "expected a positive number"),
        ("ricker = { nt = 3, dt = 1, taper = \"haning\" }".to_string(), "did you mean `hanning`?"),
        ("gaussian = { nt = 3, taper = \"hanning\" }".to_string(), "unknown key `taper`"),
        ("klauder = { nt = 2, dt = 1 }".to_string(), "expected at least 3 samples"),
        ("klauder = { nt = 3, dt = 1, f = [1, 2, 3] }".to_string(), "a list of 2 frequencies"),
        ("ormsby = { nt = 3, dt = 1, f = [1, 3, 2, 4] }".to_string(), "in increasing order"),
        (format!("linear2d = {{ {axes}, t0 = 1, theta = 0, amp = 1 }}"), "has no `v`"),
        (
            format!("linear2d = {{ {axes}, v = 0, t0 = 1, theta = 0, amp = 1 }}"),
            "expected a nonzero number",
        ),
        (
            format!("hyperbolic2d = {{ {axes}, t0 = 1, vrms = [1, 0], amp = 1 }}"),
            "expected a nonzero number",
        ),
        (format!("hyperbolic2d = {{ {axes}, t0 = [], vrms = 1, amp = 1 }}"), "for each event"),
        (
            format!("hyperbolic2d = {{ {axes}, t0 = [1, 2], vrms = [1, 2, 3], amp = 1 }}"),
            "expected 2 values as in `t0`, found 3",
        ),
        (format!("hyperbolic2d = {{ {cube}, t0 = 1, vrms = 1, amp = 1 }}"), "unknown key `oy`"),
        (
            format!("hyperbolic3d = {{ {axes}, t0 = 1, vrms_x = 1, vrms_y = 1, amp = 1 }}"),
            "no `ny`",
        ),
        (
            format!("parabolic3d = {{ {cube}, t0 = 1, px = 1, py = 1, pxx = 1, amp = 1 }}"),
            "no `pyy`",
        ),
        (
            format!("linear2d = {{ {axes}, v = 1, t0 = 1, theta = 0, amp = 1, spikes = 1 }}"),
            "expected `true` or `false`",
        ),
        ("taper = { nmask = 9, ntap = 5 }".to_string(), "at most 4 do"),
        ("taper = { nmask = 9, ntap = 2, tapertype = \"hann\" }".to_string(), "unknown tapertype"),
        ("taper = { nmask = [9, 9], ntap = [2, 2, 2] }".to_string(), "expected 2 numbers"),
        ("taper = { nmask = 9, ntap = [2, 2] }".to_string(), "expected 1 numbers"),
        ("taper = { nmask = [9, 9], ntap = [2, 5], nt = 3 }".to_string(), "at most 4 do"),
        ("traveltime = { from = [1, 2], vel = 0.0, to = [1, 2] }".to_string(), "a positive number"),
        ("traveltime = { from = [1, 2], vel = 2.0 }".to_string(), "has no `to`"),
        ("traveltime = { from = [1, 2], to = \"r\", vel = \"v\" }".to_string(), "has no `axes`"),
        (
            "traveltime = { from = [1, 2], to = \"r\", vel = 2, axes = [\"x\", \"z\"] }"
                .to_string(),
            "a constant velocity needs no grid",
        ),
        ("traveltime = { from = 3, to = \"r\", vel = 2 }".to_string(), "an array's name or a list"),
        ("traveltime = { from = [\"2j\"], to = \"r\", vel = 2 }".to_string(), "real numbers"),
        ("window = { trav = \"t\", dt = 1, nt = 10 }".to_string(), "makes a window of 19 samples"),
        (
            "window = { trav = \"t\", dt = 1, nt = 16, nsmooth = 10 }".to_string(),
            "nothing is wrong",
        ),
        ("window = { trav = \"t\", dt = 1, nt = 15, nsmooth = 10 }".to_string(), "more than 30"),
        ("causal = { nt = 5, nsmooth = 3 }".to_string(), "needs more than 9 of them"),
        (
            "directwave = { wav = [1], trav = [1], nt = 5, dt = 1, kind = \"3d\" }".to_string(),
            "`dist` is required",
        ),
        (
            "directwave = { wav = [1], trav = [1], nt = 5, dt = 1, dist = [2] }".to_string(),
            "distances need `kind = \"3d\"`",
        ),
        (
            "directwave = { wav = [1], trav = [1], nt = 5, dt = 1, nfft = 99999999999 }"
                .to_string(),
            "expected at most 1073741824",
        ),
    ] {
        let text = format!("arrays.a = {{ {text} }}");
        let found = mistakes(&text, &[]);
        assert!(found.contains(expected), "{text}: wanted {expected}, found\n{found}");
        let clean = found == "nothing is wrong";
        assert!(
            clean || found.contains(" 1 mistake;") || found.contains(" 3 mistakes;"),
            "{text}:\n{found}"
        );
    }
}

#[test]
fn all_mistakes_of_a_source_are_shown() {
    let text = "[arrays.a.hyperbolic3d]\nox = 0\ndx = 0\nnx = 3\not = 0\ndt = -1\nnt = 4\nt0 = [1, 2]\n\
                vrms_x = [1]\nvrms_y = 0\nvmrs_y = 1\nwav = 3\n";
    assert_eq!(
        mistakes(text, &[]),
        r#"
error: `hyperbolic3d` has no `oy`
 --> problem.toml:1:11
  |
1 | [arrays.a.hyperbolic3d]
  |           ^^^^^^^^^^^^ `oy` is required

error: `hyperbolic3d` has no `dy`
 --> problem.toml:1:11
  |
1 | [arrays.a.hyperbolic3d]
  |           ^^^^^^^^^^^^ `dy` is required

error: `hyperbolic3d` has no `ny`
 --> problem.toml:1:11
  |
1 | [arrays.a.hyperbolic3d]
  |           ^^^^^^^^^^^^ `ny` is required

error: `hyperbolic3d` has no `amp`
 --> problem.toml:1:11
  |
1 | [arrays.a.hyperbolic3d]
  |           ^^^^^^^^^^^^ `amp` is required

error: invalid value for `dx`
 --> problem.toml:3:6
  |
3 | dx = 0
  |      ^ expected a nonzero number, found the integer 0

error: invalid value for `dt`
 --> problem.toml:6:6
  |
6 | dt = -1
  |      ^^ expected a positive number, found the integer -1

error: invalid value for `vrms_x`
 --> problem.toml:9:10
  |
8 | t0 = [1, 2]
  |      ------ the first list
9 | vrms_x = [1]
  |          ^^^ expected 2 values as in `t0`, found 1

error: invalid value for `vrms_y`
  --> problem.toml:10:10
   |
10 | vrms_y = 0
   |          ^ expected a nonzero number, found the integer 0

error: unknown key `vmrs_y`
  --> problem.toml:11:1
   |
11 | vmrs_y = 1
   | ^^^^^^ not a key of `hyperbolic3d`
   |
   = help: did you mean `vrms_y`?

error: invalid value for `wav`
  --> problem.toml:12:7
   |
12 | wav = 3
   |       ^ expected an array's name or a list of numbers, found the integer 3

error: problem.toml has 10 mistakes; nothing was run"#
            .trim_start()
    );
}
