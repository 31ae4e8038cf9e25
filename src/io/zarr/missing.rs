//! Chunks that a Zarr folder does not have: writers leave out those that hold the fill value alone, and
//! so does a copy that broke off. Of an array in shards, these are the shards: which chunks a shard does
//! not have it says itself.

use std::collections::BTreeSet;
use std::path::Path;

use super::metadata::Keys;
use crate::io::layout::Courses;

/// A grid of chunks that are files: how many on each axis, and their lengths.
#[derive(Clone, Debug)]
pub(super) struct Chunks(Vec<usize>, Vec<usize>);

impl Chunks {
    pub(super) fn new(dims: &[usize], lengths: &[usize]) -> Chunks {
        let lengths: Vec<usize> = lengths.iter().map(|&length| length.max(1)).collect();
        Chunks(dims.iter().zip(&lengths).map(|(n, length)| n.div_ceil(*length)).collect(), lengths)
    }

    /// By axis, the chunks that an array of these dims reads which runs along `courses`.
    pub(super) fn read_by(&self, courses: &Courses, dims: &[usize]) -> Vec<BTreeSet<u64>> {
        let axis = |k: usize| {
            let along = courses.axes.iter().zip(dims).find_map(|(course, &n)| {
                let course = course.filter(|course| course.axis == k)?;
                Some((course.step, n))
            });
            let (step, n) = along.unwrap_or((1, 1));
            let at = |i: usize| courses.start[k].wrapping_add_signed(i as isize * step);
            (0..n).map(|i| (at(i) / self.1[k]) as u64).collect()
        };
        (0..self.0.len()).map(axis).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.0.iter().fold(1, |n, &length| n.saturating_mul(length))
    }

    /// The chunk that a file's path in the folder names.
    fn named(&self, path: &str) -> Option<Vec<u64>> {
        let numbers = path.split(['/', '.']).filter(|part| *part != "c");
        let index: Vec<u64> = numbers.map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let inside = index.iter().zip(&self.0).all(|(&i, &n)| i < n as u64);
        (index.len() == self.0.len() && inside).then_some(index)
    }
}

/// How many chunks that are files are there, of all or of some by axis. The folder is listed once,
/// however many there could be.
pub(super) fn present(
    keys: &Keys,
    folder: &Path,
    chunks: &Chunks,
    some: Option<&[BTreeSet<u64>]>,
) -> usize {
    let counts = |index: &[u64]| {
        some.is_none_or(|axes| axes.iter().zip(index).all(|(axis, i)| axis.contains(i)))
    };
    if chunks.0.is_empty() {
        return usize::from(folder.join(keys.path(&[])).is_file());
    }
    let mut found = 0;
    // Folders are no deeper than `c/0/0/...`.
    let mut waiting = vec![(String::new(), chunks.0.len() + 1)];
    while let Some((inside, depth)) = waiting.pop() {
        for entry in std::fs::read_dir(folder.join(&inside)).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
            let is_number = name == "c" || name.bytes().all(|b| b.is_ascii_digit());
            if is_number && depth > 0 && entry.path().is_dir() {
                waiting.push((path, depth - 1));
            } else if let Some(index) = chunks.named(&path) {
                found += usize::from(counts(&index) && keys.path(&index) == path);
            }
        }
    }
    found
}

/// Whether the chunks of a version 2 array lie in folders, though nothing says so: none is named as
/// they are then, and the first axis has folders.
pub(super) fn is_nested(folder: &Path, axes: usize) -> bool {
    let mut nested = false;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let parts: Vec<&str> = name.split('.').collect();
        let numbers = parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
        match (numbers, parts.len()) {
            (true, n) if n == axes => return false,
            (true, 1) => nested |= entry.path().is_dir(),
            _ => {}
        }
    }
    nested
}
