//! Least-squares migration.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Application;
use super::expansion::{Expansion, array_type};
use crate::operators::Checker;
use crate::problem::names::Names;
use crate::spec::{Span, TomlNode};

/// Least-squares migration: the reflectivity whose Kirchhoff modelling fits the data.
///
/// ```text
/// d = K m,   solved for m
/// ```
/// Takes the keys of the operator `Kirchhoff` besides `d` and `kind`; see `pylopsd ops Kirchhoff`.
/// Outputs: `minv` `([ny,] nx, nz)`, and `madj`, the migrated image `K^H d`. PyLops: `LSM` of kind
/// `kirchhoff`, with the solver of `[solve]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct Lsm {
    /// Data `(ns, nr, nt)`: name of an array.
    d: String,
    /// `kirchhoff`.
    #[serde(default = "kirchhoff")]
    kind: String,
}

fn kirchhoff() -> String {
    "kirchhoff".into()
}

impl Application for Lsm {
    const OUTPUTS: &'static [&'static str] = &["minv", "madj"];
    const OPEN: bool = true;

    fn expand(self, at: &mut Checker<'_>, names: &mut Names, to: &mut Expansion) -> Option<()> {
        array_type("d", &self.d, at, names)?;
        at.require(self.kind == "kirchhoff", "kind", "expected \"kirchhoff\"")?;
        let type_name = at.table.type_name.span.clone();
        let mut table = at.table.params.without(&["d", "kind"]);
        table.owner = "application `LSM`".into();
        let place = |mut node: TomlNode, span: &Span| {
            node.span.clone_from(span);
            node
        };
        table.entries.insert(
            0,
            (
                crate::spec::Spanned::new("type".into(), type_name.clone()),
                place(TomlNode::at("Kirchhoff".into(), &type_name), &type_name),
            ),
        );
        let operator = to.operator_of("lsm_K", table);
        to.solve(at, "operator", operator.as_str())?;
        to.solve(at, "data", self.d.as_str())?;
        to.output("minv", [("to", "model".into())])?;
        let adjoint = format!("{operator}.H");
        to.output("madj", [("operator", adjoint.into()), ("to", self.d.into())])
    }
}
