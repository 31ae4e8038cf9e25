//! A plan as a drawing: its arrays are nodes, its stages the lines between them.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::graph::Format;
use crate::plan::{Plan, Share, StoreId};

/// The stages of a plan in that format, under a name; with what `processes` processes exchange.
pub fn stages(name: &str, plan: &Plan, processes: usize, format: Format) -> String {
    match format {
        Format::Text => format!("{name}\n{plan}"),
        Format::Json => format!("{:#}\n", stages_json(name, plan)),
        Format::Dot => dot(name, plan, processes),
    }
}

/// The stages of a plan for programs.
pub fn stages_json(name: &str, plan: &Plan) -> Json {
    let stages: Vec<Json> = plan
        .stages
        .iter()
        .map(|stage| {
            let store = plan.store(stage.store);
            json!({
                "store": plan.store_name(stage.store.0),
                "dims": store.ty.dims,
                "dtype": store.ty.dtype.name(),
                "chunk": store.tiles.grid.chunk,
                "chunks": store.tiles.grid.len(),
                "reads": stage.reads.iter().map(|r| plan.store_name(r.0)).collect::<Vec<_>>(),
                "primitives": plan.fused(stage),
                "once": stage.once,
            })
        })
        .collect();
    json!({
        "name": name,
        "flop": plan.flops(),
        "bytes_moved": plan.bytes_moved(),
        "stages": stages,
    })
}

fn dot(name: &str, plan: &Plan, processes: usize) -> String {
    let shares: Vec<Share> = (0..processes).map(|rank| plan.share(rank, processes)).collect();
    let received = |stage: usize, store: StoreId| -> usize {
        let of = shares.iter().flat_map(|s| &s.exchanges);
        let parts = of.filter(|e| e.stage == stage && e.store == store).flat_map(|e| &e.receives);
        parts.map(|t| t.part.len() * plan.store(store).ty.dtype.size()).sum()
    };
    let mut out = format!(
        "digraph {name:?} {{\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n  \
         edge [fontname=\"sans-serif\"];\n"
    );
    let read = |k: usize| plan.stages.iter().any(|s| s.reads.contains(&StoreId(k)));
    for (k, store) in plan.stores.iter().enumerate() {
        let filled = plan.stages.iter().find(|s| s.store.0 == k);
        if filled.is_none() && !read(k) {
            continue;
        }
        let mut label = format!("{}\n{}", plan.store_name(k), store.ty);
        let mut style = ", style=rounded";
        if let Some(stage) = filled {
            let _ = write!(label, "\n{}", plan.fused(stage).join(" < "));
            style = "";
        }
        let _ = writeln!(out, "  n{k} [label={label:?}{style}];");
    }
    for (number, stage) in plan.stages.iter().enumerate() {
        for from in &stage.reads {
            let label = match received(number, *from) {
                0 => String::new(),
                n => format!(" [label=\"{} exchanged\"]", super::bytes(n as f64)),
            };
            let _ = writeln!(out, "  n{} -> n{}{label};", from.0, stage.store.0);
        }
    }
    out.push_str("}\n");
    out
}
