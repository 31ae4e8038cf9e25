//! Wavelet transform along slopes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::{self, SincShift, Value};
use crate::io::Array;
use crate::operators::defaults::one_each;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, Diagnostic, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Seislet>("Seislet");

/// Seislet transform: a wavelet transform across traces that follows local slopes.
///
/// ```text
/// r = o - P e,   c = e + P' r / 2,   data = [r_1, r_2, ..., r_level, c_level]
/// ```
/// with even traces e and odd traces o; the next level takes c for the traces. P predicts each odd trace from
/// the even one before it, and P' each even trace from the residual behind it, moving them by sinc
/// interpolation from trace to trace along the slopes. With `linear`, both are means of predictions from
/// either side; where there is only one, it counts half at the first trace and in full at the last, as in
/// PyLops. Model `(nx, nt)`; data `(n, nt)`, where n is the power of two from nx on: traces are padded with
/// zeros.
///
/// The adjoint is not the inverse. `inverse = true` makes the inverse, from such data to the model. Source:
/// Fomel and Liu, Geophysics 75 (2010). PyLops: `Seislet` and its method `inverse`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Seislet {
    /// Local slopes `(nx, nt)`, in units of `sampling`: time over distance.
    slopes: ArrayParam,
    /// Distance of traces, and sampling of time.
    #[serde(default = "one_each")]
    sampling: OneOrMany<f64>,
    /// Number of levels; by default all but the last, so that two traces remain as averages.
    level: Option<usize>,
    /// `haar` predicts from one trace, `linear` from two.
    #[serde(default)]
    kind: Kind,
    /// Makes the inverse transform: its model is the transform's data, its data the transform's model.
    #[serde(default)]
    inverse: bool,
    /// PyLops' way to take the inverse for the adjoint, which does not exist here.
    #[serde(default)]
    inv: bool,
}

/// How traces are predicted.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// From one side.
    #[default]
    Haar,
    /// From both sides.
    Linear,
}

impl Parameters for Seislet {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        if self.inv {
            let (span, message) = (at.span("inv"), "an adjoint is the adjoint here");
            let help =
                "leave it out, and write a second operator with `inverse = true` for the inverse";
            let label = "would take the inverse for the adjoint";
            at.diagnostics.push(Diagnostic::new(span, message, label).help(help));
            return None;
        }
        let slopes = at.array_as("slopes", &self.slopes, DType::Float64, scope)?;
        let dims = at.fits("slopes", slopes.ty().dims.clone())?;
        let label = format!("expected slopes (nx, nt), found dims {}", show_dims(&dims));
        at.require(dims.len() == 2, "slopes", label)?;
        let steps = at.per_axis("sampling", &self.sampling, 2)?;
        for &step in &steps {
            at.step("sampling", step)?;
        }
        let padded = dims[0].checked_next_power_of_two().unwrap_or(usize::MAX);
        at.fits("slopes", vec![padded, dims[1]])?;
        let most = padded.ilog2() as usize;
        let level = self.level.unwrap_or(most.saturating_sub(1));
        let label = format!("expected at most {most} for {} traces", dims[0]);
        at.require(level <= most, "level", label)?;
        let ratio = steps[0] / steps[1];
        Some(Arc::new(Built {
            dims,
            padded,
            dtype,
            slopes,
            ratio,
            level,
            kind: self.kind,
            inverse: self.inverse,
        }))
    }
}

#[derive(Debug)]
struct Built {
    /// `(nx, nt)`
    dims: Vec<usize>,
    padded: usize,
    dtype: DType,
    slopes: Array,
    /// Samples that a slope of 1 moves by.
    ratio: f64,
    level: usize,
    kind: Kind,
    inverse: bool,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        let nx = if self.inverse { self.padded } else { self.dims[0] };
        ArrayType::new([nx, self.dims[1]], self.dtype)
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let more = self.padded - self.dims[0];
        let slopes = x.constant(&self.slopes).pad(0, 0, more)?;
        if self.inverse {
            self.join(x, &slopes)?.take(0, self.dims[0])
        } else {
            self.split(&x.pad(0, 0, more)?, &slopes)
        }
    }
}

impl Built {
    /// Residuals of all levels, and averages.
    fn split(&self, x: &Value, slopes: &Value) -> graph::Result<Value> {
        let (mut parts, mut x) = (Vec::new(), x.clone());
        for level in 0..self.level {
            let half = x.dims()[0] / 2;
            let (even, odd) = (x.slice(0, 0, half, 2)?, x.slice(0, 1, half, 2)?);
            let residual = odd.add(&self.predict(&even, slopes, level, true)?.scale(-1.0))?;
            x = even.add(&self.predict(&residual, slopes, level, false)?.scale(0.5))?;
            parts.push(residual);
        }
        parts.push(x);
        Value::concatenate(&parts, 0)
    }

    /// The way back.
    fn join(&self, y: &Value, slopes: &Value) -> graph::Result<Value> {
        // Those of finer levels come first.
        let before = |level: usize| self.padded - (self.padded >> level);
        let mut x = y.slice(0, before(self.level), self.padded >> self.level, 1)?;
        for level in (0..self.level).rev() {
            let half = x.dims()[0];
            let residual = y.slice(0, before(level), half, 1)?;
            let even = x.add(&self.predict(&residual, slopes, level, false)?.scale(-0.5))?;
            let odd = residual.add(&self.predict(&even, slopes, level, true)?)?;
            let dims = [half, 1, self.dims[1]];
            let both = [even.reshape(&dims)?, odd.reshape(&dims)?];
            x = Value::concatenate(&both, 1)?.reshape(&[2 * half, self.dims[1]])?;
        }
        Ok(x)
    }

    /// Traces predicted from those before them (`ahead`), or from those behind. Traces of a level are
    /// `2^(level+1)` original ones apart, and move over half as many.
    fn predict(
        &self,
        x: &Value,
        slopes: &Value,
        level: usize,
        ahead: bool,
    ) -> graph::Result<Value> {
        let steps = 1 << level;
        let jump = 2 * steps;
        let moved = |x: &Value, start: usize, down: bool| {
            let factor = if down { -self.ratio } else { self.ratio };
            x.sinc_shift(slopes, SincShift { start, jump, steps, down, factor, transpose: false })
        };
        let near = if ahead { moved(x, 0, false)? } else { moved(x, steps, true)? };
        if self.kind == Kind::Haar {
            return Ok(near);
        }
        let n = x.dims()[0];
        let last = near.slice(0, n - 1, 1, 1)?.pad(0, n - 1, 0)?;
        let mut sum = near.add(&last)?;
        if n > 1 && ahead {
            sum = sum.add(&moved(&x.slice(0, 1, n - 1, 1)?, jump, true)?.pad(0, 0, 1)?)?;
        } else if n > 1 {
            sum = sum.add(&moved(&x.take(0, n - 1)?, steps, false)?.pad(0, 1, 0)?)?;
        }
        Ok(sum.scale(0.5))
    }
}
