//! Cuts arrays into chunks by a rule that depends on dims, element type and primitive, never on
//! threads or hosts; and chunks into tiles that fit the cache.

use std::ops::Range;

use crate::graph::Cut;
use crate::space::{ArrayType, Disjoint, Grid};

/// Bytes that one tile should touch: about half of a core's second-level cache.
const TILE_BYTES: f64 = 256.0 * 1024.0;
/// Most chunks of an array; larger arrays get larger chunks.
const MOST_CHUNKS: f64 = 16384.0;
/// Fewest tiles of an array, and fewest bytes that are worth a tile.
const FEW_TILES: f64 = 16.0;
const LEAST_BYTES: f64 = 64.0 * 1024.0;
/// Bytes of a row that are worth an access of their own; bytes of two cache lines, fetched together.
const ROW_BYTES: usize = 512;
const LINE_BYTES: usize = 128;

/// Pieces of a row should be multiples of this many elements.
const LINE: usize = 16;

/// Chunk lengths for an array that may be cut as `cut` says. Cuts leading axes first, so that
/// chunks are contiguous in memory.
pub fn auto_chunk(ty: &ArrayType, cut: &Cut) -> Vec<usize> {
    let mut chunk = ty.dims.clone();
    let whole = ty.len() as f64 * cut.bytes;
    let target = TILE_BYTES.min(whole / FEW_TILES).max(LEAST_BYTES).max(whole / MOST_CHUNKS);
    for axis in 0..chunk.len() {
        let bytes = chunk.iter().product::<usize>() as f64 * cut.bytes;
        let Some(align) = cut.align[axis] else { continue };
        if bytes <= target || ty.dims[axis] == 0 {
            break;
        }
        // Chunks of several rows keep rows that are worth an access, if enough chunks remain.
        let row = ty.dims[axis + 1..].iter().product::<usize>().max(1) * ty.dtype.size();
        let several = chunk[..axis].iter().any(|&n| n > 1);
        let few = ty.dims[axis].div_ceil(FEW_TILES as usize);
        let least = ROW_BYTES.div_ceil(row).min(few).max(LINE_BYTES.div_ceil(row));
        let least = if several { least } else { 1 };
        let wanted = (chunk[axis] as f64 * target / bytes) as usize;
        let wanted = wanted.max(least).max(1);
        // Equal chunks, rounded up to the alignment.
        let count = ty.dims[axis].div_ceil(wanted.next_multiple_of(align));
        let line = if least >= LINE { align.max(LINE) } else { align };
        chunk[axis] = ty.dims[axis].div_ceil(count).next_multiple_of(line).min(ty.dims[axis]);
        if least > 1 {
            break;
        }
    }
    chunk
}

/// The tiles of an array: the chunks of a grid, cut further into cache-sized parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Tiles {
    /// The chunks.
    pub grid: Grid,
    boxes: Disjoint,
    /// For each chunk, where its tiles start in `boxes`; one more at the end.
    starts: Vec<usize>,
}

impl Tiles {
    /// Tiles for an array type; chunks as requested where the cut allows it, else by rule.
    pub fn new(ty: &ArrayType, cut: &Cut, asked: Option<&[usize]>) -> Tiles {
        let auto = auto_chunk(ty, cut);
        let shared = |(axis, each): (usize, usize)| {
            let mut chunk = ty.dims.clone();
            chunk[axis] = auto[axis].next_multiple_of(each).min(chunk[axis]);
            chunk
        };
        let chunk: Vec<usize> = match asked {
            None => cut.own.map_or_else(|| auto.clone(), shared),
            Some(asked) => (0..ty.dims.len())
                .map(|a| match cut.align[a] {
                    None => ty.dims[a],
                    Some(align) => asked[a].next_multiple_of(align),
                })
                .collect(),
        };
        let grid = Grid::new(&ty.dims, &chunk);
        let tile: Vec<usize> =
            auto.iter().zip(&grid.chunk).map(|(&t, &c)| t.min(c).max(1)).collect();
        let count = grid.len();
        let (mut boxes, mut starts) = (Vec::with_capacity(count), Vec::with_capacity(count + 1));
        starts.push(0);
        for k in 0..count {
            let chunk = grid.chunk_box(k);
            if chunk.0.iter().zip(&tile).all(|(range, &n)| range.len() <= n) {
                boxes.push(chunk);
            } else {
                let inner = Grid::new(&chunk.dims(), &tile);
                boxes.extend((0..inner.len()).map(|t| {
                    let mut part = inner.chunk_box(t);
                    for (part, chunk) in part.0.iter_mut().zip(&chunk.0) {
                        *part = part.start + chunk.start..part.end + chunk.start;
                    }
                    part
                }));
            }
            starts.push(boxes.len());
        }
        Tiles { grid, boxes: Disjoint::new(boxes), starts }
    }

    /// Number of tiles.
    pub fn len(&self) -> usize {
        self.boxes.len()
    }

    /// Whether there are no tiles, as in an empty array.
    pub fn is_empty(&self) -> bool {
        self.boxes.is_empty()
    }

    /// All tiles, chunk by chunk.
    pub fn boxes(&self) -> &Disjoint {
        &self.boxes
    }

    /// Numbers of the tiles that process `rank` of `size` owns, which are consecutive.
    pub fn owned(&self, rank: usize, size: usize) -> Range<usize> {
        let chunks = self.grid.owned_chunks(rank, size);
        self.starts[chunks.start]..self.starts[chunks.end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::DType;
    use crate::space::IndexBox;

    #[test]
    fn large_arrays_are_cut_into_runs_of_rows() {
        let ty = ArrayType::new([4096, 4096], DType::Float64);
        assert_eq!(auto_chunk(&ty, &Cut::free(&ty)), [8, 4096]);
        let mut cut = Cut::free(&ty);
        cut.align[0] = None;
        assert_eq!(auto_chunk(&ty, &cut), [4096, 64]);
        let small = ArrayType::new([10, 10], DType::Float64);
        assert_eq!(auto_chunk(&small, &Cut::free(&small)), [10, 10]);
    }

    #[test]
    fn columns_are_cut_into_runs_that_are_worth_an_access() {
        let tied = |dims: [usize; 3], bytes: f64| {
            let ty = ArrayType::new(dims, DType::Float32);
            let mut cut = Cut::free(&ty);
            (cut.align[0], cut.bytes) = (None, bytes);
            auto_chunk(&ty, &cut)
        };
        // 5 x 31 elements are 620 bytes; two cache lines where there are few columns.
        assert_eq!(tied([799, 201, 31], 12.0), [799, 5, 31]);
        assert_eq!(tied([799, 201, 1], 12.0), [799, 32, 1]);
    }

    #[test]
    fn tiles_cover_asked_chunks_once() {
        let ty = ArrayType::new([300, 1000], DType::Float64);
        let tiles = Tiles::new(&ty, &Cut::free(&ty), Some(&[170, 400]));
        assert_eq!(tiles.grid.counts().collect::<Vec<_>>(), [2, 3]);
        assert_eq!(tiles.boxes().iter().map(IndexBox::len).sum::<usize>(), ty.len());
        for size in [1, 2, 3, 7] {
            let owned: usize = (0..size).map(|r| tiles.owned(r, size).len()).sum();
            assert_eq!(owned, tiles.len());
        }
    }
}
