//! The stores of a plan, the stages that compute them, and where their boxes come from.

use std::sync::Arc;

use crate::graph::{NodeId, Primitive, Program};
use crate::io::Array;
use crate::plan::Tiles;
use crate::plan::keep::{Kept, keep};
use crate::plan::parts::in_parts;
use crate::space::{ArrayType, IndexBox};

/// Number of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreId(pub usize);

/// What an array that is kept is to the plan.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreKind {
    /// An input of the program, by number: a vector of the caller.
    Input(usize),
    /// An output of the program, by number: a vector of the caller.
    Output(usize),
    /// An array of the problem, read before the run.
    Constant(Array),
    /// Made of constants alone: computed once before the run, then kept.
    Derived,
    /// Between stages, in a slot that it shares with others in time.
    Slot(usize),
}

/// An array that is kept in memory.
#[derive(Clone, Debug)]
pub struct PlannedStore {
    /// The node that gives it.
    pub node: NodeId,
    /// Dims and element type.
    pub ty: Arc<ArrayType>,
    /// What it is.
    pub kind: StoreKind,
    /// Its chunks and tiles.
    pub tiles: Tiles,
}

/// A fused run of primitives that computes one store from others, tile by tile.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The store that is filled.
    pub store: StoreId,
    /// The stores that are read.
    pub reads: Vec<StoreId>,
    /// Computed once, before the first run.
    pub once: bool,
}

/// What a caller fixes of a plan.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Tiles of the inputs, by number; by rule where there is none.
    pub inputs: Vec<Tiles>,
    /// Tiles of the outputs, by number; by rule where there is none.
    pub outputs: Vec<Tiles>,
}

/// A program with everything decided.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program.
    pub program: Program,
    /// Everything kept.
    pub stores: Vec<PlannedStore>,
    /// What runs, in order.
    pub stages: Vec<Stage>,
    /// For each node the store that keeps it, if any.
    pub store_of: Vec<Option<StoreId>>,
    /// Bytes of each slot, if one process holds all.
    pub slots: Vec<usize>,
    /// By number, the stores of the inputs that are read, and of the outputs.
    ends: [Vec<Option<StoreId>>; 2],
}

/// A program with everything decided but the tiles of its inputs and outputs.
#[derive(Debug)]
pub struct Outline {
    program: Program,
    /// By node, whether an output needs it, and whether an input reaches it.
    needed: Vec<bool>,
    depends: Vec<bool>,
    kept: Kept,
}

impl Outline {
    /// The outline of a program.
    pub fn new(program: Program) -> Outline {
        let program = in_parts(program);
        let (needed, depends) = (program.needed(), program.depends_on_input());
        let kept = keep(&program, &needed, &depends);
        Outline { program, needed, depends, kept }
    }

    /// Tiles of a node's array by rule.
    fn tiles(&self, id: NodeId) -> Tiles {
        let at = self.program.graph.applied(id);
        Tiles::new(at.ty(), &self.kept.cuts[id.0], at.asked().as_deref())
    }

    /// Tiles of the outputs by rule.
    pub fn outputs(&self) -> Vec<Tiles> {
        self.program.outputs.iter().map(|&id| self.tiles(id)).collect()
    }
}

/// Plans a program.
pub fn plan(outline: Outline, request: &Request) -> Plan {
    let Outline { program, needed, depends, kept: Kept { kept, cuts, uses } } = &outline;
    let graph = &program.graph;
    let count = graph.nodes().len();
    let mut stores: Vec<PlannedStore> = Vec::new();
    let mut store_of: Vec<Option<StoreId>> = vec![None; count];
    let mut stages = Vec::new();
    let mut outputs_of: Vec<Vec<usize>> = vec![Vec::new(); count];
    program.outputs.iter().enumerate().for_each(|(k, id)| outputs_of[id.0].push(k));
    let mut ends = [program.inputs.len(), program.outputs.len()].map(|n| vec![None; n]);
    for id in graph.ids().filter(|id| needed[id.0] && kept[id.0]) {
        let node = graph.node(id);
        let mut add = |kind: StoreKind, tiles: Tiles| {
            let store = StoreId(stores.len());
            stores.push(PlannedStore { node: id, ty: node.ty.clone(), kind, tiles });
            store
        };
        let by_rule = || outline.tiles(id);
        let outputs = &outputs_of[id.0];
        let cuts_through = |k: usize| {
            let asked = request.outputs.get(k).and_then(|tiles| tiles.boxes().first());
            let whole = |axis: usize| cuts[id.0].align[axis].is_none();
            asked.is_some_and(|tile| {
                (0..tile.ndim()).any(|a| whole(a) && tile.0[a].len() < node.ty.dims[a])
            })
        };
        let made = match &node.primitive {
            Primitive::Input(input) => {
                let tiles = request.inputs.get(input.0).cloned().unwrap_or_else(by_rule);
                store_of[id.0] = Some(add(StoreKind::Input(input.0), tiles));
                ends[0][input.0] = store_of[id.0];
                None
            }
            Primitive::Constant(constant) => {
                store_of[id.0] = Some(add(StoreKind::Constant(constant.0.clone()), by_rule()));
                None
            }
            // What is made of constants may be read before the first run, an output not.
            _ if !depends[id.0] && !program.inputs.is_empty() && uses[id.0] > outputs.len() => {
                Some(add(StoreKind::Derived, by_rule()))
            }
            // Tiles that the caller asks for may cut what must stay whole: then they are copies too.
            _ if outputs.is_empty() || outputs.iter().any(|&k| cuts_through(k)) => {
                Some(add(StoreKind::Slot(usize::MAX), by_rule()))
            }
            _ => None,
        };
        if let Some(store) = made {
            let reads = Vec::new();
            store_of[id.0] = Some(store);
            let once = stores[store.0].kind == StoreKind::Derived;
            stages.push(Stage { store, reads, once });
        }
        // Outputs are the caller's: the first is computed in place, others are copies.
        for &k in outputs {
            let tiles = request.outputs.get(k).cloned().unwrap_or_else(by_rule);
            let store = StoreId(stores.len());
            stores.push(PlannedStore {
                node: id,
                ty: node.ty.clone(),
                kind: StoreKind::Output(k),
                tiles,
            });
            stages.push(Stage { store, reads: Vec::new(), once: false });
            ends[1][k] = Some(store);
            if store_of[id.0].is_none() {
                store_of[id.0] = Some(store);
            }
        }
    }
    let (program, slots) = (outline.program, Vec::new());
    let mut plan = Plan { program, stores, stages, store_of, slots, ends };
    // By store, the last stage that was seen to read it.
    let mut last = vec![None; plan.stores.len()];
    for k in 0..plan.stages.len() {
        let mut reads = Vec::new();
        let store = plan.stages[k].store;
        let whole = IndexBox::whole(&plan.stores[store.0].ty.dims);
        plan.pulls(store, &whole, &mut |read, _| {
            if last[read.0].replace(k) != Some(k) {
                reads.push(read);
            }
        });
        plan.stages[k].reads = reads;
    }
    plan.assign_slots();
    debug_assert_eq!(plan.prove(), Ok(()));
    plan
}

impl Plan {
    /// Calls `f` with every box of every store that a box of a stage's store is computed from.
    pub fn pulls(&self, store: StoreId, b: &IndexBox, f: &mut impl FnMut(StoreId, IndexBox)) {
        let node = self.stores[store.0].node;
        match self.store_of[node.0] {
            // A further copy of an output.
            Some(first) if first != store => f(first, b.clone()),
            _ => self.descend(node, b, f),
        }
    }

    fn descend(&self, id: NodeId, b: &IndexBox, f: &mut impl FnMut(StoreId, IndexBox)) {
        if b.is_empty() {
            return;
        }
        let at = self.program.graph.applied(id);
        for i in at.reached(b) {
            let input = at.node.inputs[i];
            at.needs(i, b, &mut |need| match self.store_of[input.0] {
                Some(store) => f(store, need),
                None => self.descend(input, &need, f),
            });
        }
    }

    /// A store by number.
    pub fn store(&self, id: StoreId) -> &PlannedStore {
        &self.stores[id.0]
    }

    /// The store of an output by number.
    pub fn output(&self, number: usize) -> Option<StoreId> {
        self.ends[1].get(number).copied().flatten()
    }

    /// The store of an input by number, if the program reads it.
    pub fn input(&self, number: usize) -> Option<StoreId> {
        self.ends[0].get(number).copied().flatten()
    }
}
