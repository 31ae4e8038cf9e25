//! `y_{(i+shift) mod n} = x_i`

use std::ops::Range;

use crate::graph::primitives::prelude::*;

/// `y_{(i+shift) mod n} = x_i` along an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Roll {
    /// Axis that it works along.
    pub axis: usize,
    /// Shift, in `0..n`.
    pub shift: usize,
}

impl Value {
    /// `y_{(i+shift) mod n} = x_i` along an axis.
    pub fn roll(&self, axis: usize, shift: isize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        let shift = if n == 0 { 0 } else { shift.rem_euclid(n as isize) as usize };
        if shift == 0 {
            return Ok(self.clone());
        }
        Ok(self.same(Roll { axis, shift }))
    }

    /// NumPy's `fftshift` of an axis.
    pub fn fftshift(&self, axis: usize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        self.roll(axis, (n / 2) as isize)
    }

    /// NumPy's `ifftshift` of an axis.
    pub fn ifftshift(&self, axis: usize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        self.roll(axis, -((n / 2) as isize))
    }
}

impl Roll {
    /// Splits a range of the result into at most two pieces, each with the range it comes from:
    /// samples before the shift come from the end of the input.
    fn pieces(
        &self,
        n: usize,
        r: &Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, Range<usize>)> + use<> {
        let (shift, cut) = (self.shift, self.shift.clamp(r.start, r.end));
        let pieces = [
            (r.start..cut, r.start + n - shift..cut + n - shift),
            (cut..r.end, cut.saturating_sub(shift)..r.end.saturating_sub(shift)),
        ];
        pieces.into_iter().filter(|(part, _)| !part.is_empty())
    }
}

impl Definition for Roll {
    fn label(&self) -> String {
        format!("roll axis {} by {}", self.axis, self.shift)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        self.shift.hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Matters }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let (n, r) = (at.dims()[self.axis], &out.0[self.axis]);
        if r.len() == n {
            return f(out.clone());
        }
        self.pieces(n, r).for_each(|(_, from)| f(out.with(self.axis, from)));
    }

    fn through(&self, at: Applied<'_>, _: &ArrayType, cut: &Cut) -> Cut {
        cut.shifted(at)
    }

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.y.roll(self.axis, -(self.shift as isize))
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Roll { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        let (axis, b) = (self.axis, job.b);
        let (n, r) = (job.at.dims()[axis], &b.0[axis]);
        // A whole axis that is computed on the fly serves both pieces.
        let made =
            (r.len() == n && job.look(0, b).is_none()).then(|| job.pull(0, b)).transpose()?;
        for (part, from) in self.pieces(n, r) {
            let target = out.reborrow().boxed(&b.with(axis, part).relative_to(b));
            let from = b.with(axis, from);
            match &made {
                Some(tile) => pointwise::copy(target, tile.view().boxed(&from.relative_to(b))),
                None => job.fill(0, &from, target)?,
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        lanes(args[0], self.axis, at.dims(), |x| {
            let mut y = x.to_vec();
            y.rotate_right(self.shift);
            y
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("roll", &[2, 5], |x| x.roll(1, 2)),
            ("fftshift", &[5], |x| x.fftshift(0)),
            ("ifftshift", &[5], |x| x.ifftshift(0)),
            ("roll of a roll", &[6, 5], |x| x.roll(0, 2)?.scale(2.0).roll(1, 4)),
            ("roll of a transform", &[5, 3], |x| x.fft(0)?.roll(0, 2)),
        ]
    }
}
