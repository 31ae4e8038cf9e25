//! Temporary files that are gone when they are no longer needed, also if a signal ends the process.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tempfile::{PathPersistError, TempDir, TempPath};

/// Files and folders that this process has made and not yet removed or put in their places.
static MADE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
/// Who is told of what is made.
static WATCHER: OnceLock<fn(&Path)> = OnceLock::new();

/// Has `watcher` told of every temporary file and folder from now on, so that somebody else can remove
/// them if this process is killed.
pub fn watch(watcher: fn(&Path)) {
    // The first watcher stays.
    let _ = WATCHER.set(watcher);
}

fn remember(path: &Path) {
    made().push(path.to_path_buf());
    if let Some(watcher) = WATCHER.get() {
        watcher(path);
    }
}

fn made() -> MutexGuard<'static, Vec<PathBuf>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes every temporary file and folder of this process, which is about to end without unwinding.
pub fn abandon_all() {
    made().drain(..).for_each(|path| abandon(&path));
}

/// Removes a temporary file or folder, if it is there.
pub fn abandon(path: &Path) {
    // Whatever cannot be removed is left to the system.
    let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
}

/// A temporary file of another process, which this one removes only if that is [`abandon_all`]: the
/// other may be gone.
#[derive(Debug)]
pub(super) struct JoinedFile(PathBuf);

impl JoinedFile {
    pub(super) fn new(path: &Path) -> JoinedFile {
        made().push(path.to_path_buf());
        JoinedFile(path.to_path_buf())
    }
}

impl Drop for JoinedFile {
    fn drop(&mut self) {
        forget(&self.0);
    }
}

fn forget(path: &Path) {
    made().retain(|p| p != path);
}

/// A temporary file, removed when dropped.
#[derive(Debug)]
pub(super) struct TemporaryFile(Option<TempPath>);

impl TemporaryFile {
    pub(super) fn new(path: TempPath) -> TemporaryFile {
        remember(&path);
        TemporaryFile(Some(path))
    }

    /// Puts it in its place.
    pub(super) fn persist(mut self, target: &Path) -> Result<(), PathPersistError> {
        match self.0.take() {
            Some(path) => {
                forget(&path);
                path.persist(target)
            }
            None => unreachable!("a file is put in its place once"),
        }
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            forget(&path);
        }
    }
}

/// A temporary folder, removed with all that is in it when dropped.
#[derive(Debug)]
pub struct TemporaryFolder(Option<TempDir>);

impl From<TempDir> for TemporaryFolder {
    fn from(folder: TempDir) -> Self {
        remember(folder.path());
        TemporaryFolder(Some(folder))
    }
}

impl TemporaryFolder {
    /// A new folder where the system keeps temporary files, or in `parent`.
    pub fn new(parent: Option<&Path>) -> std::io::Result<TemporaryFolder> {
        let folder = match parent {
            Some(parent) => tempfile::tempdir_in(parent)?,
            None => tempfile::tempdir()?,
        };
        Ok(folder.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), TempDir::path)
    }

    /// Leaves it where it is, for good.
    pub(super) fn keep(mut self) {
        if let Some(folder) = self.0.take() {
            forget(&folder.keep());
        }
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            forget(folder.path());
        }
    }
}
