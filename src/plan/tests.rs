use crate::graph::{Program, Value};
use crate::io::{Array, Distribution, Generator};
use crate::plan::{Landing, Plan, Request, StoreKind, plan};
use crate::scalar::DType;
use crate::space::ArrayType;

fn random(dims: &[usize], dtype: DType) -> Array {
    let generator = Generator::Random { seed: 1, distribution: Distribution::Normal };
    Array::generated(generator, dims.to_vec(), dtype).expect("dims are small")
}

fn planned(program: &Program) -> Plan {
    plan(program, &Request::default())
}

/// A product by frequency between two transforms.
fn convolution(batches: usize, columns: usize) -> Plan {
    let kernel = random(&[batches, 70, 70], DType::Complex64);
    let model = ArrayType::new([201, 70, columns], DType::Float32);
    let program = Value::program(&[model], |x| {
        let spectrum = x[0].rfft(0, 1.0)?.take(0, batches)?;
        let product = spectrum.matmul(&x[0].constant(&kernel))?;
        Ok(vec![product.pad(0, 0, 101 - batches)?.irfft(0, 201, 1.0)?])
    });
    planned(&program.expect("dims agree"))
}

#[test]
fn zeros_around_a_product_are_neither_shared_nor_sent() {
    let plan = convolution(60, 20);
    let slots = plan.stores.iter().filter(|s| matches!(s.kind, StoreKind::Slot(_)));
    assert_eq!(slots.map(|s| s.ty.dims[0]).collect::<Vec<_>>(), [60, 60]);
    let product = plan.stages[1].store.0;
    for rank in 0..2 {
        assert_eq!(plan.share(rank, 2).owned[product].0[0].len(), 30);
    }
}

#[test]
fn what_is_read_about_once_is_read_where_it_came() {
    let plan = convolution(60, 20);
    let share = plan.share(0, 2);
    assert!(share.exchanges.iter().all(|e| e.landing == Landing::Messages));
    assert!(share.exchanges.len() >= 2);
}

#[test]
fn what_every_tile_reads_is_brought_together_once() {
    // Each process has some columns of x, and each of its many tiles of rows needs them all.
    let kernel = random(&[16, 600, 300], DType::Float64);
    let model = ArrayType::new([16, 300, 40], DType::Float64);
    let program = Value::program(&[model], |x| {
        let x = x[0].chunked(Some(vec![16, 300, 10]));
        Ok(vec![x.matmul(&x.constant(&kernel))?])
    });
    let plan = planned(&program.expect("dims agree"));
    let landings: Vec<_> = plan.share(0, 2).exchanges.iter().map(|e| e.landing).collect();
    assert_eq!(landings, [Landing::Apart]);
}

#[test]
fn a_halo_lands_beside_what_is_owned() {
    let model = ArrayType::new([4000, 100], DType::Float64);
    let rows = crate::graph::Banded::from_rows(4000, 1, |i, n| {
        if i + 1 == n { vec![] } else { vec![(i, -1.0), (i + 1, 1.0)] }
    });
    let program = Value::program(&[model], |x| Ok(vec![x[0].stencil(0, rows.clone())?]));
    let plan = planned(&program.expect("dims agree"));
    let landings: Vec<_> = plan.share(0, 2).exchanges.iter().map(|e| e.landing).collect();
    assert_eq!(landings, [Landing::Beside]);
}
