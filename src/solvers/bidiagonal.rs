//! Golub and Kahan's bidiagonalisation, the basis of `lsqr` and `lsmr`.
//!
//! ```text
//! beta u = y - A x0,  alpha v = A^H u
//! beta u = A v - alpha u,  alpha v = A^H u - beta v
//! ```
//! Vectors are kept as `beta u` and `alpha v`, so that none is read only to be normalised.

use serde::{Deserialize, Serialize};

use crate::engine::{Result, Slot, Term};
use crate::solvers::Stop;
use crate::solvers::ends::{Begun, GRADIENT, IMAGE, first};
use crate::solvers::floor::Floor;
use crate::solvers::iterate::{Frame, Q, S};

/// `beta u`
pub(super) const U: Slot = S;
/// `alpha v`
pub(super) const V: Slot = Slot(3);
/// The next `alpha v`.
const NEXT: Slot = Slot(4);

/// The last row and column of the bidiagonal matrix; names as in the formulas above.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Bidiagonal {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    /// The matrix is that of `g A x / g = f y`, at a size that the element type holds; `f` and `g`.
    pub(super) scale: f64,
    pub(super) g: f64,
}

/// `1 / x`; 0 for a vector that vanished.
pub(super) fn inverse(x: f64) -> f64 {
    if x > 0.0 { 1.0 / x } else { 0.0 }
}

impl Bidiagonal {
    /// Takes the first half-step. Ends the run if the operator overflows or `x0` is the solution.
    pub(super) fn begin(
        at: &mut Frame<'_>,
        begun: &Begun,
        damp: f64,
    ) -> Result<(Bidiagonal, Option<Stop>)> {
        let (beta, scale) = (begun.residual2.sqrt(), begun.scale);
        let scaled = Term::Combine { y: V, a: inverse(beta), x: NEXT, b: 0.0 };
        let of = (f64::from(beta > 0.0), damp, scale);
        let alpha2 = first(
            at,
            V,
            of,
            |at| Ok(at.adjoint((U, V), [scaled])?[0]),
            |at| Ok(at.forward((V, Q), [Term::Dot(Q, Q)])?[0]),
        )?;
        let stop = at.out_of_range(V, alpha2, GRADIENT)?;
        let alpha = alpha2.sqrt();
        let solved = (alpha * beta == 0.0).then_some(Stop::LeastSquares { machine: false });
        Ok((Bidiagonal { alpha, beta, scale, g: at.gain.gain }, stop.or(solved)))
    }

    /// `y = v + a y`, and `||y||^2`.
    pub(super) fn direction(&self, y: Slot, a: f64) -> Term {
        Term::Combine { y, a, x: V, b: inverse(self.alpha) }
    }

    /// `beta u = A v - alpha u`; returns what ends the run there.
    pub(super) fn row(&mut self, at: &mut Frame<'_>) -> Result<Option<Stop>> {
        let [q2] = at.forward((V, Q), [Term::Dot(Q, Q)])?;
        if let Some(stop) = at.overflown(Q, q2, IMAGE)? {
            return Ok(Some(stop));
        }
        let ratio = -self.alpha * inverse(self.beta);
        self.beta = at.combine(U, ratio, Q, inverse(self.alpha))?.sqrt();
        Ok(None)
    }

    /// `alpha v = A^H u - beta v`, with `moved` applied to the model in the same pass; returns what
    /// ends the run after it.
    pub(super) fn column(
        &mut self,
        at: &mut Frame<'_>,
        moved: Option<Term>,
    ) -> Result<Option<Stop>> {
        let ratio = -self.beta * inverse(self.alpha);
        let next = Term::Combine { y: NEXT, a: inverse(self.beta), x: V, b: ratio };
        let alpha2 = match moved {
            Some(moved) => at.adjoint((U, NEXT), [next, moved])?[0],
            None => at.adjoint((U, NEXT), [next])?[0],
        };
        at.vectors.swap(V, NEXT);
        self.alpha = alpha2.sqrt();
        if !self.beta.is_finite() {
            return Ok(Some(Stop::NotFinite { iteration: at.number, array: "the residual" }));
        }
        at.overflown(V, alpha2, GRADIENT)
    }

    /// Tells `floor` the norm of the operator if the run ended before its first iteration: it
    /// decides whether the gradient exceeds rounding.
    pub(super) fn see(&self, at: &mut Frame<'_>, stop: &Stop, floor: &mut Floor) -> Result<()> {
        if at.number == 0 && *stop == Stop::Tolerance {
            let [q2] = at.forward((V, Q), [Term::Dot(Q, Q)])?;
            floor.see(q2, self.alpha * self.alpha);
        }
        Ok(())
    }
}
