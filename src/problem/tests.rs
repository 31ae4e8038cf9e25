//! Tests of the whole room: texts of problem files, and what is said about them.

mod algebra;
mod arrays;
mod names;
mod outputs;
mod solves;
mod synthetics;

use std::path::Path;

use super::*;
use crate::io::npy::header_bytes;
use crate::spec::SourceText;

/// A .npy file of zeros.
fn npy(dims: &[usize], dtype: DType) -> Vec<u8> {
    let ty = ArrayType::new(dims, dtype);
    let mut bytes = header_bytes(&ty);
    bytes.resize(bytes.len() + ty.bytes(), 0);
    bytes
}

/// A .npy file with this header and no data.
fn with_header(header: &str) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let header = format!("{header:<117}\n");
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes
}

/// Loads a problem beside files.
fn load_in(folder: &Path, text: &str, files: &[(&str, Vec<u8>)]) -> Result<Problem, Diagnostics> {
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let path = folder.join("problem.toml");
    std::fs::write(&path, text).unwrap();
    let document = Document::parse(SourceText::read(&path).unwrap(), &[]);
    Problem::load(document.unwrap_or_else(|e| panic!("{e}")))
}

/// A problem that must be right.
#[track_caller]
fn problem(text: &str, files: &[(&str, Vec<u8>)]) -> Problem {
    let folder = tempfile::tempdir().unwrap();
    load_in(folder.path(), text, files).unwrap_or_else(|e| panic!("{e}"))
}

/// All that is wrong with a problem, as it is shown; the folder is `DIR`.
fn mistakes(text: &str, files: &[(&str, Vec<u8>)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    match load_in(folder.path(), text, files) {
        Ok(_) => "nothing is wrong".to_string(),
        Err(mistakes) => mistakes.to_string().replace(&folder.path().display().to_string(), "DIR"),
    }
}

#[track_caller]
fn shows(text: &str, files: &[(&str, Vec<u8>)], expected: &str) {
    is(&mistakes(text, files), expected);
}

/// A text is what is expected, whose first line is empty.
#[track_caller]
fn is(found: &str, expected: &str) {
    assert_eq!(found, expected.trim_start());
}

/// Operators of (4, 3), (12,) and (5,), lists of 12, and one by an expression.
fn with_expression(expression: &str) -> String {
    format!(
        r#"[params]
eps = 0.5
[operators]
X = "{expression}"
A = {{ type = "FirstDerivative", dims = [4, 3] }}
B = {{ type = "FirstDerivative", dims = 12 }}
C = {{ type = "FirstDerivative", dims = 5 }}
I = {{ type = "Identity", N = 12 }}
R = {{ type = "Reshape", dims = [4, 3], dimsd = 12 }}
S = {{ type = "Restriction", dims = 12, iava = [3, 2, 1, 0, 4, 5, 6, 7, 8, 9, 10, 11] }}
V = "2 * B.H"
"#
    )
}
