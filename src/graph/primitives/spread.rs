//! Adds points to traces at indices or times from a table.

use crate::graph::primitives::prelude::*;
use crate::kernels::spread;
use crate::scalar::Real;

/// `y_{j,k} += (1-w) x_i`, `y_{j,k+1} += w x_i`, `k = trunc(table_{i,j})`, `w = fraction_{i,j}`;
/// samples outside are dropped. Inputs `[x, table]` or `[x, table, fraction]`, tables
/// `(points, traces)`. Maps `(points,)` to `(traces, times)`, or back if `transpose`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// Sampling interval if the table holds times: then `k + w = table_{i,j} / dt`, and
    /// samples `k` and `k + 1` are dropped unless both are inside.
    pub dt: Option<f64>,
    /// Whether to map traces to points.
    pub transpose: bool,
}

impl Value {
    /// Adds the samples of this `(points,)` to traces at indices `table`, sharing them with the next
    /// by `fractions`. Tables are `(points, traces)` of one real type; data is `(traces, nt)`.
    pub fn spread_by(&self, table: &Value, fractions: Option<&Value>, nt: usize) -> Result<Value> {
        self.spread_at(table, fractions, None, nt)
    }

    /// Adds the samples of this `(points,)` to traces at `times` `(points, traces)`, between two
    /// samples `dt` apart; data is `(traces, nt)`.
    pub fn spread_at_times(&self, times: &Value, dt: f64, nt: usize) -> Result<Value> {
        self.spread_at(times, None, Some(dt), nt)
    }

    fn spread_at(
        &self,
        table: &Value,
        fractions: Option<&Value>,
        dt: Option<f64>,
        nt: usize,
    ) -> Result<Value> {
        let dims = table.dims();
        let fits = dims.len() == 2
            && [dims[0]] == *self.dims()
            && !table.dtype().is_complex()
            && fractions.is_none_or(|f| f.ty() == table.ty());
        if !fits {
            let dims = show_dims(dims);
            return wrong(format!("a table of dims {dims} for {} points", self.ty().len()));
        }
        let mut inputs = vec![self.clone(), table.clone()];
        inputs.extend(fractions.cloned());
        let ty = ArrayType { dims: vec![dims[1], nt], dtype: self.dtype() };
        Ok(self.node(Spread { dt, transpose: false }, &inputs, ty))
    }
}

impl Definition for Spread {
    fn label(&self) -> String {
        if self.transpose { "spread T".into() } else { "spread".into() }
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        // All of the unknown; of tables, all points of the traces or all traces of the points.
        let whole = IndexBox::whole(&at.input(i).dims);
        f(match i {
            0 => whole,
            _ => whole.with(usize::from(!self.transpose), out.0[0].clone()),
        });
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        if self.transpose {
            cut.bytes = cut.bytes.max(at.input(1).dims[1] as f64 / 2.0);
        } else {
            // All points pass over a tile; rows of its part of the table should fill cache lines.
            let (points, times) = (at.input(0).len() as f64, at.dims()[1].max(1) as f64);
            cut.align = vec![Some(16), None];
            cut.bytes = cut.bytes.max(points * at.input(1).dtype.size() as f64 / times);
        }
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        3.0 * at.input(1).len() as f64 * at.reals()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(Spread { transpose: !self.transpose, ..*self })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        // Its tables belong to one unknown.
        Batched::Never
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let tiles = job.pull_all_rows()?;
        match tiles[1].view() {
            View::Float32(_) => self.spread::<f32>(job, out, &tiles),
            _ => self.spread::<f64>(job, out, &tiles),
        }
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let mut y = Whole::default(IxDyn(at.dims()));
        let nt = if self.transpose { args[0].shape()[1] } else { at.dims()[1] } as f64;
        for (at, t) in args[1].indexed_iter() {
            let w = args.get(2).map_or(0.0, |f| f[at.clone()].re);
            let (k, w) = match self.dt {
                Some(dt) => ((t.re / dt).floor(), (t.re / dt).rem_euclid(1.0)),
                None => (t.re.trunc(), w),
            };
            let both = (0.0..nt - 1.0).contains(&k);
            for (k, w) in [(k, 1.0 - w), (k + 1.0, w)] {
                if (0.0..nt).contains(&k) && (both || self.dt.is_none()) {
                    let (point, sample) = (vec![at[0]], vec![at[1], k as usize]);
                    let (to, from) = if self.transpose { (point, sample) } else { (sample, point) };
                    y[IxDyn(&to)] += args[0][IxDyn(&from)] * w;
                }
            }
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("spread by a table", &[3], |x| x.spread_by(&table(x, &[3, 2], 2.0), None, 3)),
            ("spread between samples", &[4], |x| {
                x.spread_by(&table(x, &[4, 3], 4.0), Some(&table(x, &[4, 3], 0.5)), 5)
            }),
            ("spread at times", &[3], |x| x.spread_at_times(&table(x, &[3, 2], 2.5), 0.5, 5)),
        ]
    }
}

impl Spread {
    /// Fills a box from the tiles `[x, table]` or `[x, table, fractions]`.
    fn spread<R: Viewed + Real>(&self, job: &Job<'_>, out: ViewMut<'_>, tiles: &[Tile<'_>]) {
        let table = spread::Table::<R> {
            indices: R::typed(tiles[1].view()),
            fractions: tiles.get(2).map(|f| R::typed(f.view())),
            dt: self.dt,
        };
        with_view!(ViewMut, out, y => {
            let x = Viewed::typed(tiles[0].view());
            if self.transpose {
                spread::collect(y, x, &table);
            } else {
                spread::spread(y, job.b.0[1].start, job.at.dims()[1], x, &table);
            }
        });
    }
}
