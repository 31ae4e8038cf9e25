//! Moves samples of a model to and from traces at the sum of two traveltimes, the Kirchhoff integral:
//!
//! ```text
//! d_{s,r,k} += (1-w) a_{s,r,i} m_i,   d_{s,r,k+1} += w a_{s,r,i} m_i,   k + w = (t_{s,i} + t_{r,i}) / dt
//! ```
//! and its transpose. The time of a pair is computed where it is needed, so tables have one row per
//! source and one per receiver, never one per pair. The weight is a sum of two products,
//! `a_{s,r,i} = c_{s,i} c_{r,i} + e_{s,i} e_{r,i}`, for the same reason.
//!
//! Each trace adds its points, and each point its traces, in one order however the work is cut.
//! Arithmetic is in double precision and vectorised over blocks of points. Only additions to traces
//! are scalar, to several traces in turn, so that none waits for the one before.

use ndarray::{ArrayView2, ArrayView3, ArrayViewD, ArrayViewMutD, Axis, Ix3};

use crate::kernels::Buffer;
use crate::kernels::rows::{parts, reals, row, vectorized};
use crate::scalar::{C128, Real, Scalar};

/// Times and weights of a box of sources, receivers and points.
#[derive(Clone, Debug)]
pub struct Travel<'a> {
    /// Times from sources to points, `(sources, points)`, with contiguous rows.
    pub sources: ArrayView2<'a, f64>,
    /// Times from points to receivers, `(receivers, points)`, with contiguous rows.
    pub receivers: ArrayView2<'a, f64>,
    /// The two factors of each source and of each receiver, `(.., 2, points)`; `None` for weight 1.
    pub weights: Option<[ArrayView3<'a, f64>; 2]>,
    /// Excludes pairs of source and receiver that are too far apart for a depth.
    pub aperture: Option<&'a Aperture>,
    /// Sampling interval of time.
    pub dt: f64,
    /// Numbers of the first source, receiver and point.
    pub first: [usize; 3],
}

/// Limits the ratio of the distance of source and receiver to depth, both in samples of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Aperture {
    /// Number of samples in depth, the model's last axis.
    pub nz: usize,
    /// Sample of x below each source.
    pub sources: Vec<f64>,
    /// Sample of x below each receiver.
    pub receivers: Vec<f64>,
    /// The ratio where the taper begins, and the one where it reaches 0.
    pub limits: [f64; 2],
}

impl Aperture {
    /// The weight of a source and a receiver at a sample of depth.
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

/// Traces that are processed in turn.
const GROUP: usize = 4;
/// Points whose places are computed at once.
const BLOCK: usize = 64;
/// Points whose tables stay in the cache while all pairs pass over them.
const SPAN: usize = 4096;

/// The numbers that traces accumulate in.
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

/// Fills a box of points of the model from the whole data `(sources, receivers, times)`, with
/// contiguous rows.
pub fn migrate<T: Scalar>(m: ArrayViewMutD<'_, T>, d: ArrayViewD<'_, T>, travel: &Travel<'_>) {
    if parts::<T>() == 1 {
        adjoint::<T, 1>(m, d, travel);
    } else {
        adjoint::<T, 2>(m, d, travel);
    }
}

/// The first and second factors of a source or receiver.
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
        // A span may cover several columns: compute each depth's weight once.
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

/// Receivers in groups: full ones, then the rest.
fn groups(receivers: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..receivers).step_by(GROUP).map(move |r| r..receivers.min(r + GROUP))
}

/// Calls `$f` with the arguments and a group of a size that the compiler knows, vectorised.
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

/// `t_s / dt`
fn in_samples(near: &mut [f64], times: &[f64], dt: f64) {
    let rate = 1.0 / dt;
    vectorized(
        #[inline(always)]
        || near.iter_mut().zip(times).for_each(|(u, t)| *u = t * rate),
    );
}

/// What a group of traces reads from the tables.
struct Group<'a, const G: usize> {
    /// `t_s / dt`
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
        aperture: &'a [f64],
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
                .map(|_| std::array::from_fn(|t| &aperture[t * SPAN..t * SPAN + n])),
            rate: 1.0 / travel.dt,
            nt,
        }
    }
}

/// Where a point falls: `k`, `w`, and whether samples `k` and `k + 1` exist. If they do not, or if
/// the time is NaN, `k` is a valid sample.
#[inline(always)]
fn place(near: f64, far: f64, rate: f64, last: usize) -> (usize, f64, bool) {
    /// Added to a whole number below 2^52, it puts that number into the last bits.
    const WHOLE: f64 = (1u64 << 52) as f64;
    let u = far.mul_add(rate, near);
    let floor = u.floor();
    let k = ((floor + WHOLE).to_bits() ^ WHOLE.to_bits()) as usize;
    (k.min(last), u - floor, (u >= 0.0) & (u < (last + 1) as f64))
}

fn forward<T: Scalar, W: Wide>(
    mut d: ArrayViewMutD<'_, T>,
    start: usize,
    nt: usize,
    m: ArrayViewD<'_, T>,
    travel: &Travel<'_>,
) {
    let (ns, nr) = (d.shape()[0], d.shape()[1]);
    // By trace and sample, what goes to it and to the next: one access writes both.
    let mut bins = Buffer::<[W; 2]>::zeros(ns * nr * nt);
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
            in_samples(&mut near[..n], times, travel.dt);
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
                let from = (s * nr + receivers.start) * nt;
                let bins = &mut bins[from..from + receivers.len() * nt];
                let (near, aperture) = (&near[..n], &aperture[..]);
                with_group!(scatter(bins, model), receivers, travel, &span, near, aperture, nt);
            }
        }
    }
    for ((s, r), mut trace) in ndarray::indices((ns, nr)).into_iter().zip(d.rows_mut()) {
        let bins = &bins[(s * nr + r) * nt..][..nt];
        for (k, y) in (start..).zip(trace.iter_mut()) {
            let next = if k > 0 { bins[k - 1][1] } else { W::default() };
            *y = rounded(bins[k][0] + next);
        }
    }
}

/// Adds a span of points to a group of traces.
#[inline(always)]
fn scatter<W: Wide, const G: usize>(bins: &mut [[W; 2]], model: [&[W]; 2], group: &Group<'_, G>) {
    let Some(last) = group.nt.checked_sub(2) else { return };
    let mut traces = bins.chunks_exact_mut(group.nt);
    let traces: [&mut [[W; 2]]; G] =
        std::array::from_fn(|_| &mut traces.next().unwrap_or_default()[..last + 1]);
    let mut places = [[0usize; BLOCK]; G];
    let mut values = [W::default(); BLOCK];
    let mut pairs = [[[W::default(); 2]; BLOCK]; G];
    let points = group.near.len();
    for start in (0..points).step_by(BLOCK) {
        let block = start..points.min(start + BLOCK);
        let n = block.len();
        for t in 0..G {
            let (near, far) = (&group.near[block.clone()], &group.far[t][block.clone()]);
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
            let out = pairs[t][..n].iter_mut().zip(&mut places[t]);
            for ((pair, at), (x, (near, far))) in out.zip(x.iter().zip(near.iter().zip(far))) {
                let (k, w, there) = place(*near, *far, group.rate, last);
                let next = x.scale(w);
                *at = k;
                *pair = if there { [*x - next, next] } else { [W::default(); 2] };
            }
        }
        for j in 0..n {
            for t in 0..G {
                let bin = &mut traces[t][places[t][j]];
                *bin = [bin[0] + pairs[t][j][0], bin[1] + pairs[t][j][1]];
            }
        }
    }
}

fn adjoint<T: Scalar, const P: usize>(
    mut m: ArrayViewMutD<'_, T>,
    d: ArrayViewD<'_, T>,
    travel: &Travel<'_>,
) {
    let Ok(d) = d.into_dimensionality::<Ix3>() else { unreachable!("data have three axes") };
    let (ns, nr, nt) = d.dim();
    let span_sums = |_| -> [_; P] { std::array::from_fn(|_| Buffer::<f64>::dirty(SPAN)) };
    let mut sums = span_sums(0);
    let mut weighted: [_; 2] = std::array::from_fn(span_sums);
    let mut near = Buffer::<f64>::dirty(SPAN);
    let mut aperture =
        Buffer::<f64>::dirty(if travel.aperture.is_some() { GROUP * SPAN } else { 0 });
    for span in spans(m.len(), SPAN) {
        let n = span.len();
        sums.iter_mut().for_each(|sum| sum[..n].fill(0.0));
        for s in 0..ns {
            let times = &row(&travel.sources, s)[span.clone()];
            in_samples(&mut near[..n], times, travel.dt);
            let data = d.index_axis_move(Axis(0), s);
            let factors = travel.factors(0, s, &span);
            if factors.is_some() {
                weighted.iter_mut().flatten().for_each(|sum| sum[..n].fill(0.0));
            }
            for receivers in groups(nr) {
                let mut traces = [&[][..]; GROUP];
                for (t, r) in receivers.clone().enumerate() {
                    let out = aperture.get_mut(t * SPAN..t * SPAN + n).unwrap_or_default();
                    travel.aperture_into(s, r, span.start, out);
                    traces[t] = reals(row(&data, r)).as_chunks::<P>().0;
                }
                let [first, second] = &mut weighted;
                let out = match factors {
                    None => [&mut sums, second],
                    Some(_) => [first, second],
                };
                let (near, aperture) = (&near[..n], &aperture[..]);
                with_group!(gather(out, &traces), receivers, travel, &span, near, aperture, nt);
            }
            if let Some([c, e]) = factors {
                for (p, sum) in sums.iter_mut().enumerate() {
                    for (j, sum) in sum[..n].iter_mut().enumerate() {
                        *sum += weighted[0][p][j].mul_add(c[j], weighted[1][p][j] * e[j]);
                    }
                }
            }
        }
        let mut out = m.slice_axis_mut(Axis(0), span.into());
        for (j, y) in out.iter_mut().enumerate() {
            *y = T::from_c128(C128::new(sums[0][j], sums.get(1).map_or(0.0, |im| im[j])));
        }
    }
}

/// Adds what a span of points takes from a group of traces of `P` parts: to the first sums, or to
/// both, weighted by the receivers' factors.
#[inline(always)]
fn gather<R: Real, const P: usize, const G: usize>(
    mut out: [&mut [Buffer<f64>; P]; 2],
    traces: &[&[[R; P]]],
    group: &Group<'_, G>,
) {
    let Some(last) = group.nt.checked_sub(2) else { return };
    let points = group.near.len();
    for start in (0..points).step_by(BLOCK) {
        let n = BLOCK.min(points - start);
        let block = start..start + n;
        let near = &group.near[block.clone()];
        // Sums of a block are local: the compiler vectorises the gather only if it sees that sums
        // and samples do not overlap.
        let mut all = [[[0.0; BLOCK]; P]; 2];
        for t in 0..G {
            let (trace, far) = (&traces[t][..last + 2], &group.far[t][block.clone()]);
            match &group.factors {
                None => {
                    for j in 0..n {
                        let v = between(trace, place(near[j], far[j], group.rate, last));
                        for p in 0..P {
                            all[0][p][j] += v[p];
                        }
                    }
                }
                Some(factors) => {
                    let [c, e] = factors[t].map(|f| &f[block.clone()]);
                    let a = group.aperture.map(|a| &a[t][block.clone()]);
                    let [first, second] = &mut all;
                    for (p, (first, second)) in first.iter_mut().zip(second).enumerate() {
                        for j in 0..n {
                            let v = between(trace, place(near[j], far[j], group.rate, last))[p];
                            let v = match a {
                                Some(a) => v * a[j],
                                None => v,
                            };
                            first[j] = v.mul_add(c[j], first[j]);
                            second[j] = v.mul_add(e[j], second[j]);
                        }
                    }
                }
            }
        }
        let sums = if group.factors.is_some() { 2 } else { 1 };
        for (sum, all) in out[..sums].iter_mut().zip(&all) {
            for (sum, all) in sum.iter_mut().zip(all) {
                sum[block.clone()].iter_mut().zip(all).for_each(|(sum, x)| *sum += *x);
            }
        }
    }
}

/// The value of a trace between two samples; 0 if they do not exist.
#[inline(always)]
fn between<R: Real, const P: usize>(
    trace: &[[R; P]],
    (k, w, there): (usize, f64, bool),
) -> [f64; P] {
    let (y, next) = (trace[k], trace[k + 1]);
    let mut values = [0.0; P];
    for p in 0..P {
        let (y, next) = (y[p].widened(), next[p].widened());
        let v = (next - y).mul_add(w, y);
        values[p] = if there { v } else { 0.0 };
    }
    values
}

#[cfg(test)]
mod tests;
