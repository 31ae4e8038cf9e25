//! Every operator of `tests/golden/operators/*.json` agrees with PyLops, forward and adjoint, in double and
//! in single precision, whole and in chunks; with the same bits on 2 or 3 thread-ranks, one of them
//! forward and the other one back. How the files were made: `tests/golden/README.md`.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{Dice, Problem, Stored, each, single};
use serde::Deserialize;

const DOUBLE: f64 = 1e-10;
const SINGLE: f64 = 2e-5;

/// One operator on one model and one data array.
#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    /// Tables or expressions as TOML, by name.
    operators: serde_json::Map<String, serde_json::Value>,
    /// The operator to apply.
    op: String,
    dtype: String,
    dims: Vec<usize>,
    dimsd: Vec<usize>,
    model_dtype: String,
    data_dtype: String,
    #[serde(default)]
    params: BTreeMap<String, f64>,
    arrays: serde_json::Map<String, serde_json::Value>,
    x: Vec<f64>,
    y: Vec<f64>,
    forward: Vec<f64>,
    adjoint: Vec<f64>,
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
            params: self.params.clone(),
            arrays: self.arrays.iter().map(array).collect(),
            operators: self.operators.iter().map(table).collect(),
            rest: String::new(),
        }
    }

    /// Gives the operator chunks of its own, if it is a table and the dice say so.
    fn chunked(&self, problem: &mut Problem) {
        let mut dice = Dice::new(&self.name);
        let (_, text) = problem.operators.iter_mut().find(|(name, _)| *name == self.op).unwrap();
        if let Some(open) = text.strip_suffix('}')
            && dice.below(2) == 0
        {
            let (model, data) = (dice.chunks(&self.dims), dice.chunks(&self.dimsd));
            *text =
                format!("{}, chunks = {{ model = {model}, data = {data} }} }}", open.trim_end());
        }
    }

    fn check(&self) -> Vec<String> {
        let mut double = self.problem();
        self.chunked(&mut double);
        let mut float = double.clone();
        float.dtype = single(&float.dtype);
        for (_, array) in &mut float.arrays {
            *array = array.clone().single();
        }
        for (_, text) in &mut float.operators {
            *text = single(text);
        }
        let mut wrong = self.check_in(&double, DOUBLE, Stored::clone);
        wrong.extend(self.check_in(&float, SINGLE, |array| array.clone().single()));
        wrong
    }

    fn check_in(
        &self,
        problem: &Problem,
        tolerance: f64,
        cast: impl Fn(&Stored) -> Stored,
    ) -> Vec<String> {
        let model = |v: &[f64]| cast(&Stored::new(&self.dims, &self.model_dtype, v));
        let data = |v: &[f64]| cast(&Stored::new(&self.dimsd, &self.data_dtype, v));
        let folder = problem.folder();
        let [here, there] = if Dice::new(&self.op).below(2) == 0 { ["2", "3"] } else { ["3", "2"] };
        let directions = [
            ("forward", here, model(&self.x), data(&self.forward)),
            ("adjoint", there, data(&self.y), model(&self.adjoint)),
        ];
        let mut wrong = Vec::new();
        for (direction, ranks, input, want) in directions {
            folder.write("in.npy", &input);
            let mut arguments = vec!["apply", "problem.toml", "--operator", &self.op];
            arguments.extend(["--input", "in.npy", "--output"]);
            let output = format!("{direction}.npy");
            arguments.push(&output);
            if direction == "adjoint" {
                arguments.push("--adjoint");
            }
            let alone = [&arguments[..], &["--threads", "2", "--quiet"]].concat();
            let found = folder.run(&alone).and_then(|_| folder.read(&output, &want.dtype));
            let complaint = match found {
                Err(said) => Some(said),
                Ok(got) if got.dims != want.dims => {
                    Some(format!("its dims are {:?}, not {:?}", got.dims, want.dims))
                }
                Ok(got) => {
                    let distance = got.distance(&want);
                    let off = || {
                        format!(
                            "off by {distance:.2e}\n   found {:.6?}\n  wanted {:.6?}",
                            head(&got.values),
                            head(&want.values)
                        )
                    };
                    // What processes share is the same in single precision.
                    let again = tolerance == DOUBLE;
                    let differs =
                        || again.then(|| folder.differs_on(ranks, &arguments, &[&output]));
                    match distance <= tolerance {
                        false => Some(off()),
                        true => differs().into_iter().flatten().next(),
                    }
                }
            };
            let Some(complaint) = complaint else { continue };
            let operators: Vec<String> =
                problem.operators.iter().map(|(name, text)| format!("{name} = {text}")).collect();
            wrong.push(format!(
                "{} | {direction}, {} | {complaint}\n      in {}",
                self.name,
                problem.dtype,
                operators.join("; ")
            ));
        }
        wrong
    }
}

fn head(values: &[f64]) -> &[f64] {
    &values[..values.len().min(12)]
}

/// The cases of every family, by name of the family.
fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/operators");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    let read = |file: &PathBuf| -> Vec<Case> {
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    };
    files.iter().flat_map(read).collect()
}

#[test]
fn operators_agree_with_pylops() {
    let cases = cases();
    assert!(cases.len() >= 900, "cases are missing: {} found", cases.len());
    let wrong = each(&cases, |case| &case.name, Case::check);
    if wrong.is_empty() {
        return;
    }
    let list = concat!(env!("CARGO_TARGET_TMPDIR"), "/agreement.txt");
    std::fs::write(list, wrong.join("\n\n")).unwrap();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for complaint in &wrong {
        *kinds.entry(complaint.split([' ', ',']).next().unwrap()).or_default() += 1;
    }
    let (shown, runs) = (&wrong[..wrong.len().min(40)], cases.len() * 4);
    panic!(
        "{} of {runs} runs disagree with PyLops, by the first word of their name: {kinds:?}\nAll are in {list}; the first:\n\n{}\n",
        wrong.len(),
        shown.join("\n\n")
    );
}
