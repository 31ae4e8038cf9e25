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
    Array(Array),
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
    /// Opens a .npy file, or a member of a .npz file by key; reads headers only. The key may be
    /// left out when the .npz file has one member. A pipe is read whole, like standard input.
    pub fn open(path: &Path, key: Option<&str>) -> Result<Array> {
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
        Array::from_reader(&mut std::io::stdin().lock(), "standard input")
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

    /// Bytes of memory that this array holds, or will after its first read: those of inline
    /// values, of a stream and of a compressed member. Arrays that share them count them each.
    pub fn held_bytes(&self) -> usize {
        match &self.0.base.source {
            Source::File { .. } | Source::Generated(_) => 0,
            Source::Inflated { header, .. } => header.data_bytes() as usize,
            Source::Bytes(data) => data.len(),
            Source::Values(values) => size_of_val(values.as_slice()),
            Source::Array(inner) => inner.held_bytes(),
        }
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
        match self.0.layout.reshape(&dims) {
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
                "cannot open {name}: there is no such file{}",
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
        .filter(|n| n.ends_with(".npy") || n.ends_with(".npz"))
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
        mut out: ArrayViewMutD<'_, T>,
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
        let zip = Zip::from(&mut out).and(&view);
        match self.map {
            Map::Same => zip.for_each(|o, &v| *o = T::from_c128(v.to_c128())),
            Map::Conj => zip.for_each(|o, &v| *o = T::from_c128(v.to_c128().conj())),
            Map::Real => zip.for_each(|o, &v| *o = T::from_c128(v.to_c128().re.into())),
            Map::Imag => zip.for_each(|o, &v| *o = T::from_c128(v.to_c128().im.into())),
            Map::MinusImag => zip.for_each(|o, &v| *o = T::from_c128((-v.to_c128().im).into())),
            Map::Zero => zip.for_each(|o, _| *o = T::default()),
        }
        Ok(())
    }
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
            Source::Inflated { .. } | Source::Bytes(_) | Source::Values(_) => 8,
            Source::Generated(Generator::Random { .. }) => 0,
            Source::Generated(_) => 8,
            Source::Array(_) => 64,
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
            Source::Array(array) => array.read_linear(start, out),
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
mod tests {
    use std::io::Write;

    use ndarray::{Slice, s};
    use proptest::prelude::*;

    use super::*;
    use crate::io::npy::Kind;
    use crate::io::{Distribution, ErrorKind};
    use crate::scalar::{C64, Scalar};

    const KINDS: [(&str, Kind); 13] = [
        ("b1", Kind::Bool),
        ("i1", Kind::Int8),
        ("i2", Kind::Int16),
        ("i4", Kind::Int32),
        ("i8", Kind::Int64),
        ("u1", Kind::UInt8),
        ("u2", Kind::UInt16),
        ("u4", Kind::UInt32),
        ("u8", Kind::UInt64),
        ("f4", Kind::Float32),
        ("f8", Kind::Float64),
        ("c8", Kind::Complex64),
        ("c16", Kind::Complex128),
    ];

    /// The value of element `i` that every type here can hold.
    fn value(kind: Kind, i: usize) -> C128 {
        match kind {
            Kind::Bool => C128::from((i % 3 == 1) as u8 as f64),
            Kind::UInt8 | Kind::UInt16 | Kind::UInt32 | Kind::UInt64 => {
                C128::from((i % 251) as f64)
            }
            Kind::Complex64 | Kind::Complex128 => C128::new(i as f64 - 7.5, 0.25 * i as f64),
            Kind::Float32 | Kind::Float64 => C128::from(i as f64 - 7.5),
            _ => C128::from((i % 120) as f64 - 60.0),
        }
    }

    /// One element by hand.
    fn bytes_of(kind: Kind, big: bool, v: C128) -> Vec<u8> {
        let mut parts: Vec<Vec<u8>> = match kind {
            Kind::Bool => vec![vec![v.re as u8]],
            Kind::Int8 => vec![(v.re as i8).to_le_bytes().to_vec()],
            Kind::Int16 => vec![(v.re as i16).to_le_bytes().to_vec()],
            Kind::Int32 => vec![(v.re as i32).to_le_bytes().to_vec()],
            Kind::Int64 => vec![(v.re as i64).to_le_bytes().to_vec()],
            Kind::UInt8 => vec![(v.re as u8).to_le_bytes().to_vec()],
            Kind::UInt16 => vec![(v.re as u16).to_le_bytes().to_vec()],
            Kind::UInt32 => vec![(v.re as u32).to_le_bytes().to_vec()],
            Kind::UInt64 => vec![(v.re as u64).to_le_bytes().to_vec()],
            Kind::Float32 => vec![(v.re as f32).to_le_bytes().to_vec()],
            Kind::Float64 => vec![v.re.to_le_bytes().to_vec()],
            Kind::Complex64 => {
                [v.re, v.im].iter().map(|p| (*p as f32).to_le_bytes().to_vec()).collect()
            }
            Kind::Complex128 => [v.re, v.im].iter().map(|p| p.to_le_bytes().to_vec()).collect(),
        };
        if big {
            parts.iter_mut().for_each(|p| p.reverse());
        }
        parts.concat()
    }

    fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let text =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.extend(data);
        bytes
    }

    /// A file of `i * i` style values on (5, 4, 6), and what is in it.
    fn file(
        kind: Kind,
        code: &str,
        big: bool,
        fortran: bool,
    ) -> (tempfile::NamedTempFile, ArrayD<C128>) {
        let n = 5 * 4 * 6;
        let expected =
            ArrayD::from_shape_vec(IxDyn(&[5, 4, 6]), (0..n).map(|i| value(kind, i)).collect())
                .unwrap();
        let in_file =
            if fortran { expected.t().as_standard_layout().into_owned() } else { expected.clone() };
        let data: Vec<u8> = in_file.iter().flat_map(|&v| bytes_of(kind, big, v)).collect();
        let order = if kind.size() == 1 {
            "|"
        } else if big {
            ">"
        } else {
            "<"
        };
        let mut f = tempfile::Builder::new().suffix(".npy").tempfile().unwrap();
        f.write_all(&npy(&format!("{order}{code}"), fortran, "(5, 4, 6)", &data)).unwrap();
        (f, expected)
    }

    fn all_of(array: &Array) -> ArrayD<C128> {
        let dims = array.ty().dims.clone();
        let b = IndexBox::whole(&dims);
        with_dtype!(array.ty().dtype, T => {
            let mut out = ArrayD::<T>::default(IxDyn(&dims));
            array.read_box(&b, T::erase_mut(out.view_mut())).unwrap();
            out.mapv(|v| v.to_c128())
        })
    }

    /// Reads a box into a view that is neither contiguous nor in C order.
    fn box_of(array: &Array, b: &IndexBox) -> ArrayD<C128> {
        let dims = b.dims();
        let reversed: Vec<usize> = dims.iter().rev().map(|n| n * 2).collect();
        with_dtype!(array.ty().dtype, T => {
            let mut out = ArrayD::<T>::default(IxDyn(&reversed));
            let mut view = out.view_mut().reversed_axes();
            for axis in 0..dims.len() {
                view.slice_axis_inplace(Axis(axis), Slice::new(0, None, 2));
                view.invert_axis(Axis(axis));
            }
            array.read_box(b, T::erase_mut(view.view_mut())).unwrap();
            view.mapv(|v| v.to_c128())
        })
    }

    fn cut(mut a: ArrayD<C128>, b: &IndexBox) -> ArrayD<C128> {
        for (axis, r) in b.0.iter().enumerate() {
            a.slice_axis_inplace(Axis(axis), r.clone().into());
        }
        a
    }

    #[test]
    fn every_type_byte_order_and_axis_order_is_read() {
        let b = IndexBox(vec![1..4, 0..3, 2..6]);
        for (code, kind) in KINDS {
            for (big, fortran) in [(false, false), (false, true), (true, false), (true, true)] {
                let (f, expected) = file(kind, code, big, fortran);
                let array = Array::open(f.path(), None).unwrap();
                assert_eq!(array.ty(), &ArrayType::new([5, 4, 6], kind.dtype()));
                assert_eq!(array.is_fortran(), fortran);
                assert_eq!(all_of(&array), expected, "{code} big {big} fortran {fortran}");
                assert_eq!(box_of(&array, &b), cut(expected.clone(), &b), "{code} {big} {fortran}");
                let mut stream = std::fs::File::open(f.path()).unwrap();
                let piped = Array::from_reader(&mut stream, "-").unwrap();
                assert_eq!(box_of(&piped, &b), cut(expected.clone(), &b), "{code} {big} {fortran}");
                let to = if kind.dtype().is_complex() { DType::Complex64 } else { DType::Float32 };
                let single = array.clone().cast(to).unwrap();
                assert_eq!(all_of(&single), expected, "{code}");
                assert_eq!(
                    array.cast(DType::Complex128).unwrap().read::<C128>().unwrap(),
                    expected
                );
            }
        }
    }

    #[test]
    fn extremes_of_integers_survive() {
        for (descr, bytes, expected) in [
            ("<i8", i64::MIN.to_le_bytes().to_vec(), i64::MIN as f64),
            (">i8", (-2_i64).to_be_bytes().to_vec(), -2.0),
            ("<u8", u64::MAX.to_le_bytes().to_vec(), u64::MAX as f64),
            ("|i1", vec![0x80], -128.0),
            ("|u1", vec![0x80], 128.0),
            (">i2", vec![0xff, 0xfe], -2.0),
            ("|b1", vec![7], 1.0),
        ] {
            let bytes = npy(descr, false, "()", &bytes);
            let array = Array::from_reader(&mut &bytes[..], "-").unwrap();
            assert_eq!(array.read::<f64>().unwrap()[[]], expected, "{descr}");
        }
    }

    #[test]
    fn files_of_another_library_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let a = ndarray::Array3::from_shape_fn((7, 3, 2), |(i, j, k)| {
            C64::new(i as f32, (j * k) as f32)
        });
        ndarray_npy::write_npy(&path, &a).unwrap();
        assert_eq!(Array::open(&path, None).unwrap().read::<C64>().unwrap(), a.clone().into_dyn());
        ndarray_npy::write_npy(&path, &a.t()).unwrap();
        let array = Array::open(&path, None).unwrap();
        assert!(array.is_fortran());
        assert_eq!(array.read::<C64>().unwrap(), a.reversed_axes().into_dyn());
    }

    fn counted(dims: &[usize]) -> (Array, ArrayD<C128>) {
        let n = dims.iter().product();
        let values: Vec<C128> = (0..n).map(|i| C128::new(i as f64, -(i as f64))).collect();
        let expected = ArrayD::from_shape_vec(IxDyn(dims), values.clone()).unwrap();
        (Array::values(dims, values, DType::Complex128).unwrap(), expected)
    }

    #[test]
    fn slices_are_numpys() {
        let (a, e) = counted(&[5, 4, 6]);
        let check = |slice: &str, expected: ndarray::ArrayViewD<'_, C128>| {
            let sliced = a.clone().slice(slice).unwrap();
            assert_eq!(sliced.ty().dims, expected.shape(), "{slice}");
            assert_eq!(all_of(&sliced), expected, "{slice}");
        };
        check("1:, ::2, -1", e.slice(s![1.., ..;2, -1]).into_dyn());
        check("..., 2", e.slice(s![.., .., 2]).into_dyn());
        check("3", e.slice(s![3, .., ..]).into_dyn());
        check("[-2, ...]", e.slice(s![-2, .., ..]).into_dyn());
        check("::-1, ::-2", e.slice(s![..;-1, ..;-2, ..]).into_dyn());
        check("1:4:2, 1:100, -100:3", e.slice(s![1..4;2, 1.., ..3]).into_dyn());
        check("4:1:-2,", e.slice(s![2..5;-2, .., ..]).into_dyn());
        check("2:2", e.slice(s![2..2, .., ..]).into_dyn());
        check("3:1", e.slice(s![3..3, .., ..]).into_dyn());
        check(
            "None, :, 0, np.newaxis",
            e.slice(s![ndarray::NewAxis, .., 0, ndarray::NewAxis, ..]).into_dyn(),
        );
        check("..., :, :, :", e.view());
        check("1, 2, 3", e.slice(s![1, 2, 3]).into_dyn());
        check("::9223372036854775807", e.slice(s![..1, .., ..]).into_dyn());
        check("::-9223372036854775808", e.slice(s![4.., .., ..]).into_dyn());
        for (slice, part) in [
            ("5", "index 5 of the slice \"5\" is outside axis 0, whose length is 5"),
            (":, -5", "outside axis 1, whose length is 4"),
            ("0, 0, 0, 0", "has 4 indices for an array of 3 axes, (5, 4, 6)"),
            ("::0", "step of 0"),
            ("1:2:3:4", "too many \":\""),
            ("..., ...", "more than one"),
            ("a:", "should have an integer where it has \"a\""),
            ("", "should have an integer"),
            ("1,,2", "should have an integer"),
        ] {
            let error = a.clone().named("d").slice(slice).unwrap_err();
            assert!(
                error.message().starts_with("d: ") && error.message().contains(part),
                "{error}"
            );
            assert_eq!(error.kind(), ErrorKind::Input);
        }
    }

    #[test]
    fn axes_move_and_dims_change_as_in_numpy() {
        let (a, e) = counted(&[5, 4, 6]);
        let t = a.clone().transpose(&[2, 0, -2]).unwrap();
        assert_eq!(all_of(&t), e.view().permuted_axes(IxDyn(&[2, 0, 1])));
        // A view that strides cannot reshape, then another slice on top.
        let r = t.clone().reshape(&[-1, 8]).unwrap();
        let flat: Vec<C128> = e.view().permuted_axes(IxDyn(&[2, 0, 1])).iter().copied().collect();
        let expected = ArrayD::from_shape_vec(IxDyn(&[15, 8]), flat).unwrap();
        assert_eq!(all_of(&r), expected);
        let s = r.slice("::-3, 1::2").unwrap();
        assert_eq!(all_of(&s), expected.slice(s![..;-3, 1..;2]).into_dyn());
        // One that they can, in part.
        let sliced = a.clone().slice("::2").unwrap();
        assert!(sliced.0.layout.reshape(&[3, 2, 12]).is_some());
        let expected =
            e.slice(s![..;2, .., ..]).to_shape((3, 2, 12)).unwrap().into_owned().into_dyn();
        assert_eq!(all_of(&sliced.reshape(&[3, 2, -1]).unwrap()), expected);
        let one = a.clone().reshape(&[1, 120, 1]).unwrap().reshape(&[120]).unwrap();
        assert_eq!(all_of(&one), e.to_shape(120).unwrap().into_owned().into_dyn());
        assert_eq!(all_of(&a.clone().slice("0,0,0").unwrap().reshape(&[1, 1]).unwrap()).len(), 1);
        for (reshape, part) in [
            (&[7, -1][..], "does not fit (5, 4, 6), 120 elements"),
            (&[-1, -1], "one -1"),
            (&[-2, 60], "one -1"),
            (&[0, -1], "does not fit"),
            (&[isize::MAX, isize::MAX], "does not fit"),
        ] {
            let error = a.clone().reshape(reshape).unwrap_err();
            assert!(error.message().contains(part), "{error}");
        }
        for axes in [&[0, 1][..], &[0, 1, 1], &[0, 1, 3], &[0, 1, -4], &[0, 1, 2, 0]] {
            let error = a.clone().transpose(axes).unwrap_err();
            assert!(error.message().contains("must name each of the 3 axes"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn random_boxes_of_random_views_are_those_of_the_whole(
            fortran in any::<bool>(),
            source in 0_usize..3,
            slices in proptest::collection::vec((-8_i64..8, -8_i64..8, prop_oneof![-3_i64..0, 1_i64..4]), 3),
            order in Just(vec![0_isize, 1, 2]).prop_shuffle(),
            reshape in any::<bool>(),
            corners in proptest::collection::vec((0.0..1.0, 0.0..1.0), 3),
        ) {
            let (f, _) = file(Kind::Complex64, "c8", true, fortran);
            let array = match source {
                0 => Array::open(f.path(), None).unwrap(),
                1 => Array::from_reader(&mut std::fs::File::open(f.path()).unwrap(), "-").unwrap(),
                _ => Array::generated(
                    Generator::Random { seed: 1, distribution: Distribution::Normal },
                    [5, 4, 6],
                    DType::Complex64,
                ).unwrap(),
            };
            let mut expected = all_of(&array);
            let text: Vec<String> = slices.iter().map(|(a, b, c)| format!("{a}:{b}:{c}")).collect();
            let mut array = array.slice(&text.join(",")).unwrap();
            for (axis, &(a, b, step)) in slices.iter().enumerate() {
                // Python's own loop, element by element.
                let n = expected.len_of(Axis(axis)) as i64;
                let clip = |i: i64| {
                    let i = if i < 0 { i + n } else { i };
                    if step > 0 { i.clamp(0, n) } else { i.clamp(-1, n - 1) }
                };
                let (mut i, stop) = (clip(a), clip(b));
                let mut picked = Vec::new();
                while (step > 0 && i < stop) || (step < 0 && i > stop) {
                    picked.push(i as usize);
                    i += step;
                }
                expected = expected.select(Axis(axis), &picked);
            }
            array = array.transpose(&order).unwrap().conj();
            let axes: Vec<usize> = order.iter().map(|&a| a as usize).collect();
            expected = expected.permuted_axes(axes).mapv(|v| v.conj());
            if reshape && !expected.is_empty() {
                let (d0, d1, d2) = (expected.shape()[0], expected.shape()[1], expected.shape()[2]);
                array = array.reshape(&[d2 as isize, -1]).unwrap();
                let flat: Vec<C128> = expected.iter().copied().collect();
                expected = ArrayD::from_shape_vec(IxDyn(&[d2, d0 * d1]), flat).unwrap();
            }
            prop_assert_eq!(&array.ty().dims, expected.shape());
            let b = IndexBox(expected.shape().iter().zip(&corners).map(|(&n, &(p, q))| {
                let (p, q) = ((p * n as f64) as usize, (q * (n + 1) as f64) as usize);
                p.min(q)..p.max(q).min(n)
            }).collect());
            prop_assert_eq!(box_of(&array, &b), cut(expected, &b));
        }
    }

    #[test]
    fn large_arrays_are_read_by_every_path() {
        // Larger than the buffer, with long rows, short rows, gaps that are read and that are
        // jumped over.
        let dims = [3, 700, 900];
        let n = dims.iter().product::<usize>();
        let mut f = tempfile::NamedTempFile::new().unwrap();
        let data: Vec<u8> = (0..n).flat_map(|i| (i as f64).to_le_bytes()).collect();
        f.write_all(&npy("<f8", false, "(3, 700, 900)", &data)).unwrap();
        let whole =
            ArrayD::from_shape_fn(IxDyn(&dims), |i| ((i[0] * 700 + i[1]) * 900 + i[2]) as f64);
        let array = Array::open(f.path(), None).unwrap();
        assert_eq!(array.read::<f64>().unwrap(), whole);
        assert_eq!(array.read::<f32>().unwrap(), whole.mapv(|v| v as f32));
        for (slice, part) in [
            (":, 1:699, 3", whole.slice(s![.., 1..699, 3]).into_dyn()),
            (":, ::500, :10", whole.slice(s![.., ..;500, ..10]).into_dyn()),
            (":, ::-1, 1:899", whole.slice(s![.., ..;-1, 1..899]).into_dyn()),
            ("1:, 100:600", whole.slice(s![1.., 100..600, ..]).into_dyn()),
        ] {
            let sliced = array.clone().slice(slice).unwrap();
            assert_eq!(sliced.read::<f64>().unwrap(), part, "{slice}");
            assert_eq!(
                sliced.cast(DType::Complex64).unwrap().read::<C128>().unwrap(),
                part.mapv(|v| C128::from(v as f32 as f64)),
                "{slice}"
            );
        }
        let t = array.clone().transpose(&[2, 1, 0]).unwrap();
        assert_eq!(t.read::<f64>().unwrap(), whole.t());
        let r = t.reshape(&[-1]).unwrap();
        assert!(r.read::<f64>().unwrap().iter().eq(whole.t().iter()));
    }

    #[test]
    fn parts_casts_and_conjugates_compose() {
        let z = C128::new(0.1, 0.7);
        let a = Array::values([1], vec![z], DType::Complex128).unwrap().named("d");
        let first = |a: Array| all_of(&a)[[0]];
        assert_eq!(first(a.clone().part(Part::Real)), C128::from(0.1));
        assert_eq!(first(a.clone().part(Part::Imag)), C128::from(0.7));
        assert_eq!(first(a.clone().conj().part(Part::Imag)), C128::from(-0.7));
        assert_eq!(first(a.clone().conj().conj()), z);
        assert_eq!(first(a.clone().part(Part::Imag).part(Part::Imag)), C128::from(0.0));
        let im = a.clone().part(Part::Imag).cast(DType::Complex128).unwrap();
        assert_eq!(first(im.clone().part(Part::Real)), C128::from(0.7));
        assert_eq!(first(im.clone().part(Part::Imag)), C128::from(0.0));
        assert_eq!(first(im.conj()), C128::from(0.7));
        let single = a.clone().cast(DType::Complex64).unwrap();
        assert_eq!(single.clone().part(Part::Real).ty().dtype, DType::Float32);
        let rounded = C128::new(0.1_f32 as f64, 0.7_f32 as f64);
        assert_eq!(first(single.clone().cast(DType::Complex128).unwrap()), rounded);
        let error = a.clone().cast(DType::Float64).unwrap_err();
        assert_eq!(
            error.message(),
            "d: it is complex128 and cannot be cast to float64 without losing its imaginary part; say part = \"real\" or part = \"imag\""
        );
        assert!(a.same_as(&a.clone()));
        assert!(!a.same_as(&a.clone().conj()));
    }

    #[test]
    fn only_what_lies_as_in_memory_can_be_mapped() {
        let (f, expected) = file(Kind::Float64, "f8", false, false);
        // This hand-made header has no padding, so its data may lie off the alignment.
        let array = Array::open(f.path(), None).unwrap();
        let aligned = npy("<f8", false, "(5, 4, 6)", &[]).len().is_multiple_of(8);
        assert_eq!(array.mappable().is_some(), aligned);
        let out = crate::io::NpyOutput::create(f.path(), ArrayType::new([5, 4, 6], DType::Float64))
            .unwrap();
        let real = expected.mapv(|v| v.re);
        out.write_box(&IndexBox::whole(&[5, 4, 6]), f64::erase(real.view())).unwrap();
        out.commit().unwrap();
        let array = Array::open(f.path(), None).unwrap();
        let place = array.mappable().unwrap();
        assert_eq!((place.path, place.offset), (f.path(), 128));
        let rows = array.clone().slice("2:4").unwrap();
        assert_eq!(rows.mappable().unwrap().offset, 128 + 2 * 24 * 8);
        let mut eight = [0; 8];
        rows.mappable()
            .unwrap()
            .file
            .read_exact_at(&mut eight, rows.mappable().unwrap().offset)
            .unwrap();
        assert_eq!(f64::from_le_bytes(eight), real[[2, 0, 0]]);
        assert!(array.clone().slice(":, 1:").unwrap().mappable().is_none());
        assert!(array.clone().slice("::-1").unwrap().mappable().is_none());
        assert!(array.clone().transpose(&[0, 2, 1]).unwrap().mappable().is_none());
        assert!(array.clone().cast(DType::Float32).unwrap().mappable().is_none());
        assert!(array.part(Part::Imag).mappable().is_none());
        for (big, fortran) in [(true, false), (false, true)] {
            let (f, _) = file(Kind::Float64, "f8", big, fortran);
            assert!(Array::open(f.path(), None).unwrap().mappable().is_none());
        }
        let (f, _) = file(Kind::Int64, "i8", false, false);
        assert!(Array::open(f.path(), None).unwrap().mappable().is_none());
    }

    #[test]
    fn wrong_files_are_refused_and_named() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let data = write("data.npy", &npy("<f8", false, "(3,)", &[0; 24]));
        let refused = |path: &Path, key: Option<&str>, part: &str| {
            let error = Array::open(path, key).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Input, "{error}");
            assert!(error.message().contains(part), "{error}");
            assert!(error.message().contains(&path.display().to_string()), "{error}");
        };
        refused(&dir.path().join("dat.npy"), None, "no such file; did you mean data.npy?");
        refused(&dir.path().join("nowhere/x.npy"), None, "there is no such file");
        refused(dir.path(), None, "it is a folder");
        refused(&data, Some("k"), "is one .npy array and has no member \"k\"");
        refused(&write("empty.npy", b""), None, "it is empty");
        refused(&write("short.npy", &npy("<f8", false, "(4,)", &[0; 24])), None, "is truncated");
        refused(
            &write("huge.npy", &npy("<f8", false, "(1000000000000,)", &[0; 24])),
            None,
            "promises 8000000000",
        );
        refused(&write("bad.npz", b"PK\x03\x04 and nothing"), None, "damaged or truncated");
        let error = Array::from_reader(
            &mut &npy("<f8", false, "(1000000000000,)", &[0; 24])[..],
            "standard input",
        )
        .unwrap_err();
        assert!(
            error
                .message()
                .contains("ended after 24 bytes of data, its header promises 8000000000000"),
            "{error}"
        );
        assert!(Array::values([2], vec![], DType::Float64).is_err());
        assert!(
            Array::generated(Generator::Full(C128::default()), [1 << 40, 1 << 40], DType::Float64)
                .is_err()
        );
    }

    #[test]
    fn one_stream_can_carry_several_arrays() {
        let bytes =
            [npy("<f8", false, "(1,)", &1.5_f64.to_le_bytes()), npy("|u1", false, "(2,)", &[3, 4])]
                .concat();
        let mut stream = &bytes[..];
        assert_eq!(Array::from_reader(&mut stream, "-").unwrap().read::<f64>().unwrap()[[0]], 1.5);
        assert_eq!(Array::from_reader(&mut stream, "-").unwrap().read::<f64>().unwrap()[[1]], 4.0);
        assert!(Array::from_reader(&mut stream, "-").is_err());
    }

    #[test]
    fn a_file_that_changes_after_it_was_opened_is_an_error() {
        let (f, _) = file(Kind::Float64, "f8", false, false);
        let array = Array::open(f.path(), None).unwrap().named("d");
        f.as_file().set_len(200).unwrap();
        let error = array.read::<f64>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Run);
        assert!(error.message().starts_with("d: cannot read"), "{error}");
        assert!(error.message().contains("changed after it was opened"), "{error}");
    }

    #[test]
    fn arrays_without_elements_and_without_axes_are_read() {
        for (shape, dims) in [("(0, 3)", vec![0, 3]), ("()", vec![])] {
            let bytes = npy("<f8", false, shape, &2.5_f64.to_le_bytes());
            let mut f = tempfile::NamedTempFile::new().unwrap();
            f.write_all(&bytes).unwrap();
            let read = Array::open(f.path(), None).unwrap().read::<f64>().unwrap();
            assert_eq!(read.shape(), dims);
            assert!(read.iter().all(|&v| v == 2.5));
            let empty = Array::open(f.path(), None)
                .unwrap()
                .reshape(&dims.iter().map(|&n| n as isize).rev().collect::<Vec<_>>())
                .unwrap();
            assert_eq!(empty.read::<f64>().unwrap().len(), read.len());
        }
    }

    #[test]
    fn boxes_of_consecutive_elements_cover_them() {
        for start in 0..60 {
            for most in 1..=60 - start {
                let b = largest_box(&[3, 4, 5], start, most);
                assert!(!b.is_empty() && b.len() <= most);
                let corner = b.start();
                assert_eq!((corner[0] * 4 + corner[1]) * 5 + corner[2], start);
                // One piece in C order: only the first axis longer than one may be cut.
                let first = b.dims().iter().position(|&n| n > 1).unwrap_or(2);
                assert!((first + 1..3).all(|a| b.0[a] == (0..[3, 4, 5][a])));
            }
        }
    }

    #[test]
    fn members_of_archives_are_found_and_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in.npz");
        let a = ndarray::Array2::from_shape_fn((40, 30), |(i, j)| (i * 30 + j) as f32);
        let b = ndarray::Array1::from_elem(3, 2.5_f64);
        for compressed in [false, true] {
            let f = std::fs::File::create(&path).unwrap();
            let method = if compressed {
                zip::CompressionMethod::Deflated
            } else {
                zip::CompressionMethod::Stored
            };
            let options = zip::write::SimpleFileOptions::default().compression_method(method);
            let mut zip = zip::ZipWriter::new(f);
            for (name, bytes) in [("data.npy", to_bytes(&a)), ("wavelet.npy", to_bytes(&b))] {
                zip.start_file(name, options).unwrap();
                zip.write_all(&bytes).unwrap();
            }
            zip.finish().unwrap();
            let array = Array::open(&path, Some("data")).unwrap();
            assert_eq!(array.name(), format!("{}[data]", path.display()));
            assert_eq!(array.held_bytes(), if compressed { 4800 } else { 0 });
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| assert_eq!(array.read::<f32>().unwrap(), a.clone().into_dyn()));
                }
            });
            let part = array.slice("3:30:2, ::-1").unwrap();
            assert_eq!(part.read::<f32>().unwrap(), a.slice(s![3..30;2, ..;-1]).into_dyn());
            assert_eq!(
                Array::open(&path, Some("wavelet.npy")).unwrap().read::<f64>().unwrap()[[2]],
                2.5
            );
            assert_eq!(npz::members(&path).unwrap(), ["data", "wavelet"]);
            let error = Array::open(&path, Some("wavelets")).unwrap_err();
            assert!(
                error.message().ends_with("has no member \"wavelets\"; it holds \"data\", \"wavelet\"; did you mean \"wavelet\"?"),
                "{error}"
            );
            let error = Array::open(&path, None).unwrap_err();
            assert!(
                error.message().ends_with("it holds \"data\", \"wavelet\"; name one with `key`"),
                "{error}"
            );
            // A cut or flipped byte anywhere is an error or leaves headers right, never a panic.
            let bytes = std::fs::read(&path).unwrap();
            let broken = dir.path().join("broken.npz");
            for at in (0..bytes.len()).step_by(7) {
                let mut other = bytes.clone();
                other[at] ^= 0x5a;
                std::fs::write(&broken, &other).unwrap();
                for key in ["data", "wavelet"] {
                    if let Ok(array) = Array::open(&broken, Some(key)) {
                        let read = array.read::<f64>();
                        if compressed
                            && key == "data"
                            && let Ok(values) = read
                        {
                            // The checksum is verified, so what is read is right.
                            if values.len() == a.len() {
                                assert!(values.iter().eq(a.mapv(f64::from).iter()), "byte {at}");
                            }
                        }
                    }
                }
                std::fs::write(&broken, &bytes[..at]).unwrap();
                assert!(Array::open(&broken, Some("data")).is_err());
            }
        }
    }

    fn to_bytes<T: ndarray_npy::WritableElement, D: ndarray::Dimension>(
        a: &ndarray::Array<T, D>,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        ndarray_npy::WriteNpyExt::write_npy(a, &mut bytes).unwrap();
        bytes
    }
}
