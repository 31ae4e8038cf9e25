//! Where rounding ends the iterations: what the element type leaves of a gradient, a residual, a step.
//!
//! ```text
//! ||A^H s|| <= e ||A|| ||s||      the gradient is what rounding of A and s makes
//! ||s||     <= e ||A|| ||x||      the residual is what rounding of x makes
//! ||A c||   <= e ||A|| ||c||      so is the length of a step along c
//! ```
//! `e` is a few times the epsilon of the type that the operator computes in, and `||A||` the
//! largest `||A c|| / ||c||` so far. With the first or the second, `x` solves the equations of an
//! operator that differs from `A` by `e ||A||`, so no other `x` is better as far as the numbers
//! tell; beyond, recurrences go on with round-off and end anywhere. With damping all norms are
//! those of the stacked system, whose further rows are `damp I`.

use serde::{Deserialize, Serialize};

use crate::engine::Operators;

/// Epsilons that rounding of a product and a sum comes to: measured on random systems, where the
/// gradient stays between 0.5 and 2.
const UNITS: f64 = 4.0;

/// Steps that are taken from the floor, where a gradient may fall further, if they are short.
const PATIENCE: usize = 2;

/// How well the operator sees the direction of a short step, beside the best.
const WELL: f64 = 0.1;

/// The limits, which rise with the norm of the operator as far as it is known.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Floor {
    small: f64,
    norm2: f64,
    damp2: f64,
    visits: usize,
}

impl Floor {
    pub(super) fn new(operators: &Operators, damp: f64) -> Floor {
        Floor { small: UNITS * operators.epsilon(), norm2: 0.0, damp2: damp * damp, visits: 0 }
    }

    /// Takes note of `||A c||^2`, or `||A^H s||^2`, and `||c||^2`.
    pub(super) fn see(&mut self, image2: f64, of2: f64) {
        let ratio = image2 / of2;
        if ratio.is_finite() {
            self.norm2 = self.norm2.max(ratio);
        }
    }

    /// The same with an estimate of `||A||` from elsewhere.
    pub(super) fn with_norm(self, norm: f64) -> Floor {
        Floor { norm2: norm * norm, ..self }
    }

    /// `e ||A||`
    pub(super) fn level(&self) -> f64 {
        self.small * self.norm()
    }

    /// `||A||` as far as it is known.
    pub(super) fn norm(&self) -> f64 {
        (self.norm2 + self.damp2).sqrt()
    }

    /// Whether gradient or residual are what rounding leaves where the model has norm `x`.
    pub(super) fn is_reached(&self, gradient: f64, residual: f64, x: f64) -> bool {
        gradient <= self.level() * residual || self.is_fit(residual, x)
    }

    /// Whether the residual is what rounding of a model of norm `x` leaves.
    pub(super) fn is_fit(&self, residual: f64, x: f64) -> bool {
        residual <= self.level() * x
    }

    /// Whether the iterations have been at the floor, and have had their further steps.
    pub(super) fn is_left_to(&mut self, reached: bool) -> bool {
        if reached || self.visits > 0 {
            self.visits += 1;
        }
        self.visits > PATIENCE
    }

    /// Whether the image of a vector of norm `of` is no more than rounding.
    pub(super) fn is_flat(&self, image: f64, of: f64) -> bool {
        image <= self.level() * of
    }

    /// Whether a step from the floor would be long: its direction `c`, with norm `of`, is seen
    /// badly, or is shorter than the gradient, to which `c` minus it is orthogonal but for
    /// rounding.
    pub(super) fn is_risky(&self, image: f64, of: f64, gradient: f64) -> bool {
        let norm = self.level() / self.small;
        self.visits > 0 && (image <= WELL * norm * of || of < 0.9 * gradient)
    }

    /// Whether a squared norm that may only fall rose, by more than rounding does.
    pub(super) fn rose(&self, squares: f64, before: f64) -> bool {
        squares > before * (1.0 + self.small)
    }
}

/// `||x||` along `x = x + a c`, `c = r + b c`, without reading `x`: `r` is orthogonal to the way made.
///
/// ```text
/// ||d + a c||^2 = ||d||^2 + 2 a <d, c> + a^2 ||c||^2,  <d, r + b c> = b <d, c>,  d = x - x0
/// ```
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Way {
    start: f64,
    made2: f64,
    along: f64,
}

impl Way {
    /// From a model of this norm.
    pub(super) fn new(start: f64) -> Way {
        Way { start, made2: 0.0, along: 0.0 }
    }

    /// `||x||`, or more.
    pub(super) fn norm(&self) -> f64 {
        self.start + self.made2.max(0.0).sqrt()
    }

    /// `x = x + a c`, with `||c||^2`.
    pub(super) fn step(self, a: f64, c2: f64) -> Way {
        Way {
            made2: self.made2 + a * (2.0 * self.along + a * c2),
            along: self.along + a * c2,
            ..self
        }
    }

    /// `c = r + b c`
    pub(super) fn turn(&mut self, b: f64) {
        self.along *= b;
    }
}
