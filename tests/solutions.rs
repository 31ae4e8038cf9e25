//! Every problem of `tests/golden/solvers.json` comes to PyLops' solution, in as many iterations and with the
//! same cost on the way. How the file was made: `tests/golden/README.md`.

mod common;

use common::{Problem, Stored, each};
use serde::Deserialize;

/// One `[solve]` table, and what PyLops makes of it.
#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    dtype: String,
    operators: serde_json::Map<String, serde_json::Value>,
    /// What stands below `[solve]`.
    solve: String,
    arrays: serde_json::Map<String, serde_json::Value>,
    dims: Vec<usize>,
    x: Vec<f64>,
    /// Of the 2-norm of the model, and of the first cost.
    tolerance: f64,
    iterations: Option<usize>,
    cost: Option<Vec<f64>>,
    /// What else the report tells of the solver.
    #[serde(default)]
    told: serde_json::Map<String, serde_json::Value>,
}

impl Case {
    fn problem(&self) -> Problem {
        let table = |(name, text): (&String, &serde_json::Value)| {
            (name.clone(), text.as_str().unwrap().to_string())
        };
        let array = |(name, array): (&String, &serde_json::Value)| {
            (name.clone(), Stored::deserialize(array).unwrap())
        };
        Problem {
            dtype: self.dtype.clone(),
            arrays: self.arrays.iter().map(array).collect(),
            operators: self.operators.iter().map(table).collect(),
            rest: format!("[solve]\n{}\n\n[outputs]\nmodel = \"model.npy\"\n", self.solve),
            ..Problem::default()
        }
    }

    fn check(&self) -> Vec<String> {
        let folder = self.problem().folder();
        let complaints = match folder.run(&["solve", "problem.toml", "--json", "--threads", "2"]) {
            Err(said) => vec![said],
            Ok(report) => [self.check_model(&folder), self.check_report(&report)].concat(),
        };
        complaints.iter().map(|c| format!("{} | {c}\n{}", self.name, folder.text)).collect()
    }

    fn check_model(&self, folder: &common::Folder) -> Vec<String> {
        let want = Stored::new(&self.dims, &self.dtype, &self.x);
        match folder.read("model.npy", &want.dtype) {
            Err(said) => vec![said],
            Ok(got) if got.dims != want.dims => {
                vec![format!("the model's dims are {:?}, not {:?}", got.dims, want.dims)]
            }
            Ok(got) => {
                let distance = got.distance(&want);
                let far = format!(
                    "the model is off by {distance:.2e}\n   found {:.8?}\n  wanted {:.8?}",
                    got.values, want.values
                );
                if distance <= self.tolerance { vec![] } else { vec![far] }
            }
        }
    }

    fn check_report(&self, report: &str) -> Vec<String> {
        let report: serde_json::Value = match serde_json::from_str(report) {
            Ok(report) => report,
            Err(e) => {
                return vec![format!("standard output is not one JSON object ({e}): {report}")];
            }
        };
        let (solver, mut wrong) = (&report["solver"], Vec::new());
        if let Some(want) = self.iterations
            && solver["iterations"] != want
        {
            wrong.push(format!("{} iterations, not {want}", solver["iterations"]));
        }
        // Norms that should vanish are as small as the first cost's round-off.
        let first = self.cost.as_ref().map_or(0.0, |cost| cost[0]);
        for (name, want) in &self.told {
            let got = &solver[name];
            let close = match (got.as_f64(), want.as_f64()) {
                (Some(got), Some(want)) => {
                    (got - want).abs() <= self.tolerance * want.abs().max(first)
                }
                _ => got == want,
            };
            if !close {
                wrong.push(format!("`{name}` is {got}, not {want}"));
            }
        }
        if let Some(want) = &self.cost {
            match Vec::<f64>::deserialize(&solver["cost"]) {
                Ok(got) if got.len() == want.len() => {
                    let far = |(a, b): (&f64, &f64)| (a - b).abs() > self.tolerance * want[0];
                    if got.iter().zip(want).any(far) {
                        wrong.push(format!("the costs are\n   {got:.8?}, not\n   {want:.8?}"));
                    }
                }
                _ => wrong.push(format!("the costs are {}, not\n   {want:.8?}", solver["cost"])),
            }
        }
        wrong
    }
}

#[test]
fn solvers_agree_with_pylops() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/solvers.json")).unwrap();
    assert!(cases.len() >= 40, "solvers.json is cut: {} problems", cases.len());
    let wrong = each(&cases, |case| &case.name, Case::check);
    assert!(wrong.is_empty(), "{} complaints:\n\n{}\n", wrong.len(), wrong.join("\n\n"));
}
