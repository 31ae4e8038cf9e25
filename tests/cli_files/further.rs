//! Further solves: their time, their progress, their plan.

use crate::common::Folder;
use crate::on_terminal;

const FURTHER: &str = r#"
[arrays]
d = { random = { shape = 3000, seed = 1 } }
[operators]
S = { type = "Smoothing1D", dims = 3000, nsmooth = 5 }
[solves.first]
operator = "S"
data     = "d"
solver   = "cgls"
niter    = 4
tol      = 0.0
[solve]
operator = "S"
data     = "d"
solver   = "cgls"
niter    = 3
tol      = 0.0
[outputs]
model = "m.npy"
other = { path = "o.npy", apply = { operator = "S", to = "first" } }
"#;

#[test]
fn further_solves_have_a_time_of_their_own() {
    let folder = Folder::of(FURTHER);
    let ran = folder.ran("solve problem.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = ran.text();
    let line = text.lines().find(|l| l.contains("solve first")).unwrap();
    assert!(line.contains("4 iterations") && line.ends_with('s'), "{text}");
    assert!(
        text.lines().any(|l| l.starts_with("  time ") && l.contains(", further solves ")),
        "{text}"
    );
    let found = folder.ran("solve problem.toml --json").json();
    let further = found["solver"]["further"][0]["seconds"].as_f64().unwrap();
    let booked = found["timings"]["solves"].as_f64().unwrap();
    assert!(further > 0.0 && (further - booked).abs() < 1e-9, "{found}");
    // Without further solves there is nothing to tell.
    let plain = FURTHER.split("[solves.first]").next().unwrap().to_string()
        + "[solve]\noperator = \"S\"\ndata = \"d\"\nsolver = \"cgls\"\nniter = 3\n";
    folder.put("plain.toml", plain.as_bytes());
    let ran = folder.ran("solve plain.toml");
    assert!(!ran.text().contains("further"), "{}", ran.text());
}

#[test]
fn further_solves_show_their_progress() {
    let long = FURTHER.replace("3000", "400000").replace("niter    = 4", "niter    = 60");
    let folder = Folder::of(&long);
    let Some(ran) = on_terminal(&folder, "solve problem.toml", &[]) else { return };
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.text().contains("first ") && ran.text().contains("/60"), "{}", ran.text());
    let Some(dumb) = on_terminal(&folder, "solve problem.toml", &[("TERM", "dumb")]) else {
        return;
    };
    assert!(!dumb.text().contains("/60"), "{}", dumb.text());
}

#[test]
fn plan_tells_of_further_solves_and_of_outputs() {
    let folder = Folder::of(FURTHER);
    folder.put("m.npy", b"old");
    let text = folder.ran("plan problem.toml").text();
    assert!(
        text.contains("\nfurther solves, before it\n  first  cgls on S, 4 iterations at most"),
        "{text}"
    );
    assert!(
        text.contains("\noutputs\n  model  (3000,) float64  m.npy  overwrites 3 B\n"),
        "{text}"
    );
    assert!(text.contains("\n  other  (3000,) float64  o.npy  new\n"), "{text}");
    let found = folder.ran("plan problem.toml --json").json();
    assert_eq!(found["solves"][0]["name"], "first");
    assert_eq!(found["solves"][0]["niter"], 4);
    assert_eq!(found["outputs"][0]["overwrites"], true);
    assert_eq!(found["outputs"][1]["overwrites"], false);
    assert_eq!(folder.bytes("m.npy"), b"old");
    // An operator on its own has neither.
    let text = folder.ran("plan problem.toml --operator S").text();
    assert!(!text.contains("outputs") && !text.contains("further"), "{text}");
}
