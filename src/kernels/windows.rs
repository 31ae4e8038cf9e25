//! Windows that slide along axes, and their sum.
//!
//! ```text
//! y_{w,k} = t_{w,k} x_{sw+k},     and back     x_{sw+k} += t_{w,k} y_{w,k}
//! ```

use std::ops::Range;
use std::sync::Arc;

use ndarray::{
    ArrayBase, ArrayView4, ArrayView6, ArrayViewD, ArrayViewMut4, ArrayViewMut6, ArrayViewMutD,
    Axis, Dimension, IxDyn, RawData, s,
};

use crate::kernels::rows::{reals, reals_mut, vectorized};
use crate::scalar::{Real, Scalar};

/// Most axes that windows slide along.
pub const MOST_AXES: usize = 3;

/// Windows along an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Along {
    /// Number of windows, at least one.
    pub count: usize,
    /// Samples of each.
    pub len: usize,
    /// From the start of one to that of the next, at least 1.
    pub step: usize,
    /// Weights of the samples of the first window, of those between, and of the last: ones.
    pub tapers: Option<[Arc<[f64]>; 3]>,
}

impl Along {
    /// The windows that have samples of a range, which is not empty.
    pub fn touched(&self, samples: &Range<usize>) -> Range<usize> {
        let start = (samples.start + 1).saturating_sub(self.len).div_ceil(self.step);
        let end = samples.end.div_ceil(self.step).min(self.count);
        start.min(end)..end
    }

    /// The samples of window `w` that are in a range.
    pub fn inside(&self, w: usize, samples: &Range<usize>) -> Range<usize> {
        let from = w * self.step;
        let end = samples.end.saturating_sub(from).min(self.len);
        samples.start.saturating_sub(from).min(end)..end
    }

    /// Whether there are windows, of at least one sample, and all are on an axis of `n`.
    pub fn fits(&self, n: usize) -> bool {
        let ends = |count: usize| (count - 1).checked_mul(self.step)?.checked_add(self.len);
        self.count > 0
            && self.len > 0
            && self.step > 0
            && ends(self.count).is_some_and(|end| end <= n)
            && self.tapers.iter().flatten().all(|taper| taper.len() == self.len)
    }

    fn taper(&self, w: usize) -> Option<&[f64]> {
        let [first, between, last] = self.tapers.as_ref()?;
        Some(match w {
            0 => first,
            w if w + 1 == self.count => last,
            _ => between,
        })
    }
}

/// Where windows and samples are: the boxes of both that are at hand.
#[derive(Clone, Copy, Debug)]
pub struct Boxes<'a> {
    /// Axes before those of windows.
    pub lead: usize,
    /// Axes that windows slide along, at most [`MOST_AXES`].
    pub axes: &'a [Along],
    /// The leading axes, numbers of windows along each axis, samples of a window along each, one more
    /// axis or none.
    pub windows: &'a [Range<usize>],
    /// The leading axes, samples along each axis, one more axis or none.
    pub samples: &'a [Range<usize>],
}

/// Fills a box of windows `y` from the samples `x`, which are all that it needs. Both have consecutive
/// rows.
pub fn take<T: Scalar>(y: ArrayViewMutD<'_, T>, x: ArrayViewD<'_, T>, at: Boxes<'_>) {
    let frame = Frame::new(at);
    each_lead(at.lead, y, x, &mut |y, x| {
        let (mut y, x): (_, ArrayView4<'_, T>) = (frame.windows_of(y), fixed(frame.samples_of(x)));
        for w0 in frame.windows[0].clone() {
            let mut y: ArrayViewMut6<'_, T> =
                fixed(y.index_axis_mut(Axis(0), w0 - frame.windows[0].start));
            for (w1, w2) in frame.others() {
                let place = frame.place([w0, w1, w2]);
                let [i, j] = place.window;
                let ([a, b, c], [p, q, r]) = (place.inside.clone(), place.samples.clone());
                place.put::<T, false>(y.slice_mut(s![i, j, a, b, c, ..]), x.slice(s![p, q, r, ..]));
            }
        }
    });
}

/// Fills a box of samples `y` with the sum of the windows `x`, which are all that have some of them. Both
/// have consecutive rows.
pub fn add<T: Scalar>(mut y: ArrayViewMutD<'_, T>, x: ArrayViewD<'_, T>, at: Boxes<'_>) {
    let frame = Frame::new(at);
    y.fill(T::default());
    each_lead(at.lead, y, x, &mut |y, x| {
        let (mut y, x): (ArrayViewMut4<'_, T>, _) =
            (fixed(frame.samples_of(y)), frame.windows_of(x));
        for w0 in frame.windows[0].clone() {
            let x: ArrayView6<'_, T> = fixed(x.index_axis(Axis(0), w0 - frame.windows[0].start));
            for (w1, w2) in frame.others() {
                let place = frame.place([w0, w1, w2]);
                let [i, j] = place.window;
                let ([a, b, c], [p, q, r]) = (place.inside.clone(), place.samples.clone());
                place.put::<T, true>(y.slice_mut(s![p, q, r, ..]), x.slice(s![i, j, a, b, c, ..]));
            }
        }
    });
}

/// Calls `f` for all indices of the leading axes.
fn each_lead<T: Scalar>(
    lead: usize,
    mut y: ArrayViewMutD<'_, T>,
    x: ArrayViewD<'_, T>,
    f: &mut dyn FnMut(ArrayViewMutD<'_, T>, ArrayViewD<'_, T>),
) {
    if lead == 0 {
        return f(y, x);
    }
    for (y, x) in y.axis_iter_mut(Axis(0)).zip(x.axis_iter(Axis(0))) {
        each_lead(lead - 1, y, x, f);
    }
}

/// Boxes of three axes of windows and one more, without leading axes: axes that there are not have one
/// window of one sample.
struct Frame<'a> {
    axes: [&'a Along; MOST_AXES],
    /// Axes that there are not.
    padding: usize,
    windows: [Range<usize>; MOST_AXES],
    inside: [Range<usize>; MOST_AXES],
    samples: [Range<usize>; MOST_AXES],
    /// Whether rows are along one more axis.
    rest: bool,
}

/// A window of the boxes.
struct Place<'a> {
    /// Its last two numbers in the box of windows.
    window: [usize; 2],
    /// Its samples there.
    inside: [Range<usize>; MOST_AXES],
    /// The same samples in the box of samples.
    samples: [Range<usize>; MOST_AXES],
    /// Their weights.
    tapers: [Option<&'a [f64]>; MOST_AXES],
    rest: bool,
}

impl<'a> Frame<'a> {
    fn new(at: Boxes<'a>) -> Frame<'a> {
        static NONE: Along = Along { count: 1, len: 1, step: 1, tapers: None };
        let (count, padding) = (at.axes.len(), MOST_AXES - at.axes.len());
        let three = |ranges: &[Range<usize>]| {
            std::array::from_fn(|k| if k < padding { 0..1 } else { ranges[k - padding].clone() })
        };
        Frame {
            axes: std::array::from_fn(|k| if k < padding { &NONE } else { &at.axes[k - padding] }),
            padding,
            windows: three(&at.windows[at.lead..]),
            inside: three(&at.windows[at.lead + count..]),
            samples: three(&at.samples[at.lead..]),
            rest: at.samples.len() > at.lead + count,
        }
    }

    /// A view of windows with axes for all numbers, all samples and one more.
    fn windows_of<S: RawData>(&self, mut view: ArrayBase<S, IxDyn>) -> ArrayBase<S, IxDyn> {
        for before in [MOST_AXES - self.padding, 0] {
            for _ in 0..self.padding {
                view = view.insert_axis(Axis(before));
            }
        }
        self.with_rest(view)
    }

    /// The same of samples.
    fn samples_of<S: RawData>(&self, mut view: ArrayBase<S, IxDyn>) -> ArrayBase<S, IxDyn> {
        for _ in 0..self.padding {
            view = view.insert_axis(Axis(0));
        }
        self.with_rest(view)
    }

    fn with_rest<S: RawData>(&self, view: ArrayBase<S, IxDyn>) -> ArrayBase<S, IxDyn> {
        let axes = Axis(view.ndim());
        if self.rest { view } else { view.insert_axis(axes) }
    }

    /// Numbers of windows along the last two axes.
    fn others(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let [_, second, third] = self.windows.clone();
        second.flat_map(move |w1| third.clone().map(move |w2| (w1, w2)))
    }

    fn place(&self, w: [usize; MOST_AXES]) -> Place<'a> {
        let both: [_; MOST_AXES] = std::array::from_fn(|a| {
            let (inside, samples) = (&self.inside[a], &self.samples[a]);
            let found = self.axes[a].inside(w[a], samples);
            let start = found.start.max(inside.start);
            let end = found.end.min(inside.end).max(start);
            let from = start + w[a] * self.axes[a].step - samples.start;
            let taper = self.axes[a].taper(w[a]).map(|taper| &taper[start..end]);
            (start - inside.start..end - inside.start, from, taper)
        });
        Place {
            window: [1, 2].map(|a| w[a] - self.windows[a].start),
            samples: both.each_ref().map(|(inside, start, _)| *start..start + inside.len()),
            tapers: both.each_ref().map(|(_, _, taper)| *taper),
            inside: both.map(|(inside, _, _)| inside),
            rest: self.rest,
        }
    }
}

/// A view of as many axes as were promised.
fn fixed<S: RawData, D: Dimension>(view: ArrayBase<S, IxDyn>) -> ArrayBase<S, D> {
    match view.into_dimensionality() {
        Ok(view) => view,
        Err(_) => unreachable!("the frame has all axes"),
    }
}

impl Place<'_> {
    /// `y = t x` or `y += t x`
    fn put<T: Scalar, const ADD: bool>(&self, mut y: ArrayViewMut4<'_, T>, x: ArrayView4<'_, T>) {
        let weight = |axis: usize, k: usize| self.tapers[axis].map_or(1.0, |taper| taper[k]);
        let (first, second, third, _) = y.dim();
        for i in 0..first {
            for j in 0..second {
                let c = weight(0, i) * weight(1, j);
                if !self.rest {
                    let (y, x) = (y.slice_mut(s![i, j, .., 0]), x.slice(s![i, j, .., 0]));
                    row::<T, ADD>(y.into_slice(), x.to_slice(), c, self.tapers[2]);
                    continue;
                }
                for k in 0..third {
                    let (y, x) = (y.slice_mut(s![i, j, k, ..]), x.slice(s![i, j, k, ..]));
                    row::<T, ADD>(y.into_slice(), x.to_slice(), c * weight(2, k), None);
                }
            }
        }
    }
}

/// `y = c t x` or `y += c t x`, of rows.
#[inline]
fn row<T: Scalar, const ADD: bool>(
    y: Option<&mut [T]>,
    x: Option<&[T]>,
    c: f64,
    taper: Option<&[f64]>,
) {
    let (Some(y), Some(x)) = (y, x) else { unreachable!("rows are consecutive") };
    if let Some(taper) = taper {
        vectorized(
            #[inline(always)]
            || {
                for ((y, x), t) in y.iter_mut().zip(x).zip(taper) {
                    let x = x.scale(T::Real::rounded(c * t));
                    *y = if ADD { *y + x } else { x };
                }
            },
        );
    } else if !ADD && c == 1.0 {
        y.copy_from_slice(x);
    } else {
        let (y, x, c) = (reals_mut(y), reals(x), T::Real::rounded(c));
        vectorized(
            #[inline(always)]
            || {
                for (y, x) in y.iter_mut().zip(x) {
                    *y = if ADD { *y + *x * c } else { *x * c };
                }
            },
        );
    }
}
