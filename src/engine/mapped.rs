//! Arrays that a program computes: the lazy result of an operator on other arrays, computed when it
//! is first read.

use std::sync::Arc;

use crate::engine::{After, Compiled, Constants, Machine, Plans, Result, Spill, Store};
use crate::graph::{Program, simplify};
use crate::io::{self, Array, Bytes, Compute};
use crate::space::IndexBox;

/// A program with one output, and the arrays that it is applied to.
#[derive(Debug)]
struct Mapped {
    program: Program,
    inputs: Vec<Array>,
}

/// The array that a program with one output computes from others, by input. The program runs when
/// the array is first read, on as many threads as its reader has; processes of a run that share
/// memory share the result.
pub fn mapped(program: &Program, inputs: Vec<Array>) -> Result<Array> {
    let program = simplify(program)?;
    let ty = program.output_types().swap_remove(0);
    Ok(Array::computed(Arc::new(Mapped { program, inputs }), ty)?)
}

impl Mapped {
    fn run(&self) -> Result<Bytes> {
        let machine = Machine::local(Some(rayon::current_num_threads()))?;
        let spill = Spill::default();
        let compiled =
            Compiled::of(&self.program, &[], &[], &mut Constants::default(), &machine, &spill)?;
        let mut inputs = Vec::new();
        for (number, array) in self.inputs.iter().enumerate() {
            inputs.push(match compiled.input_block(number) {
                Some(block) => {
                    let mut store = Store::allocate(&block.ty, &block.held, None)?;
                    machine.read(&block, &mut store, array)?;
                    store
                }
                // The program does not read it.
                None => Store::allocate(array.ty(), &IndexBox::empty(array.ty().dims.len()), None)?,
            });
        }
        let mut inputs: Vec<&mut Store> = inputs.iter_mut().collect();
        let (mut output, _) = compiled.new_output(0, &spill)?;
        compiled.run(&machine, &mut inputs, &mut [&mut output], After::Nothing)?;
        Ok(output.into_bytes())
    }
}

impl Compute for Mapped {
    fn compute(&self) -> io::Result<Bytes> {
        self.run().map_err(|e| match e {
            crate::engine::Error::Io(e) => e,
            other => io::Error::run(other.to_string()),
        })
    }

    fn working_bytes(&self, threads: usize) -> usize {
        let inputs: usize = self.inputs.iter().map(|a| a.ty().bytes() + a.held_bytes()).sum();
        let inner = self.inputs.iter().map(|a| a.working_bytes(threads)).max().unwrap_or(0);
        match Plans::new(&self.program, None) {
            Ok(plans) => {
                let constants = plans.constant_bytes();
                inner.max(
                    inputs + constants + plans.working_bytes() + plans.scratch_bytes() * threads,
                )
            }
            Err(_) => inner,
        }
    }
}
