//! Rows added to traces along curves.

use crate::graph::Curves;
use crate::graph::primitives::prelude::*;
use crate::kernels::radon;

/// `y_{h,k} += (1-w) x_{p,t}`, `y_{h,k+1} += w x_{p,t}` with `k + w = t + c_{p,h}` or `sqrt(t^2 + c_{p,h})`,
/// for each item along the axes before; what is outside is dropped. Inputs `[x]`, or `[x, table]` with `c`
/// as a table `(rows, traces)`; from `(.., rows, times)` to `(.., traces, times)`, back if `transpose`.
#[derive(Clone, Debug, PartialEq)]
pub struct Radon {
    /// The curves.
    pub curves: Arc<Curves>,
    /// Direction.
    pub transpose: bool,
}

impl Value {
    /// The rows of this `(.., rows, nt)` along curves; data `(.., traces, nt)`. A `float64` table `(rows,
    /// traces)` holds shifts that the curves do not.
    pub fn radon(&self, curves: impl Into<Arc<Curves>>, table: Option<&Value>) -> Result<Value> {
        let curves = curves.into();
        let counts = match table {
            Some(table) if table.dims().len() == 2 => [table.dims()[0], table.dims()[1]],
            _ => curves.counts(),
        };
        let fits = self.dims().len() > 1
            && self.dims()[self.dims().len() - 2] == counts[0]
            && curves.are_given() == table.is_some()
            && table.is_none_or(|t| t.ty() == &ArrayType::new(counts, DType::Float64));
        if !fits {
            let dims = show_dims(self.dims());
            return wrong(format!("curves of {} rows for dims {dims}", counts[0]));
        }
        let mut dims = self.dims().to_vec();
        let axis = dims.len() - 2;
        dims[axis] = counts[1];
        let inputs: Vec<Value> = std::iter::once(self).chain(table).cloned().collect();
        let ty = ArrayType { dims, dtype: self.dtype() };
        Ok(self.node(Radon { curves, transpose: false }, &inputs, ty))
    }
}

impl Definition for Radon {
    fn label(&self) -> String {
        if self.transpose { "radon T".into() } else { "radon".into() }
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        let axes = self.curves.slopes.iter().chain(&self.curves.positions);
        axes.flat_map(|axis| axis.iter().take(4)).for_each(|v| bits(*v).hash(&mut state));
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        let axis = out.ndim() - 2;
        let dims = &at.input(i).dims;
        f(match i {
            0 => out.with(axis, 0..dims[axis]).with(axis + 1, 0..dims[axis + 1]),
            _ => {
                let side = usize::from(!self.transpose);
                IndexBox::whole(dims).with(side, out.0[axis].clone())
            }
        });
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        // All rows that are read pass over a tile: it should have several rows.
        let mut cut = Cut::free(at.ty());
        cut.align[at.dims().len() - 2] = Some(4);
        cut.bytes = cut.bytes.max(32.0);
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        let axis = at.dims().len() - 2;
        let curve = if self.curves.hyperbolic { 8.0 } else { 0.0 };
        let sample = if self.curves.interp { 4.0 } else { 1.0 };
        at.elements() * at.input(0).dims[axis] as f64 * (curve + sample * at.reals())
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(Radon { transpose: !self.transpose, ..self.clone() })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        match self.curves.are_given() {
            true => Batched::OneFactor(self.clone().into()),
            false => Batched::Moved(self.clone().into()),
        }
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let tiles = job.pull_all_rows()?;
        let table = match tiles.get(1).map(|table| f64::typed(table.view()).into_dimensionality()) {
            None => None,
            Some(Ok(table)) => Some(table),
            Some(Err(_)) => unreachable!("tables have two axes"),
        };
        let b = &job.b.0[job.b.ndim() - 2..];
        let first = [b[0].start, b[1].start];
        with_view!(ViewMut, out, y => {
            let x = Viewed::typed(tiles[0].view());
            radon::radon(y, first, x, &self.curves, table, self.transpose);
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let (mut y, axis) = (Whole::default(IxDyn(at.dims())), at.dims().len() - 2);
        let nt = at.dims()[axis + 1];
        let counts = [at.input(0).dims[axis], at.dims()[axis]];
        let [rows, traces] = if self.transpose { [counts[1], counts[0]] } else { counts };
        let items: usize = at.dims()[..axis].iter().product();
        let mut lines = y.view_mut().into_shape_with_order((items, counts[1], nt)).expect("new");
        let x = args[0].view().into_shape_with_order((items, counts[0], nt)).expect("whole");
        for (item, p, h, t) in ndarray::indices((items, rows, traces, nt)) {
            let (u, kept) = match args.get(1) {
                None => self.curves.passes([p, h], t, nt),
                Some(table) => {
                    let u = t as f64 + table[[p, h].as_slice()].re;
                    (u, u >= 0.0 && u < (nt - usize::from(self.curves.interp)) as f64)
                }
            };
            let w = if self.curves.interp { u - u.floor() } else { 0.0 };
            for (step, w) in [(0, 1.0 - w), (1, w)] {
                if kept && w > 0.0 {
                    let k = u as usize + step;
                    let (to, from) = match self.transpose {
                        true => ([item, p, t], [item, h, k]),
                        false => ([item, h, k], [item, p, t]),
                    };
                    lines[to] += x[from] * w;
                }
            }
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        fn curves(hyperbolic: bool, interp: bool) -> Curves {
            let slopes = [vec![1.0], vec![-1.25, -0.3, 0.0, 0.1, 0.5, 2.75]];
            Curves { hyperbolic, interp, slopes, positions: [vec![0.0], vec![-1.5, 0.0, 3.0, 1.0]] }
        }
        fn pairs(hyperbolic: bool) -> Curves {
            let slopes = [vec![-0.5, 0.75], vec![0.5, 0.0, 1.5]];
            let positions = [vec![-1.0, 0.0, 1.0], vec![-0.5, 0.5]];
            Curves { hyperbolic, interp: true, slopes, positions }
        }
        vec![
            ("radon by shifts", &[6, 7], |x| x.radon(curves(false, true), None)),
            ("radon by whole shifts", &[2, 6, 5], |x| x.radon(curves(false, false), None)),
            ("radon along hyperbolas", &[6, 9], |x| x.radon(curves(true, true), None)),
            ("radon to the nearest", &[2, 6, 5], |x| x.radon(curves(true, false), None)),
            ("radon by pairs", &[6, 8], |x| x.radon(pairs(false), None)),
            ("radon by pairs along hyperbolas", &[6, 8], |x| x.radon(pairs(true), None)),
            ("radon by a table", &[3, 6], |x| {
                x.radon(Curves::given(true), Some(&table(x, &[3, 5], 4.0)))
            }),
            ("radon of a sample", &[6, 1], |x| x.radon(curves(false, false), None)),
        ]
    }
}
