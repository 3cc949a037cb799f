//! Finds the author's place of a problem that names none, or only one in a statement that we made.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Label};
use crate::manifest::{Json, Manifest, Node, NodeKind};
use crate::project::Project;
use crate::source::{SourceFile, Span};

/// Configs whose values go into statements or choose macros by name.
const TOLD_CONFIGS: [&str; 7] = [
    "materialized",
    "strategy",
    "incremental_strategy",
    "unique_key",
    "updated_at",
    "check_cols",
    "dbt_valid_to_current",
];

/// Points to the hook or the config that the problem comes from, else to what was being made.
pub(super) fn in_own_file(project: &Project, node: &Node, mut problem: Box<Diagnostic>) -> Box<Diagnostic> {
    let first = problem.labels.first();
    if first.is_some_and(|label| !label.span.file.is_made_up()) {
        return problem;
    }
    if let Some(told) = without_query(node, first) {
        return Box::new(Diagnostic { notes: problem.notes, ..told });
    }
    let files = files(project, node);
    let found = first
        .and_then(|label| as_written(&label.span, &files))
        .or_else(|| first.and_then(|label| of_hook(node, &label.span, &files)))
        .map(|span| (span, "in this statement"))
        .or_else(|| of_config(node, &problem, &files).map(|span| (span, "set here")));
    let (span, text) = found.unwrap_or_else(|| (node.declared_at(), "while this was at work"));
    problem.labels = vec![Label { span, text: text.to_string() }];
    problem
}

/// Tells of a seed that fills a source which the failed node reads: the two are one table, and no order holds between
/// them.
pub(super) fn with_seed_note(manifest: &Manifest, node: &Node, mut problem: Box<Diagnostic>) -> Box<Diagnostic> {
    if !problem.message.contains("does not exist") && !problem.message.contains("Not found") {
        return problem;
    }
    let sources = node.depends_on.nodes.iter().filter_map(|id| manifest.sources.get(id));
    let pairs = sources.filter_map(|source| {
        let seeds = manifest.nodes.values().filter(|node| matches!(node.kind, NodeKind::Seed(_)));
        let mut seeds = seeds.filter(|seed| seed.relation_name.as_ref() == Some(&source.relation_name));
        Some((source, seeds.next()?))
    });
    for (source, seed) in pairs {
        problem.notes.push(format!(
            "source `{}.{}` is the table of seed `{}`, which nothing here waits for: run `tamis seed` first, or write `ref('{}')`",
            source.source_name, source.name, seed.name, seed.name
        ));
    }
    problem
}

/// Files that a node's settings are written in, the nearest first.
fn files<'a>(project: &'a Project, node: &'a Node) -> Vec<&'a Arc<SourceFile>> {
    let own = project.packages.iter().filter(|package| package.name == node.package_name);
    let yamls = own.chain(project.packages.first()).map(|package| &package.yaml.file);
    let patch = node.patch_span.as_ref().map(|span| &span.file);
    std::iter::once(&node.file).chain(patch).chain(yamls).filter(|file| !file.is_made_up()).collect()
}

/// A statement that stands in a file letter for letter, as hooks do.
fn as_written(failed: &Span, files: &[&Arc<SourceFile>]) -> Option<Span> {
    let statement = failed.file.text.trim();
    let leading = failed.file.text.len() - failed.file.text.trim_start().len();
    files.iter().filter(|_| !statement.is_empty()).find_map(|file| {
        let found = Span::find(file, 0..file.text.len(), statement)?;
        let shift = |offset: u32| found.start as usize + (offset as usize).saturating_sub(leading).min(statement.len());
        Some(Span::new(&found.file, shift(failed.start)..shift(failed.end)))
    })
}

/// The hook that a statement was rendered from: it has the hook's text outside of Jinja, in its order.
fn of_hook(node: &Node, failed: &Span, files: &[&Arc<SourceFile>]) -> Option<Span> {
    let statement = failed.file.text.trim();
    let leading = failed.file.text.len() - failed.file.text.trim_start().len();
    let hooks = ["pre-hook", "post-hook"].into_iter().filter_map(|key| node.config.get(key)?.as_array());
    let mut hooks = hooks.flatten().filter_map(|hook| hook.get("sql")?.as_str());
    let hook = hooks.find(|hook| is_rendered_from(statement, hook))?;
    let found = files.iter().find_map(|file| Span::find(file, 0..file.text.len(), hook))?;
    // Before the first expression the two are alike, so the place is exact there.
    let alike = hook.len() - hook.trim_start().len()..hook.find(['{']).unwrap_or(hook.len());
    let shift = |offset: u32| alike.start + (offset as usize).saturating_sub(leading);
    let exact = shift(failed.start)..shift(failed.end);
    if exact.end > alike.end || failed.start == failed.end {
        return Some(found);
    }
    let start = found.start as usize;
    Some(Span::new(&found.file, start + exact.start..start + exact.end))
}

/// Whether a statement is what a text with Jinja may have given.
fn is_rendered_from(statement: &str, template: &str) -> bool {
    let mut literals = Vec::new();
    let mut rest = template.trim();
    while let Some((literal, tag)) = rest.split_once('{') {
        let close = match tag.as_bytes().first() {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => return false,
        };
        literals.push(literal.trim());
        let Some((_, after)) = tag.split_once(close) else { return false };
        rest = after;
    }
    let is_template = !literals.is_empty();
    literals.push(rest.trim());
    let mut at = 0;
    let are_there = literals.iter().all(|literal| match statement[at..].find(literal) {
        Some(found) => {
            at += found + literal.len();
            true
        }
        None => false,
    });
    let has_text = literals.iter().any(|literal| literal.len() > 2);
    is_template && has_text && are_there && statement.starts_with(literals[0])
}

/// A config's value that the problem points to or names.
fn of_config(node: &Node, problem: &Diagnostic, files: &[&Arc<SourceFile>]) -> Option<Span> {
    let pointed = problem.labels.first().map(|label| label.span.text().trim_matches(['"', '`', '\'']));
    let is_meant = |value: &str| {
        let named = [format!("`{value}`"), format!("\"{value}\""), format!("'{value}'"), format!(": {value}`")];
        // An expression is told by the function that it begins with.
        let function = value.split_once('(').map(|(function, _)| function).filter(|function| function.len() > 2);
        pointed == Some(value)
            || function.is_some_and(|function| problem.message.contains(&format!(" {function} ")))
            || named.iter().any(|named| problem.message.contains(named.as_str()))
    };
    let values = TOLD_CONFIGS.iter().filter_map(|key| node.config.get(key)).flat_map(texts);
    values.filter(|value| is_meant(value)).find_map(|value| {
        files.iter().find_map(|file| {
            // In a file of many entries, below the name of this one.
            let entry = node.patch_span.as_ref().filter(|span| Arc::ptr_eq(&span.file, file));
            let from = entry.map_or(0, |span| span.end as usize);
            let text = &file.text[from..];
            let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
            let is_whole =
                |at: &usize| !text[..*at].ends_with(is_of_word) && !text[at + value.len()..].starts_with(is_of_word);
            let at = from + text.match_indices(value).map(|(at, _)| at).find(is_whole)?;
            Some(Span::new(file, at..at + value.len()))
        })
    })
}

fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::String(text) => vec![text],
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => Vec::new(),
    }
}

/// A model of comments alone fails at the end of the statement round it.
fn without_query(node: &Node, failed: Option<&Label>) -> Option<Diagnostic> {
    if !matches!(node.kind, NodeKind::Model(_)) || failed.is_none() {
        return None;
    }
    let code = node.code.text();
    let is_empty = !code.contains("{{") && super::compile::skip_blanks(code, 0) == code.len();
    is_empty.then(|| {
        Diagnostic::error("no-query", format!("model `{}` has no query", node.name))
            .at(node.code.clone(), "comments only")
            .help("write a `select`, or remove the file")
    })
}
