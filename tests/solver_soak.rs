//! Random systems through all solvers: an answer as good as the element type allows, or an error or a
//! warning that is true; never worse than the start without a word.
//!
//! A system is a problem file, so what fails can be run by hand. The truth is a dense least-squares solution
//! in double precision.
//!
//! `cargo test --release --test solver_soak -- --ignored` goes on for an hour, or for as many seconds as `SOAK`
//! says, from the seed that `SOAK_SEED` gives.

mod common;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use common::dense::{Dense, dot, less, norm, svd};
use num_complex::Complex;
use pylopsd::engine::{Machine, Operators, Spill, Vector};
use pylopsd::problem::Problem;
use pylopsd::scalar::{C128, Scalar};
use pylopsd::solvers::system::System;
use pylopsd::solvers::{Method, Outcome, Quiet, Stop, Task, method};
use pylopsd::space::IndexBox;
use pylopsd::spec::{Document, Source};
use pylopsd::with_view;

/// Random numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// A power of ten between two exponents.
    fn power(&mut self, from: i32, to: i32) -> f64 {
        10_f64.powi(from + self.below((to - from + 1) as usize) as i32)
    }
}

/// What kind of matrix `cg` is given.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// For least squares.
    Any,
    Positive,
    /// Not self-adjoint, or not positive.
    Wrong,
}

/// One system: what is solved, and how.
struct Case {
    kind: Kind,
    matrix: Dense,
    data: Vec<C128>,
    start: Option<Vec<C128>>,
    complex: bool,
    single: bool,
    damp: f64,
    /// Normal equations.
    normal: bool,
    solver: &'static str,
    niter: usize,
    text: String,
}

impl Case {
    fn epsilon(&self) -> f64 {
        if self.single { f64::from(f32::EPSILON) } else { f64::EPSILON }
    }

    /// Values as the element type has them.
    fn rounded(&self, v: C128) -> C128 {
        let v = if self.complex { v } else { C128::new(v.re, 0.0) };
        match self.single {
            true => C128::new(f64::from(v.re as f32), f64::from(v.im as f32)),
            false => v,
        }
    }

    fn value(&self, v: C128) -> String {
        match self.complex {
            true => format!("\"{:e}{:+e}j\"", v.re, v.im),
            false => format!("{:e}", v.re),
        }
    }

    fn list(&self, values: &[C128]) -> String {
        let values: Vec<String> = values.iter().map(|v| self.value(*v)).collect();
        format!("[{}]", values.join(", "))
    }

    fn dtype(&self) -> &'static str {
        match (self.complex, self.single) {
            (true, true) => "complex64",
            (true, false) => "complex128",
            (false, true) => "float32",
            (false, false) => "float64",
        }
    }

    fn write(&mut self, extra: &str) {
        let a = &self.matrix;
        let rows: Vec<String> = a.values.chunks(a.columns).map(|row| self.list(row)).collect();
        let (dtype, n) = (self.dtype(), a.columns);
        let mut text = format!("dtype = \"{dtype}\"\n[arrays]\n");
        let _ = writeln!(
            text,
            "M = {{ values = [\n  {}\n], dtype = \"{dtype}\" }}",
            rows.join(",\n  ")
        );
        let _ = writeln!(text, "y = {{ values = {}, dtype = \"{dtype}\" }}", self.list(&self.data));
        if let Some(start) = &self.start {
            let _ = writeln!(text, "x0 = {{ values = {}, dtype = \"{dtype}\" }}", self.list(start));
        }
        let _ = write!(
            text,
            "[operators]\nM = {{ type = \"MatrixMult\", A = \"M\", dtype = \"{dtype}\" }}\nI = {{ type = \"Identity\", N = {n}, dtype = \"{dtype}\" }}\n[solve]\noperator = \"M @ I\"\ndata = \"y\"\nsolver = \"{}\"\n{extra}",
            self.solver
        );
        if self.start.is_some() {
            text.push_str("x0 = \"x0\"\n");
        }
        text.push_str("[outputs]\nmodel = \"m.npy\"\n");
        self.text = text;
    }
}

fn matrix(dice: &mut Dice, complex: bool, single: bool, rows: usize, columns: usize) -> Dense {
    fn full(dice: &mut Dice, complex: bool, whole: bool, rows: usize, columns: usize) -> Dense {
        let mut number = || match whole {
            true => dice.below(7) as f64 - 3.0,
            false => dice.normal(),
        };
        Dense::new(rows, columns, |_, _| {
            let re = number();
            C128::new(re, if complex { number() } else { 0.0 })
        })
    }
    let short = rows.min(columns);
    let spread = dice.uniform() * if single { 8.0 } else { 17.0 };
    match dice.below(7) {
        0 => full(dice, complex, false, rows, columns),
        1 => full(dice, complex, true, rows, columns),
        // Of lower rank, by whole numbers or not.
        k @ (2 | 3) => {
            let rank = 1 + dice.below(short);
            let left = full(dice, complex, k == 2, rows, rank);
            left.times(&full(dice, complex, k == 2, rank, columns))
        }
        // Singular values that fall by `spread` decades.
        4 => {
            let (u, v) = (
                svd(&full(dice, complex, false, rows, short)),
                svd(&full(dice, complex, false, columns, short)),
            );
            let fall: Vec<f64> =
                (0..short).map(|_| 10_f64.powf(-spread * dice.uniform())).collect();
            Dense::new(rows, columns, |i, j| {
                let term = |k: usize| {
                    u.left[k][i]
                        * (fall[k] / u.values[k])
                        * v.left[k][j].conj()
                        * (1.0 / v.values[k])
                };
                (0..short).map(term).sum()
            })
        }
        // Rows of unlike size.
        5 => {
            let size: Vec<f64> = (0..rows).map(|_| dice.power(-2, 2)).collect();
            let a = full(dice, complex, false, rows, columns);
            Dense::new(rows, columns, |i, j| a.at(i, j) * size[i])
        }
        // Mostly zeros.
        _ => {
            let a = full(dice, complex, true, rows, columns);
            a.map(|v| if v.re.abs() > 2.0 { v } else { C128::default() })
        }
    }
}

fn case(seed: u64) -> Case {
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let dice = &mut dice;
    let (complex, single) = (dice.one_in(2), dice.one_in(2));
    let most = if dice.one_in(8) { 24 } else { 9 };
    let (mut rows, columns) = (1 + dice.below(most), 1 + dice.below(most));
    let solver = ["cgls", "cgls", "lsqr", "lsqr", "cg", "direct", "auto"][dice.below(7)];
    let normal = solver == "cg" && dice.one_in(3);
    let mut kind = Kind::Any;
    if solver == "cg" && !normal {
        rows = columns;
        kind = if dice.one_in(3) { Kind::Wrong } else { Kind::Positive };
    }
    let mut a = matrix(dice, complex, single, rows, columns);
    if kind == Kind::Positive {
        a = a.adjoint().times(&a);
        // Round-off of the product must not spoil it.
        let largest = a.values.iter().fold(0.0_f64, |m, v| m.max(v.norm()));
        let lift = largest * [1e-5, 1e-2, 1.0][dice.below(3)];
        a = Dense::new(rows, rows, |i, j| a.at(i, j) + if i == j { lift } else { 0.0 });
    }
    if kind == Kind::Positive && a.values.iter().all(|v| *v == C128::default()) {
        kind = Kind::Wrong;
    }
    let extreme = dice.one_in(12) && !normal;
    let scale = match (dice.one_in(2), extreme) {
        (_, true) if single => dice.power(-28, 28),
        (_, true) => dice.power(-100, 100),
        // Normal equations square it.
        (true, _) if normal && single => dice.power(-5, 5),
        (true, _) => dice.power(-12, 12),
        (false, _) => 1.0,
    };
    let mut found = Case {
        kind,
        matrix: a,
        data: Vec::new(),
        start: None,
        complex,
        single,
        damp: 0.0,
        normal,
        solver,
        niter: 6 * (rows + columns) + 40,
        text: String::new(),
    };
    found.matrix = found.matrix.map(|v| found.rounded(v * scale));
    if kind == Kind::Positive {
        let a = &found.matrix;
        found.matrix =
            Dense::new(rows, rows, |i, j| if i <= j { a.at(i, j) } else { a.at(j, i).conj() });
        (0..rows).for_each(|i| found.matrix.values[i * rows + i].im = 0.0);
    }
    let random = |dice: &mut Dice, n: usize| -> Vec<C128> {
        let imaginary = if complex { 1.0 } else { 0.0 };
        (0..n).map(|_| C128::new(dice.normal(), dice.normal() * imaginary)).collect()
    };
    let exact = random(dice, columns);
    let loud = dice.power(-9, 9) * if extreme && !single { dice.power(-150, 150) } else { 1.0 };
    let mut data = found.matrix.on(&exact);
    match dice.below(6) {
        0 => data = random(dice, rows),
        1 => data.fill(C128::default()),
        2 => {
            let noise = 1e-3 * norm(&data) / (rows as f64).sqrt();
            data.iter_mut().for_each(|v| *v += dice.normal() * noise);
        }
        3 => data = (0..rows).map(|_| C128::from(dice.below(7) as f64 - 3.0)).collect(),
        _ => {}
    }
    found.data = data.iter().map(|v| found.rounded(*v * loud)).collect();
    found.start = match dice.below(5) {
        0 => Some(random(dice, columns).iter().map(|v| found.rounded(*v * loud)).collect()),
        1 => Some(exact.iter().map(|v| found.rounded(*v * loud)).collect()),
        _ => None,
    }
    .filter(|_| solver != "direct");
    let mut extra = String::new();
    if solver != "direct" {
        let _ = writeln!(extra, "niter = {}", found.niter);
        let size = norm(&found.matrix.values);
        if solver != "cg" && dice.one_in(4) && size > 0.0 {
            found.damp = size * dice.power(-4, 0);
            let _ = writeln!(extra, "damp = {:e}", found.damp);
        }
        if matches!(solver, "cg" | "cgls") && !dice.one_in(4) {
            extra.push_str("tol = 0.0\n");
        }
        if normal {
            extra.push_str("normal_equations = true\n");
        }
    }
    found.write(&extra);
    found
}

/// What the library makes of a case.
struct Run {
    outcome: Outcome,
    method: Method,
    model: Vec<C128>,
}

fn values(vector: &Vector) -> Vec<C128> {
    let store = &vector.stores[0];
    let whole = IndexBox::whole(&store.ty().dims);
    with_view!(View, store.view(&whole), x => x.iter().map(|v| v.to_c128()).collect())
}

fn run(case: &Case) -> Result<Run, String> {
    let document = Document::parse(Source::new("problem.toml", case.text.clone()), &[])
        .map_err(|e| e.to_string())?;
    let problem = Problem::load(document).map_err(|e| e.to_string())?;
    let solve = problem.solve.as_ref().ok_or("no solve")?;
    let mut diagnostics = problem.diagnostics();
    let Some(method) = method(solve, &mut diagnostics) else { return Err(diagnostics.to_string()) };
    let system = System::new(solve, &method).map_err(|e| e.to_string())?;
    let machine = Machine::local(Some(1)).map_err(|e| e.to_string())?;
    let spill = Spill::default();
    let plans = system.plans().map_err(|e| e.to_string())?;
    let ops = Operators::compile(plans, &machine, &spill).map_err(|e| e.to_string())?;
    let rhs = |y: &mut Vector| system.write_rhs(&machine, &ops, &spill, y);
    let begin = |x: &mut Vector| system.write_start(&machine, &ops, x);
    let mut task = Task {
        machine: &machine,
        operators: &ops,
        rhs: &rhs,
        start: system.start.is_some().then_some(&begin as _),
        monitor: &mut Quiet,
    };
    let outcome = task.solve(&method).map_err(|e| e.to_string())?;
    Ok(Run { model: values(&outcome.model), outcome, method })
}

/// A case and its answer, where squares neither over- nor underflow: the operator's largest element is 1,
/// and so is the largest of what comes out of it.
struct Truth {
    a: Dense,
    y: Vec<C128>,
    x: Vec<C128>,
    start: Vec<C128>,
    /// By how much model and operator were divided.
    units: (f64, f64),
    e: f64,
    values: Vec<f64>,
    rank: usize,
    /// The least-squares solution of least norm.
    best: Vec<C128>,
}

impl Truth {
    fn new(case: &Case, run: &Run) -> Truth {
        let zero = vec![C128::default(); case.matrix.columns];
        let (x, start) = (&run.model, case.start.as_ref().unwrap_or(&zero));
        // Damping adds rows damp I; lsqr's pulls to the start, cgls' to zero.
        let to = if run.method.name() == "lsqr" { start } else { &zero };
        let damp = C128::from(case.damp);
        let identity = Dense::new(x.len(), x.len(), |i, j| if i == j { damp } else { 0.0.into() });
        let a = match case.damp == 0.0 {
            true => case.matrix.clone(),
            false => case.matrix.clone().above(&identity),
        };
        let mut y = case.data.clone();
        y.extend(to.iter().map(|v| v * case.damp).take(a.rows - y.len()));
        let tiny = f64::MIN_POSITIVE;
        let largest = a.values.iter().fold(tiny, |m, v| m.max(v.norm()));
        let models = norm(start).max(norm(x));
        let loudest = norm(&y).max(largest * models).max(tiny);
        let a = a.map(|v| v / largest);
        let y: Vec<C128> = y.iter().map(|v| v / loudest).collect();
        let unit = loudest / largest;
        let scaled = |x: &[C128]| x.iter().map(|v| v / unit).collect::<Vec<_>>();
        let (x, start, e) = (scaled(x), scaled(start), case.epsilon());
        let parts = svd(&a);
        let limit = parts.values[0] * e * a.rows.max(a.columns) as f64;
        let rank = parts.values.iter().filter(|s| **s > limit).count();
        let best = parts.solve(rank, &y);
        Truth { a, y, x, start, units: (unit, largest), e, values: parts.values, rank, best }
    }

    fn residual(&self, x: &[C128]) -> Vec<C128> {
        less(&self.y, &self.a.on(x))
    }

    fn gradient(&self, x: &[C128]) -> f64 {
        norm(&self.a.adjoint().on(&self.residual(x)))
    }

    fn top(&self) -> f64 {
        self.values[0]
    }

    fn condition(&self) -> f64 {
        if self.rank == 0 { 1.0 } else { self.top() / self.values[self.rank - 1] }
    }

    /// What rounding makes of a residual, where `A x0` cancels `y`.
    fn noise(&self) -> f64 {
        self.e * (norm(&self.y) + self.top() * (norm(&self.x) + norm(&self.start)))
    }

    /// Whether a number or its square may be beyond the type.
    fn is_beyond(&self, single: bool) -> bool {
        let size = self.units.0 * norm(&self.best).max(norm(&self.x)) * self.condition();
        let far = !(1e-90..1e90).contains(&self.units.1);
        !size.is_finite() || if single { size > 1e36 } else { far }
    }

    /// A model that is worse than the start.
    fn is_worse(&self, case: &Case) -> Option<String> {
        let (now, then, noise) = if case.kind == Kind::Positive {
            // cg is better where the error is smaller in the operator's own norm.
            let energy = |x: &[C128]| dot(x, &self.a.on(x)).re - 2.0 * dot(x, &self.y).re;
            let error = |x: &[C128]| (energy(x) - energy(&self.best)).max(0.0).sqrt();
            (error(&self.x), error(&self.start), self.noise().sqrt())
        } else {
            let size = |x: &[C128]| norm(&self.residual(x));
            let squared = if case.normal { self.condition() } else { 1.0 };
            (size(&self.x), size(&self.start), 50.0 * squared * self.noise())
        };
        let said = || format!("worse than the start: {now:e}, {then:e} before");
        (now > then * 1.01 + noise || now.is_nan()).then(said)
    }

    /// A gradient that the stop does not stand for: x should solve a system that is off in the last places.
    fn is_steep(&self, case: &Case, stop: &Stop) -> Option<String> {
        let (e, top) = (self.e, self.top());
        let (r, models) = (norm(&self.residual(&self.x)), norm(&self.x) + norm(&self.start));
        let all = case.normal || *stop == Stop::Solved;
        let rounding = 80.0 * e * top * (r + top * models + if all { norm(&self.y) } else { 0.0 });
        // Normal equations do not see singular values whose squares are round-off.
        let rounding = match case.normal {
            true => rounding + (40.0 * e).sqrt() * top * norm(&self.y),
            false => rounding,
        };
        let asked = match stop {
            Stop::LeastSquares { machine: false } => 2e-8 * self.gradient(&self.start),
            Stop::Compatible { machine: false } => {
                2e-8 * top * (norm(&self.residual(&self.start)) + top * 3.0 * models)
            }
            Stop::Tolerance => {
                // tol = 1e-4, or 0, of the square.
                let (unit, largest) = self.units;
                1.1e-2
                    / unit
                    / largest
                    / if case.solver == "cg" && !case.normal { 1.0 } else { largest }
            }
            _ => 0.0,
        };
        let asked = if case.solver == "cg" && !case.normal { asked * top } else { asked };
        let (found, allowed) = (self.gradient(&self.x), rounding + asked);
        let said = || {
            format!(
                "the gradient is {found:e}; rounding leaves {rounding:e}, and the rule {asked:e}"
            )
        };
        (found > allowed || found.is_nan()).then(said)
    }

    /// A model that is far from the one that its rank and condition make clear.
    fn is_off(&self) -> Option<String> {
        let limit = self.top() * self.e * self.a.rows.max(self.a.columns) as f64;
        let next = self.values.get(self.rank).copied().unwrap_or(0.0);
        let clear =
            self.rank > 0 && next < limit / 4.0 && self.values[self.rank - 1] > 30.0 * limit;
        let (condition, best) = (self.condition(), norm(&self.best));
        let rest = norm(&self.residual(&self.best)) * condition + norm(&self.y);
        let bound = 300.0 * self.e * (condition * best + condition * rest / self.top());
        let off = norm(&less(&self.x, &self.best));
        let said = || format!("the model is off by {off:e} of {best:e}, condition {condition:e}");
        (clear && off > bound.max(300.0 * self.e * best)).then(said)
    }
}

/// What is wrong with what a solver did, and whether it came to an end of its own.
fn judge(case: &Case, run: &Run) -> Result<bool, String> {
    let (truth, stop) = (Truth::new(case, run), &run.outcome.stop);
    let wrong = |found: Option<String>| found.map_or(Ok(()), Err);
    match stop {
        Stop::NotFinite { .. } | Stop::OutOfRange { .. } if truth.is_beyond(case.single) => {
            return Ok(true);
        }
        Stop::NotPositive { .. } | Stop::Grown { .. } if case.kind == Kind::Wrong => {
            return Ok(true);
        }
        _ if stop.failed() => return Err("it should not fail".into()),
        _ => {}
    }
    if !run.outcome.warnings.is_empty() {
        return Ok(true);
    }
    wrong(truth.is_worse(case))?;
    if matches!(stop, Stop::Condition { .. }) {
        return Ok(true);
    }
    if *stop == Stop::Iterations || case.kind == Kind::Wrong {
        return Ok(*stop != Stop::Iterations);
    }
    wrong(truth.is_steep(case, stop))?;
    let asked = matches!(
        stop,
        Stop::Tolerance
            | Stop::Compatible { machine: false }
            | Stop::LeastSquares { machine: false }
    );
    if !asked && !case.normal && case.start.is_none() && case.damp == 0.0 {
        wrong(truth.is_off())?;
    }
    Ok(true)
}

/// Counts of what happened.
#[derive(Default)]
struct Tally {
    systems: usize,
    unfinished: usize,
    stops: std::collections::BTreeMap<String, usize>,
    wrong: Vec<String>,
}

fn soak(seed: u64, tally: &mut Tally) {
    let case = case(seed);
    tally.systems += 1;
    let said = match run(&case) {
        Err(said) => Err(said),
        Ok(run) => {
            let name = format!("{}: {}", run.method.name(), run.outcome.stop.name());
            *tally.stops.entry(name).or_default() += 1;
            judge(&case, &run).map_err(|said| {
                let said =
                    format!("{said}\n{}, {} iterations", run.outcome.stop, run.outcome.iterations);
                format!("{said}\nmodel {:?}", run.model)
            })
        }
    };
    match said {
        Ok(done) => tally.unfinished += usize::from(!done),
        Err(said) => tally.wrong.push(format!("seed {seed}: {said}\n{}", case.text)),
    }
}

fn report(tally: &Tally) {
    println!(
        "{} systems, {} of them not at an end: {:#?}",
        tally.systems, tally.unfinished, tally.stops
    );
    let shown = tally.wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(
        tally.wrong.is_empty(),
        "{} of {} are wrong:\n{shown}",
        tally.wrong.len(),
        tally.systems
    );
}

#[test]
fn a_thousand_random_systems() {
    let mut tally = Tally::default();
    (0..1000).for_each(|seed| soak(seed, &mut tally));
    report(&tally);
    assert!(tally.unfinished < 60, "{} do not come to an end", tally.unfinished);
    assert!(tally.stops.len() >= 10, "the systems are too alike: {:?}", tally.stops);
}

#[test]
#[ignore = "runs for an hour, or for `SOAK` seconds"]
fn random_systems_by_the_hour() {
    let number =
        |name: &str, or: u64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(or);
    let (first, patience) =
        (number("SOAK_SEED", 1_000_000), Duration::from_secs(number("SOAK", 3600)));
    let (mut tally, begin) = (Tally::default(), Instant::now());
    let mut seed = first;
    while begin.elapsed() < patience && tally.wrong.len() < 50 {
        soak(seed, &mut tally);
        seed += 1;
    }
    report(&tally);
}

#[test]
fn the_reference_is_right() {
    let mut dice = Dice(7);
    let a = Dense::new(6, 4, |_, _| Complex::new(dice.normal(), dice.normal()));
    let parts = svd(&a);
    let x: Vec<C128> = (0..4).map(|_| Complex::new(dice.normal(), dice.normal())).collect();
    assert!(norm(&less(&parts.solve(4, &a.on(&x)), &x)) < 1e-12);
    let squares: f64 = parts.values.iter().map(|v| v * v).sum();
    assert!((squares - norm(&a.values).powi(2)).abs() < 1e-12 * squares);
}
