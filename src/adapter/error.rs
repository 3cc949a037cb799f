//! What a warehouse said no with.

use std::fmt;

/// Why, in kinds that the code above acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The SQL or the data is at fault: syntax, unknown column, failed cast.
    Database,
    /// The relation, schema or job does not exist.
    NotFound,
    /// The warehouse knows us and refuses: 403.
    Denied,
    /// No way in: file locked, host unreachable, bad credentials.
    Connection,
    /// Worth another try; the adapter has already tried as often as the profile allows.
    Transient,
    /// Stopped by us: Ctrl-C, fail-fast.
    Cancelled,
    /// The warehouse cannot do this.
    Unsupported,
}

/// An error of a warehouse. Never holds a secret.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterError {
    pub kind: ErrorKind,
    pub message: String,
    /// Byte offset in the SQL that was sent, where the warehouse told one.
    pub offset: Option<usize>,
    /// The row, from 1, and the column of a loaded file that cannot be taken.
    pub cell: Option<(usize, String)>,
    /// What to do about it, when there is something.
    pub help: Option<String>,
}

impl AdapterError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), offset: None, cell: None, help: None }
    }

    #[must_use]
    pub fn at(mut self, offset: Option<usize>) -> Self {
        self.offset = offset;
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AdapterError {}
