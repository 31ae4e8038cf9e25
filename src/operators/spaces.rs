//! Whether models or data of operators stand for each other.

use crate::operators::{Operator, program};
use crate::space::Side;

/// The model or the data of an operator.
#[derive(Clone, Copy, Debug)]
pub struct Space<'a> {
    /// Whose.
    pub op: &'a dyn Operator,
    /// Which.
    pub side: Side,
    /// Its dims.
    pub dims: &'a [usize],
}

impl Space<'_> {
    /// Whether an array of these dims stands for this: of the same dims, flat, or of any dims with as
    /// many samples where this is a list.
    pub fn takes(&self, found: &[usize]) -> bool {
        let number = |dims: &[usize]| dims.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
        same_axes(found, self.dims)
            || (number(found) == number(self.dims) && (found.len() == 1 || self.is_list()))
    }

    /// Whether it is a flat list of samples, which stands for any dims of as many: nothing works
    /// along it, as a derivative or a filter of one axis would.
    pub fn is_list(&self) -> bool {
        self.dims.iter().filter(|&&n| n != 1).count() <= 1
            && program(self.op).is_ok_and(|program| match self.side {
                Side::Model => program.input_is_list(),
                Side::Data => program.output_is_list(),
            })
    }
}

/// Whether dims are the same but for axes of length 1.
pub fn same_axes(a: &[usize], b: &[usize]) -> bool {
    a == b || a.iter().filter(|&&n| n != 1).eq(b.iter().filter(|&&n| n != 1))
}

/// The first space that does not stand for the ones before it, after the one that it differs from.
pub fn disagreement(spaces: &[Space<'_>]) -> Option<(usize, usize)> {
    let elements = |k: usize| spaces[k].dims.iter().product::<usize>();
    // The first of those dims that are agreed on.
    let mut agreed = 0;
    for k in 1..spaces.len() {
        if same_axes(spaces[agreed].dims, spaces[k].dims) {
            continue;
        }
        if elements(agreed) != elements(k) {
            return Some((agreed, k));
        }
        if spaces[k].is_list() {
            continue;
        }
        // Whatever has other dims must be a list.
        let other = |j: &usize| !same_axes(spaces[*j].dims, spaces[k].dims);
        if let Some(j) = (agreed..k).filter(other).find(|&j| !spaces[j].is_list()) {
            return Some((j, k));
        }
        agreed = k;
    }
    None
}
