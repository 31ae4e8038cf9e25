//! What the blending operators share: shots delayed by Fourier transforms.

use std::f64::consts::SQRT_2;
use std::sync::Arc;

use crate::graph::{self, Value};
use crate::io::{Array, Formula};
use crate::operators::entry::Checker;
use crate::operators::spectral::on_parts;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;
use crate::synthetics::wavenumbers::{frequencies, real_frequencies, shifts};

/// Shots in groups, as the parameters give them.
pub(super) struct Groups<'a> {
    pub(super) nt: usize,
    pub(super) nr: usize,
    pub(super) ns: usize,
    pub(super) dt: f64,
    pub(super) times: &'a ArrayParam,
    pub(super) group_size: usize,
    pub(super) n_groups: usize,
}

#[derive(Debug)]
struct Blended {
    /// Factors `exp(-2 pi i f t)`, with the dims of the shots by their place and group, 1, and
    /// frequencies.
    factors: Array,
    /// The axis of the shots of a group.
    within: usize,
    model: ArrayType,
}

impl Groups<'_> {
    /// The operator that adds delayed shots; `within` is the axis of the shots of a group among those of shots by place and group.
    pub(super) fn blended(
        &self,
        within: usize,
        dtype: DType,
        scope: &mut dyn Scope,
        at: &mut Checker<'_>,
    ) -> Option<Op> {
        at.step("dt", self.dt)?;
        let (size, count) = (self.group_size, self.n_groups);
        let times = at.array("times", self.times, DType::Float64, scope)?;
        let label = format!(
            "expected (group_size, n_groups) = ({size}, {count}), found {}",
            show_dims(&times.ty().dims)
        );
        at.require(times.ty().dims == [size, count], "times", label)?;
        let label =
            format!("expected {size} x {count} sources in {count} groups, found {}", self.ns);
        at.require(size.checked_mul(count) == Some(self.ns), "ns", label)?;
        let model = at.fits("ns", vec![self.ns, self.nr, self.nt])?;
        let times = if within == 1 { at.made("times", times.transpose(&[1, 0]))? } else { times };
        let times = at.as_type("times", times, DType::Float64)?;
        let bins = if dtype.is_complex() { self.nt } else { self.nt / 2 + 1 };
        let dims = [times.ty().dims.as_slice(), &[1, bins]].concat();
        let (nt, dt) = (self.nt, self.dt);
        let frequencies = if dtype.is_complex() { frequencies } else { real_frequencies };
        let factors = Formula {
            inputs: vec![times],
            ty: ArrayType::new(dims, dtype.complex()),
            scratch: 0,
            run: Box::new(move |inputs| Ok(shifts(&inputs[0], &frequencies(nt, dt)))),
        };
        let factors = at.made("times", factors.array())?.named("delays");
        Some(Arc::new(Blended { factors, within, model: ArrayType { dims: model, dtype } }))
    }
}

impl Operator for Blended {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        if self.model.dtype.is_complex() {
            return self.apply(x, false);
        }
        on_parts(x, |x| self.apply(x, true))
    }
}

impl Blended {
    /// The sum of the delayed shots of each group.
    fn apply(&self, x: &Value, real: bool) -> graph::Result<Value> {
        let (nr, nt) = (x.dims()[1], x.dims()[2]);
        let shots = &self.factors.ty().dims[..2];
        let root = 1.0 / (nt as f64).sqrt();
        let x = x.reshape(&[shots, &[nr, nt]].concat())?;
        let x = if real { x.rfft(3, SQRT_2)? } else { x.fft(3)? };
        let y = x.scale(root).multiply(&x.constant(&self.factors))?.sum(self.within)?;
        let y = if real { y.irfft(3, nt, SQRT_2)? } else { y.ifft(3)? };
        y.scale(root).reshape(&[shots[1 - self.within], nr, nt])
    }
}
