//! Sources of arrays that are local slopes of other arrays, under PyLops' names.

use super::array_ref::{ArrayRef, array_ref};
use super::diagnostic::Diagnostic;
use super::node::{NodeValue, TomlNode};
use super::reader::{self, Reader, wrong};

/// Local slopes of an array.
#[derive(Clone, Debug, PartialEq)]
pub enum SlopesSpec {
    /// `slope_estimate`, `dip_estimate`: by the structure tensor.
    Structure {
        /// A section `(nz, nx)`.
        d: ArrayRef,
        /// Sampling of its rows and columns.
        steps: [f64; 2],
        /// Standard deviations of the Gaussians along both.
        smooth: [f64; 2],
        /// Products below this part of the largest have no slope.
        eps: f64,
        /// Which of the results.
        wanted: SlopeResult,
    },
    /// `pwd_slope_estimate`: by plane-wave destruction.
    Pwd {
        /// Data of two or three axes.
        d: ArrayRef,
        /// Gauss-Newton steps.
        niter: usize,
        /// Most iterations of least squares in each.
        liter: usize,
        /// Order of the filters, 1 or 2.
        order: usize,
        /// Whether the smoother is a triangle, not a box.
        triangle: bool,
        /// Its length along all axes, or along each.
        nsmooth: Vec<usize>,
        /// Damping.
        damp: f64,
        /// The other axis of slopes, counted from the end if negative.
        axis: f64,
    },
}

/// What an estimate gives of each sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlopeResult {
    /// Slopes.
    Slopes,
    /// Dips in radians.
    Dips,
    /// Anisotropies.
    Anisotropies,
}

pub(super) fn read(source: &str, r: &mut Reader<'_, '_>) -> Option<SlopesSpec> {
    let d = r.require("d", array_ref);
    if source == "pwd_slope_estimate" {
        return pwd(d, r);
    }
    let step = |r: &mut Reader<'_, '_>, key| r.read(key, not_zero).unwrap_or(1.0);
    let steps = [step(r, "dz"), step(r, "dx")];
    let smooth = r.read("smooth", deviations).unwrap_or([5.0; 2]);
    let eps = r.read("eps", not_negative).unwrap_or(0.0);
    let flag = |r: &mut Reader<'_, '_>, key| r.read(key, reader::boolean).is_some_and(|f| f.value);
    let dips = source == "dip_estimate" || flag(r, "dips");
    let wanted = match (flag(r, "anisotropies"), dips) {
        (true, _) => SlopeResult::Anisotropies,
        (false, true) => SlopeResult::Dips,
        (false, false) => SlopeResult::Slopes,
    };
    Some(SlopesSpec::Structure { d: d?, steps, smooth, eps, wanted })
}

fn pwd(d: Option<ArrayRef>, r: &mut Reader<'_, '_>) -> Option<SlopesSpec> {
    let niter = r.read("niter", reader::count).map_or(5, |n| n.value);
    let liter = r.read("liter", reader::count).map_or(20, |n| n.value);
    let orders = |node: &TomlNode, key: &str| match reader::dims_of_one(node, key)? {
        order @ 1..=2 => Ok(order),
        _ => Err(wrong(node, key, "1 or 2")),
    };
    let order = r.read("order", orders).unwrap_or(2);
    let kinds = [("triangle", true), ("boxcar", false)];
    let triangle = r.read("smoothing", |n, k| reader::word(n, k, &kinds)).is_none_or(|t| t.value);
    let lengths = |node: &TomlNode, key: &str| {
        let lengths = match node.value {
            NodeValue::Array(_) => {
                reader::list(node, key, "a list of lengths", reader::dims_of_one)?
            }
            _ => vec![reader::dims_of_one(node, key)?],
        };
        let fits = lengths.iter().all(|n| (1..=1 << 24).contains(n)) && !lengths.is_empty();
        if fits { Ok(lengths) } else { Err(wrong(node, key, "lengths from 1 to 16777216")) }
    };
    let nsmooth = r.read("nsmooth", lengths).unwrap_or_else(|| vec![10]);
    let damp = r.read("damp", not_negative).unwrap_or(0.0);
    let axis = r.read("axis", reader::number).map_or(-1.0, |a| a.value);
    Some(SlopesSpec::Pwd { d: d?, niter, liter, order, triangle, nsmooth, damp, axis })
}

/// One standard deviation for both axes, or one for each.
fn deviations(node: &TomlNode, key: &str) -> Result<[f64; 2], Diagnostic> {
    let expected = "a standard deviation in samples, or one for each of the two axes, at most 1e6";
    let list = match node.value {
        NodeValue::Array(_) => reader::list(node, key, expected, not_negative)?,
        _ => vec![not_negative(node, key)?; 2],
    };
    match <[f64; 2]>::try_from(list) {
        Ok(both) if both.iter().all(|s| *s <= 1e6) => Ok(both),
        _ => Err(wrong(node, key, expected)),
    }
}

fn not_zero(node: &TomlNode, key: &str) -> Result<f64, Diagnostic> {
    let x = reader::number(node, key)?.value;
    if x == 0.0 { Err(wrong(node, key, "a nonzero number")) } else { Ok(x) }
}

fn not_negative(node: &TomlNode, key: &str) -> Result<f64, Diagnostic> {
    let x = reader::number(node, key)?.value;
    if x >= 0.0 { Ok(x) } else { Err(wrong(node, key, "a number that is not negative")) }
}
