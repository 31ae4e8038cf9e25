//! Convolution along axes, directly or by Fourier transforms.

use crate::graph::{self, Value};
use crate::io::Array;
use crate::space::ArrayType;

/// Filters of more samples along one axis are applied by Fourier transforms.
const DIRECT: usize = 256;

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// Sample by sample; one filter only.
    Direct,
    /// By Fourier transforms.
    Fft,
}

impl Algorithm {
    /// The faster method for a filter of one axis, or for one filter for each lane.
    pub(super) fn of(h: &Array) -> Algorithm {
        let short = h.ty().dims.len() == 1 && h.ty().len() <= DIRECT;
        if short { Algorithm::Direct } else { Algorithm::Fft }
    }

    /// The faster method for a filter along some axes of an array.
    pub(super) fn faster(model: &ArrayType, axes: &[usize], taps: &[usize]) -> Algorithm {
        if let [taps] = taps {
            return if *taps <= DIRECT { Algorithm::Direct } else { Algorithm::Fft };
        }
        // Transforms there and back of an array that holds zeros for the filter's reach.
        let wide = axes.iter().zip(taps).map(|(&axis, taps)| {
            let n = model.dims[axis];
            (fast_length(n + taps - 1) as f64, n as f64)
        });
        let (log, padding) =
            wide.fold((0.0, 1.0), |(log, padding), (len, n)| (log + len.log2(), padding * len / n));
        let transforms = (TRANSFORM + AXIS * axes.len() as f64 + LEVEL * log) * padding;
        let direct = taps.iter().product::<usize>() as f64;
        if direct <= transforms { Algorithm::Direct } else { Algorithm::Fft }
    }
}

/// What transforms cost for each sample, in multiplications of the direct method: once, for each axis, and
/// for each doubling of the samples.
const TRANSFORM: f64 = 100.0;
const AXIS: f64 = 100.0;
const LEVEL: f64 = 20.0;

/// `y_i = sum_k h_k x_{i-k+offset}` along axes, zeros outside, the same dims. The filter has these axes, or
/// as many as `x` with length 1 where it is the same for all.
pub(super) fn convolve(
    x: &Value,
    axes: &[usize],
    h: &Array,
    offsets: &[usize],
    method: Algorithm,
) -> graph::Result<Value> {
    let mut h = x.constant(h);
    if method == Algorithm::Direct {
        return x.convolve(axes, &h, offsets);
    }
    if h.dims().len() == axes.len() {
        let mut dims = vec![1; x.dims().len()];
        axes.iter().zip(h.dims()).for_each(|(&axis, &taps)| dims[axis] = taps);
        h = h.reshape(&dims)?;
    }
    let y = full(x, axes, &h)?;
    axes.iter()
        .zip(offsets)
        .try_fold(y, |y, (&axis, &offset)| y.slice(axis, offset, x.dims()[axis], 1))
}

/// `y_i = sum_k h_k x_{i-k}` along axes, by Fourier transforms: all samples that are not zero, and maybe some
/// zeros. The filter has as many axes as `x`, of length 1 where it is the same for all.
pub(super) fn full(x: &Value, axes: &[usize], h: &Value) -> graph::Result<Value> {
    let (mut wide, mut h, mut scale) = (x.clone(), h.clone(), 1.0);
    for &axis in axes {
        let (n, taps) = (x.dims()[axis], h.dims()[axis]);
        let len = fast_length(n + taps - 1);
        (wide, h) = (wide.pad(axis, 0, len - n)?, h.pad(axis, 0, len - taps)?);
        scale /= len as f64;
    }
    let complex = x.dtype().is_complex() || h.dtype().is_complex();
    let (last, others) = (axes[axes.len() - 1], &axes[..axes.len() - 1]);
    // The weight 2 of the bins that stand for two makes the real transform's transpose its inverse.
    let there = |v: &Value| {
        let first = if complex { v.fft(last)? } else { v.rfft(last, 1.0)? };
        others.iter().try_fold(first, |v, &axis| v.fft(axis))
    };
    let y = there(&wide)?.multiply(&there(&h)?)?;
    let y = others.iter().rev().try_fold(y, |y, &axis| y.ifft(axis))?;
    let len = wide.dims()[last];
    let y = if complex { y.ifft(last)? } else { y.irfft(last, len, 2.0)? };
    Ok(y.scale(scale))
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
