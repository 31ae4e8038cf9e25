//! A product with a matrix and its adjoint, in one pass over the matrix.

use crate::graph::primitives::matmul::product_cut;
use crate::graph::primitives::prelude::*;
use crate::kernels::matmul;

/// `Y_b = K_b^H K_b X_b`, in one pass over the kernel; inputs `[x, kernel]` as for [`crate::graph::Matmul`].
#[derive(Clone, Debug, PartialEq)]
pub struct Gram;

impl Definition for Gram {
    fn label(&self) -> String {
        "matmul H matmul".into()
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        let dims = &at.input(i).dims;
        let (batch, columns) = (&out.0[0], &out.0[2]);
        let last = if i == 0 { columns.clone() } else { 0..dims[2] };
        f(IndexBox(vec![batch.clone(), 0..dims[1], last]));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = product_cut(at, at.input(0).dims[1]);
        cut.align[1] = None;
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        4.0 * at.elements() * at.input(1).dims[1] as f64 * at.reals() * at.reals()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(Gram)
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Around
    }

    fn batched(&self) -> Batched {
        Batched::Product
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        let kernel = job.pull(1, &job.need(1))?;
        with_view!(ViewMut, out, y => {
            let rows = job.b.0[1].clone();
            matmul::gram(y, rows, Viewed::typed(x.view()), Viewed::typed(kernel.view()));
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, _: Applied<'_>, args: &[&Whole]) -> Whole {
        product(args[1], &product(args[1], args[0], false, false), true, true)
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![("gram", &[2, 3, 2], |x| {
            let kernel = complex(x, &[2, 4, 3], 0.3);
            let x = x.to_complex();
            Ok(x.node(Gram, &[x.clone(), kernel], x.ty().clone()))
        })]
    }
}
