//! How processes exchange bytes: one process, or threads that stand for processes.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::io::Bytes;
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

    /// Bytes that it has room for.
    fn room(&self) -> usize {
        self.words.len() * size_of::<C128>()
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

/// What is sent.
pub enum Parcel {
    /// Put together to be sent.
    Packed(Message),
    /// As it lies in memory that nobody writes until it has arrived.
    Lent(Bytes),
}

impl From<Message> for Parcel {
    fn from(message: Message) -> Parcel {
        Parcel::Packed(message)
    }
}

impl Parcel {
    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Parcel::Packed(message) => message.numbers(),
            Parcel::Lent(bytes) => (**bytes).as_ref(),
        }
    }
}

/// Messages that were used and wait for their next use: fresh memory costs a fault a page. No more is
/// kept than was ever in use at once.
#[derive(Debug, Default)]
pub struct Spares {
    kept: Vec<Message>,
    kept_bytes: usize,
    used: usize,
    most: usize,
}

impl Spares {
    /// A message of so many bytes, whatever they are.
    pub fn take(&mut self, bytes: usize) -> Message {
        let fits = |m: &Message| m.room() >= bytes && m.room() <= 2 * bytes + 4096;
        let found = self.kept.iter().position(fits).map(|k| self.kept.swap_remove(k));
        let message = match found {
            Some(mut message) => {
                self.kept_bytes -= message.room();
                message.bytes = bytes;
                message
            }
            None => Message::zeros(bytes),
        };
        self.used += message.room();
        self.most = self.most.max(self.used);
        message
    }

    /// A message that was taken and is no longer needed.
    pub fn give(&mut self, message: Message) {
        let room = message.room();
        self.used = self.used.saturating_sub(room);
        if self.used + self.kept_bytes + room <= self.most {
            self.kept_bytes += room;
            self.kept.push(message);
        }
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
        sends: Vec<(usize, Parcel)>,
        receives: &[(usize, usize)],
    ) -> Result<Box<dyn Arrival + 'a>, Lost>;

    /// A message of so many bytes, whatever they are.
    fn message(&self, bytes: usize) -> Message {
        Message::zeros(bytes)
    }

    /// Takes messages back that are no longer needed.
    fn recycle(&self, _messages: Vec<Message>) {}

    /// The words of every process, by process; all give as many.
    fn all_gather(&self, words: &[u64]) -> Result<Vec<Vec<u64>>, Lost> {
        if self.size() == 1 {
            return Ok(vec![words.to_vec()]);
        }
        let others: Vec<usize> = (0..self.size()).filter(|&p| p != self.rank()).collect();
        let own = Message::of(bytemuck::cast_slice(words));
        let from: Vec<_> = others.iter().map(|&p| (p, own.len())).collect();
        let sends = others.into_iter().map(|p| (p, own.clone().into())).collect();
        let mut all = self.start(sends, &from)?.wait()?;
        all.insert(self.rank(), own);
        Ok(all.iter().map(|message| message.numbers().to_vec()).collect())
    }

    /// The bytes of every process, by process.
    fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Lost> {
        let lengths = self.all_gather(&[bytes.len() as u64])?;
        let others = || (0..self.size()).filter(|&p| p != self.rank());
        let to: Vec<usize> = if bytes.is_empty() { Vec::new() } else { others().collect() };
        let sends = to.into_iter().map(|p| (p, Message::of(bytes).into())).collect();
        let from = others().map(|p| (p, lengths[p][0] as usize)).filter(|(_, n)| *n > 0);
        let from: Vec<(usize, usize)> = from.collect();
        let received = self.start(sends, &from)?.wait()?;
        let mut all = vec![Vec::new(); self.size()];
        all[self.rank()] = bytes.to_vec();
        for ((peer, _), message) in from.into_iter().zip(received) {
            all[peer] = message.numbers().to_vec();
        }
        Ok(all)
    }

    /// The bytes that process 0 gives, in all: each process passes them on to a few others.
    fn broadcast(&self, bytes: &[u8]) -> Result<Vec<u8>, Lost> {
        let (rank, size) = (self.rank(), self.size());
        let length = self.all_gather(&[bytes.len() as u64])?[0][0] as usize;
        if length == 0 {
            return Ok(Vec::new());
        }
        // A process has the number of the one it receives from, and its own highest bit.
        let highest = rank.checked_ilog2().map_or(0, |bit| 1 << bit);
        let message = match rank {
            0 => Message::of(bytes),
            _ => self.start(Vec::new(), &[(rank - highest, length)])?.wait()?.swap_remove(0),
        };
        let steps = (0..usize::BITS).map(|bit| 1usize << bit);
        let steps = steps.skip_while(|&step| step <= rank).take_while(|&step| step < size);
        let next = steps.map(|step| rank + step).filter(|&p| p < size);
        self.start(next.map(|p| (p, message.clone().into())).collect(), &[])?.wait()?;
        Ok(message.numbers().to_vec())
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
        _: Vec<(usize, Parcel)>,
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

/// One of several threads of this program that stand for processes. As MPI may do, a send is done
/// when the other process receives it, and not before: what would wait forever over MPI does so
/// here, and is told.
#[derive(Debug)]
pub struct ThreadRank {
    rank: usize,
    all: Arc<Ranks>,
}

/// What the threads have in common.
#[derive(Debug)]
struct Ranks {
    size: usize,
    post: Mutex<Post>,
    /// By process, told when something has changed that it may wait for.
    changed: Vec<Condvar>,
}

/// Messages and who waits for them. Pairs of processes are numbered by [`Ranks::pair`].
#[derive(Debug)]
struct Post {
    /// By pair, what was sent and not yet taken.
    sent: Vec<VecDeque<Message>>,
    /// By pair, how many messages were sent, and how many the receiver has asked for.
    counts: Vec<(usize, usize)>,
    /// By process, whether it waits for another.
    waits: Vec<bool>,
    /// By process, whether it has ended.
    ended: Vec<bool>,
    /// Whether all wait for each other.
    stuck: bool,
}

impl Ranks {
    /// The number of messages from one process to another.
    fn pair(&self, from: usize, to: usize) -> usize {
        from * self.size + to
    }

    fn post(&self) -> MutexGuard<'_, Post> {
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a process look again for what it waits for.
    fn tell(&self, post: &mut Post, rank: usize) {
        post.waits[rank] = false;
        self.changed[rank].notify_all();
    }

    /// Waits until there is something; `peer` is who gives it.
    fn wait<T>(
        &self,
        rank: usize,
        peer: usize,
        mut look: impl FnMut(&mut Post) -> Option<T>,
    ) -> Result<T, Lost> {
        let mut post = self.post();
        loop {
            if let Some(found) = look(&mut post) {
                return Ok(found);
            }
            if post.ended[peer] {
                return Err(Lost::silently(peer));
            }
            post.waits[rank] = true;
            if (0..self.size).all(|p| post.waits[p] || post.ended[p]) {
                post.stuck = true;
                self.changed.iter().for_each(Condvar::notify_all);
            }
            let waits = |post: &mut Post| post.waits[rank] && !post.stuck;
            post =
                self.changed[rank].wait_while(post, waits).unwrap_or_else(PoisonError::into_inner);
            if post.stuck {
                let cause = format!("process {rank} waits for process {peer}, {STUCK}");
                return Err(Lost { rank: peer, cause: Some(cause) });
            }
        }
    }
}

const STUCK: &str = "and all processes wait for each other";

struct FromThreads<'a> {
    rank: &'a ThreadRank,
    /// Processes to which something was sent, and how many messages there were by then.
    sent: Vec<(usize, usize)>,
    receives: Vec<(usize, usize)>,
}

impl Communicator for ThreadRank {
    fn rank(&self) -> usize {
        self.rank
    }
    fn size(&self) -> usize {
        self.all.size
    }
    fn start<'a>(
        &'a self,
        sends: Vec<(usize, Parcel)>,
        receives: &[(usize, usize)],
    ) -> Result<Box<dyn Arrival + 'a>, Lost> {
        let all = &self.all;
        let copied = |(peer, parcel): (usize, Parcel)| match parcel {
            Parcel::Packed(message) => (peer, message),
            Parcel::Lent(bytes) => (peer, Message::of((*bytes).as_ref())),
        };
        let sends: Vec<_> = sends.into_iter().map(copied).collect();
        let mut post = all.post();
        for (peer, _) in receives {
            post.counts[all.pair(*peer, self.rank)].1 += 1;
            all.tell(&mut post, *peer);
        }
        let mut sent = Vec::with_capacity(sends.len());
        for (peer, message) in sends {
            let pair = all.pair(self.rank, peer);
            post.sent[pair].push_back(message);
            post.counts[pair].0 += 1;
            sent.push((peer, post.counts[pair].0));
            all.tell(&mut post, peer);
        }
        Ok(Box::new(FromThreads { rank: self, sent, receives: receives.to_vec() }))
    }
}

impl Arrival for FromThreads<'_> {
    fn wait(self: Box<Self>) -> Result<Vec<Message>, Lost> {
        let ThreadRank { rank, all } = self.rank;
        let receive = |&(peer, bytes): &(usize, usize)| {
            let pair = all.pair(peer, *rank);
            let message = all.wait(*rank, peer, |post| post.sent[pair].pop_front())?;
            assert_eq!(message.len(), bytes, "processes agree on the length of a message");
            Ok(message)
        };
        let received: Vec<Message> = self.receives.iter().map(receive).collect::<Result<_, _>>()?;
        for &(peer, number) in &self.sent {
            let pair = all.pair(*rank, peer);
            all.wait(*rank, peer, |post| (post.counts[pair].1 >= number).then_some(()))?;
        }
        Ok(received)
    }
}

impl Drop for ThreadRank {
    fn drop(&mut self) {
        let mut post = self.all.post();
        post.ended[self.rank] = true;
        (0..self.all.size).for_each(|rank| self.all.tell(&mut post, rank));
    }
}

/// Runs `f` once for each of `size` ranks, each on a thread of its own, and returns their results
/// by rank.
pub fn run_ranks<R: Send>(size: usize, f: impl Fn(Arc<dyn Communicator>) -> R + Sync) -> Vec<R> {
    if size <= 1 {
        return vec![f(Arc::new(OneProcess))];
    }
    let post = Post {
        sent: (0..size * size).map(|_| VecDeque::new()).collect(),
        counts: vec![(0, 0); size * size],
        waits: vec![false; size],
        ended: vec![false; size],
        stuck: false,
    };
    let changed = (0..size).map(|_| Condvar::new()).collect();
    let all = Arc::new(Ranks { size, post: Mutex::new(post), changed });
    let ranks: Vec<ThreadRank> =
        (0..size).map(|rank| ThreadRank { rank, all: all.clone() }).collect();
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
    fn messages_are_used_again() {
        let mut spares = Spares::default();
        let (a, b) = (spares.take(100_000), spares.take(50_000));
        let address = a.words.as_ptr();
        spares.give(a);
        spares.give(b);
        let again = spares.take(99_000);
        assert_eq!((again.words.as_ptr(), again.len()), (address, 99_000));
        assert_eq!(spares.take(10_000_000).len(), 10_000_000);
        // Too large for what is wanted.
        assert_ne!(spares.take(10_000).room(), 50_000);
    }

    #[test]
    fn every_rank_gets_every_part() {
        let all = run_ranks(3, |comm| comm.all_gather(&[comm.rank() as u64, 7]));
        for parts in all {
            assert_eq!(parts, Ok(vec![vec![0, 7], vec![1, 7], vec![2, 7]]));
        }
    }

    #[test]
    fn what_one_rank_gives_comes_to_all() {
        for size in [1, 2, 3, 6, 9] {
            let all = run_ranks(size, |comm| {
                let own = if comm.rank() == 0 { b"some bytes".as_slice() } else { b"others" };
                (comm.broadcast(own), comm.gather(&vec![1; comm.rank()]))
            });
            for (bytes, parts) in all {
                assert_eq!(bytes.as_deref(), Ok(b"some bytes".as_slice()), "{size}");
                let lengths: Vec<usize> = parts.unwrap().iter().map(Vec::len).collect();
                assert_eq!(lengths, (0..size).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_rank_that_ends_is_named() {
        let receive = |comm: &dyn Communicator| comm.start(vec![], &[(0, 8)])?.wait();
        let all =
            run_ranks(2, |comm| if comm.rank() == 0 { Ok(vec![]) } else { receive(comm.as_ref()) });
        assert_eq!(all[1], Err(Lost { rank: 0, cause: None }));
    }

    #[test]
    fn sends_that_nobody_receives_yet_wait_for_each_other() {
        let other = |comm: &dyn Communicator| 1 - comm.rank();
        let message = || Parcel::from(Message::of(b"bytes"));
        let at_once = run_ranks(2, |comm| {
            let peer = other(comm.as_ref());
            comm.start(vec![(peer, message())], &[(peer, 5)])?.wait()
        });
        assert_eq!(at_once, vec![Ok(vec![Message::of(b"bytes")]); 2]);
        let begun = run_ranks(2, |comm| {
            let peer = other(comm.as_ref());
            let sent = comm.start(vec![(peer, message())], &[])?;
            let received = comm.start(vec![], &[(peer, 5)])?.wait();
            sent.wait().and(received)
        });
        assert_eq!(begun, at_once);
        let blocked = run_ranks(2, |comm| {
            let peer = other(comm.as_ref());
            comm.start(vec![(peer, message())], &[])?.wait()?;
            comm.start(vec![], &[(peer, 5)])?.wait()
        });
        for (rank, result) in blocked.into_iter().enumerate() {
            let cause = format!("process {rank} waits for process {}, {STUCK}", 1 - rank);
            assert_eq!(result, Err(Lost { rank: 1 - rank, cause: Some(cause) }));
        }
    }

    #[test]
    fn three_that_wait_in_a_ring_are_told() {
        let all = run_ranks(3, |comm| {
            let from = (comm.rank() + 1) % 3;
            comm.start(vec![], &[(from, 1)])?.wait()
        });
        assert!(
            all.iter().all(|r| r.as_ref().is_err_and(|lost| lost.to_string().ends_with(STUCK)))
        );
    }

    #[test]
    fn a_message_to_a_rank_that_ended_is_lost() {
        let all = run_ranks(2, |comm| match comm.rank() {
            0 => Ok(vec![]),
            _ => comm.start(vec![(0, Message::of(b"bytes").into())], &[])?.wait(),
        });
        assert_eq!(all[1], Err(Lost { rank: 0, cause: None }));
    }
}
