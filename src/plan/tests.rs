use crate::graph::{Program, Value};
use crate::io::{Array, Distribution, Generator};
use crate::plan::{Landing, Outline, Plan, Request, StoreKind, plan};
use crate::scalar::DType;
use crate::space::{ArrayType, IndexBox};

fn random(dims: &[usize], dtype: DType) -> Array {
    let generator = Generator::Random { seed: 1, distribution: Distribution::Normal };
    Array::generated(generator, dims.to_vec(), dtype).expect("dims are small")
}

fn planned(program: &Program) -> Plan {
    plan(Outline::new(program.clone()), &Request::default())
}

#[test]
fn an_outline_knows_the_tiles_of_outputs() {
    let model = ArrayType::new([300, 1000], DType::Float64);
    let program = Value::program(&[model], |x| {
        let y = x[0].to_complex().fft(0)?;
        Ok(vec![y.real(), y.chunked(Some(vec![7, 100])), x[0].permute(&[1, 0])?])
    });
    let program = program.expect("dims agree");
    let plan = planned(&program);
    let outputs = (0..3).filter_map(|k| Some(plan.store(plan.output(k)?).tiles.clone()));
    assert_eq!(Outline::new(program).outputs(), outputs.collect::<Vec<_>>());
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
    // Each process owns some columns of x, and each of its many tiles of rows needs all of them.
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

/// A program that hardly uses its input: outputs made of constants, one of which continues another.
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

/// Takes minutes if every tile looks at all pieces.
#[test]
fn a_tile_looks_at_its_own_pieces_of_a_stack() {
    let (pieces, each) = (30_000, 18_000);
    let model = ArrayType::new([pieces * each], DType::Float64);
    let program = Value::program(&[model], |x| {
        // Swap neighbours.
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

/// What each of 4 processes receives of the only input, and how much of it each holds.
fn received(f: impl Fn(&Value) -> crate::graph::Result<Value>) -> Vec<(Vec<IndexBox>, usize)> {
    let model = ArrayType::new([4000, 100], DType::Float64);
    let program = Value::program(&[model], |x| Ok(vec![f(&x[0])?]));
    let plan = planned(&program.expect("dims agree"));
    assert_eq!(plan.prove_shares(4), Ok(()));
    let input = plan.stores.iter().position(|s| s.kind == StoreKind::Input(0)).expect("it is read");
    let shares = plan.shares(4);
    let of = |rank: usize| {
        let share = shares.of(rank);
        let receives = share.exchanges.iter().flat_map(|e| &e.receives);
        (receives.map(|t| t.part.clone()).collect(), share.held[input].len())
    };
    (0..4).map(of).collect()
}

fn rows(lo: usize, hi: usize) -> IndexBox {
    IndexBox(vec![lo..hi, 0..100])
}

#[test]
fn a_roll_along_a_shared_axis_fetches_its_ends() {
    let of = received(|x| x.roll(0, 10));
    for (rank, (parts, held)) in of.into_iter().enumerate() {
        let own = rank * 1000;
        let ends = if rank == 0 { rows(3990, 4000) } else { rows(own - 10, own) };
        assert_eq!(parts, [ends]);
        assert!(held <= 101_000, "process {rank} holds {held} elements");
    }
}

#[test]
fn a_gather_along_a_shared_axis_fetches_what_it_reads() {
    // Each process owns a quarter of x and of the picked samples; some pick from its ends.
    let near = received(|x| x.gather(0, (0..4000).map(|i| i / 4 * 4 + 3 - i % 4).collect()));
    assert!(near.iter().all(|(parts, held)| parts.is_empty() && *held == 100_000));
    let ends = received(|x| {
        x.gather(0, (0..4000).map(|i| if i % 2 == 0 { i / 2 } else { 3999 }).collect())
    });
    assert_eq!(ends[0].0, [rows(3999, 4000)]);
    assert_eq!(ends[2].0, [rows(1000, 1500), rows(3999, 4000)]);
}

#[test]
fn a_flip_beside_what_is_owned_fetches_its_mirror() {
    for (rank, (parts, _)) in received(|x| x.flip(0)?.add(x)).into_iter().enumerate() {
        assert_eq!(parts, [rows((3 - rank) * 1000, (4 - rank) * 1000)]);
    }
}

/// Integers drawn from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
}

/// A random program of operations on earlier values, all of which keep what they read.
fn random_program(seed: u64) -> Program {
    let mut dice = Numbers(seed);
    let n = 6 + dice.below(5);
    let kernel = random(&[1, n, n], DType::Float64);
    let program = Value::program(&[ArrayType::new([n, n], DType::Float64)], |x| {
        let mut values = vec![x[0].clone()];
        for _ in 0..3 + dice.below(9) {
            let a = values[values.len() - 1 - dice.below(values.len().min(4))].clone();
            let b = values[dice.below(values.len())].clone();
            let axis = dice.below(2);
            let next = match dice.below(8) {
                0 | 1 => a.stencil(axis, first_differences(n))?,
                2 => a.stencil(axis, first_differences(n))?.add(&b)?,
                3 => a.permute(&[1, 0])?.add(&b.scale(2.0))?,
                4 => a.cumulative_sum(axis)?,
                5 => {
                    let m = 1 + dice.below(n - 1);
                    let parts = [a.take(axis, m)?, b.slice(axis, 0, n - m, 1)?];
                    Value::concatenate(&parts, axis)?
                }
                6 => {
                    let product = a.reshape(&[1, n, n])?.matmul(&a.constant(&kernel))?;
                    product.reshape(&[n, n])?
                }
                _ => a.to_complex().fft(axis)?.real().add(&b)?,
            };
            let chunks = vec![1 + dice.below(n), 1 + dice.below(n)];
            values.push(next.chunked((dice.below(2) == 0).then_some(chunks)));
        }
        let some = dice.below(values.len());
        Ok(vec![
            values.pop().unwrap_or_else(|| x[0].clone()),
            values[some.min(values.len() - 1)].clone(),
        ])
    });
    crate::graph::simplify(&program.expect("dims agree")).expect("simplifies")
}

/// The lifetime of a store in a slot.
struct Life {
    store: usize,
    slot: usize,
    /// The stage that writes it, and the last stage that pulls from it.
    first: usize,
    last: usize,
}

impl Life {
    fn meets(&self, other: &Life) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

fn lives(plan: &Plan) -> Vec<Life> {
    let mut lives: Vec<Life> = Vec::new();
    for (number, stage) in plan.stages.iter().enumerate() {
        let store = plan.store(stage.store);
        if let StoreKind::Slot(slot) = store.kind {
            lives.push(Life { store: stage.store.0, slot, first: number, last: number });
        }
        let whole = IndexBox::whole(&store.ty.dims);
        plan.pulls(stage.store, &whole, &mut |read, _| {
            lives.iter_mut().filter(|l| l.store == read.0).for_each(|l| l.last = number);
        });
    }
    lives
}

/// Whether two stores occupy one slot at the same time.
fn is_crowded(lives: &[Life]) -> bool {
    let pairs = (0..lives.len()).flat_map(|a| (0..a).map(move |b| (&lives[a], &lives[b])));
    pairs.into_iter().any(|(a, b)| a.slot == b.slot && a.meets(b))
}

#[test]
fn arrays_that_live_at_the_same_time_share_no_slot() {
    let (mut shared, mut broken) = (0, 0);
    for seed in 0..400 {
        let mut plan = planned(&random_program(seed));
        assert_eq!(plan.prove(), Ok(()), "seed {seed}:\n{plan}");
        for size in [2, 3] {
            assert_eq!(plan.prove_shares(size), Ok(()), "seed {seed}:\n{plan}");
        }
        let all = lives(&plan);
        assert!(!is_crowded(&all), "seed {seed}:\n{plan}");
        for Life { store, slot, .. } in &all {
            assert!(plan.slots[*slot] >= plan.stores[*store].ty.bytes(), "seed {seed}:\n{plan}");
        }
        shared += all.len() - plan.slots.len();
        // A store moved into the slot of another that lives at the same time is detected.
        for (k, a) in all.iter().enumerate() {
            for b in all[..k].iter().filter(|b| a.slot != b.slot && a.meets(b)) {
                plan.stores[a.store].kind = StoreKind::Slot(b.slot);
                assert!(is_crowded(&lives(&plan)) && plan.prove().is_err(), "seed {seed}:\n{plan}");
                broken += 1;
            }
            plan.stores[a.store].kind = StoreKind::Slot(a.slot);
        }
    }
    assert!(shared > 100 && broken > 500, "{shared} share a slot, {broken} were moved");
}
