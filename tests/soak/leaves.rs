//! Operators that are not made of others: a table of the problem file, and the definition, as naive as
//! it can be.

mod blocks;
mod filters;
mod radon;
mod transforms;

use std::f64::consts::{PI, SQRT_2};

use super::map::{C, Map, Space};
use super::seeded::Seeded;

mod waves;

/// A table without its braces, its matrix, and the arrays that it names.
pub(crate) struct Leaf {
    pub(crate) table: String,
    pub(crate) map: Map,
    pub(crate) arrays: Vec<(String, Space, Vec<C>)>,
}

/// A random operator on models of these dims; `complex` is whether the file's dtype is.
pub(crate) fn leaf(r: &mut Seeded, dims: &[usize], complex: bool, name: &str) -> Leaf {
    loop {
        if let Some(leaf) = KINDS[r.below(KINDS.len())](&mut Draw { r, dims, complex, name }) {
            return leaf;
        }
    }
}

/// A random operator whose data have the model's dims.
pub(crate) fn square(r: &mut Seeded, dims: &[usize], complex: bool, name: &str) -> Leaf {
    loop {
        let leaf = leaf(r, dims, complex, name);
        if leaf.map.data == leaf.map.model {
            return leaf;
        }
    }
}

struct Draw<'a> {
    r: &'a mut Seeded,
    dims: &'a [usize],
    complex: bool,
    name: &'a str,
}

type Kind = fn(&mut Draw<'_>) -> Option<Leaf>;

const KINDS: &[Kind] = &[
    identity,
    zero,
    diagonal,
    matrix,
    first_derivative,
    second_derivative,
    laplacian,
    gradient,
    integration,
    convolution,
    fourier,
    fourier,
    fourier_nd,
    flip,
    roll,
    pad,
    restriction,
    interpolation,
    bilinear,
    cubic_spline,
    sum,
    symmetrize,
    transpose,
    smoothing,
    smoothing2d,
    parts,
    fredholm,
    mdc,
    spread,
    poststack,
    kirchhoff,
    blocks::sparse_matrix,
    blocks::halo,
    blocks::mri,
    filters::convolution,
    filters::varying,
    filters::varying,
    filters::varying_filters,
    filters::directional,
    filters::shift,
    filters::regression,
    radon::radon2d,
    radon::radon3d,
    radon::fourier_radon,
    radon::chirp_radon,
    waves::avo,
    waves::phase_shift,
    waves::blending,
    transforms::dct,
    transforms::wavelet,
    transforms::wavelet,
    transforms::sprayer,
    transforms::seislet,
];

fn list(dims: &[usize]) -> String {
    format!("{dims:?}")
}

/// A function of every lane along an axis.
fn lanes(x: &[C], dims: &[usize], axis: usize, f: impl Fn(&[C]) -> Vec<C>) -> Vec<C> {
    let inner: usize = dims[axis + 1..].iter().product();
    let (n, outer) = (dims[axis], dims[..axis].iter().product::<usize>());
    let mut out: Vec<C> = Vec::new();
    let mut m = 0;
    for o in 0..outer {
        for i in 0..inner {
            let lane: Vec<C> = (0..n).map(|k| x[(o * n + k) * inner + i]).collect();
            let y = f(&lane);
            m = y.len();
            out.resize(outer * m * inner, C::default());
            y.iter().enumerate().for_each(|(k, y)| out[(o * m + k) * inner + i] = *y);
        }
    }
    out.truncate(outer * m * inner);
    out
}

impl Draw<'_> {
    fn axis(&mut self) -> usize {
        self.r.below(self.dims.len())
    }

    fn model(&self) -> Space {
        Space::new(self.dims, self.complex)
    }

    /// A leaf without arrays along an axis.
    fn along(
        &self,
        table: String,
        axis: usize,
        length: usize,
        f: impl Fn(&[C]) -> Vec<C>,
    ) -> Option<Leaf> {
        let mut dimsd = self.dims.to_vec();
        dimsd[axis] = length;
        let map = Map::of(self.model(), Space::new(&dimsd, self.complex), |x| {
            lanes(x, self.dims, axis, &f)
        });
        Some(Leaf { table, map, arrays: Vec::new() })
    }

    fn array(&mut self, dims: &[usize], complex: bool) -> (String, Space, Vec<C>) {
        let space = Space::new(dims, complex);
        let values = (0..space.len()).map(|_| self.r.value(complex)).collect();
        (format!("{}_a", self.name), space, values)
    }

    /// The keys that most operators have.
    fn keys(&mut self, kind: &str, axis: usize) -> String {
        let shown = match self.r.below(2) {
            0 => axis.to_string(),
            _ => format!("-{}", self.dims.len() - axis),
        };
        format!("type = \"{kind}\", dims = {}, axis = {shown}", list(self.dims))
    }
}

fn identity(d: &mut Draw<'_>) -> Option<Leaf> {
    let longer = d.r.below(3);
    let n: Vec<usize> = d
        .dims
        .iter()
        .map(|&n| match longer {
            0 => n,
            1 => n + d.r.below(3),
            _ => 1 + d.r.below(n),
        })
        .collect();
    let table = match longer {
        0 => format!("type = \"Identity\", N = {}", list(&n)),
        _ => format!("type = \"Identity\", N = {}, M = {}", list(&n), list(d.dims)),
    };
    let map = Map::of(d.model(), Space::new(&n, d.complex), |x| {
        let (mut y, mut dims) = (x.to_vec(), d.dims.to_vec());
        for a in 0..n.len() {
            y = lanes(&y, &dims, a, |lane| {
                (0..n[a]).map(|i| lane.get(i).copied().unwrap_or_default()).collect()
            });
            dims[a] = n[a];
        }
        y
    });
    Some(Leaf { table, map, arrays: vec![] })
}

fn zero(d: &mut Draw<'_>) -> Option<Leaf> {
    if d.r.below(3) > 0 {
        return None;
    }
    let n = [1 + d.r.below(4), 1 + d.r.below(3)];
    let table = format!("type = \"Zero\", N = {}, M = {}", list(&n), list(d.dims));
    let map =
        Map::of(d.model(), Space::new(&n, d.complex), |_| vec![C::default(); n.iter().product()]);
    Some(Leaf { table, map, arrays: vec![] })
}

fn diagonal(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let full = d.r.below(2) == 0;
    let own = [d.dims[axis]];
    let array = d.array(if full { d.dims } else { &own }, d.complex);
    let mut table = format!("type = \"Diagonal\", diag = \"{}\"", array.0);
    if !full {
        table += &format!(", dims = {}, axis = {axis}", list(d.dims));
    }
    let f = array.2.clone();
    let map = Map::of(d.model(), d.model(), |x| match full {
        true => x.iter().zip(&f).map(|(x, f)| x * f).collect(),
        false => lanes(x, d.dims, axis, |l| l.iter().zip(&f).map(|(x, f)| x * f).collect()),
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

fn matrix(d: &mut Draw<'_>) -> Option<Leaf> {
    let rows = 1 + d.r.below(6);
    let m = d.dims[0];
    let array = d.array(&[rows, m], d.complex);
    let mut table = format!("type = \"MatrixMult\", A = \"{}\"", array.0);
    if d.dims.len() > 1 {
        table += &format!(", otherdims = {}", list(&d.dims[1..]));
    }
    let a = array.2.clone();
    let mut dimsd = d.dims.to_vec();
    dimsd[0] = rows;
    let map = Map::of(d.model(), Space::new(&dimsd, d.complex), |x| {
        lanes(x, d.dims, 0, |l| {
            (0..rows).map(|i| (0..m).map(|j| a[i * m + j] * l[j]).sum()).collect()
        })
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

/// First differences of a lane.
fn first(x: &[C], kind: &str, edge: bool, order: usize, h: f64) -> Vec<C> {
    let n = x.len();
    let zero = C::default();
    let value = |i: usize| match (kind, order) {
        ("forward", _) => (i + 1 < n).then(|| (x[i + 1] - x[i]) / h),
        ("backward", _) => (i > 0).then(|| (x[i] - x[i - 1]) / h),
        (_, 3) if i > 0 && i + 1 < n => Some((x[i + 1] - x[i - 1]) / (2.0 * h)),
        (_, 3) if edge && i == 0 => Some((x[1] - x[0]) / h),
        (_, 3) if edge => Some((x[n - 1] - x[n - 2]) / h),
        (_, 5) if i > 1 && i + 2 < n => {
            Some((x[i - 2] - x[i - 1] * 8.0 + x[i + 1] * 8.0 - x[i + 2]) / (12.0 * h))
        }
        _ => None,
    };
    (0..n).map(|i| value(i).unwrap_or(zero)).collect()
}

fn second(x: &[C], kind: &str, edge: bool, h: f64) -> Vec<C> {
    let n = x.len();
    if n < 3 {
        return vec![C::default(); n];
    }
    let d = |j: usize| (x[j - 1] - x[j] * 2.0 + x[j + 1]) / (h * h);
    let value = |i: usize| match kind {
        "forward" => (i + 2 < n).then(|| d(i + 1)),
        "backward" => (i > 1).then(|| d(i - 1)),
        _ if edge => Some(d(i.clamp(1, n - 2))),
        _ => (i > 0 && i + 1 < n).then(|| d(i)),
    };
    (0..n).map(|i| value(i).unwrap_or_default()).collect()
}

fn kind_of(d: &mut Draw<'_>, thin: bool) -> (&'static str, bool) {
    let kind = ["centered", "forward", "backward"][d.r.below(3)];
    (kind, kind == "centered" && !thin && d.r.below(2) == 0)
}

fn first_derivative(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let n = d.dims[axis];
    let (kind, mut edge) = kind_of(d, n < 3);
    let order = if kind == "centered" && n >= 5 && d.r.below(2) == 0 { 5 } else { 3 };
    edge &= order == 3;
    let h = [1.0, 0.5][d.r.below(2)];
    let mut table = d.keys("FirstDerivative", axis);
    table += &format!(", kind = \"{kind}\", edge = {edge}, order = {order}, sampling = {h:?}");
    d.along(table, axis, n, |x| first(x, kind, edge, order, h))
}

fn second_derivative(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let n = d.dims[axis];
    let (kind, edge) = kind_of(d, n < 3);
    let table = d.keys("SecondDerivative", axis);
    d.along(format!("{table}, kind = \"{kind}\", edge = {edge}"), axis, n, |x| {
        second(x, kind, edge, 1.0)
    })
}

fn laplacian(d: &mut Draw<'_>) -> Option<Leaf> {
    let thin = d.dims.iter().any(|&n| n < 3);
    let (kind, edge) = kind_of(d, thin);
    let axes: Vec<usize> = (0..d.dims.len()).filter(|_| d.r.below(4) > 0).collect();
    if axes.is_empty() {
        return None;
    }
    let weights: Vec<f64> = axes.iter().map(|_| 0.5 * (1.0 + d.r.below(5) as f64)).collect();
    let table = format!(
        "type = \"Laplacian\", dims = {}, axes = {}, weights = {weights:?}, kind = \"{kind}\", edge = {edge}, sampling = {:?}",
        list(d.dims),
        list(&axes),
        vec![0.5; axes.len()],
    );
    let map = Map::of(d.model(), d.model(), |x| {
        let mut sum = vec![C::default(); x.len()];
        for (a, w) in axes.iter().zip(&weights) {
            let part = lanes(x, d.dims, *a, |l| second(l, kind, edge, 0.5));
            sum.iter_mut().zip(part).for_each(|(s, p)| *s += p * w);
        }
        sum
    });
    Some(Leaf { table, map, arrays: vec![] })
}

fn gradient(d: &mut Draw<'_>) -> Option<Leaf> {
    let (kind, edge) = kind_of(d, d.dims.iter().any(|&n| n < 3));
    let table =
        format!("type = \"Gradient\", dims = {}, kind = \"{kind}\", edge = {edge}", list(d.dims));
    let dimsd: Vec<usize> = std::iter::once(d.dims.len()).chain(d.dims.iter().copied()).collect();
    let map = Map::of(d.model(), Space::new(&dimsd, d.complex), |x| {
        let along = |a| lanes(x, d.dims, a, |l| first(l, kind, edge, 3, 1.0));
        (0..d.dims.len()).flat_map(along).collect()
    });
    Some(Leaf { table, map, arrays: vec![] })
}

fn integration(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let kind = ["full", "half", "trapezoidal"][d.r.below(3)];
    let removed = usize::from(d.dims[axis] > 1 && d.r.below(2) == 0);
    let table = d.keys("CausalIntegration", axis);
    let table =
        format!("{table}, kind = \"{kind}\", removefirst = {}, sampling = 0.5", removed == 1);
    d.along(table, axis, d.dims[axis] - removed, |x| {
        let weight = |i: usize, j: usize| match kind {
            "full" => 1.0,
            "half" if i == j => 0.5,
            "half" => 1.0,
            _ if i == j || j == 0 => 0.5,
            _ => 1.0,
        };
        let sum = |i: usize| (0..=i).map(|j| x[j] * (0.5 * weight(i, j))).sum();
        (removed..x.len()).map(sum).collect()
    })
}

fn convolution(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let n = d.dims[axis];
    let taps = 1 + d.r.below(n.min(5));
    let offset = d.r.below(taps);
    let array = d.array(&[taps], d.complex);
    let mut table = d.keys("Convolve1D", axis);
    table += &format!(", h = \"{}\", offset = {offset}", array.0);
    if d.r.below(3) == 0 {
        table += ", method = \"fft\"";
    }
    let h = array.2.clone();
    let leaf = d.along(table, axis, n, |x| {
        let term = |i: usize, k: usize| {
            let j = (i + offset).checked_sub(k).filter(|&j| j < n);
            j.map_or(C::default(), |j| x[j] * h[k])
        };
        (0..n).map(|i| (0..taps).map(|k| term(i, k)).sum()).collect()
    })?;
    Some(Leaf { arrays: vec![array], ..leaf })
}

fn turn(j: usize, k: usize, n: usize) -> C {
    C::from_polar(1.0, -2.0 * PI * ((j * k) % n) as f64 / n as f64)
}

/// `ifftshift`: the sample at `n / 2` comes first.
fn shifted(x: &[C], back: bool) -> Vec<C> {
    let mut y = x.to_vec();
    let half = x.len() / 2;
    if back {
        y.rotate_right(half)
    } else {
        y.rotate_left(half)
    }
    y
}

/// The transform of a lane.
struct Transform {
    nfft: usize,
    real: bool,
    scale: f64,
    before: bool,
    after: bool,
}

impl Transform {
    fn bins(&self) -> usize {
        if self.real { self.nfft / 2 + 1 } else { self.nfft }
    }

    fn of(&self, x: &[C]) -> Vec<C> {
        let x = if self.before { shifted(x, false) } else { x.to_vec() };
        let bin = |k: usize| -> C {
            let x = x.iter().take(self.nfft);
            let sum: C = x.enumerate().map(|(j, x)| x * turn(j, k, self.nfft)).sum();
            let double = self.real && k > 0 && 2 * k < self.nfft;
            sum * (self.scale * if double { SQRT_2 } else { 1.0 })
        };
        let y: Vec<C> = (0..self.bins()).map(bin).collect();
        if self.after { shifted(&y, true) } else { y }
    }
}

fn norm_of(d: &mut Draw<'_>, n: usize) -> (&'static str, f64) {
    let n = n as f64;
    [("ortho", 1.0 / n.sqrt()), ("none", 1.0), ("1/n", 1.0 / n)][d.r.below(3)]
}

fn fourier(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let n = d.dims[axis];
    let nfft = match d.r.below(3) {
        0 => n,
        1 => n + d.r.below(4),
        _ => 1 + d.r.below(n),
    };
    let real = !d.complex && d.r.below(3) > 0;
    let (norm, scale) = norm_of(d, nfft);
    let (before, after) = (d.r.below(3) == 0, !real && d.r.below(3) == 0);
    let transform = Transform { nfft, real, scale, before, after };
    let mut table = d.keys("FFT", axis);
    table += &format!(
        ", nfft = {nfft}, real = {real}, norm = \"{norm}\", ifftshift_before = {before}, fftshift_after = {after}"
    );
    let mut dimsd = d.dims.to_vec();
    dimsd[axis] = transform.bins();
    let map = Map::of(Space::new(d.dims, !real), Space::new(&dimsd, true), |x| {
        lanes(x, d.dims, axis, |l| transform.of(l))
    });
    Some(Leaf { table, map, arrays: vec![] })
}

fn fourier_nd(d: &mut Draw<'_>) -> Option<Leaf> {
    let mut axes: Vec<usize> = (0..d.dims.len()).filter(|_| d.r.below(4) > 0).collect();
    if axes.is_empty() {
        return None;
    }
    let turn = d.r.below(axes.len());
    axes.rotate_left(turn);
    let real = !d.complex;
    let nffts: Vec<usize> = axes.iter().map(|&a| d.dims[a] + d.r.below(2)).collect();
    let (norm, scale) = norm_of(d, nffts.iter().product());
    let kind = if axes.len() == 2 && d.r.below(2) == 0 { "FFT2D" } else { "FFTND" };
    let table = format!(
        "type = \"{kind}\", dims = {}, axes = {}, nffts = {}, real = {real}, norm = \"{norm}\"",
        list(d.dims),
        list(&axes),
        list(&nffts)
    );
    let last = axes.len() - 1;
    let steps: Vec<(usize, Transform)> = (0..axes.len())
        .rev()
        .map(|k| {
            let scale = if k == last { scale } else { 1.0 };
            let real = real && k == last;
            (axes[k], Transform { nfft: nffts[k], real, scale, before: false, after: false })
        })
        .collect();
    let mut dimsd = d.dims.to_vec();
    steps.iter().for_each(|(a, t)| dimsd[*a] = t.bins());
    let map = Map::of(Space::new(d.dims, !real), Space::new(&dimsd, true), |x| {
        let (mut y, mut dims) = (x.to_vec(), d.dims.to_vec());
        for (a, t) in &steps {
            y = lanes(&y, &dims, *a, |l| t.of(l));
            dims[*a] = t.bins();
        }
        y
    });
    Some(Leaf { table, map, arrays: vec![] })
}

fn flip(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let table = d.keys("Flip", axis);
    d.along(table, axis, d.dims[axis], |x| x.iter().rev().copied().collect())
}

fn roll(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let n = d.dims[axis];
    let shift = d.r.below(9) as isize - 4;
    let table = d.keys("Roll", axis);
    d.along(format!("{table}, shift = {shift}"), axis, n, |x| {
        let from = |i: usize| (i as isize - shift).rem_euclid(n as isize) as usize;
        (0..n).map(|i| x[from(i)]).collect()
    })
}

fn pad(d: &mut Draw<'_>) -> Option<Leaf> {
    let pads: Vec<[usize; 2]> = d.dims.iter().map(|_| [d.r.below(3), d.r.below(3)]).collect();
    let table = format!("type = \"Pad\", dims = {}, pad = {pads:?}", list(d.dims));
    let dimsd: Vec<usize> = d.dims.iter().zip(&pads).map(|(n, p)| n + p[0] + p[1]).collect();
    let map = Map::of(d.model(), Space::new(&dimsd, d.complex), |x| {
        let (mut y, mut dims) = (x.to_vec(), d.dims.to_vec());
        for (a, p) in pads.iter().enumerate() {
            y = lanes(&y, &dims, a, |l| {
                let zeros = |n: usize| vec![C::default(); n];
                [zeros(p[0]), l.to_vec(), zeros(p[1])].concat()
            });
            dims[a] += p[0] + p[1];
        }
        y
    });
    Some(Leaf { table, map, arrays: vec![] })
}

fn restriction(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let n = d.dims[axis];
    let count = 1 + d.r.below(n + 1);
    let iava: Vec<isize> = (0..count).map(|_| d.r.below(2 * n) as isize - n as isize).collect();
    let table = d.keys("Restriction", axis);
    d.along(format!("{table}, iava = {iava:?}"), axis, count, |x| {
        iava.iter().map(|&i| x[i.rem_euclid(n as isize) as usize]).collect()
    })
}

/// Some positions on an axis of `n` samples, in eighths.
fn positions(d: &mut Draw<'_>, n: usize) -> Vec<f64> {
    let count = 1 + d.r.below(n + 2);
    (0..count).map(|_| d.r.below(8 * (n - 1) + 1) as f64 / 8.0).collect()
}

fn interpolation(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let n = d.dims[axis];
    let (kind, positions) = (d.r.below(4), positions(d, n));
    let name = ["nearest", "linear", "sinc", "sinc"][kind];
    if n < 2 && kind == 1 {
        return None;
    }
    let tol = if kind == 3 { ", tol = 0.1" } else { "" };
    let table = d.keys("Interp", axis);
    let table = format!("{table}, iava = {positions:?}, kind = \"{name}\"{tol}");
    d.along(table, axis, positions.len(), |x| {
        let weight = |p: f64, j: usize| match (kind, p - j as f64) {
            (0, _) => f64::from(p.round_ties_even() as usize == j),
            (1, u) => (1.0 - u.abs()).max(0.0),
            (_, 0.0) => 1.0,
            (_, u) => (std::f64::consts::PI * u).sin() / (std::f64::consts::PI * u),
        };
        let seen = |w: &f64| kind != 3 || w.abs() >= 0.1;
        let sum = |&p: &f64| {
            x.iter()
                .enumerate()
                .map(|(j, v)| v * Some(weight(p, j)).filter(seen).unwrap_or(0.0))
                .sum()
        };
        positions.iter().map(sum).collect()
    })
}

fn bilinear(d: &mut Draw<'_>) -> Option<Leaf> {
    if d.dims.len() < 2 || d.dims[0] < 2 || d.dims[1] < 2 {
        return None;
    }
    let (n0, n1) = (d.dims[0], d.dims[1]);
    let (mut p, mut q) = (positions(d, n0), positions(d, n1));
    let count = p.len().min(q.len());
    p.truncate(count);
    q.truncate(count);
    let rest: usize = d.dims[2..].iter().product();
    let dimsd = [&[count], &d.dims[2..]].concat();
    let table = format!("type = \"Bilinear\", iava = [{p:?}, {q:?}], dims = {}", list(d.dims));
    let hat = |u: f64| (1.0 - u.abs()).max(0.0);
    let map = Map::of(d.model(), Space::new(&dimsd, d.complex), |x| {
        (0..count * rest)
            .map(|k| {
                let (k, r) = (k / rest, k % rest);
                let at = |m: usize| {
                    let (i, j) = (m / n1, m % n1);
                    x[m * rest + r] * (hat(p[k] - i as f64) * hat(q[k] - j as f64))
                };
                (0..n0 * n1).map(at).sum()
            })
            .collect()
    });
    Some(Leaf { table, map, arrays: vec![] })
}

fn cubic_spline(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let n = d.dims[axis];
    if n < 2 {
        return None;
    }
    let positions = positions(d, n);
    let table = d.keys("InterpCubicSpline", axis);
    d.along(format!("{table}, iava = {positions:?}"), axis, positions.len(), |x| {
        // Second derivatives by relaxation, to below rounding.
        let mut m = vec![C::default(); n];
        for _ in 0..80 {
            for j in 1..n - 1 {
                let bend = (x[j - 1] - x[j] * 2.0 + x[j + 1]) * 6.0;
                m[j] = (bend - m[j - 1] - m[j + 1]) / 4.0;
            }
        }
        let cubic = |t: f64| (t * t * t - t) / 6.0;
        let at = |&p: &f64| {
            let i = (p as usize).min(n - 2);
            let t = p - i as f64;
            x[i] * (1.0 - t) + x[i + 1] * t + m[i] * cubic(1.0 - t) + m[i + 1] * cubic(t)
        };
        positions.iter().map(at).collect()
    })
}

fn sum(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let table = d.keys("Sum", axis);
    let leaf = d.along(table, axis, 1, |x| vec![x.iter().sum()])?;
    let mut dimsd = d.dims.to_vec();
    if dimsd.len() > 1 {
        dimsd.remove(axis);
    } else {
        dimsd = vec![1];
    }
    Some(Leaf { map: leaf.map.shaped(None, Some(&dimsd)), ..leaf })
}

fn symmetrize(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let n = d.dims[axis];
    let table = d.keys("Symmetrize", axis);
    d.along(table, axis, 2 * n - 1, |x| (0..2 * n - 1).map(|i| x[(i + 1).abs_diff(n)]).collect())
}

fn transpose(d: &mut Draw<'_>) -> Option<Leaf> {
    let mut axes: Vec<usize> = (0..d.dims.len()).collect();
    let (a, b) = (d.axis(), d.axis());
    axes.swap(a, b);
    axes.rotate_left(d.r.below(d.dims.len()));
    let table = format!("type = \"Transpose\", dims = {}, axes = {}", list(d.dims), list(&axes));
    let dimsd: Vec<usize> = axes.iter().map(|&a| d.dims[a]).collect();
    let map = Map::of(d.model(), Space::new(&dimsd, d.complex), |x| {
        (0..x.len())
            .map(|k| {
                let (mut rest, mut index) = (k, vec![0; axes.len()]);
                for (a, &n) in dimsd.iter().enumerate().rev() {
                    index[axes[a]] = rest % n;
                    rest /= n;
                }
                x[index.iter().zip(d.dims).fold(0, |at, (i, n)| at * n + i)]
            })
            .collect()
    });
    Some(Leaf { table, map, arrays: vec![] })
}

fn mean(x: &[C], n: usize) -> Vec<C> {
    let half = (n / 2) as isize;
    let at = |i: isize| usize::try_from(i).ok().and_then(|i| x.get(i)).copied().unwrap_or_default();
    let count = (2 * half + 1) as f64;
    (0..x.len() as isize).map(|i| (-half..=half).map(|k| at(i + k)).sum::<C>() / count).collect()
}

fn smoothing(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let n = d.dims[axis];
    let nsmooth = 1 + 2 * d.r.below(3);
    if nsmooth > n {
        return None;
    }
    let table = d.keys("Smoothing1D", axis);
    d.along(format!("{table}, nsmooth = {nsmooth}"), axis, n, |x| mean(x, nsmooth))
}

fn smoothing2d(d: &mut Draw<'_>) -> Option<Leaf> {
    if d.dims.len() != 2 || d.dims.iter().any(|&n| n < 3) {
        return None;
    }
    let sizes = [1 + 2 * d.r.below(2), 1 + 2 * d.r.below(2)];
    let table =
        format!("type = \"Smoothing2D\", dims = {}, nsmooth = {}", list(d.dims), list(&sizes));
    let map = Map::of(d.model(), d.model(), |x| {
        let y = lanes(x, d.dims, 0, |l| mean(l, sizes[0]));
        lanes(&y, d.dims, 1, |l| mean(l, sizes[1]))
    });
    Some(Leaf { table, map, arrays: vec![] })
}

fn parts(d: &mut Draw<'_>) -> Option<Leaf> {
    if !d.complex {
        return None;
    }
    let kind = d.r.below(3);
    let table = format!("type = \"{}\", dims = {}", ["Real", "Imag", "Conj"][kind], list(d.dims));
    let map = Map::of(d.model(), Space::new(d.dims, kind == 2), |x| match kind {
        0 => x.iter().map(|x| C::new(x.re, 0.0)).collect(),
        1 => x.iter().map(|x| C::new(x.im, 0.0)).collect(),
        _ => x.iter().map(|x| x.conj()).collect(),
    });
    // The adjoint of a part takes the real part of what is complex, as PyLops' does.
    let map = map.splitting(kind == 2);
    Some(Leaf { table, map, arrays: vec![] })
}

/// `y_b = K_b x_b`, with kernel `(b, m, k)` and x `(b, k, n)`.
fn product(kernel: &[C], x: &[C], [b, m, k, n]: [usize; 4]) -> Vec<C> {
    let entry = |b: usize, i: usize, c: usize| {
        (0..k).map(|j| kernel[(b * m + i) * k + j] * x[(b * k + j) * n + c]).sum()
    };
    let rows = (0..b).flat_map(|b| (0..m).map(move |i| (b, i)));
    rows.flat_map(|(b, i)| (0..n).map(move |c| (b, i, c))).map(|(b, i, c)| entry(b, i, c)).collect()
}

fn fredholm(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[b, k, n] = d.dims else { return None };
    let m = 1 + d.r.below(4);
    let array = d.array(&[b, m, k], d.complex);
    let table = format!("type = \"Fredholm1\", G = \"{}\", nz = {n}", array.0);
    let kernel = array.2.clone();
    let map = Map::of(d.model(), Space::new(&[b, m, n], d.complex), |x| {
        product(&kernel, x, [b, m, k, n])
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

fn mdc(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[nt, nr, nv] = d.dims else { return None };
    if d.complex {
        return None;
    }
    let twosided = nt % 2 == 1 && d.r.below(2) == 0;
    let conj = d.r.below(2) == 0;
    let (bins, ns) = (1 + d.r.below(nt / 2 + 1), 1 + d.r.below(3));
    let array = d.array(&[bins, ns, nr], true);
    let table = format!(
        "type = \"MDC\", G = \"{}\", nt = {nt}, nv = {nv}, dt = 0.5, dr = 2.0, twosided = {twosided}, conj = {conj}",
        array.0
    );
    let kernel: Vec<C> = array.2.iter().map(|g| if conj { g.conj() } else { *g }).collect();
    let n = nt as f64;
    let map = Map::of(d.model(), Space::new(&[nt, ns, nv], false), |x| {
        let transform = Transform {
            nfft: nt,
            real: false,
            scale: 1.0 / n.sqrt(),
            before: twosided,
            after: false,
        };
        let spectrum = lanes(x, d.dims, 0, |l| transform.of(l)[..bins].to_vec());
        let y = product(&kernel, &spectrum, [bins, ns, nr, nv]);
        lanes(&y, &[bins, ns, nv], 0, |l| {
            let sample = |j: usize| {
                let term = |(k, y): (usize, &C)| {
                    let both = if k == 0 || 2 * k == nt { 1.0 } else { 2.0 };
                    both * (y * turn(j, k, nt).conj()).re
                };
                let sum: f64 = l.iter().enumerate().map(term).sum();
                // dr dt sqrt(nt), and the orthonormal transform back.
                C::new(2.0 * 0.5 * n.sqrt() * sum / n.sqrt(), 0.0)
            };
            (0..nt).map(sample).collect()
        })
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

fn spread(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[nx0, nt0] = d.dims else { return None };
    let (nx, nt) = (1 + d.r.below(4), 1 + d.r.below(6));
    let mut array = d.array(&[nx0, nt0, nx], false);
    array.2.iter_mut().for_each(|v| *v = C::new((d.r.below(2 * nt + 2) as f64 - 1.0) / 2.0, 0.0));
    let table = format!(
        "type = \"Spread\", dims = {}, dimsd = [{nx}, {nt}], table = \"{}\"",
        list(d.dims),
        array.0
    );
    let indices = array.2.clone();
    let map = Map::of(d.model(), Space::new(&[nx, nt], d.complex), |x| {
        let mut y = vec![C::default(); nx * nt];
        for (i, x) in x.iter().enumerate() {
            for j in 0..nx {
                let k = indices[i * nx + j].re.trunc();
                if k >= 0.0 && (k as usize) < nt {
                    y[j * nt + k as usize] += x;
                }
            }
        }
        y
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

fn poststack(d: &mut Draw<'_>) -> Option<Leaf> {
    let (nt0, taps) = (d.dims[0], 1 + 2 * d.r.below(3));
    if nt0 < 3 || d.complex || taps > nt0 {
        return None;
    }
    let kind = ["centered", "forward"][d.r.below(2)];
    let array = d.array(&[taps], false);
    let mut table = format!(
        "type = \"PoststackLinearModelling\", wav = \"{}\", nt0 = {nt0}, kind = \"{kind}\"",
        array.0
    );
    if d.dims.len() > 1 {
        table += &format!(", spatdims = {}", list(&d.dims[1..]));
    }
    let wav = array.2.clone();
    let centre = (taps - 1) / 2;
    let leaf = d.along(table, 0, nt0, |x| {
        let r = first(x, kind, false, 3, 1.0);
        let term = |i: usize, j: usize| {
            let k = (i + centre).checked_sub(j).filter(|&k| k < taps);
            k.map_or(C::default(), |k| r[j] * wav[k])
        };
        (0..nt0).map(|i| (0..nt0).map(|j| term(i, j)).sum()).collect()
    })?;
    Some(Leaf { arrays: vec![array], ..leaf })
}

fn kirchhoff(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[nx, nz] = d.dims else { return None };
    if nx < 2 || nz < 2 || d.complex {
        return None;
    }
    let (ns, nr, nt) = (1 + d.r.below(3), 1 + d.r.below(3), 4 + d.r.below(8));
    let taps = 1 + d.r.below(4);
    let centre = d.r.below(taps);
    let wav = d.array(&[taps], false);
    let axis = |n: usize| (0..n).map(|k| 10.0 * k as f64).collect::<Vec<_>>();
    let points = |d: &mut Draw<'_>, n: usize| -> Vec<f64> {
        (0..n).map(|_| 2.5 * d.r.below(4 * nx) as f64).collect()
    };
    let (srcs, recs) = (points(d, ns), points(d, nr));
    let (vel, dt) = (1000.0, 0.004);
    let times: Vec<f64> = (0..nt).map(|k| dt * k as f64).collect();
    let table = format!(
        "type = \"Kirchhoff\", z = {:?}, x = {:?}, t = {times:?}, srcs = [{srcs:?}, {:?}], recs = [{recs:?}, {:?}], vel = {vel:?}, wav = \"{}\", wavcenter = {centre}, mode = \"analytic\"",
        axis(nz),
        axis(nx),
        vec![0.0; ns],
        vec![0.0; nr],
        wav.0,
    );
    let w = wav.2.clone();
    let time =
        |at: f64, i: usize| (at - 10.0 * (i / nz) as f64).hypot(10.0 * (i % nz) as f64) / vel;
    let map = Map::of(d.model(), Space::new(&[ns, nr, nt], false), |m| {
        let mut traces = vec![C::default(); ns * nr * nt];
        for (s, r, i) in
            (0..ns).flat_map(|s| (0..nr).flat_map(move |r| (0..nx * nz).map(move |i| (s, r, i))))
        {
            let tau = (time(srcs[s], i) + time(recs[r], i)) / dt;
            let k = tau.floor() as usize;
            if k + 1 < nt {
                traces[(s * nr + r) * nt + k] += m[i] * (1.0 - tau.fract());
                traces[(s * nr + r) * nt + k + 1] += m[i] * tau.fract();
            }
        }
        lanes(&traces, &[ns * nr, nt], 1, |x| {
            let term = |i: usize, k: usize| {
                let j = (i + centre).checked_sub(k).filter(|&j| j < nt);
                j.map_or(C::default(), |j| x[j] * w[k])
            };
            (0..nt).map(|i| (0..taps).map(|k| term(i, k)).sum()).collect()
        })
    });
    Some(Leaf { table, map, arrays: vec![wav] })
}
