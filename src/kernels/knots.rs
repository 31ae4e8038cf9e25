//! Samples of an axis at which filters are known.

use std::ops::Range;

/// Samples of an axis at which filters are known, ascending. Between two of them, filters are
/// interpolated linearly; before the first and after the last, theirs hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Knots(Samples);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Samples {
    /// All, so many.
    Every(usize),
    /// These.
    At(Vec<usize>),
}

/// Samples whose filters are between the same two.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) samples: Range<usize>,
    /// The filter at or before them, or the only one.
    pub(super) filter: usize,
    /// Where that is, and how far the next one is from there; nothing if it does not count.
    pub(super) gap: Option<(usize, usize)>,
}

impl Cell {
    /// The weight of the next filter at a sample.
    pub(super) fn weight(&self, sample: isize) -> f64 {
        self.gap.map_or(0.0, |(start, length)| (sample - start as isize) as f64 / length as f64)
    }
}

impl Knots {
    /// Knots at these samples: at least one, ascending.
    pub fn new(at: Vec<usize>) -> Option<Knots> {
        let fits = !at.is_empty() && at.windows(2).all(|w| w[0] < w[1]);
        fits.then_some(Knots(Samples::At(at)))
    }

    /// Knots at each of `n` samples, at least one.
    pub fn every(n: usize) -> Knots {
        Knots(Samples::Every(n))
    }

    /// Number of filters.
    pub fn count(&self) -> usize {
        match &self.0 {
            Samples::Every(n) => *n,
            Samples::At(at) => at.len(),
        }
    }

    /// The sample at which a filter is known.
    fn at(&self, filter: usize) -> usize {
        match &self.0 {
            Samples::Every(_) => filter,
            Samples::At(at) => at[filter],
        }
    }

    /// Filters that are known before a sample.
    fn before(&self, sample: usize) -> usize {
        match &self.0 {
            Samples::Every(n) => sample.min(*n),
            Samples::At(at) => at.partition_point(|&p| p < sample),
        }
    }

    /// The last sample at which a filter is known.
    pub fn last(&self) -> usize {
        self.at(self.count() - 1)
    }

    /// The filter at or before a sample, or the first one, and the weight of the next.
    pub fn between(&self, sample: usize) -> (usize, f64) {
        let cell = self.cell(sample, sample + 1);
        (cell.filter, cell.weight(sample as isize))
    }

    /// The filters that samples may need.
    pub fn filters(&self, samples: &Range<usize>) -> Range<usize> {
        let before = self.before(samples.start + 1).saturating_sub(1);
        let after = self.before(samples.end) + 1;
        before..after.min(self.count()).max(before + 1)
    }

    /// The samples, of `n`, that some filters count for.
    pub fn samples(&self, filters: &Range<usize>, n: usize) -> Range<usize> {
        let start = if filters.start == 0 { 0 } else { self.at(filters.start - 1) + 1 };
        let end = if filters.end == self.count() { n } else { self.at(filters.end) };
        start..end
    }

    /// The cell that begins with a sample, up to an end.
    fn cell(&self, start: usize, end: usize) -> Cell {
        let after = self.before(start + 1);
        let filter = after.saturating_sub(1);
        let next = (after < self.count()).then(|| self.at(after));
        let gap = next.filter(|_| after > 0).map(|next| (self.at(filter), next - self.at(filter)));
        let gap = gap.filter(|(_, length)| *length > 1);
        Cell { samples: start..next.map_or(end, |next| next.min(end)), filter, gap }
    }

    /// The cells of a range of samples.
    pub(super) fn cells(&self, samples: Range<usize>) -> Vec<Cell> {
        let (mut cells, mut start) = (Vec::new(), samples.start);
        while start < samples.end {
            let cell = self.cell(start, samples.end);
            start = cell.samples.end;
            cells.push(cell);
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_interpolated_between_knots_and_hold_beyond_them() {
        let knots = Knots::new(vec![2, 3, 7]).unwrap();
        let found: Vec<(usize, f64)> = (0..9).map(|i| knots.between(i)).collect();
        let expected = [
            (0, 0.0),
            (0, 0.0),
            (0, 0.0),
            (1, 0.0),
            (1, 0.25),
            (1, 0.5),
            (1, 0.75),
            (2, 0.0),
            (2, 0.0),
        ];
        assert_eq!(found, expected);
        let cells: Vec<Range<usize>> = knots.cells(1..9).into_iter().map(|c| c.samples).collect();
        assert_eq!(cells, [1..2, 2..3, 3..7, 7..9]);
        assert_eq!(knots.last(), 7);
        let every = Knots::every(3);
        assert_eq!(every.cells(1..3), Knots::new(vec![0, 1, 2]).unwrap().cells(1..3));
        assert_eq!((every.filters(&(1..2)), every.samples(&(1..2), 3)), (1..3, 1..2));
        assert_eq!(Knots::new(vec![]), None);
        assert_eq!(Knots::new(vec![3, 3]), None);
    }

    #[test]
    fn samples_and_filters_name_all_that_the_other_needs() {
        let n = 12;
        for at in [vec![0], vec![5], vec![11], vec![0, 4, 11], vec![3, 4, 8], vec![2, 9]] {
            let knots = Knots::new(at.clone()).unwrap();
            for start in 0..n {
                for end in start + 1..=n {
                    let filters = knots.filters(&(start..end));
                    for i in start..end {
                        let (k, w) = knots.between(i);
                        assert!(filters.contains(&k) && (w == 0.0 || filters.contains(&(k + 1))));
                    }
                    // What a cell looks at is there, whatever the weight.
                    for cell in knots.cells(start..end) {
                        assert!(
                            cell.gap.is_none() || filters.contains(&(cell.filter + 1)),
                            "{at:?}"
                        );
                    }
                }
            }
            for f in 0..knots.count() {
                let samples = knots.samples(&(f..f + 1), n);
                for i in 0..n {
                    let (k, w) = knots.between(i);
                    let counts = (k == f && w < 1.0) || (k + 1 == f && w > 0.0);
                    assert!(!counts || samples.contains(&i), "{at:?}: filter {f}, sample {i}");
                }
            }
        }
    }
}
