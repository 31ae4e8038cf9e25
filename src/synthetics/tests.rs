//! Formulas against their definitions. PyLops' values are in `tests/golden/synthetics.json`.

use super::directwave::DirectWave;
use super::events::{Moveout, SampledAxis, events};
use super::grid::{NodeGrid, interpolate};
use super::tapers::{Taper, taper, tapers};
use super::traveltime::{between, eikonal, eikonal_at, straight};
use super::wavelets;
use super::windows::{causal, smooth, two_sided};

fn axis(n: usize, origin: f64, step: f64) -> Vec<f64> {
    (0..n).map(|i| origin + i as f64 * step).collect()
}

/// Largest difference, relative to the largest wanted value.
#[track_caller]
fn off(found: &[f64], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    let largest = wanted.iter().fold(0.0, |m: f64, w| m.max(w.abs()));
    found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

#[test]
fn a_constant_medium_is_exact() {
    // The source is on a node, beside one, on an edge, in a cell; steps are unlike.
    let (y, x, z) = (axis(7, -3.0, 2.0), axis(12, 100.0, 10.0), axis(15, 5.0, 4.0));
    let flat: Vec<Vec<f64>> =
        [[100.0, 5.0], [150.0, 29.0], [210.0, 37.3], [133.3, 41.9], [160.0 + 1e-9, 25.0]]
            .map(Vec::from)
            .to_vec();
    let vel = vec![1700.0; 12 * 15];
    let found = eikonal(&[&x, &z], &flat, &vel).unwrap();
    assert!(off(&found, &straight(&[&x, &z], &flat, 1700.0)) < 1e-13);
    let solid: Vec<Vec<f64>> =
        flat.iter().zip([-3.0, 9.0, 1.0, 0.123, 4.9]).map(|(p, y)| vec![y, p[0], p[1]]).collect();
    let vel = vec![1700.0; 7 * 12 * 15];
    let found = eikonal(&[&y, &x, &z], &solid, &vel).unwrap();
    assert!(off(&found, &straight(&[&y, &x, &z], &solid, 1700.0)) < 1e-13);
}

/// Largest error, relative to the largest time, on a grid whose velocity grows with depth. There
/// `t = acosh(1 + g^2 r^2 / (2 v v0)) / g` (Slotnick, 1959).
fn error_in_a_gradient(n: usize, source: [f64; 2]) -> f64 {
    let (v0, g) = (1500.0, 0.7);
    let (x, z) = (axis(2 * n + 1, 0.0, 1000.0 / n as f64), axis(n + 1, 0.0, 1000.0 / n as f64));
    let speed = |z: f64| v0 + g * z;
    let vel: Vec<f64> = x.iter().flat_map(|_| z.iter().map(|&z| speed(z))).collect();
    let wanted: Vec<f64> = x
        .iter()
        .flat_map(|&x| {
            z.iter().map(move |&z| {
                let r2 = (x - source[0]).powi(2) + (z - source[1]).powi(2);
                (1.0 + g * g * r2 / (2.0 * speed(z) * speed(source[1]))).acosh() / g
            })
        })
        .collect();
    off(&eikonal(&[&x, &z], &[source.to_vec()], &vel).unwrap(), &wanted)
}

#[test]
fn a_gradient_is_followed_to_second_order() {
    // scikit-fmm's second order is off by more than 2e-3 on the first grid.
    for source in [[0.0, 0.0], [1000.0, 500.0], [712.3, 345.6]] {
        let errors = [50, 100, 200].map(|n| error_in_a_gradient(n, source));
        assert!(errors[0] < 3e-4, "{source:?}: {errors:?}");
        // Second order but for a logarithm near the source.
        assert!(
            errors[1] < 0.4 * errors[0] && errors[2] < 0.4 * errors[1],
            "{source:?}: {errors:?}"
        );
    }
}

/// A medium of blocks whose velocities differ by factors.
fn blocks(nx: usize, nz: usize) -> Vec<f64> {
    let speeds = [1500.0, 4000.0, 800.0, 2500.0, 6000.0];
    (0..nx * nz).map(|i| speeds[(i / nz / 7 * 3 + i % nz / 5 * 2) % 5]).collect()
}

#[test]
fn no_arrival_is_later_than_a_straight_ray() {
    let (nx, nz) = (40, 30);
    let (x, z) = (axis(nx, 0.0, 10.0), axis(nz, 0.0, 10.0));
    let vel = blocks(nx, nz);
    let slowness: Vec<f64> = vel.iter().map(|v| 1.0 / v).collect();
    let grid = NodeGrid::new(&[&x, &z]).unwrap();
    let (slow, fast) = (1.0 / 800.0, 1.0 / 6000.0);
    for source in [[0.0, 0.0], [203.0, 151.0], [390.0, 90.0]] {
        let times = eikonal(&[&x, &z], &[source.to_vec()], &vel).unwrap();
        for (node, &time) in times.iter().enumerate() {
            let to = [x[node / nz], z[node % nz]];
            let r = (to[0] - source[0]).hypot(to[1] - source[1]);
            let steps = 400;
            let ray: Vec<Vec<f64>> = (0..steps)
                .map(|k| (k as f64 + 0.5) / steps as f64)
                .map(|w| (0..2).map(|d| source[d] + w * (to[d] - source[d])).collect())
                .collect();
            let along = ray
                .iter()
                .map(|p| interpolate(&grid.dims, &grid.place(p).unwrap(), |node| slowness[node]));
            let ray = along.sum::<f64>() / steps as f64 * r;
            // Up to the slowness' jump over a cell or two.
            assert!(time <= ray + 15.0 * (slow - fast), "{source:?}, {to:?}: {time} {ray}");
            assert!(time >= r * fast * (1.0 - 1e-12), "{source:?}, {to:?}: {time}");
        }
        // Neighbours differ by no more than the slowest way between them takes.
        for node in nz..nx * nz {
            let step = 10.0 * slow * 1.01;
            assert!((times[node] - times[node - nz]).abs() <= step);
        }
    }
}

#[test]
fn a_medium_may_be_turned_and_mirrored() {
    let (nx, nz) = (40, 30);
    let (x, z) = (axis(nx, 0.0, 10.0), axis(nz, -20.0, 7.0));
    let vel = blocks(nx, nz);
    let sources = [vec![120.0, 71.0], vec![333.3, 12.0]];
    let times = eikonal(&[&x, &z], &sources, &vel).unwrap();
    let turn = |a: &[f64], n: usize| -> Vec<f64> {
        let place = |i: usize| (i / n % nx * nz + i / n / nx) * n + i % n;
        (0..a.len()).map(|i| a[place(i)]).collect()
    };
    let turned = sources.clone().map(|s| vec![s[1], s[0]]);
    let found = eikonal(&[&z, &x], &turned, &turn(&vel, 1)).unwrap();
    assert!(off(&found, &turn(&times, 2)) < 1e-12);
    // Coordinates may fall.
    let back: Vec<f64> = x.iter().rev().copied().collect();
    let mirror = |a: &[f64], row: usize| -> Vec<f64> {
        a.chunks_exact(row).rev().flatten().copied().collect()
    };
    let found = eikonal(&[&back, &z], &sources, &mirror(&vel, nz)).unwrap();
    assert!(off(&found, &mirror(&times, 2 * nz)) < 1e-12);
    // A flat medium in three dimensions, across which nothing changes.
    let y = axis(3, 0.0, 5.0);
    let solid: Vec<f64> = (0..3).flat_map(|_| vel.clone()).collect();
    let source = [vec![5.0, 120.0, 71.0]];
    let found = eikonal(&[&y, &x, &z], &source, &solid).unwrap();
    let middle = &found[nx * nz..2 * nx * nz];
    let wanted: Vec<f64> = times.iter().step_by(2).copied().collect();
    assert!(off(middle, &wanted) < 1e-2, "{}", off(middle, &wanted));
}

#[test]
fn sources_do_not_know_of_each_other() {
    let (nx, nz) = (25, 20);
    let (x, z) = (axis(nx, 0.0, 10.0), axis(nz, 0.0, 10.0));
    let vel = blocks(nx, nz);
    let sources: Vec<Vec<f64>> = (0..37).map(|k| vec![k as f64 * 6.0, k as f64 * 4.9]).collect();
    let all = eikonal(&[&x, &z], &sources, &vel).unwrap();
    for (k, source) in sources.iter().enumerate() {
        let one = eikonal(&[&x, &z], std::slice::from_ref(source), &vel).unwrap();
        let column: Vec<f64> = all.iter().skip(k).step_by(sources.len()).copied().collect();
        assert_eq!(one, column);
    }
    let to = [vec![30.0, 50.0], vec![35.0, 50.0], vec![240.0, 190.0]];
    let at = eikonal_at(&[&x, &z], &sources, &vel, &to).unwrap();
    let node = |ix: usize, iz: usize| &all[(ix * nz + iz) * 37..][..37];
    assert_eq!(at[..37], *node(3, 5));
    assert_eq!(at[74..], *node(24, 19));
    for k in 0..37 {
        let middle = 0.5 * (node(3, 5)[k] + node(4, 5)[k]);
        assert!((at[37 + k] - middle).abs() < 1e-15);
    }
}

#[test]
fn what_no_wave_can_go_through_is_refused() {
    let (x, z) = (axis(4, 0.0, 10.0), axis(3, 0.0, 5.0));
    let vel = vec![1000.0; 12];
    let here = [vec![10.0, 5.0]];
    let said = |axes: &[&[f64]], points: &[Vec<f64>], vel: &[f64]| {
        eikonal(axes, points, vel).expect_err("this is wrong")
    };
    for (value, shown) in [(0.0, "0"), (-2.0, "-2"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let mut vel = vel.clone();
        vel[7] = value;
        let expected =
            format!("the velocity at index (2, 1) is {shown}; velocities are positive and finite");
        assert_eq!(said(&[&x, &z], &here, &vel), expected);
    }
    assert_eq!(
        said(&[&x, &z], &[here[0].clone(), vec![10.0, 10.1]], &vel),
        "point 1 is outside the grid: its coordinate 1 is 10.1, axis 1 goes from 0 to 10"
    );
    assert!(eikonal(&[&x, &z], &[vec![30.0 + 1e-9, 0.0]], &vel).is_ok());
    assert!(said(&[&x, &z], &[vec![f64::NAN, 0.0]], &vel).contains("outside the grid"));
    assert_eq!(
        said(&[&x, &z], &[vec![1.0]], &vel),
        "point 0 has 1 coordinates, but the grid has 2 axes"
    );
    assert_eq!(
        said(&[&x, &[0.0, 5.0, 11.0, 15.0]], &here, &[1.0; 16]),
        "axis 1 of the grid is not regular: its coordinate 2 is 11, not 10"
    );
    assert_eq!(
        said(&[&x, &[0.0]], &here, &vel),
        "axis 1 of the grid has 1 coordinates, not 2 or more"
    );
    assert_eq!(said(&[&x, &[3.0, 3.0]], &here, &vel), "axis 1 of the grid goes from 3 to 3");
    assert!(said(&[&x, &z], &here, &vel[1..]).contains("11 velocities do not fit"));
    assert!(said(&[&x], &[vec![1.0]], &vel[..4]).contains("2 or 3"));
}

#[test]
fn straight_rays_are_distances() {
    let (x, z) = (axis(4, 0.0, 10.0), axis(3, 0.0, 5.0));
    let points = [vec![3.0, 4.0], vec![0.0, 0.0]];
    let times = straight(&[&x, &z], &points, 10.0);
    assert_eq!(times[..2], [0.5, 0.0]);
    assert_eq!(times[2 * 5 + 1], 10.0_f64.hypot(10.0) / 10.0);
    assert_eq!(between(&points, &[vec![0.0, 8.0]], 2.0), [2.5, 4.0]);
}

#[test]
fn wavelets_are_even_about_their_centre() {
    for nt in [1, 2, 3, 8, 9] {
        let n = wavelets::samples(nt);
        assert_eq!(n, if nt % 2 == 0 { 2 * nt - 3 } else { 2 * nt - 1 });
        let mut all = vec![wavelets::ricker(nt, 0.01, 15.0), wavelets::gaussian(nt, 1.5)];
        all.push(wavelets::ormsby(nt, 0.01, [5.0, 10.0, 30.0, 40.0]));
        if nt > 2 {
            all.push(wavelets::klauder(nt, 0.01, [5.0, 30.0]));
        }
        for w in all {
            let back: Vec<f64> = w.iter().rev().copied().collect();
            assert_eq!(w.len(), n);
            assert!(off(&w, &back) < 1e-14);
            assert!((w[n / 2] - 1.0).abs() < 1e-14);
        }
    }
    assert!(wavelets::ricker(0, 0.01, 15.0).is_empty());
}

#[test]
fn tapers_fall_from_one_to_nothing() {
    for (kind, half) in [
        (Taper::Hanning, 0.5),
        (Taper::Cosine, 0.5),
        (Taper::CosineSquare, 0.25),
        (Taper::CosineSqrt, 0.5_f64.sqrt()),
    ] {
        let t = taper(8, 3, kind).unwrap();
        assert!(off(&t, &[0.0, half, 1.0, 1.0, 1.0, 1.0, half, 0.0]) < 1e-15);
        assert_eq!(taper(3, 1, kind).unwrap(), [1.0; 3]);
        let message = "two edges of 3 samples do not fit into 5; at most 2 do";
        assert_eq!(taper(5, 3, kind).unwrap_err(), message);
    }
    assert_eq!(taper(3, 9, Taper::Ones).unwrap(), [1.0; 3]);
    let t = tapers(&[(3, 0), (6, 3)], Taper::Hanning).unwrap();
    assert_eq!(t[6..12], t[..6]);
    assert_eq!(t.len(), 18);
}

#[test]
fn an_event_is_a_convolution_of_its_spikes() {
    let t = SampledAxis { origin: 0.0, step: 0.5, num: 9 };
    let x = SampledAxis { origin: -1.0, step: 1.0, num: 3 };
    let plane = Moveout::linear(2.1, 2.0, 90.0, 0.0);
    let spikes = events([SampledAxis::ORIGIN, x, t], &[(plane, 2.0)], &[], 0);
    // At x = 0 the event comes after 4.2 samples, at x = 1 after 5.2.
    let row = |k: usize| &spikes[9 * k..9 * k + 9];
    for (trace, first) in [(0, 3), (1, 4), (2, 5)] {
        let mut wanted = vec![0.0; 9];
        (wanted[first], wanted[first + 1]) = (1.6, 0.4);
        assert!(off(row(trace), &wanted) < 1e-14);
    }
    let wav = [1.0, -3.0, 5.0, 0.5];
    let waves = events([SampledAxis::ORIGIN, x, t], &[(plane, 2.0)], &wav, 2);
    for trace in 0..3 {
        let mut wanted = vec![0.0; 9];
        for (k, spike) in row(trace).iter().enumerate() {
            for (j, w) in wav.iter().enumerate().filter(|(j, _)| (2..11).contains(&(k + j))) {
                wanted[k + j - 2] += spike * w;
            }
        }
        assert!(off(&waves[9 * trace..9 * trace + 9], &wanted) < 1e-15);
    }
}

#[test]
fn smoothing_keeps_lines_and_ends_of_windows_are_clamped() {
    let mut line: Vec<f64> = axis(40, 3.0, -0.25);
    let wanted = line.clone();
    smooth(&mut line, 4).unwrap();
    assert!(off(&line, &wanted) < 1e-14);
    let message = "smoothing over 4 samples needs more than 12 samples; there are 12";
    assert_eq!(smooth(&mut line[..12], 4).unwrap_err(), message);
    // A step becomes a sum of a triangle.
    let mut step: Vec<f64> = (0..40).map(|i| f64::from(u8::from(i >= 20))).collect();
    smooth(&mut step, 2).unwrap();
    assert_eq!(step[17..23], [0.0, 0.0, 0.25, 0.75, 1.0, 1.0]);
    let window = two_sided(&[0.1, 0.5, 0.15, 9.0], 0.2, 0.1, 3, 0).unwrap();
    let column = |r: usize| window.iter().skip(r).step_by(4).copied().collect::<Vec<f64>>();
    assert_eq!(column(0), [0.0; 5]);
    assert_eq!(column(1), [1.0; 5]);
    assert_eq!(column(2), [0.0; 5]);
    assert_eq!(column(3), [1.0; 5]);
    assert_eq!(two_sided(&[0.4], 0.2, 0.1, 3, 0).unwrap(), [0.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!(two_sided(&[f64::NAN], 0.2, 0.1, 3, 0).unwrap_err(), "traveltime 0 is NaN");
    assert_eq!(causal(3, 0).unwrap(), [0.0, 0.0, 1.0, 1.0, 1.0]);
}

#[test]
fn a_direct_wave_comes_at_its_time() {
    let wave = DirectWave { wav: &[1.0], nt: 32, dt: 0.01, nfft: 64, derivative: false };
    let found = wave.at(&[0.05, 0.11], Some(&[2.0, 3.0])).unwrap();
    for (r, (sample, dist)) in [(5, 2.0), (11, 3.0)].into_iter().enumerate() {
        let column: Vec<f64> = found.iter().skip(r).step_by(2).copied().collect();
        let mut wanted = vec![0.0; 32];
        wanted[sample] = 1.0 / (4.0 * std::f64::consts::PI * dist);
        assert!(off(&column, &wanted) < 1e-12);
    }
    assert_eq!(wave.at(&[0.1, -0.1], None).unwrap_err(), "traveltime 1 is -0.1");
    assert_eq!(wave.at(&[0.1], Some(&[0.0])).unwrap_err(), "distance 0 is 0");
}
