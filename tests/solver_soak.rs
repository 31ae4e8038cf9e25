//! Random systems through all solvers: an answer as good as the element type allows, or an error or a
//! warning that is true; never worse than the start without a word.
//!
//! A system is a problem file, so what fails can be run by hand. The truth is a dense least-squares solution
//! in double precision, by one-sided Jacobi rotations that stand here.
//!
//! `cargo test --release --test solver_soak -- --ignored` goes on for an hour, or for as many seconds as `SOAK`
//! says, from the seed that `SOAK_SEED` gives.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

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

/// A dense matrix, row by row.
#[derive(Clone, Debug)]
struct Dense {
    rows: usize,
    columns: usize,
    values: Vec<C128>,
}

impl Dense {
    fn new(rows: usize, columns: usize, mut f: impl FnMut(usize, usize) -> C128) -> Dense {
        let values = (0..rows * columns).map(|k| f(k / columns, k % columns)).collect();
        Dense { rows, columns, values }
    }

    fn at(&self, i: usize, j: usize) -> C128 {
        self.values[i * self.columns + j]
    }

    fn adjoint(&self) -> Dense {
        Dense::new(self.columns, self.rows, |i, j| self.at(j, i).conj())
    }

    fn times(&self, other: &Dense) -> Dense {
        Dense::new(self.rows, other.columns, |i, j| {
            (0..self.columns).map(|k| self.at(i, k) * other.at(k, j)).sum()
        })
    }

    fn on(&self, x: &[C128]) -> Vec<C128> {
        let row = |i: usize| (0..self.columns).map(|j| self.at(i, j) * x[j]).sum();
        (0..self.rows).map(row).collect()
    }

    fn map(&self, f: impl Fn(C128) -> C128) -> Dense {
        Dense { values: self.values.iter().map(|v| f(*v)).collect(), ..*self }
    }

    /// Rows of another below.
    fn above(mut self, other: &Dense) -> Dense {
        self.values.extend(&other.values);
        self.rows += other.rows;
        self
    }
}

fn norm(x: &[C128]) -> f64 {
    let largest = x.iter().fold(0.0_f64, |m, v| m.max(v.re.abs()).max(v.im.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    x.iter().map(|v| (*v / largest).norm_sqr()).sum::<f64>().sqrt() * largest
}

fn less(a: &[C128], b: &[C128]) -> Vec<C128> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn dot(a: &[C128], b: &[C128]) -> C128 {
    a.iter().zip(b).map(|(a, b)| a.conj() * b).sum()
}

/// Singular values and vectors by one-sided Jacobi rotations: columns `U S`, and `V`, largest first.
struct Svd {
    values: Vec<f64>,
    left: Vec<Vec<C128>>,
    right: Vec<Vec<C128>>,
}

fn svd(a: &Dense) -> Svd {
    let n = a.columns;
    let mut left: Vec<Vec<C128>> =
        (0..n).map(|j| (0..a.rows).map(|i| a.at(i, j)).collect()).collect();
    let mut right: Vec<Vec<C128>> =
        (0..n).map(|j| (0..n).map(|i| C128::from(f64::from(u8::from(i == j)))).collect()).collect();
    let rotate = |v: &mut [Vec<C128>], p: usize, q: usize, c: f64, s: C128| {
        for i in 0..v[p].len() {
            let (x, y) = (v[p][i], v[q][i]);
            v[p][i] = x * c - y * s.conj();
            v[q][i] = x * s + y * c;
        }
    };
    for _ in 0..60 {
        let mut off = false;
        for p in 0..n {
            for q in p + 1..n {
                let (x, y) = (dot(&left[p], &left[p]).re, dot(&left[q], &left[q]).re);
                let z = dot(&left[p], &left[q]);
                if z.norm() <= 1e-15 * (x * y).sqrt() || z.norm() == 0.0 {
                    continue;
                }
                off = true;
                let zeta = (y - x) / (2.0 * z.norm());
                let t = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = (z / z.norm()).conj() * (c * t);
                // z^* turns the pair real: columns p and q become orthogonal.
                rotate(&mut left, p, q, c, s.conj());
                rotate(&mut right, p, q, c, s.conj());
            }
        }
        if !off {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    let sizes: Vec<f64> = left.iter().map(|c| norm(c)).collect();
    order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]));
    Svd {
        values: order.iter().map(|k| sizes[*k]).collect(),
        left: order.iter().map(|k| left[*k].clone()).collect(),
        right: order.iter().map(|k| right[*k].clone()).collect(),
    }
}

impl Svd {
    /// The least-squares solution of least norm over the first `rank` singular values.
    fn solve(&self, rank: usize, y: &[C128]) -> Vec<C128> {
        let mut x = vec![C128::default(); self.right.len()];
        for k in 0..rank {
            let s = self.values[k];
            let along = dot(&self.left[k], y) / s / s;
            x.iter_mut().zip(&self.right[k]).for_each(|(x, v)| *x += along * v);
        }
        x
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
    let mut kind = Kind::Any;
    if solver == "cg" {
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
    let extreme = dice.one_in(12);
    let scale = match (dice.one_in(2), extreme) {
        (_, true) if single => dice.power(-28, 28),
        (_, true) => dice.power(-100, 100),
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

/// What is wrong with what a solver did, and whether it came to an end of its own.
fn judge(case: &Case, run: &Run) -> Result<bool, String> {
    let (e, stop, x) = (case.epsilon(), &run.outcome.stop, &run.model);
    let zero = vec![C128::default(); case.matrix.columns];
    let start = case.start.as_ref().unwrap_or(&zero);
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
    // Everything is measured at a size where squares neither over- nor underflow.
    let largest = a.values.iter().fold(0.0_f64, |m, v| m.max(v.norm())).max(f64::MIN_POSITIVE);
    let loudest = norm(&y).max(largest * norm(start)).max(largest * norm(x)).max(f64::MIN_POSITIVE);
    let (a, y) = (a.map(|v| v / largest), y.iter().map(|v| v / loudest).collect::<Vec<_>>());
    let unit = |x: &[C128]| x.iter().map(|v| v * largest / loudest).collect::<Vec<_>>();
    let (x, start) = (unit(x), unit(start));
    let parts = svd(&a);
    let top = parts.values.first().copied().unwrap_or(0.0);
    let limit = top * e * a.rows.max(a.columns) as f64;
    let rank = parts.values.iter().filter(|s| **s > limit).count();
    let best = parts.solve(rank, &y);
    let residual = |x: &[C128]| less(&y, &a.on(x));
    let (r, r0, rest) = (residual(&x), residual(&start), norm(&residual(&best)));
    let noise = e * (norm(&y) + top * (norm(&x) + norm(&start)));
    let doubt = !run.outcome.warnings.is_empty();
    let beyond = |v: f64| case.single && v > 1e36 || !v.is_finite();
    let size = loudest / largest * norm(&best).max(norm(&x));
    match stop {
        Stop::NotFinite { .. } | Stop::OutOfRange { .. } => {
            let reach = parts.values.first().zip(parts.values.get(rank.max(1) - 1));
            let condition = reach.map_or(1.0, |(a, b)| a / b);
            if beyond(size * condition) || !case.single && !(1e-90..1e90).contains(&largest) {
                return Ok(true);
            }
            return Err(format!("{stop}, though the model's norm is {size:e}"));
        }
        Stop::NotPositive { .. } | Stop::Grown { .. } if case.kind == Kind::Wrong => {
            return Ok(true);
        }
        Stop::NotPositive { .. } | Stop::Grown { .. } => return Err(format!("wrongly: {stop}")),
        _ => {}
    }
    // cg on a positive operator is better where the error is smaller in the operator's own norm.
    let (now, then) = match case.kind {
        Kind::Positive => {
            let energy = |x: &[C128]| dot(x, &a.on(x)).re - 2.0 * dot(x, &y).re;
            let least = energy(&best);
            ((energy(&x) - least).max(0.0).sqrt(), (energy(&start) - least).max(0.0).sqrt())
        }
        _ => (norm(&r), norm(&r0)),
    };
    if !(now
        <= then * 1.01
            + 50.0 * noise.max(if case.kind == Kind::Positive { noise.sqrt() / 50.0 } else { 0.0 }))
        && !doubt
    {
        return Err(format!("worse than the start: {now:e}, {then:e} before"));
    }
    let done = matches!(
        stop,
        Stop::Precision
            | Stop::Solved
            | Stop::Compatible { machine: true }
            | Stop::LeastSquares { machine: true }
    );
    if !done {
        return Ok(*stop != Stop::Iterations);
    }
    if case.kind == Kind::Wrong {
        return Ok(true);
    }
    // x solves a system whose matrix is off in the last places.
    let gradient = norm(&a.adjoint().on(&r));
    let allowed = 80.0
        * (e * top * (norm(&r) + top * norm(&x) + top * norm(&start))
            + e * top * norm(&y) * f64::from(u8::from(*stop == Stop::Solved)));
    if gradient > allowed && !doubt {
        return Err(format!("the gradient is {gradient:e}, rounding leaves {allowed:e}"));
    }
    if norm(&r) > rest * 1.01 + 80.0 * noise && gradient > 0.0 {
        let weakest = parts.values[rank.max(1) - 1];
        // What is left of the residual in the range is the gradient over a singular value.
        if norm(&r) - rest > 80.0 * noise + allowed / weakest {
            return Err(format!("the residual is {:e}, the least {rest:e}", norm(&r)));
        }
    }
    // Where the rank is clear, so is the model.
    let next = parts.values.get(rank).copied().unwrap_or(0.0);
    let weakest = if rank == 0 { 0.0 } else { parts.values[rank - 1] };
    let condition = top / weakest;
    let clear = rank == 0 || next < limit / 4.0 && weakest > 30.0 * limit;
    if clear && case.start.is_none() && case.damp == 0.0 && rank > 0 {
        let bound = e
            * (condition * norm(&best)
                + condition * condition * rest / top
                + condition * norm(&y) / top);
        let off = norm(&less(&x, &best));
        if off > 300.0 * bound && off > 300.0 * e * norm(&best) {
            return Err(format!(
                "the model is off by {off:e} of {:e}, condition {condition:e}, bound {bound:e}",
                norm(&best)
            ));
        }
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
