//! Operators, one file each: parameters with their documentation, and `forward`. No operator holds
//! an adjoint, a thread, a chunk, a host or a `match` on the element type.

mod algebra;
mod entry;
mod first_derivative;
mod mdc;
mod params;

use std::fmt::Debug;
use std::sync::Arc;

pub use algebra::{
    Adjoint, Chunked, Conjugate, Imag, Power, Product, Real, Scaled, Sum, Transposed,
};
pub use entry::{Entry, Key};
pub use params::Scope;

use crate::graph::{self, Program, Value, simplify};
use crate::space::ArrayType;

/// A linear operator: its model, and a program that gives its data. Everything else follows.
pub trait Operator: Debug {
    /// Dims and element type of the model.
    fn model(&self) -> ArrayType;

    /// The operator applied to a value of the model's dims. The value may have a wider element type
    /// than the model's.
    fn forward(&self, x: &Value) -> graph::Result<Value>;

    /// Whether the operator is a dense matrix that is at hand.
    fn is_explicit(&self) -> bool {
        false
    }
}

/// A shared operator.
pub type Op = Arc<dyn Operator>;

/// The program of an operator, from its model to its data.
pub fn program(op: &dyn Operator) -> graph::Result<Program> {
    Value::program(&[op.model()], |x| Ok(vec![op.forward(&x[0])?]))
}

/// The program of an operator's adjoint, from its data to its model.
pub fn adjoint_program(op: &dyn Operator) -> graph::Result<Program> {
    graph::transpose(&simplify(&program(op)?)?)
}

/// Dims and element type of an operator's data.
pub fn data(op: &dyn Operator) -> graph::Result<ArrayType> {
    Ok(program(op)?.output_types().swap_remove(0))
}

/// Every operator, sorted by name.
pub const ENTRIES: &[Entry] = &[first_derivative::ENTRY, mdc::ENTRY];

/// An operator's entry by PyLops' name.
pub fn entry(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|e| e.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_sorted_and_documented() {
        assert!(ENTRIES.windows(2).all(|w| w[0].name < w[1].name));
        for entry in ENTRIES {
            assert!(!entry.summary().is_empty(), "{}", entry.name);
            for key in entry.keys() {
                assert!(!key.documentation.is_empty(), "{}.{}", entry.name, key.name);
            }
        }
    }
}
