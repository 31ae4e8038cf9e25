//! A program as text, as a drawing in the dot language, or as JSON.

use std::collections::HashSet;
use std::fmt::Write;

use serde_json::json;

use crate::graph::{NodeId, Program};

/// Format in which to print a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One line per node.
    Text,
    /// Graphviz.
    Dot,
    /// JSON, for other programs.
    Json,
}

/// Prints a program in a format, under a name.
pub fn render(name: &str, program: &Program, format: Format) -> String {
    let needed = program.needed();
    let outputs: HashSet<NodeId> = program.outputs.iter().copied().collect();
    let nodes =
        || program.graph.ids().filter(|id| needed[id.0]).map(|id| (id, program.graph.node(id)));
    let mut out = String::new();
    match format {
        Format::Text => {
            let _ = writeln!(out, "{name}");
            for (id, node) in nodes() {
                let from: Vec<String> = node.inputs.iter().map(|i| format!("%{}", i.0)).collect();
                let mark = if outputs.contains(&id) { "  -> output" } else { "" };
                let call = format!("{} {}", node.primitive.label(), from.join(", "));
                let _ = writeln!(out, "  %{:<4} {call:<36} {}{mark}", id.0, node.ty);
            }
        }
        Format::Dot => {
            let _ = writeln!(
                out,
                "digraph {name:?} {{\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];"
            );
            for (id, node) in nodes() {
                let label = format!("{}\n{}", node.primitive.label(), node.ty);
                let bold = if outputs.contains(&id) { ", penwidth=2" } else { "" };
                let _ = writeln!(out, "  n{} [label={label:?}{bold}];", id.0);
                for input in &node.inputs {
                    let _ = writeln!(out, "  n{} -> n{};", input.0, id.0);
                }
            }
            out.push_str("}\n");
        }
        Format::Json => {
            let list: Vec<_> = nodes()
                .map(|(id, node)| {
                    json!({
                        "id": id.0,
                        "primitive": node.primitive.label(),
                        "inputs": node.inputs.iter().map(|i| i.0).collect::<Vec<_>>(),
                        "dims": node.ty.dims,
                        "dtype": node.ty.dtype.name(),
                    })
                })
                .collect();
            let outputs: Vec<usize> = program.outputs.iter().map(|id| id.0).collect();
            let whole = json!({ "name": name, "nodes": list, "outputs": outputs });
            let _ = writeln!(out, "{whole:#}");
        }
    }
    out
}
