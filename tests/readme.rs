//! What README.md says is so: its commands run, its tables name what there is.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

fn run(arguments: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pylopsd"));
    command.current_dir(root()).args(arguments);
    if ["solve", "test"].contains(&arguments[0]) {
        command.arg("--out-dir").arg(out);
    }
    command.output().unwrap()
}

/// Lines of fenced blocks of `console` and `sh`, without prompts.
fn commands(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside && ["```sh", "```console"].contains(&line);
        } else if inside && !line.starts_with(' ') {
            let line = line.trim_start_matches("$ ").split(" #").next().unwrap().trim();
            found.push(line.to_string());
        }
    }
    found
}

#[test]
fn every_command_of_the_readme_runs() {
    let folder = TempDir::new().unwrap();
    let mut ran = 0;
    for line in commands(&readme()) {
        if line == "bash tests/run" {
            assert!(root().join("tests/run").is_file());
            continue;
        }
        let cargo = line.strip_prefix("cargo run --release -- ");
        let Some(arguments) = cargo.or(line.strip_prefix("pylopsd ")) else { continue };
        if arguments.contains('|') || arguments.contains("my.toml") {
            continue;
        }
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let output = run(&arguments, folder.path());
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
        ran += 1;
    }
    assert!(ran >= 4, "the README's commands have moved: {ran}");
}

#[test]
fn the_problem_of_the_readme_is_the_one_it_prints() {
    let text = readme();
    let block = |mark: &str| {
        let start = text.find(mark).unwrap_or_else(|| panic!("no {mark} block")) + mark.len();
        text[start..].split("```").next().unwrap().trim_start_matches('\n').to_string()
    };
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("line.toml"), block("```toml\n")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_pylopsd"))
        .current_dir(folder.path())
        .args(["solve", "line.toml"])
        .output()
        .unwrap();
    let steady = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|l| !l.starts_with("  time") && !l.starts_with("  memory"));
        lines.map(str::to_string).collect()
    };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(steady(&printed), steady(&block("```text\n")), "{printed}");
}

#[test]
fn the_readme_names_every_command() {
    let folder = TempDir::new().unwrap();
    let help = String::from_utf8(run(&["--help"], folder.path()).stdout).unwrap();
    let text = readme();
    let inside = help.lines().skip_while(|l| *l != "Commands:").skip(1);
    let mut seen = 0;
    for line in inside.take_while(|l| !l.is_empty()) {
        let name = line.split_whitespace().next().unwrap();
        assert!(name == "help" || text.contains(&format!("`pylopsd {name} ")), "{name} is missing");
        seen += 1;
    }
    assert!(seen > 10, "{help}");
}

/// What a command lists as not there yet.
fn not_there_yet(command: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let text = String::from_utf8(run(&[command], folder.path()).stdout).unwrap();
    let list = text.split("Not supported yet: ").nth(1).unwrap().split('.').next().unwrap();
    list.split([',', '\n', ' ']).filter(|n| !n.is_empty()).map(str::to_string).collect()
}

#[test]
fn the_readme_lists_what_is_not_there_yet() {
    let text = readme();
    let section =
        text.split("## Not supported yet\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let names = section.split('`').skip(1).step_by(2);
    let named: Vec<&str> = names.filter(|n| !n.starts_with("--") && !n.contains(' ')).collect();
    let listed: Vec<String> =
        ["ops", "solvers"].iter().flat_map(|command| not_there_yet(command)).collect();
    assert!(listed.len() > 10, "{listed:?}");
    assert_eq!(named, listed);
    let there = ["ops", "solvers"].map(|command| {
        String::from_utf8(run(&[command], TempDir::new().unwrap().path()).stdout).unwrap()
    });
    for name in &listed {
        let row = format!("{name} ");
        let is_there = there.iter().any(|text| text.lines().any(|line| line.starts_with(&row)));
        assert!(!is_there, "{name} is there");
    }
}

#[test]
fn the_readme_lists_names_that_are_others_here() {
    let text = readme();
    let table = text.split("Some names are others here:\n").nth(1).unwrap();
    let rows = table.lines().skip(3).take_while(|line| line.starts_with('|'));
    let written: Vec<(String, String)> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').splitn(2, '|').map(str::trim).collect();
            (cells[0].trim_matches('`').to_string(), cells[1].to_string())
        })
        .collect();
    let folder = TempDir::new().unwrap();
    let listed = run(&["ops", "--json"], folder.path()).stdout;
    let listed: serde_json::Value = serde_json::from_slice(&listed).unwrap();
    let listed = listed["here_as"].as_array().unwrap().iter();
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_string();
    let listed: Vec<_> = listed.map(|row| (word(&row["name"]), word(&row["here"]))).collect();
    assert!(listed.len() > 5 && written == listed, "{written:?}\n{listed:?}");
    let text = String::from_utf8(run(&["ops"], folder.path()).stdout).unwrap();
    for (name, here) in &listed {
        assert!(text.contains(name) && text.contains(here), "{text}");
    }
}
