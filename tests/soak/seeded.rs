//! Numbers that a seed decides.

use super::common::Dice;
use super::map::C;

/// Dice for small problems.
pub(crate) struct Seeded(Dice);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Seeded {
        Seeded(Dice::seeded(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5851_f42d_4c95_7f2d))
    }

    /// One of `0..n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    /// An eighth of a whole number from -12 to 12, which every element type holds; never 0.
    pub(crate) fn value(&mut self, complex: bool) -> C {
        let mut part = || {
            let k = self.below(24) as f64 - 12.0;
            if k < 0.0 { k / 8.0 } else { (k + 1.0) / 8.0 }
        };
        C::new(part(), if complex { part() } else { 0.0 })
    }

    /// One to three axes, of which some are thin.
    pub(crate) fn dims(&mut self) -> Vec<usize> {
        let count = 1 + self.below(3);
        let most = [14, 6, 4][count - 1];
        let one = |r: &mut Seeded| if r.below(3) == 0 { 1 + r.below(2) } else { 1 + r.below(most) };
        (0..count).map(|_| one(self)).collect()
    }
}
