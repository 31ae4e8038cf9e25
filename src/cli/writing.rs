//! What a run writes: the solution and what follows from it, and what operators make of solutions and of
//! arrays.

use std::path::PathBuf;

use crate::cli::Failure;
use crate::cli::places::Place;
use crate::cli::team::Team;
use crate::engine::{After, Block, Compiled, Constants, Machine, Spill, Store};
use crate::graph::{Program, Value};
use crate::io::{Narrowed, TextOutput};
use crate::problem::{self, Problem};
use crate::space::ArrayType;
use crate::spec::OutputName;

/// An output that is complete, at its place or ready to be.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) name: OutputName,
    pub(super) path: PathBuf,
    /// Where its data are now; `None` for text.
    pub(super) part: Option<PathBuf>,
    pub(super) ty: Option<ArrayType>,
    pub(super) sha256: Option<String>,
}

/// What process 0 has written, with the history, whose text is complete then.
pub(super) fn finished(
    team: &Team,
    places: &[(OutputName, Place)],
    history: Option<(PathBuf, TextOutput)>,
    csv: &str,
    digest: bool,
) -> Result<(Vec<Written>, Option<TextOutput>), Failure> {
    let mut written = Vec::new();
    for (name, place) in places {
        let Some(file) = place.own().filter(|_| team.is_first()) else { continue };
        written.push(Written {
            name: name.clone(),
            path: place.path.clone(),
            part: Some(file.part().to_path_buf()),
            ty: Some(file.ty().clone()),
            sha256: if digest { Some(file.sha256()?) } else { None },
        });
    }
    let Some((path, mut text)) = history.filter(|_| team.is_first()) else {
        return Ok((written, None));
    };
    text.write(csv)?;
    let name = OutputName::History;
    written.push(Written { name, path, part: None, ty: None, sha256: None });
    Ok((written, Some(text)))
}

/// The program of outputs that are made of solutions, of those types, and of arrays.
pub(super) fn made_of(
    outputs: &[&problem::Output],
    types: &[ArrayType],
) -> crate::graph::Result<Program> {
    Value::program(types, |inputs| {
        let value = |output: &&problem::Output| {
            let Some(made) = &output.made else { unreachable!("made outputs say how") };
            match &made.of {
                problem::Source::Model => made.applied.value(&inputs[0]),
                problem::Source::Solve(k) => made.applied.value(&inputs[k + 1]),
                problem::Source::Array(array) => made.applied.value(&inputs[0].constant(array)),
            }
        };
        outputs.iter().map(value).collect()
    })
}

/// The outputs that operators make.
pub(super) fn made_outputs(problem: &Problem) -> Vec<&problem::Output> {
    problem.outputs.iter().filter(|o| o.made.is_some()).collect()
}

/// An array in the tiles that it was computed in.
pub(super) struct Held {
    pub(super) store: Store,
    pub(super) block: Block,
}

/// What is to be said of an array that was written.
pub(super) fn doubts(what: &str, written: &Narrowed, ty: &ArrayType) -> Vec<String> {
    let (all, dtype) = (ty.len(), ty.dtype.real());
    let Narrowed { vanished, not_finite, .. } = *written;
    let small = (vanished > 0).then(|| {
        format!("{what}: {vanished} of {all} values are not zero and became zero as {dtype}")
    });
    let wild = (not_finite > 0)
        .then(|| format!("{what}: {not_finite} of {all} values are NaN or infinite"));
    small.into_iter().chain(wild).collect()
}

/// Writes the outputs in one process of a run.
pub(super) struct Writer<'a> {
    /// Outputs that operators make.
    pub(super) made: &'a [&'a problem::Output],
    pub(super) places: &'a [(OutputName, Place)],
    pub(super) spill: &'a Spill,
    /// What is to be said of what was written.
    pub(super) doubts: Vec<String>,
}

impl Writer<'_> {
    /// Writes what operators make of the solutions and of arrays: one program, so that they share
    /// what they have in common.
    pub(super) fn write_made(
        &mut self,
        machine: &Machine,
        model: &Held,
        further: &[Held],
        constants: &mut Constants,
    ) -> crate::engine::Result<()> {
        if self.made.is_empty() {
            return Ok(());
        }
        let solutions: Vec<&Held> = std::iter::once(model).chain(further).collect();
        let types: Vec<ArrayType> = solutions.iter().map(|s| s.block.ty.clone()).collect();
        let program = made_of(self.made, &types)?;
        let tiles: Vec<_> = solutions.iter().map(|s| s.block.tiles.clone()).collect();
        let compiled = Compiled::of(&program, &tiles, &[], constants, machine, self.spill)?;
        let inputs: crate::engine::Result<Vec<Store>> = solutions
            .iter()
            .enumerate()
            .map(|(k, s)| compiled.input(machine, k, &s.store, &s.block, self.spill))
            .collect();
        let outputs: crate::engine::Result<Vec<(Store, Block)>> =
            (0..self.made.len()).map(|k| compiled.new_output(k, self.spill)).collect();
        let (inputs, outputs) = (inputs?, outputs?);
        let stores: Vec<&Store> = outputs.iter().map(|(store, _)| store).collect();
        compiled.run(machine, &inputs.iter().collect::<Vec<_>>(), &stores, After::Nothing)?;
        for (output, (store, block)) in self.made.iter().zip(outputs) {
            self.write(machine, &output.name, &Held { store, block })?;
        }
        Ok(())
    }

    /// Whether an output is written.
    pub(super) fn wants(&self, name: &OutputName) -> bool {
        self.places.iter().any(|(n, _)| n == name)
    }

    /// Writes an array, if it is an output.
    pub(super) fn write(
        &mut self,
        machine: &Machine,
        name: &OutputName,
        array: &Held,
    ) -> crate::engine::Result<()> {
        for (_, place) in self.places.iter().filter(|(n, _)| n == name) {
            let written = machine.write(&array.block, &array.store, &place.output)?;
            let ty = ArrayType::new(array.block.ty.dims.clone(), place.output.dtype);
            self.doubts.extend(doubts(&place.output.name, &written, &ty));
        }
        Ok(())
    }
}

/// A program of one input and one output on an array.
pub(super) fn map(
    machine: &Machine,
    program: &Program,
    x: &Held,
    constants: &mut Constants,
    spill: &Spill,
) -> crate::engine::Result<Held> {
    let inputs = [x.block.tiles.clone()];
    let compiled = Compiled::of(program, &inputs, &[], constants, machine, spill)?;
    let input = compiled.input(machine, 0, &x.store, &x.block, spill)?;
    let (store, block) = compiled.new_output(0, spill)?;
    compiled.run(machine, &[&input], &[&store], After::Nothing)?;
    Ok(Held { store, block })
}
