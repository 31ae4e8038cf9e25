//! Applies one program to many items at once, along a new leading axis, as in stacks of blocks.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::graph::{
    Batched, Constant, Input, Matmul, Node, NodeId, Primitive, Program, Result, Value,
};
use crate::io::Array;
use crate::space::ArrayType;

/// Fewest similar items that become one program. Fewer stay as they are, so that their sums keep
/// their bits, which depend on where arrays are cut.
pub const MANY: usize = 16;
/// Most bytes of an array that differs between items. A larger one costs far more than its node, so
/// merging gains nothing, and it is better read in place.
const MOST_BYTES: usize = 1 << 16;

/// Most bytes of copies that are made of arrays which several items share.
const MOST_COPIES: usize = 1 << 24;

/// The value of a node in the program for many items.
#[derive(Clone)]
enum Item {
    /// One value for all items, with the node's dims.
    Same(Value),
    /// One value per item, along a leading axis.
    Each(Value),
}

/// Whether two programs differ only in small arrays of the problem.
pub fn alike(a: &Program, b: &Program) -> bool {
    let pairs = || a.graph.nodes().iter().zip(b.graph.nodes());
    let arrays = |a: &Node, b: &Node| {
        let both = [a, b].iter().all(|n| matches!(n.primitive, Primitive::Constant(_)));
        both && a.ty.bytes() <= MOST_BYTES
    };
    a.graph.nodes().len() == b.graph.nodes().len()
        && (&a.inputs, &a.outputs) == (&b.inputs, &b.outputs)
        && pairs().all(|(a, b)| (&a.inputs, &a.ty) == (&b.inputs, &b.ty))
        // Requested chunks apply to the arrays of one block.
        && pairs().all(|(a, b)| a.chunks.is_none() && b.chunks.is_none())
        && pairs().all(|(a, b)| a.primitive == b.primitive || arrays(a, b))
}

/// Merges one or more programs that are alike into one with stacked outputs. Its input stacks one
/// input per program along a leading axis if `each`, else all share one. `None` if a primitive does
/// not allow this, or if arrays that items share would take too much memory.
pub fn batched(programs: &[&Program], each: bool) -> Result<Option<Program>> {
    let (program, n) = (programs[0], programs.len());
    let mut arrays: HashMap<usize, Array> = HashMap::new();
    for (k, node) in program.graph.nodes().iter().enumerate() {
        let array = |program: &&Program| match &program.graph.node(NodeId(k)).primitive {
            Primitive::Constant(Constant(array)) => Some(array.clone()),
            _ => None,
        };
        let all: Vec<Array> = programs.iter().filter_map(array).collect();
        if all.iter().any(|array| *array != all[0]) {
            let distinct = all.iter().map(Array::id).collect::<HashSet<_>>().len();
            if (n - distinct) * node.ty.bytes() > MOST_COPIES {
                return Ok(None);
            }
            let Ok(stacked) = Array::stacked(all) else { return Ok(None) };
            arrays.insert(k, stacked);
        }
    }
    many(program, n, each, &arrays)
}

/// The same program on `n` arrays at once, stacked along a leading axis; `None` if a primitive cannot be applied
/// to many items at once.
pub fn repeated(program: &Program, n: usize) -> Result<Option<Program>> {
    many(program, n, true, &HashMap::new())
}

/// A program on `n` items; `arrays` hold, by node, those of all items where they differ.
fn many(
    program: &Program,
    n: usize,
    each: bool,
    arrays: &HashMap<usize, Array>,
) -> Result<Option<Program>> {
    let mut inputs = program.inputs.clone();
    if each {
        inputs.iter_mut().for_each(|ty| ty.dims.insert(0, n));
    }
    let mut possible = true;
    let found = Value::program(&inputs, |inputs| {
        let needed = program.needed();
        let mut items: Vec<Option<Item>> = Vec::with_capacity(needed.len());
        for (k, node) in program.graph.nodes().iter().enumerate() {
            if !needed[k] {
                items.push(None);
                continue;
            }
            let args: Vec<Item> = node.inputs.iter().filter_map(|id| items[id.0].clone()).collect();
            let item = match &node.primitive {
                Primitive::Input(Input(number)) if each => {
                    Some(Item::Each(inputs[*number].clone()))
                }
                Primitive::Input(Input(number)) => Some(Item::Same(inputs[*number].clone())),
                Primitive::Constant(Constant(array)) => Some(match arrays.get(&k) {
                    Some(stacked) => Item::Each(inputs[0].constant(stacked)),
                    None => Item::Same(inputs[0].constant(array)),
                }),
                Primitive::Zeros(_) => {
                    Some(Item::Same(inputs[0].zeros(&node.ty.dims, node.ty.dtype)))
                }
                primitive => step(primitive, node, &args, n)?,
            };
            if item.is_none() {
                possible = false;
                return Ok(Vec::new());
            }
            items.push(item);
        }
        let outputs = program.outputs.iter().filter_map(|id| items[id.0].clone());
        outputs.map(|item| item.widened(n)).collect()
    })?;
    Ok(possible.then_some(found))
}

impl Item {
    /// What is the same for all.
    fn same(&self) -> Option<Value> {
        match self {
            Item::Same(value) => Some(value.clone()),
            Item::Each(_) => None,
        }
    }

    /// The value with one entry per item along a leading axis.
    fn widened(self, n: usize) -> Result<Value> {
        match self {
            Item::Each(value) => Ok(value),
            Item::Same(value) => value.reshape(&[&[1], value.dims()].concat())?.broadcast(0, n),
        }
    }

    /// The value in a form that broadcasts over items.
    fn aligned(&self) -> Result<Value> {
        match self {
            Item::Each(value) => Ok(value.clone()),
            Item::Same(value) => value.reshape(&[&[1], value.dims()].concat()),
        }
    }
}

/// Applies a primitive to many items; `None` if it does not allow this.
fn step(primitive: &Primitive, node: &Node, args: &[Item], n: usize) -> Result<Option<Item>> {
    let same: Option<Vec<Value>> = args.iter().map(Item::same).collect();
    if let Some(args) = same {
        return Ok(Some(Item::Same(args[0].node(primitive.clone(), &args, node.ty.clone()))));
    }
    let dims = [&[n], node.ty.dims.as_slice()].concat();
    let ty = Arc::new(ArrayType::new(dims, node.ty.dtype));
    // A primitive whose axes lie behind the new one.
    let with = |primitive: Primitive, args: Vec<Value>| {
        Ok(Some(Item::Each(args[0].node(primitive, &args, ty.clone()))))
    };
    match primitive.definition().batched() {
        Batched::Leaf => unreachable!("leaves have no arguments"),
        Batched::Moved(primitive) => {
            let args: Result<Vec<Value>> = args.iter().map(|arg| arg.clone().widened(n)).collect();
            with(primitive, args?)
        }
        Batched::Factor => {
            with(primitive.clone(), vec![args[0].clone().widened(n)?, args[1].aligned()?])
        }
        Batched::OneFactor(primitive) => {
            let factors: Option<Vec<Value>> = args[1..].iter().map(Item::same).collect();
            let Some(factors) = factors else { return Ok(None) };
            with(primitive, [vec![args[0].clone().widened(n)?], factors].concat())
        }
        Batched::Product => product(primitive, node, args, n).map(Some),
        Batched::Never => Ok(None),
    }
}

/// `Y_i = K_i X_i` for all items `i`, and likewise for the other products with a kernel.
fn product(primitive: &Primitive, node: &Node, args: &[Item], n: usize) -> Result<Item> {
    let (b, rows, columns) = (node.ty.dims[0], node.ty.dims[1], node.ty.dims[2]);
    let apply = |x: &Value, kernel: &Value, dims: [usize; 3]| {
        let ty = ArrayType::new(dims, node.ty.dtype);
        x.node(primitive.clone(), &[x.clone(), kernel.clone()], ty)
    };
    let y = match (&args[0], &args[1]) {
        // One kernel: the items become columns.
        (Item::Each(x), Item::Same(kernel)) => {
            let inner = x.dims()[2];
            let x = x.permute(&[1, 2, 0, 3])?.reshape(&[b, inner, n * columns])?;
            let y = apply(&x, kernel, [b, rows, n * columns]);
            y.reshape(&[b, rows, n, columns])?.permute(&[2, 0, 1, 3])?
        }
        // One unknown: the items become rows, or columns of a transposed kernel.
        (Item::Same(x), Item::Each(kernel)) if !matches!(primitive, Primitive::Gram(_)) => {
            let transpose = matches!(primitive, Primitive::Matmul(Matmul { transpose: true, .. }));
            let (m, k) = (kernel.dims()[2], kernel.dims()[3]);
            let kernel = match transpose {
                true => kernel.permute(&[1, 2, 0, 3])?.reshape(&[b, m, n * k])?,
                false if b == 1 => kernel.reshape(&[1, n * m, k])?,
                false => kernel.permute(&[1, 0, 2, 3])?.reshape(&[b, n * m, k])?,
            };
            let y = apply(x, &kernel, [b, n * rows, columns]);
            match b {
                1 => y.reshape(&[n, 1, rows, columns])?,
                _ => y.reshape(&[b, n, rows, columns])?.permute(&[1, 0, 2, 3])?,
            }
        }
        // Otherwise, the items become batches.
        (x, kernel) => {
            let flat = |item: &Item| {
                let value = item.clone().widened(n)?;
                let dims = value.dims().to_vec();
                value.reshape(&[n * b, dims[2], dims[3]])
            };
            let y = apply(&flat(x)?, &flat(kernel)?, [n * b, rows, columns]);
            y.reshape(&[n, b, rows, columns])?
        }
    };
    Ok(Item::Each(y))
}
