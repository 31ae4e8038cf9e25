//! Programs ready to run again and again: plans with their memory, constants read, derived arrays
//! computed. Nothing in a run is built or looked up by name.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::engine::evaluate::{Evaluator, Piece};
use crate::engine::exchange::{begin, finish, pieces};
use crate::engine::pass::{add_up, dot};
use crate::engine::store::Memory;
use crate::engine::vector::Block;
use crate::engine::{Machine, Result, Store, Sums, Vector};
use crate::graph::{Program, simplify};
use crate::io::Array;
use crate::kernels::pointwise;
use crate::plan::{Exchange, Landing, Plan, Request, Share, StoreId, StoreKind, Tiles, plan};
use crate::space::IndexBox;

/// Where arrays go that should not take memory.
#[derive(Clone, Debug, Default)]
pub struct Spill {
    /// Folder of scratch files for what lies between stages and for vectors; memory if `None`.
    pub scratch: Option<PathBuf>,
    /// Whether constants are read from their files as they are touched, where that can be done.
    pub map_constants: bool,
}

/// Arrays of the problem that are in memory, shared by all programs that read them.
#[derive(Debug, Default)]
pub struct Constants {
    all: Vec<(Array, Store)>,
    /// By the number of an array, its places in the list.
    numbers: HashMap<usize, Vec<usize>>,
}

/// What is done with every tile of an output while it is still in the cache.
#[derive(Clone, Copy)]
pub enum After<'a> {
    /// Nothing.
    Nothing,
    /// So many sums: the function gets the output's number and the tile's box, may read and change the
    /// tile, and returns its part of each.
    Then(usize, &'a (dyn Fn(usize, &IndexBox) -> Sums + Sync)),
}

impl Constants {
    fn find(&self, array: &Array, held: &IndexBox) -> Option<&Store> {
        let stores = self.numbers.get(&array.id())?.iter().map(|&k| &self.all[k].1);
        stores.into_iter().find(|store| store.held().contains(held))
    }

    fn add(&mut self, array: &Array, store: Store) -> Store {
        self.numbers.entry(array.id()).or_default().push(self.all.len());
        self.all.push((array.clone(), store.clone()));
        store
    }

    /// Bytes that they take in this process.
    pub fn bytes(&self) -> usize {
        self.all.iter().map(|(_, s)| s.held().len() * s.ty().dtype.size()).sum()
    }
}

/// A planned program with its memory.
#[derive(Debug)]
pub struct Compiled {
    plan: Plan,
    share: Share,
    /// By store; inputs and outputs are the caller's.
    stores: Vec<Option<Store>>,
    /// Buffers of exchanges that lie apart, by number of the exchange.
    apart: Vec<Option<Store>>,
    /// By stage, how this process goes through the tiles that it owns.
    orders: Vec<Order>,
}

/// Tiles of a stage that one process owns, numbered from the first.
#[derive(Debug)]
struct Order {
    /// Those that need nothing from other processes.
    early: Vec<usize>,
    /// Those that wait for them.
    late: Vec<usize>,
}

impl Order {
    fn new(plan: &Plan, share: &Share, number: usize) -> Order {
        let store = plan.stages[number].store;
        let tiles = &plan.store(store).tiles;
        let exchanged: HashSet<StoreId> =
            share.exchanges[share.before(number)].iter().map(|e| e.store).collect();
        let awaits = |b: &IndexBox| {
            let mut awaits = false;
            plan.pulls(store, b, &mut |read, need| {
                awaits |= exchanged.contains(&read) && !share.owned[read.0].contains(&need);
            });
            awaits
        };
        let own = &tiles.boxes()[tiles.owned(share.rank, share.size)];
        let (early, late) = (0..own.len()).partition(|&k| exchanged.is_empty() || !awaits(&own[k]));
        Order { early, late }
    }
}

impl Compiled {
    pub(super) fn new(
        plan: Plan,
        share: Share,
        constants: &mut Constants,
        machine: &Machine,
        spill: &Spill,
    ) -> Result<Compiled> {
        debug_assert_eq!(plan.prove_share(&share), Ok(()));
        let scratch = spill.scratch.as_deref();
        // A slot is as large as the largest store that is ever in it.
        let mut bytes = vec![0; plan.slots.len()];
        for (store, held) in plan.stores.iter().zip(&share.held) {
            if let StoreKind::Slot(slot) = store.kind {
                bytes[slot] = bytes[slot].max(held.len() * store.ty.dtype.size());
            }
        }
        let slots: Result<Vec<_>> = bytes.iter().map(|&n| Memory::new(n, scratch)).collect();
        let slots = slots?;
        let mut stores = Vec::new();
        for (store, held) in plan.stores.iter().zip(&share.held) {
            stores.push(match &store.kind {
                StoreKind::Input(_) | StoreKind::Output(_) => None,
                StoreKind::Slot(slot) => Some(Store::new(&store.ty, held, slots[*slot].clone())),
                StoreKind::Derived => Some(Store::allocate(&store.ty, held, scratch)?),
                StoreKind::Constant(array) => {
                    Some(constant(array, held, constants, machine, spill)?)
                }
            });
        }
        let apart: Result<Vec<_>> = share
            .exchanges
            .iter()
            .map(|e| {
                let ty = &plan.store(e.store).ty;
                let apart = e.landing == Landing::Apart;
                apart.then(|| Store::allocate(ty, &e.need, scratch)).transpose()
            })
            .collect();
        let orders = (0..plan.stages.len()).map(|k| Order::new(&plan, &share, k)).collect();
        let compiled = Compiled { plan, share, stores, apart: apart?, orders };
        compiled.stages(machine, true, &[], &[], After::Nothing)?;
        Ok(compiled)
    }

    /// A program on its own, with its inputs and outputs in given tiles.
    pub fn of(
        program: &Program,
        inputs: &[Tiles],
        outputs: &[Tiles],
        constants: &mut Constants,
        machine: &Machine,
        spill: &Spill,
    ) -> Result<Compiled> {
        let request = Request { inputs: inputs.to_vec(), outputs: outputs.to_vec() };
        let plan = plan(&simplify(program)?, &request);
        let share = plan.share(machine.rank(), machine.size());
        Compiled::new(plan, share, constants, machine, spill)
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// This process's share of it.
    pub fn share(&self) -> &Share {
        &self.share
    }

    /// An input as this process's stages read it: the store itself, or a copy with room for what
    /// comes from other processes.
    pub fn input(
        &self,
        machine: &Machine,
        number: usize,
        x: &Store,
        block: &Block,
        spill: &Spill,
    ) -> Result<Store> {
        let (store, held) = match self.plan.input(number).map(|id| self.place(id)) {
            Some(found) if !x.held().contains(found.1) => found,
            _ => return Ok(x.clone()),
        };
        let own = block.tiles.grid.owned_box(machine.rank(), machine.size());
        let copy = Store::allocate(&store.ty, &held.hull(&own), spill.scratch.as_deref())?;
        if !own.is_empty() {
            pointwise::copy(copy.view_mut_shared(&own), x.view(&own));
        }
        Ok(copy)
    }

    /// The block of an input, if the program reads it.
    pub(super) fn input_block(&self, number: usize) -> Option<Block> {
        let (store, held) = self.place(self.plan.input(number)?);
        Some(Block { ty: store.ty.clone(), tiles: store.tiles.clone(), held: held.clone() })
    }

    /// Memory for an output, and its block.
    pub fn new_output(&self, number: usize, spill: &Spill) -> Result<(Store, Block)> {
        let Some((store, held)) = self.plan.output(number).map(|id| self.place(id)) else {
            unreachable!("every output has a store")
        };
        let block = Block { ty: store.ty.clone(), tiles: store.tiles.clone(), held: held.clone() };
        Ok((Store::allocate(&store.ty, held, spill.scratch.as_deref())?, block))
    }

    /// A store with the box that this process holds of it.
    fn place(&self, id: StoreId) -> (&crate::plan::Store, &IndexBox) {
        (self.plan.store(id), &self.share.held[id.0])
    }

    /// `to = A from`, and `||to||^2`.
    pub(super) fn norm(&self, machine: &Machine, from: &Vector, to: &Vector) -> Result<f64> {
        let square = |block: usize, tile: &IndexBox| {
            let tile = dot(&to.stores[block], &to.stores[block], tile);
            [tile, 0.0, 0.0, 0.0]
        };
        Ok(self.on(machine, from, to, After::Then(1, &square))?[0])
    }

    /// From one vector to another; the sums over all blocks.
    pub(super) fn on(
        &self,
        machine: &Machine,
        from: &Vector,
        to: &Vector,
        after: After<'_>,
    ) -> Result<Sums> {
        let (inputs, outputs): (Vec<&Store>, Vec<&Store>) =
            (from.stores.iter().collect(), to.stores.iter().collect());
        let blocks = self.run(machine, &inputs, &outputs, after)?;
        Ok(add_up(&blocks))
    }

    /// Runs the program, and returns the sums for each output that `after` asks for.
    pub fn run(
        &self,
        machine: &Machine,
        inputs: &[&Store],
        outputs: &[&Store],
        after: After<'_>,
    ) -> Result<Vec<Sums>> {
        self.stages(machine, false, inputs, outputs, after)
    }

    fn stages(
        &self,
        machine: &Machine,
        once: bool,
        inputs: &[&Store],
        outputs: &[&Store],
        after: After<'_>,
    ) -> Result<Vec<Sums>> {
        let mut stores = self.stores.clone();
        for (store, kept) in self.plan.stores.iter().zip(&mut stores) {
            match store.kind {
                StoreKind::Input(k) => *kept = inputs.get(k).map(|s| (*s).clone()),
                StoreKind::Output(k) => *kept = outputs.get(k).map(|s| (*s).clone()),
                _ => {}
            }
        }
        let mut wanted: Vec<(usize, Vec<Sums>, &Tiles)> = Vec::new();
        for (number, stage) in self.plan.stages.iter().enumerate() {
            if stage.once != once {
                continue;
            }
            let store = self.plan.store(stage.store);
            let before = self.share.before(number);
            let exchanges =
                || self.share.exchanges[before.clone()].iter().zip(&self.apart[before.clone()]);
            let arriving: Result<Vec<_>> =
                exchanges().map(|(e, apart)| begin(machine, e, &stores, apart.as_ref())).collect();
            let arriving = Mutex::new(arriving?);
            let mut parts = vec![
                Sums::default();
                self.orders[number].early.len() + self.orders[number].late.len()
            ];
            // What needs nothing from others is computed while messages are on their way.
            let early = &self.orders[number].early;
            let done = machine.each(0..early.len(), |k| {
                let part = self.tile(number, early[k], machine, (&stores, &[]), after);
                if let Ok(mut arriving) = arriving.try_lock() {
                    arriving.iter_mut().for_each(|a| a.progress());
                }
                part
            });
            early.iter().zip(done).for_each(|(&k, part)| parts[k] = part);
            let mut seen = None;
            let mut received = Vec::new();
            let arriving = arriving.into_inner().unwrap_or_else(PoisonError::into_inner);
            for ((e, apart), arrival) in exchanges().zip(arriving) {
                let messages = arrival.wait()?;
                if e.landing == Landing::Messages {
                    received.push((e, messages));
                    continue;
                }
                finish(machine, e, &stores, apart.as_ref(), messages);
                if let Some(apart) = apart {
                    // During this stage, the array is read from what was received.
                    seen.get_or_insert_with(|| stores.clone())[e.store.0] = Some(apart.clone());
                }
            }
            let seen = seen.as_deref().unwrap_or(&stores);
            {
                let owned = |e: &Exchange| &self.share.owned[e.store.0];
                let all = received.iter().flat_map(|(e, m)| pieces(e, seen, owned(e), m));
                let all: Vec<Piece<'_>> = all.collect();
                let late = &self.orders[number].late;
                let done = machine.each(0..late.len(), |k| {
                    self.tile(number, late[k], machine, (seen, &all), after)
                });
                late.iter().zip(done).for_each(|(&k, part)| parts[k] = part);
            }
            received.into_iter().for_each(|(_, messages)| machine.comm().recycle(messages));
            if let StoreKind::Output(k) = store.kind
                && matches!(after, After::Then(..))
            {
                wanted.push((k, parts, &store.tiles));
            }
        }
        let mut sums = vec![Sums::default(); outputs.len()];
        if let After::Then(count, _) = after {
            let parts: Vec<_> = wanted.iter().map(|(_, p, tiles)| (p.as_slice(), *tiles)).collect();
            let found = machine.sums_of(count, &parts)?;
            wanted.iter().zip(found).for_each(|((k, ..), found)| sums[*k] = found);
        }
        Ok(sums)
    }

    /// Computes one tile of a stage, and the part of a sum that comes after it.
    fn tile<'a>(
        &'a self,
        number: usize,
        k: usize,
        machine: &Machine,
        (stores, pieces): (&'a [Option<Store>], &'a [Piece<'a>]),
        after: After<'_>,
    ) -> Sums {
        let stage = &self.plan.stages[number];
        let store = self.plan.store(stage.store);
        let Some(target) = &stores[stage.store.0] else {
            unreachable!("the caller gives a store for every output")
        };
        let own = store.tiles.owned(machine.rank(), machine.size());
        let b = &store.tiles.boxes()[own.start + k];
        // Tiles of a stage are disjoint, and it reads other stores only.
        let out = target.view_mut_shared(b);
        let evaluator = Evaluator { plan: &self.plan, stores, pieces };
        if self.plan.store_of[store.node.0] == Some(stage.store) {
            evaluator.compute(store.node, b, out);
        } else {
            // A further output, or an input or constant that is one.
            evaluator.fill(store.node, b, out);
        }
        match (&store.kind, after) {
            (StoreKind::Output(number), After::Then(_, f)) => f(*number, b),
            _ => Sums::default(),
        }
    }
}

/// A constant's box, read once for all programs.
fn constant(
    array: &Array,
    held: &IndexBox,
    constants: &mut Constants,
    machine: &Machine,
    spill: &Spill,
) -> Result<Store> {
    if let Some(store) = constants.find(array, held) {
        return Ok(store.clone());
    }
    let ty = array.ty();
    if let Some(memory) = array.computed_bytes()?.and_then(Memory::of_bytes) {
        return Ok(constants.add(array, Store::new(ty, &IndexBox::whole(&ty.dims), memory)));
    }
    if spill.map_constants
        && let Some(file) = array.mappable()?
    {
        let memory = Memory::of_file(file.path, file.offset, ty.bytes())?;
        return Ok(constants.add(array, Store::new(ty, &IndexBox::whole(&ty.dims), memory)));
    }
    let store = Store::allocate(ty, held, spill.scratch.as_deref())?;
    // A chunk that is stored by itself is decoded by one thread, once.
    let parts = array.pieces(held).unwrap_or_else(|| {
        let tiles = Tiles::new(ty, &crate::graph::Cut::free(ty), None);
        tiles.boxes().iter().map(|tile| tile.intersect(held)).collect()
    });
    machine.install(|| {
        parts
            .par_iter()
            .filter(|part| !part.is_empty())
            .try_for_each(|part| array.read_box(part, store.view_mut_shared(part)))
    })?;
    Ok(constants.add(array, store))
}
