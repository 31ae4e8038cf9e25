//! Sums over what processes share are cut into parts, so that each needs its own part alone.

use crate::graph::{Graph, NodeId, Primitive, Program};
use crate::space::ArrayType;

/// Most parts of a sum.
const MOST_PARTS: usize = 64;

/// The program with migrations in parts: every point sums all traces, so a process would need all data;
/// the image of some sources needs their data alone, and the images of all parts are added.
pub(super) fn in_parts(program: &Program) -> Program {
    let mut graph = Graph::default();
    let mut new: Vec<NodeId> = Vec::with_capacity(program.graph.nodes().len());
    for node in program.graph.nodes() {
        let inputs: Vec<NodeId> = node.inputs.iter().map(|i| new[i.0]).collect();
        let ty = node.ty.clone();
        let sources = match node.primitive {
            Primitive::Kirchhoff { transpose: true, .. } => graph.node(inputs[0]).ty.dims[0],
            _ => 1,
        };
        let parts = sources.div_ceil(sources.div_ceil(MOST_PARTS).max(1));
        let id = if parts > 1 {
            let points = ty.len();
            let images = ArrayType::new([parts, points], ty.dtype);
            let images = graph.push(node.primitive.clone(), inputs, images);
            let sum = ArrayType::new([1, points], ty.dtype);
            let sum = graph.push(Primitive::Sum(0), vec![images], sum);
            graph.push(Primitive::Reshape, vec![sum], ty)
        } else {
            graph.push(node.primitive.clone(), inputs, ty)
        };
        graph.set_chunks(id, node.chunks.clone());
        new.push(id);
    }
    let outputs = program.outputs.iter().map(|id| new[id.0]).collect();
    Program { graph, inputs: program.inputs.clone(), outputs }
}
