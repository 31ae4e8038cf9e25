//! A run from the equations to the written outputs, in every process of it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use crate::engine::{
    Block, Constants, Machine, Operators, Plans, Result, SharedOutput, Space, Spill, Vector,
};
use crate::graph::{Program, simplify, transpose};
use crate::operators;
use crate::problem::{self, Problem, Solve};
use crate::run::memory::{Divided, Memory};
use crate::run::outputs::{InTiles, Writer, Written, made_of, made_outputs, map};
use crate::run::system::System;
use crate::solvers::{Method, Monitor, Outcome, Stop, Task};
use crate::spec::OutputName;

/// A problem that has run.
#[derive(Debug)]
pub struct Solved {
    /// What was found.
    pub solution: Solution,
    /// By which solver; `None` if the problem has no `[solve]`.
    pub method: Option<Arc<dyn Method>>,
    /// What was planned.
    pub memory: Memory,
    /// Where arrays went that should not take memory.
    pub spill: Spill,
    /// Most bytes that a process held.
    pub peak_bytes: Option<u64>,
    /// Threads of each process.
    pub threads: usize,
    /// Processes.
    pub processes: usize,
    /// What was written.
    pub outputs: Vec<Written>,
}

/// The result of a run, without its arrays.
#[derive(Debug)]
pub struct Solution {
    /// Iterations done.
    pub iterations: usize,
    /// What ended them; [`Stop::Solved`] where there are none.
    pub stop: Stop,
    /// The further solves, which came first.
    pub further: Vec<Further>,
    /// Norm of the solver's residual before the first and after every iteration.
    pub cost: Vec<f64>,
    /// Norm of the data; of the solver's right-hand side in a run that failed.
    pub data_norm: f64,
    /// What rounding of the model makes of the residual at most; 0 if it is not known.
    pub rounding: f64,
    /// Other figures that the solver reports.
    pub figures: Vec<(&'static str, f64)>,
    /// Norm of the data minus what the operator makes of the model, computed at the end.
    pub residual_norm: f64,
    /// Where the time went.
    pub timings: Timings,
    /// What the run met that is probably not what was meant, each in one sentence.
    pub warnings: Vec<String>,
}

/// What a further solve did.
#[derive(Clone, Debug)]
pub struct Further {
    /// Its name.
    pub name: String,
    /// Iterations done.
    pub iterations: usize,
    /// What ended it.
    pub stop: Stop,
    /// With its plan and the reading of its arrays.
    pub seconds: f64,
}

/// Seconds of the parts of a run.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Timings {
    /// Plans, memory, reading of arrays.
    pub setup: f64,
    /// The further solves.
    pub solves: f64,
    /// The solver.
    pub solve: f64,
    /// The residual at the end, and writing.
    pub finish: f64,
}

impl Timings {
    /// All of them.
    pub fn total(&self) -> f64 {
        self.setup + self.solves + self.solve + self.finish
    }
}

/// One solve of a run, with its equations.
pub struct PreparedSolve<'a> {
    /// Its name; empty for `[solve]`.
    pub name: &'a str,
    /// What is solved.
    pub solve: &'a Solve,
    system: System,
}

/// The solves of a problem, the further ones first, as they run; and what it writes. Forward work has
/// outputs alone.
pub struct Run<'a> {
    further: Vec<PreparedSolve<'a>>,
    main: Option<PreparedSolve<'a>>,
    /// Outputs that operators make.
    made: Vec<&'a problem::Output>,
}

/// Where and how the arrays of a run lie and go.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    /// Where arrays go that should not take memory.
    pub spill: &'a Spill,
    /// The outputs.
    pub outputs: &'a [(OutputName, &'a SharedOutput)],
}

impl Solution {
    /// What a solver left.
    fn take(&mut self, outcome: Outcome) {
        self.iterations = outcome.iterations;
        self.stop = outcome.stop;
        self.cost = outcome.cost;
        self.data_norm = outcome.data_norm;
        self.rounding = outcome.rounding;
        self.figures = outcome.figures;
        self.warnings.extend(outcome.warnings);
    }
}

impl<'a> PreparedSolve<'a> {
    fn new((name, solve): (&'a str, &'a Solve)) -> Result<PreparedSolve<'a>> {
        Ok(PreparedSolve { name, solve, system: System::new(solve)? })
    }

    /// What some of `size` processes hold.
    fn memory(&self, threads: usize, ranks: Range<usize>, size: usize) -> Result<Vec<Memory>> {
        let (models, datas) = self.solve.method.vectors();
        let plans = self.system.plans()?;
        let divided = Divided::new(&plans, size);
        let memory = |rank| {
            let mut memory = divided.of(rank).memory(models, datas, threads);
            memory.add_arrays(self.solve.arrays(), threads);
            memory
        };
        Ok(ranks.map(memory).collect())
    }

    /// Solves; gives the model that the user asked for, and constants for what comes next. `setup` is
    /// told when the first iteration begins.
    fn iterate(
        &self,
        machine: &Machine,
        spill: &Spill,
        monitor: &mut dyn Monitor,
        setup: &mut dyn FnMut(),
    ) -> Result<(Outcome, InTiles, Constants)> {
        let system = &self.system;
        let ops = Operators::compile(system.plans()?, machine, spill)?;
        let rhs = |y: &mut Vector| system.write_rhs(machine, &ops, spill, y);
        let begin = |x: &mut Vector| system.write_start(machine, &ops, x);
        setup();
        let mut task = Task {
            machine,
            operators: &ops,
            rhs: &rhs,
            start: system.start.is_some().then_some(&begin as _),
            monitor,
        };
        let mut outcome = self.solve.method.solve(&mut task)?;
        let mut model = InTiles {
            store: outcome.model.stores.swap_remove(0),
            block: ops.model.blocks[0].clone(),
        };
        let mut constants = ops.into_constants();
        let model = match &system.recover {
            Some(program) if !outcome.stop.failed() => {
                map(machine, program, &mut model, &mut constants, spill)?
            }
            _ => model,
        };
        Ok((outcome, model, constants))
    }
}

impl PreparedSolve<'_> {
    /// Warnings that follow from the residual computed at the end.
    fn refuted(&self, found: &Solution) -> Option<Stop> {
        let (iteration, residual) = (found.iterations, found.residual_norm);
        if !residual.is_finite() {
            let array = "what the operator makes of the model";
            return Some(Stop::NotFinite { iteration, array });
        }
        // cg may pass through larger residuals; a penalty on a start is paid by the data.
        let falls = self.solve.method.falls() && self.solve.is_plain();
        let penalty = self.solve.method.damp() != 0.0 && self.solve.x0.is_some();
        let start = found.cost.first().copied().unwrap_or(f64::INFINITY);
        let grown = residual > 1.01 * start + 8.0 * found.rounding;
        (falls && !penalty && grown).then_some(Stop::Grown { iteration, start, residual })
    }

    /// Warns if a zero model fits the data better than the model, where only data are fit.
    fn worse_than_zero(&self, found: &Solution) -> Option<String> {
        let (residual, data) = (found.residual_norm, found.data_norm);
        let plain = self.solve.regularization.is_empty() && self.solve.weight.is_none();
        let rounding = if data == 0.0 { 8.0 * found.rounding } else { 0.0 };
        if !plain || self.solve.method.damp() != 0.0 || residual <= 1.001 * data + rounding {
            return None;
        }
        // Where the solver's own residual is far less, rounding of the model has spoilt it.
        let last = found.cost.last().copied().unwrap_or(0.0);
        let early = self.solve.normal_equations || last > residual / 2.0;
        let advice = match found.stop.remedy() {
            Some(remedy) if early => vec![remedy],
            _ => {
                let start = self.solve.x0.is_some();
                let single = !self.solve.model_type.dtype.is_double();
                let all = [
                    (start, "leave out `x0`"),
                    (found.stop == Stop::Iterations, "raise `niter`"),
                    (found.stop == Stop::Interrupted, "let it run on"),
                    (found.stop == Stop::Solved, "set `rcond`"),
                    (!start, "use another solver"),
                    (single, "compute in float64"),
                ];
                all.into_iter().filter(|(holds, _)| *holds).map(|(_, words)| words).collect()
            }
        };
        let advice = sentence(&advice);
        Some(format!(
            "the model fits the data worse than a zero model does: the norm of the residual is {residual:.3e}, of the \
             data {data:.3e}. {advice}"
        ))
    }
}

/// A sentence of things to do, of which one is enough.
fn sentence(all: &[&str]) -> String {
    let text = match all {
        [rest @ .., last] if !rest.is_empty() => format!("{}, or {last}", rest.join(", ")),
        _ => all.concat(),
    };
    text[..1].to_uppercase() + &text[1..]
}

impl<'a> Run<'a> {
    /// The run of a problem.
    pub fn new(problem: &'a Problem) -> Result<Run<'a>> {
        let further = problem.solves.iter().map(|(name, solve)| PreparedSolve::new((name, solve)));
        let further: Result<Vec<PreparedSolve<'_>>> = further.collect();
        let main = problem.solve.as_ref().map(|solve| PreparedSolve::new(("", solve)));
        Ok(Run { further: further?, main: main.transpose()?, made: made_outputs(problem) })
    }

    /// All solves, in the order of the models that outputs are made of.
    fn solves(&self) -> impl Iterator<Item = &PreparedSolve<'a>> {
        self.further.iter().chain(&self.main)
    }

    /// The program of the outputs that operators make; `None` if there are none.
    pub fn made(&self) -> Result<Option<Program>> {
        if self.made.is_empty() {
            return Ok(None);
        }
        let types: Vec<_> = self.solves().map(|p| p.solve.model_type.clone()).collect();
        Ok(Some(simplify(&made_of(&self.made, &types)?)?))
    }

    /// What some of `size` processes hold.
    pub fn memory(&self, threads: usize, ranks: Range<usize>, size: usize) -> Result<Vec<Memory>> {
        let mut all: Vec<Memory> = Vec::new();
        let mut then = |next: Vec<Memory>| match all.is_empty() {
            true => all = next,
            false => all.iter_mut().zip(next).for_each(|(a, b)| *a = a.or(&b)),
        };
        for prepared in self.solves() {
            then(prepared.memory(threads, ranks.clone(), size)?);
        }
        if let Some(made) = self.made()? {
            let plans = Plans::new(&made, None)?;
            let divided = Divided::new(&plans, size);
            then(ranks.map(|rank| divided.of(rank).memory(1, 1, threads)).collect());
        }
        let kept = self.further.iter().map(|p| p.solve.model_type.bytes().div_ceil(size)).sum();
        all.iter_mut().for_each(|memory| memory.add_vectors(kept));
        Ok(all)
    }

    /// Runs in one process of a run that began at `start`. `watch` gives the monitor of each solve; that
    /// of `[solve]` is returned.
    pub fn solve<M: Monitor>(
        &self,
        machine: &Machine,
        start: Instant,
        places: Places<'_>,
        watch: &dyn Fn(&PreparedSolve<'_>) -> M,
    ) -> Result<(Solution, Option<M>)> {
        let spill = places.spill;
        let mut monitor = self.main.as_ref().map(watch);
        let mut solution = Solution {
            iterations: 0,
            stop: Stop::Solved,
            further: Vec::new(),
            cost: Vec::new(),
            data_norm: f64::NAN,
            rounding: 0.0,
            figures: Vec::new(),
            residual_norm: f64::NAN,
            timings: Timings::default(),
            warnings: Vec::new(),
        };
        let mut models = Vec::new();
        for prepared in &self.further {
            let begin = Instant::now();
            let (outcome, model, _) =
                prepared.iterate(machine, spill, &mut watch(prepared), &mut || ())?;
            let said = outcome.warnings.iter().map(|w| format!("solve `{}`: {w}", prepared.name));
            solution.warnings.extend(said);
            let (stop, iterations) = (outcome.stop.clone(), outcome.iterations);
            let seconds = begin.elapsed().as_secs_f64();
            solution.timings.solves += seconds;
            let name = prepared.name.to_string();
            solution.further.push(Further { name, iterations, stop, seconds });
            if outcome.stop.failed() {
                solution.take(Outcome { warnings: Vec::new(), ..outcome });
                return Ok((solution, monitor));
            }
            models.push(model);
        }
        let solves = solution.timings.solves;
        let mut setup = 0.0;
        let mut ready = || setup = start.elapsed().as_secs_f64() - solves;
        let mut constants = Constants::default();
        match (&self.main, &mut monitor) {
            (Some(main), Some(monitor)) => {
                let (outcome, model, read) = main.iterate(machine, spill, monitor, &mut ready)?;
                models.push(model);
                constants = read;
                solution.take(outcome);
            }
            _ => {
                ready();
                let last = solution.further.iter().find(|f| f.stop == Stop::Interrupted);
                solution.stop = last.map_or(Stop::Solved, |f| f.stop.clone());
            }
        }
        solution.timings.setup = setup;
        solution.timings.solve = start.elapsed().as_secs_f64() - setup - solves;
        if !solution.stop.failed() {
            self.finish(machine, places, &mut solution, models, constants)?;
        }
        Ok((solution, monitor))
    }

    /// Writes the outputs that operators make, and those of `[solve]`.
    fn finish(
        &self,
        machine: &Machine,
        places: Places<'_>,
        solution: &mut Solution,
        mut models: Vec<InTiles>,
        mut constants: Constants,
    ) -> Result<()> {
        let Places { spill, outputs } = places;
        let mut writer = Writer { made: &self.made, outputs, spill, doubts: Vec::new() };
        writer.write_made(machine, &mut models, &mut constants)?;
        if let (Some(main), Some(model)) = (&self.main, models.pop()) {
            drop(models);
            main.finish(machine, &mut writer, solution, model, constants)?;
        }
        if !solution.stop.failed() {
            solution.warnings.extend(writer.doubts);
        }
        Ok(())
    }
}

impl PreparedSolve<'_> {
    /// Writes the outputs of a solve, and computes the residual of its model.
    fn finish(
        &self,
        machine: &Machine,
        writer: &mut Writer<'_>,
        solution: &mut Solution,
        mut model: InTiles,
        mut constants: Constants,
    ) -> Result<()> {
        let spill = writer.spill;
        writer.write(machine, &OutputName::Model, &model)?;
        let forward = simplify(&operators::program(self.solve.operator.as_ref())?)?;
        let predicted = map(machine, &forward, &mut model, &mut constants, spill)?;
        writer.write(machine, &OutputName::Predicted, &predicted)?;
        // residual = data - A model, from the data as they are stored.
        let block = &predicted.block;
        let space =
            Space { blocks: vec![Block { held: predicted.store.held().clone(), ..block.clone() }] };
        let mut data = machine.vector(&space, spill.scratch.as_deref())?;
        machine.read(block, &mut data.stores[0], &self.solve.data)?;
        if writer.wants(&OutputName::Adjoint) {
            let adjoint = simplify(&transpose(&forward)?)?;
            let mut held = InTiles { store: data.stores.swap_remove(0), block: block.clone() };
            let made = map(machine, &adjoint, &mut held, &mut constants, spill)?;
            data.stores.push(held.store);
            writer.write(machine, &OutputName::Adjoint, &made)?;
        }
        solution.data_norm = machine.norm(&space, &data)?;
        let predicted = Vector { stores: vec![predicted.store] };
        let squares = machine.update(&space, &mut data, 1.0, &predicted, -1.0)?;
        solution.residual_norm = machine.root(&space, &data, squares)?;
        if let Some(stop) = self.refuted(solution) {
            solution.stop = stop;
            return Ok(());
        }
        let worse = self.worse_than_zero(solution);
        solution.warnings.extend(worse);
        let residual = InTiles { store: data.stores.swap_remove(0), block: block.clone() };
        writer.write(machine, &OutputName::Residual, &residual)
    }
}
