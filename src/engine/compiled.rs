//! Programs ready to run repeatedly: plans with their memory, constants read, derived arrays
//! computed. A run builds nothing and looks up nothing by name.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::engine::evaluate::{Evaluator, HeldBox};
use crate::engine::exchange::{begin, finish, pieces};
use crate::engine::pass::{add_up, dot};
use crate::engine::store::{Region, StoreWriter};
use crate::engine::vector::{Block, OwnTile};
use crate::engine::{Machine, Result, Store, Sums, Vector};
use crate::graph::{Program, Source, simplify};
use crate::io::Array;
use crate::kernels::pointwise;
use crate::plan::{
    Exchange, Landing, Outline, Plan, Request, Share, StoreId, StoreKind, Tiles, plan,
};
use crate::space::{ArrayType, Disjoint, IndexBox};
use crate::view::ViewMut;

/// Where to put arrays that should not take memory.
#[derive(Clone, Debug, Default)]
pub struct Spill {
    /// Folder of scratch files for vectors and stores between stages; memory if `None`.
    pub scratch: Option<PathBuf>,
    /// Whether constants are mapped from their files where possible, and read as they are touched.
    pub map_constants: bool,
}

/// Arrays of the problem in memory, shared by all programs that read them.
#[derive(Debug, Default)]
pub struct Constants {
    all: Vec<(Array, Store)>,
    /// By array id, indices into the list.
    numbers: HashMap<usize, Vec<usize>>,
}

/// What to do with every tile of an output while it is still in the cache.
#[derive(Clone, Copy)]
pub enum After<'a> {
    /// Nothing.
    Nothing,
    /// Compute this many sums. The function gets the output's number, a tile, which it may change,
    /// and what this process owns of the inputs; it returns the tile's part of each sum.
    Then(usize, &'a Then<'a>),
}

/// The function that [`After::Then`] calls with a tile.
pub type Then<'a> = dyn Fn(usize, OwnTile<'_>, ViewMut<'_>, &[Option<&Store>]) -> Sums + Sync + 'a;

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

    /// Bytes of memory that they take in this process.
    pub fn bytes(&self) -> usize {
        self.all.iter().map(|(_, s)| s.held().len() * s.ty().dtype.size()).sum()
    }
}

/// A planned program with its memory.
#[derive(Debug)]
pub struct Compiled {
    plan: Plan,
    share: Share,
    arrays: Mutex<Arrays>,
    /// By stage, the order in which this process computes the tiles that it owns.
    orders: Vec<Order>,
}

/// Arrays that one run at a time reads and writes.
#[derive(Debug)]
struct Arrays {
    /// By store; inputs and outputs belong to the caller.
    stores: Vec<Option<Store>>,
    /// By slot, the store that has its memory now: the last one written.
    slots: Vec<StoreId>,
    /// By exchange, its buffer, if data lands apart.
    apart: Vec<Option<Store>>,
}

/// Stores as a stage sees them, by number, except the one that it writes.
pub(super) type Table<'a> = [Option<&'a mut Store>];

/// Tiles of a stage that this process owns, numbered from its first.
#[derive(Debug)]
struct Order {
    /// Tiles that need nothing from other processes.
    early: Vec<usize>,
    /// Tiles that wait for other processes.
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
        // A slot is as large as the largest store that it ever holds.
        let mut slots = vec![(StoreId(0), 0); plan.slots.len()];
        let mut stores = Vec::new();
        for (number, (store, held)) in plan.stores.iter().zip(&share.held).enumerate() {
            stores.push(match &store.kind {
                StoreKind::Input(_) | StoreKind::Output(_) => None,
                StoreKind::Slot(slot) => {
                    let bytes = slots[*slot].1.max(held.len() * store.ty.dtype.size());
                    slots[*slot] = (StoreId(number), bytes);
                    Some(Store::without_memory(&store.ty, held))
                }
                StoreKind::Derived => Some(Store::allocate(&store.ty, held, scratch)?),
                StoreKind::Constant(array) => {
                    Some(constant(array, held, constants, machine, spill)?)
                }
            });
        }
        for (last, bytes) in &slots {
            if let Some(store) = &mut stores[last.0] {
                *store = Store::new(store.ty(), store.held(), Region::new(*bytes, scratch)?);
            }
        }
        let slots = slots.into_iter().map(|(last, _)| last).collect();
        let apart: Result<Vec<_>> = share
            .exchanges
            .iter()
            .map(|e| {
                let ty = &plan.store(e.store).ty;
                let apart = e.landing == Landing::Apart;
                apart.then(|| Store::allocate(ty, &e.around(), scratch)).transpose()
            })
            .collect();
        let orders = (0..plan.stages.len()).map(|k| Order::new(&plan, &share, k)).collect();
        let arrays = Mutex::new(Arrays { stores, slots, apart: apart? });
        let compiled = Compiled { plan, share, arrays, orders };
        compiled.stages(machine, true, &mut [], &mut [], After::Nothing)?;
        Ok(compiled)
    }

    /// Compiles a program on its own, with its inputs and outputs in given tiles.
    pub fn of(
        program: &Program,
        inputs: &[Tiles],
        outputs: &[Tiles],
        constants: &mut Constants,
        machine: &Machine,
        spill: &Spill,
    ) -> Result<Compiled> {
        let request = Request { inputs: inputs.to_vec(), outputs: outputs.to_vec() };
        let plan = plan(Outline::new(simplify(program)?), &request);
        let share = plan.share(machine.rank(), machine.size());
        Compiled::new(plan, share, constants, machine, spill)
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// This process's share of the plan.
    pub fn share(&self) -> &Share {
        &self.share
    }

    /// A copy of an input with room for what other processes send; `None` if it has room already.
    pub fn input_with_room(
        &self,
        machine: &Machine,
        number: usize,
        x: &Store,
        block: &Block,
        spill: &Spill,
    ) -> Result<Option<Store>> {
        let (store, held) = match self.plan.input(number).map(|id| self.place(id)) {
            Some(found) if !x.held().contains(found.1) => found,
            _ => return Ok(None),
        };
        let own = block.tiles.grid.owned_box(machine.rank(), machine.size());
        let mut copy = Store::allocate(&store.ty, &held.hull(&own), spill.scratch.as_deref())?;
        if !own.is_empty() {
            pointwise::copy(copy.view_mut(&own), x.view(&own));
        }
        Ok(Some(copy))
    }

    /// The block of an input, if the program reads it.
    pub(super) fn input_block(&self, number: usize) -> Option<Block> {
        let (store, held) = self.place(self.plan.input(number)?);
        Some(Block {
            ty: ArrayType::clone(&store.ty),
            tiles: store.tiles.clone(),
            held: held.clone(),
        })
    }

    /// Allocates memory for an output; also returns its block.
    pub fn new_output(&self, number: usize, spill: &Spill) -> Result<(Store, Block)> {
        let Some((store, held)) = self.plan.output(number).map(|id| self.place(id)) else {
            unreachable!("every output has a store")
        };
        let block = Block {
            ty: ArrayType::clone(&store.ty),
            tiles: store.tiles.clone(),
            held: held.clone(),
        };
        Ok((Store::allocate(&store.ty, held, spill.scratch.as_deref())?, block))
    }

    /// A store, and the box of it that this process holds.
    fn place(&self, id: StoreId) -> (&crate::plan::PlannedStore, &IndexBox) {
        (self.plan.store(id), &self.share.held[id.0])
    }

    /// `to = A from`, and `||to||^2`.
    pub(super) fn norm(
        &self,
        machine: &Machine,
        from: &mut Vector,
        to: &mut Vector,
    ) -> Result<f64> {
        let square = |_: usize, _: OwnTile<'_>, tile: ViewMut<'_>, _: &[Option<&Store>]| {
            [dot(tile.view(), tile.view()), 0.0, 0.0, 0.0]
        };
        Ok(self.on(machine, from, to, After::Then(1, &square))?[0])
    }

    /// Applies the program to a vector; returns the sums over all blocks.
    pub(super) fn on(
        &self,
        machine: &Machine,
        from: &mut Vector,
        to: &mut Vector,
        after: After<'_>,
    ) -> Result<Sums> {
        let mut inputs: Vec<&mut Store> = from.stores.iter_mut().collect();
        let mut outputs: Vec<&mut Store> = to.stores.iter_mut().collect();
        Ok(add_up(&self.run(machine, &mut inputs, &mut outputs, after)?))
    }

    /// Runs the program; returns the sums that `after` asks for, by output. What other processes
    /// send overwrites what inputs hold beside what this process owns.
    pub fn run(
        &self,
        machine: &Machine,
        inputs: &mut [&mut Store],
        outputs: &mut [&mut Store],
        after: After<'_>,
    ) -> Result<Vec<Sums>> {
        self.stages(machine, false, inputs, outputs, after)
    }

    fn stages(
        &self,
        machine: &Machine,
        once: bool,
        inputs: &mut [&mut Store],
        outputs: &mut [&mut Store],
        after: After<'_>,
    ) -> Result<Vec<Sums>> {
        let mut sums = vec![Sums::default(); outputs.len()];
        let mut arrays = self.arrays.lock().unwrap_or_else(PoisonError::into_inner);
        let Arrays { stores, slots, apart } = &mut *arrays;
        let mut inputs: Vec<_> = inputs.iter_mut().map(|s| Some(&mut **s)).collect();
        let mut outputs: Vec<_> = outputs.iter_mut().map(|s| Some(&mut **s)).collect();
        let mut table: Vec<Option<&mut Store>> = stores.iter_mut().map(Option::as_mut).collect();
        let mut apart: Vec<Option<&mut Store>> = apart.iter_mut().map(Option::as_mut).collect();
        for (store, place) in self.plan.stores.iter().zip(&mut table) {
            match store.kind {
                StoreKind::Input(k) => *place = inputs.get_mut(k).and_then(Option::take),
                StoreKind::Output(k) => *place = outputs.get_mut(k).and_then(Option::take),
                _ => {}
            }
        }
        let mut wanted: Vec<(usize, Vec<Sums>, &Tiles)> = Vec::new();
        for (number, stage) in self.plan.stages.iter().enumerate() {
            if stage.once != once {
                continue;
            }
            let store = self.plan.store(stage.store);
            let Some(target) = table[stage.store.0].take() else {
                unreachable!("the caller gives a store for every output")
            };
            if let StoreKind::Slot(slot) = store.kind
                && let Some(last) = &mut table[slots[slot].0]
            {
                target.swap_memory(last);
                slots[slot] = stage.store;
            }
            let parts =
                self.stage(number, machine, (&mut table, &mut apart, &inputs), target, after)?;
            table[stage.store.0] = Some(target);
            if let StoreKind::Output(k) = store.kind
                && matches!(after, After::Then(..))
            {
                wanted.push((k, parts, &store.tiles));
            }
        }
        if let After::Then(count, _) = after {
            let parts: Vec<_> = wanted.iter().map(|(_, p, tiles)| (p.as_slice(), *tiles)).collect();
            let found = machine.sums_of(count, &parts)?;
            wanted.iter().zip(found).for_each(|((k, ..), found)| sums[*k] = found);
        }
        Ok(sums)
    }

    /// Computes the tiles of one stage that this process owns, and their parts of the sums. The
    /// store that it writes is not in the table meanwhile, so that it reads other stores only.
    fn stage<'t>(
        &self,
        number: usize,
        machine: &Machine,
        (table, apart, unread): (&mut Table<'t>, &mut Table<'t>, &Table<'t>),
        target: &mut Store,
        after: After<'_>,
    ) -> Result<Vec<Sums>> {
        let Order { early, late } = &self.orders[number];
        let own = self.share.before(number);
        let exchanges = || self.share.exchanges[own.clone()].iter().zip(own.clone());
        let arriving: Result<Vec<_>> = exchanges()
            .map(|(e, k)| begin(machine, e, store_of(table, e.store), apart[k].as_deref_mut()))
            .collect();
        let arriving = Mutex::new(arriving?);
        let tiles = &self.plan.store(self.plan.stages[number].store).tiles;
        let writer = target.writer(tiles.boxes(), tiles.owned(machine.rank(), machine.size()));
        let mut parts = vec![Sums::default(); writer.boxes().len()];
        // Compute what needs nothing from others while messages are in transit.
        let inputs = self.inputs(number, (table, apart, unread), false, after);
        let done = machine.each(0..early.len(), |k| {
            let part = self.tile(number, (early[k], &writer), (table, &[], &inputs), after);
            if let Ok(mut arriving) = arriving.try_lock() {
                arriving.iter_mut().for_each(|a| a.progress());
            }
            part
        });
        for (&k, part) in early.iter().zip(done) {
            parts[k] = part?;
        }
        let mut received = Vec::new();
        let arriving = arriving.into_inner().unwrap_or_else(PoisonError::into_inner);
        for ((e, k), arrival) in exchanges().zip(arriving) {
            let messages = arrival.wait()?;
            match e.landing {
                Landing::Messages => received.push((e, messages)),
                Landing::Beside => finish(machine, e, table[e.store.0].as_deref_mut(), messages),
                Landing::Apart => {
                    finish(machine, e, apart[k].as_deref_mut(), messages);
                    // During this stage, the array is read from the buffer that received it.
                    std::mem::swap(&mut table[e.store.0], &mut apart[k]);
                }
            }
        }
        {
            let owned = |e: &Exchange| &self.share.owned[e.store.0];
            let all = received
                .iter()
                .flat_map(|(e, messages)| pieces(e, store_of(table, e.store), owned(e), messages));
            let all: Vec<HeldBox<'_>> = all.collect();
            let inputs = self.inputs(number, (table, apart, unread), true, after);
            let done = machine.each(0..late.len(), |k| {
                self.tile(number, (late[k], &writer), (table, &all, &inputs), after)
            });
            for (&k, part) in late.iter().zip(done) {
                parts[k] = part?;
            }
        }
        received.into_iter().for_each(|(_, messages)| machine.comm().recycle(messages));
        for (e, k) in exchanges().filter(|(e, _)| e.landing == Landing::Apart) {
            std::mem::swap(&mut table[e.store.0], &mut apart[k]);
        }
        Ok(parts)
    }

    /// The inputs as this process holds them, by number, for [`After`]. Once all has arrived,
    /// inputs received apart have been swapped with their buffers.
    fn inputs<'a>(
        &self,
        number: usize,
        (table, apart, unread): (&'a Table<'_>, &'a Table<'_>, &'a Table<'_>),
        arrived: bool,
        after: After<'_>,
    ) -> Vec<Option<&'a Store>> {
        let kind = &self.plan.store(self.plan.stages[number].store).kind;
        if !matches!((kind, after), (StoreKind::Output(_), After::Then(..))) {
            return Vec::new();
        }
        let own = self.share.before(number);
        let moved = |id: StoreId| {
            let of = |&k: &usize| {
                let e = &self.share.exchanges[k];
                arrived && e.landing == Landing::Apart && e.store == id
            };
            own.clone().find(of)
        };
        let input = |k: usize| match self.plan.input(k) {
            Some(id) => moved(id).map_or(&table[id.0], |k| &apart[k]).as_deref(),
            None => unread[k].as_deref(),
        };
        (0..unread.len()).map(input).collect()
    }

    /// Computes one tile of a stage, and its part of the sums.
    fn tile<'a>(
        &'a self,
        number: usize,
        (k, writer): (usize, &StoreWriter<'_>),
        (table, pieces, inputs): (&'a Table<'a>, &'a [HeldBox<'a>], &[Option<&Store>]),
        after: After<'_>,
    ) -> Result<Sums> {
        let stage = &self.plan.stages[number];
        let store = self.plan.store(stage.store);
        let b = &writer.boxes()[k];
        let mut out = writer.tile(k);
        let evaluator = Evaluator { plan: &self.plan, table, pieces };
        if self.plan.store_of[store.node.0] == Some(stage.store) {
            evaluator.compute(store.node, b, out.reborrow())?;
        } else {
            // A copy: a further output, or an output that is an input or a constant.
            evaluator.fill(store.node, b, out.reborrow())?;
        }
        Ok(match (&store.kind, after) {
            (StoreKind::Output(output), After::Then(_, f)) => {
                f(*output, OwnTile { number: k, part: b }, out, inputs)
            }
            _ => Sums::default(),
        })
    }
}

fn store_of<'a>(table: &'a Table<'_>, id: StoreId) -> &'a Store {
    match &table[id.0] {
        Some(store) => store,
        None => unreachable!("exchanged stores are there"),
    }
}

/// Reads the held box of a constant, once for all programs.
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
    if let Some(memory) = array.computed_bytes()?.and_then(Region::of_bytes) {
        return Ok(constants.add(array, Store::new(ty, &IndexBox::whole(&ty.dims), memory)));
    }
    if spill.map_constants
        && let Some(file) = array.mappable()?
    {
        let memory = Region::of_file(file.path, file.offset, ty.bytes())?;
        return Ok(constants.add(array, Store::new(ty, &IndexBox::whole(&ty.dims), memory)));
    }
    let mut store = Store::allocate(ty, held, spill.scratch.as_deref())?;
    // A chunk that is stored separately is decoded by one thread, once.
    let parts = array.pieces(held).unwrap_or_else(|| {
        let tiles = Tiles::new(ty, &crate::graph::Cut::free(ty), None);
        tiles.boxes().iter().map(|tile| tile.intersect(held)).collect()
    });
    let parts = Disjoint::new(parts);
    machine.read_boxes(array, store.writer(&parts, 0..parts.len()))?;
    Ok(constants.add(array, store))
}
