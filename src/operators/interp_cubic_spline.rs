//! Interpolation by a natural cubic spline.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::{self, Sparse, Value};
use crate::operators::defaults::minus_one;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::interpolation::Between;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<InterpCubicSpline>("InterpCubicSpline");

/// Interpolation along an axis with a natural cubic spline.
///
/// ```text
/// y = (1-t) x_i + t x_{i+1} + ((1-t)^3 - (1-t)) m_i / 6 + (t^3 - t) m_{i+1} / 6        at position i + t
/// m_{j-1} + 4 m_j + m_{j+1} = 6 (x_{j-1} - 2 x_j + x_{j+1}),  m_0 = m_{n-1} = 0
/// ```
/// The `m` are the second derivatives of the spline at the samples. Positions may be in any order
/// and repeat; those beyond the last sample are moved to it. Works in all element types; PyLops' in
/// double precision only. PyLops: `InterpCubicSpline`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct InterpCubicSpline {
    /// Dims of the model, of at least 2 samples along the axis.
    dims: OneOrMany<usize>,
    /// Positions along the axis, in samples from 0.
    iava: ArrayParam,
    /// Boundary condition: `natural`, zero second derivatives at both ends.
    #[serde(default, rename = "bc_type")]
    _bc_type: Ends,
    /// Axis to interpolate along; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
}

/// Boundary condition of a spline.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Ends {
    /// Their second derivatives are 0.
    #[default]
    Natural,
}

impl Parameters for InterpCubicSpline {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        at.two_samples(dims[axis])?;
        let positions = at.position_list("iava", &self.iava, scope)?;
        let positions = at.on_axis("iava", positions, dims[axis])?;
        Some(spline(ArrayType { dims, dtype }, axis, &positions))
    }
}

/// The spline of a model at positions along an axis of at least 2 samples.
pub(super) fn spline(model: ArrayType, axis: usize, positions: &[f64]) -> Op {
    let n = model.dims[axis];
    let between = || positions.iter().map(|&p| Between::at(p, n));
    let cubic = |t: f64| (t * t * t - t) / 6.0;
    let curved = between().map(|Between { left, part }| {
        let both = [(left, cubic(1.0 - part)), (left + 1, cubic(part))];
        // m_i is entry i - 1, since those at both ends are 0.
        let inner = both.into_iter().filter(|(i, w)| *i > 0 && *i < n - 1 && *w != 0.0);
        inner.map(|(i, w)| (i - 1, w)).collect()
    });
    Arc::new(Spline {
        straight: Arc::new(Sparse::from_rows(n, between().map(Between::linear))),
        curved: Arc::new(Sparse::from_rows(n - 2, curved)),
        model,
        axis,
    })
}

#[derive(Debug)]
struct Spline {
    model: ArrayType,
    axis: usize,
    /// The weights of the samples.
    straight: Arc<Sparse>,
    /// The weights of the second derivatives.
    curved: Arc<Sparse>,
}

impl Operator for Spline {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let (axis, n) = (self.axis, self.model.dims[self.axis]);
        let y = x.sparse_rows(axis, self.straight.clone())?;
        if n == 2 {
            return Ok(y);
        }
        let beside = x.slice(axis, 0, n - 2, 1)?.add(&x.slice(axis, 2, n - 2, 1)?)?;
        let bend = beside.add(&x.slice(axis, 1, n - 2, 1)?.scale(-2.0))?.scale(6.0);
        let m = bend.tridiagonal(axis, [4.0, 1.0])?;
        y.add(&m.sparse_rows(axis, self.curved.clone())?)
    }
}
