//! The closed set of primitives that every operator is written in.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::graph::{Aperture, Banded};
use crate::io::Array;
use crate::scalar::C128;

/// Where a slice starts on an axis, and how far it steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AxisStep {
    /// First index.
    pub start: usize,
    /// Distance between neighbours, at least 1.
    pub step: usize,
}

/// One linear step. The dims and element type of the result stand in the [`crate::graph::Node`].
#[derive(Clone, Debug, PartialEq)]
pub enum Primitive {
    /// An input of the program, by number.
    Input(usize),
    /// An array of the problem.
    Constant(Array),
    /// Zeros.
    Zeros,
    /// `y = c x`
    Scale(C128),
    /// `y = f x` or `conj(f) x`, element by element; inputs `[x, f]`, axes of length 1 in `f` are broadcast.
    Multiply {
        /// Whether the factor is conjugated.
        conj: bool,
    },
    /// `y = sum of the inputs`
    Add,
    /// Another element type; complex to real takes the real part.
    Cast,
    /// `y = conj(x)`
    Conj,
    /// Other dims, the same elements in C order.
    Reshape,
    /// Axis `k` of the result is axis `axes[k]` of the input.
    Permute(Vec<usize>),
    /// Every `step`-th element from `start`, on each axis.
    Slice(Vec<AxisStep>),
    /// The transpose of [`Primitive::Slice`]: zeros around and between.
    Pad(Vec<AxisStep>),
    /// Inputs one after the other along an axis.
    Concatenate(usize),
    /// `y_i = x_{n-1-i}` along an axis.
    Flip(usize),
    /// `y_{(i+shift) mod n} = x_i` along an axis.
    Roll {
        /// Axis.
        axis: usize,
        /// Shift, in `0..n`.
        shift: usize,
    },
    /// The sum of banded matrices, each along an axis.
    Stencil(Vec<(usize, Arc<Banded>)>),
    /// `y_i = sum_k h_k x_{i-k+offset}` with zeros outside; inputs `[x, h]`.
    /// `flip`: `y_i = sum_k h_k x_{i+k-offset}`.
    Convolve {
        /// Axis.
        axis: usize,
        /// Index of the filter's sample at zero lag.
        offset: usize,
        /// Length of the filter.
        taps: usize,
        /// Correlation instead of convolution.
        flip: bool,
        /// Whether the filter is conjugated.
        conj: bool,
    },
    /// `y_k = scale sum_j x_j exp(-+ 2 pi i jk/n)` along an axis; plus for `inverse`.
    Fft {
        /// Axis.
        axis: usize,
        /// Sign of the exponent.
        inverse: bool,
        /// Factor.
        scale: f64,
    },
    /// The non-negative frequencies of a real array of `n` samples, `y_k = scale w_k sum_j x_j exp(-2 pi i jk/n)`,
    /// with `w = weight` strictly between zero and Nyquist, 1 there.
    Rfft {
        /// Axis.
        axis: usize,
        /// Samples.
        n: usize,
        /// Weight of the bins that stand for two.
        weight: f64,
        /// Factor.
        scale: f64,
    },
    /// The transpose of [`Primitive::Rfft`]: `x_j = scale Re sum_k w_k y_k exp(2 pi i jk/n)`.
    Irfft {
        /// Axis.
        axis: usize,
        /// Samples.
        n: usize,
        /// Weight of the bins that stand for two.
        weight: f64,
        /// Factor.
        scale: f64,
    },
    /// `Y_b = K_b X_b` for every batch; inputs `[x, kernel]` with dims `[b, k, n]` and `[b, m, k]`.
    Matmul {
        /// Whether the kernel is transposed.
        transpose: bool,
        /// Whether the kernel is conjugated.
        conj: bool,
    },
    /// `Y_b = K_b^H K_b X_b`, in one pass over the kernel.
    Gram,
    /// `y_i = x_{indices_i}` along an axis.
    Gather {
        /// Axis.
        axis: usize,
        /// Which samples, in which order.
        indices: Arc<[usize]>,
    },
    /// The transpose of [`Primitive::Gather`]: `y_{indices_i} += x_i`.
    ScatterAdd {
        /// Axis.
        axis: usize,
        /// Where the samples go.
        indices: Arc<[usize]>,
    },
    /// Sums over an axis, which keeps length 1.
    Sum(usize),
    /// Repeats an axis of length 1.
    Broadcast(usize),
    /// `y_i = sum_{j<=i} x_j` along an axis; `sum_{j>=i}` if `reverse`.
    CumulativeSum {
        /// Axis.
        axis: usize,
        /// Direction.
        reverse: bool,
    },
    /// `y_{j,k} += (1-w) x_i`, `y_{j,k+1} += w x_i` with `k = trunc(table_{i,j})`, `w = fraction_{i,j}`; what
    /// is outside is dropped. Inputs `[x, table]` or `[x, table, fraction]`, tables `(points, traces)`;
    /// from `(points,)` to `(traces, times)`, back if `transpose`.
    Spread {
        /// Sampling of time if the table holds times: `k + w = table_{i,j} / dt`; then samples are
        /// dropped unless both are inside.
        dt: Option<f64>,
        /// Direction.
        transpose: bool,
    },
    /// `y_{s,r,k} += (1-w) a x_i`, `y_{s,r,k+1} += w a x_i` with `k + w = (ts_{s,i} + tr_{r,i}) / dt`; pairs of
    /// samples that are not both inside are dropped. Inputs `[x, ts, tr]`, times `(sources or receivers,
    /// points)`, with `a = 1`; or `[x, ts, tr, ws, wr]`, weights `(.., 2, points)`, with
    /// `a = ws_{s,0,i} wr_{r,0,i} + ws_{s,1,i} wr_{r,1,i}` times the aperture's weight. From `(points,)` to
    /// `(sources, receivers, times)`, back if `transpose`; then also to `(parts, points)`, for parts of the
    /// sources that are added later.
    Kirchhoff {
        /// Sampling of time.
        dt: f64,
        /// Largest offset over depth.
        aperture: Option<Arc<Aperture>>,
        /// Direction.
        transpose: bool,
    },
}

impl Primitive {
    /// A short name, as drawings and plans show it.
    pub fn label(&self) -> String {
        match self {
            Primitive::Input(k) => format!("input {k}"),
            Primitive::Constant(a) => format!("array {}", a.name()),
            Primitive::Zeros => "zeros".into(),
            Primitive::Scale(c) if c.im == 0.0 => format!("scale {}", c.re),
            Primitive::Scale(c) => format!("scale {c}"),
            Primitive::Multiply { conj: false } => "multiply".into(),
            Primitive::Multiply { conj: true } => "multiply conj".into(),
            Primitive::Add => "add".into(),
            Primitive::Cast => "cast".into(),
            Primitive::Conj => "conj".into(),
            Primitive::Reshape => "reshape".into(),
            Primitive::Permute(axes) => format!("permute {axes:?}"),
            Primitive::Slice(_) => "slice".into(),
            Primitive::Pad(_) => "pad".into(),
            Primitive::Concatenate(axis) => format!("concatenate axis {axis}"),
            Primitive::Flip(axis) => format!("flip axis {axis}"),
            Primitive::Roll { axis, shift } => format!("roll axis {axis} by {shift}"),
            Primitive::Stencil(terms) => {
                let axes: Vec<String> = terms.iter().map(|(a, _)| a.to_string()).collect();
                format!("stencil axes {}", axes.join(" + "))
            }
            Primitive::Convolve { axis, flip: false, .. } => format!("convolve axis {axis}"),
            Primitive::Convolve { axis, flip: true, .. } => format!("correlate axis {axis}"),
            Primitive::Fft { axis, inverse: false, .. } => format!("fft axis {axis}"),
            Primitive::Fft { axis, inverse: true, .. } => format!("ifft axis {axis}"),
            Primitive::Rfft { axis, .. } => format!("rfft axis {axis}"),
            Primitive::Irfft { axis, .. } => format!("irfft axis {axis}"),
            Primitive::Matmul { transpose, conj } => match (transpose, conj) {
                (false, false) => "matmul".into(),
                (false, true) => "matmul conj".into(),
                (true, false) => "matmul T".into(),
                (true, true) => "matmul H".into(),
            },
            Primitive::Gram => "matmul H matmul".into(),
            Primitive::Gather { axis, indices } => format!("gather {} axis {axis}", indices.len()),
            Primitive::ScatterAdd { axis, indices } => {
                format!("scatter-add {} axis {axis}", indices.len())
            }
            Primitive::Sum(axis) => format!("sum axis {axis}"),
            Primitive::Broadcast(axis) => format!("broadcast axis {axis}"),
            Primitive::CumulativeSum { axis, reverse: false } => {
                format!("cumulative sum axis {axis}")
            }
            Primitive::CumulativeSum { axis, reverse: true } => {
                format!("reverse cumulative sum axis {axis}")
            }
            Primitive::Spread { transpose: false, .. } => "spread".into(),
            Primitive::Spread { transpose: true, .. } => "spread T".into(),
            Primitive::Kirchhoff { transpose: false, .. } => "demigrate".into(),
            Primitive::Kirchhoff { transpose: true, .. } => "migrate".into(),
        }
    }

    /// How many of a node's inputs carry the unknown; the rest are constants.
    pub fn linear_inputs(&self, inputs: usize) -> usize {
        match self {
            Primitive::Multiply { .. }
            | Primitive::Convolve { .. }
            | Primitive::Matmul { .. }
            | Primitive::Gram
            | Primitive::Spread { .. }
            | Primitive::Kirchhoff { .. } => 1,
            _ => inputs,
        }
    }
}

/// What tells most primitives of one graph apart that have the same inputs.
impl Hash for Primitive {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        // Both zeros are equal.
        let bits = |x: f64| (x + 0.0).to_bits();
        let some = |indices: &[usize]| {
            let step = indices.len().div_ceil(16).max(1);
            indices.iter().copied().step_by(step).collect::<Vec<_>>()
        };
        match self {
            Primitive::Input(number) => number.hash(state),
            Primitive::Constant(array) => array.id().hash(state),
            Primitive::Scale(c) => [c.re, c.im].map(bits).hash(state),
            Primitive::Permute(axes) => axes.hash(state),
            Primitive::Slice(steps) | Primitive::Pad(steps) => steps.hash(state),
            Primitive::Roll { shift, .. } => shift.hash(state),
            Primitive::Stencil(terms) => {
                let first = terms.iter().flat_map(|(_, rows)| rows.coefficients().take(16));
                first.map(bits).for_each(|bits| bits.hash(state));
            }
            Primitive::Gather { indices, .. } | Primitive::ScatterAdd { indices, .. } => {
                some(indices).hash(state);
            }
            Primitive::Fft { scale, .. }
            | Primitive::Rfft { scale, .. }
            | Primitive::Irfft { scale, .. } => bits(*scale).hash(state),
            Primitive::Zeros
            | Primitive::Multiply { .. }
            | Primitive::Add
            | Primitive::Cast
            | Primitive::Conj
            | Primitive::Reshape
            | Primitive::Concatenate(_)
            | Primitive::Flip(_)
            | Primitive::Convolve { .. }
            | Primitive::Matmul { .. }
            | Primitive::Gram
            | Primitive::Sum(_)
            | Primitive::Broadcast(_)
            | Primitive::CumulativeSum { .. }
            | Primitive::Spread { .. }
            | Primitive::Kirchhoff { .. } => {}
        }
    }
}

/// Arrays are equal if they are the same one.
impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        self.same_as(other)
    }
}
