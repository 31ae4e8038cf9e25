//! Which Fourier coefficients a mask takes, as PyLops' `MRI2D` draws them.

use std::f64::consts::PI;

use crate::graph::Sparse;
use crate::io::{Distribution, Generator};

/// A mask by its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    VerticalReg,
    VerticalUni,
    RadialReg,
    RadialUni,
}

impl Kind {
    pub(super) fn named(name: &str) -> Option<Kind> {
        match name {
            "vertical-reg" => Some(Kind::VerticalReg),
            "vertical-uni" => Some(Kind::VerticalUni),
            "radial-reg" => Some(Kind::RadialReg),
            "radial-uni" => Some(Kind::RadialUni),
            _ => None,
        }
    }

    pub(super) fn is_vertical(self) -> bool {
        matches!(self, Kind::VerticalReg | Kind::VerticalUni)
    }
}

/// Numbers from 0 to 1.
fn uniform(n: usize, seed: u64) -> Vec<f64> {
    let mut values = vec![0.0; n];
    Generator::Random { seed, distribution: Distribution::Uniform }.fill(0, &mut values);
    values
}

/// Columns of `n`, in order: `nlines`, and `middle` in the middle.
pub(super) fn columns(kind: Kind, n: usize, nlines: usize, middle: usize, seed: u64) -> Vec<usize> {
    if kind == Kind::VerticalReg {
        return (0..n).step_by(n / nlines).take(nlines).collect();
    }
    let start = n / 2 - middle / 2;
    let taken = start..start + middle;
    let mut others: Vec<usize> = (0..n).filter(|k| !taken.contains(k)).collect();
    // Those with the least numbers: no column twice.
    let numbers = uniform(n, seed);
    others.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    let mut columns: Vec<usize> = others.into_iter().take(nlines).chain(taken).collect();
    columns.sort_unstable();
    columns
}

/// Points of lines through the middle of a plane, first by their positions along the first axis, none twice.
pub(super) fn points(kind: Kind, dims: [usize; 2], nlines: usize, seed: u64) -> Vec<[f64; 2]> {
    let step = PI / nlines as f64;
    let angles: Vec<f64> = match kind {
        Kind::RadialReg => (0..nlines).map(|k| k as f64 * step).collect(),
        _ => uniform(nlines, seed).into_iter().map(|u| 2.0 * PI * u - PI).collect(),
    };
    let mut points: Vec<[f64; 2]> =
        angles.into_iter().flat_map(|angle| line(angle, dims)).collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    points
}

/// Points of a line at an angle to the first axis, one fewer than the second axis has samples.
fn line(angle: f64, [n0, n1]: [usize; 2]) -> Vec<[f64; 2]> {
    let (half0, half1) = ((n0 / 2) as f64, (n1 / 2) as f64);
    // PyLops' -n1 // 2 is rounded down.
    let first1 = 1.0 - n1.div_ceil(2) as f64;
    let slope = libm::tan(angle);
    let (xs, ys) = if angle == PI / 2.0 {
        (vec![0.0; n1 - 1], linspace(first1, half1 - 1.0, n1 - 1))
    } else {
        let (from, to) = if slope >= 0.0 {
            let most = half1.min(half0 / slope);
            (-most, most.min(half0 - 1.0 - ((n0 + 1) % 2) as f64))
        } else {
            let least = first1.max(half0 / slope);
            (least, (-least).min(half0 - 1.0))
        };
        let xs = linspace(from, to, n1 - 1);
        let ys = xs.iter().map(|x| slope * x).collect();
        (xs, ys)
    };
    let points = xs.iter().zip(&ys).map(|(&x, &y)| [x + half0, y + half1]);
    points.filter(|&[x, y]| x < (n0 - 1) as f64 && y < (n1 - 1) as f64).collect()
}

/// Bilinear interpolation at points of a spectrum whose zero frequency is in the middle, from one whose zero
/// frequency is the first. Spectra are periodic, and so go on before the first sample.
pub(super) fn weights([n0, n1]: [usize; 2], points: &[[f64; 2]]) -> Sparse {
    let around = |p: f64, n: usize| {
        let (i, t) = (p.floor(), p - p.floor());
        let sample = |i: f64| frequency(i.rem_euclid(n as f64) as usize, n);
        [(sample(i), 1.0 - t), (sample(i + 1.0), t)]
    };
    let rows = points.iter().map(|&[p, q]| {
        let (p, q) = (around(p, n0), around(q, n1));
        let all = p.into_iter().flat_map(|(i, u)| q.map(|(j, v)| (i * n1 + j, u * v)));
        all.filter(|&(_, w)| w != 0.0).collect()
    });
    Sparse::from_rows(n0 * n1, rows)
}

/// The number of the frequency that stands at `k` where zero is in the middle.
pub(super) fn frequency(k: usize, n: usize) -> usize {
    (k % n + n.div_ceil(2)) % n
}

/// NumPy's, of at least one number.
fn linspace(start: f64, stop: f64, num: usize) -> Vec<f64> {
    let mut values = vec![0.0; num];
    Generator::Linspace { start, stop, num }.fill(0, &mut values);
    values
}
