//! The names of a file: each array and operator is built once, when it is first asked for.

use std::sync::Arc;

use super::application;
use super::apply;
use super::arrays::{self, Surroundings, because, check_chunks};
use super::expression::ExpressionReader;
use super::synthetics;
use super::unused::{ThingKind, Uses};
use super::{formula, path_in};
use crate::io::{self, Array, Inputs, SparseFile};
use crate::operators::{self, Chunked, Op, Scope};
use crate::scalar::{C128, DType};
use crate::space::ArrayType;
use crate::spec::{
    ArrayRef, ArraySource, Diagnostic, Diagnostics, Document, Expr, FileSource, NodeValue,
    OperatorSpec, OperatorTable, ParamTable, Span, Spanned, parse_expression,
};

/// Deepest nesting of operators inside each other: what walks them may recurse.
pub(super) const MAX_DEPTH: usize = 200;
/// Deepest nesting of expressions and names that are read inside each other.
pub(super) const MAX_LEVEL: usize = 400;

/// A thing of the file on its way.
#[derive(Debug)]
enum Resolution<T> {
    Unseen,
    Running,
    /// Its mistakes were reported.
    Failed,
    Done(T),
}

impl<T> Resolution<T> {
    fn done(&self) -> Option<&T> {
        match self {
            Resolution::Done(thing) => Some(thing),
            _ => None,
        }
    }
}

/// Something that has a name and may need others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Array(usize),
    Operator(usize),
}

/// An operator that gives a program.
#[derive(Clone, Debug)]
pub(super) struct Built {
    /// The operator itself.
    pub(super) op: Op,
    /// Dims and element type of its data.
    pub(super) data: ArrayType,
    /// Operators nested inside each other.
    pub(super) depth: usize,
    /// Primitives of its program.
    pub(super) size: usize,
}

/// Arrays and operators by name.
#[derive(Debug)]
pub(super) struct Names {
    document: Arc<Document>,
    around: Surroundings,
    arrays: Vec<Resolution<Array>>,
    operators: Vec<Resolution<Built>>,
    /// What is being built, each for the one before it.
    running: Vec<Named>,
    /// Circles that were reported: who needs whom.
    circles: Vec<(Option<Named>, Named)>,
    /// Expressions and names that are being read inside each other.
    pub(super) level: usize,
    /// Depth of the deepest operator that the table being read has asked for.
    deepest: usize,
    /// The further solve that is being read.
    solve: Option<String>,
    /// Who asks for what.
    uses: Uses,
}

impl Names {
    /// Nothing is built yet.
    pub(super) fn new(document: Arc<Document>, inputs: Arc<Inputs>) -> Names {
        let dtype = document.dtype.as_ref().map_or(DType::Float64, |d| d.value);
        Names {
            around: Surroundings {
                folder: document.folder(),
                inputs,
                dtype,
                stdin: None,
                stdin_is_file: document.source.is_standard_input(),
                fetch: document.fetch.clone(),
            },
            arrays: document.arrays.iter().map(|_| Resolution::Unseen).collect(),
            operators: document.operators.iter().map(|_| Resolution::Unseen).collect(),
            running: Vec::new(),
            circles: Vec::new(),
            level: 0,
            deepest: 0,
            solve: None,
            uses: Uses::default(),
            document,
        }
    }

    /// Takes over the arrays that were read for a smaller document: a stream can be read once.
    pub(super) fn adopt(&mut self, other: Names) {
        self.around = other.around;
        self.uses.append(other.uses);
        for (k, state) in other.arrays.into_iter().enumerate() {
            let name = &other.document.arrays[k].0.value;
            if let Some(own) = self.document.arrays.number(name) {
                self.arrays[own] = state;
            }
        }
    }

    /// Notes that the thing being built or read uses a name.
    pub(super) fn note(&mut self, kind: ThingKind, name: &str) {
        let user = match self.running.last() {
            Some(&thing @ Named::Array(_)) => {
                Some((ThingKind::Array, self.name_of(thing).to_string()))
            }
            Some(&thing) => Some((ThingKind::Operator, self.name_of(thing).to_string())),
            None => self.solve.clone().map(|name| (ThingKind::Solve, name)),
        };
        self.uses.note(user, (kind, name.to_string()));
    }

    /// What is read from here on is asked for by a further solve, or by the file itself.
    pub(super) fn read_for(&mut self, solve: Option<&str>) {
        self.solve = solve.map(str::to_string);
    }

    /// Notes what a table of an application names.
    pub(super) fn use_names_of(&mut self, table: &ParamTable) {
        for (_, node) in &table.entries {
            if let Some(name) = node.as_str() {
                self.note(ThingKind::Array, name);
            }
        }
    }

    /// Notes the params that formulas of a document name.
    pub(super) fn note_params(&mut self, document: &Document) {
        self.uses.note_params(document);
    }

    /// Who asks for what.
    pub(super) fn uses(&self) -> &Uses {
        &self.uses
    }

    /// The same document with another argument behind it.
    pub(super) fn set_document(&mut self, document: Arc<Document>) {
        self.document = document;
    }

    pub(super) fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// Where inputs are read.
    pub(super) fn inputs(&self) -> &Arc<Inputs> {
        &self.around.inputs
    }

    /// The file's default element type.
    pub(super) fn dtype(&self) -> DType {
        self.around.dtype
    }

    /// Builds all that the file names.
    pub(super) fn resolve_all(&mut self, out: &mut Diagnostics) {
        for k in 0..self.arrays.len() {
            self.array_number(k, out);
        }
        for k in 0..self.operators.len() {
            self.operator_number(k, out);
        }
    }

    /// An array by name, if it could be built.
    pub(super) fn built_array(&self, name: &str) -> Option<&Array> {
        self.arrays[self.document.arrays.number(name)?].done()
    }

    /// An operator by name, if it could be built.
    pub(super) fn built_operator(&self, name: &str) -> Option<&Built> {
        self.operators[self.document.operators.number(name)?].done()
    }

    /// Arrays in the order of the file.
    pub(super) fn arrays(&self) -> impl Iterator<Item = (&str, &Array)> {
        done(&self.document.arrays, &self.arrays)
    }

    /// Operators in the order of the file.
    pub(super) fn operators(&self) -> impl Iterator<Item = (&str, &Built)> {
        done(&self.document.operators, &self.operators)
    }

    fn array_number(&mut self, k: usize, out: &mut Diagnostics) -> Option<Array> {
        if matches!(self.arrays[k], Resolution::Unseen) {
            self.arrays[k] = Resolution::Running;
            self.running.push(Named::Array(k));
            let document = self.document.clone();
            let (name, spec) = &document.arrays[k];
            self.level += 1;
            let array = match &spec.source {
                _ if self.level > MAX_LEVEL => {
                    let label = format!("more than {MAX_LEVEL} arrays of each other");
                    let message = "arrays are nested too deeply";
                    out.push(Diagnostic::new(name.span.clone(), message, label));
                    None
                }
                ArraySource::Synthetic(formula) => {
                    synthetics::array(&name.value, formula, spec, self, out)
                        .and_then(|array| arrays::finish(name, spec, array, out))
                }
                ArraySource::Expr(formula) => formula::array(formula, self, out)
                    .and_then(|array| arrays::finish(name, spec, array, out)),
                ArraySource::Apply(apply) => apply::array(apply, self, out)
                    .and_then(|array| arrays::finish(name, spec, array, out)),
                _ => arrays::open(name, spec, &mut self.around, out),
            };
            self.level -= 1;
            self.running.pop();
            self.arrays[k] = array.map_or(Resolution::Failed, Resolution::Done);
        }
        self.arrays[k].done().cloned()
    }

    /// An array by name, at a place that says `a -> b` if it needs itself.
    pub(super) fn array_named(
        &mut self,
        name: &str,
        span: &Span,
        out: &mut Diagnostics,
    ) -> Option<Array> {
        let document = self.document.clone();
        self.note(ThingKind::Array, name);
        if let Some(k) = document.arrays.number(name) {
            if matches!(self.arrays[k], Resolution::Running) {
                self.circle(Named::Array(k), span, out);
            }
            return self.array_number(k, out);
        }
        if document.broken.contains(name) {
            return None;
        }
        let mistake = if document.operator(name).is_some() {
            let message = format!("`{name}` is an operator, not an array");
            Diagnostic::new(span.clone(), message, "expected the name of an array")
        } else {
            let known: Vec<&str> = written(&document, &document.arrays).collect();
            let message = format!("unknown array `{name}`");
            Diagnostic::new(span.clone(), message, "not in `[arrays]`").did_you_mean(name, &known)
        };
        out.push(mistake);
        None
    }

    /// An array by its name, or of numbers written in place: in that element type, or the file's.
    pub(super) fn array_ref(
        &mut self,
        array: &ArrayRef,
        dtype: Option<DType>,
        out: &mut Diagnostics,
    ) -> Option<Array> {
        let inline = match array {
            ArrayRef::Name(name) => return self.array_named(&name.value, &name.span, out),
            ArrayRef::Inline(inline) => &inline.value,
        };
        let dtype = dtype.unwrap_or(self.around.dtype);
        let dtype = if inline.complex { dtype.complex() } else { dtype };
        let make = if inline.boolean { Array::mask } else { Array::values };
        let made = make(inline.dims.clone(), inline.values.clone(), dtype);
        let message = || format!("this list cannot be {dtype}");
        out.take(made.map_err(|error| because(array.span(), message(), &error)))
    }

    /// An operator by name, at a place that says `A -> B` if it needs itself.
    pub(super) fn operator_named(
        &mut self,
        name: &str,
        span: &Span,
        out: &mut Diagnostics,
    ) -> Option<Built> {
        let document = self.document.clone();
        self.note(ThingKind::Operator, name);
        let Some(k) = document.operators.number(name) else {
            if !document.broken.contains(name) {
                out.push(unknown_operator(&document, name, span));
            }
            return None;
        };
        if matches!(self.operators[k], Resolution::Running) {
            self.circle(Named::Operator(k), span, out);
            return None;
        }
        let built = self.operator_number(k, out)?;
        self.deepest = self.deepest.max(built.depth);
        Some(built)
    }

    /// Reports that a thing needs itself, once for each place where the circle closes.
    fn circle(&mut self, thing: Named, span: &Span, out: &mut Diagnostics) {
        let circle = (self.running.last().copied(), thing);
        if self.circles.contains(&circle) {
            return;
        }
        self.circles.push(circle);
        let from = self.running.iter().position(|&r| r == thing).unwrap_or(0);
        let chain: Vec<&str> =
            self.running[from..].iter().chain([&thing]).map(|&t| self.name_of(t)).collect();
        let kind = match thing {
            Named::Array(_) => "array",
            Named::Operator(_) => "operator",
        };
        let message = format!("{kind} `{}` is defined in terms of itself", self.name_of(thing));
        out.push(Diagnostic::new(span.clone(), message, chain.join(" -> ")));
    }

    fn name_of(&self, thing: Named) -> &str {
        match thing {
            Named::Array(k) => &self.document.arrays[k].0.value,
            Named::Operator(k) => &self.document.operators[k].0.value,
        }
    }

    fn operator_number(&mut self, k: usize, out: &mut Diagnostics) -> Option<Built> {
        if matches!(self.operators[k], Resolution::Unseen) {
            self.operators[k] = Resolution::Running;
            self.running.push(Named::Operator(k));
            let document = self.document.clone();
            let built = match &document.operators[k].1 {
                OperatorSpec::Expression(e) => self.expression(&e.value, None, out),
                OperatorSpec::Table(table) => self.table(table, out),
            };
            self.running.pop();
            self.operators[k] = built.map_or(Resolution::Failed, Resolution::Done);
        }
        self.operators[k].done().cloned()
    }

    /// An operator by an expression. Its mistakes stand at its own spans, or all `at` one.
    pub(super) fn expression(
        &mut self,
        expression: &Expr,
        at: Option<&Span>,
        out: &mut Diagnostics,
    ) -> Option<Built> {
        ExpressionReader { names: self, at, scales: Vec::new(), out }.operator(expression)
    }

    fn table(&mut self, table: &OperatorTable, out: &mut Diagnostics) -> Option<Built> {
        let Some(entry) = operators::entry(&table.type_name.value) else {
            out.push(unknown_type(&table.type_name));
            return None;
        };
        let outer = std::mem::take(&mut self.deepest);
        let op = entry.build(table, self, out);
        let depth = std::mem::replace(&mut self.deepest, outer) + 1;
        let op = op?;
        let of = &table.type_name;
        let held =
            |_| (extreme(&table.params).unwrap_or_else(|| of.span.clone()), Some(&*of.value));
        let (data, size) = programmed(&op, &of.span, &of.value, &held, out)?;
        let op = self.chunked(op, table, &data, out)?;
        Some(Built { op, data, depth, size })
    }

    /// The operator with the chunks that its table asks for.
    fn chunked(
        &self,
        op: Op,
        table: &OperatorTable,
        data: &ArrayType,
        out: &mut Diagnostics,
    ) -> Option<Op> {
        let Some(chunks) = &table.chunks else { return Some(op) };
        let (mistakes, name) = (out.len(), &table.type_name.value);
        let mut lengths = |chunks: &Option<Spanned<_>>, dims: &[usize], what: &str| {
            let what = format!("the {what} of {name}");
            chunks.as_ref().and_then(|c| check_chunks(c, dims, &what, out))
        };
        let model = lengths(&chunks.model, &op.model().dims, "model");
        let data = lengths(&chunks.data, &data.dims, "data");
        if out.len() > mistakes {
            return None;
        }
        if model.is_none() && data.is_none() {
            return Some(op);
        }
        Some(Arc::new(Chunked { op, model, data }))
    }
}

impl Scope for Names {
    fn dtype(&self) -> DType {
        Names::dtype(self)
    }

    fn array(&mut self, name: &str, span: &Span, diagnostics: &mut Diagnostics) -> Option<Array> {
        self.array_named(name, span, diagnostics)
    }

    fn sparse(&mut self, name: &str) -> io::Result<Option<SparseFile>> {
        let source = self.document.array(name).map(|spec| &spec.source);
        let Some(ArraySource::File(FileSource { file, key: None, path: None })) = source else {
            return Ok(None);
        };
        let path = self.around.inputs.find(&path_in(&self.around.folder, &file.value));
        if path.is_file() { SparseFile::open(&path) } else { Ok(None) }
    }

    fn operator(&mut self, text: &str, span: &Span, diagnostics: &mut Diagnostics) -> Option<Op> {
        match parse_expression(text) {
            Ok(expression) => {
                let built = self.expression(&expression, Some(span), diagnostics)?;
                self.deepest = self.deepest.max(built.depth);
                Some(built.op)
            }
            Err(mistakes) => {
                // Their spans are those of the text alone.
                for mistake in mistakes.iter() {
                    let mut moved = mistake.clone();
                    moved.span = span.clone();
                    moved.secondary.clear();
                    diagnostics.push(moved);
                }
                None
            }
        }
    }
}

/// Place of the number that is farthest from 1, if there is any.
fn extreme(params: &ParamTable) -> Option<Span> {
    let mut numbers: Vec<(f64, Span)> = Vec::new();
    for (_, node) in &params.entries {
        let items = match &node.value {
            NodeValue::Array(items) => items.as_slice(),
            _ => &[],
        };
        for node in items.iter().chain([node]) {
            let size = node.as_number().map(|x| x.abs().ln().abs());
            numbers.extend(size.filter(|x| x.is_finite()).map(|size| (size, node.span.clone())));
        }
    }
    numbers.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, span)| span)
}

/// A mistake about a number that an element type cannot hold.
pub(super) fn unheld(why: &str, of: Option<&str>, span: Span) -> Diagnostic {
    let label = of.map_or("its operator would give infinity or zero".into(), |of| {
        format!("a coefficient of {of} follows from this")
    });
    Diagnostic::new(span, why, label).help("give `dtype = \"float64\"`, or scale the problem")
}

/// Builds the program of an operator: its data, and the number of its primitives. `place` tells where
/// a coefficient comes from that its type cannot hold, and from the parameters of which operator.
pub(super) fn programmed<'a>(
    op: &Op,
    span: &Span,
    what: &str,
    place: &dyn Fn(C128) -> (Span, Option<&'a str>),
    out: &mut Diagnostics,
) -> Option<(ArrayType, usize)> {
    match operators::program(op.as_ref()) {
        Ok(program) => {
            if let Some((c, why)) = program.unheld() {
                let (span, of) = place(c);
                out.push(unheld(&why, of, span));
                return None;
            }
            let size = program.graph.nodes().len();
            program.output_types().into_iter().next().map(|data| (data, size))
        }
        Err(error) => {
            let message = format!("`{what}` cannot be applied to its model");
            out.push(Diagnostic::new(span.clone(), message, error.to_string()));
            None
        }
    }
}

fn done<'a, S, T>(
    specs: &'a [(Spanned<String>, S)],
    states: &'a [Resolution<T>],
) -> impl Iterator<Item = (&'a str, &'a T)> {
    let both = specs.iter().zip(states);
    both.filter_map(|((name, _), state)| Some((name.value.as_str(), state.done()?)))
}

/// Names written in the file, without those made by an application.
fn written<'a, T>(
    document: &'a Document,
    things: &'a [(Spanned<String>, T)],
) -> impl Iterator<Item = &'a str> {
    let stands = |name: &Spanned<String>| document.source.slice(&name.span).contains(&name.value);
    things.iter().filter(move |(name, _)| stands(name)).map(|(name, _)| name.value.as_str())
}

fn unknown_operator(document: &Document, name: &str, span: &Span) -> Diagnostic {
    if document.array(name).is_some() {
        let message = format!("`{name}` is an array, not an operator");
        let help = format!("`{{ type = \"MatrixMult\", A = \"{name}\" }}` makes an operator of it");
        return Diagnostic::new(span.clone(), message, "expected an operator").help(help);
    }
    let operators = written(document, &document.operators);
    let known: Vec<&str> = operators.chain(written(document, &document.params)).collect();
    let message = format!("unknown operator `{name}`");
    let label = "neither in `[operators]` nor in `[params]`";
    Diagnostic::new(span.clone(), message, label).did_you_mean(name, &known)
}

fn unknown_type(name: &Spanned<String>) -> Diagnostic {
    for (list, what) in
        [(operators::OPERATORS_NOT_YET, "operator"), (application::NOT_YET, "workflow")]
    {
        if operators::is_listed(&name.value, list) {
            return operators::not_there_yet(what, "PyLops", name);
        }
    }
    let known: Vec<&str> = operators::ENTRIES.iter().map(|e| e.name).collect();
    let message = format!("unknown operator type `{}`", name.value);
    let mistake = Diagnostic::new(name.span.clone(), message, "not a known operator");
    let bare = operators::bare(&name.value);
    let mistake = mistake.did_you_mean(bare, &known);
    if let Some((other, here)) =
        operators::HERE_AS.iter().find(|(o, _)| o.eq_ignore_ascii_case(bare))
    {
        return mistake.help(format!("`{other}` is {here} here"));
    }
    if mistake.help.is_some() { mistake } else { mistake.help("`pylopsd ops` lists them") }
}
