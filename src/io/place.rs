//! Places of files, compared by the file itself and not by how its path is written.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Files that make a folder a Zarr array or group.
const ZARR: [&str; 3] = ["zarr.json", ".zarray", ".zgroup"];

/// A place, whether or not something is there: the same for all spellings of a path, and for all links
/// to a file.
#[derive(Clone, Debug)]
pub struct Place {
    path: PathBuf,
    /// Device and number of a file.
    file: Option<(u64, u64)>,
    is_folder: bool,
}

impl Place {
    /// The place of a path.
    pub fn of(path: &Path) -> Place {
        // A stream lies nowhere.
        if path == Path::new("-") {
            return Place { path: path.to_path_buf(), file: None, is_folder: false };
        }
        let meta = path.metadata().ok();
        let file = meta.as_ref().filter(|meta| meta.is_file());
        Place {
            path: resolved(path),
            file: file.map(|meta| (meta.dev(), meta.ino())),
            is_folder: meta.is_some_and(|meta| meta.is_dir()),
        }
    }

    /// Whether what is written to one is read, or written, at the other: they are the same, or one is
    /// a folder that holds the other.
    pub fn meets(&self, other: &Place) -> bool {
        let linked = self.file.is_some() && self.file == other.file;
        linked || self.path == other.path || self.holds(other) || other.holds(self)
    }

    /// Whether this is a folder in which the other lies.
    pub fn holds(&self, other: &Place) -> bool {
        self.is_folder && self.path != other.path && other.path.starts_with(&self.path)
    }

    /// The Zarr folder that this place lies in, if it lies in one.
    pub fn zarr(&self) -> Option<&Path> {
        let is_zarr = |folder: &&Path| ZARR.iter().any(|file| folder.join(file).is_file());
        let folders = self.path.ancestors().skip(1);
        folders.filter(|folder| !folder.as_os_str().is_empty()).find(is_zarr)
    }
}

/// The path without links, `.` and `..`, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        // The folder is still to be made.
        (Err(_), Some(name)) if folder != path && folder.file_name().is_some() => {
            resolved(folder).join(name)
        }
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()),
    }
}
