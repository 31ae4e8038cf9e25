//! `y_{starts_k + j} += x_{k,j}`

use std::ops::Range;

use crate::graph::primitives::prelude::*;

/// Windows laid over each other along the last axis: `y_{0,..,starts_k + j} = sum_k x_{k,..,j}`, with `k`
/// along an axis that the result keeps with length 1. The transpose cuts them out.
#[derive(Clone, Debug, PartialEq)]
pub struct OverlapAdd {
    /// Axis of the windows.
    pub axis: usize,
    /// Where each begins.
    pub starts: Arc<[usize]>,
    /// Cuts windows out instead.
    pub transpose: bool,
}

impl Value {
    /// Windows along an axis, added up on a last axis of length `n` from where each starts.
    pub fn overlap_add_at(&self, axis: usize, starts: Arc<[usize]>, n: usize) -> Result<Value> {
        let last = self.dims().len().saturating_sub(1);
        let fits = axis < last && self.dims()[axis] == starts.len();
        let end = starts.iter().max().map(|start| start.checked_add(self.dims()[last]));
        if !fits || end.flatten().is_none_or(|end| end > n) {
            let (count, dims) = (starts.len(), show_dims(self.dims()));
            return wrong(format!("{count} windows of dims {dims} on an axis of length {n}"));
        }
        let mut dims = self.dims().to_vec();
        (dims[axis], dims[last]) = (1, n);
        Ok(self.unary(OverlapAdd { axis, starts, transpose: false }, dims, self.dtype()))
    }
}

impl OverlapAdd {
    /// Calls `f` with the windows that meet a box of the long side, each with the box of it that does, and
    /// where on the long axis that begins.
    fn met(&self, long: &IndexBox, len: usize, mut f: impl FnMut(IndexBox, usize)) {
        let last = long.ndim() - 1;
        let r = &long.0[last];
        for (k, &start) in self.starts.iter().enumerate() {
            let (lo, hi) = (r.start.max(start), r.end.min(start + len));
            if lo < hi {
                let window = long.with(self.axis, k..k + 1);
                f(window.with(last, lo - start..hi - start), lo);
            }
        }
    }

    /// Calls `f` with each of some windows and the range of the long axis that a range of it is.
    fn cut_out(&self, windows: &IndexBox, mut f: impl FnMut(usize, Range<usize>)) {
        let r = &windows.0[windows.ndim() - 1];
        for k in windows.0[self.axis].clone() {
            f(k, self.starts[k] + r.start..self.starts[k] + r.end);
        }
    }
}

impl Definition for OverlapAdd {
    fn label(&self) -> String {
        let what = if self.transpose { "cut out" } else { "overlap-add" };
        format!("{what} {} axis {}", self.starts.len(), self.axis)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        some(&self.starts).hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Again, order: Order::Matters }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let (dims, last) = (&at.input(0).dims, out.ndim() - 1);
        if self.transpose {
            let one = out.with(self.axis, 0..1);
            self.cut_out(out, |_, range| f(one.with(last, range)));
        } else {
            self.met(out, dims[last], |part, _| f(part));
        }
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        // How many windows lie over an element.
        let over = at.input(0).len() as f64 / at.elements().max(1.0);
        cut.bytes *= 1.0 + over;
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        if self.transpose { 0.0 } else { at.input(0).len() as f64 * at.reals() }
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(OverlapAdd { transpose: !self.transpose, ..self.clone() })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(OverlapAdd { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        let last = job.b.ndim() - 1;
        let mut done = Ok(());
        if self.transpose {
            let one = job.b.with(self.axis, 0..1);
            self.cut_out(job.b, |k, range| {
                if done.is_ok() {
                    let window = job.b.with(self.axis, k..k + 1).relative_to(job.b);
                    done = job.fill(0, &one.with(last, range), out.reborrow().boxed(&window));
                }
            });
            return done;
        }
        pointwise::zero(out.reborrow());
        self.met(job.b, job.at.input(0).dims[last], |part, start| {
            let len = part.0[last].len();
            let place = job.b.with(last, start..start + len).relative_to(job.b);
            if done.is_ok() {
                done = job.pull(0, &part).map(|window| {
                    let place = out.reborrow().boxed(&place);
                    pointwise::add_scaled(place, 1.0.into(), window.view());
                });
            }
        });
        done
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let last = at.dims().len() - 1;
        let mut y = Whole::default(IxDyn(at.dims()));
        let (long, windows) = match self.transpose {
            true => (args[0].shape(), at.dims()),
            false => (at.dims(), args[0].shape()),
        };
        for window in ndarray::indices(windows) {
            let mut place = ndarray::Dimension::slice(&window).to_vec();
            place[last] += self.starts[place[self.axis]];
            place[self.axis] = 0;
            assert!(place[last] < long[last]);
            match self.transpose {
                true => y[&window] = args[0][IxDyn(&place)],
                false => y[IxDyn(&place)] += args[0][&window],
            }
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("overlap-add", &[3, 2, 4], |x| x.overlap_add_at(0, [5, 0, 3].into(), 11)),
            ("overlap-add of what is computed", &[2, 3], |x| {
                x.scale(2.0).overlap_add_at(0, [1, 1].into(), 4)
            }),
            ("overlap-add of inner windows", &[2, 2, 2, 3], |x| {
                x.overlap_add_at(1, [0, 2].into(), 5)
            }),
        ]
    }
}
