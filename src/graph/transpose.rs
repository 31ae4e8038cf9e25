//! The adjoint of a program, in `Re<u, v>`: every primitive's transpose, in reverse order.
//!
//! Where all arrays are complex and all primitives complex-linear, this is the conjugate transpose.

use crate::graph::{Back, NodeId, Primitive, Program, Result, Value};

/// The program that maps the outputs' cotangents to the inputs'.
pub fn transpose(program: &Program) -> Result<Program> {
    let depends = program.depends_on_input();
    let nodes = program.graph.nodes();
    Value::program(&program.output_types(), |seeds| {
        // Constants keep their own nodes: they are the factors of the transposed primitives.
        let mut constants: Vec<Option<Value>> = vec![None; nodes.len()];
        for (k, node) in nodes.iter().enumerate().filter(|&(k, _)| !depends[k]) {
            let args: Vec<Value> =
                node.inputs.iter().filter_map(|id| constants[id.0].clone()).collect();
            constants[k] = Some(match &node.primitive {
                Primitive::Constant(constant) => seeds[0].constant(&constant.0),
                leaf if args.is_empty() => seeds[0].leaf_beside(leaf.clone(), node.ty.clone()),
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
            if let Primitive::Input(input) = &node.primitive {
                gradients[input.0] = seed;
                continue;
            }
            let at = program.graph.applied(NodeId(k));
            let linear = node.primitive.linear_inputs(node.inputs.len());
            let factors: Vec<Value> =
                node.inputs[linear..].iter().filter_map(|id| constants[id.0].clone()).collect();
            for (i, id) in node.inputs.iter().enumerate().take(linear) {
                if depends[id.0] {
                    let back = Back { at, i, y: &seed, factors: &factors };
                    parts[id.0].push(node.primitive.definition().transpose(&back)?);
                }
            }
        }
        Ok(gradients)
    })
}
