//! Every primitive on the list, in chunks and on ranks, against its definition on whole arrays.

use crate::engine::{Machine, Operators, Plans, Spill, run_ranks};
use crate::graph::primitives::examples;
use crate::graph::reference::{Example, Whole, rows, run, values};
use crate::graph::{Faulty, Program, Value, simplify, transpose};
use crate::io::Array;
use crate::scalar::{C128, DType, Scalar};
use crate::space::{ArrayType, IndexBox};
use crate::with_view;

/// The output of a program with one input.
fn applied(program: &Program, x: &Array, size: usize, threads: usize) -> Whole {
    let parts = run_ranks(size, |comm| {
        let machine = Machine::new(Some(threads), comm).expect("threads");
        let plans = Plans::new(program, None).expect("plans");
        let ops = Operators::compile(plans, &machine, &Spill::default()).expect("compiles");
        let (mut model, mut data) =
            (ops.new_model(&machine).unwrap(), ops.new_data(&machine).unwrap());
        machine.read(&ops.model.blocks[0], &mut model.stores[0], x).unwrap();
        ops.forward(&machine, &mut model, &mut data).unwrap();
        let tiles = &ops.data.blocks[0].tiles;
        let own = tiles.boxes()[tiles.owned(machine.rank(), size)].to_vec();
        let read = |b: IndexBox| {
            let flat: Vec<C128> = with_view!(View, data.stores[0].view(&b), y => {
                y.iter().map(|y| y.to_c128()).collect()
            });
            (b, flat)
        };
        own.into_iter().map(read).collect::<Vec<_>>()
    });
    let dims = &program.output_types()[0].dims;
    let mut y = Whole::from_elem(dims.as_slice(), C128::new(f64::NAN, 0.0));
    for (b, flat) in parts.into_iter().flatten() {
        let mut part = y.slice_each_axis_mut(|axis| b.0[axis.axis.index()].clone().into());
        part.iter_mut().zip(flat).for_each(|(y, v)| *y = v);
    }
    y
}

/// The program with chunks of length `length` on every axis of every node.
fn in_chunks(program: &Program, length: usize) -> Program {
    let mut program = program.clone();
    for id in program.graph.ids() {
        let axes = program.graph.node(id).ty.dims.len();
        program.graph.set_chunks(id, Some(vec![length; axes]));
    }
    program
}

fn bits(y: &Whole) -> Vec<[u64; 2]> {
    // Both zeros are equal.
    y.iter().map(|y| [y.re + 0.0, y.im + 0.0].map(f64::to_bits)).collect()
}

fn check((name, dims, f): &Example, dtype: DType, ranks: &[usize]) {
    let model = ArrayType::new(*dims, dtype);
    let forward = Value::program(&[model], |x| Ok(vec![f(&x[0])?])).expect(name);
    let adjoint = transpose(&forward).expect(name);
    for program in [forward, adjoint] {
        let ty = &program.inputs[0];
        let x = values(ty, 0.7).into_iter().collect();
        let x = Array::values(ty.dims.clone(), x, ty.dtype).expect("small");
        let truth = run(&program, &[x.read::<C128>().expect("small")]).swap_remove(0);
        let largest = truth.iter().fold(1.0, |m: f64, y| m.max(y.norm()));
        let single = program.graph.nodes().iter().any(|node| !node.ty.dtype.is_double());
        let tolerance = largest * if single { 1e-5 } else { 1e-13 };
        for length in [usize::MAX / 4, 3, 2, 1] {
            let program = in_chunks(&program, length);
            let what = format!("{name} of {dtype} in chunks of {length}");
            let y = applied(&program, &x, 1, 1);
            let error = (&y - &truth).iter().fold(0.0, |m: f64, e| m.max(e.norm()));
            assert!(error <= tolerance, "{what}: off by {error}");
            let plan = crate::plan::plan(
                crate::plan::Outline::new(simplify(&program).expect(name)),
                &Default::default(),
            );
            for &size in ranks {
                assert_eq!(plan.prove_shares(size), Ok(()), "{what}");
                let other = applied(&program, &x, size, 1);
                assert_eq!(bits(&y), bits(&other), "{what} on {size} ranks");
            }
        }
    }
}

#[test]
fn every_primitive_computes_in_boxes_what_it_is_defined_to_be() {
    for (_, examples) in examples() {
        for example in &examples {
            for dtype in [DType::Float64, DType::Complex64] {
                check(example, dtype, &[]);
            }
        }
    }
}

#[test]
fn every_primitive_has_the_same_bits_on_any_ranks() {
    for (_, examples) in examples() {
        for example in &examples {
            for dtype in [DType::Float32, DType::Complex128] {
                check(example, dtype, &[2, 3, 5]);
            }
        }
    }
}

/// The error that ends each rank of a failing run.
fn ends(size: usize, program: &Program) -> Vec<String> {
    run_ranks(size, |comm| {
        let machine = Machine::new(Some(2), comm.clone()).expect("threads");
        let plans = Plans::new(program, None).expect("plans");
        let ops = Operators::compile(plans, &machine, &Spill::default()).expect("compiles");
        let (mut model, mut data) =
            (ops.new_model(&machine).unwrap(), ops.new_data(&machine).unwrap());
        let done = ops.forward(&machine, &mut model, &mut data);
        let cause = done.expect_err("no rank has all of its parts").to_string();
        comm.fail(&cause);
        cause
    })
}

#[test]
fn a_box_that_cannot_be_computed_ends_the_run_on_all_ranks_with_its_cause() {
    let faulty = |x: &Value| x.node(Faulty(17), std::slice::from_ref(x), x.ty().clone());
    let stencil = |x: &Value| Ok(x.stencil(0, rows(40))?.chunked(Some(vec![4, 3])));
    // In a tile that needs nothing from others, before neighbours wait for a halo and then all
    // ranks for the other end; and in a tile that itself waits for a halo, on 2 and 7 ranks.
    let early = |x: &Value| stencil(&faulty(x))?.flip(0)?.stencil(0, rows(40));
    let late = |x: &Value| stencil(&faulty(&stencil(x)?))?.flip(0)?.stencil(0, rows(40));
    let of = |f: &dyn Fn(&Value) -> crate::graph::Result<Value>| {
        let model = ArrayType::new([40, 3], DType::Float64);
        Value::program(&[model], |x| Ok(vec![f(&x[0].chunked(Some(vec![4, 3])))?]))
    };
    for program in [of(&early), of(&late)] {
        let program = program.expect("dims agree");
        for size in [1, 2, 3, 7] {
            for (rank, cause) in ends(size, &program).into_iter().enumerate() {
                assert_eq!(cause, "sample 17 cannot be computed", "rank {rank} of {size}");
            }
        }
    }
}
