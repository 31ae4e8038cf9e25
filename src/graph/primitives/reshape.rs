//! Gives the same elements other dims.

use crate::graph::primitives::prelude::*;
use crate::graph::{aligned, reshape_box};
use crate::kernels::Scratch;
use crate::space::{elements, strides};

/// Other dims, the same elements in C order.
#[derive(Clone, Debug, PartialEq)]
pub struct Reshape;

impl Value {
    /// The same elements in C order with other dims.
    pub fn reshape(&self, dims: &[usize]) -> Result<Value> {
        if dims == self.dims() {
            return Ok(self.clone());
        }
        if elements(dims.iter().copied()) != self.ty().len() {
            return wrong(format!(
                "{} elements of dims {} as {}",
                self.ty().len(),
                show_dims(self.dims()),
                show_dims(dims)
            ));
        }
        Ok(self.unary(Reshape, dims.to_vec(), self.dtype()))
    }

    /// All elements along one axis.
    pub fn flatten(&self) -> Value {
        let n = self.ty().len();
        if self.dims() == [n] {
            return self.clone();
        }
        self.unary(Reshape, vec![n], self.dtype())
    }
}

/// Rows of the first axis that contain all elements of a box of the same array with other dims.
fn flat_hull(from: &[usize], to: &[usize], b: &IndexBox) -> IndexBox {
    let s = strides(to);
    let lo: usize = b.0.iter().zip(&s).map(|(r, s)| r.start * s).sum();
    let hi: usize = b.0.iter().zip(&s).map(|(r, s)| (r.end - 1) * s).sum();
    let row: usize = from.iter().skip(1).product();
    let mut whole = IndexBox::whole(from);
    if let Some(first) = whole.0.first_mut() {
        *first = lo / row..hi / row + 1;
    }
    whole
}

impl Definition for Reshape {
    fn label(&self) -> String {
        "reshape".into()
    }

    fn facts(&self) -> Facts {
        Facts { linear: Linear::All, pulls: Pulls::Once, order: Order::Kept }
    }

    fn needs(&self, at: Applied<'_>, _: usize, out: &IndexBox, f: Visit<'_>) {
        let (from, to) = (&at.input(0).dims, at.dims());
        f(reshape_box(from, to, out).unwrap_or_else(|| flat_hull(from, to, out)));
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        Cut { align: aligned(&at.input(0).dims, at.dims()), ..Cut::free(at.ty()) }
    }

    fn through(&self, at: Applied<'_>, input: &ArrayType, inner: &Cut) -> Cut {
        let (from, to) = (&input.dims, at.dims());
        let mut cut = inner.cost(at);
        let wide =
            |dims: &[usize]| -> Vec<usize> { (0..dims.len()).filter(|&a| dims[a] != 1).collect() };
        let (a, b) = (wide(from), wide(to));
        let units_only = a.len() == b.len() && a.iter().zip(&b).all(|(&a, &b)| from[a] == to[b]);
        if units_only {
            let axis = |of: usize| Some(b[a.iter().position(|&a| a == of)?]);
            cut.own = inner.own.and_then(|(of, n)| Some((axis(of)?, n)));
        }
        cut.align = aligned(from, to);
        if from != to && !inner.is_free() {
            if units_only {
                a.iter().zip(&b).for_each(|(&a, &b)| cut.align[b] = inner.align[a]);
            } else {
                cut.align = vec![None; to.len()];
            }
        }
        cut
    }

    fn movement(&self) -> Option<Movement<'_>> {
        Some(Movement::Reshaped)
    }

    fn flops(&self, _: Applied<'_>) -> f64 {
        0.0
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        back.y.reshape(&back.input().dims)
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Itself
    }

    fn batched(&self) -> Batched {
        Batched::Moved(self.clone().into())
    }

    fn compute(&self, job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
        let Some(from) = reshape_box(&job.at.input(0).dims, job.at.dims(), job.b) else {
            // Requested chunks may be ragged here: go row by row, since each row is a flat run.
            return reshape_rows(job, out);
        };
        let shape = from.dims();
        let done = with_view!(ViewMut, &mut out, y => y.as_slice_mut().map(|slice| {
            match ArrayViewMutD::from_shape(shape.clone(), slice) {
                Ok(y) => job.fill(0, &from, Viewed::erase_mut(y)),
                Err(_) => unreachable!("a reshape keeps the number of elements"),
            }
        }));
        if let Some(done) = done {
            return done;
        }
        let tile = job.pull_rows(0, &from)?;
        let mut scratch = Scratch::dirty(job.at.ty().dtype, shape);
        pointwise::copy(scratch.view_mut(), tile.view());
        with_view!(ViewMut, out, y => copy_flat(y, scratch.view()));
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        shaped(at.dims(), args[0].iter().copied().collect())
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        vec![
            ("reshape", &[2, 3], |x| x.reshape(&[3, 2])),
            ("reshape of what is computed", &[4, 3], |x| x.scale(2.0).reshape(&[2, 6])),
        ]
    }
}

/// Computes a box whose elements fill no box of the input, one flat run at a time.
fn reshape_rows(job: &Job<'_>, mut out: ViewMut<'_>) -> Done {
    let (from, to, b) = (&job.at.input(0).dims, job.at.dims(), job.b);
    let (steps, last) = (strides(to), to.len() - 1);
    let row = from.iter().skip(1).product::<usize>();
    let mut outer = b.clone();
    outer.0[last] = 0..1;
    let count = outer.len();
    for k in 0..count {
        let mut rest = k;
        let mut at = vec![0; last];
        for axis in (0..last).rev() {
            at[axis] = rest % b.0[axis].len();
            rest /= b.0[axis].len();
        }
        let start: usize =
            at.iter().enumerate().map(|(a, i)| (i + b.0[a].start) * steps[a]).sum::<usize>()
                + b.0[last].start;
        let len = b.0[last].len();
        // The rows of the input's first axis that contain the run.
        let mut whole = IndexBox::whole(from);
        whole.0[0] = start / row..(start + len - 1) / row + 1;
        let tile = job.pull_rows(0, &whole)?;
        let mut target: Vec<_> = at.iter().map(|&i| i..i + 1).collect();
        target.push(0..len);
        let skip = start - whole.0[0].start * row;
        with_view!(ViewMut, out.reborrow().boxed(&IndexBox(target)), y => {
            copy_run(y, tile.view(), skip);
        });
    }
    Ok(())
}

fn copy_run<T: Viewed>(mut y: ArrayViewMutD<'_, T>, x: View<'_>, skip: usize) {
    let (n, x) = (y.len(), T::typed(x));
    match (y.as_slice_mut(), x.as_slice()) {
        (Some(y), Some(x)) => y.copy_from_slice(&x[skip..skip + n]),
        _ => y.iter_mut().zip(x.iter().skip(skip)).for_each(|(y, x)| *y = *x),
    }
}

/// Copies `x`, which is contiguous in memory, into other dims.
fn copy_flat<T: Viewed>(y: ArrayViewMutD<'_, T>, x: View<'_>) {
    match T::typed(x).into_shape_with_order(y.raw_dim()) {
        Ok(x) => pointwise::copy(T::erase_mut(y), T::erase(x)),
        Err(_) => unreachable!("scratch lies consecutively"),
    }
}
