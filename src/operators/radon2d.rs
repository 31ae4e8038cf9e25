//! Radon transform of two-dimensional data.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Curves, Value};
use crate::io::{self, Array, Bytes, Compute};
use crate::operators::defaults::yes;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::radon::{Kind, along};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<Radon2d>("Radon2D");

/// Radon transform of two-dimensional data: samples added to traces along curves.
///
/// ```text
/// linear      d(x, t + p x) += m(p, t)
/// parabolic   d(x, t + p x^2) += m(p, t)
/// hyperbolic  d(x, sqrt(t^2 + (x/p)^2)) += m(p, t)
/// ```
/// with times, positions and slopes in samples: p is `pxaxis` times the step of `haxis` over that of
/// `taxis`. For physical units, multiply `pxaxis` by dx for parabolas, by (dt/dx)^2 for hyperbolas.
/// Model `(npx, nt)`, data `(nh, nt)`; the adjoint sums along the curves. Samples beyond the traces are
/// dropped. Curves are computed during the run and take no memory. PyLops: `Radon2D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Radon2d {
    /// Times; only their number and step count.
    taxis: ArrayParam,
    /// Positions of the traces.
    haxis: ArrayParam,
    /// Slopes or curvatures.
    pxaxis: ArrayParam,
    /// `linear`, `parabolic` or `hyperbolic`, by default `linear`. For other curves, in PyLops a function,
    /// an array in samples: `(npx, nh)`, where a curve from time zero passes the traces, and those from
    /// later times as much later; or `(npx, nt, nh)`, where every curve passes.
    kind: Option<ArrayParam>,
    /// Counts positions from the middle of the traces, whatever `haxis` begins with.
    #[serde(default = "yes")]
    centeredh: bool,
    /// Interpolates between the two samples around a curve; else takes the one before it.
    #[serde(default = "yes")]
    interp: bool,
}

impl Parameters for Radon2d {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let time = at.sampled("taxis", &self.taxis, scope)?;
        let h = at.sampled("haxis", &self.haxis, scope)?;
        let px = at.position_list("pxaxis", &self.pxaxis, scope)?;
        at.are_finite("pxaxis", &px)?;
        let kind = match self.kind.as_ref().map(|kind| (kind, kind.name())) {
            None | Some((_, Some("linear"))) => Kind::Linear,
            Some((_, Some("parabolic"))) => Kind::Parabolic,
            Some((_, Some("hyperbolic"))) => Kind::Hyperbolic,
            Some((curve, _)) => {
                let counts = [px.len(), time.values.len(), h.values.len()];
                return self.by_table(curve, counts, dtype, scope, at);
            }
        };
        let curves = Curves {
            hyperbolic: kind == Kind::Hyperbolic,
            interp: self.interp,
            slopes: [vec![1.0], h.slopes(&px, &time)],
            positions: [vec![0.0], h.positions(self.centeredh, kind)],
        };
        along(curves, time.values.len(), dtype, at)
    }
}

impl Radon2d {
    /// Along curves that an array holds.
    fn by_table(
        &self,
        curve: &ArrayParam,
        [npx, nt, nh]: [usize; 3],
        dtype: DType,
        scope: &mut dyn Scope,
        at: &mut Checker<'_>,
    ) -> Option<Op> {
        let before = at.diagnostics.len();
        let Some(table) = at.array("kind", curve, DType::Float64, scope) else {
            let help = "the curves are \"linear\", \"parabolic\" and \"hyperbolic\"; an array holds others";
            at.diagnostics.advise(before, help);
            return None;
        };
        let (found, table) = (table.ty().clone(), table.exact());
        let label = format!(
            "expected (npx, nh) = {} or (npx, nt, nh) = {}, found {}",
            show_dims(&[npx, nh]),
            show_dims(&[npx, nt, nh]),
            show_dims(&found.dims)
        );
        let every = found.dims == [npx, nt, nh];
        at.require(every || found.dims == [npx, nh], "kind", label)?;
        let label = format!("expected real numbers, found {}", found.dtype);
        at.require(!found.dtype.is_complex(), "kind", label)?;
        let dims = at.fits("pxaxis", vec![npx, nt])?;
        at.fits("haxis", vec![nh, nt])?;
        let table = at.as_type("kind", table, DType::Float64)?;
        let table = match (every, self.interp) {
            (true, false) => {
                let ty = table.ty().clone();
                let samples = Array::computed(Arc::new(Floor(table)), ty);
                at.made("kind", samples)?.named("samples of curves")
            }
            _ => table,
        };
        let table = match every {
            true => at.reshaped("kind", table, &[npx * nt, nh])?,
            false => table,
        };
        let model = ArrayType { dims, dtype };
        Some(Arc::new(ByTable { model, interp: self.interp, every, table }))
    }
}

/// The samples at or before those of an array.
#[derive(Debug)]
struct Floor(Array);

impl Compute for Floor {
    fn compute(&self) -> io::Result<Bytes> {
        let floors = self.0.read::<f64>()?.mapv(f64::floor);
        Ok(Arc::new(floors.iter().flat_map(|v| v.to_ne_bytes()).collect::<Vec<u8>>()))
    }
}

#[derive(Debug)]
struct ByTable {
    model: ArrayType,
    interp: bool,
    /// Whether the table has every sample's curve.
    every: bool,
    /// `(npx, nh)`, or `(npx nt, nh)`
    table: Array,
}

impl Operator for ByTable {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let (table, nt) = (x.constant(&self.table), self.model.dims[1]);
        match (self.every, self.interp) {
            (false, interp) => x.radon(Curves::given(interp), Some(&table)),
            (true, true) => x.flatten().spread_at_times(&table, 1.0, nt),
            (true, false) => x.flatten().spread_by(&table, None, nt),
        }
    }
}
