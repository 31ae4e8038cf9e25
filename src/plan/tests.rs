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

/// A program without much use of its input: outputs made of constants, of which one continues another.
fn constant_outputs() -> Plan {
    let a = random(&[40, 30], DType::Float64);
    let program = Value::program(&[ArrayType::new([3], DType::Float64)], |x| {
        let spectrum = x[0].constant(&a).rfft(0, 1.0)?;
        let low = spectrum.scale(2.0).irfft(0, 40, 1.0)?;
        let lower = low.stencil(1, first_differences(30))?;
        Ok(vec![spectrum, low, lower, x[0].clone()])
    });
    planned(&program.expect("dims agree"))
}

fn first_differences(n: usize) -> crate::graph::Banded {
    crate::graph::Banded::from_rows(n, 1, |i, n| {
        if i + 1 == n { vec![] } else { vec![(i, -1.0), (i + 1, 1.0)] }
    })
}

#[test]
fn what_is_made_of_constants_is_kept_where_an_output_continues_it() {
    let plan = constant_outputs();
    assert_eq!(plan.prove(), Ok(()));
    for size in [1, 2, 3, 7] {
        assert_eq!(plan.prove_shares(size), Ok(()));
    }
    assert_eq!(plan.stores.iter().filter(|s| s.kind == StoreKind::Derived).count(), 2);
}

#[test]
fn a_plan_whose_stage_reads_too_early_has_no_proof() {
    let sound = convolution(60, 20);
    assert_eq!(sound.prove(), Ok(()));
    let mut plan = sound.clone();
    plan.stages.swap(0, 1);
    assert!(plan.prove().is_err_and(|e| e.contains("before it is filled")));
    let mut plan = sound.clone();
    plan.stages.remove(0);
    assert!(plan.prove().is_err_and(|e| e.contains("before it is filled")));
    let mut plan = sound.clone();
    plan.stages[1].reads.clear();
    assert!(plan.prove().is_err_and(|e| e.contains("does not say it reads")));
    let mut plan = sound.clone();
    plan.stages[0].once = true;
    assert!(plan.prove().is_err_and(|e| e.contains("fills")));
}

#[test]
fn a_plan_whose_slot_is_taken_while_it_is_needed_has_no_proof() {
    let model = ArrayType::new([64, 50], DType::Float64);
    let program = Value::program(&[model], |x| {
        let a = x[0].stencil(0, first_differences(64))?;
        let b = a.stencil(1, first_differences(50))?;
        let c = b.stencil(0, first_differences(64))?.stencil(1, first_differences(50))?;
        Ok(vec![c.add(&a)?])
    });
    let mut plan = planned(&program.expect("dims agree"));
    assert_eq!(plan.prove(), Ok(()));
    let slots: Vec<StoreKind> = plan.stores.iter().map(|s| s.kind.clone()).collect();
    assert!(slots.contains(&StoreKind::Slot(2)), "{slots:?}");
    for store in &mut plan.stores {
        if matches!(store.kind, StoreKind::Slot(_)) {
            store.kind = StoreKind::Slot(0);
        }
    }
    assert!(plan.prove().is_err_and(|e| e.contains("whose slot holds")));
}

#[test]
fn a_share_that_lacks_a_message_has_no_proof() {
    let plan = convolution(60, 20);
    for size in [2, 3, 7] {
        assert_eq!(plan.prove_shares(size), Ok(()));
        let mut share = plan.share(0, size);
        assert_eq!(plan.prove_share(&share), Ok(()));
        share.exchanges[0].receives.pop();
        assert!(plan.prove_share(&share).is_err_and(|e| e.contains("lacks")));
    }
}

/// Minutes, if every tile looked at all pieces.
#[test]
fn a_tile_looks_at_its_own_pieces_of_a_stack() {
    let (pieces, each) = (30_000, 18_000);
    let model = ArrayType::new([pieces * each], DType::Float64);
    let program = Value::program(&[model], |x| {
        // Neighbours change places.
        let part = |k: usize| x[0].slice(0, (k ^ 1) * each, each, 1);
        let parts: Result<Vec<Value>, _> = (0..pieces).map(part).collect();
        Ok(vec![Value::concatenate(&parts?, 0)?])
    });
    let plan = planned(&program.expect("dims agree"));
    assert!(plan.stores[plan.stages[0].store.0].tiles.len() > 16_000);
    let needs = plan.needs(0, 2);
    let pulled: usize = needs.iter().flat_map(|need| &need.pulled).sum();
    assert_eq!(pulled, pieces * each);
}
