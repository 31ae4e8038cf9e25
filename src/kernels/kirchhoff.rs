//! Samples of a model moved to and from traces at the sum of two traveltimes, the Kirchhoff integral:
//!
//! ```text
//! d_{s,r,k} += (1-w) a_{s,r,i} m_i,   d_{s,r,k+1} += w a_{s,r,i} m_i,   k + w = (t_{s,i} + t_{r,i}) / dt
//! ```
//! and its transpose. The time of a pair is computed where it is needed, so tables have one row a
//! source and one a receiver, never one a pair. The weight is a sum of two products,
//! `a_{s,r,i} = c_{s,i} c_{r,i} + e_{s,i} e_{r,i}`, for the same reason.
//!
//! Each trace adds its points, and each point its traces, in one order however the work is cut. All
//! arithmetic is in double precision. Where and how far beyond a sample a point falls is computed
//! for a block of points by vector instructions; the samples are then added one by one, to several
//! traces in turn, so that no addition waits for the one before.

use ndarray::{ArrayView2, ArrayView3, ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::Buffer;
use crate::kernels::rows::{parts, vectorized};
use crate::scalar::{C128, Scalar};

/// Times and weights of a box of sources, receivers and points.
#[derive(Clone, Debug)]
pub struct Travel<'a> {
    /// Times from sources to points, `(sources, points)`, rows consecutive.
    pub sources: ArrayView2<'a, f64>,
    /// Times from points to receivers, `(receivers, points)`, rows consecutive.
    pub receivers: ArrayView2<'a, f64>,
    /// The two factors of each source and of each receiver, `(.., 2, points)`; none for weight 1.
    pub weights: Option<[ArrayView3<'a, f64>; 2]>,
    /// Pairs of source and receiver that are too far apart for a depth.
    pub aperture: Option<&'a Aperture>,
    /// Sampling of time.
    pub dt: f64,
    /// Numbers of the first source, receiver and point.
    pub first: [usize; 3],
}

/// Largest distance of source and receiver over depth, both in samples of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Aperture {
    /// Samples of depth, the model's last axis.
    pub nz: usize,
    /// Sample of x below each source.
    pub sources: Vec<f64>,
    /// Sample of x below each receiver.
    pub receivers: Vec<f64>,
    /// The ratio where the taper begins, and the one where nothing is left.
    pub limits: [f64; 2],
}

impl Aperture {
    /// The weight of a source, a receiver and a sample of depth.
    pub fn weight(&self, source: usize, receiver: usize, depth: usize) -> f64 {
        let offset = (self.sources[source] - self.receivers[receiver]).abs();
        taper(offset / (depth + 1) as f64, self.limits)
    }
}

/// The falling half of a Hann window over 20 steps: 1 below the first limit, 0 from the second on.
/// PyLops: `taper(41, 20, "hanning")[20:]`. NaN gives 0.
pub fn taper(value: f64, [low, high]: [f64; 2]) -> f64 {
    if value < low {
        return 1.0;
    }
    if value < high {
        let step = (20.0 * (value - low) / (high - low)).floor().min(20.0);
        let turn = std::f64::consts::TAU * (step - 1.0).max(0.0) / 38.0;
        return 0.5 + 0.5 * turn.cos();
    }
    0.0
}

/// Traces that are worked on in turn.
const GROUP: usize = 4;
/// Points whose places are computed at once.
const BLOCK: usize = 64;
/// Points whose tables stay in the cache while all pairs pass over them, and points that a copy of a
/// trace is worth.
const SPAN: usize = 1024;
const LONG_SPAN: usize = 4096;

/// What sums are kept in.
trait Wide: Scalar<Real = f64> {
    /// `self w + c`
    fn times_plus(self, w: f64, c: Self) -> Self;
}

impl Wide for f64 {
    #[inline(always)]
    fn times_plus(self, w: f64, c: f64) -> f64 {
        f64::mul_add(self, w, c)
    }
}

impl Wide for C128 {
    #[inline(always)]
    fn times_plus(self, w: f64, c: C128) -> C128 {
        C128::new(self.re.mul_add(w, c.re), self.im.mul_add(w, c.im))
    }
}

#[inline(always)]
fn widened<T: Scalar, W: Wide>(x: T) -> W {
    W::from_c128(x.to_c128())
}

#[inline(always)]
fn rounded<W: Wide, T: Scalar>(x: W) -> T {
    T::from_c128(x.to_c128())
}

/// Fills a box `(sources, receivers, times)` of the data, whose first time is sample `start` of `nt`,
/// from the whole model.
pub fn demigrate<T: Scalar>(
    d: ArrayViewMutD<'_, T>,
    start: usize,
    nt: usize,
    m: ArrayViewD<'_, T>,
    travel: &Travel<'_>,
) {
    if parts::<T>() == 1 {
        forward::<T, f64>(d, start, nt, m, travel);
    } else {
        forward::<T, C128>(d, start, nt, m, travel);
    }
}

/// Fills a box of points of the model from the whole data `(sources, receivers, times)`.
pub fn migrate<T: Scalar>(m: ArrayViewMutD<'_, T>, d: ArrayViewD<'_, T>, travel: &Travel<'_>) {
    if parts::<T>() == 1 {
        adjoint::<T, f64>(m, d, travel);
    } else {
        adjoint::<T, C128>(m, d, travel);
    }
}

/// A row of consecutive numbers.
fn row<'a>(array: &ArrayView2<'a, f64>, i: usize) -> &'a [f64] {
    match array.index_axis_move(Axis(0), i).to_slice() {
        Some(row) => row,
        None => unreachable!("rows are consecutive"),
    }
}

/// The first and second factors of some sources or receivers, row by row.
type Factors<'a> = [&'a [f64]; 2];

impl<'a> Travel<'a> {
    /// The two factors of a source (`side` 0) or receiver (1) at some points.
    fn factors(&self, side: usize, i: usize, span: &std::ops::Range<usize>) -> Option<Factors<'a>> {
        let weights = self.weights.as_ref()?;
        let both = weights[side].index_axis_move(Axis(0), i);
        Some([0, 1].map(|k| &row(&both, k)[span.clone()]))
    }

    /// The aperture's weight of a pair at every point of a span.
    fn aperture_into(&self, s: usize, r: usize, first: usize, out: &mut [f64]) {
        let Some(aperture) = self.aperture else { return };
        let [source, receiver, point] = self.first;
        let at = |depth: usize| aperture.weight(source + s, receiver + r, depth);
        // A span covers whole columns of depth: each depth's weight is computed once.
        let depth = (point + first) % aperture.nz;
        let known = out.len().min(aperture.nz);
        for (j, w) in out[..known].iter_mut().enumerate() {
            *w = at((depth + j) % aperture.nz);
        }
        for j in known..out.len() {
            out[j] = out[j - aperture.nz];
        }
    }
}

fn spans(points: usize, most: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..points).step_by(most).map(move |start| start..points.min(start + most))
}

/// Receivers in groups: full ones, then what is left.
fn groups(receivers: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..receivers).step_by(GROUP).map(move |r| r..receivers.min(r + GROUP))
}

/// `$f` of `$arguments` and of the group, whose size the compiler knows, in vector instructions.
macro_rules! with_group {
    ($f:ident($($arguments:expr),*), $receivers:expr, $($of:expr),*) => {
        match $receivers.len() {
            1 => with_group!(@ $f($($arguments),*), 1, $receivers, $($of),*),
            2 => with_group!(@ $f($($arguments),*), 2, $receivers, $($of),*),
            3 => with_group!(@ $f($($arguments),*), 3, $receivers, $($of),*),
            _ => with_group!(@ $f($($arguments),*), GROUP, $receivers, $($of),*),
        }
    };
    (@ $f:ident($($arguments:expr),*), $size:expr, $receivers:expr, $($of:expr),*) => {{
        let group = Group::<{ $size }>::of(&$receivers, $($of),*);
        vectorized(
            #[inline(always)]
            || $f($($arguments),*, &group),
        )
    }};
}

/// `t_s / dt + 1`
fn shifted(near: &mut [f64], times: &[f64], rate: f64) {
    vectorized(
        #[inline(always)]
        || near.iter_mut().zip(times).for_each(|(u, t)| *u = t.mul_add(rate, 1.0)),
    );
}

/// What a group of traces takes from the tables.
struct Group<'a, const G: usize> {
    /// `t_s / dt + 1`
    near: &'a [f64],
    /// `t_r`
    far: [&'a [f64]; G],
    /// Factors of the receivers.
    factors: Option<[Factors<'a>; G]>,
    /// Weights of the aperture.
    aperture: Option<[&'a [f64]; G]>,
    /// `1 / dt`
    rate: f64,
    /// Number of time samples.
    nt: usize,
}

impl<'a, const G: usize> Group<'a, G> {
    fn of<'t: 'a>(
        receivers: &std::ops::Range<usize>,
        travel: &Travel<'t>,
        span: &std::ops::Range<usize>,
        near: &'a [f64],
        (aperture, step): (&'a [f64], usize),
        nt: usize,
    ) -> Self {
        let n = span.len();
        let factors = |t: usize| travel.factors(1, receivers.start + t, span).unwrap_or_default();
        Group {
            near,
            far: std::array::from_fn(|t| {
                &row(&travel.receivers, receivers.start + t)[span.clone()]
            }),
            factors: travel.weights.as_ref().map(|_| std::array::from_fn(factors)),
            aperture: travel
                .aperture
                .map(|_| std::array::from_fn(|t| &aperture[t * step..t * step + n])),
            rate: 1.0 / travel.dt,
            nt,
        }
    }
}

/// Slots of a trace: one a sample, one before them, and one behind them.
fn slots(nt: usize) -> usize {
    nt + 2
}

/// Where points fall: `slot = k + 1` and `w`. What is too early goes to slot 0, what is too late or
/// no number to slot `nt + 1`, both with `w = 0`: they are next to no sample.
#[inline(always)]
fn place(slots: &mut [u64], w: &mut [f64], near: &[f64], far: &[f64], rate: f64, nt: usize) {
    /// Added to a whole number below 2^52, its last bits are that number.
    const WHOLE: f64 = (1u64 << 52) as f64;
    let (last, end) = (nt as f64, (nt + 1) as f64);
    for (((slot, w), near), far) in slots.iter_mut().zip(w).zip(near).zip(far) {
        let u = far.mul_add(rate, *near);
        let u = if u < last { u } else { end };
        let u = if u >= 1.0 { u } else { 0.0 };
        let floor = u.floor();
        *w = u - floor;
        *slot = (floor + WHOLE).to_bits() ^ WHOLE.to_bits();
    }
}

fn forward<T: Scalar, W: Wide>(
    mut d: ArrayViewMutD<'_, T>,
    start: usize,
    nt: usize,
    m: ArrayViewD<'_, T>,
    travel: &Travel<'_>,
) {
    let (ns, nr) = (d.shape()[0], d.shape()[1]);
    // For each trace and slot, what goes to the slot's sample and to the next: one access of both.
    let mut bins = Buffer::<[W; 2]>::zeros(ns * nr * slots(nt));
    let mut near = Buffer::<f64>::dirty(SPAN);
    let mut model = Buffer::<W>::dirty(SPAN);
    let (mut first, mut second) = (Buffer::<W>::dirty(SPAN), Buffer::<W>::dirty(SPAN));
    let mut aperture =
        Buffer::<f64>::dirty(if travel.aperture.is_some() { GROUP * SPAN } else { 0 });
    for span in spans(m.len(), SPAN) {
        let n = span.len();
        let some = m.slice_axis(Axis(0), span.clone().into());
        model.iter_mut().zip(some.iter()).for_each(|(w, x)| *w = widened(*x));
        for s in 0..ns {
            let times = &row(&travel.sources, s)[span.clone()];
            shifted(&mut near[..n], times, 1.0 / travel.dt);
            if let Some([c, e]) = travel.factors(0, s, &span) {
                for (j, x) in model[..n].iter().enumerate() {
                    (first[j], second[j]) = (x.scale(c[j]), x.scale(e[j]));
                }
            }
            let model = match travel.weights {
                Some(_) => [&first[..n], &second[..n]],
                None => [&model[..n], &[]],
            };
            for receivers in groups(nr) {
                for (t, r) in receivers.clone().enumerate() {
                    let out = aperture.get_mut(t * SPAN..t * SPAN + n).unwrap_or_default();
                    travel.aperture_into(s, r, span.start, out);
                }
                let from = (s * nr + receivers.start) * slots(nt);
                let bins = &mut bins[from..from + receivers.len() * slots(nt)];
                let (near, aperture) = (&near[..n], &aperture[..]);
                with_group!(
                    scatter(bins, model),
                    receivers,
                    travel,
                    &span,
                    near,
                    (aperture, SPAN),
                    nt
                );
            }
        }
    }
    for ((s, r), mut trace) in ndarray::indices((ns, nr)).into_iter().zip(d.rows_mut()) {
        let bins = &bins[(s * nr + r) * slots(nt)..][..slots(nt)];
        for (k, y) in (start..).zip(trace.iter_mut()) {
            let own = if k + 1 < nt { bins[k + 1][0] } else { W::default() };
            let next = if k > 0 { bins[k][1] } else { W::default() };
            *y = rounded(own + next);
        }
    }
}

/// Adds a span of points to a group of traces.
#[inline(always)]
fn scatter<W: Wide, const G: usize>(bins: &mut [[W; 2]], model: [&[W]; 2], group: &Group<'_, G>) {
    let mut traces = bins.chunks_exact_mut(slots(group.nt));
    let traces: [&mut [[W; 2]]; G] = std::array::from_fn(|_| traces.next().unwrap_or_default());
    let mut places = [[0u64; BLOCK]; G];
    let mut w = [0.0; BLOCK];
    let mut values = [W::default(); BLOCK];
    let mut pairs = [[[W::default(); 2]; BLOCK]; G];
    let points = group.near.len();
    for start in (0..points).step_by(BLOCK) {
        let block = start..points.min(start + BLOCK);
        let n = block.len();
        for t in 0..G {
            let (near, far) = (&group.near[block.clone()], &group.far[t][block.clone()]);
            place(&mut places[t][..n], &mut w[..n], near, far, group.rate, group.nt);
            let x = match &group.factors {
                None => &model[0][block.clone()],
                Some(factors) => {
                    let [p, q] = [&model[0][block.clone()], &model[1][block.clone()]];
                    let [c, e] = factors[t];
                    let (c, e) = (&c[block.clone()], &e[block.clone()]);
                    for (j, v) in values[..n].iter_mut().enumerate() {
                        *v = p[j].times_plus(c[j], q[j].scale(e[j]));
                    }
                    if let Some(aperture) = &group.aperture {
                        let a = &aperture[t][block.clone()];
                        values[..n].iter_mut().zip(a).for_each(|(v, a)| *v = v.scale(*a));
                    }
                    &values[..n]
                }
            };
            for ((pair, x), w) in pairs[t][..n].iter_mut().zip(x).zip(&w) {
                let far = x.scale(*w);
                *pair = [*x - far, far];
            }
        }
        for j in 0..n {
            for t in 0..G {
                let bin = &mut traces[t][places[t][j] as usize];
                *bin = [bin[0] + pairs[t][j][0], bin[1] + pairs[t][j][1]];
            }
        }
    }
}

fn adjoint<T: Scalar, W: Wide>(
    mut m: ArrayViewMutD<'_, T>,
    d: ArrayViewD<'_, T>,
    travel: &Travel<'_>,
) {
    let (points, [ns, nr, nt]) = (m.len(), [d.shape()[0], d.shape()[1], d.shape()[2]]);
    let mut sums = Buffer::<W>::dirty(LONG_SPAN);
    let mut parts = [Buffer::<W>::dirty(LONG_SPAN), Buffer::<W>::dirty(LONG_SPAN)];
    let mut near = Buffer::<f64>::dirty(LONG_SPAN);
    let mut traces = Buffer::<W>::dirty(GROUP * (slots(nt) + 1));
    let mut aperture =
        Buffer::<f64>::dirty(if travel.aperture.is_some() { GROUP * LONG_SPAN } else { 0 });
    for span in spans(points, LONG_SPAN) {
        let n = span.len();
        sums[..n].fill(W::default());
        for s in 0..ns {
            let times = &row(&travel.sources, s)[span.clone()];
            shifted(&mut near[..n], times, 1.0 / travel.dt);
            let factors = travel.factors(0, s, &span);
            if factors.is_some() {
                parts.iter_mut().for_each(|p| p[..n].fill(W::default()));
            }
            for receivers in groups(nr) {
                for (t, r) in receivers.clone().enumerate() {
                    let out =
                        aperture.get_mut(t * LONG_SPAN..t * LONG_SPAN + n).unwrap_or_default();
                    travel.aperture_into(s, r, span.start, out);
                    let trace = d.index_axis(Axis(0), s);
                    let trace = trace.index_axis(Axis(0), r);
                    padded(&mut traces[t * (slots(nt) + 1)..][..slots(nt) + 1], &trace);
                }
                let [first, second] = &mut parts;
                let out = match factors {
                    None => [&mut sums[..n], &mut []],
                    Some(_) => [&mut first[..n], &mut second[..n]],
                };
                let (traces, near, aperture) = (&traces[..], &near[..n], &aperture[..]);
                with_group!(
                    gather(out, traces),
                    receivers,
                    travel,
                    &span,
                    near,
                    (aperture, LONG_SPAN),
                    nt
                );
            }
            if let Some([c, e]) = factors {
                for (j, sum) in sums[..n].iter_mut().enumerate() {
                    *sum += parts[0][j].times_plus(c[j], parts[1][j].scale(e[j]));
                }
            }
        }
        let mut out = m.slice_axis_mut(Axis(0), span.into());
        out.iter_mut().zip(sums.iter()).for_each(|(y, v)| *y = rounded(*v));
    }
}

/// A trace with sample `k` in slot `k + 1`, and zeros before and behind.
fn padded<T: Scalar, W: Wide>(slots: &mut [W], trace: &ArrayViewD<'_, T>) {
    let nt = trace.len();
    slots[0] = W::default();
    match trace.as_slice() {
        Some(trace) => {
            slots[1..=nt].iter_mut().zip(trace).for_each(|(slot, y)| *slot = widened(*y));
        }
        None => slots[1..=nt].iter_mut().zip(trace).for_each(|(slot, y)| *slot = widened(*y)),
    }
    slots[nt + 1..].fill(W::default());
}

/// Adds what a span of points takes from a group of traces: to `out[0]`, or weighted by the
/// receivers' factors to both.
#[inline(always)]
fn gather<W: Wide, const G: usize>(out: [&mut [W]; 2], traces: &[W], group: &Group<'_, G>) {
    let mut traces = traces.chunks_exact(slots(group.nt) + 1);
    let traces: [&[W]; G] = std::array::from_fn(|_| traces.next().unwrap_or_default());
    let mut places = [[0u64; BLOCK]; G];
    let mut w = [[0.0; BLOCK]; G];
    let mut values = [[W::default(); BLOCK]; G];
    let [first, second] = out;
    let points = group.near.len();
    for start in (0..points).step_by(BLOCK) {
        let block = start..points.min(start + BLOCK);
        let n = block.len();
        for t in 0..G {
            let (near, far) = (&group.near[block.clone()], &group.far[t][block.clone()]);
            place(&mut places[t][..n], &mut w[t][..n], near, far, group.rate, group.nt);
        }
        for j in 0..n {
            for t in 0..G {
                let slot = places[t][j] as usize;
                let (y, next) = (traces[t][slot], traces[t][slot + 1]);
                values[t][j] = (next - y).times_plus(w[t][j], y);
            }
        }
        if let Some(aperture) = &group.aperture {
            for t in 0..G {
                let a = &aperture[t][block.clone()];
                values[t][..n].iter_mut().zip(a).for_each(|(v, a)| *v = v.scale(*a));
            }
        }
        match &group.factors {
            None => {
                for (j, sum) in first[block].iter_mut().enumerate() {
                    let mut all = values[0][j];
                    for v in &values[1..] {
                        all += v[j];
                    }
                    *sum += all;
                }
            }
            Some(factors) => {
                for t in 0..G {
                    let (c, e) = (&factors[t][0][block.clone()], &factors[t][1][block.clone()]);
                    let out = first[block.clone()].iter_mut().zip(&mut second[block.clone()]);
                    for (j, (p, q)) in out.enumerate() {
                        *p = values[t][j].times_plus(c[j], *p);
                        *q = values[t][j].times_plus(e[j], *q);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
