//! What a process of a run tells the program that started its launcher, which outlives it: lines of
//! standard error that are not passed on. A word that nobody else knows stands at both ends of each.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Holds the word of a run, for processes whose standard error is read by this program.
pub(super) const WORD: &str = "PYLOPSD_NOTES";

static OWN: OnceLock<String> = OnceLock::new();

/// A new word.
pub(super) fn word() -> String {
    let random = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", random(), random())
}

/// A parsed note.
#[derive(Debug, PartialEq)]
pub(super) enum Note {
    /// A temporary file or folder, named as this program names them.
    Temporary(PathBuf),
    /// A process, its host, and the signal that ended it.
    Lost { rank: usize, host: String, signal: i32 },
    /// A process has said why the run ends.
    Explained,
}

const EXPLAINED: &str = "explained";

fn note(word: &str, text: &str) -> String {
    format!("\u{1}{word} {text} {word}\n")
}

/// The note of a process that a signal ended.
pub(super) fn lost(word: &str, rank: usize, signal: i32, host: &str) -> String {
    note(word, &format!("lost {rank} {signal} {host}"))
}

/// Parses a line of standard error, if it is a note.
pub(super) fn read(word: &str, line: &str) -> Option<Note> {
    let text = line.strip_prefix('\u{1}')?.strip_prefix(word)?.strip_suffix(word)?;
    let text = text.strip_prefix(' ')?.strip_suffix(' ')?;
    if let Some(lost) = text.strip_prefix("lost ") {
        let mut words = lost.splitn(3, ' ');
        let (rank, signal) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        return Some(Note::Lost { rank, host: words.next()?.into(), signal });
    }
    if text == EXPLAINED {
        return Some(Note::Explained);
    }
    let path = PathBuf::from(text);
    let name = path.file_name()?.to_str()?;
    let ours = name.starts_with('.') && name.ends_with(".partial") || name.starts_with(".tmp");
    (path.is_absolute() && ours).then_some(Note::Temporary(path))
}

/// Tells that this process says why the run ends, if somebody reads that.
pub(in crate::cli) fn tell_of_a_reason() {
    if let Some(word) = OWN.get() {
        let _ = std::io::stderr().write_all(note(word, EXPLAINED).as_bytes());
    }
}

/// Tells of all temporary files from now on, if somebody reads that.
pub(in crate::cli) fn tell_of_temporary_files() {
    if let Ok(word) = std::env::var(WORD)
        && OWN.set(word).is_ok()
    {
        crate::io::watch(|path: &Path| {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
            // A name that is no line of text is left to the one who gave it.
            let text = path.to_str().filter(|text| !text.contains(char::is_control));
            if let (Some(text), Some(word)) = (text, OWN.get()) {
                // If nobody listens any more, nobody needs to know.
                let _ = std::io::stderr().write_all(note(word, text).as_bytes());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_notes_of_ones_own_are_believed() {
        let word = word();
        assert_ne!(word, super::word());
        let told = |text: &str| read(&word, note(&word, text).trim_end_matches('\n'));
        for path in ["/a/.m.npy.x.partial", "/tmp/.tmpAbC"] {
            assert_eq!(told(path), Some(Note::Temporary(path.into())));
        }
        let host = || "node 1".to_string();
        let killed = Note::Lost { rank: 3, host: host(), signal: 9 };
        assert_eq!(read(&word, lost(&word, 3, 9, &host()).trim_end()), Some(killed));
        assert_eq!(told(EXPLAINED), Some(Note::Explained));
        for other in
            ["/home/you", "/home/you/.ssh", "m.npy.partial", "/a/m.npy.partial", "", "/", "lost 1"]
        {
            assert_eq!(told(other), None, "{other}");
        }
        let whole = note(&word, "/a/.m.npy.x.partial");
        for end in 0..whole.len() - 1 {
            assert_eq!(read(&word, &whole[..end]), None, "{end}");
        }
        assert_eq!(read(&super::word(), whole.trim_end()), None);
    }
}
