//! `y_i = sum_k h_k x_{i-k+offset}`

use crate::graph::primitives::prelude::*;
use crate::kernels::convolve::{self, Filter};
use crate::scalar::Scalar;

/// `y_i = sum_k h_k x_{i-k+offset}` along some axes, with zeros outside; inputs `[x, h]`, where `h` has
/// these axes only. `flip`: `y_i = sum_k h_k x_{i+k-offset}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolve {
    /// Axes that it works along, ascending.
    pub axes: Vec<usize>,
    /// Index of the filter's sample at zero lag, along each of them.
    pub offsets: Vec<usize>,
    /// Lengths of the filter.
    pub taps: Vec<usize>,
    /// Correlation instead of convolution.
    pub flip: bool,
    /// Whether the filter is conjugated.
    pub conj: bool,
}

impl Value {
    /// `y_i = sum_k h_k x_{i-k+offset}` along axes in ascending order, zeros outside, of the same dims.
    pub fn convolve(&self, axes: &[usize], h: &Value, offsets: &[usize]) -> Result<Value> {
        axes.iter().try_for_each(|&axis| self.has_axis(axis).map(|_| ()))?;
        let taps = h.dims();
        let fits = axes.windows(2).all(|w| w[0] < w[1])
            && !axes.is_empty()
            && taps.len() == axes.len()
            && offsets.len() == axes.len();
        if !fits {
            return wrong(format!("a filter of dims {} along axes {axes:?}", show_dims(taps)));
        }
        if !offsets.iter().zip(taps).all(|(offset, taps)| offset < taps) {
            let dims = show_dims(taps);
            return wrong(format!("zero lag at sample {offsets:?} of a filter of dims {dims}"));
        }
        let dtype = self.dtype().promote(h.dtype());
        let (x, h) =
            (self.cast(dtype), h.cast(DType::of(h.dtype().is_complex(), dtype.is_double())));
        let (axes, offsets, taps) = (axes.to_vec(), offsets.to_vec(), h.dims().to_vec());
        let convolve = Convolve { axes, offsets, taps, flip: false, conj: false };
        Ok(x.node(convolve, &[x.clone(), h], x.ty().clone()))
    }
}

/// A filter in the element type of the array that it is applied to.
fn taps_like<T: Viewed>(_: &ArrayViewMutD<'_, T>, h: View<'_>) -> Vec<T> {
    with_view!(View, h, h => h.iter().map(|h| T::from_c128(h.to_c128())).collect())
}

/// Runs of rows that a chunk across them should have: what is read around it is read for every chunk. The
/// longer the filter along the rows, the more there is to do with what is read.
pub(super) fn worthwhile(taps: usize, along_rows: usize) -> usize {
    (2 * taps).div_ceil(along_rows).next_multiple_of(if along_rows == 1 { 32 } else { 8 })
}

impl Definition for Convolve {
    fn label(&self) -> String {
        let what = if self.flip { "correlate" } else { "convolve" };
        let axes: Vec<String> = self.axes.iter().map(usize::to_string).collect();
        format!("{what} {} {}", if axes.len() == 1 { "axis" } else { "axes" }, axes.join(", "))
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Again, order: Order::Matters }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        let dims = &at.input(i).dims;
        if i > 0 {
            return f(IndexBox::whole(dims));
        }
        // i - k + offset or i + k - offset, for k in 0..taps.
        let mut b = out.clone();
        for ((&axis, &taps), &offset) in self.axes.iter().zip(&self.taps).zip(&self.offsets) {
            let (before, after) = (offset, taps - 1 - offset);
            let (back, ahead) = if self.flip { (before, after) } else { (after, before) };
            let r = &out.0[axis];
            b = b.with(axis, r.start.saturating_sub(back)..(r.end + ahead).min(dims[axis]));
        }
        f(b);
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        let last = at.dims().len() - 1;
        let along_rows =
            if self.axes.ends_with(&[last]) { self.taps[self.taps.len() - 1] } else { 1 };
        if self.axes[0] != last {
            cut.align[self.axes[0]] = Some(worthwhile(self.taps[0], along_rows));
        }
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        2.0 * self.taps.iter().product::<usize>() as f64 * at.elements() * at.reals()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(Convolve { flip: !self.flip, conj: !self.conj, ..self.clone() })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Other(Convolve { conj: !self.conj, ..self.clone() }.into())
    }

    fn batched(&self) -> Batched {
        let axes = self.axes.iter().map(|axis| axis + 1).collect();
        Batched::OneFactor(Convolve { axes, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let from = job.need(0);
        let x = job.pull_rows(0, &from)?;
        let h = job.pull(1, &job.need(1))?;
        in_rows(out, |out| {
            with_view!(ViewMut, out, y => {
                let taps = taps_like(&y, h.view());
                let filter =
                    Filter::new(y.ndim(), &self.axes, &self.taps, &self.offsets, &taps, self.flip, self.conj);
                let x = Viewed::typed(x.view());
                convolve::convolve(y, &job.b.start(), x, &from.start(), &filter);
            });
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        assert_eq!(args[1].shape(), self.taps, "taps");
        Whole::from_shape_fn(IxDyn(at.dims()), |i| {
            let term = |(k, h): (IxDyn, &C128)| {
                let mut j = i.clone();
                for (a, &axis) in self.axes.iter().enumerate() {
                    let lag = k[a] as isize - self.offsets[a] as isize;
                    let lag = if self.flip { lag } else { -lag };
                    j[axis] = usize::try_from(i[axis] as isize + lag).ok()?;
                }
                args[0].get(j).map(|x| x * if self.conj { h.conj() } else { *h })
            };
            args[1].indexed_iter().filter_map(term).sum()
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("convolve", &[2, 6], |x| x.convolve(&[1], &alike(x, &[3], 0.2), &[1])),
            ("convolve complex", &[5, 2], |x| x.convolve(&[0], &complex(x, &[4], 0.2), &[3])),
            ("convolve long", &[3], |x| x.convolve(&[0], &complex(x, &[6], 0.2), &[2])),
            ("convolve plane", &[4, 5], |x| x.convolve(&[0, 1], &alike(x, &[2, 3], 0.2), &[0, 2])),
            ("convolve axes", &[3, 2, 4], |x| {
                x.convolve(&[0, 2], &complex(x, &[3, 2], 0.2), &[1, 0])
            }),
        ]
    }
}
