//! `y_{w,k} = t_{w,k} x_{sw+k}`, windows that slide along axes.

use crate::graph::primitives::prelude::*;
use crate::kernels::windows::{self, Along, Boxes, MOST_AXES};

/// `y_{w,k} = t_{w,k} x_{sw+k}` along axes in a row, from `(.., samples.., rest)` to `(.., windows..,
/// samples of one.., rest)` with one more axis or none; back, as the sum of all windows, if `transpose`.
/// As one primitive, it reads samples of overlapping windows where they are and weighs them in the same
/// pass, for all axes at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    /// Axes before those of windows.
    pub lead: usize,
    /// The windows along each axis.
    pub axes: Arc<[Along]>,
    /// Direction.
    pub transpose: bool,
}

impl Value {
    /// Windows that slide along the first axes, `(windows.., samples of one.., rest)`.
    pub fn windows(&self, axes: Arc<[Along]>) -> Result<Value> {
        if !Windows::fit(&axes, self.dims()) {
            return wrong(format!("windows that do not fit dims {}", show_dims(self.dims())));
        }
        let dims = Windows::dims(&axes, self.dims());
        let windows = Windows { lead: 0, axes, transpose: false };
        Ok(self.unary(windows, dims, self.dtype()))
    }

    /// The sum of windows `(windows.., samples of one.., rest)` that slide along the first of `dims`; samples
    /// beyond the last window are 0.
    pub fn overlap_add(&self, axes: Arc<[Along]>, dims: &[usize]) -> Result<Value> {
        if !(Windows::fit(&axes, dims) && Windows::dims(&axes, dims) == self.dims()) {
            let (found, dims) = (show_dims(self.dims()), show_dims(dims));
            return wrong(format!("windows of dims {found} for {dims}"));
        }
        let windows = Windows { lead: 0, axes, transpose: true };
        Ok(self.unary(windows, dims.to_vec(), self.dtype()))
    }
}

impl Windows {
    /// Whether there are windows along the first of these axes, with one more axis or none.
    fn fit(axes: &[Along], dims: &[usize]) -> bool {
        let count = axes.len();
        (1..=MOST_AXES).contains(&count)
            && (count..=count + 1).contains(&dims.len())
            && axes.iter().zip(dims).all(|(along, &n)| along.fits(n))
    }

    /// Dims of the windows of an array.
    fn dims(axes: &[Along], dims: &[usize]) -> Vec<usize> {
        let (counts, lens) = (axes.iter().map(|a| a.count), axes.iter().map(|a| a.len));
        counts.chain(lens).chain(dims[axes.len()..].iter().copied()).collect()
    }

    /// How many windows have a sample, at most.
    fn overlap(&self) -> f64 {
        self.axes.iter().map(|a| a.len.div_ceil(a.step).min(a.count) as f64).product()
    }

    fn is_tapered(&self) -> bool {
        self.axes.iter().any(|a| a.tapers.is_some())
    }
}

impl Definition for Windows {
    fn label(&self) -> String {
        let counts: Vec<String> = self.axes.iter().map(|a| a.count.to_string()).collect();
        let name = if self.transpose { "overlap-add" } else { "windows" };
        format!("{name} {} axis {}", counts.join(" x "), self.lead)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        self.axes.iter().for_each(|a| (a.count, a.len, a.step).hash(&mut state));
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, _: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let (lead, count) = (self.lead, self.axes.len());
        let mut need = out.0[..lead].to_vec();
        if self.transpose {
            let samples = || self.axes.iter().zip(&out.0[lead..]);
            need.extend(samples().map(|(along, r)| along.touched(r)));
            need.extend(samples().map(|(along, r)| {
                // Of one window the samples that are asked for, of several all.
                let windows = along.touched(r);
                if windows.len() == 1 { along.inside(windows.start, r) } else { 0..along.len }
            }));
            need.extend_from_slice(&out.0[lead + count..]);
        } else {
            let (windows, inside) = (&out.0[lead..], &out.0[lead + count..]);
            need.extend(self.axes.iter().zip(windows).zip(inside).map(|((along, w), k)| {
                w.start * along.step + k.start..(w.end - 1) * along.step + k.end
            }));
            need.extend_from_slice(&out.0[lead + 2 * count..]);
        }
        f(IndexBox(need));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        if self.transpose {
            cut.bytes *= self.overlap();
        }
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        let weights = f64::from(u8::from(self.is_tapered()));
        if self.transpose {
            (1.0 + weights) * at.input(0).len() as f64 * at.reals()
        } else {
            weights * at.elements() * at.reals()
        }
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(Windows { transpose: !self.transpose, ..self.clone() })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Windows { lead: self.lead + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let from = job.need(0);
        if from.is_empty() {
            pointwise::zero(out);
            return Ok(());
        }
        let x = job.pull_rows(0, &from)?;
        let (windows, samples) =
            if self.transpose { (&from.0, &job.b.0) } else { (&job.b.0, &from.0) };
        let boxes = Boxes { lead: self.lead, axes: &self.axes, windows, samples };
        in_rows(out, |out| {
            with_view!(ViewMut, out, y => {
                let x = Viewed::typed(x.view());
                if self.transpose { windows::add(y, x, boxes) } else { windows::take(y, x, boxes) }
            });
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let mut y = Whole::default(IxDyn(at.dims()));
        let windows: &[usize] = if self.transpose { &at.input(0).dims } else { at.dims() };
        let (lead, count) = (self.lead, self.axes.len());
        for window in ndarray::indices(windows) {
            let window: Vec<usize> = (0..windows.len()).map(|axis| window[axis]).collect();
            let (mut sample, mut weight) = (window[..lead].to_vec(), 1.0);
            for (a, along) in self.axes.iter().enumerate() {
                let (w, k) = (window[lead + a], window[lead + count + a]);
                sample.push(w * along.step + k);
                let last = along.count - 1;
                let [first, between, end] = along
                    .tapers
                    .clone()
                    .unwrap_or_else(|| std::array::from_fn(|_| vec![1.0; along.len].into()));
                weight *= match w {
                    0 => first[k],
                    w if w == last => end[k],
                    _ => between[k],
                };
            }
            sample.extend_from_slice(&window[lead + 2 * count..]);
            let (to, from) = if self.transpose { (sample, window) } else { (window, sample) };
            y[IxDyn(&to)] += args[0][IxDyn(&from)] * weight;
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        fn along(count: usize, len: usize, step: usize, tapered: bool) -> Along {
            let taper = |seed: usize| (0..len).map(|k| 0.5 + 0.1 * (k * seed) as f64).collect();
            let tapers = tapered.then(|| [taper(1), taper(2), taper(3)]);
            Along { count, len, step, tapers }
        }
        fn sum(x: &Value, axes: &[Along], dims: &[usize]) -> Result<Value> {
            x.overlap_add(axes.into(), dims)
        }
        vec![
            ("overlap-add", &[3, 4], |x| sum(x, &[along(3, 4, 2, true)], &[9])),
            ("windows apart", &[2, 2], |x| sum(x, &[along(2, 2, 3, false)], &[5])),
            ("windows of rows", &[3, 3, 2], |x| sum(x, &[along(3, 3, 1, true)], &[6, 2])),
            ("windows of what is computed", &[1, 3], |x| {
                sum(&x.scale(2.0), &[along(1, 3, 2, true)], &[3])
            }),
            ("windows of planes", &[2, 3, 3, 2], |x| {
                sum(x, &[along(2, 3, 2, true), along(3, 2, 1, true)], &[5, 5])
            }),
            ("windows of lines", &[2, 2, 2, 2, 2], |x| {
                sum(x, &[along(2, 2, 1, false), along(2, 2, 1, true)], &[3, 4, 2])
            }),
            ("windows of volumes", &[2, 1, 2, 2, 2, 2], |x| {
                sum(
                    x,
                    &[along(2, 2, 1, true), along(1, 2, 1, true), along(2, 2, 2, true)],
                    &[3, 2, 4],
                )
            }),
        ]
    }
}
