//! Multi-dimensional convolution.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::defaults::{one, yes};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<Mdc>("MDC");

/// Multi-dimensional convolution with a kernel given in the frequency domain.
///
/// ```text
/// d(t, s, v) = F^-1 [ c sum_r G(f, s, r) F[m](f, r, v) ],   c = dr dt sqrt(nt), or 1 if prescaled
/// ```
/// with the orthonormal real Fourier transform F over time. Model `(nt, nr, nv)`, data `(nt, ns,
/// nv)`, both real, in the kernel's precision; unlike PyLops, `nv = 1` keeps the last axis.
/// Two-sided models have time zero at sample `(nt - 1) / 2`. PyLops: `MDC`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Mdc {
    /// Kernel `(nfmax, ns, nr)`, complex.
    #[serde(rename = "G")]
    g: ArrayParam,
    /// Number of time samples of model and data; odd if `twosided`.
    nt: usize,
    /// Number of virtual sources: length of the last axis of the model and the data, unless it is 1.
    nv: usize,
    /// Time between two samples.
    #[serde(default = "one")]
    dt: f64,
    /// Sampling of the receivers, which are summed over.
    #[serde(default = "one")]
    dr: f64,
    /// Whether the model has negative times too.
    #[serde(default = "yes")]
    twosided: bool,
    /// Conjugates the kernel: a correlation.
    #[serde(default)]
    conj: bool,
    /// The kernel already includes `dr dt sqrt(nt)`.
    #[serde(default)]
    prescaled: bool,
}

impl Parameters for Mdc {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let g = at.array("G", &self.g, dtype.complex(), scope)?;
        let complex = at.given_dtype().unwrap_or(g.ty().dtype).complex();
        let dims = g.ty().dims.clone();
        let label = format!("expected (nfmax, ns, nr), found {}", show_dims(&dims));
        at.require(dims.len() == 3 && !dims.contains(&0), "G", label)?;
        at.count("nt", self.nt)?;
        at.count("nv", self.nv)?;
        at.require(
            !self.twosided || self.nt % 2 == 1,
            "nt",
            "a two-sided model has an odd number of samples",
        )?;
        let nfft = self.nt / 2 + 1;
        let label = format!("{} frequencies, but {} samples have {nfft}", dims[0], self.nt);
        at.require(dims[0] <= nfft, "G", label)?;
        let scale = if self.prescaled { 1.0 } else { self.dr * self.dt * (self.nt as f64).sqrt() };
        let kernel = at.as_type("G", g, complex)?;
        let kernel = if self.conj { kernel.conj() } else { kernel };
        at.fits("nt", vec![self.nt, dims[1], self.nv])?;
        let model = at.fits("nt", vec![self.nt, dims[2], self.nv])?;
        let model = ArrayType::new(model, complex.real());
        Some(Arc::new(Built { kernel, model, nt: self.nt, twosided: self.twosided, scale }))
    }
}

#[derive(Debug)]
struct Built {
    kernel: Array,
    model: ArrayType,
    nt: usize,
    twosided: bool,
    scale: f64,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let kernel = x.constant(&self.kernel);
        let (nf, nfft) = (kernel.dims()[0], self.nt / 2 + 1);
        let root = 1.0 / (self.nt as f64).sqrt();
        let x = if self.twosided { x.ifftshift(0)? } else { x.clone() };
        x.rfft(0, std::f64::consts::SQRT_2)?
            .scale(root)
            .take(0, nf)?
            .matmul(&kernel)?
            .pad(0, 0, nfft - nf)?
            .irfft(0, self.nt, std::f64::consts::SQRT_2)
            .map(|y| y.scale(root * self.scale))
    }
}
