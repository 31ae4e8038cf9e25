//! Dims, boxes and chunk grids: where things are, without any data.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use crate::scalar::DType;

/// The side of an operator that a vector belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The model: the operator's input.
    Model,
    /// The data: the operator's output.
    Data,
}

impl Side {
    /// Its name: `model` or `data`.
    pub fn name(self) -> &'static str {
        match self {
            Side::Model => "model",
            Side::Data => "data",
        }
    }
}

/// Most elements of an array: their bytes fill the address space of today's machines.
pub const MOST_ELEMENTS: usize = 1 << 44;

/// Number of elements of an array; `usize::MAX` if it is no such number.
pub fn elements(dims: impl IntoIterator<Item = usize>) -> usize {
    dims.into_iter().fold(1, usize::saturating_mul)
}

/// Dims and element type of an array.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ArrayType {
    /// Length of each axis, in C order.
    pub dims: Vec<usize>,
    /// Element type, real or complex.
    pub dtype: DType,
}

impl ArrayType {
    /// Creates an array type.
    pub fn new(dims: impl Into<Vec<usize>>, dtype: DType) -> Self {
        ArrayType { dims: dims.into(), dtype }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        elements(self.dims.iter().copied())
    }

    /// Whether the array has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Size of all elements in bytes.
    pub fn bytes(&self) -> usize {
        self.len().saturating_mul(self.dtype.size())
    }
}

impl fmt::Display for ArrayType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", show_dims(&self.dims), self.dtype)
    }
}

/// Dims as users write them: `(3, 4)`, `(5,)`, `()`.
pub fn show_dims(dims: &[usize]) -> String {
    match dims {
        [n] => format!("({n},)"),
        _ => {
            format!("({})", dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
    }
}

/// C-order strides in elements.
pub fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    strides
}

/// A box of array indices: one half-open range per axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct IndexBox(pub Vec<Range<usize>>);

impl IndexBox {
    /// The box that covers a whole array.
    pub fn whole(dims: &[usize]) -> Self {
        IndexBox(dims.iter().map(|&n| 0..n).collect())
    }

    /// An empty box with `ndim` axes.
    pub fn empty(ndim: usize) -> Self {
        IndexBox(vec![0..0; ndim])
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.0.len()
    }

    /// Length of each axis.
    pub fn dims(&self) -> Vec<usize> {
        self.0.iter().map(|r| r.end.saturating_sub(r.start)).collect()
    }

    /// First index on each axis.
    pub fn start(&self) -> Vec<usize> {
        self.0.iter().map(|r| r.start).collect()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        elements(self.0.iter().map(|r| r.end.saturating_sub(r.start)))
    }

    /// Whether the box has no elements.
    pub fn is_empty(&self) -> bool {
        self.0.iter().any(|r| r.end <= r.start)
    }

    /// The elements in both boxes.
    pub fn intersect(&self, other: &IndexBox) -> IndexBox {
        IndexBox(
            self.0
                .iter()
                .zip(&other.0)
                .map(|(a, b)| {
                    let start = a.start.max(b.start);
                    start..a.end.min(b.end).max(start)
                })
                .collect(),
        )
    }

    /// Whether the boxes share an element.
    pub fn meets(&self, other: &IndexBox) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a.start.max(b.start) < a.end.min(b.end))
    }

    /// The smallest box that contains both; an empty box adds nothing.
    pub fn hull(&self, other: &IndexBox) -> IndexBox {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        IndexBox(
            self.0
                .iter()
                .zip(&other.0)
                .map(|(a, b)| a.start.min(b.start)..a.end.max(b.end))
                .collect(),
        )
    }

    /// Whether every element of `other` is in this box.
    pub fn contains(&self, other: &IndexBox) -> bool {
        other.is_empty()
            || self.0.iter().zip(&other.0).all(|(a, b)| a.start <= b.start && b.end <= a.end)
    }

    /// The same box with one axis replaced.
    pub fn with(&self, axis: usize, range: Range<usize>) -> IndexBox {
        let mut ranges = self.0.clone();
        ranges[axis] = range;
        IndexBox(ranges)
    }

    /// This box relative to the corner of `frame`, which must contain it.
    pub fn relative_to(&self, frame: &IndexBox) -> IndexBox {
        IndexBox(
            self.0.iter().zip(&frame.0).map(|(r, f)| r.start - f.start..r.end - f.start).collect(),
        )
    }

    /// The part of this box outside `other`, as at most two boxes per axis.
    pub fn minus(&self, other: &IndexBox) -> Vec<IndexBox> {
        let inner = self.intersect(other);
        if self.is_empty() {
            return Vec::new();
        }
        if inner.is_empty() {
            return vec![self.clone()];
        }
        let mut rest = Vec::new();
        let mut middle = self.clone();
        for axis in 0..self.ndim() {
            let (whole, cut) = (middle.0[axis].clone(), inner.0[axis].clone());
            if whole.start < cut.start {
                rest.push(middle.with(axis, whole.start..cut.start));
            }
            if cut.end < whole.end {
                rest.push(middle.with(axis, cut.end..whole.end));
            }
            middle = middle.with(axis, cut);
        }
        rest
    }
}

impl fmt::Display for IndexBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges: Vec<String> = self.0.iter().map(|r| format!("{}:{}", r.start, r.end)).collect();
        write!(f, "[{}]", ranges.join(", "))
    }
}

/// Boxes that do not overlap, so each may be written by a different thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disjoint(Vec<IndexBox>);

impl Disjoint {
    /// Wraps the boxes. Panics if two of them overlap.
    #[track_caller]
    pub fn new(boxes: Vec<IndexBox>) -> Disjoint {
        if boxes.len() > 1 {
            let mut some: Vec<&IndexBox> = boxes.iter().filter(|b| !b.is_empty()).collect();
            assert!(are_apart(&mut some), "no two boxes share an element");
        }
        Disjoint(boxes)
    }
}

impl std::ops::Deref for Disjoint {
    type Target = [IndexBox];

    fn deref(&self) -> &[IndexBox] {
        &self.0
    }
}

/// Whether no two of some nonempty boxes overlap. Splits them into groups along the first axis
/// where a cut crosses no box, then looks at each group in the same way; compares boxes pair by
/// pair where no cut exists.
fn are_apart(boxes: &mut [&IndexBox]) -> bool {
    if boxes.len() < 2 {
        return true;
    }
    for axis in 0..boxes[0].ndim() {
        boxes.sort_by_key(|b| b.0[axis].start);
        let (mut cuts, mut end) = (vec![0], boxes[0].0[axis].end);
        for (k, b) in boxes.iter().enumerate().skip(1) {
            if b.0[axis].start >= end {
                cuts.push(k);
            }
            end = end.max(b.0[axis].end);
        }
        if cuts.len() > 1 {
            cuts.push(boxes.len());
            return cuts.windows(2).all(|cut| are_apart(&mut boxes[cut[0]..cut[1]]));
        }
    }
    (1..boxes.len()).all(|k| boxes[..k].iter().all(|b| !b.meets(boxes[k])))
}

/// A regular grid of chunks: the unit of arithmetic, of reduction and of ownership.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Grid {
    /// Dims of the array.
    pub dims: Vec<usize>,
    /// Chunk length on each axis; the last chunk of an axis may be shorter.
    pub chunk: Vec<usize>,
}

impl Grid {
    /// Creates a grid, with chunk lengths clamped to `1..=dims`.
    pub fn new(dims: &[usize], chunk: &[usize]) -> Self {
        let chunk = dims.iter().zip(chunk).map(|(&n, &c)| c.clamp(1, n.max(1))).collect();
        Grid { dims: dims.to_vec(), chunk }
    }

    /// Number of chunks on each axis.
    pub fn counts(&self) -> impl Iterator<Item = usize> {
        self.dims.iter().zip(&self.chunk).map(|(&n, &c)| n.div_ceil(c))
    }

    /// Number of chunks.
    pub fn len(&self) -> usize {
        self.counts().product()
    }

    /// Whether there are no chunks, as when an axis has length 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The axis that processes divide: the one with the most chunks, or the first of several.
    pub fn partition_axis(&self) -> usize {
        let best = |best: (usize, usize), next: (usize, usize)| {
            if next.1 > best.1 { next } else { best }
        };
        self.counts().enumerate().reduce(best).map_or(0, |(axis, _)| axis)
    }

    /// The box of chunk `number`. Numbers vary slowest along [`Grid::partition_axis`], so that
    /// every process owns consecutive chunks.
    pub fn chunk_box(&self, number: usize) -> IndexBox {
        let mut rest = number;
        let mut found = IndexBox::empty(self.dims.len());
        let slowest = self.partition_axis();
        let others = (0..self.dims.len()).rev().filter(|&axis| axis != slowest);
        for axis in others.chain((!self.dims.is_empty()).then_some(slowest)) {
            let (n, chunk) = (self.dims[axis], self.chunk[axis]);
            let count = n.div_ceil(chunk);
            let start = rest % count * chunk;
            rest /= count;
            found.0[axis] = start..(start + chunk).min(n);
        }
        found
    }

    /// Numbers of the chunks that process `rank` of `size` owns.
    pub fn owned_chunks(&self, rank: usize, size: usize) -> Range<usize> {
        let total = self.len();
        if total == 0 || self.dims.is_empty() {
            return if rank == 0 { 0..total } else { total..total };
        }
        let axis = self.partition_axis();
        let along = self.dims[axis].div_ceil(self.chunk[axis]);
        let per = total / along;
        along * rank / size * per..along * (rank + 1) / size * per
    }

    /// The box that process `rank` of `size` owns: all of its chunks together.
    pub fn owned_box(&self, rank: usize, size: usize) -> IndexBox {
        let chunks = self.owned_chunks(rank, size);
        if chunks.is_empty() {
            return IndexBox::empty(self.dims.len());
        }
        self.chunk_box(chunks.start).hull(&self.chunk_box(chunks.end - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_tile_the_array_and_ranks_own_runs_of_them() {
        let grid = Grid::new(&[5, 7], &[5, 2]);
        assert_eq!(grid.partition_axis(), 1);
        let mut seen = [0; 35];
        for k in 0..grid.len() {
            let b = grid.chunk_box(k);
            for i in b.0[0].clone() {
                for j in b.0[1].clone() {
                    seen[i * 7 + j] += 1;
                }
            }
        }
        assert!(seen.iter().all(|&n| n == 1));
        for size in [1, 2, 3, 9] {
            let mut next = 0;
            for rank in 0..size {
                let own = grid.owned_chunks(rank, size);
                assert_eq!(own.start, next);
                next = own.end;
                let elements: usize = own.clone().map(|k| grid.chunk_box(k).len()).sum();
                assert_eq!(grid.owned_box(rank, size).len(), elements);
            }
            assert_eq!(next, grid.len());
        }
    }

    #[test]
    fn difference_of_boxes_covers_the_rest_once() {
        let a = IndexBox(vec![0..6, 2..9]);
        let b = IndexBox(vec![2..4, 0..5]);
        let rest = a.minus(&b);
        assert_eq!(rest.iter().map(IndexBox::len).sum::<usize>(), a.len() - a.intersect(&b).len());
        assert!(rest.iter().all(|r| r.intersect(&b).is_empty() && a.contains(r)));
    }

    #[test]
    fn boxes_that_share_an_element_are_not_disjoint() {
        let b = |rows, columns| IndexBox(vec![rows, columns]);
        // A pinwheel of five boxes, which no cut separates.
        let wheel = vec![b(0..1, 0..2), b(0..2, 2..3), b(2..3, 1..3), b(1..3, 0..1), b(1..2, 1..2)];
        assert_eq!(Disjoint::new(wheel.clone()).len(), 5);
        let grid = Grid::new(&[40, 70], &[3, 8]);
        let chunks: Vec<IndexBox> = (0..grid.len()).map(|k| grid.chunk_box(k)).collect();
        assert_eq!(Disjoint::new(chunks.clone()).len(), grid.len());
        assert_eq!(Disjoint::new(vec![b(0..0, 0..9), b(0..2, 0..9), b(0..0, 0..9)]).len(), 3);
        let overlap = |mut boxes: Vec<IndexBox>, more: IndexBox| {
            boxes.push(more);
            std::panic::catch_unwind(|| Disjoint::new(boxes)).is_err()
        };
        assert!(overlap(wheel, b(2..3, 2..3)));
        assert!(overlap(chunks.clone(), b(39..40, 69..70)));
        assert!(overlap(chunks.clone(), chunks[7].clone()));
        assert!(overlap(vec![IndexBox(vec![])], IndexBox(vec![])));
    }

    #[test]
    fn zero_dimensional_and_empty_arrays_have_one_and_no_chunk() {
        assert_eq!(Grid::new(&[], &[]).len(), 1);
        assert_eq!(Grid::new(&[], &[]).owned_chunks(0, 2), 0..1);
        assert_eq!(Grid::new(&[0, 3], &[1, 3]).len(), 0);
    }
}
