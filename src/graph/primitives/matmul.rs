//! Products with matrices, batch by batch.

use std::ops::Range;

use crate::graph::primitives::prelude::*;
use crate::kernels::matmul;
use crate::scalar::Scalar;

/// `Y_b = K_b X_b` for every batch; inputs `[x, kernel]` with dims `[b, k, n]` and `[b, m, k]`. A
/// product with a large transposed matrix has one row per part, see [`Parts`].
#[derive(Clone, Debug, PartialEq)]
pub struct Matmul {
    /// Whether the kernel is transposed.
    pub transpose: bool,
    /// Whether the kernel is conjugated.
    pub conj: bool,
}

impl Value {
    /// `Y_b = K_b X_b` for every batch: this is `[b, k, n]`, the kernel `[b, m, k]`.
    pub fn matmul(&self, kernel: &Value) -> Result<Value> {
        let (x, k) = (self.dims(), kernel.dims());
        if x.len() != 3 || k.len() != 3 || x[0] != k[0] || x[1] != k[2] {
            return wrong(format!("a product of {} and {}", show_dims(k), show_dims(x)));
        }
        let dtype = self.dtype().promote(kernel.dtype());
        let (x, kernel) = (self.cast(dtype), kernel.cast(dtype));
        let dims = vec![kernel.dims()[0], kernel.dims()[1], x.dims()[2]];
        let matmul = Matmul { transpose: false, conj: false };
        Ok(x.node(matmul, &[x.clone(), kernel], ArrayType { dims, dtype }))
    }
}

/// How a product with a kernel may be cut, if each element sums `k` terms.
pub(super) fn product_cut(at: Applied<'_>, k: usize) -> Cut {
    // One column reads the kernel at memory speed; many columns compute from the cache.
    let mut cut = Cut::free(at.ty());
    let per_element = k as f64 * at.ty().dtype.size() as f64;
    let one = at.dims()[2] == 1;
    cut.bytes = if one { per_element / 4.0 } else { (per_element / 128.0).max(cut.bytes) };
    cut
}

impl Definition for Matmul {
    fn label(&self) -> String {
        match (self.transpose, self.conj) {
            (false, false) => "matmul".into(),
            (false, true) => "matmul conj".into(),
            (true, false) => "matmul T".into(),
            (true, true) => "matmul H".into(),
        }
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        let dims = &at.input(i).dims;
        let (batch, rows, columns) = (&out.0[0], &out.0[1], &out.0[2]);
        if let Some(parts) = at.parts() {
            let some = parts.range(batch, dims[1]);
            let last = if i == 0 { columns.clone() } else { rows.clone() };
            return f(IndexBox(vec![0..1, some, last]));
        }
        f(IndexBox(match (i, self.transpose) {
            (0, _) => vec![batch.clone(), 0..dims[1], columns.clone()],
            (_, false) => vec![batch.clone(), rows.clone(), 0..dims[2]],
            (_, true) => vec![batch.clone(), 0..dims[1], rows.clone()],
        }));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let parts = at.parts();
        let mut cut = product_cut(at, parts.map_or(at.input(0).dims[1], |parts| parts.each));
        if parts.is_some() {
            cut.own = Some((0, 1));
        } else if !self.transpose
            && let Some(parts) = Parts::of_rows(at.input(1))
        {
            // Rows that the transpose sums in one process.
            cut.own = Some((1, parts.each));
        }
        if at.dims()[2] > 1 {
            cut.align[1] = Some(128);
            cut.align[2] = Some(1024);
        } else {
            // Columns of a transposed kernel are read in runs long enough to be worth an access.
            cut.align[1] = Some(if self.transpose { 512 } else { 64 });
        }
        cut
    }

    /// Chunk lengths of the kernel's batches and rows.
    fn asked(&self, at: Applied<'_>) -> Option<Vec<usize>> {
        let kernel = at.graph.node(at.node.inputs[1]).chunks.as_ref()?;
        let rows = if self.transpose { kernel[2] } else { kernel[1] };
        Some(vec![kernel[0], rows, at.dims()[2]])
    }

    fn parts_wanted(&self, at: Applied<'_>) -> Option<(Parts, Vec<usize>)> {
        let parts = Parts::of_rows(at.input(1)).filter(|_| self.transpose)?;
        Some((parts, at.dims()[1..].to_vec()))
    }

    fn parts(&self, at: Applied<'_>) -> Option<Parts> {
        let x = at.input(0);
        let one = self.transpose && x.dims[0] == 1;
        Parts::new(x.dims[1], at.dims()[0]).filter(|_| one)
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        2.0 * at.elements() * at.input(0).dims[1] as f64 * at.reals() * at.reals()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.with_factors(Matmul { transpose: !self.transpose, conj: !self.conj })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Other(Matmul { conj: !self.conj, ..*self }.into())
    }

    fn batched(&self) -> Batched {
        Batched::Product
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let x = job.pull(0, &job.need(0))?;
        let kernel = job.pull(1, &job.need(1))?;
        if let Some(parts) = job.at.parts() {
            let total = job.at.input(0).dims[1];
            let of = |some: Range<usize>| parts.range(&some, total);
            with_view!(ViewMut, out, y => {
                let (x, kernel) = (Viewed::typed(x.view()), Viewed::typed(kernel.view()));
                multiply_parts(y, x, kernel, self.conj, job.b.0[0].clone(), of);
            });
            return Ok(());
        }
        let kernel =
            if self.transpose { kernel.view().permuted(&[0, 2, 1]) } else { kernel.view() };
        with_view!(ViewMut, out, y => {
            matmul::matmul(y, Viewed::typed(x.view()), Viewed::typed(kernel), self.conj);
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, _: Applied<'_>, args: &[&Whole]) -> Whole {
        product(args[1], args[0], self.transpose, self.conj)
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("matmul", &[2, 3, 2], |x| x.matmul(&alike(x, &[2, 4, 3], 0.3))),
            ("matmul complex", &[2, 3, 1], |x| x.matmul(&complex(x, &[2, 2, 3], 0.3))),
        ]
    }
}

/// Multiplies parts of a kernel's rows with the same rows of `x`; `of` gives the rows of parts.
fn multiply_parts<T: Scalar>(
    mut sums: ArrayViewMutD<'_, T>,
    x: ArrayViewD<'_, T>,
    kernel: ArrayViewD<'_, T>,
    conj: bool,
    some: Range<usize>,
    of: impl Fn(Range<usize>) -> Range<usize>,
) {
    let first = of(some.clone()).start;
    for (k, sum) in some.zip(sums.axis_chunks_iter_mut(Axis(0), 1)) {
        let rows = of(k..k + 1);
        let own = ndarray::Slice::from(rows.start - first..rows.end - first);
        let mut kernel = kernel.slice_axis(Axis(1), own);
        kernel.swap_axes(1, 2);
        matmul::matmul(sum, x.slice_axis(Axis(1), own), kernel, conj);
    }
}
