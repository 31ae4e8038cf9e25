//! Facts about an array: how it is stored, whether it can hold indices or a mask, and the memory
//! that it uses.

use super::base::Origin;
use super::*;

impl Array {
    /// How elements lie in the file, for arrays that come from one.
    pub fn stored_type(&self) -> Option<StoredType> {
        match &self.0.base.source {
            Origin::Array(inner) => inner.stored_type(),
            _ => self.0.base.stored,
        }
    }

    /// Whether elements are stored as integers or booleans: whole numbers, which carry no precision.
    pub fn is_whole(&self) -> bool {
        self.stored_type().is_some_and(|stored| !stored.is_float())
    }

    /// Whether elements are stored as booleans.
    pub fn is_mask(&self) -> bool {
        self.stored_type().is_some_and(|stored| stored.kind == ElementKind::Bool)
    }

    /// Whether elements were stored in, or rounded to, single precision, whatever they were cast to
    /// later.
    pub fn is_single(&self) -> bool {
        let base = || match &self.0.base.source {
            Origin::Array(inner) => inner.is_single(),
            _ => !self.0.base.dtype.is_double(),
        };
        if let Origin::Stacked(parts) = &self.0.base.source {
            return parts.iter().any(Array::is_single);
        }
        !self.is_whole() && (!self.ty().dtype.is_double() || base())
    }

    /// Whether it can hold indices or a mask: it is stored as integers or booleans, written in a
    /// list, or counted; neither floats of a file nor what is computed.
    pub fn can_index(&self) -> bool {
        match &self.0.base.source {
            Origin::Values(_) | Origin::Generated(Generator::Arange { .. }) => true,
            Origin::Array(inner) => inner.can_index(),
            _ => self.is_whole(),
        }
    }

    /// Whole numbers as they are stored, whatever they were cast to; other arrays as they are.
    pub fn exact(self) -> Array {
        let dtype = self.0.base.dtype;
        if !self.is_whole() || self.ty().dtype.is_complex() {
            return self;
        }
        self.with(|inner| inner.ty.dtype = dtype)
    }

    /// Whether the first axis varies fastest in the file.
    pub fn is_fortran(&self) -> bool {
        match &self.0.base.source {
            Origin::Array(inner) => inner.is_fortran(),
            _ => self.0.base.fortran,
        }
    }

    /// Bytes of memory that this array holds, or will after its first read, beside a copy that its
    /// reader keeps: those of inline values, of a stream, of a compressed member, and of what is
    /// computed and then changed; of a Zarr folder, at most those of chunks that are kept. Arrays
    /// that share them count them each.
    pub fn held_bytes(&self) -> usize {
        match &self.0.base.source {
            Origin::File { .. } | Origin::Generated(_) => 0,
            Origin::Ruled(rule) => rule.inputs().iter().map(Array::kept_bytes).sum(),
            Origin::Inflated { header, .. } => header.data_bytes() as usize,
            Origin::Bytes(data) => data.len(),
            Origin::Values(values) => size_of_val(values.as_slice()),
            // The reader keeps no copy.
            Origin::Computed { .. } if self.is_computed_as_is() => 0,
            Origin::Computed { .. } => {
                self.0.base.dims.iter().product::<usize>() * self.0.base.dtype.size()
            }
            Origin::Array(inner) => inner.held_bytes(),
            Origin::Stacked(parts) => parts.iter().map(Array::kept_bytes).sum(),
            Origin::Zarr(folder) => folder.held_bytes(),
        }
    }

    /// Bytes of memory that this array holds after its first read, whatever its reader keeps.
    pub fn kept_bytes(&self) -> usize {
        if self.is_computed_as_is() { self.ty().bytes() } else { self.held_bytes() }
    }
}
