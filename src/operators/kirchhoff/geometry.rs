//! Reads and checks axes, points and tables.

use crate::io::Array;
use crate::operators::Scope;
use crate::operators::entry::Checker;
use crate::scalar::DType;
use crate::space::show_dims;
use crate::spec::{ArrayParam, Inline, OneOrMany};

use super::tables::ModelGrid;

/// The first few numbers, for messages.
pub(super) fn few(values: &[f64]) -> String {
    let words: Vec<String> = values.iter().take(4).map(f64::to_string).collect();
    let more = if values.len() > 4 { ", .." } else { "" };
    format!("{}{more}", words.join(", "))
}

/// A real array in double precision.
pub(super) fn real(key: &str, array: Array, at: &mut Checker<'_>) -> Option<Array> {
    let label = format!("expected real numbers, found {}", array.ty().dtype);
    at.require(!array.ty().dtype.is_complex(), key, label)?;
    at.as_type(key, array, DType::Float64)
}

/// Reads the numbers of an array, which must be finite.
pub(super) fn numbers(key: &str, array: &Array, at: &mut Checker<'_>) -> Option<Vec<f64>> {
    let array = real(key, array.clone(), at)?;
    match array.read::<f64>() {
        Ok(values) => {
            let values: Vec<f64> = values.into_iter().collect();
            let odd = values.iter().position(|v| !v.is_finite());
            let label = odd.map_or(String::new(), |k| format!("number {k} is {}", values[k]));
            at.require(odd.is_none(), key, label)?;
            Some(values)
        }
        Err(error) => {
            at.wrong(key, format!("`{key}` cannot be read"), error.to_string());
            None
        }
    }
}

/// Most samples of an axis, and most points: they are read when the problem is loaded.
const MOST: usize = 1 << 24;

fn few_enough(key: &str, n: usize, at: &mut Checker<'_>) -> Option<()> {
    at.require(n <= MOST, key, format!("expected at most {MOST}, found {n}"))
}

/// The coordinates of an axis.
pub(super) fn axis(
    key: &str,
    param: &ArrayParam,
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<Vec<f64>> {
    let array = at.array(key, param, DType::Float64, scope)?;
    let dims = &array.ty().dims;
    let label = format!("expected one axis, found {}", show_dims(dims));
    at.require(dims.len() == 1 && dims[0] > 0, key, label)?;
    few_enough(key, dims[0], at)?;
    numbers(key, &array, at)
}

/// Points in the model's space, from an array `(ndim, n)`.
pub(super) fn points(
    key: &str,
    param: &ArrayParam,
    grid: &ModelGrid,
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<Vec<Vec<f64>>> {
    let array = at.array(key, param, DType::Float64, scope)?;
    let (dims, ndim) = (array.ty().dims.clone(), grid.axes.len());
    let rows = if ndim == 2 { "x, z" } else { "y, x, z" };
    let label = format!("expected ({ndim}, n), rows {rows}, found {}", show_dims(&dims));
    at.require(dims.len() == 2 && dims[0] == ndim && dims[1] > 0, key, label)?;
    let n = dims[1];
    few_enough(key, n, at)?;
    let values = numbers(key, &array, at)?;
    Some((0..n).map(|p| (0..ndim).map(|a| values[a * n + p]).collect()).collect())
}

/// Two tables, if a parameter is two names or two lists of lists.
pub(super) fn pair(param: &OneOrMany<ArrayParam>) -> Option<[&ArrayParam; 2]> {
    let OneOrMany::Many(list) = param else { return None };
    let table = |p: &ArrayParam| match p {
        ArrayParam::Name(_) => true,
        ArrayParam::List(inline) => inline.dims.len() == 2,
        ArrayParam::Scalar(_) => false,
    };
    match list.as_slice() {
        [a, b] if table(a) && table(b) => Some([a, b]),
        _ => None,
    }
}

/// One array: a name, or an inline list, whose entries were read one by one.
pub(super) fn single(param: &OneOrMany<ArrayParam>) -> Option<ArrayParam> {
    match param {
        OneOrMany::One(param) => Some(param.clone()),
        OneOrMany::Many(list) => {
            let parts: Option<Vec<Inline>> = list.iter().map(ArrayParam::inline).collect();
            Inline::stack(parts?).ok().map(ArrayParam::List)
        }
    }
}

/// Tables of sources and of receivers.
pub(super) fn given(
    key: &str,
    [of_sources, of_receivers]: [&ArrayParam; 2],
    nodes: usize,
    [ns, nr]: [usize; 2],
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<[Array; 2]> {
    Some([
        table(key, of_sources, nodes, ns, "ns", scope, at)?,
        table(key, of_receivers, nodes, nr, "nr", scope, at)?,
    ])
}

/// A table `(npoints, n)` of real numbers, of which only the header is read.
pub(super) fn table(
    key: &str,
    param: &ArrayParam,
    nodes: usize,
    n: usize,
    words: &str,
    scope: &mut dyn Scope,
    at: &mut Checker<'_>,
) -> Option<Array> {
    let array = at.array(key, param, DType::Float64, scope)?;
    let dims = &array.ty().dims;
    let label = format!("expected (npoints, {words}) = ({nodes}, {n}), found {}", show_dims(dims));
    at.require(*dims == [nodes, n], key, label)?;
    real(key, array, at)
}

/// Where a taper begins and where it reaches 0; a single number gives the latter.
pub(super) fn limits(key: &str, param: &OneOrMany<f64>, at: &mut Checker<'_>) -> Option<[f64; 2]> {
    let [low, high] = match param.as_slice() {
        [high] => [0.8 * high, *high],
        [low, high] => [*low, *high],
        _ => [f64::NAN; 2],
    };
    let label = "expected one number above 0, or an increasing pair";
    at.require(low >= 0.0 && low <= high && high > 0.0, key, label)?;
    Some([low, high])
}
