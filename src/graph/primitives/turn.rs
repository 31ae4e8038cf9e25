//! Numbers turned by an angle in proportion to their frequency.

use crate::graph::primitives::prelude::*;
use crate::kernels::turn::{Frequencies, turn};

/// `y_k = exp(-2 pi i f_k s) x_k` along an axis, plus for `back`; inputs `[x, s]`, shifts `s` of one sample
/// along the axis, and as many as `x` or one along the others. Angles are computed as they are needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Axis of the frequencies.
    pub axis: usize,
    /// The frequencies.
    pub frequencies: Frequencies,
    /// Sign of the exponent.
    pub back: bool,
}

impl Value {
    /// `exp(-2 pi i f_k s) x_k` along an axis of frequencies; `s` is `float64` and broadcasts.
    pub fn turn(&self, axis: usize, frequencies: Frequencies, s: &Value) -> Result<Value> {
        self.has_axis(axis)?;
        let fits = s.dtype() == DType::Float64
            && s.dims().len() == self.dims().len()
            && s.dims()[axis] == 1
            && s.dims().iter().zip(self.dims()).all(|(&s, &n)| s == n || s == 1);
        if !fits {
            let (s, dims) = (show_dims(s.dims()), show_dims(self.dims()));
            return wrong(format!("shifts of dims {s} along axis {axis} of dims {dims}"));
        }
        let x = self.to_complex();
        let turn = Turn { axis, frequencies, back: false };
        Ok(x.node(turn, &[x.clone(), s.clone()], x.ty().clone()))
    }
}

impl Definition for Turn {
    fn label(&self) -> String {
        format!("turn axis {}", self.axis)
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Once, order: Order::Matters }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        if i == 0 {
            return f(out.clone());
        }
        let axes = out.0.iter().zip(&at.input(i).dims);
        f(IndexBox(axes.map(|(r, &n)| if n == 1 { 0..1 } else { r.clone() }).collect()));
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        12.0 * at.elements()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(Turn { back: !self.back, ..*self })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Other(Turn { back: !self.back, ..*self }.into())
    }

    fn batched(&self) -> Batched {
        // Its shifts go with one unknown.
        Batched::Never
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        job.fill(0, job.b, out.reborrow())?;
        let s = job.pull(1, &job.need(1))?;
        let (start, sign) = (job.b.0[self.axis].start, if self.back { 1.0 } else { -1.0 });
        with_view!(ViewMut, out, y => {
            turn(y, start, Viewed::typed(s.view()), self.axis, self.frequencies, sign);
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let mut y = args[0].clone();
        let Frequencies { step, wraps } = self.frequencies;
        let sign = if self.back { 1.0 } else { -1.0 };
        for (i, y) in y.indexed_iter_mut() {
            let mut k = i[self.axis] as f64;
            if let Some(n) = wraps.filter(|n| 2 * i[self.axis] >= *n) {
                k -= n as f64;
            }
            let mut of = i.clone();
            (0..at.dims().len()).filter(|&a| args[1].shape()[a] == 1).for_each(|a| of[a] = 0);
            *y *= C128::from_polar(1.0, sign * std::f64::consts::TAU * step * k * args[1][of].re);
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("turn", &[2, 5], |x| {
                let of = Frequencies { step: 0.2, wraps: Some(5) };
                x.turn(1, of, &table(x, &[2, 1], 3.0))
            }),
            ("turn first axis", &[4, 3], |x| {
                let of = Frequencies { step: 0.3, wraps: None };
                x.turn(0, of, &table(x, &[1, 3], 2.0))
            }),
            ("turn by one shift", &[3, 2], |x| {
                let of = Frequencies { step: 0.3, wraps: None };
                x.turn(0, of, &table(x, &[1, 1], 2.0))
            }),
        ]
    }
}
