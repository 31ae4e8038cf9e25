//! Arrays that a formula gives: dims from headers alone, circles, and inputs that do not fit.

use super::*;
use crate::scalar::DType;

const POINTS: &str = r#"
src = { values = [[0.0, 10.0, 20.0], [0.0, 0.0, 5.0]] }
rec = { values = [[1.0, 2.0], [3.0, 4.0]] }
one = { values = [4.0, 5.0] }
x = { linspace = { start = 0.0, stop = 40.0, num = 5 } }
z = { linspace = { start = 0.0, stop = 20.0, num = 3 } }
vel = { full = { shape = [5, 3], value = 1000.0 } }
wav = { ricker = { dt = 0.004, nt = 6 } }
"#;

#[test]
fn dims_are_known_before_anything_is_computed() {
    let event = "ot = 0, dt = 0.004, nt = 9, t0 = 0.01, amp = 1, wav = \"wav\"";
    for (source, dims) in [
        ("traveltime = { from = \"src\", to = \"rec\", vel = 1000.0 }".to_string(), vec![2, 3]),
        ("traveltime = { from = \"one\", to = \"rec\", vel = 1000.0 }".to_string(), vec![2]),
        ("traveltime = { from = \"src\", to = \"one\", vel = 1000.0 }".to_string(), vec![3]),
        (
            "traveltime = { from = \"src\", vel = 1000.0, axes = [\"x\", \"z\"] }".to_string(),
            vec![5, 3, 3],
        ),
        (
            "traveltime = { from = \"one\", vel = \"vel\", axes = [\"x\", \"z\"] }".to_string(),
            vec![5, 3],
        ),
        (
            "traveltime = { from = \"src\", to = [[1.0], [2.0]], vel = \"vel\", axes = [\"x\", [0, 10, 20]] }"
                .to_string(),
            vec![1, 3],
        ),
        ("window = { trav = \"one\", dt = 1.0, nt = 20 }".to_string(), vec![39, 2]),
        ("window = { trav = \"rec\", dt = 1.0, nt = 20 }".to_string(), vec![39, 2, 2]),
        ("causal = { nt = 20 }".to_string(), vec![39]),
        (
            "directwave = { wav = \"wav\", trav = \"one\", dt = 1.0, nt = 20 }".to_string(),
            vec![20, 2],
        ),
        ("taper = { nmask = [5, 4], ntap = 2, nt = 3 }".to_string(), vec![5, 4, 3]),
        (format!("hyperbolic2d = {{ ox = 0, dx = 1, nx = 4, vrms = 9, {event} }}"), vec![4, 9]),
        (
            format!(
                "hyperbolic3d = {{ ox = 0, dx = 1, nx = 4, oy = 0, dy = 1, ny = 1, vrms_x = 9, vrms_y = 9, {event} }}"
            ),
            vec![1, 4, 9],
        ),
        ("ricker = { dt = 0.004, nt = 6 }".to_string(), vec![9]),
    ] {
        // The formula stands first, before what it needs.
        let text = format!("dtype = \"float32\"\n[arrays]\nmade = {{ {source} }}\n{POINTS}");
        let problem = problem(&text, &[]);
        let made = problem.array("made").unwrap();
        assert_eq!(made.ty(), &ArrayType::new(dims, DType::Float32), "{source}");
        let values = made.read::<f64>().unwrap_or_else(|e| panic!("{source}: {e}"));
        assert!(values.iter().all(|v| v.is_finite() && *v == f64::from(*v as f32)), "{source}");
    }
}

#[test]
fn formulas_take_dtypes_and_shapes_like_any_array() {
    let text = "[arrays]\nw = { ricker = { dt = 0.01, nt = 3 }, dtype = \"complex64\", \
                slice = \"::2\", reshape = [3, 1] }\n";
    let problem = problem(text, &[]);
    let w = problem.array("w").unwrap();
    assert_eq!(w.ty(), &ArrayType::new([3, 1], DType::Complex64));
    let all = crate::synthetics::wavelets::ricker(3, 0.01, 10.0);
    let values = w.clone().part(crate::io::Part::Real).read::<f32>().unwrap();
    let wanted: Vec<f32> = all.iter().step_by(2).map(|&v| v as f32).collect();
    assert_eq!(values.iter().copied().collect::<Vec<_>>(), wanted);
}

#[test]
fn arrays_that_need_themselves() {
    shows(
        r#"[arrays]
a = { window = { trav = "b", dt = 1.0, nt = 20 } }
b = { traveltime = { from = "c", to = [0.0], vel = 1.0 } }
c = { window = { trav = "a", dt = 1.0, nt = 20 } }
d = { directwave = { wav = "d", trav = "d", dt = 1.0, nt = 20 } }
e = { apply = { operator = "D", to = "x" } }
x = { values = [1.0, 2.0] }
[operators]
D = { type = "Diagonal", diag = "e" }
"#,
        &[],
        r#"
error: array `a` is defined in terms of itself
 --> DIR/problem.toml:4:25
  |
4 | c = { window = { trav = "a", dt = 1.0, nt = 20 } }
  |                         ^^^ a -> b -> c -> a

error: array `d` is defined in terms of itself
 --> DIR/problem.toml:5:28
  |
5 | d = { directwave = { wav = "d", trav = "d", dt = 1.0, nt = 20 } }
  |                            ^^^ d -> d

error: array `e` is defined in terms of itself
 --> DIR/problem.toml:9:33
  |
9 | D = { type = "Diagonal", diag = "e" }
  |                                 ^^^ e -> D -> e

error: DIR/problem.toml has 3 mistakes; nothing was run"#,
    );
}

#[test]
fn inputs_that_do_not_fit() {
    let text = format!(
        r#"[arrays]{POINTS}
cubic = {{ values = [1.0, 2.0, 3.0] }}
deep = {{ zeros = {{ shape = [2, 3, 4] }} }}
turned = {{ values = ["1j", 2.0] }}
a = {{ traveltime = {{ from = "src", to = "cubic", vel = 1000.0 }} }}
b = {{ traveltime = {{ from = "cubic", vel = "vel", axes = ["x", "z"] }} }}
c = {{ traveltime = {{ from = "src", vel = "vel", axes = ["z", "x"] }} }}
d = {{ traveltime = {{ from = "deep", to = "none", vel = 1000.0 }} }}
e = {{ traveltime = {{ from = [1.0], vel = [1.0, 2.0], axes = [[0.0, 1.0]] }} }}
f = {{ window = {{ trav = "turned", dt = 1.0, nt = 20 }} }}
g = {{ directwave = {{ wav = "rec", trav = "one", dt = 1.0, nt = 20 }} }}
h = {{ directwave = {{ wav = "wav", trav = "one", dist = "cubic", kind = "3d", dt = 1.0, nt = 20 }} }}
"#
    );
    shows(
        &text,
        &[],
        r#"
error: points of different dimensions
  --> DIR/problem.toml:13:41
   |
13 | a = { traveltime = { from = "src", to = "cubic", vel = 1000.0 } }
   |                             -----       ^^^^^^^ these have 3 coordinates
   |                             |
   |                             these have 2

error: the grid does not fit the points
  --> DIR/problem.toml:14:58
   |
14 | b = { traveltime = { from = "cubic", vel = "vel", axes = ["x", "z"] } }
   |                             -------                      ^^^^^^^^^^ it has 2 axes
   |                             |
   |                             points of 3 coordinates

error: velocities do not fit the grid
  --> DIR/problem.toml:15:42
   |
15 | c = { traveltime = { from = "src", vel = "vel", axes = ["z", "x"] } }
   |                                          ^^^^^         ---------- the grid is (3, 5), 15 elements
   |                                          |
   |                                          they are (5, 3), 15 elements

error: these are not points
  --> DIR/problem.toml:16:29
   |
16 | d = { traveltime = { from = "deep", to = "none", vel = 1000.0 } }
   |                             ^^^^^^ expected coordinates of one point, or a row of them for each axis, found (2, 3, 4), 24 elements

error: unknown array `none`
  --> DIR/problem.toml:16:42
   |
16 | d = { traveltime = { from = "deep", to = "none", vel = 1000.0 } }
   |                                          ^^^^^^ not in `[arrays]`
   |
   = help: did you mean `one`?

error: the eikonal equation is for 2 or 3 dimensions
  --> DIR/problem.toml:17:61
   |
17 | e = { traveltime = { from = [1.0], vel = [1.0, 2.0], axes = [[0.0, 1.0]] } }
   |                             ----- points of 1 coordinates   ^^^^^^^^^^^^ the grid has 1

error: traveltimes must be real
  --> DIR/problem.toml:18:25
   |
18 | f = { window = { trav = "turned", dt = 1.0, nt = 20 } }
   |                         ^^^^^^^^ this is complex128
   |
   = help: choose a part of that array: `part = "real"` or `part = "imag"`

error: expected a wavelet of one axis
  --> DIR/problem.toml:19:28
   |
19 | g = { directwave = { wav = "rec", trav = "one", dt = 1.0, nt = 20 } }
   |                            ^^^^^ this is (2, 2), 4 elements

error: distances do not fit the traveltimes
  --> DIR/problem.toml:20:56
   |
20 | h = { directwave = { wav = "wav", trav = "one", dist = "cubic", kind = "3d", dt = 1.0, nt = 20 } }
   |                                          -----         ^^^^^^^ they are (3,)
   |                                          |
   |                                          these are (2,)

error: DIR/problem.toml has 9 mistakes; nothing was run"#,
    );
}

#[test]
fn what_only_the_values_show_is_told_when_they_are_read() {
    for (source, said) in [
        (
            "traveltime = { from = [[1.0, 50.0], [3.0, 4.0]], vel = \"vel\", axes = [\"x\", \"z\"] }",
            "made: point 1 is outside the grid: its coordinate 0 is 50, axis 0 goes from 0 to 40",
        ),
        (
            "traveltime = { from = \"rec\", to = [1.0, 21.0], vel = \"vel\", axes = [\"x\", \"z\"] }",
            "made: point 0 of `to` is outside the grid: its coordinate 1 is 21, axis 1 goes from 0 to 20",
        ),
        (
            "directwave = { wav = \"wav\", trav = [1.0, -2.0], dt = 1.0, nt = 20 }",
            "made: traveltime 1 is -2",
        ),
    ] {
        let problem = problem(&format!("[arrays]\nmade = {{ {source} }}\n{POINTS}"), &[]);
        let error = problem.array("made").unwrap().read::<f64>().unwrap_err();
        assert_eq!((error.message().as_str(), error.kind()), (said, crate::io::ErrorKind::Input));
    }
}
