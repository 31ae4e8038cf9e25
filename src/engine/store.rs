//! Memory of arrays: one piece for the box that a process holds.
//!
//! Threads write disjoint boxes of one store at the same time, and stores that live at different
//! times share memory, so views are made from a pointer here, and nowhere else.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use memmap2::{MmapMut, MmapOptions};
use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn, ShapeBuilder};

use crate::engine::{Error, Result};
use crate::io::Bytes;
use crate::scalar::{C128, Scalar};
use crate::space::{ArrayType, IndexBox, show_dims, strides};
use crate::view::{View, ViewMut, Viewed};
use crate::{with_dtype, with_view};

/// A piece of memory, zeros at first.
pub(super) struct Memory {
    base: *mut u8,
    bytes: usize,
    /// Whether no file lies behind it, which not every network card reads from.
    private: bool,
    _map: Option<Map>,
}

enum Map {
    Writable { _map: MmapMut },
    ReadOnly { _map: memmap2::Mmap },
    Shared { _bytes: Bytes },
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.bytes)
    }
}

// SAFETY: the memory is plain bytes that live as long as the value; who may read and write which
// part when is settled by the plan, see `Store::view_mut_shared`.
#[allow(unsafe_code)]
unsafe impl Send for Memory {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Sync for Memory {}

impl Memory {
    /// Memory of that many bytes; in a scratch file of `folder` if there is one.
    pub(super) fn new(bytes: usize, folder: Option<&Path>) -> Result<Arc<Memory>> {
        if bytes == 0 {
            let base = std::ptr::without_provenance_mut(64);
            return Ok(Arc::new(Memory { base, bytes, private: true, _map: None }));
        }
        let map = match folder {
            None => MmapMut::map_anon(bytes).inspect(|map| {
                // Large pages spare page table walks; a kernel without them is only slower.
                let _ = map.advise(memmap2::Advice::HugePage);
            }),
            Some(folder) => scratch(bytes, folder),
        };
        let mut map = map.map_err(|e| {
            let place = folder
                .map_or("memory".to_string(), |f| format!("scratch space in {}", f.display()));
            Error::Memory(format!("{bytes} bytes of {place} are not to be had: {e}"))
        })?;
        Ok(Arc::new(Memory {
            base: map.as_mut_ptr(),
            bytes,
            private: folder.is_none(),
            _map: Some(Map::Writable { _map: map }),
        }))
    }

    /// A part of a file, read as it is touched.
    #[allow(unsafe_code)]
    pub(super) fn of_file(path: &Path, offset: u64, bytes: usize) -> Result<Arc<Memory>> {
        let failed = |e: std::io::Error| {
            Error::Memory(format!("{} cannot be mapped into memory: {e}", path.display()))
        };
        let file = File::open(path).map_err(failed)?;
        // SAFETY: the file is one of the problem's inputs; that nobody changes it during the run is
        // the user's part of the contract, as for every program that maps its inputs.
        let map =
            unsafe { MmapOptions::new().offset(offset).len(bytes).map(&file) }.map_err(failed)?;
        let base = map.as_ptr().cast_mut();
        let map = Some(Map::ReadOnly { _map: map });
        Ok(Arc::new(Memory { base, bytes, private: false, _map: map }))
    }

    /// Bytes that others read too; `None` if they do not lie where numbers may.
    pub(super) fn of_bytes(shared: Bytes) -> Option<Arc<Memory>> {
        let slice: &[u8] = (*shared).as_ref();
        let (base, bytes) = (slice.as_ptr().cast_mut(), slice.len());
        let aligned = base.align_offset(align_of::<C128>()) == 0;
        aligned.then(|| {
            let map = Some(Map::Shared { _bytes: shared });
            Arc::new(Memory { base, bytes, private: false, _map: map })
        })
    }
}

#[allow(unsafe_code)]
fn scratch(bytes: usize, folder: &Path) -> std::io::Result<MmapMut> {
    let file = tempfile::tempfile_in(folder)?;
    file.set_len(bytes as u64)?;
    // SAFETY: the file has no name, so nobody else can change it.
    unsafe { MmapMut::map_mut(&file) }
}

/// An array, or the box of it that this process holds.
#[derive(Clone, Debug)]
pub struct Store {
    ty: ArrayType,
    held: IndexBox,
    memory: Arc<Memory>,
}

/// A box of a store that is one run of its memory.
struct Run {
    store: Store,
    part: IndexBox,
}

impl AsRef<[u8]> for Run {
    fn as_ref(&self) -> &[u8] {
        with_view!(View, self.store.view(&self.part), v => match v.to_slice() {
            Some(slice) => bytemuck::cast_slice(slice),
            None => unreachable!("a run was asked for"),
        })
    }
}

impl Store {
    pub(super) fn new(ty: &ArrayType, held: &IndexBox, memory: Arc<Memory>) -> Store {
        assert!(held.len() * ty.dtype.size() <= memory.bytes, "a store of {ty} fits its memory");
        Store { ty: ty.clone(), held: held.clone(), memory }
    }

    /// Memory of its own for the box that is held.
    pub(super) fn allocate(
        ty: &ArrayType,
        held: &IndexBox,
        folder: Option<&Path>,
    ) -> Result<Store> {
        let memory = Memory::new(held.len() * ty.dtype.size(), folder)?;
        Ok(Store::new(ty, held, memory))
    }

    /// Dims and element type of the whole array.
    pub fn ty(&self) -> &ArrayType {
        &self.ty
    }

    /// The box that is held.
    pub fn held(&self) -> &IndexBox {
        &self.held
    }

    /// A held box, to read.
    #[track_caller]
    pub fn view(&self, b: &IndexBox) -> View<'_> {
        self.check(b);
        with_dtype!(self.ty.dtype, T => T::erase(self.typed::<T>(&self.held, b)))
    }

    /// The bytes of all that is held. Nobody may write them while they are in use.
    pub(super) fn bytes(&self) -> Bytes {
        Arc::new(Run { store: self.clone(), part: self.held.clone() })
    }

    /// The bytes of a held box, if they are one run of memory that is not of a file. Nobody may write the box while they are
    /// in use.
    pub(super) fn run(&self, b: &IndexBox) -> Option<Bytes> {
        let consecutive = with_view!(View, self.view(b), v => v.is_standard_layout());
        (consecutive && self.memory.private)
            .then(|| Arc::new(Run { store: self.clone(), part: b.clone() }) as Bytes)
    }

    /// A held box of the same elements with other dims, if what is held is consecutive elements of
    /// the array.
    pub(super) fn view_reshaped(&self, dims: &[usize], b: &IndexBox) -> Option<View<'_>> {
        let consecutive = self.held.0.iter().zip(&self.ty.dims).skip(1).all(|(r, &n)| r.len() == n);
        if !consecutive || b.is_empty() {
            return None;
        }
        let row: usize = self.ty.dims.iter().skip(1).product();
        let first = self.held.0.first().map_or(0, |r| r.start * row);
        let s = strides(dims);
        let lo: usize = b.0.iter().zip(&s).map(|(r, s)| r.start * s).sum();
        let hi: usize = b.0.iter().zip(&s).map(|(r, s)| (r.end - 1) * s).sum();
        if lo < first || hi >= first + self.held.len() {
            return None;
        }
        Some(
            with_dtype!(self.ty.dtype, T => T::erase(self.strided::<T>(lo - first, &b.dims(), &s))),
        )
    }

    /// A held box, to write, while other threads write other boxes.
    ///
    /// The caller promises that no two views of overlapping boxes are alive while one of them is
    /// written: the engine hands out the disjoint tiles of one stage, reads only stores that the
    /// stage does not write, and the plan gives no two live stores the same memory. Runs that are lent
    /// to be sent belong to what a stage reads, and have arrived before the stage is done.
    #[track_caller]
    #[allow(unsafe_code)]
    pub(super) fn view_mut_shared(&self, b: &IndexBox) -> ViewMut<'_> {
        self.check(b);
        with_dtype!(self.ty.dtype, T => {
            let view = self.typed::<T>(&self.held, b);
            let dims = IxDyn(view.shape());
            let steps: Vec<usize> = view.strides().iter().map(|&s| s as usize).collect();
            let base = view.as_ptr().cast_mut();
            // SAFETY: shape and strides are those of a view inside this memory, which is writable
            // (constants that are mapped read-only or shared are never the target of a stage), and the
            // caller keeps writers apart.
            T::erase_mut(unsafe { ArrayViewMutD::from_shape_ptr(dims.strides(IxDyn(&steps)), base) })
        })
    }

    /// A held box, to write.
    pub fn tile_mut(&mut self, b: &IndexBox) -> ViewMut<'_> {
        self.view_mut_shared(b)
    }

    #[track_caller]
    fn check(&self, b: &IndexBox) {
        assert!(
            self.held.contains(b),
            "box {b} of {}, of which {} is held",
            show_dims(&self.ty.dims),
            self.held
        );
    }

    fn typed<T: Scalar>(&self, held: &IndexBox, b: &IndexBox) -> ArrayViewD<'_, T> {
        let s = strides(&held.dims());
        if b.is_empty() {
            return self.strided(0, &b.dims(), &s);
        }
        let offset =
            b.0.iter().zip(&held.0).zip(&s).map(|((r, h), s)| (r.start - h.start) * s).sum();
        self.strided(offset, &b.dims(), &s)
    }

    #[allow(unsafe_code)]
    fn strided<T: Scalar>(
        &self,
        offset: usize,
        dims: &[usize],
        steps: &[usize],
    ) -> ArrayViewD<'_, T> {
        let last: usize = dims.iter().zip(steps).map(|(&n, s)| n.saturating_sub(1) * s).sum();
        let elements = self.memory.bytes / size_of::<T>();
        let empty = dims.contains(&0);
        assert!(empty || offset + last < elements, "a view lies inside its memory");
        // SAFETY: the last element was just checked to lie inside the memory, which is aligned for
        // every element type (whole pages, or a 64-byte aligned offset of an .npy file's data,
        // checked before a file is mapped) and initialised, every bit pattern being a number.
        unsafe {
            let base = self.memory.base.cast::<T>().add(if empty { 0 } else { offset });
            ArrayViewD::from_shape_ptr(IxDyn(dims).strides(IxDyn(steps)), base)
        }
    }
}
