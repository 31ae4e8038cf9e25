//! Sparse matrices as SciPy's `save_npz` writes them: a .npz file of some arrays, and the name of their format.

use std::fs::File;
use std::path::Path;

use super::array::{Array, open_file};
use super::error::{Error, Result};
use super::npz;

/// A sparse matrix in a file; its values are the file's array.
#[derive(Debug)]
pub struct SparseFile {
    /// SciPy's name of the format, such as `csr`.
    pub format: String,
    /// Rows and columns.
    pub shape: Array,
    /// `indices` and `indptr`, if it is a format that has them.
    pub entries: Option<[Array; 2]>,
}

/// Whether members of a .npz file are those of a sparse matrix.
pub(crate) fn is_sparse(keys: &[String]) -> bool {
    ["data", "format", "shape"].iter().all(|key| keys.iter().any(|k| k == key))
}

impl SparseFile {
    /// The sparse matrix of a file, if it holds one.
    ///
    /// # Errors
    ///
    /// The file holds one, but cannot be read.
    pub fn open(path: &Path) -> Result<Option<SparseFile>> {
        let Ok(keys) = npz::members(path) else { return Ok(None) };
        if !is_sparse(&keys) {
            return Ok(None);
        }
        let name = path.display().to_string();
        let format = format(&open_file(path, &name)?, &name)?;
        let has = |key: &str| keys.iter().any(|k| k == key);
        let entries = match has("indices") && has("indptr") && !format.starts_with("bsr") {
            true => Some([Array::open(path, Some("indices"))?, Array::open(path, Some("indptr"))?]),
            false => None,
        };
        Ok(Some(SparseFile { format, shape: Array::open(path, Some("shape"))?, entries }))
    }
}

/// The one text of the member `format`: bytes, or characters of four bytes.
fn format(file: &File, name: &str) -> Result<String> {
    let member = npz::small(file, name, "format")?;
    let header = match member.get(8..10) {
        Some(len) => 10 + usize::from(len[0]) + 256 * usize::from(len[1]),
        None => 0,
    };
    let text: String = member
        .iter()
        .skip(header)
        .filter(|b| b.is_ascii_alphabetic())
        .map(|&b| b as char)
        .collect();
    if text.is_empty() {
        let name = npz::member_name(name, "format");
        return Err(Error::input(format!("cannot read {name}: it names no format"))
            .help("write the file again with scipy.sparse.save_npz"));
    }
    Ok(text)
}
