//! Which nodes are kept, the stages that compute them, and where their boxes come from.

use std::collections::HashMap;

use crate::graph::{Cut, Graph, Node, NodeId, Parts, Primitive, Program, input_box, pulled_once};
use crate::io::Array;
use crate::plan::Tiles;
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
pub struct Store {
    /// The node that gives it.
    pub node: NodeId,
    /// Dims and element type.
    pub ty: ArrayType,
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
    pub stores: Vec<Store>,
    /// What runs, in order.
    pub stages: Vec<Stage>,
    /// For each node the store that keeps it, if any.
    pub store_of: Vec<Option<StoreId>>,
    /// Bytes of each slot, if one process holds all.
    pub slots: Vec<usize>,
    /// For each concatenation, where its pieces start along its axis.
    starts: HashMap<NodeId, Vec<usize>>,
    /// By number, the stores of the inputs that are read, and of the outputs.
    ends: [Vec<Option<StoreId>>; 2],
}

/// Fewest chunks that a fused stage should be left with, if its parts would allow more.
const LEAST_CHUNKS: usize = 16;

fn most_chunks(cut: &Cut, dims: &[usize]) -> usize {
    cut.align
        .iter()
        .zip(dims)
        .map(|(a, &n)| a.map_or(1, |a| n.div_ceil(a.max(1)).max(1)))
        .fold(1, usize::saturating_mul)
}

fn first_type(graph: &Graph, id: NodeId) -> &ArrayType {
    let node = graph.node(id);
    node.inputs.first().map_or(&node.ty, |input| &graph.node(*input).ty)
}

/// Plans a program.
pub fn plan(program: &Program, request: &Request) -> Plan {
    let program = &in_parts(program);
    let graph = &program.graph;
    let needed = program.needed();
    let depends = program.depends_on_input();
    let count = graph.nodes().len();
    let mut uses = vec![0usize; count];
    for id in graph.ids().filter(|id| needed[id.0]) {
        graph.node(id).inputs.iter().for_each(|i| uses[i.0] += 1);
    }
    program.outputs.iter().for_each(|id| uses[id.0] += 1);

    // Which nodes are kept. `cuts` is what an inlined node asks of the stage that pulls it.
    let mut kept = vec![false; count];
    let mut cuts: Vec<Cut> = Vec::with_capacity(count);
    for id in graph.ids() {
        let node = graph.node(id);
        let types: Vec<&ArrayType> = node.inputs.iter().map(|i| &graph.node(*i).ty).collect();
        let own = Cut::of(node, &types);
        if !needed[id.0] {
            cuts.push(own);
            continue;
        }
        let linear = node.primitive.linear_inputs(node.inputs.len());
        let mut cut = own.clone();
        for (k, input) in node.inputs.iter().enumerate() {
            let leaf = graph.node(*input).inputs.is_empty();
            let constant = depends[id.0] && !depends[input.0] && !leaf;
            let twice = uses[input.0] > 1 && !leaf && !is_view(graph.nodes(), &kept, *input);
            let repeated = !leaf
                && (!pulled_once(&node.primitive) || k >= linear)
                && !is_view(graph.nodes(), &kept, *input);
            let parts = Parts::of(graph.node(*input), first_type(graph, *input)).is_some();
            if parts || (constant && !is_view(graph.nodes(), &kept, *input)) || twice || repeated {
                kept[input.0] = true;
            }
            if kept[input.0] || leaf || k >= linear {
                continue;
            }
            let below = graph.node(*input);
            let inner = &cuts[input.0];
            let both = cut.and(&inner.through(node, &below.ty));
            // A piece must not tie the axis it is laid along, and two parts that need different
            // axes whole must not leave a stage with nothing to cut.
            let piece = matches!(node.primitive, Primitive::Concatenate(_)) && !inner.is_free();
            let before = most_chunks(inner, &below.ty.dims);
            let after = most_chunks(&both, &node.ty.dims);
            if !piece && (after >= LEAST_CHUNKS || after >= before) {
                cut = both;
            } else if matches!(below.primitive, Primitive::Pad(_))
                && below.chunks.is_none()
                && !piece
            {
                // Zeros are no work to share and nothing to send: what they surround is kept.
                let base = below.inputs[0];
                kept[base.0] |= !is_view(graph.nodes(), &kept, base);
                cuts[input.0] = Cut::free(&below.ty);
                cut = cut.and(&cuts[input.0].through(node, &below.ty));
            } else {
                kept[input.0] = true;
            }
        }
        cuts.push(cut);
        if matches!(node.primitive, Primitive::Input(_) | Primitive::Constant(_)) {
            kept[id.0] = true;
        }
    }
    for id in &program.outputs {
        kept[id.0] = true;
    }

    let mut stores: Vec<Store> = Vec::new();
    let mut store_of: Vec<Option<StoreId>> = vec![None; count];
    let mut stages = Vec::new();
    let mut outputs_of: Vec<Vec<usize>> = vec![Vec::new(); count];
    program.outputs.iter().enumerate().for_each(|(k, id)| outputs_of[id.0].push(k));
    let mut ends = [program.inputs.len(), program.outputs.len()].map(|n| vec![None; n]);
    for id in graph.ids().filter(|id| needed[id.0] && kept[id.0]) {
        let node = graph.node(id);
        let mut add = |kind: StoreKind, tiles: Tiles| {
            let store = StoreId(stores.len());
            stores.push(Store { node: id, ty: node.ty.clone(), kind, tiles });
            store
        };
        let by_rule = || Tiles::new(&node.ty, &cuts[id.0], asked(graph.nodes(), id).as_deref());
        let outputs = &outputs_of[id.0];
        let cuts_through = |k: usize| {
            let asked = request.outputs.get(k).and_then(|tiles| tiles.boxes().first());
            let whole = |axis: usize| cuts[id.0].align[axis].is_none();
            asked.is_some_and(|tile| {
                (0..tile.ndim()).any(|a| whole(a) && tile.0[a].len() < node.ty.dims[a])
            })
        };
        let made = match &node.primitive {
            Primitive::Input(k) => {
                let tiles = request.inputs.get(*k).cloned().unwrap_or_else(by_rule);
                store_of[id.0] = Some(add(StoreKind::Input(*k), tiles));
                ends[0][*k] = store_of[id.0];
                None
            }
            Primitive::Constant(array) => {
                store_of[id.0] = Some(add(StoreKind::Constant(array.clone()), by_rule()));
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
            stores.push(Store { node: id, ty: node.ty.clone(), kind: StoreKind::Output(k), tiles });
            stages.push(Stage { store, reads: Vec::new(), once: false });
            ends[1][k] = Some(store);
            if store_of[id.0].is_none() {
                store_of[id.0] = Some(store);
            }
        }
    }
    let starts =
        graph.ids().filter(|id| needed[id.0]).filter_map(|id| Some((id, starts(graph, id)?)));
    let starts = starts.collect();
    let (program, slots) = (program.clone(), Vec::new());
    let mut plan = Plan { program, stores, stages, store_of, slots, starts, ends };
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

/// Where the pieces of a concatenation start along its axis.
fn starts(graph: &Graph, id: NodeId) -> Option<Vec<usize>> {
    let node = graph.node(id);
    let Primitive::Concatenate(axis) = node.primitive else { return None };
    let lengths = node.inputs.iter().map(|input| graph.node(*input).ty.dims[axis]);
    Some(lengths.scan(0, |end, n| Some(std::mem::replace(end, *end + n))).collect())
}

/// Chunk lengths that the user asked for of a node: its own, or for a product those of its kernel's
/// batches and rows.
fn asked(nodes: &[Node], id: NodeId) -> Option<Vec<usize>> {
    let node = &nodes[id.0];
    if node.chunks.is_some() {
        return node.chunks.clone();
    }
    let Primitive::Matmul { transpose, .. } = node.primitive else { return None };
    let kernel = nodes[node.inputs[1].0].chunks.as_ref()?;
    let rows = if transpose { kernel[2] } else { kernel[1] };
    Some(vec![kernel[0], rows, node.ty.dims[2]])
}

/// Whether a node is only another look at a kept array.
fn is_view(nodes: &[Node], kept: &[bool], id: NodeId) -> bool {
    let node = &nodes[id.0];
    match &node.primitive {
        Primitive::Permute(_) | Primitive::Slice(_) | Primitive::Flip(_) | Primitive::Reshape => {
            let input = node.inputs[0];
            let leaf =
                matches!(nodes[input.0].primitive, Primitive::Input(_) | Primitive::Constant(_));
            // A reshape looks through at memory in order only.
            kept[input.0]
                || leaf
                || (!matches!(node.primitive, Primitive::Reshape) && is_view(nodes, kept, input))
        }
        _ => false,
    }
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
        let node = self.program.graph.node(id);
        let mut pull = |input: NodeId, need: IndexBox| match self.store_of[input.0] {
            _ if need.is_empty() => {}
            Some(store) => f(store, need),
            None => self.descend(input, &need, f),
        };
        if let Primitive::Concatenate(axis) = node.primitive {
            return self.pieces(id, axis, b).for_each(|(piece, _, need)| pull(piece, need));
        }
        for (k, &input) in node.inputs.iter().enumerate() {
            pull(input, input_box(node, k, &self.program.graph.node(input).ty, b));
        }
    }

    /// The pieces of a concatenation that a box of it, which is not empty, consists of: each with its part
    /// of the box, and with the box of the piece that this is.
    pub fn pieces<'a>(
        &'a self,
        id: NodeId,
        axis: usize,
        b: &'a IndexBox,
    ) -> impl Iterator<Item = (NodeId, IndexBox, IndexBox)> + 'a {
        let (starts, range) = (&self.starts[&id], &b.0[axis]);
        let end = self.program.graph.node(id).ty.dims[axis];
        let first = starts.partition_point(|&start| start <= range.start).saturating_sub(1);
        let last = starts.partition_point(|&start| start < range.end);
        (first..last).filter_map(move |k| {
            let (start, end) = (starts[k], starts.get(k + 1).copied().unwrap_or(end));
            let (lo, hi) = (range.start.max(start), range.end.min(end));
            let piece = self.program.graph.node(id).inputs[k];
            (lo < hi).then(|| (piece, b.with(axis, lo..hi), b.with(axis, lo - start..hi - start)))
        })
    }

    /// A store by number.
    pub fn store(&self, id: StoreId) -> &Store {
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
