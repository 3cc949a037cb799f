//! From minijinja's errors to diagnostics that point into the author's files.

use std::fmt;
use std::sync::Arc;

use minijinja::{Error, ErrorKind};

use super::Rendered;
use super::handle::{InMacro, NotPassed};
use super::library::MacroLibrary;
use super::rewrite::Rewritten;
use super::scope::Scope;
use super::values::invalid;
use crate::adapter::{AdapterError, ErrorKind as AdapterErrorKind};
use crate::diagnostic::{Call, Diagnostic, nearest};
use crate::source::{SourceFile, Span};

/// A diagnostic on its way up through minijinja.
#[derive(Debug)]
pub(super) struct Raised(Diagnostic);

impl Raised {
    pub fn error(diagnostic: Diagnostic) -> Error {
        invalid(diagnostic.message.clone()).with_source(Self(diagnostic))
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Raised {}

/// An error of the warehouse, with its place in the author's file where that can be told.
pub(super) fn adapter_failed(scope: &Scope, error: AdapterError, sql: Option<&str>) -> Error {
    let compiled = scope.run().and_then(|run| run.scope.compiled.as_deref());
    Raised::error(warehouse_diagnostic(&error, sql, compiled))
}

/// What the warehouse said, pointing through the DDL round the compiled SQL to the place it was written at.
pub fn warehouse_diagnostic(error: &AdapterError, sql: Option<&str>, compiled: Option<&Rendered>) -> Diagnostic {
    let code = match error.kind {
        AdapterErrorKind::Database => "database",
        AdapterErrorKind::NotFound => "not-found",
        AdapterErrorKind::Denied => "denied",
        AdapterErrorKind::Connection => "connection",
        AdapterErrorKind::Transient => "unavailable",
        AdapterErrorKind::Cancelled => "cancelled",
        AdapterErrorKind::Unsupported => "unsupported",
    };
    let mut lines = error.message.lines();
    let mut diagnostic = Diagnostic::error(code, lines.next().unwrap_or("the warehouse gave no message").trim());
    let rest = lines.collect::<Vec<_>>().join("\n");
    if !rest.trim().is_empty() {
        diagnostic = diagnostic.note(rest.trim_end().to_string());
    }
    if let (Some(offset), Some(sql)) = (error.offset, sql) {
        let place = place_in_model(offset, sql, compiled).unwrap_or_else(|| {
            let file = SourceFile::in_memory("<statement>", sql);
            Span::new(&file, offset..offset)
        });
        diagnostic = diagnostic.at(widened(place), "");
    }
    if let Some(help) = &error.help {
        diagnostic = diagnostic.help(help.clone());
    }
    diagnostic
}

fn place_in_model(offset: usize, sql: &str, compiled: Option<&Rendered>) -> Option<Span> {
    let compiled = compiled?;
    let text = compiled.text.trim();
    if text.is_empty() {
        return None;
    }
    let leading = compiled.text.len() - compiled.text.trim_start().len();
    let starts = sql.match_indices(text).map(|(at, _)| at);
    let start = starts.filter(|start| (*start..*start + text.len() + 1).contains(&offset)).last()?;
    compiled.origin(leading + (offset - start).min(text.len().saturating_sub(1)))
}

/// A place of no width is widened to the word that stands there.
fn widened(span: Span) -> Span {
    if span.start != span.end {
        return span;
    }
    let text = &span.file.text[span.start as usize..];
    let length = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let length = if length == 0 { text.chars().next().map_or(0, char::len_utf8) } else { length };
    Span::new(&span.file, span.start as usize..span.start as usize + length)
}

/// The template being rendered: where its text came from.
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub code: &'a Span,
    pub rewritten: &'a Rewritten,
    /// Bytes of the prelude before the rewritten text.
    pub shift: usize,
}

/// The diagnostic of an error that came out of a render.
pub(super) fn diagnostic(error: &Error, source: &Source<'_>, library: &MacroLibrary) -> Box<Diagnostic> {
    let mut places = Vec::new();
    let mut innermost = error;
    let mut raised = None;
    // What the innermost macro was not passed.
    let mut not_passed: &[String] = &[];
    let mut trace_names: Vec<Option<String>> = Vec::new();
    let mut current: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(link) = current {
        if let Some(error) = link.downcast_ref::<Error>() {
            innermost = error;
            let called = error.detail().and_then(InMacro::name).map(str::to_string);
            if called.is_some() {
                not_passed = &[];
            }
            if let Some(span) = place(error, source, library) {
                places.push(span);
                trace_names.push(called);
            }
        } else if let Some(found) = link.downcast_ref::<Raised>() {
            raised = Some(&found.0);
        } else if let Some(found) = link.downcast_ref::<NotPassed>() {
            not_passed = &found.names;
        }
        current = link.source();
    }
    let mut diagnostic = match raised {
        Some(raised) => raised.clone(),
        None => from_minijinja(innermost),
    };
    // The author's own files first: an error deep in a built-in macro points at the call that led there.
    let own = places.iter().rposition(|span| !is_built_in(span));
    let knew_its_place = !diagnostic.labels.is_empty();
    if !knew_its_place && let Some(span) = own.map(|at| &places[at]).or(places.last()) {
        diagnostic = diagnostic.at(span.clone(), "");
    }
    // What went wrong inside a built-in macro is told too, for whoever overrides it.
    if let Some(span) = places.last().filter(|span| !knew_its_place && is_built_in(span)) {
        diagnostic.notes.push(format!("raised at {span}: `{}`", span.text().lines().next().unwrap_or_default()));
    }
    if diagnostic.code == "undefined" {
        let mut calls = places.iter().zip(&trace_names).filter_map(|(span, name)| Some((span, name.as_deref()?)));
        diagnostic = match calls.next_back().filter(|(call, _)| !is_built_in(call)) {
            Some((call, name)) => without_argument(diagnostic, call, name, not_passed, library),
            None => named(diagnostic, library),
        };
    }
    let calls = places.iter().zip(&trace_names).filter_map(|(span, name)| {
        let name = name.as_ref()?;
        let is_primary = diagnostic.labels.first().is_some_and(|label| label.span == *span);
        (!is_primary && !is_built_in(span)).then(|| Call { name: name.clone(), span: span.clone() })
    });
    let calls: Vec<Call> = calls.collect();
    diagnostic.trace.extend(calls);
    Box::new(diagnostic)
}

/// A macro that fails because of an argument it was not passed is right; the call is what has to change.
fn without_argument(
    problem: Diagnostic,
    call: &Span,
    macro_name: &str,
    not_passed: &[String],
    library: &MacroLibrary,
) -> Diagnostic {
    let used = problem.labels.first().map(|label| label.span.clone());
    let words = used.as_ref().map(|span| span.text().split(|c: char| !(c.is_alphanumeric() || c == '_')));
    let missing = words.into_iter().flatten().find_map(|word| not_passed.iter().find(|name| *name == word));
    let (Some(missing), Some(used)) = (missing, used.as_ref()) else { return named(problem, library) };
    Diagnostic::error("missing-argument", format!("macro `{macro_name}` needs its argument `{missing}`"))
        .at(call.clone(), format!("called without `{missing}`"))
        .at(used.clone(), "needed here")
        .help(format!("pass `{missing}=…`, or give it a default where the macro is defined"))
}

/// With the name that is not defined, and the nearest macro that is.
fn named(mut problem: Diagnostic, library: &MacroLibrary) -> Diagnostic {
    let Some(label) = problem.labels.first() else { return problem };
    let text = label.span.text();
    if text.contains(").") {
        // `ref('a').b`: it is not `ref` that is missing.
        problem.message = format!("`{}` is not defined", text.trim());
        problem.help = None;
        return problem;
    }
    let name = text.split(['(', '|']).next().unwrap_or_default().trim();
    if name.is_empty() || !name.chars().all(is_of_name) {
        return problem;
    }
    // A method call is marked from its dot on; what it is called on stands before.
    let before = &label.span.file.text[..label.span.start as usize];
    let owner = before.rsplit(|c: char| !is_of_name(c)).next().filter(|_| name.starts_with('.')).unwrap_or_default();
    let name = &format!("{owner}{name}");
    problem.message = format!("`{name}` is not defined");
    if name.starts_with('.') {
        // Part of what a call gave: no macro could be meant.
        problem.help = None;
    }
    let near = match name.split_once('.') {
        None => nearest(name, library.bare_names()).map(str::to_string),
        Some((package, name)) => nearest(name, library.names_in(package)).map(|near| format!("{package}.{near}")),
    };
    match near {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

fn is_built_in(span: &Span) -> bool {
    span.file.path.starts_with("<built-in>")
}

fn place(error: &Error, source: &Source<'_>, library: &MacroLibrary) -> Option<Span> {
    let range = error.range()?;
    let name = error.name()?;
    if name == source.name {
        let base = source.code.start as usize;
        let original = |offset: usize| base + source.rewritten.original(offset.saturating_sub(source.shift));
        return Some(Span::new(&source.code.file, original(range.start)..original(range.end)));
    }
    let entry = library.by_id(name)?;
    let rewritten = entry.template().ok()?;
    let base = entry.block.range.0;
    let original = |offset: usize| base + rewritten.original(offset);
    Some(Span::new(&entry.facts.file, original(range.start)..original(range.end)))
}

fn from_minijinja(error: &Error) -> Diagnostic {
    let detail = error.detail().unwrap_or_default().trim().to_string();
    let or = |text: &str| if detail.is_empty() { text.to_string() } else { detail.clone() };
    match error.kind() {
        ErrorKind::SyntaxError => Diagnostic::error("jinja-syntax", format!("this is not valid Jinja: {}", or("syntax error"))),
        ErrorKind::UndefinedError => Diagnostic::error("undefined", or("a name is used here that nothing defines"))
            .help("check the spelling; a macro of a package must be written `package.macro`, and its package be installed"),
        ErrorKind::UnknownFunction => Diagnostic::error("undefined", detail.replace(" is unknown", " is not defined"))
            .help("check the spelling; a macro of a package must be written `package.macro`, and its package be installed"),
        ErrorKind::UnknownFilter => Diagnostic::error("unknown-filter", or("unknown filter")),
        ErrorKind::UnknownTest => Diagnostic::error("unknown-jinja-test", or("unknown test")),
        ErrorKind::UnknownMethod => Diagnostic::error("unknown-method", or("unknown method")),
        ErrorKind::MissingArgument | ErrorKind::TooManyArguments => Diagnostic::error("arguments", or("wrong arguments")),
        _ if detail == "value of type undefined is not callable" => Diagnostic::error("undefined", detail)
            .help("check the spelling; a macro of a package must be written `package.macro`, and its package be installed"),
        _ => Diagnostic::error("jinja", or(&error.to_string())),
    }
}

/// The problem of a text that could not be split into tokens.
pub(super) fn lex_diagnostic(code: &Span, error: &super::rewrite::LexError) -> Box<Diagnostic> {
    let base = code.start as usize;
    let file: &Arc<SourceFile> = &code.file;
    let start = (base + error.start).min(file.text.len());
    let end = (base + error.end.max(error.start + 1)).min(file.text.len().max(start));
    Box::new(
        Diagnostic::error("jinja-syntax", format!("this is not valid Jinja: {}", error.message))
            .at(Span::new(file, start..end), ""),
    )
}
