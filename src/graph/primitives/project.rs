//! Projections of images along rays.

use crate::graph::Beams;
use crate::graph::primitives::prelude::*;
use crate::kernels::project;

/// `y_{a,j} = sum_{k,i} w_{a,j,k,i} x_{k,i}`, from images `(.., rows, columns)` to `(.., angles, detectors)`, back
/// if `transpose`.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Rays and weights.
    pub beams: Arc<Beams>,
    /// Direction.
    pub transpose: bool,
}

impl Value {
    /// Projections of these images `(.., rows, columns)`; data `(.., angles, detectors)`.
    pub fn project(&self, beams: impl Into<Arc<Beams>>) -> Result<Value> {
        let beams = beams.into();
        let axes = self.dims().len();
        if axes < 2 || self.dims()[axes - 2..] != beams.dims {
            let [image, found] = [&beams.dims[..], self.dims()].map(show_dims);
            return wrong(format!("projections of an image {image}, found {found}"));
        }
        let mut dims = self.dims().to_vec();
        (dims[axes - 2], dims[axes - 1]) = (beams.angles.len(), beams.detectors);
        Ok(self.unary(Project { beams, transpose: false }, dims, self.dtype()))
    }
}

impl Definition for Project {
    fn label(&self) -> String {
        if self.transpose { "back project".into() } else { "project".into() }
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        self.beams.angles.iter().take(8).for_each(|a| bits(*a).hash(&mut state));
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        let (axis, dims) = (out.ndim() - 2, &at.input(i).dims);
        f(out.with(axis, 0..dims[axis]).with(axis + 1, 0..dims[axis + 1]));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        // Every tile passes over all that is read: it should have several angles, or many rows.
        let mut cut = Cut::free(at.ty());
        cut.align[at.dims().len() - 2] = Some(if self.transpose { 16 } else { 4 });
        cut.bytes = cut.bytes.max(if self.transpose { 16.0 } else { 48.0 });
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        // A ray crosses so many lines, and has two pixels or more on each, whose weights are computed.
        let Beams { dims, angles, detectors, .. } = &*self.beams;
        let items: usize = at.dims()[..at.dims().len() - 2].iter().product();
        let crossings = items as f64 * angles.len() as f64 * *detectors as f64;
        crossings * dims[0].max(dims[1]) as f64 * (10.0 + 4.0 * at.reals())
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(Project { transpose: !self.transpose, ..self.clone() })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(self.clone().into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        let b = &job.b.0[job.b.ndim() - 2..];
        let first = [b[0].start, b[1].start];
        with_view!(ViewMut, out, y => {
            let x = Viewed::typed(x.view());
            match self.transpose {
                true => project::backproject(y, first, x, &self.beams),
                false => project::project(y, first, x, &self.beams),
            }
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let Beams { dims: [rows, columns], angles, detectors, .. } = &*self.beams;
        let mut y = Whole::default(IxDyn(at.dims()));
        let axis = at.dims().len() - 2;
        let items: usize = at.dims()[..axis].iter().product();
        let shape = |dims: &[usize]| (items, dims[axis], dims[axis + 1]);
        let mut lines = y.view_mut().into_shape_with_order(shape(at.dims())).expect("new");
        let x = args[0].view().into_shape_with_order(shape(&at.input(0).dims)).expect("whole");
        for (a, j, k, i) in ndarray::indices((angles.len(), *detectors, *rows, *columns)) {
            let w = self.beams.naive(a, j, k, i);
            for item in 0..items {
                let (to, from) = match self.transpose {
                    true => ([item, k, i], [item, a, j]),
                    false => ([item, a, j], [item, k, i]),
                };
                lines[to] += x[from] * w;
            }
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        use crate::kernels::project::{Fan, Weight};
        fn beams(weight: Weight, width: f64, fan: Option<Fan>) -> Beams {
            let angles = vec![0.1, 0.7, 0.9, 2.0, 3.7, 5.5];
            Beams { dims: [5, 4], angles, detectors: 6, width, fan, weight }
        }
        const FAN: Option<Fan> = Some(Fan { source: 6.0, detector: 2.5 });
        vec![
            ("project strips", &[2, 5, 4], |x| x.project(beams(Weight::Strip, 0.8, None))),
            ("project wide strips", &[5, 4], |x| x.project(beams(Weight::Strip, 3.1, None))),
            ("project lines", &[5, 4], |x| x.project(beams(Weight::Line, 1.0, None))),
            ("project between pixels", &[5, 4], |x| x.project(beams(Weight::Linear, 1.0, None))),
            ("project strips of a fan", &[5, 4], |x| x.project(beams(Weight::Strip, 1.7, FAN))),
            ("project lines of a fan", &[5, 4], |x| x.project(beams(Weight::Line, 2.0, FAN))),
        ]
    }
}
