//! Linearised reflection coefficients by angle, which the pre-stack operators share.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::{self, Sparse, Value};
use crate::io::{Array, Formula};
use crate::operators::Scope;
use crate::operators::entry::Checker;
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;

/// Number of elastic parameters.
pub(super) const PARAMETERS: usize = 3;

/// How a reflection coefficient depends on contrasts of elastic parameters.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Linearization {
    /// Aki-Richards: contrasts of P velocity, S velocity, density.
    #[default]
    Akirich,
    /// Fatti: contrasts of acoustic impedance, shear impedance, density.
    Fatti,
    /// Converted waves: contrasts of P velocity (no effect), S velocity, density.
    #[serde(alias = "PS")]
    Ps,
}

impl Linearization {
    /// The factors of the contrasts for an angle in radians and a ratio of S to P velocity. Those of
    /// PP waves are `a + b ratio^2`.
    fn factors(self, angle: f64, ratio: f64) -> [f64; PARAMETERS] {
        let (sin, cos) = angle.sin_cos();
        let (sin2, tan2) = (sin * sin, (sin / cos) * (sin / cos));
        let shear = ratio * ratio * sin2;
        match self {
            Linearization::Akirich => [0.5 / (cos * cos), -4.0 * shear, 0.5 - 2.0 * shear],
            Linearization::Fatti => [0.5 * (1.0 + tan2), -4.0 * shear, 2.0 * shear - 0.5 * tan2],
            Linearization::Ps => {
                // Angle of the reflected S wave, by Snell's law.
                let phi = (ratio * sin).asin();
                let along = ratio * cos * phi.cos();
                let across = (ratio * phi.sin()) * (ratio * phi.sin());
                let half = 0.5 * phi.tan();
                [0.0, half * 4.0 * (across - along), -half * (1.0 - 2.0 * across + 2.0 * along)]
            }
        }
    }
}

/// The sum of contrasts times their factors, for every time and angle.
#[derive(Debug)]
pub(super) struct Reflectivity {
    /// Number of angles.
    pub(super) angles: usize,
    factors: Factors,
}

#[derive(Debug)]
enum Factors {
    /// The same at all times: a matrix `(angles, 3)`.
    Constant(Arc<Sparse>),
    /// `A + ratio^2 B`, with the squares `(times,)`.
    Linear(Arc<Sparse>, Arc<Sparse>, Array),
    /// A matrix for each time, `(times, angles, 3)`.
    Table(Array),
}

impl Reflectivity {
    /// From a value with parameters along the axis after or before that of times, to one with angles
    /// there.
    pub(super) fn apply(&self, x: &Value, times: usize, parameters: usize) -> graph::Result<Value> {
        match &self.factors {
            Factors::Constant(matrix) => x.sparse_rows(parameters, matrix.clone()),
            Factors::Linear(plain, squared, squares) => {
                let mut along = vec![1; x.dims().len()];
                along[times] = x.dims()[times];
                let squares = x.constant(squares).reshape(&along)?;
                let shear = x.sparse_rows(parameters, squared.clone())?.multiply(&squares)?;
                x.sparse_rows(parameters, plain.clone())?.add(&shear)
            }
            Factors::Table(table) => {
                // Times first, for a product with a matrix each.
                let mut axes: Vec<usize> = (0..x.dims().len()).collect();
                axes.swap(0, times);
                let turned = x.permute(&axes)?;
                let (nt, rest) = (turned.dims()[0], turned.dims()[2..].to_vec());
                let y = turned.reshape(&[nt, PARAMETERS, rest.iter().product()])?;
                let y = y.matmul(&x.constant(table))?;
                y.reshape(&[&[nt, self.angles], rest.as_slice()].concat())?.permute(&axes)
            }
        }
    }
}

/// The keys of a reflectivity, as an operator's parameters hold them.
pub(super) struct Keys<'a> {
    pub(super) theta: &'a ArrayParam,
    pub(super) vsvp: &'a ArrayParam,
    pub(super) linearization: Linearization,
    /// Number of time samples, and its key; by default that of `vsvp`.
    pub(super) times: Option<(usize, &'a str)>,
}

impl Keys<'_> {
    /// The reflectivity in a real element type, and its number of time samples.
    pub(super) fn read(
        &self,
        dtype: DType,
        scope: &mut dyn Scope,
        at: &mut Checker<'_>,
    ) -> Option<(Reflectivity, usize)> {
        let theta = list("theta", self.theta, "angles in degrees", scope, at)?;
        let angles: Vec<f64> = theta.iter().map(|degrees| degrees.to_radians()).collect();
        let kind = self.linearization;
        let matrix = |f: &dyn Fn(f64) -> [f64; PARAMETERS]| {
            let row = |angle: &f64| {
                f(*angle).into_iter().enumerate().filter(|(_, w)| *w != 0.0).collect()
            };
            Arc::new(Sparse::from_rows(PARAMETERS, angles.iter().map(row)))
        };
        if let ArrayParam::Scalar(ratio) = *self.vsvp {
            at.require(ratio.is_finite(), "vsvp", "expected a finite ratio")?;
            let (nt, key) = self.times.unwrap_or((1, "nt0"));
            at.count(key, nt)?;
            self.fits(&angles, &[ratio], at)?;
            let factors = Factors::Constant(matrix(&|angle| kind.factors(angle, ratio)));
            return Some((Reflectivity { angles: angles.len(), factors }, nt));
        }
        let ratios = list("vsvp", self.vsvp, "ratios", scope, at)?;
        let nt = ratios.len();
        if let Some((times, key)) = self.times {
            let label = format!("`vsvp` has {nt} samples, `{key}` is {times}");
            at.require(times == nt, "vsvp", label)?;
        }
        self.fits(&angles, &ratios, at)?;
        let n = angles.len();
        let factors = if kind == Linearization::Ps {
            let ty = ArrayType::new([nt, n, PARAMETERS], dtype.real());
            at.fits("vsvp", ty.dims.clone())?;
            let run = move |_: &[Vec<f64>]| {
                let row =
                    |&ratio: &f64| angles.iter().flat_map(move |&angle| kind.factors(angle, ratio));
                Ok(ratios.iter().flat_map(row).collect())
            };
            let formula = Formula { inputs: vec![], ty, scratch: 0, run: Box::new(run) };
            Factors::Table(at.made("vsvp", formula.array())?.named("factors of contrasts"))
        } else {
            let plain = matrix(&|angle| kind.factors(angle, 0.0));
            let squared = matrix(&|angle| {
                let (with, without) = (kind.factors(angle, 1.0), kind.factors(angle, 0.0));
                [0, 1, 2].map(|k| with[k] - without[k])
            });
            let squares = ratios.iter().map(|ratio| (ratio * ratio).into()).collect();
            let squares = at.made("vsvp", Array::values([nt], squares, dtype.real()))?;
            Factors::Linear(plain, squared, squares.named("vsvp squared"))
        };
        Some((Reflectivity { angles: n, factors }, nt))
    }

    /// An S wave is reflected at all angles.
    fn fits(&self, angles: &[f64], ratios: &[f64], at: &mut Checker<'_>) -> Option<()> {
        let sin = angles.iter().fold(0.0, |m: f64, angle| m.max(angle.sin().abs()));
        let ratio = ratios.iter().fold(0.0, |m: f64, ratio| m.max(ratio.abs()));
        let label = "no S wave is reflected at the largest angle, as vsvp sin(theta) is above 1";
        at.require(self.linearization != Linearization::Ps || ratio * sin <= 1.0, "vsvp", label)
    }
}

/// A list of finite numbers, read now.
fn list(
    key: &str,
    param: &ArrayParam,
    what: &str,
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<Vec<f64>> {
    let (dims, values) = at.reals(key, param, scope)?;
    let label = format!("expected a list of {what}, found dims {}", show_dims(&dims));
    at.require(dims.len() == 1 && dims[0] > 0, key, label)?;
    let odd = values.iter().position(|v| !v.is_finite());
    let label = odd.map_or(String::new(), |k| format!("number {k} is {}", values[k]));
    at.require(odd.is_none(), key, label)?;
    Some(values)
}

/// A constant ratio of S to P velocity of 1/2.
pub(super) fn half() -> ArrayParam {
    ArrayParam::Scalar(0.5)
}
