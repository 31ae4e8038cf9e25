//! Interpolation of seismic data between irregular receivers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Application;
use super::expansion::{Expansion, array_type};
use crate::operators::Checker;
use crate::problem::names::Names;
use crate::scalar::DType;
use crate::space::show_dims;
use crate::spec::{ArrayParam, NodeValue, OneOrMany};

/// Interpolation of seismic data from irregular to regular receivers.
///
/// ```text
/// spatial   min |data - R x|^2 + epsRs^2 |L x|^2,   recdata = x
/// fk        data = Re R F^H z,   recdata = Re F^H z,   recprec = z
/// ```
/// with R a `Restriction` to the receivers `iava` if they are integers, else an `Interp` between two
/// samples; L the second derivative along the receivers, or the Laplacian if `iava1` is given; F the
/// Fourier transform. Outputs: `recdata` `(*nrec, nt)`, and `recprec`, the coefficients. PyLops:
/// `SeismicInterpolation`, with the solver of `[solve]`; its `fista` and the kinds of other transforms are
/// not supported yet. The cost is the output `history`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct SeismicInterpolation {
    /// Data `(ny, nt)` or `(ny, nx, nt)` of the receivers that there are: name of an array.
    data: String,
    /// Number of regular receivers, or one for each of two axes.
    nrec: OneOrMany<usize>,
    /// Positions of the receivers along the first axis, in samples of the regular ones.
    iava: ArrayParam,
    /// Positions along the second axis; by default all.
    iava1: Option<ArrayParam>,
    /// `fk` or `spatial`.
    #[serde(default)]
    kind: Kind,
    /// Lengths of the transforms of `fk`; by default those of the axes.
    nffts: Option<OneOrMany<usize>>,
    /// Sampling of each axis, used only to label frequencies.
    sampling: Option<Vec<f64>>,
    /// Weight of the regularization of `spatial`.
    #[serde(rename = "epsRs", default = "one")]
    eps_rs: f64,
}

/// What the data are interpolated with.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    Fk,
    Spatial,
    RadonLinear,
    RadonParabolic,
    RadonHyperbolic,
    #[serde(rename = "chirpradon-linear")]
    ChirpRadonLinear,
    Sliding,
    ChirpSliding,
}

fn one() -> f64 {
    1.0
}

/// A transform whose coefficients are sought.
struct Transform {
    /// From coefficients to data: an expression.
    operator: String,
    /// Whether it gives complex data.
    complex: bool,
}

impl Application for SeismicInterpolation {
    const OUTPUTS: &'static [&'static str] = &["recdata", "recprec"];

    fn expand(self, at: &mut Checker<'_>, names: &mut Names, to: &mut Expansion) -> Option<()> {
        let data = array_type("data", &self.data, at, names)?;
        let found = show_dims(&data.dims);
        let axes = data.dims.len().saturating_sub(1);
        let label = format!("expected (ny, nt) or (ny, nx, nt), found {found}");
        at.require(matches!(axes, 1 | 2), "data", label)?;
        let nrec = self.nrec.to_vec();
        let label = format!("the data have {axes} axes of receivers");
        at.require(nrec.len() == axes, "nrec", label)?;
        let dims = at.fits("nrec", [nrec.as_slice(), &data.dims[axes..]].concat())?;
        let label = "expected with two axes of receivers only";
        at.require(axes == 2 || self.iava1.is_none(), "iava1", label)?;
        let real = to.dtype.unwrap_or(data.dtype).real();
        let receivers = self.receivers(&dims, real, at, names, to)?;
        let transform = match self.kind {
            Kind::Spatial => None,
            Kind::Fk => Some(self.fourier(&dims, real, at, to)?),
            _ => {
                let message = "this `kind` is not supported yet";
                at.wrong("kind", message, "expected `fk` or `spatial`");
                return None;
            }
        };
        to.solve(at, "data", self.data.as_str())?;
        let Some(Transform { operator, complex }) = transform else {
            if to.wants("recprec") {
                at.wrong("kind", "`spatial` has no `recprec`", "remove the output");
                return None;
            }
            to.solve(at, "operator", receivers)?;
            let smooth = self.smooth(&dims, real, to);
            to.solve(at, "regularization", vec![smooth])?;
            return to.output("recdata", [("to", "model".into())]);
        };
        let mut waves = operator;
        if complex {
            let dtype = ("dtype", real.complex().name().into());
            let re = to.operator("si_Re", "Real", [("dims", dims.as_slice().into()), dtype]);
            waves = format!("{re} @ {waves}");
        }
        let operator = to.expression("si_A", format!("{receivers} @ {waves}"));
        to.solve(at, "operator", operator)?;
        to.output("recdata", [("operator", waves.into()), ("to", "model".into())])?;
        to.output("recprec", [("to", "model".into())])
    }
}

impl SeismicInterpolation {
    /// From regular receivers to those of the data: an expression.
    fn receivers(
        &self,
        dims: &[usize],
        real: DType,
        at: &mut Checker<'_>,
        names: &mut Names,
        to: &mut Expansion,
    ) -> Option<String> {
        let mut operators = Vec::new();
        let mut dims = dims.to_vec();
        for (axis, (key, iava)) in
            [("iava", Some(&self.iava)), ("iava1", self.iava1.as_ref())].into_iter().enumerate()
        {
            let Some(iava) = iava else { continue };
            let (count, values) = at.reals(key, iava, names)?;
            let label = format!("expected a list of positions, found dims {}", show_dims(&count));
            at.require(count.len() == 1, key, label)?;
            let array = at.array(key, iava, DType::Float64, names)?;
            let whole = array.can_index() && values.iter().all(|p| p.fract() == 0.0);
            let entries = [
                ("dims", dims.as_slice().into()),
                ("iava", NodeValue::from(at.table.params.get(key)?)),
                ("axis", axis.into()),
                ("dtype", real.name().into()),
            ];
            let kind = if whole { "Restriction" } else { "Interp" };
            operators.push(to.operator("si_R", kind, entries));
            dims[axis] = values.len();
        }
        operators.reverse();
        Some(operators.join(" @ "))
    }

    fn fourier(
        &self,
        dims: &[usize],
        real: DType,
        at: &mut Checker<'_>,
        to: &mut Expansion,
    ) -> Option<Transform> {
        let axes: Vec<usize> = (0..dims.len()).collect();
        let mut entries = vec![
            ("type", NodeValue::from("FFTND")),
            ("dims", dims.into()),
            ("axes", axes.into()),
            ("dtype", real.complex().name().into()),
        ];
        for (key, given) in [("nffts", self.nffts.is_some()), ("sampling", self.sampling.is_some())]
        {
            let node = at.table.params.get(key).filter(|_| given);
            entries.extend(node.map(|node| (key, node.into())));
        }
        let fourier = to.operator_of("si_F", crate::spec::table(entries));
        Some(Transform { operator: format!("{fourier}.H"), complex: true })
    }

    /// The regularization of `spatial`.
    fn smooth(&self, dims: &[usize], real: DType, to: &mut Expansion) -> NodeValue {
        let common = [("dims", dims.into()), ("dtype", real.name().into())];
        let [dims, dtype] = common;
        let operator = match &self.iava1 {
            Some(_) => {
                let axes = ("axes", vec![0_usize, 1].into());
                to.operator("si_L", "Laplacian", [dims, axes, dtype])
            }
            None => {
                let axis = ("axis", 0_usize.into());
                to.operator("si_L", "SecondDerivative", [dims, axis, dtype])
            }
        };
        [("operator", operator.into()), ("epsilon", self.eps_rs.into())].into()
    }
}
