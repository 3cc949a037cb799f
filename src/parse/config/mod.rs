//! Configs: dbt's defaults per kind, the levels they are written at, and how one level goes over another.
//!
//! Knows nothing of files and nodes: maps in, maps out.

mod defaults;
mod finish;
mod levels;
mod merge;

pub(crate) use levels::{ConfigLevels, ConfigRequest, Resolved};
pub(crate) use merge::merge_call;

/// A value that a config key does not take.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConfigProblem {
    pub key: String,
    /// What is wrong, as the rest of a sentence that begins with the key.
    pub message: String,
}

impl ConfigProblem {
    pub(crate) fn new(key: &str, message: impl Into<String>) -> Self {
        Self { key: key.to_string(), message: message.into() }
    }
}
