//! Nodes, the graph that holds them, and a program: a graph with inputs and outputs.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;

use crate::graph::{Applied, Primitive};
use crate::io::narrow::unheld;
use crate::scalar::C128;
use crate::space::ArrayType;

/// An error that names shapes or element types that do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);

/// Result of building a graph.
pub type Result<T> = std::result::Result<T, Error>;

/// Number of a node; a node's inputs have smaller numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct NodeId(pub usize);

/// A primitive applied to other nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The primitive.
    pub primitive: Primitive,
    /// The nodes that it is applied to.
    pub inputs: Vec<NodeId>,
    /// Dims and element type of the result.
    pub ty: Arc<ArrayType>,
    /// Chunk lengths that the user asked for.
    pub chunks: Option<Vec<usize>>,
}

/// A list of nodes, all different.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
}

/// A graph under construction.
#[derive(Debug, Default)]
pub struct Builder {
    /// The nodes so far.
    pub graph: Graph,
    /// By hash, the last node that has it.
    last: HashMap<u64, NodeId>,
    /// By node, the one before it with the same hash.
    before: Vec<Option<NodeId>>,
}

impl Builder {
    /// Adds a node, or returns the equal one that is already there.
    pub fn push(
        &mut self,
        primitive: Primitive,
        inputs: Vec<NodeId>,
        ty: Arc<ArrayType>,
    ) -> NodeId {
        let mut hash = DefaultHasher::new();
        (&primitive, &inputs, &ty).hash(&mut hash);
        let id = NodeId(self.graph.nodes.len());
        let last = self.last.entry(hash.finish()).or_insert(id);
        let mut alike = Some(*last).filter(|last| *last != id);
        let before = alike;
        while let Some(there) = alike {
            let node = self.graph.node(there);
            if node.inputs == inputs && node.primitive == primitive && node.ty == ty {
                return there;
            }
            alike = self.before[there.0];
        }
        *last = id;
        self.before.push(before);
        self.graph.nodes.push(Node { primitive, inputs, ty, chunks: None });
        id
    }
}

impl Graph {
    /// A node by number.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// A node's primitive as the graph applies it.
    pub fn applied(&self, id: NodeId) -> Applied<'_> {
        Applied { graph: self, node: self.node(id) }
    }

    /// All nodes in order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Numbers of all nodes in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId)
    }

    /// Requests chunk lengths for a node's array; `None` changes nothing.
    pub fn set_chunks(&mut self, id: NodeId, chunks: Option<Vec<usize>>) {
        if chunks.is_some() {
            self.nodes[id.0].chunks = chunks;
        }
    }
}

/// A graph with inputs and outputs: a linear map from arrays to arrays.
#[derive(Clone, Debug)]
pub struct Program {
    /// The nodes.
    pub graph: Graph,
    /// Types of the inputs, by number.
    pub inputs: Vec<ArrayType>,
    /// The nodes that are outputs.
    pub outputs: Vec<NodeId>,
}

impl Program {
    /// Types of the outputs.
    pub fn output_types(&self) -> Vec<ArrayType> {
        self.outputs.iter().map(|&id| ArrayType::clone(&self.graph.node(id).ty)).collect()
    }

    /// A coefficient that its element type cannot hold, and why. Coefficients of a stencil that are
    /// tiny beside its largest may underflow.
    pub fn unheld(&self) -> Option<(C128, String)> {
        self.graph.nodes().iter().filter(|node| !node.ty.dtype.is_double()).find_map(|node| {
            let coefficients = node.primitive.definition().coefficients().into_iter();
            coefficients.filter_map(|c| Some((c, unheld(c, node.ty.dtype)?))).next()
        })
    }

    /// By node, whether it depends on an input.
    pub fn depends_on_input(&self) -> Vec<bool> {
        let mut depends: Vec<bool> = Vec::with_capacity(self.graph.nodes().len());
        for node in self.graph.nodes() {
            let from_input = matches!(node.primitive, Primitive::Input(_))
                || node.inputs.iter().any(|id| depends[id.0]);
            depends.push(from_input);
        }
        depends
    }

    /// By node, whether an output needs it.
    pub fn needed(&self) -> Vec<bool> {
        let mut needed = vec![false; self.graph.nodes().len()];
        for id in &self.outputs {
            needed[id.0] = true;
        }
        for id in self.graph.ids().rev() {
            if needed[id.0] {
                for input in &self.graph.node(id).inputs {
                    needed[input.0] = true;
                }
            }
        }
        needed
    }
}
