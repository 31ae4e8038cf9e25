//! What operators ask of the problem around them, and checks that many parameters share.

use serde::{Serialize, Serializer};

use crate::graph;
use crate::io::{self, Array, SparseFile};
use crate::operators::entry::Checker;
use crate::operators::{Op, Operator, data};
use crate::scalar::{C128, DType};
use crate::space::{ArrayType, MOST_ELEMENTS, elements, show_dims};
use crate::spec::{ArrayParam, Diagnostic, Diagnostics, NodeValue, OneOrMany, Span, TomlNode};

/// Serialises a value as the file writes it, to document defaults.
impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            OneOrMany::One(value) => value.serialize(serializer),
            OneOrMany::Many(values) => values.serialize(serializer),
        }
    }
}

/// As it is written in the file; no default is a list.
impl Serialize for ArrayParam {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ArrayParam::Name(name) => name.serialize(serializer),
            ArrayParam::Scalar(value) => value.serialize(serializer),
            ArrayParam::List(_) => serializer.serialize_unit(),
        }
    }
}

/// The problem around an operator: its arrays and other operators.
pub trait Scope {
    /// The file's default element type.
    fn dtype(&self) -> DType;
    /// An array by name.
    fn array(&mut self, name: &str, span: &Span, diagnostics: &mut Diagnostics) -> Option<Array>;
    /// The sparse matrix in the file of an array, if it holds one; the array is its values.
    fn sparse(&mut self, name: &str) -> io::Result<Option<SparseFile>>;
    /// An operator by name, or by an expression.
    fn operator(&mut self, text: &str, span: &Span, diagnostics: &mut Diagnostics) -> Option<Op>;
}

impl Checker<'_> {
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

    /// Returns an operator that was built, or reports its mistake at a key.
    pub(crate) fn built(&mut self, key: &str, op: graph::Result<Op>) -> Option<Op> {
        match op {
            Ok(op) => Some(op),
            Err(error) => {
                self.require(false, key, error.to_string())?;
                None
            }
        }
    }

    /// An array that a key's value gives, or its mistake there.
    pub(crate) fn made(&mut self, key: &str, array: io::Result<Array>) -> Option<Array> {
        match array {
            Ok(array) => Some(array),
            Err(error) => {
                self.require(false, key, error.to_string())?;
                None
            }
        }
    }

    /// Dims and element type of the data of an operator that a key names.
    pub(crate) fn built_data(&mut self, key: &str, op: &dyn Operator) -> Option<ArrayType> {
        match data(op) {
            Ok(ty) => Some(ty),
            Err(error) => {
                self.require(false, key, error.to_string())?;
                None
            }
        }
    }

    /// The element type that the table gives.
    pub(crate) fn given_dtype(&self) -> Option<DType> {
        self.table.dtype.as_ref().map(|d| d.value)
    }

    /// The element type that the table gives, or the complex one of the default's precision, for
    /// operators that PyLops makes complex by default.
    pub(crate) fn complex_dtype(&self, dtype: DType) -> DType {
        self.given_dtype().unwrap_or(dtype.complex())
    }

    /// Place of a key's value, or of the table's type if the key is not given.
    pub(crate) fn span(&self, key: &str) -> Span {
        match self.table.params.get(key) {
            Some(node) => node.span.clone(),
            None => self.table.type_name.span.clone(),
        }
    }

    /// Checks dims: at least one axis, none of length 0.
    pub(crate) fn dims(&mut self, key: &str, dims: &OneOrMany<usize>) -> Option<Vec<usize>> {
        self.fits(key, dims.to_vec())
    }

    /// Dims of so many axes.
    pub(crate) fn dims_of(
        &mut self,
        key: &str,
        dims: &OneOrMany<usize>,
        axes: usize,
    ) -> Option<Vec<usize>> {
        let dims = self.dims(key, dims)?;
        let label = format!("expected {axes} axes, found dims {}", show_dims(&dims));
        let label = if axes == 1 { label.replace("axes", "axis") } else { label };
        self.require(dims.len() == axes, key, label)?;
        Some(dims)
    }

    /// Checks dims that follow from a key in the same way.
    pub(crate) fn fits(&mut self, key: &str, dims: Vec<usize>) -> Option<Vec<usize>> {
        self.require(!dims.is_empty(), key, "expected at least one axis")?;
        self.require(!dims.contains(&0), key, "an axis of length 0 has no samples")?;
        let fits = elements(dims.iter().copied()) <= MOST_ELEMENTS;
        self.require(fits, key, "more elements than any machine can address")?;
        Some(dims)
    }

    /// Checks an axis, counted from the end if negative.
    pub(crate) fn axis(&mut self, key: &str, axis: isize, dims: &[usize]) -> Option<usize> {
        let n = dims.len() as isize;
        let found = if axis < 0 { axis + n } else { axis };
        let label =
            format!("expected an axis of dims {}, from {} to {}", show_dims(dims), -n, n - 1);
        self.require((0..n).contains(&found), key, label)?;
        Some(found as usize)
    }

    /// Checks a number of samples: at least one.
    pub(crate) fn count(&mut self, key: &str, n: usize) -> Option<usize> {
        self.require(n > 0, key, "expected at least 1")?;
        Some(n)
    }

    /// Checks a sampling step: finite and not 0.
    pub(crate) fn step(&mut self, key: &str, step: f64) -> Option<()> {
        let label = "expected a finite, nonzero step";
        self.require(step.is_finite() && step != 0.0, key, label)
    }

    /// Checks dims of further axes, if there are any.
    pub(crate) fn other_dims(
        &mut self,
        key: &str,
        dims: &Option<OneOrMany<usize>>,
    ) -> Option<Vec<usize>> {
        dims.as_ref().map_or(Some(Vec::new()), |dims| self.dims(key, dims))
    }

    /// Checks axes: at least one, counted from the end if negative, none twice.
    pub(crate) fn some_axes(
        &mut self,
        key: &str,
        axes: &[isize],
        dims: &[usize],
    ) -> Option<Vec<usize>> {
        self.require(!axes.is_empty(), key, "expected at least one axis")?;
        self.axes(key, axes, dims)
    }

    /// Checks axes, counted from the end if negative, none twice.
    pub(crate) fn axes(&mut self, key: &str, axes: &[isize], dims: &[usize]) -> Option<Vec<usize>> {
        let found: Option<Vec<usize>> = axes.iter().map(|&a| self.axis(key, a, dims)).collect();
        let found = found?;
        let mut sorted = found.clone();
        sorted.sort_unstable();
        self.require(sorted.windows(2).all(|w| w[0] != w[1]), key, "an axis appears twice")?;
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

    /// An array, by name or inline; an inline one has element type `dtype`, or its complex type.
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
                let make = if inline.boolean { Array::mask } else { Array::values };
                match make(inline.dims, inline.values, dtype) {
                    Ok(array) => Some(array.named(key)),
                    Err(error) => {
                        let message = format!("`{key}` cannot be {dtype}");
                        let mistake = Diagnostic::new(span, message, error.reason());
                        self.diagnostics.push(match error.advice() {
                            Some(help) => mistake.help(help),
                            None => mistake,
                        });
                        None
                    }
                }
            }
            (None, None) => None,
        }
    }

    /// The same, but reports arrays that cannot be cast to `dtype` (complex ones to a real type).
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
        self.as_type(key, array, dtype)
    }

    /// An array of coefficients: in the element type that the table gives, else in the default's
    /// precision, complex if the array is.
    pub(crate) fn coefficients(
        &mut self,
        key: &str,
        param: &ArrayParam,
        dtype: DType,
        scope: &mut dyn Scope,
    ) -> Option<Array> {
        if let Some(dtype) = self.given_dtype() {
            return self.array_as(key, param, dtype, scope);
        }
        let array = self.array(key, param, dtype, scope)?;
        let complex = dtype.is_complex() || array.ty().dtype.is_complex();
        self.as_type(key, array, DType::of(complex, dtype.is_double()))
    }

    /// An array that may be large: in the element type that the table gives, else in its own, so
    /// that it is not copied.
    pub(crate) fn kernel(
        &mut self,
        key: &str,
        param: &ArrayParam,
        dtype: DType,
        scope: &mut dyn Scope,
    ) -> Option<Array> {
        match self.given_dtype() {
            Some(dtype) => self.array_as(key, param, dtype, scope),
            None => self.array(key, param, dtype, scope),
        }
    }

    /// An array in an element type that can hold it.
    pub(crate) fn as_type(&mut self, key: &str, array: Array, dtype: DType) -> Option<Array> {
        match array.cast(dtype) {
            Ok(array) => Some(array),
            Err(error) => {
                self.wrong(key, format!("`{key}` cannot be read as {dtype}"), error.to_string());
                None
            }
        }
    }

    /// Reads indices along an axis of length `n` at once; negative ones count from the end. An
    /// array of booleans is a mask of that axis, as in NumPy.
    pub(crate) fn indices(
        &mut self,
        key: &str,
        param: &ArrayParam,
        n: usize,
        scope: &mut dyn Scope,
    ) -> Option<Vec<usize>> {
        let array = self.array(key, param, DType::Float64, scope)?.exact();
        let dims = array.ty().dims.clone();
        if !array.can_index() {
            let label = format!(
                "`{}` is {}, but indices are integers and a mask is booleans",
                array.name(),
                array.ty().dtype
            );
            let message = format!("`{key}` of {} does not fit", self.table.type_name.value);
            let help = "convert it in Python with `.astype(int)` or `.astype(bool)`";
            self.diagnostics.push(Diagnostic::new(self.span(key), message, label).help(help));
            return None;
        }
        let label = format!(
            "expected a list of indices or a mask with one axis, found dims {}",
            show_dims(&dims)
        );
        self.require(dims.len() == 1 && dims[0] > 0, key, label)?;
        let index = |at: &mut Checker<'_>, k: usize, value: C128| {
            let real = value.im == 0.0;
            let index = if value.re < 0.0 { value.re + n as f64 } else { value.re };
            let label = format!(
                "entry {k} is {}, expected an integer from -{n} to {}",
                if real { value.re.to_string() } else { format!("{value}") },
                n as isize - 1
            );
            let fits = real && index.fract() == 0.0 && (0.0..n as f64).contains(&index);
            at.require(fits, key, label)?;
            Some(index as usize)
        };
        // The ends of a range tell whether all of it fits.
        for (k, value) in array.extremes().into_iter().flatten() {
            index(self, k, value)?;
        }
        let values = match array.read::<C128>() {
            Ok(values) => values,
            Err(error) => {
                self.wrong(key, format!("`{key}` holds no indices"), error.to_string());
                return None;
            }
        };
        if array.is_mask() {
            let label = format!(
                "expected a mask of {n} booleans, one for each sample of the axis, found {}",
                dims[0]
            );
            self.require(dims[0] == n, key, label)?;
            let chosen: Vec<usize> =
                (0..n).filter(|&k| values.get(k).is_some_and(|&v| v != C128::ZERO)).collect();
            self.require(!chosen.is_empty(), key, "the mask is false everywhere")?;
            return Some(chosen);
        }
        let mut indices = Vec::with_capacity(values.len());
        for (k, &value) in values.iter().enumerate() {
            indices.push(index(self, k, value)?);
        }
        Some(indices)
    }

    /// An array with other dims.
    pub(crate) fn reshaped(&mut self, key: &str, array: Array, dims: &[usize]) -> Option<Array> {
        let dims: Vec<isize> = dims.iter().map(|&n| n as isize).collect();
        match array.reshape(&dims) {
            Ok(array) => Some(array),
            Err(error) => {
                self.require(false, key, error.to_string())?;
                None
            }
        }
    }

    /// An operator by name or expression.
    pub(crate) fn operator(&mut self, key: &str, text: &str, scope: &mut dyn Scope) -> Option<Op> {
        let span = self.span(key);
        scope.operator(text, &span, self.diagnostics)
    }

    /// Operators by name or expression; reports each mistake at its own place in `list`.
    pub(crate) fn operators(
        &mut self,
        key: &str,
        texts: &[String],
        list: &[TomlNode],
        scope: &mut dyn Scope,
    ) -> Option<Vec<Op>> {
        self.require(!texts.is_empty(), key, "expected at least one operator")?;
        let mut ops = Vec::new();
        for (k, text) in texts.iter().enumerate() {
            let span = list.get(k).map_or_else(|| self.span(key), |node| node.span.clone());
            ops.push(scope.operator(text, &span, self.diagnostics));
        }
        ops.into_iter().collect()
    }

    /// The entries of a list.
    pub(crate) fn list(&self, key: &str) -> Vec<TomlNode> {
        self.table.params.get(key).map(entries).unwrap_or_default()
    }
}

/// The entries of a list; none for other values.
pub(crate) fn entries(node: &TomlNode) -> Vec<TomlNode> {
    match &node.value {
        NodeValue::Array(items) => items.clone(),
        _ => Vec::new(),
    }
}
