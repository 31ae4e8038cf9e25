//! Decides which nodes are kept, and how the others may be cut.

use crate::graph::{Cut, Movement, Node, NodeId, Primitive, Program, Pulls};

/// Fewest chunks of a fused stage, if its parts allow as many.
const LEAST_CHUNKS: usize = 16;

fn most_chunks(cut: &Cut, dims: &[usize]) -> usize {
    cut.align
        .iter()
        .zip(dims)
        .map(|(a, &n)| a.map_or(1, |a| n.div_ceil(a.max(1)).max(1)))
        .fold(1, usize::saturating_mul)
}

/// The nodes of a program that are kept, and what the others require.
#[derive(Debug)]
pub(super) struct Kept {
    /// Whether the node's array is kept.
    pub(super) kept: Vec<bool>,
    /// The cut that the node and the fused nodes below it require of the stage that pulls them.
    pub(super) cuts: Vec<Cut>,
    /// How many nodes and outputs read it.
    pub(super) uses: Vec<usize>,
}

/// Decides which needed nodes are kept; `depends` says which of them depend on an input.
pub(super) fn keep(program: &Program, needed: &[bool], depends: &[bool]) -> Kept {
    let graph = &program.graph;
    let count = graph.nodes().len();
    let mut uses = vec![0usize; count];
    for id in graph.ids().filter(|id| needed[id.0]) {
        graph.node(id).inputs.iter().for_each(|i| uses[i.0] += 1);
    }
    program.outputs.iter().for_each(|id| uses[id.0] += 1);

    let mut kept = vec![false; count];
    let mut cuts: Vec<Cut> = Vec::with_capacity(count);
    for id in graph.ids() {
        let at = graph.applied(id);
        let node = at.node;
        let mut cut = at.cut();
        if !needed[id.0] {
            cuts.push(cut);
            continue;
        }
        let linear = node.primitive.linear_inputs(node.inputs.len());
        let again = node.primitive.definition().facts().pulls == Pulls::Again;
        for (k, input) in node.inputs.iter().enumerate() {
            let leaf = graph.node(*input).inputs.is_empty();
            let constant = depends[id.0] && !depends[input.0] && !leaf;
            let twice = uses[input.0] > 1 && !leaf && !is_view(graph.nodes(), &kept, *input);
            let repeated =
                !leaf && (again || k >= linear) && !is_view(graph.nodes(), &kept, *input);
            let parts = !leaf && graph.applied(*input).parts().is_some();
            if parts || (constant && !is_view(graph.nodes(), &kept, *input)) || twice || repeated {
                kept[input.0] = true;
            }
            if kept[input.0] || leaf || k >= linear {
                continue;
            }
            let below = graph.node(*input);
            let inner = &cuts[input.0];
            let both = cut.and(&at.through(&below.ty, inner));
            // A concatenated piece must not tie the axis that it lies along, and two parts that
            // need different axes whole must not leave a stage without an axis to cut.
            let piece = matches!(node.primitive, Primitive::Concatenate(_)) && !inner.is_free();
            let before = most_chunks(inner, &below.ty.dims);
            let after = most_chunks(&both, &node.ty.dims);
            if !piece && (after >= LEAST_CHUNKS || after >= before) {
                cut = both;
            } else if matches!(below.primitive, Primitive::Pad(_))
                && below.chunks.is_none()
                && !piece
            {
                // Zeros are neither work nor traffic: keep what they pad.
                let base = below.inputs[0];
                kept[base.0] |= !is_view(graph.nodes(), &kept, base);
                cuts[input.0] = Cut::free(&below.ty);
                cut = cut.and(&at.through(&below.ty, &cuts[input.0]));
            } else {
                kept[input.0] = true;
            }
        }
        cuts.push(cut);
        if node.primitive.is_given() {
            kept[id.0] = true;
        }
    }
    for id in &program.outputs {
        kept[id.0] = true;
    }
    Kept { kept, cuts, uses }
}

/// Whether a node is only a view of a kept array.
fn is_view(nodes: &[Node], kept: &[bool], id: NodeId) -> bool {
    let node = &nodes[id.0];
    let Some(movement) = node.primitive.definition().movement() else { return false };
    let input = node.inputs[0];
    // A view through a reshape needs the elements in memory order.
    kept[input.0]
        || nodes[input.0].primitive.is_given()
        || (!matches!(movement, Movement::Reshaped) && is_view(nodes, kept, input))
}
