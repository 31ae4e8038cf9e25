//! What a model is worth, in double precision.

use pylopsd::scalar::C128;
use pylopsd::solvers::Stop;

use crate::Run;
use crate::case::{Case, Kind};
use crate::common::dense::{Dense, dot, less, norm, svd};

/// A case and its answer, where squares neither over- nor underflow: the operator's largest element is 1,
/// and so is the largest of what comes out of it.
pub(crate) struct Truth {
    a: Dense,
    y: Vec<C128>,
    x: Vec<C128>,
    start: Vec<C128>,
    /// By how much model and operator were divided.
    units: (f64, f64),
    e: f64,
    /// The same for the matrix and what is solved: `direct` takes a square matrix for exact.
    fine: f64,
    values: Vec<f64>,
    rank: usize,
    /// The least-squares solution of least norm.
    best: Vec<C128>,
}

impl Truth {
    pub(crate) fn new(case: &Case, run: &Run) -> Truth {
        let zero = vec![C128::default(); case.matrix.columns];
        let (x, start) = (&run.model, case.start.as_ref().unwrap_or(&zero));
        // Damping adds rows damp I; lsqr's pulls to the start, cgls' to zero.
        let to = if run.method.name() == "lsqr" { start } else { &zero };
        let damp = C128::from(case.damp);
        let identity = Dense::new(x.len(), x.len(), |i, j| if i == j { damp } else { 0.0.into() });
        let a = match case.damp == 0.0 {
            true => case.matrix.clone(),
            false => case.matrix.clone().above(&identity),
        };
        let mut y = case.data.clone();
        y.extend(to.iter().map(|v| v * case.damp).take(a.rows - y.len()));
        let tiny = f64::MIN_POSITIVE;
        let largest = a.values.iter().fold(tiny, |m, v| m.max(v.norm()));
        let models = norm(start).max(norm(x));
        let loudest = norm(&y).max(largest * models).max(tiny);
        let a = a.map(|v| v / largest);
        let y: Vec<C128> = y.iter().map(|v| v / loudest).collect();
        let unit = loudest / largest;
        let scaled = |x: &[C128]| x.iter().map(|v| v / unit).collect::<Vec<_>>();
        let (x, start, e) = (scaled(x), scaled(start), case.epsilon());
        let parts = svd(&a);
        let count = |e: f64| {
            let limit = parts.values[0] * e * a.rows.max(a.columns) as f64;
            parts.values.iter().filter(|s| **s > limit).count()
        };
        let exact = run.method.name() == "direct" && a.rows == a.columns;
        let regular = exact && count(f64::EPSILON) == a.columns;
        let fine = if regular { f64::EPSILON } else { e };
        let rank = count(fine);
        let best = parts.solve(rank, &y);
        Truth { a, y, x, start, units: (unit, largest), e, fine, values: parts.values, rank, best }
    }

    fn residual(&self, x: &[C128]) -> Vec<C128> {
        less(&self.y, &self.a.on(x))
    }

    fn gradient(&self, x: &[C128]) -> f64 {
        norm(&self.a.adjoint().on(&self.residual(x)))
    }

    fn top(&self) -> f64 {
        self.values[0]
    }

    fn condition(&self) -> f64 {
        if self.rank == 0 { 1.0 } else { self.top() / self.values[self.rank - 1] }
    }

    /// What rounding makes of a residual, where `A x0` cancels `y`.
    fn noise(&self) -> f64 {
        self.e * (norm(&self.y) + self.top() * (norm(&self.x) + norm(&self.start)))
    }

    /// Whether a number or its square may be beyond the type.
    pub(crate) fn is_beyond(&self, single: bool) -> bool {
        let size = self.units.0 * norm(&self.best).max(norm(&self.x)) * self.condition();
        let far = !(1e-90..1e90).contains(&self.units.1);
        !size.is_finite() || if single { size > 1e36 } else { far }
    }

    /// A model that is worse than the start.
    pub(crate) fn is_worse(&self, case: &Case) -> Option<String> {
        let (now, then, noise) = if case.kind == Kind::Positive {
            // cg is better where the error is smaller in the operator's own norm.
            let energy = |x: &[C128]| dot(x, &self.a.on(x)).re - 2.0 * dot(x, &self.y).re;
            let error = |x: &[C128]| (energy(x) - energy(&self.best)).max(0.0).sqrt();
            (error(&self.x), error(&self.start), self.noise().sqrt())
        } else {
            let size = |x: &[C128]| norm(&self.residual(x));
            let squared = if case.normal { self.condition() } else { 1.0 };
            (size(&self.x), size(&self.start), 50.0 * squared * self.noise())
        };
        let said = || format!("worse than the start: {now:e}, {then:e} before");
        (now > then * 1.01 + noise || now.is_nan()).then(said)
    }

    /// A gradient that the stop does not stand for: x should solve a system that is off in the last places.
    pub(crate) fn is_steep(&self, case: &Case, stop: &Stop) -> Option<String> {
        let (e, top) = (self.e, self.top());
        let (r, models) = (norm(&self.residual(&self.x)), norm(&self.x) + norm(&self.start));
        let all = case.normal || *stop == Stop::Solved;
        let rounding = 80.0 * e * top * (r + top * models + if all { norm(&self.y) } else { 0.0 });
        // Normal equations do not see singular values whose squares are round-off.
        let rounding = match case.normal {
            true => rounding + (40.0 * e).sqrt() * top * norm(&self.y),
            false => rounding,
        };
        let asked = match stop {
            Stop::LeastSquares { machine: false } => 2e-8 * self.gradient(&self.start),
            Stop::Compatible { machine: false } => {
                2e-8 * top * (norm(&self.residual(&self.start)) + top * 3.0 * models)
            }
            Stop::Tolerance => {
                // tol = 1e-4, or 0, of the square.
                let (unit, largest) = self.units;
                1.1e-2
                    / unit
                    / largest
                    / if case.solver == "cg" && !case.normal { 1.0 } else { largest }
            }
            _ => 0.0,
        };
        let asked = if case.solver == "cg" && !case.normal { asked * top } else { asked };
        let (found, allowed) = (self.gradient(&self.x), rounding + asked);
        let said = || {
            format!(
                "the gradient is {found:e}; rounding leaves {rounding:e}, and the rule {asked:e}"
            )
        };
        (found > allowed || found.is_nan()).then(said)
    }

    /// Whether singular values are far from what counts as 0.
    fn is_clear(&self) -> bool {
        let limit = self.top() * self.fine * self.a.rows.max(self.a.columns) as f64;
        let next = self.values.get(self.rank).copied().unwrap_or(0.0);
        self.rank > 0 && next < limit / 4.0 && self.values[self.rank - 1] > 30.0 * limit
    }

    /// A rank that the matrix does not have, as `direct` warns of one.
    pub(crate) fn is_untrue(&self, warnings: &[String]) -> Option<String> {
        let full = self.rank == self.a.rows.min(self.a.columns);
        let found = warnings.iter().find(|said| said.contains("the matrix has rank"));
        found.filter(|_| full && self.is_clear()).map(|said| format!("that is not true: {said}"))
    }

    /// A model that is far from the one that its rank and condition make clear.
    pub(crate) fn is_off(&self) -> Option<String> {
        let clear = self.is_clear();
        let (condition, best) = (self.condition(), norm(&self.best));
        let rest = norm(&self.residual(&self.best)) * condition + norm(&self.y);
        let bound = 300.0 * self.fine * (condition * best + condition * rest / self.top());
        let off = norm(&less(&self.x, &self.best));
        let said = || format!("the model is off by {off:e} of {best:e}, condition {condition:e}");
        (clear && off > bound.max(300.0 * self.e * best)).then(said)
    }
}
