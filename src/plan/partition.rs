//! Who holds which boxes, and what moves between processes before each stage: the boxes that a
//! process's chunks need, less the boxes that it owns.

use crate::plan::{Plan, StoreId, StoreKind};
use crate::space::IndexBox;

/// What every process needs of one store for one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Needs {
    /// The store.
    pub store: StoreId,
    /// By process, the box around all that its tiles pull; empty if none.
    pub boxes: Vec<IndexBox>,
}

/// A box that one process sends to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// The other process.
    pub peer: usize,
    /// What is sent.
    pub part: IndexBox,
}

/// What one process sends and receives of one store before one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The stage, by number.
    pub stage: usize,
    /// The store.
    pub store: StoreId,
    /// All that the process needs of it.
    pub need: IndexBox,
    /// Whether it is received into a buffer of its own, since it lies apart from what is owned.
    pub apart: bool,
    /// Sent.
    pub sends: Vec<Transfer>,
    /// Received.
    pub receives: Vec<Transfer>,
}

/// One process's share of a plan.
#[derive(Clone, Debug)]
pub struct Share {
    /// Its number.
    pub rank: usize,
    /// Number of processes.
    pub size: usize,
    /// By store, the box it holds in one piece.
    pub held: Vec<IndexBox>,
    /// By store, the box it owns and computes.
    pub owned: Vec<IndexBox>,
    /// What it exchanges, in the order of the stages.
    pub exchanges: Vec<Exchange>,
}

impl Plan {
    /// What each process needs for a stage.
    pub fn needs(&self, stage: usize, size: usize) -> Vec<Needs> {
        let stage = &self.stages[stage];
        let tiles = &self.store(stage.store).tiles;
        let mut needs: Vec<Needs> = stage
            .reads
            .iter()
            .map(|&store| {
                let ndim = self.store(store).ty.dims.len();
                Needs { store, boxes: vec![IndexBox::empty(ndim); size] }
            })
            .collect();
        for rank in 0..size {
            for tile in &tiles.boxes()[tiles.owned(rank, size)] {
                self.pulls(stage.store, tile, &mut |read, b| {
                    if let Some(need) = needs.iter_mut().find(|n| n.store == read) {
                        let hull = need.boxes[rank].hull(&b);
                        need.boxes[rank] = hull;
                    }
                });
            }
        }
        needs
    }

    /// The share of process `rank` of `size`.
    pub fn share(&self, rank: usize, size: usize) -> Share {
        let owns = |store: StoreId, rank: usize| self.store(store).tiles.grid.owned_box(rank, size);
        let ids = || (0..self.stores.len()).map(StoreId);
        if size == 1 {
            let whole: Vec<IndexBox> =
                self.stores.iter().map(|s| IndexBox::whole(&s.ty.dims)).collect();
            return Share { rank, size, held: whole.clone(), owned: whole, exchanges: Vec::new() };
        }
        let constant = |id: StoreId| matches!(self.store(id).kind, StoreKind::Constant(_));
        let owned: Vec<IndexBox> = ids()
            .map(|id| {
                let ndim = self.store(id).ty.dims.len();
                if constant(id) { IndexBox::empty(ndim) } else { owns(id, rank) }
            })
            .collect();
        let mut held = owned.clone();
        let mut exchanges = Vec::new();
        for stage in 0..self.stages.len() {
            for needs in self.needs(stage, size) {
                let (store, need) = (needs.store, needs.boxes[rank].clone());
                if constant(store) {
                    // Every process reads its own part of a constant's file.
                    held[store.0] = held[store.0].hull(&need);
                    continue;
                }
                let hull = held[store.0].hull(&need);
                let extra: usize = need.minus(&held[store.0]).iter().map(IndexBox::len).sum();
                let apart = hull.len() > held[store.0].len() + extra;
                if !apart {
                    held[store.0] = hull;
                }
                let mut exchange = Exchange {
                    stage,
                    store,
                    need: need.clone(),
                    apart,
                    sends: vec![],
                    receives: vec![],
                };
                for peer in (0..size).filter(|&p| p != rank) {
                    // A peer sends the part of its own that I need and do not own.
                    exchange.receives.extend(parts(
                        &need,
                        &owned[store.0],
                        &owns(store, peer),
                        peer,
                    ));
                    exchange.sends.extend(parts(
                        &needs.boxes[peer],
                        &owns(store, peer),
                        &owned[store.0],
                        peer,
                    ));
                }
                if apart || !exchange.sends.is_empty() || !exchange.receives.is_empty() {
                    exchanges.push(exchange);
                }
            }
        }
        Share { rank, size, held, owned, exchanges }
    }
}

/// The boxes of `need` that `receiver` does not own and `sender` does.
fn parts(need: &IndexBox, receiver: &IndexBox, sender: &IndexBox, peer: usize) -> Vec<Transfer> {
    let wanted = need.intersect(sender);
    if wanted.is_empty() {
        return Vec::new();
    }
    wanted.minus(receiver).into_iter().map(|part| Transfer { peer, part }).collect()
}

impl Share {
    /// Bytes sent and received in one run.
    pub fn bytes_exchanged(&self, plan: &Plan) -> (usize, usize) {
        let (mut sent, mut received) = (0, 0);
        for e in self.exchanges.iter().filter(|e| !plan.stages[e.stage].once) {
            let size = plan.store(e.store).ty.dtype.size();
            sent += e.sends.iter().map(|t| t.part.len() * size).sum::<usize>();
            received += e.receives.iter().map(|t| t.part.len() * size).sum::<usize>();
        }
        (sent, received)
    }
}
