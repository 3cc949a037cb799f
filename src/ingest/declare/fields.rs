//! Takes values out of YAML maps: rendered, typed, and complained about at their place.

use std::cell::RefCell;

use crate::diagnostic::{Diagnostic, nearest};
use crate::manifest::{Json, JsonMap};
use crate::project::yaml::{Yaml, YamlFile, YamlKind};
use crate::project::{Project, YamlRenderer, YamlScope};
use crate::source::Span;

pub struct Fields<'a> {
    file: &'a YamlFile,
    project: &'a Project,
    vars: &'a JsonMap,
    renderer: &'a dyn YamlRenderer,
    problems: RefCell<Vec<Diagnostic>>,
}

impl<'a> Fields<'a> {
    pub fn new(file: &'a YamlFile, project: &'a Project, vars: &'a JsonMap, renderer: &'a dyn YamlRenderer) -> Self {
        Self { file, project, vars, renderer, problems: RefCell::default() }
    }

    pub fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_inner()
    }

    pub fn span(&self, node: &Yaml) -> Span {
        self.file.span(node)
    }

    /// Says a thing once, however often the value is looked at.
    pub fn push(&self, problem: Diagnostic) {
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// A value that cannot stay as it is written.
    pub fn wrong(&self, node: &Yaml, message: impl Into<String>, label: impl Into<String>) {
        self.push(Diagnostic::error("invalid-ingest", message).at(self.span(node), label));
    }

    /// A name that means nothing, with the nearest that does.
    pub fn unknown<'k>(&self, node: &Yaml, what: &str, name: &str, known: impl IntoIterator<Item = &'k str>) {
        let known: Vec<&str> = known.into_iter().collect();
        let problem = Diagnostic::error("invalid-ingest", format!("there is no {what} `{name}`"))
            .at(self.span(node), "not known");
        self.push(match nearest(name, known.iter().copied()) {
            Some(_) => problem.suggest(name, known),
            None => problem.note(format!("known: {}", known.join(", "))),
        });
    }

    /// Whether the node is a map; keys nobody reads are errors, since a rule that is not applied is worse than none.
    pub fn check_keys(&self, what: &str, node: &Yaml, known: &[&str]) -> bool {
        if !matches!(node.kind, YamlKind::Map(_)) {
            self.wrong(node, format!("{what} is written as keys and values"), format!("one of {}", known.join(", ")));
            return false;
        }
        for (key, _) in node.entries() {
            let name = key.key_text();
            if !known.contains(&name.as_str()) {
                let problem = Diagnostic::error("unknown-key", format!("{what} has no key `{name}`"))
                    .at(self.span(key), "not known");
                // In braces a comma begins the next key, unless the value is quoted.
                if name.ends_with(')') {
                    self.push(problem.help("a value with a comma needs quotes: `type: \"decimal(5,2)\"`"));
                    continue;
                }
                self.push(match nearest(&name, known.iter().copied()) {
                    Some(_) => problem.suggest(&name, known.iter().copied()),
                    None => problem.note(format!("known: {}", known.join(", "))),
                });
            }
        }
        true
    }

    pub fn required<'n>(&self, node: &'n Yaml, what: &str, key: &str) -> Option<&'n Yaml> {
        let value = node.get(key).filter(|value| !value.is_null());
        if value.is_none() {
            self.wrong(node, format!("{what} needs `{key}`"), format!("`{key}` is missing"));
        }
        value
    }

    pub fn required_text(&self, what: &str, node: &Yaml, key: &str) -> Option<String> {
        self.required(node, what, key).and_then(|value| self.as_text(value))
    }

    pub fn text(&self, node: &Yaml, key: &str) -> Option<String> {
        node.get(key).filter(|value| !value.is_null()).and_then(|value| self.as_text(value))
    }

    /// One text, or a list of texts.
    pub fn texts(&self, node: &Yaml, key: &str) -> Vec<String> {
        match node.get(key) {
            None => Vec::new(),
            Some(value) if value.is_null() => Vec::new(),
            Some(value) => match &value.kind {
                YamlKind::List(items) => items.iter().filter_map(|item| self.as_text(item)).collect(),
                _ => self.as_text(value).into_iter().collect(),
            },
        }
    }

    pub fn flag(&self, node: &Yaml, key: &str) -> Option<bool> {
        let value = node.get(key)?;
        match self.rendered(value)? {
            Json::Bool(flag) => Some(flag),
            other => {
                self.wrong(value, format!("`{key}` is `true` or `false`, not `{}`", plain(&other)), "not a flag");
                None
            }
        }
    }

    /// A whole number of at least `least`.
    pub fn whole(&self, node: &Yaml, key: &str, least: u64) -> Option<u64> {
        let value = node.get(key)?;
        let rendered = self.rendered(value)?;
        let number = rendered.as_u64().or_else(|| rendered.as_str()?.parse().ok()).filter(|number| *number >= least);
        if number.is_none() {
            self.wrong(value, format!("`{key}` is a whole number from {least} on"), "not such a number");
        }
        number
    }

    /// A share from 0 to 1.
    pub fn share(&self, node: &Yaml, key: &str) -> Option<f64> {
        let value = node.get(key)?;
        let rendered = self.rendered(value)?;
        let number = rendered.as_f64().or_else(|| rendered.as_str()?.parse().ok());
        let number = number.filter(|number| (0.0..=1.0).contains(number));
        if number.is_none() {
            self.wrong(value, format!("`{key}` is a share from 0 to 1"), "0.01 is one row in a hundred");
        }
        number
    }

    /// One of a closed list.
    pub fn choice<'k>(&self, node: &Yaml, key: &str, known: &[&'k str]) -> Option<&'k str> {
        let text = self.text(node, key)?;
        let found = known.iter().find(|name| **name == text).copied();
        if found.is_none() {
            self.unknown(node.get(key).unwrap_or(node), &format!("`{key}`"), &text, known.iter().copied());
        }
        found
    }

    /// Items of a list; anything else but null is a complaint.
    pub fn list<'n>(&self, node: &'n Yaml, key: &str) -> &'n [Yaml] {
        match node.get(key) {
            None => &[],
            Some(value) if value.is_null() => &[],
            Some(value) => {
                if !matches!(value.kind, YamlKind::List(_)) {
                    self.wrong(value, format!("`{key}` is a list"), "not a list");
                }
                value.items()
            }
        }
    }

    /// A scalar as text: what a person wrote, rendered.
    pub fn as_text(&self, node: &Yaml) -> Option<String> {
        match self.rendered(node)? {
            Json::Array(_) | Json::Object(_) | Json::Null => {
                self.wrong(node, "a text belongs here", "not a text");
                None
            }
            value => Some(plain(&value)),
        }
    }

    /// The value with its Jinja rendered.
    pub fn rendered(&self, node: &Yaml) -> Option<Json> {
        let Some(text) = node.as_str().filter(|text| text.contains("{{") || text.contains("{%")) else {
            return Some(node.to_json());
        };
        let target = Some(&self.project.target.context);
        let scope = YamlScope {
            vars: self.vars,
            target,
            may_read_secrets: false,
            project_name: Some(self.project.name()),
            invocation: Some(&self.project.invocation),
        };
        match self.renderer.render(text, &scope) {
            Ok(value) => Some(value),
            Err(message) => {
                self.push(Diagnostic::error("broken-jinja", message).at(self.span(node), "rendered here"));
                None
            }
        }
    }
}

/// A scalar as a person writes it.
pub fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
