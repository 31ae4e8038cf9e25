//! The Fourier transform along an axis.

use crate::graph::primitives::prelude::*;
use crate::kernels::fft;

/// `y_k = scale sum_j x_j exp(-+ 2 pi i jk/n)` along an axis; plus for `inverse`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fft {
    /// Axis that it works along.
    pub axis: usize,
    /// Whether the exponent is positive.
    pub inverse: bool,
    /// Factor of the sum.
    pub scale: f64,
}

impl Value {
    /// `y_k = sum_j x_j exp(-2 pi i jk/n)` along an axis.
    pub fn fft(&self, axis: usize) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.to_complex().same(Fft { axis, inverse: false, scale: 1.0 }))
    }

    /// `y_j = sum_k x_k exp(2 pi i jk/n)` along an axis, without a factor.
    pub fn ifft(&self, axis: usize) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.to_complex().same(Fft { axis, inverse: true, scale: 1.0 }))
    }
}

impl Definition for Fft {
    fn label(&self) -> String {
        format!("{} axis {}", if self.inverse { "ifft" } else { "fft" }, self.axis)
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
        5.0 * at.elements() * (at.dims()[self.axis] as f64).log2().max(0.0)
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.alone(Fft { inverse: !self.inverse, ..*self })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Other(Fft { inverse: !self.inverse, ..*self }.into())
    }

    fn batched(&self) -> Batched {
        Batched::Moved(Fft { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        let Fft { axis, inverse, scale } = *self;
        let bins = job.b.0[axis].clone();
        match (out, x.view()) {
            (ViewMut::Complex64(y), View::Complex64(x)) => {
                fft::fft::<f32>(y, bins, x, axis, inverse, scale);
            }
            (ViewMut::Complex128(y), View::Complex128(x)) => {
                fft::fft::<f64>(y, bins, x, axis, inverse, scale);
            }
            _ => unreachable!("the graph gave transforms complex types"),
        }
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        lanes(args[0], self.axis, at.dims(), |x| {
            let sign = if self.inverse { 1.0 } else { -1.0 };
            (0..x.len()).map(|k| dft(x, k, x.len(), sign) * self.scale).collect()
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("fft", &[2, 5], |x| x.fft(1)), ("ifft", &[4, 2], |x| x.ifft(0))]
    }
}
