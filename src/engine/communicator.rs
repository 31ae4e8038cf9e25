//! How processes exchange bytes: one process, or threads that stand for processes.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::scalar::C128;

/// Another process ended, or told that it fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Lost {
    /// The one that ended.
    pub rank: usize,
    /// What it said, with its name; nothing if it only went away.
    pub cause: Option<String>,
}

impl Lost {
    fn silently(rank: usize) -> Lost {
        Lost { rank, cause: None }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => f.write_str(cause),
            None => write!(f, "process {} ended before its part was done", self.rank),
        }
    }
}

/// Bytes on their way, where numbers of every type may lie.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    words: Vec<C128>,
    bytes: usize,
}

impl Message {
    /// So many zero bytes.
    pub fn zeros(bytes: usize) -> Message {
        let words = vec![C128::default(); bytes.div_ceil(size_of::<C128>())];
        Message { words, bytes }
    }

    /// A copy of these bytes.
    pub fn of(bytes: &[u8]) -> Message {
        let mut message = Message::zeros(bytes.len());
        message.numbers_mut().copy_from_slice(bytes);
        message
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// The bytes as numbers.
    pub fn numbers<T: bytemuck::Pod>(&self) -> &[T] {
        bytemuck::cast_slice(&bytemuck::cast_slice::<_, u8>(&self.words)[..self.bytes])
    }

    /// The bytes as numbers, to write.
    pub fn numbers_mut<T: bytemuck::Pod>(&mut self) -> &mut [T] {
        let bytes = bytemuck::cast_slice_mut::<_, u8>(&mut self.words);
        bytemuck::cast_slice_mut(&mut bytes[..self.bytes])
    }
}

/// Messages on their way.
pub trait Arrival: Send {
    /// Moves them on, if they need it; called now and then while there is other work to do.
    fn progress(&mut self) {}
    /// Waits until all are sent and received.
    fn wait(self: Box<Self>) -> Result<Vec<Message>, Lost>;
}

/// Processes that exchange bytes. Every process calls the same methods in the same order.
pub trait Communicator: Send + Sync {
    /// This process.
    fn rank(&self) -> usize;

    /// How many there are.
    fn size(&self) -> usize;

    /// Begins to send messages to other processes and to receive one for each pair of a process and a
    /// number of bytes. Messages from one process come in the order in which it sends them.
    fn start<'a>(
        &'a self,
        sends: Vec<(usize, Message)>,
        receives: &[(usize, usize)],
    ) -> Result<Box<dyn Arrival + 'a>, Lost>;

    /// The words of every process, by process; all give as many.
    fn all_gather(&self, words: &[u64]) -> Result<Vec<Vec<u64>>, Lost> {
        let others: Vec<usize> = (0..self.size()).filter(|&p| p != self.rank()).collect();
        let own = Message::of(bytemuck::cast_slice(words));
        let from: Vec<_> = others.iter().map(|&p| (p, own.len())).collect();
        let sends = others.into_iter().map(|p| (p, own.clone())).collect();
        let mut all = self.start(sends, &from)?.wait()?;
        all.insert(self.rank(), own);
        Ok(all.iter().map(|message| message.numbers().to_vec()).collect())
    }

    /// Tells all others, who may wait for this process, that it fails and why.
    fn fail(&self, _cause: &str) {}
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
    fn start<'a>(
        &'a self,
        _: Vec<(usize, Message)>,
        _: &[(usize, usize)],
    ) -> Result<Box<dyn Arrival + 'a>, Lost> {
        Ok(Box::new(Nothing))
    }
}

struct Nothing;

impl Arrival for Nothing {
    fn wait(self: Box<Self>) -> Result<Vec<Message>, Lost> {
        Ok(Vec::new())
    }
}

/// One of several threads of this program that stand for processes.
#[derive(Debug)]
pub struct ThreadRank {
    rank: usize,
    to: Vec<Sender<Message>>,
    from: Vec<std::sync::Mutex<Receiver<Message>>>,
}

struct FromThreads<'a> {
    rank: &'a ThreadRank,
    receives: Vec<(usize, usize)>,
}

impl Communicator for ThreadRank {
    fn rank(&self) -> usize {
        self.rank
    }
    fn size(&self) -> usize {
        self.to.len()
    }
    fn start<'a>(
        &'a self,
        sends: Vec<(usize, Message)>,
        receives: &[(usize, usize)],
    ) -> Result<Box<dyn Arrival + 'a>, Lost> {
        for (peer, message) in sends {
            self.to[peer].send(message).map_err(|_| Lost::silently(peer))?;
        }
        Ok(Box::new(FromThreads { rank: self, receives: receives.to_vec() }))
    }
}

impl Arrival for FromThreads<'_> {
    fn wait(self: Box<Self>) -> Result<Vec<Message>, Lost> {
        let receive = |&(peer, bytes): &(usize, usize)| {
            let receiver = &self.rank.from[peer];
            let receiver = receiver.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let message = receiver.recv().map_err(|_| Lost::silently(peer))?;
            assert_eq!(message.len(), bytes, "processes agree on the length of a message");
            Ok(message)
        };
        self.receives.iter().map(receive).collect()
    }
}

/// Runs `f` once for each of `size` ranks, each on a thread of its own, and returns their results
/// by rank.
pub fn run_ranks<R: Send>(size: usize, f: impl Fn(Arc<dyn Communicator>) -> R + Sync) -> Vec<R> {
    if size <= 1 {
        return vec![f(Arc::new(OneProcess))];
    }
    let mut to: Vec<Vec<Sender<Message>>> = (0..size).map(|_| Vec::new()).collect();
    let mut from: Vec<Vec<std::sync::Mutex<Receiver<Message>>>> =
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
        let all = run_ranks(3, |comm| comm.all_gather(&[comm.rank() as u64, 7]));
        for parts in all {
            assert_eq!(parts, Ok(vec![vec![0, 7], vec![1, 7], vec![2, 7]]));
        }
    }

    #[test]
    fn a_rank_that_ends_is_named() {
        let receive = |comm: &dyn Communicator| comm.start(vec![], &[(0, 8)])?.wait();
        let all =
            run_ranks(2, |comm| if comm.rank() == 0 { Ok(vec![]) } else { receive(comm.as_ref()) });
        assert_eq!(all[1], Err(Lost { rank: 0, cause: None }));
    }
}
