//! The one error of this room: a kind for the program, a message for people.

/// What this room's functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// Whose mistake an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// What the user gave is wrong: a missing or malformed file, an element type that cannot be
    /// read, a slice outside the array, an output folder that is not there.
    Input,
    /// The run failed: a disk is full, a read failed, a file changed under it.
    Run,
}

/// An error with its message. It says what was being done, on which file, what was found and what
/// to do. Cheap to clone, because many readers of one file may meet the same error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// A mistake in what the user gave.
    pub fn input(message: impl Into<String>) -> Self {
        Error { kind: ErrorKind::Input, message: message.into() }
    }

    /// A failure of the run.
    pub fn run(message: impl Into<String>) -> Self {
        Error { kind: ErrorKind::Run, message: message.into() }
    }

    /// Whose mistake this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message, without a final full stop.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same error, with what was being done in front of it.
    pub fn context(self, doing: impl std::fmt::Display) -> Self {
        Error { kind: self.kind, message: format!("{doing}: {}", self.message) }
    }
}

/// The operating system's words for an error, without Rust's "(os error 28)".
pub(crate) fn os_words(error: &std::io::Error) -> String {
    let words = error.to_string();
    match words.find(" (os error") {
        Some(at) => words[..at].to_string(),
        None => words,
    }
}
