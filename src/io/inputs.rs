//! Where a process reads the inputs of a problem: files, standard input, and what another process
//! has sent in their place.

use std::io::IsTerminal;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::temporary::TemporaryFolder;
use super::{Array, Result};

/// The inputs of a problem. Those of a process that sees all files itself are the default.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Copies of files that another process alone can see.
    copies: Option<TemporaryFolder>,
    /// What another process has read from standard input.
    stream: Mutex<Option<Vec<u8>>>,
}

impl Inputs {
    /// Replaces standard input by these bytes.
    pub fn give_stream(&mut self, bytes: Vec<u8>) {
        self.stream = Mutex::new(Some(bytes));
    }

    /// Makes a folder for copies in `parent`, or among the system's temporary files.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn make_copies(&mut self, parent: Option<&Path>) -> std::io::Result<()> {
        self.copies = Some(TemporaryFolder::new(parent)?);
        Ok(())
    }

    /// Whether files are sent to this process.
    pub fn are_sent(&self) -> bool {
        self.copies.is_some()
    }

    /// Where the copy of a file belongs, named by its absolute path elsewhere, if files are sent here.
    pub fn copy_of(&self, path: &Path) -> Option<PathBuf> {
        let parts = path.components().filter(|c| matches!(c, Component::Normal(_)));
        Some(self.copies.as_ref()?.path().join(parts.collect::<PathBuf>()))
    }

    /// The path at which an input is read: its copy's if there is one, or its own.
    pub fn find(&self, path: &Path) -> PathBuf {
        let copy = std::path::absolute(path).ok().and_then(|path| self.copy_of(&path));
        copy.filter(|copy| copy.exists()).unwrap_or_else(|| path.to_path_buf())
    }

    /// Whether standard input is a terminal, and nothing was sent in its place.
    pub fn is_terminal(&self) -> bool {
        self.stream().is_none() && std::io::stdin().is_terminal()
    }

    /// Reads a .npy stream from standard input to the end of its array. A second call reads the
    /// next array of the stream, where it was not sent.
    ///
    /// # Errors
    ///
    /// The stream is not an array, or ends early.
    pub fn read_stream(&self) -> Result<Array> {
        match self.stream().take() {
            Some(bytes) => Array::from_reader(&mut bytes.as_slice(), "standard input"),
            None => Array::from_reader(&mut std::io::stdin().lock(), "standard input"),
        }
    }

    fn stream(&self) -> std::sync::MutexGuard<'_, Option<Vec<u8>>> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
