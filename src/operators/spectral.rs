//! Filters that multiply Fourier coefficients, and real operators on complex values.

use std::f64::consts::SQRT_2;

use crate::graph::{self, Value};
use crate::io::Array;
use crate::scalar::C128;

/// A filter of the Fourier coefficients along all axes of an array.
#[derive(Debug)]
pub(super) struct SpectralFilter {
    /// Lengths of the transforms, one for each axis: samples beyond them are dropped.
    pub(super) nffts: Vec<usize>,
    /// The axis of which only the non-negative frequencies are filtered, if the array is real.
    pub(super) halved: Option<usize>,
    /// Coefficients, in the order of a transform; an axis of length 1 is the same for all.
    pub(super) filter: Array,
}

impl SpectralFilter {
    /// `F^H diag(filter) F x`, with the orthonormal Fourier transform F of all axes. With `halved`, a
    /// complex array is filtered as its real and imaginary parts.
    pub(super) fn apply(&self, x: &Value) -> graph::Result<Value> {
        match self.halved {
            None => self.apply_to(x, None),
            halved => on_parts(x, |x| self.apply_to(x, halved)),
        }
    }

    fn apply_to(&self, x: &Value, halved: Option<usize>) -> graph::Result<Value> {
        let first = halved.unwrap_or(self.nffts.len() - 1);
        let others: Vec<usize> =
            (0..self.nffts.len()).filter(|&a| a != first && self.nffts[a] > 1).collect();
        let root = 1.0 / self.nffts.iter().map(|&n| n as f64).product::<f64>().sqrt();
        let mut y = x.clone();
        for (axis, &n) in self.nffts.iter().enumerate() {
            y = resized(&y, axis, n)?;
        }
        y = if halved.is_some() { y.rfft(first, SQRT_2)? } else { y.fft(first)? };
        for &axis in &others {
            y = y.fft(axis)?;
        }
        y = y.scale(root).multiply(&x.constant(&self.filter))?;
        for &axis in others.iter().rev() {
            y = y.ifft(axis)?;
        }
        y = match halved {
            Some(_) => y.irfft(first, self.nffts[first], SQRT_2)?,
            None => y.ifft(first)?,
        };
        y = y.scale(root);
        for (axis, &n) in x.dims().iter().enumerate() {
            y = resized(&y, axis, n)?;
        }
        Ok(y)
    }
}

/// An axis with its first `n` samples, or with zeros after its last one.
pub(super) fn resized(x: &Value, axis: usize, n: usize) -> graph::Result<Value> {
    let now = x.dims()[axis];
    if n < now { x.take(axis, n) } else { x.pad(axis, 0, n - now) }
}

/// A real operator on a value: if it is complex, on its real and its imaginary part.
pub(super) fn on_parts(
    x: &Value,
    f: impl Fn(&Value) -> graph::Result<Value>,
) -> graph::Result<Value> {
    if !x.dtype().is_complex() {
        return f(x);
    }
    let imaginary = f(&x.imag())?.to_complex().scale(C128::new(0.0, 1.0));
    f(&x.real())?.to_complex().add(&imaginary)
}
