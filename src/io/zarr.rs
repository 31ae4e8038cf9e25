//! Zarr folders, versions 2 and 3, as arrays: found, their metadata checked, read chunk by chunk.
//!
//! A box is read in pieces, one a chunk, so that each chunk is decoded once however the box lies.
//! Chunks of which a box takes a part only are kept for the next box, within a bound.
//! The `zarrs` crate decodes; what it would refuse is refused here, in our own words.

mod find;
mod kept;
mod metadata;
mod missing;
mod write;

use std::path::{Path, PathBuf};

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, Slice};
use zarrs::array::{
    Array, ArrayBytes, ArrayError, ArrayShardedExt, ArrayShardedReadableExt,
    ArrayShardedReadableExtCache,
};
use zarrs::filesystem::FilesystemStore;

use crate::scalar::Scalar;
use crate::space::{IndexBox, MOST_ELEMENTS};
use crate::view::Viewed;
use crate::with_dtype;

use super::array::Missing;
use super::error::{Error, ErrorKind, Result};
use super::layout::Courses;
use super::npy::{StoredType, checked_len, decode};
use find::Found;
use kept::ChunkCache;
use metadata::Metadata;
use missing::Chunks;

pub(crate) use find::{is_array, members};
pub(crate) use write::write;

/// Chunks between these sizes are the plan's chunks too: smaller ones are not worth a task, larger
/// ones leave too few.
const PLANNED: std::ops::RangeInclusive<usize> = 256 << 10..=64 << 20;

/// A Zarr array that was found, and its metadata.
pub(crate) struct Opened {
    /// What messages call it.
    pub(crate) name: String,
    pub(crate) dims: Vec<usize>,
    /// How elements are before they are compressed.
    pub(crate) stored: StoredType,
    /// Lengths of its chunks, where they suit a plan.
    pub(crate) chunks: Option<Vec<usize>>,
    pub(crate) folder: Folder,
}

/// The chunks of a Zarr array.
pub(crate) struct Folder {
    name: String,
    array: Array<FilesystemStore>,
    /// Indices of shards, where chunks lie together in shards.
    shards: Option<ArrayShardedReadableExtCache>,
    /// Elements as they come from `zarrs`: this machine's.
    decoded: StoredType,
    /// Lengths of the chunks that can be decoded one by one.
    chunk: Vec<usize>,
    kept: ChunkCache,
    words: String,
    /// Where the array is.
    path: PathBuf,
    /// Chunks that are files.
    files: Chunks,
}

/// A part of a box, in one chunk.
pub(crate) struct Piece {
    /// Where it is in the array.
    pub(crate) inside: IndexBox,
    /// The chunk.
    chunk: Vec<usize>,
    /// The first element in the chunk.
    first: Vec<usize>,
    /// Whether it is all that the array has of the chunk.
    whole: bool,
}

/// Whether a path is that of a Zarr folder by its name.
pub(crate) fn is_named(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "zarr")
}

/// An error if no Zarr folder can be written.
pub(crate) fn can_write(_name: &str) -> Result<()> {
    Ok(())
}

/// Opens the array of a Zarr folder, or one of a group by its path in it.
pub(crate) fn open(folder: &Path, inside: Option<&str>) -> Result<Opened> {
    let Found { path, name } = find::find(folder, inside)?;
    let metadata = Metadata::read(&path, &name)?;
    let array = metadata.open(&path, &name)?;
    let sharded = array.is_exclusively_sharded();
    let chunk = match array.effective_subchunk_shape().filter(|_| sharded) {
        Some(lengths) => lengths.iter().map(|n| n.get()).collect(),
        None => metadata.chunk.clone(),
    };
    let chunk: Option<Vec<usize>> = chunk.iter().map(|&n| usize::try_from(n).ok()).collect();
    let bytes = |c: &Vec<usize>| checked_len(c, 16).map(|n| n * metadata.stored.dtype().size());
    let Some((chunk, bytes)) =
        chunk.and_then(|c| bytes(&c).filter(|n| *n <= MOST_ELEMENTS).map(|n| (c, n)))
    else {
        return Err(Error::input(format!(
            "cannot read {name}: its chunks are larger than any memory"
        )));
    };
    // Shards are no larger than their chunks together, so their lengths are lengths too.
    let file: Vec<usize> =
        metadata.chunk.iter().map(|&n| usize::try_from(n).unwrap_or(usize::MAX)).collect();
    let decoded =
        StoredType { big_endian: cfg!(target_endian = "big"), kind: metadata.stored.kind };
    let folder = Folder {
        shards: sharded.then(|| ArrayShardedReadableExtCache::new(&array)),
        kept: ChunkCache::new(&metadata.dims, &chunk, bytes),
        words: metadata.words(&chunk),
        files: Chunks::new(&metadata.dims, &file),
        path,
        name: name.clone(),
        array,
        decoded,
        chunk: chunk.clone(),
    };
    let chunks = PLANNED.contains(&bytes).then_some(chunk);
    Ok(Opened { name, dims: metadata.dims, stored: metadata.stored, chunks, folder })
}

impl Folder {
    /// Most bytes of chunks that are kept.
    pub(crate) fn held_bytes(&self) -> usize {
        self.kept.most_bytes()
    }

    /// Version, chunks and compression.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// How many chunks are missing, of those that an array of these dims needs which runs through this
    /// as `courses` say; `None` if none is.
    pub(crate) fn missing(&self, of: Option<(&Courses, &[usize])>) -> Option<Missing> {
        let read = of.map(|(courses, dims)| self.files.read_by(courses, dims));
        let all = match &read {
            Some(read) => read.iter().fold(1, |n: usize, axis| n.saturating_mul(axis.len())),
            None => self.files.count(),
        };
        let present = missing::present(&self.array, &self.path, &self.files, read.as_deref());
        let missing = all.saturating_sub(present);
        let fill = with_dtype!(self.decoded.dtype(), N => {
            let mut value = [N::default()];
            decode(self.decoded, self.array.fill_value().as_ne_bytes(), &mut value);
            let value = Scalar::to_c128(value[0]);
            match self.decoded.dtype().is_complex() {
                true => format!("{}{:+}j", value.re, value.im),
                false => value.re.to_string(),
            }
        });
        let what = if self.shards.is_some() { "shard" } else { "chunk" };
        (missing > 0).then_some(Missing { missing, all, what, fill })
    }

    /// The parts of a box of an array that runs through this as `courses` say, by chunk.
    pub(crate) fn pieces(&self, courses: &Courses, b: &IndexBox) -> Vec<Piece> {
        self.pieces_of(courses, b, None)
    }

    /// The same; with the array's dims, it is known which parts are whole.
    fn pieces_of(&self, courses: &Courses, b: &IndexBox, dims: Option<&[usize]>) -> Vec<Piece> {
        // By axis: ranges in one chunk each, and whether the axis has no more of that chunk.
        let cuts: Vec<Vec<(std::ops::Range<usize>, bool)>> = (b.0.iter().enumerate())
            .map(|(axis, range)| {
                let Some(course) = courses.axes[axis] else { return vec![(range.clone(), true)] };
                let length = self.chunk[course.axis];
                let of = |i: usize| {
                    courses.start[course.axis].wrapping_add_signed(i as isize * course.step)
                        / length
                };
                let all = dims.map_or(range.end, |d| d[axis]);
                let mut cuts = Vec::new();
                let mut start = range.start;
                while start < range.end {
                    let stop = (start + 1..range.end).find(|&i| of(i) != of(start));
                    let stop = stop.unwrap_or(range.end);
                    let before = start == 0 || of(start - 1) != of(start);
                    let behind = stop >= all || of(stop) != of(start);
                    cuts.push((start..stop, before && behind));
                    start = stop;
                }
                cuts
            })
            .collect();
        let mut pieces = Vec::new();
        let count: usize = cuts.iter().map(Vec::len).product();
        for number in 0..count {
            let mut rest = number;
            let mut whole = true;
            let mut ranges = vec![0..0; cuts.len()];
            for axis in (0..cuts.len()).rev() {
                let (range, all) = &cuts[axis][rest % cuts[axis].len()];
                rest /= cuts[axis].len();
                (ranges[axis], whole) = (range.clone(), whole && *all);
            }
            let mut first = courses.start.clone();
            for (range, course) in ranges.iter().zip(&courses.axes) {
                if let Some(c) = course {
                    first[c.axis] =
                        first[c.axis].wrapping_add_signed(range.start as isize * c.step);
                }
            }
            let chunk = first.iter().zip(&self.chunk).map(|(i, n)| i / n).collect();
            first.iter_mut().zip(&self.chunk).for_each(|(i, n)| *i %= n);
            pieces.push(Piece { inside: IndexBox(ranges), chunk, first, whole });
        }
        pieces
    }

    /// Calls `take` with every part of a box and its elements.
    pub(crate) fn read<N: Viewed>(
        &self,
        courses: &Courses,
        b: &IndexBox,
        dims: &[usize],
        take: &mut dyn FnMut(&IndexBox, ArrayViewD<'_, N>),
    ) -> Result<()> {
        for piece in self.pieces_of(courses, b, Some(dims)) {
            let chunk = self.kept.get(&piece.chunk, piece.whole, || self.decode(&piece.chunk))?;
            // A chunk that was never written is one value, everywhere.
            let Some(values) = chunk.broadcast(IxDyn(&self.chunk)) else {
                unreachable!("{}: a chunk has its dims, or none", self.name)
            };
            take(&piece.inside, select(values, &piece, courses));
        }
        Ok(())
    }

    /// Reads and decodes a chunk; one that is missing is one value.
    fn decode<N: Viewed>(&self, at: &[usize]) -> Result<ArrayD<N>> {
        let index: Vec<u64> = at.iter().map(|&i| i as u64).collect();
        // Tasks of the caller's threads must not be taken up while a chunk is decoded.
        let options = zarrs::array::CodecOptions::default().with_concurrent_target(1);
        let found: std::result::Result<Option<ArrayBytes<'static>>, ArrayError> = match &self.shards
        {
            None => self.array.retrieve_chunk_if_exists_opt(&index, &options),
            Some(shards) => self.array.retrieve_subchunk_opt(shards, &index, &options).map(Some),
        };
        let bytes = match found.map_err(|e| self.failed(at, &e))? {
            Some(bytes) => bytes.into_fixed().map_err(|e| self.failed(at, &e))?.into_owned(),
            None => {
                let mut value = [N::default()];
                decode(self.decoded, self.array.fill_value().as_ne_bytes(), &mut value);
                return Ok(ArrayD::from_elem(IxDyn(&[]), value[0]));
            }
        };
        let count = self.chunk.iter().product::<usize>();
        if bytes.len() != count * self.decoded.size() {
            let expected = count * self.decoded.size();
            let words = format!("it holds {} bytes, expected {expected}", bytes.len());
            return Err(self.failed(at, &words));
        }
        let mut values = vec![N::default(); count];
        decode(self.decoded, &bytes, &mut values);
        Ok(ArrayD::from_shape_vec(IxDyn(&self.chunk), values)
            .unwrap_or_else(|e| unreachable!("a chunk has its length: {e}")))
    }

    fn failed(&self, at: &[usize], cause: &dyn std::fmt::Display) -> Error {
        let index: Vec<String> = at.iter().map(ToString::to_string).collect();
        Error::run(format!(
            "cannot read {}: its chunk [{}] is damaged or truncated ({cause})",
            self.name,
            index.join(", ")
        ))
        .help("write the array again")
    }
}

/// The elements of a piece, in the axes of the array that it is part of.
fn select<'a, N>(
    mut chunk: ArrayViewD<'a, N>,
    piece: &Piece,
    courses: &Courses,
) -> ArrayViewD<'a, N> {
    let lengths = piece.inside.dims();
    let along = |axis: usize| {
        let found = courses.axes.iter().position(|c| c.is_some_and(|c| c.axis == axis));
        found.and_then(|k| courses.axes[k].map(|c| (lengths[k], c.step)))
    };
    for (axis, &first) in piece.first.iter().enumerate() {
        let (length, step) = along(axis).unwrap_or((1, 1));
        let reach = (length - 1) * step.unsigned_abs();
        let (low, high) = if step < 0 { (first - reach, first) } else { (first, first + reach) };
        chunk.slice_axis_inplace(
            Axis(axis),
            Slice::new(low as isize, Some(high as isize + 1), step),
        );
    }
    // Axes of the chunk that the array does not have are of length 1 now, and moved to the end.
    let mut order: Vec<usize> = courses.axes.iter().flatten().map(|c| c.axis).collect();
    let kept = order.len();
    order.extend((0..chunk.ndim()).filter(|axis| along(*axis).is_none()));
    let mut view = chunk.permuted_axes(order);
    while view.ndim() > kept {
        let last = Axis(view.ndim() - 1);
        view.index_axis_inplace(last, 0);
    }
    for (axis, course) in courses.axes.iter().enumerate() {
        if course.is_none() {
            view = view.insert_axis(Axis(axis));
        }
    }
    view
}

/// A message of the metadata's reader as an error of the user's.
fn refused(name: &str, what: impl std::fmt::Display) -> Error {
    let error = Error::input(format!("cannot read {name}: {what}"));
    debug_assert_eq!(error.kind(), ErrorKind::Input);
    error
}

#[cfg(test)]
mod tests;
