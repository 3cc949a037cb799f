//! Why something could not be brought, before it is known who asked for it.

use std::io;

use super::archive::Broken;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub code: &'static str,
    /// Follows "package `x` cannot be fetched: ".
    pub why: String,
    pub notes: Vec<String>,
    pub help: String,
    /// The network is not there, or not as it should be: what was fetched before may do.
    pub is_unreachable: bool,
}

impl Failure {
    pub fn new(code: &'static str, why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, why: why.into(), notes: Vec::new(), help: help.into(), is_unreachable: false }
    }

    /// The last of several tries failed.
    pub fn unreachable(problem: &Diagnostic) -> Self {
        let help = "check the network and the address, then run `tamis deps` again; nothing was changed";
        let notes = problem.notes.clone();
        Self { notes, is_unreachable: true, ..Self::new("fetch-failed", problem.message.clone(), help) }
    }

    /// Somebody answered, and said no.
    pub fn refused(problem: &Diagnostic) -> Self {
        Self::new(
            "fetch-refused",
            problem.message.clone(),
            "check the name, the address and what it takes to be let in",
        )
    }

    pub fn unwritable(error: &io::Error) -> Diagnostic {
        Diagnostic::error("cannot-write", format!("cannot write what was fetched: {error}"))
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// As a problem of the package `shown`, that is asked for at `span`.
    pub fn of(self, shown: &str, span: &Span, label: String) -> Diagnostic {
        let problem = Diagnostic::error(self.code, format!("package `{shown}` cannot be had: {}", self.why));
        let problem = self.notes.into_iter().fold(problem.at(span.clone(), label), Diagnostic::note);
        problem.help(self.help)
    }
}

impl From<Diagnostic> for Failure {
    fn from(problem: Diagnostic) -> Self {
        Self::new(problem.code, problem.message, problem.help.unwrap_or_default())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new("cannot-write", error.to_string(), "check that there is room, and that the folder may be written")
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Cut(why) => Self::new("broken-archive", why, "run `tamis deps` again"),
            Broken::Escapes(why) => Self::new("unsafe-archive", why, "do not use it; tell its authors"),
            Broken::NoPackage(why) => Self::new("no-package", why, "check the address"),
            Broken::Unwritable(error) => error.into(),
        }
    }
}
