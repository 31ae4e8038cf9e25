//! Every formula of `tests/golden/synthetics.json` gives PyLops' values, through a problem file, and
//! the same bits on any number of threads. How the file was made: `tests/golden/README.md`.

mod common;

use std::fmt::Write as _;

use common::{Problem, Stored};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    /// As it stands in the problem file.
    source: String,
    tolerance: Tolerance,
    dims: Vec<usize>,
    values: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Tolerance {
    /// In the 2-norm, relative to the wanted array.
    Norm(f64),
    /// Of each value, relative to the largest.
    Largest { max: f64 },
}

impl Case {
    fn complaint(&self, got: &Stored, dtype: &str) -> Option<String> {
        let want = Stored::new(&self.dims, dtype, &self.values);
        let label = format!("{} | {:.200}", self.name, self.source);
        if got.dims != want.dims {
            return Some(format!("{label}: dims are {:?}, not {:?}", got.dims, want.dims));
        }
        let coarse = if dtype == "float32" { 1e-6 } else { 0.0 };
        let (off, most) = match self.tolerance {
            Tolerance::Norm(most) => (got.distance(&want), most),
            Tolerance::Largest { max } => {
                let pairs = got.values.iter().zip(&want.values);
                let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                (off / want.values.iter().copied().fold(0.0, f64::max), max)
            }
        };
        // NaN is off, too.
        (off.is_nan() || off > most + coarse)
            .then(|| format!("{label}: off by {off:e}, more than {most:e}"))
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("golden/synthetics.json")).unwrap()
}

/// Every array of the cases, as one problem file makes them.
fn made(cases: &[Case], dtype: &str, threads: &str) -> Vec<Stored> {
    let mut rest = String::new();
    for (k, case) in cases.iter().enumerate() {
        writeln!(rest, "[arrays.a{k}]\n{}", inner(&case.source)).unwrap();
    }
    rest.push_str(
        "[arrays.one]\nvalues = [1.0]\n[solve]\noperator = \"I\"\ndata = \"one\"\n[outputs]\n",
    );
    for k in 0..cases.len() {
        writeln!(rest, "o{k} = {{ path = \"o{k}.npy\", apply = {{ to = \"a{k}\" }} }}").unwrap();
    }
    let identity = ("I".to_string(), "{ type = \"Identity\", N = 1 }".to_string());
    let problem =
        Problem { dtype: dtype.into(), operators: vec![identity], rest, ..Problem::default() };
    let folder = problem.folder();
    folder.run(&["solve", "problem.toml", "--json", "--threads", threads]).unwrap();
    (0..cases.len()).map(|k| folder.read(&format!("o{k}.npy"), dtype).unwrap()).collect()
}

/// What stands inside the braces of an inline table.
fn inner(table: &str) -> &str {
    table.trim().trim_start_matches('{').trim_end_matches('}').trim()
}

#[test]
fn formulas_give_the_golden_values() {
    let cases = cases();
    let mut complaints = Vec::new();
    for dtype in ["float64", "float32"] {
        let arrays = made(&cases, dtype, "2");
        complaints.extend(cases.iter().zip(&arrays).filter_map(|(c, a)| c.complaint(a, dtype)));
    }
    assert!(complaints.is_empty(), "{} cases:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn threads_change_no_bit() {
    let cases = cases();
    let one = made(&cases, "float64", "1");
    for threads in ["2", "3", "7"] {
        for ((a, b), case) in one.iter().zip(made(&cases, "float64", threads)).zip(&cases) {
            let bits = |s: &Stored| s.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(a), bits(&b), "{}", case.name);
        }
    }
}
