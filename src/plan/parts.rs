//! Splits sums over data that processes share into parts, see [`crate::graph::Parts`].

use std::sync::Arc;

use crate::graph::{Builder, NodeId, Program, Reshape, Sum};
use crate::space::ArrayType;

/// Splits the large sums of a program into parts.
pub(super) fn in_parts(program: Program) -> Program {
    let wants = |id: NodeId| program.graph.applied(id).parts_wanted().is_some();
    if !program.graph.ids().any(wants) {
        return program;
    }
    let mut builder = Builder::default();
    let mut new: Vec<NodeId> = Vec::with_capacity(program.graph.nodes().len());
    for old in program.graph.ids() {
        let at = program.graph.applied(old);
        let node = at.node;
        let inputs: Vec<NodeId> = node.inputs.iter().map(|i| new[i.0]).collect();
        let ty = node.ty.clone();
        let id = match at.parts_wanted() {
            None => builder.push(node.primitive.clone(), inputs, ty),
            Some((parts, dims)) => {
                let rows = |n: usize| {
                    let dims: Vec<usize> = std::iter::once(n).chain(dims.iter().copied()).collect();
                    Arc::new(ArrayType::new(dims, ty.dtype))
                };
                let sums = builder.push(node.primitive.clone(), inputs, rows(parts.count));
                let sum = builder.push(Sum(0).into(), vec![sums], rows(1));
                let same = ty == rows(1);
                if same { sum } else { builder.push(Reshape.into(), vec![sum], ty) }
            }
        };
        builder.graph.set_chunks(id, node.chunks.clone());
        new.push(id);
    }
    let outputs = program.outputs.iter().map(|id| new[id.0]).collect();
    Program { graph: builder.graph, inputs: program.inputs, outputs }
}
