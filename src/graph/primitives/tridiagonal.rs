//! `b y_{i-1} + a y_i + b y_{i+1} = x_i`

use crate::graph::primitives::prelude::*;
use crate::kernels::tridiagonal;

/// Solves `b y_{i-1} + a y_i + b y_{i+1} = x_i` along an axis, where `|a| > 2 |b|`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tridiagonal {
    /// Axis that it works along.
    pub axis: usize,
    /// `a` and `b`.
    pub diagonals: [f64; 2],
}

impl Value {
    /// Solves `b y_{i-1} + a y_i + b y_{i+1} = x_i` along an axis, with `diagonals` `a` and `b`.
    pub fn tridiagonal(&self, axis: usize, diagonals: [f64; 2]) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.same(Tridiagonal { axis, diagonals }))
    }
}

impl Definition for Tridiagonal {
    fn label(&self) -> String {
        format!("tridiagonal solve axis {}", self.axis)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        (self.axis, self.diagonals.map(bits)).hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Matters }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        f(out.with(self.axis, 0..at.dims()[self.axis]));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        Cut::tied(at, self.axis)
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        5.0 * at.elements() * at.reals()
    }

    fn coefficients(&self) -> Vec<C128> {
        self.diagonals.map(C128::from).to_vec()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(self.clone())
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Tridiagonal { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        with_view!(ViewMut, out, y => {
            tridiagonal::solve(y, Viewed::typed(x.view()), self.axis, self.diagonals);
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        // Jacobi's iteration, each step of which converges by at least 2 |b / a|.
        let [a, b] = self.diagonals;
        lanes(args[0], self.axis, at.dims(), |x| {
            let mut y = vec![C128::default(); x.len()];
            for _ in 0..200 {
                let beside = |i: usize| {
                    let before = i.checked_sub(1).map_or(C128::default(), |i| y[i]);
                    before + y.get(i + 1).copied().unwrap_or_default()
                };
                y = (0..x.len()).map(|i| (x[i] - beside(i) * b) / a).collect();
            }
            y
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("tridiagonal", &[2, 5], |x| x.tridiagonal(1, [4.0, 1.0])),
            ("tridiagonal first axis", &[6, 3], |x| x.tridiagonal(0, [-3.0, 0.5])),
        ]
    }
}
