//! A generic test as the Jinja that is rendered for it: its macro, called with its arguments.
//!
//! dbt renders each argument by itself and hands over the results; written into the call, they are rendered in place.

use std::fmt::Write as _;

use super::scope::is_bare_call;
use crate::manifest::{Json, TestScope};
use crate::project::without_last_newline;

/// `{{ test_relationships(to=(ref('x')), field='id', column_name='x_id', model=(get_where_subquery(ref('y')))) }}`.
///
/// An argument that is one expression is written as that expression, so that the macro gets its value.
/// Source: dbt-core 1.12, `clients/jinja.py`, `add_rendered_test_kwargs`.
pub fn test_call(test: &TestScope) -> String {
    let mut writer = Writer { blocks: String::new(), block_count: 0 };
    let arguments: Vec<String> = test
        .kwargs
        .iter()
        .map(|(name, value)| match value {
            // The one argument that is never rendered.
            Json::String(text) if name == "column_name" => format!("{name}={}", text_literal(text)),
            value => format!("{name}={}", writer.literal(value)),
        })
        .collect();
    let name = match &test.namespace {
        Some(namespace) => format!("{namespace}.test_{}", test.name),
        None => format!("test_{}", test.name),
    };
    format!("{}{{{{ {name}({}) }}}}", writer.blocks, arguments.join(", "))
}

struct Writer {
    /// `{% set … %}` blocks for texts with tags in them.
    blocks: String,
    block_count: usize,
}

impl Writer {
    fn literal(&mut self, value: &Json) -> String {
        match value {
            Json::Null => "none".to_string(),
            Json::Bool(value) => value.to_string(),
            Json::Number(number) => number.to_string(),
            Json::String(text) => self.text(text),
            Json::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.literal(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Json::Object(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("{}: {}", text_literal(key), self.literal(value)))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    fn text(&mut self, text: &str) -> String {
        // Every text is rendered, and Jinja takes one line end off the end of it.
        let text = without_last_newline(text);
        if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
            return if is_bare_call(text) { format!("({})", text.trim()) } else { text_literal(text) };
        }
        if text.contains("{%") || text.contains("{#") {
            let name = format!("_argument_{}", self.block_count);
            self.block_count += 1;
            let _ = write!(self.blocks, "{{% set {name} %}}{text}{{% endset %}}");
            return name;
        }
        joined(text)
    }
}

/// Text and expressions in turn, as one expression.
fn joined(text: &str) -> String {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((expression, after)) = after.split_once("}}") else { break };
        if !before.is_empty() {
            parts.push(text_literal(before));
        }
        parts.push(format!("({})", expression.trim().trim_start_matches('-').trim_end_matches('-').trim()));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(text_literal(rest));
    }
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => format!("({})", parts.join(" ~ ")),
    }
}

/// The text in quotes. Delimiters in it are taken apart: inside a string, too, they would end the tag.
fn text_literal(text: &str) -> String {
    let mut pieces = vec![String::new()];
    let mut before = None;
    for character in text.chars() {
        let is_delimiter = matches!((before, character), (Some('{'), '{' | '%' | '#') | (Some('}' | '%' | '#'), '}'));
        if is_delimiter {
            pieces.push(String::new());
        }
        let piece = pieces.last_mut().expect("there is always one piece");
        match character {
            '\\' => piece.push_str("\\\\"),
            '\'' => piece.push_str("\\'"),
            '\n' => piece.push_str("\\n"),
            '\r' => piece.push_str("\\r"),
            '\t' => piece.push_str("\\t"),
            character => piece.push(character),
        }
        before = Some(character);
    }
    let quoted: Vec<_> = pieces.iter().map(|piece| format!("'{piece}'")).collect();
    match quoted.len() {
        1 => quoted.concat(),
        _ => format!("({})", quoted.join(" ~ ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};
    use serde_json::json;

    fn call(kwargs: Json) -> String {
        let file = SourceFile::in_memory("a.yml", "");
        test_call(&TestScope {
            name: "t".to_string(),
            namespace: Some("p".to_string()),
            kwargs: kwargs.as_object().cloned().unwrap_or_default(),
            column_name: None,
            attached_node: None,
            file_key_name: None,
            span: Span::start_of(&file),
        })
    }

    #[test]
    fn values_are_written_as_literals() {
        insta::assert_snapshot!(
            call(json!({"a": "x's\ny", "b": [1, true, null, {"k": 1.5}], "column_name": "{{ raw }}"})),
            @r"{{ p.test_t(a='x\'s\ny', b=[1, true, none, {'k': 1.5}], column_name=('{' ~ '{ raw }' ~ '}')) }}"
        );
    }

    #[test]
    fn references_are_written_as_expressions() {
        insta::assert_snapshot!(
            call(json!({"to": " ref('x') ", "model": "{{ get_where_subquery(ref('y')) }}", "where": "a > {{ var('n') }}!"})),
            @"{{ p.test_t(to=(ref('x')), model=(get_where_subquery(ref('y'))), where=('a > ' ~ (var('n')) ~ '!')) }}"
        );
    }

    #[test]
    fn a_text_loses_one_line_end_and_keeps_closing_marks_that_close_nothing() {
        insta::assert_snapshot!(
            call(json!({"a": "x\n\n", "b": "r = {'k': {'l': 1}}", "c": "{{ n }} rows\n"})),
            @r"{{ p.test_t(a='x\n', b=('r = {\'k\': {\'l\': 1}' ~ '}'), c=((n) ~ ' rows')) }}"
        );
    }

    #[test]
    fn texts_with_tags_become_blocks() {
        insta::assert_snapshot!(
            call(json!({"a": "{% if x %}1{% endif %}"})),
            @"{% set _argument_0 %}{% if x %}1{% endif %}{% endset %}{{ p.test_t(a=_argument_0) }}"
        );
    }
}
