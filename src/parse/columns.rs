//! Columns as properties describe them, with the tests declared on them.

use indexmap::IndexMap;

use super::properties::{Entry, invalid};
use super::semantic;
use crate::diagnostic::Diagnostic;
use crate::manifest::{ColumnFacts, Json, JsonMap};
use crate::project::yaml::Yaml;
use crate::source::Span;

/// A test as written in a list of tests.
#[derive(Clone, Debug)]
pub(crate) struct TestEntry {
    /// A name, or a map with the test and its arguments.
    pub written: Json,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub facts: ColumnFacts,
    pub tests: Vec<TestEntry>,
}

/// Kinds of constraints, for columns and for models.
/// Source: dbt-common, `contracts/constraints.py`.
pub(crate) const CONSTRAINTS: [&str; 6] = ["check", "not_null", "unique", "primary_key", "foreign_key", "custom"];

/// Keys of a column that have a place of their own; whatever else is written is kept as it is.
const KNOWN_KEYS: [&str; 13] = [
    "name",
    "description",
    "meta",
    "data_type",
    "constraints",
    "docs",
    "config",
    "data_tests",
    "tests",
    "quote",
    "tags",
    "granularity",
    "doc_blocks",
];

/// The columns of a list; `written` is the rendered twin of `yaml`.
pub(crate) fn columns(entry: &Entry<'_>, written: &Json, yaml: &Yaml, problems: &mut Vec<Diagnostic>) -> Vec<Column> {
    let written = written.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut columns = Vec::with_capacity(written.len());
    for (written, yaml) in written.iter().zip(yaml.items()) {
        match written.as_object().map(|map| (map, name(map))) {
            Some((map, Some(name))) => columns.push(column(entry, name, map, yaml, problems)),
            // `include: all` of a model version is no column.
            Some((map, None)) if map.contains_key("include") => {}
            Some((_, None)) | None => problems.push(
                invalid(format!("a column of `{}` has no name", entry.name))
                    .at(entry.span(yaml), "a `name` is missing")
                    .help("write `- name: the_column`"),
            ),
        }
    }
    columns
}

/// A column that has tests, as they see it.
pub(crate) struct ColumnTests {
    pub name: String,
    pub quote: Option<bool>,
    pub tags: Vec<String>,
    pub tests: Vec<TestEntry>,
}

/// Columns by name, and the tests of those that have some. A repeated name keeps its last description, and all tests.
pub(crate) fn split(columns: Vec<Column>) -> (IndexMap<String, ColumnFacts>, Vec<ColumnTests>) {
    let (mut by_name, mut tested) = (IndexMap::with_capacity(columns.len()), Vec::new());
    for Column { facts, tests } in columns {
        if !tests.is_empty() {
            let (name, tags) = (facts.name.clone(), facts.tags.clone());
            tested.push(ColumnTests { name, quote: facts.quote, tags, tests });
        }
        by_name.insert(facts.name.clone(), facts);
    }
    (by_name, tested)
}

fn name(map: &JsonMap) -> Option<String> {
    match map.get("name")? {
        Json::String(name) => Some(name.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

fn column(entry: &Entry<'_>, name: String, map: &JsonMap, yaml: &Yaml, problems: &mut Vec<Diagnostic>) -> Column {
    let text = |key: &str| map.get(key).and_then(Json::as_str).map(str::to_string);
    let config = map.get("config").and_then(Json::as_object);
    let of_config = |key: &str| config.and_then(|config| config.get(key));
    let mut meta = map.get("meta").and_then(Json::as_object).cloned().unwrap_or_default();
    meta.extend(of_config("meta").and_then(Json::as_object).cloned().unwrap_or_default());
    let mut tags = texts(map.get("tags"));
    for tag in texts(of_config("tags")) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let constraints = constraints(entry, &format!("column `{name}`"), map.get("constraints"), yaml, problems);
    semantic::column_problems(entry, &name, map, yaml, problems);
    let facts = ColumnFacts {
        description: text("description").unwrap_or_default(),
        doc_blocks: Vec::new(),
        data_type: text("data_type"),
        meta,
        tags,
        constraints,
        quote: map.get("quote").and_then(Json::as_bool),
        granularity: text("granularity"),
        extra: map
            .iter()
            .filter(|(key, _)| !KNOWN_KEYS.contains(&key.as_str()))
            .map(|(key, value)| match key.as_str() {
                "dimension" | "entity" => (key.clone(), semantic::of_column(key, &name, map)),
                _ => (key.clone(), value.clone()),
            })
            .collect(),
        span: Some(entry.span(yaml.get("name").unwrap_or(yaml))),
        name,
    };
    Column { facts, tests: tests(entry, map, yaml, problems).unwrap_or_default() }
}

/// Constraints of a column or model, without those of a type that does not exist.
pub(crate) fn constraints(
    entry: &Entry<'_>,
    subject: &str,
    written: Option<&Json>,
    yaml: &Yaml,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Json> {
    let places = yaml.get("constraints").map(Yaml::items).unwrap_or_default();
    let written = written.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut kept = Vec::new();
    for (constraint, place) in written.iter().zip(places) {
        let kind = constraint.get("type").and_then(Json::as_str).unwrap_or_default();
        if CONSTRAINTS.contains(&kind) {
            kept.push(constraint.clone());
            continue;
        }
        let span = entry.span(place.get("type").unwrap_or(place));
        problems.push(
            Diagnostic::error(
                "invalid-constraint",
                format!("a constraint of {subject} of `{}` has no known type", entry.name),
            )
            .at(span, format!("one of {}", CONSTRAINTS.map(|name| format!("`{name}`")).join(", ")))
            .suggest(kind, CONSTRAINTS),
        );
    }
    kept
}

/// The list under `data_tests`, or under `tests`, its older name; `None` where neither is written.
pub(crate) fn tests(
    entry: &Entry<'_>,
    map: &JsonMap,
    yaml: &Yaml,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<TestEntry>> {
    let is_written = |key: &str| map.get(key).is_some_and(|value| !value.is_null());
    if is_written("tests") && is_written("data_tests") {
        let place = yaml.get("tests").unwrap_or(yaml);
        problems.push(
            invalid("`tests` and `data_tests` are two names of one list, and both are written here")
                .at(entry.span(place), "move these under `data_tests`"),
        );
    }
    let key = if is_written("data_tests") { "data_tests" } else { "tests" };
    let list = map.get(key).filter(|value| !value.is_null())?;
    let place = yaml.get(key)?;
    // An empty list under the older name says nothing: a version keeps the tests of its model.
    if key == "tests" && list.as_array().is_some_and(Vec::is_empty) {
        return None;
    }
    let Json::Array(items) = list else {
        problems.push(
            invalid(format!("`{key}` of `{}` is not a list", entry.name))
                .at(entry.span(place), "this is not a list")
                .help("write each test with a `-` in front"),
        );
        return Some(Vec::new());
    };
    let tests = items.iter().zip(place.items());
    Some(tests.map(|(written, yaml)| TestEntry { written: written.clone(), span: entry.span(yaml) }).collect())
}

/// One text, or a list of texts.
pub(crate) fn texts(value: Option<&Json>) -> Vec<String> {
    match value {
        Some(Json::String(text)) => vec![text.clone()],
        Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).map(str::to_string).collect(),
        _ => Vec::new(),
    }
}
