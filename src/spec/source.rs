//! The texts that a problem comes from, in one space of byte offsets.
//!
//! The file comes first, then every command-line argument that adds to it, so that one plain range
//! says both where and in which text a value stands.

use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A range of bytes of a [`SourceText`].
pub type Span = Range<usize>;

/// A value with its place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place in the [`SourceText`].
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at that place.
    pub fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span }
    }
}

/// What a problem file is called that comes on standard input.
pub const STANDARD_INPUT: &str = "standard input";

/// A problem file's text, and the command-line arguments that add to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceText {
    /// The file, as the user named it.
    pub name: String,
    /// The file's text.
    pub text: String,
    arguments: Vec<Argument>,
}

/// A command-line argument as it is shown, `--set solve.niter=20`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Argument {
    start: usize,
    text: String,
}

/// One of the texts of a [`SourceText`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    /// File name, or `None` for a command-line argument.
    pub(super) name: Option<&'a str>,
    /// The text.
    pub(super) text: &'a str,
    /// Offset of its first byte.
    pub(super) start: usize,
}

impl SourceText {
    /// A file's name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        SourceText { name: name.into(), text: text.into(), arguments: Vec::new() }
    }

    /// Reads a problem file; `-` is standard input.
    pub fn read(path: &Path) -> std::io::Result<SourceText> {
        let (name, bytes) = match path == Path::new("-") {
            true => {
                let mut bytes = Vec::new();
                std::io::stdin().read_to_end(&mut bytes)?;
                (STANDARD_INPUT.to_string(), bytes)
            }
            false => (path.display().to_string(), std::fs::read(path)?),
        };
        let text = decoded(bytes)
            .map_err(|what| std::io::Error::new(std::io::ErrorKind::InvalidData, what))?;
        Ok(SourceText::new(name, text))
    }

    /// Whether it came on standard input; its paths are relative to the current folder then.
    pub fn is_standard_input(&self) -> bool {
        self.name == STANDARD_INPUT
    }

    /// The folder that paths in the file are relative to.
    pub fn folder(&self) -> PathBuf {
        Path::new(&self.name).parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// Adds a command-line argument, shown as `option text`; gives the offset of its text.
    pub fn add_argument(&mut self, option: &str, text: &str) -> usize {
        // One byte between texts, so that a caret behind the end of one is not in the next.
        let start = match self.arguments.last() {
            Some(last) => last.start + last.text.len() + 1,
            None => self.text.len() + 1,
        };
        self.arguments.push(Argument { start, text: format!("{option} {text}") });
        start + option.len() + 1
    }

    /// The text that an offset is in.
    pub(super) fn text_at(&self, offset: usize) -> Text<'_> {
        match self.arguments.iter().rev().find(|a| a.start <= offset) {
            Some(a) => Text { name: None, text: &a.text, start: a.start },
            None => Text { name: Some(&self.name), text: &self.text, start: 0 },
        }
    }

    /// Whether a span is in the file, not in a command-line argument.
    pub fn is_in_file(&self, span: &Span) -> bool {
        span.start <= self.text.len()
    }

    /// The text of a span; empty if the span is not one of this source.
    pub fn slice(&self, span: &Span) -> &str {
        let text = self.text_at(span.start);
        text.text
            .get(span.start.saturating_sub(text.start)..span.end.saturating_sub(text.start))
            .unwrap_or("")
    }

    /// Line and column, both from 1, columns in characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let text = self.text_at(offset);
        let at = char_boundary(text.text, offset - text.start);
        let before = &text.text[..at];
        let line_start = before.rfind('\n').map_or(0, |k| k + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// What `iconv` calls the UTF-16 that bytes are: by their mark, or because plain words have a zero in
/// every pair of bytes.
fn utf16(bytes: &[u8]) -> Option<&'static str> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    // The marks of UTF-32 begin, or end, with those of UTF-16.
    match bytes {
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Some("UTF-16"),
        _ => {}
    }
    let words = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let some = &pairs[..pairs.len().min(500)];
    let plain = |zero: usize| {
        let found = some.iter().filter(|p| p[zero] == 0 && words(p[1 - zero])).count();
        some.len() > 1 && 10 * found >= 8 * some.len()
    };
    match (plain(0), plain(1)) {
        (true, _) => Some("UTF-16BE"),
        (_, true) => Some("UTF-16LE"),
        _ => None,
    }
}

/// The text of a file in UTF-8; else what it is, and what to do.
fn decoded(bytes: Vec<u8>) -> Result<String, String> {
    let convert = |from: &str| format!("save it as UTF-8, or `iconv -f {from} -t UTF-8 OLD > NEW`");
    if let Some(what) = crate::io::format_of(&bytes) {
        return Err(format!("it is {what}, not a problem file"));
    }
    if let Some(from) = utf16(&bytes) {
        return Err(format!("it is UTF-16; {}", convert(from)));
    }
    if bytes.contains(&0) {
        return Err("it is not text".into());
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let at = error.utf8_error().valid_up_to();
    let bytes = error.into_bytes();
    let before = &bytes[..at];
    let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
    let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |k| k + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    Err(format!(
        "byte {:#04x} at line {line}, column {column} is not UTF-8; if the file is Latin-1, {}",
        bytes[at],
        convert("LATIN1")
    ))
}

/// The last character boundary that is not behind `at`.
pub(super) fn char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&k| text.is_char_boundary(k)).unwrap_or(0)
}
