//! What an application writes: tables under fresh names, all at the application's own place.

use crate::operators::Checker;
use crate::problem::names::Names;
use crate::space::{ArrayType, show_dims};
use crate::spec::{Diagnostic, Document, NodeValue, ParamTable, Span, TomlNode, table};

/// A problem file that an application writes into.
pub(super) struct Expansion {
    root: ParamTable,
    span: Span,
    /// Default element type of the file, if it gives one.
    pub(super) dtype: Option<crate::scalar::DType>,
}

impl Expansion {
    /// The file without its application.
    pub(super) fn new(document: &Document, span: &Span) -> Expansion {
        let root = document.root.without(&["application"]);
        let dtype = document.dtype.as_ref().map(|d| d.value);
        Expansion { root, span: span.clone(), dtype }
    }

    /// The tables, in the order of a problem file.
    pub(super) fn finish(mut self) -> ParamTable {
        let order = [
            "title",
            "dtype",
            "params",
            "arrays",
            "operators",
            "solves",
            "solve",
            "outputs",
            "run",
            "expect",
        ];
        let place = |key: &str| order.iter().position(|k| *k == key).unwrap_or(order.len());
        self.root.entries.sort_by_key(|(key, _)| place(&key.value));
        self.root
    }

    /// A name that nothing of the file has.
    fn fresh(&self, base: &str) -> String {
        let taken = |name: &str| {
            ["arrays", "operators", "params", "solves"].iter().any(|section| {
                let table = self.root.get(section).and_then(TomlNode::as_table);
                table.is_some_and(|t| t.get(name).is_some())
            })
        };
        let mut name = base.to_string();
        while taken(&name) {
            name.push('_');
        }
        name
    }

    fn add(&mut self, section: &str, base: &str, value: NodeValue) -> String {
        let name = self.fresh(base);
        let node = TomlNode::at(value, &self.span);
        if let Some(table) = self.root.table_mut(section, &self.span) {
            table.set(&name, node);
        }
        name
    }

    /// An array; gives its name.
    pub(super) fn array<const N: usize>(
        &mut self,
        base: &str,
        entries: [(&str, NodeValue); N],
    ) -> String {
        self.add("arrays", base, entries.into())
    }

    /// An array that an operator makes of another.
    pub(super) fn applied(&mut self, base: &str, operator: &str, to: &str) -> String {
        let apply: NodeValue = [("operator", operator.into()), ("to", to.into())].into();
        self.array(base, [("apply", apply)])
    }

    /// An operator by its type and parameters; gives its name.
    pub(super) fn operator<const N: usize>(
        &mut self,
        base: &str,
        type_name: &str,
        entries: [(&str, NodeValue); N],
    ) -> String {
        let mut all = vec![("type", NodeValue::from(type_name))];
        all.extend(entries);
        self.add("operators", base, NodeValue::Table(table(all)))
    }

    /// An operator from a table.
    pub(super) fn operator_of(&mut self, base: &str, table: ParamTable) -> String {
        self.add("operators", base, NodeValue::Table(table))
    }

    /// An operator by an expression; gives its name.
    pub(super) fn expression(&mut self, base: &str, text: impl Into<String>) -> String {
        self.add("operators", base, NodeValue::String(text.into(), None))
    }

    /// Sets a key of `[solve]`; one that the user has set is a mistake.
    pub(super) fn solve(
        &mut self,
        at: &mut Checker<'_>,
        key: &str,
        value: impl Into<NodeValue>,
    ) -> Option<()> {
        let span = self.span.clone();
        let node = TomlNode::at(value.into(), &span);
        let table = self.root.table_mut("solve", &span)?;
        if table.get(key).is_some() {
            let message = format!("the application sets its own `{key}`");
            let there = table.key_span(key);
            let mistake = crate::spec::Diagnostic::new(there, message, "remove this");
            at.diagnostics.push(mistake.also(span, "the application"));
            return None;
        }
        table.set(key, node);
        Some(())
    }

    /// Reports a `[solve]` of an application that solves nothing.
    pub(super) fn refuse_solve(&self, why: &str, at: &mut Checker<'_>) -> Option<()> {
        let Some(solve) = self.root.get("solve").and_then(TomlNode::as_table) else {
            return Some(());
        };
        let message = "there is nothing to solve";
        at.diagnostics
            .push(Diagnostic::new(solve.head.clone(), message, "remove this table").help(why));
        None
    }

    /// A further solve with the solver and its parameters of `[solve]`; gives its name.
    pub(super) fn further(&mut self, base: &str, operator: &str, data: &str) -> String {
        let kept = ["solver", "normal_equations"];
        let common = crate::spec::SOLVE_KEYS.map(|k| if kept.contains(&k) { "" } else { k });
        let solve = self.root.get("solve").and_then(TomlNode::as_table);
        let mut table = solve.map_or_else(|| table([]), |t| t.without(&common));
        table.set("operator", TomlNode::at(operator.into(), &self.span));
        table.set("data", TomlNode::at(data.into(), &self.span));
        self.add("solves", base, NodeValue::Table(table))
    }

    /// Whether the user wants an output.
    pub(super) fn wants(&self, name: &str) -> bool {
        let outputs = self.root.get("outputs").and_then(TomlNode::as_table);
        outputs.is_some_and(|table| table.get(name).is_some())
    }

    /// `outer @ inner`, an expression, with a reshape between them if outer's model has other dims than
    /// inner's data but as many samples. `outer` is the value of a key.
    pub(super) fn joined(
        &mut self,
        (key, outer): (&str, &str),
        model: &[usize],
        (inner, data): (&str, &[usize]),
        at: &mut Checker<'_>,
    ) -> Option<String> {
        if model == data {
            return Some(format!("({outer}) @ {inner}"));
        }
        let label = format!("expected a model {}, found {}", show_dims(data), show_dims(model));
        let samples = |dims: &[usize]| dims.iter().product::<usize>();
        at.require(samples(model) == samples(data), key, label)?;
        let entries = [("dims", data.into()), ("dimsd", model.into())];
        let reshaped = self.operator("reshaped", "Reshape", entries);
        Some(format!("({outer}) @ {reshaped} @ {inner}"))
    }

    /// Says how an output is made, if the user wants it.
    pub(super) fn output<const N: usize>(
        &mut self,
        name: &str,
        apply: [(&str, NodeValue); N],
    ) -> Option<()> {
        self.output_of(name, table(apply))
    }

    /// The same from a table.
    pub(super) fn output_of(&mut self, name: &str, apply: ParamTable) -> Option<()> {
        let span = self.span.clone();
        let outputs = self.root.table_mut("outputs", &span)?;
        let Some(asked) = outputs.get(name).cloned() else { return Some(()) };
        let mut output = match asked.value {
            NodeValue::Table(table) => table,
            value => {
                let mut output = table([]);
                output.span.clone_from(&asked.span);
                output.head.clone_from(&asked.span);
                output.set("path", TomlNode::new(value, asked.span.clone()));
                output
            }
        };
        output.set("apply", TomlNode::at(NodeValue::Table(apply), &span));
        outputs.set(name, TomlNode::new(NodeValue::Table(output), asked.span));
        Some(())
    }
}

/// The array of a key that names one: dims and element type.
pub(super) fn array_type(
    key: &str,
    name: &str,
    at: &mut Checker<'_>,
    names: &mut Names,
) -> Option<ArrayType> {
    let span = at.span(key);
    Some(names.array_named(name, &span, at.diagnostics)?.ty().clone())
}

/// Reports an output that a key switches off.
pub(super) fn switched(
    key: &str,
    on: Option<bool>,
    outputs: &[&str],
    at: &mut Checker<'_>,
    to: &Expansion,
) -> Option<()> {
    match (on, outputs.iter().find(|name| to.wants(name))) {
        (Some(false), Some(name)) => {
            at.wrong(key, format!("output `{name}` needs `{key} = true`"), "or remove this");
            None
        }
        (Some(true), None) => {
            let listed: Vec<String> = outputs.iter().map(|name| format!("`{name}`")).collect();
            let message =
                format!("`{key} = true` has no effect: `[outputs]` has no {}", listed.join(" or "));
            let warning = Diagnostic::new(at.span(key), message, "no output asks for it");
            at.diagnostics.warn(
                warning.help(format!("write `{} = \"FILE.npy\"` in `[outputs]`", outputs[0])),
            );
            Some(())
        }
        _ => Some(()),
    }
}
