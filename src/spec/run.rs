//! `[run]` and `[outputs]`.

use std::sync::Arc;

use super::apply::{self, ApplySpec};
use super::arrays::reshape;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::hosts::{HOST, Host, parse_host};
use super::node::{NodeValue, TomlNode};
use super::reader::{self, Reader, wrong};
use super::source::{Span, Spanned};
use crate::scalar::DType;

/// Most threads per process; more would only wait for each other.
pub const MOST_THREADS: usize = 1024;

/// The `[run]` table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSpec {
    /// Threads of a process; at least 1.
    pub threads: Option<Spanned<usize>>,
    /// Bytes of memory of a process.
    pub memory: Option<Spanned<u64>>,
    /// Folder of scratch files.
    pub scratch: Option<Spanned<String>>,
    /// Where it runs; on this machine alone if there are none.
    pub hosts: Vec<Spanned<Host>>,
}

/// What a solve can write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OutputName {
    /// The solution.
    Model,
    /// Data minus what the operator makes of the model.
    Residual,
    /// The operator on the model.
    Predicted,
    /// The adjoint on the data.
    Adjoint,
    /// Iterations as CSV.
    History,
    /// An output that the file defines under a name of its own.
    Named(Arc<str>),
}

impl OutputName {
    /// Every output that a solve has by itself.
    pub const ALL: [OutputName; 5] = [
        OutputName::Model,
        OutputName::Residual,
        OutputName::Predicted,
        OutputName::Adjoint,
        OutputName::History,
    ];

    /// The key in `[outputs]`.
    pub fn name(&self) -> &str {
        match self {
            OutputName::Model => "model",
            OutputName::Residual => "residual",
            OutputName::Predicted => "predicted",
            OutputName::Adjoint => "adjoint",
            OutputName::History => "history",
            OutputName::Named(name) => name,
        }
    }
}

/// One output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// What is written.
    pub name: Spanned<OutputName>,
    /// Where to, relative to the problem file's folder; `-` is standard output.
    pub path: Spanned<String>,
    /// Element type to write.
    pub dtype: Option<Spanned<DType>>,
    /// Other dims of the same samples, with -1 for the length that is left from the rest.
    pub reshape: Option<Spanned<Vec<i64>>>,
    /// What it is, if it has a name of its own.
    pub apply: Option<ApplySpec>,
    /// Place of the path or table.
    pub span: Span,
}

/// Reads `[run]`.
pub(super) fn read_run(node: &TomlNode, out: &mut Diagnostics) -> RunSpec {
    let Some(table) = node.as_table() else {
        out.push(wrong(node, "run", "a table"));
        return RunSpec::default();
    };
    let mut r = Reader::new(table, "`[run]`", out);
    let threads = r.read("threads", |node, key| match reader::count(node, key) {
        Ok(n) if (1..=MOST_THREADS).contains(&n.value) => Ok(n),
        _ => Err(wrong(node, key, &format!("an integer from 1 to {MOST_THREADS}"))),
    });
    let memory = r.read("memory", memory);
    let scratch = r.read("scratch", reader::name);
    let hosts = r.read("hosts", hosts).unwrap_or_default();
    r.not_yet("checkpoint");
    r.finish();
    RunSpec { threads, memory, scratch, hosts }
}

fn hosts(node: &TomlNode, key: &str) -> Result<Vec<Spanned<Host>>, Diagnostic> {
    let NodeValue::Array(nodes) = &node.value else {
        return Err(wrong(node, key, "a list of hosts, such as [\"node1:2\", \"node2:2\"]"));
    };
    let host = |node: &TomlNode| match node.as_str().and_then(parse_host) {
        Some(host) => Ok(Spanned::new(host, node.span.clone())),
        None => Err(wrong(node, key, HOST)),
    };
    nodes.iter().map(host).collect()
}

fn memory(node: &TomlNode, key: &str) -> Result<Spanned<u64>, Diagnostic> {
    let bytes = match &node.value {
        NodeValue::Integer(n) => u64::try_from(*n).ok().filter(|&n| n > 0),
        NodeValue::String(text, _) => match parse_size(text) {
            Some(bytes) => Some(bytes),
            None => match node.integer() {
                Err(mistake) if node.names_params() => return Err(mistake),
                found => {
                    found.ok().flatten().and_then(|n| u64::try_from(n).ok()).filter(|&n| n > 0)
                }
            },
        },
        _ => None,
    };
    bytes
        .map(|b| Spanned::new(b, node.span.clone()))
        .ok_or_else(|| wrong(node, key, "a size such as \"16GiB\" or \"500MB\""))
}

/// Bytes of a size: `16GiB`, `500MB`, `1.5 GiB`, `4096`. `None` if it is not a positive one.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..split].parse().ok()?;
    let unit: u64 = match text[split..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1000_u64.pow(2),
        "gb" => 1000_u64.pow(3),
        "tb" => 1000_u64.pow(4),
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    let bytes = number * unit as f64;
    (bytes >= 1.0 && bytes < u64::MAX as f64).then_some(bytes as u64)
}

/// Reads `[outputs]`; with an application (`open`) other names are its own.
pub(super) fn read_outputs(node: &TomlNode, open: bool, out: &mut Diagnostics) -> Vec<OutputSpec> {
    let Some(table) = node.as_table() else {
        out.push(wrong(node, "outputs", "a table"));
        return Vec::new();
    };
    let mut outputs = Vec::new();
    for (key, node) in &table.entries {
        let own = node.as_table().is_some_and(|table| table.get("apply").is_some());
        let name = OutputName::ALL.into_iter().find(|n| n.name() == key.value);
        match name.or_else(|| own.then(|| OutputName::Named(key.value.as_str().into()))) {
            Some(name) => {
                let name = Spanned::new(name, key.span.clone());
                outputs.extend(read_output(name, node, out));
            }
            None if key.value == "report" => out.push(reader::not_yet("report", key.span.clone())),
            None if open => {}
            None => {
                let names = OutputName::ALL.each_ref().map(OutputName::name);
                out.push(
                    Diagnostic::new(
                        key.span.clone(),
                        format!("unknown output `{}`", key.value),
                        "neither an output of a solve nor defined by `apply`",
                    )
                    .did_you_mean(&key.value, &names),
                );
            }
        }
    }
    outputs
}

fn read_output(
    name: Spanned<OutputName>,
    node: &TomlNode,
    out: &mut Diagnostics,
) -> Option<OutputSpec> {
    let key = name.value.name().to_string();
    let key = key.as_str();
    let span = node.span.clone();
    match &node.value {
        NodeValue::String(..) => {
            let path = out.take(reader::name(node, key))?;
            Some(OutputSpec { name, path, dtype: None, reshape: None, apply: None, span })
        }
        NodeValue::Table(table) => {
            let mut r = Reader::new(table, format!("output `{key}`"), out);
            let path = r.require("path", reader::name);
            let dtype = r.read("dtype", reader::dtype);
            let reshape = r.read("reshape", reshape);
            let apply = match (&name.value, table.get("apply")) {
                (OutputName::Named(_), Some(_)) => {
                    let node = r.node("apply")?;
                    Some(apply::read(node, r.out))
                }
                (_, Some(_)) => {
                    let node = r.node("apply")?;
                    let message = format!("`{key}` is an output of the solve and takes no `apply`");
                    let label = "choose another name";
                    r.out.push(Diagnostic::new(node.span.clone(), message, label));
                    None
                }
                _ => None,
            };
            r.finish();
            let apply = match apply {
                Some(read) => Some(read?),
                None => None,
            };
            Some(OutputSpec { name, path: path?, dtype, reshape, apply, span })
        }
        _ => {
            out.push(wrong(node, key, "a path, or a table with a `path`"));
            None
        }
    }
}
