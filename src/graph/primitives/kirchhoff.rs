//! Adds points to the traces of sources and receivers at the sum of their traveltimes.

use std::ops::Range;
use std::sync::Arc;

use crate::graph::Aperture;
use crate::graph::primitives::prelude::*;
use crate::kernels::kirchhoff;
use crate::scalar::Scalar;

/// `y_{s,r,k} += (1-w) a x_i`, `y_{s,r,k+1} += w a x_i` with `k + w = (ts_{s,i} + tr_{r,i}) / dt`;
/// pairs of samples are dropped unless both are inside. Inputs `[x, ts, tr]` with `a = 1`, times
/// `(sources or receivers, points)`; or `[x, ts, tr, ws, wr]`, weights `(.., 2, points)`, with
/// `a = ws_{s,0,i} wr_{r,0,i} + ws_{s,1,i} wr_{r,1,i}` times the aperture's weight. Maps points to
/// `(sources, receivers, times)`; if `transpose`, back to `(points,)`, or to `(parts, points)` with
/// one row per part of the sources, to be added later.
#[derive(Clone, Debug, PartialEq)]
pub struct Kirchhoff {
    /// Sampling interval of time.
    pub dt: f64,
    /// Limits the ratio of offset to depth.
    pub aperture: Option<Arc<Aperture>>,
    /// Whether to migrate, from data to points.
    pub transpose: bool,
}

/// Most parts of a migration's sources.
const MOST_PARTS: usize = 64;

impl Value {
    /// Adds the samples of this `(points,)` to traces at the sum of a source's and a receiver's
    /// time. `times` of sources and receivers are `(.., points)`, `weights` `(.., 2, points)`, all
    /// `float64`; the data is `(sources, receivers, nt)`.
    pub fn demigrate(
        &self,
        times: [Value; 2],
        weights: Option<[Value; 2]>,
        nt: usize,
        dt: f64,
        aperture: Option<Arc<Aperture>>,
    ) -> Result<Value> {
        let points = self.ty().len();
        let (ns, nr) = (times[0].dims()[0], times[1].dims()[0]);
        let both = [ns, nr];
        let fits = |v: &Value, dims: &[usize]| v.ty() == &ArrayType::new(dims, DType::Float64);
        let right = self.dims().len() == 1
            && (0..2).all(|k| fits(&times[k], &[both[k], points]))
            && weights.iter().flatten().zip(both).all(|(w, n)| fits(w, &[n, 2, points]));
        if !right {
            let [s, r] = times.map(|t| show_dims(t.dims()));
            return wrong(format!("times of dims {s} and {r} for {points} points"));
        }
        let inputs: Vec<Value> = std::iter::once(self.clone())
            .chain(times)
            .chain(weights.into_iter().flatten())
            .collect();
        let ty = ArrayType { dims: vec![ns, nr, nt], dtype: self.dtype() };
        Ok(self.node(Kirchhoff { dt, aperture, transpose: false }, &inputs, ty))
    }
}

impl Definition for Kirchhoff {
    fn label(&self) -> String {
        if self.transpose { "migrate".into() } else { "demigrate".into() }
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        // Tables of sources alternate with those of receivers; points are the last axis.
        let whole = IndexBox::whole(&at.input(i).dims);
        if !self.transpose {
            return f(match i {
                0 => whole,
                _ => whole.with(0, out.0[(i + 1) % 2].clone()),
            });
        }
        let last = whole.ndim() - 1;
        let of_sources = i == 0 || i % 2 == 1;
        let some = match at.parts().filter(|_| of_sources) {
            Some(parts) => whole.with(0, parts.range(&out.0[0], at.input(i).dims[0])),
            None => whole,
        };
        f(match i {
            0 => some,
            _ => some.with(last, out.0[out.ndim() - 1].clone()),
        });
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        if !self.transpose {
            // The tables of a few sources serve several receivers while they are in the cache.
            let (points, times) = (at.input(0).len() as f64, at.dims()[2].max(1) as f64);
            cut.align = vec![Some(4), Some(8), None];
            cut.bytes = cut.bytes.max(16.0 * points / times);
        } else if at.dims().len() == 2 {
            // A tile is one part and some points, which stay in the cache while all traces pass.
            cut.bytes = cut.bytes.max(64.0);
            cut.own = Some((0, 1));
        } else {
            // All traces pass over every tile, so it has enough points to be worth reading them.
            cut.bytes = cut.bytes.max(512.0);
        }
        cut
    }

    fn parts_wanted(&self, at: Applied<'_>) -> Option<(Parts, Vec<usize>)> {
        let parts = Parts::new(at.input(0).dims[0], MOST_PARTS).filter(|_| self.transpose)?;
        Some((parts, at.dims().to_vec()))
    }

    fn parts(&self, at: Applied<'_>) -> Option<Parts> {
        let apart = self.transpose && at.dims().len() == 2;
        if apart { Parts::new(at.input(0).dims[0], at.dims()[0]) } else { None }
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        // Per point, source and receiver: the time, the weights and two samples.
        let tables = if at.node.inputs.len() > 3 { 6.0 } else { 3.0 };
        let pairs = (at.input(1).dims[0] * at.input(2).len()) as f64;
        pairs * (tables + 4.0 * at.reals())
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(Kirchhoff { transpose: !self.transpose, ..self.clone() })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        // Its tables belong to one unknown.
        Batched::Never
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let (at, b) = (job.at, job.b);
        let tiles = job.pull_all_rows()?;
        let mut travel = kirchhoff::Travel {
            sources: with_axes(&tiles[1]),
            receivers: with_axes(&tiles[2]),
            weights: (tiles.len() > 3).then(|| [3, 4].map(|k| with_axes(&tiles[k]))),
            aperture: self.aperture.as_deref(),
            dt: self.dt,
            first: [0, 0, 0],
        };
        with_view!(ViewMut, out, y => {
            let x = Viewed::typed(tiles[0].view());
            if self.transpose && b.ndim() == 2 {
                travel.first[2] = b.0[1].start;
                let sources = at.input(0).dims[0];
                let of = |some: Range<usize>| match at.parts() {
                    Some(parts) => parts.range(&some, sources),
                    None => 0..sources,
                };
                migrate_parts(y, x, &travel, b.0[0].clone(), of);
            } else if self.transpose {
                travel.first[2] = b.0[0].start;
                kirchhoff::migrate(y, x, &travel);
            } else {
                travel.first[..2].copy_from_slice(&b.start()[..2]);
                kirchhoff::demigrate(y, b.0[2].start, at.dims()[2], x, &travel);
            }
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let dims = at.dims();
        let mut y = Whole::default(IxDyn(dims));
        let (ns, nr, points) = (args[1].shape()[0], args[2].shape()[0], args[1].shape()[1]);
        let nt = if self.transpose { args[0].shape()[2] } else { dims[2] };
        for (s, r, i) in ndarray::indices((ns, nr, points)) {
            let tau = (args[1][[s, i].as_slice()] + args[2][[r, i].as_slice()]).re / self.dt;
            if !(0.0..nt as f64 - 1.0).contains(&tau) {
                continue;
            }
            let weight =
                |k: usize| args[3][[s, k, i].as_slice()].re * args[4][[r, k, i].as_slice()].re;
            let a = if args.len() > 3 { weight(0) + weight(1) } else { 1.0 };
            let a = a * self.aperture.as_ref().map_or(1.0, |a| a.weight(s, r, i % a.nz));
            let k = tau.floor() as usize;
            for (k, w) in [(k, 1.0 - tau.fract()), (k + 1, tau.fract())] {
                let (point, sample) = (vec![i], vec![s, r, k]);
                let (to, from) = if self.transpose { (point, sample) } else { (sample, point) };
                y[IxDyn(&to)] += args[0][IxDyn(&from)] * (a * w);
            }
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("demigrate", &[4], |x| {
                x.demigrate([table(x, &[2, 4], 1.0), table(x, &[3, 4], 1.5)], None, 5, 0.5, None)
            }),
            ("demigrate with weights", &[6], |x| {
                let times = [table(x, &[2, 6], 1.0), table(x, &[1, 6], 1.5)];
                let weights = [table(x, &[2, 2, 6], 2.0), table(x, &[1, 2, 6], 3.0)];
                let limits = [0.5, 2.5];
                let aperture =
                    Aperture { nz: 3, sources: vec![0.0, 1.0], receivers: vec![3.0], limits };
                x.demigrate(times, Some(weights), 5, 0.5, Some(Arc::new(aperture)))
            }),
        ]
    }
}

/// Views a table with a fixed number of axes.
fn with_axes<'a, D: ndarray::Dimension>(tile: &'a Tile<'_>) -> ndarray::ArrayView<'a, f64, D> {
    match Viewed::typed(tile.view()).into_dimensionality() {
        Ok(table) => table,
        Err(_) => unreachable!("the graph has checked the axes of tables"),
    }
}

/// Computes the images of some parts; `of` gives the sources of a range of parts.
fn migrate_parts<T: Scalar>(
    mut images: ArrayViewMutD<'_, T>,
    data: ArrayViewD<'_, T>,
    travel: &kirchhoff::Travel<'_>,
    some: Range<usize>,
    of: impl Fn(Range<usize>) -> Range<usize>,
) {
    let first = of(some.clone()).start;
    for (image, k) in images.outer_iter_mut().zip(some) {
        let sources = of(k..k + 1);
        let own = ndarray::Slice::from(sources.start - first..sources.end - first);
        let mut part = travel.clone();
        part.first[0] = sources.start;
        part.sources.slice_axis_inplace(Axis(0), own);
        if let Some([weights, _]) = &mut part.weights {
            weights.slice_axis_inplace(Axis(0), own);
        }
        kirchhoff::migrate(image, data.slice_axis(Axis(0), own), &part);
    }
}
