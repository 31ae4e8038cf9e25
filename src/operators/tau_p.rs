//! Radon transforms in the frequency domain: what they share.

use std::sync::Arc;

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::Operator;
use crate::scalar::{C128, DType};
use crate::space::ArrayType;

/// Sums of plane waves along an axis: `sum_q exp(2 pi i k a_r b_q) x_{q,k}` at frequency number `k`.
#[derive(Debug)]
pub(super) struct Waves {
    pub(super) axis: usize,
    /// `a`
    pub(super) rows: Arc<[f64]>,
    /// `b`
    pub(super) terms: Arc<[f64]>,
}

/// Sums of plane waves along spatial axes, between a Fourier transform over time, the last axis, and
/// its inverse.
#[derive(Debug)]
pub(super) struct Transform {
    pub(super) model: ArrayType,
    /// Length of the Fourier transform.
    pub(super) nfft: usize,
    /// The first frequency that is kept, and the first that no longer is.
    pub(super) flims: [usize; 2],
    /// The sums, in the order in which they are taken.
    pub(super) waves: Vec<Waves>,
    /// Real factors of the frequencies, if there are any.
    pub(super) factors: Option<Array>,
}

impl Transform {
    /// The transform of a real value.
    fn of(&self, x: &Value) -> graph::Result<Value> {
        let (axis, nt) = (self.model.dims.len() - 1, x.dims()[self.model.dims.len() - 1]);
        let [first, end] = self.flims;
        let bins = self.nfft / 2 + 1;
        let mut y = x.pad(axis, 0, self.nfft - nt)?.rfft(axis, std::f64::consts::SQRT_2)?;
        y = y.slice(axis, first, end - first, 1)?;
        for Waves { axis, rows, terms } in &self.waves {
            y = y.plane_waves(*axis, rows.clone(), terms.clone(), first)?;
        }
        if let Some(factors) = &self.factors {
            y = y.multiply(&x.constant(factors).cast(x.dtype()))?;
        }
        let y = y.pad(axis, first, bins - end)?;
        let y = y.irfft(axis, self.nfft, std::f64::consts::SQRT_2)?;
        Ok(y.take(axis, nt)?.scale(1.0 / self.nfft as f64))
    }
}

impl Operator for Transform {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        if !x.dtype().is_complex() {
            return self.of(x);
        }
        let (re, im) = (self.of(&x.real())?, self.of(&x.imag())?);
        re.to_complex().add(&im.to_complex().scale(C128::I))
    }
}

/// Factors of the frequencies of an array of so many axes, along the last.
pub(super) fn factors(
    axes: usize,
    bins: usize,
    of: impl Fn(f64) -> f64,
) -> crate::io::Result<Array> {
    let mut dims = vec![1; axes];
    dims[axes - 1] = bins;
    let values = (0..bins).map(|k| of(k as f64).into()).collect();
    Array::values(dims, values, DType::Float64).map(|array| array.named("frequencies"))
}
