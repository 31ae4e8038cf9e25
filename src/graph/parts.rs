//! Sums that are added in parts, so that each process needs only its own part of the terms.
//!
//! A transposed product or a migration sums over all rows or sources, which processes share. The
//! sum over one part of them needs that part's rows alone; a second step adds the sums of all
//! parts. In a planned program, such a node has a leading axis with one row per part: `(parts, ..)`
//! where the whole sum has one.

use std::ops::Range;

use crate::space::ArrayType;

/// Most parts of a product.
const MOST_PARTS: usize = 64;
/// Fewest rows in a part of a product: writing and reading a part's sum costs a row each.
const LEAST_ROWS: usize = 250;
/// Fewest bytes of a kernel that is worth splitting.
const LEAST_BYTES: usize = 32 << 20;

/// A range split into equal parts; the last one may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Number of parts.
    pub count: usize,
    /// Elements in each part.
    pub each: usize,
}

impl Parts {
    /// Splits `total` elements into about `count` parts; `None` if there would be only one.
    pub(super) fn new(total: usize, count: usize) -> Option<Parts> {
        let each = total.div_ceil(count.max(1)).max(1);
        let count = total.div_ceil(each);
        (count > 1).then_some(Parts { count, each })
    }

    /// Splits the rows of a kernel, over which its transposed product sums.
    pub fn of_rows(kernel: &ArrayType) -> Option<Parts> {
        let rows = kernel.dims[1];
        let worth = kernel.dims[0] == 1 && kernel.bytes() >= LEAST_BYTES;
        Parts::new(rows, if worth { (rows / LEAST_ROWS).min(MOST_PARTS) } else { 1 })
    }

    /// The elements in a range of parts, of `total` elements in all.
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
            // The count alone reproduces the parts.
            assert_eq!(Parts::new(rows, parts.count), Some(parts));
        }
        assert_eq!(Parts::of_rows(&ArrayType::new([1, 500, 500], DType::Float64)), None);
        assert_eq!(Parts::of_rows(&ArrayType::new([2, 5000, 5000], DType::Float64)), None);
    }
}
