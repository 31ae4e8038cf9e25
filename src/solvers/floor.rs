//! Decides where rounding ends iterations: what the element type leaves of gradient, residual, step.
//!
//! ```text
//! ||A^H s|| <= e ||A|| ||s||      the gradient is what rounding of A and s makes
//! ||s||     <= e ||A|| ||x||      the residual is what rounding of x makes
//! ||A c||   <= e ||A|| ||c||      so is the length of a step along c
//! ```
//! `e` is a few times the epsilon of the type that the operator computes in, and `||A||` the
//! largest `||A c|| / ||c||` so far. If the first or the second holds, `x` solves the equations of
//! an operator that differs from `A` by `e ||A||`, so no other `x` is better as far as the numbers
//! tell; further recurrences process round-off and end anywhere. With damping, all norms are those
//! of the stacked system, whose further rows are `damp I`.

use serde::{Deserialize, Serialize};

use crate::engine::Operators;

/// Rounding of a product and a sum in epsilons: measured on random systems, where the gradient
/// stays between 0.5 and 2.
const UNITS: f64 = 4.0;

/// Steps taken at the floor if they are short, since the gradient may fall further.
const PATIENCE: usize = 2;

/// A step is risky if the image of its direction is at most this part of the largest.
const WELL: f64 = 0.1;

/// The limits, which rise with the norm of the operator as it becomes known.
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

    /// Notes `||A c||^2` and `||c||^2`, or `||A^H s||^2` and `||s||^2`.
    pub(super) fn see(&mut self, image2: f64, of2: f64) {
        let ratio = image2 / of2;
        if ratio.is_finite() {
            self.norm2 = self.norm2.max(ratio);
        }
    }

    /// The same limits, with an estimate of `||A||` from elsewhere.
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

    /// Whether gradient or residual are what rounding leaves, for a model of norm `x`.
    pub(super) fn is_reached(&self, gradient: f64, residual: f64, x: f64) -> bool {
        gradient <= self.level() * residual || self.is_fit(residual, x)
    }

    /// Whether the residual is what rounding leaves, for a model of norm `x`.
    pub(super) fn is_fit(&self, residual: f64, x: f64) -> bool {
        residual <= self.level() * x
    }

    /// Whether the iterations have reached the floor and used up their further steps.
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

    /// Whether a step at the floor would be long: the operator hardly sees its direction `c`, of
    /// norm `of`; or `c` is shorter than the gradient, which is orthogonal to the rest of `c` up to
    /// rounding.
    pub(super) fn is_risky(&self, image: f64, of: f64, gradient: f64) -> bool {
        let norm = self.level() / self.small;
        self.visits > 0 && (image <= WELL * norm * of || of < 0.9 * gradient)
    }

    /// Whether a squared norm that must not rise rose by more than rounding.
    pub(super) fn rose(&self, squares: f64, before: f64) -> bool {
        squares > before * (1.0 + self.small)
    }
}

/// `||x||` along `x = x + a c`, `c = r + b c`, without reading `x`: `r` is orthogonal to all steps.
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
    /// Starts at a model of norm `start`.
    pub(super) fn new(start: f64) -> Way {
        Way { start, made2: 0.0, along: 0.0 }
    }

    /// An upper bound of `||x||`.
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
