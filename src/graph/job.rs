//! How a primitive computes a box: from boxes of its inputs, wherever they come from.

use crate::graph::{Applied, Done, Failure, NodeId};
use crate::kernels::{Scratch, has_rows, pointwise};
use crate::space::IndexBox;
use crate::view::{View, ViewMut};

/// What comes of pulling a box.
pub type Pulled<'a> = Result<Tile<'a>, Failure>;

/// A box to read: of an array that is kept, or computed into scratch.
#[derive(Debug)]
pub enum Tile<'a> {
    /// Kept.
    Seen(View<'a>),
    /// Computed.
    Made(Scratch),
}

impl Tile<'_> {
    /// Its elements.
    pub fn view(&self) -> View<'_> {
        match self {
            Tile::Seen(view) => view.reborrow(),
            Tile::Made(scratch) => scratch.view(),
        }
    }
}

/// Gives boxes of nodes.
pub trait Source {
    /// A box of a node as a view of a store, if the node is stored or a view of a stored one.
    fn look(&self, id: NodeId, b: &IndexBox) -> Option<View<'_>>;

    /// Writes a box of a node, which must not be empty, into a view of its dims.
    fn fill(&self, id: NodeId, b: &IndexBox, out: ViewMut<'_>) -> Done;

    /// Whether the array of a node is kept, not computed on the fly.
    fn keeps(&self, id: NodeId) -> bool;
}

/// The box of a primitive's result to compute.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The primitive where it is applied.
    pub at: Applied<'a>,
    /// The box, which is not empty.
    pub b: &'a IndexBox,
    /// Where the inputs come from.
    pub from: &'a dyn Source,
}

impl<'a> Job<'a> {
    /// The bounding box of what is needed of an input.
    pub fn need(&self, i: usize) -> IndexBox {
        self.at.need(i, self.b)
    }

    /// A box of an input as a view, if it is kept.
    pub fn look(&self, i: usize, b: &IndexBox) -> Option<View<'a>> {
        self.from.look(self.at.node.inputs[i], b)
    }

    /// Writes a box of an input, which must not be empty, into a view.
    pub fn fill(&self, i: usize, b: &IndexBox, out: ViewMut<'_>) -> Done {
        self.from.fill(self.at.node.inputs[i], b, out)
    }

    /// A box of an input, to read.
    pub fn pull(&self, i: usize, b: &IndexBox) -> Pulled<'a> {
        if let Some(view) = self.look(i, b) {
            return Ok(Tile::Seen(view));
        }
        let mut scratch = Scratch::dirty(self.at.input(i).dtype, b.dims());
        self.fill(i, b, scratch.view_mut())?;
        Ok(Tile::Made(scratch))
    }

    /// The same, with consecutive rows.
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

    /// What is needed of every input, with consecutive rows.
    pub fn pull_all_rows(&self) -> Result<Vec<Tile<'a>>, Failure> {
        let inputs = 0..self.at.node.inputs.len();
        inputs.map(|i| self.pull_rows(i, &self.need(i))).collect()
    }

    /// A box of an input, in which only the boxes that are needed hold its elements.
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
