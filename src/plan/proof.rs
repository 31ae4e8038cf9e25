//! Proves that a plan can run: every stage reads what has been written and not yet overwritten, and
//! every process holds or receives what its tiles pull. Debug builds prove every plan that they run.

use std::collections::HashSet;

use crate::plan::{Landing, Plan, Share, StoreId, StoreKind};
use crate::space::IndexBox;

/// State of a store's contents while stages run.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Unwritten,
    /// Filled, by a stage or by the caller.
    Written,
    /// Its slot now holds another store.
    Overwritten(StoreId),
}

impl Plan {
    /// Checks that stages, in order, read only what has been written; an error says what is wrong.
    pub fn prove(&self) -> Result<(), String> {
        let mut states: Vec<State> = self
            .stores
            .iter()
            .map(|store| match store.kind {
                StoreKind::Input(_) | StoreKind::Constant(_) => State::Written,
                _ => State::Unwritten,
            })
            .collect();
        // By slot, the last store that was written to it.
        let mut holders: Vec<Option<StoreId>> = vec![None; self.slots.len()];
        for once in [true, false] {
            for (number, stage) in self.stages.iter().enumerate().filter(|(_, s)| s.once == once) {
                let (id, store) = (stage.store, self.store(stage.store));
                let fits = match store.kind {
                    StoreKind::Derived => once,
                    StoreKind::Output(_) | StoreKind::Slot(_) => !once,
                    StoreKind::Input(_) | StoreKind::Constant(_) => false,
                };
                if !fits || states[id.0] != State::Unwritten {
                    return Err(format!("stage {number} fills {}", self.describe(id)));
                }
                // The stage takes its memory before it reads.
                if let StoreKind::Slot(slot) = store.kind
                    && let Some(other) = holders[slot].replace(id)
                {
                    states[other.0] = State::Overwritten(id);
                }
                self.prove_reads(number, &states)?;
                states[id.0] = State::Written;
                let covered: usize = store.tiles.boxes().iter().map(IndexBox::len).sum();
                if covered != store.ty.len() {
                    return Err(format!("tiles leave a part of {} out", self.describe(id)));
                }
            }
        }
        match states.iter().position(|s| *s == State::Unwritten) {
            Some(store) => Err(format!("no stage fills {}", self.describe(StoreId(store)))),
            None => Ok(()),
        }
    }

    fn prove_reads(&self, number: usize, states: &[State]) -> Result<(), String> {
        let stage = &self.stages[number];
        let mut wrong = None;
        let said: HashSet<StoreId> = stage.reads.iter().copied().collect();
        let whole = IndexBox::whole(&self.store(stage.store).ty.dims);
        self.pulls(stage.store, &whole, &mut |read, b| {
            let there = IndexBox::whole(&self.store(read).ty.dims);
            let why = match states[read.0] {
                _ if read == stage.store => "which it fills itself".to_string(),
                _ if !said.contains(&read) => "which it does not say it reads".into(),
                _ if !there.contains(&b) => format!("of which there is no box {b}"),
                State::Unwritten => "before it is filled".into(),
                State::Overwritten(by) => format!("whose slot holds {}", self.describe(by)),
                State::Written => return,
            };
            wrong.get_or_insert_with(|| format!("reads {}, {why}", self.describe(read)));
        });
        wrong.map_or(Ok(()), |wrong| {
            Err(format!("stage {number}, which fills {}, {wrong}", self.describe(stage.store)))
        })
    }

    /// Checks that process `share.rank` holds or receives all that its tiles pull.
    pub fn prove_share(&self, share: &Share) -> Result<(), String> {
        for (number, stage) in self.stages.iter().enumerate() {
            let tiles = &self.store(stage.store).tiles;
            let mut wrong = None;
            for tile in &tiles.boxes()[tiles.owned(share.rank, share.size)] {
                if !share.owned[stage.store.0].contains(tile) {
                    wrong.get_or_insert_with(|| format!("fills {tile}, which it does not own"));
                }
                self.pulls(stage.store, tile, &mut |read, b| {
                    if !share.has(self, number, read, &b) {
                        let what = self.describe(read);
                        wrong.get_or_insert_with(|| format!("lacks {b} of {what}"));
                    }
                });
            }
            if let Some(wrong) = wrong {
                let (rank, size) = (share.rank, share.size);
                return Err(format!("in stage {number}, process {rank} of {size} {wrong}"));
            }
        }
        Ok(())
    }

    /// Checks that all of `size` processes hold or receive what they need, and that the owner sends
    /// what a process receives, in the same order.
    pub fn prove_shares(&self, size: usize) -> Result<(), String> {
        let all = self.shares(size);
        let shares: Vec<Share> = (0..size).map(|rank| all.of(rank)).collect();
        for share in &shares {
            self.prove_share(share)?;
            for (peer, other) in shares.iter().enumerate().filter(|(p, _)| *p != share.rank) {
                let received = share.exchanges.iter().flat_map(|e| {
                    let from = e.receives.iter().filter(move |t| t.peer == peer);
                    from.map(move |t| (e.stage, e.store, &t.part))
                });
                let sent = other.exchanges.iter().flat_map(|e| {
                    let to = e.sends.iter().filter(|t| t.peer == share.rank);
                    to.map(move |t| (e.stage, e.store, &t.part))
                });
                let sent: Vec<_> = sent.collect();
                if received.collect::<Vec<_>>() != sent {
                    return Err(format!("process {peer} does not send what {} awaits", share.rank));
                }
                if let Some((stage, store, part)) =
                    sent.iter().find(|(_, store, part)| !other.owned[store.0].contains(part))
                {
                    let what = self.describe(*store);
                    return Err(format!(
                        "in stage {stage}, process {peer} sends {part} of {what}, which it does not own"
                    ));
                }
            }
        }
        Ok(())
    }

    fn describe(&self, id: StoreId) -> String {
        let store = self.store(id);
        let label = self.program.graph.node(store.node).primitive.label();
        format!("store {} ({label}, {:?})", id.0, store.kind)
    }
}

impl Share {
    /// Whether a box of a store is available when a stage runs.
    fn has(&self, plan: &Plan, stage: usize, store: StoreId, b: &IndexBox) -> bool {
        if matches!(plan.store(store).kind, StoreKind::Constant(_)) {
            return self.held[store.0].contains(b);
        }
        let exchange = self.exchanges[self.before(stage)].iter().find(|e| e.store == store);
        let mut rest = b.minus(&self.owned[store.0]);
        if let Some(e) = exchange {
            let lands = match e.landing {
                Landing::Beside => self.held[store.0].contains(b),
                Landing::Apart | Landing::Messages => true,
            };
            if !lands {
                return false;
            }
            for t in &e.receives {
                rest = rest.iter().flat_map(|part| part.minus(&t.part)).collect();
            }
        }
        rest.is_empty()
    }
}
