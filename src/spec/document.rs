//! A whole problem file as typed tables.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::arrays::{self, ArraySpec};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::expect::{self, ExpectSpec};
use super::expr::{self, Expr};
use super::header;
use super::listed::Listed;
use super::misplaced;
use super::node::{self, NodeValue, ParamTable, TomlNode};
use super::number::Params;
use super::operators::{self, OperatorSpec, OperatorTable};
use super::overrides;
use super::param_table::{self, Named};
use super::reader::{self, Reader, wrong};
use super::run::{self, OutputSpec, RunSpec};
use super::solve::{self, SolveSpec};
use super::source::{SourceText, Spanned};
use crate::scalar::DType;

/// `[application]`: its type, and its parameters for the application's own type.
pub type ApplicationSpec = OperatorTable;

/// A problem file that is right in itself: names are not resolved, no file has been opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The texts that spans are in.
    pub source: Arc<SourceText>,
    /// All of it as it was read, with what the command line has set.
    pub root: ParamTable,
    /// An application, shorthand for arrays, operators and outputs.
    pub application: Option<ApplicationSpec>,
    /// A title for people.
    pub title: Option<Spanned<String>>,
    /// Default element type.
    pub dtype: Option<Spanned<DType>>,
    /// Named numbers, in the order of the file.
    pub params: Listed<f64>,
    /// By param, the params that its formula names.
    pub param_uses: Vec<(String, Vec<String>)>,
    /// Arrays, in the order of the file.
    pub arrays: Listed<ArraySpec>,
    /// Operators, in the order of the file.
    pub operators: Listed<OperatorSpec>,
    /// What is solved.
    pub solve: Option<SolveSpec>,
    /// Further solves by name.
    pub solves: Vec<(Spanned<String>, SolveSpec)>,
    /// How it runs.
    pub run: RunSpec,
    /// What is written.
    pub outputs: Vec<OutputSpec>,
    /// What a regression run must find.
    pub expect: Vec<ExpectSpec>,
    /// Public files that may be missing, by path, and where to fetch them.
    pub fetch: Vec<(Spanned<String>, String)>,
    /// Names of parameters, arrays and operators whose own mistakes were reported.
    pub broken: HashSet<String>,
    /// The solver of `[solve]` and its own parameters, also where the rest of the table is wrong.
    pub solver: Option<(Spanned<String>, ParamTable)>,
}

impl Document {
    /// Reads a problem file, with `PATH=VALUE` overrides from the command line.
    pub fn parse(source: SourceText, overrides: &[String]) -> Result<Document, Diagnostics> {
        match Document::parse_partly(source, overrides) {
            (Some(document), mistakes) => mistakes.or(document),
            (None, mistakes) => Err(mistakes),
        }
    }

    /// The same, with whatever of the file can be read beside its mistakes.
    pub fn parse_partly(
        mut source: SourceText,
        overrides: &[String],
    ) -> (Option<Document>, Diagnostics) {
        let mut mistakes = Diagnostics::new(Arc::default());
        let mut root = node::parse_document(&source, &mut mistakes);
        for text in overrides {
            let change = overrides::parse(&mut source, text, &mut mistakes);
            if let Some((root, change)) = root.as_mut().zip(change)
                && let Err(mistake) = overrides::apply(root, change)
            {
                mistakes.push(mistake);
            }
        }
        let mut out = Diagnostics::new(Arc::new(source));
        out.append(mistakes);
        let document = root.map(|root| read(root, &mut out));
        (document, out)
    }

    /// Reads a document from tables with places in a source.
    pub fn from_table(root: ParamTable, source: Arc<SourceText>) -> (Document, Diagnostics) {
        let mut out = Diagnostics::new(source);
        let document = read(root, &mut out);
        (document, out)
    }

    /// The document as the text of a problem file, without comments, `--set` in its place, and with
    /// numbers in place of formulas that were read as such.
    pub fn to_toml(&self) -> String {
        let mut root = self.root.clone();
        let params = root.entries.iter_mut().find(|(key, _)| key.value == "params");
        if let Some((_, TomlNode { value: NodeValue::Table(table), .. })) = params {
            for (name, node) in &mut table.entries {
                if let (NodeValue::String(..), Some(x)) = (&node.value, self.param(&name.value)) {
                    node.value = NodeValue::Float(x);
                }
            }
        }
        root.to_toml()
    }

    /// An empty collection for mistakes in this document.
    pub fn diagnostics(&self) -> Diagnostics {
        Diagnostics::new(self.source.clone())
    }

    /// Whether the file says that something is solved for, rightly or not.
    pub fn has_solve(&self) -> bool {
        ["solve", "application"].iter().any(|key| self.root.get(key).is_some())
    }

    /// The folder that paths in the file are relative to.
    pub fn folder(&self) -> PathBuf {
        self.source.folder()
    }

    /// A number of `[params]`.
    pub fn param(&self, name: &str) -> Option<f64> {
        self.params.named(name).copied()
    }

    /// An array by name.
    pub fn array(&self, name: &str) -> Option<&ArraySpec> {
        self.arrays.named(name)
    }

    /// An operator by name.
    pub fn operator(&self, name: &str) -> Option<&OperatorSpec> {
        self.operators.named(name)
    }

    /// Parses an expression over this document's operators from the command line, as after
    /// `--operator`; mistakes in its names can then be reported like those of the file.
    pub fn add_expression(
        &mut self,
        option: &str,
        text: &str,
    ) -> Result<Spanned<Expr>, Diagnostics> {
        let start = Arc::make_mut(&mut self.source).add_argument(option, text);
        let span = start..start + text.len();
        expr::parse(text, Some(start), &span).map(|e| Spanned::new(e, span)).map_err(|mistake| {
            let mut out = self.diagnostics();
            out.push(mistake);
            out
        })
    }
}

fn read(root: ParamTable, out: &mut Diagnostics) -> Document {
    let root = header::mended(&root, out).unwrap_or(root);
    let root = misplaced::mended(&root, out).unwrap_or(root);
    let source = out.source().clone();
    let mut root = root;
    let Named { values: params, uses: param_uses } = match root.get("params").map(|n| &n.value) {
        Some(NodeValue::Table(table)) => param_table::read(table, out),
        _ => Named::default(),
    };
    name_params(&mut root, &params);
    let mut r = Reader::new(&root, "a problem file", out);
    let application = r.node("application").and_then(|node| read_application(node, r.out));
    let partial = root.get("application").is_some();
    let title = r.read("title", reader::string);
    let dtype = r.read("dtype", reader::dtype);
    if let Some(node) = r.node("params").filter(|node| node.as_table().is_none()) {
        r.out.push(wrong(node, "params", "a table"));
    }
    let arrays: Listed<ArraySpec> = named(&mut r, "arrays", arrays::read);
    let operators: Listed<OperatorSpec> = named(&mut r, "operators", |name, node, out| {
        out.take(operators::check_name(name, "an operator"));
        operators::read(name, node, out)
    });
    let table = r.node("solve");
    let solver = table.and_then(solve::solver);
    let solve = table.and_then(|node| solve::read(node, partial, r.out));
    let solves = named(&mut r, "solves", |_, node, out| solve::read(node, false, out));
    let run = r.node("run").map(|node| run::read_run(node, r.out)).unwrap_or_default();
    let outputs = r.node("outputs").map(|node| run::read_outputs(node, partial, r.out));
    let fetch = named(&mut r, "fetch", |name, node, out| {
        out.take(reader::name(node, &name.value)).map(|from| from.value)
    });
    let expect = r.node("expect").map(|node| expect::read(node, r.out)).unwrap_or_default();
    r.finish();
    let broken = broken(&root, &params, &arrays, &operators);
    let names = operators.iter().map(|(name, _)| (name, "an operator"));
    for (name, what) in names.chain(arrays.iter().map(|(name, _)| (name, "an array"))) {
        if let Some((param, _)) = params.entry(&name.value) {
            let message = format!("`{}` names two things", name.value);
            out.push(
                Diagnostic::new(name.span.clone(), message, what)
                    .also(param.span.clone(), "a parameter"),
            );
        }
    }
    Document {
        source,
        root,
        application,
        title,
        dtype,
        params,
        param_uses,
        arrays,
        operators,
        solve,
        solves,
        run,
        outputs: outputs.unwrap_or_default(),
        expect,
        fetch,
        broken,
        solver,
    }
}

/// Lets every string that may be a formula name the params.
fn name_params(root: &mut ParamTable, params: &Listed<f64>) {
    let names = |key: &str| -> HashSet<String> {
        let table = root.get(key).and_then(TomlNode::as_table);
        table.map(|t| t.keys().map(str::to_string).collect()).unwrap_or_default()
    };
    let values: HashMap<String, f64> =
        params.iter().map(|(name, value)| (name.value.clone(), *value)).collect();
    let broken = names("params").into_iter().filter(|n| !values.contains_key(n)).collect();
    let all = Arc::new(Params::new(values, broken, names("arrays")));
    let others = root.entries.iter_mut().filter(|(key, _)| key.value != "params");
    others.for_each(|(_, node)| node.attach(&all));
}

fn read_application(node: &TomlNode, out: &mut Diagnostics) -> Option<ApplicationSpec> {
    let Some(table) = node.as_table() else {
        out.push(wrong(node, "application", "a table with a `type`"));
        return None;
    };
    let mut r = Reader::new(table, "`[application]`", out);
    let type_name = r.require("type", reader::name);
    r.finish_open(&[]);
    let type_name = type_name?;
    let mut params = table.without(&["type"]);
    params.owner = format!("application `{}`", type_name.value);
    let span = node.span.clone();
    Some(OperatorTable { type_name, params, dtype: None, chunks: None, span })
}

/// Names of the parameters, arrays and operators of the file that could not be read.
fn broken(
    root: &ParamTable,
    params: &Listed<f64>,
    arrays: &Listed<ArraySpec>,
    operators: &Listed<OperatorSpec>,
) -> HashSet<String> {
    let names = |key: &str| -> Vec<String> {
        let table = root.get(key).and_then(TomlNode::as_table);
        table.map(|t| t.keys().map(str::to_string).collect()).unwrap_or_default()
    };
    let params = names("params").into_iter().filter(|n| params.number(n).is_none());
    let arrays = names("arrays").into_iter().filter(|n| arrays.number(n).is_none());
    let operators = names("operators").into_iter().filter(|n| operators.number(n).is_none());
    params.chain(arrays).chain(operators).collect()
}

/// A table of things by name.
fn named<T, L: FromIterator<(Spanned<String>, T)>>(
    r: &mut Reader<'_, '_>,
    key: &'static str,
    mut read: impl FnMut(&Spanned<String>, &TomlNode, &mut Diagnostics) -> Option<T>,
) -> L {
    let none = || std::iter::empty().collect();
    let Some(node) = r.node(key) else { return none() };
    let Some(table) = node.as_table() else {
        r.out.push(wrong(node, key, "a table"));
        return none();
    };
    let entries = table.entries.iter();
    entries.filter_map(|(name, node)| Some((name.clone(), read(name, node, r.out)?))).collect()
}
