//! `pylopsd submit`: a job script for a cluster.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::common::{FileArgs, MOST_PROCESSES, Work, claim, load, positive, something_to_run};
use crate::cli::{CommandFailure, Outcome, complain, launch, say, solving};
use crate::io::TextOutput;
use crate::report;

/// Write a job script that runs the problem on a cluster; --submit submits it
///
/// The problem is checked first, and the job requests the planned memory. Without -o, the script goes
/// to standard output.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
    /// Scheduler of the cluster
    #[arg(long, value_name = "NAME")]
    scheduler: Scheduler,
    /// Number of nodes
    #[arg(long, value_name = "N", default_value = "1", value_parser = positive)]
    nodes: usize,
    /// Processes on each node
    #[arg(long, value_name = "R", default_value = "1", value_parser = positive)]
    ranks_per_node: usize,
    /// Threads per process, and cores to request for each [default: run.threads, or 1]
    #[arg(long, value_name = "N", value_parser = positive)]
    threads: Option<usize>,
    /// Time limit of the job, as in 90min, 2h, 1:30:00 or 2-12:00:00
    #[arg(long, value_name = "T", value_parser = time)]
    time: Time,
    /// Partition of Slurm or queue of PBS
    #[arg(long, value_name = "NAME", visible_alias = "partition", value_parser = word)]
    queue: Option<String>,
    /// Account to charge
    #[arg(long, value_name = "NAME", value_parser = word)]
    account: Option<String>,
    /// Write outputs with relative paths into this folder [default: the problem file's]
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// File to write the script to
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Submit the job
    #[arg(long)]
    submit: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Scheduler {
    /// sbatch
    Slurm,
    /// qsub
    Pbs,
}

impl Scheduler {
    fn command(self) -> &'static str {
        match self {
            Scheduler::Slurm => "sbatch",
            Scheduler::Pbs => "qsub",
        }
    }
}

/// A time limit, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Time(u64);

impl Time {
    /// Hours, minutes and seconds, as both schedulers understand them.
    fn clock(self) -> String {
        format!("{:02}:{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60, self.0 % 60)
    }
}

fn time(text: &str) -> Result<Time, String> {
    read_time(text.trim()).filter(|&s| s > 0).map(Time).ok_or_else(|| {
        "expected a time such as 90min, 2h, 1:30:00 or 2-12:00:00 (days-hours:minutes:seconds)"
            .into()
    })
}

/// Seconds of a time with a unit, or of `[days-]hours:minutes[:seconds]`.
fn read_time(text: &str) -> Option<u64> {
    for (unit, seconds) in [("min", 60), ("h", 3600), ("d", 86400), ("m", 60), ("s", 1)] {
        if let Some(number) = text.strip_suffix(unit) {
            return number.trim().parse::<u64>().ok()?.checked_mul(seconds);
        }
    }
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (days.parse::<u64>().ok()?, clock),
        None => (0, text),
    };
    let parts: Vec<u64> = clock.split(':').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = match parts[..] {
        [hours, minutes] => [hours, minutes, 0],
        [hours, minutes, seconds] => [hours, minutes, seconds],
        _ => return None,
    };
    (minutes < 60 && seconds < 60)
        .then(|| days.checked_mul(86400)?.checked_add(hours.checked_mul(3600)?))?
        .and_then(|s| s.checked_add(minutes * 60 + seconds))
}

/// A name that means nothing to a shell.
fn word(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+@:".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => Ok(text.to_string()),
        false => Err("expected a name of letters, digits and . _ - + @ :".into()),
    }
}

/// Memory that is asked for beyond the plan.
const MARGIN: f64 = 1.1;

pub(super) fn run(args: &Args) -> Outcome {
    if args.file.file == Path::new("-") {
        return Err(CommandFailure::Usage(
            "error: a job cannot read the problem file from standard input; name a file".into(),
        ));
    }
    let problem = load(&args.file, Work::Whole, args.out_dir.as_deref())?;
    something_to_run(&problem)?;
    if let Some(path) = &args.output {
        let mut guard = problem.guard();
        for output in &problem.outputs {
            guard.read(&output.path, &format!("output `{}`", output.name.name()));
        }
        claim(&mut guard, path, "--output")?;
    }
    if solving::streams(&problem) {
        return Err(CommandFailure::Usage(
            "error: a job cannot write an output to standard output; name a file".into(),
        ));
    }
    let asked = args.threads.or(problem.run.threads.as_ref().map(|t| t.value));
    let threads = asked.unwrap_or(1);
    let count = args.nodes * args.ranks_per_node;
    if launch::launched().is_some_and(|n| n > 1) {
        return Err(CommandFailure::Usage(
            "error: a job is submitted by one process, not by several".into(),
        ));
    }
    if count > MOST_PROCESSES {
        return Err(CommandFailure::Usage(format!(
            "error: cannot plan {count} processes; the limit is {MOST_PROCESSES}"
        )));
    }
    let mut memory = solving::memory(&problem, threads, count)?;
    let limit = problem.run.memory.as_ref().map(|m| m.value);
    for process in &mut memory {
        process.spill(limit, problem.scratch.clone())?;
    }
    let node = memory.chunks(args.ranks_per_node).map(|all| all.iter().map(|m| m.total).sum());
    let most: usize = node.max().unwrap_or(0);
    let most = (most as f64 * MARGIN / f64::from(1 << 20)).ceil() as u64;
    // Not every MPI was built to ask PBS.
    let hosts = (args.scheduler == Scheduler::Pbs).then_some("\"$PBS_NODEFILE\"");
    let launcher = launch::in_job(count, hosts);
    let here = count == 1 && !problem.run.hosts.is_empty();
    let job = JobScript { args, threads, mebibytes: most.max(64), launcher, here };
    let script = job.script()?;
    if job.launcher.is_none() && count > 1 {
        let message = "this pylopsd was built without MPI: the job needs a build with MPI";
        if args.submit {
            return Err(CommandFailure::Usage(format!(
                "error: {message}\n{}",
                launch::HOW_TO_BUILD
            )));
        }
        complain(&format!("warning: {message}"));
    }
    let told = format!(
        "{} node{} with {} process{} of {threads} thread{}, {} a node, {}",
        args.nodes,
        if args.nodes == 1 { "" } else { "s" },
        args.ranks_per_node,
        if args.ranks_per_node == 1 { "" } else { "es" },
        if threads == 1 { "" } else { "s" },
        report::bytes(job.mebibytes as f64 * f64::from(1 << 20)),
        args.time.clock(),
    );
    let command = args.scheduler.command();
    match &args.output {
        Some(path) => {
            let mut file = TextOutput::create(path)?;
            file.write(&script)?;
            file.commit()?;
            let failed = |e| CommandFailure::Run(format!("{}: {e}", path.display()));
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).map_err(failed)?;
            let next = match args.submit {
                true => String::new(),
                false => format!("submit it with: {command} {}\n", path.display()),
            };
            say(&format!("{}: {told}\n{next}", path.display()))?;
        }
        None if !args.submit => say(&script)?,
        None => say(&format!("{told}\n"))?,
    }
    if args.submit { hand_in(command, &script) } else { Ok(()) }
}

/// Submits the script, and passes on the answer of the scheduler.
fn hand_in(command: &str, script: &str) -> Outcome {
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => CommandFailure::Run(format!(
            "{command} is not in PATH: submit the job from a machine of the cluster"
        )),
        _ => CommandFailure::Run(format!("{command}: {e}")),
    };
    let mut child = Command::new(command).stdin(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(script.as_bytes()).map_err(failed)?;
    }
    match child.wait().map_err(failed)? {
        status if status.success() => Ok(()),
        status => Err(CommandFailure::Run(format!("{command} rejected the job: {status}"))),
    }
}

struct JobScript<'a> {
    args: &'a Args,
    threads: usize,
    /// Memory of a node.
    mebibytes: u64,
    /// What starts the processes; nothing if there is one, or no MPI.
    launcher: Option<String>,
    /// Whether the job must ignore the hosts of the file.
    here: bool,
}

impl JobScript<'_> {
    fn script(&self) -> Result<String, CommandFailure> {
        let args = self.args;
        let failed =
            |e: std::io::Error| CommandFailure::Run(format!("cannot find the current folder: {e}"));
        let folder = std::env::current_dir().map_err(failed)?;
        let program = std::env::current_exe().map_err(failed)?;
        let name = args.file.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let name: String = name.chars().map(plain).collect();
        let (nodes, ranks, threads) = (args.nodes, args.ranks_per_node, self.threads);
        let mut text = String::from("#!/bin/bash\n");
        let mut lines = match args.scheduler {
            Scheduler::Slurm => vec![
                format!("--job-name={name}"),
                format!("--nodes={nodes}"),
                format!("--ntasks-per-node={ranks}"),
                format!("--cpus-per-task={threads}"),
                format!("--mem={}M", self.mebibytes),
                format!("--time={}", args.time.clock()),
                format!("--output={name}.%j.log"),
                // A minute before the end, for an end after the iteration.
                "--signal=B:USR1@60".to_string(),
            ],
            Scheduler::Pbs => vec![
                format!("-N {}", pbs_name(&name)),
                format!(
                    "-l select={nodes}:ncpus={}:mpiprocs={ranks}:mem={}mb",
                    ranks * threads,
                    self.mebibytes
                ),
                "-l place=scatter".to_string(),
                format!("-l walltime={}", args.time.clock()),
                "-j oe".to_string(),
                "-V".to_string(),
            ],
        };
        let slurm = args.scheduler == Scheduler::Slurm;
        let option = |name: &str, letter: &str, value: &str| match slurm {
            true => format!("--{name}={value}"),
            false => format!("-{letter} {value}"),
        };
        lines.extend(args.queue.as_ref().map(|q| option("partition", "q", q)));
        lines.extend(args.account.as_ref().map(|a| option("account", "A", a)));
        let mark = if slurm { "#SBATCH" } else { "#PBS" };
        for line in &lines {
            let _ = writeln!(text, "{mark} {line}");
        }
        let _ = writeln!(text, "\nset -euo pipefail\ncd {}", quoted(&folder));
        let start = self.launcher.as_ref().map(|l| format!("{l} ")).unwrap_or_default();
        // The script's shell gives way, so that signals come to the run itself.
        let _ = write!(text, "exec {start}{} solve {}", quoted(&program), quoted(&args.file.file));
        let _ = write!(text, " --threads {threads} --no-progress");
        if self.here {
            text += " --hosts localhost";
        }
        for set in &args.file.set {
            let _ = write!(text, " --set {}", quoted(Path::new(set)));
        }
        if let Some(folder) = &args.out_dir {
            let _ = write!(text, " --out-dir {}", quoted(folder));
        }
        text.push('\n');
        Ok(text)
    }
}

/// A name that PBS takes: at most 15 characters, the first a letter.
fn pbs_name(name: &str) -> String {
    let letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let name = if letter { name.to_string() } else { format!("p{name}") };
    name.chars().take(15).collect()
}

/// A word for a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+/=,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, clock) in [
            ("90min", "01:30:00"),
            ("2h", "02:00:00"),
            ("1d", "24:00:00"),
            ("1:30", "01:30:00"),
            ("0:00:30", "00:00:30"),
            ("2-12:00:00", "60:00:00"),
        ] {
            assert_eq!(time(text).map(Time::clock), Ok(clock.to_string()), "{text}");
        }
        for wrong in ["", "30", "0min", "1:60", "x", "1:2:3:4", "99999999999999999999h", "-1:00"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted(Path::new("/a/b.toml")), "/a/b.toml");
        assert_eq!(quoted(Path::new("my file's.toml")), r"'my file'\''s.toml'");
    }
}
