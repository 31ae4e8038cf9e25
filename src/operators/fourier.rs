//! What the Fourier transforms share: shifts, lengths, scaling, and the real transform's weights.

use std::sync::Arc;

use crate::graph::{self, Value};
use crate::operators::entry::Checker;
use crate::operators::{Op, Operator};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::{Diagnostic, OneOrMany};

/// The parameters of a transform, whichever operator they come from.
pub(super) struct Settings<'a> {
    /// Dims of the model.
    pub(super) dims: Vec<usize>,
    /// Transformed axes; the last of them is halved if `real`.
    pub(super) axes: Vec<usize>,
    /// Name of the key that holds the lengths.
    pub(super) nffts_key: &'a str,
    /// Lengths of the transforms; by default those of the axes.
    pub(super) nffts: &'a Option<OneOrMany<usize>>,
    /// Distance between two samples along each axis.
    pub(super) sampling: &'a OneOrMany<f64>,
    /// Name of the scaling.
    pub(super) norm: &'a str,
    /// Whether the model is real and half of the frequencies are kept.
    pub(super) real: bool,
    /// Whether the frequencies that represent two have no weight.
    pub(super) unweighted: bool,
    /// Axes whose origin is in the middle of the model.
    pub(super) ifftshift_before: &'a OneOrMany<bool>,
    /// Axes whose zero frequency goes to the middle of the data.
    pub(super) fftshift_after: &'a OneOrMany<bool>,
}

impl Settings<'_> {
    /// Builds the transform. `dtype` is the one given, or the file's default.
    pub(super) fn build(self, dtype: DType, at: &mut Checker<'_>) -> Option<Op> {
        let n = self.axes.len();
        for step in at.per_axis("sampling", self.sampling, n)? {
            at.step("sampling", step)?;
        }
        let before = at.per_axis("ifftshift_before", self.ifftshift_before, n)?;
        let after = at.per_axis("fftshift_after", self.fftshift_after, n)?;
        let lengths = match self.nffts {
            Some(nffts) => at.per_axis(self.nffts_key, nffts, n)?,
            None => self.axes.iter().map(|&axis| self.dims[axis]).collect(),
        };
        let mut dimsd = self.dims.clone();
        self.axes.iter().zip(&lengths).for_each(|(&axis, &len)| dimsd[axis] = len);
        at.fits(self.nffts_key, dimsd)?;
        let total: f64 = lengths.iter().map(|&len| len as f64).product();
        let scale = scale(self.norm, total, at)?;
        let dtype = if self.real { dtype.real() } else { at.complex_dtype(dtype) };
        let axes = (self.axes.iter().zip(&lengths).zip(before.iter().zip(&after)))
            .map(|((&axis, &len), (&before, &after))| TransformAxis { axis, len, before, after })
            .collect();
        let model = ArrayType::new(self.dims, dtype);
        let fits = self.real || !self.unweighted;
        at.require(fits, "unweighted", "expected together with `real = true`")?;
        let weight = if self.unweighted { 1.0 } else { std::f64::consts::SQRT_2 };
        Some(Arc::new(Built { model, axes, real: self.real, weight, scale }))
    }
}

/// The factor of the forward transform of `n` samples.
fn scale(norm: &str, n: f64, at: &mut Checker<'_>) -> Option<f64> {
    let help = match norm {
        "ortho" => return Some(1.0 / n.sqrt()),
        "none" => return Some(1.0),
        "1/n" | "1/N" => return Some(1.0 / n),
        "backward" => {
            "for no factor on the forward transform, write `norm = \"none\"`; its adjoint then has none either"
        }
        "forward" => {
            "for 1/n on the forward transform, write `norm = \"1/n\"`; its adjoint then has it too"
        }
        _ => "the scalings are \"ortho\", \"none\" and \"1/n\"",
    };
    let (span, message) = (at.span("norm"), format!("unknown scaling `{norm}`"));
    let label = "expected \"ortho\", \"none\" or \"1/n\"";
    at.diagnostics.push(Diagnostic::new(span, message, label).help(help));
    None
}

#[derive(Debug)]
struct TransformAxis {
    axis: usize,
    /// Length of the transform.
    len: usize,
    /// Whether `ifftshift` comes before it.
    before: bool,
    /// Whether `fftshift` comes after it.
    after: bool,
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    axes: Vec<TransformAxis>,
    real: bool,
    /// Factor of the frequencies that represent two, if real.
    weight: f64,
    scale: f64,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let mut y = x.clone();
        for a in self.axes.iter().filter(|a| a.before) {
            y = y.ifftshift(a.axis)?;
        }
        for (k, a) in self.axes.iter().enumerate().rev() {
            y = with_length(&y, a.axis, a.len)?;
            y = if self.real && k + 1 == self.axes.len() {
                y.rfft(a.axis, self.weight)?
            } else {
                y.fft(a.axis)?
            };
        }
        y = y.scale(self.scale);
        for a in self.axes.iter().filter(|a| a.after) {
            y = y.fftshift(a.axis)?;
        }
        Ok(y)
    }
}

/// Pads with zeros after the last sample, or truncates.
pub(super) fn with_length(x: &Value, axis: usize, len: usize) -> graph::Result<Value> {
    let n = x.dims()[axis];
    if len < n { x.take(axis, len) } else { x.pad(axis, 0, len - n) }
}
