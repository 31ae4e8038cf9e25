//! Shifts by parts of a sample.

use std::f64::consts::SQRT_2;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Frequencies, Value};
use crate::io::Array;
use crate::operators::defaults::{minus_one, one};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::fourier::with_length;
use crate::operators::{Op, Operator, Scope};
use crate::scalar::{C128, DType};
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Shift>("Shift");

/// Shift along an axis, by the same for all traces or by one for each.
///
/// ```text
/// y = F^-1 exp(-2 pi i f s) F x,   f = 0, 1/(nfft sampling), ..
/// ```
/// with the Fourier transform F along the axis. Positive shifts delay; what leaves at the end of `nfft`
/// samples comes in at its start. Model and data have the same dims. By default the model is complex
/// unless `real`; a real `dtype` makes it real. PyLops: `Shift`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Shift {
    /// Length of each axis of the model, which the data have too; one number for a single axis.
    dims: OneOrMany<usize>,
    /// Shift s in the units of `sampling`: a number, or an array with the dims of the other axes.
    shift: ArrayParam,
    /// Axis to shift along; negative ones count from the end.
    #[serde(default = "minus_one")]
    axis: isize,
    /// Length of the transform; by default that of the axis.
    nfft: Option<usize>,
    /// Distance between two samples along the axis.
    #[serde(default = "one")]
    sampling: f64,
    /// The model is real.
    #[serde(default)]
    real: bool,
}

impl Parameters for Shift {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims("dims", &self.dims)?;
        let axis = at.axis("axis", self.axis, &dims)?;
        at.step("sampling", self.sampling)?;
        let nfft = at.count("nfft", self.nfft.unwrap_or(dims[axis]))?;
        let mut wide = dims.clone();
        wide[axis] = nfft;
        at.fits("nfft", wide)?;
        let shift = at.array_as("shift", &self.shift, DType::Float64, scope)?;
        let (found, mut others) = (shift.ty().dims.clone(), dims.clone());
        others.remove(axis);
        let label = format!(
            "expected a number, or dims {} of the other axes, found {}",
            show_dims(&others),
            show_dims(&found)
        );
        at.require(found == others || shift.ty().len() == 1, "shift", label)?;
        let mut along = dims.clone();
        along[axis] = 1;
        let along = if shift.ty().len() == 1 { vec![1; dims.len()] } else { along };
        let shift = at.reshaped("shift", shift, &along)?;
        let dtype = if self.real { dtype.real() } else { at.complex_dtype(dtype) };
        let step = 1.0 / (nfft as f64 * self.sampling);
        let model = ArrayType { dims, dtype };
        Some(Arc::new(Built { model, shift, axis, nfft, step, real: self.real }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    /// Broadcasts over the model.
    shift: Array,
    axis: usize,
    nfft: usize,
    /// Step of the frequencies.
    step: f64,
    real: bool,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        if x.dtype().is_complex() && !self.model.dtype.is_complex() {
            // Real and imaginary parts are two real signals.
            let (re, im) = (self.forward(&x.real())?, self.forward(&x.imag())?);
            return re.to_complex().add(&im.scale(C128::i()));
        }
        let (axis, nfft) = (self.axis, self.nfft);
        let of = Frequencies { step: self.step, wraps: (!self.real).then_some(nfft) };
        let (wide, shift) = (with_length(x, axis, nfft)?, x.constant(&self.shift));
        let y = if self.real {
            wide.rfft(axis, SQRT_2)?.turn(axis, of, &shift)?.irfft(axis, nfft, SQRT_2)?
        } else {
            let y = wide.fft(axis)?.turn(axis, of, &shift)?.ifft(axis)?;
            y.cast(x.dtype())
        };
        with_length(&y.scale(1.0 / nfft as f64), axis, x.dims()[axis])
    }
}
