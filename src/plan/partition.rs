//! Who holds which boxes, and what moves between processes before each stage: the boxes that a
//! process's tiles need, minus the boxes that it owns.

use std::collections::HashMap;
use std::ops::Range;

use crate::plan::boxes::Boxes;
use crate::plan::{Plan, PlannedStore, StoreId, StoreKind};
use crate::space::IndexBox;

/// What every process needs of one store for one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Needs {
    /// The store.
    pub store: StoreId,
    /// By process, a few boxes without overlaps that contain all that its tiles pull.
    pub boxes: Vec<Vec<IndexBox>>,
    /// By process, the number of elements that its tiles pull, repeats included.
    pub pulled: Vec<usize>,
}

/// Where a stage reads data received from other processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// Next to the owned box, in one store with it.
    Beside,
    /// In a buffer of its own, with a copy of the owned data: tiles pull most of it repeatedly.
    Apart,
    /// In the messages: tiles pull it about once, and assemble what they pull.
    Messages,
}

/// A box that one process sends to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// The other process.
    pub peer: usize,
    /// The box that moves.
    pub part: IndexBox,
}

/// What one process sends and receives of one store before one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The stage, by number.
    pub stage: usize,
    /// The store.
    pub store: StoreId,
    /// All that the process needs of the store, in boxes that do not overlap.
    pub need: Vec<IndexBox>,
    /// Where the stage reads what the process receives.
    pub landing: Landing,
    /// Boxes to send.
    pub sends: Vec<Transfer>,
    /// Boxes to receive.
    pub receives: Vec<Transfer>,
}

/// One process's share of a plan.
#[derive(Clone, Debug)]
pub struct Share {
    /// The rank of the process.
    pub rank: usize,
    /// Number of processes.
    pub size: usize,
    /// By store, the box that the process holds in one piece.
    pub held: Vec<IndexBox>,
    /// By store, the box that it owns and computes.
    pub owned: Vec<IndexBox>,
    /// Its exchanges, in the order of the stages.
    pub exchanges: Vec<Exchange>,
}

impl Plan {
    /// What each of `size` processes needs for a stage.
    pub fn needs(&self, stage: usize, size: usize) -> Vec<Needs> {
        let stage = &self.stages[stage];
        let tiles = &self.store(stage.store).tiles;
        let mut needs: Vec<Needs> = stage
            .reads
            .iter()
            .map(|&store| Needs { store, boxes: Vec::with_capacity(size), pulled: vec![0; size] })
            .collect();
        let numbers: HashMap<StoreId, usize> =
            needs.iter().enumerate().map(|(k, need)| (need.store, k)).collect();
        for rank in 0..size {
            let mut boxes = vec![Boxes::default(); needs.len()];
            for tile in &tiles.boxes()[tiles.owned(rank, size)] {
                self.pulls(stage.store, tile, &mut |read, b| {
                    if let Some(&k) = numbers.get(&read) {
                        boxes[k].add(&b);
                        needs[k].pulled[rank] += b.len();
                    }
                });
            }
            for (needs, boxes) in needs.iter_mut().zip(boxes) {
                needs.boxes.push(boxes.apart());
            }
        }
        needs
    }

    /// The share of process `rank` of `size`.
    pub fn share(&self, rank: usize, size: usize) -> Share {
        self.shares(size).of(rank)
    }

    /// The shares of all `size` processes, computed one at a time.
    pub fn shares(&self, size: usize) -> Shares<'_> {
        let owned = |store: &PlannedStore| {
            let constant = matches!(store.kind, StoreKind::Constant(_));
            let own = |rank| match constant {
                true => IndexBox::empty(store.ty.dims.len()),
                false => store.tiles.grid.owned_box(rank, size),
            };
            (0..size).map(own).collect()
        };
        let stages = if size == 1 { 0 } else { self.stages.len() };
        Shares {
            plan: self,
            size,
            owned: self.stores.iter().map(owned).collect(),
            needs: (0..stages).map(|stage| self.needs(stage, size)).collect(),
        }
    }
}

/// What all processes own and need, from which the share of each is derived.
#[derive(Clone, Debug)]
pub struct Shares<'a> {
    plan: &'a Plan,
    size: usize,
    /// By store, then by process.
    owned: Vec<Vec<IndexBox>>,
    /// By stage.
    needs: Vec<Vec<Needs>>,
}

impl Shares<'_> {
    /// The share of one process.
    pub fn of(&self, rank: usize) -> Share {
        let (plan, size) = (self.plan, self.size);
        if size == 1 {
            let whole: Vec<IndexBox> =
                plan.stores.iter().map(|s| IndexBox::whole(&s.ty.dims)).collect();
            return Share { rank, size, held: whole.clone(), owned: whole, exchanges: Vec::new() };
        }
        let owned: Vec<IndexBox> = self.owned.iter().map(|all| all[rank].clone()).collect();
        let mut held = owned.clone();
        let mut exchanges = Vec::new();
        for (stage, all) in self.needs.iter().enumerate() {
            for needs in all {
                let (store, need) = (needs.store, needs.boxes[rank].clone());
                let (held, around) = (&mut held[store.0], around(&need, owned[store.0].ndim()));
                if matches!(plan.store(store).kind, StoreKind::Constant(_)) {
                    // Every process reads its own part of a constant's file.
                    *held = held.hull(&around);
                    continue;
                }
                let hull = held.hull(&around);
                let extra = need.iter().flat_map(|b| b.minus(held)).map(|b| b.len()).sum::<usize>();
                let landing = if hull.len() <= held.len() + extra {
                    *held = hull;
                    Landing::Beside
                } else if 2 * needs.pulled[rank] > 3 * around.len() {
                    Landing::Apart
                } else {
                    Landing::Messages
                };
                let (mut sends, mut receives) = (Vec::new(), Vec::new());
                let owns = &self.owned[store.0];
                for peer in (0..size).filter(|&p| p != rank) {
                    // A peer sends the part that it owns and this process needs but does not own.
                    receives.extend(parts(&need, &owned[store.0], &owns[peer], peer));
                    sends.extend(parts(&needs.boxes[peer], &owns[peer], &owned[store.0], peer));
                }
                if !sends.is_empty() || !receives.is_empty() {
                    exchanges.push(Exchange { stage, store, need, landing, sends, receives });
                }
            }
        }
        Share { rank, size, held, owned, exchanges }
    }
}

/// The hull of some boxes; empty if there are none.
fn around(boxes: &[IndexBox], ndim: usize) -> IndexBox {
    boxes.iter().fold(IndexBox::empty(ndim), |hull, b| hull.hull(b))
}

/// The parts of `need` that `sender` owns and `receiver` does not, to or from `peer`.
fn parts(need: &[IndexBox], receiver: &IndexBox, sender: &IndexBox, peer: usize) -> Vec<Transfer> {
    // Most processes have nothing to send to each other.
    let needs = need.iter().filter(|b| b.meets(sender));
    let parts = needs.flat_map(|b| b.intersect(sender).minus(receiver));
    parts.map(|part| Transfer { peer, part }).collect()
}

impl Exchange {
    /// The hull of what the process needs; empty if it needs nothing.
    pub fn around(&self) -> IndexBox {
        around(&self.need, self.need.first().map_or(0, IndexBox::ndim))
    }
}

impl Share {
    /// Numbers of the exchanges before a stage.
    pub fn before(&self, stage: usize) -> Range<usize> {
        let first = self.exchanges.partition_point(|e| e.stage < stage);
        first..first + self.exchanges[first..].partition_point(|e| e.stage == stage)
    }

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
