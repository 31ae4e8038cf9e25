//! `pylopsd dottest`: is the adjoint the adjoint?
//!
//! ```text
//! Re <y, A x> = Re <A^H y, x>
//! ```
//! for random `x` and `y`, normally distributed; where model and data are complex, `x` and `i y` too,
//! which tests the imaginary part. The error is relative to `||A x|| ||y||` or `||A^H y|| ||x||`, the
//! larger, so that cancelling sums give no false alarm.

use std::fmt;
use std::path::Path;

use serde_json::json;

use crate::cli::common::{FileArgs, RunArgs, Work};
use crate::cli::inputs::{Uses, load_for};
use crate::cli::team::Team;
use crate::cli::{Failure, Outcome, say, say_json, session};
use crate::engine::{Machine, Operators, Plans, Result, Spill};
use crate::graph::{Program, simplify, transpose};
use crate::io::{Array, Distribution, Generator};
use crate::operators::{self, Op, Operator};
use crate::scalar::C128;
use crate::space::ArrayType;

/// Test that the adjoint of an operator is its adjoint
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
    /// An operator's name or an expression [default: every operator of the file]
    #[arg(long, value_name = "EXPR")]
    operator: Option<String>,
    /// Pairs of random vectors
    #[arg(long, value_name = "N", default_value = "3")]
    trials: u64,
    /// Largest relative error [default: 1e-10 in double, 1e-4 in single precision]
    #[arg(long, value_name = "T")]
    tol: Option<f64>,
    #[command(flatten)]
    run: RunArgs,
}

impl Args {
    pub(super) fn file(&self) -> &Path {
        &self.file.file
    }

    pub(super) fn json(&self) -> bool {
        self.run.json
    }
}

/// Largest relative error over several pairs.
fn worst(op: &dyn Operator, machine: &Machine, trials: u64) -> Result<f64> {
    let forward = simplify(&operators::program(op)?)?;
    disagreement(&forward, &transpose(&forward)?, machine, trials)
}

fn random(seed: u64, ty: &ArrayType) -> crate::io::Result<Array> {
    let generator = Generator::Random { seed, distribution: Distribution::Normal };
    Array::generated(generator, ty.dims.clone(), ty.dtype)
}

/// How far two programs are from being each other's adjoint.
fn disagreement(
    forward: &Program,
    adjoint: &Program,
    machine: &Machine,
    trials: u64,
) -> Result<f64> {
    let plans = Plans::new(forward, Some(adjoint))?;
    let ops = Operators::compile(plans, machine, &Spill::default())?;
    let (mut x, mut y) = (ops.new_model(machine)?, ops.new_data(machine)?);
    let (mut ax, mut ay) = (ops.new_data(machine)?, ops.new_model(machine)?);
    let (model, data) = (&ops.model.blocks[0], &ops.data.blocks[0]);
    let mut worst = 0.0f64;
    for trial in 0..trials {
        machine.read(model, &mut x.stores[0], &random(2 * trial, &model.ty)?)?;
        machine.read(data, &mut y.stores[0], &random(2 * trial + 1, &data.ty)?)?;
        let turns = if data.ty.dtype.is_complex() { 2 } else { 1 };
        let forward = ops.forward(machine, &x, &mut ax)?.sqrt();
        for _ in 0..turns {
            let back = ops.adjoint(machine, &y, &mut ay)?.sqrt();
            let left = machine.dot(&ops.data, &y, &ax)?;
            let right = machine.dot(&ops.model, &ay, &x)?;
            let scale = (forward * machine.norm2(&ops.data, &y)?.sqrt())
                .max(back * machine.norm2(&ops.model, &x)?.sqrt());
            let error = if left == right { 0.0 } else { (left - right).abs() / scale };
            worst = if error.is_nan() { f64::INFINITY } else { worst.max(error) };
            machine.scale_by(&ops.data, &mut y, C128::new(0.0, 1.0));
        }
    }
    Ok(worst)
}

/// The relative error of an operator's dot test.
pub(super) fn error_of(
    team: &Team,
    op: &dyn Operator,
    threads: usize,
) -> std::result::Result<f64, Failure> {
    team.run(1, threads, |machine| worst(op, machine, 1))
}

/// What a dot test found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tested {
    error: f64,
    tol: f64,
}

impl Tested {
    /// Whether the adjoint is the adjoint.
    pub(super) fn holds(&self) -> bool {
        self.error <= self.tol
    }
}

impl fmt::Display for Tested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.holds() { "ok" } else { "FAILED" };
        let Tested { error, tol } = self;
        write!(f, "{verdict:<6}  relative error {error:.2e}, allowed {tol:.0e}")
    }
}

/// Tests one operator, in every process.
pub(super) fn test(
    team: &Team,
    op: &dyn Operator,
    trials: u64,
    tol: Option<f64>,
    threads: usize,
    ranks: usize,
) -> std::result::Result<Tested, Failure> {
    let tol = tol.unwrap_or(if op.model().dtype.is_double() { 1e-10 } else { 1e-4 });
    let error = team.run(ranks, threads, |machine| worst(op, machine, trials))?;
    Ok(Tested { error, tol })
}

pub(super) fn run(args: &Args, team: &Team) -> Outcome {
    let uses = Uses { work: Work::Operator, ..Uses::default() };
    let mut problem = load_for(team, &args.file, &args.run, &uses)?;
    let list: Vec<(String, Op)> = match &args.operator {
        Some(text) => vec![(text.clone(), problem.resolve_expression("--operator", text)?)],
        None => problem.operators().map(|(name, op)| (name.to_string(), op.clone())).collect(),
    };
    if list.is_empty() {
        return Err(Failure::Usage("error: the file has no operator to test".into()));
    }
    let threads = session::threads(team, &problem, &args.run)?;
    let width = list.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let (mut lines, mut found, mut all) = (String::new(), Vec::new(), true);
    for (name, op) in &list {
        let tested = test(team, op.as_ref(), args.trials, args.tol, threads, args.run.ranks)?;
        all &= tested.holds();
        lines += &format!("{name:<width$}  {tested}\n");
        let Tested { error, tol } = tested;
        found
            .push(json!({ "operator": name, "error": error, "tol": tol, "holds": tested.holds() }));
    }
    if args.run.json {
        let file = &problem.document.source.name;
        say_json(&json!({ "command": "dottest", "file": file, "operators": found }))?;
    } else if !args.run.quiet {
        say(&lines)?;
    }
    if all { Ok(()) } else { Err(Failure::Unmet) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Value;
    use crate::scalar::DType;
    use crate::space::IndexBox;
    use crate::view::Viewed;

    /// Row 10 of the seed's known defects: its dot test compared the real parts twice.
    #[test]
    fn row_10_an_adjoint_that_is_wrong_in_the_imaginary_part_alone_fails() {
        let ty = ArrayType::new([1], DType::Complex128);
        let number = |seed: u64| {
            let mut value = ndarray::ArrayD::from_elem(vec![1], C128::default());
            let view = C128::erase_mut(value.view_mut());
            random(seed, &ty).unwrap().read_box(&IndexBox::whole(&[1]), view).unwrap();
            value[[0]]
        };
        let times = |c: C128| {
            Value::program(std::slice::from_ref(&ty), |x| Ok(vec![x[0].scale(c)])).unwrap()
        };
        let (a, x, y) = (C128::new(2.0, -1.0), number(0), number(1));
        // <x, E y> = i |x|^2: its real part is zero.
        let e = C128::new(0.0, 1.0) * x / y;
        let machine = Machine::local(Some(1)).unwrap();
        let error = |back: C128| disagreement(&times(a), &times(back), &machine, 1).unwrap();
        assert!(error(a.conj()) < 1e-14);
        assert!(error(a.conj() + e) > 1e-2);
    }
}
