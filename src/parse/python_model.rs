//! What a Python model refers to: `dbt.ref('x')`, `dbt.source('a', 'b')`, `dbt.config(…)`, read from its text.
//!
//! Source: dbt-core 1.12, `parser/models.py`, `PythonParseVisitor`. Nothing is run.

use super::calls::{LiteralCall, literal_arguments};
use crate::diagnostic::Diagnostic;
use crate::jinja::Captured;
use crate::manifest::{Json, JsonMap, RefCall, SourceCall};
use crate::source::Span;

/// References and settings of a Python model.
///
/// # Errors
/// A call whose arguments are not written out.
pub(crate) fn capture(code: &Span) -> Result<Captured, Box<Diagnostic>> {
    let text = code.text();
    let mut captured = Captured::default();
    let mut read_keys = Vec::new();
    let mut read_defaults = Vec::new();
    for at in calls(text) {
        let rest = &text[at..];
        let known = ["dbt.config.get", "dbt.config", "dbt.ref", "dbt.source"];
        let Some(name) = known.into_iter().find(|name| {
            rest.strip_prefix(name).is_some_and(|after| after.trim_start_matches([' ', '\t']).starts_with('('))
        }) else {
            continue;
        };
        let span = Span::new(&code.file, code.start as usize + at..code.start as usize + at + name.len());
        let call = literal_arguments(name, &rest[name.len()..]).ok_or_else(|| {
            Box::new(
                Diagnostic::error("python-model", format!("the arguments of `{name}` are not written out"))
                    .at(span.clone(), "only plain texts, numbers, lists and maps can be read here"),
            )
        })?;
        match name {
            "dbt.ref" => captured.refs.extend(reference(&call, &span)),
            "dbt.source" => captured.sources.extend(source(&call, &span)),
            "dbt.config" => {
                let settings = call.named.into_iter().map(|(key, value)| (key.to_string(), value));
                captured.configs.push(settings.collect());
            }
            _ => {
                read_keys.push(call.positional.first().cloned().unwrap_or(Json::Null));
                read_defaults.push(call.positional.get(1).cloned().unwrap_or(Json::Null));
            }
        }
    }
    if !read_keys.is_empty() {
        captured.configs.push(JsonMap::from_iter([
            ("config_keys_used".to_string(), Json::Array(read_keys)),
            ("config_keys_defaults".to_string(), Json::Array(read_defaults)),
            ("meta_keys_used".to_string(), Json::Array(Vec::new())),
            ("meta_keys_defaults".to_string(), Json::Array(Vec::new())),
        ]));
    }
    Ok(captured)
}

fn reference(call: &LiteralCall<'_>, span: &Span) -> Option<RefCall> {
    let texts: Vec<_> = call.positional.iter().filter_map(Json::as_str).collect();
    let (package, name) = match texts.as_slice() {
        [name] => (None, *name),
        [package, name] => (Some((*package).to_string()), *name),
        _ => return None,
    };
    let version = call.named.iter().find(|(key, _)| matches!(*key, "v" | "version")).map(|(_, value)| value.clone());
    Some(RefCall { package, name: name.to_string(), version, span: Some(span.clone()) })
}

fn source(call: &LiteralCall<'_>, span: &Span) -> Option<SourceCall> {
    match call.positional.as_slice() {
        [Json::String(source), Json::String(table)] => {
            Some(SourceCall { source: source.clone(), table: table.clone(), span: Some(span.clone()) })
        }
        _ => None,
    }
}

/// Where `dbt.` begins a name, outside of comments and texts.
fn calls(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += text[at..].find('\n').unwrap_or(bytes.len() - at),
            quote @ (b'\'' | b'"') => at = after_text(text, at, quote),
            b'd' if text[at..].starts_with("dbt.") => {
                let before = text[..at].chars().next_back();
                if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.') {
                    found.push(at);
                }
                at += 4;
            }
            _ => at += 1,
        }
    }
    found
}

/// The byte after a text that begins at `at`.
fn after_text(text: &str, at: usize, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let triple = [quote; 3];
    let length = if bytes[at..].starts_with(&triple) { 3 } else { 1 };
    let mut end = at + length;
    while end < bytes.len() {
        if bytes[end] == b'\\' {
            end += 2;
        } else if bytes[end..].starts_with(&triple[..length]) {
            return end + length;
        } else {
            end += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn read(text: &str) -> String {
        let file = SourceFile::in_memory("models/a.py", text);
        match capture(&Span::new(&file, 0..text.len())) {
            Ok(found) => {
                let refs: Vec<_> = found.refs.iter().map(|call| call.name.as_str()).collect();
                let sources: Vec<_> =
                    found.sources.iter().map(|call| format!("{}.{}", call.source, call.table)).collect();
                let configs: Vec<_> =
                    found.configs.into_iter().map(|config| Json::Object(config).to_string()).collect();
                format!("{refs:?} {sources:?} {}", configs.join(" "))
            }
            Err(problem) => format!("{} at {}", problem.message, problem.labels[0].span),
        }
    }

    #[test]
    fn calls_are_read_outside_of_comments_and_texts() {
        let text = "def model(dbt, session):\n    dbt.config(materialized='table', packages=['pandas'])\n    # dbt.ref('no')\n    \"\"\"dbt.ref('no')\"\"\"\n    return dbt.ref('a').join(dbt.source(\"s\", \"t\"))\n";
        insta::assert_snapshot!(read(text), @r#"["a"] ["s.t"] {"materialized":"table","packages":["pandas"]}"#);
    }

    #[test]
    fn comments_may_stand_between_arguments() {
        let text = "dbt.config(\n    materialized = \"table\", # a (comment)\n    # more\n    enabled= False, # it's off\n    packages = [ # none\n    ],\n)";
        insta::assert_snapshot!(read(text), @r#"[] [] {"materialized":"table","enabled":false,"packages":[]}"#);
    }

    #[test]
    fn settings_that_are_read_are_noted() {
        insta::assert_snapshot!(read("x = dbt.config.get('n', 3)"), @r#"[] [] {"config_keys_used":["n"],"config_keys_defaults":[3],"meta_keys_used":[],"meta_keys_defaults":[]}"#);
    }

    #[test]
    fn a_computed_name_is_refused() {
        insta::assert_snapshot!(read("dbt.ref(name)"), @"the arguments of `dbt.ref` are not written out at models/a.py:1:1");
    }
}
