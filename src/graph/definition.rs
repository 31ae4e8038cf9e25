//! What a primitive declares: everything that the passes over a program ask of it. Each stands in
//! its own file in `primitives/`.

use std::hash::Hasher;
use std::ops::Range;
use std::sync::Arc;

use crate::graph::{Cut, Graph, Job, Node, Parts, Primitive, Result, Value};
use crate::scalar::C128;
use crate::space::{ArrayType, IndexBox};
use crate::view::ViewMut;

#[cfg(test)]
use crate::graph::reference::{Example, Whole};

/// What every primitive declares. A method without a default has no answer that is safe for all.
pub trait Definition {
    /// A short name, as drawings and plans show it.
    fn label(&self) -> String;

    /// Hashes what tells it from most others of its kind with the same inputs: nothing.
    fn mark(&self, _: &mut dyn Hasher) {}

    /// What is the same wherever it is applied.
    fn facts(&self) -> Facts;

    /// Calls `f` with the boxes of input number `i` that a box of the result is computed from. The box
    /// is not empty; those of the input may be.
    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>);

    /// Inputs outside this range have nothing for a box of the result: all may have something.
    fn reached(&self, at: Applied<'_>, _: &IndexBox) -> Range<usize> {
        0..at.node.inputs.len()
    }

    /// How the result may be cut, and what an element costs: anywhere, at the cost of writing it.
    fn cut(&self, at: Applied<'_>) -> Cut {
        Cut::free(at.ty())
    }

    /// A requirement on an input as one on the result: axis by axis, see [`Cut::along`].
    fn through(&self, at: Applied<'_>, input: &ArrayType, cut: &Cut) -> Cut {
        cut.along(at, input)
    }

    /// Chunk lengths that constant inputs ask for: none.
    fn asked(&self, _: Applied<'_>) -> Option<Vec<usize>> {
        None
    }

    /// If the result is the elements of the only input in other places, which: they have to be computed.
    fn movement(&self) -> Option<Movement<'_>> {
        None
    }

    /// The parts in which a sum should be added, and the dims of one part's sum: in one piece.
    fn parts_wanted(&self, _: Applied<'_>) -> Option<(Parts, Vec<usize>)> {
        None
    }

    /// The parts that it has in a program that is planned: it is in one piece.
    fn parts(&self, _: Applied<'_>) -> Option<Parts> {
        None
    }

    /// Floating-point operations of the whole result.
    fn flops(&self, at: Applied<'_>) -> f64;

    /// Its own coefficients as far as a narrow element type might not hold them: none. Arrays are looked
    /// at when they are read.
    fn coefficients(&self) -> Vec<C128> {
        Vec::new()
    }

    /// The transpose with respect to one of the inputs that carry the unknown.
    fn transpose(&self, back: &Back<'_>) -> Result<Value>;

    /// Where the conjugate coefficients are.
    fn conjugate(&self) -> Conjugate;

    /// What it is on many items at once, along a new leading axis.
    fn batched(&self) -> Batched;

    /// Computes a box of the result.
    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done;

    /// The whole result by the definition, with naive loops.
    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole;

    /// Small programs with it in them, for the tests that walk over all primitives.
    #[cfg(test)]
    fn examples() -> Vec<Example>
    where
        Self: Sized;
}

/// Gets boxes one by one.
pub type Visit<'a> = &'a mut dyn FnMut(IndexBox);

/// What comes of computing a box.
pub type Done = std::result::Result<(), Failure>;

/// Why a box could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] crate::io::Error),
    /// What else there is to say.
    #[error("{0}")]
    Said(String),
}

/// A primitive where a program applies it.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// All nodes.
    pub graph: &'a Graph,
    /// The node.
    pub node: &'a Node,
}

impl<'a> Applied<'a> {
    /// Dims and element type of the result.
    pub fn ty(self) -> &'a ArrayType {
        &self.node.ty
    }

    /// Dims of the result.
    pub fn dims(self) -> &'a [usize] {
        &self.node.ty.dims
    }

    /// Dims and element type of an input.
    pub fn input(self, i: usize) -> &'a ArrayType {
        &self.graph.node(self.node.inputs[i]).ty
    }

    /// Elements of the result.
    pub fn elements(self) -> f64 {
        self.node.ty.len() as f64
    }

    /// Reals that an element of the result has: 1 or 2.
    pub fn reals(self) -> f64 {
        if self.node.ty.dtype.is_complex() { 2.0 } else { 1.0 }
    }

    fn definition(self) -> &'a dyn Definition {
        self.node.primitive.definition()
    }

    /// Calls `f` with every box of input number `i` that a box of the result is computed from. None is
    /// empty.
    pub fn needs(self, i: usize, out: &IndexBox, f: Visit<'_>) {
        if !out.is_empty() {
            self.definition().needs(self, i, out, &mut |b| {
                if !b.is_empty() {
                    f(b);
                }
            });
        }
    }

    /// The box around them; empty if there is none.
    pub fn need(self, i: usize, out: &IndexBox) -> IndexBox {
        let mut hull: Option<IndexBox> = None;
        self.needs(i, out, &mut |b| {
            hull = Some(hull.take().map_or_else(|| b.clone(), |hull| hull.hull(&b)));
        });
        hull.unwrap_or_else(|| IndexBox::empty(self.input(i).dims.len()))
    }

    /// Inputs that have something for a box of the result, and maybe others.
    pub fn reached(self, out: &IndexBox) -> Range<usize> {
        self.definition().reached(self, out)
    }

    /// How the result may be cut.
    pub fn cut(self) -> Cut {
        self.definition().cut(self)
    }

    /// A requirement on an input of a type, as one on the result.
    pub fn through(self, input: &ArrayType, cut: &Cut) -> Cut {
        self.definition().through(self, input, cut)
    }

    /// Chunk lengths that the user asked for: its own, or those that its constants ask for.
    pub fn asked(self) -> Option<Vec<usize>> {
        self.node.chunks.clone().or_else(|| self.definition().asked(self))
    }

    /// The parts that the node has in a program that is planned.
    pub fn parts(self) -> Option<Parts> {
        self.definition().parts(self)
    }

    /// The parts in which its sum should be added, and the dims of one part's sum.
    pub fn parts_wanted(self) -> Option<(Parts, Vec<usize>)> {
        self.definition().parts_wanted(self)
    }

    /// Floating-point operations.
    pub fn flops(self) -> f64 {
        self.definition().flops(self)
    }
}

/// What does not depend on dims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Which inputs carry the unknown.
    pub linear: Linear,
    /// How often inputs are read.
    pub pulls: Pulls,
    /// What becomes of lines of samples.
    pub order: Order,
}

/// Which inputs carry the unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linear {
    /// All.
    All,
    /// The first; the others are constant factors.
    First,
}

/// How often inputs are read over all chunks of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulls {
    /// About once, so that an input can be computed on the fly.
    Once,
    /// Again and again, so that it is better kept.
    Again,
}

/// What a primitive does to lines of samples; decides which flat arrays are lists and which are lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Every sample stays in its place.
    Kept,
    /// Every sample is there several times, along further axes.
    Repeated,
    /// Pieces are taken out of lines.
    Piece,
    /// Samples of a line work on each other, or its ends are not as the rest: the axis matters.
    Matters,
    /// Samples are chosen, summed or laid side by side: the line is another one.
    Lost,
}

/// Elements of an input in other places.
#[derive(Clone, Copy, Debug)]
pub enum Movement<'a> {
    /// Axis `k` is axis `axes[k]` of the input.
    Permuted(&'a [usize]),
    /// An axis is backwards.
    Flipped(usize),
    /// Every so many elements of each axis.
    Stepped(&'a [AxisStep]),
    /// The same order in memory, other dims.
    Reshaped,
}

/// Where a slice starts on an axis, and how far it steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AxisStep {
    /// First index.
    pub start: usize,
    /// Distance between neighbours, at least 1.
    pub step: usize,
}

/// The bits of a number; both zeros are equal.
pub(super) fn bits(x: f64) -> u64 {
    (x + 0.0).to_bits()
}

/// Some of many indices.
pub(super) fn some(indices: &[usize]) -> Vec<usize> {
    indices.iter().copied().step_by(indices.len().div_ceil(16).max(1)).collect()
}

/// The primitive with conjugated coefficients.
#[derive(Clone, Debug, PartialEq)]
pub enum Conjugate {
    /// It has real ones.
    Itself,
    /// This one.
    Other(Primitive),
    /// Itself, with its first input and its result conjugated.
    Around,
}

/// A primitive on many items at once, along a new leading axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Batched {
    /// It has no inputs.
    Leaf,
    /// This one, on all inputs of all items.
    Moved(Primitive),
    /// Itself, with a factor for each item or one that broadcasts over them.
    Factor,
    /// This one, with the same factor for all items.
    OneFactor(Primitive),
    /// A product with a kernel: items are further columns, rows or batches.
    Product,
    /// It cannot be applied to many items at once.
    Never,
}

/// Steps behind a new leading axis.
pub(super) fn behind(steps: &[AxisStep]) -> Arc<[AxisStep]> {
    [&[AxisStep { start: 0, step: 1 }], steps].concat().into()
}

/// A primitive to transpose with respect to one of its inputs.
#[derive(Debug)]
pub struct Back<'a> {
    /// The primitive to transpose, in its program.
    pub at: Applied<'a>,
    /// Number of the input.
    pub i: usize,
    /// What comes back from the result.
    pub y: &'a Value,
    /// The constant inputs.
    pub factors: &'a [Value],
}

impl Back<'_> {
    /// Dims and element type of the input.
    pub fn input(&self) -> &ArrayType {
        self.at.input(self.i)
    }

    fn input_type(&self) -> Arc<ArrayType> {
        self.at.graph.node(self.at.node.inputs[self.i]).ty.clone()
    }

    /// A primitive applied to what comes back.
    pub fn alone(&self, primitive: impl Into<Primitive>) -> Result<Value> {
        Ok(self.y.node(primitive, std::slice::from_ref(self.y), self.input_type()))
    }

    /// A primitive applied to what comes back and the constant inputs.
    pub fn with_factors(&self, primitive: impl Into<Primitive>) -> Result<Value> {
        let inputs: Vec<Value> = std::iter::once(self.y).chain(self.factors).cloned().collect();
        Ok(self.y.node(primitive, &inputs, self.input_type()))
    }
}
