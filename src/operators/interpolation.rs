//! Interpolation at positions between the samples of an axis, counted in samples.

use std::sync::Arc;

use crate::graph::{self, Sparse, Value};
use crate::operators::entry::Checker;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, Diagnostic};

/// A position, as a sample and a fraction of the step after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Between {
    /// The sample at or before the position, never the last.
    pub(super) left: usize,
    /// Distance from that sample, 0 to 1.
    pub(super) part: f64,
}

impl Between {
    /// Splits a position from 0 to `n - 1`, on an axis of `n > 1` samples.
    pub(super) fn at(position: f64, n: usize) -> Between {
        let left = (position.floor() as usize).min(n - 2);
        Between { left, part: position - left as f64 }
    }

    /// The weights of linear interpolation: sample and weight.
    pub(super) fn linear(self) -> Vec<(usize, f64)> {
        let Between { left, part } = self;
        [(left, 1.0 - part), (left + 1, part)].into_iter().filter(|(_, w)| *w != 0.0).collect()
    }
}

/// Multiplies a model along an axis by a sparse matrix.
#[derive(Debug)]
pub(super) struct Interpolation {
    model: ArrayType,
    axis: usize,
    matrix: Arc<Sparse>,
}

impl Interpolation {
    /// An operator whose matrix has one row per position.
    pub(super) fn along(
        model: ArrayType,
        axis: usize,
        rows: impl IntoIterator<Item = Vec<(usize, f64)>>,
    ) -> Op {
        let matrix = Arc::new(Sparse::from_rows(model.dims[axis], rows));
        Arc::new(Interpolation { model, axis, matrix })
    }
}

impl Operator for Interpolation {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.sparse_rows(self.axis, self.matrix.clone())
    }
}

impl Checker<'_> {
    /// Requires two samples to interpolate between.
    pub(super) fn two_samples(&mut self, n: usize) -> Option<()> {
        self.require(
            n > 1,
            "dims",
            "expected an axis of at least 2 samples, to interpolate between",
        )
    }

    /// Reads a real array at once; returns its dims and values.
    pub(crate) fn reals(
        &mut self,
        key: &str,
        param: &ArrayParam,
        scope: &mut dyn Scope,
    ) -> Option<(Vec<usize>, Vec<f64>)> {
        let array = self.array(key, param, DType::Float64, scope)?.exact();
        let dims = array.ty().dims.clone();
        let array = self.as_type(key, array, DType::Float64)?;
        match array.read::<f64>() {
            Ok(values) => Some((dims, values.into_iter().collect())),
            Err(error) => {
                self.wrong(key, format!("`{key}` cannot be read"), error.to_string());
                None
            }
        }
    }

    /// Reads a list of positions at once.
    pub(super) fn position_list(
        &mut self,
        key: &str,
        param: &ArrayParam,
        scope: &mut dyn Scope,
    ) -> Option<Vec<f64>> {
        let (dims, values) = self.reals(key, param, scope)?;
        let label = format!("expected a list of positions, found dims {}", show_dims(&dims));
        self.require(dims.len() == 1 && dims[0] > 0, key, label)?;
        Some(values)
    }

    /// Requires that positions are finite.
    pub(super) fn are_finite(&mut self, key: &str, values: &[f64]) -> Option<()> {
        let wrong = values.iter().position(|p| !p.is_finite());
        let label = wrong.map(|k| format!("entry {k} is {}, expected a position", values[k]));
        label.map_or(Some(()), |label| self.require(false, key, label))
    }

    /// Checks positions on an axis of `n` samples. Moves those beyond the last sample to it, with a
    /// warning, as PyLops does.
    pub(super) fn on_axis(
        &mut self,
        key: &str,
        mut values: Vec<f64>,
        n: usize,
    ) -> Option<Vec<f64>> {
        let last = (n - 1) as f64;
        if let Some(k) = values.iter().position(|p| !(*p >= 0.0 && p.is_finite())) {
            let label = format!("entry {k} is {}, expected a position from 0 to {last}", values[k]);
            self.require(false, key, label)?;
        }
        if let Some(k) = values.iter().position(|p| *p > last) {
            let count = values.iter().filter(|p| **p > last).count();
            let label = format!("entry {k} is {}, the last sample is at {last}", values[k]);
            let message = match count {
                1 => format!(
                    "a position of `{key}` is beyond the axis; it is moved to the last sample"
                ),
                _ => format!(
                    "{count} positions of `{key}` are beyond the axis; they are moved to the last sample"
                ),
            };
            self.diagnostics.warn(Diagnostic::new(self.span(key), message, label));
            values.iter_mut().for_each(|p| *p = p.min(last));
        }
        Some(values)
    }
}
