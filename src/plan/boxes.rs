//! Covers what is needed of an array with a few boxes.

use crate::space::IndexBox;

/// Most boxes in a set.
const MOST: usize = 8;

/// A set of indices, covered by a few boxes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Boxes(Vec<IndexBox>);

/// Number of elements in the hull of two boxes that are in neither.
fn waste(a: &IndexBox, b: &IndexBox) -> usize {
    a.hull(b).len() + a.intersect(b).len() - a.len() - b.len()
}

impl Boxes {
    /// Adds a nonempty box. Merges it with boxes that nearly fill their common hull, and if there
    /// are too many boxes, the pair that wastes the least.
    pub(super) fn add(&mut self, b: &IndexBox) {
        if self.0.iter().rev().any(|known| known.contains(b)) {
            return;
        }
        let mut b = b.clone();
        while let Some(k) = self.0.iter().rposition(|a| 8 * waste(a, &b) <= a.hull(&b).len()) {
            b = self.0.swap_remove(k).hull(&b);
        }
        self.0.push(b);
        if self.0.len() > MOST {
            let pairs = (1..self.0.len()).flat_map(|j| (0..j).map(move |i| (i, j)));
            let least = pairs.min_by_key(|&(i, j)| waste(&self.0[i], &self.0[j]));
            if let Some((i, j)) = least {
                let (b, a) = (self.0.swap_remove(j), self.0.swap_remove(i));
                self.add(&a.hull(&b));
            }
        }
    }

    /// The boxes, sorted and without overlaps; one box if they nearly fill it.
    pub(super) fn apart(self) -> Vec<IndexBox> {
        let mut apart: Vec<IndexBox> = Vec::new();
        for b in &self.0 {
            let mut rest = vec![b.clone()];
            for known in &apart {
                rest = rest.iter().flat_map(|part| part.minus(known)).collect();
            }
            apart.extend(rest);
        }
        if let Some(hull) = apart.iter().cloned().reduce(|hull, b| hull.hull(&b)) {
            let all: usize = apart.iter().map(IndexBox::len).sum();
            if 8 * (hull.len() - all) <= hull.len() {
                return vec![hull];
            }
        }
        apart.sort_by_key(IndexBox::start);
        apart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(boxes: &[[[usize; 2]; 2]]) -> Vec<IndexBox> {
        let mut all = Boxes::default();
        for b in boxes {
            all.add(&IndexBox(b.iter().map(|[lo, hi]| *lo..*hi).collect()));
        }
        all.apart()
    }

    #[test]
    fn tiles_with_halos_fill_one_box() {
        let mut tiles = Vec::new();
        for i in 0..9usize {
            for j in 0..7usize {
                let wide = |k: usize, n: usize| [(k * 10).saturating_sub(1), (k * 10 + 11).min(n)];
                tiles.push([wide(i, 90), wide(j, 70)]);
            }
        }
        assert_eq!(of(&tiles), [IndexBox(vec![0..90, 0..70])]);
        tiles.reverse();
        assert_eq!(of(&tiles), [IndexBox(vec![0..90, 0..70])]);
    }

    #[test]
    fn ends_of_an_axis_stay_apart() {
        let ends = of(&[[[0, 5], [0, 9]], [[90, 93], [0, 9]], [[93, 95], [0, 9]]]);
        assert_eq!(ends, [IndexBox(vec![0..5, 0..9]), IndexBox(vec![90..95, 0..9])]);
    }

    #[test]
    fn scattered_boxes_become_few_that_hold_all_of_them_once() {
        let points: Vec<[[usize; 2]; 2]> = (0..300)
            .map(|k| (k * 7919 % 1000, k * 104_729 % 1000))
            .map(|(i, j)| [[i, i + 1], [j, j + 2]])
            .collect();
        let few = of(&points);
        assert!(few.len() <= 4 * MOST, "{} boxes", few.len());
        for [[i, _], [j, _]] in points {
            let point = IndexBox(vec![i..i + 1, j..j + 1]);
            assert_eq!(few.iter().filter(|b| b.contains(&point)).count(), 1, "{point}");
        }
    }
}
