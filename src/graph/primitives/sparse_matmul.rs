//! Products with sparse matrices whose entries are arrays.

use std::ops::Range;

use ndarray::Ix2;

use crate::graph::primitives::prelude::*;
use crate::kernels::csr::{self, Rows, Stray};

/// `Y = A X` along an axis and the last one, behind it; inputs `[x, values, columns]`, those of the entries of `A`, row
/// after row. As entries are arrays, they are read by the processes and tiles that need them, are in the plan's
/// memory, and may be complex. A large transposed product has one sum a part, see [`Parts`].
#[derive(Clone, Debug, PartialEq)]
pub struct SparseMatmul {
    /// The axis before the last one.
    pub axis: usize,
    /// Where the entries of each row of `A` start; one more at the end.
    pub starts: Arc<[usize]>,
    /// Columns of `A`.
    pub columns: usize,
    /// Whether `A` is transposed.
    pub transpose: bool,
    /// Whether `A` is conjugated.
    pub conj: bool,
}

/// Most parts of a transposed product.
const MOST_PARTS: usize = 64;
/// Fewest entries of a matrix that is worth parts.
const LEAST_ENTRIES: usize = 1 << 16;

impl Value {
    /// `Y = A X`, this `[columns, n]`, of the entries of `A` row after row: `starts` of rows, values and columns.
    pub fn sparse_matmul(
        &self,
        starts: Arc<[usize]>,
        columns: usize,
        entries: [&Value; 2],
        transpose: bool,
    ) -> Result<Value> {
        let [values, numbers] = entries;
        let rows = starts.len().saturating_sub(1);
        let (from, to) = if transpose { (rows, columns) } else { (columns, rows) };
        let fits = matches!(self.dims(), [n, _] if *n == from)
            && starts.first() == Some(&0)
            && starts.is_sorted()
            && starts.last().is_some_and(|&end| [end] == *values.dims())
            && numbers.ty() == &ArrayType::new(values.dims(), DType::Float64);
        if !fits {
            let (x, entries) = (show_dims(self.dims()), show_dims(values.dims()));
            return wrong(format!("a sparse matrix of {entries} entries and {x}"));
        }
        let dtype = self.dtype().promote(values.dtype());
        let x = self.cast(dtype);
        let values = values.cast(DType::of(values.dtype().is_complex(), dtype.is_double()));
        let matmul = SparseMatmul { axis: 0, starts, columns, transpose, conj: false };
        let ty = ArrayType::new([to, self.dims()[1]], dtype);
        Ok(x.node(matmul, &[x.clone(), values, numbers.clone()], ty))
    }
}

impl SparseMatmul {
    fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    fn entries(&self) -> usize {
        self.starts[self.rows()]
    }

    /// The entries of some rows.
    fn of_rows(&self, rows: &Range<usize>) -> Range<usize> {
        self.starts[rows.start]..self.starts[rows.end]
    }

    /// The parts of a transposed product: each has a sum of its own, which should be less than its entries.
    fn worth_parts(&self) -> Option<Parts> {
        let each = self.entries() / (2 * self.columns.max(1));
        let worth = self.axis == 0 && self.entries() >= LEAST_ENTRIES;
        Parts::new(self.rows(), if worth { each.min(MOST_PARTS) } else { 1 })
    }
}

impl Definition for SparseMatmul {
    fn label(&self) -> String {
        let mark = match (self.transpose, self.conj) {
            (false, false) => "",
            (false, true) => " conj",
            (true, false) => " T",
            (true, true) => " H",
        };
        format!("sparse matmul{mark}")
    }

    fn mark(&self, mut state: &mut dyn Hasher) {
        (self.entries(), some(&self.starts)).hash(&mut state);
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::First, pulls: Pulls::Again, order: Order::Lost }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        let all = 0..self.rows();
        let rows = match at.parts() {
            Some(parts) => parts.range(&out.0[0], self.rows()),
            None if self.transpose => all,
            None => out.0[self.axis].clone(),
        };
        if i > 0 {
            return f(IndexBox(vec![self.of_rows(&rows)]));
        }
        let of = if self.transpose { rows } else { 0..self.columns };
        f(match at.parts() {
            Some(_) => IndexBox(vec![of, out.0[2].clone()]),
            None => out.with(self.axis, of),
        });
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        // Of each entry its value, its column, and an element that lies anywhere.
        let lanes = at.dims().last().copied().unwrap_or(1).max(1);
        let reads = 8.0 / lanes as f64 + 2.0 * at.ty().dtype.size() as f64;
        let per_element = self.entries() as f64 / at.elements().max(1.0) * lanes as f64;
        cut.bytes = cut.bytes.max(per_element * reads);
        let columns = at.dims().len() - 2;
        if at.parts().is_some() {
            cut.own = Some((0, 1));
        } else if !self.transpose
            && let Some(parts) = self.worth_parts()
        {
            // The rows that the transpose sums in the same process.
            cut.own = Some((columns, parts.each));
        }
        if self.transpose {
            // All entries pass over a tile: it has all columns.
            cut.align[columns] = None;
        }
        cut
    }

    fn parts_wanted(&self, at: Applied<'_>) -> Option<(Parts, Vec<usize>)> {
        let parts = self.worth_parts().filter(|_| self.transpose)?;
        Some((parts, at.dims().to_vec()))
    }

    fn parts(&self, at: Applied<'_>) -> Option<Parts> {
        let apart = self.transpose && at.dims().len() > at.input(0).dims.len();
        if apart { Parts::new(self.rows(), at.dims()[0]) } else { None }
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        let lanes = at.input(0).len() as f64 / at.input(0).dims[self.axis].max(1) as f64;
        2.0 * self.entries() as f64 * lanes * at.reals() * at.reals()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        let (transpose, conj) = (!self.transpose, !self.conj);
        back.with_factors(SparseMatmul { transpose, conj, ..self.clone() })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Other(SparseMatmul { conj: !self.conj, ..self.clone() }.into())
    }

    fn batched(&self) -> Batched {
        Batched::OneFactor(SparseMatmul { axis: self.axis + 1, ..self.clone() }.into())
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let tiles = job.pull_all_rows()?;
        let (rows, parts) = match job.at.parts() {
            Some(parts) => {
                (parts.range(&job.b.0[0], self.rows()), Some((parts, job.b.0[0].clone())))
            }
            None if self.transpose => (0..self.rows(), None),
            None => (job.b.0[self.axis].clone(), None),
        };
        let entries = Entries { of: self, rows, parts, tiles: &tiles };
        let done = with_view!(ViewMut, out, y => entries.multiply(y));
        done.map_err(|stray| {
            let found = entries.number(stray);
            Failure::Said(format!(
                "entry {stray} of a sparse matrix is in column {found}, of {} from 0",
                self.columns
            ))
        })
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let mut y = Whole::default(IxDyn(at.dims()));
        for row in 0..self.rows() {
            for e in self.of_rows(&(row..row + 1)) {
                let value = if self.conj { args[1][e].conj() } else { args[1][e] };
                let column = args[2][e].re as usize;
                let (to, from) = if self.transpose { (column, row) } else { (row, column) };
                let x = args[0].index_axis(Axis(self.axis), from).mapv(|x| x * value);
                let mut y = y.index_axis_mut(Axis(self.axis), to);
                y += &x;
            }
        }
        y
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        fn product(x: &Value, starts: &[usize], columns: usize, values: &Value) -> Result<Value> {
            let n = values.dims()[0];
            let number = |k: usize| C128::new((k * 5 % columns) as f64, 0.0);
            let numbers =
                crate::io::Array::values([n], (0..n).map(number).collect(), DType::Float64);
            let numbers = x.constant(&numbers.expect("small"));
            x.sparse_matmul(starts.into(), columns, [values, &numbers], false)
        }
        vec![
            ("sparse matmul", &[4, 1], |x| product(x, &[0, 2, 2, 5], 4, &alike(x, &[5], 0.2))),
            ("sparse matmul of columns", &[3, 2], |x| {
                product(&x.scale(2.0), &[0, 1, 3, 4, 7], 3, &complex(x, &[7], 0.4))
            }),
        ]
    }
}

/// The entries of some rows, with what they are multiplied by.
struct Entries<'a> {
    of: &'a SparseMatmul,
    rows: Range<usize>,
    parts: Option<(Parts, Range<usize>)>,
    tiles: &'a [Tile<'a>],
}

impl Entries<'_> {
    /// The column that an entry says it is in.
    fn number(&self, entry: usize) -> f64 {
        let numbers: ArrayViewD<'_, f64> = Viewed::typed(self.tiles[2].view());
        numbers[entry - self.of.starts[self.rows.start]]
    }

    fn multiply<T: Viewed>(&self, y: ArrayViewMutD<'_, T>) -> std::result::Result<(), Stray>
    where
        T::Real: Viewed,
    {
        let conj = self.of.conj;
        let values = self.tiles[1].view();
        if values.dtype() != T::DTYPE {
            let values: ArrayViewD<'_, T::Real> = Viewed::typed(values);
            self.apply(y, slice(&values), |a: T::Real, x: T| x.scale(a))
        } else if conj {
            self.apply(y, slice(&T::typed(values)), |a: T, x: T| a.conj() * x)
        } else {
            self.apply(y, slice(&T::typed(values)), |a: T, x: T| a * x)
        }
    }

    fn apply<T: Viewed, F: Copy>(
        &self,
        y: ArrayViewMutD<'_, T>,
        values: &[F],
        times: impl Fn(F, T) -> T + Copy,
    ) -> std::result::Result<(), Stray> {
        let numbers: ArrayViewD<'_, f64> = Viewed::typed(self.tiles[2].view());
        let starts = &self.of.starts[self.rows.start..=self.rows.end];
        let rows = Rows { starts, values, columns: slice(&numbers) };
        let x: ArrayViewD<'_, T> = Viewed::typed(self.tiles[0].view());
        let Some((parts, some)) = &self.parts else {
            return each(self.of.axis, y, x, &mut |y, x| match self.of.transpose {
                true => csr::spread(y, x, rows, times),
                false => csr::multiply(y, x, rows, times),
            });
        };
        let mut y = y;
        for (mut y, part) in y.axis_iter_mut(Axis(0)).zip(some.clone()) {
            let of = parts.range(&(part..part + 1), self.of.rows());
            let own = of.start - self.rows.start..of.end - self.rows.start;
            let x = x.slice_axis(Axis(0), own.clone().into());
            each(0, y.view_mut(), x, &mut |y, x| csr::spread(y, x, rows.part(own.clone()), times))?;
        }
        Ok(())
    }
}

fn slice<'a, T>(view: &ArrayViewD<'a, T>) -> &'a [T] {
    match view.clone().to_slice() {
        Some(slice) => slice,
        None => unreachable!("entries are consecutive"),
    }
}

/// Calls `f` with the last two axes, for all indices of those before.
fn each<T>(
    lead: usize,
    mut y: ArrayViewMutD<'_, T>,
    x: ArrayViewD<'_, T>,
    f: &mut dyn FnMut(
        ndarray::ArrayViewMut2<'_, T>,
        ndarray::ArrayView2<'_, T>,
    ) -> std::result::Result<(), Stray>,
) -> std::result::Result<(), Stray> {
    if lead > 0 {
        for (y, x) in y.axis_iter_mut(Axis(0)).zip(x.axis_iter(Axis(0))) {
            each(lead - 1, y, x, f)?;
        }
        return Ok(());
    }
    match (y.into_dimensionality::<Ix2>(), x.into_dimensionality::<Ix2>()) {
        (Ok(y), Ok(x)) => f(y, x),
        _ => unreachable!("the graph has checked the axes"),
    }
}
