//! What a process of a run tells the program that started its launcher, which outlives it: lines of
//! standard error that are not passed on.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Set for processes whose standard error is read by this program.
pub(super) const READ: &str = "PYLOPSD_NOTES";
/// How the note of a temporary file or folder begins.
const TEMPORARY: &str = "\u{1}pylopsd temporary ";

/// The temporary file or folder that a line tells of.
pub(super) fn temporary(line: &str) -> Option<PathBuf> {
    line.strip_prefix(TEMPORARY).map(PathBuf::from)
}

/// Tells of all temporary files from now on, if somebody reads that.
pub(in crate::cli) fn tell_of_temporary_files() {
    if std::env::var_os(READ).is_some() {
        crate::io::watch(|path: &Path| {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
            let line = format!("{TEMPORARY}{}\n", path.display());
            // If nobody listens any more, nobody needs to know.
            let _ = std::io::stderr().write_all(line.as_bytes());
        });
    }
}
