//! Computes a box of a node from the stores below it: the recursion of a fused stage.
//!
//! A box that lies in a store, maybe behind slices, permutations and reshapes, is a view of it; the
//! node's primitive computes any other box.

use crate::engine::Store;
use crate::engine::compiled::Table;
use crate::graph::{Done, Job, Movement, NodeId, Source};
use crate::kernels::pointwise;
use crate::plan::{Plan, StoreId};
use crate::space::IndexBox;
use crate::view::{View, ViewMut};

/// Reads the stores of one process while one stage runs.
pub(super) struct Evaluator<'a> {
    pub(super) plan: &'a Plan,
    /// By store, where this stage reads it.
    pub(super) table: &'a Table<'a>,
    /// Pieces to read instead of a store, if its boxes arrived in several messages.
    pub(super) pieces: &'a [HeldBox<'a>],
}

/// A box of a store that lies in memory by itself during a stage.
pub(super) struct HeldBox<'a> {
    pub(super) store: StoreId,
    /// The indices of the box.
    pub(super) part: IndexBox,
    /// Its elements.
    pub(super) view: View<'a>,
}

impl<'a> Evaluator<'a> {
    /// The pieces that hold a node, if it arrived in pieces.
    fn pieces(&self, id: NodeId) -> impl Iterator<Item = &'a HeldBox<'a>> + use<'a> {
        let store = self.plan.store_of[id.0];
        self.pieces.iter().filter(move |piece| Some(piece.store) == store)
    }

    /// The store of a node that is kept in one piece.
    fn whole(&self, id: NodeId) -> Option<&Store> {
        let store = self.plan.store_of[id.0].filter(|_| self.pieces(id).next().is_none())?;
        self.table[store.0].as_deref()
    }

    /// Computes a box of a node from its inputs.
    pub(super) fn compute(&self, id: NodeId, b: &IndexBox, out: ViewMut<'_>) -> Done {
        let job = Job { at: self.plan.program.graph.applied(id), b, from: self };
        job.at.node.primitive.definition().compute(&job, out)
    }
}

impl Source for Evaluator<'_> {
    fn look(&self, id: NodeId, b: &IndexBox) -> Option<View<'_>> {
        if let Some(store) = self.whole(id) {
            return store.held().contains(b).then(|| store.view(b));
        }
        if self.keeps(id) {
            let piece = self.pieces(id).find(|piece| piece.part.contains(b))?;
            return Some(piece.view.reborrow().boxed(&b.relative_to(&piece.part)));
        }
        let at = self.plan.program.graph.applied(id);
        let movement = at.node.primitive.definition().movement()?;
        let input = at.node.inputs[0];
        if let Movement::Reshaped = movement {
            return self.whole(input)?.view_reshaped(at.dims(), b);
        }
        let view = self.look(input, &at.need(0, b))?;
        Some(match movement {
            Movement::Permuted(axes) => view.permuted(axes),
            Movement::Flipped(axis) => view.flipped(axis),
            Movement::Stepped(steps) => {
                let steps = steps.iter().enumerate().filter(|(_, s)| s.step > 1);
                steps.fold(view, |view, (axis, s)| view.stepped(axis, s.step))
            }
            Movement::Reshaped => view,
        })
    }

    fn fill(&self, id: NodeId, b: &IndexBox, mut out: ViewMut<'_>) -> Done {
        if let Some(view) = self.look(id, b) {
            pointwise::copy(out, view);
        } else if let Some(store) = self.whole(id) {
            pointwise::copy(out, store.view(b));
        } else if self.keeps(id) {
            for piece in self.pieces(id) {
                let part = piece.part.intersect(b);
                if !part.is_empty() {
                    let from = piece.view.reborrow().boxed(&part.relative_to(&piece.part));
                    pointwise::copy(out.reborrow().boxed(&part.relative_to(b)), from);
                }
            }
        } else {
            self.compute(id, b, out)?;
        }
        Ok(())
    }

    fn keeps(&self, id: NodeId) -> bool {
        self.plan.store_of[id.0].is_some()
    }
}
