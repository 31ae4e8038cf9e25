//! From what `[solve]` asks for to the equations that a solver sees.
//!
//! ```text
//! least squares      [ W A P          ]       [ W y        ]
//!                    [ eps_i R_i P    ] p  =  [ eps_i d_i  ]          x = P p
//! normal equations   (A^H W A + sum eps_i^2 R_i^H R_i) x = A^H W y + sum eps_i^2 R_i^H d_i
//! ```
//! Blocks stay arrays of their own: nothing is flattened or copied to stack them. Fourier
//! transforms at the ends of least squares are applied once, see [`crate::graph::Core`]; what they
//! leave of the data is one more block, of one number.

use crate::engine::{
    After, Compiled, Constants, Machine, Operators, Plans, Result, Space, Spill, Vector,
};
use crate::graph::{self, Program, Value, simplify, transpose};
use crate::io::Array;
use crate::operators::{Op, data};
use crate::problem::Solve;
use crate::scalar::DType;
use crate::space::ArrayType;

/// The equations, as programs.
#[derive(Debug)]
pub struct System {
    /// From the unknown to the blocks of the data.
    pub forward: Program,
    /// Back, if the solver applies it.
    pub adjoint: Option<Program>,
    /// The right-hand side, by block.
    rhs: Vec<Rhs>,
    /// Where the solver starts.
    pub start: Option<Array>,
    /// From the solver's unknown to the model, if they differ.
    pub recover: Option<Program>,
}

#[derive(Clone, Debug)]
enum Rhs {
    Zero,
    Array(Array),
    Program(Program),
    /// The norm of a program's output.
    Norm(Program),
}

/// A value as the model of an operator.
fn model_of(op: &Op, x: &Value) -> graph::Result<Value> {
    let model = op.model();
    x.cast(x.dtype().promote(model.dtype)).reshape(&model.dims)
}

fn applied(op: &Op, x: &Value) -> graph::Result<Value> {
    op.forward(&model_of(op, x)?)
}

fn unary(
    model: &ArrayType,
    f: impl FnOnce(&Value) -> graph::Result<Value>,
) -> graph::Result<Program> {
    simplify(&Value::program(std::slice::from_ref(model), |x| Ok(vec![f(&x[0])?]))?)
}

/// A program without inputs that gives one value made of constants.
fn constant(
    array: &Array,
    f: impl FnOnce(&Value) -> graph::Result<Value>,
) -> graph::Result<Program> {
    Value::program(&[], |anchor| Ok(vec![f(&anchor[0].constant(array))?]))
}

impl System {
    /// The equations of a `[solve]` table, for its solver.
    pub fn new(solve: &Solve) -> graph::Result<System> {
        let needs_adjoint = solve.method.needs_adjoint();
        let system = match (solve.normal_equations, needs_adjoint) {
            (true, _) => normal(solve)?,
            (false, true) => least_squares(solve)?.bared()?,
            (false, false) => least_squares(solve)?,
        };
        let adjoint = needs_adjoint.then(|| transpose(&simplify(&system.forward)?));
        Ok(System { adjoint: adjoint.transpose()?, ..system })
    }

    /// Least squares without the transforms at its ends.
    fn bared(self) -> graph::Result<System> {
        let Some(core) = graph::core(&simplify(&self.forward)?, self.start.is_none())? else {
            return Ok(self);
        };
        let mut rhs = Vec::new();
        let mut rest = Vec::new();
        for (block, outer) in self.rhs.iter().zip(&core.outer) {
            rhs.push(match (block, outer) {
                (block, None) => block.clone(),
                (Rhs::Array(data), Some(outer)) => {
                    let ty = outer.output_types().swap_remove(0);
                    let seen = |y: &Value| as_block(y.clone(), &ty)?.apply_transposed(outer);
                    rest.push(Rhs::Norm(constant(data, |y| {
                        let kept = seen(y)?.apply(outer).scale(-1.0);
                        as_block(y.clone(), &ty)?.add(&kept)
                    })?));
                    Rhs::Program(constant(data, |y| seen(y))?)
                }
                (Rhs::Zero, Some(_)) => Rhs::Zero,
                // Data that are made anew are not worth the trouble.
                _ => return Ok(self),
            });
        }
        let count = rest.len();
        rhs.extend(rest);
        let unknown = core.program.inputs[0].clone();
        let forward = Value::program(std::slice::from_ref(&unknown), |z| {
            let mut blocks = z[0].replay(&core.program, z, |_, _, value| value);
            let number = z[0].dtype().real();
            blocks.extend((0..count).map(|_| z[0].zeros(&[1], number)));
            Ok(blocks)
        })?;
        let recover = match (core.recover()?, &self.recover) {
            (None, recover) => recover.clone(),
            (inner, None) => inner,
            (Some(inner), Some(recover)) => {
                Some(unary(&unknown, |z| Ok(z.apply(&inner).apply(recover)))?)
            }
        };
        Ok(System { forward, rhs, recover, ..self })
    }

    /// The plans of both programs.
    pub fn plans(&self) -> Result<Plans> {
        Plans::new(&self.forward, self.adjoint.as_ref())
    }

    /// Writes the right-hand side into a data vector.
    pub fn write_rhs(
        &self,
        machine: &Machine,
        ops: &Operators,
        spill: &Spill,
        y: &mut Vector,
    ) -> Result<()> {
        for ((rhs, block), store) in self.rhs.iter().zip(&ops.data.blocks).zip(&mut y.stores) {
            match rhs {
                Rhs::Zero => machine.zero_block(block, store)?,
                Rhs::Array(array) => machine.read(block, store, array)?,
                Rhs::Program(program) => {
                    let tiles = std::slice::from_ref(&block.tiles);
                    let constants = &mut Constants::default();
                    let compiled = Compiled::of(program, &[], tiles, constants, machine, spill)?;
                    compiled.run(machine, &mut [], &mut [store], After::Nothing)?;
                }
                Rhs::Norm(program) => {
                    let constants = &mut Constants::default();
                    let compiled = Compiled::of(program, &[], &[], constants, machine, spill)?;
                    let (mut rest, place) = compiled.new_output(0, spill)?;
                    compiled.run(machine, &mut [], &mut [&mut rest], After::Nothing)?;
                    let space = Space { blocks: vec![place] };
                    let norm = machine.norm2(&space, &Vector { stores: vec![rest] })?.sqrt();
                    let norm = Array::values([1], vec![norm.into()], block.ty.dtype)?;
                    machine.read(block, store, &norm)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the starting model.
    pub fn write_start(&self, machine: &Machine, ops: &Operators, x: &mut Vector) -> Result<()> {
        match &self.start {
            Some(array) => machine.read(&ops.model.blocks[0], &mut x.stores[0], array),
            None => Ok(()),
        }
    }
}

/// What the solver iterates on: the preconditioner's model, of complex numbers where it is a real
/// operator on a complex model.
fn unknown(solve: &Solve) -> graph::Result<ArrayType> {
    let model = solve.operator.model();
    let Some(preconditioner) = &solve.preconditioner else { return Ok(model) };
    let own = preconditioner.model();
    let real = !data(preconditioner.as_ref())?.dtype.is_complex();
    let complex = own.dtype.is_complex() || (real && model.dtype.is_complex());
    Ok(ArrayType::new(own.dims, DType::of(complex, own.dtype.is_double())))
}

fn least_squares(solve: &Solve) -> graph::Result<System> {
    let unknown = unknown(solve)?;
    let forward = Value::program(std::slice::from_ref(&unknown), |p| {
        let x = match &solve.preconditioner {
            Some(preconditioner) => preconditioner.forward(&p[0])?,
            None => p[0].clone(),
        };
        let y = applied(&solve.operator, &x)?;
        let mut blocks = vec![match &solve.weight {
            Some(weight) => applied(weight, &y)?,
            None => y.chunked(solve.data.chunks().map(<[usize]>::to_vec)),
        }];
        for term in &solve.regularization {
            blocks.push(applied(&term.operator, &x)?.scale(term.epsilon));
        }
        Ok(blocks)
    })?;
    let types = forward.output_types();
    let mut rhs = vec![match &solve.weight {
        Some(weight) => {
            Rhs::Program(constant(&solve.data, |y| as_block(applied(weight, y)?, &types[0]))?)
        }
        None => Rhs::Array(solve.data.clone()),
    }];
    for (term, ty) in solve.regularization.iter().zip(&types[1..]) {
        rhs.push(match &term.data {
            None => Rhs::Zero,
            Some(data) => Rhs::Program(constant(data, |d| as_block(d.scale(term.epsilon), ty))?),
        });
    }
    let recover = match &solve.preconditioner {
        Some(p) => Some(unary(&unknown, |x| {
            let model = solve.operator.model();
            p.forward(x)?.cast(model.dtype).reshape(&model.dims)
        })?),
        None => None,
    };
    Ok(System { forward, adjoint: None, rhs, start: solve.x0.clone(), recover })
}

fn as_block(value: Value, ty: &ArrayType) -> graph::Result<Value> {
    value.cast(ty.dtype).reshape(&ty.dims)
}

fn normal(solve: &Solve) -> graph::Result<System> {
    let inner = least_squares(solve)?;
    let unknown = unknown(solve)?;
    let through = |op: &Op, x: &Value| -> graph::Result<Value> {
        let x = match &solve.preconditioner {
            Some(preconditioner) => preconditioner.forward(x)?,
            None => x.clone(),
        };
        applied(op, &x)
    };
    let weighted = |y: Value| match &solve.weight {
        Some(weight) => applied(weight, &y),
        None => Ok(y),
    };
    let data_program = unary(&unknown, |x| through(&solve.operator, x))?;
    let terms: graph::Result<Vec<Program>> =
        solve.regularization.iter().map(|t| unary(&unknown, |x| through(&t.operator, x))).collect();
    let terms = terms?;
    let back = |program: &Program, y: Value| -> graph::Result<Value> {
        let ty = program.output_types().swap_remove(0);
        y.cast(ty.dtype).reshape(&ty.dims)?.apply_transposed(program)
    };
    let forward = Value::program(std::slice::from_ref(&unknown), |x| {
        let mut parts = vec![back(&data_program, weighted(x[0].apply(&data_program))?)?];
        for (term, program) in solve.regularization.iter().zip(&terms) {
            let part = back(program, x[0].apply(program))?;
            parts.push(part.scale(term.epsilon * term.epsilon));
        }
        Ok(vec![Value::sum_of(&parts)?])
    })?;
    let rhs = constant(&solve.data, |y| {
        let mut parts = vec![back(&data_program, weighted(y.clone())?)?];
        for (term, program) in solve.regularization.iter().zip(&terms) {
            if let Some(d) = &term.data {
                let part = back(program, y.constant(d))?;
                parts.push(part.scale(term.epsilon * term.epsilon));
            }
        }
        as_block(Value::sum_of(&parts)?, &unknown)
    })?;
    Ok(System { forward, rhs: vec![Rhs::Program(rhs)], ..inner })
}
