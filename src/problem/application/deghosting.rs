//! Removal of the ghost of the free surface from data of one component.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Application;
use super::expansion::{Expansion, array_type};
use crate::operators::Checker;
use crate::problem::names::Names;
use crate::scalar::DType;
use crate::space::show_dims;
use crate::spec::{NodeValue, OneOrMany};

/// Deghosting: upgoing and downgoing waves from pressure or vertical velocity alone.
///
/// ```text
/// p: d = (1 - G) pup,   vz: d = (1 + G) pup,   d = p - pd  or  win p,   pdown = p - pup
/// ```
/// with the ghost G, a `PhaseShift` over the depth `2 zrec`, of data that are tapered and padded in
/// space. With `restriction` R and `sptransf` S, solves d = R (1 - G) S z, and pdown = -G pup has no
/// direct wave. Outputs: `pup` and `pdown` `(nt, *nr)`. PyLops: `Deghosting`, with the solver of
/// `[solve]`; its wavenumbers are one sample off if `nr + 2 npad` is odd, its 3-D data stop with an error,
/// and so does a `restriction` or `sptransf` alone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct Deghosting {
    /// Data `(nt, *nr)`, or what `restriction` leaves of it: name of an array.
    p: String,
    /// Number of time samples.
    nt: usize,
    /// Number of receivers, or one for each of two axes.
    nr: OneOrMany<usize>,
    /// Time between two samples.
    dt: f64,
    /// Sampling of the receivers, or one for each of two axes.
    dr: OneOrMany<f64>,
    /// Velocity.
    vel: f64,
    /// Depth of the receivers.
    zrec: f64,
    /// `p` or `vz`.
    #[serde(default)]
    kind: Kind,
    /// Direct wave, like `p`, which is subtracted: name of an array.
    pd: Option<String>,
    /// Window, like `p`, that removes the direct wave if `pd` is not given: name of an array.
    win: Option<String>,
    /// Zeros on each side of the receivers; one number, or one for each axis.
    #[serde(default = "eleven")]
    npad: OneOrMany<usize>,
    /// Samples of the taper on each side of the receivers; one number, or one for each axis.
    #[serde(default = "eleven")]
    ntaper: OneOrMany<usize>,
    /// Operator from a wavefield `(nt, *nr)` to the data, by name or expression.
    restriction: Option<String>,
    /// Operator to a wavefield `(nt, *nr)` from its coefficients, by name or expression.
    sptransf: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    P,
    Vz,
}

fn eleven() -> OneOrMany<usize> {
    OneOrMany::One(11)
}

impl Application for Deghosting {
    const OUTPUTS: &'static [&'static str] = &["pup", "pdown"];

    fn expand(self, at: &mut Checker<'_>, names: &mut Names, to: &mut Expansion) -> Option<()> {
        let p = array_type("p", &self.p, at, names)?;
        let nr = self.nr.as_slice();
        at.require(matches!(nr.len(), 1 | 2), "nr", "expected one or two axes of receivers")?;
        let wave = at.fits("nr", [&[self.nt], nr].concat())?;
        let label = format!("expected {}, found {}", show_dims(&wave), show_dims(&p.dims));
        at.require(self.restriction.is_some() || p.dims == wave, "p", label)?;
        at.require(!p.dtype.is_complex(), "p", "expected real samples in time")?;
        let real = to.dtype.unwrap_or(p.dtype).real();
        let data = self.data(&p.dims, real, at, names, to)?;
        let ghost = self.ghost(&wave, real, at, to)?;
        let n = wave.as_slice().into();
        let identity = to.operator("dg_I", "Identity", [("N", n), ("dtype", real.name().into())]);
        let sign = if self.kind == Kind::P { "-" } else { "+" };
        let modelled = to.expression("dg_D", format!("{identity} {sign} {ghost}"));
        let mut operator = modelled.clone();
        if let Some(restriction) = &self.restriction {
            let op = at.operator("restriction", restriction, names)?;
            let model = op.model().dims;
            operator = to.joined(("restriction", restriction), &model, (&operator, &wave), at)?;
        }
        let mut waves = identity.clone();
        if let Some(transform) = &self.sptransf {
            let op = at.operator("sptransf", transform, names)?;
            let found = at.built_data("sptransf", op.as_ref())?;
            let label =
                format!("expected data {}, found {}", show_dims(&wave), show_dims(&found.dims));
            at.require(found.dims == wave, "sptransf", label)?;
            waves = format!("({transform})");
            if found.dtype.is_complex() {
                let dtype = ("dtype", found.dtype.name().into());
                let re = to.operator("dg_Re", "Real", [("dims", found.dims.into()), dtype]);
                waves = format!("{re} @ {waves}");
            }
            operator = format!("{operator} @ {waves}");
        }
        let operator = to.expression("dg_A", operator);
        to.solve(at, "operator", operator)?;
        to.solve(at, "data", data)?;
        to.output("pup", [("operator", waves.as_str().into()), ("to", "model".into())])?;
        if self.restriction.is_none() && self.sptransf.is_none() {
            let apply = [
                ("operator", format!("-1 * {identity}").into()),
                ("to", "model".into()),
                ("add", self.p.into()),
            ];
            return to.output("pdown", apply);
        }
        let down = format!("({modelled} - {identity}) @ {waves}");
        to.output("pdown", [("operator", down.into()), ("to", "model".into())])
    }
}

impl Deghosting {
    /// The data without the direct wave: the name of an array.
    fn data(
        &self,
        dims: &[usize],
        real: DType,
        at: &mut Checker<'_>,
        names: &mut Names,
        to: &mut Expansion,
    ) -> Option<String> {
        let dtype = || ("dtype", NodeValue::from(real.name()));
        let mut like = |key: &str, name: &str, at: &mut Checker<'_>| {
            let found = array_type(key, name, at, names)?.dims;
            let label =
                format!("expected {} like `p`, found {}", show_dims(dims), show_dims(&found));
            at.require(found == dims, key, label)
        };
        match (&self.pd, &self.win) {
            (Some(pd), None) => {
                like("pd", pd, at)?;
                let minus = to.operator("dg_given", "Identity", [("N", dims.into()), dtype()]);
                let apply: NodeValue = [
                    ("operator", format!("-1 * {minus}").into()),
                    ("to", pd.as_str().into()),
                    ("add", self.p.as_str().into()),
                ]
                .into();
                Some(to.array("dg_d", [("apply", apply)]))
            }
            (None, Some(win)) => {
                like("win", win, at)?;
                let window =
                    to.operator("dg_win", "Diagonal", [("diag", win.as_str().into()), dtype()]);
                Some(to.applied("dg_d", &window, &self.p))
            }
            (Some(_), Some(_)) => {
                let message = "`win` has no effect beside `pd`";
                at.wrong("win", message, "remove one of them");
                None
            }
            (None, None) => {
                let message = "Deghosting needs data without the direct wave";
                at.wrong("type", message, "expected `pd`, the direct wave, or `win`, a window");
                None
            }
        }
    }

    /// The ghost of upgoing waves: an expression.
    fn ghost(
        &self,
        wave: &[usize],
        real: DType,
        at: &mut Checker<'_>,
        to: &mut Expansion,
    ) -> Option<String> {
        let nr = self.nr.as_slice();
        let dr = at.per_axis("dr", &self.dr, nr.len())?;
        dr.iter().try_for_each(|&dr| at.step("dr", dr))?;
        at.step("dt", self.dt)?;
        let npad = at.per_axis("npad", &self.npad, nr.len())?;
        let ntaper = at.per_axis("ntaper", &self.ntaper, nr.len())?;
        let dtype = || ("dtype", NodeValue::from(real.name()));
        let dims = || ("dims", NodeValue::from(wave));
        let last = (self.nt / 2) as f64 / (self.nt as f64 * self.dt);
        let axis = |to: &mut Expansion, base: &str, start: f64, stop: f64, num: usize| {
            let line: NodeValue =
                [("start", start.into()), ("stop", stop.into()), ("num", num.into())].into();
            to.array(base, [("linspace", line), ("dtype", "float64".into())])
        };
        let freq = axis(to, "dg_freq", 0.0, last, self.nt / 2 + 1);
        let mut shift = vec![
            ("type", NodeValue::from("PhaseShift")),
            ("vel", self.vel.into()),
            ("dz", (2.0 * self.zrec).into()),
            ("nt", self.nt.into()),
            ("freq", freq.into()),
            dtype(),
        ];
        let mut pads = vec![vec![0, 0]];
        let mut tapers = Vec::new();
        for (k, (&n, key)) in nr.iter().zip(["kx", "ky"]).enumerate() {
            let label = format!("a taper of {} samples on each side of {n} receivers", ntaper[k]);
            at.require(ntaper[k] <= n / 2, "ntaper", label)?;
            pads.push(vec![npad[k]; 2]);
            let wide = npad[k].checked_mul(2).and_then(|pad| pad.checked_add(n));
            let wide = at.fits("npad", vec![self.nt, wide.unwrap_or(usize::MAX)])?[1];
            let half = wide / 2;
            let step = 1.0 / (wide as f64 * dr[k]);
            let (start, stop) = (-(half as f64) * step, (wide - 1 - half) as f64 * step);
            shift.push((key, axis(to, &format!("dg_{key}"), start, stop, wide).into()));
            let taper: NodeValue = [("nmask", n.into()), ("ntap", ntaper[k].into())].into();
            let taper = to.array("dg_taper", [("taper", taper), dtype()]);
            let entries = [("diag", taper.into()), dims(), ("axis", (k + 1).into()), dtype()];
            tapers.push(to.operator("dg_T", "Diagonal", entries));
        }
        let pad = to.operator("dg_pad", "Pad", [dims(), ("pad", pads.into()), dtype()]);
        let shift = to.operator_of("dg_shift", crate::spec::table(shift));
        let ghost = format!("{pad}.H @ {shift} @ {pad} @ {}", tapers.join(" @ "));
        Some(to.expression("dg_G", ghost))
    }
}
