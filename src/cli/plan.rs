//! `pylopsd plan`: what would run, before anything is read.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::cli::common::{FileArgs, load, positive, size};
use crate::cli::programs::Programs;
use crate::cli::session::Memory;
use crate::cli::{Outcome, say, solving};
use crate::engine::{Plans, Space, Spill};
use crate::io::Array;
use crate::plan::{Plan, Share, StoreKind};
use crate::problem::Problem;
use crate::report::{bytes, number, rate, stages_json, table};
use crate::solvers::Method;
use crate::space::IndexBox;

/// Say what a run would do and take, without running it; reads headers only
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
    /// An operator's name or an expression [default: what [solve] runs, or the only operator]
    #[arg(long, value_name = "EXPR")]
    operator: Option<String>,
    /// Threads of each process [default: run.threads, or all cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    threads: Option<usize>,
    /// Memory of each process, as in 16GiB [default: run.memory, or no limit]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<u64>,
    /// Plan for so many processes, and say what each owns and exchanges
    #[arg(long, value_name = "N", alias = "ranks", default_value = "1", value_parser = positive)]
    processes: usize,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// What one process holds and exchanges.
#[derive(Debug, Serialize)]
struct Process {
    process: usize,
    model: Vec<IndexBox>,
    data: Vec<IndexBox>,
    forward: Exchanged,
    adjoint: Exchanged,
    memory: Memory,
}

/// Bytes of one run of a program.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Exchanged {
    sent: usize,
    received: usize,
}

impl Exchanged {
    fn of(plan: &Plan, share: &Share) -> Exchanged {
        let (sent, received) = share.bytes_exchanged(plan);
        Exchanged { sent, received }
    }
}

pub(super) fn run(args: &Args) -> Outcome {
    let mut problem = load(&args.file, None)?;
    let programs = Programs::new(&mut problem, args.operator.as_deref())?;
    let plans = Plans::new(&programs.forward, programs.adjoint.as_ref())?;
    let asked = args.threads.or(problem.run.threads.as_ref().map(|t| t.value));
    let threads =
        asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let limit = args.memory.or(problem.run.memory.as_ref().map(|m| m.value));
    let mut processes: Vec<Process> = (0..args.processes)
        .map(|rank| process(&plans, &programs, rank, args.processes, threads))
        .collect();
    // One process holds what `solve` holds: also what is solved for before, and what is read into vectors.
    if let ([only], Some(method)) = (&mut processes[..], &programs.method)
        && let Some(memory) = solving::memory(&problem, method, threads)?
    {
        only.memory = memory;
    }
    let Some(fullest) = processes.iter().map(|p| p.memory).max_by_key(|m| m.total) else {
        unreachable!("there is at least one process")
    };
    let mut within = fullest;
    let spill = within.spill(limit, problem.scratch.clone());
    let shown = Shown {
        problem: &problem,
        programs: &programs,
        plans: &plans,
        processes: &processes,
        memory: fullest,
        threads,
        limit,
        spill: spill.as_ref().ok(),
    };
    say(&if args.json { format!("{:#}\n", shown.as_json()) } else { shown.text() })?;
    spill.map(|_| ())
}

fn process(
    plans: &Plans,
    programs: &Programs,
    rank: usize,
    size: usize,
    threads: usize,
) -> Process {
    let forward = plans.forward.share(rank, size);
    let adjoint = plans.adjoint.as_ref().map(|p| p.share(rank, size));
    let (model, data) = plans.spaces(&forward, adjoint.as_ref());
    let owned = |space: &Space| {
        space.blocks.iter().map(|b| b.tiles.grid.owned_box(rank, size)).collect::<Vec<_>>()
    };
    let held = |space: &Space| -> usize {
        space.blocks.iter().map(|b| b.held.len() * b.ty.dtype.size()).sum()
    };
    let mut shares = vec![(&plans.forward, &forward)];
    shares.extend(plans.adjoint.as_ref().zip(adjoint.as_ref()));
    let whole = Memory::new(plans, programs.vectors.0, programs.vectors.1, threads);
    let memory = if size == 1 {
        whole
    } else {
        let constants = held_constants(&shares);
        let working = shares.iter().map(|(plan, share)| held_working(plan, share)).sum();
        let vectors = programs.vectors.0 * held(&model) + programs.vectors.1 * held(&data);
        let other = whole.total - whole.constants - whole.working - whole.vectors;
        let total = constants + working + vectors + other;
        Memory { constants, working, vectors, total, ..whole }
    };
    Process {
        process: rank,
        model: owned(&model),
        data: owned(&data),
        forward: Exchanged::of(&plans.forward, &forward),
        adjoint: shares.get(1).map_or(Exchanged::default(), |(p, s)| Exchanged::of(p, s)),
        memory,
    }
}

/// Bytes of the arrays of the problem that one process reads; a box that both programs read counts
/// once.
fn held_constants(shares: &[(&Plan, &Share)]) -> usize {
    let mut read: Vec<(&Array, &IndexBox, usize)> = Vec::new();
    for (plan, share) in shares {
        for (store, held) in plan.stores.iter().zip(&share.held) {
            if let StoreKind::Constant(array) = &store.kind
                && !read.iter().any(|(a, b, _)| a.same_as(array) && b.contains(held))
            {
                read.push((array, held, held.len() * store.ty.dtype.size()));
            }
        }
    }
    read.iter().map(|(_, _, n)| n).sum()
}

/// Bytes between stages, derived from constants, and received apart, in one process.
fn held_working(plan: &Plan, share: &Share) -> usize {
    let mut slots = vec![0; plan.slots.len()];
    let mut rest = 0;
    for (store, held) in plan.stores.iter().zip(&share.held) {
        let n = held.len() * store.ty.dtype.size();
        match store.kind {
            StoreKind::Slot(slot) => slots[slot] = n.max(slots[slot]),
            StoreKind::Derived => rest += n,
            _ => {}
        }
    }
    let apart = share.exchanges.iter().filter(|e| e.apart);
    rest += apart.map(|e| e.need.len() * plan.store(e.store).ty.dtype.size()).sum::<usize>();
    slots.iter().sum::<usize>() + rest
}

/// All that is shown.
struct Shown<'a> {
    problem: &'a Problem,
    programs: &'a Programs,
    plans: &'a Plans,
    processes: &'a [Process],
    memory: Memory,
    threads: usize,
    limit: Option<u64>,
    /// How it keeps within the limit; `None` if it cannot.
    spill: Option<&'a Spill>,
}

impl Shown<'_> {
    fn programs(&self) -> impl Iterator<Item = (&'static str, &Plan)> {
        std::iter::once(("forward", &self.plans.forward))
            .chain(self.plans.adjoint.as_ref().map(|plan| ("adjoint", plan)))
    }

    /// What is done in each iteration: FLOP and bytes moved. A direct solve has no iterations.
    fn iteration(&self) -> Option<(f64, f64)> {
        match self.programs.method {
            None | Some(Method::Direct(_)) => None,
            Some(_) => Some(
                self.programs()
                    .fold((0.0, 0.0), |(f, b), (_, p)| (f + p.flops(), b + p.bytes_moved())),
            ),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.programs.title);
        for (name, plan) in self.programs() {
            text += &format!("\n{name}: {}\n{plan}", cost(plan.flops(), plan.bytes_moved()));
        }
        if let Some((flop, moved)) = self.iteration() {
            text += &format!("\nan iteration: {}\n", cost(flop, moved));
        }
        let count = self.processes.len();
        text += &match count {
            1 => "\nmemory\n".to_string(),
            n => format!("\nmemory of the fullest of {n} processes\n"),
        };
        let m = &self.memory;
        let own = m.total - m.constants - m.working - m.vectors - m.scratch;
        let plural = if self.threads == 1 { "" } else { "s" };
        let row = |key: &str, n: usize, what: String| [key.to_string(), bytes(n as f64), what];
        let mut rows = vec![
            row("arrays", m.constants, "of the problem".into()),
            row("working", m.working, "between stages, and derived from arrays".into()),
            row("vectors", m.vectors, self.vectors()),
            row("scratch", m.scratch, format!("of {} thread{plural}", self.threads)),
            row("program", own, String::new()),
            row("total", m.total, String::new()),
        ];
        if let Some(limit) = self.limit {
            let how = match self.spill {
                None => "not enough",
                Some(Spill { scratch: Some(_), .. }) => {
                    "vectors and working arrays go to scratch files, arrays are mapped"
                }
                Some(Spill { map_constants: true, .. }) => "arrays are mapped from their files",
                Some(_) => "all in memory",
            };
            rows.push(row("limit", usize::try_from(limit).unwrap_or(usize::MAX), how.into()));
        }
        text += &table(2, &rows);
        if count > 1 {
            text += &format!("\n{}", self.processes());
        }
        text
    }

    fn vectors(&self) -> String {
        let (models, datas) = self.programs.vectors;
        match datas {
            0 => format!("{models} of the model's dims"),
            _ => format!("{models} of the model's dims, {datas} of the data's"),
        }
    }

    fn processes(&self) -> String {
        let boxes = |boxes: &[IndexBox]| {
            let list: Vec<String> = boxes
                .iter()
                .map(|b| if b.is_empty() { "nothing".to_string() } else { b.to_string() })
                .collect();
            list.join(" ")
        };
        let pair =
            |e: Exchanged| format!("{} / {}", bytes(e.sent as f64), bytes(e.received as f64));
        let mut rows = vec![
            [
                "process",
                "owns of the model",
                "of the data",
                "forward sends / receives",
                "adjoint sends / receives",
                "holds",
            ]
            .map(String::from),
        ];
        rows.extend(self.processes.iter().map(|p| {
            [
                p.process.to_string(),
                boxes(&p.model),
                boxes(&p.data),
                pair(p.forward),
                if self.plans.adjoint.is_some() { pair(p.adjoint) } else { "-".into() },
                bytes(p.memory.total as f64),
            ]
        }));
        table(0, &rows)
    }

    fn as_json(&self) -> Json {
        let program = &self.plans.forward.program;
        let (model, data) = (&program.inputs[0], program.output_types());
        let programs: Vec<Json> = self.programs().map(|(n, p)| stages_json(n, p)).collect();
        json!({
            "command": "plan",
            "file": self.problem.document.source.name,
            "what": self.programs.title,
            "model": model,
            "data": data,
            "programs": programs,
            "iteration": self.iteration().map(|(f, b)| json!({ "flop": f, "bytes_moved": b })),
            "memory": self.memory,
            "memory_limit": self.limit,
            "threads": self.threads,
            "processes": self.processes,
        })
    }
}

/// FLOP and bytes, and how many FLOP a byte.
fn cost(flop: f64, moved: f64) -> String {
    let ratio = if moved > 0.0 { flop / moved } else { 0.0 };
    let space = if flop < 1e3 { " " } else { "" };
    format!("{}{space}FLOP, {} moved ({} FLOP a byte)", rate(flop), bytes(moved), number(ratio))
}
