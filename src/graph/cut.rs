//! How an output may be cut.

use crate::graph::Applied;
use crate::space::ArrayType;

/// How a node's output may be cut, and what an element of it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// For each axis, the length that chunk lengths must be a multiple of; `None`: stays whole.
    pub align: Vec<Option<usize>>,
    /// Bytes that are touched to compute one element.
    pub bytes: f64,
    /// An axis along which alone processes should share the array, in runs of a multiple of so many
    /// elements.
    pub own: Option<(usize, usize)>,
}

impl Cut {
    /// Anywhere, at the cost of one element.
    pub fn free(ty: &ArrayType) -> Cut {
        Cut { align: vec![Some(1); ty.dims.len()], bytes: ty.dtype.size() as f64, own: None }
    }

    /// Everywhere but along an axis, which is computed as a whole; an element costs one of the input.
    pub(super) fn tied(at: Applied<'_>, axis: usize) -> Cut {
        let mut cut = Cut::free(at.ty());
        cut.align[axis] = None;
        cut.bytes = cut.bytes.max(at.input(0).dtype.size() as f64);
        cut
    }

    /// Both requirements at once.
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

    /// Whether any axis is tied.
    pub fn is_free(&self) -> bool {
        self.align.iter().all(|a| *a == Some(1))
    }

    /// Anywhere on the result of a node that pulls this input, at the input's cost if it is higher.
    pub(super) fn cost(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        cut.bytes = cut.bytes.max(self.bytes);
        cut
    }

    /// The same requirement on the result of a node that pulls this input, axis by axis; an axis of another
    /// length keeps no alignment but to stay whole. All stay whole if there are not as many.
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

    /// The same for a node that shifts samples: no axis keeps an alignment but to stay whole.
    pub(super) fn shifted(&self, at: Applied<'_>) -> Cut {
        let align = match self.align.len() == at.dims().len() {
            true => self.align.iter().map(|align| align.filter(|&align| align == 1)).collect(),
            false => vec![None; at.dims().len()],
        };
        Cut { align, bytes: self.bytes.max(at.ty().dtype.size() as f64), own: None }
    }
}
