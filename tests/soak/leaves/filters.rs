//! Filters along several axes, filters that vary, derivatives along a direction, shifts, polynomials.

use std::f64::consts::PI;

use super::{C, Draw, Leaf, Map, Space, first, kind_of, lanes, list};

/// Every index of an array of these dims.
fn indices(dims: &[usize]) -> Vec<Vec<usize>> {
    dims.iter().fold(vec![vec![]], |all, &n| {
        let with = |index: &Vec<usize>| -> Vec<Vec<usize>> {
            (0..n).map(|k| [index.as_slice(), &[k]].concat()).collect()
        };
        all.iter().flat_map(with).collect()
    })
}

fn flat(index: &[usize], dims: &[usize]) -> usize {
    index.iter().zip(dims).fold(0, |at, (i, n)| at * n + i)
}

/// An index moved along some axes, if it is still inside.
fn moved(index: &[usize], dims: &[usize], axes: &[usize], lags: &[isize]) -> Option<usize> {
    let mut index = index.to_vec();
    for (&axis, &lag) in axes.iter().zip(lags) {
        index[axis] = index[axis].checked_add_signed(lag).filter(|&i| i < dims[axis])?;
    }
    Some(flat(&index, dims))
}

/// Some axes, ascending.
pub(super) fn some_axes(d: &mut Draw<'_>, count: usize) -> Vec<usize> {
    let mut axes: Vec<usize> = (0..d.dims.len()).collect();
    while axes.len() > count {
        let k = d.r.below(axes.len());
        axes.remove(k);
    }
    axes
}

pub(super) fn convolution(d: &mut Draw<'_>) -> Option<Leaf> {
    let count = 1 + d.r.below(d.dims.len());
    let axes = some_axes(d, count);
    let taps: Vec<usize> = axes.iter().map(|_| 1 + d.r.below(4)).collect();
    let offsets: Vec<usize> = taps.iter().map(|&n| d.r.below(n)).collect();
    let array = d.array(&taps, d.complex);
    let kind = if count == 2 && d.r.below(2) == 0 { "Convolve2D" } else { "ConvolveND" };
    let method = ["auto", "direct", "fft"][d.r.below(3)];
    let table = format!(
        "type = \"{kind}\", dims = {}, h = \"{}\", offset = {}, axes = {}, method = \"{method}\"",
        list(d.dims),
        array.0,
        list(&offsets),
        list(&axes)
    );
    let h = array.2.clone();
    let map = Map::of(d.model(), d.model(), |x| {
        let value = |i: &Vec<usize>| {
            let term = |k: Vec<usize>| {
                let lag = |(k, o): (&usize, &usize)| *o as isize - *k as isize;
                let lags: Vec<isize> = k.iter().zip(&offsets).map(lag).collect();
                moved(i, d.dims, &axes, &lags).map(|j| x[j] * h[flat(&k, &taps)])
            };
            indices(&taps).into_iter().filter_map(term).sum()
        };
        indices(d.dims).iter().map(value).collect()
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

/// Some samples of an axis of `n`, ascending.
fn knots(d: &mut Draw<'_>, n: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    let count = 1 + d.r.below(n.min(4));
    while all.len() > count {
        let k = d.r.below(all.len());
        all.remove(k);
    }
    all
}

/// The filters that count at a sample, and their weights.
fn around(knots: &[usize], sample: usize) -> Vec<(usize, f64)> {
    let after = knots.iter().position(|&k| k > sample);
    match after {
        Some(0) => vec![(0, 1.0)],
        None => vec![(knots.len() - 1, 1.0)],
        Some(k) => {
            let w = (sample - knots[k - 1]) as f64 / (knots[k] - knots[k - 1]) as f64;
            vec![(k - 1, 1.0 - w), (k, w)]
        }
    }
}

/// Calls `f` with every sample that is spread, where to, by which tap, and the weight of the tap.
fn spread(
    dims: &[usize],
    axes: &[usize],
    knots: &[Vec<usize>],
    taps: &[usize],
    mut f: impl FnMut(usize, usize, usize, f64),
) {
    let counts: Vec<usize> = knots.iter().map(Vec::len).collect();
    let bank = [counts.as_slice(), taps].concat();
    for p in indices(dims) {
        let mut filters = vec![(vec![], 1.0)];
        for (a, &axis) in axes.iter().enumerate() {
            let with = |(index, weight): &(Vec<usize>, f64)| -> Vec<(Vec<usize>, f64)> {
                let next = |(k, w): (usize, f64)| ([index.as_slice(), &[k]].concat(), weight * w);
                around(&knots[a], p[axis]).into_iter().map(next).collect()
            };
            filters = filters.iter().flat_map(with).collect();
        }
        for t in indices(taps) {
            let lag = |(t, n): (&usize, &usize)| *t as isize - (n / 2) as isize;
            let lags: Vec<isize> = t.iter().zip(taps).map(lag).collect();
            let Some(q) = moved(&p, dims, axes, &lags) else { continue };
            for (k, weight) in &filters {
                f(flat(&p, dims), q, flat(&[k.as_slice(), &t].concat(), &bank), *weight);
            }
        }
    }
}

pub(super) fn varying(d: &mut Draw<'_>) -> Option<Leaf> {
    let ndim = d.dims.len();
    let volume = ndim > 1 && d.r.below(2) == 0;
    let axes = if volume { (0..ndim).collect() } else { vec![d.axis()] };
    let taps: Vec<usize> = axes.iter().map(|_| 1 + 2 * d.r.below(3)).collect();
    let knots: Vec<Vec<usize>> = axes.iter().map(|&axis| knots(d, d.dims[axis])).collect();
    let counts: Vec<usize> = knots.iter().map(Vec::len).collect();
    let array = d.array(&[counts, taps.clone()].concat(), d.complex);
    let kind = if volume { ndim } else { 1 };
    let mut table = format!(
        "type = \"NonStationaryConvolve{kind}D\", dims = {}, hs = \"{}\"",
        list(d.dims),
        array.0
    );
    let keys: &[&str] = match kind {
        1 => &["ih"],
        2 => &["ihx", "ihz"],
        _ => &["ihx", "ihy", "ihz"],
    };
    keys.iter().zip(&knots).for_each(|(key, at)| table += &format!(", {key} = {}", list(at)));
    if kind == 1 {
        table += &format!(", axis = {}", axes[0]);
    }
    let h = array.2.clone();
    let map = Map::of(d.model(), d.model(), |x| {
        let mut y = vec![C::default(); x.len()];
        spread(d.dims, &axes, &knots, &taps, |p, q, tap, w| y[q] += x[p] * h[tap] * w);
        y
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

pub(super) fn varying_filters(d: &mut Draw<'_>) -> Option<Leaf> {
    let n = d.dims.len() / 2;
    if d.dims.len() % 2 == 1 || n > 2 || d.dims[n..].iter().any(|taps| taps % 2 == 0) {
        return None;
    }
    let dims: Vec<usize> = d.dims[..n].iter().map(|k| k + d.r.below(4)).collect();
    let knots: Vec<Vec<usize>> = (0..n)
        .map(|a| {
            let mut all: Vec<usize> = (0..dims[a]).collect();
            while all.len() > d.dims[a] {
                let k = d.r.below(all.len());
                all.remove(k);
            }
            all
        })
        .collect();
    let array = d.array(&dims, d.complex);
    let (signal, taps) = (array.2.clone(), d.dims[n..].to_vec());
    let mut table = format!("type = \"NonStationaryFilters{n}D\", inp = \"{}\"", array.0);
    table += &match n {
        1 => format!(", hsize = {}, ih = {}", taps[0], list(&knots[0])),
        _ => format!(
            ", hshape = {}, ihx = {}, ihz = {}",
            list(&taps),
            list(&knots[0]),
            list(&knots[1])
        ),
    };
    let axes: Vec<usize> = (0..n).collect();
    let map = Map::of(d.model(), Space::new(&dims, d.complex), |h| {
        let mut y = vec![C::default(); signal.len()];
        spread(&dims, &axes, &knots, &taps, |p, q, tap, w| y[q] += signal[p] * h[tap] * w);
        y
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

pub(super) fn directional(d: &mut Draw<'_>) -> Option<Leaf> {
    let (kind, edge) = kind_of(d, d.dims.iter().any(|&n| n < 3));
    let (ndim, everywhere) = (d.dims.len(), d.r.below(2) == 0);
    let each: Vec<usize> = [&[ndim], d.dims].concat();
    let array = d.array(if everywhere { &each[..1] } else { &each }, d.complex);
    let second = d.r.below(2) == 0;
    let table = format!(
        "type = \"{}DirectionalDerivative\", dims = {}, v = \"{}\", kind = \"{kind}\", edge = {edge}",
        if second { "Second" } else { "First" },
        list(d.dims),
        array.0
    );
    let v = array.2.clone();
    let map = Map::of(d.model(), d.model(), |x| {
        let mut y = vec![C::default(); x.len()];
        for axis in 0..ndim {
            let part = lanes(x, d.dims, axis, |l| first(l, kind, edge, 3, 1.0));
            for (k, (y, part)) in y.iter_mut().zip(part).enumerate() {
                *y += part * v[if everywhere { axis } else { axis * x.len() + k }];
            }
        }
        y
    });
    let map = if second { map.adjoint().after(&map).scaled(C::new(-1.0, 0.0)) } else { map };
    Some(Leaf { table, map, arrays: vec![array] })
}

pub(super) fn shift(d: &mut Draw<'_>) -> Option<Leaf> {
    let axis = d.axis();
    let (n, nfft) = (d.dims[axis], d.dims[axis] + d.r.below(4));
    // Never by whole samples, which may leave nothing but rounding.
    let s = (2 * d.r.below(16) + 1) as f64 / 16.0 - 1.0;
    let mut table = d.keys("Shift", axis);
    table += &format!(", shift = {s:?}, nfft = {nfft}, sampling = 0.5, real = {}", !d.complex);
    d.along(table, axis, n, |x| {
        let sample = |j: usize| -> C {
            let bin = |k: usize| -> C {
                let number = if 2 * k < nfft { k as f64 } else { k as f64 - nfft as f64 };
                let angle =
                    |i: usize| 2.0 * PI * number * (j as f64 - i as f64 - 2.0 * s) / nfft as f64;
                (0..n).map(|i| x[i] * C::from_polar(1.0 / nfft as f64, angle(i))).sum()
            };
            let sum: C = (0..nfft).map(bin).sum();
            if d.complex { sum } else { C::new(sum.re, 0.0) }
        };
        (0..n).map(sample).collect()
    })
}

pub(super) fn regression(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[terms] = d.dims else { return None };
    if terms > 4 {
        return None;
    }
    let nt = 1 + d.r.below(6);
    let array = d.array(&[nt], false);
    let table = match terms {
        2 if d.r.below(2) == 0 => format!("type = \"LinearRegression\", taxis = \"{}\"", array.0),
        _ => format!("type = \"Regression\", taxis = \"{}\", order = {}", array.0, terms - 1),
    };
    let t = array.2.clone();
    let map = Map::of(d.model(), Space::new(&[nt], d.complex), |x| {
        t.iter().map(|t| x.iter().enumerate().map(|(k, x)| x * t.powu(k as u32)).sum()).collect()
    });
    Some(Leaf { table, map, arrays: vec![array] })
}
