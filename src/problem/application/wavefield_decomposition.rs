//! Decomposition of pressure and velocity into upgoing and downgoing waves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Application;
use super::expansion::{Expansion, array_type};
use crate::operators::Checker;
use crate::problem::names::Names;
use crate::scalar::DType;
use crate::space::show_dims;
use crate::spec::{NodeValue, OneOrMany, table};

/// Decomposition of pressure and vertical velocity into upgoing and downgoing waves.
///
/// ```text
/// inverse      [p; s vz] = U [pdown; pup], solved with U the `UpDownComposition2D` or `3D`, s = scaling
/// analytical   pup = (p - W vz) / 2,   pdown = (p + W vz) / 2,   W `PressureToVelocity` to pressure
/// ```
/// With `restriction` R and `sptransf` S, solves [p; s vz] = R U [S 0; 0 S] [zdown; zup]. Outputs: `pup`
/// and `pdown` `(*nr, nt)`, the real parts. `analytical` solves nothing and takes no solver. PyLops:
/// `WavefieldDecomposition`, with the solver of `[solve]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct WavefieldDecomposition {
    /// Pressure `(*nr, nt)`, or what `restriction` leaves of it: name of an array.
    p: String,
    /// Vertical particle velocity, like `p`: name of an array.
    vz: String,
    /// Number of time samples.
    nt: usize,
    /// Number of receivers, or one for each of two axes.
    nr: OneOrMany<usize>,
    /// Time between two samples.
    dt: f64,
    /// Sampling of the receivers, or one for each of two axes.
    dr: OneOrMany<f64>,
    /// Density.
    rho: f64,
    /// Velocity.
    vel: f64,
    /// Lengths of the transforms over receivers and time; by default `nr` and `nt`.
    nffts: Option<Vec<usize>>,
    /// Percentage of the wavenumbers of propagating waves that are kept.
    #[serde(default = "hundred")]
    critical: f64,
    /// Length of the running mean that smooths the factors of the velocity.
    #[serde(default = "ten")]
    ntaper: usize,
    /// Factor of the velocity in the equations.
    #[serde(default = "one")]
    scaling: f64,
    /// `inverse` or `analytical`.
    #[serde(default)]
    kind: Kind,
    /// Operator from pressure and velocity `(2, *nr, nt)` to the data, by name or expression.
    restriction: Option<String>,
    /// Operator to a wavefield `(*nr, nt)` from its coefficients, by name or expression.
    sptransf: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Inverse,
    Analytical,
}

fn hundred() -> f64 {
    100.0
}

fn ten() -> usize {
    10
}

fn one() -> f64 {
    1.0
}

impl Application for WavefieldDecomposition {
    const OUTPUTS: &'static [&'static str] = &["pup", "pdown"];

    fn expand(self, at: &mut Checker<'_>, names: &mut Names, to: &mut Expansion) -> Option<()> {
        let p = array_type("p", &self.p, at, names);
        let vz = array_type("vz", &self.vz, at, names);
        let (p, vz) = (p?, vz?);
        let nr = self.nr.as_slice();
        at.require(matches!(nr.len(), 1 | 2), "nr", "expected one or two axes of receivers")?;
        let wave = [nr, &[self.nt]].concat();
        let whole = self.restriction.is_none() || self.kind == Kind::Analytical;
        let label = format!("expected {}, found {}", show_dims(&wave), show_dims(&p.dims));
        at.require(!whole || p.dims == wave, "p", label)?;
        let label =
            format!("expected {} like `p`, found {}", show_dims(&p.dims), show_dims(&vz.dims));
        at.require(vz.dims == p.dims, "vz", label)?;
        let real = to.dtype.unwrap_or(p.dtype).real();
        match self.kind {
            Kind::Analytical => self.analytical(&wave, real, at, to),
            Kind::Inverse => self.inverse(&p.dims, &wave, real, at, names, to),
        }
    }
}

impl WavefieldDecomposition {
    /// The keys of receivers, time and the medium.
    fn medium(&self, type_name: &str, real: DType) -> Vec<(&'static str, NodeValue)> {
        let mut entries = vec![
            ("type", type_name.into()),
            ("nt", self.nt.into()),
            ("dt", self.dt.into()),
            ("rho", self.rho.into()),
            ("vel", self.vel.into()),
            ("critical", self.critical.into()),
            ("ntaper", self.ntaper.into()),
            ("dtype", real.complex().name().into()),
        ];
        // A line's numbers, or an area's pairs.
        match (self.nr.as_slice(), self.dr.as_slice()) {
            ([nr], [dr]) => entries.extend([("nr", (*nr).into()), ("dr", (*dr).into())]),
            (nr, dr) => entries.extend([("nr", nr.into()), ("dr", dr.into())]),
        }
        entries.extend(self.nffts.as_ref().map(|nffts| ("nffts", nffts.as_slice().into())));
        entries
    }

    fn analytical(
        &self,
        wave: &[usize],
        real: DType,
        at: &mut Checker<'_>,
        to: &mut Expansion,
    ) -> Option<()> {
        for (key, given) in
            [("restriction", self.restriction.is_some()), ("sptransf", self.sptransf.is_some())]
        {
            at.require(!given, key, "expected with `kind = \"inverse\"` only")?;
        }
        to.refuse_solve("`kind = \"analytical\"` is a formula; `inverse` solves", at)?;
        let dtype = || ("dtype", NodeValue::from(real.name()));
        let identity = to.operator("wd_I", "Identity", [("N", wave.into()), dtype()]);
        let mut entries = self.medium("PressureToVelocity", real);
        entries.push(("topressure", true.into()));
        let pressure = to.operator_of("wd_W", table(entries));
        let complex = ("dtype", real.complex().name().into());
        let re = to.operator("wd_Re", "Real", [("dims", wave.into()), complex]);
        let half = to.applied("wd_half", &format!("0.5 * {identity}"), &self.p);
        let mut output = |name: &str, factor: &str| {
            let operator = format!("{factor} * {re} @ {pressure}").into();
            let apply = [
                ("operator", operator),
                ("to", self.vz.as_str().into()),
                ("add", half.as_str().into()),
            ];
            to.output(name, apply)
        };
        output("pup", "-0.5")?;
        output("pdown", "0.5")
    }

    fn inverse(
        &self,
        given: &[usize],
        wave: &[usize],
        real: DType,
        at: &mut Checker<'_>,
        names: &mut Names,
        to: &mut Expansion,
    ) -> Option<()> {
        let type_name = if wave.len() == 2 { "UpDownComposition2D" } else { "UpDownComposition3D" };
        let mut entries = self.medium(type_name, real);
        entries.push(("scaling", self.scaling.into()));
        let composition = to.operator_of("wd_U", table(entries));
        let pair = [&[2], wave].concat();
        let mut operator = composition;
        if let Some(restriction) = &self.restriction {
            let op = at.operator("restriction", restriction, names)?;
            let model = op.model().dims;
            operator = to.joined(("restriction", restriction), &model, (&operator, &pair), at)?;
        }
        let complex = real.complex();
        let mut waves = None;
        if let Some(transform) = &self.sptransf {
            let op = at.operator("sptransf", transform, names)?;
            let found = at.built_data("sptransf", op.as_ref())?.dims;
            let label = format!("expected data {}, found {}", show_dims(wave), show_dims(&found));
            let both = format!("BlockDiag([({transform}), ({transform})])");
            at.require(found == wave, "sptransf", label)?;
            operator = format!("{operator} @ {both}");
            waves = Some(both);
        }
        let (first, second) =
            (part(to, "wd_first", given, 0, real), part(to, "wd_second", given, 1, real));
        let vz = to.applied("wd_vz", &format!("{:?} * {second}", self.scaling), &self.vz);
        let apply: NodeValue =
            [("operator", first.into()), ("to", self.p.as_str().into()), ("add", vz.into())].into();
        let data = to.array("wd_d", [("apply", apply)]);
        let operator = to.expression("wd_A", operator);
        to.solve(at, "operator", operator)?;
        let flat = given.iter().product::<usize>() * 2;
        let both = [&[2], given].concat();
        let dtype = ("dtype", complex.name().into());
        let entries = [("dims", both.as_slice().into()), ("dimsd", flat.into()), dtype.clone()];
        let flat = to.operator("wd_flat", "Reshape", entries);
        let data = to.applied("wd_data", &flat, &data);
        to.solve(at, "data", data)?;
        let re = to.operator("wd_Re", "Real", [("dims", pair.as_slice().into()), dtype]);
        let waves = waves.map_or_else(|| re.clone(), |waves| format!("{re} @ {waves}"));
        for (name, place) in [("pdown", 0), ("pup", 1)] {
            let taken = part(to, &format!("wd_{name}"), wave, place, real);
            let operator = format!("{taken}.H @ {waves}");
            to.output(name, [("operator", operator.into()), ("to", "model".into())])?;
        }
        Some(())
    }
}

/// From a wavefield to one of a pair, `(2, *wave)`: an expression.
fn part(to: &mut Expansion, base: &str, wave: &[usize], place: usize, real: DType) -> String {
    let dtype = || ("dtype", NodeValue::from(real.name()));
    let one = [&[1], wave].concat();
    let entries = [("dims", wave.into()), ("dimsd", one.as_slice().into()), dtype()];
    let front = to.operator(&format!("{base}_front"), "Reshape", entries);
    let mut pads = vec![vec![0_usize, 0]; one.len()];
    pads[0] = vec![place, 1 - place];
    let pad = to.operator(base, "Pad", [("dims", one.into()), ("pad", pads.into()), dtype()]);
    to.expression(&format!("{base}_place"), format!("{pad} @ {front}"))
}
