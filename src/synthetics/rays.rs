//! Amplitudes and angles of rays between points and the nodes of a grid, and the weights that the
//! Kirchhoff integral makes of them.
//!
//! ```text
//! A = 2 cos((b_s - b_r) / 2) a_s a_r h(|b_s|) h(|b_r|) / v
//!   = c_s c_r + e_s e_r,   c = cos(b/2) a h(|b|),   e = sin(b/2) a h(|b|),   2 / v on one side
//! ```
//! with the angle `b` between a ray and the vertical, the amplitude `a` and a taper `h`. The product
//! form needs tables of sources and of receivers, never of pairs.

use rayon::prelude::*;

use super::traveltime::distance;
use crate::kernels::kirchhoff::taper;

/// Amplitudes `1 / sqrt(dist + floor)` in two dimensions, `1 / (dist + floor)` in three, with the
/// straight distance of nodes and a point. `axes` and `point` as of
/// [`super::traveltime::straight`].
pub fn spreading(axes: &[&[f64]], point: &[f64], floor: f64) -> Vec<f64> {
    let nodes = axes.iter().map(|axis| axis.len()).product::<usize>();
    let mut node = vec![0.0; axes.len()];
    (0..nodes)
        .map(|number| {
            let mut rest = number;
            for (x, axis) in node.iter_mut().zip(axes).rev() {
                *x = axis[rest % axis.len()];
                rest /= axis.len();
            }
            let far = distance(&node, point) + floor;
            if axes.len() == 2 { 1.0 / far.sqrt() } else { 1.0 / far }
        })
        .collect()
}

/// The largest distance of a node and a point: it is a corner's.
pub fn furthest(axes: &[&[f64]], points: &[Vec<f64>]) -> f64 {
    let reach = |axis: &[f64], x: f64| axis.iter().fold(0.0, |d: f64, a| d.max((a - x).abs()));
    let far = |point: &Vec<f64>| {
        let corner: Vec<f64> = axes.iter().zip(point).map(|(a, &x)| reach(a, x)).collect();
        distance(&corner, &vec![0.0; corner.len()])
    };
    points.iter().map(far).fold(0.0, f64::max)
}

/// Angles between rays and the vertical at all nodes, from the gradient of one point's times: in
/// two dimensions `atan2(dt/dx, dt/dz)`, in three `sign(dt/dx) acos((dt/dz) / |grad t|)`. Where a
/// gradient is zero in three dimensions there is no angle, but NaN.
pub fn angles(times: &[f64], dims: &[usize], spacing: &[f64]) -> Vec<f64> {
    let slope = |axis: usize| gradient(times, dims, axis, spacing[axis]);
    if dims.len() == 2 {
        let (x, z) = (slope(0), slope(1));
        return x.iter().zip(&z).map(|(x, z)| x.atan2(*z)).collect();
    }
    let [y, x, z] = [slope(0), slope(1), slope(2)];
    (0..times.len())
        .map(|i| {
            let steepness = (y[i] * y[i] + x[i] * x[i] + z[i] * z[i]).sqrt();
            let sign = if x[i] == 0.0 { 0.0 } else { x[i].signum() };
            sign * (z[i] / steepness).acos()
        })
        .collect()
}

/// `numpy.gradient` along an axis: central differences, one-sided ones at both ends.
fn gradient(values: &[f64], dims: &[usize], axis: usize, spacing: f64) -> Vec<f64> {
    let (n, step) = (dims[axis], dims[axis + 1..].iter().product::<usize>());
    let slope = |(i, v): (usize, &f64)| {
        let k = i / step % n;
        match (k == 0, k + 1 == n) {
            (true, true) => 0.0,
            (true, false) => (values[i + step] - v) / spacing,
            (false, true) => (v - values[i - step]) / spacing,
            (false, false) => (values[i + step] - values[i - step]) / (2.0 * spacing),
        }
    };
    values.iter().enumerate().map(slope).collect()
}

/// The two factors of each point, dims `(points, 2, nodes)`. `times` and `amplitudes` are `(points,
/// nodes)`; `limits` the angles in radians where the taper begins and ends; `scale`, if given, is a
/// further factor of each node. Nodes without a time or an angle get weight 0.
pub fn weights(
    times: &[f64],
    dims: &[usize],
    spacing: &[f64],
    amplitudes: &[f64],
    limits: [f64; 2],
    scale: Option<&[f64]>,
) -> Vec<f64> {
    let nodes: usize = dims.iter().product();
    let mut out = vec![0.0; 2 * times.len()];
    let rows = out.par_chunks_mut(2 * nodes).zip(times.par_chunks(nodes));
    rows.zip(amplitudes.par_chunks(nodes)).for_each(|((out, times), amplitudes)| {
        let (cosine, sine) = out.split_at_mut(nodes);
        for (i, angle) in angles(times, dims, spacing).into_iter().enumerate() {
            let tapered = taper(angle.abs(), limits);
            if tapered > 0.0 && times[i].is_finite() {
                let factor = tapered * amplitudes[i] * scale.map_or(1.0, |s| s[i]);
                let (s, c) = (angle / 2.0).sin_cos();
                (cosine[i], sine[i]) = (c * factor, s * factor);
            }
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetics::traveltime::straight;

    #[test]
    fn factors_make_the_weight_of_a_pair() {
        let (x, z): (Vec<f64>, Vec<f64>) =
            ((0..6).map(|i| 10.0 * i as f64).collect(), (0..5).map(|i| 4.0 * i as f64).collect());
        let points = [vec![10.0, 0.0], vec![40.0, 4.0]];
        let nodes = x.len() * z.len();
        let mut rows = Vec::new();
        for p in &points {
            rows.extend(straight(&[&x, &z], std::slice::from_ref(p), 1000.0));
        }
        let floor = 0.02 * furthest(&[&x, &z], &points);
        let a: Vec<f64> = points.iter().flat_map(|p| spreading(&[&x, &z], p, floor)).collect();
        let limits = [0.6, 1.2];
        let (dims, spacing) = ([6, 5], [10.0, 4.0]);
        let w = weights(&rows, &dims, &spacing, &a, limits, None);
        let b: Vec<f64> = rows.chunks(nodes).flat_map(|t| angles(t, &dims, &spacing)).collect();
        let mut tapered = 0;
        for i in 0..nodes {
            let (s, r) = (b[i], b[nodes + i]);
            let h = taper(s.abs(), limits) * taper(r.abs(), limits);
            tapered += usize::from(h > 0.0 && h < 1.0);
            let expected = ((s - r) / 2.0).cos() * a[i] * a[nodes + i] * h;
            let found = w[i] * w[2 * nodes + i] + w[nodes + i] * w[3 * nodes + i];
            assert!((found - expected).abs() < 1e-14, "node {i}: {found}, {expected}");
        }
        assert!(tapered > 3, "tapers are tested at {tapered} nodes");
        // Below the source the ray is vertical; to its right it leans to the right.
        assert_eq!(b[5 + 2], 0.0);
        assert!(b[3 * 5 + 2] > 0.0 && b[2] < 0.0);
    }

    #[test]
    fn a_node_without_a_time_has_no_weight() {
        let axis: Vec<f64> = (0..4).map(f64::from).collect();
        let mut times = straight(&[&axis, &axis], &[vec![1.0, 0.0]], 1.0);
        let mut amplitudes = vec![1.0; 16];
        // Its neighbours give it an angle nevertheless.
        (times[6], amplitudes[6]) = (f64::INFINITY, f64::NAN);
        let w = weights(&times, &[4, 4], &[1.0; 2], &amplitudes, [2.0, 3.0], None);
        assert!(w.iter().all(|w| w.is_finite()), "{w:?}");
        assert_eq!((w[6], w[16 + 6]), (0.0, 0.0));
        assert!(w[0] > 0.0);
    }

    #[test]
    fn distances_reach_the_far_corner() {
        assert_eq!(furthest(&[&[0.0, 1.0, 3.0], &[0.0, 4.0]], &[vec![0.0, 0.0]]), 5.0);
        assert_eq!(
            furthest(&[&[0.0, 3.0], &[0.0, 4.0]], &[vec![3.0, 1.0], vec![1.0, 2.0]]),
            18f64.sqrt()
        );
    }

    #[test]
    fn angles_in_three_dimensions_have_the_sign_of_x() {
        let axis: Vec<f64> = (0..4).map(f64::from).collect();
        let axes: [&[f64]; 3] = [&axis, &axis, &axis];
        let times = straight(&axes, &[vec![-40.0, 1.5, -30.0]], 1.0);
        let b = angles(&times, &[4, 4, 4], &[1.0; 3]);
        let expected = (30.0f64 / 50.0).acos();
        assert!((b[3 * 4].abs() - expected).abs() < 0.05, "{}", b[0]);
        assert!(b[0] < 0.0 && b[3 * 4] > 0.0);
        // No gradient, no angle.
        assert!(angles(&[1.0; 8], &[2, 2, 2], &[1.0; 3]).iter().all(|b| b.is_nan()));
    }
}
