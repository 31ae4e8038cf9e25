//! An operator applied to an array.

use std::time::Instant;

use crate::engine::{Machine, Operators, Plans, Result, SharedOutput, Spill, Vector};
use crate::graph::Program;
use crate::io::{Array, Narrowed};

/// A program applied to an array, several times if only the time matters.
pub struct Apply<'a> {
    /// What is applied.
    pub program: &'a Program,
    /// To what.
    pub x: &'a Array,
    /// Where arrays go that should not take memory.
    pub spill: &'a Spill,
    /// How often.
    pub repeat: usize,
    /// Where the result is written.
    pub output: Option<&'a SharedOutput>,
}

/// What came of it.
#[derive(Debug)]
pub struct Measured {
    /// Seconds before the first application.
    pub setup: f64,
    /// Seconds of each.
    pub times: Vec<f64>,
    /// Norm of the result.
    pub norm: f64,
    /// What became of its elements in the file.
    pub written: Narrowed,
}

impl Apply<'_> {
    /// Applies it, in every process of a run that began at `start`.
    pub fn run(&self, machine: &Machine, start: Instant) -> Result<Measured> {
        let ops = Operators::compile(Plans::new(self.program, None)?, machine, self.spill)?;
        let (mut x, mut y): (Vector, Vector) = (ops.new_model(machine)?, ops.new_data(machine)?);
        machine.read(&ops.model.blocks[0], &mut x.stores[0], self.x)?;
        let setup = start.elapsed().as_secs_f64();
        let mut times = Vec::with_capacity(self.repeat);
        let mut norm = 0.0;
        for _ in 0..self.repeat {
            let begin = Instant::now();
            norm = ops.forward(machine, &mut x, &mut y)?.sqrt();
            times.push(begin.elapsed().as_secs_f64());
        }
        let written = match self.output {
            Some(output) => machine.write(&ops.data.blocks[0], &y.stores[0], output)?,
            None => Narrowed::default(),
        };
        Ok(Measured { setup, times, norm, written })
    }
}
