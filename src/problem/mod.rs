//! From a problem file to a typed problem: names resolved, headers read, dims and dtypes checked.
//!
//! Everything of a file is resolved at once, so that all mistakes are shown together. What depends
//! on a mistake stays silent about it. No array data are read, but those of a stream.

pub mod application;
mod apply;
mod arrays;
mod elementwise;
mod expect;
mod expression;
mod fit;
mod formula;
mod guard;
mod names;
mod outputs;
mod postfix;
mod reductions;
mod signals;
mod solve;
mod spikes;
mod synthetics;
#[cfg(test)]
mod tests;
mod unused;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use apply::AppliedOperator;
pub use guard::{Clash, Guard};
pub use outputs::{Made, Output, OutputSource};
pub use solve::{Regularization, Solve};

use crate::io::{Array, Inputs};
use crate::operators::Op;
use crate::scalar::DType;
use crate::solvers::read_solver;
use crate::space::ArrayType;
use crate::spec::{Diagnostic, Diagnostics, Document, ExpectSpec, Quantity, RunSpec};
use application::Expanded;
use names::Names;

/// A checked problem, ready to run.
#[derive(Debug)]
pub struct Problem {
    /// The file that it comes from.
    pub document: Arc<Document>,
    /// A title for people.
    pub title: Option<String>,
    /// Default element type.
    pub dtype: DType,
    /// What is solved.
    pub solve: Option<Solve>,
    /// Further solves by name, of which outputs can be made.
    pub solves: Vec<(String, Solve)>,
    /// What is written, in the order of the file.
    pub outputs: Vec<Output>,
    /// What a regression run must find.
    pub expect: Vec<ExpectSpec>,
    /// For each expectation its reference file, in the dims of the output.
    pub references: Vec<Option<Array>>,
    /// How it runs.
    pub run: RunSpec,
    /// The folder of scratch files, if the file names one.
    pub scratch: Option<PathBuf>,
    /// What runs, but is probably not what was meant.
    pub warnings: Diagnostics,
    /// Warnings about what nothing of the file uses.
    pub unused: Vec<Diagnostic>,
    names: Names,
}

impl Problem {
    /// Resolves and checks a whole problem file; all mistakes at once.
    pub fn load(document: Document) -> Result<Problem, Diagnostics> {
        Problem::load_with(document, None, &Arc::default())
    }

    /// The same, with relative outputs in another folder than the file's, and inputs that may have
    /// been sent.
    pub fn load_with(
        document: Document,
        out_dir: Option<&Path>,
        inputs: &Arc<Inputs>,
    ) -> Result<Problem, Diagnostics> {
        not_empty(&document)?;
        let solvers = solver_mistakes(&document);
        let Expanded { document, names: seen, warnings } =
            application::expanded_with_names(document, inputs).map_err(|mut mistakes| {
                mistakes.append(solvers);
                mistakes
            })?;
        let document = Arc::new(document);
        let mut out = document.diagnostics();
        out.append(warnings);
        let mut names = Names::new(document.clone(), inputs.clone());
        let written = seen.as_ref().map_or_else(|| document.clone(), |s| s.document().clone());
        if let Some(seen) = seen {
            names.adopt(seen);
        }
        names.resolve_all(&mut out);
        arrays::check_fetch(&document, &mut out);
        check_solved(&document, &mut out);
        let spec = document.solve.as_ref();
        if let (None, Some((solver, params))) = (spec, &document.solver) {
            read_solver(solver, params, &mut out);
        }
        let solve = spec.and_then(|spec| solve::read(spec, &mut names, &mut out));
        let mut solves: Vec<(String, Solve)> = Vec::new();
        for (name, spec) in &document.solves {
            names.read_for(Some(&name.value));
            let read = solve::read(spec, &mut names, &mut out);
            // Its mistakes are told, but one that no output is made of is not solved.
            let read = read.filter(|_| outputs::are_made_of(&document, &name.value));
            solves.extend(read.map(|solve| (name.value.clone(), solve)));
        }
        names.read_for(None);
        for (name, _) in &document.solves {
            if name.value == "model" || names.built_array(&name.value).is_some() {
                let message = format!("`{}` names something else too", name.value);
                let label = "an output made of it could mean an array or the model";
                out.push(
                    Diagnostic::new(name.span.clone(), message, label).help("give it another name"),
                );
            }
        }
        let (first, further) = (solve.as_ref(), solves.as_slice());
        let outputs = outputs::read(&document, first, further, &mut names, out_dir, &mut out);
        let references = expect::read(&document, first, &outputs, inputs, &mut out);
        let scratch = outputs::scratch(&document, &mut out);
        if !out.is_empty() {
            return Err(out);
        }
        for document in [&document, &written] {
            names.note_params(document);
        }
        Ok(Problem {
            title: document.title.as_ref().map(|t| t.value.clone()),
            dtype: names.dtype(),
            solve,
            solves,
            outputs,
            expect: document.expect.clone(),
            references,
            run: document.run.clone(),
            scratch,
            warnings: out,
            unused: unused::warnings(&document, &written, &names),
            names,
            document,
        })
    }

    /// Where its inputs are read.
    pub fn inputs(&self) -> &Inputs {
        self.names.inputs()
    }

    /// The places that it must not write.
    pub fn guard(&self) -> Guard {
        Guard::new(&self.document)
    }

    /// An error that names the outputs which cannot be written where they should go.
    pub fn check_writable(&self) -> Result<(), Diagnostics> {
        let mut out = self.diagnostics();
        outputs::check_writable(&self.outputs, &mut out);
        out.or(())
    }

    /// An operator by name.
    pub fn operator(&self, name: &str) -> Option<&Op> {
        self.names.built_operator(name).map(|built| &built.op)
    }

    /// Dims and element type of a named operator's data.
    pub fn operator_data(&self, name: &str) -> Option<&ArrayType> {
        self.names.built_operator(name).map(|built| &built.data)
    }

    /// Operators in the order of the file.
    pub fn operators(&self) -> impl Iterator<Item = (&str, &Op)> {
        self.names.operators().map(|(name, built)| (name, &built.op))
    }

    /// An array by name.
    pub fn array(&self, name: &str) -> Option<&Array> {
        self.names.built_array(name)
    }

    /// Arrays in the order of the file.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &Array)> {
        self.names.arrays()
    }

    /// An operator by an expression over this problem, as after `--operator`.
    pub fn resolve_expression(&mut self, option: &str, text: &str) -> Result<Op, Diagnostics> {
        let mut document = Document::clone(&self.document);
        let expression = document.add_expression(option, text)?;
        self.document = Arc::new(document);
        self.names.set_document(self.document.clone());
        let mut out = self.document.diagnostics();
        match self.names.expression(&expression.value, None, &mut out) {
            Some(built) => out.or(built.op),
            None => Err(out),
        }
    }

    /// An empty collection for mistakes in this problem.
    pub fn diagnostics(&self) -> Diagnostics {
        self.document.diagnostics()
    }
}

/// What is wrong with the solvers of a file, whatever they are to solve.
fn solver_mistakes(document: &Document) -> Diagnostics {
    let mut out = document.diagnostics();
    let further = document.solves.iter().map(|(_, spec)| (&spec.solver, &spec.solver_params));
    let first = document.solver.iter().map(|(solver, params)| (solver, params));
    for (solver, params) in first.chain(further) {
        read_solver(solver, params, &mut out);
    }
    out
}

/// Refuses a file that describes nothing.
fn not_empty(document: &Document) -> Result<(), Diagnostics> {
    let told = ["application", "arrays", "operators", "solve", "solves", "outputs"];
    // An empty table tells nothing, but those that miss something of their own say so.
    let tells = |key: &&str| match document.root.get(key).map(|node| (node, node.as_table())) {
        Some((_, Some(table))) => {
            !table.entries.is_empty() || ["application", "solve"].contains(key)
        }
        found => found.is_some(),
    };
    if told.iter().any(tells) {
        return Ok(());
    }
    let mut out = document.diagnostics();
    let message = "the problem file describes nothing";
    let label = "expected `[arrays]`, `[operators]` and `[solve]`";
    let help = "see README.md and `specs/` for problem files";
    out.push(Diagnostic::new(0..0, message, label).help(help));
    Err(out)
}

/// Refuses expectations of what a file does not do: of a solve without one, of nothing at all.
fn check_solved(document: &Document, out: &mut Diagnostics) {
    if document.has_solve() {
        return;
    }
    if document.outputs.is_empty() && !document.expect.is_empty() {
        let message = "expectations need a solve or outputs, and the file has neither";
        let span = document.root.key_span("expect");
        out.push(Diagnostic::new(span, message, "nothing would look at this"));
        return;
    }
    for expect in &document.expect {
        let ExpectSpec::Quantity { quantity, .. } = expect else { continue };
        if quantity.value == Quantity::PeakBytes {
            continue;
        }
        let name = quantity.value.name();
        let message = format!("`{name}` needs a solve, and the file has no `[solve]`");
        let label = "a quantity of `[solve]`";
        let help = match quantity.value {
            Quantity::Dottest => "`pylopsd dottest FILE` tests every operator of the file",
            _ => "an `[[expect]]` with an `output` compares what is written",
        };
        out.push(Diagnostic::new(quantity.span.clone(), message, label).help(help));
    }
}

/// A path of the problem file.
fn path_in(folder: &Path, path: &str) -> PathBuf {
    folder.join(path)
}
