//! Tapers that fall off towards the edges of an array, as PyLops' `utils.tapers` makes them.

use std::f64::consts::PI;

/// How a taper falls off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taper {
    /// Half a period of a raised cosine, `(1 + cos) / 2`.
    Hanning,
    /// The same as `Hanning` in PyLops, despite its name.
    Cosine,
    /// The square of it.
    CosineSquare,
    /// The square root of it.
    CosineSqrt,
    /// Ones.
    Ones,
}

/// A taper of `nmask` samples with `ntap` at each edge; the first is 0, the last before the flat
/// part is 1. Two edges that do not fit beside each other are an error.
pub fn taper(nmask: usize, ntap: usize, kind: Taper) -> Result<Vec<f64>, String> {
    if kind == Taper::Ones {
        return Ok(vec![1.0; nmask]);
    }
    if ntap > nmask / 2 {
        return Err(format!(
            "two edges of {ntap} samples do not fit into {nmask}; at most {} do",
            nmask / 2
        ));
    }
    let mut taper = vec![1.0; nmask];
    // PyLops' taper of one sample has no edge.
    let last = ntap.saturating_sub(1) as f64;
    for k in 0..if ntap > 1 { ntap } else { 0 } {
        let edge = 0.5 * (libm::cos((k as f64 - last) * PI / last) + 1.0);
        let edge = match kind {
            Taper::CosineSquare => edge * edge,
            Taper::CosineSqrt => edge.sqrt(),
            _ => edge,
        };
        taper[k] = edge;
        taper[nmask - 1 - k] = edge;
    }
    Ok(taper)
}

/// The product of one taper an axis, each of `(nmask, ntap)`, in C order.
pub fn tapers(axes: &[(usize, usize)], kind: Taper) -> Result<Vec<f64>, String> {
    let mut product = vec![1.0];
    for &(nmask, ntap) in axes.iter().rev() {
        let axis = taper(nmask, ntap, kind)?;
        product = axis.iter().flat_map(|a| product.iter().map(move |p| a * p)).collect();
    }
    Ok(product)
}
