//! Reflection coefficients from contrasts of elastic parameters.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::avo::{Keys, Linearization, PARAMETERS, Reflectivity, half};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<AvoLinearModelling>("AVOLinearModelling");

/// Reflection coefficients by angle from contrasts of three elastic parameters.
///
/// ```text
/// y(t, a, ..) = sum_p G_p(t, a) x(t, p, ..)        s = sin(a),  g = vsvp(t)
///
/// akirich   G = 1/(2 cos^2 a),       -4 g^2 s^2,   1/2 - 2 g^2 s^2            of vp, vs, density
/// fatti     G = (1 + tan^2 a)/2,     -4 g^2 s^2,   2 g^2 s^2 - tan^2(a)/2     of AI, SI, density
/// ps        G = 0,  tan(b)/2 (4 q - 4 c),  -tan(b)/2 (1 - 2 q + 2 c)          of vp, vs, density
///           with sin(b) = g s,  c = g cos(a) cos(b),  q = g^2 sin^2(b)
/// ```
/// Model `(nt0, 3, *spatdims)`, data `(nt0, ntheta, *spatdims)`. PyLops: `AVOLinearModelling`, which
/// mistakes angles for parameters if there is one time sample.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct AvoLinearModelling {
    /// Angles of incidence in degrees, a list.
    theta: ArrayParam,
    /// Ratio of S to P velocity: a number, or one for each time sample.
    #[serde(default = "half")]
    vsvp: ArrayParam,
    /// Number of time samples; by default that of `vsvp`, or 1.
    nt0: Option<usize>,
    /// Dims of the spatial axes, if there are any.
    spatdims: Option<OneOrMany<usize>>,
    /// `akirich`, `fatti` or `ps`.
    #[serde(default)]
    linearization: Linearization,
}

impl Parameters for AvoLinearModelling {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let (theta, vsvp, linearization) = (&self.theta, &self.vsvp, self.linearization);
        let times = self.nt0.map(|nt| (nt, "nt0"));
        let keys = Keys { theta, vsvp, linearization, times };
        let (reflectivity, nt) = keys.read(dtype, scope, at)?;
        let other = at.other_dims("spatdims", &self.spatdims)?;
        at.fits("theta", [&[nt, reflectivity.angles], other.as_slice()].concat())?;
        let dims = at.fits("spatdims", [&[nt, PARAMETERS], other.as_slice()].concat())?;
        Some(Arc::new(Built { reflectivity, model: ArrayType { dims, dtype } }))
    }
}

#[derive(Debug)]
struct Built {
    reflectivity: Reflectivity,
    model: ArrayType,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        self.reflectivity.apply(x, 0, 1)
    }
}
