//! Evaluates programs from the primitives' definitions, on whole complex arrays with naive loops:
//! the truth that tests compare with.

use std::cell::Cell;
use std::f64::consts::TAU;

use ndarray::{ArrayD, Axis, IxDyn};

use crate::graph::{Banded, Primitive, Program, Result, Value};
use crate::io::Array;
use crate::scalar::{C128, DType};
use crate::space::ArrayType;

/// A whole array.
pub(crate) type Whole = ArrayD<C128>;

/// A small program: its name, the dims of its real or complex input, and what it does.
pub(crate) type Example = (&'static str, &'static [usize], fn(&Value) -> Result<Value>);

/// The outputs of a program.
pub(crate) fn run(program: &Program, inputs: &[Whole]) -> Vec<Whole> {
    let needed = program.needed();
    let mut values: Vec<Whole> = Vec::new();
    for (id, needed) in program.graph.ids().zip(needed) {
        let at = program.graph.applied(id);
        let args: Vec<&Whole> = at.node.inputs.iter().map(|id| &values[id.0]).collect();
        let value = match &at.node.primitive {
            _ if !needed => ArrayD::default(IxDyn(&[0])),
            Primitive::Input(input) => inputs[input.0].clone(),
            primitive => primitive.definition().define(at, &args),
        };
        if needed {
            let label = at.node.primitive.label();
            assert_eq!(value.shape(), at.dims(), "dims of {label}");
            let real = at.ty().dtype.is_complex() || value.iter().all(|v| v.im == 0.0);
            assert!(real, "a {} result of {label} is real", at.ty().dtype);
        }
        values.push(value);
    }
    program.outputs.iter().map(|id| values[id.0].clone()).collect()
}

pub(crate) fn shaped(dims: &[usize], values: Vec<C128>) -> Whole {
    match ArrayD::from_shape_vec(IxDyn(dims), values) {
        Ok(array) => array,
        Err(error) => panic!("{error}"),
    }
}

/// Applies `f` to every lane along an axis.
pub(crate) fn lanes(
    x: &Whole,
    axis: usize,
    dims: &[usize],
    f: impl Fn(&[C128]) -> Vec<C128>,
) -> Whole {
    let mut y = ArrayD::default(IxDyn(dims));
    for (mut y, x) in y.lanes_mut(Axis(axis)).into_iter().zip(x.lanes(Axis(axis))) {
        let lane = f(&x.to_vec());
        assert_eq!(lane.len(), y.len(), "length of a lane");
        y.iter_mut().zip(lane).for_each(|(y, v)| *y = v);
    }
    y
}

/// `sum_j x_j exp(+- 2 pi i jk/n)`
pub(crate) fn dft(x: &[C128], k: usize, n: usize, sign: f64) -> C128 {
    let turn = |j: usize| C128::from_polar(1.0, sign * TAU * ((j * k) % n) as f64 / n as f64);
    x.iter().enumerate().map(|(j, x)| x * turn(j)).sum()
}

/// The weight of a bin, 1 at zero and Nyquist.
pub(crate) fn bin(k: usize, n: usize, weight: f64) -> f64 {
    if k == 0 || 2 * k == n { 1.0 } else { weight }
}

pub(crate) fn product(kernel: &Whole, x: &Whole, transpose: bool, conj: bool) -> Whole {
    let (k, m) = if transpose { (1, 2) } else { (2, 1) };
    let dims = [x.shape()[0], kernel.shape()[m], x.shape()[2]];
    ArrayD::from_shape_fn(IxDyn(&dims), |i| {
        let term = |j: usize| {
            let entry = if transpose { [i[0], j, i[1]] } else { [i[0], i[1], j] };
            let entry = kernel[IxDyn(&entry)];
            (if conj { entry.conj() } else { entry }) * x[[i[0], j, i[2]].as_slice()]
        };
        (0..kernel.shape()[k]).map(term).sum()
    })
}

/// The real numbers in an array; of a complex one, real and imaginary parts in turn.
fn reals(values: &Whole, dtype: DType) -> Vec<f64> {
    if dtype.is_complex() {
        values.iter().flat_map(|v| [v.re, v.im]).collect()
    } else {
        values.iter().map(|v| v.re).collect()
    }
}

/// The columns of a program with one input and one output, as a matrix over the real numbers.
pub(crate) fn dense(program: &Program) -> Vec<Vec<f64>> {
    let (input, output) = (&program.inputs[0], &program.output_types()[0]);
    let units: &[C128] = if input.dtype.is_complex() {
        &[C128::new(1.0, 0.0), C128::new(0.0, 1.0)]
    } else {
        &[C128::new(1.0, 0.0)]
    };
    let mut columns = Vec::new();
    for k in 0..input.len() {
        for unit in units {
            let mut x = vec![C128::default(); input.len()];
            x[k] = *unit;
            let y = run(program, &[shaped(&input.dims, x)]).swap_remove(0);
            columns.push(reals(&y, output.dtype));
        }
    }
    columns
}

/// Panics unless the two matrices agree, after transposing the second if asked.
#[track_caller]
pub(crate) fn assert_same(a: &[Vec<f64>], b: &[Vec<f64>], transposed: bool, what: &str) {
    let rows = a.first().map_or(0, Vec::len);
    let expected = if transposed { (rows, a.len()) } else { (a.len(), rows) };
    assert_eq!((b.len(), b.first().map_or(0, Vec::len)), expected, "size of {what}");
    for (j, column) in a.iter().enumerate() {
        for (i, &found) in column.iter().enumerate() {
            let other = if transposed { b[i][j] } else { b[j][i] };
            assert!(
                (found - other).abs() <= 1e-11 * (1.0 + found.abs()),
                "{what}: row {i}, column {j}: {found} and {other}"
            );
        }
    }
}

/// Numbers without a pattern, in C order; real if the type is.
pub(crate) fn values(ty: &ArrayType, seed: f64) -> Whole {
    let part = |k: usize, shift: f64| ((k as f64 + 1.0) * (1.7 + seed) + shift).sin();
    let value = |k| C128::new(part(k, 0.0), if ty.dtype.is_complex() { part(k, 2.0) } else { 0.0 });
    shaped(&ty.dims, (0..ty.len()).map(value).collect())
}

thread_local! {
    /// Added to the seeds of constants, to give the same example other values.
    pub(crate) static SHIFT: Cell<f64> = const { Cell::new(0.0) };
}

/// A constant array named `c`.
pub(crate) fn array(dims: &[usize], dtype: DType, seed: f64) -> Array {
    let ty = ArrayType::new(dims, dtype);
    let values = values(&ty, seed + SHIFT.get()).into_iter().collect();
    match Array::values(dims, values, dtype) {
        Ok(array) => array.named("c"),
        Err(error) => panic!("{error}"),
    }
}

/// A constant with the element type of `x`.
pub(crate) fn alike(x: &Value, dims: &[usize], seed: f64) -> Value {
    x.constant(&array(dims, x.dtype(), seed))
}

/// A complex constant.
pub(crate) fn complex(x: &Value, dims: &[usize], seed: f64) -> Value {
    x.constant(&array(dims, x.dtype().complex(), seed))
}

/// A constant of real numbers between 0 and `top`.
pub(crate) fn table(x: &Value, dims: &[usize], top: f64) -> Value {
    let n = dims.iter().product();
    let values = (0..n).map(|k| C128::new(((k as f64) * 1.3 + top).sin().abs() * top, 0.0));
    x.constant(&Array::values(dims, values.collect(), DType::Float64).expect("small"))
}

/// A banded matrix with different rows at its ends.
pub(crate) fn rows(n: usize) -> Banded {
    Banded::from_rows(n, 1, |i, n| match i {
        0 => vec![(0, 3.0), (1, -1.0)],
        i if i + 1 == n => vec![(n - 1, 0.5)],
        i => vec![(i - 1, -2.0), (i, 0.25), (i + 1, 1.0)],
    })
}
