//! A periodic axis split into two bands of half its samples: one level of a wavelet transform.

use crate::graph::primitives::prelude::*;
use crate::kernels::filter_bank::{self, Filters, each_piece};

/// `y_{b,k} = sum_m f_{b,m} x_{(2k + first + m) mod n}` along an axis of even length `n`, which becomes two, of
/// 2 bands and `n/2` results; back if `transpose`.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterBank {
    /// Axis that it works along, the first of the two.
    pub axis: usize,
    /// The coefficients.
    pub filters: Arc<Filters>,
    /// Direction.
    pub transpose: bool,
}

impl Value {
    /// An axis of even length as two bands of half its samples, which are two axes `(2, n/2)`.
    pub fn filter_bank(&self, axis: usize, filters: Arc<Filters>) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if n == 0 || !n.is_multiple_of(2) || filters.taps().is_empty() {
            return wrong(format!("a filter bank on an axis of length {n}"));
        }
        let mut dims = self.dims().to_vec();
        dims.splice(axis..=axis, [2, n / 2]);
        Ok(self.unary(FilterBank { axis, filters, transpose: false }, dims, self.dtype()))
    }
}

impl FilterBank {
    /// The range of the input's axis that a box is made of, and that axis and its length.
    fn range(&self, at: Applied<'_>, out: &IndexBox) -> (std::ops::Range<isize>, usize, usize) {
        let (range, axis) = if self.transpose {
            (self.filters.results(&out.0[self.axis]), self.axis + 1)
        } else {
            (self.filters.samples(&out.0[self.axis + 1]), self.axis)
        };
        (range, axis, at.input(0).dims[axis])
    }

    /// The box of the input with that axis empty.
    fn around(&self, out: &IndexBox) -> IndexBox {
        let mut b = out.clone();
        if self.transpose {
            b.0.splice(self.axis..=self.axis, [0..2, 0..0]);
        } else {
            b.0.splice(self.axis..=self.axis + 1, std::iter::once(0..0));
        }
        b
    }
}

impl Definition for FilterBank {
    fn label(&self) -> String {
        let back = if self.transpose { " T" } else { "" };
        format!("filter bank{back} {} axis {}", self.filters.taps().len(), self.axis)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        self.filters.taps().iter().flatten().take(16).for_each(|c| bits(*c).hash(&mut state));
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let (range, axis, n) = self.range(at, out);
        let around = self.around(out);
        if range.len() >= n {
            return f(around.with(axis, 0..n));
        }
        each_piece(&range, n, |_, piece| f(around.with(axis, piece)));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        // Both bands are computed at once. Across rows, the filters' reach is read again for every chunk: it
        // should be small.
        let k = self.axis + usize::from(!self.transpose);
        if !self.transpose {
            cut.align[self.axis] = None;
        }
        if k + 1 < at.dims().len() {
            let long = (2 * self.filters.taps().len()).next_multiple_of(32);
            cut.align[k] = Some(if self.transpose { 2 * long } else { long });
        }
        cut
    }

    fn through(&self, at: Applied<'_>, _: &ArrayType, cut: &Cut) -> Cut {
        // Halves of an axis have no alignment but to stay whole; both bands are needed in any case.
        let mut align = cut.align.clone();
        if self.transpose {
            align.remove(self.axis);
        } else {
            align.insert(self.axis, align[self.axis]);
        }
        for k in self.axis..=self.axis + usize::from(!self.transpose) {
            align[k] = align[k].map(|_| 1);
        }
        Cut { align, bytes: cut.bytes.max(at.ty().dtype.size() as f64), own: None }
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        2.0 * self.filters.taps().len() as f64 * at.elements() * at.reals()
    }

    fn coefficients(&self) -> Vec<C128> {
        let all = self.filters.taps().iter().flatten();
        vec![all.fold(0.0, |m: f64, c| m.max(c.abs())).into()]
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(FilterBank { transpose: !self.transpose, ..self.clone() })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(FilterBank { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let (range, axis, n) = self.range(job.at, job.b);
        let around = self.around(job.b);
        let inside = range.start >= 0 && range.end <= n as isize;
        let x = if inside {
            job.pull_rows(0, &around.with(axis, range.start as usize..range.end as usize))?
        } else {
            // What wraps around is laid side by side.
            let whole = around.with(axis, 0..range.len());
            let mut scratch = Scratch::dirty(job.at.input(0).dtype, whole.dims());
            let mut done = Ok(());
            each_piece(&range, n, |start, piece| {
                let part = whole.with(axis, start..start + piece.len()).relative_to(&whole);
                if done.is_ok() {
                    done = job.fill(0, &around.with(axis, piece), scratch.view_mut().boxed(&part));
                }
            });
            done?;
            Tile::Made(scratch)
        };
        let start = job.b.0[self.axis].start;
        in_rows(out, |out| {
            with_view!(ViewMut, out, y => {
                let x = Viewed::typed(x.view());
                if self.transpose {
                    filter_bank::join(y, start, x, self.axis, &self.filters);
                } else {
                    filter_bank::split(y, start, x, self.axis, &self.filters);
                }
            });
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let (long, split) = if self.transpose {
            (at.dims(), &at.input(0).dims)
        } else {
            (&*at.input(0).dims, &at.ty().dims)
        };
        let n = long[self.axis];
        let samples = self.filters.samples(&(0..n / 2));
        let mut y = Whole::default(IxDyn(at.dims()));
        for index in ndarray::indices(IxDyn(split)) {
            for (m, c) in self.filters.taps().iter().enumerate() {
                let j = samples.start + (2 * index[self.axis + 1] + m) as isize;
                let mut sample: Vec<usize> = (0..split.len()).map(|a| index[a]).collect();
                sample.splice(self.axis..=self.axis + 1, [j.rem_euclid(n as isize) as usize]);
                let sample = IxDyn(&sample);
                let (to, from) = if self.transpose { (&sample, &index) } else { (&index, &sample) };
                y[to] += args[0][from] * c[index[self.axis]];
            }
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        fn filters(taps: usize, first: isize) -> Arc<Filters> {
            let tap = |m: usize| [0.5 - 0.25 * m as f64, 1.0 + (0.5 * m as f64).sin()];
            Arc::new(Filters::new(first, (0..taps).map(tap).collect()))
        }
        vec![
            ("filter bank", &[2, 8], |x| x.filter_bank(1, filters(4, -1))),
            ("filter bank first axis", &[6, 3], |x| x.filter_bank(0, filters(2, 0))),
            ("filter bank longer than its axis", &[2, 4, 2], |x| x.filter_bank(1, filters(10, -4))),
            ("filter banks along two axes", &[8, 6], |x| {
                x.filter_bank(1, filters(6, -2))?.filter_bank(0, filters(4, -1))
            }),
            ("half of a filter bank", &[4, 12], |x| {
                x.filter_bank(1, filters(4, -1))?.scale(2.0).take(1, 1)
            }),
        ]
    }
}
