//! The full text of mistakes.

use super::*;

#[track_caller]
fn shows(text: &str, overrides: &[&str], expected: &str) {
    assert_eq!(mistakes(text, overrides), expected.trim_start());
}

#[test]
fn all_mistakes_of_a_file_are_shown_in_its_order() {
    shows(
        "dtype = \"flaot32\"\n[solve]\noperator = \"R\"\ndata = 3\n[run]\ncheckpoint = [\"a\"]\nthreds = 2\nhosts = [\"a:2\", \"b:0\"]\n",
        &[],
        r#"
error: unknown dtype `flaot32`
 --> problem.toml:1:9
  |
1 | dtype = "flaot32"
  |         ^^^^^^^^^ expected float32, float64, complex64 or complex128
  |
  = help: did you mean `float32`?

error: invalid value for `data`
 --> problem.toml:4:8
  |
4 | data = 3
  |        ^ expected an array's name or a list of numbers, found the integer 3

error: `checkpoint` is not supported yet
 --> problem.toml:6:1
  |
6 | checkpoint = ["a"]
  | ^^^^^^^^^^ recognised, but not implemented

error: unknown key `threds`
 --> problem.toml:7:1
  |
7 | threds = 2
  | ^^^^^^ not a key of `[run]`
  |
  = help: did you mean `threads`?

error: invalid value for `hosts`
 --> problem.toml:8:17
  |
8 | hosts = ["a:2", "b:0"]
  |                 ^^^^^ expected a host's name with the number of its processes, such as "node1:2", found the string "b:0"

error: problem.toml has 5 mistakes; nothing was run"#,
    );
}

#[test]
fn columns_count_characters() {
    shows(
        "[arrays]\nG = { file = \"ä.npy\", chunks = [50, 0, -1] }\n",
        &[],
        r#"
error: invalid value for `chunks`
 --> problem.toml:2:37
  |
2 | G = { file = "ä.npy", chunks = [50, 0, -1] }
  |                                     ^ expected a positive integer, or -1 for the whole axis, found the integer 0

error: problem.toml has 1 mistake; nothing was run"#,
    );
}

#[test]
fn expressions_are_shown_inside_their_string() {
    shows(
        "[operators]\nA = \"ü + Vstack([R])\"\nB = '''VStack([A, A'''\nC = \"A\\u0020@\"\n",
        &[],
        r#"
error: unknown function `Vstack`
 --> problem.toml:2:10
  |
2 | A = "ü + Vstack([R])"
  |          ^^^^^^ not a function of expressions
  |
  = help: did you mean `VStack`?

error: `[` is not closed
 --> problem.toml:3:15
  |
3 | B = '''VStack([A, A'''
  |               ^    - expected `]`, found the end
  |               |
  |               no `]` for this `[`

error: an operand is missing
 --> problem.toml:4:5
  |
4 | C = "A\u0020@"
  |     ^^^^^^^^^^ expected an operand, found the end

error: problem.toml has 3 mistakes; nothing was run"#,
    );
}

#[test]
fn two_places_are_shown_together() {
    shows(
        "[params]\neps = 1\n[operators]\neps = \"R\"\n[arrays.d]\nfile = \"d.npy\"\nvalues = [1]\n",
        &[],
        r#"
error: `eps` names two things
 --> problem.toml:4:1
  |
2 | eps = 1
  | --- a parameter
3 | [operators]
4 | eps = "R"
  | ^^^ an operator

error: array `d` has more than one source
 --> problem.toml:7:1
  |
6 | file = "d.npy"
  | ---- the first source
7 | values = [1]
  | ^^^^^^ a second source

error: problem.toml has 2 mistakes; nothing was run"#,
    );
}

#[test]
fn mistakes_of_overrides_are_shown_as_they_were_typed() {
    shows(
        "title = \"a\"\n",
        &["run.threads=many", "params.x=[1", "solve", "title.x=2", "params.ä=2", "run.treads=2"],
        r#"
error: invalid value for `threads`
 |
 | --set run.threads=many
 |                   ^^^^ expected an integer from 1 to 1024, found the string "many"

error: a list is not closed
 |
 | --set params.x=[1
 |                ^ no `]` for this `[`
 |
 = help: close it with `]`, and separate entries with `,`

error: an override without a value
 |
 | --set solve
 |       ^^^^^ expected `PATH=VALUE`
 |
 = help: for example `--set solve.niter=20`

error: `title` has no keys
  |
  | --set title.x=2
  |             ^ `title` is a string
  |
 ::: problem.toml:1:9
  |
1 | title = "a"
  |         --- set here

error: an override with an invalid path
 |
 | --set params.ä=2
 |       ^^^^^^^^ expected keys and dots
 |
 = help: for example `--set solve.niter=20`

error: unknown key `treads`
 |
 | --set run.treads=2
 |           ^^^^^^ not a key of `[run]`
 |
 = help: did you mean `threads`?

error: the command line has 6 mistakes; nothing was run"#,
    );
}

#[test]
fn syntax_stops_at_the_first_mistake() {
    shows(
        "title = \"a\"\ntitle = \"b\"\nx = \n",
        &[],
        r#"
error: a key appears twice in a table
 --> problem.toml:2:1
  |
1 | title = "a"
  | ----- the first
2 | title = "b"
  | ^^^^^ the second
  |
  = help: remove or rename one

error: problem.toml has 1 mistake; nothing was run"#,
    );
}

#[test]
fn what_a_later_version_has_is_recognised() {
    let text = "[outputs]\nreport = \"r.html\"\n[run]\ncheckpoint = 3\n";
    let all = mistakes(text, &[]);
    assert_eq!(all.matches(NOT_YET).count(), 2, "{all}");
    assert!(all.ends_with("has 2 mistakes; nothing was run"), "{all}");
}

#[test]
fn lists_and_expectations_are_checked() {
    for (text, expected) in [
        ("arrays.a.values = [[1, 2], [3]]", "entry 1 is a list of 1, but entry 0 is a list of 2"),
        ("arrays.a.values = [1, \"1.5-j2\"]", "expected a number, or a complex one such as"),
        ("arrays.a = {}", "array `a` has no source"),
        ("arrays.a = { zeros = { shape = [3, -1] } }", "expected a non-negative integer"),
        ("arrays.a = { zeros = { shape = [4294967296, 4294967296] } }", "any machine"),
        ("arrays.a = { arange = { stop = 3, step = 0 } }", "expected a nonzero step"),
        ("arrays.a = { arange = { stop = 1e300 } }", "`arange` is too long"),
        ("arrays.a = { values = [1], slice = \"1:2:0\" }", "the step cannot be 0"),
        ("arrays.a = { values = [1], transpose = [1, 1] }", "each axis from 0 to 1 once"),
        ("arrays.a = { values = [1], key = \"k\" }", "`key` without `file`"),
        ("operators.\"a-b\" = \"c\"", "expressions cannot use this name"),
        ("operators.a = { dims = 3 }", "operator `a` has no `type`"),
        ("params.a = inf", "expected a finite number"),
        ("params.a = 99999999999999999999", "at most 64 bits"),
        ("expect = [{ quantity = \"status\", max = 1 }]", "a status is a word"),
        ("expect = [{ quantity = \"iterations\" }]", "an expectation without a bound"),
        ("expect = [{ output = \"model\", snr = 1, rtol = 1 }]", "more than one kind of bound"),
        ("expect = [{ output = \"model\", snr = 1 }]", "has no `file`"),
        ("expect = [{ output = \"history\", sha256 = \"\" }]", "expected 64 hexadecimal"),
        ("run.threads = [1, 2", "a list is not closed"),
        ("run.memory = \"16 giga\"", "a size such as \"16GiB\""),
        ("solve.regularization = { operator = \"A\" }", "with two brackets"),
    ] {
        let shown = mistakes(text, &[]);
        assert!(shown.contains(expected), "{text}\n{shown}");
    }
}

#[test]
fn the_nearest_name_is_found_whatever_its_case() {
    assert_eq!(nearest("nitre", ["niter", "damp"]), Some("niter"));
    assert_eq!(nearest("vstack", ["HStack", "VStack"]), Some("VStack"));
    assert_eq!(nearest("T", ["t", "R"]), Some("t"));
    assert_eq!(nearest("x", ["y", "z"]), None);
    assert_eq!(nearest("shape", ["niter", "damp"]), None);
}
