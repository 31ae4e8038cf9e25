//! Simplifies programs by a list of rules, each one function, applied node by node until nothing
//! changes. Equal nodes are shared as the graph is built.

use std::collections::HashMap;

use crate::graph::{
    AxisStep, Fft, Gram, Irfft, MANY, Matmul, Multiply, NodeId, Primitive, Program, Result, Rfft,
    Scale, Stencil, Value,
};
use crate::scalar::C128;

/// Looks at one node, whose inputs are simplified, and returns a simpler value that equals it.
type Rule = fn(&Value) -> Result<Option<Value>>;

/// Every rule with its name, in the order they are tried.
pub const RULES: [(&str, Rule); 8] = [
    ("drop zeros", drop_zeros),
    ("flatten sums", flatten_sums),
    ("lay side by side", lay_side_by_side),
    ("fold scales", fold_scales),
    ("cancel pairs", cancel_pairs),
    ("merge stencils", merge_stencils),
    ("factor out conjugates", factor_conjugates),
    ("gram", gram),
];

/// Simplifies a program and drops the nodes that no output needs.
pub fn simplify(program: &Program) -> Result<Program> {
    if program.inputs.is_empty() {
        return Ok(program.clone());
    }
    let mut simplified = simpler(program)?;
    for _ in 1..16 {
        if !simplified.1 {
            break;
        }
        simplified = simpler(&simplified.0)?;
    }
    Ok(simplified.0)
}

/// Applies the rules once to every node; also returns whether one changed anything.
fn simpler(program: &Program) -> Result<(Program, bool)> {
    let mut changed = false;
    let simplified = Value::program(&program.inputs, |inputs| {
        let mut failure = Ok(());
        let outputs = inputs[0].replay(program, inputs, |_, _, plain| {
            for (_, rule) in RULES {
                match rule(&plain) {
                    Ok(Some(simpler)) => {
                        changed = true;
                        return simpler;
                    }
                    Ok(None) => {}
                    Err(e) => failure = Err(e),
                }
            }
            plain
        });
        failure.map(|()| outputs)
    })?;
    Ok((simplified, changed))
}

/// `0 + x = x`, `A 0 = 0`.
fn drop_zeros(v: &Value) -> Result<Option<Value>> {
    let is_zero = |primitive: &Primitive| matches!(primitive, Primitive::Zeros(_));
    let (linear, zeros) = v.seen(|at| {
        let linear = at.node.primitive.linear_inputs(at.node.inputs.len());
        let inputs = at.node.inputs[..linear].iter();
        (linear, inputs.filter(|id| is_zero(&at.graph.node(**id).primitive)).count())
    });
    let times_zero =
        |p: &Primitive| matches!(p, Primitive::Scale(Scale(c)) if *c == C128::new(0.0, 0.0));
    if (linear > 0 && zeros == linear) || v.is(times_zero) {
        return Ok(Some(v.zeros(v.dims(), v.dtype())));
    }
    if zeros == 0 || !v.is(is_sum) {
        return Ok(None);
    }
    let rest: Vec<Value> = v.arguments().into_iter().filter(|a| !a.is(is_zero)).collect();
    Value::sum_of(&rest).map(Some)
}

fn is_sum(primitive: &Primitive) -> bool {
    matches!(primitive, Primitive::Add(_))
}

/// `(a + b) + c = a + b + c`
fn flatten_sums(v: &Value) -> Result<Option<Value>> {
    if !v.is(is_sum) {
        return Ok(None);
    }
    let args = v.arguments();
    let nested = |a: &Value| a.is(is_sum);
    if !args.iter().any(nested) {
        return Ok(None);
    }
    let flat: Vec<Value> =
        args.into_iter().flat_map(|a| if nested(&a) { a.arguments() } else { vec![a] }).collect();
    Value::sum_of(&flat).map(Some)
}

/// `pad(a) + pad(b) + ... = [a, b, ...]` for many parts, padded along one axis, that do not
/// overlap: a box is then computed from the parts that it meets.
fn lay_side_by_side(v: &Value) -> Result<Option<Value>> {
    let dims = v.dims();
    let count = v.count_arguments();
    if count < MANY || !v.is(is_sum) {
        return Ok(None);
    }
    // The axis and start of a part, and the part.
    let place = |part: &Value| {
        let (Primitive::Pad(pad), inner) = (part.primitive(), part.argument()?) else {
            return None;
        };
        let padded: Vec<usize> = (0..dims.len()).filter(|&a| inner.dims()[a] != dims[a]).collect();
        let [axis] = padded[..] else { return None };
        let AxisStep { start, step } = pad.0[axis];
        (step == 1).then_some((axis, start, inner))
    };
    let args = v.arguments();
    let Some((axis, ..)) = args.iter().find_map(place) else { return Ok(None) };
    let (mut parts, mut rest) = (Vec::new(), Vec::new());
    for arg in args {
        match place(&arg) {
            Some((a, start, part)) if a == axis => parts.push((start, part)),
            _ => rest.push(arg),
        }
    }
    parts.sort_by_key(|(start, _)| *start);
    let mut pieces = Vec::with_capacity(parts.len());
    let mut end = 0;
    let zeros = |n: usize| {
        let mut gap = dims.to_vec();
        gap[axis] = n;
        v.zeros(&gap, v.dtype())
    };
    for (start, part) in parts {
        if start < end {
            return Ok(None);
        }
        if start > end {
            pieces.push(zeros(start - end));
        }
        end = start + part.dims()[axis];
        pieces.push(part);
    }
    if pieces.len() < MANY {
        return Ok(None);
    }
    if end < dims[axis] {
        pieces.push(zeros(dims[axis] - end));
    }
    rest.push(Value::concatenate(&pieces, axis)?);
    Value::sum_of(&rest).map(Some)
}

/// `a (b x) = (ab) x`, `1 x = x`; folds a real factor into a stencil or transform.
fn fold_scales(v: &Value) -> Result<Option<Value>> {
    let (Primitive::Scale(Scale(c)), Some(inner)) = (v.primitive(), v.argument()) else {
        return Ok(None);
    };
    let onto =
        |primitive: Primitive| Some(inner.node(primitive, &inner.arguments(), inner.ty().clone()));
    Ok(match inner.primitive() {
        _ if c == C128::new(1.0, 0.0) => Some(inner.clone()),
        Primitive::Scale(Scale(d)) => {
            let x = inner.arguments();
            Some(inner.node(Scale(c * d), &x, v.ty().clone()))
        }
        _ if c.im != 0.0 => None,
        Primitive::Stencil(stencil) => onto(stencil.map(|rows| rows.scaled(c.re)).into()),
        Primitive::Fft(fft) => onto(Fft { scale: fft.scale * c.re, ..fft }.into()),
        Primitive::Rfft(rfft) => onto(Rfft { scale: rfft.scale * c.re, ..rfft }.into()),
        Primitive::Irfft(irfft) => onto(Irfft { scale: irfft.scale * c.re, ..irfft }.into()),
        _ => None,
    })
}

/// Cancels or merges neighbours: permutations, conjugates, flips, rolls, reshapes, a pad and its
/// slice, a transform and its inverse, a cast and its reverse.
fn cancel_pairs(v: &Value) -> Result<Option<Value>> {
    let Some(inner) = v.argument() else { return Ok(None) };
    let Some(x) = inner.argument() else { return Ok(None) };
    Ok(match (v.primitive(), inner.primitive()) {
        (Primitive::Conj(_), Primitive::Conj(_)) => Some(x),
        (Primitive::Flip(a), Primitive::Flip(b)) if a == b => Some(x),
        (Primitive::Roll(a), Primitive::Roll(b)) if a.axis == b.axis => {
            Some(x.roll(a.axis, (a.shift + b.shift) as isize)?)
        }
        (Primitive::Reshape(_), Primitive::Reshape(_)) => Some(x.reshape(v.dims())?),
        (Primitive::Permute(outer), Primitive::Permute(axes)) => {
            let axes: Vec<usize> = outer.0.iter().map(|&a| axes.0[a]).collect();
            let still = axes.iter().enumerate().all(|(k, &a)| k == a);
            Some(if still { x } else { x.permute(&axes)? })
        }
        (Primitive::Slice(s), Primitive::Pad(p)) if s.0 == p.0 && x.dims() == v.dims() => Some(x),
        (Primitive::Fft(a), Primitive::Fft(b)) if a.axis == b.axis && a.inverse != b.inverse => {
            Some(x.scale(a.scale * b.scale * v.dims()[a.axis] as f64))
        }
        (Primitive::Dct(a), Primitive::Dct(b)) if a == b.transposed() => Some(x),
        // Real to complex and back; never complex to real to complex.
        (Primitive::Cast(_), Primitive::Cast(_))
            if x.dtype() == v.dtype() && inner.dtype() == x.dtype().complex() =>
        {
            Some(x)
        }
        _ => None,
    })
}

/// Merges stencils of one input that are added, so that the input is read once.
fn merge_stencils(v: &Value) -> Result<Option<Value>> {
    if !v.is(is_sum) {
        return Ok(None);
    }
    let args = v.arguments();
    let stencil_of = |a: &Value| match a.primitive() {
        Primitive::Stencil(stencil) => Some((a.argument()?, stencil.0)),
        _ => None,
    };
    let stencils: Vec<Option<(Value, _)>> = args.iter().map(stencil_of).collect();
    let mut counts: HashMap<NodeId, usize> = HashMap::new();
    stencils.iter().flatten().for_each(|(x, _)| *counts.entry(x.id()).or_default() += 1);
    let mut several = stencils.iter().flatten().filter(|(x, _)| counts[&x.id()] > 1);
    let Some((x, _)) = several.next() else { return Ok(None) };
    let (mut terms, mut rest) = (Vec::new(), Vec::new());
    for (arg, stencil) in args.iter().zip(&stencils) {
        match stencil {
            Some((y, more)) if y.id() == x.id() => terms.extend(more.iter().cloned()),
            _ => rest.push(arg.clone()),
        }
    }
    rest.push(x.node(Stencil(terms.into()), std::slice::from_ref(x), v.ty().clone()));
    Value::sum_of(&rest).map(Some)
}

/// `conj(f conj(x)) = conj(f) x`, and the same for a product with a kernel.
fn factor_conjugates(v: &Value) -> Result<Option<Value>> {
    let is_conj = |v: &Value| v.is(|primitive| matches!(primitive, Primitive::Conj(_)));
    let Some(inner) = v.argument().filter(|_| is_conj(v)) else { return Ok(None) };
    let args = inner.arguments();
    let Some(first) = args.first().filter(|a| is_conj(a)) else { return Ok(None) };
    let primitive: Primitive = match inner.primitive() {
        Primitive::Multiply(Multiply { conj }) => Multiply { conj: !conj }.into(),
        Primitive::Matmul(m) => Matmul { conj: !m.conj, ..m }.into(),
        Primitive::Scale(Scale(c)) => Scale(c.conj()).into(),
        _ => return Ok(None),
    };
    let mut inputs = first.arguments();
    inputs.extend(args.into_iter().skip(1));
    Ok(Some(inputs[0].node(primitive, &inputs, v.ty().clone())))
}

/// `K^H (K x)` in one pass over the kernel.
fn gram(v: &Value) -> Result<Option<Value>> {
    let adjoint = Primitive::Matmul(Matmul { transpose: true, conj: true });
    if !v.is(|primitive| *primitive == adjoint) {
        return Ok(None);
    }
    let args = v.arguments();
    let inner = args[0].arguments();
    let plain = Primitive::Matmul(Matmul { transpose: false, conj: false });
    let both = args[0].primitive() == plain && inner[1].id() == args[1].id();
    Ok(both.then(|| inner[0].node(Gram, &inner, v.ty().clone())))
}
