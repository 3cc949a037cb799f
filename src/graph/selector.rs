//! The selection grammar: what `--select` and `--exclude` say, as a tree.
//!
//! `+model 2+tag:nightly+1 @path:models/core source:raw.*`: a space joins, a comma narrows, `+` takes relatives
//! along. Source: dbt-core 1.12, `dbt.graph.selector_spec`.

use std::sync::Arc;

use super::select::IndirectSelection;
use super::{Method, pattern};
use crate::diagnostic::Diagnostic;
use crate::manifest::Json;
use crate::source::{SourceFile, Span};

/// Which nodes are meant, before anything is looked up.
#[derive(Clone, Debug)]
pub enum Selector {
    One(Criterion),
    Union(Vec<Selector>, Combination),
    Intersection(Vec<Selector>, Combination),
    /// The first without the second.
    Difference(Box<Selector>, Box<Selector>, Combination),
    /// Every node there is.
    All,
}

/// How a set operation treats tests whose parents were only partly selected in each of its members.
#[derive(Clone, Debug, Default)]
pub struct Combination {
    pub indirect: IndirectSelection,
    /// As typed, where an empty result deserves a warning.
    pub expected: Option<Span>,
}

/// One condition, and the relatives to take along.
#[derive(Clone, Debug)]
pub struct Criterion {
    pub method: Method,
    /// `materialized` in `config.materialized:view`.
    pub arguments: Vec<String>,
    /// A text, unless yml says otherwise.
    pub value: Json,
    /// `@x`: descendants, and all that they need.
    pub takes_childrens_parents: bool,
    pub parents: Option<Depth>,
    pub children: Option<Depth>,
    /// Overrides `--indirect-selection`, in selectors.yml.
    pub indirect: Option<IndirectSelection>,
    pub span: Span,
}

/// How many generations to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    All,
    Limited(usize),
}

impl Depth {
    pub(super) fn limit(self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Limited(depth) => Some(depth),
        }
    }
}

impl Criterion {
    /// The value as a text to match names with.
    pub(super) fn text(&self) -> String {
        match &self.value {
            Json::String(text) => text.clone(),
            Json::Null => String::new(),
            other => other.to_string(),
        }
    }
}

impl Selector {
    /// Reads the values of one option, such as `--select`; `option` is shown where they are wrong.
    ///
    /// # Errors
    /// An unknown method, or operators that exclude each other; it points into the value as typed.
    pub fn parse(option: &str, values: &[String], indirect: IndirectSelection) -> Result<Self, Box<Diagnostic>> {
        let mut members = Vec::new();
        let file = SourceFile::in_memory(option, values.join(" "));
        for word in file.text.split_whitespace() {
            let start = word.as_ptr() as usize - file.text.as_ptr() as usize;
            members.push(parse_word(&file, start..start + word.len(), indirect)?);
        }
        // Each word warns for itself; where there is none, the option does.
        let expected = members.is_empty().then(|| Span::new(&file, 0..file.text.len()));
        Ok(Self::Union(members, Combination { indirect, expected }))
    }
}

/// `a,b`: all conditions at once.
fn parse_word(
    file: &Arc<SourceFile>,
    range: std::ops::Range<usize>,
    indirect: IndirectSelection,
) -> Result<Selector, Box<Diagnostic>> {
    let mut members = Vec::new();
    let mut start = range.start;
    for part in file.text[range.clone()].split(',') {
        let span = Span::new(file, start..start + part.len());
        members.push(Selector::One(parse_criterion(part, &span)?));
        start += part.len() + 1;
    }
    let expected = Some(Span::new(file, range));
    Ok(Selector::Intersection(members, Combination { indirect, expected }))
}

/// One condition with its operators; `span` is where it stands.
///
/// # Errors
/// See [`Selector::parse`].
pub(super) fn parse_criterion(text: &str, span: &Span) -> Result<Criterion, Box<Diagnostic>> {
    let (takes_childrens_parents, rest) = match text.strip_prefix('@') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (parents, rest) = leading_depth(rest, span)?;
    let (method_name, rest) = split_method(rest);
    let (children, value) = trailing_depth(rest, span)?;
    let (method, arguments) = match method_name {
        Some(name) => parse_method(name, span)?,
        None => (Method::of_bare_value(value), Vec::new()),
    };
    let criterion = Criterion {
        method,
        arguments,
        value: Json::from(value),
        takes_childrens_parents,
        parents,
        children,
        indirect: None,
        span: span.clone(),
    };
    refuse_contradiction(&criterion)?;
    Ok(criterion)
}

/// # Errors
/// `@x+`: `@` already takes the children along.
pub(super) fn refuse_contradiction(criterion: &Criterion) -> Result<(), Box<Diagnostic>> {
    if criterion.takes_childrens_parents && criterion.children.is_some() {
        let message = "`@` before a selector and `+` after it exclude each other";
        let problem = Diagnostic::error("invalid-selector", message)
            .at(criterion.span.clone(), "`@` takes all children along already")
            .help("write one of the two");
        return Err(Box::new(problem));
    }
    Ok(())
}

/// `+x`, `3+x`.
fn leading_depth<'a>(text: &'a str, span: &Span) -> Result<(Option<Depth>, &'a str), Box<Diagnostic>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text[digits..].strip_prefix('+') {
        Some(rest) => Ok((Some(depth(&text[..digits], span)?), rest)),
        None => Ok((None, text)),
    }
}

/// `x+`, `x+3`.
fn trailing_depth<'a>(text: &'a str, span: &Span) -> Result<(Option<Depth>, &'a str), Box<Diagnostic>> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    match text[..text.len() - digits].strip_suffix('+') {
        Some(value) => Ok((Some(depth(&text[text.len() - digits..], span)?), value)),
        None => Ok((None, text)),
    }
}

fn depth(digits: &str, span: &Span) -> Result<Depth, Box<Diagnostic>> {
    if digits.is_empty() {
        return Ok(Depth::All);
    }
    digits.parse().map(Depth::Limited).map_err(|_| {
        let message = format!("`{digits}` is too large a number of generations");
        Box::new(Diagnostic::error("invalid-selector", message).at(span.clone(), "").help("leave the number out"))
    })
}

/// `tag:x` → `tag`, `x`. Only word characters and dots can be a method's name.
fn split_method(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((name, value))
            if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') =>
        {
            (Some(name), value)
        }
        _ => (None, text),
    }
}

/// `config.meta.owner` → the method and its arguments.
///
/// # Errors
/// There is no such method.
pub(super) fn parse_method(written: &str, span: &Span) -> Result<(Method, Vec<String>), Box<Diagnostic>> {
    let mut parts = written.split('.');
    let name = parts.next().unwrap_or_default();
    let Some(method) = Method::from_name(name) else {
        let known = || Method::ALL.iter().map(|method| method.name());
        let problem = Diagnostic::error("unknown-selector-method", format!("`{name}` is not a selector method"))
            .at(span.clone(), "")
            .suggest(name, known());
        let is_helped = problem.help.is_some();
        let list = || known().collect::<Vec<_>>().join(", ");
        return Err(Box::new(if is_helped { problem } else { problem.help(format!("use one of {}", list())) }));
    };
    Ok((method, parts.map(str::to_string).collect()))
}

impl Method {
    /// What a value without a method means: a path if it looks like one, a file by its ending, else a name.
    fn of_bare_value(value: &str) -> Self {
        let lower = value.to_lowercase();
        if value.contains(['/', std::path::MAIN_SEPARATOR]) {
            Self::Path
        } else if [".sql", ".py", ".csv"].iter().any(|ending| lower.ends_with(ending)) {
            Self::File
        } else {
            Self::Fqn
        }
    }
}

/// Whether the criterion names one thing rather than a family: worth a "did you mean".
pub(super) fn is_plain_name(criterion: &Criterion) -> bool {
    criterion.method == Method::Fqn && !pattern::has_wildcard(&criterion.text())
}
