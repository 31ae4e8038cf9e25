//! Random problems through the program, against their definitions: dense matrices in double precision.
//!
//! Each problem has operators of every kind made of each other, arrays made by operators, outputs that
//! share parts, further solves, thin dims, chunks, four element types; it is run on one thread, on
//! several, on several ranks and within little memory, which must all give the same bits. A problem that
//! fails is made simpler while it fails, and kept as a problem file.
//!
//! By the hour: `SOAK_MINUTES=60 SOAK_SEED=1 cargo test --release --test soak -- --ignored --nocapture`.

#![allow(clippy::print_stdout, reason = "what fails is told while the rest goes on")]

#[path = "../common/mod.rs"]
mod common;
mod leaves;
mod map;
mod problem;
mod runs;
mod seeded;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use problem::Problem;
use runs::{Verdict, check};

/// What came of some problems.
#[derive(Debug, Default)]
struct Tally {
    solved: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

/// Tries the problems of some seeds, two at a time, until the time is over.
fn soak(
    seeds: impl Iterator<Item = u64> + Send,
    patience: Option<Duration>,
) -> (Tally, Vec<String>) {
    let tally = Tally::default();
    let begin = Instant::now();
    let seeds = std::sync::Mutex::new(seeds);
    let complaints = std::sync::Mutex::new(Vec::new());
    let work = || {
        loop {
            if patience.is_some_and(|patience| begin.elapsed() > patience) {
                return;
            }
            let Some(seed) = seeds.lock().unwrap().next() else { return };
            let problem = Problem::random(seed);
            match check(&problem) {
                Verdict::Right => tally.solved.fetch_add(1, Ordering::Relaxed),
                Verdict::Refused(why) => {
                    if std::env::var_os("SOAK_REFUSED").is_some() {
                        println!("{seed}: {why}\n{}", problem.text());
                    }
                    tally.refused.fetch_add(1, Ordering::Relaxed)
                }
                Verdict::Wrong(why) => {
                    let (simple, why) = simplest(problem, why);
                    let folder = kept(&simple, &why);
                    let text = simple.text();
                    let complaint =
                        format!("seed {seed}, kept in {}: {why}\n{text}", folder.display());
                    println!("{complaint}");
                    complaints.lock().unwrap().push(complaint);
                    tally.failed.fetch_add(1, Ordering::Relaxed)
                }
            };
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    (tally, complaints.into_inner().unwrap())
}

/// Leaves out of a problem that fails what can be left out while it fails.
fn simplest(mut problem: Problem, mut why: String) -> (Problem, String) {
    loop {
        let found = problem.simpler().into_iter().find_map(|p| match check(&p) {
            Verdict::Wrong(why) => Some((p, why)),
            _ => None,
        });
        match found {
            Some(simpler) => (problem, why) = simpler,
            None => return (problem, why),
        }
    }
}

/// Writes a problem where the next person finds it.
fn kept(problem: &Problem, why: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("soak").join(problem.seed.to_string());
    runs::write(problem, &folder);
    std::fs::write(folder.join("why.txt"), why).unwrap();
    folder
}

#[test]
fn random_problems_agree_with_their_definitions() {
    let (tally, complaints) = soak(0..300, None);
    assert!(complaints.is_empty(), "{tally:?}\n\n{}", complaints.join("\n\n"));
    // A generator whose problems are refused tests nothing.
    let solved = tally.solved.load(Ordering::Relaxed);
    assert!(solved >= 250, "{tally:?}");
}

#[test]
#[ignore = "by the hour: SOAK_MINUTES and SOAK_SEED say how long and from where"]
fn by_the_hour() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().map_or(default, |text| text.parse().expect(name))
    };
    let patience = Duration::from_secs(60 * number("SOAK_MINUTES", 10));
    let (tally, complaints) = soak(number("SOAK_SEED", 1_000_000).., Some(patience));
    println!("{tally:?}");
    assert!(complaints.is_empty(), "{} problems failed", complaints.len());
}
