//! Radon transforms, in time and by frequency.

use std::f64::consts::TAU;

use super::{Draw, Leaf, Map, Space};

/// Multiples of 1/4 around zero.
fn quarters(d: &mut Draw<'_>, n: usize) -> Vec<f64> {
    (0..n).map(|_| (d.r.below(17) as f64 - 8.0) / 4.0).collect()
}

/// A regular axis around zero.
fn axis(n: usize) -> Vec<f64> {
    (0..n).map(|k| k as f64 - (n / 2) as f64).collect()
}

/// Numbers with their places, where one of the model meets one of the data.
fn leaf(
    d: &Draw<'_>,
    table: String,
    dimsd: &[usize],
    meet: impl Fn(usize, usize) -> f64,
) -> Option<Leaf> {
    let data = Space::new(dimsd, d.complex);
    let n = data.len();
    let map = Map::of(d.model(), data, |x| {
        let sum = |i: usize| x.iter().enumerate().map(|(j, x)| x * meet(i, j)).sum();
        (0..n).map(sum).collect()
    });
    Some(Leaf { table, map, arrays: Vec::new() })
}

pub(super) fn radon2d(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[np, nt] = d.dims else { return None };
    let (nh, interp) = (1 + d.r.below(5), d.r.below(2) == 0);
    let (slopes, kind) = (quarters(d, np), ["linear", "parabolic", "hyperbolic"][d.r.below(3)]);
    let table = format!(
        "type = \"Radon2D\", taxis = {:?}, haxis = {:?}, pxaxis = {slopes:?}, kind = \"{kind}\", interp = {interp}, centeredh = false",
        axis(nt),
        axis(nh)
    );
    let h = axis(nh);
    leaf(d, table, &[nh, nt], |i, j| {
        let (x, p, t) = (h[i / nt], slopes[j / nt], (j % nt) as f64);
        let u = match kind {
            "linear" => t + p * x,
            "parabolic" => t + p * x * x,
            _ => (t * t + (x / p) * (x / p)).sqrt(),
        };
        weight(u, i % nt, nt, interp)
    })
}

pub(super) fn radon3d(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[np, nt] = d.dims else { return None };
    let npy = if np % 2 == 0 { 2 } else { 1 };
    let (npx, nhy, nhx) = (np / npy, 1 + d.r.below(3), 1 + d.r.below(3));
    let (py, px) = (quarters(d, npy), quarters(d, npx));
    let (kind, interp) = (["linear", "hyperbolic"][d.r.below(2)], d.r.below(2) == 0);
    let table = format!(
        "type = \"Radon3D\", taxis = {:?}, hyaxis = {:?}, hxaxis = {:?}, pyaxis = {py:?}, pxaxis = {px:?}, kind = \"{kind}\", interp = {interp}",
        axis(nt),
        axis(nhy),
        axis(nhx)
    );
    let middle = |k: usize, n: usize| k as f64 - (n - 1) as f64 / 2.0;
    leaf(d, table, &[nhy * nhx, nt], |i, j| {
        let (h, p, t) = (i / nt, j / nt, (j % nt) as f64);
        let (y, x) = (middle(h / nhx, nhy), middle(h % nhx, nhx));
        let (py, px) = (py[p / npx], px[p % npx]);
        let u = match kind {
            "linear" => t + px * x + py * y,
            _ => (t * t + (x / px) * (x / px) + (y / py) * (y / py)).sqrt(),
        };
        weight(u, i % nt, nt, interp)
    })
}

/// What sample `k` of a trace takes from a curve that passes it at `u`.
fn weight(u: f64, k: usize, nt: usize, interp: bool) -> f64 {
    let kept = u >= 0.0 && u < nt as f64 - f64::from(u8::from(interp));
    let near = 1.0 - (u - k as f64).abs();
    match (kept, interp) {
        (false, _) => 0.0,
        (true, true) => near.max(0.0),
        (true, false) => f64::from(u8::from(u.floor() == k as f64)),
    }
}

/// What frequencies of a range give a sample `steps` after the one that they come from, after so many
/// turns at the first.
fn waves(
    steps: f64,
    turns: f64,
    nfft: usize,
    [first, end]: [usize; 2],
    of: &dyn Fn(f64) -> f64,
) -> f64 {
    let term = |k: usize| {
        let weight = if k == 0 || 2 * k == nfft { 1.0 } else { 2.0 };
        let (k, n) = (k as f64, nfft as f64);
        // At the Nyquist frequency the real part remains.
        weight * of(k) * (TAU * k * (steps / n + turns)).cos() / n
    };
    (first..end).map(term).sum()
}

pub(super) fn fourier_radon(d: &mut Draw<'_>) -> Option<Leaf> {
    let (&nt, outer) = d.dims.split_last()?;
    if outer.len() > 2 || outer.is_empty() {
        return None;
    }
    let nfft = nt + d.r.below(3);
    let end = 1 + d.r.below(nfft / 2 + 1);
    let flims = [d.r.below(end), end];
    let mut table = format!("taxis = {:?}, nfft = {nfft}, flims = {flims:?}", axis(nt));
    let (mut slopes, mut positions, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    for (a, &np) in outer.iter().enumerate() {
        let (p, h) = (quarters(d, np), axis(1 + d.r.below(4)));
        let name = if outer.len() == 1 { "" } else { ["y", "x"][a] };
        let slope = if outer.len() == 1 { "x" } else { name };
        table += &format!(", h{name}axis = {h:?}, p{slope}axis = {p:?}");
        kinds.push(["linear", "parabolic"][d.r.below(2)]);
        slopes.push(p);
        positions.push(h);
    }
    table = match kinds.as_slice() {
        [kind] => format!("type = \"FourierRadon2D\", kind = \"{kind}\", {table}"),
        _ => format!("type = \"FourierRadon3D\", kind = {kinds:?}, {table}"),
    };
    let mut dimsd: Vec<usize> = positions.iter().map(Vec::len).collect();
    dimsd.push(nt);
    leaf(d, table, &dimsd, |i, j| {
        let (mut h, mut p, mut sum) = (i / nt, j / nt, 0.0);
        for a in (0..slopes.len()).rev() {
            let at = positions[a][h % positions[a].len()];
            let at = if kinds[a] == "parabolic" { at * at } else { at };
            sum += at * slopes[a][p % slopes[a].len()];
            (h, p) = (h / positions[a].len(), p / slopes[a].len());
        }
        let steps = (i % nt) as f64 - (j % nt) as f64;
        waves(steps, -sum / nfft as f64, nfft, flims, &|_| 1.0)
    })
}

pub(super) fn chirp_radon(d: &mut Draw<'_>) -> Option<Leaf> {
    let (&nt, outer) = d.dims.split_last()?;
    if outer.len() > 2 || outer.is_empty() {
        return None;
    }
    let (most, inverse) = (quarters(d, outer.len()), d.r.below(2) == 0);
    let table = match outer {
        [nh] => format!("type = \"ChirpRadon2D\", haxis = {:?}, pmax = {:?}", axis(*nh), most[0]),
        _ => format!(
            "type = \"ChirpRadon3D\", hyaxis = {:?}, hxaxis = {:?}, pmax = {most:?}",
            axis(outer[0]),
            axis(outer[1])
        ),
    };
    let table = format!("{table}, taxis = {:?}, inverse = {inverse}", axis(nt));
    let dims = d.dims;
    let steps: Vec<f64> =
        outer.iter().zip(&most).map(|(&n, p)| 2.0 * p / (n * nt) as f64).collect();
    leaf(d, table, dims, |i, j| {
        let (mut to, mut from, mut turns) = (i / nt, j / nt, 0.0);
        for (&n, step) in outer.iter().zip(&steps).rev() {
            let number = |k: usize| k as f64 - n.div_ceil(2) as f64;
            turns += step * number(to % n) * number(from % n);
            (to, from) = (to / n, from / n);
        }
        let apart = (i % nt) as f64 - (j % nt) as f64;
        let weight = |k: f64| steps.iter().map(|step| step * k).product::<f64>();
        match inverse {
            true => waves(apart, -turns, nt, [0, nt / 2 + 1], &weight),
            false => waves(apart, turns, nt, [0, nt / 2 + 1], &|_| 1.0),
        }
    })
}
