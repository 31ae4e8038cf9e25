//! Outputs that appear all at once.
//!
//! An output is written to a temporary file beside its place and renamed at the end, so that what
//! was there before stays until the new file is whole.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ndarray::{ArrayViewD, ArrayViewMutD, Axis, IxDyn, Zip};
use sha2::{Digest, Sha256};

use crate::scalar::DType;
use crate::space::{ArrayType, IndexBox, strides};
use crate::view::{View, ViewMut, Viewed};
use crate::{with_dtype, with_view};

use super::array::Array;
use super::error::{Error, Result, os_words};
use super::npy::{Header, StoredType, checked_len, header_bytes, swap_bytes};
use super::temporary::{JoinedFile, TemporaryFile, TemporaryFolder};
use super::zarr;

/// Bytes that a write which converts or gathers holds at a time.
const BUFFER: usize = 1 << 20;

/// A file that replaces another when it is whole.
#[derive(Debug)]
struct Pending {
    file: File,
    temporary: PathBuf,
    /// Removes the temporary file when dropped; not there in a process that only joined.
    owner: Option<TemporaryFile>,
    _joined: Option<JoinedFile>,
    target: PathBuf,
    /// The target as the user wrote it.
    name: String,
    /// Whether it becomes a Zarr folder.
    zarr: bool,
}

impl Pending {
    fn create(path: &Path, zarr: bool) -> Result<Pending> {
        let name = path.display().to_string();
        if zarr {
            zarr::can_write(&name)?;
        }
        // A link stays a link: the file that it names is replaced.
        let target = match path.is_symlink() {
            true => path.canonicalize().map_err(|e| {
                Error::input(format!(
                    "cannot write {name}: it is a link to nowhere: {}",
                    os_words(&e)
                ))
            })?,
            false => path.to_path_buf(),
        };
        let (folder, file_name) = match (target.parent(), target.file_name()) {
            (Some(folder), Some(file)) if folder.as_os_str().is_empty() => (Path::new("."), file),
            (Some(folder), Some(file)) => (folder, file),
            _ => return Err(Error::input(format!("cannot write {name}: it does not name a file"))),
        };
        match target.metadata() {
            Ok(meta) if zarr => check_replaceable(&target, &name, meta.is_dir())?,
            Ok(meta) if meta.is_dir() => {
                return Err(Error::input(format!("cannot write {name}: it is a folder")));
            }
            Ok(meta) if !meta.is_file() => {
                return Err(Error::input(format!(
                    "cannot write {name}: it is not a regular file; use \"-\" for standard output"
                )));
            }
            _ => {}
        }
        if !folder.is_dir() {
            return Err(Error::input(format!(
                "cannot write {name}: there is no folder {}; make it first",
                folder.display()
            )));
        }
        let prefix = beside(file_name);
        let temporary = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".partial")
            // As for any new file; the process's umask takes its share.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .map_err(|e| {
                Error::input(format!(
                    "cannot write {name}: no file can be made in {}: {}",
                    folder.display(),
                    os_words(&e)
                ))
            })?;
        let (file, owner) = temporary.into_parts();
        let temporary = owner.to_path_buf();
        let owner = Some(TemporaryFile::new(owner));
        Ok(Pending { file, temporary, owner, _joined: None, target, name, zarr })
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::run(format!("cannot write {}: {}", self.name, os_words(error)))
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(|e| self.failed(&e))
    }

    #[track_caller]
    fn rename(mut self) -> Result<()> {
        let owner = self.owner.take().unwrap_or_else(|| {
            unreachable!("{}: the process that created an output commits it", self.name)
        });
        owner.persist(&self.target).map_err(|e| self.failed(&e.error))
    }

    /// For a Zarr output, the folder that takes its place, beside it.
    fn folder(&self) -> Result<Option<TemporaryFolder>> {
        if !self.zarr {
            return Ok(None);
        }
        let folder = TemporaryFolder::from(self.folder_beside(".partial")?);
        let array = Array::open(&self.temporary, None)?;
        zarr::write(&array, folder.path(), &self.name)?;
        Ok(Some(folder))
    }

    fn folder_beside(&self, suffix: &str) -> Result<tempfile::TempDir> {
        let parent = self.target.parent().filter(|p| !p.as_os_str().is_empty());
        let prefix = beside(self.target.file_name().unwrap_or_default());
        let made = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(suffix)
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(parent.unwrap_or(Path::new(".")));
        made.map_err(|e| self.failed(&e))
    }

    /// Puts a complete folder in the target's place; an old one goes when the new one is there.
    fn replace(&self, folder: TemporaryFolder) -> Result<()> {
        let failed = |e: std::io::Error| self.failed(&e);
        // What a failure in between leaves there is the user's.
        let old = self.folder_beside(".old")?;
        let parked = old.path().join("zarr");
        // A folder cannot be renamed onto one that is not empty.
        let there = self.target.is_dir();
        if there {
            std::fs::rename(&self.target, &parked).map_err(failed)?;
        }
        if let Err(e) = std::fs::rename(folder.path(), &self.target) {
            if there && std::fs::rename(&parked, &self.target).is_err() {
                return Err(Error::run(format!(
                    "cannot write {}: {}; what was there is in {}",
                    self.name,
                    os_words(&e),
                    old.keep().join("zarr").display()
                )));
            }
            return Err(failed(e));
        }
        // It is at its place, and no longer temporary.
        folder.keep();
        Ok(())
    }
}

/// What the names of temporary files beside a file begin with.
fn beside(file_name: &std::ffi::OsStr) -> String {
    format!(".{}.", file_name.to_string_lossy())
}

/// An error if a place is taken by anything that a Zarr array should not replace.
fn check_replaceable(target: &Path, name: &str, is_folder: bool) -> Result<()> {
    if !is_folder {
        return Err(Error::input(format!(
            "cannot write {name}: it is a file, where a Zarr array is a folder; remove it first, or name another place"
        )));
    }
    if !zarr::is_array(target) {
        return Err(Error::input(format!(
            "cannot write {name}: it is a folder that is not a Zarr array; remove it first, or name another place"
        )));
    }
    Ok(())
}

/// Refuses a path whose ending says another format than what is written: .npy or .zarr for arrays,
/// .csv for text. What is there and is no file, such as /dev/null, takes anything.
pub fn check_ending(path: &Path, text: bool) -> Result<()> {
    let known: &[&str] = if text { &["csv"] } else { &["npy", "zarr"] };
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    let device = path.metadata().is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
    if known.iter().any(|k| ending.eq_ignore_ascii_case(k)) || device {
        return Ok(());
    }
    let name = path.display();
    let (what, kinds, to) = match text {
        true => ("text", ".csv", "csv"),
        false => ("an array", ".npy or .zarr", "npy"),
    };
    let other = path.with_extension(to);
    let other = other.display();
    let help = match ending.to_ascii_lowercase().as_str() {
        "csv" | "txt" | "dat" if !text => {
            format!("write {other}, then in Python: np.savetxt(\"{name}\", np.load(\"{other}\"))")
        }
        "npz" | "mat" | "h5" | "hdf5" | "sgy" | "segy" | "png" | "tif" | "tiff" => {
            format!("write {other}, and convert it")
        }
        _ => format!("write {other}"),
    };
    Err(Error::input(format!("cannot write {name}: {what} is written as {kinds}; {help}")))
}

/// An error if no array can be written to a path that names a Zarr folder; nothing for other paths.
pub fn check_zarr(path: &Path) -> Result<()> {
    let name = path.display().to_string();
    match path.metadata() {
        _ if !zarr::is_named(path) => Ok(()),
        Ok(meta) => {
            zarr::can_write(&name).and_then(|()| check_replaceable(path, &name, meta.is_dir()))
        }
        Err(_) => zarr::can_write(&name),
    }
}

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
            Error::run(format!(
                "cannot open {name}, which another process began: {}; do all hosts see this folder?",
                os_words(&e)
            ))
        })?;
        let header = Header::read(&mut file, &name)?;
        if header.ty() != ty || header.dtype != StoredType::of(ty.dtype) || header.fortran {
            return Err(Error::run(format!(
                "cannot write {name}: it was begun as {}, this process would write {ty}",
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

    /// Writes a box from a view of its dims. Elements are converted to the file's type; complex to
    /// real is refused by whoever creates the output, and would here lose the imaginary part.
    #[track_caller]
    pub fn write_box(&self, b: &IndexBox, view: View<'_>) -> Result<()> {
        let name = &self.pending.name;
        assert_eq!(view.dims(), b.dims(), "{name}: a box is written from a view of its dims");
        assert!(
            b.ndim() == self.ty.dims.len() && IndexBox::whole(&self.ty.dims).contains(b),
            "{name}: the box {b} is inside {}",
            self.ty
        );
        if b.is_empty() {
            return Ok(());
        }
        // Axes from `cut` on are whole, so all that they hold follows in the file.
        let dims = b.dims();
        let cut = (0..dims.len()).rev().find(|&a| dims[a] != self.ty.dims[a]).unwrap_or(0);
        let strides = strides(&self.ty.dims);
        let size = self.ty.dtype.size();
        let at = |index: &[usize]| {
            let element: usize =
                index.iter().zip(&b.0).zip(&strides).map(|((i, r), s)| (i + r.start) * s).sum();
            self.data_offset + (element * size) as u64
        };
        let mut write = |bytes: &[u8], index: &[usize]| {
            self.pending.file.write_all_at(bytes, at(index)).map_err(|e| self.pending.failed(&e))
        };
        with_dtype!(self.ty.dtype, T => {
            with_view!(View, view, v => write_runs::<_, T>(v, cut, &mut write))
        })
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

/// Writes an array as a .npy stream, converted to `ty`'s element type.
#[track_caller]
pub fn write_npy_to(w: &mut dyn Write, ty: &ArrayType, view: View<'_>) -> Result<()> {
    assert_eq!(view.dims(), ty.dims, "a stream is written from a view of its dims");
    stream(w, &header_bytes(ty))?;
    with_dtype!(ty.dtype, T => {
        with_view!(View, view, v => write_runs::<_, T>(v, 0, &mut |bytes, _| stream(w, bytes)))
    })?;
    w.flush().map_err(|e| stream_failed(&e))
}

/// Writes a .npy stream box by box. `fill` is called with boxes that follow each other in C order
/// and hold about `most` elements, and with a view of the file's type to fill.
pub fn write_npy_stream<E: From<Error>>(
    w: &mut dyn Write,
    ty: &ArrayType,
    most: usize,
    mut fill: impl FnMut(&IndexBox, ViewMut<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    stream(w, &header_bytes(ty))?;
    for b in boxes(&ty.dims, most) {
        with_dtype!(ty.dtype, T => {
            let mut data = vec![T::default(); b.len()];
            let view = ArrayViewMutD::from_shape(IxDyn(&b.dims()), &mut data);
            fill(&b, T::erase_mut(view.unwrap_or_else(|e| unreachable!("a box has its length: {e}"))))?;
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut data);
            to_little_endian(bytes, ty.dtype);
            stream(w, bytes)?;
        });
    }
    w.flush().map_err(|e| stream_failed(&e).into())
}

fn stream(w: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    w.write_all(bytes).map_err(|e| stream_failed(&e))
}

fn stream_failed(error: &std::io::Error) -> Error {
    Error::run(format!("cannot write to standard output: {}", os_words(error)))
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
                "cannot read {name}: it is truncated; {rest} bytes are missing"
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
) -> Result<()> {
    let as_is = S::DTYPE == T::DTYPE && cfg!(target_endian = "little");
    let dims = view.shape().to_vec();
    if view.is_empty() {
        return Ok(());
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
            Zip::from(to).and(&from).for_each(|t, &s| *t = T::from_c128(s.to_c128()));
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(scratch);
            to_little_endian(bytes, T::DTYPE);
            write(bytes, &index)?;
        }
    }
    Ok(())
}

fn to_little_endian(bytes: &mut [u8], dtype: DType) {
    if cfg!(target_endian = "big") {
        swap_bytes(bytes, dtype.real().size());
    }
}

#[cfg(test)]
mod tests;
