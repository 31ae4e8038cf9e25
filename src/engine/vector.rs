//! Vectors of a solver, one or several arrays each, and operations on them.

use rayon::prelude::*;

use crate::engine::pass::add_up;
use crate::engine::store::StoreWriter;
use crate::engine::{Error, Machine, Result, Store, Sums};
use crate::io::Array;
use crate::kernels::{pointwise, vector};
use crate::plan::Tiles;
use crate::scalar::{C128, Scalar};
use crate::space::{ArrayType, Disjoint, IndexBox};
use crate::view::Viewed;
use crate::with_view;

/// The arrays of a vector: their types, tiles, and the boxes that this process holds.
#[derive(Clone, Debug)]
pub struct Space {
    /// The arrays, in order.
    pub blocks: Vec<Block>,
}

/// One array of a [`Space`].
#[derive(Clone, Debug)]
pub struct Block {
    /// Dims and element type.
    pub ty: ArrayType,
    /// Chunks and tiles; a sum has one part per tile.
    pub tiles: Tiles,
    /// The box that this process holds.
    pub held: IndexBox,
}

impl Space {
    /// Bytes that one vector takes in this process.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(|b| b.held.len() * b.ty.dtype.size()).sum()
    }

    /// Number of elements of the whole vector.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|b| b.ty.len()).sum()
    }

    /// Whether the vector has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A vector: one store for each block of a [`Space`].
#[derive(Debug)]
pub struct Vector {
    /// The stores, in the order of the blocks.
    pub stores: Vec<Store>,
}

/// A tile that this process owns.
#[derive(Clone, Copy, Debug)]
pub struct OwnTile<'a> {
    /// Its number among the tiles that this process owns.
    pub number: usize,
    /// Its box.
    pub part: &'a IndexBox,
}

impl std::ops::Deref for OwnTile<'_> {
    type Target = IndexBox;

    fn deref(&self) -> &IndexBox {
        self.part
    }
}

/// The tiles of a vector that this process owns, each with the number of its block.
fn tiles<'a>(space: &'a Space, machine: &Machine) -> Vec<(usize, OwnTile<'a>)> {
    let (rank, size) = (machine.rank(), machine.size());
    let own = |b: &'a Block| b.tiles.boxes()[b.tiles.owned(rank, size)].iter().enumerate();
    let own = |b| own(b).map(|(number, part)| OwnTile { number, part });
    space.blocks.iter().enumerate().flat_map(|(k, b)| own(b).map(move |t| (k, t))).collect()
}

impl Vector {
    /// Writers of the tiles that this process owns, by block.
    pub(super) fn writers<'a>(
        &'a mut self,
        space: &'a Space,
        machine: &Machine,
    ) -> Vec<StoreWriter<'a>> {
        let (rank, size) = (machine.rank(), machine.size());
        let writer = |(store, b): (&'a mut Store, &'a Block)| {
            store.writer(b.tiles.boxes(), b.tiles.owned(rank, size))
        };
        self.stores.iter_mut().zip(&space.blocks).map(writer).collect()
    }
}

/// The larger of `a` and `|b|`; NaN if either is.
fn largest(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b.abs()) }
}

impl Machine {
    /// A vector of zeros.
    pub fn vector(&self, space: &Space, scratch: Option<&std::path::Path>) -> Result<Vector> {
        let stores: Result<Vec<Store>> =
            space.blocks.iter().map(|b| Store::allocate(&b.ty, &b.held, scratch)).collect();
        Ok(Vector { stores: stores? })
    }

    /// Calls `f` on the threads with every tile that this process owns.
    fn each_tile<T: Send>(
        &self,
        space: &Space,
        f: impl Fn(usize, OwnTile<'_>) -> T + Sync,
    ) -> Vec<T> {
        let tiles = tiles(space, self);
        self.each(0..tiles.len(), |k| f(tiles[k].0, tiles[k].1))
    }

    /// Like `each_tile`, and adds the first `count` sums of `f` along the fixed tree, block by block.
    pub(super) fn reduce(
        &self,
        space: &Space,
        count: usize,
        f: impl Fn(usize, OwnTile<'_>) -> Sums + Sync,
    ) -> Result<Sums> {
        let parts = self.each_tile(space, f);
        let (mut arrays, mut rest) = (Vec::new(), &parts[..]);
        for block in &space.blocks {
            let own = block.tiles.owned(self.rank(), self.size());
            let (first, others) = rest.split_at(own.len());
            arrays.push((first, &block.tiles));
            rest = others;
        }
        Ok(add_up(&self.sums_of(count, &arrays)?))
    }

    /// Like `reduce`, for a single sum.
    fn sum(&self, space: &Space, f: impl Fn(usize, OwnTile<'_>) -> f64 + Sync) -> Result<f64> {
        Ok(self.reduce(space, 1, |block, tile| [f(block, tile), 0.0, 0.0, 0.0])?[0])
    }

    /// `Re <x, y>`
    pub fn dot(&self, space: &Space, x: &Vector, y: &Vector) -> Result<f64> {
        self.sum(space, |block, tile| {
            let (x, y) = (x.stores[block].view(&tile), y.stores[block].view(&tile));
            with_view!(View, x, x => vector::dot(x, Viewed::typed(y)))
        })
    }

    /// `||x||`, even if `||x||^2` is out of range of double precision.
    pub fn norm(&self, space: &Space, x: &Vector) -> Result<f64> {
        let squares = self.norm2(space, x)?;
        self.root(space, x, squares)
    }

    /// `||x||` from `||x||^2` as computed.
    pub fn root(&self, space: &Space, x: &Vector, squares: f64) -> Result<f64> {
        if (1e-240..1e300).contains(&squares) {
            return Ok(squares.sqrt());
        }
        let largest = self.amax(space, x)?;
        if largest == 0.0 || !largest.is_finite() {
            return Ok(largest);
        }
        let squares = self.sum(space, |block, tile| {
            with_view!(View, x.stores[block].view(&tile), x => {
                x.iter().map(|v| (v.to_c128() / largest).norm_sqr()).sum()
            })
        })?;
        Ok(squares.sqrt() * largest)
    }

    /// The largest magnitude of a real or imaginary part; NaN if any is.
    pub fn amax(&self, space: &Space, x: &Vector) -> Result<f64> {
        let parts = self.each_tile(space, |block, tile| {
            with_view!(View, x.stores[block].view(&tile), x => {
                x.iter().fold(0.0, |m, v| largest(largest(m, v.to_c128().re), v.to_c128().im))
            })
        });
        let own = parts.into_iter().fold(0.0, largest);
        let all = self.gather(&own.to_ne_bytes())?;
        let words =
            all.iter().filter_map(|word| Some(f64::from_ne_bytes(word[..].try_into().ok()?)));
        Ok(words.fold(0.0, largest))
    }

    /// `||x||^2`
    pub fn norm2(&self, space: &Space, x: &Vector) -> Result<f64> {
        self.dot(space, x, x)
    }

    /// `y = a y + b x`, and the new `||y||^2`.
    pub fn update(&self, space: &Space, y: &mut Vector, a: f64, x: &Vector, b: f64) -> Result<f64> {
        let y = y.writers(space, self);
        self.sum(space, |block, tile| {
            let x = x.stores[block].view(&tile);
            let y = y[block].tile(tile.number);
            with_view!(ViewMut, y, y => vector::update(y, a, Viewed::typed(x), b))
        })
    }

    /// `y = c y`
    pub fn scale_by(&self, space: &Space, y: &mut Vector, c: C128) {
        let y = y.writers(space, self);
        self.each_tile(space, |block, tile| {
            pointwise::scale(y[block].tile(tile.number), c);
            0.0
        });
    }

    /// `y = 0`
    pub fn zero(&self, space: &Space, y: &mut Vector) {
        let y = y.writers(space, self);
        self.each_tile(space, |block, tile| {
            pointwise::zero(y[block].tile(tile.number));
            0.0
        });
    }

    /// `y = x`
    pub fn copy(&self, space: &Space, y: &mut Vector, x: &Vector) {
        let y = y.writers(space, self);
        self.each_tile(space, |block, tile| {
            pointwise::copy(y[block].tile(tile.number), x.stores[block].view(&tile));
            0.0
        });
    }

    /// Fills a block with zeros.
    pub fn zero_block(&self, block: &Block, store: &mut Store) -> Result<()> {
        let tiles = &block.tiles;
        let writer = store.writer(tiles.boxes(), tiles.owned(self.rank(), self.size()));
        self.each(0..writer.boxes().len(), |k| pointwise::zero(writer.tile(k)));
        Ok(())
    }

    /// Reads an array into a block; its dims may differ, as long as it has as many elements.
    pub fn read(&self, block: &Block, store: &mut Store, array: &Array) -> Result<()> {
        let dims: Vec<isize> = block.ty.dims.iter().map(|&n| n as isize).collect();
        let array = if array.ty().dims == block.ty.dims {
            array.clone()
        } else {
            array.clone().reshape(&dims)?
        };
        let array = array.cast(block.ty.dtype)?;
        let (rank, size) = (self.rank(), self.size());
        // A chunk that is stored separately is decoded by one thread, once.
        match array.pieces(&block.tiles.grid.owned_box(rank, size)) {
            Some(pieces) => {
                let pieces = Disjoint::new(pieces);
                self.read_boxes(&array, store.writer(&pieces, 0..pieces.len()))
            }
            None => {
                let own = block.tiles.owned(rank, size);
                self.read_boxes(&array, store.writer(block.tiles.boxes(), own))
            }
        }
    }

    /// Reads boxes of an array on the threads.
    pub(super) fn read_boxes(&self, array: &Array, writer: StoreWriter<'_>) -> Result<()> {
        let some = writer.boxes().par_iter().enumerate().filter(|(_, b)| !b.is_empty());
        self.install(|| some.try_for_each(|(k, b)| array.read_box(b, writer.tile(k))))
            .map_err(Error::from)
    }
}
