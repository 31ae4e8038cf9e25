//! Local slopes by plane-wave destruction (Claerbout and Brown, 1999; Fomel, 2002): each column predicts the
//! next through an all-pass filter that shifts it by the slope, and the slopes minimise what is left:
//!
//! ```text
//! r_{i,j} = sum_k b_k(s) (d_{i+k,j+1} - d_{i-k,j}),   s <- s + S p,   min_p |r' S p + r|^2 + damp^2 |p|^2
//! ```
//! by Gauss-Newton steps, with `r'` the derivative in `s` and `S` a smoother. Sums have one order on any number
//! of threads.

use rayon::prelude::*;

/// How slopes are estimated.
#[derive(Clone, Debug, PartialEq)]
pub struct Pwd {
    /// Gauss-Newton steps.
    pub niter: usize,
    /// Most iterations of least squares in each.
    pub liter: usize,
    /// Samples to either side that a filter takes, 1 or 2.
    pub reach: usize,
    /// Lengths of the running means, for each axis.
    pub nsmooth: Vec<usize>,
    /// How often the mean is taken.
    pub passes: usize,
    /// Damping.
    pub damp: f64,
    /// Whether slopes are those along the last of three axes, not along the second.
    pub last: bool,
}

/// A number with its derivative.
#[derive(Clone, Copy)]
struct Dual(f64, f64);

impl std::ops::Mul for Dual {
    type Output = Dual;
    fn mul(self, other: Dual) -> Dual {
        Dual(self.0 * other.0, self.0 * other.1 + self.1 * other.0)
    }
}

/// The coefficients of the all-pass filter and their derivatives; the last are zero for a reach of 1.
fn filter(reach: usize, s: f64) -> [Dual; 5] {
    let (less, more) = (|a: f64| Dual(a - s, -1.0), |a: f64| Dual(a + s, 1.0));
    let over = |n: f64| Dual(1.0 / n, 0.0);
    if reach == 1 {
        let ends = [less(1.0) * less(2.0) * over(12.0), more(1.0) * more(2.0) * over(12.0)];
        let none = Dual(0.0, 0.0);
        return [ends[0], more(2.0) * less(2.0) * over(6.0), ends[1], none, none];
    }
    [
        less(1.0) * less(2.0) * less(3.0) * less(4.0) * over(1680.0),
        less(4.0) * less(2.0) * less(3.0) * more(4.0) * over(420.0),
        less(4.0) * less(3.0) * more(3.0) * more(4.0) * over(280.0),
        less(4.0) * more(2.0) * more(3.0) * more(4.0) * over(420.0),
        more(1.0) * more(2.0) * more(3.0) * more(4.0) * over(1680.0),
    ]
}

/// Slopes of an array of two or three axes, in samples of the first per sample of the other.
pub fn slopes(d: &[f64], dims: &[usize], pwd: &Pwd) -> Vec<f64> {
    if pwd.last && dims.len() == 3 {
        let swapped = [dims[0], dims[2], dims[1]];
        let nsmooth = vec![pwd.nsmooth[0], pwd.nsmooth[2], pwd.nsmooth[1]];
        let inner = Pwd { last: false, nsmooth, ..pwd.clone() };
        return swap(&slopes(&swap(d, dims), &swapped, &inner), &swapped);
    }
    let mut sigma = vec![0.0; d.len()];
    for _ in 0..pwd.niter {
        let (derivative, mut residual) = destroy(d, &sigma, dims, pwd.reach);
        residual.par_iter_mut().for_each(|r| *r = -*r);
        let smooth = |x: &[f64]| {
            let once = |x: Vec<f64>| {
                (0..dims.len()).fold(x, |x, axis| mean(&x, dims, axis, pwd.nsmooth[axis]))
            };
            (0..pwd.passes).fold(x.to_vec(), |x, _| once(x))
        };
        let times = |x: Vec<f64>| -> Vec<f64> {
            x.into_par_iter().zip(&derivative).map(|(x, f)| x * f).collect()
        };
        let p = lsqr(
            |x| times(smooth(x)),
            |y| smooth(&times(y.to_vec())),
            residual,
            pwd.liter,
            pwd.damp,
        );
        add(&mut sigma, 1.0, 1.0, &smooth(&p));
    }
    sigma
}

/// The last two of three axes exchanged.
fn swap(x: &[f64], dims: &[usize]) -> Vec<f64> {
    let (n, m) = (dims[1], dims[2]);
    x.par_chunks(n * m)
        .flat_map_iter(|x| (0..m).flat_map(move |j| (0..n).map(move |i| x[i * m + j])))
        .collect()
}

/// The derivative of the residual, and the residual.
fn destroy(d: &[f64], sigma: &[f64], dims: &[usize], reach: usize) -> (Vec<f64>, Vec<f64>) {
    let row: usize = dims[1..].iter().product();
    let inner: usize = dims[2..].iter().product();
    let (mut u, mut r) = (vec![0.0; d.len()], vec![0.0; d.len()]);
    let rows = u.par_chunks_mut(row).zip(r.par_chunks_mut(row)).enumerate();
    rows.for_each(|(i, (u, r))| {
        if i < reach || i + reach >= dims[0] {
            return;
        }
        for j in 0..row - inner {
            let b = filter(reach, sigma[i * row + j]);
            for (k, b) in b[..2 * reach + 1].iter().enumerate() {
                let v = d[(i + k - reach) * row + j + inner] - d[(i + reach - k) * row + j];
                r[j] += v * b.0;
                u[j] += v * b.1;
            }
        }
    });
    (u, r)
}

/// A centred running mean along an axis, of zeros outside; even lengths are one longer.
fn mean(x: &[f64], dims: &[usize], axis: usize, length: usize) -> Vec<f64> {
    let (n, inner): (usize, usize) = (dims[axis], dims[axis + 1..].iter().product());
    let length = length + 1 - length % 2;
    let (half, weight) = ((length / 2).min(n), 1.0 / length as f64);
    // Sums slide along so many rows, and then start anew.
    const ROWS: usize = 256;
    let mut y = vec![0.0; x.len()];
    y.par_chunks_mut(n * inner).zip(x.par_chunks(n * inner)).for_each(|(y, x)| {
        y.par_chunks_mut(ROWS * inner).enumerate().for_each(|(chunk, y)| {
            let first = chunk * ROWS;
            let mut sum = vec![0.0; inner];
            let row = |i: usize| &x[i * inner..][..inner];
            for i in first.saturating_sub(half)..(first + half).min(n) {
                sum.iter_mut().zip(row(i)).for_each(|(s, x)| *s += x);
            }
            for (i, y) in (first..).zip(y.chunks_mut(inner)) {
                if i + half < n {
                    sum.iter_mut().zip(row(i + half)).for_each(|(s, x)| *s += x);
                }
                if i > half && i - half > first.saturating_sub(half) {
                    sum.iter_mut().zip(row(i - half - 1)).for_each(|(s, x)| *s -= x);
                }
                y.iter_mut().zip(&sum).for_each(|(y, s)| *y = s * weight);
            }
        });
    });
    y
}

/// `y <- a y + b x`
fn add(y: &mut [f64], a: f64, b: f64, x: &[f64]) {
    y.par_iter_mut().zip(x).for_each(|(y, x)| *y = a * *y + b * x);
}

/// The norm of a vector, after which it is 1.
fn normalize(x: &mut [f64]) -> f64 {
    let parts: Vec<f64> = x.par_chunks(4096).map(|x| x.iter().map(|x| x * x).sum()).collect();
    let norm = parts.iter().sum::<f64>().sqrt();
    if norm > 0.0 {
        x.par_iter_mut().for_each(|x| *x /= norm);
    }
    norm
}

/// SciPy's `lsqr` from 0, with its default tolerances 1e-6 and largest condition 1e8.
fn lsqr(
    forward: impl Fn(&[f64]) -> Vec<f64>,
    adjoint: impl Fn(&[f64]) -> Vec<f64>,
    mut u: Vec<f64>,
    niter: usize,
    damp: f64,
) -> Vec<f64> {
    const TOL: f64 = 1e-6;
    let mut x = vec![0.0; u.len()];
    let beta = normalize(&mut u);
    let mut v = adjoint(&u);
    let mut alpha = normalize(&mut v);
    if alpha * beta == 0.0 {
        return x;
    }
    let mut w = v.clone();
    let (mut rhobar, mut phibar) = (alpha, beta);
    let (mut norm, mut condition, mut damped) = (0.0_f64, 0.0, 0.0);
    let (mut cs2, mut sn2, mut z, mut square) = (-1.0, 0.0, 0.0, 0.0);
    for _ in 0..niter {
        add(&mut u, -alpha, 1.0, &forward(&v));
        let beta_next = normalize(&mut u);
        if beta_next > 0.0 {
            norm = (norm * norm + alpha * alpha + beta_next * beta_next + damp * damp).sqrt();
            add(&mut v, -beta_next, 1.0, &adjoint(&u));
            alpha = normalize(&mut v);
        }
        let rhobar1 = rhobar.hypot(damp);
        let psi = damp / rhobar1 * phibar;
        phibar *= rhobar / rhobar1;
        let rho = rhobar1.hypot(beta_next);
        let (cs, sn) = (rhobar1 / rho, beta_next / rho);
        let theta = sn * alpha;
        rhobar = -cs * alpha;
        let phi = cs * phibar;
        phibar *= sn;
        add(&mut x, 1.0, phi / rho, &w);
        condition += (dot_self(&w)) / (rho * rho);
        add(&mut w, -theta / rho, 1.0, &v);
        // The norm of x, and what SciPy stops by.
        let (delta, gambar) = (sn2 * rho, -cs2 * rho);
        let rhs = phi - delta * z;
        let size = (square + (rhs / gambar).powi(2)).sqrt();
        let gamma = gambar.hypot(theta);
        (cs2, sn2, z) = (gambar / gamma, theta / gamma, rhs / gamma);
        square += z * z;
        damped += psi * psi;
        let residual = (phibar * phibar + damped).sqrt();
        let gradient = alpha * (sn * phi).abs();
        let conditioned = norm * f64::sqrt(condition);
        if conditioned >= 1e8
            || gradient <= TOL * (norm * residual + f64::EPSILON)
            || residual <= TOL * beta + TOL * norm * size
        {
            break;
        }
    }
    x
}

fn dot_self(x: &[f64]) -> f64 {
    let parts: Vec<f64> = x.par_chunks(4096).map(|x| x.iter().map(|x| x * x).sum()).collect();
    parts.iter().sum()
}
