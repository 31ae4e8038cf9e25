//! Transposed, conjugated and simplified programs against dense matrices.

use std::sync::Arc;

use crate::graph::reference::{assert_same, dense, values};
use crate::graph::{
    Aperture, AxisStep, Banded, Format, Primitive, Program, Result, Value, conjugate, render,
    simplify, transpose,
};
use crate::io::Array;
use crate::scalar::{C128, DType};
use crate::space::ArrayType;

fn array(dims: &[usize], dtype: DType, seed: f64) -> Array {
    let ty = ArrayType::new(dims, dtype);
    let values = values(&ty, seed).into_iter().collect();
    match Array::values(dims, values, dtype) {
        Ok(array) => array.named("c"),
        Err(error) => panic!("{error}"),
    }
}

fn program(dims: &[usize], dtype: DType, f: impl FnOnce(&Value) -> Result<Value>) -> Program {
    match Value::program(&[ArrayType::new(dims, dtype)], |x| Ok(vec![f(&x[0])?])) {
        Ok(program) => program,
        Err(error) => panic!("{error}"),
    }
}

/// `B A`
fn chain(a: &Program, b: &Program) -> Program {
    program(&a.inputs[0].dims, a.inputs[0].dtype, |x| Ok(x.apply(a).apply(b)))
}

/// A matrix over the real numbers with the sign of imaginary rows and columns changed.
fn conjugated(program: &Program, matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let (input, output) = (program.inputs[0].dtype, program.output_types()[0].dtype);
    let sign = |k: usize, ty: DType| if ty.is_complex() && k % 2 == 1 { -1.0 } else { 1.0 };
    let columns = matrix.into_iter().enumerate();
    columns
        .map(|(j, column)| {
            let rows = column.into_iter().enumerate();
            rows.map(|(i, v)| v * sign(i, output) * sign(j, input)).collect()
        })
        .collect()
}

type Case = (&'static str, &'static [usize], fn(&Value) -> Result<Value>);

fn rows(n: usize) -> Banded {
    Banded::from_rows(n, 1, |i, n| match i {
        0 => vec![(0, 3.0), (1, -1.0)],
        i if i + 1 == n => vec![(n - 1, 0.5)],
        i => vec![(i - 1, -2.0), (i, 0.25), (i + 1, 1.0)],
    })
}

fn constant(x: &Value, dims: &[usize], seed: f64) -> Value {
    x.constant(&array(dims, x.dtype(), seed))
}

fn complex(x: &Value, dims: &[usize], seed: f64) -> Value {
    x.constant(&array(dims, x.dtype().complex(), seed))
}

/// Real numbers around 0 and up to `top`.
fn table(x: &Value, dims: &[usize], top: f64) -> Value {
    let n = dims.iter().product();
    let values = (0..n).map(|k| C128::new(((k as f64) * 1.3 + top).sin().abs() * top, 0.0));
    x.constant(&Array::values(dims, values.collect(), DType::Float64).expect("small"))
}

/// Every primitive, alone, on real and complex arrays; constants are of the input's kind unless they
/// say otherwise.
const CASES: &[Case] = &[
    ("identity", &[3], |x| Ok(x.clone())),
    ("scale", &[3], |x| Ok(x.scale(-2.5))),
    ("scale complex", &[3], |x| Ok(x.scale(C128::new(0.5, -2.0)))),
    ("multiply", &[2, 3], |x| x.multiply(&constant(x, &[2, 3], 0.1))),
    ("multiply broadcast", &[2, 3], |x| x.multiply(&constant(x, &[1, 3], 0.1))),
    ("multiply complex", &[2, 3], |x| x.multiply(&complex(x, &[2, 1], 0.1))),
    ("add", &[4], |x| x.add(&x.flip(0)?)),
    ("add itself", &[4], |x| x.add(x)),
    ("cast", &[3], |x| Ok(x.cast(DType::of(x.dtype().is_complex(), false)))),
    ("complex", &[3], |x| Ok(x.to_complex())),
    ("real", &[3], |x| Ok(x.real())),
    ("imag", &[3], |x| Ok(x.imag())),
    ("conj", &[3], |x| Ok(x.conj())),
    ("conj between", &[3], |x| Ok(x.scale(C128::new(1.0, 2.0)).conj().scale(C128::new(3.0, 1.0)))),
    ("reshape", &[2, 3], |x| x.reshape(&[3, 2])),
    ("permute", &[2, 3, 2], |x| x.permute(&[1, 2, 0])),
    ("slice", &[2, 7], |x| x.slice(1, 1, 3, 2)),
    ("pad", &[2, 3], |x| x.pad(0, 1, 2)),
    ("spread", &[2, 3], |x| x.spread(1, 1, 8, 3)),
    ("concatenate", &[2, 3], |x| Value::concatenate(&[x.flip(1)?, x.take(1, 1)?, x.clone()], 1)),
    ("flip", &[2, 3], |x| x.flip(1)),
    ("roll", &[2, 5], |x| x.roll(1, 2)),
    ("fftshift", &[5], |x| x.fftshift(0)),
    ("ifftshift", &[5], |x| x.ifftshift(0)),
    ("stencil", &[2, 6], |x| x.stencil(1, rows(6))),
    ("stencil first axis", &[5, 2], |x| x.stencil(0, rows(5))),
    ("convolve", &[2, 6], |x| x.convolve(1, &constant(x, &[3], 0.2), 1)),
    ("convolve complex", &[5, 2], |x| x.convolve(0, &complex(x, &[4], 0.2), 3)),
    ("convolve long", &[3], |x| x.convolve(0, &complex(x, &[6], 0.2), 2)),
    ("fft", &[2, 5], |x| x.fft(1)),
    ("ifft", &[4, 2], |x| x.ifft(0)),
    ("rfft", &[2, 5], |x| x.real().rfft(1, 1.5)),
    ("rfft even", &[6, 2], |x| x.real().rfft(0, 2.0)),
    ("irfft", &[2, 3], |x| x.irfft(1, 5, 1.5)),
    ("irfft even", &[3, 2], |x| x.irfft(0, 4, 2.0)),
    ("matmul", &[2, 3, 2], |x| x.matmul(&constant(x, &[2, 4, 3], 0.3))),
    ("matmul complex", &[2, 3, 1], |x| x.matmul(&complex(x, &[2, 2, 3], 0.3))),
    ("gram", &[2, 3, 2], |x| {
        let kernel = complex(x, &[2, 4, 3], 0.3);
        let x = x.to_complex();
        Ok(x.node(Primitive::Gram, &[x.clone(), kernel], x.ty().clone()))
    }),
    ("gather", &[2, 4], |x| x.gather(1, [3, 0, 3].into())),
    ("sum", &[2, 3], |x| x.sum(1)),
    ("broadcast", &[2, 1], |x| x.broadcast(1, 3)),
    ("cumulative sum", &[2, 4], |x| x.cumulative_sum(1)),
    ("spread by a table", &[3], |x| x.spread_by(&table(x, &[3, 2], 2.0), None, 3)),
    ("spread between samples", &[4], |x| {
        x.spread_by(&table(x, &[4, 3], 4.0), Some(&table(x, &[4, 3], 0.5)), 5)
    }),
    ("spread at times", &[3], |x| x.spread_at_times(&table(x, &[3, 2], 2.5), 0.5, 5)),
    ("demigrate", &[4], |x| {
        x.demigrate([table(x, &[2, 4], 1.0), table(x, &[3, 4], 1.5)], None, 5, 0.5, None)
    }),
    ("demigrate with weights", &[6], |x| {
        let times = [table(x, &[2, 6], 1.0), table(x, &[1, 6], 1.5)];
        let weights = [table(x, &[2, 2, 6], 2.0), table(x, &[1, 2, 6], 3.0)];
        let limits = [0.5, 2.5];
        let aperture = Aperture { nz: 3, sources: vec![0.0, 1.0], receivers: vec![3.0], limits };
        x.demigrate(times, Some(weights), 5, 0.5, Some(Arc::new(aperture)))
    }),
    ("zeros", &[3], |x| Ok(x.zeros(&[2], x.dtype()))),
    ("constants of constants", &[4], |x| {
        let kernel = complex(x, &[4], 0.4).fft(0)?.scale(2.0).conj();
        x.fft(0)?.multiply(&kernel)?.ifft(0)
    }),
    ("several paths", &[2, 4], |x| {
        let a = x.scale(C128::new(0.0, 1.0)).real();
        let b = x.real().rfft(1, 2.0)?.scale(C128::new(1.0, -1.0)).irfft(1, 4, 1.0)?;
        Value::concatenate(&[a.add(&b)?, x.imag()], 0)
    }),
];

#[test]
fn every_program_transposes_conjugates_and_simplifies() {
    let mut seen = Vec::new();
    for (name, dims, f) in CASES {
        for dtype in [DType::Float64, DType::Complex128] {
            let what = |how: &str| format!("{name} of {dtype}, {how}");
            let forward = program(dims, dtype, f);
            let check =
                |program: Result<Program>| program.unwrap_or_else(|e| panic!("{name}: {e}"));
            let adjoint = check(transpose(&forward));
            let matrix = dense(&forward);
            assert_eq!(adjoint.inputs, forward.output_types(), "{name}");
            assert_eq!(adjoint.output_types(), forward.inputs, "{name}");
            assert_same(&matrix, &dense(&adjoint), true, &what("transposed"));
            assert_same(&matrix, &dense(&check(transpose(&adjoint))), false, &what("twice"));
            for p in [&forward, &adjoint] {
                let conj = check(conjugate(p));
                assert_same(&conjugated(p, dense(p)), &dense(&conj), false, &what("conjugated"));
            }
            let normal = chain(&forward, &adjoint);
            for p in [&forward, &adjoint, &normal] {
                let simple = check(simplify(p));
                assert_eq!(simple.output_types(), p.output_types(), "{}", what("simplified"));
                assert_same(&dense(p), &dense(&simple), false, &what("simplified"));
                let again = check(transpose(&simple));
                assert_same(&dense(p), &dense(&again), true, &what("simplified, transposed"));
                for q in [p, &simple] {
                    let nodes = q.graph.nodes().iter();
                    seen.extend(nodes.map(|n| std::mem::discriminant(&n.primitive)));
                }
            }
        }
    }
    let primitives = [
        Primitive::Input(0),
        Primitive::Zeros,
        Primitive::Constant(array(&[1], DType::Float64, 0.0)),
        Primitive::Scale(C128::default()),
        Primitive::Multiply { conj: false },
        Primitive::Add,
        Primitive::Cast,
        Primitive::Conj,
        Primitive::Reshape,
        Primitive::Permute(vec![]),
        Primitive::Slice(vec![]),
        Primitive::Pad(vec![]),
        Primitive::Concatenate(0),
        Primitive::Flip(0),
        Primitive::Roll { axis: 0, shift: 0 },
        Primitive::Stencil(vec![]),
        Primitive::Convolve { axis: 0, offset: 0, taps: 0, flip: false, conj: false },
        Primitive::Fft { axis: 0, inverse: false, scale: 1.0 },
        Primitive::Rfft { axis: 0, n: 0, weight: 1.0, scale: 1.0 },
        Primitive::Irfft { axis: 0, n: 0, weight: 1.0, scale: 1.0 },
        Primitive::Matmul { transpose: false, conj: false },
        Primitive::Gram,
        Primitive::Gather { axis: 0, indices: [].into() },
        Primitive::ScatterAdd { axis: 0, indices: [].into() },
        Primitive::Sum(0),
        Primitive::Broadcast(0),
        Primitive::CumulativeSum { axis: 0, reverse: false },
        Primitive::Spread { dt: None, transpose: false },
        Primitive::Kirchhoff { dt: 1.0, aperture: None, transpose: false },
    ];
    for primitive in primitives {
        let covered = seen.contains(&std::mem::discriminant(&primitive));
        assert!(covered, "no case has {}", primitive.label());
    }
}

#[test]
fn a_wrong_adjoint_is_found() {
    // The control: a filter that is not conjugated, PyLops' own mistake.
    let forward = program(&[5], DType::Complex128, |x| x.convolve(0, &complex(x, &[3], 0.2), 1));
    let wrong = program(&[5], DType::Complex128, |y| {
        let inputs = [y.clone(), complex(y, &[3], 0.2)];
        let correlate =
            Primitive::Convolve { axis: 0, offset: 1, taps: 3, flip: true, conj: false };
        Ok(y.node(correlate, &inputs, y.ty().clone()))
    });
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        assert_same(&dense(&forward), &dense(&wrong), true, "control");
    }));
    assert!(found.is_err());
}

/// The lines of a simplified program, and that it is the same matrix.
fn simplified(dims: &[usize], dtype: DType, f: impl FnOnce(&Value) -> Result<Value>) -> String {
    let before = program(dims, dtype, f);
    let after = simplify(&before).unwrap_or_else(|e| panic!("{e}"));
    assert_same(&dense(&before), &dense(&after), false, "simplified");
    let text = render("p", &after, Format::Text);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().skip(1).map(words).collect::<Vec<_>>().join("\n")
}

const REAL: DType = DType::Float64;
const COMPLEX: DType = DType::Complex128;
const I: C128 = C128::new(0.0, 1.0);

#[test]
fn zeros_are_dropped() {
    insta::assert_snapshot!(simplified(&[3], REAL, |x| x.add(&x.scale(0.0))), @"%0 input 0 (3,) float64 -> output");
    insta::assert_snapshot!(
        simplified(&[3], REAL, |x| x.zeros(&[3], REAL).fft(0)?.real().flip(0)), @"%2 zeros (3,) float64 -> output");
    insta::assert_snapshot!(
        simplified(&[3], REAL, |x| Value::concatenate(&[x.scale(0.0), x.scale(0.0)], 0)), @"%2 zeros (6,) float64 -> output");
    insta::assert_snapshot!(
        simplified(&[3], REAL, |x| Value::concatenate(&[x.scale(0.0), x.clone()], 0)), @r"
        %0 input 0 (3,) float64
        %2 zeros (3,) float64
        %3 concatenate axis 0 %2, %0 (6,) float64 -> output
        ");
}

#[test]
fn sums_are_flattened() {
    insta::assert_snapshot!(
        simplified(&[3], REAL, |x| x.flip(0)?.add(&x.roll(0, 1)?)?.add(x)), @r"
        %0 input 0 (3,) float64
        %2 flip axis 0 %0 (3,) float64
        %3 roll axis 0 by 1 %0 (3,) float64
        %4 add %2, %3, %0 (3,) float64 -> output
        ");
}

#[test]
fn scales_are_folded() {
    insta::assert_snapshot!(simplified(&[3], REAL, |x| Ok(x.scale(2.0).scale(3.0))), @r"
        %0 input 0 (3,) float64
        %2 scale 6 %0 (3,) float64 -> output
        ");
    insta::assert_snapshot!(simplified(&[3], REAL, |x| Ok(x.scale(2.0).scale(0.5))), @"%0 input 0 (3,) float64 -> output");
    insta::assert_snapshot!(simplified(&[3], REAL, |x| Ok(x.scale(2.0).scale(I))), @r"
        %0 input 0 (3,) float64
        %2 scale 2 %0 (3,) float64
        %3 cast %2 (3,) complex128
        %4 scale 0+1i %3 (3,) complex128 -> output
        ");
    insta::assert_snapshot!(simplified(&[3], COMPLEX, |x| Ok(x.fft(0)?.scale(0.5))), @r"
        %0 input 0 (3,) complex128
        %2 fft axis 0 %0 (3,) complex128 -> output
        ");
    insta::assert_snapshot!(simplified(&[3], REAL, |x| Ok(x.rfft(0, 2.0)?.scale(0.5))), @r"
        %0 input 0 (3,) float64
        %2 rfft axis 0 %0 (2,) complex128 -> output
        ");
    insta::assert_snapshot!(simplified(&[3], REAL, |x| Ok(x.irfft(0, 4, 2.0)?.scale(0.5))), @r"
        %0 input 0 (3,) float64
        %2 cast %0 (3,) complex128
        %3 irfft axis 0 %2 (4,) float64 -> output
        ");
    insta::assert_snapshot!(simplified(&[4], REAL, |x| Ok(x.stencil(0, rows(4))?.scale(0.5))), @r"
        %0 input 0 (4,) float64
        %2 stencil axes 0 %0 (4,) float64 -> output
        ");
    insta::assert_snapshot!(simplified(&[4], REAL, |x| Ok(x.stencil(0, rows(4))?.scale(I))), @r"
        %0 input 0 (4,) float64
        %2 stencil axes 0 %0 (4,) float64
        %3 cast %2 (4,) complex128
        %4 scale 0+1i %3 (4,) complex128 -> output
        ");
}

#[test]
fn pairs_cancel() {
    insta::assert_snapshot!(simplified(&[3], COMPLEX, |x| Ok(x.conj().conj())), @"%0 input 0 (3,) complex128 -> output");
    insta::assert_snapshot!(simplified(&[3], REAL, |x| x.flip(0)?.flip(0)), @"%0 input 0 (3,) float64 -> output");
    insta::assert_snapshot!(simplified(&[2, 3], REAL, |x| x.flip(0)?.flip(1)), @r"
        %0 input 0 (2, 3) float64
        %2 flip axis 0 %0 (2, 3) float64
        %3 flip axis 1 %2 (2, 3) float64 -> output
        ");
    insta::assert_snapshot!(simplified(&[5], REAL, |x| x.roll(0, 3)?.roll(0, 2)), @"%0 input 0 (5,) float64 -> output");
    insta::assert_snapshot!(simplified(&[5], REAL, |x| x.roll(0, 3)?.roll(0, 3)), @r"
        %0 input 0 (5,) float64
        %2 roll axis 0 by 1 %0 (5,) float64 -> output
        ");
    insta::assert_snapshot!(simplified(&[2, 3], REAL, |x| x.reshape(&[6])?.reshape(&[3, 2])), @r"
        %0 input 0 (2, 3) float64
        %2 reshape %0 (3, 2) float64 -> output
        ");
    insta::assert_snapshot!(simplified(&[2, 3], REAL, |x| x.reshape(&[6])?.reshape(&[2, 3])), @"%0 input 0 (2, 3) float64 -> output");
    insta::assert_snapshot!(
        simplified(&[2, 3, 1], REAL, |x| x.permute(&[1, 2, 0])?.permute(&[2, 0, 1])), @"%0 input 0 (2, 3, 1) float64 -> output");
    insta::assert_snapshot!(
        simplified(&[2, 3, 1], REAL, |x| x.permute(&[1, 2, 0])?.permute(&[1, 2, 0])), @r"
        %0 input 0 (2, 3, 1) float64
        %2 permute [2, 0, 1] %0 (1, 2, 3) float64 -> output
        ");
    insta::assert_snapshot!(simplified(&[3], REAL, |x| x.pad(0, 1, 2)?.slice(0, 1, 3, 1)), @"%0 input 0 (3,) float64 -> output");
    insta::assert_snapshot!(simplified(&[3], REAL, |x| x.pad(0, 1, 2)?.slice(0, 2, 3, 1)), @r"
        %0 input 0 (3,) float64
        %2 pad %0 (6,) float64
        %3 slice %2 (3,) float64 -> output
        ");
    insta::assert_snapshot!(simplified(&[4], COMPLEX, |x| x.fft(0)?.ifft(0)), @r"
        %0 input 0 (4,) complex128
        %2 scale 4 %0 (4,) complex128 -> output
        ");
    insta::assert_snapshot!(simplified(&[4], COMPLEX, |x| x.fft(0)?.fft(0)), @r"
        %0 input 0 (4,) complex128
        %2 fft axis 0 %0 (4,) complex128
        %3 fft axis 0 %2 (4,) complex128 -> output
        ");
    insta::assert_snapshot!(simplified(&[4], REAL, |x| Ok(x.to_complex().real())), @"%0 input 0 (4,) float64 -> output");
    insta::assert_snapshot!(simplified(&[4], COMPLEX, |x| Ok(x.real().to_complex())), @r"
        %0 input 0 (4,) complex128
        %2 cast %0 (4,) float64
        %3 cast %2 (4,) complex128 -> output
        ");
}

#[test]
fn stencils_of_one_input_are_merged() {
    insta::assert_snapshot!(
        simplified(&[4, 3], REAL, |x| {
            x.stencil(0, rows(4))?.add(&x.stencil(1, rows(3))?)?.add(&x.flip(0)?)
        }), @r"
        %0 input 0 (4, 3) float64
        %2 stencil axes 0 + 1 %0 (4, 3) float64
        %3 flip axis 0 %0 (4, 3) float64
        %4 add %2, %3 (4, 3) float64 -> output
        ");
}

#[test]
fn conjugates_are_factored_out() {
    insta::assert_snapshot!(
        simplified(&[3], COMPLEX, |x| {
            Ok(x.conj().multiply(&complex(x, &[3], 0.5))?.conj())
        }), @r"
        %0 input 0 (3,) complex128
        %2 array c (3,) complex128
        %3 multiply conj %0, %2 (3,) complex128 -> output
        ");
    insta::assert_snapshot!(
        simplified(&[1, 3, 1], COMPLEX, |x| {
            Ok(x.conj().matmul(&complex(x, &[1, 2, 3], 0.5))?.conj())
        }), @r"
        %0 input 0 (1, 3, 1) complex128
        %2 array c (1, 2, 3) complex128
        %3 matmul conj %0, %2 (1, 2, 1) complex128 -> output
        ");
    insta::assert_snapshot!(simplified(&[3], COMPLEX, |x| Ok(x.conj().scale(I).conj())), @r"
        %0 input 0 (3,) complex128
        %2 scale 0-1i %0 (3,) complex128 -> output
        ");
}

#[test]
fn a_product_with_its_adjoint_is_one_step() {
    let forward = program(&[2, 3, 2], COMPLEX, |x| x.matmul(&complex(x, &[2, 4, 3], 0.5)));
    let adjoint = transpose(&forward).unwrap_or_else(|e| panic!("{e}"));
    insta::assert_snapshot!(
        simplified(&[2, 3, 2], COMPLEX, |x| Ok(x.apply(&forward).apply(&adjoint))), @r"
        %0 input 0 (2, 3, 2) complex128
        %2 array c (2, 4, 3) complex128
        %3 matmul H matmul %0, %2 (2, 3, 2) complex128 -> output
        ");
}

#[test]
fn equal_nodes_are_shared() {
    insta::assert_snapshot!(
        simplified(&[4], REAL, |x| x.fft(0)?.real().add(&x.fft(0)?.imag())), @r"
        %0 input 0 (4,) float64
        %2 cast %0 (4,) complex128
        %3 fft axis 0 %2 (4,) complex128
        %4 cast %3 (4,) float64
        %5 scale 0-1i %3 (4,) complex128
        %6 cast %5 (4,) float64
        %7 add %4, %6 (4,) float64 -> output
        ");
}

#[test]
fn slices_and_pads_undo_each_other_on_any_axis() {
    let steps = vec![AxisStep { start: 1, step: 2 }];
    insta::assert_snapshot!(
        simplified(&[3], REAL, |x| {
            let wide = x.node(Primitive::Pad(steps.clone()), std::slice::from_ref(x),
                ArrayType::new([7], REAL));
            Ok(wide.node(Primitive::Slice(steps), std::slice::from_ref(&wide), x.ty().clone()))
        }), @"%0 input 0 (3,) float64 -> output");
    let indices: Arc<[usize]> = [1, 1].into();
    insta::assert_snapshot!(simplified(&[3], REAL, |x| x.gather(0, indices)), @r"
        %0 input 0 (3,) float64
        %2 gather 2 axis 0 %0 (2,) float64 -> output
        ");
}

#[test]
fn many_padded_parts_are_laid_side_by_side_and_few_are_added() {
    // Parts of lengths 1 and 2 in turn with a gap of one, in any order, beside a term of another kind.
    let sum = |parts: usize| {
        move |x: &Value| {
            let mut all: Vec<Value> = vec![x.clone()];
            for k in (0..parts).rev() {
                let part = x.slice(0, k, 1 + k % 2, 1)?.scale(2.0 + k as f64);
                all.push(part.spread(0, 3 * k, x.dims()[0], 1)?);
            }
            Value::sum_of(&all)
        }
    };
    for (parts, joined) in [(8, 0), (16, 1)] {
        let lines = simplified(&[60], REAL, sum(parts));
        assert_eq!(lines.matches("concatenate").count(), joined, "{lines}");
        assert_eq!(lines.matches("pad").count(), if joined == 1 { 0 } else { parts }, "{lines}");
    }
    let overlapping = |x: &Value| {
        let parts: Result<Vec<Value>> =
            (0..20).map(|k| x.slice(0, k, 2, 1)?.scale(2.0).spread(0, k, 40, 1)).collect();
        Value::sum_of(&parts?)
    };
    let lines = simplified(&[40], REAL, overlapping);
    assert_eq!(lines.matches("pad").count(), 20, "{lines}");
}

/// Minutes, if every new node were compared with all others that have its inputs.
#[test]
fn a_new_node_is_compared_with_few_others() {
    let dims = [1 << 20];
    let program = program(&dims, REAL, |x| {
        let mut last = x.clone();
        for k in 1..60_000 {
            x.constant(&array(&[1], REAL, 0.0));
            last = x.slice(0, k, 8, 1)?;
            x.scale(k as f64 + 0.5);
        }
        Ok(last)
    });
    assert_eq!(program.graph.nodes().len(), 2 + 3 * 59_999);
}
