//! `versions:` of a model: which file each version is defined in, and how its columns differ from the model's.

use std::cmp::Ordering;

use super::columns::{Column, TestEntry, columns, constraints, tests};
use super::patch::date;
use super::properties::{Entry, invalid};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap, python};
use crate::project::yaml::{Yaml, YamlKind};
use crate::source::Span;

pub(crate) struct Version {
    /// As written: a number or a text.
    pub v: Json,
    /// Name of the file it is defined in, without extension.
    pub defined_in: Option<String>,
    pub description: String,
    pub config: JsonMap,
    pub unrendered_config: JsonMap,
    pub constraints: Vec<Json>,
    pub deprecation_date: Option<String>,
    /// `None`: those of the model.
    pub tests: Option<Vec<TestEntry>>,
    /// Columns only this version has.
    pub columns: Vec<Column>,
    included: Included,
    pub span: Span,
}

/// Which of the model's columns a version has.
enum Included {
    All { except: Vec<String> },
    Only(Vec<String>),
}

impl Version {
    /// `v1`, as in unique ids and file names.
    pub(crate) fn label(&self) -> String {
        format!("v{}", python::text(&self.v))
    }

    pub(crate) fn includes(&self, column: &str) -> bool {
        match &self.included {
            Included::All { except } => !except.iter().any(|name| name == column),
            Included::Only(names) => names.iter().any(|name| name == column),
        }
    }
}

/// The versions of a model's entry, in written order.
pub(crate) fn versions(entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) -> Vec<Version> {
    let written = entry.data.get("versions").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let places = entry.yaml.get("versions").map(Yaml::items).unwrap_or_default();
    let mut found: Vec<Version> = Vec::new();
    for (written, yaml) in written.iter().zip(places) {
        let v = written.get("v").filter(|v| v.is_string() || v.is_number());
        let (Some(map), Some(v)) = (written.as_object(), v) else {
            problems.push(
                invalid(format!("a version of `{}` has no number", entry.name))
                    .at(entry.span(yaml), "a `v` is missing")
                    .help("write `- v: 1`"),
            );
            continue;
        };
        let label = python::text(v);
        if let Some(first) = found.iter().find(|other| python::text(&other.v) == label) {
            problems.push(
                invalid(format!("model `{}` has version `{label}` twice", entry.name))
                    .at(entry.span(yaml.get("v").unwrap_or(yaml)), "again here")
                    .at(first.span.clone(), "first here"),
            );
            continue;
        }
        found.push(version(entry, v.clone(), map, yaml, problems));
    }
    found
}

fn version(entry: &Entry<'_>, v: Json, map: &JsonMap, yaml: &Yaml, problems: &mut Vec<Diagnostic>) -> Version {
    let nothing = Yaml { start: yaml.start, end: yaml.start, kind: YamlKind::Null };
    let columns_written = map.get("columns").unwrap_or(&Json::Null);
    let columns_place = yaml.get("columns").unwrap_or(&nothing);
    let unrendered_config = match yaml.get("config").map(Yaml::to_json) {
        Some(Json::Object(config)) => config,
        _ => JsonMap::new(),
    };
    let text = |key: &str| map.get(key).and_then(Json::as_str).map(str::to_string);
    Version {
        defined_in: text("defined_in"),
        description: text("description").unwrap_or_default(),
        config: map.get("config").and_then(Json::as_object).cloned().unwrap_or_default(),
        unrendered_config,
        constraints: constraints(entry, "version", map.get("constraints"), yaml, problems),
        deprecation_date: date(entry, map, yaml, problems),
        tests: tests(entry, map, yaml, problems),
        columns: columns(entry, columns_written, columns_place, problems),
        included: included(entry, columns_written, columns_place, problems),
        span: entry.span(yaml.get("v").unwrap_or(yaml)),
        v,
    }
}

fn included(entry: &Entry<'_>, written: &Json, place: &Yaml, problems: &mut Vec<Diagnostic>) -> Included {
    let items = written.as_array().map(Vec::as_slice).unwrap_or_default().iter().zip(place.items());
    let mut rules = items.filter(|(item, _)| item.get("include").is_some());
    let Some((rule, _)) = rules.next() else { return Included::All { except: Vec::new() } };
    if let Some((_, second)) = rules.next() {
        problems.push(
            invalid(format!("a version of `{}` has two `include` rules", entry.name))
                .at(entry.span(second), "only one can be followed"),
        );
    }
    let names = |key: &str| super::columns::texts(rule.get(key));
    match rule.get("include") {
        Some(Json::Array(_)) => Included::Only(names("include")),
        _ => Included::All { except: names("exclude") },
    }
}

/// `latest_version`, or else the greatest version.
pub(crate) fn latest_of(entry: &Entry<'_>, versions: &[Version], problems: &mut Vec<Diagnostic>) -> Json {
    let greatest = || {
        let mut all = versions.iter().map(|version| &version.v);
        let first = all.next().cloned().unwrap_or(Json::Null);
        all.fold(first, |most, v| if compare(v, &most) == Ordering::Greater { v.clone() } else { most })
    };
    let Some(latest) = entry.data.get("latest_version").filter(|latest| !latest.is_null()) else { return greatest() };
    if versions.iter().any(|version| is_same(&version.v, latest)) {
        return latest.clone();
    }
    let known: Vec<_> = versions.iter().map(|version| format!("`{}`", python::text(&version.v))).collect();
    let place = entry.yaml.get("latest_version").unwrap_or(entry.yaml);
    problems.push(
        invalid(format!("`latest_version` of `{}` is not one of its versions", entry.name))
            .at(entry.span(place), format!("the versions are {}", known.join(", "))),
    );
    greatest()
}

/// Whether two spellings mean one version: `1` and `1.0` do, `1` and `"1"` do not.
pub(crate) fn is_same(a: &Json, b: &Json) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// As numbers where both are, else as texts.
pub(crate) fn compare(a: &Json, b: &Json) -> Ordering {
    let number = |v: &Json| python::text(v).trim().parse::<f64>().ok();
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        _ => python::text(a).cmp(&python::text(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_compare_as_numbers_where_they_are() {
        assert_eq!(compare(&json!(10), &json!(9)), Ordering::Greater);
        assert_eq!(compare(&json!("10"), &json!(9)), Ordering::Greater);
        assert_eq!(compare(&json!("b"), &json!("a")), Ordering::Greater);
        assert!(is_same(&json!(1), &json!(1.0)) && !is_same(&json!(1), &json!("1")));
    }
}
