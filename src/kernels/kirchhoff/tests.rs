use super::*;
use ndarray::{Array1, Array2, Array3, ArrayD, s};

const NT: usize = 9;
const DT: f64 = 0.5;

/// Times before, on, between and beyond the samples, NaN and infinity.
fn times(rows: usize, points: usize, seed: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, points), |(i, j)| match (i * 31 + j * 7 + seed) % 23 {
        0 => f64::NAN,
        3 => [f64::INFINITY, f64::NEG_INFINITY, 1e300][j % 3],
        1 => -1.25,
        2 => 7.5,
        k => 0.13 * k as f64 * (1.0 + 0.01 * (j % 11) as f64) - 0.13 * 3.0,
    })
}

fn factors(rows: usize, points: usize, seed: f64) -> Array3<f64> {
    Array3::from_shape_fn((rows, 2, points), |(i, k, j)| ((i * 5 + k * 3 + j) as f64 + seed).sin())
}

fn numbers(n: usize) -> Vec<C128> {
    (0..n).map(|k| C128::new((k as f64 * 1.7).sin(), (k as f64 * 0.9).cos())).collect()
}

struct Setting {
    sources: Array2<f64>,
    receivers: Array2<f64>,
    weights: Option<[Array3<f64>; 2]>,
    aperture: Option<Aperture>,
}

impl Setting {
    fn new(ns: usize, nr: usize, points: usize, weighted: bool, aperture: bool) -> Setting {
        Setting {
            sources: times(ns, points, 5),
            receivers: times(nr, points, 1),
            weights: weighted.then(|| [factors(ns, points, 0.3), factors(nr, points, 1.1)]),
            aperture: aperture.then(|| Aperture {
                nz: 7,
                sources: (0..ns).map(|i| i as f64 * 3.0 - 2.0).collect(),
                receivers: (0..nr).map(|i| i as f64 * 2.0).collect(),
                limits: [0.8, 3.0],
            }),
        }
    }

    fn travel(&self) -> Travel<'_> {
        Travel {
            sources: self.sources.view(),
            receivers: self.receivers.view(),
            weights: self.weights.as_ref().map(|w| [0, 1].map(|k| w[k].view())),
            aperture: self.aperture.as_ref(),
            dt: DT,
            first: [0, 0, 0],
        }
    }

    /// The definition: `f(trace, sample, point, weight)` of every pair and sample.
    fn each(&self, mut f: impl FnMut([usize; 2], usize, usize, f64)) {
        for s in 0..self.sources.nrows() {
            for r in 0..self.receivers.nrows() {
                for i in 0..self.sources.ncols() {
                    let tau = (self.sources[[s, i]] + self.receivers[[r, i]]) / DT;
                    if !(tau >= 0.0 && tau.floor() < NT as f64 - 1.0) {
                        continue;
                    }
                    let weight = self.weights.as_ref().map_or(1.0, |[a, b]| {
                        a[[s, 0, i]] * b[[r, 0, i]] + a[[s, 1, i]] * b[[r, 1, i]]
                    });
                    let weight =
                        weight * self.aperture.as_ref().map_or(1.0, |a| a.weight(s, r, i % a.nz));
                    let k = tau.floor() as usize;
                    f([s, r], k, i, weight * (1.0 - tau.fract()));
                    f([s, r], k + 1, i, weight * tau.fract());
                }
            }
        }
    }
}

fn close<T: Scalar>(found: &ArrayD<T>, expected: &ArrayD<C128>, tolerance: f64, what: &str) {
    for (f, e) in found.iter().zip(expected) {
        let apart = (f.to_c128() - e).norm();
        assert!(apart <= tolerance * (1.0 + e.norm()), "{what}: found {f}, expected {e}");
    }
}

fn check<T: Scalar>(setting: &Setting, tolerance: f64) {
    let (ns, nr) = (setting.sources.nrows(), setting.receivers.nrows());
    let points = setting.sources.ncols();
    let narrow = |v: Vec<C128>| -> Vec<T> { v.into_iter().map(T::from_c128).collect() };
    let m = Array1::from_vec(narrow(numbers(points)));
    let d = ArrayD::from_shape_vec(vec![ns, nr, NT], narrow(numbers(ns * nr * NT))).unwrap();
    let mut dm = ArrayD::from_elem(vec![ns, nr, NT], C128::default());
    let mut md = ArrayD::from_elem(vec![points], C128::default());
    setting.each(|[s, r], k, i, w| {
        dm[[s, r, k].as_slice()] += m[i].to_c128() * w;
        md[i] += d[[s, r, k].as_slice()].to_c128() * w;
    });
    let what = format!("{ns} sources, {nr} receivers, {points} points, {}", T::DTYPE);
    let travel = setting.travel();
    let mut forward = ArrayD::from_elem(vec![ns, nr, NT], T::from_c128(9.0.into()));
    demigrate(forward.view_mut(), 0, NT, m.view().into_dyn(), &travel);
    close(&forward, &dm, tolerance, &what);
    let mut adjoint = ArrayD::from_elem(vec![points], T::from_c128(9.0.into()));
    migrate(adjoint.view_mut(), d.view(), &travel);
    close(&adjoint, &md, tolerance, &what);
    // Boxes of both have the same bits as the whole.
    let (s0, r0, t0) = (ns / 2, nr / 3, 2);
    let mut part = ArrayD::from_elem(vec![ns - s0, nr - r0, NT - t0], T::default());
    let mut some = travel.clone();
    some.sources.slice_axis_inplace(Axis(0), (s0..).into());
    some.receivers.slice_axis_inplace(Axis(0), (r0..).into());
    if let Some([a, b]) = &mut some.weights {
        a.slice_axis_inplace(Axis(0), (s0..).into());
        b.slice_axis_inplace(Axis(0), (r0..).into());
    }
    some.first = [s0, r0, 0];
    demigrate(part.view_mut(), t0, NT, m.view().into_dyn(), &some);
    assert_eq!(part, forward.slice(s![s0.., r0.., t0..]).into_dyn(), "{what}");
    let p0 = points / 3;
    let mut part = ArrayD::from_elem(vec![points - p0], T::default());
    let mut some = travel.clone();
    for table in [&mut some.sources, &mut some.receivers] {
        table.slice_axis_inplace(Axis(1), (p0..).into());
    }
    for table in some.weights.iter_mut().flatten() {
        table.slice_axis_inplace(Axis(2), (p0..).into());
    }
    some.first = [0, 0, p0];
    migrate(part.view_mut(), d.view(), &some);
    assert_eq!(part, adjoint.slice(s![p0..]).into_dyn(), "{what}");
}

#[test]
fn both_directions_are_the_definition() {
    for (ns, nr, points) in [(1, 1, 1), (2, 9, 70), (3, 4, 131), (1, 6, 2 * SPAN + 70)] {
        for (weighted, aperture) in [(false, false), (true, false), (true, true)] {
            let setting = Setting::new(ns, nr, points, weighted, aperture);
            check::<f64>(&setting, 1e-12);
            check::<C128>(&setting, 1e-12);
            check::<f32>(&setting, 2e-6);
            check::<crate::scalar::C64>(&setting, 2e-6);
        }
    }
}

#[test]
fn times_on_the_first_and_last_samples() {
    // Samples 0 and nt-2 have a next one, nt-1 does not.
    let m = Array1::from_vec(vec![1.0, 10.0, 100.0]);
    let sources = ndarray::arr2(&[[0.0, DT * 7.0, DT * 8.0]]);
    let receivers = Array2::zeros((1, 3));
    let setting = Setting { sources, receivers, weights: None, aperture: None };
    let mut d = ArrayD::from_elem(vec![1, 1, NT], 5.0);
    demigrate(d.view_mut(), 0, NT, m.view().into_dyn(), &setting.travel());
    assert_eq!(d.as_slice(), Some([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0, 0.0].as_slice()));
    let mut m = ArrayD::from_elem(vec![3], 5.0);
    let d = ArrayD::from_shape_fn(vec![1, 1, NT], |k| (k[2] + 1) as f64);
    migrate(m.view_mut(), d.view(), &setting.travel());
    assert_eq!(m.as_slice(), Some([1.0, 8.0, 0.0].as_slice()));
}

#[test]
fn one_sample_has_no_next_one() {
    let setting = Setting::new(2, 5, 9, false, false);
    let mut d = ArrayD::from_elem(vec![2, 5, 1], 5.0);
    demigrate(d.view_mut(), 0, 1, ArrayD::from_elem(vec![9], 1.0).view(), &setting.travel());
    assert!(d.iter().all(|y| *y == 0.0));
    let mut m = ArrayD::from_elem(vec![9], 5.0);
    migrate(m.view_mut(), ArrayD::from_elem(vec![2, 5, 1], 1.0).view(), &setting.travel());
    assert!(m.iter().all(|x| *x == 0.0));
}

#[test]
fn tapers_fall_in_twenty_steps() {
    let limits = [2.0, 4.0];
    let expected = [1.0, 1.0, 1.0, 0.9932, 0.9729];
    for (value, expected) in [1.9, 2.0, 2.19, 2.21, 2.31].into_iter().zip(expected) {
        assert!((taper(value, limits) - expected).abs() < 5e-5, "{value}");
    }
    assert_eq!(taper(4.0, limits), 0.0);
    assert_eq!(taper(f64::NAN, limits), 0.0);
    assert!(taper(3.999, limits) < 0.0069 && taper(3.999, limits) > 0.0067);
    assert_eq!(taper(1.0, [1.0, 1.0]), 0.0);
}
