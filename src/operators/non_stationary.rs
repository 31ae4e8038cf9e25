//! Filters that vary along axes: where they are known, and what they are applied to.

use std::sync::Arc;

use crate::graph::{self, Knots, Value};
use crate::io::Array;
use crate::operators::entry::Checker;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;

impl Checker<'_> {
    /// Ascending samples of an axis of length `n` at which filters are known.
    fn knots(
        &mut self,
        key: &str,
        param: &ArrayParam,
        n: usize,
        scope: &mut dyn Scope,
    ) -> Option<Knots> {
        let at = self.indices(key, param, n, scope)?;
        let knots = Knots::new(at);
        self.require(knots.is_some(), key, "expected ascending samples")?;
        knots
    }

    /// Odd lengths of a filter, each at least 1.
    fn odd(&mut self, key: &str, taps: &[usize]) -> Option<()> {
        let label = format!("expected filters of odd lengths, found {}", show_dims(taps));
        self.require(taps.iter().all(|n| n % 2 == 1), key, label)
    }
}

/// Filters `hs` at samples of the axes, each given by a key.
pub(super) fn filtered(
    dims: Vec<usize>,
    axes: Vec<usize>,
    hs: &ArrayParam,
    at_samples: &[(&str, &ArrayParam)],
    dtype: DType,
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<Op> {
    let hs = at.coefficients("hs", hs, dtype, scope)?;
    let (found, n) = (hs.ty().dims.clone(), axes.len());
    let label = format!(
        "expected {} axes, those of the filters before those of their samples, found {}",
        2 * n,
        show_dims(&found)
    );
    at.require(found.len() == 2 * n && !found.contains(&0), "hs", label)?;
    at.odd("hs", &found[n..])?;
    let mut knots = Vec::new();
    for ((&axis, (key, param)), &count) in axes.iter().zip(at_samples).zip(&found) {
        let there = at.knots(key, param, dims[axis], scope)?;
        let label =
            format!("expected {count} samples, one for each filter, found {}", there.count());
        at.require(there.count() == count, key, label)?;
        knots.push(there);
    }
    let model = ArrayType { dims, dtype: hs.ty().dtype };
    Some(Arc::new(Filtered { model, axes, hs, knots: knots.into() }))
}

#[derive(Debug)]
struct Filtered {
    model: ArrayType,
    axes: Vec<usize>,
    knots: Arc<[Knots]>,
    /// `(filters along each axis, taps along each axis)`
    hs: Array,
}

impl Operator for Filtered {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let hs = x.constant(&self.hs);
        let (dims, last) = (x.dims(), x.dims().len() - 1);
        let ([axis], [filters, taps]) = (&self.axes[..], hs.dims()) else {
            return x.non_stationary(&self.axes, self.knots.clone(), &hs);
        };
        if *axis < last || last == 0 || dims[last] >= filters * taps {
            return x.non_stationary(&[*axis], self.knots.clone(), &hs);
        }
        // Between filters that are close, there is little to do at once along the axis: it comes first.
        let first: Vec<usize> = std::iter::once(last).chain(0..last).collect();
        let back: Vec<usize> = (1..=last).chain([0]).collect();
        let y = x.permute(&first)?.non_stationary(&[0], self.knots.clone(), &hs)?;
        y.permute(&back)
    }
}

/// The signal `inp` filtered by the unknown filters at samples of its axes, each given by a key.
pub(super) fn estimated(
    inp: &ArrayParam,
    (key, taps): (&str, &[usize]),
    at_samples: &[(&str, &ArrayParam)],
    dtype: DType,
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<Op> {
    let inp = at.coefficients("inp", inp, dtype, scope)?;
    let (found, n) = (inp.ty().dims.clone(), at_samples.len());
    let axes = if n == 1 { "1 axis" } else { "2 axes" };
    let label = format!("expected a signal of {axes}, found {}", show_dims(&found));
    at.require(found.len() == n && !found.contains(&0), "inp", label)?;
    at.require(taps.len() == n, key, format!("expected the lengths of a filter of {axes}"))?;
    at.odd(key, taps)?;
    let mut knots = Vec::new();
    for (&len, (key, param)) in found.iter().zip(at_samples) {
        knots.push(at.knots(key, param, len, scope)?);
    }
    let dims = knots.iter().map(Knots::count).chain(taps.iter().copied()).collect();
    let model = ArrayType { dims: at.fits(key, dims)?, dtype: inp.ty().dtype };
    Some(Arc::new(Estimated { model, knots: knots.into(), inp }))
}

#[derive(Debug)]
struct Estimated {
    model: ArrayType,
    knots: Arc<[Knots]>,
    inp: Array,
}

impl Operator for Estimated {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.non_stationary_filters(self.knots.clone(), &x.constant(&self.inp))
    }
}
