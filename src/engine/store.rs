//! Memory of arrays: one piece for the box that a process holds.
//!
//! Memory has one owner while it is written: a store that shares it with no other, borrowed by a
//! [`StoreWriter`], which gives each of its disjoint boxes to one thread. Readers may share memory.
//! Only this file makes views from pointers.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use memmap2::{MmapMut, MmapOptions};
use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn, ShapeBuilder};

use crate::engine::{Error, Result};
use crate::io::Bytes;
use crate::scalar::{C128, Scalar};
use crate::space::{ArrayType, Disjoint, IndexBox, show_dims, strides};
use crate::view::{View, ViewMut, Viewed};
use crate::{with_dtype, with_view};

/// A piece of memory; zeros when allocated.
pub(super) struct Region {
    base: *mut u8,
    bytes: usize,
    /// Whether no file backs it: not every network card reads file-backed memory.
    private: bool,
    writable: bool,
    _keeps: Keeps,
}

/// What keeps the memory alive.
enum Keeps {
    Nothing,
    Map {
        _map: MmapMut,
    },
    File {
        _map: memmap2::Mmap,
    },
    Bytes {
        _bytes: Bytes,
    },
    /// Memory under Miri, which does not map any.
    #[cfg(miri)]
    Words {
        _words: Vec<C128>,
    },
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.bytes)
    }
}

// SAFETY: the memory is plain bytes that live as long as the value, on whatever thread.
#[allow(unsafe_code)]
unsafe impl Send for Region {}
// SAFETY: a shared reference only reads, except in a `StoreWriter`, which alone has the memory and
// gives no byte of it to two threads.
#[allow(unsafe_code)]
unsafe impl Sync for Region {}

impl Region {
    /// Allocates memory; if `folder` is given, in a scratch file there.
    pub(super) fn new(bytes: usize, folder: Option<&Path>) -> Result<Arc<Region>> {
        if bytes == 0 {
            return Ok(Arc::new(Region::none()));
        }
        let map = match folder {
            None => anonymous(bytes),
            Some(folder) => scratch(bytes, folder),
        };
        let (base, keeps) = map.map_err(|e| {
            let place = folder
                .map_or("memory".to_string(), |f| format!("scratch space in {}", f.display()));
            Error::Memory(format!("cannot allocate {bytes} bytes of {place}: {e}"))
        })?;
        let private = folder.is_none();
        Ok(Arc::new(Region { base, bytes, private, writable: true, _keeps: keeps }))
    }

    /// An empty region.
    fn none() -> Region {
        let base = std::ptr::without_provenance_mut(64);
        Region { base, bytes: 0, private: true, writable: true, _keeps: Keeps::Nothing }
    }

    /// Maps a part of a file, which is read as it is touched.
    #[allow(unsafe_code)]
    pub(super) fn of_file(path: &Path, offset: u64, bytes: usize) -> Result<Arc<Region>> {
        let failed = |e: std::io::Error| {
            Error::Memory(format!("cannot map {} into memory: {e}", path.display()))
        };
        let file = File::open(path).map_err(failed)?;
        // SAFETY: the file is one of the problem's inputs; that nobody changes it during the run is
        // the user's part of the contract, as for every program that maps its inputs.
        let map =
            unsafe { MmapOptions::new().offset(offset).len(bytes).map(&file) }.map_err(failed)?;
        let base = map.as_ptr().cast_mut();
        let keeps = Keeps::File { _map: map };
        Ok(Arc::new(Region { base, bytes, private: false, writable: false, _keeps: keeps }))
    }

    /// Wraps bytes that others read too; `None` if they are not aligned for numbers.
    pub(super) fn of_bytes(shared: Bytes) -> Option<Arc<Region>> {
        let slice: &[u8] = (*shared).as_ref();
        let (base, bytes) = (slice.as_ptr().cast_mut(), slice.len());
        let aligned = base.align_offset(align_of::<C128>()) == 0;
        aligned.then(|| {
            let keeps = Keeps::Bytes { _bytes: shared };
            Arc::new(Region { base, bytes, private: false, writable: false, _keeps: keeps })
        })
    }
}

#[cfg(not(miri))]
fn anonymous(bytes: usize) -> std::io::Result<(*mut u8, Keeps)> {
    let mut map = MmapMut::map_anon(bytes)?;
    // Large pages save page table walks; a kernel without them is only slower.
    let _ = map.advise(memmap2::Advice::HugePage);
    Ok((map.as_mut_ptr(), Keeps::Map { _map: map }))
}

#[cfg(miri)]
fn anonymous(bytes: usize) -> std::io::Result<(*mut u8, Keeps)> {
    let mut words = vec![C128::default(); bytes.div_ceil(size_of::<C128>())];
    Ok((words.as_mut_ptr().cast(), Keeps::Words { _words: words }))
}

#[allow(unsafe_code)]
fn scratch(bytes: usize, folder: &Path) -> std::io::Result<(*mut u8, Keeps)> {
    let file = tempfile::tempfile_in(folder)?;
    file.set_len(bytes as u64)?;
    // SAFETY: the file has no name, so nobody else can change it.
    let mut map = unsafe { MmapMut::map_mut(&file)? };
    Ok((map.as_mut_ptr(), Keeps::Map { _map: map }))
}

/// An array, or the box of it that this process holds. A clone shares its memory, and shared memory
/// is read-only.
#[derive(Clone, Debug)]
pub struct Store {
    ty: ArrayType,
    held: IndexBox,
    memory: Arc<Region>,
}

/// A box of a store that is contiguous in memory.
struct Stretch {
    store: Store,
    part: IndexBox,
}

impl AsRef<[u8]> for Stretch {
    fn as_ref(&self) -> &[u8] {
        with_view!(View, self.store.view(&self.part), v => match v.to_slice() {
            Some(slice) => bytemuck::cast_slice(slice),
            None => unreachable!("a run was asked for"),
        })
    }
}

impl Store {
    pub(super) fn new(ty: &ArrayType, held: &IndexBox, memory: Arc<Region>) -> Store {
        assert!(held.len() * ty.dtype.size() <= memory.bytes, "a store of {ty} fits its memory");
        Store { ty: ty.clone(), held: held.clone(), memory }
    }

    /// Allocates memory for the box that is held.
    pub(super) fn allocate(
        ty: &ArrayType,
        held: &IndexBox,
        folder: Option<&Path>,
    ) -> Result<Store> {
        let memory = Region::new(held.len() * ty.dtype.size(), folder)?;
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

    /// A view of a held box. Panics if the box is not held.
    #[track_caller]
    pub fn view(&self, b: &IndexBox) -> View<'_> {
        self.check(b);
        let (offset, steps) = self.place(b);
        with_dtype!(self.ty.dtype, T => T::erase(self.strided::<T>(offset, &b.dims(), &steps)))
    }

    /// The bytes of the whole held box.
    pub(super) fn into_bytes(self) -> Bytes {
        Arc::new(Stretch { part: self.held.clone(), store: self })
    }

    /// The bytes of a held box, if they are contiguous and no file backs them. The store cannot be
    /// written while they are in use.
    pub(super) fn run(&self, b: &IndexBox) -> Option<Bytes> {
        let consecutive = with_view!(View, self.view(b), v => v.is_standard_layout());
        (consecutive && self.memory.private)
            .then(|| Arc::new(Stretch { store: self.clone(), part: b.clone() }) as Bytes)
    }

    /// A view of box `b` of the same elements with other dims, if the held box is contiguous in the
    /// array and contains it.
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

    /// A store without memory, until [`Store::swap_memory`] gives it some.
    pub(super) fn without_memory(ty: &ArrayType, held: &IndexBox) -> Store {
        Store { ty: ty.clone(), held: held.clone(), memory: Arc::new(Region::none()) }
    }

    /// Swaps the memory of two stores, whose contents are lost.
    pub(super) fn swap_memory(&mut self, other: &mut Store) {
        std::mem::swap(&mut self.memory, &mut other.memory);
    }

    /// A writable view of a held box. Panics if others share the store's memory.
    #[track_caller]
    #[allow(unsafe_code)]
    pub fn view_mut(&mut self, b: &IndexBox) -> ViewMut<'_> {
        self.check_owner();
        // SAFETY: only this store has the memory, and the view borrows it.
        unsafe { self.view_unshared(b) }
    }

    /// Lets several threads write held boxes, one each. Panics if others share the store's memory.
    #[track_caller]
    pub fn writer<'a>(&'a mut self, boxes: &'a Disjoint, some: Range<usize>) -> StoreWriter<'a> {
        self.check_owner();
        let taken = some.clone().map(|_| AtomicBool::new(false)).collect();
        StoreWriter { store: self, boxes: &boxes[some], taken }
    }

    #[track_caller]
    fn check_owner(&mut self) {
        let memory = Arc::get_mut(&mut self.memory);
        assert!(memory.is_some_and(|m| m.writable), "memory is written by its only owner");
    }

    /// # Safety
    ///
    /// No other store has the memory, and no other view of any element in `b` exists meanwhile.
    #[track_caller]
    #[allow(unsafe_code)]
    unsafe fn view_unshared(&self, b: &IndexBox) -> ViewMut<'_> {
        self.check(b);
        let (offset, steps) = self.place(b);
        with_dtype!(self.ty.dtype, T => {
            let base = self.pointer::<T>(offset, &b.dims(), &steps);
            let shape = IxDyn(&b.dims()).strides(IxDyn(&steps));
            // SAFETY: `pointer` has checked where the elements lie, and the caller promises that no
            // other view of them exists.
            T::erase_mut(unsafe { ArrayViewMutD::from_shape_ptr(shape, base) })
        })
    }

    #[track_caller]
    fn check(&self, b: &IndexBox) {
        assert!(
            b.ndim() == self.held.ndim() && self.held.contains(b),
            "box {b} of {}, of which {} is held",
            show_dims(&self.ty.dims),
            self.held
        );
    }

    /// Offset of a held box in memory, and its strides, in elements.
    fn place(&self, b: &IndexBox) -> (usize, Vec<usize>) {
        let s = strides(&self.held.dims());
        let first = b.0.iter().zip(&self.held.0).zip(&s);
        let offset =
            if b.is_empty() { 0 } else { first.map(|((r, h), s)| (r.start - h.start) * s).sum() };
        (offset, s)
    }

    #[allow(unsafe_code)]
    fn strided<T: Scalar>(
        &self,
        offset: usize,
        dims: &[usize],
        steps: &[usize],
    ) -> ArrayViewD<'_, T> {
        let base = self.pointer::<T>(offset, dims, steps);
        // SAFETY: `pointer` has checked where the elements lie; they are initialised, every bit pattern
        // being a number, and whoever writes them borrows the only store of the memory.
        unsafe { ArrayViewD::from_shape_ptr(IxDyn(dims).strides(IxDyn(steps)), base) }
    }

    /// Pointer to the first element of a view. Panics unless all of it is in memory and aligned.
    fn pointer<T: Scalar>(&self, offset: usize, dims: &[usize], steps: &[usize]) -> *mut T {
        let last: usize = dims.iter().zip(steps).map(|(&n, s)| n.saturating_sub(1) * s).sum();
        let elements = self.memory.bytes / size_of::<T>();
        let empty = dims.contains(&0);
        assert!(empty || offset + last < elements, "a view lies inside its memory");
        assert!(dims.len() == steps.len() && self.memory.base.cast::<T>().is_aligned());
        self.memory.base.cast::<T>().wrapping_add(if empty { 0 } else { offset })
    }
}

/// Boxes of a store that threads write, each once.
#[derive(Debug)]
pub struct StoreWriter<'a> {
    store: &'a Store,
    boxes: &'a [IndexBox],
    /// By box, whether it has been given out.
    taken: Vec<AtomicBool>,
}

impl<'a> StoreWriter<'a> {
    /// The boxes.
    pub fn boxes(&self) -> &'a [IndexBox] {
        self.boxes
    }

    /// A writable view of a box. Panics if it was taken before.
    #[track_caller]
    #[allow(unsafe_code)]
    pub fn tile(&self, number: usize) -> ViewMut<'a> {
        let before = self.taken[number].swap(true, Ordering::Relaxed);
        assert!(!before, "a box is written once");
        // SAFETY: a writer borrows the only store of the memory; its boxes share no element, and none is
        // given out twice.
        unsafe { self.store.view_unshared(&self.boxes[number]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::DType;
    use crate::space::Grid;

    fn store(dims: &[usize]) -> Store {
        let ty = ArrayType::new(dims, DType::Float64);
        Store::allocate(&ty, &IndexBox::whole(dims), None).expect("memory")
    }

    fn run(elements: Range<usize>) -> IndexBox {
        IndexBox::whole(&[0]).with(0, elements)
    }

    fn tiles(dims: &[usize], chunk: &[usize]) -> Disjoint {
        let grid = Grid::new(dims, chunk);
        Disjoint::new((0..grid.len()).map(|k| grid.chunk_box(k)).collect())
    }

    fn values(store: &Store) -> Vec<f64> {
        match store.view(store.held()) {
            View::Float64(view) => view.iter().copied().collect(),
            _ => unreachable!("the store is of this type"),
        }
    }

    fn fill(view: ViewMut<'_>, value: f64) {
        match view {
            ViewMut::Float64(mut view) => view.fill(value),
            _ => unreachable!("the store is of this type"),
        }
    }

    fn panics(f: impl FnOnce()) -> bool {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err()
    }

    #[test]
    fn threads_write_tiles_side_by_side() {
        let mut x = store(&[6, 9]);
        let tiles = tiles(&[6, 9], &[4, 2]);
        let writer = x.writer(&tiles, 1..tiles.len());
        std::thread::scope(|scope| {
            for first in 0..3 {
                let writer = &writer;
                scope.spawn(move || {
                    for k in (first..writer.boxes().len()).step_by(3) {
                        fill(writer.tile(k), k as f64 + 1.0);
                    }
                });
            }
        });
        for (number, tile) in tiles.iter().enumerate() {
            let View::Float64(tile) = x.view(tile) else { unreachable!() };
            assert!(tile.iter().all(|v| *v == number as f64), "{number}");
        }
    }

    #[test]
    fn a_tile_is_given_out_once() {
        let mut x = store(&[8]);
        let tiles = tiles(&[8], &[4]);
        let writer = x.writer(&tiles, 0..2);
        let first = writer.tile(0);
        assert!(panics(|| fill(writer.tile(0), 1.0)));
        fill(first, 2.0);
        fill(writer.tile(1), 3.0);
        assert_eq!(values(&x), [2.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0, 3.0]);
    }

    #[test]
    fn what_others_read_is_not_written() {
        let mut x = store(&[4]);
        let whole = x.held().clone();
        fill(x.view_mut(&whole), 1.0);
        let mut clone = x.clone();
        assert!(panics(|| fill(x.view_mut(&whole), 2.0)));
        assert!(panics(|| fill(clone.view_mut(&whole), 2.0)));
        drop(clone);
        let lent = x.run(&whole).expect("one run");
        assert!(panics(|| drop(x.writer(&tiles(&[4], &[2]), 0..2))));
        assert_eq!((*lent).as_ref().len(), 32);
        drop(lent);
        fill(x.view_mut(&whole), 3.0);
        assert_eq!(values(&x), [3.0; 4]);
        let mut shared =
            Store::new(&x.ty, &whole, Region::of_bytes(x.clone().into_bytes()).expect("aligned"));
        drop(x);
        assert!(panics(|| fill(shared.view_mut(&whole), 4.0)));
        assert_eq!(values(&shared), [3.0; 4]);
    }

    #[test]
    fn memory_that_was_given_away_is_not_read() {
        let (mut x, ty) = (store(&[4]), ArrayType::new([2], DType::Complex128));
        let mut y = Store::without_memory(&ty, &IndexBox::whole(&[2]));
        assert!(panics(|| drop(y.view(y.held()).dims())));
        y.swap_memory(&mut x);
        assert_eq!(y.view(y.held()).dims(), [2]);
        assert!(panics(|| drop(values(&x))));
        let mut small = Store::without_memory(&ArrayType::new([9], DType::Float64), &run(0..9));
        small.swap_memory(&mut y);
        assert!(panics(|| drop(values(&small))));
    }

    #[test]
    fn boxes_that_are_not_held_are_not_seen() {
        let ty = ArrayType::new([6, 5], DType::Float64);
        let mut x = Store::allocate(&ty, &IndexBox(vec![2..5, 0..5]), None).expect("memory");
        assert_eq!(x.view(&IndexBox(vec![3..5, 1..2])).dims(), [2, 1]);
        assert!(panics(|| drop(x.view(&IndexBox(vec![1..3, 0..5])).dims())));
        assert!(panics(|| drop(x.view(&run(2..3)).dims())));
        assert!(panics(|| fill(x.view_mut(&IndexBox(vec![4..6, 0..5])), 1.0)));
        fill(x.view_mut(&IndexBox(vec![2..3, 5..5])), 1.0);
        let flat = x.view_reshaped(&[30], &run(11..14)).expect("consecutive");
        assert_eq!(flat.dims(), [3]);
        assert!(x.view_reshaped(&[30], &run(9..14)).is_none());
    }
}
