//! Cosine transform along some axes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Cosine, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Dct>("DCT");

/// Discrete cosine transform along any number of axes, orthonormal.
///
/// ```text
/// 1   y_k = sqrt(2/(n-1)) e_k sum_j e_j x_j cos(pi jk/(n-1)),    e = 1/sqrt(2) at both ends, 1 elsewhere
/// 2   y_k = sqrt(2/n) e_k sum_j x_j cos(pi k (2j+1)/2n),         e_0 = 1/sqrt(2), 1 elsewhere
/// 3   y_k = sqrt(2/n) sum_j e_j x_j cos(pi j (2k+1)/2n)
/// 4   y_k = sqrt(2/n) sum_j x_j cos(pi (2j+1) (2k+1)/4n)
/// ```
/// Along each axis. The adjoint is the inverse. Model and data have the same dims. PyLops: `DCT`, whose
/// `type` is `dct_type` here.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Dct {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Which transform: 1, 2, 3 or 4. The first needs axes of two samples or more.
    #[serde(default = "two")]
    dct_type: usize,
    /// Axes to transform; by default all.
    axes: Option<OneOrMany<isize>>,
}

fn two() -> usize {
    2
}

impl Parameters for Dct {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let kinds = [Cosine::I, Cosine::II, Cosine::III, Cosine::IV];
        let kind = self.dct_type.checked_sub(1).and_then(|k| kinds.get(k));
        at.require(kind.is_some(), "dct_type", "expected 1, 2, 3 or 4")?;
        let axes = match &self.axes {
            Some(axes) => at.some_axes("axes", axes.to_vec().as_slice(), &dims)?,
            None => (0..dims.len()).collect(),
        };
        let thin = axes.iter().find(|&&axis| dims[axis] < 2);
        let label =
            thin.map(|axis| format!("axis {axis} has one sample, type 1 needs two or more"));
        let fits = label.is_none() || kind != Some(&Cosine::I);
        at.require(fits, "dct_type", label.unwrap_or_default())?;
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, axes, kind: *kind? }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    axes: Vec<usize>,
    kind: Cosine,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        self.axes.iter().try_fold(x.clone(), |y, &axis| y.dct(axis, self.kind))
    }
}
