//! The discrete wavelets of PyWavelets, and their multilevel transform.

use std::sync::Arc;

use crate::graph::{self, Filters, Value};
use crate::operators::entry::Checker;
use crate::operators::{Op, Operator};
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::spec::Diagnostic;

/// Made by `wavelets/make.py`, which says what the lines are.
const COEFFICIENTS: &str = include_str!("wavelets/coefficients.txt");

/// Most levels: no axis is longer.
const MOST_LEVELS: usize = 60;

/// The low-pass filters of a wavelet: of the decomposition, and of the reconstruction.
fn low_pass(name: &str) -> Option<[Vec<f64>; 2]> {
    let listed = match name {
        "haar" => "db1".to_owned(),
        _ => name.replace("rbio", "bior"),
    };
    let rest =
        COEFFICIENTS.lines().find_map(|line| line.split_once(' ').filter(|l| l.0 == listed))?.1;
    let numbers = |text: &str| text.split_whitespace().filter_map(|c| c.parse().ok()).collect();
    let reversed = |filter: &Vec<f64>| filter.iter().rev().copied().collect();
    let [low, back]: [Vec<f64>; 2] = match rest.split_once('|') {
        Some((low, back)) => [numbers(low), numbers(back)],
        None => {
            let low = numbers(rest);
            [low.clone(), reversed(&low)]
        }
    };
    Some(if name.starts_with("rbio") { [reversed(&back), reversed(&low)] } else { [low, back] })
}

/// The names of all wavelets of a family, and the families.
fn names() -> Vec<&'static str> {
    COEFFICIENTS.lines().filter_map(|line| line.split(' ').next()).collect()
}

/// The filters of a wavelet's decomposition: with `a` and `d` those of PyWavelets,
/// `y_k = sum_j a_j x_{2k + F/2 - j}`, and `d_j = -(-1)^j b_j` for the low-pass reconstruction `b`.
fn filters(name: &str) -> Option<Filters> {
    let [low, back] = low_pass(name)?;
    let length = low.len();
    let high = |j: usize| if j.is_multiple_of(2) { -back[j] } else { back[j] };
    let taps = (0..length).rev().map(|j| [low[j], high(j)]).collect();
    Some(Filters::new(1 - (length / 2) as isize, taps))
}

pub(super) fn haar() -> String {
    "haar".into()
}

pub(super) fn one() -> usize {
    1
}

/// Builds the transform along some axes. Keys: `axes` (or that of the one axis), `wavelet`, `level`.
pub(super) fn build(
    dims: Vec<usize>,
    axes: Vec<usize>,
    wavelet: &str,
    level: usize,
    dtype: DType,
    at: &mut Checker<'_>,
) -> Option<Op> {
    let Some(filters) = filters(wavelet) else {
        let (span, message) = (at.span("wavelet"), format!("unknown wavelet `{wavelet}`"));
        let label = "expected a discrete wavelet of PyWavelets";
        at.diagnostics.push(Diagnostic::new(span, message, label).help(help(wavelet)));
        return None;
    };
    at.require(level <= MOST_LEVELS, "level", format!("expected at most {MOST_LEVELS}"))?;
    let mut padded = dims.clone();
    for &axis in &axes {
        let length = dims[axis].checked_next_power_of_two().map(|n| n.max(1 << level));
        at.require(length.is_some(), "dims", "more elements than any machine can address")?;
        padded[axis] = length?;
    }
    at.fits("level", padded.clone())?;
    let model = ArrayType { dims, dtype };
    Some(Arc::new(Built { model, padded, axes, filters: Arc::new(filters), level }))
}

/// The nearest wavelet, and what there is.
fn help(wavelet: &str) -> String {
    let all = "there are haar, db1 to db38, sym2 to sym20, coif1 to coif17, bior and rbio 1.1 to 6.8, and dmey";
    let near = names()
        .into_iter()
        .max_by(|a, b| strsim::jaro(a, wavelet).total_cmp(&strsim::jaro(b, wavelet)));
    match near.filter(|near| strsim::jaro(near, wavelet) > 0.8) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all.into(),
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    /// Dims of the data.
    padded: Vec<usize>,
    axes: Vec<usize>,
    filters: Arc<Filters>,
    level: usize,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let mut y = x.clone();
        for &axis in &self.axes {
            y = y.pad(axis, 0, self.padded[axis] - self.model.dims[axis])?;
        }
        self.levels(&y, self.level)
    }
}

impl Built {
    /// The transform of a block of an array, and of that of its averages.
    fn levels(&self, x: &Value, level: usize) -> graph::Result<Value> {
        if level == 0 {
            return Ok(x.clone());
        }
        // An axis behind others that are already split is still where it was.
        let mut axes = self.axes.clone();
        axes.sort_unstable();
        let split = axes
            .iter()
            .rev()
            .try_fold(x.clone(), |y, &axis| y.filter_bank(axis, self.filters.clone()))?;
        let y = split.reshape(x.dims())?;
        if level == 1 {
            return Ok(y);
        }
        let half = |y: &Value, axis: usize, k: usize| {
            let n = y.dims()[axis] / 2;
            y.slice(axis, k * n, n, 1)
        };
        let averages = axes.iter().try_fold(y.clone(), |y, &axis| half(&y, axis, 0))?;
        let mut inner = self.levels(&averages, level - 1)?;
        // Around the averages, what is behind them along the last axis, then along the one before.
        for (k, &axis) in axes.iter().enumerate().rev() {
            let before = axes[..k].iter().try_fold(y.clone(), |y, &axis| half(&y, axis, 0))?;
            inner = Value::concatenate(&[inner, half(&before, axis, 1)?], axis)?;
        }
        Ok(inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wavelet_reconstructs_what_it_decomposes() {
        let mut all: Vec<String> = names().iter().map(|name| (*name).to_owned()).collect();
        all.extend(
            names().iter().filter_map(|n| n.strip_prefix("bior").map(|n| format!("rbio{n}"))),
        );
        all.push("haar".into());
        assert_eq!(all.len(), 106);
        for name in all {
            let [a, b] = low_pass(&name).expect("listed");
            assert_eq!(a.len() % 2, 0, "{name}");
            assert_eq!(a.len(), b.len(), "{name}");
            // The filters and their shifts by even numbers of samples are biorthogonal.
            let n = a.len();
            for shift in (0..n).step_by(2) {
                let sum: f64 = (shift..n).map(|j| a[j] * b[n - 1 + shift - j]).sum();
                let expected = if shift == 0 { 1.0 } else { 0.0 };
                let tolerance = if name == "dmey" { 3e-3 } else { 1e-10 };
                assert!((sum - expected).abs() < tolerance, "{name} shifted by {shift}: {sum}");
            }
        }
    }
}
