//! Random systems as problem files.

use std::fmt::Write as _;

use pylopsd::scalar::C128;

use crate::common;
use crate::common::dense::{Dense, norm, svd};

/// Dice for systems.
pub(crate) struct Dice(common::Dice);

impl Dice {
    pub(crate) fn seeded(seed: u64) -> Dice {
        Dice(common::Dice::seeded(seed))
    }

    fn uniform(&mut self) -> f64 {
        (self.0.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// A power of ten between two exponents.
    fn power(&mut self, from: i32, to: i32) -> f64 {
        10_f64.powi(from + self.below((to - from + 1) as usize) as i32)
    }
}

/// What kind of matrix `cg` is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// For least squares.
    Any,
    Positive,
    /// Not self-adjoint, or not positive.
    Wrong,
}

/// One system: what is solved, and how.
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) matrix: Dense,
    pub(crate) data: Vec<C128>,
    pub(crate) start: Option<Vec<C128>>,
    pub(crate) complex: bool,
    pub(crate) single: bool,
    pub(crate) damp: f64,
    /// Normal equations.
    pub(crate) normal: bool,
    pub(crate) solver: &'static str,
    pub(crate) niter: usize,
    pub(crate) text: String,
}

impl Case {
    pub(crate) fn epsilon(&self) -> f64 {
        if self.single { f64::from(f32::EPSILON) } else { f64::EPSILON }
    }

    /// Values as the element type has them.
    fn rounded(&self, v: C128) -> C128 {
        let v = if self.complex { v } else { C128::new(v.re, 0.0) };
        match self.single {
            true => C128::new(f64::from(v.re as f32), f64::from(v.im as f32)),
            false => v,
        }
    }

    fn value(&self, v: C128) -> String {
        match self.complex {
            true => format!("\"{:e}{:+e}j\"", v.re, v.im),
            false => format!("{:e}", v.re),
        }
    }

    fn list(&self, values: &[C128]) -> String {
        let values: Vec<String> = values.iter().map(|v| self.value(*v)).collect();
        format!("[{}]", values.join(", "))
    }

    fn dtype(&self) -> &'static str {
        match (self.complex, self.single) {
            (true, true) => "complex64",
            (true, false) => "complex128",
            (false, true) => "float32",
            (false, false) => "float64",
        }
    }

    fn write(&mut self, extra: &str) {
        let a = &self.matrix;
        let rows: Vec<String> = a.values.chunks(a.columns).map(|row| self.list(row)).collect();
        let (dtype, n) = (self.dtype(), a.columns);
        let mut text = format!("dtype = \"{dtype}\"\n[arrays]\n");
        let _ = writeln!(
            text,
            "M = {{ values = [\n  {}\n], dtype = \"{dtype}\" }}",
            rows.join(",\n  ")
        );
        let _ = writeln!(text, "y = {{ values = {}, dtype = \"{dtype}\" }}", self.list(&self.data));
        if let Some(start) = &self.start {
            let _ = writeln!(text, "x0 = {{ values = {}, dtype = \"{dtype}\" }}", self.list(start));
        }
        let _ = write!(
            text,
            "[operators]\nM = {{ type = \"MatrixMult\", A = \"M\", dtype = \"{dtype}\" }}\nI = {{ type = \"Identity\", N = {n}, dtype = \"{dtype}\" }}\n[solve]\noperator = \"M @ I\"\ndata = \"y\"\nsolver = \"{}\"\n{extra}",
            self.solver
        );
        if self.start.is_some() {
            text.push_str("x0 = \"x0\"\n");
        }
        text.push_str("[outputs]\nmodel = \"m.npy\"\n");
        self.text = text;
    }
}

pub(crate) fn matrix(
    dice: &mut Dice,
    complex: bool,
    single: bool,
    rows: usize,
    columns: usize,
) -> Dense {
    fn full(dice: &mut Dice, complex: bool, whole: bool, rows: usize, columns: usize) -> Dense {
        let mut number = || match whole {
            true => dice.below(7) as f64 - 3.0,
            false => dice.normal(),
        };
        Dense::new(rows, columns, |_, _| {
            let re = number();
            C128::new(re, if complex { number() } else { 0.0 })
        })
    }
    let short = rows.min(columns);
    let spread = dice.uniform() * if single { 8.0 } else { 17.0 };
    match dice.below(7) {
        0 => full(dice, complex, false, rows, columns),
        1 => full(dice, complex, true, rows, columns),
        // Of lower rank, by whole numbers or not.
        k @ (2 | 3) => {
            let rank = 1 + dice.below(short);
            let left = full(dice, complex, k == 2, rows, rank);
            left.times(&full(dice, complex, k == 2, rank, columns))
        }
        // Singular values that fall by `spread` decades.
        4 => {
            let (u, v) = (
                svd(&full(dice, complex, false, rows, short)),
                svd(&full(dice, complex, false, columns, short)),
            );
            let fall: Vec<f64> =
                (0..short).map(|_| 10_f64.powf(-spread * dice.uniform())).collect();
            Dense::new(rows, columns, |i, j| {
                let term = |k: usize| {
                    u.left[k][i]
                        * (fall[k] / u.values[k])
                        * v.left[k][j].conj()
                        * (1.0 / v.values[k])
                };
                (0..short).map(term).sum()
            })
        }
        // Rows of unlike size.
        5 => {
            let size: Vec<f64> = (0..rows).map(|_| dice.power(-2, 2)).collect();
            let a = full(dice, complex, false, rows, columns);
            Dense::new(rows, columns, |i, j| a.at(i, j) * size[i])
        }
        // Mostly zeros.
        _ => {
            let a = full(dice, complex, true, rows, columns);
            a.map(|v| if v.re.abs() > 2.0 { v } else { C128::default() })
        }
    }
}

pub(crate) fn case(seed: u64) -> Case {
    let mut dice = Dice::seeded(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let dice = &mut dice;
    let (complex, single) = (dice.one_in(2), dice.one_in(2));
    let most = if dice.one_in(8) { 24 } else { 9 };
    let (mut rows, columns) = (1 + dice.below(most), 1 + dice.below(most));
    let solver = ["cgls", "cgls", "lsqr", "lsqr", "cg", "direct", "auto"][dice.below(7)];
    let normal = solver == "cg" && dice.one_in(3);
    let mut kind = Kind::Any;
    if solver == "cg" && !normal {
        rows = columns;
        kind = if dice.one_in(3) { Kind::Wrong } else { Kind::Positive };
    }
    if solver == "direct" && dice.one_in(2) {
        rows = columns;
    }
    let mut a = matrix(dice, complex, single, rows, columns);
    if kind == Kind::Positive {
        a = a.adjoint().times(&a);
        // Round-off of the product must not spoil it.
        let largest = a.values.iter().fold(0.0_f64, |m, v| m.max(v.norm()));
        let lift = largest * [1e-5, 1e-2, 1.0][dice.below(3)];
        a = Dense::new(rows, rows, |i, j| a.at(i, j) + if i == j { lift } else { 0.0 });
    }
    if kind == Kind::Positive && a.values.iter().all(|v| *v == C128::default()) {
        kind = Kind::Wrong;
    }
    let extreme = dice.one_in(12) && !normal;
    let scale = match (dice.one_in(2), extreme) {
        (_, true) if single => dice.power(-28, 28),
        (_, true) => dice.power(-100, 100),
        // Normal equations square it.
        (true, _) if normal && single => dice.power(-5, 5),
        (true, _) => dice.power(-12, 12),
        (false, _) => 1.0,
    };
    let mut found = Case {
        kind,
        matrix: a,
        data: Vec::new(),
        start: None,
        complex,
        single,
        damp: 0.0,
        normal,
        solver,
        niter: 6 * (rows + columns) + 40,
        text: String::new(),
    };
    found.matrix = found.matrix.map(|v| found.rounded(v * scale));
    if kind == Kind::Positive {
        let a = &found.matrix;
        found.matrix =
            Dense::new(rows, rows, |i, j| if i <= j { a.at(i, j) } else { a.at(j, i).conj() });
        (0..rows).for_each(|i| found.matrix.values[i * rows + i].im = 0.0);
    }
    let random = |dice: &mut Dice, n: usize| -> Vec<C128> {
        let imaginary = if complex { 1.0 } else { 0.0 };
        (0..n).map(|_| C128::new(dice.normal(), dice.normal() * imaginary)).collect()
    };
    let exact = random(dice, columns);
    let loud = dice.power(-9, 9) * if extreme && !single { dice.power(-150, 150) } else { 1.0 };
    // A problem that its type can hold: neither the data nor `A x0` leave it.
    let largest = norm(&found.matrix.values) * norm(&exact);
    let loud = if single && largest * loud > 1e36 { 1.0 } else { loud };
    let mut data = found.matrix.on(&exact);
    match dice.below(6) {
        0 => data = random(dice, rows),
        1 => data.fill(C128::default()),
        2 => {
            let noise = 1e-3 * norm(&data) / (rows as f64).sqrt();
            data.iter_mut().for_each(|v| *v += dice.normal() * noise);
        }
        3 => data = (0..rows).map(|_| C128::from(dice.below(7) as f64 - 3.0)).collect(),
        _ => {}
    }
    found.data = data.iter().map(|v| found.rounded(*v * loud)).collect();
    found.start = match dice.below(5) {
        0 => Some(random(dice, columns).iter().map(|v| found.rounded(*v * loud)).collect()),
        1 => Some(exact.iter().map(|v| found.rounded(*v * loud)).collect()),
        _ => None,
    }
    .filter(|_| solver != "direct");
    let mut extra = String::new();
    if solver != "direct" {
        let _ = writeln!(extra, "niter = {}", found.niter);
        let size = norm(&found.matrix.values);
        if solver != "cg" && dice.one_in(4) && size > 0.0 {
            found.damp = size * dice.power(-4, 0);
            let _ = writeln!(extra, "damp = {:e}", found.damp);
        }
        if matches!(solver, "cg" | "cgls") && !dice.one_in(4) {
            extra.push_str("tol = 0.0\n");
        }
        if normal {
            extra.push_str("normal_equations = true\n");
        }
    }
    found.write(&extra);
    found
}
