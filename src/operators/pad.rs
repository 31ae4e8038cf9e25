//! Zeros around an array.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Pad>("Pad");

/// Padding with zeros before and after each axis.
///
/// ```text
/// y_{before+i} = x_i,   0 elsewhere
/// ```
/// The data has `before + n + after` samples along each axis. PyLops: `Pad`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Pad {
    /// Length of each axis of the model; the data are longer by what `pad` adds.
    dims: OneOrMany<usize>,
    /// `[before, after]` for each axis; a single pair for one axis.
    pad: Vec<OneOrMany<usize>>,
}

impl Parameters for Pad {
    fn build(self, dtype: DType, _: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let single = [OneOrMany::Many(self.pad.iter().flat_map(OneOrMany::to_vec).collect())];
        let flat = self.pad.iter().all(|entry| matches!(entry, OneOrMany::One(_)));
        let entries = if flat { &single[..] } else { &self.pad };
        let pairs: Option<Vec<(usize, usize)>> = (entries.iter())
            .map(|entry| match *entry.as_slice() {
                [before, after] => Some((before, after)),
                _ => None,
            })
            .collect();
        let label = format!("expected a pair [before, after] for each of {} axes", dims.len());
        let fits = pairs.as_ref().is_some_and(|pairs| pairs.len() == dims.len());
        at.require(fits, "pad", label)?;
        let pairs = pairs?;
        let padded: Option<Vec<usize>> = (dims.iter().zip(&pairs))
            .map(|(n, (before, after))| n.checked_add(*before)?.checked_add(*after))
            .collect();
        at.fits("pad", padded.unwrap_or_else(|| vec![usize::MAX]))?;
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, pairs }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    /// Zeros before and after each axis.
    pairs: Vec<(usize, usize)>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let pairs = self.pairs.iter().enumerate();
        pairs
            .into_iter()
            .try_fold(x.clone(), |y, (axis, (before, after))| y.pad(axis, *before, *after))
    }
}
