//! Operators, one file each: documented parameters and `forward`. No operator has an adjoint, knows
//! threads, chunks or hosts, or matches on the element type.

mod algebra;
mod avo;
mod avo_linear_modelling;
mod bilinear;
mod blending;
mod blending_continuous;
mod blending_group;
mod blending_half;
mod block;
mod block_diag;
mod causal_integration;
mod chirp_radon2d;
mod chirp_radon3d;
mod conj;
mod convolution;
mod convolve1d;
mod convolve2d;
mod convolve_nd;
mod ct2d;
mod dct;
mod defaults;
mod diagonal;
mod dwt;
mod dwt2d;
mod dwtnd;
mod entry;
mod fft;
mod fft2d;
mod fftnd;
mod first_derivative;
mod first_directional_derivative;
mod flip;
mod fourier;
mod fourier_radon2d;
mod fourier_radon3d;
mod fredholm1;
mod gradient;
mod halo;
mod hstack;
mod identity;
mod imag;
mod interp;
mod interp_cubic_spline;
mod interpolation;
mod kirchhoff;
mod kronecker;
mod laplacian;
mod linear_regression;
mod matrix_mult;
mod mdc;
mod mri2d;
mod non_stationary;
mod non_stationary_convolve1d;
mod non_stationary_convolve2d;
mod non_stationary_convolve3d;
mod non_stationary_filters1d;
mod non_stationary_filters2d;
mod not_yet;
mod obliquity;
mod pad;
mod params;
mod patch2d;
mod patch3d;
mod phase_shift;
mod poststack;
mod pressure_to_velocity;
mod prestack;
mod prestack_wavelet;
mod pwsmoother2d;
mod pwsprayer2d;
mod radon;
mod radon2d;
mod radon3d;
mod real;
mod regression;
mod reshape;
mod restriction;
mod roll;
mod second_derivative;
mod second_directional_derivative;
mod seislet;
mod shift;
mod sliding1d;
mod sliding2d;
mod sliding3d;
mod smoothing1d;
mod smoothing2d;
mod smoothing_nd;
mod spaces;
mod spectral;
mod spread;
mod stack;
mod stencil;
mod sum;
mod symmetrize;
mod tau_p;
#[cfg(test)]
mod tests;
mod transpose;
mod up_down_composition_2d;
mod up_down_composition_3d;
mod values;
mod vstack;
mod wavelets;
mod windowed;
mod zero;

use std::fmt::Debug;
use std::sync::Arc;

pub use algebra::{
    Adjoint, Chunked, Conjugate, ImagPart, OperatorSum, Power, Product, RealPart, Scaled,
    Transposed,
};
pub use block::block;
pub use block_diag::block_diag;
pub(crate) use entry::{Checker, ignored};
pub use entry::{Entry, Key};
pub use hstack::hstack;
pub use kronecker::kronecker;
pub use not_yet::{HERE_AS, OPERATORS_NOT_YET, bare, is_listed, not_there_yet};
pub use params::Scope;
pub use spaces::{OperatorSpace, disagreement, same_axes};
pub use vstack::vstack;

use crate::graph::{self, MANY, Program, Value, alike, batched};
use crate::operators::algebra::as_model;
use crate::space::ArrayType;

/// A linear operator: its model, and a program that computes its data. Everything else follows.
pub trait Operator: Debug + Send + Sync {
    /// Dims and element type of the model.
    fn model(&self) -> ArrayType;

    /// Applies the operator to a value with the model's dims, whose element type may be wider than
    /// the model's.
    fn forward(&self, x: &Value) -> graph::Result<Value>;

    /// Applies the operator to each column of a matrix `[elements of the model, n]`; returns a
    /// matrix `[elements of the data, n]`. Many columns become one program where possible;
    /// operators that take all columns at once override this.
    fn forward_columns(&self, x: &Value) -> graph::Result<Value> {
        let (model, n) = (self.model(), x.dims()[1]);
        if n >= MANY {
            let ty = ArrayType::new(model.dims.clone(), x.dtype().promote(model.dtype));
            let one = Value::program(&[ty], |x| Ok(vec![self.forward(&x[0])?]))?;
            let all = if alike(&one, &one) { batched(&vec![&one; n], true)? } else { None };
            if let Some(all) = all {
                let x = x.cast(one.inputs[0].dtype).permute(&[1, 0])?;
                let y = x.reshape(&all.inputs[0].dims)?.apply(&all);
                return y.reshape(&[n, y.ty().len() / n])?.permute(&[1, 0]);
            }
        }
        let columns: graph::Result<Vec<Value>> = (0..n)
            .map(|k| {
                let y = self.forward(&as_model(&x.slice(1, k, 1, 1)?, &model)?)?;
                y.reshape(&[y.ty().len(), 1])
            })
            .collect();
        Value::concatenate(&columns?, 1)
    }

    /// Whether the operator is an explicit dense matrix.
    fn is_explicit(&self) -> bool {
        false
    }
}

/// A shared operator.
pub type Op = Arc<dyn Operator>;

/// The program of an operator, from its model to its data.
pub fn program(op: &dyn Operator) -> graph::Result<Program> {
    Value::program(&[op.model()], |x| Ok(vec![op.forward(&x[0])?]))
}

/// Dims and element type of an operator's data.
pub fn data(op: &dyn Operator) -> graph::Result<ArrayType> {
    Ok(program(op)?.output_types().swap_remove(0))
}

/// Every operator, sorted by name.
pub const ENTRIES: &[Entry] = &[
    avo_linear_modelling::ENTRY,
    bilinear::ENTRY,
    blending_continuous::ENTRY,
    blending_group::ENTRY,
    blending_half::ENTRY,
    block::ENTRY,
    block_diag::ENTRY,
    ct2d::ENTRY,
    causal_integration::ENTRY,
    chirp_radon2d::ENTRY,
    chirp_radon3d::ENTRY,
    conj::ENTRY,
    convolve1d::ENTRY,
    convolve2d::ENTRY,
    convolve_nd::ENTRY,
    dct::ENTRY,
    dwt::ENTRY,
    dwt2d::ENTRY,
    dwtnd::ENTRY,
    diagonal::ENTRY,
    fft::ENTRY,
    fft2d::ENTRY,
    fftnd::ENTRY,
    first_derivative::ENTRY,
    first_directional_derivative::ENTRY,
    flip::ENTRY,
    fourier_radon2d::ENTRY,
    fourier_radon3d::ENTRY,
    fredholm1::ENTRY,
    gradient::ENTRY,
    hstack::ENTRY,
    halo::ENTRY,
    identity::ENTRY,
    imag::ENTRY,
    interp::ENTRY,
    interp_cubic_spline::ENTRY,
    kirchhoff::ENTRY,
    kronecker::ENTRY,
    laplacian::ENTRY,
    linear_regression::ENTRY,
    mdc::ENTRY,
    mri2d::ENTRY,
    matrix_mult::ENTRY,
    non_stationary_convolve1d::ENTRY,
    non_stationary_convolve2d::ENTRY,
    non_stationary_convolve3d::ENTRY,
    non_stationary_filters1d::ENTRY,
    non_stationary_filters2d::ENTRY,
    pwsmoother2d::ENTRY,
    pwsprayer2d::ENTRY,
    pad::ENTRY,
    patch2d::ENTRY,
    patch3d::ENTRY,
    phase_shift::ENTRY,
    poststack::ENTRY,
    pressure_to_velocity::ENTRY,
    prestack::ENTRY,
    prestack_wavelet::ENTRY,
    radon2d::ENTRY,
    radon3d::ENTRY,
    real::ENTRY,
    regression::ENTRY,
    reshape::ENTRY,
    restriction::ENTRY,
    roll::ENTRY,
    second_derivative::ENTRY,
    second_directional_derivative::ENTRY,
    seislet::ENTRY,
    shift::ENTRY,
    sliding1d::ENTRY,
    sliding2d::ENTRY,
    sliding3d::ENTRY,
    smoothing1d::ENTRY,
    smoothing2d::ENTRY,
    smoothing_nd::ENTRY,
    spread::ENTRY,
    sum::ENTRY,
    symmetrize::ENTRY,
    transpose::ENTRY,
    up_down_composition_2d::ENTRY,
    up_down_composition_3d::ENTRY,
    vstack::ENTRY,
    zero::ENTRY,
];

/// An operator's entry by PyLops' name.
pub fn entry(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|e| e.name == name)
}
