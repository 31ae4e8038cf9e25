//! Outputs that appear all at once.
//!
//! An output is written to a temporary file beside its place and renamed at the end, so that what
//! was there before stays until the new file is whole.

mod pending;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use ndarray::{ArrayViewD, ArrayViewMutD, Axis, Dimension};
use sha2::{Digest, Sha256};

use crate::scalar::{DType, Scalar};
use crate::space::{ArrayType, IndexBox, show_dims, strides};
use crate::view::{View, Viewed};
use crate::{with_dtype, with_view};

use super::error::{Error, Result, os_words};
use super::narrow::{self, Fate, Narrowed};
use super::npy::{Header, StoredType, checked_len, header_bytes, swap_bytes};
use super::temporary::{JoinedFile, TemporaryFolder};
use super::zarr;
use pending::Pending;
pub use pending::{check_ending, check_file, check_writable, check_zarr};

/// Bytes that a write which converts or gathers holds at a time.
const BUFFER: usize = 1 << 20;

/// A .npy file in the making: C order, little-endian. Boxes may be written from many threads, and
/// from other processes that [`NpyOutput::join`] it. Dropped without a commit, it leaves nothing.
/// A place whose name ends in `.zarr` becomes a Zarr folder when it is committed.
#[derive(Debug)]
pub struct NpyOutput {
    pending: Pending,
    ty: ArrayType,
    data_offset: u64,
}

impl NpyOutput {
    /// Begins an output: checks that its folder takes files, makes the temporary file, writes the
    /// header and gives the file its length.
    pub fn create(path: &Path, ty: ArrayType) -> Result<NpyOutput> {
        let pending = Pending::create(path, zarr::is_named(path))?;
        let header = header_bytes(&ty);
        let bytes = checked_len(&ty.dims, ty.dtype.size())
            .and_then(|n| (n * ty.dtype.size()).checked_add(header.len()))
            .ok_or_else(|| {
                Error::input(format!("cannot write {}: {ty} is larger than any file", pending.name))
            })?;
        let output = NpyOutput { pending, ty, data_offset: header.len() as u64 };
        let written = output.pending.file.write_all_at(&header, 0);
        written
            .and_then(|()| output.pending.file.set_len(bytes as u64))
            .map_err(|e| output.pending.failed(&e))?;
        Ok(output)
    }

    /// Opens the temporary file that another process created, see [`NpyOutput::part`], to write
    /// boxes to it. Dropping it removes nothing, and it cannot be committed.
    pub fn join(part: &Path, ty: ArrayType) -> Result<NpyOutput> {
        let name = part.display().to_string();
        let mut file = OpenOptions::new().read(true).write(true).open(part).map_err(|e| {
            Error::run(format!("cannot open {name}, which another process began: {}", os_words(&e)))
                .help("do all hosts see this folder?")
        })?;
        let header = Header::read(&mut file, &name)?;
        if header.ty() != ty || header.dtype != StoredType::of(ty.dtype) || header.fortran {
            return Err(Error::run(format!(
                "cannot write {name}: another process began it as {}, and this one writes {ty}",
                header.ty()
            )));
        }
        let data_offset = header.data_offset;
        let part = part.to_path_buf();
        let (temporary, zarr) = (part.clone(), false);
        let joined = Some(JoinedFile::new(&part));
        let pending =
            Pending { file, temporary, owner: None, _joined: joined, target: part, name, zarr };
        Ok(NpyOutput { pending, ty, data_offset })
    }

    /// Dims and element type of the file.
    pub fn ty(&self) -> &ArrayType {
        &self.ty
    }

    /// The place that the file will take, as it was given.
    pub fn path(&self) -> &Path {
        Path::new(&self.pending.name)
    }

    /// The temporary file, for [`NpyOutput::join`].
    pub fn part(&self) -> &Path {
        &self.pending.temporary
    }

    /// Writes a box from a view of its dims. Elements are converted to the file's type, and it is told
    /// what that did to them; complex to real is refused by whoever creates the output, and would here
    /// lose the imaginary part.
    #[track_caller]
    pub fn write_box(&self, b: &IndexBox, view: View<'_>) -> Result<Narrowed> {
        self.write_box_of(&self.ty.dims, b, view)
    }

    /// The same of a box of an array of other dims, whose elements in C order are those of the file.
    #[track_caller]
    pub fn write_box_of(&self, of: &[usize], b: &IndexBox, view: View<'_>) -> Result<Narrowed> {
        let name = &self.pending.name;
        assert_eq!(view.dims(), b.dims(), "{name}: a box is written from a view of its dims");
        assert!(
            b.ndim() == of.len()
                && IndexBox::whole(of).contains(b)
                && of.iter().product::<usize>() == self.ty.len(),
            "{name}: the box {b} is inside {}, of as many elements as {}",
            show_dims(of),
            self.ty
        );
        if b.is_empty() {
            return Ok(Narrowed::default());
        }
        // Axes from `cut` on are whole, so all that they hold follows in the file.
        let dims = b.dims();
        let cut = (0..dims.len()).rev().find(|&a| dims[a] != of[a]).unwrap_or(0);
        let strides = strides(of);
        let size = self.ty.dtype.size();
        let element = |index: &[usize]| -> usize {
            index.iter().zip(&b.0).zip(&strides).map(|((i, r), s)| (i + r.start) * s).sum()
        };
        let mut write = |bytes: &[u8], index: &[usize]| {
            let at = self.data_offset + (element(index) * size) as u64;
            self.pending.file.write_all_at(bytes, at).map_err(|e| self.pending.failed(&e))
        };
        with_dtype!(self.ty.dtype, T => with_view!(View, view, v => {
            let fate = write_runs::<_, T>(v.view(), cut, &mut write)?;
            let first = || v.indexed_iter().find(|(_, x)| narrow::is_lost::<T>(x.to_c128()));
            let lost = if fate.lost { first() } else { None };
            let lost = lost.map(|(index, x)| (element(index.slice()), x.to_c128()));
            let not_finite = v.iter().filter(|x| !x.is_finite()).count();
            Ok(Narrowed { lost, vanished: fate.vanished, not_finite })
        }))
    }

    /// Waits until what this process wrote is on disk. A process that joined calls this before the
    /// one that created the output commits it: a network disk may report a failed write only now.
    pub fn sync(&self) -> Result<()> {
        self.pending.sync()
    }

    /// SHA-256 of the array's bytes, in hexadecimal, as written so far: those of the .npy file
    /// without its header, also for a Zarr folder.
    pub fn sha256(&self) -> Result<String> {
        sha256(&self.pending.temporary).map_err(|e| e.context(&self.pending.name))
    }

    /// Puts the file in its place.
    pub fn commit(self) -> Result<()> {
        commit_all(vec![self.into()])
    }
}

/// A small text file in the making.
#[derive(Debug)]
pub struct TextOutput {
    pending: Pending,
}

impl TextOutput {
    /// Begins an output: checks that its folder takes files and makes the temporary file.
    pub fn create(path: &Path) -> Result<TextOutput> {
        Ok(TextOutput { pending: Pending::create(path, false)? })
    }

    /// A text that another process writes to a temporary file: this one neither writes nor commits it,
    /// and removes it only if it is ended itself.
    pub fn elsewhere(part: &Path) -> Result<TextOutput> {
        let name = part.display().to_string();
        let failed =
            |e: std::io::Error| Error::run(format!("cannot open {name}: {}", os_words(&e)));
        let file = File::open("/dev/null").map_err(failed)?;
        let joined = Some(JoinedFile::new(part));
        let (temporary, target) = (part.to_path_buf(), part.to_path_buf());
        let pending =
            Pending { file, temporary, owner: None, _joined: joined, target, name, zarr: false };
        Ok(TextOutput { pending })
    }

    /// The temporary file.
    pub fn part(&self) -> &Path {
        &self.pending.temporary
    }

    /// The place that the file will take, as it was given.
    pub fn path(&self) -> &Path {
        Path::new(&self.pending.name)
    }

    /// Appends text.
    pub fn write(&mut self, text: &str) -> Result<()> {
        self.write_bytes(text.as_bytes())
    }

    /// Appends bytes, for files that are small but not text.
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.pending.file.write_all(bytes);
        written.map_err(|e| self.pending.failed(&e))
    }

    /// Puts the file in its place.
    pub fn commit(self) -> Result<()> {
        commit_all(vec![self.into()])
    }
}

/// Any output, for [`commit_all`].
#[derive(Debug)]
pub enum Output {
    /// An array.
    Npy(NpyOutput),
    /// A text.
    Text(TextOutput),
}

impl From<NpyOutput> for Output {
    fn from(output: NpyOutput) -> Self {
        Output::Npy(output)
    }
}

impl From<TextOutput> for Output {
    fn from(output: TextOutput) -> Self {
        Output::Text(output)
    }
}

/// Puts all outputs in their places, once all of them are safely on disk. If anything fails before
/// the first rename, every old file is untouched and every temporary one is gone.
pub fn commit_all(outputs: Vec<Output>) -> Result<()> {
    let pending: Vec<Pending> = outputs
        .into_iter()
        .map(|output| match output {
            Output::Npy(output) => output.pending,
            Output::Text(output) => output.pending,
        })
        .collect();
    pending.iter().try_for_each(Pending::sync)?;
    let folders: Result<Vec<Option<TemporaryFolder>>> =
        pending.iter().map(Pending::folder).collect();
    pending.into_iter().zip(folders?).try_for_each(|(pending, folder)| match folder {
        Some(folder) => pending.replace(folder),
        None => pending.rename(),
    })
}

/// SHA-256 of the data of a .npy file, without its header, in hexadecimal.
pub fn sha256(path: &Path) -> Result<String> {
    let name = path.display().to_string();
    let mut file = super::array::open_file(path, &name)?;
    let header = Header::read(&mut file, &name)?;
    let mut rest = header.data_bytes();
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    while rest > 0 {
        let most = rest.min(BUFFER as u64) as usize;
        let got = file
            .read(&mut buffer[..most])
            .map_err(|e| Error::run(format!("cannot read {name}: {}", os_words(&e))))?;
        if got == 0 {
            return Err(Error::run(format!(
                "cannot read {name}: its last {rest} bytes are missing"
            )));
        }
        hash.update(&buffer[..got]);
        rest -= got as u64;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Boxes that follow each other in C order, each one piece of the array's elements, of at most
/// `most` elements (but one).
pub fn boxes(dims: &[usize], most: usize) -> impl Iterator<Item = IndexBox> {
    let strides = strides(dims);
    let most = most.max(1);
    // The first axis whose steps are small enough is cut; those before it go one by one.
    let cut = (0..dims.len()).find(|&a| strides[a] <= most).unwrap_or(0);
    let per = dims.get(cut).map_or(1, |_| (most / strides[cut].max(1)).max(1));
    let along = dims.get(cut).map_or(1, |n| n.div_ceil(per));
    let before: usize = dims[..cut].iter().product();
    let dims = dims.to_vec();
    let count = if dims.contains(&0) { 0 } else { before * along };
    (0..count).map(move |number| {
        let mut rest = number / along;
        let mut ranges = vec![0..0; dims.len()];
        for axis in (0..cut).rev() {
            let i = rest % dims[axis];
            rest /= dims[axis];
            ranges[axis] = i..i + 1;
        }
        for axis in cut..dims.len() {
            ranges[axis] = match axis == cut {
                true => number % along * per..(number % along * per + per).min(dims[axis]),
                false => 0..dims[axis],
            };
        }
        IndexBox(ranges)
    })
}

/// Takes bytes and the index of their first element.
type WriteAt<'a> = dyn FnMut(&[u8], &[usize]) -> Result<()> + 'a;

/// Calls `write` with little-endian bytes of `T` and the index of their first element, for pieces
/// in C order none of which cuts across an axis before `cut`.
fn write_runs<S: Viewed, T: Viewed>(
    view: ArrayViewD<'_, S>,
    cut: usize,
    write: &mut WriteAt<'_>,
) -> Result<Fate> {
    let mut fate = Fate::default();
    let as_is = S::DTYPE == T::DTYPE && cfg!(target_endian = "little");
    let dims = view.shape().to_vec();
    if view.is_empty() {
        return Ok(fate);
    }
    let most = BUFFER / size_of::<T>();
    let run: usize = dims[cut..].iter().product();
    let mut scratch: Vec<T> = Vec::new();
    let mut index = vec![0; dims.len()];
    for row in boxes(&dims[..cut], 1) {
        let mut part = view.view();
        for (axis, r) in row.0.iter().enumerate() {
            index[axis] = r.start;
            part.index_axis_inplace(Axis(0), r.start);
        }
        if as_is && let Some(slice) = part.as_slice() {
            index[cut..].fill(0);
            write(bytemuck::cast_slice(slice), &index)?;
            continue;
        }
        for piece in boxes(&dims[cut..], most) {
            scratch.resize(most.min(run), T::default());
            let scratch = &mut scratch[..piece.len()];
            let mut from = part.view();
            for (axis, r) in piece.0.iter().enumerate() {
                from.slice_axis_inplace(Axis(axis), r.clone().into());
                index[cut + axis] = r.start;
            }
            let to = ArrayViewMutD::from_shape(from.raw_dim(), &mut *scratch);
            let to = to.unwrap_or_else(|e| unreachable!("a piece has its length: {e}"));
            fate = fate.and(narrow::convert(to, from));
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(scratch);
            to_little_endian(bytes, T::DTYPE);
            write(bytes, &index)?;
        }
    }
    Ok(fate)
}

fn to_little_endian(bytes: &mut [u8], dtype: DType) {
    if cfg!(target_endian = "big") {
        swap_bytes(bytes, dtype.real().size());
    }
}

#[cfg(test)]
mod tests;
