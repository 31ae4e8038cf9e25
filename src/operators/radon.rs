//! What the Radon transforms share: axes, and curves.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::graph::{self, Curves, Value};
use crate::operators::entry::Checker;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::ArrayParam;

/// Curve that is summed along.
#[derive(Clone, Copy, Debug, Default, Deserialize, schemars::JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Lines.
    #[default]
    Linear,
    /// Parabolas.
    Parabolic,
    /// Hyperbolas.
    Hyperbolic,
}

/// An axis: its samples, and the distance of the first two; 1 where there is one only.
#[derive(Clone, Debug)]
pub(super) struct Sampled {
    pub(super) values: Vec<f64>,
    pub(super) step: f64,
}

impl Checker<'_> {
    /// An axis, which is read at once.
    pub(super) fn sampled(
        &mut self,
        key: &str,
        param: &ArrayParam,
        scope: &mut dyn Scope,
    ) -> Option<Sampled> {
        let values = self.position_list(key, param, scope)?;
        self.are_finite(key, &values)?;
        let step = values.get(1).map_or(1.0, |second| second - values[0]);
        let label = "the first two samples are the same; expected an axis with a step";
        self.require(step != 0.0, key, label)?;
        Some(Sampled { values, step })
    }
}

impl Sampled {
    /// Positions in samples: around zero, or from the axis itself; their squares for parabolas.
    pub(super) fn positions(&self, centered: bool, kind: Kind) -> Vec<f64> {
        let n = self.values.len();
        let middle = (n / 2) as f64 - 0.5 * ((n + 1) % 2) as f64;
        let at = |(k, h): (usize, &f64)| match centered {
            true => k as f64 - middle,
            false => h / self.step.abs(),
        };
        let square = |x: f64| if kind == Kind::Parabolic { x * x } else { x };
        self.values.iter().enumerate().map(at).map(square).collect()
    }

    /// Slopes along this axis in samples.
    pub(super) fn slopes(&self, slopes: &[f64], time: &Sampled) -> Vec<f64> {
        let unit = self.step.abs() / time.step.abs();
        slopes.iter().map(|p| p * unit).collect()
    }
}

/// The transform along curves, from `(slopes, nt)` to `(traces, nt)`.
pub(super) fn along(curves: Curves, nt: usize, dtype: DType, at: &mut Checker<'_>) -> Option<Op> {
    let [rows, traces] = curves.counts();
    let dims = at.fits("pxaxis", vec![rows, nt])?;
    at.fits("taxis", vec![traces, nt])?;
    Some(Arc::new(Along { model: ArrayType { dims, dtype }, curves: Arc::new(curves) }))
}

#[derive(Debug)]
struct Along {
    model: ArrayType,
    curves: Arc<Curves>,
}

impl Operator for Along {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.radon(self.curves.clone(), None)
    }
}
