//! `y_i = sum_k h_k x_{i-k+offset}`

use crate::graph::primitives::prelude::*;
use crate::kernels::convolve;
use crate::scalar::Scalar;

/// `y_i = sum_k h_k x_{i-k+offset}` along an axis, with zeros outside; inputs `[x, h]`.
/// `flip`: `y_i = sum_k h_k x_{i+k-offset}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolve {
    /// Axis that it works along.
    pub axis: usize,
    /// Index of the filter's sample at zero lag.
    pub offset: usize,
    /// Length of the filter.
    pub taps: usize,
    /// Correlation instead of convolution.
    pub flip: bool,
    /// Whether the filter is conjugated.
    pub conj: bool,
}

impl Value {
    /// `y_i = sum_k h_k x_{i-k+offset}` along an axis, zeros outside, the same length.
    pub fn convolve(&self, axis: usize, h: &Value, offset: usize) -> Result<Value> {
        self.has_axis(axis)?;
        if h.dims().len() != 1 {
            return wrong(format!("a filter of dims {}", show_dims(h.dims())));
        }
        if offset >= h.dims()[0] {
            return wrong(format!("zero lag at sample {offset} of a filter of {}", h.dims()[0]));
        }
        let dtype = self.dtype().promote(h.dtype());
        let (x, h) =
            (self.cast(dtype), h.cast(DType::of(h.dtype().is_complex(), dtype.is_double())));
        let taps = h.dims()[0];
        let convolve = Convolve { axis, offset, taps, flip: false, conj: false };
        Ok(x.node(convolve, &[x.clone(), h], x.ty().clone()))
    }
}

/// Converts a filter to the element type of the array it is applied to.
fn taps_like<T: Viewed>(_: &ArrayViewMutD<'_, T>, h: View<'_>) -> Vec<T> {
    with_view!(View, h, h => h.iter().map(|h| T::from_c128(h.to_c128())).collect())
}

impl Definition for Convolve {
    fn label(&self) -> String {
        let what = if self.flip { "correlate" } else { "convolve" };
        format!("{what} axis {}", self.axis)
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
        let (before, after) = (self.offset, self.taps - 1 - self.offset);
        let (back, ahead) = if self.flip { (before, after) } else { (after, before) };
        let (n, r) = (dims[self.axis], &out.0[self.axis]);
        f(out.with(self.axis, r.start.saturating_sub(back)..(r.end + ahead).min(n)));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        if self.axis + 1 < at.dims().len() {
            // Across rows, every chunk also reads a halo as long as the filter: it should be small.
            cut.align[self.axis] = Some((2 * self.taps).next_multiple_of(32));
        }
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        2.0 * self.taps as f64 * at.elements() * at.reals()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(Convolve { flip: !self.flip, conj: !self.conj, ..*self })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Other(Convolve { conj: !self.conj, ..*self }.into())
    }

    fn batched(&self) -> Batched {
        Batched::OneFactor(Convolve { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let from = job.need(0);
        let x = job.pull_rows(0, &from)?;
        let h = job.pull(1, &job.need(1))?;
        in_rows(out, |out| {
            with_view!(ViewMut, out, y => {
                let taps = taps_like(&y, h.view());
                let (first, g) = convolve::filter(&taps, self.offset, self.flip, self.conj);
                let x = Viewed::typed(x.view());
                let (y0, x0) = (job.b.0[self.axis].start, from.0[self.axis].start);
                convolve::convolve(y, y0, x, x0, self.axis, first, &g);
            });
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        assert_eq!(args[1].shape(), [self.taps], "taps");
        let h: Vec<C128> = args[1].iter().map(|h| if self.conj { h.conj() } else { *h }).collect();
        lanes(args[0], self.axis, at.dims(), |x| {
            let term = |i: usize, k: usize| {
                let lag = k as isize - self.offset as isize;
                let j = if self.flip { i as isize + lag } else { i as isize - lag };
                let x = usize::try_from(j).ok().and_then(|j| x.get(j));
                x.map_or(C128::default(), |x| h[k] * x)
            };
            (0..x.len()).map(|i| (0..self.taps).map(|k| term(i, k)).sum()).collect()
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("convolve", &[2, 6], |x| x.convolve(1, &alike(x, &[3], 0.2), 1)),
            ("convolve complex", &[5, 2], |x| x.convolve(0, &complex(x, &[4], 0.2), 3)),
            ("convolve long", &[3], |x| x.convolve(0, &complex(x, &[6], 0.2), 2)),
        ]
    }
}
