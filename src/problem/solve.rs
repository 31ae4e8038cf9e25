//! What is solved: operators by expressions, and arrays that have their models' and data's dims.

use std::sync::Arc;

use super::arrays::because;
use super::fit::{sized, text};
use super::names::{self, Built, Names};
use crate::io::{Array, narrow};
use crate::operators::{Op, OperatorSpace, disagreement, same_axes};
use crate::solvers::{Equations, Method, read_solver};
use crate::space::{ArrayType, Side};
use crate::spec::{
    self, ArrayRef, Beside, Diagnostic, Diagnostics, Expr, OutputName, SolveSpec, Span, Spanned,
};

/// The `[solve]` of a problem.
#[derive(Clone, Debug)]
pub struct Solve {
    /// The operator `A` of `A m = d`.
    pub operator: Op,
    /// The operator as the file writes it.
    pub operator_name: String,
    /// Dims and element type of the operator's model.
    pub model_type: ArrayType,
    /// Dims and element type of the operator's data.
    pub data_type: ArrayType,
    /// The data, in the dims and element type of the operator's data.
    pub data: Array,
    /// The solver with its parameters.
    pub method: Arc<dyn Method>,
    /// Where the solver starts: like the model, or like the preconditioner's model.
    pub x0: Option<Array>,
    /// Weight of the data.
    pub weight: Option<Op>,
    /// Right preconditioner: its data are the operator's model.
    pub preconditioner: Option<Op>,
    /// Solve the normal equations.
    pub normal_equations: bool,
    /// Regularisation terms.
    pub regularization: Vec<Regularization>,
}

/// A regularisation term, `epsilon² |data - operator x|²`.
#[derive(Clone, Debug)]
pub struct Regularization {
    /// The operator `A` of `A m = d`.
    pub operator: Op,
    /// The operator as the file writes it.
    pub name: String,
    /// Its factor.
    pub epsilon: f64,
    /// What the operator should give, in the dims and element type of its data; zeros if `None`.
    pub data: Option<Array>,
}

impl Solve {
    /// Whether the solver sees operator and data themselves.
    pub fn is_plain(&self) -> bool {
        self.regularization.is_empty()
            && self.weight.is_none()
            && self.preconditioner.is_none()
            && !self.normal_equations
    }

    /// Which equations the solver sees, if not those of operator and data alone.
    pub fn equations(&self) -> Option<&'static str> {
        match (self.is_plain(), self.normal_equations) {
            (true, _) => None,
            (_, true) => Some("the normal equations"),
            _ if self.regularization.is_empty() && self.weight.is_none() => None,
            _ if self.regularization.is_empty() => Some("the weighted equations"),
            _ => Some("all equations, regularization included"),
        }
    }

    /// Arrays that are read into vectors.
    pub fn arrays(&self) -> impl Iterator<Item = &Array> {
        let data = self.regularization.iter().filter_map(|term| term.data.as_ref());
        std::iter::once(&self.data).chain(&self.x0).chain(data)
    }

    /// Dims and element type of an output; `None` for one that is no array.
    pub fn output_type(&self, output: &OutputName) -> Option<&ArrayType> {
        match output {
            OutputName::Model | OutputName::Adjoint => Some(&self.model_type),
            OutputName::Residual | OutputName::Predicted => Some(&self.data_type),
            OutputName::History | OutputName::Named(_) => None,
        }
    }
}

/// An operator of `[solve]` with its place.
pub(super) struct PlacedOperator<'a> {
    pub(super) built: Built,
    pub(super) span: &'a Span,
    pub(super) name: String,
}

impl PlacedOperator<'_> {
    fn dims(&self, side: Side) -> Vec<usize> {
        match side {
            Side::Model => self.built.op.model().dims,
            Side::Data => self.built.data.dims.clone(),
        }
    }
}

/// Reads `[solve]`, all mistakes of its parts.
pub(super) fn read(spec: &SolveSpec, names: &mut Names, out: &mut Diagnostics) -> Option<Solve> {
    let mistakes = out.len();
    let solver = read_solver(&spec.solver, &spec.solver_params, out);
    let operator = part(&spec.operator, names, out);
    let data = names.array_ref(&spec.data, None, out);
    let weight = spec.weight.as_ref().map(|e| part(&e.operator, names, out));
    let preconditioner = spec.preconditioner.as_ref().map(|e| part(&e.operator, names, out));
    let x0 = spec.x0.as_ref().map(|x0| (names.array_ref(x0, None, out), x0));
    let terms: Vec<_> =
        spec.regularization.iter().map(|term| regularization(term, names, out)).collect();
    // From here on only what is there is compared.
    let operator = operator?;
    let (model, dimsd) = (operator.built.op.model(), operator.built.data.clone());
    let data = data.and_then(|data| {
        let fits = Fit { array: &spec.data, side: Side::Data, of: &operator, ty: &dimsd };
        fits.read(data, out)
    });
    let mut models = Spaces::of(&operator, Side::Model);
    let mut datas = Spaces::of(&operator, Side::Data);
    if let Some((spec, Some(weight))) = spec.weight.as_ref().zip(weight.as_ref()) {
        let how = how(spec, "weight");
        if datas.take(weight, Side::Model, &how, out) {
            datas.take(weight, Side::Data, &how, out);
        }
    }
    if let Some((spec, Some(p))) = spec.preconditioner.as_ref().zip(preconditioner.as_ref()) {
        models.take(p, Side::Data, &how(spec, "preconditioner"), out);
        if p.built.data.dtype.is_complex() && !model.dtype.is_complex() {
            let (name, of) = (text(out, p.span), text(out, operator.span));
            let message = format!("the data of `{name}` are complex, the model of `{of}` is real");
            let label = format!("data {}", p.built.data.dtype);
            let mistake = Diagnostic::new(p.span.clone(), message, label)
                .also(operator.span.clone(), format!("model {}", model.dtype));
            out.push(mistake.help(format!("`Real({name})` gives its real part")));
        }
    }
    for (term, (part, _)) in spec.regularization.iter().zip(&terms) {
        let Some(part) = part else { continue };
        let help = "write `reshape = true` beside its `operator`";
        models.take(part, Side::Model, &(!term.operator.reshape).then(|| help.into()), out);
    }
    let x0 = x0.and_then(|(array, name)| {
        // A start is in the space of what is iterated on.
        let of = match &preconditioner {
            None => &operator,
            Some(preconditioner) => preconditioner.as_ref()?,
        };
        let ty = of.built.op.model();
        Fit { array: name, side: Side::Model, of, ty: &ty }.read(array?, out)
    });
    let mut regularizations = Vec::new();
    for (term, read) in spec.regularization.iter().zip(terms) {
        let (Some(part), data) = read else { continue };
        let ty = part.built.data.clone();
        let data = term.data.as_ref().zip(data).and_then(|(name, array)| {
            Fit { array: name, side: Side::Data, of: &part, ty: &ty }.read(array, out)
        });
        if let Some(why) = narrow::unheld(term.epsilon.value.into(), ty.dtype) {
            out.push(names::unheld(&why, None, term.epsilon.span.clone()));
        }
        let (operator, name) = (part.built.op, part.name);
        regularizations.push(Regularization { operator, name, epsilon: term.epsilon.value, data });
    }
    if out.len() > mistakes {
        return None;
    }
    let normal_equations = spec.normal_equations.as_ref().is_some_and(|n| n.value);
    let beside = weight.is_some() || preconditioner.is_some() || !regularizations.is_empty();
    let equations = Equations {
        model: &model,
        data: &dimsd,
        explicit: operator.built.op.is_explicit(),
        plain: !beside && !normal_equations,
        started: x0.is_some(),
        normal: normal_equations,
    };
    let method = solver?.method(&equations, out)?;
    Some(Solve {
        operator: operator.built.op,
        operator_name: operator.name,
        model_type: model,
        data_type: dimsd,
        data: data?,
        method,
        x0,
        weight: weight.flatten().map(|w| w.built.op),
        preconditioner: preconditioner.flatten().map(|p| p.built.op),
        normal_equations,
        regularization: regularizations,
    })
}

pub(super) fn part<'a>(
    expression: &'a Spanned<Expr>,
    names: &mut Names,
    out: &mut Diagnostics,
) -> Option<PlacedOperator<'a>> {
    let built = names.expression(&expression.value, None, out)?;
    let quoted = out.source().slice(&expression.span);
    let name = quoted.trim_matches(['"', '\'']).trim().to_string();
    Some(PlacedOperator { built, span: &expression.span, name })
}

fn regularization<'a>(
    term: &'a spec::RegularizationSpec,
    names: &mut Names,
    out: &mut Diagnostics,
) -> (Option<PlacedOperator<'a>>, Option<Array>) {
    let operator = part(&term.operator.operator, names, out);
    let data = term.data.as_ref().and_then(|d| names.array_ref(d, None, out));
    (operator, data)
}

/// An array that must be like the model or the data of an operator.
pub(super) struct Fit<'a> {
    pub(super) array: &'a ArrayRef,
    pub(super) side: Side,
    pub(super) of: &'a PlacedOperator<'a>,
    pub(super) ty: &'a ArrayType,
}

impl Fit<'_> {
    /// The array in the operator's dims and element type.
    pub(super) fn read(&self, array: Array, out: &mut Diagnostics) -> Option<Array> {
        let (found, name) = (array.ty().clone(), self.array.label());
        let (what, of) = (self.side.name(), text(out, self.of.span));
        let space = OperatorSpace { op: &*self.of.built.op, side: self.side, dims: &self.ty.dims };
        let mistake = if !space.takes(&found.dims) {
            let message = format!("{name} does not fit the {what} of `{of}`");
            let label = format!("the array is {}", sized(&found.dims));
            let mistake = Diagnostic::new(self.array.span().clone(), message, label)
                .also(self.of.span.clone(), format!("{what} {}", sized(&self.ty.dims)));
            if found.len() == self.ty.len() {
                let with = self.array.name().map_or("an array".into(), |n| format!("`{n}`"));
                mistake.help(format!("`transpose` or `reshape` stand with {with} in `[arrays]`"))
            } else {
                mistake
            }
        } else if found.dtype.is_complex() && !self.ty.dtype.is_complex() {
            let message = format!("{name} is complex, the {what} of `{of}` is real");
            let help = format!(
                "give the operators `dtype = \"{}\"`, or the array `part = \"real\"`",
                self.ty.dtype.complex()
            );
            Diagnostic::new(
                self.array.span().clone(),
                message,
                format!("the array is {}", found.dtype),
            )
            .also(self.of.span.clone(), format!("{what} {}", self.ty.dtype))
            .help(help)
        } else {
            let dims: Vec<isize> = self.ty.dims.iter().map(|&n| n as isize).collect();
            match array.reshape(&dims).and_then(|array| array.cast(self.ty.dtype)) {
                Ok(array) => return Some(array),
                Err(error) => {
                    let message = format!("{name} does not fit the {what} of `{of}`");
                    because(self.array.span(), message, &error)
                }
            }
        };
        out.push(mistake);
        None
    }
}

/// Whether an array matches another: the same dims apart from axes of length 1, or one of them flat.
pub(super) fn same_dims(found: &[usize], expected: &[usize]) -> bool {
    let sizes = |dims: &[usize]| dims.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
    let flat = found.len() == 1 || expected.len() == 1;
    same_axes(found, expected) || (flat && sizes(found) == sizes(expected))
}

/// How to allow dims that agree only in the number of samples; `None` if the file does already.
fn how(spec: &Beside, key: &str) -> Option<String> {
    let text = format!("write `{key} = {{ operator = \"...\", reshape = true }}`");
    (!spec.reshape).then_some(text)
}

/// Models or data that must match.
struct Spaces<'a> {
    all: Vec<(&'a PlacedOperator<'a>, Side, Vec<usize>)>,
}

impl<'a> Spaces<'a> {
    /// One side of an operator.
    fn of(part: &'a PlacedOperator<'a>, side: Side) -> Self {
        Spaces { all: vec![(part, side, part.dims(side))] }
    }

    /// Adds a side of an operator that must match the others; reports it if it does not. Without
    /// `help` on how to say that it is meant, it may match in number only.
    fn take(
        &mut self,
        part: &'a PlacedOperator<'a>,
        side: Side,
        help: &Option<String>,
        out: &mut Diagnostics,
    ) -> bool {
        let elements = |dims: &[usize]| dims.iter().product::<usize>();
        let dims = part.dims(side);
        let same_number = elements(&self.all[0].2) == elements(&dims);
        if same_number && help.is_none() {
            return true;
        }
        self.all.push((part, side, dims));
        let spaces: Vec<OperatorSpace<'_>> = (self.all.iter())
            .map(|(part, side, dims)| OperatorSpace { op: &*part.built.op, side: *side, dims })
            .collect();
        let Some((first, _)) = disagreement(&spaces) else { return true };
        let (of, expected, wanted) = &self.all[first];
        let (a, b) = (text(out, part.span), text(out, of.span));
        let (what, expected) = (side.name(), expected.name());
        let message = format!("the {what} of `{a}` does not fit the {expected} of `{b}`");
        let label = format!("{what} {}", sized(&part.dims(side)));
        let mut mistake = Diagnostic::new(part.span.clone(), message, label)
            .also(of.span.clone(), format!("{expected} {}", sized(wanted)));
        if let (true, Some(help)) = (same_number, help) {
            mistake = mistake
                .help(format!("only the number of samples agrees; if you intend that, {help}"));
        }
        out.push(mistake);
        self.all.pop();
        false
    }
}
