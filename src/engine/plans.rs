//! The plans of an operator's two programs, and the memory that they will take.

use std::collections::HashSet;

use crate::engine::{Block, Result, Space};
use crate::graph::{Cut, Program, simplify};
use crate::io::Array;
use crate::plan::{Outline, Plan, Request, Share, StoreId, StoreKind, Tiles, plan};
use crate::space::{ArrayType, IndexBox};

/// The plans of an operator, before any memory is taken.
#[derive(Debug)]
pub struct Plans {
    /// From model to data.
    pub forward: Plan,
    /// From data to model.
    pub adjoint: Option<Plan>,
}

impl Plans {
    /// Plans the programs from model to data and back. Cuts model and data as the stages that
    /// compute them prefer.
    pub fn new(forward: &Program, adjoint: Option<&Program>) -> Result<Plans> {
        let forward = simplify(forward)?;
        let square = forward.inputs == forward.output_types();
        let forward = Outline::new(forward);
        let data = forward.outputs();
        let Some(adjoint) = adjoint else {
            // A solver without an adjoint adds data to models, so both are cut alike.
            let request = match square {
                true => Request { inputs: data.clone(), outputs: data },
                false => Request::default(),
            };
            return Ok(Plans { forward: plan(forward, &request), adjoint: None });
        };
        let adjoint = Outline::new(simplify(adjoint)?);
        let model = adjoint.outputs();
        let back = Request { inputs: data.clone(), outputs: Vec::new() };
        Ok(Plans {
            forward: plan(forward, &Request { inputs: model, outputs: data }),
            adjoint: Some(plan(adjoint, &back)),
        })
    }

    /// Model and data as process `rank` of `size` holds them.
    pub fn spaces(&self, forward: &Share, adjoint: Option<&Share>) -> (Space, Space) {
        let size = forward.size;
        let rank = forward.rank;
        let block = |ty: &ArrayType, there: Option<StoreId>, back: Option<StoreId>| {
            let place = |plan: &Plan, share: &Share, id: StoreId| {
                (plan.store(id).tiles.clone(), share.held[id.0].clone())
            };
            let there = there.map(|id| place(&self.forward, forward, id));
            let back = self.adjoint.as_ref().zip(adjoint).zip(back);
            let back = back.map(|((plan, share), id)| place(plan, share, id));
            let all: Vec<(Tiles, IndexBox)> = there.into_iter().chain(back).collect();
            let tiles = all.first().map(|(tiles, _)| tiles.clone());
            let tiles = tiles.unwrap_or_else(|| Tiles::new(ty, &Cut::free(ty), None));
            let own = tiles.grid.owned_box(rank, size);
            let held = all.iter().fold(own, |held, (_, other)| held.hull(other));
            Block { ty: ty.clone(), tiles, held }
        };
        let (program, plan) = (&self.forward.program, &self.forward);
        let adjoint = self.adjoint.as_ref();
        let model = program.inputs.iter().enumerate();
        let back = |k: usize| adjoint.and_then(|back| back.output(k));
        let model = model.map(|(k, ty)| block(ty, plan.input(k), back(k))).collect();
        let types = program.output_types();
        let data = types.iter().enumerate();
        let back = |k: usize| adjoint.and_then(|back| back.input(k));
        let data = data.map(|(k, ty)| block(ty, plan.output(k), back(k))).collect();
        (Space { blocks: model }, Space { blocks: data })
    }

    /// Bytes of constants that can be mapped from their files.
    pub fn mappable_bytes(&self) -> usize {
        let mapped = self.constants().into_iter().filter(|a| a.is_mappable());
        mapped.map(|a| a.ty().bytes()).sum()
    }

    /// Bytes of all constants, each counted once, and of memory that they are read from.
    pub fn constant_bytes(&self) -> usize {
        self.constants().iter().map(|a| a.ty().bytes() + a.held_bytes()).sum()
    }

    /// Most bytes that computing a constant on `threads` threads takes.
    pub fn computing_bytes(&self, threads: usize) -> usize {
        self.constants().iter().map(|a| a.working_bytes(threads)).max().unwrap_or(0)
    }

    fn constants(&self) -> Vec<&Array> {
        let (mut seen, mut numbers) = (Vec::new(), HashSet::new());
        for plan in [Some(&self.forward), self.adjoint.as_ref()].into_iter().flatten() {
            for store in &plan.stores {
                if let StoreKind::Constant(array) = &store.kind
                    && numbers.insert(array.id())
                {
                    seen.push(array);
                }
            }
        }
        seen
    }

    /// Bytes of stores between stages and of those derived from constants, in both programs.
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
