//! Every case of `tests/golden/applications.json` comes to what PyLops' applications make of it, and to the same
//! bits by the problem file that `expand` prints and, in chunks, on 2 and 3
//! thread-ranks. How the file was made: `tests/golden/README.md`.

mod common;

use std::collections::BTreeMap;

use common::{Problem, Stored, each};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
struct Case {
    name: String,
    /// What stands below `[arrays]`.
    rest: String,
    arrays: BTreeMap<String, Stored>,
    outputs: BTreeMap<String, Stored>,
    /// Tolerance in single precision.
    single: f64,
}

impl Case {
    fn single(mut self) -> Case {
        self.arrays = self.arrays.into_iter().map(|(k, a)| (k, a.single())).collect();
        self.outputs = self.outputs.into_iter().map(|(k, a)| (k, a.single())).collect();
        self.name.push_str(" in single precision");
        self
    }

    fn check(&self, dtype: &str, tolerance: f64) -> Vec<String> {
        let outputs: String = self.outputs.keys().map(|k| format!("{k} = \"{k}.npy\"\n")).collect();
        let folder = Problem {
            dtype: dtype.into(),
            arrays: self.arrays.clone().into_iter().collect(),
            rest: format!("{}\n\n[outputs]\n{outputs}", self.rest),
            ..Problem::default()
        }
        .folder();
        let complaints = match folder.run(&["solve", "problem.toml", "--json", "--threads", "2"]) {
            Err(said) => vec![said],
            Ok(_) => {
                let files: Vec<String> = self.outputs.keys().map(|k| format!("{k}.npy")).collect();
                let files: Vec<&str> = files.iter().map(String::as_str).collect();
                let mut wrong =
                    [self.check_outputs(&folder, tolerance), self.check_expansion(&folder)]
                        .concat();
                // What processes share is the same in single precision.
                if dtype == "float64" {
                    wrong.extend(folder.solve_shared("expanded.toml", &files));
                }
                wrong
            }
        };
        complaints.iter().map(|c| format!("{} | {c}\n{}", self.name, folder.text)).collect()
    }

    fn check_outputs(&self, folder: &common::Folder, tolerance: f64) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, want) in &self.outputs {
            match folder.read(&format!("{name}.npy"), &want.dtype) {
                Err(said) => wrong.push(format!("{name}: {said}")),
                Ok(got) if got.dims != want.dims => {
                    wrong.push(format!("{name}: dims are {:?}, not {:?}", got.dims, want.dims));
                }
                Ok(got) => {
                    let distance = got.distance(want);
                    // NaN is too far as well.
                    if !matches!(distance.partial_cmp(&tolerance), Some(std::cmp::Ordering::Less)) {
                        wrong.push(format!("{name} is off by {distance:.2e}"));
                    }
                }
            }
        }
        wrong
    }

    fn check_expansion(&self, folder: &common::Folder) -> Vec<String> {
        let bits = || -> Vec<Vec<u8>> {
            self.outputs.keys().map(|k| folder.bytes(&format!("{k}.npy"))).collect()
        };
        let first = bits();
        let again = folder.run(&["expand", "problem.toml"]).and_then(|text| {
            folder.write_text("expanded.toml", &text);
            folder.run(&["solve", "expanded.toml", "--quiet"])
        });
        match again {
            Err(said) => vec![format!("expanded: {said}")],
            Ok(_) if bits() != first => vec!["expanded, it gives other bits".into()],
            Ok(_) => vec![],
        }
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("golden/applications.json")).unwrap()
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn applications_are_pylops_ones_in_double_precision() {
    assert_none(&each(&cases(), |c| &c.name, |c| c.check("float64", 1e-10)));
}

#[test]
fn applications_are_pylops_ones_in_single_precision() {
    assert_none(&each(&cases(), |c| &c.name, |c| c.clone().single().check("float32", c.single)));
}

/// What the program says of a file, which it must refuse.
fn refused(problem: &str) -> String {
    common::Folder::of(problem).run(&["check", "problem.toml"]).expect_err("refused")
}

const MIGRATION: &str = r#"
[arrays]
z = { arange = { start = 0.0, stop = 4.0 } }
d = { ones = { shape = [1, 1, 8] } }
w = { values = [1.0] }
[application]
type = "LSM"
d = "d"
z = "z"
x = "z"
t = { arange = { start = 0.0, stop = 8.0 } }
srcs = [[1.0], [0.0]]
recs = [[2.0], [0.0]]
vel = 1.0
wav = "w"
wavcenter = 0
mode = "analytic"
[solve]
solver = "cgls"
"#;

#[test]
fn an_application_says_itself_what_its_outputs_are() {
    let own = "[outputs]\nminv = { path = \"m.npy\", apply = { to = \"model\" } }\n";
    let said = refused(&format!("{MIGRATION}{own}"));
    assert!(said.contains("LSM says what `minv` is"), "{said}");
}

#[test]
fn a_name_of_solves_means_one_thing() {
    let plain =
        "[arrays]\nc = { values = [1.0, 2.0] }\n[operators]\nI = { type = \"Identity\", N = 2 }\n";
    let solve = "[solve]\noperator = \"I\"\ndata = \"c\"\n";
    for name in ["c", "model"] {
        let further = format!("[solves.{name}]\noperator = \"I\"\ndata = \"c\"\n");
        let said = refused(&format!("{plain}{solve}{further}"));
        assert!(said.contains(&format!("`{name}` names something else too")), "{said}");
    }
}

#[test]
fn a_mistake_beside_an_application_is_said_once() {
    let said = refused(&format!("{MIGRATION}[operators]\nQ = 3\n"));
    assert!(said.contains("has 1 mistake;"), "{said}");
}
