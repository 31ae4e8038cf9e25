//! Sums over what processes share are added in parts, see [`Parts`].

use crate::graph::{Graph, NodeId, Parts, Primitive, Program};
use crate::space::ArrayType;

/// The program with its large sums in parts.
pub(super) fn in_parts(program: &Program) -> Program {
    let mut graph = Graph::default();
    let mut new: Vec<NodeId> = Vec::with_capacity(program.graph.nodes().len());
    for node in program.graph.nodes() {
        let types: Vec<&ArrayType> =
            node.inputs.iter().map(|i| &program.graph.node(*i).ty).collect();
        let parts = Parts::wanted(node, &types);
        let inputs: Vec<NodeId> = node.inputs.iter().map(|i| new[i.0]).collect();
        let ty = node.ty.clone();
        let id = match parts {
            None => graph.push(node.primitive.clone(), inputs, ty),
            Some(parts) => {
                let flat = matches!(node.primitive, Primitive::Kirchhoff { .. });
                let rest = if flat { &ty.dims[..] } else { &ty.dims[1..] };
                let rows = |n: usize| {
                    let dims: Vec<usize> = std::iter::once(n).chain(rest.iter().copied()).collect();
                    ArrayType::new(dims, ty.dtype)
                };
                let sums = graph.push(node.primitive.clone(), inputs, rows(parts.count));
                let sum = graph.push(Primitive::Sum(0), vec![sums], rows(1));
                if flat { graph.push(Primitive::Reshape, vec![sum], ty) } else { sum }
            }
        };
        graph.set_chunks(id, node.chunks.clone());
        new.push(id);
    }
    let outputs = program.outputs.iter().map(|id| new[id.0]).collect();
    Program { graph, inputs: program.inputs.clone(), outputs }
}
