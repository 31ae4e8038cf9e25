//! Programs with every kind of movement give the same bits on any number of ranks and threads;
//! their transposes pass the dot test.

mod primitives;

use std::sync::Arc;

use crate::engine::{
    Arrival, Communicator, Lost, Machine, Operators, Parcel, Plans, Spill, run_ranks,
};
use crate::graph::{Banded, Program, Result, Value, batched, transpose};
use crate::io::{Array, Distribution, Generator};
use crate::scalar::{C128, DType};
use crate::space::ArrayType;
use crate::with_view;

fn random(dims: &[usize], dtype: DType, seed: u64) -> Array {
    let generator = Generator::Random { seed, distribution: Distribution::Normal };
    Array::generated(generator, dims.to_vec(), dtype).expect("dims are small")
}

/// `A x` of a random model and `A^H y` of random data, as flat numbers, with `||A x||^2`, and the
/// relative error of the dot test.
fn both(program: &Program, size: usize, threads: usize) -> (Vec<C128>, Vec<C128>, u64, f64) {
    let adjoint = transpose(program).expect("transposes");
    let results = run_ranks(size, |comm| {
        let machine = Machine::new(Some(threads), comm).expect("threads");
        let plans = Plans::new(program, Some(&adjoint)).expect("plans");
        let ops = Operators::compile(plans, &machine, &Spill::default()).expect("compiles");
        let (mut x, mut y) = (ops.new_model(&machine).unwrap(), ops.new_data(&machine).unwrap());
        let (mut ax, mut ay) = (ops.new_data(&machine).unwrap(), ops.new_model(&machine).unwrap());
        for (k, block) in ops.model.blocks.iter().enumerate() {
            let array = random(&block.ty.dims, block.ty.dtype, 1 + k as u64);
            machine.read(block, &mut x.stores[k], &array).unwrap();
        }
        for (k, block) in ops.data.blocks.iter().enumerate() {
            let array = random(&block.ty.dims, block.ty.dtype, 101 + k as u64);
            machine.read(block, &mut y.stores[k], &array).unwrap();
        }
        let norm = ops.forward(&machine, &mut x, &mut ax).unwrap();
        ops.adjoint(&machine, &mut y, &mut ay).unwrap();
        let left = machine.dot(&ops.data, &y, &ax).unwrap();
        let right = machine.dot(&ops.model, &ay, &x).unwrap();
        let scale = (norm * machine.norm2(&ops.data, &y).unwrap()).sqrt();
        let parts = |space: &crate::engine::Space, v: &crate::engine::Vector| {
            let mut bits = Vec::new();
            for (block, store) in space.blocks.iter().zip(&v.stores) {
                for tile in &block.tiles.boxes()[block.tiles.owned(machine.rank(), size)] {
                    with_view!(View, store.view(tile), x => {
                        bits.extend(x.iter().map(|x| crate::scalar::Scalar::to_c128(*x)));
                    });
                }
            }
            bits
        };
        let error = (left - right).abs() / scale.max(1e-300);
        (parts(&ops.data, &ax), parts(&ops.model, &ay), norm.to_bits(), error)
    });
    let mut all = (Vec::new(), Vec::new(), results[0].2, results[0].3);
    for (ax, ay, norm, _) in results {
        assert_eq!(norm, all.2, "ranks agree on the norm");
        all.0.extend(ax);
        all.1.extend(ay);
    }
    all
}

fn check(name: &str, dims: &[usize], dtype: DType, f: impl Fn(&Value) -> Result<Value>) {
    let model = ArrayType::new(dims, dtype);
    let program = Value::program(&[model], |x| Ok(vec![f(&x[0])?])).expect(name);
    let adjoint = transpose(&program).expect("transposes");
    let plans = Plans::new(&program, Some(&adjoint)).expect("plans");
    for size in [2, 3, 7] {
        for plan in [Some(&plans.forward), plans.adjoint.as_ref()].into_iter().flatten() {
            assert_eq!(plan.prove_shares(size), Ok(()), "{name} {dtype}");
        }
    }
    let one = both(&program, 1, 1);
    let tolerance = if dtype.is_double() { 1e-13 } else { 1e-5 };
    assert!(one.3 < tolerance, "{name} {dtype}: dot test off by {}", one.3);
    for (size, threads) in [(1, 3), (2, 1), (3, 2), (7, 1)] {
        let other = both(&program, size, threads);
        assert!(
            one.0 == other.0 && one.1 == other.1,
            "{name} {dtype}: {size} ranks of {threads} threads"
        );
        assert_eq!(one.2, other.2, "{name} {dtype}: norm on {size} ranks");
    }
}

fn derivative(n: usize) -> Banded {
    Banded::from_rows(n, 1, |i, n| {
        if i == 0 || i + 1 == n { vec![] } else { vec![(i - 1, -0.5), (i + 1, 0.5)] }
    })
}

#[test]
fn every_movement_has_the_same_bits_on_any_ranks_and_threads() {
    for dtype in DType::ALL {
        let chunks = |v: &Value, c: &[usize]| v.chunked(Some(c.to_vec()));
        check("stencils", &[40, 30], dtype, |x| {
            let x = chunks(x, &[7, 11]);
            let y = x.stencil(0, derivative(40))?.add(&x.stencil(1, derivative(30))?.scale(2.0))?;
            Ok(chunks(&y, &[5, 30]))
        });
        check("stencil of a stencil", &[60, 7], dtype, |x| {
            let y = chunks(x, &[6, 7]).stencil(0, derivative(60))?;
            Ok(chunks(&chunks(&y, &[9, 7]).stencil(0, derivative(60))?, &[4, 7]))
        });
        for dims in [[3, 1], [3, 2], [5, 1], [7, 2], [2, 3], [1, 1], [40, 2]] {
            check("stencils of thin arrays", &dims, dtype, |x| {
                let outer = x.stencil(0, derivative(dims[0]))?;
                let inner = chunks(x, &[2, 1]).stencil(1, derivative(dims[1]))?;
                Ok(chunks(&outer.add(&inner)?, &[1, 2]))
            });
        }
        check("transforms along both axes", &[12, 18], dtype, |x| {
            Ok(chunks(&chunks(x, &[3, 4]).fft(0)?.fft(1)?.permute(&[1, 0])?, &[5, 5]))
        });
        check("real transforms", &[15, 9], dtype, |x| {
            let y = chunks(&x.real(), &[4, 4]).ifftshift(0)?.rfft(0, 1.4)?.take(0, 5)?;
            y.pad(0, 0, 3)?.irfft(0, 15, 1.4)
        });
        let kernel = random(&[6, 4, 5], dtype, 7);
        let square = random(&[1, 7, 5], dtype, 8);
        let column = [ArrayType::new([1, 5, 1], dtype)];
        let product = |x: &[Value]| Ok(vec![x[0].matmul(&x[0].constant(&square))?]);
        let product = Value::program(&column, product).expect("dims agree");
        check("some rows of a normal product", &[5], dtype, |x| {
            let x = x.reshape(&[1, 5, 1])?;
            let y = x.apply(&product).apply_transposed(&product)?;
            y.reshape(&[5])?.slice(0, 2, 1, 2)
        });
        check("batched product", &[6, 5, 3], dtype, |x| {
            let k = x.constant(&kernel);
            Ok(chunks(&chunks(x, &[2, 5, 1]).matmul(&k)?, &[1, 2, 3]))
        });
        let wide = random(&[1, 70, 80], dtype, 8);
        check("matrix and vector", &[1, 80, 1], dtype, |x| {
            Ok(chunks(&chunks(x, &[1, 9, 1]).matmul(&x.constant(&wide))?, &[1, 64, 1]))
        });
        check("flat pieces", &[12, 5], dtype, |x| {
            let a = chunks(x, &[2, 5]).stencil(0, derivative(12))?.flatten();
            let b = x.roll(1, 2)?.slice(0, 1, 5, 2)?.flatten();
            Ok(chunks(&Value::concatenate(&[a, b], 0)?, &[13]))
        });
        check("gathers, sums and flips", &[9, 8, 2], dtype, |x| {
            let x = chunks(x, &[2, 3, 1]).gather(1, Arc::from([5, 1, 1, 0]))?.flip(0)?;
            let y = x.cumulative_sum(0)?.sum(1)?.broadcast(1, 3)?;
            Ok(chunks(&y.permute(&[2, 0, 1])?, &[1, 4, 2]))
        });
        let filter = random(&[5], dtype, 9);
        check("convolutions", &[23, 6], dtype, |x| {
            let h = x.constant(&filter);
            let y = chunks(x, &[4, 6]).convolve(&[0], &h, &[3])?;
            Ok(chunks(&y.convolve(&[1], &h, &[1])?, &[23, 2]))
        });
        let table = |dims: &[usize], seed: u64| {
            let distribution = Distribution::Uniform;
            Array::generated(
                Generator::Random { seed, distribution },
                dims.to_vec(),
                DType::Float64,
            )
        };
        let (indices, sources, receivers) = (
            table(&[60, 35], 11).unwrap(),
            table(&[7, 60], 12).unwrap(),
            table(&[19, 60], 13).unwrap(),
        );
        check("spreads", &[60], dtype, |x| {
            let t = x.constant(&indices);
            Ok(chunks(&chunks(x, &[9]).spread_by(&t.scale(30.0), Some(&t), 29)?, &[3, 29]))
        });
        let factors = (table(&[7, 2, 60], 14).unwrap(), table(&[19, 2, 60], 15).unwrap());
        check("demigration", &[12, 5], dtype, |x| {
            let (s, r) = (x.constant(&sources), x.constant(&receivers));
            let x = chunks(&chunks(x, &[2, 5]).flatten(), &[17]);
            let weights = [x.constant(&factors.0), x.constant(&factors.1)];
            let y = x.demigrate([s.clone(), r.clone()], None, 31, 0.05, None)?;
            let z = x.demigrate([s, r], Some(weights), 31, 0.05, None)?;
            Ok(chunks(&y.add(&z)?, &[2, 3, 31]))
        });
        let factor = random(&[11, 1], dtype, 10);
        check("products and conjugates", &[11, 6], dtype, |x| {
            let y = chunks(x, &[3, 6]).multiply(&x.constant(&factor))?;
            Ok(chunks(
                &y.add(
                    &x.conj().scale(C128::new(0.5, if dtype.is_complex() { 2.0 } else { 0.0 })),
                )?,
                &[2, 2],
            ))
        });
    }
}

/// Sums over rows of a large kernel are added in parts, and each rank reads only its own rows.
#[test]
fn large_products_are_summed_in_parts() {
    let kernel = random(&[1, 601, 7000], DType::Float64, 3);
    check("product in parts", &[7000], DType::Float64, |x| {
        let y = x.reshape(&[1, 7000, 1])?.matmul(&x.constant(&kernel))?;
        y.reshape(&[601])
    });
}

#[test]
fn many_items_at_once_have_the_same_bits_on_any_ranks_threads_and_chunks() {
    for dtype in DType::ALL {
        for (each, rows) in [(true, 5), (true, 33), (false, 5), (false, 33)] {
            let item = |seed: u64| {
                let (kernel, diagonal) =
                    (random(&[1, rows, 7], dtype, seed), random(&[rows], dtype, 1000 + seed));
                Value::program(&[ArrayType::new([7], dtype)], |x| {
                    let y = x[0].reshape(&[1, 7, 1])?.matmul(&x[0].constant(&kernel))?;
                    let y = y.reshape(&[rows])?.stencil(0, derivative(rows))?;
                    Ok(vec![y.multiply(&x[0].constant(&diagonal))?])
                })
            };
            let items: Result<Vec<Program>> = (0..123).map(item).collect();
            let items = items.expect("dims agree");
            let together = batched(&items.iter().collect::<Vec<_>>(), each);
            let together = together.expect("dims agree").expect("all can be batched");
            let dims = together.inputs[0].dims.clone();
            check("many items", &dims, dtype, |x| Ok(x.apply(&together)));
            let chunked = |n: usize| {
                let program = Value::program(&[ArrayType::new(dims.clone(), dtype)], |x| {
                    let chunk = [&[n], &dims[1..]].concat();
                    let x = x[0].chunked(each.then_some(chunk));
                    Ok(vec![x.apply(&together).chunked(Some(vec![n, rows]))])
                });
                both(&program.expect("dims agree"), 2, 2)
            };
            let (a, b) = (chunked(10), chunked(123));
            assert!(a.0 == b.0 && a.1 == b.1, "{dtype}, {rows} rows, a model for each: {each}");
        }
    }
}

/// A process that waits for its sends before it receives.
struct SendsFirst(Arc<dyn Communicator>);

impl Communicator for SendsFirst {
    fn rank(&self) -> usize {
        self.0.rank()
    }
    fn size(&self) -> usize {
        self.0.size()
    }
    fn start<'a>(
        &'a self,
        sends: Vec<(usize, Parcel)>,
        receives: &[(usize, usize)],
    ) -> std::result::Result<Box<dyn Arrival + 'a>, Lost> {
        self.0.start(sends, &[])?.wait()?;
        self.0.start(vec![], receives)
    }
}

#[test]
fn an_exchange_that_mpi_may_block_is_told() {
    let model = ArrayType::new([40, 3], DType::Float64);
    let program = Value::program(&[model], |x| {
        Ok(vec![x[0].stencil(0, derivative(40))?.chunked(Some(vec![4, 3]))])
    });
    let program = program.expect("dims agree");
    let forward = |comm: Arc<dyn Communicator>| {
        let machine = Machine::new(Some(1), comm).expect("threads");
        let plans = Plans::new(&program, None).expect("plans");
        let ops = Operators::compile(plans, &machine, &Spill::default()).expect("compiles");
        let (mut x, mut y) = (ops.new_model(&machine).unwrap(), ops.new_data(&machine).unwrap());
        let inputs: &mut [_] = &mut [&mut x.stores[0]];
        let outputs: &mut [_] = &mut [&mut y.stores[0]];
        let done = ops.forward.run(&machine, inputs, outputs, crate::engine::After::Nothing);
        done.map_err(|e| e.to_string())
    };
    assert!(run_ranks(2, forward).iter().all(std::result::Result::is_ok));
    for result in run_ranks(2, |comm| forward(Arc::new(SendsFirst(comm)))) {
        let said = result.expect_err("both wait");
        assert!(said.contains("all processes wait for each other"), "{said}");
    }
}
