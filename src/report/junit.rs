//! Results of a test run as JUnit XML, which build servers read.

use std::fmt::Write;

/// One case of a test run.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name of the test case: the path of the problem file.
    pub name: String,
    /// How long it took.
    pub seconds: f64,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// All is as expected.
    Passed,
    /// It ran, and something was not as expected.
    Failed(String),
    /// It could not run.
    Broken(String),
    /// It was not run.
    Skipped(String),
}

/// A suite of cases as an XML document.
pub fn junit(suite: &str, cases: &[Case]) -> String {
    let failed = cases.iter().filter(|c| matches!(c.verdict, Verdict::Failed(_))).count();
    let broken = cases.iter().filter(|c| matches!(c.verdict, Verdict::Broken(_))).count();
    let skipped = cases.iter().filter(|c| matches!(c.verdict, Verdict::Skipped(_))).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{failed}\" errors=\"{broken}\" skipped=\"{skipped}\" time=\"{:.3}\"",
        cases.len(),
        cases.iter().map(|c| c.seconds).sum::<f64>()
    );
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let suite = escaped(suite);
    let _ = writeln!(text, "<testsuites {counts}>\n  <testsuite name=\"{suite}\" {counts}>");
    for case in cases {
        let name = escaped(&case.name);
        let start = format!(
            "    <testcase classname=\"{suite}\" name=\"{name}\" time=\"{:.3}\"",
            case.seconds
        );
        let (tag, message) = match &case.verdict {
            Verdict::Passed => {
                let _ = writeln!(text, "{start}/>");
                continue;
            }
            Verdict::Failed(message) => ("failure", message),
            Verdict::Broken(message) => ("error", message),
            Verdict::Skipped(message) => {
                let message = escaped(message);
                let _ = writeln!(text, "{start}>\n      <skipped message=\"{message}\"/>");
                text.push_str("    </testcase>\n");
                continue;
            }
        };
        let first = escaped(message.lines().next().unwrap_or_default());
        let all = escaped(message);
        let _ = writeln!(text, "{start}>\n      <{tag} message=\"{first}\">{all}</{tag}>");
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// Text for XML, without the characters that XML cannot hold.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if (c as u32) < 0x20 || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_counted_and_escaped() {
        let case = |name: &str, verdict| Case { name: name.into(), seconds: 0.25, verdict };
        let cases = [
            case("a.toml", Verdict::Passed),
            case("<b>.toml", Verdict::Failed("1 > \"2\"\n& more\u{1b}".into())),
            case("c.toml", Verdict::Broken("error: no".into())),
            case("d.toml", Verdict::Skipped("x is not here".into())),
        ];
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" errors="1" skipped="1" time="1.000">
  <testsuite name="pylopsd" tests="4" failures="1" errors="1" skipped="1" time="1.000">
    <testcase classname="pylopsd" name="a.toml" time="0.250"/>
    <testcase classname="pylopsd" name="&lt;b&gt;.toml" time="0.250">
      <failure message="1 &gt; &quot;2&quot;">1 &gt; &quot;2&quot;
&amp; more</failure>
    </testcase>
    <testcase classname="pylopsd" name="c.toml" time="0.250">
      <error message="error: no">error: no</error>
    </testcase>
    <testcase classname="pylopsd" name="d.toml" time="0.250">
      <skipped message="x is not here"/>
    </testcase>
  </testsuite>
</testsuites>
"#;
        assert_eq!(junit("pylopsd", &cases), expected);
    }
}
