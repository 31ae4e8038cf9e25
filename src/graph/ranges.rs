//! Covers indices with a few ranges.

use std::ops::Range;

/// Most ranges that cover a list of indices.
const MOST: usize = 4;
/// Number of pieces of an axis in which ranges are looked for.
const PIECES: usize = 64;

/// A few ranges of an axis of length `n` that contain the indices.
pub(super) fn ranges(some: impl IntoIterator<Item = usize>, n: usize) -> Vec<Range<usize>> {
    let each = n.div_ceil(PIECES).max(1);
    let mut ranges = vec![(n, 0); n.div_ceil(each)];
    for i in some {
        let (lo, hi) = &mut ranges[i / each];
        (*lo, *hi) = (i.min(*lo), (i + 1).max(*hi));
    }
    ranges.retain(|(lo, hi)| lo < hi);
    // Close the smallest gap while there are too many ranges, or it is small beside its neighbours.
    while let Some(k) = (1..ranges.len()).min_by_key(|&k| ranges[k].0 - ranges[k - 1].1) {
        let (gap, both) = (ranges[k].0 - ranges[k - 1].1, ranges[k].1 - ranges[k - 1].0);
        if ranges.len() <= MOST && 8 * gap > both {
            break;
        }
        ranges[k - 1].1 = ranges.remove(k).1;
    }
    ranges.into_iter().map(|(lo, hi)| lo..hi).collect()
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn few_ranges_hold_all_indices() {
        let scattered: Vec<usize> = (0..100).map(|k| k * 7919 % 10_000).collect();
        let runs: Vec<usize> = (5000..5100).chain(10..20).chain(9990..10_000).collect();
        let every: Vec<usize> = (100..9000).step_by(3).collect();
        for (some, most) in [(scattered, 4), (runs, 3), (every, 1)] {
            let found = ranges(some.iter().copied(), 10_000);
            assert!(found.len() <= most, "{found:?}");
            assert!(some.iter().all(|i| found.iter().any(|r| r.contains(i))), "{found:?}");
            assert!(found.windows(2).all(|w| w[0].end < w[1].start), "{found:?}");
        }
        assert_eq!(ranges([7, 2, 3], 8), [2..4, 7..8]);
        assert!(ranges([], 8).is_empty());
    }
}
