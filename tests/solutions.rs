//! Every problem of `tests/golden/solvers.json` comes to PyLops' solution, in as many iterations and with the
//! same cost on the way, and in chunks to the same bits on 2 and 3 thread-ranks. How the file
//! was made: `tests/golden/README.md`.

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
            Ok(report) => {
                let mut wrong = [self.check_model(&folder), self.check_report(&report)].concat();
                wrong.extend(folder.solve_shared("problem.toml", &["model.npy"]));
                wrong
            }
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

/// A `[solve]` of a matrix and data that stand in the file.
fn dense(dtype: &str, matrix: &str, data: &str, solve: &str) -> common::Folder {
    // A start is written as a list.
    let (start, solve) = match solve.split_once("x0 = ") {
        Some((rest, list)) => {
            let list = list.lines().next().unwrap();
            let start = format!("start = {{ values = {list} }}\n");
            (
                start,
                format!("{}{}", rest, solve[rest.len() + 5 + list.len()..].trim_start())
                    + "\nx0 = \"start\"",
            )
        }
        None => (String::new(), solve.to_string()),
    };
    common::Folder::of(&format!(
        "dtype = \"{dtype}\"\n[arrays]\n{start}M = {{ values = {matrix} }}\ny = {{ values = {data} }}\n\
         [operators]\nA = {{ type = \"MatrixMult\", A = \"M\" }}\n\
         [solve]\noperator = \"A\"\ndata = \"y\"\n{solve}\n[outputs]\nmodel = \"m.npy\"\n"
    ))
}

#[track_caller]
fn model(folder: &common::Folder, dtype: &str, wanted: &[f64], tolerance: f64) {
    let found = folder.read("m.npy", dtype).unwrap_or_else(|e| panic!("{e}"));
    let distance = found.distance(&Stored::new(&[wanted.len()], dtype, wanted));
    assert!(distance <= tolerance, "{:?} is off by {distance:e}", found.values);
}

/// Four equations in single precision whose iterations, left to themselves, end in 1e12.
const FOUR: (&str, &str) =
    ("[[-3, -1], [0, -1], [-1, -3], [-3, -3]]", "[-900000.0, 300000.0, 0.0, 300000.0]");

#[test]
fn iterations_end_where_rounding_does() {
    for solver in ["cgls", "lsqr"] {
        for more in ["", "tol = 0.0", "tol = 0.0\nx0 = [261290.3, -210967.7]"] {
            let more = if solver == "lsqr" {
                format!("{more}\natol = 0.0\nbtol = 0.0")
            } else {
                more.into()
            };
            let solve = format!("solver = \"{solver}\"\nniter = 100\n{more}");
            let folder = dense("float32", FOUR.0, FOUR.1, &solve);
            let ran = folder.ran("solve problem.toml --json");
            assert_eq!(ran.code, Some(0), "{}{}", ran.text(), ran.stderr);
            model(&folder, "float32", &[261_290.3, -210_967.7], 1e-6);
            let solver = &ran.json()["solver"];
            assert_eq!(solver["status"], "precision", "{solver}");
            assert!(solver["iterations"].as_u64().unwrap() < 10, "{solver}");
        }
    }
    let folder = dense(
        "float64",
        "[[1], [2], [2]]",
        "[0.0, -2000.0, -4000.0]",
        "solver = \"cgls\"\nniter = 4\ntol = 0.0",
    );
    let ran = folder.ran("solve problem.toml");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.text());
    assert!(ran.text().contains("as good as rounding allows"), "{}", ran.text());
    model(&folder, "float64", &[-4000.0 / 3.0], 1e-15);
    // Of lower rank, where steps along what the operator does not see have any length.
    let solve = "solver = \"cgls\"\nniter = 500\ntol = 0.0";
    let folder = dense("float32", "[[1, 2, 3], [2, 4, 6], [1, 0, 1]]", "[1.0, 2.5, 0.3]", solve);
    assert_eq!(folder.ran("solve problem.toml").code, Some(0));
    model(&folder, "float32", &[0.050000, 0.200000, 0.250000], 1e-5);
}

#[test]
fn a_residual_that_grows_ends_the_run() {
    let folder = dense("float64", "[[1, 5], [-5, 1]]", "[1.0, 1.0]", "solver = \"cg\"\nniter = 50");
    let before = folder.all();
    folder.ran("solve problem.toml").is(
        1,
        "",
        "error: the residual rose from 1.414e0 to 2.070e1 by iteration 3; nothing was written. The operator \
         is not self-adjoint: use solver = \"cgls\"",
    );
    assert_eq!(folder.all(), before);
    let folder = dense("float64", "[[1, 0], [0, -1]]", "[1.0, 2.0]", "solver = \"cg\"");
    folder.ran("solve problem.toml").is(
        1,
        "",
        "error: cg met a search direction c with <c, A c> < 0 in iteration 1: the operator is not \
         self-adjoint and positive; nothing was written. Use solver = \"cgls\"",
    );
}

#[test]
fn cg_needs_data_like_the_model() {
    let text = r#"
[arrays]
y = { ones = { shape = [4, 3] } }
[operators]
A = { type = "Transpose", dims = [3, 4], axes = [1, 0] }
[solve]
operator = "A"
data = "y"
solver = "cg"
"#;
    let ran = common::Folder::of(text).ran("solve problem.toml");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let words = "`cg` needs model and data of the same type, not (3, 4) float64 and (4, 3) float64";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
}

#[test]
fn a_model_that_is_no_better_than_its_start_is_not_passed_over() {
    // Tiny data are within an absolute tol.
    for (solver, norm, what) in
        [("cg", "2.000e-12", "the residual"), ("cgls", "2.000e-12", "the gradient")]
    {
        let solve = format!("solver = \"{solver}\"");
        let folder = dense("float64", "[[1, 0], [0, 1]]", "[1e-6, 1e-6]", &solve);
        let ran = folder.ran("solve problem.toml");
        let words = format!(
            "warning: `tol` = 1e-4 ended the run early: it is absolute, and the squared norm of {what} is \
             {norm}; the model is zero. Set `tol = 0.0`, or scale the data\n"
        );
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), words.as_str()));
        let ran = folder.ran("solve problem.toml --json --quiet");
        assert_eq!(ran.json()["warnings"].as_array().unwrap().len(), 1, "{}", ran.text());
        assert_eq!(ran.stderr, "");
        let ran = folder.ran("solve problem.toml --set solve.tol=0.0");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        model(&folder, "float64", &[1e-6, 1e-6], 1e-14);
    }
    // Data that are zero, and a start that is the solution, leave nothing to find.
    for solve in ["solver = \"cgls\"", "solver = \"cgls\"\nx0 = [1.0, 2.0]"] {
        let data = if solve.contains("x0") { "[1.0, 2.0]" } else { "[0.0, 0.0]" };
        let folder = dense("float64", "[[1, 0], [0, 1]]", data, solve);
        let ran = folder.ran("solve problem.toml");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.text());
    }
    // An operator that is not self-adjoint, whose residual ends below the start.
    let matrix = "[[2, 1, 0], [-1, 2, 0], [0, 0, 9]]";
    let folder = dense("float64", matrix, "[1.0, 1.0, 9.0]", "solver = \"cg\"\nniter = 3");
    let ran = folder.ran("solve problem.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with("warning: `cg` met an operator that is not self-adjoint"),
        "{}",
        ran.stderr
    );
}

#[test]
fn norms_neither_underflow_nor_overflow() {
    let near = |s: f64| (format!("[[{:e}, 0], [0, {:e}], [{s:e}, {s:e}]]", 2.0 * s, s), s);
    for (dtype, scale) in [
        ("float32", 1e-23),
        ("float32", 1e-30),
        ("float32", 1e25),
        ("float64", 1e-100),
        ("float64", 1e100),
    ] {
        let (matrix, s) = near(scale);
        for solver in ["cgls", "lsqr", "direct"] {
            // The solution is 1, 2, or 1e-9 and 2e-9.
            for loud in [1.0, 1e-9] {
                let data =
                    format!("[{:e}, {:e}, {:e}]", 2.0 * s * loud, 2.0 * s * loud, 3.0 * s * loud);
                let rules = match solver {
                    "direct" => "",
                    "cgls" => "niter = 20\ntol = 0.0",
                    _ => "niter = 20",
                };
                let folder =
                    dense(dtype, &matrix, &data, &format!("solver = \"{solver}\"\n{rules}"));
                let ran = folder.ran("solve problem.toml");
                assert_eq!(
                    (ran.code, ran.stderr.as_str()),
                    (Some(0), ""),
                    "{solver} {dtype} {scale:e}"
                );
                model(&folder, dtype, &[loud, 2.0 * loud], 2e-6);
            }
        }
    }
    for solver in ["cgls\"\ntol = 0.0", "lsqr\"", "direct\""] {
        let folder = dense("float32", "[[1e-30]]", "[1e20]", &format!("solver = \"{solver}"));
        let ran = folder.ran("solve problem.toml");
        assert_eq!(ran.code, Some(1), "{}", ran.text());
        assert!(ran.stderr.contains("in the model"), "{}", ran.stderr);
        assert!(ran.stderr.contains("exceeds the range of its type"), "{}", ran.stderr);
    }
}

#[test]
fn operators_at_the_ends_of_a_type_are_solved() {
    // The solution is 1, 2, times `loud`.
    for (dtype, s, loud) in [
        ("float32", 1e-34, 1.0),
        ("float32", 1e-37, 1.0),
        ("float32", 1e-37, 1e20),
        ("float32", 1e35, 1e-20),
        ("float32", 4e37, 1.0),
        ("float32", 4e37, 1e-30),
        ("float32", 1e-10, 1.0),
        ("float64", 1e-9, 1.0),
        ("float64", 1e-160, 1.0),
        ("float64", 1e-300, 1.0),
        ("float64", 1e160, 1e-100),
    ] {
        let matrix = format!("[[{:e}, 0], [0, {s:e}], [{s:e}, {s:e}]]", 2.0 * s);
        let d = s * loud;
        let data = format!("[{:e}, {:e}, {:e}]", 2.0 * d, 2.0 * d, 3.0 * d);
        for solver in ["cgls\"\ntol = 0.0", "lsqr\"", "lsmr\"", "direct\""] {
            let niter = if solver.starts_with("direct") { "" } else { "niter = 20" };
            let solve = format!("solver = \"{solver}\n{niter}");
            let folder = dense(dtype, &matrix, &data, &solve);
            let ran = folder.ran("solve problem.toml");
            let found = (ran.code, ran.stderr.as_str());
            assert_eq!(found, (Some(0), ""), "{solver} {dtype} {s:e} {loud:e}");
            model(&folder, dtype, &[loud, 2.0 * loud], 2e-6);
        }
    }
    // A large damping too.
    for solver in ["cgls", "lsqr", "lsmr"] {
        let solve = format!("solver = \"{solver}\"\nniter = 20\ntol = 0.0\ndamp = 1e18");
        let folder = dense("float32", "[[1e18, 0], [0, 2e18]]", "[2.0, 5.0]", &solve);
        let ran = folder.ran("solve problem.toml");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{solver}");
        model(&folder, "float32", &[1e-18, 2e-18], 1e-6);
    }
    // What is below the type is told of.
    for solver in ["cg\"\ntol = 0.0", "cgls\"\ntol = 0.0", "lsqr\"", "lsmr\"", "direct\""] {
        let matrix = "[[2e20, 1e20], [1e20, 2e20]]";
        let solve = format!("solver = \"{solver}");
        let ran = dense("float32", matrix, "[4e-30, 5e-30]", &solve).ran("solve problem.toml");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let words = "warning: the model is too small for float32: its largest value is 2.000e-50";
        assert!(ran.stderr.starts_with(words), "{solver}: {}", ran.stderr);
    }
}

#[test]
fn a_start_stays_where_data_are_orthogonal_to_the_range() {
    for solver in ["cgls", "lsqr", "lsmr"] {
        let solve = format!("solver = \"{solver}\"\nniter = 5\nx0 = [1.0, -1.0]");
        let matrix = "[[2e21, 2e21], [2e21, 2e21]]";
        let folder = dense("float32", matrix, "[2e-8, -2e-8]", &solve);
        let ran = folder.ran("solve problem.toml");
        assert_eq!(ran.code, Some(0), "{solver}: {}", ran.stderr);
        model(&folder, "float32", &[1.0, -1.0], 0.0);
    }
}

#[test]
fn direct_solves_a_square_matrix_whose_entries_are_there() {
    let block = "[[2.0, 1.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2e-7, 1e-7], [0.0, 0.0, 1e-7, 2e-7]]";
    let data = "[4.0, 5.0, 10e-7, 11e-7]";
    for solve in ["", "solver = \"direct\""] {
        let folder = dense("float32", block, data, solve);
        let ran = folder.ran("solve problem.toml");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let words = "warning: `direct`: the condition number of the matrix is about 3.0e7, but its arrays are stored in single precision, which resolves at most 2.1e6";
        assert!(ran.stderr.starts_with(words), "{}", ran.stderr);
        model(&folder, "float32", &[1.0, 2.0, 3.0, 4.0], 1e-6);
    }
    // The user may have small singular values left out.
    let folder = dense("float32", block, data, "solver = \"direct\"\nrcond = 1e-6");
    let ran = folder.ran("solve problem.toml");
    let words = "warning: `direct`: the matrix has rank 2 by `rcond`, not 4: singular values up to 1.0e-6 \
                 times the largest count as 0";
    assert!(ran.stderr.starts_with(words), "{}", ran.stderr);
    model(&folder, "float32", &[1.0, 2.0, 0.0, 0.0], 1e-6);
    let ran = folder.ran("solve problem.toml --set solve.rcond=-1.0");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    // A diagonal, and products whose entries are those of arrays.
    let text = |operator: &str| {
        format!(
            "dtype = \"float32\"\n[arrays]\nd = {{ values = [1.0, 1e-3, 1e-7] }}\n\
             M = {{ values = [[0.0, 1e-3], [1e-7, 0.0]] }}\n[operators]\nD = {{ type = \"Diagonal\", diag = \"d\" }}\n\
             R = {{ type = \"Flip\", dims = 3 }}\nM = {{ type = \"MatrixMult\", A = \"M\" }}\n\
             I = {{ type = \"Identity\", N = 1 }}\n[solve]\noperator = \"{operator}\"\n\
             data = [1.0, 1e-3, 1e-7]\nsolver = \"direct\"\n[outputs]\nmodel = \"m.npy\"\n"
        )
    };
    let ones = [1.0, 1.0, 1.0];
    for (operator, wanted) in
        [("D", ones), ("R @ D.H @ R", [1e7, 1.0, 1e-7]), ("BlockDiag([I, M])", ones)]
    {
        let folder = common::Folder::of(&text(operator));
        let ran = folder.ran("solve problem.toml");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains("condition number"), "{operator}: {}", ran.stderr);
        model(&folder, "float32", &wanted, 1e-6);
    }
    // Sums and products are computed, and rounded.
    for operator in ["D + 0.5 * D", "D @ D"] {
        let ran = common::Folder::of(&text(operator)).ran("solve problem.toml");
        assert!(ran.stderr.contains("in single precision"), "{operator}: {}", ran.stderr);
    }
}

#[test]
fn direct_solves_what_was_stored_in_single_precision_as_it_is() {
    // Singular values from 1 to 1e-6, which single precision tells from 0 for none but small matrices.
    let n = 60;
    let wave = |k: usize| ((k * k * 7 + k * 3 + 1) as f64 * 0.37).sin();
    let length: f64 = (0..n).map(|k| wave(k).powi(2)).sum();
    let turn = |i: usize, j: usize| f64::from(i == j) - 2.0 * wave(i) * wave(j) / length;
    let fall = |k: usize| 10_f64.powf(-6.0 * k as f64 / (n - 1) as f64);
    let other = |j: usize, k: usize| turn((j + 7) % n, (k + 3) % n);
    let at = |i: usize, j: usize| {
        f64::from((0..n).map(|k| turn(i, k) * fall(k) * other(j, k)).sum::<f64>() as f32)
    };
    let matrix: Vec<f64> = (0..n * n).map(|k| at(k / n, k % n)).collect();
    let exact: Vec<f64> = (0..n).map(|k| 1.0 + wave(k)).collect();
    let row = |i: usize| exact.iter().enumerate().map(|(j, x)| matrix[i * n + j] * x).sum();
    let data: Vec<f64> = (0..n).map(row).collect();
    let text = "[arrays]\nM = { file = \"M.npy\", dtype = \"float64\" }\ny = { file = \"y.npy\" }\n[operators]\n\
                A = { type = \"MatrixMult\", A = \"M\" }\n[solve]\noperator = \"A\"\ndata = \"y\"\n\
                [outputs]\nmodel = \"m.npy\"\n";
    let folder = common::Folder::of(text);
    folder.write("M.npy", &Stored::new(&[n, n], "float32", &matrix));
    folder.write("y.npy", &Stored::new(&[n], "float64", &data));
    let ran = folder.ran("solve problem.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    model(&folder, "float64", &exact, 1e-8);
}

#[test]
fn a_start_that_is_kept_is_told_of() {
    // The gradient is small as the operator is, not as the start is good.
    let matrix = "[[1.0e-10, -2.5e-11], [-2.5e-11, 1.0e-10], [1.0e-10, 1.0e-10]]";
    let solve = "solver = \"cgls\"\nniter = 50\nx0 = [1.0e6, 1.0e6]";
    let ran = dense("float64", matrix, "[1e-3, 2e-3, 4e-3]", solve).ran("solve problem.toml");
    let words = "warning: `tol` = 1e-4 ended the run early";
    assert!(ran.stderr.starts_with(words), "{}", ran.stderr);
    assert!(ran.stderr.contains("the model is `x0`. Set `tol = 0.0`"), "{}", ran.stderr);
}

#[test]
fn what_to_do_about_a_bad_fit_follows_what_ended_the_run() {
    let words = "the model fits the data worse than a zero model does";
    for (solve, advice) in [
        ("solver = \"cgls\"", "Set `tol = 0.0`"),
        ("solver = \"cgls\"\ntol = 0.0\nrtol = 20.0", "Lower `rtol`"),
        ("solver = \"lsqr\"\nbtol = 20.0", "Lower `atol` and `btol`"),
        ("solver = \"lsqr\"\nniter = 0", "Leave out `x0`, or raise `niter`"),
    ] {
        let solve = format!("{solve}\nx0 = [1e5, 1e6]");
        let ran = dense("float64", "[[1e-4, 0], [0, 2e-5]]", "[1.0, 1.0]", &solve)
            .ran("solve problem.toml");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let line = ran.stderr.lines().find(|line| line.contains(words));
        let line = line.unwrap_or_else(|| panic!("{solve}: {}", ran.stderr));
        assert!(line.ends_with(&format!(". {advice}")), "{solve}: {line}");
    }
}

#[test]
fn direct_takes_the_rank_that_single_precision_gives() {
    let problems = [
        r#"
w = { values = [1.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0] }
y = { random = { shape = 12, seed = 3 } }
[operators]
F = { type = "FFT", dims = 12, real = true }
W = { type = "Diagonal", diag = "w" }
A = "F.H @ W @ F"
"#,
        r#"
y = { random = { shape = 20, seed = 3 } }
[operators]
S = { type = "Smoothing1D", nsmooth = 5, dims = 20 }
D = { type = "FirstDerivative", dims = 20 }
A = "S @ D"
"#,
    ];
    let models: Vec<Vec<Vec<f64>>> = problems
        .iter()
        .map(|problem| {
            let run = |dtype: &str| {
                let end = "[solve]\noperator = \"A\"\ndata = \"y\"\nsolver = \"direct\"\n[outputs]\nmodel = \"m.npy\"\n";
                let folder =
                    common::Folder::of(&format!("dtype = \"{dtype}\"\n[arrays]{problem}{end}"));
                let ran = folder.ran("solve problem.toml");
                assert_eq!(ran.code, Some(0), "{}", ran.stderr);
                folder.read("m.npy", dtype).unwrap().values
            };
            vec![run("float64"), run("float32")]
        })
        .collect();
    for (k, found) in models.iter().enumerate() {
        let size: f64 = found[0].iter().map(|v| v * v).sum();
        for other in &found[1..] {
            let off: f64 = found[0].iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum();
            assert!(
                off <= 1e-8 * size,
                "problem {k}: {other:?}, in double precision {:?}",
                found[0]
            );
        }
    }
}

#[test]
fn many_columns_are_solved_about_as_fast_as_one() {
    let problem = |columns: usize| {
        format!(
            r#"
[arrays]
M = {{ random = {{ shape = [300, 300], seed = 1 }} }}
y = {{ random = {{ shape = [300, {columns}], seed = 2 }} }}
[operators]
A = {{ type = "MatrixMult", A = "M", otherdims = {columns} }}
[solve]
operator = "A"
data = "y"
solver = "direct"
columns = true
[outputs]
model = "m.npy"
[[expect]]
quantity = "relative_residual"
max = 1e-10
"#
        )
    };
    let seconds = |columns: usize| {
        let folder = common::Folder::of(&problem(columns));
        let runs = (0..2).map(|_| {
            let ran = folder.ran("solve problem.toml --json");
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            ran.json()["timings"]["solve"].as_f64().unwrap()
        });
        runs.fold(f64::INFINITY, f64::min)
    };
    let (one, many) = (seconds(1), seconds(150));
    assert!(many < 2.5 * one + 0.1, "{many} s for 150 columns, {one} s for one");
    // Another matrix for each column is refused.
    let text = problem(4).replace("\"A\"\ndata", "\"D @ A\"\ndata");
    let text = text.replace("[operators]", "d = { random = { shape = [300, 4], seed = 5 } }\n[operators]\nD = { type = \"Diagonal\", diag = \"d\" }");
    let ran = common::Folder::of(&text).ran("solve problem.toml");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("differently from column"), "{}", ran.stderr);
    // And one that mixes them.
    let text = problem(4).replace("\"A\"\ndata", "\"R @ A\"\ndata");
    let text = text
        .replace("[operators]", "[operators]\nR = { type = \"Roll\", dims = [300, 4], axis = 1 }");
    let ran = common::Folder::of(&text).ran("solve problem.toml");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("column"), "{}", ran.stderr);
}

#[test]
fn residuals_say_of_what_they_are() {
    let regularization = "niter = 30\n[[solve.regularization]]\noperator = \"A\"\nepsilon = 3.0";
    let solve = format!("solver = \"cgls\"\nrtol = 0.99\n{regularization}");
    let folder = dense("float64", "[[1, 0], [0, 2]]", "[1.0, 2.0]", &solve);
    let ran = folder.ran("solve problem.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = ran.text();
    assert!(
        text.contains("the residual of all equations, regularization included, as used by progress, history and rtol"),
        "{text}"
    );
    let plain = dense("float64", "[[1, 0], [0, 2]]", "[1.0, 2.0]", "solver = \"cgls\"");
    let text = plain.ran("solve problem.toml").text();
    assert!(!text.contains("progress"), "{text}");
    let normal = "solver = \"cg\"\nnormal_equations = true";
    let text =
        dense("float64", "[[1, 0], [0, 2]]", "[1.0, 2.0]", normal).ran("solve problem.toml").text();
    assert!(
        text.contains(
            "the residual of the normal equations, as used by progress, history and rtol"
        ),
        "{text}"
    );
    for name in ["cgls", "lsqr"] {
        let manual = plain.ran(&format!("solvers {name}")).text();
        let manual = manual.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            manual.contains("of all equations, weights and regularization included"),
            "{manual}"
        );
    }
}

#[test]
fn the_manual_of_auto_says_what_it_does() {
    let folder = dense("float64", "[[1, 0], [0, 2]]", "[1.0, 2.0]", "");
    let manual = folder.ran("solvers auto").text();
    let manual = manual.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "otherwise `lsqr` with 100 iterations",
        "PyLops' `A / y`",
        "niter (integer; default 100)",
        "conlim",
    ] {
        assert!(manual.contains(words), "{words}: {manual}");
    }
    for (solve, name) in [
        ("", "direct"),
        ("niter = 5", "lsqr"),
        ("x0 = [1.0, 1.0]", "lsqr"),
        ("damp = 0.5", "lsqr"),
        ("normal_equations = true", "cg"),
        ("normal_equations = true\ndamp = 0.5", "lsqr"),
    ] {
        let folder = dense("float64", "[[1, 0], [0, 2]]", "[1.0, 2.0]", solve);
        let ran = folder.ran("solve problem.toml --json");
        assert_eq!(ran.json()["solver"]["name"], name, "{solve}: {}", ran.stderr);
    }
}

#[test]
fn a_model_that_fits_worse_than_zero_is_told_of() {
    let matrix = "[[1.0, -1.0, 0.0], [0.0, 1.0, -1.0], [0.5, 0.0, 0.2], [0.3, 0.4, -0.6]]";
    let data = "[0.1, -0.2, 0.05, 0.1]";
    let words = "the model fits the data worse than a zero model does";
    for (dtype, start, solve, advice) in [
        ("float32", "1e7", "solver = \"lsqr\"\nniter = 50", "or compute in float64"),
        ("float32", "1e7", "solver = \"cgls\"\nniter = 50", "or compute in float64"),
        ("float64", "50.0", "solver = \"lsqr\"\nniter = 1", "Leave out `x0`, or raise `niter`"),
        ("float64", "50.0", "solver = \"cgls\"\nniter = 1", "Leave out `x0`, or raise `niter`"),
    ] {
        let solve = format!("x0 = [{start}, {start}, {start}]\n{solve}");
        let ran = dense(dtype, matrix, data, &solve).ran("solve problem.toml --json");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let relative = ran.json()["solver"]["relative_residual"].as_f64().unwrap();
        assert!(relative > 1.0, "{solve}: {relative}");
        assert!(ran.stderr.contains(words) && ran.stderr.contains(advice), "{}", ran.stderr);
        let said = ran.json()["warnings"].to_string();
        assert!(said.contains(words), "{said}");
    }
    // Damping may choose such a model, and zero data are fit by rounding.
    for (data, solve) in [
        (data, "solver = \"lsqr\"\ndamp = 1e3\nniter = 50\nx0 = [50.0, 50.0, 50.0]"),
        ("[0.0, 0.0, 0.0, 0.0]", "solver = \"cgls\"\nniter = 50\nx0 = [1.0, 2.0, 3.0]"),
        ("[0.0, 0.0, 0.0, 0.0]", "solver = \"lsqr\"\nniter = 50\nx0 = [1.0, 2.0, 3.0]"),
    ] {
        let ran = dense("float64", matrix, data, solve).ran("solve problem.toml");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{solve}");
    }
}

#[test]
fn lsqr_measures_by_the_data_and_not_by_a_bad_start() {
    let bad = |matrix: &str, data: &str, start: &str, niter: usize| {
        let solve = format!("solver = \"lsqr\"\nniter = {niter}\nx0 = {start}");
        let ran = dense("float64", matrix, data, &solve).ran("solve problem.toml --json");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        ran.json()["solver"]["relative_residual"].as_f64().unwrap()
    };
    let relative = bad("[[1.0, 0.0], [0.0, 1e-3]]", "[1.0, 1.0]", "[1e9, 1e9]", 20);
    assert!(relative < 1e-5, "{relative}");
    let matrix = "[[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]";
    let relative = bad(matrix, "[3.0, 5.0, 2.0, 2.0]", "[1e11, 1e12, 1e12]", 60);
    assert!(relative < 1e-3, "{relative}");
}

/// A matrix of rank 3 but for rounding to single precision.
fn rank_three(n: usize) -> Vec<f64> {
    let wave = |i: usize, k: usize| ((i * (2 * k + 3) + 5 * k + 1) as f64 * 0.7).sin();
    let at = |k: usize| (0..3).map(|r| wave(k / n, r) * wave(k % n, r + 3)).sum();
    (0..n * n).map(at).collect()
}

#[test]
fn direct_knows_what_precision_an_array_was_stored_in() {
    let norm = |array: &str, operator: &str, solve: &str, words: &str| {
        let text = format!(
            "[arrays]\nM = {{ file = \"S.npy\"{array} }}\ny = {{ random = {{ shape = 8, seed = 3 }} }}\n\
             [operators]\nA = {{ type = \"MatrixMult\", A = \"M\"{operator} }}\n[solve]\noperator = \"A\"\n\
             data = \"y\"\nsolver = \"direct\"\n{solve}\n[outputs]\nmodel = \"m.npy\"\n"
        );
        let folder = common::Folder::of(&text);
        folder.write("S.npy", &Stored::new(&[8, 8], "float32", &rank_three(8)));
        let ran = folder.ran("solve problem.toml --json");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains(words), "{array}{operator}: {}", ran.stderr);
        let dtype = ran.json()["operator"]["dtype"].as_str().unwrap().to_string();
        let model = folder.read("m.npy", &dtype).unwrap().values;
        model.iter().map(|v| v * v).sum::<f64>().sqrt()
    };
    for (array, operator) in [
        (", dtype = \"float64\"", ""),
        ("", ", dtype = \"float64\""),
        (", dtype = \"float64\", transpose = [1, 0]", ""),
        (", dtype = \"complex128\"", ""),
    ] {
        // Its entries are there, so it is solved as it is; whoever knows better says so.
        let words = "the model may be noise";
        let noise = norm(array, operator, "", words);
        assert!(noise > 1e6, "{array}{operator}: {noise:e}");
        let words = "`direct`: the matrix has rank 3 by `rcond`, not 8";
        let norm = norm(array, operator, "rcond = 1e-6", words);
        assert!(norm < 100.0, "{array}{operator}: {norm:e}");
    }
    // Whole numbers are exact, and a full rank is not spoken of.
    let folder = dense("float64", "[[1, 0], [0, 1e-9]]", "[1.0, 1.0]", "solver = \"direct\"");
    let ran = folder.ran("solve problem.toml");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    model(&folder, "float64", &[1.0, 1e9], 1e-12);
}

#[test]
fn a_tol_that_ends_a_run_well_is_not_warned_of() {
    // Orthogonal to the range but for rounding: zero is the solution.
    let matrix = "[[0.1, 0.7], [0.2, 0.3], [0.3, 0.1]]";
    let data = "[-0.07, 0.2, -0.11]";
    let folder = dense("float64", matrix, data, "solver = \"cgls\"\nniter = 50");
    let ran = folder.ran("solve problem.toml --json");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(ran.json()["solver"]["status"], "tol");
    // A tol that was written, after some work; none without.
    let run = |data: &str| {
        let solve = "solver = \"cgls\"\nniter = 50\ntol = 1.0";
        dense("float64", "[[3, 0, 0], [0, 1, 0], [0, 0, 0.1]]", data, solve)
            .ran("solve problem.toml")
    };
    let ran = run("[0.1, 1.5, 1.0]");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(
        ran.text().contains("2 iterations, the monitored squared norm reached tol"),
        "{}",
        ran.text()
    );
    assert!(run("[0.1, 0.5, 1.0]").stderr.contains("the model is zero"));
}

#[test]
fn lsqr_comes_as_far_as_cgls_in_single_precision() {
    let text = |solver: &str| {
        format!(
            "dtype = \"float32\"\n[arrays]\nM = {{ random = {{ shape = [60, 30], seed = 1 }} }}\n\
             m = {{ random = {{ shape = 30, seed = 2 }} }}\ny = {{ apply = {{ operator = \"A\", to = \"m\" }} }}\n\
             [operators]\nA = {{ type = \"MatrixMult\", A = \"M\" }}\n[solve]\noperator = \"A\"\ndata = \"y\"\n\
             solver = \"{solver}\"\nniter = 100\ntol = 0.0\n[outputs]\nmodel = \"m.npy\"\n"
        )
    };
    let relative = |solver: &str| {
        let ran = common::Folder::of(&text(solver)).ran("solve problem.toml --json");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.json()["solver"]["relative_residual"].as_f64().unwrap()
    };
    let (lsqr, cgls) = (relative("lsqr"), relative("cgls"));
    assert!(lsqr < 3.0 * cgls && lsqr < 4e-7, "{lsqr:e}, cgls {cgls:e}");
}

#[test]
fn the_summary_says_what_a_run_did() {
    let text = |solve: &str| {
        let ran =
            dense("float64", "[[1, 0], [0, 2]]", "[1.0, 2.0]", solve).ran("solve problem.toml");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.text()
    };
    let direct = text("solver = \"direct\"");
    assert!(direct.contains("direct: solved directly"), "{direct}");
    assert!(!direct.contains("iteration"), "{direct}");
    let normal = text("solver = \"cg\"\nnormal_equations = true\nrtol = 0.9\ntol = 0.0");
    let words = "rtol times the norm of the normal equations' right-hand side";
    assert!(normal.contains(words), "{normal}");
    let folder =
        dense("float64", "[[1, 0], [0, 2]]", "[1.0, 2.0]", "solver = \"direct\"\ncolumns = true");
    assert_eq!(folder.ran("solve problem.toml").code, Some(0));
    let other = "[arrays]\ny = { ones = { shape = [3, 4] } }\n[operators]\nA = { type = \"Transpose\", dims = [4, 3], \
                 axes = [1, 0] }\n[solve]\noperator = \"A\"\ndata = \"y\"\nsolver = \"direct\"\ncolumns = true\n\
                 [outputs]\nmodel = \"m.npy\"\n";
    let ran = common::Folder::of(other).ran("solve problem.toml");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for words in [
        "the first axis as rows and the others as columns",
        "the model is (4, 3), the data are (3, 4)",
    ] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}
