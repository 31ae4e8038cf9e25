//! The one loop of all iterative solvers: stopping rules, checks for NaN, monitors and signals.
//!
//! A solver is a list of named vectors and numbers, a way to begin, and a step. Between two
//! iterations, it remembers its [`State`] and nothing else.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::{Machine, Operators, Result, Slot, Space, Sums, Term, Vector, Vectors};
use crate::scalar::C128;
use crate::solvers::ends::{Begun, Ending, Gain, begin, out_of_range, within};
use crate::solvers::method::Refusal;
use crate::solvers::{Equations, Iteration, Monitor, Outcome, Stop, Task};
use crate::space::Side;

/// The model; the first vector of every solver.
pub(super) const X: Slot = Slot(0);
/// Where the residual begins; the second vector.
pub(super) const S: Slot = Slot(1);
/// What an operator gives; the third vector.
pub(super) const Q: Slot = Slot(2);

/// An iterative solver; its fields are the user's parameters.
pub(super) trait Solver: Debug + Sync {
    /// The numbers that it keeps between two iterations.
    type Numbers: Debug + Serialize + DeserializeOwned;

    /// Vectors by name and side: the model, the residual, the result of an operator, and its own.
    const VECTORS: &'static [(&'static str, Side)];

    /// The value of `solver` that selects it.
    const NAME: &'static str;

    /// Whether it applies the adjoint.
    const ADJOINT: bool;

    /// The limits that end the iterations.
    fn limits(&self) -> Limits;

    /// Whether it damps the model itself, so that `damp x0` is a part of the first residual.
    const DAMPS_START: bool = false;

    /// The damping factor.
    fn damp(&self) -> f64 {
        0.0
    }

    /// Whether the residual of plain equations must not rise.
    fn falls(&self) -> bool {
        true
    }

    /// What to do if the residual rose nevertheless.
    fn remedy(&self) -> &'static str {
        "Check the adjoint with `pylopsd dottest`"
    }

    /// Why it cannot solve some equations; it can solve all by default.
    fn refuses(&self, _: &Equations<'_>) -> Option<Refusal> {
        None
    }

    /// The numbers before the first iteration, and what may end the run there.
    fn begin(&self, at: &mut Frame<'_>, begun: &Begun) -> Result<(Self::Numbers, Option<Stop>)>;

    /// What the stopping rules look at before the next iteration.
    fn watch(&self, n: &mut Self::Numbers, at: &mut Frame<'_>) -> Result<Watched>;

    /// Does iteration `at.number`.
    fn step(&self, n: &mut Self::Numbers, at: &mut Frame<'_>) -> Result<Step>;

    /// Judges the model, and warns about it.
    fn end(&self, n: &mut Self::Numbers, at: &mut Frame<'_>, stop: Stop) -> Result<Ending>;
}

/// Limits that end the iterations of a solver.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Largest number of iterations.
    pub(super) niter: usize,
    /// The squared norm that ends the iterations.
    pub(super) tol: f64,
    /// The residual that ends the iterations, relative to the norm of the data.
    pub(super) rtol: f64,
}

/// What a solver shows to the stopping rules.
#[derive(Debug)]
pub(super) struct Watched {
    /// A rule of its own, which takes precedence.
    pub(super) own: Option<Stop>,
    /// The squared norm to compare with `tol`, of a vector scaled by `scale`.
    pub(super) squares: f64,
    /// The scale of that vector.
    pub(super) scale: f64,
    /// Whether the precision of the numbers is exhausted.
    pub(super) precision: bool,
}

/// Outcome of an iteration.
#[derive(Debug)]
pub(super) enum Step {
    /// No step was taken, since none would help; the model has not changed.
    Ended(Stop),
    /// The model has changed.
    Done {
        /// The norm of the new residual.
        residual: f64,
        /// The length of the step along the search direction.
        along: f64,
        /// What ends the run after this iteration.
        stop: Option<Stop>,
    },
}

/// What a solver works on: threads and processes, the operator, its vectors.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    /// Threads and processes.
    pub(super) machine: &'a Machine,
    /// The compiled operator and its adjoint.
    pub(super) operators: &'a Operators,
    /// The solver's vectors.
    pub(super) vectors: Vectors,
    /// Number of the iteration, from 1; 0 before the first.
    pub(super) number: usize,
    /// The factors that the operator is applied with.
    pub(super) gain: Gain,
}

/// All that a solver remembers between two iterations.
#[derive(Debug)]
pub(super) struct State<'a, N> {
    /// Its vectors, and the number of the last iteration.
    pub(super) frame: Frame<'a>,
    /// Its numbers.
    pub(super) numbers: N,
    /// Norms and scale at the start.
    pub(super) begun: Begun,
    /// Norm of the residual before the first and after every iteration.
    pub(super) cost: Vec<f64>,
}

/// A solver's state, for those who do not know the solver.
pub trait Seen {
    /// Number of iterations done.
    fn iteration(&self) -> usize;
    /// The vectors, by name and side.
    fn vectors(&self) -> &Vectors;
    /// The numbers of the start and of the solver, by name.
    fn numbers(&self) -> serde_json::Value;
    /// Norm of the residual before the first and after every iteration.
    fn cost(&self) -> &[f64];
}

impl<N: Serialize> Seen for State<'_, N> {
    fn iteration(&self) -> usize {
        self.frame.number
    }

    fn vectors(&self) -> &Vectors {
        &self.frame.vectors
    }

    fn numbers(&self) -> serde_json::Value {
        serde_json::json!({ "begun": self.begun, "gain": self.frame.gain, "solver": self.numbers })
    }

    fn cost(&self) -> &[f64] {
        &self.cost
    }
}

/// Runs a solver to its end.
pub(super) fn iterate<V: Solver>(solver: &V, task: &mut Task<'_>) -> Result<Outcome> {
    let (mut state, mut stop) = start(solver, task)?;
    if stop.is_none() {
        stop = tell(&state, 0.0, task.monitor)?;
    }
    while stop.is_none() {
        stop = next(solver, &mut state, task.monitor)?;
    }
    finish(solver, state, stop.unwrap_or(Stop::Iterations))
}

/// The state before the first iteration, and what ends the run there.
fn start<'a, V: Solver>(
    solver: &V,
    task: &Task<'a>,
) -> Result<(State<'a, V::Numbers>, Option<Stop>)> {
    let (machine, operators) = (task.machine, task.operators);
    let vectors = operators.vectors(machine, V::VECTORS)?;
    let mut frame = Frame { machine, operators, vectors, number: 0, gain: Gain::ONE };
    let (begun, bad) = begin(task, &mut frame, if V::DAMPS_START { solver.damp() } else { 0.0 })?;
    let (numbers, own) = solver.begin(&mut frame, &begun)?;
    let cost = vec![begun.residual2.sqrt() / begun.scale];
    Ok((State { frame, numbers, begun, cost }, bad.or(own)))
}

/// One more iteration, or what ends the run before or after it.
fn next<V: Solver>(
    solver: &V,
    state: &mut State<'_, V::Numbers>,
    monitor: &mut dyn Monitor,
) -> Result<Option<Stop>> {
    let limits = solver.limits();
    let State { frame, numbers, begun, cost } = state;
    let watched = solver.watch(numbers, frame)?;
    let last = cost.last().copied().unwrap_or(f64::INFINITY);
    let rules = [
        (within(watched.squares, limits.tol, watched.scale), Stop::Tolerance),
        (limits.rtol > 0.0 && last < limits.rtol * begun.data_norm, Stop::Relative),
        (watched.precision, Stop::Precision),
        (frame.number == limits.niter, Stop::Iterations),
    ];
    let due = rules.into_iter().find(|(holds, _)| *holds).map(|(_, stop)| stop);
    if let Some(stop) = watched.own.or(due) {
        return Ok(Some(stop));
    }
    frame.number += 1;
    match solver.step(numbers, frame)? {
        Step::Ended(stop) => {
            frame.number -= 1;
            Ok(Some(stop))
        }
        Step::Done { residual, along, stop } => {
            cost.push(residual);
            if stop.is_some() {
                return Ok(stop);
            }
            if !residual.is_finite() {
                let iteration = frame.number;
                return Ok(Some(Stop::NotFinite { iteration, array: "the residual" }));
            }
            tell(state, along, monitor)
        }
    }
}

/// Tells the monitor in every process, and stops all if one asks for it.
fn tell<N: Serialize>(
    state: &State<'_, N>,
    step: f64,
    monitor: &mut dyn Monitor,
) -> Result<Option<Stop>> {
    let residual = state.cost.last().copied().unwrap_or(f64::NAN);
    let iteration = Iteration { number: state.frame.number, residual, step };
    let end = monitor.iteration(iteration, state);
    Ok(state.frame.machine.any(end)?.then_some(Stop::Interrupted))
}

/// Undoes the scaling of the model, and collects warnings about it.
fn finish<V: Solver>(solver: &V, state: State<'_, V::Numbers>, stop: Stop) -> Result<Outcome> {
    let State { mut frame, mut numbers, begun, cost } = state;
    let ending = solver.end(&mut numbers, &mut frame, stop)?;
    ending.outcome(frame, begun, cost, solver.limits().tol)
}

/// Applies an operator or its adjoint to a vector, then terms.
type Apply = fn(&Operators, &Machine, &mut Vectors, (Slot, Slot), &[Term]) -> Result<Sums>;

/// The sums of as many terms as there are.
fn first<const N: usize>(sums: Sums) -> [f64; N] {
    std::array::from_fn(|k| sums[k])
}

impl Frame<'_> {
    /// Applies terms in one pass over the vectors of one side; returns their sums.
    pub(super) fn pass<const N: usize>(&mut self, terms: [Term; N]) -> Result<[f64; N]> {
        Ok(first(self.operators.pass(self.machine, &mut self.vectors, &terms)?))
    }

    /// `y = a y + b x`, and `||y||^2`.
    pub(super) fn combine(&mut self, y: Slot, a: f64, x: Slot, b: f64) -> Result<f64> {
        Ok(self.pass([Term::Combine { y, a, x, b }])?[0])
    }

    /// `to = g A from`, then terms in the same pass over `to`.
    pub(super) fn forward<const N: usize>(
        &mut self,
        ends: (Slot, Slot),
        terms: [Term; N],
    ) -> Result<[f64; N]> {
        self.applied(ends, terms, Operators::forward_then)
    }

    /// `to = g A^H from`, then terms in the same pass over `to`.
    pub(super) fn adjoint<const N: usize>(
        &mut self,
        ends: (Slot, Slot),
        terms: [Term; N],
    ) -> Result<[f64; N]> {
        self.applied(ends, terms, Operators::adjoint_then)
    }

    fn applied<const N: usize>(
        &mut self,
        (from, to): (Slot, Slot),
        terms: [Term; N],
        apply: Apply,
    ) -> Result<[f64; N]> {
        let Gain { lift, gain } = self.gain;
        let whole = self.gain == Gain::ONE;
        self.rescale(from, lift);
        let now: &[Term] = if whole { &terms } else { &[] };
        let sums = apply(self.operators, self.machine, &mut self.vectors, (from, to), now)?;
        self.rescale(from, 1.0 / lift);
        self.rescale(to, gain / lift);
        if whole { Ok(first(sums)) } else { self.pass(terms) }
    }

    /// A vector.
    pub(super) fn get(&self, slot: Slot) -> &Vector {
        self.vectors.get(slot)
    }

    /// The space of a vector.
    pub(super) fn space(&self, slot: Slot) -> &Space {
        self.operators.space(self.vectors.side(slot))
    }

    /// `||x||`, even if `||x||^2` is out of range of double precision.
    pub(super) fn norm(&self, slot: Slot) -> Result<f64> {
        self.machine.norm(self.space(slot), self.get(slot))
    }

    /// Multiplies a vector by a power of two, in steps, since it may exceed the element type's range.
    pub(super) fn rescale(&mut self, slot: Slot, factor: f64) {
        let space = self.operators.space(self.vectors.side(slot));
        let most = 100_f64.exp2();
        let mut rest = factor;
        while rest != 1.0 && !rest.is_nan() {
            let part = if rest.is_normal() { rest.clamp(1.0 / most, most) } else { rest };
            self.machine.scale_by(space, self.vectors.get_mut(slot), C128::from(part));
            rest /= part;
        }
    }

    /// What ends the run if elements that an operator gave in this iteration, or only their
    /// squares, are out of range.
    pub(super) fn out_of_range(
        &self,
        slot: Slot,
        squares: f64,
        array: &'static str,
    ) -> Result<Option<Stop>> {
        let vector = (self.space(slot), self.get(slot));
        out_of_range(self.machine, vector, squares, self.number, array)
    }

    /// Like [`Frame::out_of_range`], but only for values that are too large.
    pub(super) fn overflown(
        &self,
        slot: Slot,
        squares: f64,
        array: &'static str,
    ) -> Result<Option<Stop>> {
        if squares.is_finite() { Ok(None) } else { self.out_of_range(slot, squares, array) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Plans, Spill};
    use crate::graph::{Program, Value, simplify, transpose};
    use crate::io::Array;
    use crate::scalar::DType;
    use crate::solvers::cg::Cg;
    use crate::solvers::cgls::Cgls;
    use crate::solvers::lsmr::Lsmr;
    use crate::solvers::lsqr::Lsqr;
    use crate::solvers::{Fill, Quiet};
    use crate::space::ArrayType;

    /// A symmetric, positive matrix.
    fn matrix() -> Program {
        let n = 12;
        let ty = ArrayType::new([n], DType::Float64);
        let entry = |i: usize, j: usize| {
            let near = 1.0 / (1.0 + i.abs_diff(j) as f64);
            C128::from(near + if i == j { 0.3 * i as f64 } else { 0.0 })
        };
        let values = (0..n * n).map(|k| entry(k / n, k % n)).collect();
        let matrix = Array::values([1, n, n], values, DType::Float64).unwrap();
        let product = |x: &[Value]| {
            let kernel = x[0].constant(&matrix);
            Ok(vec![x[0].reshape(&[1, n, 1])?.matmul(&kernel)?.reshape(&[n])?])
        };
        simplify(&Value::program(&[ty], product).unwrap()).unwrap()
    }

    /// A state that knows only what another one shows.
    fn copied<'a, V: Solver>(state: &State<'a, V::Numbers>) -> State<'a, V::Numbers> {
        let Frame { machine, operators, .. } = state.frame;
        let mut vectors = operators.vectors(machine, V::VECTORS).unwrap();
        for (k, (_, side, vector)) in state.vectors().named().enumerate() {
            machine.copy(operators.space(side), vectors.get_mut(Slot(k)), vector);
        }
        let numbers = state.numbers();
        let read = |key: &str| numbers[key].clone();
        State {
            frame: Frame {
                machine,
                operators,
                vectors,
                number: state.iteration(),
                gain: serde_json::from_value(read("gain")).unwrap(),
            },
            numbers: serde_json::from_value(read("solver")).unwrap(),
            begun: serde_json::from_value(read("begun")).unwrap(),
            cost: state.cost().to_vec(),
        }
    }

    fn goes_on<V: Solver>(solver: &V) {
        let machine = Machine::local(Some(1)).unwrap();
        let program = matrix();
        let adjoint = V::ADJOINT.then(|| transpose(&program).unwrap());
        let plans = Plans::new(&program, adjoint.as_ref()).unwrap();
        let operators = Operators::compile(plans, &machine, &Spill::default()).unwrap();
        let values = |f: fn(f64) -> f64| {
            let values = (0..12).map(|k| C128::from(f(f64::from(k)))).collect();
            Array::values([12], values, DType::Float64).unwrap()
        };
        let (data, first) = (values(|k| (1.3 * k).sin()), values(|k| (0.4 * k).cos()));
        let read = |array: &Array, v: &mut Vector| {
            machine.read(&operators.model.blocks[0], &mut v.stores[0], array)
        };
        let rhs = |y: &mut Vector| read(&data, y);
        let x0 = |x: &mut Vector| read(&first, x);
        let (rhs, x0): (Fill<'_>, Fill<'_>) = (&rhs, &x0);
        let (machine, operators) = (&machine, &operators);
        let task = Task { machine, operators, rhs, start: Some(x0), monitor: &mut Quiet };
        let (mut state, stop) = start(solver, &task).unwrap();
        assert_eq!(stop, None);
        for done in 0..6 {
            let mut other = copied::<V>(&state);
            let mut end = None;
            while end.is_none() {
                end = next(solver, &mut other, &mut Quiet).unwrap();
            }
            let through = finish(solver, other, end.unwrap()).unwrap();
            let mut whole = Task { machine, operators, rhs, start: Some(x0), monitor: &mut Quiet };
            let wanted = iterate(solver, &mut whole).unwrap();
            assert_eq!(through.cost, wanted.cost, "{} after {done}", V::NAME);
            assert_eq!(format!("{:?}", through.figures), format!("{:?}", wanted.figures));
            assert_eq!((through.stop, through.iterations), (wanted.stop, wanted.iterations));
            let space = &operators.model;
            let mut off = through.model;
            assert_eq!(machine.update(space, &mut off, 1.0, &wanted.model, -1.0).unwrap(), 0.0);
            assert_eq!(next(solver, &mut state, &mut Quiet).unwrap(), None);
        }
    }

    #[test]
    fn what_a_state_shows_is_all_that_its_solver_knows() {
        goes_on(&Cg { niter: 9, tol: 0.0, rtol: 0.0 });
        goes_on(&Cgls { niter: 9, damp: 0.2, tol: 0.0, rtol: 0.0 });
        goes_on(&Lsmr { niter: 9, damp: 0.2, ..Lsmr::default() });
        goes_on(&Lsqr { niter: 9, damp: 0.2, ..Lsqr::default() });
    }

    #[test]
    fn vectors_are_counted_from_their_names() {
        use crate::solvers::Method;
        let count = |method: &dyn Method| (method.name(), method.vectors());
        assert_eq!(count(&Cg::default()), ("cg", (4, 0)));
        assert_eq!(count(&Cgls::default()), ("cgls", (3, 2)));
        assert_eq!(count(&Lsqr::default()), ("lsqr", (4, 2)));
    }
}
