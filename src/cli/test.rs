//! `pylopsd test`: every file and its expectations, like a test runner.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::cli::common::{FileArgs, RunArgs, method};
use crate::cli::inputs::{load_for, start_on_hosts};
use crate::cli::team::{Team, speaks};
use crate::cli::{Failure, Outcome, dottest, expectations, say, session, solve, solving};
use crate::io::{TemporaryFolder, TextOutput};
use crate::problem::Problem;
use crate::report::{Case, Verdict, junit};
use crate::solvers::Stop;

/// Run files and check their expectations; files without [solve] have their operators dot-tested
///
/// Outputs are thrown away, unless --out-dir names a folder: each file's outputs go into a folder
/// of its name in there. The exit code is 3 if an expectation did not hold; else 2 if a file is
/// wrong, or 1 if a run failed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Problem files, and folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Override any key of every file, as in --set solve.niter=20
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Write the results as JUnit XML too
    #[arg(long, value_name = "OUT.xml")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

/// What was found in one file.
struct Found {
    name: String,
    seconds: f64,
    /// Every expectation, and whether it holds.
    checks: Vec<(String, bool)>,
    /// What kept it from running, and the exit code that this gives.
    broken: Option<(String, u8)>,
}

impl Found {
    fn unmet(&self) -> impl Iterator<Item = &str> {
        self.checks.iter().filter(|(_, holds)| !holds).map(|(text, _)| text.as_str())
    }

    fn code(&self) -> u8 {
        match &self.broken {
            Some((_, code)) => *code,
            None if self.unmet().next().is_some() => 3,
            None => 0,
        }
    }

    /// What is wrong, in lines.
    fn wrong(&self) -> String {
        match &self.broken {
            Some((message, _)) => message.clone(),
            None => self.unmet().collect::<Vec<_>>().join("\n"),
        }
    }

    fn text(&self) -> String {
        let verdict = if self.code() == 0 { "ok" } else { "FAILED" };
        let nothing = self.code() == 0 && self.checks.is_empty();
        let note = if nothing { ", nothing is expected" } else { "" };
        let mut text = format!("{} ... {verdict} ({:.2} s{note})\n", self.name, self.seconds);
        for line in self.wrong().lines() {
            text += format!("    {line}").trim_end();
            text.push('\n');
        }
        text
    }

    fn case(&self) -> Case {
        let verdict = match self.code() {
            0 => Verdict::Passed,
            3 => Verdict::Failed(self.wrong()),
            _ => Verdict::Broken(self.wrong()),
        };
        Case { name: self.name.clone(), seconds: self.seconds, verdict }
    }

    fn as_json(&self) -> Json {
        let checks = self.checks.iter().map(|(text, holds)| json!({"text": text, "holds": holds}));
        json!({
            "file": self.name,
            "ok": self.code() == 0,
            "exit_code": self.code(),
            "seconds": self.seconds,
            "expectations": checks.collect::<Vec<_>>(),
            "error": self.broken.as_ref().map(|(message, _)| message),
        })
    }
}

/// The files that are named, and all .toml files of the folders and of those inside them, sorted.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        inside(path, &mut files)?;
        if files.len() == before {
            let message = format!("error: folder {} has no .toml file", path.display());
            return Err(Failure::Usage(message));
        }
        files[before..].sort();
    }
    Ok(files)
}

fn inside(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    let failed = |e| Failure::Usage(format!("error: cannot read folder {}: {e}", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        // Links to folders are left alone: they may lead in a circle.
        if entry.file_type().map_err(failed)?.is_dir() {
            inside(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
    Ok(())
}

pub(super) fn run(args: &Args, team: &Team) -> Outcome {
    start_on_hosts(team, &args.run)?;
    let own = if team.is_first() { files(&args.files) } else { Ok(Vec::new()) };
    let own = serde_json::to_string(&team.agree(own)?).unwrap_or_default();
    let files = team.broadcast(own.as_bytes())?;
    let files: Vec<PathBuf> = serde_json::from_slice(&files).unwrap_or_default();
    let junit_xml = args.junit.as_deref().filter(|_| team.is_first());
    let report =
        team.agree(junit_xml.map(TextOutput::create).transpose().map_err(Failure::from))?;
    let folder = if team.is_first() { TemporaryFolder::new(None).map(Some) } else { Ok(None) };
    let folder = folder.map_err(|e| Failure::Run(format!("temporary folder: {e}")));
    let folder = team.agree(folder)?;
    let folder = folder.as_ref().map_or(Path::new("."), TemporaryFolder::path);
    let stop = team.interrupted();
    let start = Instant::now();
    let mut all = Vec::new();
    for file in &files {
        let begin = Instant::now();
        let (checks, broken) = match test(args, team, file, folder, &stop) {
            Ok(checks) => (checks, None),
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            // The other processes cannot go on to the next file.
            Err(failure) if team.is_broken() => return Err(failure),
            Err(Failure::Usage(message)) => (Vec::new(), Some((message, 2))),
            Err(Failure::Run(message)) => (Vec::new(), Some((format!("error: {message}"), 1))),
            Err(Failure::Unmet | Failure::Told(_)) => {
                unreachable!("unmet expectations are listed")
            }
        };
        let seconds = begin.elapsed().as_secs_f64();
        let found = Found { name: file.display().to_string(), seconds, checks, broken };
        if !args.run.json && (!args.run.quiet || found.code() != 0) {
            team.agree(say(&found.text()))?;
        }
        all.push(found);
    }
    if let Some(mut report) = report {
        report.write(&junit("pylopsd", &all.iter().map(Found::case).collect::<Vec<_>>()))?;
        report.commit()?;
    }
    let failed = all.iter().filter(|f| f.code() != 0).count();
    if args.run.json {
        say(&format!(
            "{:#}\n",
            json!({
                "command": "test",
                "files": all.iter().map(Found::as_json).collect::<Vec<_>>(),
                "passed": all.len() - failed,
                "failed": failed,
                "seconds": start.elapsed().as_secs_f64(),
            })
        ))?;
    } else if !args.run.quiet {
        let plural = if all.len() == 1 { "" } else { "s" };
        let verdict = match failed {
            0 => "all ok".to_string(),
            n => format!("{n} FAILED"),
        };
        let seconds = start.elapsed().as_secs_f64();
        say(&format!("\n{} file{plural}, {verdict}, in {seconds:.2} s\n", all.len()))?;
    }
    let codes = || all.iter().map(Found::code);
    match codes().find(|c| *c == 3).or(codes().max()) {
        None | Some(0) => Ok(()),
        Some(code) => Err(Failure::Told(code)),
    }
}

/// What a file expects, and whether it holds.
fn test(
    args: &Args,
    team: &Team,
    file: &Path,
    folder: &Path,
    stop: &Arc<AtomicBool>,
) -> Result<Vec<(String, bool)>, Failure> {
    let file_args = FileArgs { file: file.to_path_buf(), set: args.set.clone() };
    // Where the file itself would run does not matter here.
    let here = RunArgs { hosts: Some(Vec::new()), out_dir: None, ..args.run.clone() };
    let mut problem = load_for(team, &file_args, &here, &[])?;
    let threads = session::threads(team, &problem, &args.run)?;
    if problem.solve.is_none() {
        return dot_tests(team, &problem, threads, args.run.ranks);
    }
    let method = method(&problem)?;
    team.agree(redirect(&mut problem, args, file, folder))?;
    let quiet = RunArgs { quiet: true, json: false, ..args.run.clone() };
    let pending = solving::solve(team, &problem, &method, &quiet, true, stop)?;
    solve::refuse_failed(&problem, &pending.solved)?;
    if pending.solved.stop == Stop::Interrupted {
        return Err(Failure::Interrupted);
    }
    let checks = expectations::check(team, &problem, &pending.solved)?;
    if args.run.out_dir.is_some() {
        pending.commit(team)?;
    }
    Ok(checks.iter().map(|c| (c.to_string(), c.holds)).collect())
}

/// Sends all outputs to another folder, so that nothing beside the problem file changes.
fn redirect(problem: &mut Problem, args: &Args, file: &Path, folder: &Path) -> Outcome {
    let folder = match (&args.run.out_dir, file.file_stem()) {
        (Some(out), Some(name)) => out.join(name),
        _ => folder.to_path_buf(),
    };
    let made = if speaks() { std::fs::create_dir_all(&folder) } else { Ok(()) };
    made.map_err(|e| {
        Failure::Usage(format!("error: folder {} cannot be made: {e}", folder.display()))
    })?;
    for output in &mut problem.outputs {
        let name = match output.path.file_name() {
            Some(name) if output.path != Path::new("-") => name.to_os_string(),
            _ => format!("{}.npy", output.name.name()).into(),
        };
        output.path = folder.join(name);
    }
    Ok(())
}

fn dot_tests(
    team: &Team,
    problem: &Problem,
    threads: usize,
    ranks: usize,
) -> Result<Vec<(String, bool)>, Failure> {
    let mut checks = Vec::new();
    for (name, op) in problem.operators() {
        let tested = dottest::test(team, op.as_ref(), 3, None, threads, ranks)?;
        checks.push((format!("dot test of {name}: {tested}"), tested.holds()));
    }
    let file = &problem.document.source.name;
    if checks.is_empty() {
        return Err(Failure::Usage(format!("error: {file} has neither a [solve] nor an operator")));
    }
    if !problem.expect.is_empty() {
        let message = format!("error: {file} expects something of a [solve], and has none");
        return Err(Failure::Usage(message));
    }
    Ok(checks)
}
