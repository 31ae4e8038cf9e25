//! An array whose header is known and whose data are read when asked for, box by box.
//!
//! An array is a base (a file, bytes in memory, a formula, another array), a strided layout over
//! the base's elements and a conversion of each element. Slicing, transposing and casting change
//! the layout and the conversion only. Files are read at positions rather than through a memory
//! map: a file that shrinks under a map kills the process, under a read it is an error.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, Axis, IxDyn, ShapeBuilder, Zip};

use crate::scalar::{C128, DType};
use crate::space::{ArrayType, IndexBox, show_dims, strides};
use crate::view::{ViewMut, Viewed};
use crate::{with_dtype, with_view};

use super::error::{Error, Result, os_words};
use super::generate::Generator;
use super::layout::{Layout, filled_dims};
use super::npy::{Header, StoredType, checked_len, decode, swap_bytes};
use super::npz::{self, Place, Positioned};
use super::stage;
use super::zarr;

/// Bytes that a read which converts or gathers holds at a time.
const BUFFER: usize = 1 << 20;
/// A gap of so many bytes is read and thrown away rather than jumped over by another read.
const GAP: usize = 8 << 10;
/// Rows of so many bytes are read to their place one by one rather than together by way of a
/// buffer.
const LONG_ROW: usize = 32 << 10;

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

struct Base {
    name: String,
    /// Type of the base's own elements.
    dtype: DType,
    dims: Vec<usize>,
    fortran: bool,
    stored: Option<StoredType>,
    source: Source,
}

enum Source {
    File { file: File, path: PathBuf, offset: u64, stamp: Stamp },
    Inflated { file: File, index: usize, header: Header, data: OnceLock<Result<Vec<u8>>> },
    Bytes(Vec<u8>),
    Values(Vec<C128>),
    Generated(Generator),
    Computed { by: Arc<dyn Compute>, data: OnceLock<Result<Bytes>> },
    Array(Array),
    Zarr(Box<zarr::Folder>),
}

/// The bytes of an array's elements in C order, as they are in memory.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// What computes an array that is not at hand yet.
pub trait Compute: fmt::Debug + Send + Sync {
    /// The array's bytes. It is called once, when the array is first read, on a thread of its own.
    /// It may share its work out over threads, but reads other arrays before that.
    fn compute(&self) -> Result<Bytes>;

    /// Most bytes that it takes while it runs, beside those of the array itself.
    fn working_bytes(&self) -> usize {
        0
    }
}

/// Tells whether a file is still what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(file: &File, name: &str) -> Result<Stamp> {
        let meta = file
            .metadata()
            .map_err(|e| Error::run(format!("cannot look at {name}: {}", os_words(&e))))?;
        Ok(Stamp { length: meta.len(), modified: meta.modified().ok() })
    }
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

impl Array {
    /// Opens a .npy file, a member of a .npz file by key, a Zarr folder, or an array in a Zarr group
    /// by its path; reads headers only. The key may be left out when there is one member. A pipe is
    /// read whole, like standard input.
    pub fn open(path: &Path, key: Option<&str>) -> Result<Array> {
        if path.is_dir() {
            return Ok(Array::zarr(zarr::open(path, key)?));
        }
        let name = path.display().to_string();
        let mut file = open_file(path, &name)?;
        let meta = file
            .metadata()
            .map_err(|e| Error::run(format!("cannot look at {name}: {}", os_words(&e))))?;
        let no_key = |key: Option<&str>| match key {
            Some(key) => Err(Error::input(format!(
                "{name} is one .npy array and has no member \"{key}\"; leave out `key`"
            ))),
            None => Ok(()),
        };
        if !meta.is_file() {
            no_key(key)?;
            return Array::from_reader(&mut file, &name);
        }
        let mut magic = [0; 4];
        let got = file.read_at(&mut magic, 0).unwrap_or(0);
        let stamp = Stamp { length: meta.len(), modified: meta.modified().ok() };
        let path = path.to_path_buf();
        let (name, header, source) = if got == 4 && magic.starts_with(b"PK") {
            let member = npz::find(&file, &name, key)?;
            let name = npz::member_name(&name, &member.key);
            let source = match member.place {
                Place::Stored { offset } => {
                    Source::File { offset: offset + member.header.data_offset, file, path, stamp }
                }
                Place::Deflated { index } => Source::Inflated {
                    file,
                    index,
                    header: member.header.clone(),
                    data: OnceLock::new(),
                },
            };
            (name, member.header, source)
        } else {
            let header = Header::read(&mut Positioned { file: &file, at: 0 }, &name)?;
            header.check_length(meta.len(), &name)?;
            no_key(key)?;
            let offset = header.data_offset;
            (name, header, Source::File { file, path, offset, stamp })
        };
        Ok(Array::stored(name, &header, source))
    }

    /// Reads a .npy stream from standard input to the end of its array. A second call reads the
    /// next array of the stream.
    pub fn from_stdin() -> Result<Array> {
        match stage::take_stream() {
            Some(bytes) => Array::from_reader(&mut bytes.as_slice(), "standard input"),
            None => Array::from_reader(&mut std::io::stdin().lock(), "standard input"),
        }
    }

    /// Reads a .npy stream to the end of its array, and no further. Memory grows with the bytes
    /// that come, not with what the header claims.
    pub fn from_reader(from: &mut dyn Read, name: &str) -> Result<Array> {
        let header = Header::read(from, name)?;
        let promised = header.data_bytes();
        let mut data = Vec::new();
        let got = from
            .take(promised)
            .read_to_end(&mut data)
            .map_err(|e| Error::run(format!("cannot read {name}: {}", os_words(&e))))?;
        if (got as u64) < promised {
            return Err(Error::input(format!(
                "cannot read {name}: it ended after {got} bytes of data, its header promises {promised} ({} {}); did the program that writes it fail?",
                show_dims(&header.dims),
                header.dtype
            )));
        }
        data.shrink_to_fit();
        Ok(Array::stored(name.to_string(), &header, Source::Bytes(data)))
    }

    /// An array of values given in C order.
    pub fn values(dims: impl Into<Vec<usize>>, values: Vec<C128>, dtype: DType) -> Result<Array> {
        let dims = dims.into();
        if checked_len(&dims, 16) != Some(values.len()) {
            return Err(Error::input(format!(
                "an array of dims {} cannot be made of {} values",
                show_dims(&dims),
                values.len()
            )));
        }
        Ok(Array::new("values", dims, dtype, Source::Values(values)))
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
        Ok(Array::new("generated", dims, dtype, Source::Generated(generator)))
    }

    /// An array that is computed when it is first read, and kept then.
    pub fn computed(by: Arc<dyn Compute>, ty: ArrayType) -> Result<Array> {
        if checked_len(&ty.dims, 16).is_none() {
            return Err(Error::input(format!(
                "an array of dims {} is larger than any memory",
                show_dims(&ty.dims)
            )));
        }
        let source = Source::Computed { by, data: OnceLock::new() };
        Ok(Array::new("computed", ty.dims, ty.dtype, source))
    }

    /// The bytes of an array that is computed, if they are the array as it is, all of it; computes
    /// them if that has not been done.
    pub fn computed_bytes(&self) -> Result<Option<Bytes>> {
        let Source::Computed { by, data } = &self.0.base.source else { return Ok(None) };
        if !self.is_computed_as_is() {
            return Ok(None);
        }
        data.get_or_init(|| apart(|| by.compute())).clone().map(Some)
    }

    /// Whether this is what is computed, all of it in its own order and element type.
    pub fn is_computed_as_is(&self) -> bool {
        matches!(self.0.base.source, Source::Computed { .. })
            && self.0.map == Map::Same
            && self.0.ty.dtype == self.0.base.dtype
            && self.0.layout.is_contiguous()
            && self.0.ty.len() == self.0.base.dims.iter().product::<usize>()
    }

    /// Most bytes that computing this array takes, beside those that it holds then.
    pub fn working_bytes(&self) -> usize {
        match &self.0.base.source {
            Source::Computed { by, .. } => by.working_bytes(),
            Source::Array(inner) => inner.working_bytes(),
            _ => 0,
        }
    }

    fn zarr(opened: zarr::Opened) -> Array {
        let zarr::Opened { name, dims, stored, chunks, folder } = opened;
        let (dtype, source) = (stored.dtype(), Source::Zarr(Box::new(folder)));
        let base = Base { name, dtype, dims, fortran: false, stored: Some(stored), source };
        Array::of_base(base).chunked(chunks)
    }

    fn stored(name: String, header: &Header, source: Source) -> Array {
        let (dims, dtype) = (header.dims.clone(), header.dtype.dtype());
        let base =
            Base { name, dtype, dims, fortran: header.fortran, stored: Some(header.dtype), source };
        Array::of_base(base)
    }

    fn new(name: &str, dims: Vec<usize>, dtype: DType, source: Source) -> Array {
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

    /// How elements lie in the file, for arrays that come from one.
    pub fn stored_type(&self) -> Option<StoredType> {
        match &self.0.base.source {
            Source::Array(inner) => inner.stored_type(),
            _ => self.0.base.stored,
        }
    }

    /// Whether the first axis varies fastest in the file.
    pub fn is_fortran(&self) -> bool {
        match &self.0.base.source {
            Source::Array(inner) => inner.is_fortran(),
            _ => self.0.base.fortran,
        }
    }

    /// Bytes of memory that this array holds, or will after its first read, beside a copy that its
    /// reader keeps: those of inline values, of a stream, of a compressed member, and of what is
    /// computed and then changed; of a Zarr folder, at most those of chunks that are kept. Arrays
    /// that share them count them each.
    pub fn held_bytes(&self) -> usize {
        match &self.0.base.source {
            Source::File { .. } | Source::Generated(_) => 0,
            Source::Inflated { header, .. } => header.data_bytes() as usize,
            Source::Bytes(data) => data.len(),
            Source::Values(values) => size_of_val(values.as_slice()),
            // The reader keeps no copy.
            Source::Computed { .. } if self.is_computed_as_is() => 0,
            Source::Computed { .. } => {
                self.0.base.dims.iter().product::<usize>() * self.0.base.dtype.size()
            }
            Source::Array(inner) => inner.held_bytes(),
            Source::Zarr(folder) => folder.held_bytes(),
        }
    }

    /// Bytes of memory that this array holds after its first read, whatever its reader keeps.
    pub fn kept_bytes(&self) -> usize {
        if self.is_computed_as_is() { self.ty().bytes() } else { self.held_bytes() }
    }

    /// The same values in another element type. Complex to real is refused.
    pub fn cast(self, dtype: DType) -> Result<Array> {
        let now = self.0.ty.dtype;
        if now == dtype {
            return Ok(self);
        }
        if now.is_complex() && !dtype.is_complex() {
            return Err(Error::input(format!(
                "{}: it is {now} and cannot be cast to {dtype} without losing its imaginary part; say part = \"real\" or part = \"imag\"",
                self.name()
            )));
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
        let has_chunks = matches!(self.0.base.source, Source::Zarr(_));
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
        let (name, ty) = (self.0.name.clone(), self.0.ty.clone());
        Array::new(&name, ty.dims, ty.dtype, Source::Array(self))
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
        Error::input(format!("{}: {what}", self.name()))
    }

    /// Where the array lies in a file exactly as it would in memory, so that it can be mapped.
    pub fn mappable(&self) -> Option<Mappable<'_>> {
        let inner = &*self.0;
        let Source::File { file, path, offset, .. } = &inner.base.source else { return None };
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
        with_view!(ViewMut, out, v => self.read_into(b, v))
            .map_err(|e| if self.0.name == self.0.base.name { e } else { e.context(&self.0.name) })
    }

    /// Boxes that together are a box, none of which goes beyond one chunk of a Zarr folder; `None`
    /// for arrays that are not stored in chunks. An array is best read in these.
    pub fn pieces(&self, b: &IndexBox) -> Option<Vec<IndexBox>> {
        let Source::Zarr(folder) = &self.0.base.source else { return None };
        let courses = self.0.layout.courses(&self.0.base.dims)?;
        Some(folder.pieces(&courses, b).into_iter().map(|p| p.inside).collect())
    }

    /// How the array is stored, in words, beside its dims and type: chunks and compression.
    pub fn storage(&self) -> Option<&str> {
        match &self.0.base.source {
            Source::Zarr(folder) => Some(folder.words()),
            Source::Array(inner) => inner.storage(),
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

    fn read_into<T: Viewed>(&self, b: &IndexBox, out: ArrayViewMutD<'_, T>) -> Result<()> {
        if out.is_empty() {
            return Ok(());
        }
        self.0.base.check_unchanged()?;
        with_dtype!(self.0.base.dtype, N => self.gather::<N, T>(b, out))
    }

    /// Reads a box out of a base of `N`.
    fn gather<N: Viewed, T: Viewed>(
        &self,
        b: &IndexBox,
        mut out: ArrayViewMutD<'_, T>,
    ) -> Result<()> {
        let layout = &self.0.layout;
        if let Source::Zarr(folder) = &self.0.base.source {
            let Some(courses) = layout.courses(&self.0.base.dims) else {
                unreachable!("{}: other layouts are built upon the array", self.name())
            };
            return folder.read::<N>(&courses, b, &self.0.ty.dims, &mut |piece, values| {
                let ranges = piece.relative_to(b).0;
                let part = out.slice_each_axis_mut(|axis| ranges[axis.axis.index()].clone().into());
                convert(self.0.map, part, values);
            });
        }
        let mut offset = layout.start_of(&b.start());
        // The axes that matter, all of them forward in the base.
        let mut axes = Vec::with_capacity(layout.dims.len());
        for axis in (0..layout.dims.len()).rev() {
            let (len, stride) = (out.len_of(Axis(axis)), layout.strides[axis]);
            if len == 1 {
                out.index_axis_inplace(Axis(axis), 0);
                continue;
            }
            if stride < 0 {
                offset -= (len - 1) * stride.unsigned_abs();
                out.invert_axis(Axis(axis));
            }
            axes.push((len, stride.unsigned_abs()));
        }
        axes.reverse();
        // The base is walked in its own order, whatever the array's.
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&a| std::cmp::Reverse(axes[a].1));
        let axes: Vec<(usize, usize)> = order.iter().map(|&a| axes[a]).collect();
        let mut walk = Walk::<N> {
            base: &self.0.base,
            map: self.0.map,
            gap: self.0.base.worth_reading(),
            scratch: Vec::new(),
        };
        walk.read(&axes, offset, out.permuted_axes(order))
    }

    /// Reads consecutive elements in C order.
    fn read_linear<T: Viewed>(&self, start: usize, out: &mut [T]) -> Result<()> {
        let dims = &self.0.ty.dims;
        let mut done = 0;
        while done < out.len() {
            let b = largest_box(dims, start + done, out.len() - done);
            let part = &mut out[done..done + b.len()];
            done += part.len();
            let view = ArrayViewMutD::from_shape(IxDyn(&b.dims()), part);
            self.read_into(&b, view.unwrap_or_else(|e| unreachable!("a box has its length: {e}")))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({}: {})", self.name(), self.ty())
    }
}

/// Opens a file to read, and says what is wrong if it cannot.
pub(crate) fn open_file(path: &Path, name: &str) -> Result<File> {
    let file = File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            let nearest = nearest_file(path).map(|n| format!("; did you mean {n}?"));
            Error::input(format!(
                "cannot open {name}: there is no such {}{}",
                if zarr::is_named(path) { "folder" } else { "file" },
                nearest.unwrap_or_default()
            ))
        }
        _ => Error::input(format!("cannot open {name}: {}", os_words(&e))),
    })?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        return Err(Error::input(format!(
            "cannot read {name}: it is a folder; a .npy or .npz file is expected"
        )));
    }
    Ok(file)
}

fn nearest_file(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .take(1000)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|n| [".npy", ".npz", ".zarr"].iter().any(|end| n.ends_with(end)))
        .collect();
    names.sort();
    let likeness = |n: &str| strsim::jaro_winkler(n, wanted);
    names
        .into_iter()
        .filter(|n| likeness(n) > 0.85)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

/// The largest box that begins at an element and covers at most `most` elements that follow each
/// other in C order.
fn largest_box(dims: &[usize], start: usize, most: usize) -> IndexBox {
    let strides = strides(dims);
    let at: Vec<usize> = strides.iter().zip(dims).map(|(&s, &n)| start / s % n).collect();
    let whole_below = |axis: usize| start.is_multiple_of(strides[axis]) && strides[axis] <= most;
    let axis = (0..dims.len()).find(|&a| whole_below(a));
    IndexBox(
        (0..dims.len())
            .map(|a| match axis {
                Some(axis) if a == axis => at[a]..dims[a].min(at[a] + most / strides[a]),
                Some(axis) if a > axis => 0..dims[a],
                _ => at[a]..at[a] + 1,
            })
            .collect(),
    )
}

/// A walk through a base of `N`, in the base's order.
struct Walk<'a, N> {
    base: &'a Base,
    map: Map,
    gap: usize,
    scratch: Vec<N>,
}

impl<N: Viewed> Walk<'_, N> {
    /// Reads elements of the base at `offset` and on axes of given lengths and strides, longest
    /// stride first; `out` has these axes.
    fn read<T: Viewed>(
        &mut self,
        axes: &[(usize, usize)],
        offset: usize,
        mut out: ArrayViewMutD<'_, T>,
    ) -> Result<()> {
        let as_is = N::DTYPE == T::DTYPE && self.map == Map::Same;
        let span = span_of(axes);
        if as_is
            && span == out.len()
            && let Some(slice) = out.as_slice_mut()
        {
            return self.base.read_run(offset, bytemuck::cast_slice_mut::<T, N>(slice));
        }
        let Some((&(len, stride), inner)) = axes.split_first() else {
            return self.read_span(axes, offset, span, out);
        };
        let most = BUFFER / size_of::<N>();
        let inner_span = span_of(inner);
        let rows_in_place = as_is
            && inner_span * size_of::<N>() >= LONG_ROW
            && inner_span * len == out.len()
            && out.index_axis(Axis(0), 0).is_standard_layout();
        let together = match !rows_in_place && self.is_worth_joining(axes) {
            true if inner_span <= most => (most - inner_span) / stride + 1,
            _ => 1,
        };
        if together >= len {
            return self.read_span(axes, offset, span, out);
        }
        for start in (0..len).step_by(together) {
            let offset = offset + start * stride;
            if together == 1 {
                self.read(inner, offset, out.index_axis_mut(Axis(0), start))?;
            } else {
                let stop = len.min(start + together);
                let mut part = axes.to_vec();
                part[0].0 = stop - start;
                let out = out.slice_axis_mut(Axis(0), (start..stop).into());
                self.read_span(&part, offset, span_of(&part), out)?;
            }
        }
        Ok(())
    }

    /// Whether no gap inside is so large that it should be jumped over.
    fn is_worth_joining(&self, axes: &[(usize, usize)]) -> bool {
        (0..axes.len()).all(|k| axes[k].1.saturating_sub(span_of(&axes[k + 1..])) <= self.gap)
    }

    /// Reads everything from the first to the last element, and takes what is asked for.
    fn read_span<T: Viewed>(
        &mut self,
        axes: &[(usize, usize)],
        offset: usize,
        span: usize,
        out: ArrayViewMutD<'_, T>,
    ) -> Result<()> {
        if self.scratch.len() < span {
            self.scratch.resize(span, N::default());
        }
        let scratch = &mut self.scratch[..span];
        self.base.read_run(offset, scratch)?;
        let dims: Vec<usize> = axes.iter().map(|a| a.0).collect();
        let strides: Vec<usize> = axes.iter().map(|a| a.1).collect();
        let view = ArrayViewD::from_shape(IxDyn(&dims).strides(IxDyn(&strides)), &*scratch)
            .unwrap_or_else(|e| unreachable!("a span holds its axes: {e}"));
        convert(self.map, out, view);
        Ok(())
    }
}

/// Puts elements of a base where they belong.
fn convert<N: Viewed, T: Viewed>(map: Map, out: ArrayViewMutD<'_, T>, from: ArrayViewD<'_, N>) {
    let zip = Zip::from(out).and(from);
    match map {
        Map::Same => zip.for_each(|o, &v| *o = T::from_c128(v.to_c128())),
        Map::Conj => zip.for_each(|o, &v| *o = T::from_c128(v.to_c128().conj())),
        Map::Real => zip.for_each(|o, &v| *o = T::from_c128(v.to_c128().re.into())),
        Map::Imag => zip.for_each(|o, &v| *o = T::from_c128(v.to_c128().im.into())),
        Map::MinusImag => zip.for_each(|o, &v| *o = T::from_c128((-v.to_c128().im).into())),
        Map::Zero => zip.for_each(|o, _| *o = T::default()),
    }
}

/// Runs `f` on a thread of its own: a reader may be one of a pool of threads, all of which wait for
/// the same value, and none of them may be given another reader's work meanwhile.
fn apart<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(f).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Base elements from the first to the last of strided axes.
fn span_of(axes: &[(usize, usize)]) -> usize {
    1 + axes.iter().map(|&(len, stride)| (len - 1) * stride).sum::<usize>()
}

impl Base {
    /// Elements of a gap that is better read than jumped over.
    fn worth_reading(&self) -> usize {
        match &self.source {
            Source::File { .. } => GAP / self.stored.map_or(8, StoredType::size),
            Source::Inflated { .. }
            | Source::Bytes(_)
            | Source::Values(_)
            | Source::Computed { .. } => 8,
            Source::Generated(Generator::Random { .. }) => 0,
            Source::Generated(_) => 8,
            Source::Array(_) => 64,
            Source::Zarr(_) => 0,
        }
    }

    fn check_unchanged(&self) -> Result<()> {
        match &self.source {
            Source::File { file, stamp, .. } if Stamp::of(file, &self.name)? != *stamp => {
                Err(npz::changed(&self.name))
            }
            _ => Ok(()),
        }
    }

    /// Reads consecutive elements of the base.
    fn read_run<N: Viewed>(&self, start: usize, out: &mut [N]) -> Result<()> {
        match &self.source {
            Source::File { file, offset, .. } => self.read_file(file, *offset, start, out),
            Source::Inflated { file, index, header, data } => {
                let data = data.get_or_init(|| npz::inflate(file, &self.name, *index, header));
                self.decode(data.as_ref().map_err(Error::clone)?, start, out);
                Ok(())
            }
            Source::Bytes(data) => {
                self.decode(data, start, out);
                Ok(())
            }
            Source::Values(values) => {
                for (o, &v) in out.iter_mut().zip(&values[start..]) {
                    *o = N::from_c128(v);
                }
                Ok(())
            }
            Source::Generated(generator) => {
                generator.fill(start, out);
                Ok(())
            }
            Source::Computed { by, data } => {
                let data = data.get_or_init(|| apart(|| by.compute()));
                let data = data.as_ref().map_err(Error::clone)?;
                let size = size_of::<N>();
                let bytes: &mut [u8] = bytemuck::cast_slice_mut(out);
                let from = start * size..start * size + bytes.len();
                bytes.copy_from_slice(&(**data).as_ref()[from]);
                Ok(())
            }
            Source::Array(array) => array.read_linear(start, out),
            Source::Zarr(_) => unreachable!("{}: chunks are read as boxes", self.name),
        }
    }

    #[track_caller]
    fn stored(&self) -> StoredType {
        self.stored.unwrap_or_else(|| unreachable!("{}: bytes have a stored type", self.name))
    }

    fn decode<N: Viewed>(&self, data: &[u8], start: usize, out: &mut [N]) {
        let stored = self.stored();
        let size = stored.size();
        decode(stored, &data[start * size..(start + out.len()) * size], out);
    }

    fn read_file<N: Viewed>(
        &self,
        file: &File,
        offset: u64,
        start: usize,
        out: &mut [N],
    ) -> Result<()> {
        let stored = self.stored();
        let offset = offset + (start * stored.size()) as u64;
        let exact = |bytes: &mut [u8], at: u64| {
            file.read_exact_at(bytes, at).map_err(|e| match e.kind() {
                std::io::ErrorKind::UnexpectedEof => npz::changed(&self.name),
                _ => Error::run(format!("cannot read {}: {}", self.name, os_words(&e))),
            })
        };
        if stored.kind.size() == N::DTYPE.size() && stored.is_float() {
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(out);
            exact(bytes, offset)?;
            if stored.swapped() {
                swap_bytes(bytes, stored.kind.component_size());
            }
            return Ok(());
        }
        let mut raw = vec![0; BUFFER.min(out.len() * stored.size())];
        let mut at = offset;
        for part in out.chunks_mut(BUFFER / stored.size()) {
            let raw = &mut raw[..part.len() * stored.size()];
            exact(raw, at)?;
            at += raw.len() as u64;
            decode(stored, raw, part);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
