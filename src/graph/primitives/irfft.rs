//! Real samples from their non-negative frequencies.

use crate::graph::primitives::prelude::*;
use crate::kernels::fft;

/// The transpose of [`crate::graph::Rfft`]: `x_j = scale Re sum_k w_k y_k exp(2 pi i jk/n)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Irfft {
    /// Axis that it works along.
    pub axis: usize,
    /// Number of real samples.
    pub n: usize,
    /// Weight of the bins that represent two frequencies.
    pub weight: f64,
    /// Factor of the sum.
    pub scale: f64,
}

impl Value {
    /// The transpose of [`Value::rfft`]: `n` real samples from `n/2 + 1` frequencies.
    pub fn irfft(&self, axis: usize, n: usize, weight: f64) -> Result<Value> {
        let bins = self.has_axis(axis)?;
        if bins != n / 2 + 1 {
            return wrong(format!("{bins} frequencies for {n} samples, which have {}", n / 2 + 1));
        }
        let mut dims = self.dims().to_vec();
        dims[axis] = n;
        let x = self.to_complex();
        let dtype = x.dtype().real();
        Ok(x.unary(Irfft { axis, n, weight, scale: 1.0 }, dims, dtype))
    }
}

impl Definition for Irfft {
    fn label(&self) -> String {
        format!("irfft axis {}", self.axis)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        bits(self.scale).hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Matters }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        f(out.with(self.axis, 0..at.input(0).dims[self.axis]));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        Cut::tied(at, self.axis)
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        let lines = at.elements() / at.dims()[self.axis].max(1) as f64;
        2.5 * lines * self.n as f64 * (self.n as f64).log2().max(0.0)
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        let Irfft { axis, n, weight, scale } = *self;
        back.alone(crate::graph::Rfft { axis, n, weight, scale })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Around
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Irfft { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        let Irfft { axis, n, weight, scale } = *self;
        let range = job.b.0[axis].clone();
        match (out, x.view()) {
            (ViewMut::Float32(y), View::Complex64(x)) => {
                fft::irfft::<f32>(y, range, x, axis, n, weight, scale);
            }
            (ViewMut::Float64(y), View::Complex128(x)) => {
                fft::irfft::<f64>(y, range, x, axis, n, weight, scale);
            }
            _ => unreachable!("the graph gave real transforms real outputs"),
        }
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let Irfft { axis, n, weight, scale } = *self;
        lanes(args[0], axis, at.dims(), |y| {
            let y: Vec<C128> = y.iter().enumerate().map(|(k, y)| y * bin(k, n, weight)).collect();
            (0..n).map(|j| C128::new(dft(&y, j, n, 1.0).re * scale, 0.0)).collect()
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("irfft", &[2, 3], |x| x.irfft(1, 5, 1.5)),
            ("irfft even", &[3, 2], |x| x.irfft(0, 4, 2.0)),
        ]
    }
}
