//! Convolution along an axis, directly or by Fourier transforms.

use crate::graph::{self, Value};
use crate::io::Array;

/// Most samples of a filter that is applied directly.
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
    let (n, taps) = (x.dims()[axis], h.dims()[axis]);
    let len = fast_length(n + taps - 1);
    let (wide, h) = (x.pad(axis, 0, len - n)?, h.pad(axis, 0, len - taps)?);
    let y = if x.dtype().is_complex() || h.dtype().is_complex() {
        wide.fft(axis)?.multiply(&h.fft(axis)?)?.ifft(axis)?
    } else {
        // Weight 2 on the bins that represent two makes this the inverse.
        wide.rfft(axis, 1.0)?.multiply(&h.rfft(axis, 1.0)?)?.irfft(axis, len, 2.0)?
    };
    y.scale(1.0 / len as f64).slice(axis, offset, n, 1)
}

/// The next even length whose prime factors are 2, 3 and 5.
fn fast_length(n: usize) -> usize {
    let half = n.div_ceil(2);
    let bound = half.next_power_of_two();
    let mut least = bound;
    let fives = std::iter::successors(Some(1_usize), |k| k.checked_mul(5));
    for five in fives.take_while(|&k| k < bound) {
        let threes = std::iter::successors(Some(five), |k| k.checked_mul(3));
        for odd in threes.take_while(|&k| k < bound) {
            least = least.min(odd * half.div_ceil(odd).next_power_of_two());
        }
    }
    2 * least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_transforms_are_the_next_smooth_ones() {
        let is_smooth = |mut n: usize| {
            for p in [2, 3, 5] {
                while n.is_multiple_of(p) {
                    n /= p;
                }
            }
            n == 1
        };
        for n in 1..3000 {
            let next = (n..).find(|&len| len % 2 == 0 && is_smooth(len));
            assert_eq!(Some(fast_length(n)), next);
        }
        assert!(fast_length(1 << 45) == 1 << 45);
    }
}
