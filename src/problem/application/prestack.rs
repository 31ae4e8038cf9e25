//! Pre-stack inversion.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Application;
use super::expansion::{Expansion, array_type, switched};
use crate::operators::Checker;
use crate::problem::names::Names;
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::{ArrayParam, NodeValue, OneOrMany, table};

/// Pre-stack inversion: logs of three elastic parameters from seismic data by angle.
///
/// ```text
/// epsR not given:   d - P m0 = P x,   minv = m0 + x          datar = d - P minv
/// epsR:             min |d - P m|^2 + epsR^2 |L m|^2 + |epsI m|^2, from m0, minv = m
/// epsI, explicit:   (P^H P + epsI) x = P^H (d - P m0)
/// ```
/// with P the `PrestackLinearModelling`, and L the second derivative in time for one trace, the
/// Laplacian over time and space for `(nt0, 3, nx)`, and over space for `(nt0, 3, nx, ny)`. A list of
/// linearizations inverts several data sets at once. `explicit` without `simultaneous` and without
/// `epsR` solves trace by trace with a dense matrix, and takes no solver. Outputs: `minv` `(nt0, 3, nx,
/// ny)`, and `datar`, like `data`. PyLops: `PrestackInversion`; it confuses time and parameters in L if
/// `explicit`, ignores `kind` for a list, and silently ignores `epsI` with neither `explicit` nor `epsR`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct Prestack {
    /// Data `(nt0, ntheta)`, `(nt0, ntheta, nx)` or `(nt0, ntheta, nx, ny)`, after an axis for the
    /// data sets if `linearization` is a list: name of an array.
    data: String,
    /// Angles of incidence in degrees, a list.
    theta: ArrayParam,
    /// Wavelet, see the operator: name of an array; or a list of names, one for each data set.
    wav: OneOrMany<String>,
    /// Background model `(nt0, 3, nx, ny)`: name of an array.
    m0: Option<String>,
    /// `akirich`, `fatti` or `ps`, or a list of them, one for each data set.
    #[serde(default = "akirich")]
    linearization: OneOrMany<String>,
    /// Builds the matrix and, unless `simultaneous`, solves trace by trace.
    #[serde(default)]
    explicit: bool,
    /// Solves for all traces at once with the solver of `[solve]`.
    #[serde(default)]
    simultaneous: bool,
    /// Damping: with `epsR`, one number, or one for each parameter; with `explicit` alone, one number that
    /// is added to the normal equations unsquared.
    #[serde(rename = "epsI")]
    eps_i: Option<OneOrMany<f64>>,
    /// Weight of the regularization.
    #[serde(rename = "epsR")]
    eps_r: Option<f64>,
    /// Whether to compute `datar`; by default, if an output has that name.
    returnres: Option<bool>,
    /// Weight of a blockiness term; refused, because it is not linear.
    #[serde(rename = "epsRL1")]
    eps_rl1: Option<f64>,
    /// `centered` or `forward` derivative.
    #[serde(default = "centered")]
    kind: String,
    /// Ratio of S to P velocity: a number, or one for each time sample.
    vsvp: Option<ArrayParam>,
}

fn akirich() -> OneOrMany<String> {
    OneOrMany::One("akirich".into())
}

fn centered() -> String {
    "centered".into()
}

/// What the parameters and the headers of their arrays say, checked.
struct Sizes {
    /// Dims of the model.
    model: Vec<usize>,
    /// Dims of the data, with those of the data sets.
    data: Vec<usize>,
    /// Number of traces.
    traces: usize,
    real: DType,
}

impl Sizes {
    fn dtype(&self) -> (&'static str, NodeValue) {
        ("dtype", self.real.name().into())
    }
}

impl Application for Prestack {
    const OUTPUTS: &'static [&'static str] = &["minv", "datar"];

    fn expand(self, at: &mut Checker<'_>, names: &mut Names, to: &mut Expansion) -> Option<()> {
        let sizes = self.sizes(at, names, to)?;
        let modelled = self.modelling(&sizes, at, to)?;
        if self.eps_r.is_some() {
            to.solve(at, "operator", modelled.as_str())?;
            to.solve(at, "data", self.data.as_str())?;
            let terms = self.regularization(&sizes, to);
            to.solve(at, "regularization", terms)?;
            if let Some(m0) = &self.m0 {
                to.solve(at, "x0", m0.as_str())?;
            }
            to.output("minv", [("to", "model".into())])?;
            return residual(to, &sizes, &modelled, "model", &self.data);
        }
        // What the background does not explain.
        let rest = match &self.m0 {
            Some(m0) => {
                let apply: NodeValue = [
                    ("operator", format!("-1 * {modelled}").into()),
                    ("to", m0.as_str().into()),
                    ("add", self.data.as_str().into()),
                ]
                .into();
                to.array("pre_d", [("apply", apply)])
            }
            None => self.data.clone(),
        };
        let (mut operator, mut data) = (modelled.clone(), rest.clone());
        if let Some(eps) = self.eps_i.as_ref().map(|eps| eps.as_slice()[0]) {
            let n = sizes.model.as_slice().into();
            let identity = to.operator("pre_I", "Identity", [("N", n), sizes.dtype()]);
            let normal = format!("{modelled}.H @ {modelled} + {eps:?} * {identity}");
            operator = to.expression("pre_N", normal);
            data = to.applied("pre_PHd", &format!("{modelled}.H"), &rest);
        }
        let mut back = None;
        if self.explicit && !self.simultaneous {
            // Columns are traces: a model of all samples of a trace, and of all traces.
            let columns = |to: &mut Expansion, base: &str, dims: &[usize]| {
                let rows = dims.iter().product::<usize>() / sizes.traces;
                let dimsd = ("dimsd", vec![rows, sizes.traces].into());
                to.operator(base, "Reshape", [("dims", dims.into()), dimsd, sizes.dtype()])
            };
            let traces = columns(to, "pre_traces", &sizes.model);
            let side = if self.eps_i.is_some() { &sizes.model } else { &sizes.data };
            let sides = columns(to, "pre_sides", side);
            let flat = self.linearization.as_slice().len() > 1 && self.eps_i.is_none();
            let shaped = if flat { shaped(to, &sizes) + " @ " } else { String::new() };
            operator = to.expression("pre_T", format!("{sides} @ {shaped}{operator} @ {traces}.H"));
            data = to.applied("pre_columns", &sides, &data);
            to.solve(at, "solver", "direct")?;
            to.solve(at, "columns", true)?;
            back = Some(format!("{traces}.H"));
        }
        to.solve(at, "operator", operator)?;
        to.solve(at, "data", data)?;
        let mut minv = vec![("to", NodeValue::from("model"))];
        let modelled = match back {
            Some(back) => {
                minv.push(("operator", back.as_str().into()));
                format!("{modelled} @ {back}")
            }
            None => modelled,
        };
        if let Some(m0) = &self.m0 {
            minv.push(("add", m0.as_str().into()));
        }
        to.output_of("minv", table(minv))?;
        residual(to, &sizes, &modelled, "model", &rest)
    }
}

/// From the flat data of several linearizations to those of their dims: the name of an operator.
fn shaped(to: &mut Expansion, sizes: &Sizes) -> String {
    let dims = sizes.data.iter().product::<usize>();
    let dimsd = ("dimsd", sizes.data.as_slice().into());
    to.operator("pre_shaped", "Reshape", [("dims", dims.into()), dimsd, sizes.dtype()])
}

/// The output `datar`: `data - operator model`.
fn residual(
    to: &mut Expansion,
    sizes: &Sizes,
    operator: &str,
    model: &str,
    data: &str,
) -> Option<()> {
    if !to.wants("datar") {
        return Some(());
    }
    let several = sizes.data.len() > sizes.model.len();
    let shaped = if several { shaped(to, sizes) + " @ " } else { String::new() };
    let apply = [
        ("operator", format!("-1 * {shaped}{operator}").into()),
        ("to", model.into()),
        ("add", data.into()),
    ];
    to.output("datar", apply)
}

impl Prestack {
    /// Reads the headers and checks that all fits together.
    fn sizes(&self, at: &mut Checker<'_>, names: &mut Names, to: &Expansion) -> Option<Sizes> {
        let d = array_type("data", &self.data, at, names);
        let wavs: Option<Vec<ArrayType>> =
            self.wav.as_slice().iter().map(|wav| array_type("wav", wav, at, names)).collect();
        let m0 = match &self.m0 {
            Some(m0) => Some(array_type("m0", m0, at, names)?),
            None => None,
        };
        let (d, wavs) = (d?, wavs?);
        let (sets, several) = match &self.linearization {
            OneOrMany::One(_) => (1, 0),
            OneOrMany::Many(list) => (list.len(), 1),
        };
        at.require(sets > 0, "linearization", "expected at least one")?;
        let label = format!("expected one name, or {sets}: one for each data set");
        at.require(self.wav.broadcast(sets).is_some(), "wav", label)?;
        let found = show_dims(&d.dims);
        let label = if several == 1 {
            format!("expected ({sets}, nt0, ntheta), with up to two spatial axes, found {found}")
        } else {
            format!("expected (nt0, ntheta), with up to two spatial axes, found {found}")
        };
        let fits = (2..=4).contains(&d.dims.len().saturating_sub(several));
        at.require(fits && (several == 0 || d.dims[0] == sets), "data", label)?;
        let trace = &d.dims[several..];
        let angles = at.array("theta", &self.theta, DType::Float64, names)?.ty().len();
        let label = format!("{angles} angles, but the data have {}", trace[1]);
        at.require(angles == trace[1], "theta", label)?;
        let model = [&[trace[0], 3], &trace[2..]].concat();
        if let Some(m0) = &m0 {
            let label = format!("expected {}, found {}", show_dims(&model), show_dims(&m0.dims));
            at.require(m0.dims == model, "m0", label)?;
        }
        if self.eps_rl1.is_some() {
            let message = "`epsRL1` is not supported yet";
            at.wrong("epsRL1", message, "this needs split Bregman iterations");
            return None;
        }
        let label =
            "PyLops takes `epsI` with `explicit = true` or `epsR` only; `damp` in `[solve]` damps";
        at.require(self.eps_i.is_none() || self.explicit || self.eps_r.is_some(), "epsI", label)?;
        let count = self.eps_i.as_ref().map_or(1, |eps| eps.as_slice().len());
        let label = "expected one number, or with `epsR` three: one for each parameter";
        at.require(count == 1 || (count == 3 && self.eps_r.is_some()), "epsI", label)?;
        switched("returnres", self.returnres, &["datar"], at, to)?;
        let real = to.dtype.unwrap_or(wavs[0].dtype).real();
        let traces = trace[2..].iter().product();
        Some(Sizes { model, data: d.dims.clone(), traces, real })
    }

    /// The modelling operator of all data sets.
    fn modelling(&self, sizes: &Sizes, at: &mut Checker<'_>, to: &mut Expansion) -> Option<String> {
        let kinds = self.linearization.as_slice();
        let wavs = self.wav.broadcast(kinds.len())?;
        let mut parts = Vec::new();
        for (kind, wav) in kinds.iter().zip(wavs) {
            let mut entries = vec![
                ("type", NodeValue::from("PrestackLinearModelling")),
                ("wav", wav.into()),
                ("theta", NodeValue::from(at.table.params.get("theta")?)),
                ("nt0", sizes.model[0].into()),
                ("linearization", kind.as_str().into()),
                ("kind", self.kind.as_str().into()),
                sizes.dtype(),
            ];
            if let (Some(_), Some(vsvp)) = (&self.vsvp, at.table.params.get("vsvp")) {
                entries.push(("vsvp", vsvp.into()));
            }
            if sizes.model.len() > 2 {
                entries.push(("spatdims", sizes.model[2..].into()));
            }
            parts.push(to.operator_of("pre_P", table(entries)));
        }
        match self.linearization {
            OneOrMany::One(_) => parts.pop(),
            OneOrMany::Many(_) => {
                Some(to.expression("pre_all", format!("VStack([{}])", parts.join(", "))))
            }
        }
    }

    /// The regularization terms of `epsR` and `epsI`.
    fn regularization(&self, sizes: &Sizes, to: &mut Expansion) -> Vec<NodeValue> {
        let dims = || ("dims", NodeValue::from(sizes.model.as_slice()));
        let laplacian = |to: &mut Expansion, axes: Vec<usize>| {
            to.operator("pre_L", "Laplacian", [dims(), ("axes", axes.into()), sizes.dtype()])
        };
        let smooth = match sizes.model.len() {
            2 => {
                let axis = ("axis", 0_usize.into());
                to.operator("pre_L", "SecondDerivative", [dims(), axis, sizes.dtype()])
            }
            3 => laplacian(to, vec![0, 2]),
            _ => laplacian(to, vec![2, 3]),
        };
        let term = |operator: String, epsilon: f64| -> NodeValue {
            [("operator", operator.into()), ("epsilon", epsilon.into())].into()
        };
        let mut terms = vec![term(smooth, self.eps_r.unwrap_or(1.0))];
        match self.eps_i.as_ref().map(OneOrMany::as_slice) {
            None => {}
            Some([eps]) => {
                let n = ("N", sizes.model.as_slice().into());
                terms.push(term(to.operator("pre_I", "Identity", [n, sizes.dtype()]), *eps));
            }
            Some(each) => {
                let (diag, axis) = (("diag", each.into()), ("axis", 1_usize.into()));
                let entries = [diag, dims(), axis, sizes.dtype()];
                terms.push(term(to.operator("pre_I", "Diagonal", entries), 1.0));
            }
        }
        terms
    }
}
