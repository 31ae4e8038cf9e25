//! Computes a box of a node from the stores below it: the recursion that a fused stage is.
//!
//! `fill` writes a box of a node into a view. `pull` gives a box to read: a view of a store where
//! the node is one, seen through slices, permutations and reshapes, else a scratch copy.

use std::ops::Range;

use ndarray::{ArrayViewD, ArrayViewMutD, Axis, IxDyn};

use crate::engine::Store;
use crate::engine::scratch::{Scratch, Tile};
use crate::graph::{Node, NodeId, Parts, Primitive, input_box, reshape_box};
use crate::kernels::{
    accumulate, convolve, fft, index, kirchhoff, matmul, pointwise, spread, stencil,
};
use crate::plan::{Plan, StoreId};
use crate::scalar::{C128, Real, Scalar};
use crate::space::{IndexBox, strides};
use crate::view::{View, ViewMut, Viewed};
use crate::with_view;

/// Reads the stores of one process while one stage runs.
pub(super) struct Evaluator<'a> {
    pub(super) plan: &'a Plan,
    /// By store, where it is read from during this stage.
    pub(super) stores: &'a [Option<Store>],
    /// What is read instead of stores whose boxes have come in several messages.
    pub(super) pieces: &'a [Piece<'a>],
}

/// A box of a store that lies by itself during a stage.
pub(super) struct Piece<'a> {
    pub(super) store: StoreId,
    /// Which box.
    pub(super) part: IndexBox,
    /// Its elements.
    pub(super) view: View<'a>,
}

impl<'a> Evaluator<'a> {
    fn node(&self, id: NodeId) -> &Node {
        self.plan.program.graph.node(id)
    }

    /// The pieces that a node is read from, if it has come in pieces.
    fn pieces(&self, id: NodeId) -> impl Iterator<Item = &'a Piece<'a>> + use<'a> {
        let store = self.plan.store_of[id.0];
        self.pieces.iter().filter(move |piece| Some(piece.store) == store)
    }

    /// The store of a node that is kept and lies in one piece.
    fn whole(&self, id: NodeId) -> Option<&Store> {
        let store = self.plan.store_of[id.0].filter(|_| self.pieces(id).next().is_none())?;
        self.stores[store.0].as_ref()
    }

    /// A box of a node as a view of a store, if that is what it is.
    fn look(&self, id: NodeId, b: &IndexBox) -> Option<View<'_>> {
        if let Some(store) = self.whole(id) {
            return Some(store.view(b));
        }
        if self.plan.store_of[id.0].is_some() {
            let piece = self.pieces(id).find(|piece| piece.part.contains(b))?;
            return Some(piece.view.reborrow().boxed(&b.relative_to(&piece.part)));
        }
        let node = self.node(id);
        let input = *node.inputs.first()?;
        let ty = &self.node(input).ty;
        match &node.primitive {
            Primitive::Permute(axes) => {
                Some(self.look(input, &input_box(node, 0, ty, b))?.permuted(axes))
            }
            Primitive::Flip(axis) => {
                Some(self.look(input, &input_box(node, 0, ty, b))?.flipped(*axis))
            }
            Primitive::Slice(steps) => {
                let mut view = self.look(input, &input_box(node, 0, ty, b))?;
                for (axis, s) in steps.iter().enumerate().filter(|(_, s)| s.step > 1) {
                    view = view.stepped(axis, s.step);
                }
                Some(view)
            }
            Primitive::Reshape => self.whole(input)?.view_reshaped(&node.ty.dims, b),
            _ => None,
        }
    }

    fn pull(&self, id: NodeId, b: &IndexBox) -> Tile<'_> {
        match self.look(id, b) {
            Some(view) => Tile::Seen(view),
            None => {
                let mut scratch = Scratch::dirty(self.node(id).ty.dtype, b.dims());
                self.fill(id, b, scratch.view_mut());
                Tile::Made(scratch)
            }
        }
    }

    /// The same, with consecutive rows.
    fn pull_rows(&self, id: NodeId, b: &IndexBox) -> Tile<'_> {
        match self.pull(id, b) {
            Tile::Seen(view) if !has_rows(&view) => {
                let mut scratch = Scratch::dirty(view.dtype(), view.dims());
                pointwise::copy(scratch.view_mut(), view);
                Tile::Made(scratch)
            }
            tile => tile,
        }
    }

    /// Writes a box of a node, which must not be empty, into a view of its dims.
    pub(super) fn fill(&self, id: NodeId, b: &IndexBox, mut out: ViewMut<'_>) {
        match self.look(id, b) {
            Some(view) => pointwise::copy(out, view),
            None if self.plan.store_of[id.0].is_some() => {
                for piece in self.pieces(id) {
                    let part = piece.part.intersect(b);
                    if !part.is_empty() {
                        let from = piece.view.reborrow().boxed(&part.relative_to(&piece.part));
                        pointwise::copy(out.reborrow().boxed(&part.relative_to(b)), from);
                    }
                }
            }
            None => self.compute(id, b, out.reborrow()),
        }
    }

    /// Computes a box of a node from its inputs.
    pub(super) fn compute(&self, id: NodeId, b: &IndexBox, mut out: ViewMut<'_>) {
        let node = self.node(id);
        let need = |k: usize| input_box(node, k, &self.node(node.inputs[k]).ty, b);
        let input = |k: usize| node.inputs[k];
        match &node.primitive {
            Primitive::Input(_) | Primitive::Constant(_) => {
                unreachable!("leaves are stores: {}", node.primitive.label())
            }
            Primitive::Zeros => pointwise::zero(out),
            Primitive::Scale(c) => {
                self.fill(input(0), b, out.reborrow());
                pointwise::scale(out, *c);
            }
            Primitive::Multiply { conj } => {
                self.fill(input(0), b, out.reborrow());
                let factor = self.pull(input(1), &need(1));
                pointwise::multiply(out, factor.view(), *conj);
            }
            Primitive::Add => {
                self.fill(input(0), b, out.reborrow());
                for &term in &node.inputs[1..] {
                    let (c, term) = match self.node(term).primitive {
                        Primitive::Scale(c) if self.plan.store_of[term.0].is_none() => {
                            (c, self.node(term).inputs[0])
                        }
                        _ => (C128::new(1.0, 0.0), term),
                    };
                    pointwise::add_scaled(out.reborrow(), c, self.pull(term, b).view());
                }
            }
            Primitive::Cast => pointwise::copy(out, self.pull(input(0), b).view()),
            Primitive::Conj => {
                self.fill(input(0), b, out.reborrow());
                pointwise::conj(out);
            }
            Primitive::Reshape => self.reshape(node, b, out),
            Primitive::Permute(axes) => {
                let mut inverse = vec![0; axes.len()];
                axes.iter().enumerate().for_each(|(k, &a)| inverse[a] = k);
                self.fill(input(0), &need(0), out.permuted(&inverse));
            }
            Primitive::Flip(axis) => self.fill(input(0), &need(0), out.flipped(*axis)),
            Primitive::Slice(steps) if steps.iter().all(|s| s.step == 1) => {
                self.fill(input(0), &need(0), out);
            }
            Primitive::Slice(steps) => {
                let tile = self.pull(input(0), &need(0));
                let mut view = tile.view();
                for (axis, s) in steps.iter().enumerate().filter(|(_, s)| s.step > 1) {
                    view = view.stepped(axis, s.step);
                }
                pointwise::copy(out, view);
            }
            Primitive::Pad(steps) => {
                let from = need(0);
                pointwise::zero(out.reborrow());
                if from.is_empty() {
                    return;
                }
                let placed = |axis: usize, i: usize| steps[axis].start + i * steps[axis].step;
                let target = IndexBox(
                    (0..b.ndim())
                        .map(|a| {
                            let r = &from.0[a];
                            placed(a, r.start) - b.0[a].start
                                ..placed(a, r.end - 1) + 1 - b.0[a].start
                        })
                        .collect(),
                );
                let mut target = out.boxed(&target);
                for (axis, s) in steps.iter().enumerate().filter(|(_, s)| s.step > 1) {
                    target = target.stepped(axis, s.step);
                }
                self.fill(input(0), &from, target);
            }
            Primitive::Concatenate(axis) => {
                for (piece, part, from) in self.plan.pieces(id, *axis, b) {
                    self.fill(piece, &from, out.reborrow().boxed(&part.relative_to(b)));
                }
            }
            Primitive::Roll { axis, shift } => {
                let n = node.ty.dims[*axis];
                let r = &b.0[*axis];
                // Samples before the shift come from the end of the input.
                let cut = (*shift).clamp(r.start, r.end);
                let pieces = [
                    (r.start..cut, r.start + n - shift..cut + n - shift),
                    (cut..r.end, cut.saturating_sub(*shift)..r.end.saturating_sub(*shift)),
                ];
                let broken = pieces.iter().all(|(part, _)| !part.is_empty());
                let whole = b.with(*axis, 0..n);
                // What is computed on the way is computed once for both pieces.
                let made = (broken && self.look(input(0), &whole).is_none())
                    .then(|| self.pull(input(0), &whole));
                for (part, from) in pieces.into_iter().filter(|(part, _)| !part.is_empty()) {
                    let target = out.reborrow().boxed(&b.with(*axis, part).relative_to(b));
                    let from = b.with(*axis, from);
                    match &made {
                        Some(tile) => {
                            pointwise::copy(target, tile.view().boxed(&from.relative_to(&whole)))
                        }
                        None => self.fill(input(0), &from, target),
                    }
                }
            }
            Primitive::Stencil(terms) => {
                let from = need(0);
                if from.is_empty() {
                    return pointwise::zero(out);
                }
                let x = self.pull_rows(input(0), &from);
                let terms: Vec<(usize, &crate::graph::Banded)> =
                    terms.iter().map(|(axis, rows)| (*axis, rows.as_ref())).collect();
                in_rows(out, |out| {
                    with_view!(ViewMut, out, y => {
                        let x = Viewed::typed(x.view());
                        stencil::stencil(y, &b.start(), x, &from.start(), &terms);
                    });
                });
            }
            Primitive::Convolve { axis, offset, flip, conj, .. } => {
                let from = need(0);
                let x = self.pull_rows(input(0), &from);
                let h = self.pull(input(1), &need(1));
                in_rows(out, |out| {
                    with_view!(ViewMut, out, y => {
                        let taps = taps_like(&y, h.view());
                        let (first, g) = convolve::filter(&taps, *offset, *flip, *conj);
                        let x = Viewed::typed(x.view());
                        let (y0, x0) = (b.0[*axis].start, from.0[*axis].start);
                        convolve::convolve(y, y0, x, x0, *axis, first, &g);
                    });
                });
            }
            Primitive::Fft { axis, inverse, scale } => {
                let x = self.pull(input(0), &need(0));
                let bins = b.0[*axis].clone();
                match (out, x.view()) {
                    (ViewMut::Complex64(y), View::Complex64(x)) => {
                        fft::fft::<f32>(y, bins, x, *axis, *inverse, *scale);
                    }
                    (ViewMut::Complex128(y), View::Complex128(x)) => {
                        fft::fft::<f64>(y, bins, x, *axis, *inverse, *scale);
                    }
                    _ => unreachable!("the graph gave transforms complex types"),
                }
            }
            Primitive::Rfft { axis, weight, scale, .. } => {
                let x = self.pull(input(0), &need(0));
                let bins = b.0[*axis].clone();
                match (out, x.view()) {
                    (ViewMut::Complex64(y), View::Float32(x)) => {
                        fft::rfft::<f32>(y, bins, x, *axis, *weight, *scale);
                    }
                    (ViewMut::Complex128(y), View::Float64(x)) => {
                        fft::rfft::<f64>(y, bins, x, *axis, *weight, *scale);
                    }
                    _ => unreachable!("the graph gave real transforms real inputs"),
                }
            }
            Primitive::Irfft { axis, n, weight, scale } => {
                let x = self.pull(input(0), &need(0));
                let range = b.0[*axis].clone();
                match (out, x.view()) {
                    (ViewMut::Float32(y), View::Complex64(x)) => {
                        fft::irfft::<f32>(y, range, x, *axis, *n, *weight, *scale);
                    }
                    (ViewMut::Float64(y), View::Complex128(x)) => {
                        fft::irfft::<f64>(y, range, x, *axis, *n, *weight, *scale);
                    }
                    _ => unreachable!("the graph gave real transforms real outputs"),
                }
            }
            Primitive::Matmul { transpose, conj } => {
                let x = self.pull(input(0), &need(0));
                let kernel = self.pull(input(1), &need(1));
                let ty = &self.node(input(0)).ty;
                if let Some(parts) = Parts::of(node, ty).filter(|_| *transpose) {
                    let of = |some| parts.range(&some, ty.dims[1]);
                    let kernel = kernel.view();
                    return with_view!(ViewMut, out, y => {
                        let (x, kernel) = (Viewed::typed(x.view()), Viewed::typed(kernel));
                        multiply_parts(y, x, kernel, *conj, b.0[0].clone(), of);
                    });
                }
                let kernel =
                    if *transpose { kernel.view().permuted(&[0, 2, 1]) } else { kernel.view() };
                with_view!(ViewMut, out, y => {
                    matmul::matmul(y, Viewed::typed(x.view()), Viewed::typed(kernel), *conj);
                });
            }
            Primitive::Gram => {
                let x = self.pull(input(0), &need(0));
                let kernel = self.pull(input(1), &need(1));
                with_view!(ViewMut, out, y => {
                    let rows = b.0[1].clone();
                    matmul::gram(y, rows, Viewed::typed(x.view()), Viewed::typed(kernel.view()));
                });
            }
            Primitive::Gather { axis, indices } => {
                let from = need(0);
                let x = self.pull(input(0), &from);
                let some = &indices[b.0[*axis].clone()];
                with_view!(ViewMut, out, y => {
                    index::gather(y, Viewed::typed(x.view()), *axis, from.0[*axis].start, some);
                });
            }
            Primitive::ScatterAdd { axis, indices } => {
                let x = self.pull(input(0), &need(0));
                with_view!(ViewMut, out, y => {
                    index::scatter_add(y, b.0[*axis].clone(), Viewed::typed(x.view()), *axis, indices);
                });
            }
            Primitive::Sum(axis) => {
                let x = self.pull(input(0), &need(0));
                with_view!(ViewMut, out, y => accumulate::sum(y, Viewed::typed(x.view()), *axis));
            }
            Primitive::Broadcast(axis) => {
                let x = self.pull(input(0), &need(0));
                for k in 0..b.0[*axis].len() {
                    let mut at = IndexBox::whole(&b.dims());
                    at.0[*axis] = k..k + 1;
                    pointwise::copy(out.reborrow().boxed(&at), x.view());
                }
            }
            Primitive::CumulativeSum { axis, reverse } => {
                let x = self.pull(input(0), &need(0));
                with_view!(ViewMut, out, y => {
                    accumulate::cumulative_sum(y, Viewed::typed(x.view()), *axis, *reverse);
                });
            }
            Primitive::Spread { dt, transpose } => {
                let tiles: Vec<Tile<'_>> =
                    (0..node.inputs.len()).map(|k| self.pull_rows(input(k), &need(k))).collect();
                let nt = self.node(if *transpose { input(0) } else { id }).ty.dims[1];
                match tiles[1].view() {
                    View::Float32(_) => spread_by::<f32>(out, &tiles, b, nt, *dt, *transpose),
                    _ => spread_by::<f64>(out, &tiles, b, nt, *dt, *transpose),
                }
            }
            Primitive::Kirchhoff { dt, aperture, transpose } => {
                let tiles: Vec<Tile<'_>> =
                    (0..node.inputs.len()).map(|k| self.pull_rows(input(k), &need(k))).collect();
                let mut travel = kirchhoff::Travel {
                    sources: with_axes(&tiles[1]),
                    receivers: with_axes(&tiles[2]),
                    weights: (tiles.len() > 3).then(|| [3, 4].map(|k| with_axes(&tiles[k]))),
                    aperture: aperture.as_deref(),
                    dt: *dt,
                    first: [0, 0, 0],
                };
                with_view!(ViewMut, out, y => {
                    let x = Viewed::typed(tiles[0].view());
                    if *transpose && b.ndim() == 2 {
                        travel.first[2] = b.0[1].start;
                        let data = &self.node(input(0)).ty;
                        let of = |some: Range<usize>| match Parts::of(node, data) {
                            Some(parts) => parts.range(&some, data.dims[0]),
                            None => 0..data.dims[0],
                        };
                        migrate_parts(y, x, &travel, b.0[0].clone(), of);
                    } else if *transpose {
                        travel.first[2] = b.0[0].start;
                        kirchhoff::migrate(y, x, &travel);
                    } else {
                        travel.first[..2].copy_from_slice(&b.start()[..2]);
                        kirchhoff::demigrate(y, b.0[2].start, node.ty.dims[2], x, &travel);
                    }
                });
            }
        }
    }

    fn reshape(&self, node: &Node, b: &IndexBox, mut out: ViewMut<'_>) {
        let input = node.inputs[0];
        let dims = &self.node(input).ty.dims;
        let Some(from) = reshape_box(dims, &node.ty.dims, b) else {
            // Chunks that the user asked for may be ragged there: row by row, each a flat run.
            return self.reshape_rows(input, dims, &node.ty.dims, b, out);
        };
        let shape = from.dims();
        let consecutive = with_view!(ViewMut, &mut out, y => match y.as_slice_mut() {
            Some(slice) => {
                let y = match ArrayViewMutD::from_shape(IxDyn(&shape), slice) {
                    Ok(y) => y,
                    Err(_) => unreachable!("a reshape keeps the number of elements"),
                };
                self.fill(input, &from, Viewed::erase_mut(y));
                true
            }
            None => false,
        });
        if !consecutive {
            let tile = self.pull_rows(input, &from);
            let mut scratch = Scratch::dirty(node.ty.dtype, shape);
            pointwise::copy(scratch.view_mut(), tile.view());
            with_view!(ViewMut, out, mut_y => copy_flat(mut_y, scratch.view()));
        }
    }

    /// A box whose elements fill no box of the input: every row of it is a run of flat indices.
    fn reshape_rows(
        &self,
        input: NodeId,
        from: &[usize],
        to: &[usize],
        b: &IndexBox,
        mut out: ViewMut<'_>,
    ) {
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
            // The rows of the input's first axis around the run, of which the run is cut out.
            let mut whole = IndexBox::whole(from);
            whole.0[0] = start / row..(start + len - 1) / row + 1;
            let tile = self.pull_rows(input, &whole);
            let mut target: Vec<_> = at.iter().map(|&i| i..i + 1).collect();
            target.push(0..len);
            let skip = start - whole.0[0].start * row;
            with_view!(ViewMut, out.reborrow().boxed(&IndexBox(target)), y => {
                copy_run(y, tile.view(), skip);
            });
        }
    }
}

fn copy_run<T: Viewed>(mut y: ArrayViewMutD<'_, T>, x: View<'_>, skip: usize) {
    let (n, x) = (y.len(), T::typed(x));
    match (y.as_slice_mut(), x.as_slice()) {
        (Some(y), Some(x)) => y.copy_from_slice(&x[skip..skip + n]),
        _ => y.iter_mut().zip(x.iter().skip(skip)).for_each(|(y, x)| *y = *x),
    }
}

/// `x` lies consecutively in memory.
fn copy_flat<T: Viewed>(y: ArrayViewMutD<'_, T>, x: View<'_>) {
    match T::typed(x).into_shape_with_order(y.raw_dim()) {
        Ok(x) => pointwise::copy(T::erase_mut(y), T::erase(x)),
        Err(_) => unreachable!("scratch lies consecutively"),
    }
}

/// Fills a box of a node from the tiles `[x, table]` or `[x, table, fractions]`.
fn spread_by<R: Viewed + Real>(
    out: ViewMut<'_>,
    tiles: &[Tile<'_>],
    b: &IndexBox,
    nt: usize,
    dt: Option<f64>,
    transpose: bool,
) {
    let table = spread::Table::<R> {
        indices: R::typed(tiles[1].view()),
        fractions: tiles.get(2).map(|f| R::typed(f.view())),
        dt,
    };
    with_view!(ViewMut, out, y => {
        let x = Viewed::typed(tiles[0].view());
        if transpose {
            spread::collect(y, x, &table);
        } else {
            spread::spread(y, b.0[1].start, nt, x, &table);
        }
    });
}

/// The products of some parts of a kernel's rows, which are given by `of`, with those of `x`.
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

/// The images of some parts, whose sources are given by `of`.
fn migrate_parts<T: Scalar>(
    mut images: ArrayViewMutD<'_, T>,
    data: ArrayViewD<'_, T>,
    travel: &kirchhoff::Travel<'_>,
    some: Range<usize>,
    of: impl Fn(Range<usize>) -> Range<usize>,
) {
    let first = of(some.clone()).start;
    for (image, k) in images.outer_iter_mut().zip(some) {
        let sources = of(k..k + 1);
        let own = ndarray::Slice::from(sources.start - first..sources.end - first);
        let mut part = travel.clone();
        part.first[0] = sources.start;
        part.sources.slice_axis_inplace(Axis(0), own);
        if let Some([weights, _]) = &mut part.weights {
            weights.slice_axis_inplace(Axis(0), own);
        }
        kirchhoff::migrate(image, data.slice_axis(Axis(0), own), &part);
    }
}

/// A table of a fixed number of axes.
fn with_axes<'a, D: ndarray::Dimension>(tile: &'a Tile<'_>) -> ndarray::ArrayView<'a, f64, D> {
    match Viewed::typed(tile.view()).into_dimensionality() {
        Ok(table) => table,
        Err(_) => unreachable!("the graph has checked the axes of tables"),
    }
}

fn has_rows(view: &View<'_>) -> bool {
    with_view!(View, view, v => {
        let last = v.ndim().saturating_sub(1);
        v.ndim() == 0 || v.len_of(ndarray::Axis(last)) <= 1 || v.strides()[last] == 1
    })
}

/// Runs `f` on a view with consecutive rows: `out`, or scratch that is copied to it.
fn in_rows(mut out: ViewMut<'_>, f: impl FnOnce(ViewMut<'_>)) {
    if has_rows(&out.view()) {
        f(out);
    } else {
        let mut scratch = Scratch::dirty(out.dtype(), out.dims());
        f(scratch.view_mut());
        pointwise::copy(out.reborrow(), scratch.view());
    }
}

/// A filter in the element type of the array that it is applied to.
fn taps_like<T: Viewed>(_: &ArrayViewMutD<'_, T>, h: View<'_>) -> Vec<T> {
    with_view!(View, h, h => h.iter().map(|h| T::from_c128(h.to_c128())).collect())
}
