//! What a primitive declares: everything that the passes over a program ask it. Each primitive has
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

/// What every primitive declares. A method has no default if no answer is safe for all.
pub trait Definition {
    /// A short name, as drawings and plans show it.
    fn label(&self) -> String;

    /// Hashes what distinguishes it from most others of its kind; nothing by default.
    fn mark(&self, _: &mut dyn Hasher) {}

    /// Properties that are the same wherever it is applied.
    fn facts(&self) -> Facts;

    /// Calls `f` with the boxes of input number `i` that a box of the result is computed from.
    /// `out` is not empty; boxes of the input may be.
    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>);

    /// The inputs that a box of the result may depend on; all by default.
    fn reached(&self, at: Applied<'_>, _: &IndexBox) -> Range<usize> {
        0..at.node.inputs.len()
    }

    /// How the result may be cut and what an element costs; by default anywhere, the cost to write.
    fn cut(&self, at: Applied<'_>) -> Cut {
        Cut::free(at.ty())
    }

    /// Turns a constraint on an input into one on the result; by default [`Cut::along`].
    fn through(&self, at: Applied<'_>, input: &ArrayType, cut: &Cut) -> Cut {
        cut.along(at, input)
    }

    /// Chunk lengths requested on constant inputs; none by default.
    fn asked(&self, _: Applied<'_>) -> Option<Vec<usize>> {
        None
    }

    /// How it rearranges its only input; `None`, the default, if it computes elements.
    fn movement(&self) -> Option<Movement<'_>> {
        None
    }

    /// The parts in which to add its sum, and the dims of one part's sum; by default not in parts.
    fn parts_wanted(&self, _: Applied<'_>) -> Option<(Parts, Vec<usize>)> {
        None
    }

    /// The parts of its sum in a planned program; by default it is not in parts.
    fn parts(&self, _: Applied<'_>) -> Option<Parts> {
        None
    }

    /// Floating-point operations to compute the whole result.
    fn flops(&self, at: Applied<'_>) -> f64;

    /// Coefficients that a narrow element type might not hold; none by default. Arrays are checked
    /// when they are read.
    fn coefficients(&self) -> Vec<C128> {
        Vec::new()
    }

    /// The transpose with respect to one of the inputs that carry the unknown.
    fn transpose(&self, back: &Back<'_>) -> Result<Value>;

    /// How to conjugate its coefficients.
    fn conjugate(&self) -> Conjugate;

    /// How to apply it to many items at once, along a new leading axis.
    fn batched(&self) -> Batched;

    /// Computes a box of the result.
    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done;

    /// Computes the whole result from the definition, with naive loops.
    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole;

    /// Small programs that use it, for tests that walk over all primitives.
    #[cfg(test)]
    fn examples() -> Vec<Example>
    where
        Self: Sized;
}

/// A callback that receives boxes one by one.
pub type Visit<'a> = &'a mut dyn FnMut(IndexBox);

/// Result of computing a box.
pub type Done = std::result::Result<(), Failure>;

/// Why a box could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] crate::io::Error),
    /// Any other reason, in words.
    #[error("{0}")]
    Said(String),
}

/// A primitive as a node of a graph applies it.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// The graph that holds the node.
    pub graph: &'a Graph,
    /// The node that applies the primitive.
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

    /// Number of elements of the result.
    pub fn elements(self) -> f64 {
        self.node.ty.len() as f64
    }

    /// Real numbers per element of the result: 1 or 2.
    pub fn reals(self) -> f64 {
        if self.node.ty.dtype.is_complex() { 2.0 } else { 1.0 }
    }

    fn definition(self) -> &'a dyn Definition {
        self.node.primitive.definition()
    }

    /// Calls `f` with every nonempty box of input number `i` that a box of the result is computed
    /// from.
    pub fn needs(self, i: usize, out: &IndexBox, f: Visit<'_>) {
        if !out.is_empty() {
            self.definition().needs(self, i, out, &mut |b| {
                if !b.is_empty() {
                    f(b);
                }
            });
        }
    }

    /// The box around all that is needed of an input; empty if nothing is.
    pub fn need(self, i: usize, out: &IndexBox) -> IndexBox {
        let mut hull: Option<IndexBox> = None;
        self.needs(i, out, &mut |b| {
            hull = Some(hull.take().map_or_else(|| b.clone(), |hull| hull.hull(&b)));
        });
        hull.unwrap_or_else(|| IndexBox::empty(self.input(i).dims.len()))
    }

    /// The inputs that a box of the result may depend on.
    pub fn reached(self, out: &IndexBox) -> Range<usize> {
        self.definition().reached(self, out)
    }

    /// How the result may be cut.
    pub fn cut(self) -> Cut {
        self.definition().cut(self)
    }

    /// Turns a constraint on an input of type `input` into one on the result.
    pub fn through(self, input: &ArrayType, cut: &Cut) -> Cut {
        self.definition().through(self, input, cut)
    }

    /// Chunk lengths that the user asked for, of the node or of its constants.
    pub fn asked(self) -> Option<Vec<usize>> {
        self.node.chunks.clone().or_else(|| self.definition().asked(self))
    }

    /// The parts of its sum in a planned program.
    pub fn parts(self) -> Option<Parts> {
        self.definition().parts(self)
    }

    /// The parts in which to add its sum, and the dims of one part's sum.
    pub fn parts_wanted(self) -> Option<(Parts, Vec<usize>)> {
        self.definition().parts_wanted(self)
    }

    /// Floating-point operations to compute the result.
    pub fn flops(self) -> f64 {
        self.definition().flops(self)
    }
}

/// Properties that do not depend on dims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Which inputs carry the unknown.
    pub linear: Linear,
    /// How often inputs are read.
    pub pulls: Pulls,
    /// What happens to lines of samples.
    pub order: Order,
}

/// Which inputs carry the unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linear {
    /// All inputs.
    All,
    /// The first input; the others are constant factors.
    First,
}

/// How often inputs are read while all chunks of the result are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulls {
    /// About once, so an input can be computed on the fly.
    Once,
    /// Repeatedly, so an input is better kept.
    Again,
}

/// What a primitive does to lines of samples; tells lists from lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Every sample stays in its place.
    Kept,
    /// Every sample is repeated along further axes.
    Repeated,
    /// Pieces are cut out of lines.
    Piece,
    /// Samples of a line interact, or its ends are special: the axis matters.
    Matters,
    /// Samples are picked, summed or joined: the line is no longer the same.
    Lost,
}

/// A rearrangement of an input's elements.
#[derive(Clone, Copy, Debug)]
pub enum Movement<'a> {
    /// Axis `k` is axis `axes[k]` of the input.
    Permuted(&'a [usize]),
    /// The axis is reversed.
    Flipped(usize),
    /// Only every `step`-th element of each axis remains.
    Stepped(&'a [AxisStep]),
    /// The elements keep their order in memory and get other dims.
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

/// At most 16 of the indices, evenly spaced.
pub(super) fn some(indices: &[usize]) -> Vec<usize> {
    indices.iter().copied().step_by(indices.len().div_ceil(16).max(1)).collect()
}

/// How to conjugate a primitive's coefficients.
#[derive(Clone, Debug, PartialEq)]
pub enum Conjugate {
    /// Keep the primitive: its coefficients are real.
    Itself,
    /// Replace it by this primitive.
    Other(Primitive),
    /// Keep it, and conjugate its first input and its result.
    Around,
}

/// How to apply a primitive to many items at once, along a new leading axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Batched {
    /// It has no inputs.
    Leaf,
    /// Apply this primitive to the inputs of all items.
    Moved(Primitive),
    /// Apply it unchanged, with one factor per item or one that broadcasts over items.
    Factor,
    /// Apply this primitive, with the same factors for all items.
    OneFactor(Primitive),
    /// A product with a kernel: items become columns, rows or batches.
    Product,
    /// It cannot be applied to many items at once.
    Never,
}

/// The steps behind a new leading axis that is kept whole.
pub(super) fn behind(steps: &[AxisStep]) -> Arc<[AxisStep]> {
    [&[AxisStep { start: 0, step: 1 }], steps].concat().into()
}

/// A primitive to transpose with respect to one of its inputs.
#[derive(Debug)]
pub struct Back<'a> {
    /// The primitive to transpose, in its program.
    pub at: Applied<'a>,
    /// Which input.
    pub i: usize,
    /// The cotangent of the result.
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

    /// Applies a primitive to the cotangent.
    pub fn alone(&self, primitive: impl Into<Primitive>) -> Result<Value> {
        Ok(self.y.node(primitive, std::slice::from_ref(self.y), self.input_type()))
    }

    /// Applies a primitive to the cotangent and the constant inputs.
    pub fn with_factors(&self, primitive: impl Into<Primitive>) -> Result<Value> {
        let inputs: Vec<Value> = std::iter::once(self.y).chain(self.factors).cloned().collect();
        Ok(self.y.node(primitive, &inputs, self.input_type()))
    }
}
