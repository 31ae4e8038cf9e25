//! Whether models or data of operators match.

use crate::operators::{Operator, program};
use crate::space::Side;

/// The model or the data of an operator.
#[derive(Clone, Copy, Debug)]
pub struct OperatorSpace<'a> {
    /// The operator.
    pub op: &'a dyn Operator,
    /// Its model or its data.
    pub side: Side,
    /// Dims of that side.
    pub dims: &'a [usize],
}

impl OperatorSpace<'_> {
    /// Whether an array of these dims matches: it has the same dims, is flat, or has any dims with
    /// the same number of samples if this is a list.
    pub fn takes(&self, found: &[usize]) -> bool {
        let number = |dims: &[usize]| dims.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
        same_axes(found, self.dims)
            || (number(found) == number(self.dims) && (found.len() == 1 || self.is_list()))
    }

    /// Whether it is a flat list of samples, which matches any dims with the same number: nothing
    /// works along it, as a one-axis derivative or filter would.
    pub fn is_list(&self) -> bool {
        self.dims.iter().filter(|&&n| n != 1).count() <= 1
            && program(self.op).is_ok_and(|program| match self.side {
                Side::Model => program.input_is_list(),
                Side::Data => program.output_is_list(),
            })
    }
}

/// Whether dims are the same, apart from axes of length 1.
pub fn same_axes(a: &[usize], b: &[usize]) -> bool {
    a == b || a.iter().filter(|&&n| n != 1).eq(b.iter().filter(|&&n| n != 1))
}

/// The first space that does not match the ones before it, preceded by the one it differs from.
pub fn disagreement(spaces: &[OperatorSpace<'_>]) -> Option<(usize, usize)> {
    let elements = |k: usize| spaces[k].dims.iter().product::<usize>();
    // The first space with the dims that are agreed on so far.
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
        // A space with other dims must be a list.
        let other = |j: &usize| !same_axes(spaces[*j].dims, spaces[k].dims);
        if let Some(j) = (agreed..k).filter(other).find(|&j| !spaces[j].is_list()) {
            return Some((j, k));
        }
        agreed = k;
    }
    None
}
