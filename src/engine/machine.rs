//! The threads of a process, its link to the others, and sums along one fixed tree.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::engine::{Communicator, Error, Lost, OneProcess, Result, Sums};
use crate::plan::Tiles;

/// The threads of a process, and its communicator.
#[derive(Clone)]
pub struct Machine {
    comm: Arc<dyn Communicator>,
    pool: Arc<rayon::ThreadPool>,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} of {}, {} threads", self.rank(), self.size(), self.threads())
    }
}

impl Machine {
    /// A process with `threads` threads; as many as cores if `None`.
    pub fn new(threads: Option<usize>, comm: Arc<dyn Communicator>) -> Result<Machine> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .build()
            .map_err(|e| Error::Threads(e.to_string()))?;
        Ok(Machine { comm, pool: Arc::new(pool) })
    }

    /// A machine of a single process.
    pub fn local(threads: Option<usize>) -> Result<Machine> {
        Machine::new(threads, Arc::new(OneProcess))
    }

    /// The rank of this process.
    pub fn rank(&self) -> usize {
        self.comm.rank()
    }

    /// Number of processes.
    pub fn size(&self) -> usize {
        self.comm.size()
    }

    /// Threads of this process.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    pub(super) fn comm(&self) -> &dyn Communicator {
        self.comm.as_ref()
    }

    /// Calls `f` for every item on the threads; returns the results in order.
    pub(super) fn each<T: Send>(
        &self,
        items: Range<usize>,
        f: impl Fn(usize) -> T + Sync + Send,
    ) -> Vec<T> {
        if items.len() <= 1 {
            return items.map(f).collect();
        }
        self.pool.install(|| items.into_par_iter().map(f).collect())
    }

    /// Runs `f` on one of this machine's threads, so that loops in it start without waking one.
    pub fn install<T: Send>(&self, f: impl FnOnce() -> T + Send) -> T {
        self.pool.install(f)
    }

    /// Gathers the bytes of every process, by rank.
    pub fn gather(&self, bytes: &[u8]) -> std::result::Result<Vec<Vec<u8>>, Lost> {
        self.comm.gather(bytes)
    }

    /// Whether `flag` is set in any process.
    pub fn any(&self, flag: bool) -> std::result::Result<bool, Lost> {
        Ok(self.size() == 1 && flag
            || self.comm.all_gather(&[u64::from(flag)])?.iter().any(|words| words[0] != 0))
    }

    /// The first `count` sums over the parts of each array, in one exchange: see [`Machine::sums`].
    pub(super) fn sums_of(&self, count: usize, arrays: &[(&[Sums], &Tiles)]) -> Result<Vec<Sums>> {
        let column = |k: usize, parts: &[Sums]| parts.iter().map(|part| part[k]).collect();
        let columns: Vec<(Vec<f64>, &Tiles)> = arrays
            .iter()
            .flat_map(|(parts, tiles)| (0..count).map(|k| (column(k, parts), *tiles)))
            .collect();
        let columns: Vec<_> = columns.iter().map(|(c, tiles)| (c.as_slice(), *tiles)).collect();
        let found = if columns.is_empty() { Vec::new() } else { self.sums(&columns)? };
        let sums = |some: &[f64]| {
            let mut sums = Sums::default();
            sums.iter_mut().zip(some).for_each(|(sum, found)| *sum = *found);
            sums
        };
        Ok(found.chunks(count.max(1)).map(sums).collect())
    }

    /// Sums the parts of each array, one per tile; this process provides those of the tiles that it
    /// owns. Adds along one pairwise tree over tile numbers, so that the result is the same to the
    /// last bit for any number of threads and processes.
    pub(super) fn sums(&self, arrays: &[(&[f64], &Tiles)]) -> Result<Vec<f64>> {
        let (rank, size) = (self.rank(), self.size());
        if size == 1 {
            let sum = |(parts, tiles): &(&[f64], &Tiles)| tree(0..tiles.len(), &|k| parts[k]);
            return Ok(arrays.iter().map(sum).collect());
        }
        let spans = |rank: usize| {
            let mut spans = Vec::new();
            for (k, (_, tiles)) in arrays.iter().enumerate() {
                let own = tiles.owned(rank, size);
                subtrees(0..tiles.len(), &own, &mut |range| spans.push((k, range)));
            }
            spans
        };
        let all: Vec<_> = (0..size).map(spans).collect();
        let value = |(k, range): &(usize, Range<usize>)| {
            let (parts, tiles) = arrays[*k];
            let first = tiles.owned(rank, size).start;
            tree(range.clone(), &|k| parts[k - first]).to_bits()
        };
        let mut mine: Vec<u64> = all[rank].iter().map(value).collect();
        mine.resize(all.iter().map(Vec::len).max().unwrap_or(0), 0);
        let mut known = vec![HashMap::new(); arrays.len()];
        for (spans, words) in all.iter().zip(self.comm.all_gather(&mine)?) {
            for ((k, range), word) in spans.iter().zip(words) {
                known[*k].insert((range.start, range.end), f64::from_bits(word));
            }
        }
        let pairs = arrays.iter().zip(&known);
        Ok(pairs.map(|((_, tiles), known)| combine(0..tiles.len(), known)).collect())
    }
}

/// Where a subtree is split: the left part is the largest power of two below its length.
fn middle(range: &Range<usize>) -> usize {
    range.start + (range.len().next_power_of_two() / 2).max(1)
}

fn tree(range: Range<usize>, part: &impl Fn(usize) -> f64) -> f64 {
    match range.len() {
        0 => 0.0,
        1 => part(range.start),
        _ => {
            let m = middle(&range);
            tree(range.start..m, part) + tree(m..range.end, part)
        }
    }
}

/// Calls `f` with the largest subtrees that lie in `own`.
fn subtrees(range: Range<usize>, own: &Range<usize>, f: &mut impl FnMut(Range<usize>)) {
    if range.is_empty() || range.end <= own.start || own.end <= range.start {
        return;
    }
    if own.start <= range.start && range.end <= own.end {
        return f(range);
    }
    let m = middle(&range);
    subtrees(range.start..m, own, f);
    subtrees(m..range.end, own, f);
}

fn combine(range: Range<usize>, known: &HashMap<(usize, usize), f64>) -> f64 {
    if range.is_empty() {
        return 0.0;
    }
    match known.get(&(range.start, range.end)) {
        Some(value) => *value,
        None if range.len() == 1 => 0.0,
        None => {
            let m = middle(&range);
            combine(range.start..m, known) + combine(m..range.end, known)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::run_ranks;
    use crate::graph::Cut;
    use crate::scalar::DType;
    use crate::space::ArrayType;

    #[test]
    fn sums_have_the_same_bits_on_any_number_of_ranks() {
        let parts: Vec<f64> =
            (0..101).map(|k| (f64::from(k) * 0.7).sin() * 10f64.powi(k % 7)).collect();
        let ty = ArrayType::new([101], DType::Float64);
        let tiles = Tiles::new(&ty, &Cut::free(&ty), Some(&[1]));
        let sum = |machine: &Machine, own: Range<usize>| {
            let sums = machine.sums(&[(&parts[own.clone()], &tiles), (&parts[own], &tiles)]);
            sums.unwrap().into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        let one = sum(&Machine::local(Some(1)).unwrap(), 0..101);
        for size in [2, 3, 5, 200] {
            let sums = run_ranks(size, |comm| {
                let own = tiles.owned(comm.rank(), size);
                sum(&Machine::new(Some(1), comm).unwrap(), own)
            });
            assert!(sums.iter().all(|s| *s == one), "{size} ranks");
        }
        assert_ne!(one[0], parts.iter().sum::<f64>().to_bits(), "the order matters here");
    }
}
