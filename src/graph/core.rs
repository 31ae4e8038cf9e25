//! The core of a least-squares problem: what remains of a program when norm-preserving steps are
//! stripped from both ends.
//!
//! ```text
//! A = U B W,   U^H U = 1,   W W^H = 1
//! min |d - A x|^2 + eps^2 |x|^2   from 0   is   min |U^H d - B z|^2 + eps^2 |z|^2,   x = W^H z,
//! ```
//! iteration by iteration, with `|d - A x|^2 = |U^H d - B z|^2 + |d - U U^H d|^2`. So the Fourier
//! transforms at the ends of a convolution are applied once, not in every iteration.

use std::f64::consts::SQRT_2;

use crate::graph::{
    Fft, Input, Irfft, NodeId, Pad, Primitive, Program, Result, Rfft, Scale, Slice, Value,
    simplify, transpose,
};
use crate::scalar::C128;

/// A program without its norm-preserving ends.
#[derive(Debug)]
pub struct Core {
    /// `B`, from the inner unknown to the blocks of the data.
    pub program: Program,
    /// `W`, from the model to the inner unknown, if it was stripped.
    pub inner: Option<Program>,
    /// `U`, from each block of the core to that of the data, where it was stripped.
    pub outer: Vec<Option<Program>>,
}

/// A run of steps that preserve norms up to one factor.
#[derive(Debug)]
struct End {
    nodes: Vec<NodeId>,
    factor: f64,
    /// Bins of a real transform that lose their imaginary part: axis and indices, on the inner side.
    real: Option<(usize, Vec<usize>)>,
    transforms: bool,
}

impl End {
    fn new() -> End {
        End { nodes: Vec::new(), factor: 1.0, real: None, transforms: false }
    }

    /// Adds the next step towards the core if it preserves norms, and returns whether it does.
    /// `inner`: dims on its inner side. A slice on the way in acts like a pad on the way out.
    fn take(&mut self, id: NodeId, primitive: &Primitive, inner: &[usize]) -> bool {
        let unit = |scale: f64, n: usize| scale * (n as f64).sqrt();
        match primitive {
            Primitive::Scale(Scale(c)) if c.im == 0.0 && c.re != 0.0 => self.factor *= c.re,
            Primitive::Roll(_)
            | Primitive::Flip(_)
            | Primitive::Reshape(_)
            | Primitive::Permute(_)
                if self.real.is_none() => {}
            Primitive::Fft(Fft { axis, scale, .. }) if self.real.is_none() => {
                self.factor *= unit(*scale, inner[*axis]);
                self.transforms = true;
            }
            Primitive::Dct(_) if self.real.is_none() => self.transforms = true,
            Primitive::Rfft(Rfft { axis, n, weight, scale })
            | Primitive::Irfft(Irfft { axis, n, weight, scale })
                if self.real.is_none() && (weight / SQRT_2 - 1.0).abs() < 1e-12 =>
            {
                self.factor *= unit(*scale, *n);
                self.real = Some((*axis, if n % 2 == 0 { vec![0, n / 2] } else { vec![0] }));
                self.transforms = true;
            }
            Primitive::Slice(Slice(steps)) | Primitive::Pad(Pad(steps))
                if steps.iter().all(|s| s.step == 1) =>
            {
                if let Some((axis, bins)) = &mut self.real {
                    let (start, n) = (steps[*axis].start, inner[*axis]);
                    bins.retain(|k| (start..start + n).contains(k));
                    bins.iter_mut().for_each(|k| *k -= start);
                }
            }
            _ => return false,
        }
        self.nodes.push(id);
        true
    }

    /// Drops from a value on the inner side what a real transform drops; applies the factor.
    fn kept(&self, x: &Value) -> Result<Value> {
        let mut x = x.clone();
        if let Some((axis, bins)) = &self.real {
            for &k in bins {
                let n = x.dims()[*axis];
                let part = |lo: usize, hi: usize| x.slice(*axis, lo, hi - lo, 1);
                let bin = part(k, k + 1)?;
                let bin = bin.add(&bin.conj())?.scale(0.5);
                let mut parts = vec![bin];
                if k > 0 {
                    parts.insert(0, part(0, k)?);
                }
                if k + 1 < n {
                    parts.push(part(k + 1, n)?);
                }
                x = Value::concatenate(&parts, *axis)?;
            }
        }
        Ok(x.scale(C128::from(self.factor)))
    }
}

/// The core of a program with one input, or `None` if no Fourier transform can be stripped. `inner`
/// says whether the unknown may change.
pub fn core(program: &Program, inner: bool) -> Result<Option<Core>> {
    let graph = &program.graph;
    let (needed, depends) = (program.needed(), program.depends_on_input());
    let mut uses = vec![0_usize; graph.nodes().len()];
    // A reader of each node; of a node that is used once, the only one.
    let mut reader: Vec<Option<NodeId>> = vec![None; graph.nodes().len()];
    for id in graph.ids().filter(|id| needed[id.0]) {
        for input in &graph.node(id).inputs {
            uses[input.0] += 1;
            reader[input.0] = Some(id);
        }
    }
    program.outputs.iter().for_each(|id| uses[id.0] += 1);
    let dims = |id: NodeId| graph.node(id).ty.dims.as_slice();

    let mut taken = vec![false; graph.nodes().len()];
    let mut outer = Vec::new();
    for &output in &program.outputs {
        let (mut end, mut at) = (End::new(), output);
        while let [from] = graph.node(at).inputs[..] {
            let primitive = &graph.node(at).primitive;
            let out = !matches!(primitive, Primitive::Slice(_) | Primitive::Rfft(_));
            if uses[at.0] > 1 || !out || !end.take(at, primitive, dims(from)) {
                break;
            }
            at = from;
        }
        let end = end.transforms.then_some((end, at));
        if let Some((end, _)) = &end {
            end.nodes.iter().for_each(|id| taken[id.0] = true);
        }
        outer.push(end);
    }

    let mut first = None;
    let input =
        graph.ids().find(|id| matches!(graph.node(*id).primitive, Primitive::Input(Input(0))));
    if let (true, Some(input)) = (inner, input) {
        let (mut end, mut at) = (End::new(), input);
        while uses[at.0] == 1 && !taken[at.0] {
            let Some(next) = reader[at.0].filter(|id| depends[id.0] && !taken[id.0]) else { break };
            let primitive = &graph.node(next).primitive;
            let into = !matches!(primitive, Primitive::Pad(_) | Primitive::Irfft(_));
            if graph.node(next).inputs.len() != 1 || !into || !end.take(next, primitive, dims(next))
            {
                break;
            }
            at = next;
        }
        first = end.transforms.then_some((end, at));
    }
    if first.is_none() && outer.iter().all(Option::is_none) {
        return Ok(None);
    }

    let unknown = first.as_ref().map_or(&program.inputs[0], |(_, at)| &graph.node(*at).ty);
    let bare = Value::program(std::slice::from_ref(unknown), |z| {
        let start = match &first {
            Some((end, _)) => end.kept(&z[0])?,
            None => z[0].clone(),
        };
        let model = match &first {
            Some(_) => z[0].zeros(&program.inputs[0].dims, program.inputs[0].dtype),
            None => start.clone(),
        };
        let mut ends: Vec<Option<Value>> = vec![None; outer.len()];
        let all = z[0].replay(program, &[model], |k, _, value| {
            let value = match &first {
                Some((_, at)) if at.0 == k => start.clone(),
                _ => value,
            };
            for (kept, end) in ends.iter_mut().zip(&outer) {
                if end.as_ref().is_some_and(|(_, at)| at.0 == k) {
                    *kept = Some(value.clone());
                }
            }
            value
        });
        let mut blocks = Vec::new();
        for ((whole, kept), end) in all.into_iter().zip(ends).zip(&outer) {
            blocks.push(match end {
                // An end that reaches the input has no steps before it.
                Some((end, _)) => end.kept(kept.as_ref().unwrap_or(&start))?,
                None => whole,
            });
        }
        Ok(blocks)
    })?;

    // The ends as programs: their nodes in order, with the factor divided out.
    let chain = |end: &End, from: NodeId, forwards: bool| {
        let ty = &graph.node(from).ty;
        Value::program(std::slice::from_ref(ty), |x| {
            let mut y = x[0].scale(C128::from(1.0 / end.factor));
            let nodes: Vec<NodeId> = match forwards {
                true => end.nodes.clone(),
                false => end.nodes.iter().rev().copied().collect(),
            };
            for id in nodes {
                let node = graph.node(id);
                y = y.node(node.primitive.clone(), &[y.clone()], node.ty.clone());
            }
            Ok(vec![y])
        })
    };
    let inner = match (&first, input) {
        (Some((end, _)), Some(input)) => Some(chain(end, input, true)?),
        _ => None,
    };
    let outer =
        outer.iter().map(|end| end.as_ref().map(|(end, at)| chain(end, *at, false)).transpose());
    Ok(Some(Core { program: simplify(&bare)?, inner, outer: outer.collect::<Result<_>>()? }))
}

impl Core {
    /// `W^H`, from the inner unknown to the model.
    pub fn recover(&self) -> Result<Option<Program>> {
        self.inner.as_ref().map(transpose).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::reference::{assert_same, dense, values};
    use crate::io::Array;
    use crate::scalar::DType;
    use crate::space::ArrayType;

    fn one(ty: &ArrayType, f: impl FnOnce(&Value) -> Result<Value>) -> Program {
        Value::program(std::slice::from_ref(ty), |x| Ok(vec![f(&x[0])?])).unwrap()
    }

    fn kernel(x: &Value, dims: &[usize]) -> Value {
        let ty = ArrayType::new(dims, x.dtype());
        let values = values(&ty, 0.3).into_iter().collect();
        x.constant(&Array::values(dims, values, x.dtype()).unwrap())
    }

    /// A convolution of `n` samples that keeps `bins` frequencies, between ends that permute axes.
    fn convolution(n: usize, bins: usize, scale: f64) -> Program {
        one(&ArrayType::new([3, n, 2], DType::Float64), |x| {
            let x = x.permute(&[1, 0, 2])?.roll(0, 2)?.rfft(0, SQRT_2)?.slice(0, 0, bins, 1)?;
            let y = x.scale(scale).matmul(&kernel(&x, &[bins, 4, 3]))?;
            let y = y.pad(0, 0, n / 2 + 1 - bins)?.irfft(0, n, SQRT_2)?;
            y.flip(0)?.permute(&[2, 0, 1])?.pad(1, 1, 0)
        })
    }

    #[test]
    fn both_ends_of_a_convolution_keep_lengths_and_give_it_back() {
        // An odd length; an even one with and without its Nyquist frequency.
        for (n, bins, scale) in [(5, 3, 1.0), (6, 4, -0.5), (6, 3, 2.0)] {
            let a = convolution(n, bins, scale);
            let core = core(&simplify(&a).unwrap(), true).unwrap().unwrap();
            let b = &core.program;
            let labels: Vec<String> = b.graph.nodes().iter().map(|n| n.primitive.label()).collect();
            assert!(!labels.iter().any(|l| l.contains("fft") || l.contains("roll")), "{labels:?}");
            let (w, u) = (core.inner.as_ref().unwrap(), core.outer[0].as_ref().unwrap());
            let back = core.recover().unwrap().unwrap();
            let (z, x) = (&b.inputs[0], &a.inputs[0]);
            let what = format!("{n} samples, {bins} bins");
            assert_same(
                &dense(&a),
                &dense(&one(x, |x| Ok(x.apply(w).apply(b).apply(u)))),
                false,
                &what,
            );
            let unmoved = one(z, |z| Ok(z.apply(&back).apply(w).apply(b)));
            assert_same(&dense(b), &dense(&unmoved), false, &what);
            let unmoved = one(z, |z| z.apply(b).apply(u).apply_transposed(u));
            assert_same(&dense(b), &dense(&unmoved), false, &what);
        }
    }

    #[test]
    fn an_unknown_that_must_stay_and_what_keeps_no_lengths_are_left() {
        let a = simplify(&convolution(5, 3, 1.0)).unwrap();
        let core_of = |a: &Program, inner| core(a, inner).unwrap();
        let kept = core_of(&a, false).unwrap();
        assert!(kept.inner.is_none() && kept.outer[0].is_some());
        let ty = ArrayType::new([6], DType::Float64);
        let unweighted = one(&ty, |x| x.rfft(0, 1.0)?.irfft(0, 6, 1.0)?.flip(0));
        assert!(core_of(&unweighted, true).is_none());
        let used_twice = one(&ty, |x| x.rfft(0, SQRT_2)?.irfft(0, 6, SQRT_2)?.add(x));
        assert!(core_of(&used_twice, true).is_none());
        let moved = one(&ty, |x| x.flip(0));
        assert!(core_of(&moved, true).is_none());
    }
}
