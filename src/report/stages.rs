//! A plan as a drawing: its arrays are nodes, its stages the lines between them.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::graph::Format;
use crate::plan::{Exchange, Plan, Share, StoreId, Transfer};
use crate::report::{bytes, partitions, table};

/// The stages of a plan in that format, under a name; with how `processes` processes share its arrays
/// and what they exchange.
pub fn stages(name: &str, plan: &Plan, processes: usize, format: Format) -> String {
    let shares = plan.shares(processes);
    let shares: Vec<Share> = (0..processes).map(|rank| shares.of(rank)).collect();
    match format {
        Format::Text => text(name, plan, &shares),
        Format::Json => format!("{:#}\n", json_of(name, plan, &shares)),
        Format::Dot => dot(name, plan, &shares),
    }
}

fn text(name: &str, plan: &Plan, shares: &[Share]) -> String {
    let mut text = format!("{name}\n{plan}");
    if shares.len() > 1 {
        text += &format!("\narrays, and how each of {} processes shares them\n", shares.len());
        text += &table(2, &partitions(plan, shares));
        text += "\nbytes that the busiest process sends / receives before a stage\n";
        let mut rows = Vec::new();
        for number in 0..plan.stages.len() {
            let of = |f: fn(&Exchange) -> &[Transfer]| {
                let own = |share: &Share| {
                    let own = share.exchanges.iter().filter(|e| e.stage == number);
                    own.map(|e| moved(plan, e, f(e))).sum::<usize>()
                };
                bytes(shares.iter().map(own).max().unwrap_or(0) as f64)
            };
            rows.push([format!("stage {number}"), of(|e| &e.sends), of(|e| &e.receives)]);
        }
        text += &table(2, &rows);
    }
    text
}

fn moved(plan: &Plan, e: &Exchange, transfers: &[Transfer]) -> usize {
    let elements: usize = transfers.iter().map(|t| t.part.len()).sum();
    elements * plan.store(e.store).ty.dtype.size()
}

fn json_of(name: &str, plan: &Plan, shares: &[Share]) -> Json {
    let mut json = stages_json(name, plan);
    if shares.len() > 1 {
        let rows = partitions(plan, shares).into_iter();
        let rows = rows.map(|[array, ty, how, most]| {
            json!({ "array": array, "type": ty, "shared": how, "most_held": most })
        });
        json["processes"] = shares.len().into();
        json["partition"] = rows.collect();
    }
    json
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

fn dot(name: &str, plan: &Plan, shares: &[Share]) -> String {
    let received = |stage: usize, store: StoreId| -> usize {
        let of = shares.iter().flat_map(|s| &s.exchanges);
        let of = of.filter(|e| e.stage == stage && e.store == store);
        of.map(|e| moved(plan, e, &e.receives)).sum()
    };
    let how: Vec<String> = match shares.len() {
        1 => Vec::new(),
        _ => partitions(plan, shares).into_iter().map(|[_, _, how, _]| how).collect(),
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
        if let Some(how) = how.get(k) {
            let _ = write!(label, "\n{how}");
        }
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
                n => format!(" [label=\"{} exchanged\"]", bytes(n as f64)),
            };
            let _ = writeln!(out, "  n{} -> n{}{label};", from.0, stage.store.0);
        }
    }
    out.push_str("}\n");
    out
}
