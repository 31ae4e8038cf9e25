//! Random systems through all solvers: an answer as good as the element type allows, or an error or a
//! warning that is true; never worse than the start without a word.
//!
//! A system is a problem file, so what fails can be run by hand. The truth is a dense least-squares solution
//! in double precision.
//!
//! By the hour: `SOAK_MINUTES=60 SOAK_SEED=1 cargo test --release --test solver_soak -- --ignored --nocapture`.

#![allow(clippy::print_stdout, reason = "it tells what it tried")]

mod case;
#[path = "../common/mod.rs"]
mod common;
mod truth;

use std::sync::Arc;
use std::time::{Duration, Instant};

use num_complex::Complex;
use pylopsd::engine::{Machine, Operators, Spill, Vector};
use pylopsd::problem::Problem;
use pylopsd::run::System;
use pylopsd::scalar::{C128, Scalar};
use pylopsd::solvers::{Method, Outcome, Quiet, Stop, Task};
use pylopsd::space::IndexBox;
use pylopsd::spec::{Document, SourceText};
use pylopsd::with_view;

use case::{Case, Dice, Kind, case};
use common::dense::{Dense, less, norm, svd};
use truth::Truth;

/// What the library makes of a case.
struct Run {
    outcome: Outcome,
    method: Arc<dyn Method>,
    model: Vec<C128>,
}

fn values(vector: &Vector) -> Vec<C128> {
    let store = &vector.stores[0];
    let whole = IndexBox::whole(&store.ty().dims);
    with_view!(View, store.view(&whole), x => x.iter().map(|v| v.to_c128()).collect())
}

fn run(case: &Case) -> Result<Run, String> {
    let document = Document::parse(SourceText::new("problem.toml", case.text.clone()), &[])
        .map_err(|e| e.to_string())?;
    let problem = Problem::load(document).map_err(|e| e.to_string())?;
    let solve = problem.solve.as_ref().ok_or("no solve")?;
    let method = solve.method.clone();
    let system = System::new(solve).map_err(|e| e.to_string())?;
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
    let outcome = method.solve(&mut task).map_err(|e| e.to_string())?;
    Ok(Run { model: values(&outcome.model), outcome, method })
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
    let warnings = &run.outcome.warnings;
    let small = warnings.iter().any(|said| said.contains("the model is below what"));
    if small || (*stop != Stop::Solved && !warnings.is_empty()) {
        return Ok(true);
    }
    wrong(truth.is_untrue(warnings))?;
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

/// How often a long run says what came of it so far.
const EVERY: Duration = Duration::from_secs(300);

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
fn systems_that_were_wrong_once() {
    let mut tally = Tally::default();
    let seeds = [
        // Data, or their residual, orthogonal to the range of a tiny operator.
        14_000_000_098_076_666,
        14_000_000_098_091_105,
        14_000_000_098_288_729,
        // Data below the normal numbers.
        14_000_000_098_205_892,
        // A singular value of five epsilons.
        14_000_000_098_101_717,
    ];
    seeds.into_iter().for_each(|seed| soak(seed, &mut tally));
    report(&tally);
}

#[test]
#[ignore = "by the hour: SOAK_MINUTES and SOAK_SEED say how long and from where"]
fn random_systems_by_the_hour() {
    let number =
        |name: &str, or: u64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(or);
    let (first, minutes) = (number("SOAK_SEED", 1), number("SOAK_MINUTES", 60));
    let patience = Duration::from_secs(60 * minutes);
    let (mut tally, begin) = (Tally::default(), Instant::now());
    let mut told = begin;
    // Seeds of different runs are far apart.
    let mut seed = first.wrapping_mul(1_000_000_007);
    while begin.elapsed() < patience && tally.wrong.len() < 50 {
        soak(seed, &mut tally);
        seed += 1;
        if told.elapsed() > EVERY {
            let minutes = begin.elapsed().as_secs() / 60;
            println!("{minutes} min: {} systems, {} wrong", tally.systems, tally.wrong.len());
            told = Instant::now();
        }
    }
    report(&tally);
}

#[test]
fn the_reference_is_right() {
    let mut dice = Dice::seeded(7);
    let a = Dense::new(6, 4, |_, _| Complex::new(dice.normal(), dice.normal()));
    let parts = svd(&a);
    let x: Vec<C128> = (0..4).map(|_| Complex::new(dice.normal(), dice.normal())).collect();
    assert!(norm(&less(&parts.solve(4, &a.on(&x)), &x)) < 1e-12);
    let squares: f64 = parts.values.iter().map(|v| v * v).sum();
    assert!((squares - norm(&a.values).powi(2)).abs() < 1e-12 * squares);
}
