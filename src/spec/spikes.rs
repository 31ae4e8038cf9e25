//! `spikes = { shape, at, amp }`: zeros but for some samples.

use super::arrays::{Spike, SpikesSpec};
use super::diagnostic::Diagnostic;
use super::inline::Inline;
use super::node::{NodeValue, TomlNode};
use super::reader::{self, Reader, wrong};
use crate::scalar::C128;
use crate::space::show_dims;

/// Reads the table; several spikes at one sample are added.
pub(super) fn read(r: &mut Reader<'_, '_>) -> Option<SpikesSpec> {
    let shape = r.require("shape", reader::dims);
    let places = r.require("at", |node, key| match &shape {
        Some(shape) => places(node, key, &shape.value),
        None => Ok(Vec::new()),
    });
    let count = places.as_ref().map(Vec::len);
    let amp = r.read("amp", |node, key| amplitudes(node, key, count));
    let (shape, places) = (shape?.value, places?);
    let (values, complex) = match amp {
        Some(amp) => amp,
        None if r.table.get("amp").is_some() => return None,
        None => (vec![C128::ONE], false),
    };
    let value = |k: usize| values[k.min(values.len() - 1)];
    let spikes: Vec<Spike> =
        places.into_iter().enumerate().map(|(k, place)| (place, value(k))).collect();
    Some(SpikesSpec { shape, spikes, complex })
}

/// An index for each spike: a list of lists, or of integers along a single axis.
fn places(node: &TomlNode, key: &str, shape: &[usize]) -> Result<Vec<Vec<usize>>, Diagnostic> {
    let expected = match shape {
        [_] => "an index, or a list of them".to_string(),
        _ => format!("an index of {} integers, or a list of them", shape.len()),
    };
    let NodeValue::Array(items) = &node.value else {
        return match shape {
            [n] => Ok(vec![vec![index(node, key, *n)?]]),
            _ => Err(wrong(node, key, &expected)),
        };
    };
    let place = |node: &TomlNode| match (&node.value, shape) {
        (NodeValue::Array(items), _) if items.len() == shape.len() => {
            items.iter().zip(shape).map(|(item, &n)| index(item, key, n)).collect()
        }
        (NodeValue::Array(_), _) => {
            let label = format!("expected {} integers, for dims {}", shape.len(), show_dims(shape));
            Err(Diagnostic::new(node.span.clone(), format!("invalid value for `{key}`"), label))
        }
        (_, [n]) => Ok(vec![index(node, key, *n)?]),
        _ => Err(wrong(node, key, &expected)),
    };
    // One spike of several axes.
    let single = shape.len() > 1 && items.iter().all(|i| !matches!(i.value, NodeValue::Array(_)));
    if single { Ok(vec![place(node)?]) } else { items.iter().map(place).collect() }
}

/// An index of an axis of `n` samples, counted from the end if negative.
fn index(node: &TomlNode, key: &str, n: usize) -> Result<usize, Diagnostic> {
    let length = i64::try_from(n).unwrap_or(i64::MAX);
    let found = match node.integer()? {
        Some(k) if k < 0 => k.checked_add(length),
        found => found,
    };
    match found.filter(|k| (0..length).contains(k)).and_then(|k| usize::try_from(k).ok()) {
        Some(k) => Ok(k),
        None => Err(wrong(node, key, &format!("an index from {} to {}", -length, length - 1))),
    }
}

/// One value for all spikes, or one for each.
fn amplitudes(
    node: &TomlNode,
    key: &str,
    count: Option<usize>,
) -> Result<(Vec<C128>, bool), Diagnostic> {
    let inline = Inline::read(node, key)?;
    let fits = match inline.dims.as_slice() {
        [] => true,
        [n] => count.is_none_or(|count| count == *n) && *n > 0,
        _ => false,
    };
    if fits {
        return Ok((inline.values, inline.complex));
    }
    let label =
        format!("expected one value, or {}: one for each index of `at`", count.unwrap_or(0));
    Err(Diagnostic::new(node.span.clone(), format!("invalid value for `{key}`"), label))
}
