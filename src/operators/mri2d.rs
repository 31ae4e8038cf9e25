//! Magnetic resonance imaging: some of the Fourier coefficients of an image.

mod masks;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Sparse, Value};
use crate::io::Array;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Mri2d>("MRI2D");

/// Magnetic resonance imaging in 2-D: some of the Fourier coefficients of an image.
///
/// ```text
/// y = R F x,     F the orthonormal FFT2D with zero frequency in the middle
/// ```
/// Model `(n0, n1)`. `R` multiplies by an array of weights, data `(n0, n1)`; or keeps columns, data
/// `(n0, columns)`; or interpolates bilinearly at points on lines through the middle, sorted by
/// their position along the first axis, then the second, data `(points,)`. Where a line leaves the
/// plane before the first sample, the spectrum continues periodically. Random masks follow from
/// `seed`. The model is complex unless `dtype` is real. PyLops: `MRI2D`, whose random masks differ
/// in every run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Mri2d {
    /// Dims of the image, two axes.
    dims: OneOrMany<usize>,
    /// Array of weights `(n0, n1)`, `vertical-reg` (columns from 0, `n1 // nlines` apart), `vertical-uni` (random
    /// columns and those in the middle), `radial-reg` (lines at angles from 0, `pi / nlines` apart) or `radial-uni`
    /// (lines at random angles).
    mask: ArrayParam,
    /// Number of columns or lines, those in the middle not counted. Only for masks by name.
    nlines: Option<usize>,
    /// With `vertical-uni`, part of the columns that are taken in the middle, 0.1 by default.
    perc_center: Option<f64>,
    /// With `vertical-uni` or `radial-uni`, any number; another one gives other columns or angles.
    #[serde(default)]
    seed: u64,
}

impl Parameters for Mri2d {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.dims_of("dims", &self.dims, 2)?;
        let dtype = at.complex_dtype(dtype);
        let name = self.mask.name();
        let Some(kind) = name.and_then(masks::Kind::named) else {
            let weights = at.array("mask", &self.mask, dtype, scope)?;
            let label = format!(
                "expected dims {}, found {}",
                show_dims(&dims),
                show_dims(&weights.ty().dims)
            );
            at.require(weights.ty().dims == dims, "mask", label)?;
            let complex = weights.ty().dtype.is_complex();
            let weights = at.as_type("mask", weights, DType::of(complex, dtype.is_double()))?;
            return Some(Arc::new(Built {
                model: ArrayType { dims, dtype },
                taken: Taken::Weighted(weights),
            }));
        };
        let label = "expected together with a mask of columns or lines";
        at.require(self.nlines.is_some(), "nlines", label)?;
        let nlines = at.count("nlines", self.nlines.unwrap_or_default())?;
        let center =
            self.perc_center.unwrap_or(if kind == masks::Kind::VerticalUni { 0.1 } else { 0.0 });
        at.require((0.0..=1.0).contains(&center), "perc_center", "expected a part, from 0 to 1")?;
        let label = "expected 0: regular columns leave out none in the middle";
        at.require(kind != masks::Kind::VerticalReg || center == 0.0, "perc_center", label)?;
        let (n0, n1) = (dims[0], dims[1]);
        let taken = if kind.is_vertical() {
            let middle = (center * n1 as f64) as usize;
            let label = format!("{nlines} columns and {middle} in the middle are more than {n1}");
            at.require(nlines.saturating_add(middle) <= n1, "nlines", label)?;
            let columns = masks::columns(kind, n1, nlines, middle, self.seed);
            Taken::Columns(columns.into_iter().map(|k| masks::frequency(k, n1)).collect())
        } else {
            let label = format!("expected axes of at least 2 samples, found {}", show_dims(&dims));
            at.require(n0.min(n1) > 1, "dims", label)?;
            let points = masks::points(kind, [n0, n1], nlines, self.seed);
            Taken::Points(Arc::new(masks::weights([n0, n1], &points)))
        };
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, taken }))
    }
}

/// What is taken of the Fourier coefficients.
#[derive(Debug)]
enum Taken {
    /// All, with weights.
    Weighted(Array),
    /// Frequencies of the second axis.
    Columns(Arc<[usize]>),
    /// Weighted sums of frequencies.
    Points(Arc<Sparse>),
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    taken: Taken,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let scale = 1.0 / (self.model.len() as f64).sqrt();
        let x = x.fft(1)?.scale(scale);
        match &self.taken {
            // Only the columns that are taken are transformed along the other axis.
            Taken::Columns(columns) => x.gather(1, columns.clone())?.fft(0)?.fftshift(0),
            Taken::Weighted(weights) => {
                let y = x.fft(0)?.fftshift(0)?.fftshift(1)?;
                y.multiply(&y.constant(weights))
            }
            Taken::Points(matrix) => x.fft(0)?.flatten().sparse_rows(0, matrix.clone()),
        }
    }
}
