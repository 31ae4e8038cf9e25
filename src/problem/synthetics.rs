//! Arrays that a formula of the field gives: their dims from headers and parameters when the file is
//! loaded, their values when they are first read.

use super::arrays::because;
use super::fit::sized;
use super::names::Names;
use super::signals;
use crate::io::{Array, Evaluate, Formula};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::{
    ArrayRef, ArraySpec, Diagnostic, Diagnostics, EventsSpec, Moveout, NumpyWindow, SyntheticSpec,
    TaperType, TraveltimeSpec, Velocity, WaveletShape, WaveletSpec,
};
use crate::synthetics::directwave::DirectWave;
use crate::synthetics::{events, tapers, traveltime, wavelets, windows};

mod slopes;

/// A formula before it is known which array it is for.
struct Draft {
    inputs: Vec<Array>,
    dims: Vec<usize>,
    run: Box<Evaluate>,
    /// Numbers that it holds at a time beside its inputs and its result.
    scratch: usize,
}

impl Draft {
    fn new(
        inputs: Vec<Array>,
        dims: Vec<usize>,
        run: impl Fn(&[Vec<f64>]) -> std::result::Result<Vec<f64>, String> + Send + Sync + 'static,
    ) -> Draft {
        Draft { inputs, dims, run: Box::new(run), scratch: 0 }
    }
}

/// The array that a formula gives.
pub(super) fn array(
    name: &str,
    formula: &SyntheticSpec,
    spec: &ArraySpec,
    names: &mut Names,
    out: &mut Diagnostics,
) -> Option<Array> {
    let Draft { inputs, dims, run, scratch } = draft(formula, names, out)?;
    let wanted = spec.dtype.as_ref().map_or(names.dtype(), |d| d.value);
    let dtype = wanted.real();
    let ty = ArrayType::new(dims, dtype);
    // Most formulas turn what they compute into the result's order.
    let scratch = scratch.saturating_add(ty.len());
    let formula = Formula { inputs, ty, scratch, run };
    let array = formula.array().and_then(|array| array.cast(wanted));
    out.take(array.map_err(|error| {
        let message = format!("array `{name}` cannot be made");
        because(&spec.source_span, message, &error)
    }))
}

fn draft(formula: &SyntheticSpec, names: &mut Names, out: &mut Diagnostics) -> Option<Draft> {
    match formula {
        SyntheticSpec::Wavelet(spec) => Some(wavelet(spec)),
        SyntheticSpec::Signal(spec) => {
            let (num, run) = signals::of(spec);
            Some(Draft::new(Vec::new(), vec![num], move |_| Ok(run())))
        }
        SyntheticSpec::Events(spec) => seismic(spec, names, out),
        SyntheticSpec::Taper(axes, kind) => {
            let dims = axes.iter().map(|a| a.0).collect();
            let (axes, kind) = (axes.clone(), taper(*kind));
            Some(Draft::new(Vec::new(), dims, move |_| tapers::tapers(&axes, kind)))
        }
        SyntheticSpec::Traveltime(spec) => times(spec, names, out),
        SyntheticSpec::Slopes(spec) => slopes::draft(spec, names, out),
        &SyntheticSpec::Window { ref trav, toff, dt, nt, nsmooth } => {
            let trav = input(trav, "traveltimes", names, out)?;
            let mut dims = vec![2 * nt - 1];
            dims.extend(&trav.ty().dims);
            Some(Draft::new(vec![trav], dims, move |inputs| {
                windows::two_sided(&inputs[0], toff, dt, nt, nsmooth)
            }))
        }
        &SyntheticSpec::Causal { nt, nsmooth } => {
            let dims = vec![2 * nt - 1];
            Some(Draft::new(Vec::new(), dims, move |_| windows::causal(nt, nsmooth)))
        }
        &SyntheticSpec::DirectWave { ref wav, ref trav, ref dist, nt, dt, nfft, derivative } => {
            let wave = vector(wav, "a wavelet", names, out);
            let times = input(trav, "traveltimes", names, out);
            let far = match dist {
                Some(dist) => {
                    let far = input(dist, "distances", names, out)?;
                    if let Some(times) = &times {
                        same_dims(dist, &far, trav, times, out)?;
                    }
                    Some(far)
                }
                None => None,
            };
            let (wave, times) = (wave?, times?);
            let mut dims = vec![nt];
            dims.extend(&times.ty().dims);
            let inputs = [Some(wave), Some(times), far].into_iter().flatten().collect();
            Some(Draft::new(inputs, dims, move |inputs| {
                let wave = DirectWave { wav: &inputs[0], nt, dt, nfft, derivative };
                wave.at(&inputs[1], inputs.get(2).map(Vec::as_slice))
            }))
        }
    }
}

fn wavelet(spec: &WaveletSpec) -> Draft {
    let WaveletSpec { shape, nt, dt, taper } = spec.clone();
    let window = taper.map(|window| match window {
        NumpyWindow::Hanning => wavelets::Window::Hanning,
        NumpyWindow::Hamming => wavelets::Window::Hamming,
        NumpyWindow::Blackman => wavelets::Window::Blackman,
        NumpyWindow::Bartlett => wavelets::Window::Bartlett,
    });
    Draft::new(Vec::new(), vec![wavelets::samples(nt)], move |_| {
        let mut wavelet = match shape {
            WaveletShape::Ricker(f0) => wavelets::ricker(nt, dt, f0),
            WaveletShape::Gaussian(std) => wavelets::gaussian(nt, std),
            WaveletShape::Klauder(f) => wavelets::klauder(nt, dt, f),
            WaveletShape::Ormsby(f) => wavelets::ormsby(nt, dt, f),
        };
        if let Some(window) = window {
            wavelets::taper(&mut wavelet, window);
        }
        Ok(wavelet)
    })
}

fn seismic(spec: &EventsSpec, names: &mut Names, out: &mut Diagnostics) -> Option<Draft> {
    let wav = match &spec.wav {
        Some(wav) => Some(vector(wav, "a wavelet", names, out)?),
        None => None,
    };
    let axis = |(origin, step, num)| events::SampledAxis { origin, step, num };
    let y = spec.y.map_or(events::SampledAxis::ORIGIN, axis);
    let axes = [y, axis(spec.x), axis(spec.t)];
    let dims = axes.iter().map(|axis| axis.num).skip(usize::from(spec.y.is_none())).collect();
    let moveout = |moveout: Moveout| match moveout {
        Moveout::Linear([t0, v, theta, phi]) => events::Moveout::linear(t0, v, theta, phi),
        Moveout::Parabolic([t0, px, py, pxx, pyy]) => {
            events::Moveout::Polynomial { t0, px, py, pxx, pyy }
        }
        Moveout::Hyperbolic([t0, vx, vy]) => events::Moveout::Hyperbolic { t0, vx, vy },
    };
    let all: Vec<_> = spec.events.iter().map(|&(m, amp)| (moveout(m), amp)).collect();
    let halfway = wav.as_ref().map_or(0, |wav| wav.ty().len() / 2);
    // Spikes depend on the wavelet's length only.
    let inputs = wav.into_iter().filter(|_| !spec.spikes).collect();
    Some(Draft::new(inputs, dims, move |inputs| {
        let wav = inputs.first().map_or(&[][..], Vec::as_slice);
        Ok(events::events(axes, &all, wav, halfway))
    }))
}

fn taper(kind: TaperType) -> tapers::Taper {
    match kind {
        TaperType::Hanning => tapers::Taper::Hanning,
        TaperType::Cosine => tapers::Taper::Cosine,
        TaperType::CosineSquare => tapers::Taper::CosineSquare,
        TaperType::CosineSqrt => tapers::Taper::CosineSqrt,
        TaperType::Ones => tapers::Taper::Ones,
    }
}

/// Points of `[ndim]` or `[ndim, n]`: their array, `ndim`, and `n` if there is that axis.
type Points = (Array, usize, Option<usize>);

fn times(spec: &TraveltimeSpec, names: &mut Names, out: &mut Diagnostics) -> Option<Draft> {
    let from = points(&spec.from, names, out);
    let to = match &spec.to {
        Some(to) => points(to, names, out).map(Some),
        None => Some(None),
    };
    let grid = match &spec.axes {
        Some(axes) => {
            let axes: Vec<Option<Array>> =
                axes.value.iter().map(|a| vector(a, "a grid's axis", names, out)).collect();
            axes.into_iter().collect::<Option<Vec<Array>>>().map(Some)
        }
        None => Some(None),
    };
    let vel = match &spec.vel {
        Velocity::Constant(_) => Some(None),
        Velocity::Grid(vel) => input(vel, "velocities", names, out).map(Some),
    };
    let (from, to, grid, vel) = (from?, to?, grid?, vel?);
    let mistakes = out.len();
    let ndim = from.1;
    if let (Some(points), Some(to)) = (&spec.to, &to)
        && to.1 != ndim
    {
        let message = "points of different dimensions";
        let label = format!("these have {} coordinates", to.1);
        let place = format!("these have {ndim}");
        let mistake = Diagnostic::new(points.span().clone(), message, label);
        out.push(mistake.also(spec.from.span().clone(), place));
    }
    if let (Some(axes), Some(grid)) = (&spec.axes, &grid) {
        let mut wrong = |message: &str, label: String| {
            let mistake = Diagnostic::new(axes.span.clone(), message, label);
            out.push(
                mistake.also(spec.from.span().clone(), format!("points of {ndim} coordinates")),
            );
        };
        if grid.len() != ndim {
            wrong("the grid does not fit the points", format!("it has {} axes", grid.len()));
        } else if vel.is_some() && !(2..=3).contains(&ndim) {
            let message = "the eikonal equation is for 2 or 3 dimensions";
            wrong(message, format!("the grid has {ndim}"));
        }
    }
    let dims: Option<Vec<usize>> =
        grid.as_ref().map(|grid| grid.iter().map(|axis| axis.ty().len()).collect());
    if let (Velocity::Grid(place), Some(vel), Some(dims)) = (&spec.vel, &vel, &dims)
        && vel.ty().dims != *dims
    {
        let message = "velocities do not fit the grid";
        let label = format!("they are {}", sized(&vel.ty().dims));
        let mut mistake = Diagnostic::new(place.span().clone(), message, label);
        if let Some(axes) = &spec.axes {
            mistake = mistake.also(axes.span.clone(), format!("the grid is {}", sized(dims)));
        }
        out.push(mistake);
    }
    if out.len() > mistakes {
        return None;
    }
    let constant = match spec.vel {
        Velocity::Constant(vel) => Some(vel),
        Velocity::Grid(_) => None,
    };
    Some(traveltimes(from, to, grid.unwrap_or_default(), vel, constant))
}

/// The formula of traveltimes, whose inputs are the points of both sides, the axes, the velocities.
fn traveltimes(
    (from, ndim, n): Points,
    to: Option<Points>,
    grid: Vec<Array>,
    vel: Option<Array>,
    constant: Option<f64>,
) -> Draft {
    let mut dims = match &to {
        Some((_, _, n)) => n.iter().copied().collect(),
        None => grid.iter().map(|axis| axis.ty().len()).collect::<Vec<usize>>(),
    };
    dims.extend(n);
    let (axes, with_to) = (grid.len(), to.is_some());
    // Times of a batch of sources, and three arrays of each front.
    let scratch = vel.as_ref().map_or(0, |vel| vel.ty().len().saturating_mul(4 * 16));
    let mut inputs = vec![from];
    inputs.extend(to.map(|to| to.0));
    inputs.extend(grid);
    inputs.extend(vel);
    let draft = Draft::new(inputs, dims, move |inputs| {
        let from = as_points(&inputs[0], ndim);
        let (to, rest) = if with_to {
            (Some(as_points(&inputs[1], ndim)), &inputs[2..])
        } else {
            (None, &inputs[1..])
        };
        let axes: Vec<&[f64]> = rest[..axes].iter().map(Vec::as_slice).collect();
        match (constant, to) {
            (Some(vel), Some(to)) => Ok(traveltime::between(&from, &to, vel)),
            (Some(vel), None) => Ok(traveltime::straight(&axes, &from, vel)),
            (None, Some(to)) => traveltime::eikonal_at(&axes, &from, &rest[axes.len()], &to),
            (None, None) => traveltime::eikonal(&axes, &from, &rest[axes.len()]),
        }
    });
    Draft { scratch, ..draft }
}

/// Columns of `[ndim, n]`.
fn as_points(values: &[f64], ndim: usize) -> Vec<Vec<f64>> {
    let n = values.len() / ndim;
    (0..n).map(|p| (0..ndim).map(|k| values[k * n + p]).collect()).collect()
}

fn points(place: &ArrayRef, names: &mut Names, out: &mut Diagnostics) -> Option<Points> {
    let array = input(place, "points", names, out)?;
    match *array.ty().dims.as_slice() {
        [ndim] => Some((array, ndim, None)),
        [ndim, n] => Some((array, ndim, Some(n))),
        _ => {
            let message = "these are not points";
            let label = format!(
                "expected coordinates of one point, or a row of them for each axis, found {}",
                sized(&array.ty().dims)
            );
            out.push(Diagnostic::new(place.span().clone(), message, label));
            None
        }
    }
}

/// A real array by its name, or a list in place.
fn input(place: &ArrayRef, what: &str, names: &mut Names, out: &mut Diagnostics) -> Option<Array> {
    let array = names.array_ref(place, Some(DType::Float64), out)?;
    if array.ty().dtype.is_complex() {
        let message = format!("{what} must be real");
        let label = format!("this is {}", array.ty().dtype);
        let help = "choose a part of that array: `part = \"real\"` or `part = \"imag\"`";
        out.push(Diagnostic::new(place.span().clone(), message, label).help(help));
        return None;
    }
    Some(array)
}

/// The same, with one axis.
fn vector(place: &ArrayRef, what: &str, names: &mut Names, out: &mut Diagnostics) -> Option<Array> {
    let array = input(place, what, names, out)?;
    if array.ty().dims.len() != 1 {
        let message = format!("expected {what} of one axis");
        let label = format!("this is {}", sized(&array.ty().dims));
        out.push(Diagnostic::new(place.span().clone(), message, label));
        return None;
    }
    Some(array)
}

fn same_dims(
    place: &ArrayRef,
    array: &Array,
    other_place: &ArrayRef,
    other: &Array,
    out: &mut Diagnostics,
) -> Option<()> {
    let (found, wanted) = (&array.ty().dims, &other.ty().dims);
    if found == wanted {
        return Some(());
    }
    let message = "distances do not fit the traveltimes";
    let label = format!("they are {}", sized(found));
    let mistake = Diagnostic::new(place.span().clone(), message, label);
    out.push(mistake.also(other_place.span().clone(), format!("these are {}", sized(wanted))));
    None
}
