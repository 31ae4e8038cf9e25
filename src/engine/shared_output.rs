//! Outputs that several processes write.

use rayon::prelude::*;

use crate::engine::exchange::{view, view_mut};
use crate::engine::{Block, Error, Machine, Message, Result, Store};
use crate::io::narrow::too_large;
use crate::io::{self, Narrowed, NpyOutput};
use crate::kernels::pointwise;
use crate::scalar::{C128, DType};

/// A file that every process writes its own boxes to, through process 0 if it cannot see the file.
#[derive(Debug)]
pub struct SharedOutput {
    /// Name of the file in messages.
    pub name: String,
    /// Element type of the file.
    pub dtype: DType,
    /// The file, where this process sees it.
    pub file: Option<NpyOutput>,
    /// The processes that do not see it.
    pub blind: Vec<usize>,
}

impl Machine {
    /// Writes the boxes of an array that this process owns into a file of as many elements. Returns
    /// what all processes lost; all fail alike if the file's type cannot hold an element.
    pub fn write(&self, block: &Block, store: &Store, output: &SharedOutput) -> Result<Narrowed> {
        let (rank, size) = (self.rank(), self.size());
        let boxes = |rank: usize| &block.tiles.boxes()[block.tiles.owned(rank, size)];
        let dims = &block.ty.dims;
        let mut narrowed = Narrowed::default();
        if let Some(file) = &output.file {
            let written = self.install(|| {
                let boxes = boxes(rank).par_iter();
                let parts = boxes.map(|b| file.write_box_of(dims, b, store.view(b)));
                parts.try_reduce(Narrowed::default, |a, b| Ok(a.and(b)))
            });
            narrowed = written.map_err(Error::from)?;
        }
        let bytes = |n: usize| n * block.ty.dtype.size();
        if output.blind.contains(&rank) {
            for b in boxes(rank) {
                let mut message = Message::zeros(bytes(b.len()));
                pointwise::copy(view_mut(&mut message, block.ty.dtype, &b.dims()), store.view(b));
                self.comm().start(vec![(0, message.into())], &[])?.wait()?;
            }
        }
        if let Some(file) = output.file.as_ref().filter(|_| rank == 0) {
            for &peer in &output.blind {
                for b in boxes(peer) {
                    let received = self.comm().start(vec![], &[(peer, bytes(b.len()))])?.wait()?;
                    let part = view(&received[0], block.ty.dtype, &b.dims());
                    narrowed = narrowed.and(file.write_box_of(dims, b, part)?);
                }
            }
        }
        let all = self.comm().all_gather(&words(&narrowed))?;
        let all = all.iter().map(|w| narrowed_of(w)).fold(Narrowed::default(), Narrowed::and);
        match all.lost {
            None => Ok(all),
            Some((at, value)) => Err(Error::Io(
                io::Error::run(format!(
                    "cannot write {} as {}: {}",
                    output.name,
                    output.dtype,
                    too_large(value, at, &block.ty.dims, output.dtype)
                ))
                .help("nothing was written; write it in double precision, or scale it"),
            )),
        }
    }
}

/// What a process lost, as words to send to the others.
fn words(narrowed: &Narrowed) -> [u64; 5] {
    let (at, value) = narrowed.lost.map_or((u64::MAX, C128::default()), |(at, v)| (at as u64, v));
    let Narrowed { vanished, not_finite, .. } = *narrowed;
    [at, value.re.to_bits(), value.im.to_bits(), vanished as u64, not_finite as u64]
}

fn narrowed_of(words: &[u64]) -> Narrowed {
    let [at, re, im, vanished, not_finite] = words else { return Narrowed::default() };
    let value = C128::new(f64::from_bits(*re), f64::from_bits(*im));
    let lost = (*at != u64::MAX).then_some((*at as usize, value));
    Narrowed { lost, vanished: *vanished as usize, not_finite: *not_finite as usize }
}
