//! Assigns slots by liveness; counts what a run holds and moves.

use std::collections::BTreeSet;

use crate::plan::{Plan, StoreKind};
use crate::space::{ArrayType, IndexBox};

impl Plan {
    /// Gives every store between stages a slot; stores with disjoint lifetimes may share one.
    pub(super) fn assign_slots(&mut self) {
        let mut last_read = vec![0usize; self.stores.len()];
        for (k, stage) in self.stages.iter().enumerate() {
            for read in &stage.reads {
                last_read[read.0] = k;
            }
        }
        // Free slots with their bytes; and by stage, the slots that become free once it has run.
        let mut free: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut freed: Vec<Vec<usize>> = vec![Vec::new(); self.stages.len()];
        for k in 0..self.stages.len() {
            if k > 0 {
                free.extend(freed[k - 1].iter().map(|&slot| (self.slots[slot], slot)));
            }
            let store = self.stages[k].store;
            if !matches!(self.stores[store.0].kind, StoreKind::Slot(_)) {
                continue;
            }
            let bytes = self.stores[store.0].ty.bytes();
            // Use the free slot that fits best, else grow the largest free one, else add one.
            let best = free.range((bytes, 0)..).next().or_else(|| free.last()).copied();
            let slot = match best {
                Some(found) => {
                    free.remove(&found);
                    found.1
                }
                None => {
                    self.slots.push(0);
                    self.slots.len() - 1
                }
            };
            self.slots[slot] = self.slots[slot].max(bytes);
            freed[last_read[store.0].max(k)].push(slot);
            self.stores[store.0].kind = StoreKind::Slot(slot);
        }
    }

    /// Bytes of all slots.
    pub fn slot_bytes(&self) -> usize {
        self.slots.iter().sum()
    }

    /// Bytes of arrays computed once from constants.
    pub fn derived_bytes(&self) -> usize {
        let derived = self.stores.iter().filter(|s| s.kind == StoreKind::Derived);
        derived.map(|s| s.ty.bytes()).sum()
    }

    /// Most bytes of scratch that one thread holds while it computes a tile.
    pub fn scratch_bytes(&self) -> usize {
        let tile_bytes = |ty: &ArrayType, b: &IndexBox| b.len() * ty.dtype.size();
        self.stages
            .iter()
            .filter_map(|stage| {
                let store = self.store(stage.store);
                let largest = store.tiles.boxes().iter().max_by_key(|b| b.len())?;
                let mut bytes = 0;
                self.pulls(stage.store, largest, &mut |read, b| {
                    bytes += tile_bytes(&self.store(read).ty, &b)
                        .min(8 * tile_bytes(&store.ty, largest));
                });
                Some(2 * bytes.max(tile_bytes(&store.ty, largest)))
            })
            .max()
            .unwrap_or(0)
    }

    /// Bytes read from and written to kept arrays in one run.
    pub fn bytes_moved(&self) -> f64 {
        let stages = self.stages.iter().filter(|s| !s.once);
        stages
            .map(|stage| {
                let store = self.store(stage.store);
                let whole = IndexBox::whole(&store.ty.dims);
                let mut bytes = store.ty.bytes() as f64;
                self.pulls(stage.store, &whole, &mut |read, b| {
                    bytes += (b.len() * self.store(read).ty.dtype.size()) as f64;
                });
                bytes
            })
            .sum()
    }

    /// Floating-point operations of one run, from each primitive's count.
    pub fn flops(&self) -> f64 {
        let graph = &self.program.graph;
        let (needed, depends) = (self.program.needed(), self.program.depends_on_input());
        let ids = graph.ids().filter(|id| needed[id.0] && depends[id.0]);
        ids.map(|id| graph.applied(id).flops()).sum()
    }
}
