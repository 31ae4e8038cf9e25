//! The Fourier transform of real samples along an axis.

use crate::graph::primitives::prelude::*;
use crate::kernels::fft;

/// `y_k = scale w_k sum_j x_j exp(-2 pi i jk/n)`, the non-negative frequencies of `n` real samples,
/// where `w` is `weight` strictly between zero and Nyquist, and 1 at both.
#[derive(Clone, Debug, PartialEq)]
pub struct Rfft {
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
    /// The `n/2 + 1` non-negative frequencies of a real axis; `weight` scales bins that represent two.
    pub fn rfft(&self, axis: usize, weight: f64) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if self.dtype().is_complex() {
            return wrong(format!(
                "a real Fourier transform of a {} array of dims {}: it takes real arrays only",
                self.dtype(),
                show_dims(self.dims())
            ));
        }
        let mut dims = self.dims().to_vec();
        dims[axis] = n / 2 + 1;
        let dtype = self.dtype().complex();
        Ok(self.unary(Rfft { axis, n, weight, scale: 1.0 }, dims, dtype))
    }
}

impl Definition for Rfft {
    fn label(&self) -> String {
        format!("rfft axis {}", self.axis)
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
        let Rfft { axis, n, weight, scale } = *self;
        back.alone(crate::graph::Irfft { axis, n, weight, scale })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Around
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Rfft { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        let Rfft { axis, weight, scale, .. } = *self;
        let bins = job.b.0[axis].clone();
        match (out, x.view()) {
            (ViewMut::Complex64(y), View::Float32(x)) => {
                fft::rfft::<f32>(y, bins, x, axis, weight, scale);
            }
            (ViewMut::Complex128(y), View::Float64(x)) => {
                fft::rfft::<f64>(y, bins, x, axis, weight, scale);
            }
            _ => unreachable!("the graph gave real transforms real inputs"),
        }
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let Rfft { axis, n, weight, scale } = *self;
        lanes(args[0], axis, at.dims(), |x| {
            (0..n / 2 + 1).map(|k| dft(x, k, n, -1.0) * scale * bin(k, n, weight)).collect()
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("rfft", &[2, 5], |x| x.real().rfft(1, 1.5)),
            ("rfft even", &[6, 2], |x| x.real().rfft(0, 2.0)),
        ]
    }
}
