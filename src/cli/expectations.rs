//! Checks a solved problem against its `[[expect]]`.

use std::fmt;

use serde_json::{Value as Json, json};

use crate::cli::Failure;
use crate::cli::dottest::error_of;
use crate::cli::solving::Solved;
use crate::cli::team::Team;
use crate::io::{Array, compare};
use crate::problem::Problem;
use crate::report::bound;
use crate::spec::{ExpectSpec, ExpectedValue, OutputCheck, OutputName, Quantity};

/// One expectation and what was found.
#[derive(Debug)]
pub(super) struct Check {
    /// What was expected of what.
    pub(super) expected: String,
    /// What was found.
    pub(super) found: String,
    /// The number that was found, if it is one.
    number: Option<f64>,
    /// Whether it holds.
    pub(super) holds: bool,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; found {}", self.expected, self.found)
    }
}

impl Check {
    pub(super) fn as_json(&self) -> Json {
        // JSON has no NaN and no infinity.
        let found = match self.number {
            Some(x) if x.is_finite() => json!(x),
            Some(_) => Json::Null,
            None => json!(self.found),
        };
        json!({ "expected": self.expected, "found": found, "holds": self.holds })
    }
}

/// Every expectation of the file, in process 0.
pub(super) fn check(
    team: &Team,
    problem: &Problem,
    solved: &Solved,
) -> Result<Vec<Check>, Failure> {
    let dottest = |spec: &ExpectSpec| matches!(spec, ExpectSpec::Quantity { quantity, .. } if quantity.value == Quantity::Dottest);
    // What all processes do together comes first.
    let error = match (&problem.solve, problem.expect.iter().any(dottest)) {
        (Some(solve), true) => error_of(team, solve.operator.as_ref(), solved.threads)?,
        _ => 0.0,
    };
    let specs = problem.expect.iter().zip(&problem.references).filter(|_| team.is_first());
    let checks = specs.map(|(spec, reference)| match spec {
        ExpectSpec::Quantity { quantity, max, min, equals, .. } => {
            let bounds = [(max.as_ref(), "at most"), (min.as_ref(), "at least")];
            let bounds = bounds.map(|(b, w)| (b.map(|b| b.value), w));
            let equals = equals.as_ref().map(|e| &e.value);
            Ok(quantity_check(solved, error, quantity.value, &bounds, equals))
        }
        ExpectSpec::Output { output, check, .. } => {
            output_check(solved, &output.value, check, reference.as_ref())
        }
    });
    team.agree(checks.collect())
}

fn quantity_check(
    solved: &Solved,
    dottest: f64,
    quantity: Quantity,
    bounds: &[(Option<f64>, &str)],
    equals: Option<&ExpectedValue>,
) -> Check {
    let name = quantity.name();
    let found = match quantity {
        Quantity::ResidualNorm => solved.residual_norm,
        Quantity::RelativeResidual => solved.residual_norm / solved.data_norm,
        Quantity::Iterations => solved.iterations as f64,
        Quantity::PeakBytes => solved.peak_bytes.map_or(f64::NAN, |p| p as f64),
        Quantity::Dottest => dottest,
        Quantity::Status => {
            let word = solved.stop.name();
            let wanted = match equals {
                Some(ExpectedValue::Word(word)) => word.clone(),
                Some(ExpectedValue::Number(n)) => n.to_string(),
                None => String::new(),
            };
            let expected = format!("status equal to {wanted}");
            let holds = word == wanted;
            return Check { expected, found: word.into(), number: None, holds };
        }
    };
    let mut holds = true;
    let mut words = Vec::new();
    for (k, (bound, word)) in bounds.iter().enumerate() {
        if let Some(bound) = bound {
            holds &= if k == 0 { found <= *bound } else { found >= *bound };
            words.push(format!("{word} {}", crate::report::bound(*bound)));
        }
    }
    if let Some(ExpectedValue::Number(n)) = equals {
        holds &= found == *n;
        words.push(format!("equal to {n}"));
    }
    Check {
        expected: format!("{name} {}", words.join(" and ")),
        found: format!("{found:.6e}"),
        number: Some(found),
        holds,
    }
}

fn output_check(
    solved: &Solved,
    name: &OutputName,
    check: &OutputCheck,
    reference: Option<&Array>,
) -> Result<Check, Failure> {
    let Some(output) = solved.outputs.iter().find(|o| o.name == *name) else {
        unreachable!("the problem checked that expected outputs are written")
    };
    let label = name.name();
    if let OutputCheck::Sha256(wanted) = check {
        let found = output.sha256.clone().unwrap_or_default();
        let holds = found.eq_ignore_ascii_case(&wanted.value);
        return Ok(Check {
            expected: format!("{label} with sha256 {}", wanted.value),
            found,
            number: None,
            holds,
        });
    }
    let (Some(part), Some(reference)) = (&output.part, reference) else {
        unreachable!("only arrays are compared, with a reference")
    };
    let c = compare(&Array::open(part, None)?, reference)?;
    Ok(match check {
        OutputCheck::Close { file, rtol, atol } => Check {
            expected: format!(
                "{label} within rtol {}, atol {} of {}",
                bound(*rtol),
                bound(*atol),
                file.value
            ),
            found: format!("a relative error of {:.3e}", c.relative_error),
            number: Some(c.relative_error),
            holds: c.is_within(*rtol, *atol),
        },
        OutputCheck::Snr { file, snr } => {
            // 20 log10(||reference|| / ||reference - output||)
            let found = -20.0 * c.relative_error.log10();
            Check {
                expected: format!(
                    "{label} with an SNR of at least {snr} dB against {}",
                    file.value
                ),
                found: format!("{found:.2} dB"),
                number: Some(found),
                holds: found >= *snr && c.nan_differences == 0,
            }
        }
        OutputCheck::Sha256(_) => unreachable!("handled above"),
    })
}
