//! Transposed, conjugated and simplified programs against dense matrices.

use std::sync::Arc;

use crate::graph::primitives::examples;
use crate::graph::reference::{Example, SHIFT, array, assert_same, complex, dense, rows};
use crate::graph::{
    AxisStep, Convolve, Format, Node, Pad, Program, Result, Slice, Value, alike, batched,
    conjugate, render, simplify, transpose,
};
use crate::scalar::{C128, DType};
use crate::space::ArrayType;

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

/// A matrix over the real numbers with the sign of imaginary rows and columns flipped.
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

/// An example that no primitive has: paths that split and join.
const MORE: &[Example] = &[("several paths", &[2, 4], |x| {
    let a = x.scale(C128::new(0.0, 1.0)).real();
    let b = x.real().rfft(1, 2.0)?.scale(C128::new(1.0, -1.0)).irfft(1, 4, 1.0)?;
    Value::concatenate(&[a.add(&b)?, x.imag()], 0)
})];

#[test]
fn every_primitive_transposes_conjugates_and_simplifies() {
    for (kind, examples) in examples() {
        let mut seen = false;
        for (name, dims, f) in examples {
            for dtype in [DType::Float64, DType::Complex128] {
                let forward = program(dims, dtype, f);
                let of_kind = |node: &Node| node.primitive.kind() == kind;
                seen |= forward.graph.nodes().iter().any(of_kind);
                check_all(name, &forward);
            }
        }
        assert!(seen, "no example of {kind} has one");
    }
    for (name, dims, f) in MORE {
        check_all(name, &program(dims, DType::Complex128, f));
    }
}

fn check_all(name: &str, forward: &Program) {
    let what = |how: &str| format!("{name} of {}, {how}", forward.inputs[0].dtype);
    let done = |program: Result<Program>| program.unwrap_or_else(|e| panic!("{name}: {e}"));
    let adjoint = done(transpose(forward));
    let matrix = dense(forward);
    assert_eq!(adjoint.inputs, forward.output_types(), "{name}");
    assert_eq!(adjoint.output_types(), forward.inputs, "{name}");
    assert_same(&matrix, &dense(&adjoint), true, &what("transposed"));
    assert_same(&matrix, &dense(&done(transpose(&adjoint))), false, &what("twice"));
    for p in [forward, &adjoint] {
        let conj = done(conjugate(p));
        assert_same(&conjugated(p, dense(p)), &dense(&conj), false, &what("conjugated"));
    }
    let normal = chain(forward, &adjoint);
    for p in [forward, &adjoint, &normal] {
        let simple = done(simplify(p));
        assert_eq!(simple.output_types(), p.output_types(), "{}", what("simplified"));
        assert_same(&dense(p), &dense(&simple), false, &what("simplified"));
        let again = done(transpose(&simple));
        assert_same(&dense(p), &dense(&again), true, &what("simplified, transposed"));
    }
}

/// Stacks matrices vertically, each with its own model if `each`.
fn stacked(matrices: &[Vec<Vec<f64>>], each: bool) -> Vec<Vec<f64>> {
    let rows = matrices[0].first().map_or(0, Vec::len);
    let columns = matrices[0].len();
    let count = if each { matrices.len() } else { 1 };
    let column = |k: usize| {
        let (owner, j) = (k / columns, k % columns);
        let part = |(i, m): (usize, &Vec<Vec<f64>>)| match each && i != owner {
            true => vec![0.0; rows],
            false => m[j].clone(),
        };
        matrices.iter().enumerate().flat_map(part).collect()
    };
    (0..count * columns).map(column).collect()
}

#[test]
fn many_items_at_once_are_the_items_one_by_one() {
    let mut refused = Vec::new();
    let all = examples().into_iter().flat_map(|(_, examples)| examples);
    for (name, dims, f) in all.chain(MORE.iter().copied()) {
        for dtype in [DType::Float64, DType::Complex128] {
            let item = |k: usize| {
                SHIFT.set(0.01 * k as f64);
                let forward = program(dims, dtype, f);
                SHIFT.set(0.0);
                forward
            };
            // Items with their own arrays, and items that share them.
            let (own, one) = ([item(0), item(1), item(2)], item(0));
            let adjoints = own.each_ref().map(|p| transpose(p).expect(name));
            let same = [one.clone(), one.clone(), one.clone()];
            let normal = own.each_ref().map(|p| {
                let adjoint = transpose(p).expect(name);
                simplify(&chain(p, &adjoint)).expect(name)
            });
            for (items, kind) in
                [(&own, "own"), (&adjoints, "adjoint"), (&same, "same"), (&normal, "normal")]
            {
                assert!(items.windows(2).all(|pair| alike(&pair[0], &pair[1])), "{name} {kind}");
                let programs: Vec<&Program> = items.iter().collect();
                for each in [true, false] {
                    let what = format!("{name} of {dtype}, {kind}, a model for each: {each}");
                    let Some(together) = batched(&programs, each).expect(name) else {
                        refused.push(name);
                        continue;
                    };
                    let ty = &items[0].output_types()[0];
                    assert_eq!(together.output_types()[0].dims, [&[3], &ty.dims[..]].concat());
                    let matrices = items.each_ref().map(dense);
                    let matrix = stacked(&matrices, each);
                    assert_same(&matrix, &dense(&together), false, &what);
                    let adjoint = simplify(&transpose(&together).expect(name)).expect(name);
                    assert_same(&matrix, &dense(&adjoint), true, &format!("{what}, transposed"));
                }
            }
        }
    }
    refused.dedup();
    assert_eq!(
        refused,
        [
            "convolve",
            "convolve complex",
            "convolve long",
            "convolve plane",
            "convolve axes",
            "non-stationary",
            "non-stationary first axis",
            "non-stationary plane",
            "non-stationary one filter",
            "non-stationary filters",
            "non-stationary filters in a plane",
            "turn",
            "turn first axis",
            "turn by one shift",
            "spread by a table",
            "spread between samples",
            "spread at times",
            "sparse matmul",
            "sparse matmul of columns",
            "demigrate",
            "demigrate with weights",
            "radon by a table",
            "sinc shift",
            "sinc shift by no samples",
            "sinc shift downwards",
            "spray",
            "spray far",
            "spray nowhere",
            "not faulty",
        ]
    );
}

#[test]
fn programs_of_other_shapes_large_arrays_and_chunks_are_not_alike() {
    let plain = |n: usize, c: f64, chunks: Option<Vec<usize>>| {
        program(&[n], REAL, |x| {
            Ok(x.multiply(&x.constant(&array(&[n], REAL, 0.1)))?.scale(c).chunked(chunks))
        })
    };
    let first = plain(8, 2.0, None);
    assert!(alike(&first, &plain(8, 2.0, None)));
    assert!(!alike(&first, &plain(8, 3.0, None)));
    assert!(!alike(&first, &plain(9, 2.0, None)));
    assert!(!alike(&plain(8, 2.0, Some(vec![4])), &plain(8, 2.0, Some(vec![4]))));
    assert!(!alike(&plain(8193, 2.0, None), &plain(8193, 2.0, None)));
}

#[test]
fn a_wrong_adjoint_is_found() {
    // A control: PyLops does not conjugate the filter.
    let forward =
        program(&[5], DType::Complex128, |x| x.convolve(&[0], &complex(x, &[3], 0.2), &[1]));
    let wrong = program(&[5], DType::Complex128, |y| {
        let inputs = [y.clone(), complex(y, &[3], 0.2)];
        let correlate =
            Convolve { axes: vec![0], offsets: vec![1], taps: vec![3], flip: true, conj: false };
        Ok(y.node(correlate, &inputs, y.ty().clone()))
    });
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        assert_same(&dense(&forward), &dense(&wrong), true, "control");
    }));
    assert!(found.is_err());
}

/// The lines of a simplified program, after checking that its matrix is the same.
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
fn nodes_of_one_hash_are_told_apart_and_found_again() {
    program(&[64], REAL, |x| {
        // A gather hashes 16 of its indices: of 64, every fourth.
        let gather = |changed: usize| {
            let indices = (0..64).map(|k| if k == changed { 0 } else { k });
            x.gather(0, indices.collect()).map(|y| y.id())
        };
        let ids = [1, 2, 3, 1, 2, 3].map(gather).into_iter().collect::<Result<Vec<_>>>()?;
        assert_eq!(ids[..3], ids[3..]);
        assert!(ids[0] < ids[1] && ids[1] < ids[2], "{ids:?}");
        Ok(x.clone())
    });
}

#[test]
fn slices_and_pads_undo_each_other_on_any_axis() {
    let steps = vec![AxisStep { start: 1, step: 2 }];
    insta::assert_snapshot!(
        simplified(&[3], REAL, |x| {
            let wide = x.node(Pad(steps.clone().into()), std::slice::from_ref(x),
                ArrayType::new([7], REAL));
            Ok(wide.node(Slice(steps.into()), std::slice::from_ref(&wide), x.ty().clone()))
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

/// Takes minutes if every new node is compared with all others that have its inputs.
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
