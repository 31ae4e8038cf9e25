//! `pylopsd test`: every file and its expectations, like a test runner.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::cli::common::{FileArgs, RunArgs, checked, claim, listed, warn_of_run};
use crate::cli::inputs::{InputUse, load_for, start_on_hosts};
use crate::cli::team::Team;
use crate::cli::{CommandFailure, Outcome, dottest, say, say_json, session, solve, solving, voice};
use crate::io::{TemporaryFolder, TextOutput, os_words};
use crate::problem::{Guard, Problem};
use crate::report::{Case, Verdict, junit};
use crate::solvers::Stop;
use crate::spec::{Document, SourceText};

/// Run problem files and check their expectations; dot-test the operators of files that run nothing
///
/// Outputs are discarded, unless --out-dir names a folder: each file then gets a subfolder of its
/// name. The exit code is 3 if an expectation failed, else 2 if a file has mistakes, else 1 if a run
/// failed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Problem files, or folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Override a key of every file, as in --set solve.niter=20
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Also write the results as JUnit XML
    #[arg(long, value_name = "OUT.xml")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

impl Args {
    pub(super) fn json(&self) -> bool {
        self.run.json
    }
}

/// The results of a file that ran.
#[derive(Default)]
struct RanFile {
    /// Every expectation, and whether it holds.
    checks: Vec<(String, bool)>,
    /// Warnings of the file and of its run.
    warnings: Vec<String>,
}

/// The results of one file.
struct TestedFile {
    name: String,
    seconds: f64,
    tested: RanFile,
    /// What kept it from running.
    broken: Option<CommandFailure>,
    /// Why it was not run.
    skipped: Option<String>,
}

impl TestedFile {
    fn unmet(&self) -> impl Iterator<Item = &str> {
        self.tested.checks.iter().filter(|(_, holds)| !holds).map(|(text, _)| text.as_str())
    }

    fn code(&self) -> u8 {
        match &self.broken {
            Some(failure) => failure.code(),
            None if self.unmet().next().is_some() => 3,
            None => 0,
        }
    }

    /// What is wrong, in lines.
    fn wrong(&self) -> String {
        match &self.broken {
            Some(failure) => failure.text().unwrap_or_default(),
            None => self.unmet().collect::<Vec<_>>().join("\n"),
        }
    }

    fn text(&self) -> String {
        if let Some(why) = &self.skipped {
            return format!("{} ... skipped: {why}\n", self.name);
        }
        let verdict = if self.code() == 0 { "ok" } else { "FAILED" };
        let nothing = self.code() == 0 && self.tested.checks.is_empty();
        let note = if nothing { ", no expectations" } else { "" };
        let mut text = format!("{} ... {verdict} ({:.2} s{note})\n", self.name, self.seconds);
        for line in self.wrong().lines() {
            text += format!("    {line}").trim_end();
            text.push('\n');
        }
        text
    }

    fn case(&self) -> Case {
        let verdict = match self.code() {
            0 => self.skipped.clone().map_or(Verdict::Passed, Verdict::Skipped),
            3 => Verdict::Failed(self.wrong()),
            _ => Verdict::Broken(self.wrong()),
        };
        Case { name: self.name.clone(), seconds: self.seconds, verdict }
    }

    fn as_json(&self) -> Json {
        let checks = self.tested.checks.iter();
        let checks = checks.map(|(text, holds)| json!({"text": text, "holds": holds}));
        json!({
            "file": self.name,
            "ok": self.code() == 0 && self.skipped.is_none(),
            "exit_code": self.code(),
            "seconds": self.seconds,
            "expectations": checks.collect::<Vec<_>>(),
            "warnings": self.tested.warnings,
            "error": self.broken.as_ref().and_then(CommandFailure::text),
            "diagnostics": self.broken.as_ref().map(CommandFailure::diagnostics).unwrap_or_default(),
            "skipped": self.skipped,
        })
    }
}

/// The files that are named, and all .toml files of the folders and of those inside them, sorted.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, CommandFailure> {
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
            return Err(CommandFailure::Usage(message));
        }
        files[before..].sort();
    }
    Ok(files)
}

fn inside(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    let failed =
        |e| CommandFailure::Usage(format!("error: cannot read folder {}: {e}", folder.display()));
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
    let mut guard = Guard::default();
    files.iter().for_each(|file| guard.read(file, "a problem file"));
    team.agree(args.junit.as_deref().map_or(Ok(()), |path| claim(&mut guard, path, "--junit")))?;
    let report =
        team.agree(junit_xml.map(TextOutput::create).transpose().map_err(CommandFailure::from))?;
    let folder = if team.is_first() { TemporaryFolder::new(None).map(Some) } else { Ok(None) };
    let folder =
        folder.map_err(|e| CommandFailure::Run(format!("cannot create a temporary folder: {e}")));
    let folder = team.agree(folder)?;
    let thrown_away = folder.as_ref().map_or(Path::new("."), TemporaryFolder::path);
    let stop = team.interrupted();
    let start = Instant::now();
    let mut all = Vec::new();
    for file in &files {
        let begin = Instant::now();
        let skipped = skipped(team, args, file)?;
        let mut clash = None;
        let folder = folder_of(args, file, &files, thrown_away);
        let (tested, broken) = match &skipped {
            Some(_) => (RanFile::default(), None),
            None => match test(args, team, file, &folder, &stop, &mut clash) {
                Ok(tested) => (tested, None),
                Err(CommandFailure::Interrupted) => return Err(CommandFailure::Interrupted),
                // The other processes cannot go on to the next file.
                Err(failure) if team.is_broken() => return Err(failure),
                Err(CommandFailure::Unmet) => unreachable!("unmet expectations are listed"),
                Err(failure) => (RanFile::default(), Some(failure)),
            },
        };
        if let Some(failure) = clash {
            return Err(failure);
        }
        let seconds = begin.elapsed().as_secs_f64();
        let found =
            TestedFile { name: file.display().to_string(), seconds, tested, broken, skipped };
        if !args.run.json && (!args.run.quiet || found.code() != 0) {
            team.agree(say(&found.text()))?;
        }
        all.push(found);
    }
    if let Some(mut report) = report {
        report.write(&junit("pylopsd", &all.iter().map(TestedFile::case).collect::<Vec<_>>()))?;
        report.commit()?;
    }
    let seconds = start.elapsed().as_secs_f64();
    if args.run.json {
        say_json(&all_json(&all, seconds))?;
    } else if !args.run.quiet {
        say(&last_lines(&all, seconds))?;
    }
    let codes = || all.iter().map(TestedFile::code);
    match codes().find(|c| *c == 3).or(codes().max()) {
        None | Some(0) => Ok(()),
        Some(code) => Err(CommandFailure::Told(code)),
    }
}

fn count(all: &[TestedFile]) -> (usize, usize) {
    let failed = all.iter().filter(|f| f.code() != 0).count();
    (failed, all.iter().filter(|f| f.skipped.is_some()).count())
}

fn all_json(all: &[TestedFile], seconds: f64) -> Json {
    let (failed, skipped) = count(all);
    json!({
        "command": "test",
        "files": all.iter().map(TestedFile::as_json).collect::<Vec<_>>(),
        "passed": all.len() - failed - skipped,
        "failed": failed,
        "skipped": skipped,
        "seconds": seconds,
    })
}

/// The names of failed files, and the number of files by result.
fn last_lines(all: &[TestedFile], seconds: f64) -> String {
    let (failed, skipped) = count(all);
    let mut text = String::from("\n");
    if failed > 0 {
        text += "failures:\n";
        for found in all.iter().filter(|f| f.code() != 0) {
            text += &format!("    {}\n", found.name);
        }
        text.push('\n');
    }
    let plural = if all.len() == 1 { "" } else { "s" };
    let verdict = match (failed, skipped) {
        (0, 0) => "all ok".to_string(),
        (0, s) => format!("none failed, {s} skipped"),
        (n, 0) => format!("{n} FAILED"),
        (n, s) => format!("{n} FAILED, {s} skipped"),
    };
    text + &format!("{} file{plural}, {verdict}, in {seconds:.2} s\n", all.len())
}

/// Why a problem is skipped: a file of its `[fetch]` is missing. Process 0 checks.
fn skipped(team: &Team, args: &Args, file: &Path) -> Result<Option<String>, CommandFailure> {
    let own = if team.is_first() { not_here(args, file) } else { None };
    let told = team.broadcast(own.unwrap_or_default().as_bytes())?;
    let told = String::from_utf8_lossy(&told).into_owned();
    Ok((!told.is_empty()).then_some(told))
}

fn not_here(args: &Args, file: &Path) -> Option<String> {
    if file == Path::new("-") {
        return None;
    }
    // Whatever is wrong with the file is said when it is run.
    let source = SourceText::read(file).ok()?;
    let (document, mistakes) = Document::parse_partly(source, &args.set);
    let document = document.filter(|_| mistakes.is_empty())?;
    let gone = |path: &str| !document.folder().join(path).exists();
    let (name, from) = document.fetch.iter().find(|(name, _)| gone(&name.value))?;
    Some(format!("{} is missing; fetch it from {from}", name.value))
}

/// Where a file's outputs go: into a folder of its name, which is its path where another has that name.
fn folder_of(args: &Args, file: &Path, files: &[PathBuf], thrown_away: &Path) -> PathBuf {
    let Some(out) = &args.run.out_dir else { return thrown_away.to_path_buf() };
    let twins = files.iter().filter(|other| other.file_stem() == file.file_stem()).count();
    if twins <= 1 {
        return out.join(file.file_stem().unwrap_or_default());
    }
    let path = file.with_extension("");
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
    out.join(parts.collect::<PathBuf>())
}

/// The expectations of a file, and whether they hold; prints its warnings at once.
fn test(
    args: &Args,
    team: &Team,
    file: &Path,
    folder: &Path,
    stop: &Arc<AtomicBool>,
    clash: &mut Option<CommandFailure>,
) -> Result<RanFile, CommandFailure> {
    let file_args = FileArgs { file: file.to_path_buf(), set: args.set.clone() };
    // Where the file itself would run does not matter here.
    let here = RunArgs { hosts: Some(Vec::new()), out_dir: None, ..args.run.clone() };
    let mut problem = load_for(team, &file_args, &here, &InputUse::default())?;
    if let Some(path) = &args.junit {
        *clash = team.agree(claim(&mut problem.guard(), path, "--junit")).err();
    }
    let threads = session::threads(team, &problem, &args.run)?;
    if problem.solve.is_none() && problem.outputs.is_empty() {
        let checks = dot_tests(team, &problem, threads, args.run.ranks)?;
        return Ok(RanFile { checks, warnings: listed(&problem, &[]) });
    }
    team.agree(redirect(team, &mut problem, args, folder))?;
    let quiet = RunArgs { quiet: true, json: false, ..args.run.clone() };
    let pending = solving::solve(team, &problem, &quiet, true, stop)?;
    solve::refuse_failed(&problem, &pending.solved)?;
    if pending.solved.solution.stop == Stop::Interrupted {
        return Err(CommandFailure::Interrupted);
    }
    let checks = checked(team, &problem, &pending.solved)?;
    let warnings = pending.solved.solution.warnings.clone();
    if args.run.out_dir.is_some() {
        pending.commit(team)?;
    }
    let said: Vec<String> =
        warnings.iter().map(|w| format!("{}: {w}", voice::shown(file))).collect();
    warn_of_run(&said, &args.run);
    Ok(RanFile {
        checks: checks.iter().map(|c| (c.to_string(), c.holds)).collect(),
        warnings: listed(&problem, &warnings),
    })
}

/// Sends all outputs to another folder, so that nothing beside the problem file changes.
fn redirect(team: &Team, problem: &mut Problem, args: &Args, folder: &Path) -> Outcome {
    let mut guard = problem.guard();
    args.junit.iter().for_each(|path| guard.read(path, "the results of --junit"));
    let mut taken: Vec<OsString> = Vec::new();
    for output in &mut problem.outputs {
        let own = output.name.name();
        let mut name = match output.path.file_name() {
            Some(name) if output.path != Path::new("-") => name.to_os_string(),
            _ => format!("{own}.npy").into(),
        };
        // Outputs of one name in several folders come together here.
        if taken.contains(&name) {
            name = format!("{own}-{}", name.display()).into();
        }
        output.path = folder.join(&name);
        taken.push(name);
        claim(&mut guard, &output.path, &format!("output `{own}`"))?;
    }
    let made = if team.is_first() { std::fs::create_dir_all(folder) } else { Ok(()) };
    made.map_err(|e| {
        let words = os_words(&e);
        CommandFailure::Usage(format!("error: folder {} cannot be made: {words}", folder.display()))
    })
}

fn dot_tests(
    team: &Team,
    problem: &Problem,
    threads: usize,
    ranks: usize,
) -> Result<Vec<(String, bool)>, CommandFailure> {
    let mut checks = Vec::new();
    for (name, op) in problem.operators() {
        let tested = dottest::test(team, op.as_ref(), 3, None, threads, ranks)?;
        checks.push((format!("dot test of {name}: {tested}"), tested.holds()));
    }
    let file = &problem.document.source.name;
    if checks.is_empty() {
        return Err(CommandFailure::Usage(format!(
            "error: {file} has no [solve], no [outputs] and no operator"
        )));
    }
    Ok(checks)
}
