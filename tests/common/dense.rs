//! Dense matrices in double precision and their singular values, by one-sided Jacobi rotations.

use pylopsd::scalar::C128;

/// A dense matrix, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Dense {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) values: Vec<C128>,
}

impl Dense {
    pub(crate) fn new(
        rows: usize,
        columns: usize,
        mut f: impl FnMut(usize, usize) -> C128,
    ) -> Dense {
        let values = (0..rows * columns).map(|k| f(k / columns, k % columns)).collect();
        Dense { rows, columns, values }
    }

    pub(crate) fn at(&self, i: usize, j: usize) -> C128 {
        self.values[i * self.columns + j]
    }

    pub(crate) fn adjoint(&self) -> Dense {
        Dense::new(self.columns, self.rows, |i, j| self.at(j, i).conj())
    }

    pub(crate) fn times(&self, other: &Dense) -> Dense {
        Dense::new(self.rows, other.columns, |i, j| {
            (0..self.columns).map(|k| self.at(i, k) * other.at(k, j)).sum()
        })
    }

    pub(crate) fn on(&self, x: &[C128]) -> Vec<C128> {
        let row = |i: usize| (0..self.columns).map(|j| self.at(i, j) * x[j]).sum();
        (0..self.rows).map(row).collect()
    }

    pub(crate) fn map(&self, f: impl Fn(C128) -> C128) -> Dense {
        Dense { values: self.values.iter().map(|v| f(*v)).collect(), ..*self }
    }

    /// Rows of another below.
    pub(crate) fn above(mut self, other: &Dense) -> Dense {
        self.values.extend(&other.values);
        self.rows += other.rows;
        self
    }
}

pub(crate) fn norm(x: &[C128]) -> f64 {
    let largest = x.iter().fold(0.0_f64, |m, v| m.max(v.re.abs()).max(v.im.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    x.iter().map(|v| (*v / largest).norm_sqr()).sum::<f64>().sqrt() * largest
}

pub(crate) fn less(a: &[C128], b: &[C128]) -> Vec<C128> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

pub(crate) fn dot(a: &[C128], b: &[C128]) -> C128 {
    a.iter().zip(b).map(|(a, b)| a.conj() * b).sum()
}

/// Singular values and vectors by one-sided Jacobi rotations: columns `U S`, and `V`, largest first.
pub(crate) struct Svd {
    pub(crate) values: Vec<f64>,
    pub(crate) left: Vec<Vec<C128>>,
    pub(crate) right: Vec<Vec<C128>>,
}

pub(crate) fn svd(a: &Dense) -> Svd {
    let n = a.columns;
    let mut left: Vec<Vec<C128>> =
        (0..n).map(|j| (0..a.rows).map(|i| a.at(i, j)).collect()).collect();
    let mut right: Vec<Vec<C128>> =
        (0..n).map(|j| (0..n).map(|i| C128::from(f64::from(u8::from(i == j)))).collect()).collect();
    let rotate = |v: &mut [Vec<C128>], p: usize, q: usize, c: f64, s: C128| {
        for i in 0..v[p].len() {
            let (x, y) = (v[p][i], v[q][i]);
            v[p][i] = x * c - y * s.conj();
            v[q][i] = x * s + y * c;
        }
    };
    for _ in 0..60 {
        let mut off = false;
        for p in 0..n {
            for q in p + 1..n {
                let (x, y) = (dot(&left[p], &left[p]).re, dot(&left[q], &left[q]).re);
                let z = dot(&left[p], &left[q]);
                if z.norm() <= 1e-15 * (x * y).sqrt() || z.norm() == 0.0 {
                    continue;
                }
                off = true;
                let zeta = (y - x) / (2.0 * z.norm());
                let t = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = (z / z.norm()).conj() * (c * t);
                // z^* turns the pair real: columns p and q become orthogonal.
                rotate(&mut left, p, q, c, s.conj());
                rotate(&mut right, p, q, c, s.conj());
            }
        }
        if !off {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    let sizes: Vec<f64> = left.iter().map(|c| norm(c)).collect();
    order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]));
    Svd {
        values: order.iter().map(|k| sizes[*k]).collect(),
        left: order.iter().map(|k| left[*k].clone()).collect(),
        right: order.iter().map(|k| right[*k].clone()).collect(),
    }
}

impl Svd {
    /// The least-squares solution of least norm over the first `rank` singular values.
    pub(crate) fn solve(&self, rank: usize, y: &[C128]) -> Vec<C128> {
        let mut x = vec![C128::default(); self.right.len()];
        for k in 0..rank {
            let s = self.values[k];
            let along = dot(&self.left[k], y) / s / s;
            x.iter_mut().zip(&self.right[k]).for_each(|(x, v)| *x += along * v);
        }
        x
    }
}
