//! A solved problem beside its `[[expect]]`.

use std::fmt;

use serde_json::{Value as Json, json};

use crate::io::{self, Array, compare};
use crate::problem::Problem;
use crate::run::Solved;
use crate::spec::{ExpectSpec, ExpectedValue, OutputCheck, OutputName, Quantity};

/// One expectation and what was found.
#[derive(Debug)]
pub struct Check {
    /// Description of the expectation.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// The number that was found, if it is one.
    number: Option<f64>,
    /// Whether it holds.
    pub holds: bool,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; found {}", self.expected, self.found)
    }
}

impl Check {
    /// For machines.
    pub fn as_json(&self) -> Json {
        // JSON has no NaN and no infinity.
        let found = match self.number.filter(|x| x.is_finite()) {
            Some(x) => json!(x),
            None => json!(self.found),
        };
        json!({ "expected": self.expected, "found": found, "holds": self.holds })
    }
}

/// Every expectation of the file; `dottest` is the error of the operator's, if one is expected.
pub fn check(problem: &Problem, solved: &Solved, dottest: f64) -> io::Result<Vec<Check>> {
    let specs = problem.expect.iter().zip(&problem.references);
    let checks = specs.map(|(spec, reference)| match spec {
        ExpectSpec::Quantity { quantity, max, min, equals, .. } => {
            let bounds = [(max.as_ref(), "at most"), (min.as_ref(), "at least")];
            let bounds = bounds.map(|(b, w)| (b.map(|b| b.value), w));
            let equals = equals.as_ref().map(|e| &e.value);
            Ok(quantity_check(solved, dottest, quantity.value, &bounds, equals))
        }
        ExpectSpec::Output { output, check, .. } => {
            output_check(solved, &output.value, check, reference.as_ref())
        }
    });
    checks.collect()
}

/// Whether a problem expects something of a dot test.
pub fn wants_dottest(problem: &Problem) -> bool {
    problem.expect.iter().any(ExpectSpec::is_of_dottest)
}

/// `1e-6`, `0`: a bound as people write it.
pub fn bound(x: f64) -> String {
    if x == 0.0 { "0".into() } else { format!("{x:e}") }
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
        Quantity::ResidualNorm => solved.solution.residual_norm,
        Quantity::RelativeResidual => solved.solution.residual_norm / solved.solution.data_norm,
        Quantity::Iterations => solved.solution.iterations as f64,
        Quantity::PeakBytes => solved.peak_bytes.map_or(f64::NAN, |p| p as f64),
        Quantity::Dottest => dottest,
        Quantity::Status => {
            let word = solved.solution.stop.name();
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
    for (k, (limit, word)) in bounds.iter().enumerate() {
        if let Some(limit) = limit {
            holds &= if k == 0 { found <= *limit } else { found >= *limit };
            words.push(format!("{word} {}", bound(*limit)));
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
) -> io::Result<Check> {
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
