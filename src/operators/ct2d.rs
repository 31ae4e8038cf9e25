//! Computed tomography of two-dimensional images.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::{self, Beams, Fan, Value, Weight};
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<Ct2d>("CT2D");

/// Computed tomography of a two-dimensional image: projections along rays.
///
/// ```text
/// y(theta, j) = sum over pixels of w(theta, j, pixel) x(pixel)
///
/// strip    area of the pixel in the strip to the detector, over the width of the strip there
/// line     length in the pixel of the ray to the detector's centre
/// linear   interpolation between the two pixels of a row, or column, next to that ray, times its length
///          from row to row, or column to column
/// ```
/// Model `(ny, nx)`, data `(angles, det_count)`; pixels have side 1, the image's centre is the origin, and
/// row 0 is at the top. At angle theta parallel rays run along (sin theta, -cos theta). A ray along the border
/// of two pixels counts half for each. Weights are computed during the run and take no memory; the adjoint
/// is exact. PyLops: `CT2D`, which runs ASTRA in single precision and has no `linear` for fans.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Ct2d {
    /// Dims `(ny, nx)` of the image.
    dims: Vec<usize>,
    /// Width of a detector, in pixels.
    det_width: f64,
    /// Number of detectors, around the middle.
    det_count: usize,
    /// Angles in radians.
    thetas: ArrayParam,
    /// `parallel`, or `fanflat` for rays from a source to a flat row of detectors.
    #[serde(default)]
    proj_geom_type: Shape,
    /// With `fanflat`, distance of the source from the origin.
    source_origin_dist: Option<f64>,
    /// With `fanflat`, distance of the detectors from the origin, on the side away from the source.
    origin_detector_dist: Option<f64>,
    /// `strip`, `line` or `linear`.
    #[serde(default)]
    projector_type: Projector,
}

/// How rays run.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    /// Parallel rays.
    #[default]
    Parallel,
    /// From a source to a flat row of detectors.
    FanFlat,
}

/// What a pixel counts.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum Projector {
    /// Area of a strip.
    #[default]
    Strip,
    /// Length of a ray.
    Line,
    /// Interpolation along a ray.
    Linear,
}

impl Parameters for Ct2d {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let dims = at.fits("dims", self.dims.clone())?;
        let label = format!("expected two axes (ny, nx), found {}", show_dims(&dims));
        at.require(dims.len() == 2, "dims", label)?;
        let positive = |v: f64| v > 0.0 && v.is_finite();
        at.require(positive(self.det_width), "det_width", "expected a width above 0")?;
        let detectors = at.count("det_count", self.det_count)?;
        let angles = at.position_list("thetas", &self.thetas, scope)?;
        at.are_finite("thetas", &angles)?;
        at.fits("det_count", vec![angles.len(), detectors])?;
        let fan = self.fan(at)?;
        let weight = match self.projector_type {
            Projector::Strip => Weight::Strip,
            Projector::Line => Weight::Line,
            Projector::Linear => Weight::Linear,
        };
        let model = ArrayType::new(dims.clone(), dtype);
        let beams = Beams {
            dims: [dims[0], dims[1]],
            angles,
            detectors,
            width: self.det_width,
            fan,
            weight,
        };
        Some(Arc::new(Built { model, beams: Arc::new(beams) }))
    }
}

impl Ct2d {
    /// The distances of the source, if there is one.
    fn fan(&self, at: &mut Checker<'_>) -> Option<Option<Fan>> {
        let given = [
            ("source_origin_dist", self.source_origin_dist),
            ("origin_detector_dist", self.origin_detector_dist),
        ];
        let mut distances = [0.0; 2];
        for ((key, value), distance) in given.into_iter().zip(&mut distances) {
            let fan = self.proj_geom_type == Shape::FanFlat;
            at.require(fan || value.is_none(), key, "needs `proj_geom_type = \"fanflat\"`")?;
            at.require(!fan || value.is_some(), key, format!("a fan needs `{key}`"))?;
            *distance = value.unwrap_or(0.0);
            at.require(*distance >= 0.0 && distance.is_finite(), key, "expected a distance")?;
        }
        if self.proj_geom_type == Shape::Parallel {
            return Some(None);
        }
        let [source, detector] = distances;
        let label = "expected at most the distance of source and detectors";
        at.require(self.det_width <= source + detector, "det_width", label)?;
        Some(Some(Fan { source, detector }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    beams: Arc<Beams>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        x.project(self.beams.clone())
    }
}
