//! Sources of arrays that a formula of the field gives: wavelets, events, tapers, traveltimes,
//! windows, direct waves and slopes, under PyLops' parameter names.

use super::array_ref::{ArrayRef, array_ref};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::node::{NodeValue, ParamTable, TomlNode};
use super::reader::{self, Reader, wrong};
use super::signals::{self, SignalSpec};
use super::slopes::{self, SlopesSpec};
use super::source::Spanned;

/// Longest Fourier transform.
const MOST_NFFT: usize = 1 << 30;

/// An array that a formula gives.
#[derive(Clone, Debug, PartialEq)]
pub enum SyntheticSpec {
    /// `ricker`, `gaussian`, `klauder`, `ormsby`.
    Wavelet(WaveletSpec),
    /// `linear2d`, `parabolic2d`, `hyperbolic2d`, `linear3d`, `parabolic3d`, `hyperbolic3d`.
    Events(EventsSpec),
    /// `taper`: samples of each axis, and those of each of its edges.
    Taper(Vec<(usize, usize)>, TaperType),
    /// `chirp`, `sines`, `get_window`.
    Signal(SignalSpec),
    /// `traveltime`.
    Traveltime(TraveltimeSpec),
    /// `window`: Marchenko's, in both directions of time.
    Window {
        /// Traveltimes.
        trav: ArrayRef,
        /// Taken off them.
        toff: f64,
        /// Time between samples.
        dt: f64,
        /// Samples of each direction of time.
        nt: usize,
        /// Samples of the running mean; 0 for none.
        nsmooth: usize,
    },
    /// `causal`: 0 at negative times, 1 at others.
    Causal {
        /// Samples of each direction of time.
        nt: usize,
        /// Samples of the running mean; 0 for none.
        nsmooth: usize,
    },
    /// `slope_estimate`, `dip_estimate`, `pwd_slope_estimate`.
    Slopes(SlopesSpec),
    /// `directwave`.
    DirectWave {
        /// A wavelet.
        wav: ArrayRef,
        /// Traveltimes.
        trav: ArrayRef,
        /// Distances; given in three dimensions only.
        dist: Option<ArrayRef>,
        /// Samples in time.
        nt: usize,
        /// Time between samples.
        dt: f64,
        /// Length of the Fourier transform.
        nfft: usize,
        /// Whether to differentiate in time.
        derivative: bool,
    },
}

/// A wavelet on the half axis of `nt` samples.
#[derive(Clone, Debug, PartialEq)]
pub struct WaveletSpec {
    /// Which, with its own parameters.
    pub shape: WaveletShape,
    /// Samples of the half axis.
    pub nt: usize,
    /// Time between samples.
    pub dt: f64,
    /// NumPy's window over the wavelet.
    pub taper: Option<NumpyWindow>,
}

/// Which wavelet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WaveletShape {
    /// Ricker's, of a central frequency.
    Ricker(f64),
    /// A Gaussian, of a standard deviation in samples.
    Gaussian(f64),
    /// Klauder's, of a sweep between two frequencies.
    Klauder([f64; 2]),
    /// Ormsby's, of four frequencies.
    Ormsby([f64; 4]),
}

/// One of NumPy's windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumpyWindow {
    /// `numpy.hanning`.
    Hanning,
    /// `numpy.hamming`.
    Hamming,
    /// `numpy.blackman`.
    Blackman,
    /// `numpy.bartlett`.
    Bartlett,
}

/// Seismic events of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct EventsSpec {
    /// The x axis, its first coordinate, step and number of coordinates.
    pub x: (f64, f64, usize),
    /// The y axis in three dimensions.
    pub y: Option<(f64, f64, usize)>,
    /// The time axis.
    pub t: (f64, f64, usize),
    /// Moveout and amplitude of each event.
    pub events: Vec<(Moveout, f64)>,
    /// The wavelet; spikes need none.
    pub wav: Option<ArrayRef>,
    /// Spikes instead of wavelets.
    pub spikes: bool,
}

/// When an event comes to a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moveout {
    /// A plane wave: time at the origin, velocity, two angles in degrees.
    Linear([f64; 4]),
    /// Time at the origin, slownesses along x and y, curvatures along x and y.
    Parabolic([f64; 5]),
    /// Time at the origin, velocities along x and y.
    Hyperbolic([f64; 3]),
}

/// How a taper falls off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaperType {
    /// A raised cosine.
    Hanning,
    /// A raised cosine, under its other name in PyLops.
    Cosine,
    /// Its square.
    CosineSquare,
    /// Its square root.
    CosineSqrt,
    /// Ones.
    Ones,
}

/// Traveltimes between points.
#[derive(Clone, Debug, PartialEq)]
pub struct TraveltimeSpec {
    /// Where waves start: `[ndim]` or `[ndim, n]`.
    pub from: ArrayRef,
    /// Where they come to; without it every node of the grid.
    pub to: Option<ArrayRef>,
    /// The medium.
    pub vel: Velocity,
    /// Coordinates of the grid, axis by axis.
    pub axes: Option<Spanned<Vec<ArrayRef>>>,
}

/// The velocity of a medium.
#[derive(Clone, Debug, PartialEq)]
pub enum Velocity {
    /// The same everywhere: straight rays.
    Constant(f64),
    /// One a node of the grid: the eikonal equation.
    Grid(ArrayRef),
}

/// Keys of these sources.
pub(super) const SOURCES: [&str; 21] = [
    "ricker",
    "gaussian",
    "klauder",
    "ormsby",
    "linear2d",
    "parabolic2d",
    "hyperbolic2d",
    "linear3d",
    "parabolic3d",
    "hyperbolic3d",
    "taper",
    "traveltime",
    "window",
    "causal",
    "directwave",
    "slope_estimate",
    "dip_estimate",
    "pwd_slope_estimate",
    "chirp",
    "sines",
    "get_window",
];

/// What to write, in a message about what was written.
pub(super) fn example(source: &str) -> &'static str {
    match source {
        "ricker" => "{ f0 = 20.0, dt = 0.004, nt = 41 }",
        "gaussian" => "{ std = 2.0, nt = 41 }",
        "klauder" => "{ f = [5.0, 20.0], dt = 0.004, nt = 41 }",
        "ormsby" => "{ f = [5.0, 10.0, 45.0, 50.0], dt = 0.004, nt = 41 }",
        "taper" => "{ nmask = 31, ntap = 5 }",
        "traveltime" => "{ from = \"src\", to = \"rec\", vel = 2400.0 }",
        "window" => "{ trav = \"trav\", dt = 0.004, nt = 300 }",
        "causal" => "{ nt = 300 }",
        "slope_estimate" | "dip_estimate" => "{ d = \"image\", smooth = 5.0 }",
        "pwd_slope_estimate" => "{ d = \"image\", nsmooth = 10 }",
        "chirp" => "{ f0 = 5.0, f1 = 60.0, dt = 0.004, nt = 300 }",
        "sines" => "{ f = [5.0, 12.0], amp = [1.0, 0.5], dt = 0.004, nt = 300 }",
        "get_window" => "{ window = \"tukey\", Nx = 300 }",
        "directwave" => "{ wav = \"wav\", trav = \"trav\", dt = 0.004, nt = 300 }",
        "linear2d" | "parabolic2d" | "hyperbolic2d" => {
            "{ ox = 0.0, dx = 10.0, nx = 31, ot = 0.0, dt = 0.004, nt = 300, ..., amp = 1.0, wav = \"wav\" }"
        }
        _ => {
            "{ ox = 0.0, dx = 10.0, nx = 31, oy = 0.0, dy = 10.0, ny = 51, ot = 0.0, dt = 0.004, nt = 300, ..., amp = 1.0, wav = \"wav\" }"
        }
    }
}

/// Reads the table of a source.
pub(super) fn read(
    source: &'static str,
    table: &ParamTable,
    out: &mut Diagnostics,
) -> Option<SyntheticSpec> {
    let mistakes = out.len();
    let mut r = Reader::new(table, format!("`{source}`"), out);
    let spec = match source {
        "ricker" | "gaussian" | "klauder" | "ormsby" => {
            wavelet(source, &mut r).map(SyntheticSpec::Wavelet)
        }
        "taper" => taper(&mut r),
        "traveltime" => traveltime(&mut r).map(SyntheticSpec::Traveltime),
        "window" => window(&mut r),
        "causal" => {
            let nt = r.require("nt", samples);
            let nsmooth = nsmooth(&mut r, nt, 0);
            nt.map(|nt| SyntheticSpec::Causal { nt, nsmooth })
        }
        "directwave" => directwave(&mut r),
        "slope_estimate" | "dip_estimate" | "pwd_slope_estimate" => {
            slopes::read(source, &mut r).map(SyntheticSpec::Slopes)
        }
        "chirp" | "sines" | "get_window" => {
            signals::read(source, &mut r).map(SyntheticSpec::Signal)
        }
        _ => events(source, &mut r).map(SyntheticSpec::Events),
    };
    r.finish();
    spec.filter(|_| out.len() == mistakes)
}

fn wavelet(source: &str, r: &mut Reader<'_, '_>) -> Option<WaveletSpec> {
    let nt = r.require("nt", samples);
    // A Gaussian is measured in samples.
    let dt = if source == "gaussian" {
        Some(r.read("dt", positive).unwrap_or(1.0))
    } else {
        r.require("dt", positive)
    };
    let shape = match source {
        "ricker" => WaveletShape::Ricker(r.read("f0", positive).unwrap_or(10.0)),
        "gaussian" => WaveletShape::Gaussian(r.read("std", positive).unwrap_or(1.0)),
        "klauder" => {
            if nt.is_some_and(|nt| nt < 3) {
                r.out.push(mistake(r.table, "nt", "expected at least 3 samples"));
            }
            WaveletShape::Klauder(r.read("f", frequencies).unwrap_or([5.0, 20.0]))
        }
        _ => WaveletShape::Ormsby(r.read("f", frequencies).unwrap_or([5.0, 10.0, 45.0, 50.0])),
    };
    let windows = [
        ("hanning", NumpyWindow::Hanning),
        ("hamming", NumpyWindow::Hamming),
        ("blackman", NumpyWindow::Blackman),
        ("bartlett", NumpyWindow::Bartlett),
    ];
    let taper = match source {
        "gaussian" => None,
        _ => r.read("taper", |n, k| reader::word(n, k, &windows)).map(|w| w.value),
    };
    Some(WaveletSpec { shape, nt: nt?, dt: dt?, taper })
}

/// `N` frequencies in increasing order.
fn frequencies<const N: usize>(node: &TomlNode, key: &str) -> Result<[f64; N], Diagnostic> {
    let expected = format!("a list of {N} frequencies in increasing order");
    let list = reader::list(node, key, &expected, |n, k| Ok(reader::number(n, k)?.value))?;
    let rising = list.windows(2).all(|f| f[0] < f[1]);
    match <[f64; N]>::try_from(list) {
        Ok(list) if rising && list[0] >= 0.0 => Ok(list),
        _ => Err(wrong(node, key, &expected)),
    }
}

fn events(source: &str, r: &mut Reader<'_, '_>) -> Option<EventsSpec> {
    let cubic = source.ends_with("3d");
    let x = axis(r, ["ox", "dx", "nx"]);
    let y = if cubic { axis(r, ["oy", "dy", "ny"]).map(Some) } else { Some(None) };
    let t = axis(r, ["ot", "dt", "nt"]);
    let (events, moveout): (_, fn(&[f64]) -> Moveout) = match source {
        "linear2d" | "linear3d" => {
            let v = r.require("v", not_zero).unwrap_or(1.0);
            let keys: &[&'static str] =
                if cubic { &["t0", "theta", "phi", "amp"] } else { &["t0", "theta", "amp"] };
            let mut columns = columns(r, keys);
            // In two dimensions along x.
            for event in &mut columns {
                event.insert(1, v);
                if !cubic {
                    event.insert(3, 0.0);
                }
            }
            (columns, |e| Moveout::Linear([e[0], e[1], e[2], e[3]]))
        }
        "parabolic2d" => (columns(r, &["t0", "px", "pxx", "amp"]), |e| {
            Moveout::Parabolic([e[0], e[1], 0.0, e[2], 0.0])
        }),
        "parabolic3d" => (columns(r, &["t0", "px", "py", "pxx", "pyy", "amp"]), |e| {
            Moveout::Parabolic([e[0], e[1], e[2], e[3], e[4]])
        }),
        "hyperbolic2d" => {
            (columns(r, &["t0", "vrms", "amp"]), |e| Moveout::Hyperbolic([e[0], e[1], 1.0]))
        }
        _ => (columns(r, &["t0", "vrms_x", "vrms_y", "amp"]), |e| {
            Moveout::Hyperbolic([e[0], e[1], e[2]])
        }),
    };
    let spikes = r.read("spikes", reader::boolean).is_some_and(|s| s.value);
    let wav = if spikes { r.read("wav", array_ref) } else { Some(r.require("wav", array_ref)?) };
    let events = events.iter().filter_map(|e| Some((moveout(e), *e.last()?))).collect();
    Some(EventsSpec { x: x?, y: y?, t: t?, events, wav, spikes })
}

fn axis(r: &mut Reader<'_, '_>, keys: [&'static str; 3]) -> Option<(f64, f64, usize)> {
    let origin = r.require(keys[0], reader::number);
    let step = r.require(keys[1], if keys[1] == "dt" { positive } else { not_zero });
    let num = r.require(keys[2], samples);
    Some((origin?.value, step?, num?))
}

/// The parameters of each event, from a number or a list under each key. A number holds for every
/// event; lists are of equal length.
fn columns(r: &mut Reader<'_, '_>, keys: &[&'static str]) -> Vec<Vec<f64>> {
    let mistakes = r.out.len();
    let mut lists: Vec<(&'static str, Vec<f64>)> = Vec::new();
    let mut columns = Vec::new();
    for &key in keys {
        // A velocity divides.
        let read = |n: &TomlNode, k: &str| {
            if k.starts_with("vrms") { not_zero(n, k) } else { Ok(reader::number(n, k)?.value) }
        };
        let column = r.require(key, |node, key| match node.value {
            NodeValue::Array(_) => {
                let list = reader::list(node, key, "a list of numbers", read)?;
                if list.is_empty() {
                    return Err(wrong(node, key, "a number for each event"));
                }
                Ok((list, true))
            }
            _ => Ok((vec![read(node, key)?], false)),
        });
        if let Some((column, listed)) = column {
            if listed {
                lists.push((key, column.clone()));
            }
            columns.push(column);
        }
    }
    let number = lists.first().map_or(1, |(_, list)| list.len());
    for (key, list) in &lists {
        if list.len() != number {
            let first = lists[0].0;
            let label = format!("expected {number} values as in `{first}`, found {}", list.len());
            r.out.push(mistake(r.table, key, label).also(r.table.span_of(first), "the first list"));
        }
    }
    if r.out.len() > mistakes {
        return Vec::new();
    }
    let value = |column: &Vec<f64>, event: usize| column[event.min(column.len() - 1)];
    (0..number).map(|e| columns.iter().map(|c| value(c, e)).collect()).collect()
}

fn taper(r: &mut Reader<'_, '_>) -> Option<SyntheticSpec> {
    let nmask = r.require("nmask", counts);
    let ntap = r.require("ntap", counts);
    let nt = r.read("nt", samples);
    let types = [
        ("hanning", TaperType::Hanning),
        ("cosine", TaperType::Cosine),
        ("cosinesquare", TaperType::CosineSquare),
        ("cosinesqrt", TaperType::CosineSqrt),
        ("none", TaperType::Ones),
    ];
    let kind = r.read("tapertype", |n, k| reader::word(n, k, &types));
    let kind = kind.map_or(TaperType::Hanning, |k| k.value);
    let ((mut nmask, one), (mut ntap, single)) = (nmask?, ntap?);
    // A number of edge samples holds for the axes of `nmask`, a longer list for time too.
    if single && !one {
        ntap = vec![ntap[0]; nmask.len()];
    }
    let along = nmask.len();
    nmask.extend(nt);
    if ntap.len() == along {
        ntap.resize(nmask.len(), 0);
    }
    if ntap.len() != nmask.len() {
        let label = format!("expected {along} numbers as in `nmask`, found {}", ntap.len());
        r.out.push(mistake(r.table, "ntap", label));
        return None;
    }
    let wide = nmask.iter().zip(&ntap).find(|&(&n, &edge)| edge > n / 2);
    if let Some((n, edge)) = wide.filter(|_| kind != TaperType::Ones) {
        let label = format!("two edges of {edge} do not fit into {n}: at most {} do", n / 2);
        r.out.push(mistake(r.table, "ntap", label));
        return None;
    }
    Some(SyntheticSpec::Taper(nmask.into_iter().zip(ntap).collect(), kind))
}

fn traveltime(r: &mut Reader<'_, '_>) -> Option<TraveltimeSpec> {
    let from = r.require("from", array_ref);
    let to = r.read("to", array_ref);
    let vel = r.require("vel", |node, key| match node.complex()? {
        Some(_) => Ok(Velocity::Constant(positive(node, key)?)),
        None => Ok(Velocity::Grid(array_ref(node, key)?)),
    });
    let axes = r.read("axes", |node, key| {
        let expected = "a list of the grid's axes, each an array's name or a list of numbers";
        let axes = reader::list(node, key, expected, array_ref)?;
        Ok(Spanned::new(axes, node.span.clone()))
    });
    let vel = vel?;
    let table = r.table;
    match &vel {
        Velocity::Constant(_) if table.get("axes").is_none() && table.get("to").is_none() => {
            r.missing("to");
        }
        Velocity::Constant(_) if table.get("axes").is_some() && table.get("to").is_some() => {
            let label = "a constant velocity needs no grid";
            r.out.push(mistake(table, "axes", label).help("leave out `axes`, or `to`"));
        }
        Velocity::Grid(_) if table.get("axes").is_none() => r.missing("axes"),
        _ => {}
    }
    Some(TraveltimeSpec { from: from?, to, vel, axes })
}

fn window(r: &mut Reader<'_, '_>) -> Option<SyntheticSpec> {
    let trav = r.require("trav", array_ref);
    let toff = r.read("toff", reader::number).map_or(0.0, |t| t.value);
    let dt = r.require("dt", positive);
    let nt = r.require("nt", samples);
    let nsmooth = nsmooth(r, nt, 10);
    Some(SyntheticSpec::Window { trav: trav?, toff, dt: dt?, nt: nt?, nsmooth })
}

/// The running mean of a window of `2 nt - 1` samples, which must be longer than three of it.
fn nsmooth(r: &mut Reader<'_, '_>, nt: Option<usize>, default: usize) -> usize {
    let n = r.read("nsmooth", reader::dims_of_one).unwrap_or(default);
    if let Some(nt) = nt
        && n.saturating_mul(3) >= 2 * nt - 1
        && n > 0
    {
        let key = if r.table.get("nsmooth").is_some() { "nsmooth" } else { "nt" };
        let label = format!("smoothing over {n} samples needs more than {} of them", 3 * n);
        let window = format!("`nt` = {nt} makes a window of {} samples", 2 * nt - 1);
        r.out.push(mistake(r.table, key, label).help(window));
    }
    n
}

fn directwave(r: &mut Reader<'_, '_>) -> Option<SyntheticSpec> {
    let wav = r.require("wav", array_ref);
    let trav = r.require("trav", array_ref);
    let nt = r.require("nt", samples);
    let dt = r.require("dt", positive);
    let nfft = r.read("nfft", samples);
    let dist = r.read("dist", array_ref);
    let kind = r.read("kind", |n, k| reader::word(n, k, &[("2d", 2), ("3d", 3)]));
    let derivative = r.read("derivative", reader::boolean).is_none_or(|d| d.value);
    let cubic = kind.as_ref().is_some_and(|k| k.value == 3);
    if cubic && r.table.get("dist").is_none() {
        let label = "amplitudes decay with distance in 3-D: `dist` is required";
        r.out.push(mistake(r.table, "kind", label));
    }
    if !cubic && dist.is_some() && r.table.get("kind").is_none_or(|_| kind.is_some()) {
        let label = "distances need `kind = \"3d\"`";
        r.out.push(mistake(r.table, "dist", label));
    }
    for (key, n) in [("nt", nt), ("nfft", nfft)] {
        if n.is_some_and(|n| n > MOST_NFFT) {
            r.out.push(mistake(r.table, key, format!("expected at most {MOST_NFFT}")));
        }
    }
    let (wav, trav, nt) = (wav?, trav?, nt?);
    let nfft = nfft.unwrap_or(nt).max(nt);
    Some(SyntheticSpec::DirectWave { wav, trav, dist, nt, dt: dt?, nfft, derivative })
}

pub(super) fn mistake(table: &ParamTable, key: &str, label: impl Into<String>) -> Diagnostic {
    Diagnostic::new(table.span_of(key), format!("invalid value for `{key}`"), label)
}

/// A number of samples: at least one.
pub(super) fn samples(node: &TomlNode, key: &str) -> Result<usize, Diagnostic> {
    match reader::dims_of_one(node, key)? {
        0 => Err(wrong(node, key, "a positive integer")),
        n => Ok(n),
    }
}

/// Numbers of samples, and whether it was a single one.
fn counts(node: &TomlNode, key: &str) -> Result<(Vec<usize>, bool), Diagnostic> {
    match &node.value {
        NodeValue::Array(items) if items.is_empty() => {
            Err(wrong(node, key, "a number for each axis"))
        }
        NodeValue::Array(_) => {
            Ok((reader::list(node, key, "a list of integers", reader::dims_of_one)?, false))
        }
        _ => Ok((vec![reader::dims_of_one(node, key)?], true)),
    }
}

pub(super) fn positive(node: &TomlNode, key: &str) -> Result<f64, Diagnostic> {
    let x = reader::number(node, key)?.value;
    if x > 0.0 { Ok(x) } else { Err(wrong(node, key, "a positive number")) }
}

fn not_zero(node: &TomlNode, key: &str) -> Result<f64, Diagnostic> {
    let x = reader::number(node, key)?.value;
    if x == 0.0 { Err(wrong(node, key, "a nonzero number")) } else { Ok(x) }
}
