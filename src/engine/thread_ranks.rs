//! Threads that act as processes, for tests and `--ranks`.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::engine::{Arrival, Communicator, Lost, Message, OneProcess, Parcel};

/// One of several threads of this program that act as processes. As MPI may do, a send completes
/// only when the other process receives it: what would deadlock over MPI does so here, and is
/// reported.
#[derive(Debug)]
pub struct ThreadRank {
    rank: usize,
    all: Arc<Ranks>,
}

/// State that the threads share.
#[derive(Debug)]
struct Ranks {
    size: usize,
    post: Mutex<Post>,
    /// By process, signalled when something that it may wait for has changed.
    changed: Vec<Condvar>,
}

/// Messages, and who waits for them. [`Ranks::pair`] numbers pairs of processes.
#[derive(Debug)]
struct Post {
    /// By pair, messages sent and not yet taken.
    sent: Vec<VecDeque<Message>>,
    /// By pair, how many messages were sent, and how many the receiver has asked for.
    counts: Vec<(usize, usize)>,
    /// By process, whether it waits for another.
    waits: Vec<bool>,
    /// By process, whether it has ended.
    ended: Vec<bool>,
    /// Whether all processes wait for each other.
    stuck: bool,
    /// The message of the first process that failed.
    told: Option<Lost>,
}

impl Ranks {
    /// The number of a pair of sender and receiver.
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

    /// Waits until `look` finds something, which `peer` provides.
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
                return Err(post.told.clone().unwrap_or_else(|| Lost::silently(peer)));
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
    /// Peers that were sent something, and the number of messages to them by then.
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

    fn fail(&self, cause: &str) {
        let lost = Lost { rank: self.rank, cause: Some(cause.to_string()) };
        self.all.post().told.get_or_insert(lost);
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

/// Runs `f` once for each of `size` ranks, each on its own thread; returns the results by rank.
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
        told: None,
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
