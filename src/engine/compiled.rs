//! Programs ready to run again and again: plans with their memory, constants read, derived arrays
//! computed. Nothing in a run is built or looked up by name.

use std::path::PathBuf;

use rayon::prelude::*;

use crate::engine::evaluate::Evaluator;
use crate::engine::store::Memory;
use crate::engine::vector::Block;
use crate::engine::{Machine, Result, Space, Store, Vector};
use crate::graph::{Program, simplify};
use crate::io::Array;
use crate::kernels::{pointwise, vector};
use crate::plan::{Exchange, Plan, Request, Share, StoreKind, Tiles, plan};
use crate::space::{ArrayType, IndexBox};
use crate::view::{View, Viewed};
use crate::with_view;

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
pub struct Constants(Vec<(Array, Store)>);

/// A planned program with its memory.
#[derive(Debug)]
pub struct Compiled {
    plan: Plan,
    share: Share,
    /// By store; inputs and outputs are the caller's.
    stores: Vec<Option<Store>>,
    /// Buffers of exchanges that lie apart, by number of the exchange.
    apart: Vec<Option<Store>>,
}

impl Compiled {
    fn new(
        plan: Plan,
        share: Share,
        constants: &mut Constants,
        machine: &Machine,
        spill: &Spill,
    ) -> Result<Compiled> {
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
                e.apart.then(|| Store::allocate(ty, &e.need, scratch)).transpose()
            })
            .collect();
        let compiled = Compiled { plan, share, stores, apart: apart? };
        compiled.stages(machine, true, &[], &[], false)?;
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
    ) -> Result<Store> {
        let (store, held) = match self.place(&StoreKind::Input(number)) {
            Some(found) if !x.held().contains(found.1) => found,
            _ => return Ok(x.clone()),
        };
        let own = block.tiles.grid.owned_box(machine.rank(), machine.size());
        let copy = Store::allocate(&store.ty, &held.hull(&own), None)?;
        if !own.is_empty() {
            pointwise::copy(copy.view_mut_shared(&own), x.view(&own));
        }
        Ok(copy)
    }

    /// Memory for an output, and its block.
    pub fn new_output(&self, number: usize, spill: &Spill) -> Result<(Store, Block)> {
        let Some((store, held)) = self.place(&StoreKind::Output(number)) else {
            unreachable!("every output has a store")
        };
        let block = Block { ty: store.ty.clone(), tiles: store.tiles.clone(), held: held.clone() };
        Ok((Store::allocate(&store.ty, held, spill.scratch.as_deref())?, block))
    }

    fn place(&self, kind: &StoreKind) -> Option<(&crate::plan::Store, &IndexBox)> {
        self.plan.stores.iter().zip(&self.share.held).find(|(s, _)| s.kind == *kind)
    }

    /// Runs the program. With `norm`, returns the squared 2-norm of each output.
    pub fn run(
        &self,
        machine: &Machine,
        inputs: &[&Store],
        outputs: &[&Store],
        norm: bool,
    ) -> Result<Vec<f64>> {
        self.stages(machine, false, inputs, outputs, norm)
    }

    fn stages(
        &self,
        machine: &Machine,
        once: bool,
        inputs: &[&Store],
        outputs: &[&Store],
        norm: bool,
    ) -> Result<Vec<f64>> {
        let mut stores = self.stores.clone();
        for (store, kept) in self.plan.stores.iter().zip(&mut stores) {
            match store.kind {
                StoreKind::Input(k) => *kept = inputs.get(k).map(|s| (*s).clone()),
                StoreKind::Output(k) => *kept = outputs.get(k).map(|s| (*s).clone()),
                _ => {}
            }
        }
        let mut norms = vec![0.0; outputs.len()];
        for (number, stage) in self.plan.stages.iter().enumerate() {
            if stage.once != once {
                continue;
            }
            let mut seen = None;
            for (k, e) in self.share.exchanges.iter().enumerate().filter(|(_, e)| e.stage == number)
            {
                exchange(machine, e, &stores, self.apart[k].as_ref())?;
                if let Some(apart) = &self.apart[k] {
                    // During this stage, the array is read from what was received.
                    seen.get_or_insert_with(|| stores.clone())[e.store.0] = Some(apart.clone());
                }
            }
            let store = self.plan.store(stage.store);
            let Some(target) = stores[stage.store.0].clone() else {
                unreachable!("the caller gives a store for every output")
            };
            let seen = seen.as_deref().unwrap_or(&stores);
            let evaluator = Evaluator { plan: &self.plan, stores: seen };
            let own = store.tiles.owned(machine.rank(), machine.size());
            let boxes = &store.tiles.boxes()[own.clone()];
            let first = self.plan.store_of[store.node.0];
            let wanted = match store.kind {
                StoreKind::Output(k) if norm => Some(k),
                _ => None,
            };
            let parts = machine.each(0..boxes.len(), |k| {
                let b = &boxes[k];
                // Tiles of a stage are disjoint, and it reads other stores only.
                let out = target.view_mut_shared(b);
                match first.filter(|f| *f != stage.store) {
                    Some(copied) => match &seen[copied.0] {
                        Some(copied) => pointwise::copy(out, copied.view(b)),
                        None => unreachable!("a copy has something to copy"),
                    },
                    None => match leaf(&self.plan, store.node, seen) {
                        Some(leaf) => pointwise::copy(out, leaf.view(b)),
                        None => evaluator.compute(store.node, b, out),
                    },
                }
                if wanted.is_some() {
                    with_view!(View, target.view(b), y => vector::dot(y.view(), Viewed::typed(Viewed::erase(y.view()))))
                } else {
                    0.0
                }
            });
            if let Some(k) = wanted {
                norms[k] = machine.sum(&parts, own, store.tiles.len())?;
            }
        }
        Ok(norms)
    }
}

fn leaf<'a>(
    plan: &Plan,
    node: crate::graph::NodeId,
    stores: &'a [Option<Store>],
) -> Option<&'a Store> {
    if plan.program.graph.node(node).inputs.is_empty() {
        plan.store_of[node.0].and_then(|s| stores[s.0].as_ref()).filter(|_| {
            !matches!(plan.program.graph.node(node).primitive, crate::graph::Primitive::Zeros)
        })
    } else {
        None
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
    let found = constants.0.iter().find(|(a, s)| a.same_as(array) && s.held().contains(held));
    if let Some((_, store)) = found {
        return Ok(store.clone());
    }
    let ty = array.ty();
    if let Some(file) = array.mappable().filter(|f| spill.map_constants && f.offset % 16 == 0) {
        let memory = Memory::of_file(file.path, file.offset, ty.bytes())?;
        let store = Store::new(ty, &IndexBox::whole(&ty.dims), memory);
        constants.0.push((array.clone(), store.clone()));
        return Ok(store);
    }
    let store =
        Store::allocate(ty, held, spill.scratch.as_deref().filter(|_| spill.map_constants))?;
    let tiles = Tiles::new(ty, &crate::graph::Cut::free(ty), None);
    machine.install(|| {
        tiles.boxes().par_iter().try_for_each(|tile| {
            let part = tile.intersect(held);
            if part.is_empty() {
                Ok(())
            } else {
                array.read_box(&part, store.view_mut_shared(&part))
            }
        })
    })?;
    constants.0.push((array.clone(), store.clone()));
    Ok(store)
}

/// Sends and receives the boxes of one store, and brings them where the stage reads them.
fn exchange(
    machine: &Machine,
    e: &Exchange,
    stores: &[Option<Store>],
    apart: Option<&Store>,
) -> Result<()> {
    let Some(store) = &stores[e.store.0] else { unreachable!("exchanged stores are there") };
    let sends = e.sends.iter().map(|t| (t.peer, pack(store.view(&t.part)))).collect();
    let from: Vec<usize> = e.receives.iter().map(|t| t.peer).collect();
    let received = machine.comm().exchange(sends, &from)?;
    let target = apart.unwrap_or(store);
    for (t, bytes) in e.receives.iter().zip(received) {
        unpack(target, &t.part, &bytes);
    }
    if let Some(apart) = apart {
        for peer_less in [store.held().intersect(&e.need)] {
            let mut own = vec![peer_less];
            for t in &e.receives {
                own = own.iter().flat_map(|b| b.minus(&t.part)).collect();
            }
            for b in own.iter().filter(|b| !b.is_empty()) {
                pointwise::copy(apart.view_mut_shared(b), store.view(b));
            }
        }
    }
    Ok(())
}

fn pack(view: View<'_>) -> Vec<u8> {
    with_view!(View, view, v => {
        let mut bytes = Vec::with_capacity(v.len() * 16);
        v.iter().for_each(|x| bytes.extend_from_slice(bytemuck::bytes_of(x)));
        bytes
    })
}

fn unpack(store: &Store, b: &IndexBox, bytes: &[u8]) {
    with_view!(ViewMut, store.view_mut_shared(b), v => from_bytes(v, bytes));
}

fn from_bytes<T: Viewed>(mut v: ndarray::ArrayViewMutD<'_, T>, bytes: &[u8]) {
    for (x, word) in v.iter_mut().zip(bytes.chunks_exact(size_of::<T>())) {
        *x = bytemuck::pod_read_unaligned(word);
    }
}

/// An operator for a solver: forward and adjoint programs over the same model and data vectors.
#[derive(Debug)]
pub struct Operators {
    /// From model to data.
    pub forward: Compiled,
    /// From data to model.
    pub adjoint: Option<Compiled>,
    /// The model's space.
    pub model: Space,
    /// The data's space.
    pub data: Space,
    scratch: Option<PathBuf>,
    constants: Constants,
}

/// The plans of an operator, before any memory is taken.
#[derive(Debug)]
pub struct Plans {
    /// From model to data.
    pub forward: Plan,
    /// From data to model.
    pub adjoint: Option<Plan>,
}

impl Plans {
    /// Plans programs that go from model to data and back. Model and data are cut as the stages
    /// that compute them want it.
    pub fn new(forward: &Program, adjoint: Option<&Program>) -> Result<Plans> {
        let forward = simplify(forward)?;
        let adjoint = adjoint.map(simplify).transpose()?;
        let outputs = |p: &Plan, n: usize| -> Vec<Tiles> {
            (0..n).filter_map(|k| p.output(k).map(|s| s.tiles.clone())).collect()
        };
        let first = plan(&forward, &Request::default());
        let data = outputs(&first, forward.outputs.len());
        let Some(adjoint) = adjoint else {
            // A solver without an adjoint adds data to models: both are cut alike.
            let first = match forward.inputs == forward.output_types() {
                true => plan(&forward, &Request { inputs: data.clone(), outputs: data }),
                false => first,
            };
            return Ok(Plans { forward: first, adjoint: None });
        };
        let request = Request { inputs: data.clone(), outputs: Vec::new() };
        let back = plan(&adjoint, &request);
        let model = outputs(&back, adjoint.outputs.len());
        let first = plan(&forward, &Request { inputs: model, outputs: data });
        Ok(Plans { forward: first, adjoint: Some(back) })
    }

    /// Model and data as process `rank` of `size` holds them.
    pub fn spaces(&self, forward: &Share, adjoint: Option<&Share>) -> (Space, Space) {
        let size = forward.size;
        let rank = forward.rank;
        let block = |ty: &ArrayType, kind: StoreKind, back: StoreKind| {
            let mut tiles: Option<Tiles> = None;
            let mut held: Option<IndexBox> = None;
            let mut look = |plan: &Plan, share: &Share, kind: &StoreKind| {
                for (store, h) in
                    plan.stores.iter().zip(&share.held).filter(|(s, _)| s.kind == *kind)
                {
                    tiles.get_or_insert_with(|| store.tiles.clone());
                    held = Some(held.as_ref().map_or_else(|| h.clone(), |b| b.hull(h)));
                }
            };
            look(&self.forward, forward, &kind);
            if let (Some(plan), Some(share)) = (&self.adjoint, adjoint) {
                look(plan, share, &back);
            }
            let tiles = tiles.unwrap_or_else(|| Tiles::new(ty, &crate::graph::Cut::free(ty), None));
            let own = tiles.grid.owned_box(rank, size);
            let held = held.map_or_else(|| own.clone(), |h| h.hull(&own));
            Block { ty: ty.clone(), tiles, held }
        };
        let program = &self.forward.program;
        let model = program.inputs.iter().enumerate();
        let model =
            model.map(|(k, ty)| block(ty, StoreKind::Input(k), StoreKind::Output(k))).collect();
        let types = program.output_types();
        let data = types.iter().enumerate();
        let data =
            data.map(|(k, ty)| block(ty, StoreKind::Output(k), StoreKind::Input(k))).collect();
        (Space { blocks: model }, Space { blocks: data })
    }

    /// Bytes of all constants, each counted once.
    pub fn constant_bytes(&self) -> usize {
        let mut seen: Vec<&Array> = Vec::new();
        for plan in [Some(&self.forward), self.adjoint.as_ref()].into_iter().flatten() {
            for store in &plan.stores {
                if let StoreKind::Constant(array) = &store.kind
                    && !seen.iter().any(|a| a.same_as(array))
                {
                    seen.push(array);
                }
            }
        }
        seen.iter().map(|a| a.ty().bytes()).sum()
    }

    /// Bytes between stages and derived from constants, of both programs.
    pub fn working_bytes(&self) -> usize {
        let plans = [Some(&self.forward), self.adjoint.as_ref()];
        plans.into_iter().flatten().map(|p| p.slot_bytes() + p.derived_bytes()).sum()
    }

    /// Most bytes of scratch that one thread holds.
    pub fn scratch_bytes(&self) -> usize {
        let plans = [Some(&self.forward), self.adjoint.as_ref()];
        plans.into_iter().flatten().map(Plan::scratch_bytes).max().unwrap_or(0)
    }
}

impl Operators {
    /// Takes memory, reads constants and computes what is made of constants alone.
    pub fn compile(plans: Plans, machine: &Machine, spill: &Spill) -> Result<Operators> {
        let (rank, size) = (machine.rank(), machine.size());
        let forward_share = plans.forward.share(rank, size);
        let adjoint_share = plans.adjoint.as_ref().map(|p| p.share(rank, size));
        let (model, data) = plans.spaces(&forward_share, adjoint_share.as_ref());
        let mut constants = Constants::default();
        let forward = Compiled::new(plans.forward, forward_share, &mut constants, machine, spill)?;
        let adjoint = match plans.adjoint.zip(adjoint_share) {
            Some((plan, share)) => {
                Some(Compiled::new(plan, share, &mut constants, machine, spill)?)
            }
            None => None,
        };
        Ok(Operators { forward, adjoint, model, data, scratch: spill.scratch.clone(), constants })
    }

    /// Lets go of everything but the constants.
    pub fn into_constants(self) -> Constants {
        self.constants
    }

    /// Bytes of constants that this process holds.
    pub fn constant_bytes(&self) -> usize {
        self.constants.0.iter().map(|(_, s)| s.held().len() * s.ty().dtype.size()).sum()
    }

    /// A model vector of zeros.
    pub fn new_model(&self, machine: &Machine) -> Result<Vector> {
        machine.vector(&self.model, self.scratch.as_deref())
    }

    /// A data vector of zeros.
    pub fn new_data(&self, machine: &Machine) -> Result<Vector> {
        machine.vector(&self.data, self.scratch.as_deref())
    }

    /// `y = A x`, and `||y||^2`.
    pub fn forward(&self, machine: &Machine, x: &Vector, y: &mut Vector) -> Result<f64> {
        run(&self.forward, machine, x, y)
    }

    /// `x = A^H y`, and `||x||^2`.
    pub fn adjoint(&self, machine: &Machine, y: &Vector, x: &mut Vector) -> Result<f64> {
        match &self.adjoint {
            Some(adjoint) => run(adjoint, machine, y, x),
            None => run(&self.forward, machine, y, x),
        }
    }
}

fn run(program: &Compiled, machine: &Machine, from: &Vector, to: &mut Vector) -> Result<f64> {
    let inputs: Vec<&Store> = from.stores.iter().collect();
    let outputs: Vec<&Store> = to.stores.iter().collect();
    Ok(program.run(machine, &inputs, &outputs, true)?.iter().sum())
}
