//! What Python would write, in the words of TOML.

use crate::common::Folder;
use crate::{helps, said, says};

#[test]
fn python_is_told_in_the_words_of_toml() {
    for (from, to, message, help) in [
        ("N = 3", "N = (3,)", "a tuple is a list here", "write `[3]`"),
        ("N = 3", "N = (3, 4)", "a tuple is a list here", "write `[3, 4]`"),
        ("N = 3", "N = 3, M = None", "TOML has no null", "leave the key out"),
        (
            "dims = 3",
            "dims = 3, edge = True",
            "TOML writes `true` and `false` in lower case",
            "write `true`",
        ),
        (
            "[1.0, 2.0, 3.0]",
            "[1.0 2.0 3.0]",
            "a comma is missing in a list",
            "write `1.0, 2.0, 3.0`",
        ),
        ("[1.0, 2.0, 3.0]", "[1.0, 2.0, 3.0", "a list is not closed", "close it with `]`"),
        (
            "[1.0, 2.0, 3.0] }",
            "[1.0] # }",
            "`#` begins a comment, up to the end of the line",
            "after the `}`",
        ),
        ("= 5", "= 5.", "TOML writes this number differently", "write `5.0`"),
        ("= 5", "= .5", "TOML writes this number differently", "write `0.5`"),
        ("= 5", "= 1e-3j", "a complex number is written as a string", "write `\"1e-3j\"`"),
        ("= 5", "= 10**2", "a computation is not a value", "write the number itself"),
        ("= 5", "= np.pi", "a Python name is not a value", "write the number itself"),
        ("= 5", "= pi", "write the number in digits", "write `3.141592653589793`"),
        ("= 5", "= 2*pi", "a computation is not a value", "write the number itself"),
        ("= 5", "= pi * A", "a string without quotes", "write `\"pi * A\"`"),
        ("= 5", "= 1.0d0", "TOML writes this number differently", "write `1.0`"),
        ("= 5", "= -1.5D-7", "TOML writes this number differently", "write `-1.5e-7`"),
        ("= 5", "= 5d", "a string without quotes", "write `\"5d\"`"),
        ("= 5", "= yes", "TOML writes `true` and `false`", "write `true`"),
        ("= 5", "= Off", "TOML writes `true` and `false`", "write `false`"),
        ("= 5", "= no data", "a string without quotes", "write `\"no data\"`"),
        ("= 5", "= 1:5", "a range is not a value", "`slice = \"1:5\"`"),
        ("3.0] }", "3.0], slice = 1:5 }", "a string without quotes", "write `\"1:5\"`"),
        ("= 5", "= 5 // at most", "a comment begins with `#`", "write `5 # at most`"),
        ("\"cgls\"", "\"cgls\" // ours", "a comment begins with `#`", "write `# ...`"),
        ("\"d\"", "a//b", "a string without quotes", "write `\"a//b\"`"),
        ("\"cgls\"", "cgls", "a string without quotes", "write `\"cgls\"`"),
        ("\"m.npy\"", "C:\\m.npy", "a string without quotes", "write `'C:\\m.npy'`"),
        ("\"m.npy\"", "f\"m.npy\"", "a string has no prefix before its quote", "leave `f` out"),
        (
            "{ type = \"Identity\", N = 3 }",
            "Identity(3)",
            "a Python call is not a value",
            "an operator is a table",
        ),
        (
            "type = \"Identity\"",
            "type: \"Identity\"",
            "`:` between a key and its value",
            "TOML writes `key = value`",
        ),
        ("= \"d\"", "= \"d", "a string is not closed", "close it"),
        ("[params]", "import pylops\n[params]", "a problem file is TOML, not Python", "`specs/`"),
        ("[params]", "// a comment\n[params]", "a comment begins with `#`", "write `# ...`"),
    ] {
        let said = said(from, to);
        assert!(said.starts_with(&format!("error: {message}\n")), "{to}\n{said}");
        assert!(helps(&said).len() == 1 && helps(&said)[0].contains(help), "{to}\n{said}");
    }
    let call = "a Python call is not a value";
    for (from, to, help) in [
        ("[1.0, 2.0, 3.0]", "np.array([1.0, 2.0])", "write the number, the list"),
        ("[1.0, 2.0, 3.0]", "np.ones((5, 2)), dtype = \"float64\"", "`{ ones = { ... } }`"),
        ("{ values = [1.0, 2.0, 3.0] }", "np.linspace(0, 1, 5)", "`{ linspace = { ... } }`"),
        ("[1.0, 2.0, 3.0]", "[1.0, np.sqrt(2.0)]", "write the number, the list"),
        (
            "{ type = \"Identity\", N = 3 }",
            "Identity(3, dtype=\"float64\")",
            "`{ type = \"Identity",
        ),
        ("N = 3", "N = (3,), dtype = f(2)", "write `[3]`"),
    ] {
        let said = said(from, to);
        let message = if to.starts_with("N = (") { "a tuple is a list here" } else { call };
        assert!(said.starts_with(&format!("error: {message}\n")), "{to}\n{said}");
        assert!(helps(&said).len() == 1 && helps(&said)[0].contains(help), "{to}\n{said}");
    }
    says(
        "[1.0, 2.0, 3.0]",
        "np.array([1.0, 2.0])",
        r#"
error: a Python call is not a value
 --> problem.toml:5:16
  |
5 | d = { values = np.array([1.0, 2.0]) }
  |                ^^^^^^^^ expected a value of TOML
  |
  = help: a file holds values: write the number, the list or the table itself

error: problem.toml has 1 mistake; nothing was run"#,
    );
    says(
        "N = 3",
        "N = (3,)",
        r#"
error: a tuple is a list here
 --> problem.toml:8:30
  |
8 | A = { type = "Identity", N = (3,) }
  |                              ^^^^ TOML has no `(...)`
  |
  = help: write `[3]`

error: problem.toml has 1 mistake; nothing was run"#,
    );
    let ran = Folder::of("{ \"operators\": {} }").ran("check problem.toml");
    assert!(ran.stderr.starts_with("error: a problem file is TOML, not JSON"), "{}", ran.stderr);
}

#[test]
fn the_help_for_python_does_not_lead_into_the_next_mistake() {
    let computes = "a problem file does not evaluate Python";
    for (line, message, help) in [
        ("niter = 10;", "a line needs no `;`", "write `10`"),
        ("niter = .5;", "TOML writes this number differently", "write `0.5`"),
        ("solver = \"lsqr\";", "a line needs no `;`", "write `\"lsqr\"`"),
        ("solver = “lsqr”", "typographic quotes do not quote in TOML", "write `\"lsqr\"`"),
        ("solver = {\"lsqr\"}", "braces hold keys and values", "write `\"lsqr\"`"),
        ("x0 = {1.0, 2.0, 3.0}", "braces hold keys and values", "write `[1.0, 2.0, 3.0]`"),
        ("dims = y.shape", computes, "write the value itself"),
        ("dims = y.shape[0]", computes, "write the value itself"),
        ("x0 = lambda x: x", computes, "write the value itself"),
        ("niter = 10 if True else 5", computes, "write the value itself"),
        ("niter = not 5", computes, "write the value itself"),
        ("x0 = [k for k in range(3)]", computes, "write the value itself"),
        ("damp = 0,5", "a number has a decimal point", "write `0.5`"),
        ("damp = -1,5e-3", "a number has a decimal point", "write `-1.5e-3`"),
        ("niter = 1e2", "invalid value for `niter`", "write `100`"),
        ("niter = 10.0", "invalid value for `niter`", "write `10`"),
        ("niter = 10.5", "invalid value for `niter`", ""),
        ("dtype = np.float32", "a Python name is not a value", "write `\"float32\"`"),
        // What is meant as a string stays one.
        ("x0 = d.npy", "a string without quotes", "write `\"d.npy\"`"),
        ("operator = A.H", "a string without quotes", "write `\"A.H\"`"),
    ] {
        let key = line.split(' ').next().unwrap();
        let old = ["niter    = 5", "solver   = \"cgls\"", "operator = \"A\""];
        let from = old.into_iter().find(|o| o.starts_with(key)).unwrap_or("niter    = 5");
        let said = said(from, line);
        assert!(said.starts_with(&format!("error: {message}\n")), "{line}\n{said}");
        assert_eq!(helps(&said).first().copied().unwrap_or(""), help, "{line}\n{said}");
        assert!(said.contains("has 1 mistake"), "{line}\n{said}");
    }
    let dims = said("dims = 3", "dims = 3.0");
    assert_eq!(helps(&dims), ["write `3`"], "{dims}");
    says(
        "niter    = 5",
        "solver=“lsqr”",
        r#"
error: typographic quotes do not quote in TOML
  --> problem.toml:15:8
   |
15 | solver=“lsqr”
   |        ^^^^^^ expected `"`
   |
   = help: write `"lsqr"`

error: problem.toml has 1 mistake; nothing was run"#,
    );
}
