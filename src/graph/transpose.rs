//! The adjoint of a program, in `Re<u, v>`: every primitive's transpose, in reverse order.
//!
//! Where all arrays are complex and all primitives complex-linear this is the conjugate transpose.

use std::sync::Arc;

use crate::graph::{AxisStep, Node, Primitive, Program, Result, Value};
use crate::space::ArrayType;

/// The program that takes the outputs' cotangents to the inputs'.
pub fn transpose(program: &Program) -> Result<Program> {
    let depends = program.depends_on_input();
    let nodes = program.graph.nodes();
    Value::program(&program.output_types(), |seeds| {
        // Constants keep their own nodes; they are the factors of the transposed primitives.
        let mut constants: Vec<Option<Value>> = vec![None; nodes.len()];
        for (k, node) in nodes.iter().enumerate().filter(|&(k, _)| !depends[k]) {
            let args: Vec<Value> =
                node.inputs.iter().filter_map(|id| constants[id.0].clone()).collect();
            constants[k] = Some(match &node.primitive {
                Primitive::Constant(array) => seeds[0].constant(array),
                Primitive::Zeros => seeds[0].zeros(&node.ty.dims, node.ty.dtype),
                primitive => args[0].node(primitive.clone(), &args, node.ty.clone()),
            });
        }
        let mut parts: Vec<Vec<Value>> = vec![Vec::new(); nodes.len()];
        for (seed, output) in seeds.iter().zip(&program.outputs) {
            parts[output.0].push(seed.clone());
        }
        let mut gradients: Vec<Value> =
            program.inputs.iter().map(|ty| seeds[0].zeros(&ty.dims, ty.dtype)).collect();
        for k in (0..nodes.len()).rev().filter(|&k| depends[k]) {
            let node = &nodes[k];
            if parts[k].is_empty() {
                continue;
            }
            let seed = Value::sum_of(&parts[k])?.chunked(node.chunks.clone());
            if let Primitive::Input(number) = node.primitive {
                gradients[number] = seed;
                continue;
            }
            let linear = node.primitive.linear_inputs(node.inputs.len());
            let mut before = 0;
            for id in node.inputs.iter().take(linear) {
                let input = &nodes[id.0].ty;
                if depends[id.0] {
                    let factors: Vec<Value> = node.inputs[linear..]
                        .iter()
                        .filter_map(|id| constants[id.0].clone())
                        .collect();
                    let part = step(node, before, input, &seed, &factors)?;
                    parts[id.0].push(part);
                }
                if let Primitive::Concatenate(axis) = node.primitive {
                    before += input.dims[axis];
                }
            }
        }
        Ok(gradients)
    })
}

/// The transpose of one primitive with respect to an input, which begins at `before` along the axis of
/// a concatenation.
fn step(
    node: &Node,
    before: usize,
    input: &ArrayType,
    y: &Value,
    factors: &[Value],
) -> Result<Value> {
    let with = |primitive: Primitive, inputs: &[Value]| y.node(primitive, inputs, input.clone());
    let alone = |primitive: Primitive| with(primitive, std::slice::from_ref(y));
    let scaled_by = |primitive: Primitive| {
        let inputs: Vec<Value> = std::iter::once(y).chain(factors).cloned().collect();
        with(primitive, &inputs)
    };
    Ok(match &node.primitive {
        Primitive::Input(_) | Primitive::Constant(_) | Primitive::Zeros => y.clone(),
        Primitive::Scale(c) => alone(Primitive::Scale(c.conj())),
        Primitive::Multiply { conj } => scaled_by(Primitive::Multiply { conj: !conj }),
        Primitive::Add => y.clone(),
        Primitive::Cast => y.cast(input.dtype),
        Primitive::Conj => y.conj(),
        Primitive::Reshape => y.reshape(&input.dims)?,
        Primitive::Permute(axes) => {
            let mut inverse = vec![0; axes.len()];
            axes.iter().enumerate().for_each(|(k, &a)| inverse[a] = k);
            y.permute(&inverse)?
        }
        Primitive::Slice(steps) => alone(Primitive::Pad(steps.clone())),
        Primitive::Pad(steps) => alone(Primitive::Slice(steps.clone())),
        Primitive::Concatenate(axis) => {
            let mut steps = vec![AxisStep { start: 0, step: 1 }; input.dims.len()];
            steps[*axis].start = before;
            alone(Primitive::Slice(steps))
        }
        Primitive::Flip(axis) => alone(Primitive::Flip(*axis)),
        Primitive::Roll { axis, shift } => y.roll(*axis, -(*shift as isize))?,
        Primitive::Stencil(terms) => alone(Primitive::Stencil(
            terms.iter().map(|(axis, rows)| (*axis, Arc::new(rows.transpose()))).collect(),
        )),
        Primitive::Convolve { axis, offset, taps, flip, conj } => scaled_by(Primitive::Convolve {
            axis: *axis,
            offset: *offset,
            taps: *taps,
            flip: !flip,
            conj: !conj,
        }),
        Primitive::Fft { axis, inverse, scale } => {
            alone(Primitive::Fft { axis: *axis, inverse: !inverse, scale: *scale })
        }
        Primitive::Rfft { axis, n, weight, scale } => {
            alone(Primitive::Irfft { axis: *axis, n: *n, weight: *weight, scale: *scale })
        }
        Primitive::Irfft { axis, n, weight, scale } => {
            alone(Primitive::Rfft { axis: *axis, n: *n, weight: *weight, scale: *scale })
        }
        Primitive::Matmul { transpose, conj } => {
            scaled_by(Primitive::Matmul { transpose: !transpose, conj: !conj })
        }
        Primitive::Gram => scaled_by(Primitive::Gram),
        Primitive::Gather { axis, indices } => {
            alone(Primitive::ScatterAdd { axis: *axis, indices: indices.clone() })
        }
        Primitive::ScatterAdd { axis, indices } => {
            alone(Primitive::Gather { axis: *axis, indices: indices.clone() })
        }
        Primitive::Sum(axis) => alone(Primitive::Broadcast(*axis)),
        Primitive::Broadcast(axis) => alone(Primitive::Sum(*axis)),
        Primitive::CumulativeSum { axis, reverse } => {
            alone(Primitive::CumulativeSum { axis: *axis, reverse: !reverse })
        }
        Primitive::Spread { dt, transpose } => {
            scaled_by(Primitive::Spread { dt: *dt, transpose: !transpose })
        }
        Primitive::Kirchhoff { dt, aperture, transpose } => scaled_by(Primitive::Kirchhoff {
            dt: *dt,
            aperture: aperture.clone(),
            transpose: !transpose,
        }),
    })
}
