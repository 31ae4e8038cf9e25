//! Continuous blending of shots.

use std::f64::consts::SQRT_2;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::io::{Array, Formula};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::spectral::on_parts;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;
use crate::synthetics::wavenumbers::{real_frequencies, shifts};

pub(crate) const ENTRY: Entry = Entry::of::<BlendingContinuous>("BlendingContinuous");

/// Blending of shots into one continuous record.
///
/// ```text
/// d(r, t) = sum_s m(s, r, t - times(s))
/// ```
/// Shots are delayed by whole samples, and by the rest of the time with a Fourier transform of `nt + 1`
/// samples, the last of them zero. Model `(ns, nr, nt)`, data `(nr, nttot)`. PyLops:
/// `BlendingContinuous`, whose complex operators lose imaginary parts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct BlendingContinuous {
    /// Number of time samples of a shot.
    nt: usize,
    /// Number of receivers.
    nr: usize,
    /// Number of sources.
    ns: usize,
    /// Time between two samples.
    dt: f64,
    /// Firing times of the sources, from 0 on.
    times: ArrayParam,
    /// Number of time samples of the record; by default up to the end of the last shot, and one more.
    nttot: Option<usize>,
}

impl Parameters for BlendingContinuous {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let (nt, dt) = (at.count("nt", self.nt)?, self.dt);
        at.require(dt > 0.0 && dt.is_finite(), "dt", "expected a sampling above 0")?;
        let dims = at.fits("ns", vec![self.ns, self.nr, nt])?;
        let (found, times) = at.reals("times", &self.times, scope)?;
        let label = format!("expected {} times, found dims {}", self.ns, show_dims(&found));
        at.require(found == [self.ns], "times", label)?;
        let odd = times.iter().position(|t| !(*t >= 0.0 && t.is_finite()));
        let label = odd.map_or(String::new(), |k| format!("time {k} is {}", times[k]));
        at.require(odd.is_none(), "times", label)?;
        // As NumPy divides, whose quotients and remainders are one division.
        let whole: Vec<f64> = times.iter().map(|&t| floor_division(t, dt)).collect();
        let rest: Vec<f64> = times.iter().zip(&whole).map(|(t, k)| (t / dt - k) * dt).collect();
        let last = times.iter().fold(0.0, |m: f64, t| m.max(*t));
        let record = self.nttot.unwrap_or((last / dt + nt as f64 + 1.0) as usize);
        at.fits("times", vec![self.nr, record])?;
        let needed = whole.iter().zip(&rest).fold(0, |n, (&start, &rest)| {
            n.max((start as usize).saturating_add(nt + usize::from(rest != 0.0)))
        });
        let label = format!("the last shot ends at sample {needed}, but the record has {record}");
        at.require(needed <= record, "nttot", label)?;
        let delays = delays(rest, nt + 1, dt, dtype, at)?;
        let starts: Arc<[usize]> = whole.into_iter().map(|start| start as usize).collect();
        Some(Arc::new(Built { starts, delays, record, model: ArrayType { dims, dtype } }))
    }
}

/// Factors `(times, 1, frequencies)` of `n` samples.
fn delays(
    times: Vec<f64>,
    n: usize,
    dt: f64,
    dtype: DType,
    at: &mut Checker<'_>,
) -> Option<Option<Array>> {
    if times.iter().all(|&t| t == 0.0) {
        return Some(None);
    }
    let ty = ArrayType::new([times.len(), 1, n / 2 + 1], dtype.complex());
    let run = Box::new(move |_: &[Vec<f64>]| Ok(shifts(&times, &real_frequencies(n, dt))));
    let formula = Formula { inputs: Vec::new(), ty, scratch: 0, run };
    Some(Some(at.made("times", formula.array())?.named("delays")))
}

/// NumPy's `a // b` of positive numbers.
fn floor_division(a: f64, b: f64) -> f64 {
    let quotient = (a - a % b) / b;
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

#[derive(Debug)]
struct Built {
    /// First samples of the shots in the record.
    starts: Arc<[usize]>,
    /// What delays them by less than a sample, if any does.
    delays: Option<Array>,
    /// Samples of the record.
    record: usize,
    model: ArrayType,
}

impl Built {
    fn delayed(&self, x: &Value, delays: &Array) -> graph::Result<Value> {
        let n = x.dims()[2];
        let root = 1.0 / (n as f64).sqrt();
        let spectrum = x.rfft(2, SQRT_2)?.scale(root).multiply(&x.constant(delays))?;
        Ok(spectrum.irfft(2, n, SQRT_2)?.scale(root))
    }
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let shots = match &self.delays {
            Some(delays) => on_parts(&x.pad(2, 0, 1)?, |x| self.delayed(x, delays))?,
            None => x.clone(),
        };
        // A shot's zero after its end may be beyond the record.
        let last = self.starts.iter().max().copied().unwrap_or(0);
        let long = self.record.max(last + shots.dims()[2]);
        let y = shots.overlap_add_at(0, self.starts.clone(), long)?.take(2, self.record)?;
        y.reshape(&[x.dims()[1], self.record])
    }
}
