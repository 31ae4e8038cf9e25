//! The dot test: is the adjoint the adjoint?
//!
//! ```text
//! Re <y, A x> = Re <A^H y, x>
//! ```
//! for random `x` and `y`, normally distributed; where model and data are complex, `x` and `i y` too,
//! which tests the imaginary part. The error is relative to `||A x|| ||y||` or `||A^H y|| ||x||`, the
//! larger, so that cancelling sums give no false alarm.

use crate::engine::{Machine, Operators, Plans, Result, Spill};
use crate::graph::{Program, simplify, transpose};
use crate::io::{Array, Distribution, Generator};
use crate::operators::{self, Operator};
use crate::scalar::C128;
use crate::space::ArrayType;

/// The largest relative error of an operator's dot test over several pairs.
pub fn dottest(op: &dyn Operator, machine: &Machine, trials: u64) -> Result<f64> {
    let forward = simplify(&operators::program(op)?)?;
    disagreement(&forward, &transpose(&forward)?, machine, trials)
}

fn random(seed: u64, ty: &ArrayType) -> crate::io::Result<Array> {
    let generator = Generator::Random { seed, distribution: Distribution::Normal };
    Array::generated(generator, ty.dims.clone(), ty.dtype)
}

/// How far two programs are from being each other's adjoint.
fn disagreement(
    forward: &Program,
    adjoint: &Program,
    machine: &Machine,
    trials: u64,
) -> Result<f64> {
    let plans = Plans::new(forward, Some(adjoint))?;
    let ops = Operators::compile(plans, machine, &Spill::default())?;
    let (mut x, mut y) = (ops.new_model(machine)?, ops.new_data(machine)?);
    let (mut ax, mut ay) = (ops.new_data(machine)?, ops.new_model(machine)?);
    let (model, data) = (&ops.model.blocks[0], &ops.data.blocks[0]);
    let mut worst = 0.0f64;
    for trial in 0..trials {
        machine.read(model, &mut x.stores[0], &random(2 * trial, &model.ty)?)?;
        machine.read(data, &mut y.stores[0], &random(2 * trial + 1, &data.ty)?)?;
        let turns = if data.ty.dtype.is_complex() { 2 } else { 1 };
        let forward = ops.forward(machine, &mut x, &mut ax)?.sqrt();
        for _ in 0..turns {
            let back = ops.adjoint(machine, &mut y, &mut ay)?.sqrt();
            let left = machine.dot(&ops.data, &y, &ax)?;
            let right = machine.dot(&ops.model, &ay, &x)?;
            let scale = (forward * machine.norm2(&ops.data, &y)?.sqrt())
                .max(back * machine.norm2(&ops.model, &x)?.sqrt());
            let error = if left == right { 0.0 } else { (left - right).abs() / scale };
            worst = if error.is_nan() { f64::INFINITY } else { worst.max(error) };
            machine.scale_by(&ops.data, &mut y, C128::new(0.0, 1.0));
        }
    }
    Ok(worst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Value;
    use crate::scalar::DType;
    use crate::space::IndexBox;
    use crate::view::Viewed;

    /// Row 10 of the seed's known defects: its dot test compared the real parts twice.
    #[test]
    fn row_10_an_adjoint_that_is_wrong_in_the_imaginary_part_alone_fails() {
        let ty = ArrayType::new([1], DType::Complex128);
        let number = |seed: u64| {
            let mut value = ndarray::ArrayD::from_elem(vec![1], C128::default());
            let view = C128::erase_mut(value.view_mut());
            random(seed, &ty).unwrap().read_box(&IndexBox::whole(&[1]), view).unwrap();
            value[[0]]
        };
        let times = |c: C128| {
            Value::program(std::slice::from_ref(&ty), |x| Ok(vec![x[0].scale(c)])).unwrap()
        };
        let (a, x, y) = (C128::new(2.0, -1.0), number(0), number(1));
        // <x, E y> = i |x|^2: its real part is zero.
        let e = C128::new(0.0, 1.0) * x / y;
        let machine = Machine::local(Some(1)).unwrap();
        let error = |back: C128| disagreement(&times(a), &times(back), &machine, 1).unwrap();
        assert!(error(a.conj()) < 1e-14);
        assert!(error(a.conj() + e) > 1e-2);
    }
}
