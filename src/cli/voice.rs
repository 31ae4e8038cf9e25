//! Everything that the program prints, and where: standard output carries data, the summary or one
//! JSON object; standard error all else.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ColorChoice;
use clap::error::{ContextKind, ErrorKind};
use serde_json::{Value as Json, json};

use crate::cli::{CommandFailure, Outcome, launch};

/// The arguments of a command that affect what it prints.
#[derive(Debug)]
pub(super) struct Asked {
    /// The command's name.
    pub(super) command: String,
    /// The problem file, if it reads one.
    pub(super) file: Option<String>,
    /// Whether it answers with one JSON object.
    pub(super) json: bool,
    /// Whether there are colours.
    pub(super) color: ColorChoice,
}

static ASKED: OnceLock<Asked> = OnceLock::new();
/// Whether this process speaks: one does for all.
static SPEAKS: AtomicBool = AtomicBool::new(true);
/// Whether standard output carries data.
static DATA: AtomicBool = AtomicBool::new(false);
/// Whether the JSON object has been printed.
static SAID: AtomicBool = AtomicBool::new(false);

/// Remembers what was asked; the first time counts.
pub(super) fn listen(asked: Asked) {
    // There is one command in a program's life.
    let _ = ASKED.set(asked);
}

/// Lets this process speak, or be silent, for all.
pub(super) fn speak(aloud: bool) {
    SPEAKS.store(aloud, Ordering::Relaxed);
}

fn speaks() -> bool {
    SPEAKS.load(Ordering::Relaxed)
}

/// Keeps standard output for data from now on; an error if it is a terminal.
pub(super) fn keep_for_data() -> Outcome {
    DATA.store(true, Ordering::Relaxed);
    // A launcher gives its processes a terminal of its own, and the program that starts it has looked.
    let own = launch::launched().is_none();
    if own && speaks() && std::io::stdout().is_terminal() {
        return Err(CommandFailure::Usage(
            "error: a .npy array would go to standard output, and standard output is a terminal; pipe it \
             to a program that reads .npy, as in `| pylopsd info -`, or name a file"
                .into(),
        ));
    }
    Ok(())
}

/// Whether other text would mix with the JSON object.
pub(super) fn only_json() -> bool {
    DATA.load(Ordering::Relaxed) && ASKED.get().is_some_and(|asked| asked.json)
}

/// A message on standard error, for all processes of a run.
pub(super) fn complain(message: &str) {
    if speaks() {
        complain_anyway(message);
    }
}

/// A message of this process; a closed standard error is no reason to fail.
pub(super) fn complain_anyway(message: &str) {
    // At once, so that no line of another process comes between.
    let _ = std::io::stderr().write_all(format!("{message}\n").as_bytes());
}

/// Text on standard output; a reader that left (as `head` does) ends the program quietly.
pub(super) fn say(text: &str) -> Outcome {
    if !speaks() {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CommandFailure::Run(format!("cannot write to standard output: {e}")))
        }
        _ => Ok(()),
    }
}

/// The JSON object of a command: on standard error where standard output carries data.
pub(super) fn say_json(object: &Json) -> Outcome {
    SAID.store(true, Ordering::Relaxed);
    if DATA.load(Ordering::Relaxed) {
        complain(&format!("{object:#}"));
        return Ok(());
    }
    say(&format!("{object:#}\n"))
}

/// Whether messages may have colours.
pub(super) fn colours() -> bool {
    match ASKED.get().map_or(ColorChoice::Auto, |asked| asked.color) {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => std::io::stderr().is_terminal() && takes_colours(),
    }
}

/// Whether a terminal here can show colours, and its user wants them.
fn takes_colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && is_able()
}

/// Whether the terminal can do more than show lines.
pub(super) fn is_able() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

/// Says why a command did not succeed, and gives its exit code.
pub(super) fn told(outcome: &Outcome) -> u8 {
    let Err(failure) = outcome else { return 0 };
    let code = failure.code();
    let json = ASKED.get().is_some_and(|asked| asked.json) && !SAID.load(Ordering::Relaxed);
    #[cfg(feature = "mpi")]
    if speaks() {
        launch::tell_of_a_reason();
    }
    if let Some(text) = failure.text() {
        if !only_json() {
            complain(text.trim_end());
        }
        if json {
            // What cannot be said cannot be complained of either.
            let _ = say_json(&as_json(failure));
        }
    }
    code
}

fn as_json(failure: &CommandFailure) -> Json {
    let asked = ASKED.get();
    json!({
        "command": asked.map(|a| &a.command),
        "file": asked.and_then(|a| a.file.as_ref()),
        "error": error(failure),
        "exit_code": failure.code(),
    })
}

/// What went wrong, for machines.
pub(super) fn error(failure: &CommandFailure) -> Json {
    let text = failure.text().unwrap_or_default();
    let message = match failure {
        CommandFailure::Mistakes { summary, .. } => summary.clone(),
        _ => text.trim_end().trim_start_matches("error: ").to_string(),
    };
    json!({
        "kind": failure.kind(),
        "message": message,
        "diagnostics": failure.diagnostics(),
    })
}

/// The command line that clap could not read: its own words, and JSON if that is asked for.
pub(super) fn refuse(error: &clap::Error) -> u8 {
    let words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let without = ["graph", "expand", "submit"];
    let command = words.iter().skip(1).find(|word| without.contains(&word.as_str()));
    let unknown = error.get(ContextKind::InvalidArg).is_some_and(|arg| arg.to_string() == "--json");
    match command.filter(|_| error.kind() == ErrorKind::UnknownArgument && unknown) {
        Some(command) => {
            let help =
                if command == "graph" { "; `--format json` prints the graph so" } else { "" };
            complain_anyway(&format!("error: `pylopsd {command}` has no --json{help}"));
        }
        // A closed stream is no reason to fail.
        None => drop(error.print()),
    }
    if error.use_stderr() && words.iter().any(|word| word == "--json") {
        let command = words.get(1).filter(|word| !word.starts_with('-')).cloned();
        listen(Asked {
            command: command.unwrap_or_default(),
            file: None,
            json: true,
            color: ColorChoice::Never,
        });
        let text = error.render().to_string();
        let _ = say_json(&as_json(&CommandFailure::Usage(text)));
    }
    u8::try_from(error.exit_code()).unwrap_or(2)
}

/// The colours of clap's own messages: `--color` must be known before clap reads the command line.
pub(super) fn color() -> ColorChoice {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = words.next() {
        let value = match word.as_str() {
            "--" => break,
            "--color" => words.next(),
            _ => word.strip_prefix("--color=").map(str::to_string),
        };
        if let Some(choice) = value.and_then(|v| v.parse().ok()) {
            return choice;
        }
    }
    // Left to itself, clap colours a dumb terminal where the variable CI is set.
    if takes_colours() { ColorChoice::Auto } else { ColorChoice::Never }
}

/// What a problem file is called.
pub(super) fn shown(path: &Path) -> String {
    match path == Path::new("-") {
        true => crate::spec::STANDARD_INPUT.into(),
        false => path.display().to_string(),
    }
}
