//! The entries of property files: each a rendered map, with the YAML it was read from for pointing.
//!
//! Knows which texts are rendered now and which are kept for later (tests, descriptions, hooks), not what they mean.

use rayon::prelude::*;

use super::scope::{Scope, has_jinja};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};
use crate::project::yaml::{Yaml, YamlKind};
use crate::project::{PropertyFile, without_last_newline};
use crate::source::Span;

/// The lists a properties file may have, in the order dbt reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Models,
    Seeds,
    Snapshots,
    Sources,
    Macros,
    DataTests,
    Analyses,
    Exposures,
    Functions,
    Metrics,
    Groups,
    SemanticModels,
    UnitTests,
    SavedQueries,
}

impl Section {
    const ALL: [Self; 14] = [
        Self::Models,
        Self::Seeds,
        Self::Snapshots,
        Self::Sources,
        Self::Macros,
        Self::DataTests,
        Self::Analyses,
        Self::Exposures,
        Self::Functions,
        Self::Metrics,
        Self::Groups,
        Self::SemanticModels,
        Self::UnitTests,
        Self::SavedQueries,
    ];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Models => "models",
            Self::Seeds => "seeds",
            Self::Snapshots => "snapshots",
            Self::Sources => "sources",
            Self::Macros => "macros",
            Self::DataTests => "data_tests",
            Self::Analyses => "analyses",
            Self::Exposures => "exposures",
            Self::Functions => "functions",
            Self::Metrics => "metrics",
            Self::Groups => "groups",
            Self::SemanticModels => "semantic_models",
            Self::UnitTests => "unit_tests",
            Self::SavedQueries => "saved_queries",
        }
    }
}

/// One item of a section.
pub(crate) struct Entry<'a> {
    pub file: &'a PropertyFile,
    /// Index into `Project::packages`.
    pub package: usize,
    pub section: Section,
    pub yaml: &'a Yaml,
    pub name: String,
    /// The map with its Jinja rendered, except where that comes later.
    pub data: JsonMap,
}

impl<'a> Entry<'a> {
    pub(crate) fn span(&self, node: &Yaml) -> Span {
        self.file.yaml.span(node)
    }

    /// The value of `name:`, or the entry as a whole.
    pub(crate) fn name_span(&self) -> Span {
        self.span(self.yaml.get("name").unwrap_or(self.yaml))
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.data.get(key).and_then(Json::as_str)
    }

    /// `package://path/of/the/file.yml`.
    pub(crate) fn patch_path(&self, scope: &Scope<'_>) -> String {
        format!("{}://{}", scope.package(self.package).name, self.file.original_file_path)
    }
}

/// Every entry of every package's property files, in the order of files and sections, with what `digest` made of the
/// entries of each file: a big project's data fill much room, and need not all be held at once.
pub(crate) fn entries<'a, T: Send>(
    scope: &Scope<'a>,
    digest: impl Fn(&mut [Entry<'a>]) -> T + Sync,
) -> (Vec<Entry<'a>>, Vec<T>, Vec<Diagnostic>) {
    let files: Vec<(usize, &'a PropertyFile)> = scope
        .project
        .packages
        .iter()
        .enumerate()
        .flat_map(|(index, package)| package.files.properties.iter().map(move |file| (index, file)))
        .collect();
    let read: Vec<_> = files
        .par_iter()
        .map(|(package, file)| {
            let (mut entries, problems) = entries_of_file(scope, *package, file);
            let digested = digest(&mut entries);
            (entries, digested, problems)
        })
        .collect();
    let (mut entries, mut digested, mut problems) = (Vec::new(), Vec::with_capacity(read.len()), Vec::new());
    for (found, made, complaints) in read {
        entries.extend(found);
        digested.push(made);
        problems.extend(complaints);
    }
    (entries, digested, problems)
}

fn entries_of_file<'a>(scope: &Scope<'a>, package: usize, file: &'a PropertyFile) -> (Vec<Entry<'a>>, Vec<Diagnostic>) {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for section in Section::ALL {
        let Some(list) = file.yaml.root.get(section.key()) else { continue };
        match &list.kind {
            YamlKind::Null => {}
            YamlKind::List(items) => {
                for item in items {
                    match entry(scope, package, file, section, item, &mut problems) {
                        Ok(entry) => entries.push(entry),
                        Err(problem) => problems.push(*problem),
                    }
                }
            }
            YamlKind::Bool(_)
            | YamlKind::Int(_)
            | YamlKind::Float(_)
            | YamlKind::Text(_)
            | YamlKind::Date(_)
            | YamlKind::Map(_) => problems.push(
                invalid(format!("`{}` is not a list", section.key()))
                    .at(file.yaml.span(list), "this is not a list")
                    .help("write each item with a `-` in front of its `name:`"),
            ),
        }
    }
    (entries, problems)
}

fn entry<'a>(
    scope: &Scope<'a>,
    package: usize,
    file: &'a PropertyFile,
    section: Section,
    item: &'a Yaml,
    problems: &mut Vec<Diagnostic>,
) -> Result<Entry<'a>, Box<Diagnostic>> {
    let YamlKind::Map(_) = item.kind else {
        let problem = invalid(format!("an item of `{}` is not a map", section.key()))
            .at(file.yaml.span(item), "this has no keys")
            .help(format!("write `- name: {}`", item.as_str().unwrap_or("…")));
        return Err(Box::new(problem));
    };
    let mut renderer = Renderer { scope, package, section, file, path: Vec::new(), problems };
    let data = match renderer.render(item) {
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => JsonMap::new(),
    };
    let name = match data.get("name") {
        Some(Json::String(name)) if !name.is_empty() => name.clone(),
        Some(Json::Number(number)) => number.to_string(),
        _ => {
            let problem = invalid(format!("an item of `{}` has no name", section.key()))
                .at(file.yaml.span(item.get("name").unwrap_or(item)), "a `name` is missing")
                .help("add `name:`");
            return Err(Box::new(problem));
        }
    };
    Ok(Entry { file, package, section, yaml: item, name, data })
}

pub(crate) fn invalid(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("invalid-properties", message)
}

/// A step on the way from an entry to one of its values.
#[derive(Clone, Copy)]
enum Step<'y> {
    Key(&'y str),
    Index,
}

struct Renderer<'r, 'a> {
    scope: &'r Scope<'a>,
    package: usize,
    section: Section,
    file: &'a PropertyFile,
    path: Vec<Step<'a>>,
    problems: &'r mut Vec<Diagnostic>,
}

impl<'a> Renderer<'_, 'a> {
    fn render(&mut self, node: &'a Yaml) -> Json {
        match &node.kind {
            YamlKind::Text(text) if has_jinja(text) && !is_late(self.section, &self.path) => {
                self.scope.render(text, self.package).unwrap_or_else(|message| {
                    self.problems.push(
                        Diagnostic::error("jinja-in-yaml", format!("this value cannot be rendered: {message}"))
                            .at(self.file.yaml.span(node), "in this text"),
                    );
                    Json::from(text.as_str())
                })
            }
            YamlKind::Text(text) if !is_late(self.section, &self.path) => Json::from(without_last_newline(text)),
            YamlKind::List(items) => {
                self.path.push(Step::Index);
                let rendered = items.iter().map(|item| self.render(item)).collect();
                self.path.pop();
                rendered
            }
            YamlKind::Map(entries) => {
                let mut map = JsonMap::with_capacity(entries.len());
                for (key, value) in entries {
                    self.path.push(Step::Key(key.as_str().unwrap_or_default()));
                    map.insert(key.key_text(), self.render(value));
                    self.path.pop();
                }
                Json::Object(map)
            }
            // Arguments of tests, which templates write.
            YamlKind::Date(text) if is_late(self.section, &self.path) => Json::from(text.as_str()),
            YamlKind::Null
            | YamlKind::Bool(_)
            | YamlKind::Int(_)
            | YamlKind::Float(_)
            | YamlKind::Text(_)
            | YamlKind::Date(_) => node.to_json(),
        }
    }
}

/// Whether a value is rendered later than the rest of its entry.
/// Source: dbt-core 1.12, `parser/schema_renderer.py`.
fn is_late(section: Section, path: &[Step<'_>]) -> bool {
    let key = |at: usize| match path.get(at) {
        Some(Step::Key(key)) => *key,
        Some(Step::Index) | None => "",
    };
    let ends_in_filter = || path.iter().rev().take(2).any(|step| matches!(step, Step::Key("filter")));
    match section {
        Section::Sources => {
            matches!(key(0), "description" | "loaded_at_query")
                || (key(0) == "config" && key(1) == "loaded_at_query")
                || (key(0) == "tables" && is_late_in_resource(path.get(2..).unwrap_or_default()))
        }
        Section::Macros if key(0) == "arguments" => is_late_in_resource(&path[1..]),
        Section::Metrics => ends_in_filter() || is_late_in_resource(path),
        Section::SavedQueries => (key(0) == "query_params" && key(1) == "where") || is_late_in_resource(path),
        Section::Models
        | Section::Seeds
        | Section::Snapshots
        | Section::Macros
        | Section::DataTests
        | Section::Analyses
        | Section::Exposures
        | Section::Functions
        | Section::Groups
        | Section::SemanticModels
        | Section::UnitTests => (key(0) == "metrics" && ends_in_filter()) || is_late_in_resource(path),
    }
}

fn is_late_in_resource(path: &[Step<'_>]) -> bool {
    let key = |at: usize| match path.get(at) {
        Some(Step::Key(key)) => *key,
        Some(Step::Index) | None => "",
    };
    let is_told_later = |key: &str| matches!(key, "tests" | "data_tests" | "description");
    let is_late_key = |key: &str| is_told_later(key) || key == "loaded_at_query";
    is_late_key(key(0))
        || (path.len() == 2 && is_late_key(key(1)))
        || (key(0) == "config" && matches!(key(1), "pre_hook" | "post_hook" | "loaded_at_query"))
        || (path.len() == 5 && key(4) == "description")
        || (key(0) == "versions" && (is_told_later(key(2)) || (key(2) == "columns" && is_told_later(key(4)))))
        || (matches!(key(0), "columns" | "dimensions" | "measures" | "entities" | "metrics") && is_told_later(key(2)))
        || (key(0) == "derived_semantics" && matches!(key(1), "dimensions" | "entities") && is_told_later(key(3)))
}
