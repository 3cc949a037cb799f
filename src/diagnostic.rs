//! What can be said to a user: a problem as data, pointing into the user's own files.
//!
//! Constructors live beside the check that raises them; only `report` draws.

use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

/// A place, and what is to be said about it there.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub span: Span,
    /// A few words under the carets; may be empty.
    pub text: String,
}

/// One macro call on the way to the problem, outermost first.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub name: String,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Stable words, such as `unresolved-ref`.
    pub code: &'static str,
    /// Lowercase, no final period, backticks round names.
    pub message: String,
    /// The first label is the place of the problem; further ones explain it.
    pub labels: Vec<Label>,
    pub trace: Vec<Call>,
    /// Facts that help to understand: what the warehouse said, where the compiled file lies.
    pub notes: Vec<String>,
    /// One action, ready to be taken.
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { severity, code, message, labels: Vec::new(), trace: Vec::new(), notes: Vec::new(), help: None }
    }

    /// Adds a place; the first one added is the primary.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `did you mean …?`, when a known name is near enough.
    #[must_use]
    pub fn suggest<'a>(self, wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(wanted, known) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// Points to `span` unless a file of the author's is pointed to already: a text we made up helps nobody.
    pub fn or_at(&mut self, span: &Span, text: &str) {
        self.labels.retain(|label| !label.span.file.is_made_up());
        self.trace.retain(|call| !call.span.file.is_made_up());
        if self.labels.is_empty() {
            self.labels.push(Label { span: span.clone(), text: text.to_string() });
        }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The known name a typist most likely meant, if any is near: at most a third of its letters differ.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let most = (wanted.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(&wanted, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_name_is_suggested_only_when_it_is_near() {
        assert_eq!(nearest("ersion", ["version", "models"]), Some("version"));
        assert_eq!(nearest("stg_crime", ["stg_crimes", "stg_unemp"]), Some("stg_crimes"));
        assert_eq!(nearest("orders", ["customers"]), None);
    }
}
