//! How a primitive computes a box from boxes of its inputs.

use crate::graph::{Applied, Done, Failure, NodeId};
use crate::kernels::{Scratch, has_rows, pointwise};
use crate::space::IndexBox;
use crate::view::{View, ViewMut};

/// Result of pulling a box.
pub type Pulled<'a> = Result<Tile<'a>, Failure>;

/// A box to read.
#[derive(Debug)]
pub enum Tile<'a> {
    /// A view of an array that is kept.
    Seen(View<'a>),
    /// Computed into scratch memory.
    Made(Scratch),
}

impl Tile<'_> {
    /// The elements of the box.
    pub fn view(&self) -> View<'_> {
        match self {
            Tile::Seen(view) => view.reborrow(),
            Tile::Made(scratch) => scratch.view(),
        }
    }
}

/// Provides boxes of nodes to a primitive.
pub trait Source {
    /// Returns a box of a node as a view, if the node is stored or is a view of a stored one.
    fn look(&self, id: NodeId, b: &IndexBox) -> Option<View<'_>>;

    /// Writes a nonempty box of a node into `out`, which has the dims of the box.
    fn fill(&self, id: NodeId, b: &IndexBox, out: ViewMut<'_>) -> Done;

    /// Whether a node's array is kept, not computed on the fly.
    fn keeps(&self, id: NodeId) -> bool;
}

/// The box of a primitive's result to compute.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The primitive, at its node.
    pub at: Applied<'a>,
    /// The box, never empty.
    pub b: &'a IndexBox,
    /// Where the inputs come from.
    pub from: &'a dyn Source,
}

impl<'a> Job<'a> {
    /// The bounding box of what the job needs of an input.
    pub fn need(&self, i: usize) -> IndexBox {
        self.at.need(i, self.b)
    }

    /// Returns a box of an input as a view, if the input is kept.
    pub fn look(&self, i: usize, b: &IndexBox) -> Option<View<'a>> {
        self.from.look(self.at.node.inputs[i], b)
    }

    /// Writes a nonempty box of an input into `out`.
    pub fn fill(&self, i: usize, b: &IndexBox, out: ViewMut<'_>) -> Done {
        self.from.fill(self.at.node.inputs[i], b, out)
    }

    /// Returns a box of an input, from memory or computed.
    pub fn pull(&self, i: usize, b: &IndexBox) -> Pulled<'a> {
        if let Some(view) = self.look(i, b) {
            return Ok(Tile::Seen(view));
        }
        let mut scratch = Scratch::dirty(self.at.input(i).dtype, b.dims());
        self.fill(i, b, scratch.view_mut())?;
        Ok(Tile::Made(scratch))
    }

    /// Like [`Job::pull`], with rows that are contiguous in memory.
    pub fn pull_rows(&self, i: usize, b: &IndexBox) -> Pulled<'a> {
        match self.pull(i, b)? {
            Tile::Seen(view) if !has_rows(&view) => {
                let mut scratch = Scratch::dirty(view.dtype(), view.dims());
                pointwise::copy(scratch.view_mut(), view);
                Ok(Tile::Made(scratch))
            }
            tile => Ok(tile),
        }
    }

    /// Pulls what the job needs of every input, with contiguous rows.
    pub fn pull_all_rows(&self) -> Result<Vec<Tile<'a>>, Failure> {
        let inputs = 0..self.at.node.inputs.len();
        inputs.map(|i| self.pull_rows(i, &self.need(i))).collect()
    }

    /// Pulls box `hull` of an input, but fills only those boxes in it that are needed.
    pub fn pull_needs(&self, i: usize, hull: &IndexBox) -> Pulled<'a> {
        if let Some(view) = self.look(i, hull) {
            return Ok(Tile::Seen(view));
        }
        let mut scratch = Scratch::dirty(self.at.input(i).dtype, hull.dims());
        let mut done = Ok(());
        self.at.needs(i, self.b, &mut |part| {
            if done.is_ok() {
                done = self.fill(i, &part, scratch.view_mut().boxed(&part.relative_to(hull)));
            }
        });
        done.map(|()| Tile::Made(scratch))
    }
}
