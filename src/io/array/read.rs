//! Reads boxes of an array: its base is walked in the base's own order.

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, Axis, IxDyn, ShapeBuilder};

use super::base::{Base, Origin};
use super::{Array, Map};
use crate::io::error::{Error, Result};
use crate::io::narrow::{self, Fate};
use crate::io::output::boxes;
use crate::scalar::{C128, DType};
use crate::space::{IndexBox, strides};
use crate::view::{View, Viewed};
use crate::with_dtype;

/// Bytes that a read which converts or gathers holds at a time.
pub(super) const BUFFER: usize = 1 << 20;
/// A gap of so many bytes is read and thrown away rather than jumped over by another read.
pub(super) const GAP: usize = 8 << 10;
/// Rows of so many bytes are read to their place one by one rather than together by way of a
/// buffer.
pub(super) const LONG_ROW: usize = 32 << 10;

impl Array {
    pub(super) fn read_into<T: Viewed>(
        &self,
        b: &IndexBox,
        out: ArrayViewMutD<'_, T>,
    ) -> Result<()> {
        if out.is_empty() {
            return Ok(());
        }
        self.0.base.check_intact()?;
        with_dtype!(self.0.base.dtype, N => self.gather::<N, T>(b, out))
    }

    /// Reads a box out of a base of `N`.
    pub(super) fn gather<N: Viewed, T: Viewed>(
        &self,
        b: &IndexBox,
        mut out: ArrayViewMutD<'_, T>,
    ) -> Result<()> {
        let layout = &self.0.layout;
        if let Origin::Zarr(folder) = &self.0.base.source {
            let Some(courses) = layout.courses(&self.0.base.dims) else {
                unreachable!("{}: other layouts are built upon the array", self.name())
            };
            let mut fate = Fate::default();
            folder.read::<N>(&courses, b, &self.0.ty.dims, &mut |piece, values| {
                let ranges = piece.relative_to(b).0;
                let part = out.slice_each_axis_mut(|axis| ranges[axis.axis.index()].clone().into());
                fate = fate.and(convert(self.0.map, part, values));
            })?;
            return self.judge::<T>(fate);
        }
        let mut offset = layout.start_of(&b.start());
        // The axes that matter, all of them forward in the base.
        let mut axes = Vec::with_capacity(layout.dims.len());
        for axis in (0..layout.dims.len()).rev() {
            let (len, stride) = (out.len_of(Axis(axis)), layout.strides[axis]);
            if len == 1 {
                out.index_axis_inplace(Axis(axis), 0);
                continue;
            }
            if stride < 0 {
                offset -= (len - 1) * stride.unsigned_abs();
                out.invert_axis(Axis(axis));
            }
            axes.push((len, stride.unsigned_abs()));
        }
        axes.reverse();
        // The base is walked in its own order, whatever the array's.
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&a| std::cmp::Reverse(axes[a].1));
        let axes: Vec<(usize, usize)> = order.iter().map(|&a| axes[a]).collect();
        let mut walk = Walk::<N> {
            base: &self.0.base,
            map: self.0.map,
            gap: self.0.base.worth_reading(),
            scratch: Vec::new(),
            fate: Fate::default(),
        };
        walk.read(&axes, offset, out.permuted_axes(order))?;
        let fate = walk.fate;
        self.judge::<T>(fate)
    }

    /// Remembers what became of elements; an error if some cannot be held as `T`.
    fn judge<T: Viewed>(&self, fate: Fate) -> Result<()> {
        self.0.losses.add(fate);
        if fate.lost { Err(self.lost::<T>()?) } else { Ok(()) }
    }

    /// What to say of the first element that cannot be held as `T`, whoever met which first.
    fn lost<T: Viewed>(&self) -> Result<Error> {
        let dims = &self.0.ty.dims;
        let wide = self.clone().with(|inner| inner.ty.dtype = DType::Complex128);
        let mut at = 0;
        for b in boxes(dims, BUFFER / size_of::<C128>()) {
            let mut values = ArrayD::<C128>::default(IxDyn(&b.dims()));
            wide.read_into(&b, values.view_mut())?;
            if let Some(k) = values.iter().position(|&v| narrow::is_lost::<T>(v)) {
                let value = values.iter().nth(k).copied().unwrap_or_default();
                let what = narrow::too_large(value, at + k, dims, T::DTYPE);
                return Ok(Error::run(format!(
                    "cannot read {} as {}: {what}",
                    self.0.base.name,
                    T::DTYPE
                ))
                .help("leave it in double precision, or scale it"));
            }
            at += b.len();
        }
        Ok(crate::io::npz::changed(&self.0.base.name))
    }

    /// Reads consecutive elements in C order.
    pub(super) fn read_linear<T: Viewed>(&self, start: usize, out: &mut [T]) -> Result<()> {
        let dims = &self.0.ty.dims;
        let mut done = 0;
        while done < out.len() {
            let b = largest_box(dims, start + done, out.len() - done);
            let part = &mut out[done..done + b.len()];
            done += part.len();
            let view = ArrayViewMutD::from_shape(IxDyn(&b.dims()), part);
            self.read_into(&b, view.unwrap_or_else(|e| unreachable!("a box has its length: {e}")))?;
        }
        Ok(())
    }
}

/// The largest box that begins at an element and covers at most `most` elements that follow each
/// other in C order.
pub(super) fn largest_box(dims: &[usize], start: usize, most: usize) -> IndexBox {
    let strides = strides(dims);
    let at: Vec<usize> = strides.iter().zip(dims).map(|(&s, &n)| start / s % n).collect();
    let whole_below = |axis: usize| start.is_multiple_of(strides[axis]) && strides[axis] <= most;
    let axis = (0..dims.len()).find(|&a| whole_below(a));
    IndexBox(
        (0..dims.len())
            .map(|a| match axis {
                Some(axis) if a == axis => at[a]..dims[a].min(at[a] + most / strides[a]),
                Some(axis) if a > axis => 0..dims[a],
                _ => at[a]..at[a] + 1,
            })
            .collect(),
    )
}

/// A walk through a base of `N`, in the base's order.
struct Walk<'a, N> {
    base: &'a Base,
    map: Map,
    gap: usize,
    scratch: Vec<N>,
    fate: Fate,
}

impl<N: Viewed> Walk<'_, N> {
    /// Reads elements of the base at `offset` and on axes of given lengths and strides, longest
    /// stride first; `out` has these axes.
    fn read<T: Viewed>(
        &mut self,
        axes: &[(usize, usize)],
        offset: usize,
        mut out: ArrayViewMutD<'_, T>,
    ) -> Result<()> {
        let as_is = N::DTYPE == T::DTYPE && self.map == Map::Same;
        let span = span_of(axes);
        if as_is
            && span == out.len()
            && let Some(slice) = out.as_slice_mut()
        {
            return self.base.read_run(offset, bytemuck::cast_slice_mut::<T, N>(slice));
        }
        let Some((&(len, stride), inner)) = axes.split_first() else {
            return self.read_span(axes, offset, span, out);
        };
        let most = BUFFER / size_of::<N>();
        let inner_span = span_of(inner);
        let rows_in_place = as_is
            && inner_span * size_of::<N>() >= LONG_ROW
            && inner_span * len == out.len()
            && out.index_axis(Axis(0), 0).is_standard_layout();
        let together = match !rows_in_place && self.is_worth_joining(axes) {
            true if inner_span <= most => (most - inner_span) / stride + 1,
            _ => 1,
        };
        if together >= len {
            return self.read_span(axes, offset, span, out);
        }
        for start in (0..len).step_by(together) {
            let offset = offset + start * stride;
            if together == 1 {
                self.read(inner, offset, out.index_axis_mut(Axis(0), start))?;
            } else {
                let stop = len.min(start + together);
                let mut part = axes.to_vec();
                part[0].0 = stop - start;
                let out = out.slice_axis_mut(Axis(0), (start..stop).into());
                self.read_span(&part, offset, span_of(&part), out)?;
            }
        }
        Ok(())
    }

    /// Whether no gap inside is so large that it should be jumped over.
    fn is_worth_joining(&self, axes: &[(usize, usize)]) -> bool {
        (0..axes.len()).all(|k| axes[k].1.saturating_sub(span_of(&axes[k + 1..])) <= self.gap)
    }

    /// Reads everything from the first to the last element, and picks the requested ones.
    fn read_span<T: Viewed>(
        &mut self,
        axes: &[(usize, usize)],
        offset: usize,
        span: usize,
        out: ArrayViewMutD<'_, T>,
    ) -> Result<()> {
        if self.scratch.len() < span {
            self.scratch.resize(span, N::default());
        }
        let scratch = &mut self.scratch[..span];
        self.base.read_run(offset, scratch)?;
        let dims: Vec<usize> = axes.iter().map(|a| a.0).collect();
        let strides: Vec<usize> = axes.iter().map(|a| a.1).collect();
        let view = ArrayViewD::from_shape(IxDyn(&dims).strides(IxDyn(&strides)), &*scratch)
            .unwrap_or_else(|e| unreachable!("a span holds its axes: {e}"));
        self.fate = self.fate.and(convert(self.map, out, view));
        Ok(())
    }
}

/// Puts elements of a base where they belong.
fn convert<N: Viewed, T: Viewed>(
    map: Map,
    mut out: ArrayViewMutD<'_, T>,
    from: ArrayViewD<'_, N>,
) -> Fate {
    let fate = match map {
        Map::Same | Map::Conj => narrow::convert(out.view_mut(), from),
        Map::Real => real_part(out.view_mut(), N::erase(from)),
        Map::Imag | Map::MinusImag => imaginary_part(out.view_mut(), N::erase(from)),
        Map::Zero => {
            out.fill(T::default());
            Fate::default()
        }
    };
    match map {
        Map::Conj => out.map_inplace(|v| *v = v.conj()),
        Map::MinusImag => out.map_inplace(|v| *v = T::from_c128((-v.to_c128().re).into())),
        _ => {}
    }
    fate
}

fn real_part<T: Viewed>(out: ArrayViewMutD<'_, T>, from: View<'_>) -> Fate {
    match from {
        View::Float32(v) => narrow::convert(out, v),
        View::Float64(v) => narrow::convert(out, v),
        View::Complex64(v) => narrow::convert(out, v.split_complex().re),
        View::Complex128(v) => narrow::convert(out, v.split_complex().re),
    }
}

fn imaginary_part<T: Viewed>(mut out: ArrayViewMutD<'_, T>, from: View<'_>) -> Fate {
    match from {
        View::Float32(_) | View::Float64(_) => {
            out.fill(T::default());
            Fate::default()
        }
        View::Complex64(v) => narrow::convert(out, v.split_complex().im),
        View::Complex128(v) => narrow::convert(out, v.split_complex().im),
    }
}

/// Base elements from the first to the last of strided axes.
fn span_of(axes: &[(usize, usize)]) -> usize {
    1 + axes.iter().map(|&(len, stride)| (len - 1) * stride).sum::<usize>()
}
