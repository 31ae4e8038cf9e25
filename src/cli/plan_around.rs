//! Further solves before the programs of a plan, and outputs after them.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::{CommandFailure, check};
use crate::problem::{Output, Problem, Solve};
use crate::report::{bytes, rate, table};
use crate::run::System;

/// A further solve.
pub(super) struct Before<'a> {
    name: &'a str,
    solve: &'a Solve,
    /// FLOP and bytes moved of an iteration; a direct solve has none.
    iteration: Option<(f64, f64)>,
}

/// The further solves of a problem, in their order.
pub(super) fn before(problem: &Problem) -> Result<Vec<Before<'_>>, CommandFailure> {
    let mut all = Vec::new();
    for (name, solve) in &problem.solves {
        let plans = System::new(solve)?.plans()?;
        let programs = std::iter::once(&plans.forward).chain(&plans.adjoint);
        let cost = programs.fold((0.0, 0.0), |(f, b), p| (f + p.flops(), b + p.bytes_moved()));
        let iteration = solve.method.niter().map(|_| cost);
        all.push(Before { name, solve, iteration });
    }
    Ok(all)
}

pub(super) fn before_text(all: &[Before<'_>]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let row = |b: &Before<'_>| {
        let cost = b.iteration.map_or(String::new(), |(flop, moved)| {
            let space = if flop < 1e3 { " " } else { "" };
            format!("{}{space}FLOP, {} moved an iteration", rate(flop), bytes(moved))
        });
        [b.name.to_string(), check::solved(b.solve), cost]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    format!("\nfurther solves, before it\n{}", table(2, &rows))
}

pub(super) fn before_json(all: &[Before<'_>]) -> Vec<Json> {
    let one = |b: &Before<'_>| {
        json!({
            "name": b.name,
            "what": check::solved(b.solve),
            "solver": b.solve.method.name(),
            "niter": b.solve.method.niter().unwrap_or(0),
            "model": b.solve.model_type,
            "data": b.solve.data_type,
            "iteration": b.iteration.map(|(f, m)| json!({ "flop": f, "bytes_moved": m })),
        })
    };
    all.iter().map(one).collect()
}

/// What is at an output's place now: in words, and whether it will go.
fn there(output: &Output) -> (String, bool) {
    if output.path == Path::new("-") {
        return ("standard output".into(), false);
    }
    match output.path.metadata() {
        Ok(meta) if meta.is_dir() => ("overwrites a folder".into(), true),
        Ok(meta) => (format!("overwrites {}", bytes(meta.len() as f64)), true),
        Err(_) => ("new".into(), false),
    }
}

pub(super) fn outputs_text(problem: &Problem) -> String {
    if problem.outputs.is_empty() {
        return String::new();
    }
    let row = |o: &Output| {
        let ty = o.ty(problem.solve.as_ref()).map_or("text".to_string(), |ty| ty.to_string());
        [o.name.name().to_string(), ty, o.path.display().to_string(), there(o).0]
    };
    let rows: Vec<_> = problem.outputs.iter().map(row).collect();
    format!("\noutputs\n{}", table(2, &rows))
}

pub(super) fn outputs_json(problem: &Problem) -> Vec<Json> {
    let one = |o: &Output| {
        let ty = o.ty(problem.solve.as_ref());
        json!({
            "name": o.name.name(),
            "path": o.path,
            "shape": ty.as_ref().map(|t| t.dims.clone()),
            "dtype": ty.as_ref().map(|t| t.dtype.name()),
            "overwrites": there(o).1,
        })
    };
    problem.outputs.iter().map(one).collect()
}
