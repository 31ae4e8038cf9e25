//! Decoded chunks that are kept for the next reader, the longest unused given up first.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ndarray::ArrayD;

use crate::io::error::Result;
use crate::view::Viewed;

/// Bytes of chunks that are kept; one chunk is, however large.
const MOST_BYTES: usize = 64 << 20;
/// Chunks that are kept.
const MOST_CHUNKS: usize = 1024;

/// A chunk that is decoded by the first who asks, while others wait for it.
type Slot = Arc<OnceLock<Result<Arc<dyn Any + Send + Sync>>>>;

/// Chunks of one array.
pub(super) struct ChunkCache {
    most: usize,
    chunk_bytes: usize,
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    /// By index of the chunk: when it was last asked for, and the chunk.
    by_index: BTreeMap<Vec<usize>, (u64, Slot)>,
    clock: u64,
}

impl ChunkCache {
    /// Chunks of that many bytes of an array of these dims.
    pub(super) fn new(dims: &[usize], chunk: &[usize], chunk_bytes: usize) -> ChunkCache {
        let all: usize = dims.iter().zip(chunk).map(|(n, c)| n.div_ceil((*c).max(1))).product();
        let most = (MOST_BYTES / chunk_bytes.max(1)).clamp(1, MOST_CHUNKS).min(all);
        ChunkCache { most, chunk_bytes, slots: Mutex::default() }
    }

    /// Most bytes that are held.
    pub(super) fn most_bytes(&self) -> usize {
        self.most * self.chunk_bytes
    }

    /// A chunk, decoded unless it is kept. One that is `spent` will not be asked for again by the
    /// same reader, and is not kept for others.
    pub(super) fn get<N: Viewed>(
        &self,
        index: &[usize],
        spent: bool,
        decode: impl FnOnce() -> Result<ArrayD<N>>,
    ) -> Result<Arc<ArrayD<N>>> {
        let Some(slot) = self.slot(index, spent) else { return decode().map(Arc::new) };
        let chunk =
            slot.get_or_init(|| decode().map(|c| Arc::new(c) as Arc<dyn Any + Send + Sync>));
        let chunk = chunk.as_ref().map_err(Clone::clone)?.clone();
        Ok(chunk.downcast().unwrap_or_else(|_| unreachable!("an array has one element type")))
    }

    fn slot(&self, index: &[usize], spent: bool) -> Option<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.clock += 1;
        let now = slots.clock;
        if let Some((used, slot)) = slots.by_index.get_mut(index) {
            *used = now;
            return Some(slot.clone());
        }
        if spent {
            return None;
        }
        while slots.by_index.len() >= self.most.max(1) {
            let oldest = slots.by_index.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(index, _)| index.clone()) else { break };
            slots.by_index.remove(&oldest);
        }
        let slot = Slot::default();
        slots.by_index.insert(index.to_vec(), (now, slot.clone()));
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use ndarray::IxDyn;

    use super::*;

    #[test]
    fn the_longest_unused_chunk_is_given_up_and_spent_ones_are_not_kept() {
        let kept = ChunkCache::new(&[100], &[10], 30 << 20);
        assert_eq!((kept.most, kept.most_bytes()), (2, 60 << 20));
        let decoded = Cell::new(0);
        let get = |k: usize, spent: bool| {
            let before = decoded.get();
            let chunk = kept.get(&[k], spent, || {
                decoded.set(before + 1);
                Ok(ArrayD::from_elem(IxDyn(&[1]), k as f64))
            });
            assert_eq!(chunk.unwrap()[[0]], k as f64);
            decoded.get() - before
        };
        assert_eq!([get(0, false), get(1, false), get(0, false)], [1, 1, 0]);
        // A third takes the place of 1, which was not used for longest.
        assert_eq!([get(2, false), get(0, false), get(1, false)], [1, 0, 1]);
        // Spent chunks are taken if they are there, and leave the others alone.
        assert_eq!([get(5, true), get(5, true), get(1, true), get(0, false)], [1, 1, 0, 0]);
    }

    #[test]
    fn one_chunk_is_kept_however_large_and_no_more_than_there_are() {
        assert_eq!(ChunkCache::new(&[10], &[10], 1 << 40).most, 1);
        assert_eq!(ChunkCache::new(&[10, 10], &[5, 4], 8).most, 6);
        assert_eq!(ChunkCache::new(&[100_000], &[1], 8).most, MOST_CHUNKS);
    }
}
