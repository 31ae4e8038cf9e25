//! Reflection coefficients, one-way waves and blended shots.

use super::*;

/// The waves `exp(2 pi i k / n)` of a lane, the other way round if `back`.
fn transform(x: &[C], back: bool) -> Vec<C> {
    let n = x.len();
    let wave = |j: usize, k: usize| if back { turn(j, k, n).conj() } else { turn(j, k, n) };
    (0..n).map(|k| (0..n).map(|j| x[j] * wave(j, k)).sum()).collect()
}

/// Frequencies of the bins of a transform of `n` samples, `d` apart.
fn bins(n: usize, d: f64) -> Vec<f64> {
    let signed = |k: usize| if 2 * k < n { k as f64 } else { k as f64 - n as f64 };
    (0..n).map(|k| signed(k) / (n as f64 * d)).collect()
}

/// A periodic delay of real samples.
fn delayed(x: &[C], time: f64, dt: f64) -> Vec<C> {
    let y = transform(x, false).into_iter().zip(bins(x.len(), dt));
    let y: Vec<C> = y.map(|(y, f)| y * C::from_polar(1.0, -2.0 * PI * f * time)).collect();
    transform(&y, true).into_iter().map(|y| C::new(y.re / x.len() as f64, 0.0)).collect()
}

pub(super) fn avo(d: &mut Draw<'_>) -> Option<Leaf> {
    if d.dims.len() < 2 || d.dims[1] != 3 {
        return None;
    }
    let (nt, inner) = (d.dims[0], d.dims[2..].iter().product::<usize>());
    let varies = d.r.below(2) == 0;
    let ratios: Vec<f64> =
        (0..nt).map(|t| 0.25 + if varies { (t % 4) as f64 / 8.0 } else { 0.125 }).collect();
    let angles: Vec<f64> = (0..1 + d.r.below(3)).map(|k| 15.0 * k as f64).collect();
    let kind = ["akirich", "fatti", "ps"][d.r.below(3)];
    let mut table =
        format!("type = \"AVOLinearModelling\", theta = {angles:?}, linearization = \"{kind}\"");
    table += &match varies {
        true => format!(", vsvp = {ratios:?}"),
        false => format!(", vsvp = {}, nt0 = {nt}", ratios[0]),
    };
    if d.dims.len() > 2 {
        table += &format!(", spatdims = {}", list(&d.dims[2..]));
    }
    let factors = |angle: f64, g: f64| {
        let (s, c) = angle.to_radians().sin_cos();
        let (gs, tan) = (g * g * s * s, s / c);
        match kind {
            "akirich" => [0.5 / (c * c), -4.0 * gs, 0.5 - 2.0 * gs],
            "fatti" => [0.5 + 0.5 * tan * tan, -4.0 * gs, 2.0 * gs - 0.5 * tan * tan],
            _ => {
                let phi = (g * s).asin();
                let (q, p) = ((g * phi.sin()).powi(2), g * c * phi.cos());
                let half = phi.tan() / 2.0;
                [0.0, half * (4.0 * q - 4.0 * p), -half * (1.0 - 2.0 * q + 2.0 * p)]
            }
        }
    };
    let mut dimsd = d.dims.to_vec();
    dimsd[1] = angles.len();
    let map = Map::of(d.model(), Space::new(&dimsd, d.complex), |x| {
        let mut y = Vec::new();
        for t in 0..nt {
            for &angle in &angles {
                let g = factors(angle, ratios[t]);
                let term = |p: usize, i: usize| x[(t * 3 + p) * inner + i] * g[p];
                y.extend((0..inner).map(|i| (0..3).map(|p| term(p, i)).sum::<C>()));
            }
        }
        y
    });
    Some(Leaf { table, map, arrays: vec![] })
}

pub(super) fn phase_shift(d: &mut Draw<'_>) -> Option<Leaf> {
    if d.dims.len() < 2 || d.complex {
        return None;
    }
    let (nt, dz) = (d.dims[0], [-0.75_f64, 0.0, 1.25][d.r.below(3)]);
    let (inner, spacing) = (d.dims[1..].iter().product::<usize>(), [1.25, 1.75]);
    let freq: Vec<f64> = (0..nt / 2 + 1).map(|k| k as f64 / nt as f64).collect();
    let mut table =
        format!("type = \"PhaseShift\", vel = 1.5, dz = {dz}, nt = {nt}, freq = {freq:?}");
    for (key, (&n, d)) in ["kx", "ky"].into_iter().zip(d.dims[1..].iter().zip(spacing)) {
        let k: Vec<f64> = (0..n).map(|i| (i as f64 - (n / 2) as f64) / (n as f64 * d)).collect();
        table += &format!(", {key} = {k:?}");
    }
    let axes: Vec<Vec<f64>> = std::iter::once(bins(nt, 1.0))
        .chain(d.dims[1..].iter().zip(spacing).map(|(&n, d)| bins(n, d)))
        .collect();
    let map = Map::of(d.model(), d.model(), |x| {
        let all = |y: Vec<C>, back: bool| {
            (0..d.dims.len()).fold(y, |y, a| lanes(&y, d.dims, a, |l| transform(l, back)))
        };
        let mut y = all(x.to_vec(), false);
        for (at, y) in y.iter_mut().enumerate() {
            let (mut rest, mut q) = (at, 0.0);
            for (a, axis) in axes.iter().enumerate().rev() {
                let k = axis[rest % axis.len()];
                rest /= axis.len();
                q += if a == 0 { (k / 1.5) * (k / 1.5) } else { -k * k };
            }
            // Negative frequencies are those of the conjugate wave.
            let sign = if axes[0][at / inner] < 0.0 { 1.0 } else { -1.0 };
            *y *= match q < 0.0 {
                true => C::from((-2.0 * PI * dz.abs() * (-q).sqrt()).exp()),
                false => C::from_polar(1.0, sign * 2.0 * PI * dz * q.sqrt()),
            };
        }
        let scale = 1.0 / x.len() as f64;
        all(y, true).into_iter().map(|y| C::new(y.re * scale, 0.0)).collect()
    });
    Some(Leaf { table, map, arrays: vec![] })
}

pub(super) fn blending(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[ns, nr, nt] = d.dims else { return None };
    if d.complex {
        return None;
    }
    if d.r.below(2) == 0 {
        let times: Vec<f64> = (0..ns).map(|_| d.r.below(12) as f64 / 4.0).collect();
        let last = times.iter().fold(0.0, |m: f64, t| m.max(*t));
        let record = last as usize + nt + 1;
        let table = format!(
            "type = \"BlendingContinuous\", nt = {nt}, nr = {nr}, ns = {ns}, dt = 1.0, times = {times:?}, nttot = {record}"
        );
        let map = Map::of(d.model(), Space::new(&[nr, record], false), |x| {
            let mut y = vec![C::default(); nr * record];
            for (k, shot) in x.chunks(nt).enumerate() {
                let (s, r) = (k / nr, k % nr);
                let padded = [shot, &[C::default()]].concat();
                let shot = delayed(&padded, times[s].fract(), 1.0);
                let start = r * record + times[s] as usize;
                shot.iter().enumerate().for_each(|(t, v)| y[start + t] += v);
            }
            y
        });
        return Some(Leaf { table, map, arrays: vec![] });
    }
    let (half, size) = (d.r.below(2) == 0, if ns % 2 == 0 { 2 } else { 1 });
    let count = ns / size;
    let times: Vec<Vec<f64>> =
        (0..size).map(|_| (0..count).map(|_| d.r.below(9) as f64 / 4.0 - 1.0).collect()).collect();
    let table = format!(
        "type = \"{}\", nt = {nt}, nr = {nr}, ns = {ns}, dt = 0.5, times = {times:?}, group_size = {size}, n_groups = {count}",
        if half { "BlendingHalf" } else { "BlendingGroup" }
    );
    let map = Map::of(d.model(), Space::new(&[count, nr, nt], false), |x| {
        let mut y = vec![C::default(); count * nr * nt];
        for (k, shot) in x.chunks(nt).enumerate() {
            let (s, r) = (k / nr, k % nr);
            let (j, g) = if half { (s / count, s % count) } else { (s % size, s / size) };
            let start = (g * nr + r) * nt;
            let shot = delayed(shot, times[j][g], 0.5);
            shot.iter().enumerate().for_each(|(t, v)| y[start + t] += v);
        }
        y
    });
    Some(Leaf { table, map, arrays: vec![] })
}
