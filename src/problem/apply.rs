//! What an operator makes of an array or of a solution, lazily: for arrays and for outputs.

use std::sync::Arc;

use super::fit::{reshaping, sized};
use super::names::Names;
use super::solve::{Fit, PlacedOperator, part, same_dims};
use crate::engine;
use crate::graph::{self, Program, Value};
use crate::io::Array;
use crate::operators::{Adjoint, Op, OperatorSpace};
use crate::space::{ArrayType, Side};
use crate::spec::{ApplySpec, ArrayRef, Diagnostic, Diagnostics};

/// `y = A (x + p) + q`, or with the adjoint of `A`.
#[derive(Clone, Debug)]
pub struct AppliedOperator {
    /// `A`, or its adjoint; the identity if there is none.
    operator: Option<Op>,
    /// `p`.
    plus: Option<Array>,
    /// `q`.
    add: Option<Array>,
    /// Dims and element type of `x`, as `A` takes it.
    pub from: ArrayType,
    /// Dims and element type of `y`.
    pub to: ArrayType,
}

impl AppliedOperator {
    /// `y` of a value `x` of as many elements as `from`.
    pub fn value(&self, x: &Value) -> graph::Result<Value> {
        let mut x = x.cast(x.dtype().promote(self.from.dtype)).reshape(&self.from.dims)?;
        if let Some(plus) = &self.plus {
            x = x.add(&x.constant(plus))?;
        }
        let y = match &self.operator {
            Some(operator) => operator.forward(&x)?,
            None => x,
        };
        match &self.add {
            Some(add) => y.add(&y.constant(add)),
            None => Ok(y),
        }
    }

    fn program(&self) -> graph::Result<Program> {
        Value::program(std::slice::from_ref(&self.from), |x| Ok(vec![self.value(&x[0])?]))
    }
}

/// What an operator makes of another array of the file.
pub(super) fn array(spec: &ApplySpec, names: &mut Names, out: &mut Diagnostics) -> Option<Array> {
    let to = names.array_ref(&spec.to, None, out);
    let operator = operator(spec, names, out);
    let added = [optional(&spec.plus, names, out), optional(&spec.add, names, out)];
    let (to, operator) = (to?, operator?);
    let (from, operator) = match &operator {
        Some((part, ty, side)) => {
            let fit = Fit { array: &spec.to, side: *side, of: part, ty };
            (fit.read(to, out)?, operator.as_ref())
        }
        None => (to, None),
    };
    let applied = read(spec, from.ty().clone(), operator, added, out)?;
    let made = applied.program().map_err(engine::Error::from);
    match made.and_then(|program| engine::mapped(&program, vec![from])) {
        Ok(array) => Some(array),
        Err(error) => {
            out.push(Diagnostic::new(
                spec.span.clone(),
                "this cannot be applied",
                error.to_string(),
            ));
            None
        }
    }
}

/// What an operator makes of anything of these dims and element type.
pub(super) fn of(
    spec: &ApplySpec,
    ty: &ArrayType,
    names: &mut Names,
    out: &mut Diagnostics,
) -> Option<AppliedOperator> {
    let operator = operator(spec, names, out);
    let added = [optional(&spec.plus, names, out), optional(&spec.add, names, out)];
    let operator = operator?;
    let found = ty;
    let mut from = found.clone();
    if let Some((part, ty, side)) = &operator {
        let space = OperatorSpace { op: &*part.built.op, side: *side, dims: &ty.dims };
        if !space.takes(&found.dims) {
            let what = side.name();
            let to = spec.to.name().map_or(spec.to.label(), |name| format!("`{name}`"));
            let message = format!("{to} does not fit the {what} of `{}`", part.name);
            let label = format!("it is {}", sized(&found.dims));
            let place = format!("{what} {}", sized(&ty.dims));
            let mut mistake = Diagnostic::new(spec.to.span().clone(), message, label)
                .also(part.span.clone(), place);
            mistake.help = reshaping(found.len() == ty.len(), &found.dims, &ty.dims);
            out.push(mistake);
            return None;
        }
        from = ArrayType::new(ty.dims.clone(), ty.dtype.promote(found.dtype));
    }
    read(spec, from, operator.as_ref(), added, out)
}

/// An operator with the side that it is applied to: its type, and whether it is model or data.
type Taken<'a> = (PlacedOperator<'a>, ArrayType, Side);

fn operator<'a>(
    spec: &'a ApplySpec,
    names: &mut Names,
    out: &mut Diagnostics,
) -> Option<Option<Taken<'a>>> {
    let Some(expression) = &spec.operator else { return Some(None) };
    let part = part(expression, names, out)?;
    Some(Some(if spec.adjoint {
        let data = part.built.data.clone();
        (part, data, Side::Data)
    } else {
        let model = part.built.op.model();
        (part, model, Side::Model)
    }))
}

/// An array that may be given; `None` if it is and cannot be read.
fn optional(
    name: &Option<ArrayRef>,
    names: &mut Names,
    out: &mut Diagnostics,
) -> Option<Option<Array>> {
    match name {
        Some(name) => names.array_ref(name, None, out).map(Some),
        None => Some(None),
    }
}

/// An array in the dims of the array it is added to.
fn addend(
    array: Option<Array>,
    name: &Option<ArrayRef>,
    ty: &ArrayType,
    spec: &ApplySpec,
    out: &mut Diagnostics,
) -> Option<Option<Array>> {
    let (Some(array), Some(name)) = (array, name) else { return Some(None) };
    let found = array.ty().dims.clone();
    if same_dims(&found, &ty.dims) {
        let dims: Vec<isize> = ty.dims.iter().map(|&n| n as isize).collect();
        match array.reshape(&dims) {
            Ok(array) => return Some(Some(array)),
            Err(error) => {
                let message = "this cannot be added";
                out.push(Diagnostic::new(name.span().clone(), message, error.to_string()));
            }
        }
    } else {
        let message = format!("{} cannot be added", name.label());
        let label = format!("it is {}", sized(&found));
        let place = format!("this is {}", sized(&ty.dims));
        let mistake = Diagnostic::new(name.span().clone(), message, label);
        out.push(mistake.also(spec.to.span().clone(), place));
    }
    None
}

fn read(
    spec: &ApplySpec,
    from: ArrayType,
    operator: Option<&Taken<'_>>,
    [plus, add]: [Option<Option<Array>>; 2],
    out: &mut Diagnostics,
) -> Option<AppliedOperator> {
    let (plus, add) = (plus?, add?);
    let plus = addend(plus, &spec.plus, &from, spec, out)?;
    let operator = match operator {
        Some((part, ..)) if spec.adjoint => match Adjoint::new(part.built.op.clone()) {
            Ok(adjoint) => Some(Arc::new(adjoint) as Op),
            Err(error) => {
                let message = format!("`{}` has no adjoint", part.name);
                out.push(Diagnostic::new(part.span.clone(), message, error.to_string()));
                return None;
            }
        },
        Some((part, ..)) => Some(part.built.op.clone()),
        None => None,
    };
    let mut applied = AppliedOperator { operator, plus, add: None, to: from.clone(), from };
    let result = applied.program().map(|program| program.output_types().swap_remove(0));
    applied.to = match result {
        Ok(ty) => ty,
        Err(error) => {
            let message = "this cannot be applied";
            out.push(Diagnostic::new(spec.span.clone(), message, error.to_string()));
            return None;
        }
    };
    applied.add = addend(add, &spec.add, &applied.to, spec, out)?;
    if let Some(add) = &applied.add {
        applied.to.dtype = applied.to.dtype.promote(add.ty().dtype);
    }
    Some(applied)
}
