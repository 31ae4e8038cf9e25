//! Samples of a section sprayed along slopes.

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::graph::primitives::prelude::*;
use crate::kernels::spray;

/// Samples of a section `(nz, nx)` added to those of `radius` columns on either side, along the slopes of the row
/// that they start from, times `alpha` a step; see [`spray`]. Inputs `[x, slopes]`; back if `transpose`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spray {
    /// Steps to either side.
    pub radius: usize,
    /// Factor of each step.
    pub alpha: f64,
    /// Direction.
    pub transpose: bool,
}

impl Value {
    /// The samples of this `(nz, nx)` sprayed along slopes of the same dims, which are `float64`.
    pub fn spray(&self, slopes: &Value, radius: usize, alpha: f64) -> Result<Value> {
        let dims = self.dims();
        if dims.len() != 2 || *slopes.ty() != ArrayType::new(dims, DType::Float64) {
            let (dims, found) = (show_dims(dims), show_dims(slopes.dims()));
            return wrong(format!("slopes of dims {found} for a section of dims {dims}"));
        }
        let inputs = [self.clone(), slopes.clone()];
        Ok(self.node(Spray { radius, alpha, transpose: false }, &inputs, self.ty().clone()))
    }
}

impl Definition for Spray {
    fn label(&self) -> String {
        let back = if self.transpose { " T" } else { "" };
        format!("spray{back} over {} columns", self.radius)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        (self.radius, bits(self.alpha)).hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        let [nz, nx] = [0, 1].map(|axis| at.dims()[axis]);
        let columns = &out.0[1];
        let around = columns.start.saturating_sub(self.radius)
            ..columns.end.saturating_add(self.radius).min(nx);
        let rows = if self.transpose && i == 1 { out.0[0].clone() } else { 0..nz };
        f(IndexBox(vec![rows, around]));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        let steps = self.radius.min(at.dims()[1]);
        // An element costs about as much as reading that of every step.
        cut.bytes *= (1 + steps) as f64;
        if !self.transpose {
            // Paths from beyond a chunk are followed for every chunk: they should be few.
            cut.align = vec![None, Some((4 * steps).next_multiple_of(32).max(32))];
        }
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        let steps = 2.0 * self.radius.min(at.dims()[1]) as f64;
        steps * (4.0 + 5.0 * at.reals()) * at.elements()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(Spray { transpose: !self.transpose, ..*self })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        // Its slopes go with one unknown.
        Batched::Never
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let tiles = job.pull_all_rows()?;
        let slopes = plane(f64::typed(tiles[1].view()));
        let start = job.need(0).0[1].start;
        let [nz, nx] = [0, 1].map(|axis| job.at.dims()[axis]);
        let all = spray::Spray { radius: self.radius, alpha: self.alpha, nz, nx };
        let [rows, columns] = [0, 1].map(|axis| job.b.0[axis].clone());
        with_view!(ViewMut, out, y => {
            let (y, x) = (plane_mut(y), plane(Viewed::typed(tiles[0].view())));
            if self.transpose {
                spray::collect(y, rows.start, columns.start, x, slopes, start, &all);
            } else {
                spray::spray(y, rows, columns.start, x, slopes, start, &all);
            }
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let [nz, nx] = [0, 1].map(|axis| at.dims()[axis] as isize);
        let mut y = Whole::default(IxDyn(at.dims()));
        let mut add = |from: [isize; 2], z: f64, x: isize, factor: f64| {
            let row = |z: f64| z.clamp(0.0, nz as f64 - 1.0) as usize;
            let w = z - z.floor();
            for (z, w) in [(row(z.floor()), 1.0 - w), (row(z.floor() + 1.0), w)] {
                let (start, end) = ([from[0] as usize, from[1] as usize], [z, x as usize]);
                let (to, from) = if self.transpose { (start, end) } else { (end, start) };
                y[to.as_slice()] += args[0][from.as_slice()] * (factor * w);
            }
        };
        for (z0, x0) in (0..nz).flat_map(|z| (0..nx).map(move |x| (z, x))) {
            let slope = |x: isize| args[1][[z0 as usize, x as usize].as_slice()].re;
            add([z0, x0], z0 as f64, x0, 1.0);
            let (mut right, mut left) = (z0 as f64, z0 as f64);
            for k in 1..=self.radius as isize {
                let factor = self.alpha.powi(k as i32);
                if x0 + k < nx {
                    right += slope(x0 + k - 1);
                    add([z0, x0], right, x0 + k, factor);
                }
                if x0 - k >= 0 {
                    left -= slope(x0 - k);
                    add([z0, x0], left, x0 - k, factor);
                }
            }
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("spray", &[3, 7], |x| x.spray(&table(x, &[3, 7], 0.8), 2, 0.5)),
            ("spray far", &[5, 3], |x| x.spray(&table(x, &[5, 3], 3.0), 9, -1.5)),
            ("spray nowhere", &[2, 3], |x| x.spray(&table(x, &[2, 3], 1.0), 0, 0.9)),
        ]
    }
}

fn plane<T>(x: ArrayViewD<'_, T>) -> ArrayView2<'_, T> {
    match x.into_dimensionality() {
        Ok(plane) => plane,
        Err(_) => unreachable!("the graph has checked the axes"),
    }
}

fn plane_mut<T>(x: ArrayViewMutD<'_, T>) -> ArrayViewMut2<'_, T> {
    match x.into_dimensionality() {
        Ok(plane) => plane,
        Err(_) => unreachable!("the graph has checked the axes"),
    }
}
