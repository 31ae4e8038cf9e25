//! What operators ask of the problem around them, and checks that many parameters share.

use crate::io::Array;
use crate::operators::Op;
use crate::operators::entry::Place;
use crate::scalar::DType;
use crate::space::show_dims;
use crate::spec::{ArrayParam, Diagnostic, Diagnostics, OneOrMany, Span};

/// The problem around an operator: its arrays and other operators.
pub trait Scope {
    /// The file's default element type.
    fn dtype(&self) -> DType;
    /// An array by name.
    fn array(&mut self, name: &str, span: &Span, diagnostics: &mut Diagnostics) -> Option<Array>;
    /// An operator by name, or by an expression.
    fn operator(&mut self, text: &str, span: &Span, diagnostics: &mut Diagnostics) -> Option<Op>;
}

impl Place<'_> {
    /// Reports a mistake in the value of a key.
    pub(crate) fn wrong(
        &mut self,
        key: &str,
        message: impl Into<String>,
        label: impl Into<String>,
    ) {
        let span = self.span(key);
        self.diagnostics.push(Diagnostic::new(span, message, label));
    }

    /// Reports a mistake in the value of a key, if the condition does not hold.
    pub(crate) fn require(
        &mut self,
        holds: bool,
        key: &str,
        label: impl Into<String>,
    ) -> Option<()> {
        if !holds {
            self.wrong(
                key,
                format!("`{key}` of {} does not fit", self.table.type_name.value),
                label,
            );
        }
        holds.then_some(())
    }

    /// Place of a key's value; of the table's type if the key is not given.
    pub(crate) fn span(&self, key: &str) -> Span {
        match self.table.params.get(key) {
            Some(node) => node.span.clone(),
            None => self.table.type_name.span.clone(),
        }
    }

    /// Dims: at least one axis, none of length 0.
    pub(crate) fn dims(&mut self, key: &str, dims: &OneOrMany<usize>) -> Option<Vec<usize>> {
        let dims = dims.to_vec();
        self.require(!dims.is_empty(), key, "expected at least one axis")?;
        self.require(!dims.contains(&0), key, "an axis of length 0 holds nothing")?;
        let fits = dims.iter().try_fold(16usize, |n, &d| n.checked_mul(d)).is_some();
        self.require(fits, key, "more elements than an address can count")?;
        Some(dims)
    }

    /// An axis, counted from the end if negative.
    pub(crate) fn axis(&mut self, key: &str, axis: isize, dims: &[usize]) -> Option<usize> {
        let n = dims.len() as isize;
        let found = if axis < 0 { axis + n } else { axis };
        let label =
            format!("expected an axis of dims {}, from {} to {}", show_dims(dims), -n, n - 1);
        self.require((0..n).contains(&found), key, label)?;
        Some(found as usize)
    }

    /// Axes, counted from the end if negative, no one twice.
    pub(crate) fn axes(&mut self, key: &str, axes: &[isize], dims: &[usize]) -> Option<Vec<usize>> {
        let found: Option<Vec<usize>> = axes.iter().map(|&a| self.axis(key, a, dims)).collect();
        let found = found?;
        let mut sorted = found.clone();
        sorted.sort_unstable();
        self.require(sorted.windows(2).all(|w| w[0] != w[1]), key, "an axis stands here twice")?;
        Some(found)
    }

    /// One value for each of `n` axes: one for all of them, or a list of `n`.
    pub(crate) fn per_axis<T: Clone>(
        &mut self,
        key: &str,
        values: &OneOrMany<T>,
        n: usize,
    ) -> Option<Vec<T>> {
        let found = values.broadcast(n);
        let label = format!("expected one value, or {n}: one for each axis");
        self.require(found.is_some(), key, label)?;
        found
    }

    /// An array: by name, or written in place in element type `dtype` (complex if it must be).
    pub(crate) fn array(
        &mut self,
        key: &str,
        param: &ArrayParam,
        dtype: DType,
        scope: &mut dyn Scope,
    ) -> Option<Array> {
        let span = self.span(key);
        match (param.name(), param.inline()) {
            (Some(name), _) => scope.array(name, &span, self.diagnostics),
            (None, Some(inline)) => {
                let dtype = if inline.complex { dtype.complex() } else { dtype };
                match Array::values(inline.dims, inline.values, dtype) {
                    Ok(array) => Some(array.named(key)),
                    Err(error) => {
                        self.wrong(key, format!("`{key}` is no array"), error.to_string());
                        None
                    }
                }
            }
            (None, None) => None,
        }
    }

    /// The same, reporting arrays that cannot be cast to `dtype` (complex ones to a real type).
    pub(crate) fn array_as(
        &mut self,
        key: &str,
        param: &ArrayParam,
        dtype: DType,
        scope: &mut dyn Scope,
    ) -> Option<Array> {
        let array = self.array(key, param, dtype, scope)?;
        let found = array.ty().dtype;
        if found.is_complex() && !dtype.is_complex() {
            let label = format!("`{}` is {found}, the operator {dtype}", array.name());
            let help = format!("write `dtype = \"{}\"`", dtype.complex());
            self.diagnostics.push(
                Diagnostic::new(
                    self.span(key),
                    format!("`{key}` is complex in a real operator"),
                    label,
                )
                .help(help),
            );
            return None;
        }
        match array.cast(dtype) {
            Ok(array) => Some(array),
            Err(error) => {
                self.wrong(key, format!("`{key}` cannot be read as {dtype}"), error.to_string());
                None
            }
        }
    }
}
