//! Runs of the program on one problem, and what is wrong with them.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::common::Stored;
use super::map::{Map, Space, Value, norm};
use super::problem::{Problem, Solve, Source, widened};
use super::seeded::Seeded;

/// What came of a problem.
pub(crate) enum Verdict {
    Right,
    /// The program said why it does not take it.
    Refused(String),
    Wrong(String),
}

/// Writes a problem file and its arrays.
pub(crate) fn write(problem: &Problem, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("problem.toml"), problem.text()).unwrap();
    for array in problem.files() {
        let dtype = problem.dtype_of(array.space.complex);
        let stored = Stored::new(&array.space.dims, dtype, &array.value.reals);
        stored.write(&folder.join(format!("{}.npy", array.name)));
    }
}

/// What a run of the program left.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program in a folder.
pub(crate) fn run(folder: &Path, arguments: &str) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_pylopsd"))
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs a problem in several ways and compares what comes out.
pub(crate) fn check(problem: &Problem) -> Verdict {
    let folder = TempDir::with_prefix("pylopsd-soak-").unwrap();
    write(problem, folder.path());
    ["first", "other"].iter().for_each(|f| std::fs::create_dir(folder.path().join(f)).unwrap());
    match checked(problem, folder.path()) {
        Ok(None) => Verdict::Right,
        Ok(Some(refused)) => Verdict::Refused(refused),
        Err(wrong) => Verdict::Wrong(wrong),
    }
}

/// Why the program refuses it; an error says what is wrong.
fn checked(problem: &Problem, folder: &Path) -> Result<Option<String>, String> {
    let found = run(folder, "check problem.toml --json");
    match found.code {
        Some(0) => types(problem, &found.stdout)?,
        Some(2) if found.stderr.starts_with("error") => return Ok(Some(found.stderr)),
        _ => return Err(format!("check ends with {:?}: {}", found.code, found.stderr)),
    }
    let first = run(folder, "solve problem.toml --json --threads 1 --out-dir first");
    if first.code != Some(0) {
        return Err(format!("solve ends with {:?}: {}", first.code, first.stderr));
    }
    solutions(problem, folder)?;
    outputs(problem, folder)?;
    same_bits(problem, folder, &first.stdout)?;
    Ok(None)
}

/// Dims and element types of all operators.
fn types(problem: &Problem, text: &str) -> Result<(), String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    for found in json["operators"].as_array().into_iter().flatten() {
        let all = problem.named_operators();
        let Some(operator) = all.iter().find(|o| found["name"] == o.name.as_str()) else {
            continue;
        };
        let sides =
            [("dims", "dtype", &operator.map.model), ("dimsd", "dtype_data", &operator.map.data)];
        for (dims, dtype, space) in sides {
            let wanted = serde_json::json!([space.dims, problem.dtype_of(space.complex)]);
            let got = serde_json::json!([found[dims], found[dtype]]);
            if got != wanted {
                return Err(format!("{} has {dims} {got}, not {wanted}", operator.name));
            }
        }
    }
    Ok(())
}

/// Rounding of one operation.
fn epsilon(problem: &Problem) -> f64 {
    if problem.single { f64::from(f32::EPSILON) } else { f64::EPSILON }
}

fn read(problem: &Problem, folder: &Path, name: &str, space: &Space) -> Result<Vec<f64>, String> {
    let path = folder.join("first").join(format!("{name}.npy"));
    let dtype = problem.dtype_of(space.complex);
    let found = Stored::read(&path, dtype).map_err(|e| format!("{name}: {e}"))?;
    if found.dims != space.dims {
        return Err(format!("{name} has dims {:?}, not {:?}", found.dims, space.dims));
    }
    Ok(found.values)
}

fn compare(problem: &Problem, name: &str, found: &[f64], wanted: &Value) -> Result<(), String> {
    let off: Vec<f64> = found.iter().zip(&wanted.reals).map(|(a, b)| a - b).collect();
    let allowed = 40.0 * epsilon(problem) * norm(&wanted.bound);
    let off = norm(&off);
    // NaN is never within anything.
    if off <= allowed {
        return Ok(());
    }
    let head = |v: &[f64]| v[..v.len().min(16)].to_vec();
    Err(format!(
        "{name} is off by {off:.3e}, more than {allowed:.3e}\n   found {:.6?}\n  wanted {:.6?}",
        head(found),
        head(&wanted.reals)
    ))
}

/// The gradient at a solution is what rounding leaves of it.
fn solution(problem: &Problem, folder: &Path, solve: &Solve, name: &str) -> Result<Value, String> {
    let map = &problem.operators[solve.operator].map;
    let x = Value::exact(read(problem, folder, name, &map.model)?);
    let data = problem.arrays[solve.data].value_as(&map.data);
    let mut rest = residual(map, &x, &data);
    let mut size = norm(&data.bound) + norm(&map.apply(&x).bound);
    if let Some(weight) = solve.weight {
        let weight = problem.operators[weight].map.clone();
        let weight = if map.data.complex { weight.widened() } else { weight };
        // ||W r||^2 in least squares, r^H W r in normal equations.
        rest = weight.apply(&rest);
        if !solve.normal {
            rest = weight.apply(&rest);
        }
        size *= 1.5_f64.powi(4);
    }
    let back = map.adjoint().apply(&rest);
    let epsilon2 = solve.epsilon * solve.epsilon;
    let gradient: Vec<f64> =
        back.reals.iter().zip(&x.reals).map(|(g, x)| g - epsilon2 * x).collect();
    let columns = map.matrix.iter().map(|c| norm(c).hypot(solve.epsilon));
    let frobenius = norm(&columns.collect::<Vec<_>>());
    let squared = if solve.normal { 100.0 } else { 1.0 };
    let conditioned =
        1000.0 * squared * f64::from(u8::from(solve.preconditioner.is_some()) * 30 + 1);
    let allowed = conditioned
        * epsilon(problem)
        * (frobenius * size + norm(&back.bound) + epsilon2 * norm(&x.reals));
    let found = norm(&gradient);
    if found <= allowed {
        return Ok(x);
    }
    Err(format!(
        "{name} by {} has a gradient of {found:.3e}, more than {allowed:.3e}; x is {:.6?}",
        solve.solver,
        &x.reals[..x.reals.len().min(16)]
    ))
}

fn residual(map: &Map, x: &Value, data: &Value) -> Value {
    let predicted = map.apply(x);
    let negative = Value { reals: predicted.reals.iter().map(|v| -v).collect(), ..predicted };
    data.plus(&negative)
}

fn solutions(problem: &Problem, folder: &Path) -> Result<(), String> {
    let solve = &problem.solve;
    let x = solution(problem, folder, solve, "model")?;
    let map = &problem.operators[solve.operator].map;
    let data = problem.arrays[solve.data].value_as(&map.data);
    let found = |name: &str, space: &Space| read(problem, folder, name, space);
    compare(problem, "predicted", &found("predicted", &map.data)?, &map.apply(&x))?;
    compare(problem, "residual", &found("residual", &map.data)?, &residual(map, &x, &data))?;
    compare(problem, "adjoint", &found("adjoint", &map.model)?, &map.adjoint().apply(&data))?;
    if let Some(further) = &problem.further {
        solution(problem, folder, further, "second")?;
    }
    Ok(())
}

fn outputs(problem: &Problem, folder: &Path) -> Result<(), String> {
    for (name, applied) in &problem.outputs {
        let own = &problem.operators[applied.operator].map;
        let map = if applied.adjoint { own.adjoint() } else { own.clone() };
        let solved = |solve: &Solve, name: &str| -> Result<Value, String> {
            let space = &problem.operators[solve.operator].map.model;
            let x = Value::exact(read(problem, folder, name, space)?);
            Ok(widened(&x, space.complex, map.model.complex))
        };
        let to = match applied.to {
            Source::Array(k) => problem.arrays[k].value_as(&map.model),
            Source::Model => solved(&problem.solve, "model")?,
            Source::Further => match &problem.further {
                Some(further) => solved(further, "second")?,
                None => unreachable!("the file has it"),
            },
        };
        compare(problem, name, &read(problem, folder, name, &map.data)?, &map.apply(&to))?;
    }
    Ok(())
}

/// Other threads, ranks and limits give the same bits.
fn same_bits(problem: &Problem, folder: &Path, json: &str) -> Result<(), String> {
    let json: serde_json::Value = serde_json::from_str(json).map_err(|e| e.to_string())?;
    let planned = json["memory"]["planned_bytes"].as_u64().unwrap_or(0);
    let mut r = Seeded::new(problem.seed ^ 0xabcd);
    let ways = [
        format!("--threads {}", 2 + r.below(4)),
        format!("--threads {} --ranks {}", 1 + r.below(2), 2 + r.below(3)),
        format!("--threads 2 --memory {}B", planned.saturating_sub(200)),
    ];
    for way in ways {
        let other = run(folder, &format!("solve problem.toml --quiet --out-dir other {way}"));
        if other.code == Some(1) && way.contains("memory") && other.stderr.contains("memory") {
            continue;
        }
        if other.code != Some(0) {
            return Err(format!("solve {way} ends with {:?}: {}", other.code, other.stderr));
        }
        for entry in std::fs::read_dir(folder.join("first")).unwrap() {
            let name = entry.unwrap().file_name();
            let bytes = |run: &str| std::fs::read(folder.join(run).join(&name)).unwrap_or_default();
            if bytes("first") != bytes("other") {
                return Err(format!("{} has other bits with {way}", name.to_string_lossy()));
            }
        }
    }
    Ok(())
}
