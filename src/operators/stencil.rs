//! Rows of the derivatives along an axis.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::Banded;

/// Which neighbours a difference is taken between.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Both.
    #[default]
    Centered,
    /// The next.
    Forward,
    /// The one before.
    Backward,
}

/// The first derivative of `n` samples.
pub(super) fn first(n: usize, h: f64, kind: Kind, edge: bool, order: usize) -> Banded {
    let half = 0.5 / h;
    Banded::from_rows(n, if order == 5 { 2 } else { 1 }, |i, n| match (kind, order) {
        (Kind::Forward, _) if i + 1 < n => vec![(i, -1.0 / h), (i + 1, 1.0 / h)],
        (Kind::Backward, _) if i > 0 => vec![(i - 1, -1.0 / h), (i, 1.0 / h)],
        (Kind::Centered, 3) if i > 0 && i + 1 < n => vec![(i - 1, -half), (i + 1, half)],
        (Kind::Centered, 5) if i > 1 && i + 2 < n => vec![
            (i - 2, 1.0 / (12.0 * h)),
            (i - 1, -2.0 / (3.0 * h)),
            (i + 1, 2.0 / (3.0 * h)),
            (i + 2, -1.0 / (12.0 * h)),
        ],
        (Kind::Centered, _) if edge && n > 1 => {
            let one_sided = |a: usize, b: usize| vec![(a, -1.0 / h), (b, 1.0 / h)];
            match i {
                0 => one_sided(0, 1),
                i if i + 1 == n => one_sided(n - 2, n - 1),
                i => vec![(i - 1, -half), (i + 1, half)],
            }
        }
        _ => Vec::new(),
    })
}

/// The second derivative of `n` samples; zeros if there are fewer than three.
pub(super) fn second(n: usize, h: f64, kind: Kind, edge: bool) -> Banded {
    let c = 1.0 / (h * h);
    Banded::from_rows(n, 2, |i, n| {
        // The middle of the three samples.
        let j = match kind {
            Kind::Centered if edge && n > 2 => i.clamp(1, n - 2),
            Kind::Centered => i,
            Kind::Forward => i + 1,
            Kind::Backward if i > 0 => i - 1,
            Kind::Backward => return Vec::new(),
        };
        if j > 0 && j + 1 < n { vec![(j - 1, c), (j, -2.0 * c), (j + 1, c)] } else { Vec::new() }
    })
}
