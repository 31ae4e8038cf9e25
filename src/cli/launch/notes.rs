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

fn note(word: &str, path: &str) -> String {
    format!("\u{1}{word} {path} {word}\n")
}

/// The temporary file or folder that a line tells of; it is named as this program names them.
pub(super) fn temporary(word: &str, line: &str) -> Option<PathBuf> {
    let path = line.strip_prefix('\u{1}')?.strip_prefix(word)?.strip_suffix(word)?;
    let path = PathBuf::from(path.strip_prefix(' ')?.strip_suffix(' ')?);
    let name = path.file_name()?.to_str()?;
    let ours = name.starts_with('.') && name.ends_with(".partial") || name.starts_with(".tmp");
    (path.is_absolute() && ours).then_some(path)
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
        let told = |path: &str| temporary(&word, note(&word, path).trim_end_matches('\n'));
        assert_eq!(told("/a/.m.npy.x.partial"), Some("/a/.m.npy.x.partial".into()));
        assert_eq!(told("/tmp/.tmpAbC"), Some("/tmp/.tmpAbC".into()));
        for other in ["/home/you", "/home/you/.ssh", "m.npy.partial", "/a/m.npy.partial", "", "/"] {
            assert_eq!(told(other), None, "{other}");
        }
        let whole = note(&word, "/a/.m.npy.x.partial");
        for end in 0..whole.len() - 1 {
            assert_eq!(temporary(&word, &whole[..end]), None, "{end}");
        }
        assert_eq!(temporary(&super::word(), whole.trim_end()), None);
    }
}
