//! Convolution along an axis, directly or by Fourier transforms.

use crate::graph::{self, Value};
use crate::io::Array;

/// Filters of more samples are applied by Fourier transforms.
const DIRECT: usize = 256;

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// Sample by sample; filters of one axis only.
    Direct,
    /// By Fourier transforms.
    Fft,
}

impl Algorithm {
    /// The faster method for a filter.
    pub(super) fn of(h: &Array) -> Algorithm {
        let short = h.ty().dims.len() == 1 && h.ty().len() <= DIRECT;
        if short { Algorithm::Direct } else { Algorithm::Fft }
    }
}

/// `y_i = sum_k h_k x_{i-k+offset}` along an axis, zeros outside, the same length. The filter has
/// one axis, or as many as `x` with length 1 where it is the same for all.
pub(super) fn convolve(
    x: &Value,
    axis: usize,
    h: &Array,
    offset: usize,
    method: Algorithm,
) -> graph::Result<Value> {
    let h = x.constant(h);
    if method == Algorithm::Direct {
        return x.convolve(axis, &h, offset);
    }
    let h = if h.dims().len() == 1 {
        let mut dims = vec![1; x.dims().len()];
        dims[axis] = h.dims()[0];
        h.reshape(&dims)?
    } else {
        h
    };
    full(x, axis, &h)?.slice(axis, offset, x.dims()[axis], 1)
}

/// `y_i = sum_k h_k x_{i-k}` along an axis, by Fourier transforms: all samples that are not zero, and
/// maybe some zeros. The filter has as many axes as `x`, of length 1 where it is the same for all.
pub(super) fn full(x: &Value, axis: usize, h: &Value) -> graph::Result<Value> {
    let (n, taps) = (x.dims()[axis], h.dims()[axis]);
    let len = fast_length(n + taps - 1);
    let (wide, h) = (x.pad(axis, 0, len - n)?, h.pad(axis, 0, len - taps)?);
    let y = if x.dtype().is_complex() || h.dtype().is_complex() {
        wide.fft(axis)?.multiply(&h.fft(axis)?)?.ifft(axis)?
    } else {
        // The weight 2 of the bins that stand for two makes this the inverse.
        wide.rfft(axis, 1.0)?.multiply(&h.rfft(axis, 1.0)?)?.irfft(axis, len, 2.0)?
    };
    Ok(y.scale(1.0 / len as f64))
}

/// The next even length of small prime factors.
fn fast_length(n: usize) -> usize {
    let mut len = n + n % 2;
    while !is_smooth(len) {
        len += 2;
    }
    len
}

fn is_smooth(mut n: usize) -> bool {
    for p in [2, 3, 5] {
        while n.is_multiple_of(p) {
            n /= p;
        }
    }
    n == 1
}
