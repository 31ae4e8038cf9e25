//! Numbers of a problem file: as they are, or as formulas over `[params]` in strings. It is the reader of
//! a value who knows that a number is meant; any string can be asked whether it comes to one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::diagnostic::{Diagnostic, nearest};
use super::formula::{self, Formula, FormulaKind, Reduction};
use super::node::{NodeValue, TomlNode};
use super::source::Span;
use crate::scalar::C128;

/// The numbers that formulas in strings may name.
#[derive(Default)]
pub struct Params {
    values: HashMap<String, f64>,
    /// Those whose mistakes were told.
    broken: HashSet<String>,
    /// Names of arrays, which a string may be.
    arrays: HashSet<String>,
    /// By place and text, the formulas that were read as numbers: what they came to, and what they named.
    read: Mutex<BTreeMap<(Place, String), Read>>,
}

/// Start and end of a span.
type Place = (usize, usize);

/// A formula that was read as a number.
#[derive(Clone, Debug)]
pub struct Read {
    /// What it came to.
    pub value: C128,
    /// The params that it names.
    pub params: Vec<String>,
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Params({:?})", self.values)
    }
}

/// What surrounds a value is no part of it.
impl PartialEq for Params {
    fn eq(&self, _: &Params) -> bool {
        true
    }
}

/// How far a number may be from a whole one that is meant, relatively.
const WHOLE: f64 = 1e-9;

/// The whole number that a number is, but for rounding.
fn rounded(x: f64) -> Option<i64> {
    let n = x.round();
    let near = (x - n).abs() <= WHOLE * n.abs().max(1.0);
    (near && n.abs() < 9e15).then_some(n as i64)
}

impl Params {
    pub(super) fn new(
        values: HashMap<String, f64>,
        broken: HashSet<String>,
        arrays: HashSet<String>,
    ) -> Params {
        Params { values, broken, arrays, read: Mutex::default() }
    }

    /// The formula at a place, if it was read as a number.
    fn read_at(&self, span: &Span, text: &str) -> Option<Read> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.get(&((span.start, span.end), text.to_string())).cloned()
    }

    fn note(&self, span: &Span, text: &str, value: C128, formula: &Formula) {
        let mut params = Vec::new();
        formula.names(&mut |name, _| {
            if self.values.contains_key(name) {
                params.push(name.to_string());
            }
        });
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert(((span.start, span.end), text.to_string()), Read { value, params });
    }

    fn value(&self, name: &str, span: &Span) -> Result<C128, Diagnostic> {
        if let Some(x) = self.values.get(name) {
            return Ok((*x).into());
        }
        if self.broken.contains(name) {
            return Err(Diagnostic::told());
        }
        constant(name).map(C128::from).ok_or_else(|| {
            let names = self.values.keys().map(String::as_str);
            unknown(name, span, names, self.arrays.contains(name))
        })
    }

    fn is_known(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.broken.contains(name)
    }
}

/// Numbers that need no definition.
pub fn constant(name: &str) -> Option<f64> {
    (name == "pi").then_some(std::f64::consts::PI)
}

/// The mistake of a name in a formula of numbers.
pub(super) fn unknown<'a>(
    name: &str,
    span: &Span,
    known: impl Iterator<Item = &'a str>,
    is_array: bool,
) -> Diagnostic {
    if is_array {
        let message = format!("`{name}` is an array, and a number is needed");
        let help = "`{ expr = \"...\" }` in `[arrays]` computes with arrays";
        return Diagnostic::new(span.clone(), message, "expected a parameter").help(help);
    }
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    let mistake =
        Diagnostic::new(span.clone(), format!("unknown parameter `{name}`"), "not in `[params]`");
    mistake.did_you_mean(name, &known)
}

/// What a formula comes to, with the numbers of names.
pub(super) fn evaluate(
    formula: &Formula,
    named: &mut dyn FnMut(&str, &Span) -> Result<C128, Diagnostic>,
) -> Result<C128, Diagnostic> {
    let order = |name: &str| {
        let message = format!("`{name}` of a complex number");
        Diagnostic::new(formula.span.clone(), message, "expected real numbers")
    };
    let value = match &formula.kind {
        FormulaKind::Number(x) => *x,
        FormulaKind::Name(name) => named(name, &formula.span)?,
        FormulaKind::Unary(f, x) => {
            let x = evaluate(x, named)?;
            match x.im == 0.0 {
                true if *f == formula::Unary::Sqrt && x.re < 0.0 => {
                    let label = format!("this is {}", x.re);
                    let message = "the square root of a negative number";
                    return Err(Diagnostic::new(formula.span.clone(), message, label));
                }
                true => f.of_real(x.re).into(),
                false if f.takes_complex() => f.of_complex(x),
                false => return Err(order(f.name())),
            }
        }
        FormulaKind::Binary(f, x, y) => {
            let at = y.span.clone();
            let (x, y) = (evaluate(x, named)?, evaluate(y, named)?);
            let divides =
                [formula::Binary::Div, formula::Binary::FloorDiv, formula::Binary::Remainder];
            if divides.contains(f) && y == C128::ZERO {
                return Err(Diagnostic::new(at, "division by zero", "this is 0"));
            }
            match x.im == 0.0 && y.im == 0.0 {
                true => f.of_real(x.re, y.re).into(),
                false if f.takes_complex() => f.of_complex(x, y),
                false => return Err(order(f.name())),
            }
        }
        FormulaKind::Where(all) => {
            let [test, x, y] = &**all;
            let chosen = if evaluate(test, named)? == C128::ZERO { y } else { x };
            return evaluate(chosen, named);
        }
        FormulaKind::Reduce(f, x, axis) => {
            let x = evaluate(x, named)?;
            no_axis(axis.as_ref().map(|axis| &axis.span))?;
            match f {
                Reduction::Std => C128::ZERO,
                Reduction::Norm => libm::hypot(x.re, x.im).into(),
                _ => x,
            }
        }
        FormulaKind::Scan(_, x, axis) => {
            no_axis(axis.as_ref().map(|axis| &axis.span))?;
            evaluate(x, named)?
        }
    };
    if !value.is_finite() {
        let label = format!("this is {}", shown(value));
        let message = "a number that is not finite";
        return Err(Diagnostic::new(formula.span.clone(), message, label));
    }
    Ok(value)
}

fn no_axis(axis: Option<&Span>) -> Result<(), Diagnostic> {
    match axis {
        Some(span) => Err(Diagnostic::new(span.clone(), "a number has no axes", "remove this")),
        None => Ok(()),
    }
}

/// A number as people write it.
pub(super) fn shown(x: C128) -> String {
    if x.im == 0.0 { x.re.to_string() } else { x.to_string() }
}

impl TomlNode {
    /// The number that a value is, or comes to; `None` if it is something else, such as a name.
    pub(super) fn complex(&self) -> Result<Option<C128>, Diagnostic> {
        let (NodeValue::String(text, start), Some(params)) = (&self.value, &self.params) else {
            return Ok(self.as_number().map(C128::from));
        };
        if params.arrays.contains(text) {
            return Ok(None);
        }
        let formula = match formula::parse(text, *start, &self.span) {
            Ok(formula) => formula,
            // Words are told as what they are.
            Err(mistake) => return if self.computes() { Err(mistake) } else { Ok(None) },
        };
        if let FormulaKind::Name(name) = &formula.kind
            && !params.is_known(name)
            && constant(name).is_none()
        {
            return Ok(None);
        }
        let value = evaluate(&formula, &mut |name, span| params.value(name, span))?;
        params.note(&self.span, text, value, &formula);
        Ok(Some(value))
    }

    /// What a string came to where it was read as a number.
    pub(super) fn read_as(&self) -> Option<C128> {
        self.read_formula().map(|read| read.value)
    }

    /// The formula of a string that was read as a number.
    pub fn read_formula(&self) -> Option<Read> {
        self.params.as_ref()?.read_at(&self.span, self.as_str()?)
    }

    /// Whether a string names a param.
    pub(super) fn names_params(&self) -> bool {
        let (NodeValue::String(text, _), Some(params)) = (&self.value, &self.params) else {
            return false;
        };
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.any(|word| params.is_known(word))
    }

    /// Whether a string looks as if it should be computed: it names a param, or calls a function, or begins
    /// with a number.
    pub(super) fn computes(&self) -> bool {
        let NodeValue::String(text, _) = &self.value else { return false };
        self.names_params()
            || text.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '(')
            || formula::function_names()
                .iter()
                .any(|f| text.trim_start().starts_with(&format!("{f}(")))
    }

    /// The same of a real number.
    pub(super) fn real(&self) -> Result<Option<f64>, Diagnostic> {
        match self.complex()? {
            Some(x) if x.im == 0.0 => Ok(Some(x.re)),
            Some(x) => {
                let label = format!("this is {}", shown(x));
                Err(Diagnostic::new(self.span.clone(), "a complex number", label)
                    .help("expected a real number"))
            }
            None => self.misspelt().map_or(Ok(None), Err),
        }
    }

    /// The integer that a value is written as, or comes to; floats as they are written are none.
    pub(super) fn integer(&self) -> Result<Option<i64>, Diagnostic> {
        match &self.value {
            NodeValue::Integer(n) => Ok(Some(*n)),
            NodeValue::String(..) => match self.real()? {
                Some(x) => rounded(x).map(Some).ok_or_else(|| {
                    let label = format!("this is {x}");
                    let message = "expected a whole number";
                    Diagnostic::new(self.span.clone(), message, label)
                        .help("`//` divides and rounds down; `floor`, `ceil` and `round` give whole numbers")
                }),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// The mistake of a word that is nearly the name of a param, where a number must be.
    fn misspelt(&self) -> Option<Diagnostic> {
        let (NodeValue::String(text, start), Some(params)) = (&self.value, &self.params) else {
            return None;
        };
        let word = super::lexer::is_name(text) && !params.arrays.contains(text);
        let known = || params.values.keys().map(String::as_str);
        let near = nearest(text, known()).filter(|_| word)?;
        let span = start.map_or(self.span.clone(), |start| start..start + text.len());
        let message = format!("unknown parameter `{text}`");
        let mistake = Diagnostic::new(span, message, "not in `[params]`");
        Some(mistake.help(format!("did you mean `{near}`?")))
    }
}
