//! Memory and threads of a run: what it will take, and how it keeps within what it may take.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::cli::Failure;
use crate::cli::common::{MOST_THREADS, RunArgs};
use crate::cli::team::Team;
use crate::engine::{Plans, Spill};
use crate::io::{Array, abandon_all};
use crate::problem::Problem;
use crate::report;

/// Bytes that the program itself takes.
const BASE: usize = 12 << 20;

/// What a run holds at its fullest, by kind.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Memory {
    /// Arrays of the problem.
    pub(super) constants: usize,
    /// Arrays between stages, and derived from constants.
    pub(super) working: usize,
    /// Vectors.
    pub(super) vectors: usize,
    /// Scratch of the threads.
    pub(super) scratch: usize,
    /// What computing arrays takes, before there are vectors.
    pub(super) computing: usize,
    /// Of the arrays, those that can be read from their files as they are touched.
    pub(super) mappable: usize,
    /// All, with the program itself.
    pub(super) total: usize,
}

impl Memory {
    /// Memory of plans with so many model and data vectors.
    pub(super) fn new(plans: &Plans, models: usize, datas: usize, threads: usize) -> Memory {
        let program = &plans.forward.program;
        let model: usize = program.inputs.iter().map(|t| t.bytes()).sum();
        let data: usize = program.output_types().iter().map(|t| t.bytes()).sum();
        let constants = plans.constant_bytes();
        let working = plans.working_bytes();
        let vectors = models * model + datas * data;
        let scratch = plans.scratch_bytes() * threads;
        let computing = plans.computing_bytes();
        let mappable = plans.mappable_bytes();
        let mut memory =
            Memory { constants, working, vectors, scratch, computing, mappable, total: 0 };
        memory.sum();
        memory
    }

    fn sum(&mut self) {
        // Arrays are computed before there are vectors.
        let running = self.working + self.vectors + self.scratch;
        self.total = self.constants + running.max(self.computing) + BASE;
    }

    /// Arrays that are read into vectors, and held beside them.
    pub(super) fn add_arrays<'a>(&mut self, arrays: impl Iterator<Item = &'a Array>) {
        for array in arrays {
            self.constants += array.kept_bytes();
            self.computing = self.computing.max(array.working_bytes());
        }
        self.sum();
    }

    /// Further vectors of so many bytes.
    pub(super) fn add_vectors(&mut self, bytes: usize) {
        self.vectors += bytes;
        self.sum();
    }

    /// The larger of each kind: of runs that follow each other.
    pub(super) fn or(&self, other: &Memory) -> Memory {
        let mut memory = Memory {
            constants: self.constants.max(other.constants),
            working: self.working.max(other.working),
            vectors: self.vectors.max(other.vectors),
            scratch: self.scratch.max(other.scratch),
            computing: self.computing.max(other.computing),
            mappable: self.mappable.min(other.mappable),
            total: 0,
        };
        memory.sum();
        memory
    }

    /// How to keep within `limit`; an error that says what is needed if it cannot be.
    pub(super) fn spill(
        &mut self,
        limit: Option<u64>,
        scratch: Option<PathBuf>,
    ) -> Result<Spill, Failure> {
        let Some(limit) = limit.map(|l| usize::try_from(l).unwrap_or(usize::MAX)) else {
            return Ok(Spill::default());
        };
        if self.total <= limit {
            return Ok(Spill::default());
        }
        if self.total - self.mappable <= limit {
            self.total -= self.mappable;
            return Ok(Spill { scratch: None, map_constants: true });
        }
        let least = self.scratch + BASE;
        if least <= limit {
            self.total = least;
            let scratch = Some(scratch.unwrap_or_else(std::env::temp_dir));
            return Ok(Spill { scratch, map_constants: true });
        }
        Err(Failure::Run(format!(
            "the run needs at least {} of memory even with scratch files, and may take {}; allow more with \
             --memory or take fewer threads",
            report::bytes(least as f64),
            report::bytes(limit as f64)
        )))
    }
}

/// Where a run's arrays will be, on standard error, if the user wants to hear more.
pub(super) fn tell(args: &RunArgs, memory: &Memory, spill: &Spill) {
    if !args.verbose {
        return;
    }
    let size = |n: usize| report::bytes(n as f64);
    super::complain(&format!(
        "planned {}: arrays {}, between stages {}, vectors {}, scratch {}",
        size(memory.total),
        size(memory.constants),
        size(memory.working),
        size(memory.vectors),
        size(memory.scratch)
    ));
    if spill.map_constants {
        super::complain("arrays of the problem are read from their files as they are touched");
    }
    if let Some(folder) = &spill.scratch {
        super::complain(&format!(
            "vectors and what lies between stages are in {}",
            folder.display()
        ));
    }
}

/// Threads of a process.
pub(super) fn threads(team: &Team, problem: &Problem, args: &RunArgs) -> Result<usize, Failure> {
    let asked = args.threads.or(problem.run.threads.as_ref().map(|t| t.value));
    let own = team.threads()?;
    let threads = asked.unwrap_or(own).min(MOST_THREADS);
    // Arrays that are computed take rayon's own threads; who comes first decides how many.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    Ok(threads)
}

/// Most bytes of memory of a process.
pub(super) fn limit(problem: &Problem, args: &RunArgs) -> Option<u64> {
    args.memory.or(problem.run.memory.as_ref().map(|m| m.value))
}

/// Most bytes of memory that this process has held so far.
pub(super) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// A flag that the first interrupt raises; the second ends the program at once. In one process of
/// several, a signal to end is the launcher's word that the run is over.
#[allow(clippy::exit)]
pub(super) fn interruptible(team: &Team) -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    let several = team.size() > 1;
    // Without signals, the run ends as the system ends it.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGUSR1]) else { return flag };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let over = several && matches!(signal, SIGTERM | SIGHUP);
            if raised.swap(true, Ordering::Relaxed) || over {
                abandon_all();
                std::process::exit(if over { 1 } else { 130 });
            }
        }
    });
    flag
}
