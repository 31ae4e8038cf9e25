//! `y_i = sum_k w_ik x_{c_ik}`

use std::sync::Arc;

use crate::graph::primitives::prelude::*;
use crate::graph::ranges::ranges;
use crate::kernels::sparse::{self, Sparse};

/// A sparse matrix with few entries per row, along an axis: `y_i = sum_k w_ik x_{c_ik}`.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseRows {
    /// Axis that it works along.
    pub axis: usize,
    /// The matrix.
    pub matrix: Arc<Sparse>,
}

impl Value {
    /// Applies a sparse matrix with few entries per row along an axis.
    pub fn sparse_rows(&self, axis: usize, matrix: impl Into<Arc<Sparse>>) -> Result<Value> {
        let matrix = matrix.into();
        let n = self.has_axis(axis)?;
        if matrix.columns() != n {
            let columns = matrix.columns();
            return wrong(format!("a matrix of {columns} columns on an axis of length {n}"));
        }
        if let Some((c, _)) = matrix.entries(&(0..matrix.rows())).iter().find(|(c, _)| *c >= n) {
            return wrong(format!("column {c} of a matrix of {n} columns"));
        }
        let rows = matrix.rows();
        Ok(self.resized(SparseRows { axis, matrix }, axis, rows))
    }
}

impl Definition for SparseRows {
    fn label(&self) -> String {
        format!("sparse rows {} axis {}", self.matrix.rows(), self.axis)
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        let entries = self.matrix.entries(&(0..self.matrix.rows())).iter().take(16);
        entries.for_each(|&(c, w)| (c, bits(w)).hash(&mut state));
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let columns = self.matrix.entries(&out.0[self.axis]).iter().map(|&(c, _)| c);
        let few = ranges(columns, at.input(0).dims[self.axis]);
        few.into_iter().for_each(|range| f(out.with(self.axis, range)));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        cut.bytes *= self.entries_each().max(1.0);
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        2.0 * self.entries_each() * at.elements() * at.reals()
    }

    fn coefficients(&self) -> Vec<C128> {
        let all = self.matrix.entries(&(0..self.matrix.rows())).iter();
        vec![all.fold(0.0, |m: f64, (_, w)| m.max(w.abs())).into()]
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        let matrix = Arc::new(self.matrix.transpose());
        back.alone(SparseRows { axis: self.axis, matrix })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(SparseRows { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let rows = &job.b.0[self.axis];
        let columns = self.matrix.entries(rows).iter();
        let around = columns.fold((usize::MAX, 0), |(lo, hi), &(c, _)| (lo.min(c), hi.max(c + 1)));
        if around.1 == 0 {
            pointwise::zero(out);
            return Ok(());
        }
        let x = job.pull_needs(0, &job.b.with(self.axis, around.0..around.1))?;
        with_view!(ViewMut, out, y => {
            let x = Viewed::typed(x.view());
            sparse::multiply(y, rows.start, x, around.0, self.axis, &self.matrix);
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        lanes(args[0], self.axis, at.dims(), |x| {
            let row = |i: usize| self.matrix.entries(&(i..i + 1)).iter().map(|&(c, w)| x[c] * w);
            (0..self.matrix.rows()).map(|i| row(i).sum()).collect()
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        fn between(n: usize, rows: usize) -> Sparse {
            let row = |i: usize| vec![(i * 5 % n, 0.75), ((i * 5 + 1) % n, 0.25)];
            Sparse::from_rows(n, (0..rows).map(|i| if i == 2 { vec![] } else { row(i) }))
        }
        vec![
            ("sparse rows", &[2, 7], |x| x.sparse_rows(1, between(7, 4))),
            ("sparse rows first axis", &[6, 2], |x| x.sparse_rows(0, between(6, 9))),
            ("sparse rows of what is computed", &[5], |x| x.flip(0)?.sparse_rows(0, between(5, 3))),
        ]
    }
}

impl SparseRows {
    /// Average number of entries per row.
    fn entries_each(&self) -> f64 {
        let rows = self.matrix.rows();
        self.matrix.entries(&(0..rows)).len() as f64 / rows.max(1) as f64
    }
}
