//! What reading each text came to: enough to see, after an edit, whether anything but the text itself is another.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::UniqueId;

/// Texts of models, singular tests and analyses, one node to a file, in SQL.
#[derive(Default)]
pub struct Texts {
    pub read: Vec<TextRead>,
    /// Macros that had a part in more than texts: in names, generic tests, hooks.
    pub shared_macros: BTreeSet<UniqueId>,
}

/// One text.
pub struct TextRead {
    /// Where it lies on disk.
    pub path: PathBuf,
    /// Of all that it refers to, configures and calls; the same for the same text in every run of this binary.
    /// `None` where there was something to say of it.
    pub digest: Option<u64>,
    /// Every macro that ran.
    pub macros: Vec<UniqueId>,
}
