//! Zarr folders, versions 2 and 3, as arrays: found, their metadata checked, read chunk by chunk.
//!
//! A box is read in pieces, one a chunk, so that each chunk is decoded once however the box lies.
//! Chunks of which a box takes a part only are kept for the next box, within a bound.

mod blosc;
mod codecs;
mod find;
mod kept;
mod metadata;
mod missing;
mod write;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, Slice};

use crate::scalar::Scalar;
use crate::space::IndexBox;
use crate::view::Viewed;
use crate::with_dtype;

use super::array::Missing;
use super::error::{Error, ErrorKind, Result, os_words};
use super::layout::Courses;
use super::npy::{StoredType, checked_len, decode};
use codecs::{Codecs, Shards};
use find::Node;
use kept::Kept;
use metadata::{Keys, Metadata};
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
    codecs: Codecs,
    keys: Keys,
    /// Of chunks that are missing.
    fill: Vec<u8>,
    /// Where chunks are in the shards that were asked for, by path.
    shards: Mutex<BTreeMap<String, Arc<Places>>>,
    /// Elements as codecs leave them: this machine's.
    decoded: StoredType,
    /// Lengths of the chunks that can be decoded one by one.
    chunk: Vec<usize>,
    kept: Kept,
    words: String,
    /// Where the array is.
    path: PathBuf,
    /// Chunks that are files.
    files: Chunks,
}

/// Where the chunks of a shard are in it.
type Places = Vec<Option<Range<u64>>>;

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

/// Opens the array of a Zarr folder, or one of a group by its path in it.
pub(crate) fn open(folder: &Path, inside: Option<&str>) -> Result<Opened> {
    let Node { path, name } = find::find(folder, inside)?;
    let metadata = Metadata::read(&path, &name)?;
    let codecs = metadata.codecs_of(&name)?;
    let chunk = codecs.shards().map_or(&metadata.chunk, |shards| &shards.chunk).clone();
    let bytes = checked_len(&metadata.chunk, 16).and(checked_len(&chunk, 16));
    let Some(bytes) = bytes.map(|n| n * metadata.stored.size()) else {
        return Err(Error::input(format!(
            "cannot read {name}: its chunks are larger than any memory"
        )));
    };
    let decoded =
        StoredType { big_endian: cfg!(target_endian = "big"), kind: metadata.stored.kind };
    let folder = Folder {
        shards: Mutex::default(),
        fill: metadata.fill(&name)?,
        kept: Kept::new(&metadata.dims, &chunk, bytes),
        words: metadata.words(&chunk),
        files: Chunks::new(&metadata.dims, &metadata.chunk),
        keys: metadata.keys.clone(),
        path,
        name: name.clone(),
        codecs,
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
        let present = missing::present(&self.keys, &self.path, &self.files, read.as_deref());
        let missing = all.saturating_sub(present);
        let fill = with_dtype!(self.decoded.dtype(), N => {
            let mut value = [N::default()];
            decode(self.decoded, &self.fill, &mut value);
            let value = Scalar::to_c128(value[0]);
            match self.decoded.dtype().is_complex() {
                true => format!("{}{:+}j", value.re, value.im),
                false => value.re.to_string(),
            }
        });
        let what = if self.codecs.shards().is_some() { "shard" } else { "chunk" };
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
        let stored = match self.codecs.shards() {
            None => self.file(at).map(|file| file.map(|file| (&self.codecs, file))),
            Some(shards) => self.part(shards, at).map(|part| part.map(|p| (&shards.codecs, p))),
        };
        let bytes = stored.and_then(|stored| {
            let decode = |(codecs, bytes): (&Codecs, Vec<u8>)| {
                codecs.decode(self.decoded.kind, &self.chunk, bytes, &self.fill)
            };
            stored.map(decode).transpose()
        });
        let Some(bytes) = bytes.map_err(|e| self.failed(at, &e))? else {
            let mut value = [N::default()];
            decode(self.decoded, &self.fill, &mut value);
            return Ok(ArrayD::from_elem(IxDyn(&[]), value[0]));
        };
        let count = self.chunk.iter().product::<usize>();
        let mut values = vec![N::default(); count];
        decode(self.decoded, &bytes, &mut values);
        Ok(ArrayD::from_shape_vec(IxDyn(&self.chunk), values)
            .unwrap_or_else(|e| unreachable!("a chunk has its length: {e}")))
    }

    /// The bytes of a chunk that is a file.
    fn file(&self, at: &[usize]) -> std::result::Result<Option<Vec<u8>>, String> {
        let index: Vec<u64> = at.iter().map(|&i| i as u64).collect();
        match std::fs::read(self.path.join(self.keys.path(&index))) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(|e| os_words(&e)),
        }
    }

    /// The bytes of a chunk that is part of a shard.
    fn part(&self, shards: &Shards, at: &[usize]) -> std::result::Result<Option<Vec<u8>>, String> {
        let index: Vec<u64> = at.iter().zip(&shards.counts).map(|(i, n)| (i / n) as u64).collect();
        let path = self.keys.path(&index);
        let mut file = match File::open(self.path.join(&path)) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(|e| os_words(&e))?,
        };
        let mut read = |place: Range<u64>| -> std::io::Result<Vec<u8>> {
            let mut bytes = vec![0; (place.end - place.start) as usize];
            file.seek(SeekFrom::Start(place.start))?;
            file.read_exact(&mut bytes).map(|()| bytes)
        };
        let known = self.shards.lock().unwrap_or_else(PoisonError::into_inner).get(&path).cloned();
        let places = match known {
            Some(places) => places,
            None => {
                let length =
                    std::fs::metadata(self.path.join(&path)).map_err(|e| os_words(&e))?.len();
                let index = read(shards.index_place(length)?).map_err(|e| os_words(&e))?;
                let places = Arc::new(shards.places(index, length)?);
                let mut all = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
                all.insert(path, places.clone());
                places
            }
        };
        let number = at.iter().zip(&shards.counts).fold(0, |number, (i, n)| number * n + i % n);
        places[number].clone().map(read).transpose().map_err(|e| os_words(&e))
    }

    fn failed(&self, at: &[usize], cause: &dyn std::fmt::Display) -> Error {
        let index: Vec<String> = at.iter().map(ToString::to_string).collect();
        Error::run(format!(
            "cannot read {}: its chunk [{}] is damaged or truncated ({cause}); write the array again",
            self.name,
            index.join(", ")
        ))
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
