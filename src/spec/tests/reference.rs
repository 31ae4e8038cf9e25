//! The reference of problem files says what the readers read.

use std::collections::BTreeSet;

use super::arrays::{CHANGES, SOURCES};
use super::*;

fn keys(header: &str) -> BTreeSet<&'static str> {
    let table = TABLES.iter().find(|t| t.header == header);
    table.unwrap_or_else(|| panic!("no {header}")).keys.iter().map(|(key, ..)| *key).collect()
}

#[test]
fn the_reference_has_every_key_that_is_read_and_no_other() {
    for table in TABLES {
        let Some(probe) = table.probe else { continue };
        let said = mistakes(probe, &[]);
        let list = said.split_once("available: ");
        let list = list.unwrap_or_else(|| panic!("{}: {said}", table.header)).1.lines().next();
        let read: BTreeSet<&str> = list.unwrap().split('`').skip(1).step_by(2).collect();
        assert_eq!(keys(table.header), read, "{}", table.header);
    }
    let sources = SOURCES.into_iter().chain(crate::spec::synthetics::SOURCES).chain(CHANGES);
    assert_eq!(keys("[arrays]"), sources.collect());
    assert_eq!(keys("[solve], [solves.NAME]"), SOLVE_KEYS.into_iter().collect());
    let outputs = OutputName::ALL.each_ref().map(OutputName::name);
    assert_eq!(keys("[outputs]"), outputs.into_iter().collect());
    let quantities = TABLES.iter().find(|t| t.header == "[[expect]] with a quantity").unwrap();
    for (name, _) in Quantity::ALL {
        assert!(quantities.keys[0].2.contains(name), "{name}");
    }
}

/// Every source of arrays has a table of its own, but those that are one value.
#[test]
fn every_source_is_explained() {
    let headers: Vec<&str> = TABLES.iter().map(|t| t.header).collect();
    for source in SOURCES.into_iter().chain(crate::spec::synthetics::SOURCES) {
        let plain = ["file", "values", "expr", "linear3d", "parabolic3d", "hyperbolic3d"];
        let explained = headers.iter().any(|header| {
            header.ends_with("= { ... }") && header.split([' ', ',']).any(|word| word == source)
        });
        assert!(explained || plain.contains(&source), "{source}");
    }
}

#[test]
fn the_examples_are_right() {
    for table in TABLES {
        let text = match table.header {
            "formulas" | "[application]" => continue,
            header if header.ends_with("[outputs]") && !header.starts_with('[') => {
                format!("[outputs]\n{}", table.example)
            }
            header if header.ends_with("= { ... }") => format!("[arrays]\n{}", table.example),
            "[[solve.regularization]]" => {
                format!("[solve]\noperator = \"A\"\ndata = \"d\"\n{}", table.example)
            }
            header if header.starts_with("[solve]") => {
                format!("params = {{ eps = 1 }}\n{}", table.example)
            }
            _ => table.example.to_string(),
        };
        assert_eq!(mistakes(&text, &[]), "nothing is wrong", "{}\n{text}", table.header);
    }
}
