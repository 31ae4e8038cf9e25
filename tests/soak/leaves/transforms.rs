//! Cosine and wavelet transforms, and operators along slopes.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::filters::some_axes;
use super::{C, Draw, Leaf, Map, Space, lanes, list};

/// The coefficient of sample `j` in `y_k`.
fn cosine(kind: usize, n: usize, j: usize, k: usize) -> f64 {
    let end = |at_end: bool| if at_end { FRAC_1_SQRT_2 } else { 1.0 };
    let scale = (2.0 / n as f64).sqrt();
    let (n, j, k) = (n as f64, j as f64, k as f64);
    match kind {
        1 => {
            let ends = [j, k].map(|i| end(i == 0.0 || i == n - 1.0));
            (2.0 / (n - 1.0)).sqrt() * ends[0] * ends[1] * (PI * j * k / (n - 1.0)).cos()
        }
        2 => scale * end(k == 0.0) * (PI * k * (j + 0.5) / n).cos(),
        3 => scale * end(j == 0.0) * (PI * j * (k + 0.5) / n).cos(),
        _ => scale * (PI * (j + 0.5) * (k + 0.5) / n).cos(),
    }
}

pub(super) fn dct(d: &mut Draw<'_>) -> Option<Leaf> {
    let count = 1 + d.r.below(d.dims.len());
    let axes = some_axes(d, count);
    let kind = 1 + d.r.below(4);
    if kind == 1 && axes.iter().any(|&a| d.dims[a] < 2) {
        return None;
    }
    let table = format!(
        "type = \"DCT\", dims = {}, axes = {}, dct_type = {kind}",
        list(d.dims),
        list(&axes)
    );
    let map = Map::of(d.model(), d.model(), |x| {
        axes.iter().fold(x.to_vec(), |x, &axis| {
            lanes(&x, d.dims, axis, |l| {
                let n = l.len();
                (0..n).map(|k| (0..n).map(|j| l[j] * cosine(kind, n, j, k)).sum()).collect()
            })
        })
    });
    Some(Leaf { table, map, arrays: vec![] })
}

/// One level along a lane: averages, then details.
fn level(x: &[C], low: &[f64]) -> Vec<C> {
    let (n, taps) = (x.len() as isize, low.len());
    let sum = |k: usize, f: &dyn Fn(usize) -> f64| -> C {
        let at = |j: usize| (2 * k as isize + taps as isize / 2 - j as isize).rem_euclid(n);
        (0..taps).map(|j| x[at(j) as usize] * f(j)).sum()
    };
    let high = |j: usize| if j.is_multiple_of(2) { -low[taps - 1 - j] } else { low[taps - 1 - j] };
    let half = x.len() / 2;
    let averages = (0..half).map(|k| sum(k, &|j| low[j]));
    averages.chain((0..half).map(|k| sum(k, &high))).collect()
}

pub(super) fn wavelet(d: &mut Draw<'_>) -> Option<Leaf> {
    let count = 1 + d.r.below(d.dims.len());
    let axes = some_axes(d, count);
    let levels = d.r.below(3);
    let root = 3.0_f64.sqrt();
    let haar = [FRAC_1_SQRT_2; 2];
    let db2 = [1.0 - root, 3.0 - root, 3.0 + root, 1.0 + root].map(|c| c * FRAC_1_SQRT_2 / 4.0);
    let (name, low) = [("haar", &haar[..]), ("db2", &db2[..])][d.r.below(2)];
    let kind = match count {
        1 => format!("type = \"DWT\", axis = {}", axes[0]),
        2 => format!("type = \"DWT2D\", axes = {}", list(&axes)),
        _ => format!("type = \"DWTND\", axes = {}", list(&axes)),
    };
    let table = format!("{kind}, dims = {}, wavelet = \"{name}\", level = {levels}", list(d.dims));
    let mut dimsd = d.dims.to_vec();
    axes.iter().for_each(|&a| dimsd[a] = dimsd[a].next_power_of_two().max(1 << levels));
    let map = Map::of(d.model(), Space::new(&dimsd, d.complex), |x| {
        let (mut y, mut dims) = (x.to_vec(), d.dims.to_vec());
        for &axis in &axes {
            y = lanes(&y, &dims, axis, |l| {
                (0..dimsd[axis]).map(|i| l.get(i).copied().unwrap_or_default()).collect()
            });
            dims[axis] = dimsd[axis];
        }
        for step in 0..levels {
            // The block of averages so far, in place.
            let inside = |at: usize| {
                let mut rest = at;
                (0..dims.len()).rev().all(|a| {
                    let i = rest % dims[a];
                    rest /= dims[a];
                    !axes.contains(&a) || i < dims[a] >> step
                })
            };
            for &axis in &axes {
                let n = dims[axis] >> step;
                let z = lanes(&y, &dims, axis, |l| {
                    let mut z = level(&l[..n], low);
                    z.extend(&l[n..]);
                    z
                });
                for (at, z) in z.into_iter().enumerate().filter(|(at, _)| inside(*at)) {
                    y[at] = z;
                }
            }
        }
        y
    });
    Some(Leaf { table, map, arrays: vec![] })
}

pub(super) fn sprayer(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[nz, nx] = d.dims else { return None };
    let array = d.array(d.dims, false);
    let radius = d.r.below(4);
    let table = format!(
        "type = \"PWSprayer2D\", dims = {}, sigma = \"{}\", radius = {radius}, alpha = 0.5",
        list(d.dims),
        array.0
    );
    let s = array.2.clone();
    let map = Map::of(d.model(), d.model(), |m| {
        let mut y = m.to_vec();
        let mut add = |z: f64, x: usize, value: C| {
            let row = |z: f64| z.clamp(0.0, nz as f64 - 1.0) as usize;
            let w = z - z.floor();
            y[row(z.floor()) * nx + x] += value * (1.0 - w);
            y[row(z.floor() + 1.0) * nx + x] += value * w;
        };
        for (z0, x0) in (0..nz).flat_map(|z| (0..nx).map(move |x| (z, x))) {
            let (mut right, mut left) = (z0 as f64, z0 as f64);
            for k in 1..=radius {
                let value = m[z0 * nx + x0] * 0.5_f64.powi(k as i32);
                if x0 + k < nx {
                    right += s[z0 * nx + x0 + k - 1].re;
                    add(right, x0 + k, value);
                }
                if x0 >= k {
                    left -= s[z0 * nx + x0 - k].re;
                    add(left, x0 - k, value);
                }
            }
        }
        y
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

/// Trace by trace: those of one level and the slopes between the traces of the first, which a prediction
/// follows ahead or back.
fn predict(
    x: &[Vec<C>],
    slopes: &[Vec<f64>],
    step: usize,
    ahead: bool,
    linear: bool,
) -> Vec<Vec<C>> {
    let sinc = |u: f64| if u == 0.0 { 1.0 } else { (PI * u).sin() / (PI * u) };
    // From one trace of the first level to the next, `count` times.
    let walk = |trace: &[C], rows: &mut dyn Iterator<Item = usize>, sign: f64| {
        rows.fold(trace.to_vec(), |trace, row| {
            let at = |j: usize| j as f64 - sign * slopes[row][j];
            let term = |j: usize, i: usize| trace[i] * sinc(at(j) - i as f64);
            (0..trace.len()).map(|j| (0..trace.len()).map(|i| term(j, i)).sum()).collect()
        })
    };
    let first = |k: usize| k * 2 * step;
    let near = |k: usize| match ahead {
        true => walk(&x[k], &mut (first(k)..first(k) + step), 1.0),
        false => walk(&x[k], &mut (first(k) + 1..=first(k) + step).rev(), -1.0),
    };
    if !linear {
        return (0..x.len()).map(near).collect();
    }
    let far = |k: usize| match ahead {
        true if k + 1 < x.len() => {
            Some(walk(&x[k + 1], &mut (first(k + 1) - step + 1..=first(k + 1)).rev(), -1.0))
        }
        false if k > 0 => {
            Some(walk(&x[k - 1], &mut (first(k - 1) + step..first(k - 1) + 2 * step), 1.0))
        }
        _ => None,
    };
    let both = |k: usize| {
        let weight = if k + 1 == x.len() { 1.0 } else { 0.5 };
        let far = far(k).unwrap_or_else(|| vec![C::default(); x[k].len()]);
        near(k).iter().zip(far).map(|(a, b)| a * weight + b * 0.5).collect()
    };
    (0..x.len()).map(both).collect()
}

pub(super) fn seislet(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[nx, nt] = d.dims else { return None };
    let array = d.array(d.dims, false);
    let padded = nx.next_power_of_two();
    let levels = d.r.below(padded.ilog2() as usize + 1);
    let linear = d.r.below(2) == 0;
    let kind = if linear { "linear" } else { "haar" };
    let table = format!(
        "type = \"Seislet\", slopes = \"{}\", level = {levels}, kind = \"{kind}\"",
        array.0
    );
    let mut slopes: Vec<Vec<f64>> =
        array.2.chunks(nt).map(|s| s.iter().map(|s| s.re).collect()).collect();
    slopes.resize(padded, vec![0.0; nt]);
    let map = Map::of(d.model(), Space::new(&[padded, nt], d.complex), |x| {
        let mut x: Vec<Vec<C>> = x.chunks(nt).map(<[C]>::to_vec).collect();
        x.resize(padded, vec![C::default(); nt]);
        let mut y = Vec::new();
        for level in 0..levels {
            let even: Vec<_> = x.iter().step_by(2).cloned().collect();
            let ahead = predict(&even, &slopes, 1 << level, true, linear);
            let odd = x.iter().skip(1).step_by(2);
            let residual: Vec<Vec<C>> = odd
                .zip(ahead)
                .map(|(o, p)| o.iter().zip(p).map(|(o, p)| o - p).collect())
                .collect();
            let back = predict(&residual, &slopes, 1 << level, false, linear);
            x = even
                .iter()
                .zip(back)
                .map(|(e, p)| e.iter().zip(p).map(|(e, p)| e + p * 0.5).collect())
                .collect();
            y.extend(residual.into_iter().flatten());
        }
        y.extend(x.into_iter().flatten());
        y
    });
    Some(Leaf { table, map, arrays: vec![array] })
}
