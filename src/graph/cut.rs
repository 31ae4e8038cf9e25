//! Constraints on how an output may be cut.

use crate::graph::Applied;
use crate::space::ArrayType;

/// How a node's output may be cut, and what computing an element costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// For each axis, the number that divides chunk lengths; `None` if it must stay whole.
    pub align: Vec<Option<usize>>,
    /// Bytes touched to compute one element.
    pub bytes: f64,
    /// The only axis along which processes should divide the array, and the number of elements that
    /// their parts should be a multiple of.
    pub own: Option<(usize, usize)>,
}

impl Cut {
    /// No constraint, at the cost of one element.
    pub fn free(ty: &ArrayType) -> Cut {
        Cut { align: vec![Some(1); ty.dims.len()], bytes: ty.dtype.size() as f64, own: None }
    }

    /// `axis` stays whole, others are free; an element costs at least one of the input.
    pub(super) fn tied(at: Applied<'_>, axis: usize) -> Cut {
        let mut cut = Cut::free(at.ty());
        cut.align[axis] = None;
        cut.bytes = cut.bytes.max(at.input(0).dtype.size() as f64);
        cut
    }

    /// The cut that satisfies both.
    pub fn and(&self, other: &Cut) -> Cut {
        let align = self
            .align
            .iter()
            .zip(&other.align)
            .map(|(a, b)| match (a, b) {
                (Some(1), x) | (x, Some(1)) => *x,
                (Some(a), Some(b)) if a == b => Some(*a),
                _ => None,
            })
            .collect();
        Cut { align, bytes: self.bytes.max(other.bytes), own: self.own.or(other.own) }
    }

    /// Whether no axis is constrained.
    pub fn is_free(&self) -> bool {
        self.align.iter().all(|a| *a == Some(1))
    }

    /// No constraint on the result of a node that pulls this input, at the higher of their costs.
    pub(super) fn cost(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        cut.bytes = cut.bytes.max(self.bytes);
        cut
    }

    /// The same constraint on the result of a node that pulls this input, axis by axis. An aligned
    /// axis whose length changes stays whole; if the number of axes changes, all do.
    pub(super) fn along(&self, at: Applied<'_>, input: &ArrayType) -> Cut {
        let mut cut = self.shifted(at);
        if self.align.len() == at.dims().len() {
            let axes = self.align.iter().zip(input.dims.iter().zip(at.dims()));
            for (axis, (align, (n, m))) in axes.enumerate() {
                cut.align[axis] = align.filter(|&align| align == 1 || n == m);
            }
            cut.own = self.own.filter(|_| input.dims == at.dims());
        }
        cut
    }

    /// The same for a node that shifts samples: aligned axes stay whole.
    pub(super) fn shifted(&self, at: Applied<'_>) -> Cut {
        let align = match self.align.len() == at.dims().len() {
            true => self.align.iter().map(|align| align.filter(|&align| align == 1)).collect(),
            false => vec![None; at.dims().len()],
        };
        Cut { align, bytes: self.bytes.max(at.ty().dtype.size() as f64), own: None }
    }
}
