//! Interpolation of seismic data between irregular receivers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Application;
use super::expansion::{Expansion, array_type};
use super::slopes::{Axis, Slopes};
use crate::operators::Checker;
use crate::problem::names::Names;
use crate::scalar::DType;
use crate::space::show_dims;
use crate::spec::{ArrayParam, NodeValue, OneOrMany};

/// Interpolation of seismic data from irregular to regular receivers.
///
/// ```text
/// spatial   min |data - R x|^2 + epsRs^2 |L x|^2,   recdata = x
/// others    data = R S z,   recdata = S z,   recprec = z
/// ```
/// with R a `Restriction` to the receivers `iava` if they are integers, else an `Interp` between two
/// samples; L the second derivative along the receivers, or the Laplacian if `iava1` is given; and S the
/// real part of the inverse `FFTND` (`fk`), a `Radon2D` or `Radon3D` (`radon-...`), the adjoint of a
/// `ChirpRadon2D` or 3-D (`chirpradon-linear`), or one of the latter two in windows: `Sliding2D` or
/// `Sliding3D` (`sliding`, `chirp-sliding`). Outputs: `recdata` `(*nrec, nt)`, and `recprec`, the
/// coefficients. PyLops: `SeismicInterpolation`, with the solver of `[solve]`, where it has `fista` for
/// coefficients; it stops at positions between samples. The cost is the output `history`.
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
    /// `fk`, `spatial`, `radon-linear`, `radon-parabolic`, `radon-hyperbolic`, `chirpradon-linear`,
    /// `sliding` or `chirp-sliding`.
    #[serde(default)]
    kind: Kind,
    /// Lengths of the transforms of `fk`; by default those of the axes.
    nffts: Option<OneOrMany<usize>>,
    /// Sampling of each axis, used only to label frequencies.
    sampling: Option<Vec<f64>>,
    /// Positions of the regular receivers along the first axis, for all kinds but `fk` and `spatial`.
    spataxis: Option<ArrayParam>,
    /// Positions along the second axis.
    spat1axis: Option<ArrayParam>,
    /// Times, for the same kinds.
    taxis: Option<ArrayParam>,
    /// Slopes along the first axis.
    paxis: Option<ArrayParam>,
    /// Slopes along the second axis.
    p1axis: Option<ArrayParam>,
    /// Counts positions of `radon-...` from the middle of the receivers.
    #[serde(default = "yes")]
    centeredh: bool,
    /// Number of windows, for the kinds with windows; one for each axis of receivers.
    nwins: Option<OneOrMany<usize>>,
    /// Receivers of a window.
    nwin: Option<OneOrMany<usize>>,
    /// Receivers that neighbouring windows share.
    nover: Option<OneOrMany<usize>>,
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

fn yes() -> bool {
    true
}

/// A transform whose coefficients are sought.
struct Transform {
    /// From coefficients to data: an expression.
    operator: String,
    /// Whether it gives complex data.
    complex: bool,
    /// Dims of the coefficients, if they are not those of the operator's model.
    shape: Option<Vec<usize>>,
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
            _ => Some(self.over_slopes(&dims, real, at, names, to)?),
        };
        to.solve(at, "data", self.data.as_str())?;
        let Some(Transform { operator, complex, shape }) = transform else {
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
        let Some(shape) = shape else {
            return to.output("recprec", [("to", "model".into())]);
        };
        let samples = shape.iter().product::<usize>();
        let entries = [("dims", samples.into()), ("dimsd", shape.into())];
        let shape = to.operator("si_shape", "Reshape", entries);
        to.output("recprec", [("operator", shape.into()), ("to", "model".into())])
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

    fn over_slopes(
        &self,
        dims: &[usize],
        real: DType,
        at: &mut Checker<'_>,
        names: &mut Names,
        to: &mut Expansion,
    ) -> Option<Transform> {
        let slopes = self.slopes(dims, real, at, names)?;
        let (operator, shape) = match self.kind {
            Kind::RadonLinear => slopes.radon("linear", at, to)?,
            Kind::RadonParabolic => slopes.radon("parabolic", at, to)?,
            Kind::RadonHyperbolic => slopes.radon("hyperbolic", at, to)?,
            Kind::Sliding => slopes.sliding(false, at, to)?,
            Kind::ChirpSliding => slopes.sliding(true, at, to)?,
            Kind::ChirpRadonLinear | Kind::Fk | Kind::Spatial => (slopes.chirp(to), None),
        };
        Some(Transform { operator, complex: false, shape })
    }

    /// The axes of a transform over slopes.
    fn slopes(
        &self,
        dims: &[usize],
        real: DType,
        at: &mut Checker<'_>,
        names: &mut Names,
    ) -> Option<Slopes> {
        let axes = dims.len() - 1;
        let mut axis = |key: &str, param: &Option<ArrayParam>, n: Option<usize>| {
            let Some(param) = param else {
                let message = format!("this `kind` needs `{key}`");
                at.wrong("kind", message, "`fk` and `spatial` do not");
                return None;
            };
            let (found, values) = at.reals(key, param, names)?;
            let label = format!("expected a list of two or more, found dims {}", show_dims(&found));
            at.require(found.len() == 1 && found[0] > 1, key, label)?;
            let label = n.map(|n| format!("expected {n} values, found {}", values.len()));
            at.require(n.is_none_or(|n| n == values.len()), key, label.unwrap_or_default())?;
            Some(Axis { node: NodeValue::from(at.table.params.get(key)?), values })
        };
        let time = axis("taxis", &self.taxis, Some(dims[axes]))?;
        let mut space = vec![axis("spataxis", &self.spataxis, Some(dims[0]))?];
        let mut slopes = vec![axis("paxis", &self.paxis, None)?];
        if axes == 2 {
            space.push(axis("spat1axis", &self.spat1axis, Some(dims[1]))?);
            slopes.push(axis("p1axis", &self.p1axis, None)?);
        }
        let windows = [&self.nwins, &self.nwin, &self.nover]
            .map(|window| window.as_ref().and_then(|window| window.broadcast(axes)));
        Some(Slopes { time, space, slopes, windows, centeredh: self.centeredh, real })
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
        Some(Transform { operator: format!("{fourier}.H"), complex: true, shape: None })
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
