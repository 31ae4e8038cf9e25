//! Sums over what processes share are added in parts, see [`crate::graph::Parts`].

use crate::graph::{Graph, NodeId, Program, Reshape, Sum};
use crate::space::ArrayType;

/// The program with its large sums in parts.
pub(super) fn in_parts(program: &Program) -> Program {
    let mut graph = Graph::default();
    let mut new: Vec<NodeId> = Vec::with_capacity(program.graph.nodes().len());
    for old in program.graph.ids() {
        let at = program.graph.applied(old);
        let node = at.node;
        let inputs: Vec<NodeId> = node.inputs.iter().map(|i| new[i.0]).collect();
        let ty = node.ty.clone();
        let id = match at.parts_wanted() {
            None => graph.push(node.primitive.clone(), inputs, ty),
            Some((parts, dims)) => {
                let rows = |n: usize| {
                    let dims: Vec<usize> = std::iter::once(n).chain(dims.iter().copied()).collect();
                    ArrayType::new(dims, ty.dtype)
                };
                let sums = graph.push(node.primitive.clone(), inputs, rows(parts.count));
                let sum = graph.push(Sum(0).into(), vec![sums], rows(1));
                let same = ty == rows(1);
                if same { sum } else { graph.push(Reshape.into(), vec![sum], ty) }
            }
        };
        graph.set_chunks(id, node.chunks.clone());
        new.push(id);
    }
    let outputs = program.outputs.iter().map(|id| new[id.0]).collect();
    Program { graph, inputs: program.inputs.clone(), outputs }
}
