//! How processes exchange bytes; the communicator of a single process.

use std::fmt;

use crate::io::Bytes;
use crate::scalar::C128;

/// Another process ended or reported a failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Lost {
    /// The process that ended.
    pub rank: usize,
    /// Its message, with its name; `None` if it ended without one.
    pub cause: Option<String>,
}

impl Lost {
    pub(super) fn silently(rank: usize) -> Lost {
        Lost { rank, cause: None }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => f.write_str(cause),
            None => write!(f, "process {} ended before its work was done", self.rank),
        }
    }
}

/// Bytes in transit, aligned for every element type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    words: Vec<C128>,
    bytes: usize,
}

impl Message {
    /// `bytes` zero bytes.
    pub fn zeros(bytes: usize) -> Message {
        let words = vec![C128::default(); bytes.div_ceil(size_of::<C128>())];
        Message { words, bytes }
    }

    /// A copy of some bytes.
    pub fn of(bytes: &[u8]) -> Message {
        let mut message = Message::zeros(bytes.len());
        message.numbers_mut().copy_from_slice(bytes);
        message
    }

    /// Capacity in bytes.
    fn room(&self) -> usize {
        self.words.len() * size_of::<C128>()
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// The bytes as numbers.
    pub fn numbers<T: bytemuck::Pod>(&self) -> &[T] {
        bytemuck::cast_slice(&bytemuck::cast_slice::<_, u8>(&self.words)[..self.bytes])
    }

    /// The bytes as writable numbers.
    pub fn numbers_mut<T: bytemuck::Pod>(&mut self) -> &mut [T] {
        let bytes = bytemuck::cast_slice_mut::<_, u8>(&mut self.words);
        bytemuck::cast_slice_mut(&mut bytes[..self.bytes])
    }
}

/// What to send to another process.
pub enum Parcel {
    /// A message packed for sending.
    Packed(Message),
    /// Memory sent in place, which nobody writes until it has arrived.
    Lent(Bytes),
}

impl From<Message> for Parcel {
    fn from(message: Message) -> Parcel {
        Parcel::Packed(message)
    }
}

impl Parcel {
    /// The bytes to send.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Parcel::Packed(message) => message.numbers(),
            Parcel::Lent(bytes) => (**bytes).as_ref(),
        }
    }
}

/// Used messages kept for reuse, since fresh memory costs a fault per page. Keeps no more than was
/// ever in use at once.
#[derive(Debug, Default)]
pub struct Spares {
    kept: Vec<Message>,
    kept_bytes: usize,
    used: usize,
    most: usize,
}

impl Spares {
    /// A message of `bytes` bytes with arbitrary contents.
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

    /// Takes back a message that is no longer needed.
    pub fn give(&mut self, message: Message) {
        let room = message.room();
        self.used = self.used.saturating_sub(room);
        if self.used + self.kept_bytes + room <= self.most {
            self.kept_bytes += room;
            self.kept.push(message);
        }
    }
}

/// Messages in transit.
pub trait Arrival: Send {
    /// Moves messages on if they need it; called now and then while there is other work.
    fn progress(&mut self) {}
    /// Waits until all messages are sent and received; returns the received ones.
    fn wait(self: Box<Self>) -> Result<Vec<Message>, Lost>;
}

/// Processes that exchange bytes. Every process calls the same methods in the same order.
pub trait Communicator: Send + Sync {
    /// The rank of this process.
    fn rank(&self) -> usize;

    /// The number of processes.
    fn size(&self) -> usize;

    /// Starts to send messages to other processes, and to receive one per pair of rank and number
    /// of bytes. Messages from a process arrive in the order in which it sends them.
    fn start<'a>(
        &'a self,
        sends: Vec<(usize, Parcel)>,
        receives: &[(usize, usize)],
    ) -> Result<Box<dyn Arrival + 'a>, Lost>;

    /// A message of `bytes` bytes with arbitrary contents.
    fn message(&self, bytes: usize) -> Message {
        Message::zeros(bytes)
    }

    /// Takes back messages that are no longer needed.
    fn recycle(&self, _messages: Vec<Message>) {}

    /// Gathers the words of every process, by rank; all must give as many.
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

    /// Gathers the bytes of every process, by rank.
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

    /// Sends the bytes of process 0 to all: each process passes them on to a few others.
    fn broadcast(&self, bytes: &[u8]) -> Result<Vec<u8>, Lost> {
        let (rank, size) = (self.rank(), self.size());
        let length = self.all_gather(&[bytes.len() as u64])?[0][0] as usize;
        if length == 0 {
            return Ok(Vec::new());
        }
        // A process receives from the rank that is its own without the highest bit.
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

    /// Tells all others, which may wait for this process, that it fails and why.
    fn fail(&self, _cause: &str) {}
}

/// The communicator of a single process.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "Miri takes minutes for ten megabytes")]
    fn messages_are_used_again() {
        let mut spares = Spares::default();
        let (a, b) = (spares.take(100_000), spares.take(50_000));
        let address = a.words.as_ptr();
        spares.give(a);
        spares.give(b);
        let again = spares.take(99_000);
        assert_eq!((again.words.as_ptr(), again.len()), (address, 99_000));
        assert_eq!(spares.take(10_000_000).len(), 10_000_000);
        // Too large for the request.
        assert_ne!(spares.take(10_000).room(), 50_000);
    }
}
