//! The Jinja inside YAML values: a tree with positions becomes plain data.

use std::borrow::Cow;

use super::yaml::{Yaml, YamlFile, YamlKind};
use super::{YamlRenderer, YamlScope};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};

/// Renders the values of one file.
pub(super) struct Render<'a> {
    pub renderer: &'a dyn YamlRenderer,
    pub scope: YamlScope<'a>,
    pub file: &'a YamlFile,
    pub problems: Vec<Diagnostic>,
}

impl<'a> Render<'a> {
    pub fn new(renderer: &'a dyn YamlRenderer, scope: YamlScope<'a>, file: &'a YamlFile) -> Self {
        Self { renderer, scope, file, problems: Vec::new() }
    }

    /// The value with all its Jinja rendered, but for the paths that `is_left` names: keys and list indexes from
    /// `path` on.
    pub fn value(&mut self, value: &Yaml, path: &mut Vec<String>, is_left: &dyn Fn(&[String]) -> bool) -> Json {
        match &value.kind {
            YamlKind::Text(text) if has_jinja(text) && !is_left(path) => self.text(value, text),
            YamlKind::Text(text) if !is_left(path) => Json::from(without_last_newline(text)),
            YamlKind::List(items) => Json::Array(items.iter().map(|item| self.value(item, path, is_left)).collect()),
            YamlKind::Map(entries) => {
                let mut map = JsonMap::with_capacity(entries.len());
                for (key, value) in entries {
                    path.push(key.key_text());
                    let rendered = self.value(value, path, is_left);
                    map.insert(path.pop().unwrap_or_default(), rendered);
                }
                Json::Object(map)
            }
            // What a template may ask for.
            YamlKind::Date(text) if path.first().is_some_and(|key| key == "vars") => Json::from(text.as_str()),
            YamlKind::Null
            | YamlKind::Bool(_)
            | YamlKind::Int(_)
            | YamlKind::Float(_)
            | YamlKind::Text(_)
            | YamlKind::Date(_) => value.to_json(),
        }
    }

    /// Everything below a value.
    pub fn all(&mut self, value: &Yaml) -> Json {
        self.value(value, &mut Vec::new(), &|_| false)
    }

    fn text(&mut self, value: &Yaml, text: &str) -> Json {
        match self.renderer.render(text, &self.scope) {
            Ok(rendered) => rendered,
            Err(message) => {
                let problem = Diagnostic::error("yaml-jinja", format!("cannot render this value: {message}"));
                self.problems.push(problem.at(self.file.span(value), "the Jinja in this value failed"));
                Json::Null
            }
        }
    }
}

/// A text without Jinja as Jinja gives it: one newline at its end is gone.
pub(crate) fn without_last_newline(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// Whether a text opens an expression, a tag or a comment.
pub(crate) fn has_jinja(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

/// A text or number as people would write it: for names and versions.
pub(super) fn plain(value: &Json) -> Option<Cow<'_, str>> {
    match value {
        Json::String(text) => Some(Cow::Borrowed(text)),
        Json::Number(number) => Some(Cow::Owned(number.to_string())),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}
