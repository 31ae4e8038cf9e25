//! Causal integration along an axis.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::{self, Value};
use crate::operators::defaults::{minus_one, one};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<CausalIntegration>("CausalIntegration");

/// Causal integration along an axis.
///
/// ```text
/// full          y_i = h sum_{j<=i} x_j
/// half          y_i = h (sum_{j<i} x_j + x_i/2)
/// trapezoidal   y_i = h (x_0/2 + sum_{0<j<i} x_j + x_i/2)        y_0 = h x_0/2
/// ```
/// The first sample of the trapezoidal kind is PyLops'; `removefirst` drops it. PyLops:
/// `CausalIntegration`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct CausalIntegration {
    /// Length of each axis of the model. The data have them too, less one sample along `axis` with
    /// `removefirst`.
    dims: OneOrMany<usize>,
    /// Axis to integrate along, from its first sample on; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
    /// Sampling step h, in the units of the axis.
    #[serde(default = "one")]
    sampling: f64,
    /// How the sample itself counts: `full` with all its weight, `half` with half of it, `trapezoidal` with
    /// half, and the first sample of the axis with half too.
    #[serde(default)]
    kind: Kind,
    /// Leaves out the first sample along the axis: the data are one shorter.
    #[serde(default)]
    removefirst: bool,
}

/// How much of the last sample is counted.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// All of it.
    #[default]
    Full,
    /// Half of it.
    Half,
    /// Half of it, and half of the first.
    Trapezoidal,
}

impl Parameters for CausalIntegration {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        at.step("sampling", self.sampling)?;
        let label = "nothing is left of an axis of one sample";
        at.require(!self.removefirst || dims[axis] > 1, "removefirst", label)?;
        Some(Arc::new(Built {
            model: ArrayType { dims, dtype },
            axis,
            h: self.sampling,
            kind: self.kind,
            removefirst: self.removefirst,
        }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    axis: usize,
    h: f64,
    kind: Kind,
    removefirst: bool,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let n = self.model.dims[self.axis];
        let mut y = x.cumulative_sum(self.axis)?;
        if self.kind != Kind::Full {
            y = y.add(&x.scale(-0.5))?;
        }
        if self.kind == Kind::Trapezoidal && n > 1 {
            let first = x.take(self.axis, 1)?.scale(-0.5);
            y = y.add(&first.broadcast(self.axis, n - 1)?.pad(self.axis, 1, 0)?)?;
        }
        let y = y.scale(self.h);
        if self.removefirst { y.slice(self.axis, 1, n - 1, 1) } else { Ok(y) }
    }
}
