//! The list of solvers, and their parameters from a `[solve]` table.

use schemars::JsonSchema;

use crate::io::narrow::unheld;
use crate::operators::{Key, bare, ignored, is_listed, not_there_yet};
use crate::problem::Solve;
use crate::solvers::cg::Cg;
use crate::solvers::cgls::Cgls;
use crate::solvers::direct::{Direct, MOST_ENTRIES};
use crate::solvers::lsqr::Lsqr;
use crate::spec::{
    Diagnostic, Diagnostics, Document, ParamTable, SOLVE_KEYS, Spanned, deserialize, nearest,
};

/// A solver with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// Conjugate gradients.
    Cg(Cg),
    /// Conjugate gradients for least squares.
    Cgls(Cgls),
    /// Golub-Kahan bidiagonalisation for least squares.
    Lsqr(Lsqr),
    /// A dense solve.
    Direct(Direct),
}

impl Method {
    /// The solver's name.
    pub fn name(&self) -> &'static str {
        match self {
            Method::Cg(_) => "cg",
            Method::Cgls(_) => "cgls",
            Method::Lsqr(_) => "lsqr",
            Method::Direct(_) => "direct",
        }
    }

    /// The damping.
    pub fn damp(&self) -> f64 {
        match self {
            Method::Cgls(p) => p.damp,
            Method::Lsqr(p) => p.damp,
            Method::Cg(_) | Method::Direct(_) => 0.0,
        }
    }

    /// Most iterations.
    pub fn niter(&self) -> usize {
        match self {
            Method::Cg(p) => p.niter,
            Method::Cgls(p) => p.niter,
            Method::Lsqr(p) => p.niter,
            Method::Direct(_) => 0,
        }
    }

    /// Model and data vectors that the solver holds at its fullest.
    pub fn vectors(&self) -> (usize, usize) {
        match self {
            Method::Cg(_) => (4, 0),
            Method::Cgls(_) => (3, 2),
            Method::Lsqr(_) => (4, 2),
            Method::Direct(_) => (1, 1),
        }
    }

    /// Whether the adjoint is applied.
    pub fn needs_adjoint(&self) -> bool {
        matches!(self, Method::Cgls(_) | Method::Lsqr(_))
    }
}

/// One solver of the list.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Its documentation, with a one-line summary first.
    pub documentation: fn() -> String,
    /// Its parameters.
    pub keys: fn() -> Vec<Key>,
}

fn text<P: JsonSchema>() -> String {
    schemars::schema_for!(P).to_value()["description"].as_str().unwrap_or_default().to_string()
}

fn keys<P: JsonSchema>() -> Vec<Key> {
    Key::list(&schemars::schema_for!(P).to_value())
}

/// Every solver, sorted by name.
pub const ENTRIES: &[Entry] = &[
    Entry { name: "auto", documentation: auto_text, keys: auto_keys },
    Entry { name: "cg", documentation: text::<Cg>, keys: keys::<Cg> },
    Entry { name: "cgls", documentation: text::<Cgls>, keys: keys::<Cgls> },
    Entry { name: "direct", documentation: direct_text, keys: keys::<Direct> },
    Entry { name: "lsqr", documentation: text::<Lsqr>, keys: keys::<Lsqr> },
];

/// Most iterations of `auto`.
const AUTO_NITER: usize = 100;

fn auto_text() -> String {
    "The solver that fits: `direct` for a small MatrixMult, otherwise `lsqr` with 100 iterations.\n\n\
     It is the default, and PyLops' `A / y`. Keys are those of `lsqr`; with any of them, with `x0`, a weight, \
     regularization or a preconditioner, it is `lsqr` in any case. With `normal_equations = true` it is `cg` \
     with 100 iterations, `tol = 0.0` and `rtol = 1e-8`, which takes no key of `lsqr` but `niter`, `tol` and \
     `rtol`; with another, `lsqr`."
        .to_string()
}

fn auto_keys() -> Vec<Key> {
    let mut keys = keys::<Lsqr>();
    for key in keys.iter_mut().filter(|key| key.name == "niter") {
        key.default = Some(AUTO_NITER.into());
    }
    keys
}

fn direct_text() -> String {
    text::<Direct>().split_once("\n\n").map(|(_, t)| t.to_string()).unwrap_or_default()
}

/// Solvers of PyLops, SciPy and PyProximal that are not there yet, sorted.
pub const NOT_YET: &[&str] = &[
    "admm",
    "admml2",
    "fista",
    "hqs",
    "irls",
    "ista",
    "linearizedadmm",
    "lsmr",
    "minres",
    "omp",
    "primaldual",
    "proximalgradient",
    "spgl1",
    "splitbregman",
];

/// Parameters of PyLops' solvers that say how they run and what they print, not what they give.
const EXECUTION: [&str; 4] = ["engine", "itershow", "preallocate", "show"];

/// A solver by name.
pub fn entry(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|e| e.name == name)
}

/// The solver and its parameters as the table writes them; `None` if mistakes were reported.
fn parse(
    name: &Spanned<String>,
    params: &ParamTable,
    diagnostics: &mut Diagnostics,
) -> Option<Asked> {
    let names: Vec<&str> = ENTRIES.iter().map(|e| e.name).collect();
    let Some(entry) = entry(&name.value) else {
        if is_listed(&name.value, NOT_YET) {
            diagnostics.push(not_there_yet("solver", name));
            return None;
        }
        let message = format!("there is no solver `{}`", name.value);
        let label = format!("expected one of {}", names.join(", "));
        let mut diagnostic = Diagnostic::new(name.span.clone(), message, label);
        // The label lists them all.
        let near = nearest(bare(&name.value), names.iter().copied());
        diagnostic.help = near.map(|near| format!("did you mean `{near}`?"));
        diagnostics.push(diagnostic);
        // Keys that no solver has are wrong whichever is meant.
        let all: Vec<String> = ENTRIES.iter().flat_map(|e| (e.keys)()).map(|k| k.name).collect();
        let known: Vec<&str> = all.iter().map(String::as_str).chain(SOLVE_KEYS).collect();
        for key in params.keys().filter(|key| !known.contains(key)) {
            let message = format!("unknown key `{key}`");
            let diagnostic =
                Diagnostic::new(params.key_span(key), message, "not a key of `[solve]`");
            diagnostics.push(diagnostic.did_you_mean(key, &known));
        }
        return None;
    };
    let keys = (entry.keys)();
    // The table's common keys were read before; they serve to guess what a misspelt one means.
    let known: Vec<&str> = keys.iter().map(|k| k.name.as_str()).chain(SOLVE_KEYS).collect();
    for key in EXECUTION.iter().filter(|key| params.get(key).is_some()) {
        diagnostics.warn(ignored(params, key, "the solver"));
    }
    let mut table = params.without(&EXECUTION);
    table.owner = format!("solver `{}`", name.value);
    let before = diagnostics.len();
    let asked = match name.value.as_str() {
        "cg" => Asked::Cg(deserialize(&table, &known, &[], diagnostics)?),
        "direct" => Asked::Direct(deserialize(&table, &known, &[], diagnostics)?),
        "cgls" => Asked::Cgls(deserialize(&table, &known, &[], diagnostics)?),
        "lsqr" => Asked::Lsqr(deserialize(&table, &known, &[], diagnostics)?),
        _ => Asked::Auto(deserialize(&table, &known, &[], diagnostics)?),
    };
    let limits = match &asked {
        Asked::Cg(p) => vec![("tol", p.tol), ("rtol", p.rtol)],
        Asked::Cgls(p) => vec![("tol", p.tol), ("rtol", p.rtol), ("damp", p.damp)],
        Asked::Lsqr(p) | Asked::Auto(p) => p.limits(),
        Asked::Direct(_) => vec![],
    };
    for (key, value) in limits {
        if !(value >= 0.0 && value.is_finite()) {
            let label = "expected a finite number that is not negative";
            let message = format!("wrong value of `{key}`");
            diagnostics.push(Diagnostic::new(table.span_of(key), message, label));
        }
    }
    (diagnostics.len() == before).then_some(asked)
}

enum Asked {
    Cg(Cg),
    Cgls(Cgls),
    Lsqr(Lsqr),
    Direct(Direct),
    Auto(Lsqr),
}

/// Reports what is wrong with a `[solve]` table's solver and its parameters.
pub fn check_parameters(document: &Document, diagnostics: &mut Diagnostics) {
    if let Some((name, params)) = &document.solver {
        parse(name, params, diagnostics);
    }
    for (_, solve) in &document.solves {
        parse(&solve.solver, &solve.solver_params, diagnostics);
    }
}

/// The solver that a `[solve]` table asks for; `None` if mistakes were reported.
pub fn method(solve: &Solve, diagnostics: &mut Diagnostics) -> Option<Method> {
    let asked = parse(&solve.solver, &solve.solver_params, diagnostics)?;
    let entries = solve.data_type.len().saturating_mul(solve.model_type.len());
    let given = |key: &str| solve.solver_params.get(key).is_some();
    let plain = solve.is_plain();
    let method = match asked {
        Asked::Cg(p) => Method::Cg(p),
        Asked::Cgls(p) => Method::Cgls(p),
        Asked::Lsqr(p) => Method::Lsqr(p),
        Asked::Direct(p) => Method::Direct(p),
        Asked::Auto(_)
            if solve.operator.is_explicit()
                && plain
                && solve.x0.is_none()
                && solve.solver_params.entries.is_empty()
                && entries <= MOST_ENTRIES / 4 =>
        {
            Method::Direct(Direct::default())
        }
        Asked::Auto(p) => {
            let niter = if given("niter") { p.niter } else { AUTO_NITER };
            let own = ["damp", "atol", "btol", "conlim"];
            if solve.normal_equations && !own.into_iter().any(given) {
                let rtol = if given("rtol") { p.rtol } else { 1e-8 };
                Method::Cg(Cg { niter, tol: p.tol, rtol })
            } else {
                Method::Lsqr(Lsqr { niter, ..p })
            }
        }
    };
    let (damp, dtype) = (method.damp(), solve.model_type.dtype);
    if let Some(why) = unheld(damp.into(), dtype) {
        let span = solve.solver_params.span_of("damp");
        let label = format!("the model is {dtype}");
        let help = "give `dtype = \"float64\"`, or scale the problem";
        diagnostics.push(Diagnostic::new(span, format!("`damp`: {why}"), label).help(help));
        return None;
    }
    let mut refuse = |message: &str, label: &str, help: &str| {
        let span = solve.solver.span.clone();
        diagnostics.push(Diagnostic::new(span, message, label).help(help));
    };
    match &method {
        Method::Cg(_) if !solve.normal_equations => {
            let label = "conjugate gradients solve one square, self-adjoint system";
            let help = "take `solver = \"cgls\"`, or `normal_equations = true`";
            if solve.data_type.len() != solve.model_type.len() {
                refuse("`cg` needs a square operator", label, help);
                return None;
            } else if solve.data_type != solve.model_type {
                let (model, data) = (&solve.model_type, &solve.data_type);
                let message = format!("`cg` needs a model and data alike, not {model} and {data}");
                refuse(&message, label, help);
                return None;
            } else if !plain {
                refuse("`cg` with regularization, weight or preconditioner", label, help);
                return None;
            }
        }
        Method::Direct(p) if !p.columns && entries > MOST_ENTRIES => {
            let message = format!("the matrix has {entries} entries");
            let label = format!("at most {MOST_ENTRIES} entries are solved directly");
            refuse(&message, &label, "take `solver = \"cgls\"`");
            return None;
        }
        _ => {}
    }
    Some(method)
}
