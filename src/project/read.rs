//! Reading files so that every failure names the file, and the place in it where there is one.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::yaml::YamlFile;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};

/// # Errors
/// `unreadable-file`, or `not-utf8` with the first wrong byte.
pub(super) fn text(shown: &str, absolute: &Path) -> Result<Arc<SourceFile>, Box<Diagnostic>> {
    SourceFile::read(shown, absolute).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => not_utf8(shown, absolute),
        _ => Box::new(unreadable(shown, absolute, &error)),
    })
}

/// # Errors
/// As `text`, or `yaml-syntax`.
pub(super) fn yaml(shown: &str, absolute: &Path) -> Result<YamlFile, Box<Diagnostic>> {
    YamlFile::parse(&text(shown, absolute)?)
}

pub(super) fn unreadable(shown: &str, absolute: &Path, error: &io::Error) -> Diagnostic {
    let file = SourceFile::new(shown, absolute, "");
    let problem = Diagnostic::error("unreadable-file", format!("cannot read `{shown}`: {}", reason(error)));
    problem.at(Span::start_of(&file), "").help("check that the file exists and that you may read it")
}

/// What went wrong, in words that do not depend on the system.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        _ => error.to_string(),
    }
}

fn not_utf8(shown: &str, absolute: &Path) -> Box<Diagnostic> {
    let bytes = std::fs::read(absolute).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let at = std::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let byte = bytes.get(at).copied().unwrap_or_default();
    let file = SourceFile::new(shown, absolute, text);
    let problem = Diagnostic::error("not-utf8", format!("`{shown}` is not UTF-8 text"));
    let problem = problem.at(
        Span::new(&file, at..at + char::REPLACEMENT_CHARACTER.len_utf8()),
        format!("the byte 0x{byte:02x} cannot stand here"),
    );
    Box::new(problem.help("save the file with the encoding UTF-8"))
}
