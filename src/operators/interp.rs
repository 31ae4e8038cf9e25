//! Interpolation along an axis, of every kind.

use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::{self, Value};
use crate::io::{self, Array, Bytes, Compute};
use crate::operators::defaults::minus_one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::interp_cubic_spline::spline;
use crate::operators::interpolation::{Between, Interpolation};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Interp>("Interp");

/// Interpolation along an axis.
///
/// ```text
/// nearest       y = x_round(p), halves to the even sample
/// linear        y = (1-t) x_i + t x_{i+1}                  at position p = i + t
/// sinc          y = sum_j sinc(p - j) x_j,                 sinc(u) = sin(pi u) / (pi u)
/// cubic_spline  the natural spline of `InterpCubicSpline`
/// ```
/// Positions may be in any order and repeat. Those beyond the last sample are moved to it, except for
/// `sinc`, which takes any position. PyLops: `Interp`, which also returns the positions that it took.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Interp {
    /// Length of each axis of the model. Along `axis` the data have one sample for each of `iava`.
    dims: OneOrMany<usize>,
    /// Positions along the axis, in samples from 0.
    iava: ArrayParam,
    /// Axis to interpolate along; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
    /// `nearest`, `linear`, `sinc` or `cubic_spline`.
    #[serde(default)]
    kind: Kind,
    /// With `sinc`, drops weights below this, so that a position only costs the samples near it. By
    /// default all samples count.
    tol: Option<f64>,
}

/// Kind of interpolation.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The nearest sample.
    Nearest,
    /// The two samples around.
    #[default]
    Linear,
    /// All samples of a band-limited signal.
    Sinc,
    /// A natural cubic spline.
    CubicSpline,
}

impl Parameters for Interp {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        let (n, kind) = (dims[axis], self.kind);
        let label = "only `kind = \"sinc\"` has a tolerance";
        at.require(self.tol.is_none() || kind == Kind::Sinc, "tol", label)?;
        let label = "expected a number from 0";
        at.require(self.tol.is_none_or(|tol| tol >= 0.0), "tol", label)?;
        if matches!(kind, Kind::Linear | Kind::CubicSpline) {
            at.two_samples(n)?;
        }
        let mut positions = at.position_list("iava", &self.iava, scope)?;
        if kind != Kind::Sinc {
            positions = at.on_axis("iava", positions, n)?;
        }
        let model = ArrayType { dims, dtype };
        match kind {
            Kind::Nearest => {
                let nearest = positions.iter().map(|p| vec![(p.round_ties_even() as usize, 1.0)]);
                Some(Interpolation::along(model, axis, nearest))
            }
            Kind::Linear => {
                let around = positions.iter().map(|&p| Between::at(p, n).linear());
                Some(Interpolation::along(model, axis, around))
            }
            Kind::Sinc => {
                at.are_finite("iava", &positions)?;
                sinc_of(model, axis, positions, self.tol, at)
            }
            Kind::CubicSpline => Some(spline(model, axis, &positions)),
        }
    }
}

/// The weights of all samples at position `p = i + t`, `|t| <= 1/2`, with one sine for all of them:
///
/// ```text
/// sinc(p - j) = (-1)^(i-j) sin(pi t) / (pi (p - j))
/// ```
fn sincs(p: f64, samples: Range<usize>) -> impl Iterator<Item = f64> {
    let nearest = p.round();
    let scale = (std::f64::consts::PI * (p - nearest)).sin() / std::f64::consts::PI;
    // The sign of `(-1)^i`, for `i` of any size.
    let odd = nearest.rem_euclid(2.0) != 0.0;
    let signs = if odd { [-scale, scale] } else { [scale, -scale] };
    samples.map(move |j| {
        let u = p - j as f64;
        if u == 0.0 { 1.0 } else { signs[j % 2] / u }
    })
}

fn sinc_of(
    model: ArrayType,
    axis: usize,
    positions: Vec<f64>,
    tol: Option<f64>,
    at: &mut Checker<'_>,
) -> Option<Op> {
    let (n, rows) = (model.dims[axis], positions.len());
    if let Some(tol) = tol {
        // |sinc(u)| <= 1 / (pi |u|)
        let reach = 1.0 / (std::f64::consts::PI * tol) + 1.0;
        let near = |p: &f64| {
            let samples = (p - reach).max(0.0) as usize..((p + reach) as usize).min(n - 1) + 1;
            samples.clone().zip(sincs(*p, samples)).filter(|(_, w)| w.abs() >= tol).collect()
        };
        return Some(Interpolation::along(model, axis, positions.iter().map(near)));
    }
    let ty = ArrayType::new([1, rows, n], DType::Float64);
    let weights = match Array::computed(Arc::new(Sinc { positions, n }), ty) {
        Ok(weights) => weights.named("sinc"),
        Err(error) => {
            at.require(false, "iava", error.to_string())?;
            return None;
        }
    };
    let weights = at.as_type("iava", weights, model.dtype.real())?;
    Some(Arc::new(Dense { model, axis, weights, rows }))
}

/// The matrix of sinc interpolation.
#[derive(Debug)]
struct Sinc {
    positions: Vec<f64>,
    n: usize,
}

impl Compute for Sinc {
    fn compute(&self) -> io::Result<Bytes> {
        let mut bytes = Vec::with_capacity(8 * self.n * self.positions.len());
        for weight in self.positions.iter().flat_map(|&p| sincs(p, 0..self.n)) {
            bytes.extend_from_slice(&weight.to_ne_bytes());
        }
        Ok(Arc::new(bytes))
    }
}

/// A matrix along an axis.
#[derive(Debug)]
struct Dense {
    model: ArrayType,
    axis: usize,
    /// `(1, rows, n)`
    weights: Array,
    rows: usize,
}

impl Operator for Dense {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let (dims, axis) = (&self.model.dims, self.axis);
        let rest: usize =
            dims.iter().enumerate().filter(|(a, _)| *a != axis).map(|(_, n)| n).product();
        // The axis comes first, for one matrix product, and then goes back.
        let first: Vec<usize> =
            std::iter::once(axis).chain((0..dims.len()).filter(|&a| a != axis)).collect();
        let back: Vec<usize> =
            (0..dims.len()).map(|a| first.iter().position(|&b| b == a).unwrap_or(a)).collect();
        let y = x.permute(&first)?.reshape(&[1, dims[axis], rest])?;
        let y = y.matmul(&x.constant(&self.weights))?;
        let mut turned: Vec<usize> = first.iter().map(|&a| dims[a]).collect();
        turned[0] = self.rows;
        y.reshape(&turned)?.permute(&back)
    }
}
