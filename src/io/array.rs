//! An array whose header is known and whose data are read when asked for, box by box.
//!
//! An array is a base (a file, bytes in memory, a formula, another array), a strided layout over
//! the base's elements and a conversion of each element. Slicing, transposing and casting change
//! the layout and the conversion only. Files are read at positions rather than through a memory
//! map: a file that shrinks under a map kills the process, under a read it is an error.

mod base;
mod kind;
mod open;
mod read;

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use ndarray::{ArrayD, IxDyn};

use crate::scalar::{C128, DType};
use crate::space::{ArrayType, IndexBox, show_dims};
use crate::view::{ViewMut, Viewed};
use crate::{with_dtype, with_view};

use super::error::{Error, Result};
use super::generate::Generator;
use super::layout::{Layout, filled_dims};
use super::narrow::{self, Fate, Losses};
use super::npy::{ElementKind, Header, StoredType, checked_len};
use super::zarr;
use base::{Base, Origin, apart};
pub use base::{Bytes, Compute, Kind, Rule};
pub(crate) use open::open_file;

/// Which part of complex numbers to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The real part.
    Real,
    /// The imaginary part; of real numbers, zero.
    Imag,
}

/// An immutable array, read lazily. Clones are cheap and share everything; all of its functions may
/// be called from many threads.
#[derive(Clone)]
pub struct Array(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    name: String,
    ty: ArrayType,
    base: Arc<Base>,
    layout: Layout,
    map: Map,
    /// Chunk lengths that the user asked for.
    chunks: Option<Vec<usize>>,
    /// What reading in single precision has made of this, or of an array made of it.
    losses: Arc<Losses>,
}

/// What happens to each element before it is rounded to the array's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Map {
    Same,
    Conj,
    Real,
    Imag,
    MinusImag,
    Zero,
}

/// Where an array's bytes lie in one piece, as its own Rust type, in C order.
#[derive(Clone, Copy, Debug)]
pub struct Mappable<'a> {
    /// The open file.
    pub file: &'a File,
    /// Its path when it was opened.
    pub path: &'a Path,
    /// First byte; a multiple of the size of the real and imaginary parts.
    pub offset: u64,
}

/// Chunks that a Zarr folder does not have, and which are read as the fill value.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// How many.
    pub missing: usize,
    /// Of how many.
    pub all: usize,
    /// `chunk`, or `shard`.
    pub what: &'static str,
    /// The fill value, as text.
    pub fill: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missing { missing, all, what, fill } = self;
        let are = if *missing == 1 { "is" } else { "are" };
        let plural = if *all == 1 { "" } else { "s" };
        write!(f, "{missing} of {all} {what}{plural} {are} missing, and read as {fill}")
    }
}

impl Array {
    /// An array of values given in C order.
    pub fn values(dims: impl Into<Vec<usize>>, values: Vec<C128>, dtype: DType) -> Result<Array> {
        Array::written(dims.into(), values, dtype, None)
    }

    /// The same of values that are booleans, 0 or 1: a mask.
    pub fn mask(dims: impl Into<Vec<usize>>, values: Vec<C128>, dtype: DType) -> Result<Array> {
        let stored = StoredType { kind: ElementKind::Bool, big_endian: false };
        Array::written(dims.into(), values, dtype.real(), Some(stored))
    }

    fn written(
        dims: Vec<usize>,
        values: Vec<C128>,
        dtype: DType,
        stored: Option<StoredType>,
    ) -> Result<Array> {
        if checked_len(&dims, 16) != Some(values.len()) {
            return Err(Error::input(format!(
                "an array of dims {} cannot be made of {} values",
                show_dims(&dims),
                values.len()
            )));
        }
        let fate = check_held(values.iter().copied().enumerate(), &dims, dtype)?;
        let (name, source) = ("values".to_string(), Origin::Values(values));
        let base = Base { name, dtype, dims, fortran: false, stored, source };
        Ok(Array::of_base(base).with_fate(fate))
    }

    /// An array that a formula gives; it takes no memory.
    pub fn generated(
        generator: Generator,
        dims: impl Into<Vec<usize>>,
        dtype: DType,
    ) -> Result<Array> {
        let dims = dims.into();
        if checked_len(&dims, 16).is_none() {
            return Err(Error::input(format!(
                "an array of dims {} is larger than any memory",
                show_dims(&dims)
            )));
        }
        let fate = match dims.iter().product::<usize>().checked_sub(1) {
            Some(last) => check_held(generator.extremes(last).into_iter(), &dims, dtype)?,
            None => Fate::default(),
        };
        let source = Origin::Generated(generator);
        Ok(Array::new("generated", dims, dtype, source).with_fate(fate))
    }

    /// The elements among which are the largest and the smallest, with their numbers in C order, if
    /// that is known without reading all.
    pub fn extremes(&self) -> Option<Vec<(usize, C128)>> {
        let Origin::Generated(generator) = &self.0.base.source else { return None };
        let as_is = self.0.map == Map::Same && self.0.layout.is_contiguous();
        let last = self.0.ty.len().checked_sub(1)?;
        let all = self.0.ty.len() == self.0.base.dims.iter().product::<usize>();
        (as_is && all).then(|| generator.extremes(last))
    }

    /// An array that is computed when it is first read, and kept then.
    pub fn computed(by: Arc<dyn Compute>, ty: ArrayType) -> Result<Array> {
        if checked_len(&ty.dims, 16).is_none() {
            return Err(Error::input(format!(
                "an array of dims {} is larger than any memory",
                show_dims(&ty.dims)
            )));
        }
        let source = Origin::Computed { by, data: OnceLock::new() };
        Ok(Array::new("computed", ty.dims, ty.dtype, source))
    }

    /// An array whose boxes a rule gives whenever they are read.
    pub fn ruled(rule: Arc<dyn Rule>, ty: ArrayType, kind: Kind) -> Result<Array> {
        if checked_len(&ty.dims, 16).is_none() {
            return Err(Error::input(format!(
                "an array of dims {} is larger than any memory",
                show_dims(&ty.dims)
            )));
        }
        Ok(Array::new("computed", ty.dims, ty.dtype, Origin::Ruled(rule)).of_kind(kind))
    }

    /// The same array, whose elements are known to be of a kind.
    pub fn of_kind(self, kind: Kind) -> Array {
        let stored = match kind {
            Kind::Number => return self,
            Kind::Whole => ElementKind::Int64,
            Kind::Truth => ElementKind::Bool,
        };
        let inner = Arc::unwrap_or_clone(self.0);
        let Ok(base) = Arc::try_unwrap(inner.base) else {
            unreachable!("an array is of a kind from its beginning")
        };
        let stored = Some(StoredType { kind: stored, big_endian: false });
        Array(Arc::new(Inner { base: Arc::new(Base { stored, ..base }), ..inner }))
    }

    /// At least one array of dims and type that all share, along a new leading axis. They are read where
    /// they lie, box by box.
    pub fn stacked(parts: Vec<Array>) -> Result<Array> {
        let ty = parts[0].ty().clone();
        let dims = [&[parts.len()], ty.dims.as_slice()].concat();
        if ty.is_empty() || checked_len(&dims, 16).is_none() || parts.iter().any(|p| *p.ty() != ty)
        {
            let name = parts[0].name();
            return Err(Error::input(format!("{name} and others cannot be laid side by side")));
        }
        let name = format!("{} and {} others", parts[0].name(), parts.len() - 1);
        Ok(Array::new(&name, dims, ty.dtype, Origin::Stacked(parts)))
    }

    /// The bytes of an array that is computed, if they are the array as it is, all of it; computes
    /// them if that has not been done.
    pub fn computed_bytes(&self) -> Result<Option<Bytes>> {
        let Origin::Computed { by, data } = &self.0.base.source else { return Ok(None) };
        if !self.is_computed_as_is() {
            return Ok(None);
        }
        data.get_or_init(|| apart(|| by.compute())).clone().map(Some)
    }

    /// Whether this is a computed array as a whole, in its own order and element type.
    pub fn is_computed_as_is(&self) -> bool {
        matches!(self.0.base.source, Origin::Computed { .. })
            && self.0.map == Map::Same
            && self.0.ty.dtype == self.0.base.dtype
            && self.0.layout.is_contiguous()
            && self.0.ty.len() == self.0.base.dims.iter().product::<usize>()
    }

    /// Most bytes that computing this array on so many threads takes, beside those that it holds then.
    pub fn working_bytes(&self, threads: usize) -> usize {
        match &self.0.base.source {
            Origin::Computed { by, .. } => by.working_bytes(threads),
            Origin::Array(inner) => inner.working_bytes(threads),
            Origin::Ruled(rule) => {
                rule.inputs().iter().map(|input| input.working_bytes(threads)).max().unwrap_or(0)
            }
            Origin::Stacked(parts) => {
                parts.iter().map(|part| part.working_bytes(threads)).max().unwrap_or(0)
            }
            _ => 0,
        }
    }

    fn zarr(opened: zarr::Opened) -> Array {
        let zarr::Opened { name, dims, stored, chunks, folder } = opened;
        let (dtype, source) = (stored.dtype(), Origin::Zarr(Box::new(folder)));
        let base = Base { name, dtype, dims, fortran: false, stored: Some(stored), source };
        Array::of_base(base).chunked(chunks)
    }

    fn stored(name: String, header: &Header, source: Origin) -> Array {
        let (dims, dtype) = (header.dims.clone(), header.dtype.dtype());
        let base =
            Base { name, dtype, dims, fortran: header.fortran, stored: Some(header.dtype), source };
        Array::of_base(base)
    }

    fn new(name: &str, dims: Vec<usize>, dtype: DType, source: Origin) -> Array {
        let base =
            Base { name: name.to_string(), dtype, dims, fortran: false, stored: None, source };
        Array::of_base(base)
    }

    fn of_base(base: Base) -> Array {
        Array(Arc::new(Inner {
            name: base.name.clone(),
            ty: ArrayType::new(base.dims.clone(), base.dtype),
            layout: Layout::whole(&base.dims, base.fortran),
            map: Map::Same,
            base: Arc::new(base),
            chunks: None,
            losses: Arc::default(),
        }))
    }

    /// What messages call this array; at first its file.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The same array under another name.
    pub fn named(self, name: impl Into<String>) -> Array {
        let name = name.into();
        self.with(|inner| inner.name = name)
    }

    /// The same array, to be worked on in chunks of these lengths.
    pub fn chunked(self, chunks: Option<Vec<usize>>) -> Array {
        self.with(|inner| inner.chunks = chunks)
    }

    /// Chunk lengths that the user asked for.
    pub fn chunks(&self) -> Option<&[usize]> {
        self.0.chunks.as_deref()
    }

    /// Dims and element type.
    pub fn ty(&self) -> &ArrayType {
        &self.0.ty
    }

    /// Whether both are clones of one array.
    pub fn same_as(&self, other: &Array) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A number that clones of one array share, and no other array has while one of them lives.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// The same values in another element type. Complex to real is refused.
    pub fn cast(self, dtype: DType) -> Result<Array> {
        let now = self.0.ty.dtype;
        if now == dtype {
            return Ok(self);
        }
        if now.is_complex() && !dtype.is_complex() {
            return Err(Error::input(format!(
                "it is {now} and cannot be cast to {dtype} without losing its imaginary part"
            ))
            .help("choose part = \"real\" or part = \"imag\"")
            .context(self.name()));
        }
        // Values that were rounded to single precision stay rounded.
        let rounded = self.0.base.dtype.is_double() && !now.is_double() && dtype.is_double();
        let array = if rounded { self.layered() } else { self };
        Ok(array.with(|inner| inner.ty.dtype = dtype))
    }

    /// The real or imaginary part, in the real type of the same width.
    pub fn part(self, part: Part) -> Array {
        if !self.0.ty.dtype.is_complex() && part == Part::Real {
            return self;
        }
        // The base may be real under a complex type; its imaginary part is then zero, which the
        // conversion gives by itself.
        let complex = self.0.ty.dtype.is_complex();
        self.with(|inner| {
            inner.ty.dtype = inner.ty.dtype.real();
            inner.map = match (inner.map, part) {
                _ if !complex => Map::Zero,
                (Map::Same | Map::Conj, Part::Real) => Map::Real,
                (Map::Same, Part::Imag) => Map::Imag,
                (Map::Conj, Part::Imag) => Map::MinusImag,
                // A part that was cast to complex again.
                (map, Part::Real) => map,
                (_, Part::Imag) => Map::Zero,
            };
        })
    }

    /// Complex conjugate; the array itself if real.
    pub fn conj(self) -> Array {
        let map = match self.0.map {
            Map::Same if self.0.ty.dtype.is_complex() => Map::Conj,
            Map::Conj => Map::Same,
            _ => return self,
        };
        self.with(|inner| inner.map = map)
    }

    /// NumPy's basic slicing: `"1:, ::2"`, `"..., -1"`, `"::-1, None"`.
    pub fn slice(self, slice: &str) -> Result<Array> {
        let layout = self.0.layout.slice(slice).map_err(|e| self.wrong(&e))?;
        Ok(self.laid_out(layout))
    }

    /// Axes in another order: axis `k` of the result is axis `axes[k]` of this. Negative axes count
    /// from the end.
    pub fn transpose(self, axes: &[isize]) -> Result<Array> {
        let layout = self.0.layout.transpose(axes).map_err(|e| self.wrong(&e))?;
        Ok(self.laid_out(layout))
    }

    /// The same elements in C order under other dims, one of which may be -1.
    pub fn reshape(self, dims: &[isize]) -> Result<Array> {
        let dims = filled_dims(&self.0.ty.dims, dims).map_err(|e| self.wrong(&e))?;
        // Chunks are found along the axes of their array.
        let has_chunks = matches!(self.0.base.source, Origin::Zarr(_));
        let simple = |layout: &Layout| !has_chunks || layout.courses(&self.0.base.dims).is_some();
        match self.0.layout.reshape(&dims).filter(simple) {
            Some(layout) => Ok(self.laid_out(layout)),
            None => {
                let layered = self.layered();
                let layout = Layout::whole(&dims, false);
                Ok(layered.laid_out(layout))
            }
        }
    }

    /// This array as the base of another.
    fn layered(self) -> Array {
        let (name, ty, losses) = (self.0.name.clone(), self.0.ty.clone(), self.0.losses.clone());
        let array = Array::new(&name, ty.dims, ty.dtype, Origin::Array(self));
        array.with(|inner| inner.losses = losses)
    }

    fn with_fate(self, fate: Fate) -> Array {
        self.0.losses.add(fate);
        self
    }

    /// What reading this array, or one that was made of it, in single precision has made of its
    /// elements, for [`narrow::too_small`].
    pub fn losses(&self) -> [u64; 2] {
        self.0.losses.told()
    }

    /// How many chunks of a Zarr folder are missing, of those that this array reads; `None` if none is.
    pub fn missing_chunks(&self) -> Option<Missing> {
        match &self.0.base.source {
            Origin::Zarr(folder) => {
                let courses = self.0.layout.courses(&self.0.base.dims);
                folder.missing(courses.as_ref().map(|c| (c, self.0.layout.dims.as_slice())))
            }
            Origin::Array(inner) => inner.missing_chunks(),
            _ => None,
        }
    }

    fn laid_out(self, layout: Layout) -> Array {
        self.with(|inner| {
            // Chunks stay where only axes of length 1 come or go in front.
            let extra = layout.dims.len().saturating_sub(inner.ty.dims.len());
            let kept = layout.dims[extra..] == inner.ty.dims
                && layout.dims[..extra].iter().all(|&n| n == 1);
            inner.chunks =
                inner.chunks.take().filter(|_| kept).map(|c| [vec![1; extra], c].concat());
            inner.ty.dims.clone_from(&layout.dims);
            inner.layout = layout;
        })
    }

    fn with(self, change: impl FnOnce(&mut Inner)) -> Array {
        let mut inner = Arc::unwrap_or_clone(self.0);
        change(&mut inner);
        Array(Arc::new(inner))
    }

    fn wrong(&self, what: &str) -> Error {
        Error::input(what).context(self.name())
    }

    /// Whether the array lies in a file exactly as it would in memory, so that it can be mapped.
    pub fn is_mappable(&self) -> bool {
        self.place().is_some()
    }

    /// Where it does, once the file is known to be intact.
    pub fn mappable(&self) -> Result<Option<Mappable<'_>>> {
        let Some(place) = self.place() else { return Ok(None) };
        self.0.base.check_intact()?;
        Ok(Some(place))
    }

    fn place(&self) -> Option<Mappable<'_>> {
        let inner = &*self.0;
        let Origin::File { file, path, offset, .. } = &inner.base.source else { return None };
        let stored = inner.base.stored?;
        let offset = offset + (inner.layout.offset * stored.size()) as u64;
        let as_in_memory = stored.is_native_float()
            && inner.ty.dtype == inner.base.dtype
            && inner.map == Map::Same
            && inner.layout.is_contiguous()
            && !inner.ty.is_empty()
            && offset.is_multiple_of(stored.kind.component_size() as u64);
        as_in_memory.then_some(Mappable { file, path, offset })
    }

    /// Reads a box. `out` has the box's dims and the array's element type.
    #[track_caller]
    pub fn read_box(&self, b: &IndexBox, out: ViewMut<'_>) -> Result<()> {
        assert_eq!(out.dtype(), self.0.ty.dtype, "{}: a box is read as its type", self.name());
        assert_eq!(out.dims(), b.dims(), "{}: a box is read to a view of its dims", self.name());
        assert!(
            b.ndim() == self.0.ty.dims.len() && IndexBox::whole(&self.0.ty.dims).contains(b),
            "{}: the box {b} is inside {}",
            self.name(),
            show_dims(&self.0.ty.dims)
        );
        with_view!(ViewMut, out, v => self.read_into(b, v)).map_err(|e| self.named_error(e))
    }

    /// An error of reading, under this array's name too if it is not its file's.
    fn named_error(&self, error: Error) -> Error {
        if self.0.name == self.0.base.name { error } else { error.context(&self.0.name) }
    }

    /// Boxes that together are a box, none of which goes beyond one chunk of a Zarr folder; `None`
    /// for arrays that are not stored in chunks. An array is best read in these.
    pub fn pieces(&self, b: &IndexBox) -> Option<Vec<IndexBox>> {
        let Origin::Zarr(folder) = &self.0.base.source else { return None };
        let courses = self.0.layout.courses(&self.0.base.dims)?;
        Some(folder.pieces(&courses, b).into_iter().map(|p| p.inside).collect())
    }

    /// How the array is stored, in words, beside its dims and type: chunks and compression.
    pub fn storage(&self) -> Option<&str> {
        match &self.0.base.source {
            Origin::Zarr(folder) => Some(folder.words()),
            Origin::Array(inner) => inner.storage(),
            _ => None,
        }
    }

    /// Reads the whole array into memory, cast to `T`.
    pub fn read<T: Viewed>(&self) -> Result<ArrayD<T>> {
        let array = self.clone().cast(T::DTYPE)?;
        let dims = &self.0.ty.dims;
        let mut out = ArrayD::<T>::default(IxDyn(dims));
        array.read_box(&IndexBox::whole(dims), T::erase_mut(out.view_mut()))?;
        Ok(out)
    }
}

/// What becomes of some numbers, given with their places, in a type; an error if it cannot hold one.
fn check_held(
    values: impl Iterator<Item = (usize, C128)> + Clone,
    dims: &[usize],
    dtype: DType,
) -> Result<Fate> {
    with_dtype!(dtype, T => {
        if let Some((at, value)) = values.clone().find(|(_, v)| narrow::is_lost::<T>(*v)) {
            let what = narrow::too_large(value, at, dims, dtype);
            let wide = DType::of(dtype.is_complex(), true);
            return Err(Error::input(what).help(format!("write `dtype = \"{wide}\"`, or scale it")));
        }
        Ok(values.map(|(_, v)| Fate::of::<T>(v)).fold(Fate::default(), Fate::and))
    })
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({}: {})", self.name(), self.ty())
    }
}

#[cfg(test)]
mod tests;
