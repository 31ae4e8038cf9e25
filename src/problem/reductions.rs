//! Sums, means, cumulative sums and the like, of whole arrays or along an axis. Blocks are of fixed size
//! and added in their order, so the number of threads changes no bit.

use std::sync::Arc;

use ndarray::{ArrayD, Axis, IxDyn};
use rayon::prelude::*;

use crate::io::output::boxes;
use crate::io::{Array, Bytes, Compute, Result, Values};
use crate::scalar::{C128, DType, Scalar};
use crate::space::IndexBox;
use crate::spec::{Reduction, Scan};
use crate::view::Viewed;
use crate::with_dtype;

/// Elements that one thread holds at a time.
const BLOCK: usize = 1 << 16;

/// An array, all of it or along an axis.
#[derive(Clone, Debug)]
pub(super) struct Along {
    pub(super) array: Array,
    pub(super) axis: Option<usize>,
}

impl Along {
    fn read(&self, b: &IndexBox) -> Result<ArrayD<C128>> {
        let mut values = ArrayD::<C128>::default(IxDyn(&b.dims()));
        let wide = self.array.clone().cast(DType::Complex128)?;
        wide.read_box(b, C128::erase_mut(values.view_mut()))?;
        Ok(values)
    }
}

/// A reduction of an array.
#[derive(Debug)]
pub(super) struct Reduce {
    pub(super) of: Along,
    pub(super) function: Reduction,
    pub(super) dtype: DType,
}

impl Reduce {
    /// What is added up, or compared, of some elements; `about` is their mean, if it is known.
    fn part(&self, values: impl Iterator<Item = C128>, about: C128) -> C128 {
        let real = |x: f64| C128::new(x, 0.0);
        match self.function {
            Reduction::Sum | Reduction::Mean => values.sum(),
            Reduction::Norm => real(values.map(|x| x.norm_sqr()).sum()),
            Reduction::Std => real(values.map(|x| (x - about).norm_sqr()).sum()),
            Reduction::Min | Reduction::Max => {
                values.reduce(|a, b| self.and(a, b)).unwrap_or_default()
            }
        }
    }

    /// Two parts together.
    fn and(&self, a: C128, b: C128) -> C128 {
        match self.function {
            Reduction::Min | Reduction::Max if a.re.is_nan() => a,
            Reduction::Min | Reduction::Max if b.re.is_nan() => b,
            Reduction::Min => {
                if b.re < a.re {
                    b
                } else {
                    a
                }
            }
            Reduction::Max => {
                if b.re > a.re {
                    b
                } else {
                    a
                }
            }
            _ => a + b,
        }
    }

    /// The result of all parts of `n` elements.
    fn end(&self, all: C128, n: usize) -> C128 {
        match self.function {
            Reduction::Mean => all / n as f64,
            Reduction::Norm => all.re.sqrt().into(),
            Reduction::Std => (all.re / n as f64).sqrt().into(),
            _ => all,
        }
    }

    fn whole(&self) -> Result<C128> {
        let dims = &self.of.array.ty().dims;
        let n = dims.iter().product();
        let about = match self.function {
            Reduction::Std => self.with(Reduction::Mean).whole()?,
            _ => C128::ZERO,
        };
        let blocks: Vec<IndexBox> = boxes(dims, BLOCK).collect();
        let parts: Result<Vec<C128>> = blocks
            .par_iter()
            .map(|b| Ok(self.part(self.of.read(b)?.iter().copied(), about)))
            .collect();
        let all = parts?.into_iter().reduce(|a, b| self.and(a, b)).unwrap_or_default();
        Ok(self.end(all, n))
    }

    fn with(&self, function: Reduction) -> Reduce {
        Reduce { of: self.of.clone(), function, dtype: self.dtype }
    }

    /// One number for each place beside the axis.
    fn along(&self, axis: usize) -> Result<Vec<C128>> {
        let dims = &self.of.array.ty().dims;
        let mut rest = dims.clone();
        let n = rest.remove(axis);
        let blocks: Vec<IndexBox> = boxes(&rest, (BLOCK / n.max(1)).max(1)).collect();
        let parts: Result<Vec<Vec<C128>>> = blocks
            .par_iter()
            .map(|b| {
                let mut ranges = b.0.clone();
                ranges.insert(axis, 0..n);
                let values = self.of.read(&IndexBox(ranges))?;
                let lanes = values.lanes(Axis(axis));
                Ok(lanes
                    .into_iter()
                    .map(|lane| {
                        let about = match self.function {
                            Reduction::Std => lane.iter().sum::<C128>() / n as f64,
                            _ => C128::ZERO,
                        };
                        self.end(self.part(lane.iter().copied(), about), n)
                    })
                    .collect())
            })
            .collect();
        // Boxes follow each other in the order of the result's elements.
        Ok(parts?.concat())
    }
}

/// Numbers as an array's bytes.
fn bytes(values: &[C128], dtype: DType) -> Bytes {
    with_dtype!(dtype, T => Arc::new(Values::<T>(values.iter().map(|&x| T::from_c128(x)).collect())))
}

impl Compute for Reduce {
    fn compute(&self) -> Result<Bytes> {
        let values = match self.of.axis {
            Some(axis) => self.along(axis)?,
            None => vec![self.whole()?],
        };
        Ok(bytes(&values, self.dtype))
    }

    fn working_bytes(&self, threads: usize) -> usize {
        let ty = self.of.array.ty();
        let (rows, result) = match self.of.axis {
            Some(axis) => (ty.dims[axis], ty.len() / ty.dims[axis].max(1)),
            None => (1, ty.len().div_ceil(BLOCK)),
        };
        let block = size_of::<C128>() * rows.max(BLOCK);
        let inner = self.of.array.working_bytes(threads);
        inner.max(self.of.array.kept_bytes() + threads * block + 2 * size_of::<C128>() * result)
    }
}

/// Cumulative sums, or an order, along an axis.
#[derive(Debug)]
pub(super) struct ScanAlong {
    pub(super) of: Along,
    pub(super) function: Scan,
    pub(super) dtype: DType,
}

impl Compute for ScanAlong {
    fn compute(&self) -> Result<Bytes> {
        let axis = Axis(self.of.axis.unwrap_or(0));
        let mut values = self.of.read(&IndexBox::whole(&self.of.array.ty().dims))?;
        values.lanes_mut(axis).into_iter().for_each(|mut lane| match self.function {
            Scan::Cumsum => {
                let mut sum = C128::ZERO;
                for x in &mut lane {
                    sum += *x;
                    *x = sum;
                }
            }
            Scan::Sort => {
                let mut sorted: Vec<f64> = lane.iter().map(|x| x.re).collect();
                sorted.sort_by(f64::total_cmp);
                lane.iter_mut().zip(sorted).for_each(|(x, s)| *x = s.into());
            }
        });
        let values: Vec<C128> = values.iter().copied().collect();
        Ok(bytes(&values, self.dtype))
    }

    fn working_bytes(&self, threads: usize) -> usize {
        let array = &self.of.array;
        let all = 3 * size_of::<C128>() * array.ty().len();
        array.working_bytes(threads).max(array.kept_bytes() + all)
    }
}
