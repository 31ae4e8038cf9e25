//! Sums that are added in parts, so that each process needs only its own part of the terms.
//!
//! A transposed product or a migration sums over all rows or sources, which processes share. Its
//! sum over one part of them needs that part's rows alone; the sums of all parts are then added. In
//! a program that is planned, such a node has one more row a part: `(parts, ..)` where the whole
//! sum has one.

use std::ops::Range;

use crate::space::ArrayType;

/// Most parts of a product.
const MOST_PARTS: usize = 64;
/// Least rows of a part of a product: a part's sum is written and read again, at the cost of a row each.
const LEAST_ROWS: usize = 250;
/// Least bytes of a kernel that is worth parts.
const LEAST_BYTES: usize = 32 << 20;

/// Equal parts of a range, the last one shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Number of parts.
    pub count: usize,
    /// Elements of each.
    pub each: usize,
}

impl Parts {
    /// About `count` parts of so many elements, if that is more than one.
    pub(super) fn new(total: usize, count: usize) -> Option<Parts> {
        let each = total.div_ceil(count.max(1)).max(1);
        let count = total.div_ceil(each);
        (count > 1).then_some(Parts { count, each })
    }

    /// Parts of the rows that a product with a kernel gives, and that its transpose sums over.
    pub fn of_rows(kernel: &ArrayType) -> Option<Parts> {
        let rows = kernel.dims[1];
        let worth = kernel.dims[0] == 1 && kernel.bytes() >= LEAST_BYTES;
        Parts::new(rows, if worth { (rows / LEAST_ROWS).min(MOST_PARTS) } else { 1 })
    }

    /// The elements of some parts, of so many in all.
    pub fn range(&self, some: &Range<usize>, total: usize) -> Range<usize> {
        (some.start * self.each).min(total)..(some.end * self.each).min(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::DType;

    #[test]
    fn parts_cover_all_rows_once() {
        for rows in [500, 8000, 8001, 16383, 65536] {
            let kernel = ArrayType::new([1, rows, 70000], DType::Float64);
            let parts = Parts::of_rows(&kernel).unwrap();
            let ends: Vec<_> = (0..parts.count).map(|k| parts.range(&(k..k + 1), rows)).collect();
            assert!(ends.windows(2).all(|w| w[0].end == w[1].start && !w[1].is_empty()), "{rows}");
            assert_eq!((ends[0].start, ends[parts.count - 1].end), (0, rows));
            // The count alone gives the same parts again.
            assert_eq!(Parts::new(rows, parts.count), Some(parts));
        }
        assert_eq!(Parts::of_rows(&ArrayType::new([1, 500, 500], DType::Float64)), None);
        assert_eq!(Parts::of_rows(&ArrayType::new([2, 5000, 5000], DType::Float64)), None);
    }
}
