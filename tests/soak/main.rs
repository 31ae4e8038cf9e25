//! Random problems through the program, against their definitions: dense matrices in double precision.
//!
//! Each problem has operators of every kind made of each other, arrays made by operators, outputs that
//! share parts, further solves, thin dims, chunks, four element types; it is run on one thread, on
//! several, on several ranks and within little memory, which must all give the same bits. A problem that
//! fails is made simpler while it fails, and kept as a problem file.
//!
//! By the hour: `SOAK_MINUTES=60 SOAK_SEED=1 cargo test --release --test soak -- --ignored --nocapture`.

#![allow(clippy::print_stdout, reason = "what fails is told while the rest goes on")]

mod applications;
#[path = "../common/mod.rs"]
mod common;
mod leaves;
mod map;
mod problem;
mod runs;
mod seeded;
mod windows;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use problem::Problem;
use runs::{Verdict, check};

/// What came of some problems.
#[derive(Debug, Default)]
struct Tally {
    solved: usize,
    refused: Vec<String>,
    failed: Vec<String>,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tally { solved, refused, failed } = self;
        write!(f, "{solved} solved, {} refused, {} failed", refused.len(), failed.len())
    }
}

/// How often a long run says what came of it so far.
const EVERY: Duration = Duration::from_secs(300);

/// One application for so many problems.
const APPLICATIONS: u64 = 16;

/// Tries a seed: what came of it, with the text of a refusal or complaint.
fn tried(seed: u64) -> (Verdict, String) {
    if seed.is_multiple_of(APPLICATIONS) {
        let (text, verdict) = applications::check(seed);
        return (verdict, text);
    }
    let problem = Problem::random(seed);
    match check(&problem) {
        Verdict::Wrong(why) => {
            let (simple, why) = simplest(problem, why);
            let folder = kept(&simple, &why);
            let why = format!("kept in {}: {why}", folder.display());
            (Verdict::Wrong(why), simple.text())
        }
        verdict => (verdict, problem.text()),
    }
}

/// Tries seeds, two at a time, until the time is over.
fn soak(seeds: impl Iterator<Item = u64> + Send, patience: Option<Duration>) -> Tally {
    let begin = Instant::now();
    let seeds = Mutex::new(seeds);
    let tally = Mutex::new(Tally::default());
    let told = Mutex::new(begin);
    let work = || {
        while patience.is_none_or(|patience| begin.elapsed() < patience) {
            let Some(seed) = seeds.lock().unwrap().next() else { return };
            let (verdict, text) = tried(seed);
            let mut tally = tally.lock().unwrap();
            let mut told = told.lock().unwrap();
            if told.elapsed() > EVERY {
                println!("{} min: {tally}", begin.elapsed().as_secs() / 60);
                *told = Instant::now();
            }
            match verdict {
                Verdict::Right => tally.solved += 1,
                Verdict::Refused(why) => tally.refused.push(format!("seed {seed}: {why}\n{text}")),
                Verdict::Wrong(why) => {
                    let complaint = format!("seed {seed}, {why}\n{text}");
                    println!("{complaint}");
                    tally.failed.push(complaint);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    tally.into_inner().unwrap()
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
    let tally = soak(0..300, None);
    assert!(tally.failed.is_empty(), "{}", tally.failed.join("\n\n"));
    // A generator whose problems are refused tests nothing.
    assert!(tally.solved >= 280, "{}", tally.refused.join("\n\n"));
}

#[test]
#[ignore = "by the hour: SOAK_MINUTES and SOAK_SEED say how long and from where"]
fn by_the_hour() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().map_or(default, |text| text.parse().expect(name))
    };
    let patience = Duration::from_secs(60 * number("SOAK_MINUTES", 10));
    let tally = soak(number("SOAK_SEED", 1_000_000).., Some(patience));
    println!("{tally}");
    if std::env::var_os("SOAK_REFUSED").is_some() {
        println!("{}", tally.refused.join("\n\n"));
    }
    assert!(tally.failed.is_empty());
}
