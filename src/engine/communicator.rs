//! How processes exchange bytes: one process, or threads that stand for processes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Another process ended before it sent what was expected of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("process {rank} ended before its part was done")]
pub struct Lost {
    /// The one that ended.
    pub rank: usize,
}

/// Processes that exchange bytes. Every process calls the same methods in the same order.
pub trait Communicator: Send + Sync {
    /// This process.
    fn rank(&self) -> usize;
    /// How many there are.
    fn size(&self) -> usize;
    /// Sends messages to other processes and receives as many from each as `from` lists, in order.
    fn exchange(&self, sends: Vec<(usize, Vec<u8>)>, from: &[usize]) -> Result<Vec<Vec<u8>>, Lost>;

    /// Every process's bytes, by process.
    fn all_gather(&self, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, Lost> {
        let others: Vec<usize> = (0..self.size()).filter(|&p| p != self.rank()).collect();
        let sends = others.iter().map(|&p| (p, bytes.clone())).collect();
        let mut all = self.exchange(sends, &others)?;
        all.insert(self.rank(), bytes);
        Ok(all)
    }
}

/// One process.
#[derive(Clone, Copy, Debug)]
pub struct OneProcess;

impl Communicator for OneProcess {
    fn rank(&self) -> usize {
        0
    }
    fn size(&self) -> usize {
        1
    }
    fn exchange(&self, _: Vec<(usize, Vec<u8>)>, _: &[usize]) -> Result<Vec<Vec<u8>>, Lost> {
        Ok(Vec::new())
    }
}

/// One of several threads of this program that stand for processes.
#[derive(Debug)]
pub struct ThreadRank {
    rank: usize,
    to: Vec<Sender<Vec<u8>>>,
    from: Vec<std::sync::Mutex<Receiver<Vec<u8>>>>,
}

impl Communicator for ThreadRank {
    fn rank(&self) -> usize {
        self.rank
    }
    fn size(&self) -> usize {
        self.to.len()
    }
    fn exchange(&self, sends: Vec<(usize, Vec<u8>)>, from: &[usize]) -> Result<Vec<Vec<u8>>, Lost> {
        for (peer, bytes) in sends {
            self.to[peer].send(bytes).map_err(|_| Lost { rank: peer })?;
        }
        from.iter()
            .map(|&peer| {
                let receiver =
                    self.from[peer].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                receiver.recv().map_err(|_| Lost { rank: peer })
            })
            .collect()
    }
}

/// Runs `f` once for each of `size` ranks, each on a thread of its own, and returns their results
/// by rank.
pub fn run_ranks<R: Send>(size: usize, f: impl Fn(Arc<dyn Communicator>) -> R + Sync) -> Vec<R> {
    if size <= 1 {
        return vec![f(Arc::new(OneProcess))];
    }
    let mut to: Vec<Vec<Sender<Vec<u8>>>> = (0..size).map(|_| Vec::new()).collect();
    let mut from: Vec<Vec<std::sync::Mutex<Receiver<Vec<u8>>>>> =
        (0..size).map(|_| Vec::new()).collect();
    for senders in &mut to {
        for receivers in &mut from {
            let (sender, receiver) = channel();
            senders.push(sender);
            receivers.push(std::sync::Mutex::new(receiver));
        }
    }
    let ranks: Vec<ThreadRank> = to
        .into_iter()
        .zip(from)
        .enumerate()
        .map(|(rank, (to, from))| ThreadRank { rank, to, from })
        .collect();
    let f = &f;
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            ranks.into_iter().map(|rank| scope.spawn(move || f(Arc::new(rank)))).collect();
        threads
            .into_iter()
            .map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_gets_every_part() {
        let all = run_ranks(3, |comm| comm.all_gather(vec![comm.rank() as u8; comm.rank()]));
        for parts in all {
            assert_eq!(parts, Ok(vec![vec![], vec![1], vec![2, 2]]));
        }
    }

    #[test]
    fn a_rank_that_ends_is_named() {
        let all =
            run_ranks(
                2,
                |comm| {
                    if comm.rank() == 0 { Ok(vec![]) } else { comm.exchange(vec![], &[0]) }
                },
            );
        assert_eq!(all[1], Err(Lost { rank: 0 }));
    }
}
