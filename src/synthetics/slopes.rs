//! Local slopes by the structure tensor (Van Vliet and Verbeek, 1995): the gradient's products
//! `g_zz, g_zx, g_xx`, smoothed, have eigenvalues `l1 >= l2` at each sample, and
//!
//! ```text
//! slope = (l1 - g_zz) / g_zx,   dip = atan2(2 g_zx, g_zz - g_xx) / 2,   anisotropy = 1 - l2 / l1
//! ```

use rayon::prelude::*;

/// What is wanted of each sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// Slopes, rows over columns.
    Slopes,
    /// Their angles in radians.
    Dips,
    /// 0 where there is no direction, 1 where there is one only.
    Anisotropies,
}

/// How a structure tensor is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor {
    /// Rows and columns.
    pub dims: [usize; 2],
    /// Sampling of rows and columns.
    pub steps: [f64; 2],
    /// Standard deviations of the Gaussians along rows and columns, in samples.
    pub smooth: [f64; 2],
    /// Products below this part of the largest have no slope.
    pub eps: f64,
}

/// One property of each sample of a section `(nz, nx)`, of at least two rows and columns.
pub fn structure(d: &[f64], tensor: &Tensor, wanted: Structure) -> Vec<f64> {
    let Tensor { dims, steps, smooth, eps } = *tensor;
    let gz = gradient(d, dims, 0, steps[0]);
    let gx = gradient(d, dims, 1, steps[1]);
    let product = |a: &[f64], b: &[f64]| {
        let product: Vec<f64> = a.par_iter().zip(b).map(|(a, b)| a * b).collect();
        let rows = gaussian(&product, dims, 0, smooth[0]);
        gaussian(&rows, dims, 1, smooth[1])
    };
    let (gzz, gzx, gxx) = (product(&gz, &gz), product(&gz, &gx), product(&gx, &gx));
    let largest = |g: &[f64]| g.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
    let most = largest(&gzz).max(largest(&gxx)).max(largest(&gzx));
    if most <= eps {
        return vec![0.0; d.len()];
    }
    let value = |((zz, zx), xx): ((&f64, &f64), &f64)| {
        let (zz, zx, xx) = (zz / most, zx / most, xx / most);
        let (mean, apart) =
            (0.5 * (zz + xx), 0.5 * (zz - xx).mul_add(zz - xx, 4.0 * zx * zx).sqrt());
        match wanted {
            Structure::Dips => 0.5 * (2.0 * zx).atan2(zz - xx),
            Structure::Slopes if zx.abs() > eps => (mean + apart - zz) / zx,
            Structure::Anisotropies if mean + apart > eps => 1.0 - (mean - apart) / (mean + apart),
            _ => 0.0,
        }
    };
    gzz.par_iter().zip(&gzx).zip(&gxx).map(value).collect()
}

/// NumPy's `gradient` along an axis.
fn gradient(d: &[f64], dims: [usize; 2], axis: usize, step: f64) -> Vec<f64> {
    let (n, stride) = if axis == 0 { (dims[0], dims[1]) } else { (dims[1], 1) };
    let at = |k: usize| {
        let i = if axis == 0 { k / dims[1] } else { k % dims[1] };
        let (back, ahead) = (usize::from(i > 0), usize::from(i + 1 < n));
        (d[k + ahead * stride] - d[k - back * stride]) / ((back + ahead) as f64 * step)
    };
    (0..d.len()).into_par_iter().map(at).collect()
}

/// SciPy's `gaussian_filter1d` along an axis: 4 standard deviations to either side, samples mirrored at the
/// ends, each end twice.
fn gaussian(d: &[f64], dims: [usize; 2], axis: usize, std: f64) -> Vec<f64> {
    let radius = (4.0 * std + 0.5) as usize;
    if std <= 1e-15 || radius == 0 {
        return d.to_vec();
    }
    let weight = |k: usize| (-0.5 * (k as f64 / std).powi(2)).exp();
    let sum = 1.0 + 2.0 * (1..=radius).map(weight).sum::<f64>();
    let weights: Vec<f64> = (0..=radius).map(|k| weight(k) / sum).collect();
    let mirrored = |i: isize, n: usize| {
        let i = i.rem_euclid(2 * n as isize) as usize;
        if i < n { i } else { 2 * n - 1 - i }
    };
    let [rows, width] = dims;
    let mut out = vec![0.0; d.len()];
    out.par_chunks_mut(width).enumerate().for_each(|(i, out)| {
        if axis == 0 {
            for k in -(radius as isize)..=radius as isize {
                let from = &d[mirrored(i as isize + k, rows) * width..][..width];
                let w = weights[k.unsigned_abs()];
                out.iter_mut().zip(from).for_each(|(y, x)| *y = w.mul_add(*x, *y));
            }
        } else {
            let row = &d[i * width..][..width];
            let long: Vec<f64> = (0..width + 2 * radius)
                .map(|j| row[mirrored(j as isize - radius as isize, width)])
                .collect();
            for (k, shifted) in long.windows(width).enumerate() {
                let w = weights[k.abs_diff(radius)];
                out.iter_mut().zip(shifted).for_each(|(y, x)| *y = w.mul_add(*x, *y));
            }
        }
    });
    out
}
