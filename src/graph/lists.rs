//! Tells whether flat inputs and outputs are lists of samples, or lines that something works along.

use crate::graph::{Input, Node, NodeId, Order, Primitive, Program};

/// Number of axes whose length is not 1.
fn long_axes(node: &Node) -> usize {
    node.ty.dims.iter().filter(|&&n| n != 1).count()
}

impl Program {
    /// Whether the first input is flat and no primitive works along it: samples are weighted,
    /// picked or summed, or the input is reshaped first.
    pub fn input_is_list(&self) -> bool {
        let nodes = self.graph.nodes();
        let mut on_line = vec![false; nodes.len()];
        // By node, the number of axes along which a line is repeated.
        let mut copies = vec![0; nodes.len()];
        for (k, node) in nodes.iter().enumerate() {
            let linear = node.primitive.linear_inputs(node.inputs.len());
            let reached = node.inputs[..linear].iter().any(|id| on_line[id.0]);
            let order = node.primitive.definition().facts().order;
            if reached && order == Order::Matters {
                return false;
            }
            let is_input = node.primitive == Primitive::Input(Input(0));
            let passes = is_input || (reached && matches!(order, Order::Kept | Order::Repeated));
            let before = node.inputs[..linear].iter().map(|id| copies[id.0]).max();
            copies[k] = before.unwrap_or(0) + usize::from(order == Order::Repeated);
            on_line[k] = long_axes(node) <= 1 + copies[k] && passes;
        }
        self.inputs.first().is_some_and(|ty| ty.dims.iter().filter(|&&n| n != 1).count() <= 1)
    }

    /// Whether the first output is flat and none of the last steps works along it.
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
            let order = node.primitive.definition().facts().order;
            if order == Order::Matters {
                return false;
            }
            // A piece of a line is a line.
            if matches!(order, Order::Kept | Order::Piece) {
                let linear = node.primitive.linear_inputs(node.inputs.len());
                open.extend(&node.inputs[..linear]);
            }
        }
        true
    }
}
