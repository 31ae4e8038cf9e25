//! Which box of an input a box of the output needs, and how an output may be cut.

use crate::graph::{Node, Parts, Primitive, aligned, reshape_box};
use crate::space::{ArrayType, IndexBox, strides};

/// The box of input number `i` that a box of a node's output needs.
pub fn input_box(node: &Node, i: usize, input: &ArrayType, out: &IndexBox) -> IndexBox {
    if out.is_empty() {
        return IndexBox::empty(input.dims.len());
    }
    let whole = |axis: usize| out.with(axis, 0..input.dims[axis]);
    match &node.primitive {
        Primitive::Multiply { .. } if i == 1 => IndexBox(
            out.0
                .iter()
                .zip(&input.dims)
                .map(|(r, &n)| if n == 1 { 0..1 } else { r.clone() })
                .collect(),
        ),
        Primitive::Input(_)
        | Primitive::Constant(_)
        | Primitive::Zeros
        | Primitive::Scale(_)
        | Primitive::Multiply { .. }
        | Primitive::Add
        | Primitive::Cast
        | Primitive::Conj => out.clone(),
        Primitive::Reshape => reshape_box(&input.dims, &node.ty.dims, out)
            .unwrap_or_else(|| flat_hull(&input.dims, &node.ty.dims, out)),
        Primitive::Permute(axes) => {
            let mut ranges = vec![0..0; axes.len()];
            axes.iter().zip(&out.0).for_each(|(&a, r)| ranges[a] = r.clone());
            IndexBox(ranges)
        }
        Primitive::Slice(steps) => IndexBox(
            out.0
                .iter()
                .zip(steps)
                .map(|(r, s)| s.start + r.start * s.step..s.start + (r.end - 1) * s.step + 1)
                .collect(),
        ),
        Primitive::Pad(steps) => IndexBox(
            out.0
                .iter()
                .zip(steps)
                .zip(&input.dims)
                .map(|((r, s), &n)| {
                    let below = |end: usize| end.saturating_sub(s.start).div_ceil(s.step).min(n);
                    below(r.start)..below(r.end)
                })
                .collect(),
        ),
        Primitive::Concatenate(_) => out.clone(), // The engine shifts and clips it for each piece.
        Primitive::Flip(axis) => {
            let (n, r) = (input.dims[*axis], &out.0[*axis]);
            out.with(*axis, n - r.end..n - r.start)
        }
        Primitive::Roll { axis, shift } => {
            let (n, r) = (input.dims[*axis], &out.0[*axis]);
            if r.end <= *shift {
                out.with(*axis, r.start + n - shift..r.end + n - shift)
            } else if r.start >= *shift {
                out.with(*axis, r.start - shift..r.end - shift)
            } else {
                whole(*axis)
            }
        }
        Primitive::Stencil(terms) => {
            terms.iter().fold(IndexBox::empty(out.ndim()), |b, (axis, rows)| {
                b.hull(&out.with(*axis, rows.columns(&out.0[*axis])))
            })
        }
        Primitive::Convolve { .. } if i == 1 => IndexBox::whole(&input.dims),
        Primitive::Convolve { axis, offset, taps, flip, .. } => {
            // i - k + offset or i + k - offset, for k in 0..taps.
            let (back, ahead) =
                if *flip { (*offset, taps - 1 - offset) } else { (taps - 1 - offset, *offset) };
            let (n, r) = (input.dims[*axis], &out.0[*axis]);
            out.with(*axis, r.start.saturating_sub(back)..(r.end + ahead).min(n))
        }
        Primitive::Fft { axis, .. }
        | Primitive::Rfft { axis, .. }
        | Primitive::Irfft { axis, .. }
        | Primitive::Gather { axis, .. }
        | Primitive::ScatterAdd { axis, .. }
        | Primitive::Sum(axis) => whole(*axis),
        Primitive::Broadcast(axis) => out.with(*axis, 0..1),
        Primitive::CumulativeSum { axis, reverse } => {
            let (n, r) = (input.dims[*axis], &out.0[*axis]);
            out.with(*axis, if *reverse { r.start..n } else { 0..r.end })
        }
        Primitive::Matmul { transpose, .. } => {
            let (batch, rows, columns) = (&out.0[0], &out.0[1], &out.0[2]);
            if let Some(parts) = Parts::of(node, input).filter(|_| *transpose) {
                let some = parts.range(batch, input.dims[1]);
                let last = if i == 0 { columns.clone() } else { rows.clone() };
                return IndexBox(vec![0..1, some, last]);
            }
            match (i, transpose) {
                (0, _) => IndexBox(vec![batch.clone(), 0..input.dims[1], columns.clone()]),
                (_, false) => IndexBox(vec![batch.clone(), rows.clone(), 0..input.dims[2]]),
                (_, true) => IndexBox(vec![batch.clone(), 0..input.dims[1], rows.clone()]),
            }
        }
        Primitive::Gram => {
            let (batch, columns) = (&out.0[0], &out.0[2]);
            let last = if i == 0 { columns.clone() } else { 0..input.dims[2] };
            IndexBox(vec![batch.clone(), 0..input.dims[1], last])
        }
        // The unknown is needed whole. Tables: all points of the traces, or all traces of the points.
        Primitive::Kirchhoff { transpose: true, .. } if node.ty.dims.len() == 2 => {
            // Times and weights of sources stand before those of receivers.
            let (whole, of_sources) = (IndexBox::whole(&input.dims), i == 0 || i % 2 == 1);
            let some = match Parts::of(node, input).filter(|_| of_sources) {
                Some(parts) => whole.with(0, parts.range(&out.0[0], input.dims[0])),
                None => whole,
            };
            let last = input.dims.len() - 1;
            if i == 0 { some } else { some.with(last, out.0[1].clone()) }
        }
        Primitive::Spread { .. } | Primitive::Kirchhoff { .. } if i == 0 => {
            IndexBox::whole(&input.dims)
        }
        Primitive::Spread { transpose: false, .. } => {
            IndexBox(vec![0..input.dims[0], out.0[0].clone()])
        }
        Primitive::Spread { transpose: true, .. } => {
            IndexBox(vec![out.0[0].clone(), 0..input.dims[1]])
        }
        Primitive::Kirchhoff { transpose: false, .. } => {
            // Times and weights of sources stand before those of receivers.
            IndexBox::whole(&input.dims).with(0, out.0[(i + 1) % 2].clone())
        }
        Primitive::Kirchhoff { transpose: true, .. } => {
            IndexBox::whole(&input.dims).with(input.dims.len() - 1, out.0[0].clone())
        }
    }
}

/// Rows of the first axis around all elements of a box of the same array with other dims.
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

/// How a node's output may be cut, and what an element of it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// For each axis, the length that chunk lengths must be a multiple of; `None`: stays whole.
    pub align: Vec<Option<usize>>,
    /// Bytes that are touched to compute one element.
    pub bytes: f64,
    /// An axis along which alone processes should share the array, in runs of a multiple of so many
    /// elements.
    pub own: Option<(usize, usize)>,
}

impl Cut {
    /// Anywhere, at the cost of one element.
    pub fn free(ty: &ArrayType) -> Cut {
        Cut { align: vec![Some(1); ty.dims.len()], bytes: ty.dtype.size() as f64, own: None }
    }

    /// Both requirements at once.
    pub fn and(&self, other: &Cut) -> Cut {
        let align = self
            .align
            .iter()
            .zip(&other.align)
            .map(|(a, b)| match (a, b) {
                (Some(1), x) | (x, Some(1)) => *x,
                (Some(a), Some(b)) if a == b => Some(*a),
                _ => None,
            })
            .collect();
        Cut { align, bytes: self.bytes.max(other.bytes), own: self.own.or(other.own) }
    }

    /// Whether any axis is tied.
    pub fn is_free(&self) -> bool {
        self.align.iter().all(|a| *a == Some(1))
    }

    /// What a primitive itself asks of its output.
    pub fn of(node: &Node, inputs: &[&ArrayType]) -> Cut {
        let mut cut = Cut::free(&node.ty);
        match &node.primitive {
            Primitive::Fft { axis, .. }
            | Primitive::Rfft { axis, .. }
            | Primitive::Irfft { axis, .. }
            | Primitive::ScatterAdd { axis, .. }
            | Primitive::CumulativeSum { axis, .. } => {
                cut.align[*axis] = None;
                cut.bytes = cut.bytes.max(inputs[0].dtype.size() as f64);
            }
            // Across rows, the filter's reach is read again for every chunk: it should be small.
            Primitive::Convolve { axis, taps, .. } if *axis + 1 < node.ty.dims.len() => {
                cut.align[*axis] = Some((2 * taps).next_multiple_of(32));
            }
            Primitive::Reshape => cut.align = aligned(&inputs[0].dims, &node.ty.dims),
            Primitive::Sum(axis) => cut.bytes *= inputs[0].dims[*axis].max(1) as f64,
            Primitive::Matmul { .. } | Primitive::Gram => {
                // One column reads the kernel at the memory's speed; many compute from the cache.
                let parts = Parts::of(node, inputs[0]);
                let k = parts.map_or(inputs[0].dims[1], |parts| parts.each) as f64;
                let n = node.ty.dims[2];
                if parts.is_some() {
                    cut.own = Some((0, 1));
                } else if let (Primitive::Matmul { transpose: false, .. }, Some(parts)) =
                    (&node.primitive, Parts::of_rows(inputs[1]))
                {
                    // The rows that the transpose sums in the same process.
                    cut.own = Some((1, parts.each));
                }
                let per_element = k * node.ty.dtype.size() as f64;
                cut.bytes =
                    if n == 1 { per_element / 4.0 } else { (per_element / 128.0).max(cut.bytes) };
                if matches!(node.primitive, Primitive::Gram) {
                    cut.align[1] = None;
                } else if n > 1 {
                    cut.align[1] = Some(128);
                    cut.align[2] = Some(1024);
                } else {
                    // Columns of a transposed kernel are read in runs that are worth an access.
                    let transpose =
                        matches!(node.primitive, Primitive::Matmul { transpose: true, .. });
                    cut.align[1] = Some(if transpose { 512 } else { 64 });
                }
            }
            Primitive::Spread { transpose: false, .. } => {
                // All points pass over a tile; rows of its part of the table should fill cache lines.
                let (points, times) = (inputs[0].len() as f64, node.ty.dims[1].max(1) as f64);
                cut.align = vec![Some(16), None];
                cut.bytes = cut.bytes.max(points * inputs[1].dtype.size() as f64 / times);
            }
            Primitive::Spread { transpose: true, .. } => {
                cut.bytes = cut.bytes.max(inputs[1].dims[1] as f64 / 2.0);
            }
            Primitive::Kirchhoff { transpose: false, .. } => {
                // Tables of some sources serve several receivers while they are in the cache.
                let (points, times) = (inputs[0].len() as f64, node.ty.dims[2].max(1) as f64);
                cut.align = vec![Some(4), Some(8), None];
                cut.bytes = cut.bytes.max(16.0 * points / times);
            }
            // A tile is a part and some points, which stay in the cache while all traces pass.
            Primitive::Kirchhoff { transpose: true, .. } if node.ty.dims.len() == 2 => {
                cut.bytes = cut.bytes.max(64.0);
                cut.own = Some((0, 1));
            }
            // All traces pass over a tile of so many points that reading them is worth it.
            Primitive::Kirchhoff { transpose: true, .. } => cut.bytes = cut.bytes.max(512.0),
            _ => {}
        }
        cut
    }

    /// A requirement on input number `i`, as one on the output of the node that pulls it.
    pub fn through(&self, node: &Node, input: &ArrayType) -> Cut {
        let mut cut = Cut::free(&node.ty);
        cut.bytes = cut.bytes.max(self.bytes);
        match &node.primitive {
            Primitive::Permute(axes) => {
                cut.align = axes.iter().map(|&a| self.align[a]).collect();
                let own = self.own.and_then(|(a, n)| Some((axes.iter().position(|&b| b == a)?, n)));
                cut.own = own;
            }
            Primitive::Reshape => {
                let own = aligned(&input.dims, &node.ty.dims);
                let kept = input.dims == node.ty.dims || self.is_free();
                let squeezed: Vec<usize> =
                    (0..input.dims.len()).filter(|&a| input.dims[a] != 1).collect();
                let wide: Vec<usize> =
                    (0..node.ty.dims.len()).filter(|&a| node.ty.dims[a] != 1).collect();
                let units_only = squeezed.len() == wide.len()
                    && squeezed.iter().zip(&wide).all(|(&a, &b)| input.dims[a] == node.ty.dims[b]);
                let axis = |a: usize| Some(wide[squeezed.iter().position(|&b| b == a)?]);
                if units_only {
                    cut.own = self.own.and_then(|(a, n)| Some((axis(a)?, n)));
                }
                cut.align = if kept {
                    own
                } else if units_only {
                    let mut align = own;
                    squeezed.iter().zip(&wide).for_each(|(&a, &b)| align[b] = self.align[a]);
                    align
                } else {
                    vec![None; node.ty.dims.len()]
                };
            }
            Primitive::Sum(axis) | Primitive::Broadcast(axis) => {
                cut.align = self.align.clone();
                cut.align[*axis] = Some(1);
            }
            _ if self.align.len() == node.ty.dims.len() => {
                cut.own = self.own.filter(|_| input.dims == node.ty.dims);
                // A shifted axis keeps no alignment but to stay whole.
                let shifted = matches!(
                    node.primitive,
                    Primitive::Slice(_)
                        | Primitive::Pad(_)
                        | Primitive::Concatenate(_)
                        | Primitive::Roll { .. }
                        | Primitive::Flip(_)
                );
                cut.align = self
                    .align
                    .iter()
                    .zip(input.dims.iter().zip(&node.ty.dims))
                    .map(|(a, (n, m))| match a {
                        Some(1) => Some(1),
                        Some(k) if !shifted && n == m => Some(*k),
                        _ => None,
                    })
                    .collect();
            }
            _ => cut.align = vec![None; node.ty.dims.len()],
        }
        cut
    }
}

/// Whether boxes of input number `i` are read about once over all chunks of the output, so that
/// it can be computed on the way instead of being kept.
pub fn pulled_once(primitive: &Primitive) -> bool {
    !matches!(
        primitive,
        Primitive::Stencil(_)
            | Primitive::Convolve { .. }
            | Primitive::Matmul { .. }
            | Primitive::Gram
            | Primitive::Gather { .. }
            | Primitive::ScatterAdd { .. }
            | Primitive::Broadcast(_)
            | Primitive::Spread { .. }
            | Primitive::Kirchhoff { .. }
    )
}
