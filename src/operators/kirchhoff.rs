//! Kirchhoff demigration, whose adjoint is migration.

mod geometry;
mod tables;
mod wavelet;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::geometry::{axis, few, given, limits, numbers, pair, points, real, single, table};
use self::tables::{Amplitude, ModelGrid, Velocity};
use self::wavelet::filtered;
use crate::graph::{self, Aperture, Value};
use crate::io::{self, Array};
use crate::operators::convolution::{Algorithm, convolve};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Kirchhoff>("Kirchhoff");

/// Kirchhoff demigration: models data from reflectivity; the adjoint migrates data.
///
/// ```text
/// d(s, r, t) = w(t) * sum_i A(s, i, r) m_i delta(t - t(s, i) - t(i, r))
/// ```
/// with linear interpolation between samples; times outside the axis are dropped silently, since
/// they are computed during the run. A = 1, or with `dynamic`
///
/// ```text
/// A = 2 cos((b_s - b_r) / 2) a_s a_r h(b_s) h(b_r) h(|x_s - x_r| / z) / v
/// ```
/// with the angle b between a ray and the vertical, from the gradient of traveltimes with the
/// grid's own sampling; the amplitude a = 1/sqrt(distance + e) in 2-D, 1/(distance + e) in 3-D,
/// where e is a hundredth of the largest distances of a source and of a receiver; and smooth tapers
/// h of the apertures. Distances are straight lines in `eikonal` too. Memory holds ns + nr tables
/// of traveltimes, and twice as many of weights, but never ns nr. Model `(nx, nz)` or `(ny, nx,
/// nz)`, data `(ns, nr, nt)`. PyLops: `Kirchhoff`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Kirchhoff {
    /// Depths of the model's samples, an increasing array.
    z: ArrayParam,
    /// Horizontal positions of the model's samples, an increasing array.
    x: ArrayParam,
    /// Time axis; regular, from 0.
    t: ArrayParam,
    /// Sources `(2, ns)`, rows x and z; in 3-D `(3, ns)`, rows y, x and z.
    srcs: ArrayParam,
    /// Receivers `(2, nr)` or `(3, nr)`, with the rows of `srcs`.
    recs: ArrayParam,
    /// Velocity: a number for `analytic`, an array of the model's dims for `eikonal`; for `byot` either,
    /// with `dynamic` only.
    vel: Option<ArrayParam>,
    /// Wavelet that every arrival has, an array of one axis sampled as `t`.
    wav: ArrayParam,
    /// Index of the wavelet's time zero.
    wavcenter: usize,
    /// Positions of the model's samples across, an increasing array, for a 3-D model.
    y: Option<ArrayParam>,
    /// Traveltimes from straight rays (`analytic`), the eikonal equation (`eikonal`) or your own
    /// table (`byot`).
    #[serde(default)]
    mode: Mode,
    /// Multiplies the wavelet's spectrum by sqrt(i 2 pi f) in 2-D, by -i 2 pi f in 3-D.
    #[serde(default)]
    wavfilter: bool,
    /// Applies amplitudes and apertures.
    #[serde(default)]
    dynamic: bool,
    /// Traveltimes of `byot`: a pair `[of sources, of receivers]` with dims `(npoints, ns)` and
    /// `(npoints, nr)`, or one array `(npoints, ns nr)`, points in the model's order.
    trav: Option<OneOrMany<ArrayParam>>,
    /// Amplitudes of `byot` with `dynamic`: a pair as `trav`.
    amp: Option<OneOrMany<ArrayParam>>,
    /// Largest offset over depth, in samples of the model, with `dynamic` in 2-D: `[start of the
    /// taper, end of the taper]`, or the end alone, for a taper that starts at 0.8 of it.
    aperture: Option<OneOrMany<f64>>,
    /// Largest angle between a ray and the vertical in degrees, with `dynamic`; given like `aperture`.
    #[serde(default = "ninety")]
    angleaperture: OneOrMany<f64>,
}

fn ninety() -> OneOrMany<f64> {
    OneOrMany::One(90.0)
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Analytic,
    #[default]
    Eikonal,
    Byot,
}

impl Parameters for Kirchhoff {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let (nt, dt) = self.time(scope, at)?;
        let grid = self.grid(scope, at)?;
        let srcs = points("srcs", &self.srcs, &grid, scope, at)?;
        let recs = points("recs", &self.recs, &grid, scope, at)?;
        let (ns, nr) = (srcs.len(), recs.len());
        let model = at.fits("x", grid.dims())?;
        at.fits("t", vec![ns, nr, nt])?;
        let wav = self.wavelet(dt, grid.axes.len(), dtype, scope, at)?;
        let velocity = self.velocity(&grid, scope, at)?;
        for (key, points) in [("srcs", &srcs), ("recs", &recs)] {
            self.inside(key, points, &grid, at)?;
        }
        self.fit_together(at)?;
        let angles = limits("angleaperture", &self.angleaperture, at)?.map(f64::to_radians);
        let table = self.trav(grid.nodes(), [ns, nr], scope, at)?;
        let aperture = self.aperture(&grid, &srcs, &recs, at)?;
        let amplitudes = self.amp(grid.nodes(), [ns, nr], scope, at)?;
        let table = match table {
            Some(Given::One(table)) => Tables::One(table),
            Some(Given::Pair(pair)) => {
                let amplitude = match amplitudes {
                    Some(pair) => pair.each_ref().map(|a| tables::turned(a).map(Amplitude::Given)),
                    None => spreading(&grid, &srcs, &recs),
                };
                let pair = pair.each_ref().map(tables::turned);
                self.tables(pair, &grid, amplitude, angles, velocity.as_ref(), at)?
            }
            None => {
                let velocity = velocity.as_ref()?;
                let pair = [&srcs, &recs].map(|points| tables::times(&grid, points, velocity));
                let amplitude = spreading(&grid, &srcs, &recs);
                self.tables(pair, &grid, amplitude, angles, Some(velocity), at)?
            }
        };
        let model = ArrayType { dims: model, dtype };
        let aperture = aperture.map(Arc::new);
        let wavcenter = self.wavcenter;
        Some(Arc::new(Built { model, dimsd: [ns, nr, nt], dt, table, aperture, wav, wavcenter }))
    }
}

/// Tables as given, `(npoints, ..)`.
enum Given {
    One(Array),
    Pair([Array; 2]),
}

/// Tables in the form that primitives take.
#[derive(Debug)]
enum Tables {
    /// Times `(npoints, ns nr)`.
    One(Array),
    /// Times `(.., npoints)` of sources and receivers, and their weights `(.., 2, npoints)`.
    Pair([Array; 2], Option<[Array; 2]>),
}

impl Kirchhoff {
    /// Number of time samples, and their interval.
    fn time(&self, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<(usize, f64)> {
        let t = axis("t", &self.t, scope, at)?;
        let label = "expected at least two samples";
        at.require(t.len() > 1, "t", label)?;
        let dt = t[t.len() - 1] / (t.len() - 1) as f64;
        let regular = dt > 0.0 && (0..t.len()).all(|k| (t[k] - k as f64 * dt).abs() < 1e-3 * dt);
        let label = format!("expected 0, dt, 2 dt and so on, found {}", few(&t));
        at.require(regular, "t", label)?;
        Some((t.len(), dt))
    }

    /// The model's axes. The eikonal equation and angles require regular ones.
    fn grid(&self, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<ModelGrid> {
        let mut params = vec![("x", &self.x), ("z", &self.z)];
        if let Some(y) = &self.y {
            params.insert(0, ("y", y));
        }
        let (mut axes, mut spacing) = (Vec::new(), Vec::new());
        for (key, param) in params {
            let a = axis(key, param, scope, at)?;
            let last = a.len() - 1;
            if self.dynamic || self.mode == Mode::Eikonal {
                at.require(last > 0, key, "expected at least two samples")?;
                let d = (a[last] - a[0]) / last as f64;
                let on = |k: usize| (a[k] - a[0] - k as f64 * d).abs() < 1e-3 * d;
                let label = format!("expected a regular, increasing axis, found {}", few(&a));
                at.require(d > 0.0 && (0..=last).all(on), key, label)?;
            }
            spacing.push(if last > 0 { (a[last] - a[0]) / last as f64 } else { 1.0 });
            axes.push(a);
        }
        Some(ModelGrid { axes, spacing })
    }

    fn wavelet(
        &self,
        dt: f64,
        ndim: usize,
        dtype: DType,
        scope: &mut dyn Scope,
        at: &mut Checker<'_>,
    ) -> Option<Array> {
        let wav = at.coefficients("wav", &self.wav, dtype, scope)?;
        let ArrayType { dims, dtype } = wav.ty().clone();
        let label = format!("expected one axis, found {}", show_dims(&dims));
        at.require(dims.len() == 1 && dims[0] > 0, "wav", label)?;
        let label = format!("expected an index below {}, the wavelet's length", dims[0]);
        at.require(self.wavcenter < dims[0], "wavcenter", label)?;
        if !self.wavfilter {
            return Some(wav);
        }
        at.require(!dtype.is_complex(), "wav", "`wavfilter` needs a real wavelet")?;
        let values = numbers("wav", &wav, at)?;
        let filtered = filtered(&values, dt, ndim).into_iter().map(Into::into).collect();
        match Array::values(dims, filtered, dtype) {
            Ok(array) => Some(array.named("wav, filtered")),
            Err(error) => {
                at.require(false, "wav", error.to_string())?;
                None
            }
        }
    }

    fn velocity(
        &self,
        grid: &ModelGrid,
        scope: &mut dyn Scope,
        at: &mut Checker<'_>,
    ) -> Option<Option<Velocity>> {
        let needed = self.mode != Mode::Byot || self.dynamic;
        let Some(param) = &self.vel else {
            at.require(!needed, "vel", "`vel` is required, except for `byot` without `dynamic`")?;
            return Some(None);
        };
        if let ArrayParam::Scalar(v) = param {
            let label = format!("expected a velocity above 0, found {v}");
            at.require(*v > 0.0 && v.is_finite(), "vel", label)?;
            let label = "the eikonal equation needs an array of velocities; for a number, write `mode = \"analytic\"`";
            at.require(self.mode != Mode::Eikonal, "vel", label)?;
            return Some(Some(Velocity::Constant(*v)));
        }
        let array = at.array("vel", param, DType::Float64, scope)?;
        let label =
            "straight rays need one velocity, a number; for an array, write `mode = \"eikonal\"`";
        at.require(self.mode != Mode::Analytic, "vel", label)?;
        let (dims, found) = (grid.dims(), array.ty().dims.clone());
        let label =
            format!("expected {}, the model's dims, found {}", show_dims(&dims), show_dims(&found));
        at.require(found == dims || found == [grid.nodes()], "vel", label)?;
        let array = real("vel", array, at)?;
        Some(Some(Velocity::Field(array)))
    }

    /// Requires points inside the grid if the eikonal equation is solved there.
    fn inside(
        &self,
        key: &str,
        points: &[Vec<f64>],
        grid: &ModelGrid,
        at: &mut Checker<'_>,
    ) -> Option<()> {
        let beyond = |point: &Vec<f64>| {
            grid.axes.iter().zip(point).any(|(axis, &p)| p < axis[0] || p > axis[axis.len() - 1])
        };
        let found = points.iter().position(beyond).filter(|_| self.mode == Mode::Eikonal);
        let label = found.map_or(String::new(), |k| {
            format!("point {k} at {:?} is outside the model", points[k])
        });
        at.require(found.is_none(), key, label)
    }

    /// The tables given for `byot`.
    fn trav(
        &self,
        nodes: usize,
        counts: [usize; 2],
        scope: &mut dyn Scope,
        at: &mut Checker<'_>,
    ) -> Option<Option<Given>> {
        let Some(param) = &self.trav else {
            at.require(self.mode != Mode::Byot, "trav", "`byot` needs the table `trav`")?;
            return Some(None);
        };
        let label = "a table needs `mode = \"byot\"`";
        at.require(self.mode == Mode::Byot, "trav", label)?;
        if let Some(pair) = pair(param) {
            return Some(Some(Given::Pair(given("trav", pair, nodes, counts, scope, at)?)));
        }
        let label = "amplitudes and angles need a pair `[of sources, of receivers]`";
        at.require(!self.dynamic, "trav", label)?;
        let Some(param) = single(param) else {
            at.require(false, "trav", "expected an array, or a pair of arrays' names")?;
            return None;
        };
        let n = counts[0] * counts[1];
        Some(Some(Given::One(table("trav", &param, nodes, n, "ns nr", scope, at)?)))
    }

    fn amp(
        &self,
        nodes: usize,
        counts: [usize; 2],
        scope: &mut dyn Scope,
        at: &mut Checker<'_>,
    ) -> Option<Option<[Array; 2]>> {
        let Some(param) = &self.amp else {
            let needed = self.mode == Mode::Byot && self.dynamic;
            at.require(!needed, "amp", "`byot` with `dynamic` needs the amplitudes `amp`")?;
            return Some(None);
        };
        let Some(pair) = pair(param) else {
            at.require(false, "amp", "expected a pair `[of sources, of receivers]`")?;
            return None;
        };
        Some(Some(given("amp", pair, nodes, counts, scope, at)?))
    }

    /// Reports keys that have no effect without others.
    fn fit_together(&self, at: &mut Checker<'_>) -> Option<()> {
        let given = |at: &Checker<'_>, key: &str| at.table.params.get(key).is_some();
        for key in ["amp", "aperture", "angleaperture"] {
            let holds = self.dynamic || !given(at, key);
            at.require(holds, key, "weights need `dynamic = true`")?;
        }
        let label = "amplitudes need `mode = \"byot\"`";
        at.require(self.mode == Mode::Byot || self.amp.is_none(), "amp", label)
    }

    fn aperture(
        &self,
        grid: &ModelGrid,
        srcs: &[Vec<f64>],
        recs: &[Vec<f64>],
        at: &mut Checker<'_>,
    ) -> Option<Option<Aperture>> {
        let Some(param) = &self.aperture else { return Some(None) };
        let label = "offset over depth is 2-D only; limit angles with `angleaperture`";
        at.require(grid.axes.len() == 2, "aperture", label)?;
        let limits = limits("aperture", param, at)?;
        let below = |points: &[Vec<f64>]| {
            points.iter().map(|p| ((p[0] - grid.axes[0][0]) / grid.spacing[0]).floor()).collect()
        };
        let (sources, receivers) = (below(srcs), below(recs));
        Some(Some(Aperture { nz: grid.axes[1].len(), sources, receivers, limits }))
    }

    /// Times, and the weights that belong to them.
    fn tables(
        &self,
        times: [io::Result<Array>; 2],
        grid: &ModelGrid,
        amplitudes: [io::Result<Amplitude>; 2],
        angles: [f64; 2],
        velocity: Option<&Velocity>,
        at: &mut Checker<'_>,
    ) -> Option<Tables> {
        let mut made = |array: io::Result<Array>, name: &str| match array {
            Ok(array) => Some(array.named(name)),
            Err(error) => {
                at.require(false, "x", error.to_string())?;
                None
            }
        };
        let [s, r] = times;
        let times = [made(s, "times of sources")?, made(r, "times of receivers")?];
        if !self.dynamic {
            return Some(Tables::Pair(times, None));
        }
        let [s, r] = amplitudes;
        let s = s.and_then(|a| tables::weights(grid, &times[0], a, angles, velocity));
        let r = r.and_then(|a| tables::weights(grid, &times[1], a, angles, None));
        let weights = [made(s, "weights of sources")?, made(r, "weights of receivers")?];
        Some(Tables::Pair(times, Some(weights)))
    }
}

/// Amplitudes by distance. PyLops' hundredth of the largest distances keeps them finite at sources
/// and receivers.
fn spreading(grid: &ModelGrid, srcs: &[Vec<f64>], recs: &[Vec<f64>]) -> [io::Result<Amplitude>; 2] {
    let floor = 1e-2 * (grid.furthest(srcs) + grid.furthest(recs));
    [srcs, recs].map(|points| Ok(Amplitude::Spreading(points.to_vec(), floor)))
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    dimsd: [usize; 3],
    dt: f64,
    table: Tables,
    aperture: Option<Arc<Aperture>>,
    wav: Array,
    wavcenter: usize,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let m = x.flatten();
        let d = match &self.table {
            Tables::One(times) => {
                let d = m.spread_at_times(&x.constant(times), self.dt, self.dimsd[2])?;
                d.reshape(&self.dimsd)?
            }
            Tables::Pair(times, weights) => m.demigrate(
                times.each_ref().map(|t| x.constant(t)),
                weights.as_ref().map(|w| w.each_ref().map(|w| x.constant(w))),
                self.dimsd[2],
                self.dt,
                self.aperture.clone(),
            )?,
        };
        convolve(&d, &[2], &self.wav, &[self.wavcenter], Algorithm::of(&self.wav))
    }
}
