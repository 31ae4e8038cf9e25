//! `pylopsd plan`: what would run, before anything is read.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::cli::common::{CountArgs, FileArgs, Work, load, positive, size};
use crate::cli::plan_around::{self as around, Before};
use crate::cli::programs::Programs;
use crate::cli::{Outcome, say, say_json, solving};
use crate::engine::{Block, Plans, Space, Spill};
use crate::plan::{Plan, Share, Shares};
use crate::problem::Problem;
use crate::report::{self, bytes, number, rate, stages_json, table};
use crate::run::{Divided, Memory};
use crate::space::IndexBox;

/// Show the stages, work and memory of a run without running it; reads headers only
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
    /// An operator's name or an expression [default: what the file runs, or the only operator]
    #[arg(long, value_name = "EXPR")]
    operator: Option<String>,
    /// Threads per process [default: run.threads, or all cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    threads: Option<usize>,
    /// Memory limit per process, such as 16GiB [default: run.memory, or no limit]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<u64>,
    #[command(flatten)]
    count: CountArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn file(&self) -> &Path {
        &self.file.file
    }

    pub(super) fn json(&self) -> bool {
        self.json
    }
}

/// More processes than this are summarised.
const MANY: usize = 32;

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
    let work = if args.operator.is_some() { Work::Operator } else { Work::Whole };
    let mut problem = load(&args.file, work, None)?;
    let programs = Programs::new(&mut problem, args.operator.as_deref())?;
    let plans = Plans::new(&programs.forward, programs.adjoint.as_ref())?;
    let asked = args.threads.or(problem.run.threads.as_ref().map(|t| t.value));
    let threads =
        asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let limit = args.memory.or(problem.run.memory.as_ref().map(|m| m.value));
    let size = args.count.processes(&problem);
    let divided = Divided::new(&plans, size);
    let partitioned = if size > 1 { partitions(&divided) } else { Vec::new() };
    let mut processes: Vec<Process> =
        (0..size).map(|rank| process(&divided, &programs, rank, threads)).collect();
    // A process holds what `solve` holds: also what is solved for before, and what is read into vectors.
    if programs.whole {
        let memory = solving::memory(&problem, threads, size)?;
        processes.iter_mut().zip(memory).for_each(|(process, memory)| process.memory = memory);
    }
    let Some(fullest) = processes.iter().map(|p| p.memory).max_by_key(|m| m.total) else {
        unreachable!("there is at least one process")
    };
    let mut within = fullest;
    let spill = within.spill(limit, problem.scratch.clone());
    let before = if programs.whole { around::before(&problem)? } else { Vec::new() };
    let shown = Listing {
        problem: &problem,
        programs: &programs,
        before: &before,
        plans: &plans,
        processes: &processes,
        partitions: &partitioned,
        memory: fullest,
        threads,
        limit,
        spill: spill.as_ref().ok(),
    };
    match args.json {
        true => say_json(&shown.as_json()),
        false => say(&shown.text()),
    }?;
    Ok(spill.map(|_| ())?)
}

/// How all processes share the arrays of each program.
fn partitions(divided: &Divided<'_>) -> Vec<Vec<[String; 4]>> {
    let rows = |(plan, shares): (&Plan, &Shares<'_>)| {
        let all: Vec<Share> = (0..divided.size()).map(|rank| shares.of(rank)).collect();
        report::partitions(plan, &all)
    };
    divided.programs().map(rows).collect()
}

fn process(divided: &Divided<'_>, programs: &Programs, rank: usize, threads: usize) -> Process {
    let part = divided.of(rank);
    let owned = |space: &Space| {
        let own = |b: &Block| b.tiles.grid.owned_box(rank, divided.size());
        space.blocks.iter().map(own).collect::<Vec<_>>()
    };
    let mut exchanged = part.shares().map(|(plan, share)| Exchanged::of(plan, share));
    let forward = exchanged.next().unwrap_or_default();
    let adjoint = exchanged.next().unwrap_or_default();
    drop(exchanged);
    Process {
        process: rank,
        model: owned(&part.model),
        data: owned(&part.data),
        forward,
        adjoint,
        memory: part.memory(programs.vectors.0, programs.vectors.1, threads),
    }
}

/// All that is shown.
struct Listing<'a> {
    problem: &'a Problem,
    programs: &'a Programs,
    /// The further solves.
    before: &'a [Before<'a>],
    plans: &'a Plans,
    processes: &'a [Process],
    /// By program, a row for each array.
    partitions: &'a [Vec<[String; 4]>],
    memory: Memory,
    threads: usize,
    limit: Option<u64>,
    /// How it keeps within the limit; `None` if it cannot.
    spill: Option<&'a Spill>,
}

impl Listing<'_> {
    fn programs(&self) -> impl Iterator<Item = (&'static str, &Plan)> {
        std::iter::once(("forward", &self.plans.forward))
            .chain(self.plans.adjoint.as_ref().map(|plan| ("adjoint", plan)))
    }

    /// What is done in each iteration: FLOP and bytes moved. A direct solve has no iterations.
    fn iteration(&self) -> Option<(f64, f64)> {
        self.programs.method.as_ref()?.niter()?;
        let programs = self.programs();
        Some(programs.fold((0.0, 0.0), |(f, b), (_, p)| (f + p.flops(), b + p.bytes_moved())))
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.programs.title);
        for (name, plan) in self.programs() {
            text += &format!("\n{name}: {}\n{plan}", cost(plan.flops(), plan.bytes_moved()));
        }
        if let Some((flop, moved)) = self.iteration() {
            text += &format!("\nan iteration: {}\n", cost(flop, moved));
        }
        text += &around::before_text(self.before);
        if self.programs.whole {
            text += &around::outputs_text(self.problem);
        }
        let count = self.processes.len();
        text += &match count {
            1 => "\nmemory\n".to_string(),
            n => format!("\nmemory of the fullest of {n} processes\n"),
        };
        let m = &self.memory;
        let own = m.base.max(m.total - m.constants - m.working - m.vectors - m.scratch);
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
            _ if self.programs.whole && self.programs.method.is_none() => "of the outputs".into(),
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
        let pair = |sent: f64, received: f64| format!("{} / {}", bytes(sent), bytes(received));
        let both = |e: Exchanged| pair(e.sent as f64, e.received as f64);
        let back = |text: String| if self.plans.adjoint.is_some() { text } else { "-".into() };
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
        let many = self.processes.len() > MANY;
        let each = self.processes.iter().filter(|_| !many);
        rows.extend(each.map(|p| {
            [
                p.process.to_string(),
                boxes(&p.model),
                boxes(&p.data),
                both(p.forward),
                back(both(p.adjoint)),
                bytes(p.memory.total as f64),
            ]
        }));
        let figures: [fn(&Process) -> usize; 5] = [
            |p| p.forward.sent,
            |p| p.forward.received,
            |p| p.adjoint.sent,
            |p| p.adjoint.received,
            |p| p.memory.total,
        ];
        let count = self.processes.len() as f64;
        let mean = figures.map(|f| self.processes.iter().map(f).sum::<usize>() as f64 / count);
        let most = figures.map(|f| self.processes.iter().map(f).max().unwrap_or(0) as f64);
        for (name, [a, b, c, d, e]) in [("mean", mean), ("most", most)].iter().filter(|_| many) {
            let own = [name.to_string(), String::new(), String::new()];
            let [name, model, data] = own;
            rows.push([name, model, data, pair(*a, *b), back(pair(*c, *d)), bytes(*e)]);
        }
        let mut text = table(0, &rows);
        for ((name, _), partition) in self.programs().zip(self.partitions) {
            text += &format!("\narrays of the {name} program, and how a process shares them\n");
            text += &table(2, partition);
        }
        text
    }

    fn as_json(&self) -> Json {
        let program = &self.plans.forward.program;
        let (model, data) = (program.inputs.first(), program.output_types());
        let programs: Vec<Json> = self.programs().map(|(n, p)| stages_json(n, p)).collect();
        json!({
            "command": "plan",
            "file": self.problem.document.source.name,
            "what": self.programs.title,
            "model": model,
            "data": data,
            "programs": programs,
            "iteration": self.iteration().map(|(f, b)| json!({ "flop": f, "bytes_moved": b })),
            "solves": around::before_json(self.before),
            "outputs": match self.programs.whole {
                true => around::outputs_json(self.problem),
                false => Vec::new(),
            },
            "memory": self.memory,
            "memory_limit": self.limit,
            "threads": self.threads,
            "processes": self.processes,
            "partitions": self.partitions.iter().map(|rows| rows.iter().map(|[name, ty, how, most]| {
                json!({ "array": name, "type": ty, "shared": how, "most_held": most })
            }).collect::<Vec<_>>()).collect::<Vec<_>>(),
        })
    }
}

/// FLOP and bytes, and how many FLOP a byte.
fn cost(flop: f64, moved: f64) -> String {
    let ratio = if moved > 0.0 { flop / moved } else { 0.0 };
    let space = if flop < 1e3 { " " } else { "" };
    format!("{}{space}FLOP, {} moved ({} FLOP a byte)", rate(flop), bytes(moved), number(ratio))
}
