//! The list of solvers, and their parameters from a `[solve]` table.

use std::fmt::Debug;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::io::narrow::unheld;
use crate::operators::{Key, bare, ignored, is_listed, not_there_yet};
use crate::solvers::cg::Cg;
use crate::solvers::cgls::Cgls;
use crate::solvers::direct::{Direct, MOST_ENTRIES};
use crate::solvers::iterate::Solver;
use crate::solvers::lsmr::Lsmr;
use crate::solvers::lsqr::Lsqr;
use crate::solvers::method::{Method, Refusal};
use crate::space::ArrayType;
use crate::spec::{Diagnostic, Diagnostics, ParamTable, SOLVE_KEYS, Spanned, deserialize, nearest};

/// One solver of the list.
#[derive(Debug)]
pub struct Entry {
    /// Value of `solver` in `[solve]` that selects it.
    pub name: &'static str,
    /// Its documentation, with a one-line summary first.
    pub documentation: fn() -> String,
    /// Its parameters.
    pub keys: fn() -> Vec<Key>,
    read: Read,
}

/// Reads parameters from a table; the list names all known keys.
type Read = fn(&ParamTable, &[&str], &mut Diagnostics) -> Option<Box<dyn Asked>>;

/// The parameters of a solver, as given in a table.
trait Asked: Debug {
    /// Chooses the solver for some equations.
    fn method(self: Box<Self>, equations: &Equations<'_>, given: &ParamTable) -> Arc<dyn Method>;
}

/// The parameters of a single solver are that solver.
impl<M: Method + 'static> Asked for M {
    fn method(self: Box<Self>, _: &Equations<'_>, _: &ParamTable) -> Arc<dyn Method> {
        Arc::new(*self)
    }
}

impl Entry {
    /// An entry that is documented by the type of its parameters.
    const fn of<P: Asked + JsonSchema + DeserializeOwned + Serialize + 'static>(
        name: &'static str,
    ) -> Entry {
        Entry { name, documentation: text::<P>, keys: keys::<P>, read: read::<P> }
    }
}

fn text<P: JsonSchema>() -> String {
    schemars::schema_for!(P).to_value()["description"].as_str().unwrap_or_default().to_string()
}

fn keys<P: JsonSchema>() -> Vec<Key> {
    Key::list(&schemars::schema_for!(P).to_value())
}

fn read<P: Asked + DeserializeOwned + Serialize + 'static>(
    table: &ParamTable,
    known: &[&str],
    out: &mut Diagnostics,
) -> Option<Box<dyn Asked>> {
    let before = out.len();
    let asked = deserialize::<P>(table, known, &[], out)?;
    // JSON has no NaN and no infinity.
    let wrong =
        |value: &serde_json::Value| value.is_null() || value.as_f64().is_some_and(|x| x < 0.0);
    let numbers = serde_json::to_value(&asked).unwrap_or_default();
    for (key, _) in numbers.as_object().into_iter().flatten().filter(|(_, value)| wrong(value)) {
        if table.get(key).is_some() {
            let label = "expected a finite, non-negative number";
            let message = format!("invalid value for `{key}`");
            out.push(Diagnostic::new(table.span_of(key), message, label));
        }
    }
    (out.len() == before).then(|| Box::new(asked) as Box<dyn Asked>)
}

/// Every solver, sorted by name.
pub const ENTRIES: &[Entry] = &[
    Entry { documentation: auto_text, keys: auto_keys, ..Entry::of::<Auto>("auto") },
    Entry::of::<Cg>(Cg::NAME),
    Entry::of::<Cgls>(Cgls::NAME),
    Entry { documentation: direct_text, ..Entry::of::<Direct>("direct") },
    Entry::of::<Lsmr>(Lsmr::NAME),
    Entry::of::<Lsqr>(Lsqr::NAME),
];

/// Most iterations of `auto`.
const AUTO_NITER: usize = 100;

/// Chooses a solver.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(transparent)]
struct Auto(Lsqr);

impl Asked for Auto {
    fn method(self: Box<Self>, equations: &Equations<'_>, given: &ParamTable) -> Arc<dyn Method> {
        let Auto(p) = *self;
        let bare = equations.plain && !equations.started && given.entries.is_empty();
        let given = |key: &str| given.get(key).is_some();
        if equations.explicit && bare && equations.entries() <= MOST_ENTRIES / 4 {
            return Arc::new(Direct::default());
        }
        let niter = if given("niter") { p.niter } else { AUTO_NITER };
        let own = ["damp", "atol", "btol", "conlim"];
        if equations.normal && !own.into_iter().any(given) {
            let rtol = if given("rtol") { p.rtol } else { 1e-8 };
            return Arc::new(Cg { niter, tol: p.tol, rtol });
        }
        Arc::new(Lsqr { niter, ..p })
    }
}

fn auto_text() -> String {
    "Chooses a solver: `direct` for a small MatrixMult, otherwise `lsqr` with 100 iterations.\n\n\
     The default, like PyLops' `A / y`. It takes the keys of `lsqr`. Given any of them, an `x0`, a weight, a \
     regularization or a preconditioner, it always uses `lsqr`. With `normal_equations = true` it uses `cg` \
     with 100 iterations, `tol = 0.0` and `rtol = 1e-8`, unless a key of `lsqr` other than `niter`, `tol` and \
     `rtol` is given: then it uses `lsqr`."
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

/// Solvers of PyLops, SciPy and PyProximal that are not supported yet, sorted.
pub const NOT_YET: &[&str] = &[
    "admm",
    "admml2",
    "fista",
    "hqs",
    "irls",
    "ista",
    "linearizedadmm",
    "minres",
    "omp",
    "primaldual",
    "proximalgradient",
    "spgl1",
    "splitbregman",
];

/// Those of the list that PyLops does not have.
const OF_SCIPY: [&str; 1] = ["minres"];
const OF_PYPROXIMAL: [&str; 6] =
    ["admm", "admml2", "hqs", "linearizedadmm", "primaldual", "proximalgradient"];

/// PyLops' functions that solve other equations, and the keys to use here instead.
const EQUATIONS: [(&str, &str); 3] = [
    (
        "normal_equations_inversion",
        "write `normal_equations = true` and `solver = \"cg\"`, and a `[[solve.regularization]]` for each of `Regs`",
    ),
    ("preconditioned_inversion", "write `preconditioner = \"P\"`, with any solver"),
    (
        "regularized_inversion",
        "write a `[[solve.regularization]]` for each of `Regs`, with any solver",
    ),
];

/// Parameters of PyLops' solvers that control how they run and print, not what they compute.
const EXECUTION: [&str; 4] = ["engine", "itershow", "preallocate", "show"];

/// A solver by name.
pub fn entry(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|e| e.name == name)
}

/// A solver as read from a table, not yet chosen.
#[derive(Debug)]
pub struct Chosen<'a> {
    asked: Box<dyn Asked>,
    name: &'a Spanned<String>,
    params: &'a ParamTable,
}

/// The equations that a solver is chosen for.
#[derive(Clone, Copy, Debug)]
pub struct Equations<'a> {
    /// Dims and element type of the operator's model.
    pub model: &'a ArrayType,
    /// Dims and element type of the operator's data.
    pub data: &'a ArrayType,
    /// Whether the operator is an explicit matrix.
    pub explicit: bool,
    /// Whether operator and data are solved for as they are.
    pub plain: bool,
    /// Whether the solve starts from an array.
    pub started: bool,
    /// Whether to solve the normal equations.
    pub normal: bool,
}

/// Reads the solver and its parameters; `None` if mistakes were reported.
pub fn read_solver<'a>(
    name: &'a Spanned<String>,
    params: &'a ParamTable,
    diagnostics: &mut Diagnostics,
) -> Option<Chosen<'a>> {
    let names: Vec<&str> = ENTRIES.iter().map(|e| e.name).collect();
    let Some(entry) = entry(&name.value) else {
        if is_listed(&name.value, NOT_YET) {
            let whose = match &name.value {
                name if is_listed(name, &OF_SCIPY) => "SciPy",
                name if is_listed(name, &OF_PYPROXIMAL) => "PyProximal",
                _ => "PyLops",
            };
            diagnostics.push(not_there_yet("solver", whose, name));
            return None;
        }
        let message = format!("unknown solver `{}`", name.value);
        let label = format!("expected one of {}", names.join(", "));
        let mut diagnostic = Diagnostic::new(name.span.clone(), message, label);
        // The label lists them all.
        let near = nearest(bare(&name.value), names.iter().copied());
        diagnostic.help = near.map(|near| format!("did you mean `{near}`?"));
        // PyLops has these as classes too, such as `RegularizedInversion`.
        let plain = |name: &str| bare(name).replace('_', "").to_lowercase();
        if let Some((_, help)) = EQUATIONS.iter().find(|(n, _)| plain(n) == plain(&name.value)) {
            diagnostic.help = Some((*help).to_string());
        }
        diagnostics.push(diagnostic);
        // Keys that no solver has are wrong whichever solver is meant.
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
    // The table's common keys were read before; here they help to guess what a misspelt key means.
    let known: Vec<&str> = keys.iter().map(|k| k.name.as_str()).chain(SOLVE_KEYS).collect();
    for key in EXECUTION.iter().filter(|key| params.get(key).is_some()) {
        diagnostics.warn(ignored(params, key, "the solver"));
    }
    let mut table = params.without(&EXECUTION);
    table.owner = format!("solver `{}`", name.value);
    let before = diagnostics.len();
    table.entries.retain(|(key, _)| {
        let of_another = of_others(key, &known, &table.owner);
        let own = of_another.is_none();
        of_another.into_iter().for_each(|mistake| diagnostics.push(mistake));
        own
    });
    let asked = (entry.read)(&table, &known, diagnostics)?;
    (diagnostics.len() == before).then_some(Chosen { asked, name, params })
}

/// The mistake of giving a key that only other solvers have.
fn of_others(key: &Spanned<String>, known: &[&str], owner: &str) -> Option<Diagnostic> {
    let name = key.value.as_str();
    let has =
        |entry: &&Entry| entry.name != "auto" && (entry.keys)().iter().any(|k| k.name == name);
    let others: Vec<String> = ENTRIES.iter().filter(has).map(|e| format!("`{}`", e.name)).collect();
    if known.contains(&name) || others.is_empty() {
        return None;
    }
    let (message, label) = (format!("unknown key `{name}`"), format!("not a key of {owner}"));
    let mut help = format!("it is a key of {}", others.join(", "));
    if ["atol", "btol"].contains(&name) && known.contains(&"rtol") {
        help += "; `rtol` is relative to the norm of the data here, and `tol` absolute";
    }
    Some(Diagnostic::new(key.span.clone(), message, label).help(help))
}

impl Equations<'_> {
    /// Number of entries of the operator's matrix.
    pub(super) fn entries(&self) -> usize {
        self.data.len().saturating_mul(self.model.len())
    }
}

impl Chosen<'_> {
    /// The solver for some equations; `None` if mistakes were reported.
    pub fn method(
        self,
        equations: &Equations<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Arc<dyn Method>> {
        let Chosen { asked, name, params } = self;
        let method = asked.method(equations, params);
        let dtype = equations.model.dtype;
        if let Some(why) = unheld(method.damp().into(), dtype) {
            let label = format!("the model is {dtype}");
            let help = "give `dtype = \"float64\"`, or scale the problem";
            let mistake =
                Diagnostic::new(params.span_of("damp"), format!("`damp`: {why}"), label).help(help);
            diagnostics.push(mistake);
            return None;
        }
        if let Some(Refusal { message, label, help }) = method.refuses(equations) {
            diagnostics.push(Diagnostic::new(name.span.clone(), message, label).help(help));
            return None;
        }
        Some(method)
    }
}
