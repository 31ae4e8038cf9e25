//! Finds the box that holds the elements of a box of the same array with other dims.

use std::ops::Range;

use crate::space::IndexBox;

/// Runs of axes on both sides that hold the same elements: `(axes before, axes after)`.
/// Axes of length 1 join the current run.
fn groups(from: &[usize], to: &[usize]) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let (mut i, mut j) = (0, 0);
    std::iter::from_fn(move || {
        let start = (i, j);
        let (mut p, mut q) = (1usize, 1usize);
        while (p != q || p == 1) && (i < from.len() || j < to.len()) {
            if i < from.len() && (p <= q || j == to.len()) {
                p *= from[i];
                i += 1;
            } else {
                q *= to[j];
                j += 1;
            }
        }
        (start != (i, j)).then_some((start.0..i, start.1..j))
    })
}

/// The box of the array with dims `from` that holds exactly the elements of box `b` of the same
/// array with dims `to`; `None` if they do not fill a box.
pub fn reshape_box(from: &[usize], to: &[usize], b: &IndexBox) -> Option<IndexBox> {
    if b.is_empty() {
        return Some(IndexBox::empty(from.len()));
    }
    let mut ranges = vec![0..0; from.len()];
    for (before, after) in groups(from, to) {
        let (lo, hi) = flat_run(to, after, b)?;
        unflatten(from, before, lo, hi, &mut ranges)?;
    }
    Some(IndexBox(ranges))
}

/// First and past-the-end flat index of a box within a run of axes, if its elements are contiguous.
fn flat_run(dims: &[usize], axes: Range<usize>, b: &IndexBox) -> Option<(usize, usize)> {
    let (mut lo, mut len) = (0, 1);
    let mut open = false;
    for axis in axes {
        let (n, r) = (dims[axis], &b.0[axis]);
        if open && r.len() != n {
            return None;
        }
        open |= r.len() > 1;
        lo = lo * n + r.start;
        len *= r.len();
    }
    Some((lo, lo + len))
}

/// Writes the ranges of a run of axes that hold the flat range, if they form a box.
fn unflatten(
    dims: &[usize],
    axes: Range<usize>,
    lo: usize,
    hi: usize,
    ranges: &mut [Range<usize>],
) -> Option<()> {
    let (mut lo, mut len) = (lo, hi - lo);
    let mut inner: usize = dims[axes.clone()].iter().product();
    for axis in axes {
        inner /= dims[axis];
        let start = lo / inner;
        lo %= inner;
        if len >= inner {
            if lo != 0 || len % inner != 0 || start + len / inner > dims[axis] {
                return None;
            }
            ranges[axis] = start..start + len / inner;
            len = inner;
        } else {
            if lo + len > inner {
                return None;
            }
            ranges[axis] = start..start + 1;
        }
    }
    Some(())
}

/// For each axis of `to`, the number that chunk lengths must be a multiple of so that each chunk is
/// a box of the array with dims `from`; `None` if the axis must stay whole.
pub fn aligned(from: &[usize], to: &[usize]) -> Vec<Option<usize>> {
    let mut cuts = vec![Some(1); to.len()];
    for (before, after) in groups(from, to) {
        let wide = |axes: Range<usize>, dims: &[usize]| -> Vec<usize> {
            axes.filter(|&a| dims[a] > 1).collect()
        };
        let (a, b) = (wide(before, from), wide(after, to));
        if b.is_empty() || (a.len() == 1 && b.len() == 1) {
            continue;
        }
        let tail = |axes: &[usize], dims: &[usize]| axes.iter().skip(1).map(|&k| dims[k]).product();
        let (inner_from, inner_to): (usize, usize) = (tail(&a, from), tail(&b, to));
        cuts[b[0]] = Some(inner_from / gcd(inner_from, inner_to));
        for &axis in &b[1..] {
            cuts[axis] = None;
        }
    }
    cuts
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "boxes of one axis")]
mod tests {
    use super::*;
    use crate::space::{Grid, strides};

    fn flats(dims: &[usize], b: &IndexBox) -> Vec<usize> {
        let mut all = vec![0];
        for (r, s) in b.0.iter().zip(strides(dims)) {
            all = all.iter().flat_map(|&f| r.clone().map(move |i| f + i * s)).collect();
        }
        all
    }

    #[test]
    fn aligned_chunks_are_boxes_of_the_same_elements() {
        let cases: [(&[usize], &[usize]); 8] = [
            (&[4, 6], &[24]),
            (&[24], &[4, 6]),
            (&[1, 8, 3, 1], &[8, 3]),
            (&[5, 2, 3], &[5, 6]),
            (&[6, 4], &[8, 3]),
            (&[2, 3, 4], &[3, 2, 4]),
            (&[1], &[]),
            (&[7], &[1, 7, 1]),
        ];
        for (from, to) in cases {
            let chunk: Vec<usize> =
                aligned(from, to).iter().zip(to).map(|(c, &n)| c.map_or(n, |a| a)).collect();
            let grid = Grid::new(to, &chunk);
            for k in 0..grid.len() {
                let b = grid.chunk_box(k);
                let found = reshape_box(from, to, &b).expect("a box");
                assert_eq!(flats(from, &found), flats(to, &b), "{from:?} as {to:?}, chunk {b}");
            }
        }
    }

    #[test]
    fn a_ragged_run_is_no_box() {
        assert_eq!(reshape_box(&[4, 6], &[24], &IndexBox(vec![3..9])), None);
        assert_eq!(
            reshape_box(&[4, 6], &[24], &IndexBox(vec![8..10])),
            Some(IndexBox(vec![1..2, 2..4]))
        );
    }
}
