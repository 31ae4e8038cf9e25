//! Arrays by formulas over others: `"where(abs(d) > eps, d, 0)"`.
//!
//! Each operation is an array whose boxes are computed from those of its operands whenever they are read,
//! so a formula takes no memory, and any thread and process computes its own part. Only sums, cumulative
//! sums and the like look at a whole array first. Values are computed in double precision, operation by
//! operation, and rounded to the element type that NumPy gives: numbers do not widen arrays.

use super::arrays::because;
use super::elementwise::{Elementwise, Function};
use super::fit::{sized, text};
use super::names::Names;
use super::reductions::{Along, Reduce, ScanAlong};
use super::unused::ThingKind;
use crate::io::{self, Array, Kind};
use crate::scalar::{C128, DType};
use crate::space::ArrayType;
use crate::spec::{
    Binary, Diagnostic, Diagnostics, Formula, FormulaKind, Reduction, Scan, Span, Spanned, Unary,
    constant,
};
use std::sync::Arc;

/// What part of a formula comes to.
#[derive(Clone, Debug)]
enum Term {
    Number(C128),
    Array(Array),
}

impl Term {
    fn is_complex(&self) -> bool {
        match self {
            Term::Number(x) => x.im != 0.0,
            Term::Array(array) => array.ty().dtype.is_complex(),
        }
    }

    fn is_whole(&self) -> bool {
        match self {
            Term::Number(x) => x.im == 0.0 && x.re.fract() == 0.0,
            Term::Array(array) => array.is_whole(),
        }
    }

    fn dims(&self) -> &[usize] {
        match self {
            Term::Number(_) => &[],
            Term::Array(array) => &array.ty().dims,
        }
    }
}

/// The array that a formula gives.
pub(super) fn array(formula: &Formula, names: &mut Names, out: &mut Diagnostics) -> Option<Array> {
    match (FormulaReader { names, out }).term(formula)? {
        Term::Array(array) => Some(array),
        Term::Number(x) => {
            let value = if x.im == 0.0 { x.re.to_string() } else { x.to_string() };
            let message = "a formula without an array";
            let label = format!("this is the number {value}");
            let help =
                format!("`{{ full = {{ shape = [...], value = {value} }} }}` fills an array");
            out.push(Diagnostic::new(formula.span.clone(), message, label).help(help));
            None
        }
    }
}

struct FormulaReader<'a> {
    names: &'a mut Names,
    out: &'a mut Diagnostics,
}

impl FormulaReader<'_> {
    fn term(&mut self, e: &Formula) -> Option<Term> {
        match &e.kind {
            FormulaKind::Number(x) => Some(Term::Number(*x)),
            FormulaKind::Name(name) => self.name(name, &e.span),
            FormulaKind::Unary(f, x) => {
                let x = (self.term(x)?, &x.span);
                self.unary(*f, x, e)
            }
            FormulaKind::Binary(f, x, y) => {
                let (a, b) = (self.term(x), self.term(y));
                self.binary(*f, (a?, &x.span), (b?, &y.span), e)
            }
            FormulaKind::Where(all) => {
                let terms: Vec<Option<Term>> = all.iter().map(|x| self.term(x)).collect();
                let terms: Vec<Term> = terms.into_iter().collect::<Option<_>>()?;
                let complex = terms[1..].iter().any(Term::is_complex);
                let kind = kind(terms[1..].iter().all(Term::is_whole));
                let dtype = dtype(&terms[1..], complex, self.names.dtype());
                let spans = all.iter().map(|x| &x.span);
                let placed = terms.into_iter().zip(spans).collect();
                self.elementwise(Function::Where, placed, dtype, kind, e)
            }
            FormulaKind::Reduce(f, x, axis) => {
                let span = &x.span;
                let x = self.term(x)?;
                self.reduce(*f, (x, span), axis.as_ref(), e)
            }
            FormulaKind::Scan(f, x, axis) => {
                let span = &x.span;
                let x = self.term(x)?;
                self.scan(*f, (x, span), axis.as_ref(), e)
            }
        }
    }

    fn name(&mut self, name: &str, span: &Span) -> Option<Term> {
        let document = self.names.document().clone();
        if let Some(x) = document.param(name) {
            self.names.note(ThingKind::Param, name);
            return Some(Term::Number(x.into()));
        }
        let is_thing = document.array(name).is_some() || document.broken.contains(name);
        if let (false, Some(x)) = (is_thing, constant(name)) {
            return Some(Term::Number(x.into()));
        }
        if is_thing || document.operator(name).is_some() {
            return self.names.array_named(name, span, self.out).map(Term::Array);
        }
        let arrays = document.arrays.iter().map(|(name, _)| name.value.as_str());
        let params = document.params.iter().map(|(name, _)| name.value.as_str());
        let known: Vec<&str> = arrays.chain(params).collect();
        let label = "neither in `[arrays]` nor in `[params]`";
        let mistake = Diagnostic::new(span.clone(), format!("unknown name `{name}`"), label);
        self.out.push(mistake.did_you_mean(name, &known));
        None
    }

    fn unary(&mut self, f: Unary, x: (Term, &Span), e: &Formula) -> Option<Term> {
        let complex = x.0.is_complex();
        if complex && !f.takes_complex() {
            return self.not_of_complex(f.name(), x.1);
        }
        if let Term::Number(value) = x.0 {
            let value = if complex { f.of_complex(value) } else { f.of_real(value.re).into() };
            return self.number(value, e);
        }
        let kind = match f {
            Unary::Not => Kind::Truth,
            _ => kind(f.keeps_whole() && x.0.is_whole()),
        };
        let whole = dtype(std::slice::from_ref(&x.0), complex, self.names.dtype());
        let dtype = match kind {
            Kind::Truth => self.names.dtype().real(),
            _ if f.gives_real() => whole.real(),
            _ => whole,
        };
        self.elementwise(Function::Unary(f), vec![x], dtype, kind, e)
    }

    fn binary(
        &mut self,
        f: Binary,
        x: (Term, &Span),
        y: (Term, &Span),
        e: &Formula,
    ) -> Option<Term> {
        let complex = x.0.is_complex() || y.0.is_complex();
        if complex && !f.takes_complex() {
            let span = if x.0.is_complex() { x.1 } else { y.1 };
            return self.not_of_complex(f.name(), span);
        }
        if let (Term::Number(a), Term::Number(b)) = (&x.0, &y.0) {
            let value = match complex {
                true => f.of_complex(*a, *b),
                false => f.of_real(a.re, b.re).into(),
            };
            return self.number(value, e);
        }
        let terms = [x.0.clone(), y.0.clone()];
        let whole = f.keeps_whole() && terms.iter().all(Term::is_whole);
        let (kind, dtype) = match f.is_test() {
            true => (Kind::Truth, self.names.dtype().real()),
            false => (kind(whole), dtype(&terms, complex, self.names.dtype())),
        };
        self.elementwise(Function::Binary(f), vec![x, y], dtype, kind, e)
    }

    fn number(&mut self, x: C128, e: &Formula) -> Option<Term> {
        if x.is_finite() {
            return Some(Term::Number(x));
        }
        let message = "a number that is not finite";
        self.out.push(Diagnostic::new(e.span.clone(), message, format!("this is {x}")));
        None
    }

    fn not_of_complex<T>(&mut self, name: &str, span: &Span) -> Option<T> {
        let message = format!("`{name}` of complex numbers");
        let help = "`real`, `imag` or `abs` make them real";
        self.out.push(Diagnostic::new(span.clone(), message, "these are complex").help(help));
        None
    }

    /// An array that a function of numbers gives of others, of which at least one is no number.
    fn elementwise(
        &mut self,
        function: Function,
        terms: Vec<(Term, &Span)>,
        dtype: DType,
        kind: Kind,
        e: &Formula,
    ) -> Option<Term> {
        let dims = self.broadcast(&terms)?;
        if terms.iter().all(|(term, _)| matches!(term, Term::Number(_))) {
            // `where` of numbers alone.
            let chosen = match terms.as_slice() {
                [(Term::Number(test), _), (Term::Number(x), _), (Term::Number(y), _)] => {
                    if *test == C128::ZERO { y } else { x }
                }
                _ => unreachable!("other functions of numbers are numbers"),
            };
            return Some(Term::Number(*chosen));
        }
        let complex = terms.iter().any(|(term, _)| term.is_complex());
        let wide = DType::of(complex, true);
        let operands = terms.into_iter().map(|(term, _)| match term {
            Term::Number(x) => Array::values([], vec![x], wide),
            Term::Array(array) => array.exact().cast(wide),
        });
        let operands = self.made(operands.collect::<io::Result<Vec<Array>>>(), e)?;
        // Whole numbers keep all their digits, whatever they are cast to.
        let base = if kind == Kind::Whole { DType::Float64 } else { dtype };
        let rule = Arc::new(Elementwise { function, operands, complex });
        let array = Array::ruled(rule, ArrayType::new(dims, base), kind);
        let array = array.and_then(|array| array.cast(dtype));
        self.made(array, e).map(Term::Array)
    }

    fn made<T>(&mut self, made: io::Result<T>, e: &Formula) -> Option<T> {
        let message = || format!("`{}` cannot be computed", text(self.out, &e.span));
        let made = made.map_err(|error| because(&e.span, message(), &error));
        self.out.take(made)
    }

    /// The dims that operands have together, by NumPy's rule.
    fn broadcast(&mut self, terms: &[(Term, &Span)]) -> Option<Vec<usize>> {
        let mut dims: Vec<usize> = Vec::new();
        let mut first: Option<&(Term, &Span)> = None;
        for term in terms {
            let (own, place) = (term.0.dims(), term.1);
            let longer = dims.len().max(own.len());
            let length = |dims: &[usize], axis: usize| {
                (axis + dims.len()).checked_sub(longer).map_or(1, |axis| dims[axis])
            };
            let both: Option<Vec<usize>> = (0..longer)
                .map(|axis| match (length(&dims, axis), length(own, axis)) {
                    (a, b) if a == b || b == 1 => Some(a),
                    (1, b) => Some(b),
                    _ => None,
                })
                .collect();
            match (both, first) {
                (Some(both), _) => dims = both,
                (None, before) => {
                    let (a, b) = match before {
                        Some((_, span)) => (text(self.out, span), text(self.out, place)),
                        None => (String::new(), text(self.out, place)),
                    };
                    let message = format!("`{a}` and `{b}` do not broadcast");
                    let label = format!("this is {}", sized(own));
                    let mut mistake = Diagnostic::new(place.clone(), message, label);
                    if let Some((_, span)) = before {
                        mistake =
                            mistake.also((*span).clone(), format!("this is {}", sized(&dims)));
                    }
                    let help =
                        "axes are matched from the last one on; lengths are equal, or one is 1";
                    self.out.push(mistake.help(help));
                    return None;
                }
            }
            if !own.is_empty() {
                first = first.or(Some(term));
            }
        }
        Some(dims)
    }

    fn reduce(
        &mut self,
        f: Reduction,
        (x, span): (Term, &Span),
        axis: Option<&Spanned<i64>>,
        e: &Formula,
    ) -> Option<Term> {
        let array = self.an_array(x, f.name(), span)?;
        let ty = array.ty().clone();
        let ordered = matches!(f, Reduction::Min | Reduction::Max);
        if ty.dtype.is_complex() && ordered {
            return self.not_of_complex(f.name(), span);
        }
        let axis = match axis {
            Some(axis) => Some(self.axis(axis, &ty.dims)?),
            None => None,
        };
        let mut dims = ty.dims.clone();
        match axis {
            Some(axis) => drop(dims.remove(axis)),
            None => dims.clear(),
        }
        let real = matches!(f, Reduction::Norm | Reduction::Std);
        let dtype = if real { ty.dtype.real() } else { ty.dtype };
        let of = Along { array, axis };
        let reduced = Arc::new(Reduce { of, function: f, dtype });
        let array = Array::computed(reduced, ArrayType::new(dims, dtype));
        self.made(array, e).map(Term::Array)
    }

    fn scan(
        &mut self,
        f: Scan,
        (x, span): (Term, &Span),
        axis: Option<&Spanned<i64>>,
        e: &Formula,
    ) -> Option<Term> {
        let array = self.an_array(x, f.name(), span)?;
        if array.ty().dtype.is_complex() && f == Scan::Sort {
            return self.not_of_complex(f.name(), span);
        }
        // As in NumPy, cumulative sums without an axis are those of the flat array.
        let (array, axis) = match (axis, f) {
            (Some(axis), _) => {
                let axis = self.axis(axis, &array.ty().dims)?;
                (array, axis)
            }
            (None, Scan::Cumsum) => (self.made(array.reshape(&[-1]), e)?, 0),
            (None, Scan::Sort) => {
                let last = array.ty().dims.len().saturating_sub(1);
                (array, last)
            }
        };
        let (dtype, whole) = (array.ty().dtype, array.is_whole());
        let (dims, exact) = (array.ty().dims.clone(), array.exact());
        let base = if whole { DType::Float64 } else { dtype };
        let ty = ArrayType::new(dims, base);
        let scanned =
            ScanAlong { of: Along { array: exact, axis: Some(axis) }, function: f, dtype: base };
        let array = Array::computed(Arc::new(scanned), ty).map(|array| array.of_kind(kind(whole)));
        let array = array.and_then(|array| array.cast(dtype));
        self.made(array, e).map(Term::Array)
    }

    fn an_array(&mut self, x: Term, name: &str, span: &Span) -> Option<Array> {
        match x {
            Term::Array(array) if !array.ty().dims.is_empty() => Some(array),
            _ => {
                let message = format!("`{name}` of a number");
                self.out.push(Diagnostic::new(span.clone(), message, "expected an array"));
                None
            }
        }
    }

    fn axis(&mut self, axis: &Spanned<i64>, dims: &[usize]) -> Option<usize> {
        let n = dims.len() as i64;
        let found = if axis.value < 0 { axis.value + n } else { axis.value };
        if (0..n).contains(&found) {
            return usize::try_from(found).ok();
        }
        let label = format!("expected an axis of {}, from {} to {}", sized(dims), -n, n - 1);
        self.out.push(Diagnostic::new(axis.span.clone(), "there is no such axis", label));
        None
    }
}

/// The element type that operands have together; numbers alone have the file's.
fn dtype(terms: &[Term], complex: bool, default: DType) -> DType {
    let arrays = terms.iter().filter_map(|term| match term {
        Term::Array(array) => Some(array.ty().dtype),
        Term::Number(_) => None,
    });
    let together = arrays.reduce(DType::promote).unwrap_or(default);
    if complex { together.complex() } else { together }
}

fn kind(whole: bool) -> Kind {
    if whole { Kind::Whole } else { Kind::Number }
}
