//! Inputs that another process has sent: standard input, and copies of files that it alone can see.

use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::temporary::TemporaryFolder;

static STREAM: Mutex<Option<Vec<u8>>> = Mutex::new(None);
static FOLDER: OnceLock<TemporaryFolder> = OnceLock::new();

/// Lets these bytes be what is read from standard input.
pub fn give_stream(bytes: Vec<u8>) {
    *STREAM.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
}

/// What was given as standard input, and not yet read.
pub fn take_stream() -> Option<Vec<u8>> {
    STREAM.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Whether something was given as standard input.
pub fn has_stream() -> bool {
    STREAM.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// The folder of copies, in which inputs are sought from now on; in `parent` if it is made now.
pub fn folder(parent: Option<&Path>) -> std::io::Result<&'static Path> {
    if FOLDER.get().is_none() {
        let _ = FOLDER.set(TemporaryFolder::new(parent)?);
    }
    Ok(FOLDER.get().map_or(Path::new(""), TemporaryFolder::path))
}

/// Whether inputs were sent to this process.
pub fn is_set() -> bool {
    FOLDER.get().is_some()
}

/// Where the copy of a file belongs, named by its absolute path elsewhere.
pub fn place(folder: &Path, path: &Path) -> PathBuf {
    let parts = path.components().filter(|c| matches!(c, Component::Normal(_)));
    folder.join(parts.collect::<PathBuf>())
}

/// An input: its copy if there is one, or the path itself.
pub fn find(path: &Path) -> PathBuf {
    let copy = FOLDER.get().and_then(|f| Some(place(f.path(), &std::path::absolute(path).ok()?)));
    copy.filter(|copy| copy.exists()).unwrap_or_else(|| path.to_path_buf())
}
