//! Outputs that several processes write.

use rayon::prelude::*;

use crate::engine::exchange::{view, view_mut};
use crate::engine::{Block, Error, Machine, Message, Result, Store};
use crate::io::NpyOutput;
use crate::kernels::pointwise;

/// A file that every process writes its own boxes of, or sends them to process 0 if it cannot see it.
#[derive(Debug)]
pub struct SharedOutput {
    /// The file, where this process sees it.
    pub file: Option<NpyOutput>,
    /// The processes that do not.
    pub blind: Vec<usize>,
}

impl Machine {
    /// Writes the boxes of an array that this process owns into a file of those dims.
    pub fn write(&self, block: &Block, store: &Store, output: &SharedOutput) -> Result<()> {
        let (rank, size) = (self.rank(), self.size());
        let boxes = |rank: usize| &block.tiles.boxes()[block.tiles.owned(rank, size)];
        if let Some(file) = &output.file {
            self.install(|| {
                boxes(rank).par_iter().try_for_each(|b| file.write_box(b, store.view(b)))
            })
            .map_err(Error::from)?;
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
                    file.write_box(b, view(&received[0], block.ty.dtype, &b.dims()))?;
                }
            }
        }
        Ok(())
    }
}
