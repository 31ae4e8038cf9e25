//! The one error of this room: a kind for the program, a message for people.

use std::fmt::{self, Display, Formatter};

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

/// What went wrong, where, and what to do about it. Cheap to clone, because many readers of one file
/// may meet the same error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    /// What was being done, on what; empty if the reason says it.
    context: String,
    reason: String,
    help: Option<String>,
    of_member: bool,
}

impl Error {
    /// A mistake in what the user gave.
    pub fn input(reason: impl Into<String>) -> Self {
        Error::new(ErrorKind::Input, reason.into())
    }

    /// A failure of the run.
    pub fn run(reason: impl Into<String>) -> Self {
        Error::new(ErrorKind::Run, reason.into())
    }

    fn new(kind: ErrorKind, reason: String) -> Self {
        Error { kind, context: String::new(), reason, help: None, of_member: false }
    }

    /// Adds what the user can do about it.
    pub fn help(self, help: impl Into<String>) -> Self {
        Error { help: Some(help.into()), ..self }
    }

    /// The same error, with what was being done in front of it.
    pub fn context(self, doing: impl Display) -> Self {
        Error { context: format!("{doing}: {}", self.context), ..self }
    }

    /// Says that the member asked for is at fault, and not the file.
    pub(crate) fn of_member(self) -> Self {
        Error { of_member: true, ..self }
    }

    /// Whose mistake this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What went wrong, and on what, without a final full stop.
    pub fn message(&self) -> String {
        format!("{}{}", self.context, self.reason)
    }

    /// What went wrong, for a place that already says on what.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What the user can do about it.
    pub fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Whether the member of an archive or group is at fault, and not the file.
    pub fn is_of_member(&self) -> bool {
        self.of_member
    }
}

impl std::error::Error for Error {}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.context, self.reason)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
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
