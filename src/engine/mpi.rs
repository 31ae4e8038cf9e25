//! A communicator over MPI.
//!
//! Every wait checks now and then whether another process has failed, so that a failure ends all of
//! them with its cause. A call that blocks inside MPI could not: requests are polled here, and a
//! process that waits for long sleeps between polls, so that more processes than cores get on.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::raw::c_void;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mpi::Threading;
use mpi::environment::Universe;
use mpi::ffi;
use mpi::traits::Communicator as _;

use crate::engine::communicator::{Arrival, Communicator, Lost, Message, Parcel, Spares};

/// Most bytes in one MPI message, since its count has 31 bits; longer messages go in pieces.
const PIECE: usize = 1 << 30;
/// Tags of data, and of the message of a failed process.
const DATA: c_int = 1;
const FAILURE: c_int = 2;

/// All processes of the program.
pub struct World {
    rank: usize,
    size: usize,
    comm: ffi::MPI_Comm,
    spares: Mutex<Spares>,
    /// Ends MPI when dropped.
    universe: Mutex<Option<Universe>>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} of {}", self.rank, self.size)
    }
}

// SAFETY: the handle is used by one thread at a time, as MPI_THREAD_SERIALIZED asks: the thread that
// runs the solver, or, while it waits for them, one of the threads that compute tiles, behind a lock.
unsafe impl Send for World {}
// SAFETY: as above.
unsafe impl Sync for World {}

/// Name and version of the MPI library.
pub fn library() -> String {
    let text = mpi::environment::library_version().unwrap_or_default();
    let line = text.lines().next().unwrap_or_default().trim_end_matches('\0');
    // "Open MPI v4.1.4, package: ..." and "MPICH Version:\t4.0.2".
    let words = line.split(',').next().unwrap_or_default().split_whitespace();
    words.filter(|word| *word != "Version:").collect::<Vec<_>>().join(" ")
}

impl World {
    /// Joins the other processes; an error says why it cannot.
    pub fn join() -> Result<World, String> {
        let Some((universe, threading)) = mpi::initialize_with_threading(Threading::Serialized)
        else {
            return Err("MPI was started before".into());
        };
        if threading < Threading::Serialized {
            return Err(format!("{} was built without threads", library()));
        }
        let world = universe.world();
        let (rank, size) = (world.rank() as usize, world.size() as usize);
        // SAFETY: a constant of the library, which is initialised.
        let comm = unsafe { ffi::RSMPI_COMM_WORLD };
        let spares = Mutex::default();
        Ok(World { rank, size, comm, spares, universe: Mutex::new(Some(universe)) })
    }

    /// Shuts down MPI, once all processes have done their part.
    pub fn finalize(&self) {
        drop(self.universe.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Ends all processes at once.
    pub fn abort(&self, code: u8) -> ! {
        // SAFETY: MPI is initialised, and not finalised: that needs all processes.
        unsafe { ffi::MPI_Abort(self.comm, c_int::from(code)) };
        std::process::abort()
    }

    /// Waits until `done` returns true or another process fails.
    fn wait_for(&self, mut done: impl FnMut() -> bool) -> Result<(), Lost> {
        let mut turns = 0u32;
        loop {
            if done() {
                return Ok(());
            }
            turns += 1;
            if turns.is_multiple_of(64)
                && let Some(lost) = self.failure()
            {
                return Err(lost);
            }
            match turns {
                0..200 => std::hint::spin_loop(),
                200..4000 => std::thread::yield_now(),
                _ => std::thread::sleep(Duration::from_micros(100)),
            }
        }
    }

    /// The message of another process that failed, if one did.
    fn failure(&self) -> Option<Lost> {
        let mut status = MaybeUninit::uninit();
        let (mut flag, mut count) = (0, 0);
        // SAFETY: the message was probed, so it is there, and the buffer has its length.
        unsafe {
            let any = ffi::RSMPI_ANY_SOURCE;
            ffi::MPI_Iprobe(any, FAILURE, self.comm, &mut flag, status.as_mut_ptr());
            if flag == 0 {
                return None;
            }
            let mut status = status.assume_init();
            ffi::MPI_Get_count(&status, ffi::RSMPI_UINT8_T, &mut count);
            let source = status.MPI_SOURCE;
            let mut text = vec![0u8; count as usize];
            let data = text.as_mut_ptr().cast();
            ffi::MPI_Recv(data, count, ffi::RSMPI_UINT8_T, source, FAILURE, self.comm, &mut status);
            let cause = Some(String::from_utf8_lossy(&text).into_owned());
            Some(Lost { rank: source as usize, cause })
        }
    }

    fn send(&self, bytes: &[u8], to: usize, tag: c_int, requests: &mut Vec<ffi::MPI_Request>) {
        for piece in bytes.chunks(PIECE) {
            let mut request = MaybeUninit::uninit();
            // SAFETY: whoever keeps the request keeps the bytes, and drops neither before the other
            // process has them.
            unsafe {
                let data = piece.as_ptr().cast::<c_void>();
                let (n, to) = (piece.len() as c_int, to as c_int);
                let ty = ffi::RSMPI_UINT8_T;
                ffi::MPI_Isend(data, n, ty, to, tag, self.comm, request.as_mut_ptr());
                requests.push(request.assume_init());
            }
        }
    }

    fn receive(&self, message: &mut Message, from: usize, requests: &mut Vec<ffi::MPI_Request>) {
        for piece in message.numbers_mut::<u8>().chunks_mut(PIECE) {
            let mut request = MaybeUninit::uninit();
            // SAFETY: as for `send`; nobody reads the bytes before the request is done.
            unsafe {
                let data = piece.as_mut_ptr().cast::<c_void>();
                let (n, from) = (piece.len() as c_int, from as c_int);
                let ty = ffi::RSMPI_UINT8_T;
                ffi::MPI_Irecv(data, n, ty, from, DATA, self.comm, request.as_mut_ptr());
                requests.push(request.assume_init());
            }
        }
    }
}

impl Communicator for World {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn start<'a>(
        &'a self,
        sends: Vec<(usize, Parcel)>,
        receives: &[(usize, usize)],
    ) -> Result<Box<dyn Arrival + 'a>, Lost> {
        let mut requests = Vec::with_capacity(sends.len() + receives.len());
        let mut received: Vec<Message> = receives.iter().map(|r| self.message(r.1)).collect();
        for (message, (from, _)) in received.iter_mut().zip(receives) {
            self.receive(message, *from, &mut requests);
        }
        for (to, parcel) in &sends {
            self.send(parcel.bytes(), *to, DATA, &mut requests);
        }
        Ok(Box::new(OnTheWay { world: self, requests, sends, received, done: false }))
    }

    fn message(&self, bytes: usize) -> Message {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner).take(bytes)
    }

    fn recycle(&self, messages: Vec<Message>) {
        let mut spares = self.spares.lock().unwrap_or_else(PoisonError::into_inner);
        messages.into_iter().for_each(|message| spares.give(message));
    }

    fn all_gather(&self, words: &[u64]) -> Result<Vec<Vec<u64>>, Lost> {
        if words.is_empty() {
            return Ok(vec![Vec::new(); self.size]);
        }
        let own = Message::of(bytemuck::cast_slice(words));
        let mut all = Message::zeros(own.len() * self.size);
        let mut request = MaybeUninit::uninit();
        // SAFETY: the two buffers live until the request is done, or are leaked, and have the
        // lengths that are passed.
        let request = unsafe {
            let from = own.numbers::<u8>().as_ptr().cast::<c_void>();
            let to = all.numbers_mut::<u8>().as_mut_ptr().cast::<c_void>();
            let (n, ty) = (words.len() as c_int, ffi::RSMPI_UINT64_T);
            ffi::MPI_Iallgather(from, n, ty, to, n, ty, self.comm, request.as_mut_ptr());
            request.assume_init()
        };
        let sends = vec![(self.rank, own.into())];
        let way = OnTheWay {
            world: self,
            requests: vec![request],
            sends,
            received: vec![all],
            done: false,
        };
        let received = Box::new(way).wait()?;
        let all = received[0].numbers::<u64>();
        Ok(all.chunks_exact(words.len()).map(<[u64]>::to_vec).collect())
    }

    fn fail(&self, cause: &str) {
        // Long enough for a cause, short enough to send at once.
        let text: &'static [u8] = cause.bytes().take(2000).collect::<Vec<u8>>().leak();
        let mut requests = Vec::new();
        for peer in (0..self.size).filter(|&p| p != self.rank) {
            self.send(text, peer, FAILURE, &mut requests);
        }
        let mut turns = 0;
        // Processes that never ask are not waited for.
        let _ = self.wait_for(|| {
            turns += 1;
            turns > 5000 || test(&mut requests)
        });
    }
}

/// Requests, with the buffers that they use.
struct OnTheWay<'a> {
    world: &'a World,
    requests: Vec<ffi::MPI_Request>,
    sends: Vec<(usize, Parcel)>,
    received: Vec<Message>,
    done: bool,
}

// SAFETY: as for `World`, one thread at a time uses it.
unsafe impl Send for OnTheWay<'_> {}

fn test(requests: &mut [ffi::MPI_Request]) -> bool {
    let mut flag = 0;
    // SAFETY: the requests were begun, or are null once they are done.
    unsafe {
        let n = requests.len() as c_int;
        ffi::MPI_Testall(n, requests.as_mut_ptr(), &mut flag, ffi::RSMPI_STATUSES_IGNORE);
    }
    flag != 0
}

impl Arrival for OnTheWay<'_> {
    fn progress(&mut self) {
        self.done = self.done || test(&mut self.requests);
    }

    fn wait(mut self: Box<Self>) -> Result<Vec<Message>, Lost> {
        if !self.done {
            let (world, requests) = (self.world, &mut self.requests);
            world.wait_for(|| test(requests))?;
            self.done = true;
        }
        let sent = std::mem::take(&mut self.sends);
        let packed = sent.into_iter().filter_map(|(_, parcel)| match parcel {
            Parcel::Packed(message) => Some(message),
            Parcel::Lent(_) => None,
        });
        self.world.recycle(packed.collect());
        Ok(std::mem::take(&mut self.received))
    }
}

impl Drop for OnTheWay<'_> {
    fn drop(&mut self) {
        if !self.done {
            // MPI may still read and write the buffers, and the program is about to end.
            std::mem::forget(std::mem::take(&mut self.sends));
            std::mem::forget(std::mem::take(&mut self.received));
        }
    }
}
