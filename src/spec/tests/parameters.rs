//! Parameters of operators and solvers.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::Deserialize;

use super::*;
use crate::scalar::C128;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Forward,
    Centered,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Edge {
    order: NonZeroUsize,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code)]
struct Params {
    dims: OneOrMany<usize>,
    #[serde(default)]
    h: Option<ArrayParam>,
    axis: Option<i64>,
    sampling: Option<OneOrMany<f64>>,
    kind: Option<Kind>,
    edge: Option<Edge>,
    pair: Option<(usize, usize)>,
    flag: Option<bool>,
}

const KEYS: [&str; 8] = ["dims", "h", "axis", "sampling", "kind", "edge", "pair", "flag"];

fn params(table: &str) -> Result<Params, String> {
    let d = document(&format!("[operators]\nD = {{ type = \"Der\", {table} }}\n"), &[]);
    let OperatorSpec::Table(table) = d.operator("D").unwrap() else { panic!("not a table") };
    let mut out = d.diagnostics();
    deserialize(&table.params, &KEYS, &["dims"], &mut out).ok_or_else(|| out.to_string())
}

#[test]
fn parameters_have_more_than_one_form() {
    let p =
        params("dims = 5, h = [[1, \"2j\"]], sampling = [1, 2.5], kind = \"centered\"").unwrap();
    assert_eq!(p.dims.broadcast(2), Some(vec![5, 5]));
    assert_eq!(p.sampling.unwrap().to_vec(), [1.0, 2.5]);
    let h = p.h.unwrap().inline().unwrap();
    assert_eq!((h.dims, h.complex, h.values[1]), (vec![1, 2], true, C128::new(0.0, 2.0)));
    let p = params("dims = [5, 4], h = \"wav\", pair = [1, 2], edge.order = 2").unwrap();
    assert_eq!((p.dims.broadcast(3), p.h.unwrap().name()), (None, Some("wav")));
    assert_eq!((p.pair, p.edge.unwrap().order.get()), (Some((1, 2)), 2));
    assert!(params("dims = 1, h = 3").unwrap().h.unwrap().inline().unwrap().dims.is_empty());
}

#[test]
fn every_wrong_parameter_is_shown_at_its_place() {
    let shown = params(
        "dims = [10, \"ä\", -1], h = [[1], [2, 3]], axes = 2, axis = 0.5, kind = \"centred\", \
         edge = { ordre = 2, order = 0 }, pair = [1, 2, 3], flag = \"yes\"",
    )
    .unwrap_err();
    let labels: Vec<&str> = shown
        .lines()
        .filter(|l| l.starts_with("error: ") || l.contains('^') || l.contains("help"))
        .map(|l| l.trim_start_matches([' ', '|', '^', '=']))
        .collect();
    assert_eq!(
        labels,
        [
            "error: invalid value for `dims`",
            "expected a non-negative integer, found the string \"ä\"",
            "error: invalid value for `h`",
            "entry 1 is a list of 2, but entry 0 is a list of 1",
            "error: unknown key `axes`",
            "not a key of Der",
            "help: did you mean `axis`?",
            "error: invalid value for `axis`",
            "expected an integer, found the float 0.5",
            "error: invalid value for `kind`",
            "expected one of \"forward\", \"centered\", found \"centred\"",
            "help: did you mean \"centered\"?",
            "error: unknown key `ordre`",
            "not a key of `edge`",
            "help: did you mean `order`?",
            "error: invalid value for `order`",
            "expected a positive integer, found the integer 0",
            "error: invalid value for `pair`",
            "expected a list of 2, found 3 entries",
            "error: invalid value for `flag`",
            "expected `true` or `false`, found the string \"yes\"",
            "error: problem.toml has 9 mistakes; nothing was run",
        ]
    );
}

#[test]
fn what_is_missing_is_shown_at_the_operators_name() {
    assert_eq!(
        params("axis = 0").unwrap_err(),
        "error: Der has no `dims`\n --> problem.toml:2:1\n  |\n2 | D = { type = \"Der\", axis = 0 }\n  \
         | ^ `dims` is required\n\nerror: problem.toml has 1 mistake; nothing was run"
    );
    assert!(params("dims = 1, edge = {}").unwrap_err().contains("`edge` has no `order`"));
    assert!(params("dims = {}").unwrap_err().contains("expected a value or a list of values"));
}

#[test]
fn schemas_describe_every_form() {
    let schema = schemars::schema_for!(Params).to_value();
    assert!(schema.to_string().contains("NumberList"), "{schema:#}");
}
