//! `Value`: a handle on a node. Each primitive's file adds the method that applies it, so that
//! operator code reads like NumPy.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::graph::{
    Applied, Builder, Error, Input, NodeId, Primitive, Program, Result, Zeros, transpose,
};
use crate::scalar::DType;
use crate::space::{ArrayType, MOST_ELEMENTS, show_dims};

/// An array that a graph under construction will compute.
#[derive(Clone, Debug)]
pub struct Value {
    graph: Rc<RefCell<Builder>>,
    id: NodeId,
    ty: Arc<ArrayType>,
}

pub(super) fn wrong<T>(message: String) -> Result<T> {
    Err(Error(message))
}

impl Value {
    /// Builds a program: `f` receives one value per input and returns the outputs.
    pub fn program(
        inputs: &[ArrayType],
        f: impl FnOnce(&[Value]) -> Result<Vec<Value>>,
    ) -> Result<Program> {
        let graph = Rc::new(RefCell::new(Builder::default()));
        let values: Vec<Value> = inputs
            .iter()
            .enumerate()
            .map(|(k, ty)| Value::leaf(&graph, Input(k), ty.clone()))
            .collect();
        // A program without inputs still needs a value to start from.
        let anchor = [Value::leaf(&graph, Zeros, ArrayType::new([], DType::Float64))];
        let outputs = f(if values.is_empty() { &anchor } else { &values })?;
        let outputs = outputs.iter().map(|v| v.id).collect();
        let graph = graph.take().graph;
        if let Some(node) = graph.nodes().iter().find(|node| node.ty.len() > MOST_ELEMENTS) {
            let dims = show_dims(&node.ty.dims);
            return wrong(format!(
                "an array of dims {dims}, more elements than any machine can address"
            ));
        }
        Ok(Program { graph, inputs: inputs.to_vec(), outputs })
    }

    /// Copies a program into this value's graph, applied to `inputs`. `map` receives the number of
    /// each node, its arguments and its plain copy, and returns the value to use.
    pub(crate) fn replay(
        &self,
        program: &Program,
        inputs: &[Value],
        mut map: impl FnMut(usize, &[Value], Value) -> Value,
    ) -> Vec<Value> {
        let needed = program.needed();
        let mut values: Vec<Option<Value>> = Vec::with_capacity(needed.len());
        for (k, node) in program.graph.nodes().iter().enumerate() {
            values.push(needed[k].then(|| {
                let args: Vec<Value> =
                    node.inputs.iter().filter_map(|id| values[id.0].clone()).collect();
                let value = match &node.primitive {
                    Primitive::Input(input) => inputs[input.0].clone(),
                    primitive if args.is_empty() => {
                        map(k, &args, Value::leaf(&self.graph, primitive.clone(), node.ty.clone()))
                    }
                    primitive => {
                        map(k, &args, args[0].node(primitive.clone(), &args, node.ty.clone()))
                    }
                };
                value.chunked(node.chunks.clone())
            }));
        }
        program.outputs.iter().filter_map(|id| values[id.0].clone()).collect()
    }

    /// Calls `f` with the primitive that computes this value, at its node.
    pub(crate) fn seen<T>(&self, f: impl FnOnce(Applied<'_>) -> T) -> T {
        f(self.graph.borrow().graph.applied(self.id))
    }

    /// The primitive that computes this value.
    pub(crate) fn primitive(&self) -> Primitive {
        self.seen(|at| at.node.primitive.clone())
    }

    /// Whether `holds` is true of the primitive that computes this value.
    pub(crate) fn is(&self, holds: impl FnOnce(&Primitive) -> bool) -> bool {
        self.seen(|at| holds(&at.node.primitive))
    }

    /// Number of values that the primitive is applied to.
    pub(crate) fn count_arguments(&self) -> usize {
        self.seen(|at| at.node.inputs.len())
    }

    /// The values that the primitive is applied to.
    pub(crate) fn arguments(&self) -> Vec<Value> {
        self.seen(|at| at.node.inputs.iter().map(|&id| self.beside(id)).collect())
    }

    /// The first argument, if there is one.
    pub(crate) fn argument(&self) -> Option<Value> {
        self.seen(|at| at.node.inputs.first().map(|&id| self.beside(id)))
    }

    /// The value of another node of the graph.
    fn beside(&self, id: NodeId) -> Value {
        let ty = self.graph.borrow().graph.node(id).ty.clone();
        Value { graph: self.graph.clone(), id, ty }
    }

    /// Applies a program with one input and one output to this value.
    pub fn apply(&self, program: &Program) -> Value {
        self.replay(program, std::slice::from_ref(self), |_, _, v| v).swap_remove(0)
    }

    /// Applies the transpose of a program with one input and one output to this value.
    pub fn apply_transposed(&self, program: &Program) -> Result<Value> {
        Ok(self.apply(&transpose(program)?))
    }

    fn leaf(
        graph: &Rc<RefCell<Builder>>,
        primitive: impl Into<Primitive>,
        ty: impl Into<Arc<ArrayType>>,
    ) -> Value {
        let ty = ty.into();
        let id = graph.borrow_mut().push(primitive.into(), Vec::new(), ty.clone());
        Value { graph: graph.clone(), id, ty }
    }

    pub(super) fn leaf_beside(
        &self,
        primitive: impl Into<Primitive>,
        ty: impl Into<Arc<ArrayType>>,
    ) -> Value {
        Value::leaf(&self.graph, primitive, ty)
    }

    pub(crate) fn node(
        &self,
        primitive: impl Into<Primitive>,
        inputs: &[Value],
        ty: impl Into<Arc<ArrayType>>,
    ) -> Value {
        let ty = ty.into();
        let ids = inputs.iter().map(|v| v.id).collect();
        let id = self.graph.borrow_mut().push(primitive.into(), ids, ty.clone());
        Value { graph: self.graph.clone(), id, ty }
    }

    pub(super) fn unary(
        &self,
        primitive: impl Into<Primitive>,
        dims: Vec<usize>,
        dtype: DType,
    ) -> Value {
        self.node(primitive, std::slice::from_ref(self), ArrayType { dims, dtype })
    }

    pub(super) fn same(&self, primitive: impl Into<Primitive>) -> Value {
        self.node(primitive, std::slice::from_ref(self), self.ty.clone())
    }

    pub(super) fn resized(&self, primitive: impl Into<Primitive>, axis: usize, n: usize) -> Value {
        let mut dims = self.ty.dims.clone();
        dims[axis] = n;
        self.unary(primitive, dims, self.ty.dtype)
    }

    pub(super) fn has_axis(&self, axis: usize) -> Result<usize> {
        match self.ty.dims.get(axis) {
            Some(&n) => Ok(n),
            None => wrong(format!(
                "axis {axis} of an array with dims {}, which has {} axes",
                show_dims(&self.ty.dims),
                self.ty.dims.len()
            )),
        }
    }

    /// The node that computes this value.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Dims and element type.
    pub fn ty(&self) -> &ArrayType {
        &self.ty
    }

    /// Length of each axis.
    pub fn dims(&self) -> &[usize] {
        &self.ty.dims
    }

    /// Element type of the value.
    pub fn dtype(&self) -> DType {
        self.ty.dtype
    }

    /// Requests chunk lengths for where the value is kept; `None` changes nothing.
    pub fn chunked(&self, chunks: Option<Vec<usize>>) -> Value {
        self.graph.borrow_mut().graph.set_chunks(self.id, chunks);
        self.clone()
    }
}
