//! What one process of a run holds at its fullest, and how it keeps within what it may take.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::engine::{Plans, Space, Spill};
use crate::io::Array;
use crate::plan::{Exchange, Landing, Plan, Share, Shares, StoreKind};
use crate::space::IndexBox;

/// Bytes that the program itself takes, and what MPI takes beside it.
const BASE: usize = 12 << 20;
const BASE_OF_SEVERAL: usize = 40 << 20;

/// The shares that all processes have of an operator's programs.
pub struct Divided<'a> {
    plans: &'a Plans,
    forward: Shares<'a>,
    adjoint: Option<Shares<'a>>,
    size: usize,
}

/// What one process has of an operator's programs.
pub struct Held<'a> {
    plans: &'a Plans,
    pub forward: Share,
    pub adjoint: Option<Share>,
    pub model: Space,
    pub data: Space,
}

impl<'a> Divided<'a> {
    /// The shares of `size` processes.
    pub fn new(plans: &'a Plans, size: usize) -> Divided<'a> {
        let adjoint = plans.adjoint.as_ref().map(|plan| plan.shares(size));
        Divided { plans, forward: plans.forward.shares(size), adjoint, size }
    }

    /// What one process has.
    pub fn of(&self, rank: usize) -> Held<'a> {
        let forward = self.forward.of(rank);
        let adjoint = self.adjoint.as_ref().map(|shares| shares.of(rank));
        let (model, data) = self.plans.spaces(&forward, adjoint.as_ref());
        Held { plans: self.plans, forward, adjoint, model, data }
    }

    /// The programs with the shares of all processes.
    pub fn programs(&self) -> impl Iterator<Item = (&Plan, &Shares<'a>)> {
        let adjoint = self.plans.adjoint.as_ref().zip(self.adjoint.as_ref());
        std::iter::once((&self.plans.forward, &self.forward)).chain(adjoint)
    }

    /// Number of processes.
    pub fn size(&self) -> usize {
        self.size
    }
}

impl Held<'_> {
    /// The programs with what this process has of them.
    pub fn shares(&self) -> impl Iterator<Item = (&Plan, &Share)> {
        let adjoint = self.plans.adjoint.as_ref().zip(self.adjoint.as_ref());
        std::iter::once((&self.plans.forward, &self.forward)).chain(adjoint)
    }

    /// What the process holds, with so many model and data vectors and so many threads.
    pub fn memory(&self, models: usize, datas: usize, threads: usize) -> Memory {
        let mut memory = Memory {
            constants: self.constants(),
            working: self.shares().map(|(plan, share)| working(plan, share)).sum(),
            vectors: models * self.model.bytes() + datas * self.data.bytes(),
            scratch: self.plans.scratch_bytes() * threads,
            computing: self.plans.computing_bytes(threads),
            mappable: self.plans.mappable_bytes(),
            base: if self.forward.size == 1 { BASE } else { BASE_OF_SEVERAL },
            total: 0,
        };
        memory.mappable = memory.mappable.min(memory.constants);
        memory.sum();
        memory
    }

    /// Bytes of the arrays of the problem, and of what they are read from if that is memory. A box that
    /// both programs read counts once; what is computed is there as a whole.
    fn constants(&self) -> usize {
        // By the number of an array, the boxes of it that count.
        let mut read: HashMap<usize, Vec<&IndexBox>> = HashMap::new();
        let mut total = 0;
        for (plan, share) in self.shares() {
            for (store, b) in plan.stores.iter().zip(&share.held) {
                let StoreKind::Constant(array) = &store.kind else { continue };
                let whole = array.is_computed_as_is();
                let boxes = read.entry(array.id()).or_default();
                if boxes.is_empty() {
                    total += array.held_bytes();
                }
                if !boxes.iter().any(|r| whole || r.contains(b)) {
                    let elements = if whole { store.ty.len() } else { b.len() };
                    total += elements * store.ty.dtype.size();
                    boxes.push(b);
                }
            }
        }
        total
    }
}

/// Bytes between stages, derived from constants, received apart, and on their way, in one process.
fn working(plan: &Plan, share: &Share) -> usize {
    let size = |e: &Exchange| plan.store(e.store).ty.dtype.size();
    let mut slots = vec![0; plan.slots.len()];
    let mut rest = 0;
    for (store, held) in plan.stores.iter().zip(&share.held) {
        let n = held.len() * store.ty.dtype.size();
        match store.kind {
            StoreKind::Slot(slot) => slots[slot] = n.max(slots[slot]),
            StoreKind::Derived => rest += n,
            _ => {}
        }
    }
    let apart = share.exchanges.iter().filter(|e| e.landing == Landing::Apart);
    rest += apart.map(|e| e.around().len() * size(e)).sum::<usize>();
    let mut messages = vec![0; plan.stages.len()];
    for e in &share.exchanges {
        let parts = e.sends.iter().chain(&e.receives);
        messages[e.stage] += parts.map(|t| t.part.len() * size(e)).sum::<usize>();
    }
    slots.iter().sum::<usize>() + rest + messages.into_iter().max().unwrap_or(0)
}

/// What one process of a run holds at its fullest, by kind.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    /// Arrays of the problem.
    pub constants: usize,
    /// Arrays between stages, and derived from constants.
    pub working: usize,
    /// Vectors.
    pub vectors: usize,
    /// Scratch of the threads.
    pub scratch: usize,
    /// What computing arrays takes, before there are vectors.
    pub computing: usize,
    /// Of the arrays, those that can be read from their files as they are touched.
    pub mappable: usize,
    /// What the program itself takes.
    pub base: usize,
    /// All.
    pub total: usize,
}

impl Memory {
    fn sum(&mut self) {
        // Arrays are computed before there are vectors.
        let running = self.working + self.vectors + self.scratch;
        self.total = self.constants + running.max(self.computing) + self.base;
    }

    /// Arrays that are read into vectors, and held beside them.
    pub fn add_arrays<'a>(&mut self, arrays: impl Iterator<Item = &'a Array>, threads: usize) {
        for array in arrays {
            self.constants += array.kept_bytes();
            self.computing = self.computing.max(array.working_bytes(threads));
        }
        self.sum();
    }

    /// Further vectors of so many bytes.
    pub fn add_vectors(&mut self, bytes: usize) {
        self.vectors += bytes;
        self.sum();
    }

    /// The larger of each kind: of runs that follow each other.
    pub fn or(&self, other: &Memory) -> Memory {
        let mut memory = Memory {
            constants: self.constants.max(other.constants),
            working: self.working.max(other.working),
            vectors: self.vectors.max(other.vectors),
            scratch: self.scratch.max(other.scratch),
            computing: self.computing.max(other.computing),
            mappable: self.mappable.min(other.mappable),
            base: self.base,
            total: 0,
        };
        memory.sum();
        memory
    }

    /// How to keep within `limit`, or an error with the memory that is needed.
    pub fn spill(
        &mut self,
        limit: Option<u64>,
        scratch: Option<PathBuf>,
    ) -> Result<Spill, OverLimit> {
        let Some(limit) = limit.map(|l| usize::try_from(l).unwrap_or(usize::MAX)) else {
            return Ok(Spill::default());
        };
        if self.total <= limit {
            return Ok(Spill::default());
        }
        if self.total - self.mappable <= limit {
            self.total -= self.mappable;
            return Ok(Spill { scratch: None, map_constants: true });
        }
        let least = self.scratch + self.base;
        if least <= limit {
            self.total = least;
            let scratch = Some(scratch.unwrap_or_else(std::env::temp_dir));
            return Ok(Spill { scratch, map_constants: true });
        }
        Err(OverLimit { least, limit })
    }
}

/// A run that cannot keep within its limit, whatever it does.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the run needs at least {least} bytes of memory; the limit is {limit} bytes")]
pub struct OverLimit {
    /// What it needs at least, in bytes.
    pub least: usize,
    /// What it may take, in bytes.
    pub limit: usize,
}
