//! Sums of plane waves, frequency by frequency.

use crate::graph::primitives::prelude::*;
use crate::kernels::plane_waves::plane_waves;

/// `y_{r,k} = sum_q exp(2 pi i k a_r b_q) x_{q,k}` with `q` and `r` along an axis and the frequencies `k`, from
/// a first one on, along the last.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaneWaves {
    /// Axis that it works along.
    pub axis: usize,
    /// `a`
    pub rows: Arc<[f64]>,
    /// `b`
    pub terms: Arc<[f64]>,
    /// The first frequency.
    pub first: usize,
}

impl Value {
    /// Sums of plane waves along an axis of a complex array, whose last axis is the frequencies from number
    /// `first` on.
    pub fn plane_waves(
        &self,
        axis: usize,
        rows: impl Into<Arc<[f64]>>,
        terms: impl Into<Arc<[f64]>>,
        first: usize,
    ) -> Result<Value> {
        let (rows, terms) = (rows.into(), terms.into());
        let n = self.has_axis(axis)?;
        if n != terms.len() || axis + 1 == self.dims().len() || !self.dtype().is_complex() {
            let found = self.ty();
            return wrong(format!("{} plane waves along axis {axis} of {found}", terms.len()));
        }
        let count = rows.len();
        Ok(self.resized(PlaneWaves { axis, rows, terms, first }, axis, count))
    }
}

impl Definition for PlaneWaves {
    fn label(&self) -> String {
        format!("plane waves axis {}", self.axis)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        let some = self.rows.iter().take(8).chain(self.terms.iter().take(8));
        some.for_each(|v| bits(*v).hash(&mut state));
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        f(out.with(self.axis, 0..at.input(0).dims[self.axis]));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        // All terms pass over a tile: it should have several rows.
        let mut cut = Cut::free(at.ty());
        cut.align[self.axis] = Some(4);
        cut.bytes = cut.bytes.max(64.0);
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        // A complex product and sum, and the next factor.
        14.0 * at.elements() * self.terms.len() as f64
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        let PlaneWaves { axis, rows, terms, first } = self.clone();
        // The factors are conjugated too.
        back.alone(PlaneWaves {
            axis,
            rows: terms.iter().map(|b| -b).collect(),
            terms: rows,
            first,
        })
    }

    fn conjugate(&self) -> Conjugate {
        let rows = self.rows.iter().map(|a| -a).collect();
        Conjugate::Other(PlaneWaves { rows, ..self.clone() }.into())
    }

    fn batched(&self) -> Batched {
        Batched::Moved(PlaneWaves { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        let rows = &self.rows[job.b.0[self.axis].clone()];
        let first = self.first + job.b.0[job.b.ndim() - 1].start;
        match (out, x.view()) {
            (ViewMut::Complex64(y), View::Complex64(x)) => {
                plane_waves::<f32>(y, rows, x, &self.terms, self.axis, first);
            }
            (ViewMut::Complex128(y), View::Complex128(x)) => {
                plane_waves::<f64>(y, rows, x, &self.terms, self.axis, first);
            }
            _ => unreachable!("the graph gave plane waves complex inputs"),
        }
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        Whole::from_shape_fn(IxDyn(at.dims()), |y| {
            let k = (self.first + y[at.dims().len() - 1]) as f64;
            let term = |q: usize| {
                let mut x = y.clone();
                x[self.axis] = q;
                let turns = k * self.rows[y[self.axis]] * self.terms[q];
                C128::from_polar(1.0, std::f64::consts::TAU * turns) * args[0][x]
            };
            (0..self.terms.len()).map(term).sum()
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("plane waves", &[3, 4], |x| {
                x.to_complex().plane_waves(0, [0.5, -0.25, 1.1, 0.0, 2.0], [0.3, -0.7, 0.01], 0)
            }),
            ("plane waves between axes", &[2, 3, 2, 20], |x| {
                x.to_complex().plane_waves(1, [0.2, -0.3], [-1.0, 0.5, 0.75], 7)
            }),
        ]
    }
}
