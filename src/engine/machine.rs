//! The threads of one process and its way to the others; sums along one fixed tree.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::engine::{Communicator, Error, Lost, OneProcess, Result};

/// Threads and communicator.
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
    /// `threads` threads in this process, all cores if `None`.
    pub fn new(threads: Option<usize>, comm: Arc<dyn Communicator>) -> Result<Machine> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .build()
            .map_err(|e| Error::Memory(format!("threads cannot be started: {e}")))?;
        Ok(Machine { comm, pool: Arc::new(pool) })
    }

    /// One process.
    pub fn local(threads: Option<usize>) -> Result<Machine> {
        Machine::new(threads, Arc::new(OneProcess))
    }

    /// This process.
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

    /// Runs `f` for every item on the threads; results in order.
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

    /// Runs `f` on one of this machine's threads, so that loops in it start without waking one up.
    pub fn install<T: Send>(&self, f: impl FnOnce() -> T + Send) -> T {
        self.pool.install(f)
    }

    /// Bytes of every process, by process.
    pub fn all_gather(&self, bytes: Vec<u8>) -> std::result::Result<Vec<Vec<u8>>, Lost> {
        self.comm.all_gather(bytes)
    }

    /// All processes fail if one does: the error of the first of them, by rank, as text.
    pub fn agree<T>(
        &self,
        result: std::result::Result<T, String>,
    ) -> Result<std::result::Result<T, String>> {
        let mine = result.as_ref().err().cloned().unwrap_or_default();
        let all = self.comm.all_gather(mine.into_bytes())?;
        let first = all.into_iter().find(|text| !text.is_empty());
        Ok(match (result, first) {
            (Ok(value), None) => Ok(value),
            (Err(own), None) => Err(own),
            (_, Some(text)) => Err(String::from_utf8_lossy(&text).into_owned()),
        })
    }

    /// The sum of `total` parts, of which this process has those numbered `own`, along one pairwise
    /// tree over the numbers: the same to the last bit for any number of threads and processes.
    pub(super) fn sum(&self, parts: &[f64], own: Range<usize>, total: usize) -> Result<f64> {
        if self.size() == 1 {
            return Ok(tree(0..total, &|k| parts[k - own.start]));
        }
        let mut mine = Vec::new();
        subtrees(0..total, &own, &mut |range| {
            let value = tree(range.clone(), &|k| parts[k - own.start]);
            for word in [range.start as u64, range.end as u64, value.to_bits()] {
                mine.extend_from_slice(&word.to_le_bytes());
            }
        });
        let mut known = HashMap::new();
        for bytes in self.comm.all_gather(mine)? {
            let words: Vec<u64> = bytes
                .chunks_exact(8)
                .map(|w| w.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)))
                .collect();
            for w in words.chunks_exact(3) {
                known.insert((w[0] as usize, w[1] as usize), f64::from_bits(w[2]));
            }
        }
        Ok(combine(0..total, &known))
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

/// The largest subtrees that lie in `own`.
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

    #[test]
    fn sums_have_the_same_bits_on_any_number_of_ranks() {
        let parts: Vec<f64> =
            (0..101).map(|k| (f64::from(k) * 0.7).sin() * 10f64.powi(k % 7)).collect();
        let one = Machine::local(Some(1)).unwrap().sum(&parts, 0..101, 101).unwrap();
        for size in [2, 3, 5, 200] {
            let sums = run_ranks(size, |comm| {
                let own = 101 * comm.rank() / size..101 * (comm.rank() + 1) / size;
                let machine = Machine::new(Some(1), comm).unwrap();
                machine.sum(&parts[own.clone()], own, 101).unwrap().to_bits()
            });
            assert!(sums.iter().all(|s| *s == one.to_bits()), "{size} ranks");
        }
        assert_ne!(one.to_bits(), parts.iter().sum::<f64>().to_bits(), "the order matters here");
    }
}
