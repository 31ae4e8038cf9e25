//! What a run writes: the solution and what follows from it, and what operators make of solutions and of
//! arrays.

use std::path::PathBuf;

use crate::engine::{
    After, Block, Compiled, Constants, Machine, Result, SharedOutput, Spill, Store,
};
use crate::graph::{Program, Value};
use crate::io::Narrowed;
use crate::problem::{self, Problem};
use crate::space::ArrayType;
use crate::spec::OutputName;

/// An output that is complete, at its place or ready to be.
#[derive(Debug)]
pub struct Written {
    /// Which output.
    pub name: OutputName,
    /// Its place, as the user named it.
    pub path: PathBuf,
    /// Where its data are now; `None` for text.
    pub part: Option<PathBuf>,
    /// Dims and element type; `None` for text.
    pub ty: Option<ArrayType>,
    /// The checksum of the file, if anyone asked for it.
    pub sha256: Option<String>,
}

/// The program of outputs that are made of solutions, of those types, and of arrays: the models of
/// `[solves]` come first, then that of `[solve]`.
pub(super) fn made_of(
    outputs: &[&problem::Output],
    types: &[ArrayType],
) -> crate::graph::Result<Program> {
    Value::program(types, |inputs| {
        let value = |output: &&problem::Output| {
            let Some(made) = &output.made else { unreachable!("made outputs say how") };
            match &made.of {
                problem::OutputSource::Model => made.applied.value(&inputs[types.len() - 1]),
                problem::OutputSource::Solve(k) => made.applied.value(&inputs[*k]),
                problem::OutputSource::Array(array) => {
                    made.applied.value(&inputs[0].constant(array))
                }
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
pub(super) struct InTiles {
    pub(super) store: Store,
    pub(super) block: Block,
}

/// Warnings about an array that was written.
pub fn doubts(what: &str, written: &Narrowed, ty: &ArrayType) -> Vec<String> {
    let (all, dtype) = (ty.len(), ty.dtype.real());
    let Narrowed { vanished, not_finite, .. } = *written;
    let small = (vanished > 0)
        .then(|| format!("{what}: {vanished} of {all} values underflowed to zero as {dtype}"));
    let wild = (not_finite > 0)
        .then(|| format!("{what}: {not_finite} of {all} values are NaN or infinite"));
    small.into_iter().chain(wild).collect()
}

/// Writes the outputs in one process of a run.
pub(super) struct Writer<'a> {
    /// Outputs that operators make.
    pub(super) made: &'a [&'a problem::Output],
    pub(super) outputs: &'a [(OutputName, &'a SharedOutput)],
    pub(super) spill: &'a Spill,
    /// Warnings about the outputs that were written.
    pub(super) doubts: Vec<String>,
}

impl Writer<'_> {
    /// Writes what operators make of the solutions and of arrays: one program, so that they share
    /// what they have in common.
    pub(super) fn write_made(
        &mut self,
        machine: &Machine,
        solutions: &mut [InTiles],
        constants: &mut Constants,
    ) -> Result<()> {
        if self.made.is_empty() {
            return Ok(());
        }
        let types: Vec<ArrayType> = solutions.iter().map(|s| s.block.ty.clone()).collect();
        let program = made_of(self.made, &types)?;
        let tiles: Vec<_> = solutions.iter().map(|s| s.block.tiles.clone()).collect();
        let compiled = Compiled::of(&program, &tiles, &[], constants, machine, self.spill)?;
        let copies: Result<Vec<Option<Store>>> = solutions
            .iter()
            .enumerate()
            .map(|(k, s)| compiled.input_with_room(machine, k, &s.store, &s.block, self.spill))
            .collect();
        let outputs: Result<Vec<(Store, Block)>> =
            (0..self.made.len()).map(|k| compiled.new_output(k, self.spill)).collect();
        let (mut copies, mut outputs) = (copies?, outputs?);
        let inputs = copies.iter_mut().zip(solutions);
        let mut inputs: Vec<_> =
            inputs.map(|(copy, s)| copy.as_mut().unwrap_or(&mut s.store)).collect();
        let mut stores: Vec<&mut Store> = outputs.iter_mut().map(|(store, _)| store).collect();
        compiled.run(machine, &mut inputs, &mut stores, After::Nothing)?;
        for (output, (store, block)) in self.made.iter().zip(outputs) {
            self.write(machine, &output.name, &InTiles { store, block })?;
        }
        Ok(())
    }

    /// Whether an output is written.
    pub(super) fn wants(&self, name: &OutputName) -> bool {
        self.outputs.iter().any(|(n, _)| n == name)
    }

    /// Writes an array, if it is an output.
    pub(super) fn write(
        &mut self,
        machine: &Machine,
        name: &OutputName,
        array: &InTiles,
    ) -> Result<()> {
        for (_, place) in self.outputs.iter().filter(|(n, _)| n == name) {
            let written = machine.write(&array.block, &array.store, place)?;
            let ty = ArrayType::new(array.block.ty.dims.clone(), place.dtype);
            self.doubts.extend(doubts(&place.name, &written, &ty));
        }
        Ok(())
    }
}

/// A program of one input and one output on an array.
pub(super) fn map(
    machine: &Machine,
    program: &Program,
    x: &mut InTiles,
    constants: &mut Constants,
    spill: &Spill,
) -> Result<InTiles> {
    let inputs = [x.block.tiles.clone()];
    let compiled = Compiled::of(program, &inputs, &[], constants, machine, spill)?;
    let mut copy = compiled.input_with_room(machine, 0, &x.store, &x.block, spill)?;
    let input = copy.as_mut().unwrap_or(&mut x.store);
    let (mut store, block) = compiled.new_output(0, spill)?;
    compiled.run(machine, &mut [input], &mut [&mut store], After::Nothing)?;
    Ok(InTiles { store, block })
}
