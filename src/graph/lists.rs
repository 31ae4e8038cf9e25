//! Which flat inputs and outputs are lists of samples, and which are lines along which something works.

use crate::graph::{Node, NodeId, Primitive, Program};

/// Axes that are longer than 1.
fn long_axes(node: &Node) -> usize {
    node.ty.dims.iter().filter(|&&n| n != 1).count()
}

/// Whether order along its axis, or where that ends, matters to a primitive. A sum is the same in any
/// order, and samples that are chosen by their numbers are as those of any flat array.
fn works_along(primitive: &Primitive) -> bool {
    matches!(
        primitive,
        Primitive::Stencil(_)
            | Primitive::Convolve { .. }
            | Primitive::Fft { .. }
            | Primitive::Rfft { .. }
            | Primitive::Irfft { .. }
            | Primitive::CumulativeSum { .. }
            | Primitive::Roll { .. }
            | Primitive::Flip(_)
            | Primitive::Pad(_)
    )
}

/// Whether a primitive leaves every sample in its place.
fn keeps_places(primitive: &Primitive) -> bool {
    matches!(
        primitive,
        Primitive::Scale(_)
            | Primitive::Multiply { .. }
            | Primitive::Add
            | Primitive::Cast
            | Primitive::Conj
            | Primitive::Reshape
            | Primitive::Permute(_)
    )
}

impl Program {
    /// Whether the first input is flat and nothing works along it: samples are weighted, chosen,
    /// summed, or given other dims first.
    pub fn input_is_list(&self) -> bool {
        let nodes = self.graph.nodes();
        let mut on_line = vec![false; nodes.len()];
        // Axes along which a line is there again and again.
        let mut copies = vec![0; nodes.len()];
        for (k, node) in nodes.iter().enumerate() {
            let linear = node.primitive.linear_inputs(node.inputs.len());
            let reached = node.inputs[..linear].iter().any(|id| on_line[id.0]);
            if reached && works_along(&node.primitive) {
                return false;
            }
            let is_input = node.primitive == Primitive::Input(0);
            let again = matches!(node.primitive, Primitive::Broadcast(_));
            let passes = is_input || (reached && (again || keeps_places(&node.primitive)));
            let before = node.inputs[..linear].iter().map(|id| copies[id.0]).max();
            copies[k] = before.unwrap_or(0) + usize::from(again);
            on_line[k] = long_axes(node) <= 1 + copies[k] && passes;
        }
        self.inputs.first().is_some_and(|ty| ty.dims.iter().filter(|&&n| n != 1).count() <= 1)
    }

    /// The same of the first output: no last step works along it.
    pub fn output_is_list(&self) -> bool {
        let Some(&output) = self.outputs.first() else { return false };
        if long_axes(self.graph.node(output)) > 1 {
            return false;
        }
        let mut seen = vec![false; self.graph.nodes().len()];
        let mut open: Vec<NodeId> = vec![output];
        while let Some(id) = open.pop() {
            let node = self.graph.node(id);
            if std::mem::replace(&mut seen[id.0], true) || long_axes(node) > 1 {
                continue;
            }
            if works_along(&node.primitive) {
                return false;
            }
            // A piece of a line is a line.
            if keeps_places(&node.primitive) || matches!(node.primitive, Primitive::Slice(_)) {
                let linear = node.primitive.linear_inputs(node.inputs.len());
                open.extend(&node.inputs[..linear]);
            }
        }
        true
    }
}
