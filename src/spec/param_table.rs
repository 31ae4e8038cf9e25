//! `[params]`: numbers, and formulas over other params.

use std::collections::{HashMap, HashSet};

use super::diagnostic::{Diagnostic, Diagnostics, nearest};
use super::formula::{self, FormulaKind};
use super::listed::Listed;
use super::node::{NodeValue, ParamTable, TomlNode};
use super::number::{constant, evaluate, shown, unknown};
use super::operators::check_name;
use super::reader;
use super::source::{Span, Spanned};
use crate::scalar::C128;

/// Longest chain of params of each other.
const MAX_DEPTH: usize = 200;

/// What the table gives: the numbers, and for each formula the params that it names.
#[derive(Default)]
pub(super) struct Named {
    pub(super) values: Listed<f64>,
    /// By param, the params that its formula names.
    pub(super) uses: Vec<(String, Vec<String>)>,
}

/// Reads all of `[params]`.
pub(super) fn read(table: &ParamTable, out: &mut Diagnostics) -> Named {
    let mut found = Resolving {
        entries: &table.entries,
        numbers: table.entries.iter().enumerate().map(|(k, (name, _))| (&*name.value, k)).collect(),
        values: HashMap::new(),
        failed: HashSet::new(),
        running: Vec::new(),
        uses: Vec::new(),
    };
    for k in 0..table.entries.len() {
        out.take(check_name(&table.entries[k].0, "a parameter"));
        found.value(k, out);
    }
    let Resolving { mut values, uses, .. } = found;
    let entries = table.entries.iter().enumerate();
    let named = entries.filter_map(|(k, (name, _))| Some((name.clone(), values.remove(&k)?)));
    Named { values: named.collect(), uses }
}

struct Resolving<'a> {
    entries: &'a [(Spanned<String>, TomlNode)],
    numbers: HashMap<&'a str, usize>,
    values: HashMap<usize, f64>,
    failed: HashSet<usize>,
    /// What is being computed, each for the one before it.
    running: Vec<usize>,
    uses: Vec<(String, Vec<String>)>,
}

impl Resolving<'_> {
    /// The number of a param; `None` if its mistakes were told.
    fn value(&mut self, k: usize, out: &mut Diagnostics) -> Option<f64> {
        if let Some(x) = self.values.get(&k) {
            return Some(*x);
        }
        if self.failed.contains(&k) {
            return None;
        }
        self.running.push(k);
        let found = self.computed(k, out);
        self.running.pop();
        match out.take(found) {
            Some(x) => {
                self.values.insert(k, x);
                Some(x)
            }
            None => {
                self.failed.insert(k);
                None
            }
        }
    }

    fn computed(&mut self, k: usize, out: &mut Diagnostics) -> Result<f64, Diagnostic> {
        let (name, node) = &self.entries[k];
        let NodeValue::String(text, start) = &node.value else {
            return reader::number(node, &name.value).map(|x| x.value);
        };
        if self.running.len() > MAX_DEPTH {
            let label = format!("more than {MAX_DEPTH} params of each other");
            return Err(Diagnostic::new(name.span.clone(), "params are nested too deeply", label));
        }
        let formula = formula::parse(text, *start, &node.span)?;
        if let FormulaKind::Name(word) = &formula.kind
            && !self.numbers.contains_key(word.as_str())
            && constant(word).is_none()
            && nearest(word, self.numbers.keys().copied()).is_none()
        {
            return Err(reader::wrong(
                node,
                &name.value,
                "a number, or a formula over other params",
            ));
        }
        let mut used = Vec::new();
        let value = evaluate(&formula, &mut |other, span| {
            used.push(other.to_string());
            self.named(other, span, out)
        })?;
        self.uses.push((name.value.clone(), used));
        if value.im != 0.0 {
            let label = format!("this is {}", shown(value));
            return Err(Diagnostic::new(node.span.clone(), "a parameter is a real number", label));
        }
        Ok(value.re)
    }

    fn named(
        &mut self,
        name: &str,
        span: &Span,
        out: &mut Diagnostics,
    ) -> Result<C128, Diagnostic> {
        let Some(&k) = self.numbers.get(name) else {
            let known = self.numbers.keys().copied();
            return constant(name).map(C128::from).ok_or_else(|| unknown(name, span, known, false));
        };
        if let Some(at) = self.running.iter().position(|&r| r == k) {
            let chain = self.running[at..].iter().chain([&k]);
            let chain: Vec<&str> = chain.map(|&k| self.entries[k].0.value.as_str()).collect();
            let message = format!("parameter `{name}` is defined in terms of itself");
            // Those that follow from it are silent.
            self.failed.extend(self.running[at..].iter());
            return Err(Diagnostic::new(span.clone(), message, chain.join(" -> ")));
        }
        self.value(k, out).map(C128::from).ok_or_else(Diagnostic::told)
    }
}
