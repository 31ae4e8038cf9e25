//! Programs evaluated by the primitives' definitions, on whole complex arrays with naive loops: the
//! truth that tests compare with.

use std::f64::consts::TAU;

use ndarray::{ArrayD, Axis, IxDyn};

use crate::graph::{AxisStep, Node, Primitive, Program};
use crate::scalar::{C128, DType};
use crate::space::ArrayType;

/// The outputs of a program.
pub(crate) fn run(program: &Program, inputs: &[ArrayD<C128>]) -> Vec<ArrayD<C128>> {
    let needed = program.needed();
    let mut values: Vec<ArrayD<C128>> = Vec::new();
    for (node, needed) in program.graph.nodes().iter().zip(needed) {
        let args: Vec<&ArrayD<C128>> = node.inputs.iter().map(|id| &values[id.0]).collect();
        let value =
            if needed { evaluate(node, &args, inputs) } else { ArrayD::default(IxDyn(&[0])) };
        if needed {
            assert_eq!(value.shape(), node.ty.dims, "dims of {}", node.primitive.label());
            let real = node.ty.dtype.is_complex() || value.iter().all(|v| v.im == 0.0);
            assert!(real, "a {} result of {} is real", node.ty.dtype, node.primitive.label());
        }
        values.push(value);
    }
    program.outputs.iter().map(|id| values[id.0].clone()).collect()
}

fn evaluate(node: &Node, args: &[&ArrayD<C128>], inputs: &[ArrayD<C128>]) -> ArrayD<C128> {
    let dims = &node.ty.dims;
    let zero = C128::default();
    match &node.primitive {
        Primitive::Input(k) => inputs[*k].clone(),
        Primitive::Constant(array) => match array.read::<C128>() {
            Ok(values) => values,
            Err(error) => panic!("{error}"),
        },
        Primitive::Zeros => ArrayD::default(IxDyn(dims)),
        Primitive::Scale(c) => args[0].mapv(|x| c * x),
        Primitive::Multiply { conj } => {
            let f = args[1].mapv(|f| if *conj { f.conj() } else { f });
            match f.broadcast(IxDyn(dims)) {
                Some(f) => args[0] * &f,
                None => panic!("{:?} broadcasts over {dims:?}", f.shape()),
            }
        }
        Primitive::Add => {
            args.iter().fold(ArrayD::default(IxDyn(dims)), |sum: ArrayD<C128>, x| sum + *x)
        }
        Primitive::Cast if node.ty.dtype.is_complex() => args[0].clone(),
        Primitive::Cast => args[0].mapv(|x| C128::new(x.re, 0.0)),
        Primitive::Conj => args[0].mapv(|x| x.conj()),
        Primitive::Reshape => shaped(dims, args[0].iter().copied().collect()),
        Primitive::Permute(axes) => args[0].clone().permuted_axes(IxDyn(axes)),
        Primitive::Slice(steps) => ArrayD::from_shape_fn(IxDyn(dims), |i| {
            let from: Vec<usize> =
                steps.iter().enumerate().map(|(a, s)| s.start + i[a] * s.step).collect();
            args[0][IxDyn(&from)]
        }),
        Primitive::Pad(steps) => {
            let mut y = ArrayD::default(IxDyn(dims));
            for (i, x) in args[0].indexed_iter() {
                let to = |(a, s): (usize, &AxisStep)| s.start + i[a] * s.step;
                y[IxDyn(&steps.iter().enumerate().map(to).collect::<Vec<_>>())] = *x;
            }
            y
        }
        Primitive::Concatenate(axis) => {
            let views: Vec<_> = args.iter().map(|x| x.view()).collect();
            match ndarray::concatenate(Axis(*axis), &views) {
                Ok(y) => y,
                Err(error) => panic!("{error}"),
            }
        }
        Primitive::Flip(axis) => lanes(args[0], *axis, dims, |x| x.iter().rev().copied().collect()),
        Primitive::Roll { axis, shift } => lanes(args[0], *axis, dims, |x| {
            let mut y = x.to_vec();
            y.rotate_right(*shift);
            y
        }),
        Primitive::Stencil(terms) => {
            terms.iter().fold(ArrayD::default(IxDyn(dims)), |sum: ArrayD<C128>, (axis, rows)| {
                let row = |x: &[C128], i: usize| rows.row(i).iter().map(|&(j, c)| x[j] * c).sum();
                sum + lanes(args[0], *axis, dims, |x| (0..x.len()).map(|i| row(x, i)).collect())
            })
        }
        Primitive::Convolve { axis, offset, taps, flip, conj } => {
            assert_eq!(args[1].shape(), [*taps], "taps");
            let h: Vec<C128> = args[1].iter().map(|h| if *conj { h.conj() } else { *h }).collect();
            lanes(args[0], *axis, dims, |x| {
                let term = |i: usize, k: usize| {
                    let lag = k as isize - *offset as isize;
                    let j = if *flip { i as isize + lag } else { i as isize - lag };
                    usize::try_from(j).ok().and_then(|j| x.get(j)).map_or(zero, |x| h[k] * x)
                };
                (0..x.len()).map(|i| (0..*taps).map(|k| term(i, k)).sum()).collect()
            })
        }
        Primitive::Fft { axis, inverse, scale } => lanes(args[0], *axis, dims, |x| {
            let sign = if *inverse { 1.0 } else { -1.0 };
            (0..x.len()).map(|k| dft(x, k, x.len(), sign) * *scale).collect()
        }),
        Primitive::Rfft { axis, n, weight, scale } => lanes(args[0], *axis, dims, |x| {
            (0..n / 2 + 1).map(|k| dft(x, k, *n, -1.0) * *scale * bin(k, *n, *weight)).collect()
        }),
        Primitive::Irfft { axis, n, weight, scale } => lanes(args[0], *axis, dims, |y| {
            let y: Vec<C128> = y.iter().enumerate().map(|(k, y)| y * bin(k, *n, *weight)).collect();
            (0..*n).map(|j| C128::new(dft(&y, j, *n, 1.0).re * scale, 0.0)).collect()
        }),
        Primitive::Matmul { transpose, conj } => product(args[1], args[0], *transpose, *conj),
        Primitive::Gram => product(args[1], &product(args[1], args[0], false, false), true, true),
        Primitive::Gather { axis, indices } => {
            lanes(args[0], *axis, dims, |x| indices.iter().map(|&i| x[i]).collect())
        }
        Primitive::ScatterAdd { axis, indices } => lanes(args[0], *axis, dims, |x| {
            let mut y = vec![zero; dims[*axis]];
            indices.iter().zip(x).for_each(|(&i, x)| y[i] += x);
            y
        }),
        Primitive::Sum(axis) => lanes(args[0], *axis, dims, |x| vec![x.iter().sum()]),
        Primitive::Broadcast(axis) => lanes(args[0], *axis, dims, |x| vec![x[0]; dims[*axis]]),
        Primitive::CumulativeSum { axis, reverse } => lanes(args[0], *axis, dims, |x| {
            let n = x.len();
            let sum = |i: usize| if *reverse { x[i..].iter().sum() } else { x[..=i].iter().sum() };
            (0..n).map(sum).collect()
        }),
        Primitive::Spread { dt, transpose } => {
            let mut y = ArrayD::default(IxDyn(dims));
            let nt = if *transpose { args[0].shape()[1] } else { dims[1] } as f64;
            for (at, t) in args[1].indexed_iter() {
                let w = args.get(2).map_or(0.0, |f| f[at.clone()].re);
                let (k, w) = match dt {
                    Some(dt) => ((t.re / dt).floor(), (t.re / dt).rem_euclid(1.0)),
                    None => (t.re.trunc(), w),
                };
                let both = (0.0..nt - 1.0).contains(&k);
                for (k, w) in [(k, 1.0 - w), (k + 1.0, w)] {
                    if (0.0..nt).contains(&k) && (both || dt.is_none()) {
                        let (point, sample) = (vec![at[0]], vec![at[1], k as usize]);
                        let (to, from) = if *transpose { (point, sample) } else { (sample, point) };
                        y[IxDyn(&to)] += args[0][IxDyn(&from)] * w;
                    }
                }
            }
            y
        }
        Primitive::Kirchhoff { dt, aperture, transpose } => {
            let mut y = ArrayD::default(IxDyn(dims));
            let (ns, nr, points) = (args[1].shape()[0], args[2].shape()[0], args[1].shape()[1]);
            let nt = if *transpose { args[0].shape()[2] } else { dims[2] };
            for (s, r, i) in ndarray::indices((ns, nr, points)) {
                let tau = (args[1][[s, i].as_slice()] + args[2][[r, i].as_slice()]).re / dt;
                if !(0.0..nt as f64 - 1.0).contains(&tau) {
                    continue;
                }
                let weight =
                    |k: usize| args[3][[s, k, i].as_slice()].re * args[4][[r, k, i].as_slice()].re;
                let a = if args.len() > 3 { weight(0) + weight(1) } else { 1.0 };
                let a = a * aperture.as_ref().map_or(1.0, |a| a.weight(s, r, i % a.nz));
                let k = tau.floor() as usize;
                for (k, w) in [(k, 1.0 - tau.fract()), (k + 1, tau.fract())] {
                    let (point, sample) = (vec![i], vec![s, r, k]);
                    let (to, from) = if *transpose { (point, sample) } else { (sample, point) };
                    y[IxDyn(&to)] += args[0][IxDyn(&from)] * (a * w);
                }
            }
            y
        }
    }
}

fn shaped(dims: &[usize], values: Vec<C128>) -> ArrayD<C128> {
    match ArrayD::from_shape_vec(IxDyn(dims), values) {
        Ok(array) => array,
        Err(error) => panic!("{error}"),
    }
}

/// A map of every lane along an axis.
fn lanes(
    x: &ArrayD<C128>,
    axis: usize,
    dims: &[usize],
    f: impl Fn(&[C128]) -> Vec<C128>,
) -> ArrayD<C128> {
    let mut y = ArrayD::default(IxDyn(dims));
    for (mut y, x) in y.lanes_mut(Axis(axis)).into_iter().zip(x.lanes(Axis(axis))) {
        let lane = f(&x.to_vec());
        assert_eq!(lane.len(), y.len(), "length of a lane");
        y.iter_mut().zip(lane).for_each(|(y, v)| *y = v);
    }
    y
}

/// `sum_j x_j exp(+- 2 pi i jk/n)`
fn dft(x: &[C128], k: usize, n: usize, sign: f64) -> C128 {
    let turn = |j: usize| C128::from_polar(1.0, sign * TAU * ((j * k) % n) as f64 / n as f64);
    x.iter().enumerate().map(|(j, x)| x * turn(j)).sum()
}

/// The weight of a bin, 1 at zero and Nyquist.
fn bin(k: usize, n: usize, weight: f64) -> f64 {
    if k == 0 || 2 * k == n { 1.0 } else { weight }
}

fn product(kernel: &ArrayD<C128>, x: &ArrayD<C128>, transpose: bool, conj: bool) -> ArrayD<C128> {
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

/// The real numbers that an array holds: a complex one its real and imaginary parts in turn.
fn reals(values: &ArrayD<C128>, dtype: DType) -> Vec<f64> {
    if dtype.is_complex() {
        values.iter().flat_map(|v| [v.re, v.im]).collect()
    } else {
        values.iter().map(|v| v.re).collect()
    }
}

/// The columns of a program of one input and one output as a matrix over the real numbers.
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

/// Panics unless the two matrices agree, the second one transposed if told so.
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

/// Numbers without a pattern, in C order; real ones for a real type.
pub(crate) fn values(ty: &ArrayType, seed: f64) -> ArrayD<C128> {
    let part = |k: usize, shift: f64| ((k as f64 + 1.0) * (1.7 + seed) + shift).sin();
    let value = |k| C128::new(part(k, 0.0), if ty.dtype.is_complex() { part(k, 2.0) } else { 0.0 });
    shaped(&ty.dims, (0..ty.len()).map(value).collect())
}
