//! What an array's elements come from: a file, bytes in memory, a formula, another array.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use ndarray::{ArrayViewMutD, IxDyn};

use crate::scalar::{C128, DType};
use crate::space::IndexBox;
use crate::view::{ViewMut, Viewed};

use super::Array;
use super::read::{BUFFER, GAP, largest_box};
use crate::io::error::{Error, Result, os_words};
use crate::io::generate::Generator;
use crate::io::npy::{Header, StoredType, decode, swap_bytes};
use crate::io::{npz, zarr};

pub(super) struct Base {
    pub(super) name: String,
    /// Type of the base's own elements.
    pub(super) dtype: DType,
    pub(super) dims: Vec<usize>,
    pub(super) fortran: bool,
    pub(super) stored: Option<StoredType>,
    pub(super) source: Origin,
}

pub(super) enum Origin {
    File {
        file: File,
        path: PathBuf,
        offset: u64,
        stamp: Stamp,
        checksum: Option<Checksum>,
    },
    Inflated {
        file: File,
        index: usize,
        header: Header,
        data: OnceLock<Result<Vec<u8>>>,
    },
    Bytes(Vec<u8>),
    Values(Vec<C128>),
    Generated(Generator),
    Computed {
        by: Arc<dyn Compute>,
        data: OnceLock<Result<Bytes>>,
    },
    /// Computed from other arrays whenever it is read.
    Ruled(Arc<dyn Rule>),
    Array(Array),
    /// Arrays of one type along a new leading axis.
    Stacked(Vec<Array>),
    Zarr(Box<zarr::Folder>),
}

/// The checksum of a member of an archive, which is verified before its data are first used.
pub(super) struct Checksum {
    /// The member's number in the archive.
    pub(super) index: usize,
    pub(super) verified: OnceLock<Result<()>>,
}

/// The bytes of an array's elements in C order, as they are in memory.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// What computes an array that is not at hand yet.
pub trait Compute: fmt::Debug + Send + Sync {
    /// The array's bytes. It is called once, when the array is first read, on rayon threads of its own.
    fn compute(&self) -> Result<Bytes>;

    /// Most bytes that it takes while it runs, beside those of the array itself.
    fn working_bytes(&self, _threads: usize) -> usize {
        0
    }
}

/// What gives the elements of an array from those of others, box by box, whenever they are read.
pub trait Rule: fmt::Debug + Send + Sync {
    /// Writes the elements of a box; `out` has its dims and the array's element type.
    fn read(&self, b: &IndexBox, out: ViewMut<'_>) -> Result<()>;

    /// The arrays that it reads.
    fn inputs(&self) -> &[Array] {
        &[]
    }
}

/// What numbers a ruled array holds, whatever its element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any.
    Number,
    /// Whole ones, which may be indices.
    Whole,
    /// 0 and 1, which may be a mask.
    Truth,
}

/// Elements of a ruled array that are computed at a time.
const BLOCK: usize = 1 << 15;

/// Tells whether a file is still what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) length: u64,
    pub(super) modified: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(file: &File, name: &str) -> Result<Stamp> {
        let meta = file.metadata().map_err(|e| {
            Error::run(format!("cannot read the metadata of {name}: {}", os_words(&e)))
        })?;
        Ok(Stamp { length: meta.len(), modified: meta.modified().ok() })
    }
}

/// Runs `f` on a pool of its own, of as many threads as the reader's: those of the reader's may all
/// wait for the same value, and none of them may be given another reader's work meanwhile.
pub(super) fn apart<T: Send>(f: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let threads = rayon::current_num_threads();
    let run = || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.map_err(|e| Error::run(format!("cannot start {threads} threads: {e}")))?.install(f)
    };
    std::thread::scope(|scope| match scope.spawn(run).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

impl Base {
    /// Elements of a gap that is better read than jumped over.
    pub(super) fn worth_reading(&self) -> usize {
        match &self.source {
            Origin::File { .. } => GAP / self.stored.map_or(8, StoredType::size),
            Origin::Inflated { .. }
            | Origin::Bytes(_)
            | Origin::Values(_)
            | Origin::Computed { .. } => 8,
            Origin::Generated(Generator::Random { .. }) => 0,
            Origin::Generated(_) => 8,
            Origin::Array(_) | Origin::Stacked(_) | Origin::Ruled(_) => 64,
            Origin::Zarr(_) => 0,
        }
    }

    /// Fails if a file changed after it was opened, or does not match its checksum.
    pub(super) fn check_intact(&self) -> Result<()> {
        let Origin::File { file, stamp, checksum, .. } = &self.source else { return Ok(()) };
        if Stamp::of(file, &self.name)? != *stamp {
            return Err(npz::changed(&self.name));
        }
        let Some(Checksum { index, verified }) = checksum else { return Ok(()) };
        verified.get_or_init(|| npz::verify(file, &self.name, *index)).clone()
    }

    /// Reads consecutive elements of the base.
    pub(super) fn read_run<N: Viewed>(&self, start: usize, out: &mut [N]) -> Result<()> {
        match &self.source {
            Origin::File { file, offset, .. } => self.read_file(file, *offset, start, out),
            Origin::Inflated { file, index, header, data } => {
                let data = data.get_or_init(|| npz::inflate(file, &self.name, *index, header));
                self.decode(data.as_ref().map_err(Error::clone)?, start, out);
                Ok(())
            }
            Origin::Bytes(data) => {
                self.decode(data, start, out);
                Ok(())
            }
            Origin::Values(values) => {
                for (o, &v) in out.iter_mut().zip(&values[start..]) {
                    *o = N::from_c128(v);
                }
                Ok(())
            }
            Origin::Generated(generator) => {
                generator.fill(start, out);
                Ok(())
            }
            Origin::Computed { by, data } => {
                let data = data.get_or_init(|| apart(|| by.compute()));
                let data = data.as_ref().map_err(Error::clone)?;
                let size = size_of::<N>();
                let bytes: &mut [u8] = bytemuck::cast_slice_mut(out);
                let from = start * size..start * size + bytes.len();
                bytes.copy_from_slice(&(**data).as_ref()[from]);
                Ok(())
            }
            Origin::Array(array) => array.read_linear(start, out),
            Origin::Stacked(parts) => {
                let each = parts[0].ty().len();
                let (mut part, mut from, mut rest) = (start / each, start % each, out);
                while !rest.is_empty() {
                    let (own, after) = rest.split_at_mut(rest.len().min(each - from));
                    parts[part].read_linear(from, own).map_err(|e| parts[part].named_error(e))?;
                    (part, from, rest) = (part + 1, 0, after);
                }
                Ok(())
            }
            Origin::Ruled(rule) => {
                let mut done = 0;
                while done < out.len() {
                    let most = (out.len() - done).min(BLOCK);
                    let b = largest_box(&self.dims, start + done, most);
                    let part = &mut out[done..done + b.len()];
                    done += part.len();
                    let view = ArrayViewMutD::from_shape(IxDyn(&b.dims()), part);
                    let view = view.unwrap_or_else(|e| unreachable!("a box has its length: {e}"));
                    rule.read(&b, N::erase_mut(view))?;
                }
                Ok(())
            }
            Origin::Zarr(_) => unreachable!("{}: chunks are read as boxes", self.name),
        }
    }

    #[track_caller]
    pub(super) fn stored(&self) -> StoredType {
        self.stored.unwrap_or_else(|| unreachable!("{}: bytes have a stored type", self.name))
    }

    pub(super) fn decode<N: Viewed>(&self, data: &[u8], start: usize, out: &mut [N]) {
        let stored = self.stored();
        let size = stored.size();
        decode(stored, &data[start * size..(start + out.len()) * size], out);
    }

    pub(super) fn read_file<N: Viewed>(
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
