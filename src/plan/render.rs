//! Prints a plan as text.

use std::fmt;

use crate::graph::NodeId;
use crate::plan::{Plan, Stage, StoreKind};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, stage) in self.stages.iter().enumerate() {
            let store = self.store(stage.store);
            let name = self.store_name(stage.store.0);
            let count = store.tiles.grid.len();
            let chunks: Vec<String> =
                store.tiles.grid.chunk.iter().map(ToString::to_string).collect();
            let reads: Vec<String> = stage.reads.iter().map(|r| self.store_name(r.0)).collect();
            writeln!(
                f,
                "  stage {number}{}: {name} {} in {count} chunk{} of ({}) <- {}",
                if stage.once { " (once)" } else { "" },
                store.ty,
                if count == 1 { "" } else { "s" },
                chunks.join(", "),
                if reads.is_empty() { "nothing".to_string() } else { reads.join(", ") },
            )?;
            writeln!(f, "           {}", self.fused(stage).join(" < "))?;
        }
        Ok(())
    }
}

impl Plan {
    /// A short name of a store.
    pub fn store_name(&self, store: usize) -> String {
        match &self.stores[store].kind {
            StoreKind::Input(k) => format!("input {k}"),
            StoreKind::Output(k) => format!("output {k}"),
            StoreKind::Constant(array) => format!("array {}", array.name()),
            StoreKind::Derived => format!("constant %{}", self.stores[store].node.0),
            StoreKind::Slot(slot) => format!("slot {slot}"),
        }
    }

    /// The primitives that a stage runs, from the result backwards.
    pub fn fused(&self, stage: &Stage) -> Vec<String> {
        let node = self.store(stage.store).node;
        if self.store_of[node.0] != Some(stage.store) {
            return vec!["copy".into()];
        }
        let mut labels = Vec::new();
        self.collect(node, &mut labels);
        labels
    }

    fn collect(&self, id: NodeId, labels: &mut Vec<String>) {
        let node = self.program.graph.node(id);
        if node.primitive.is_given() {
            labels.push("copy".into());
            return;
        }
        labels.push(node.primitive.label());
        for input in &node.inputs {
            if self.store_of[input.0].is_none() {
                self.collect(*input, labels);
            }
        }
    }
}
