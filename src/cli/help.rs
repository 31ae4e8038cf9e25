//! `pylopsd help`: the help of commands, and `help format`, the reference of problem files.

use clap::CommandFactory;

use crate::cli::{Cli, CommandFailure, Outcome, say};
use crate::report::wrapped;
use crate::spec::{TABLES, TableHelp, function_names, nearest};

/// Print the help of a command, or with `format` the reference of problem files
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A command, or `format`
    topic: Option<String>,
}

/// Characters of a line of text.
const WIDTH: usize = 90;

pub(super) fn run(args: &Args) -> Outcome {
    let mut cli = Cli::command();
    cli.build();
    let Some(topic) = &args.topic else {
        return say(&cli.render_help().to_string());
    };
    if topic == "format" {
        return say(&format_text());
    }
    if let Some(command) = cli.find_subcommand_mut(topic) {
        return say(&command.render_long_help().to_string());
    }
    let names: Vec<String> = cli.get_subcommands().map(|c| c.get_name().to_string()).collect();
    let known = names.iter().map(String::as_str).chain(["format"]);
    let mut message = format!("error: there is no command `{topic}`");
    if let Some(meant) = nearest(topic, known) {
        message += &format!("; did you mean `{meant}`?");
    }
    Err(CommandFailure::Usage(message + "\n`pylopsd help` lists them all"))
}

/// Every table and key of a problem file.
fn format_text() -> String {
    let tables: Vec<String> = TABLES.iter().map(table_text).collect();
    tables.join("\n")
}

fn table_text(table: &TableHelp) -> String {
    let mut text = format!("{}\n", table.header);
    let functions = format!("Functions: {}", function_names().join(", "));
    let about = table.about.replace("FUNCTIONS", &functions);
    if !about.is_empty() {
        text += &wrapped(&about, 2, WIDTH);
    }
    for (key, value, meaning) in table.keys {
        text += &format!("\n  {key}  ({value})\n{}", wrapped(meaning, 6, WIDTH));
    }
    if !table.example.is_empty() {
        text.push('\n');
        table.example.lines().for_each(|line| text += &format!("    {}\n", line.trim_start()));
    }
    text
}
